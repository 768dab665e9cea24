# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The tables of the EXI codec: what the facts in the repository say, and nothing else is ever loaded."""

import random

import pytest
from v2g import schema

from host_tests.generators.exi_tables import grammar, make_tables

FILES = sorted(make_tables.SHIPPED.items())
COMPLEX, BITS, BOOLEAN, ENUMERATION = 0, 1, 2, 3
END, NO_TABLE, ESCAPE = 0, 1, 2
MOST_OPEN = 12


@pytest.fixture(params=FILES, ids=[name for _, name in FILES])
def shipped(request):
    """(facts, bytes of the file, what is loaded)."""
    facts, name = request.param
    return facts, (make_tables.TARGET / f"{name}.bin").read_bytes(), schema.load(name)


def test_the_shipped_file_is_what_the_facts_make(shipped):
    facts, data, _ = shipped
    assert make_tables.Tables(make_tables.load(facts)).packed() == data


def test_nothing_else_is_shipped():
    assert {path.name for path in make_tables.TARGET.iterdir()} == {f"{name}.bin" for _, name in FILES}


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ImportError, match=r"/din\.bin is missing"):
        schema.load("din", f"{tmp_path}/")


def test_a_file_that_was_cut_off_is_named(tmp_path, shipped):
    _, data, _ = shipped
    for length in (*range(20), *range(20, len(data), 97), len(data) - 1):
        (tmp_path / "cut.bin").write_bytes(data[:length])
        with pytest.raises(ImportError, match=r"/cut\.bin is damaged"):
            schema.load("cut", f"{tmp_path}/")


def test_one_wrong_bit_anywhere_is_noticed(tmp_path, shipped):
    _, data, _ = shipped
    bits = random.Random(1)
    for place in (*range(64), *(bits.randrange(len(data) * 8) for _ in range(300))):
        damaged = bytearray(data)
        damaged[place >> 3] ^= 1 << (place & 7)
        (tmp_path / "bit.bin").write_bytes(damaged)
        with pytest.raises(ImportError, match=r"/bit\.bin is damaged"):
            schema.load("bit", f"{tmp_path}/")


def rows_of(loaded):
    """{place of a state: its events}, every state that a document can reach."""
    _, roots, states, elements, _, _, _ = loaded
    rows = {}
    reached = [elements[number] >> 8 & 0xFFF for _, number in roots]
    for place in reached:
        if place in rows:
            continue
        rows[place] = states[place : place + (1 << states[place - 1])]
        for event in rows[place]:
            if event > ESCAPE:
                reached.append(event & 0xFFF)
                element = elements[event >> 12]
                reached += [element >> 8 & 0xFFF] if element & 15 == COMPLEX else []
    return rows


def test_numbers_stay_inside_the_tables(shipped):
    """What the codec indexes without asking, so that an IndexError only ever means the peer's bytes."""
    root_bits, roots, states, elements, names, numbers, _ = shipped[2]
    assert max(*states, *elements) < 1 << 30, "a larger number is an object on the device"
    assert all(code < 1 << root_bits and number < len(elements) for code, number in roots)
    for place, events in rows_of(shipped[2]).items():
        assert len(events) == 1 << states[place - 1]
        used = events[: events.index(ESCAPE)]
        assert list(events[len(used) + 1 :]) == [NO_TABLE] * (len(events) - len(used) - 1)
        assert len(used).bit_length() == states[place - 1]
        assert all(event in (END, NO_TABLE) or event >> 12 < len(elements) for event in used)
    for element in elements:
        kind, at = element & 15, element >> 8 & 0xFFF
        if kind not in (COMPLEX, BOOLEAN):
            least, most = numbers[at : at + 2]
            assert least is None or most is None or least <= most
            if kind & 11 in (BITS, ENUMERATION):
                assert most - least < 1 << (element >> 4 & 15) <= 4096
            if kind & 11 == ENUMERATION:
                assert most < len(names)


def test_no_message_nests_deeper_than_the_codec_can_hold(shipped):
    _, roots, states, elements, _, _, _ = shipped[2]
    inside = {}
    for number, element in enumerate(elements):
        if element & 15 == COMPLEX:
            todo = [element >> 8 & 0xFFF]
            for place in todo:
                follow = [
                    event for event in states[place : place + (1 << states[place - 1])] if event > ESCAPE
                ]
                todo += [event & 0xFFF for event in follow if event & 0xFFF not in todo]
                inside.setdefault(number, set()).update(event >> 12 for event in follow)
    depth, level = 0, {number for _, number in roots}
    while level:
        level = {child for number in level for child in inside.get(number, ())}
        depth += 1
        assert depth <= MOST_OPEN + 1


# -- content models to grammars --------------------------------------------------------------------


def states(content, **more):
    return grammar.states_of({"particles": content, **more}, lambda name: [name])


def part(name, **more):
    return {"el": name, **more}


def test_optional_elements_stand_beside_what_follows_them():
    assert states([part("a", min=0), part("b"), part("c", min=0)]) == [
        [("a", 1), ("b", 2)],
        [("b", 2)],
        [("c", 3), ("/", None)],
        [("/", None)],
    ]


def test_a_short_list_counts_and_a_marked_or_endless_one_loops():
    assert states([part("a", max=2)]) == [[("a", 1)], [("a", 2), ("/", None)], [("/", None)]]
    loop = [[("a", 1)], [("a", 1), ("/", None)]]
    for more in ({"max": -1}, {"max": 20, "loop": 1}, {"max": 1024}):
        assert states([part("a", **more)]) == loop


def test_attributes_come_first_and_a_required_one_alone():
    attributes = [{"name": "x", "use": "optional"}, {"name": "y", "use": "required"}]
    assert states([part("a", min=0)], attributes=attributes) == [
        [("@x", 1), ("@y", 2)],
        [("@y", 2)],
        [("a", 3), ("/", None)],
        [("/", None)],
    ]


def test_a_wildcard_comes_after_the_elements_and_characters_after_the_end():
    content = [{"choice": [{"any": "##other"}, part("a")], "min": 0, "max": -1}]
    assert states(content, mixed=1) == [[("a", 0), ("*", 0), ("/", None), ("#", 0)]]


def test_every_type_among_the_facts_is_reached_by_a_message(shipped):
    """Another would be a fact that nothing checks. Nothing is of an abstract type."""
    facts = make_tables.load(shipped[0])
    abstract = {name for name, content in facts["complex_types"].items() if content.get("abstract")}
    reached = set(make_tables.Tables(facts).type_names)
    assert reached | abstract == set(facts["complex_types"]) | set(facts["simple_types"]) | abstract
