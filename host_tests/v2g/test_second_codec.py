# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The EXI codec on every kind of message that its tables have, and beside a codec in C.

That one is generated from the same facts of the schemas (`host_tests/generators/exi_c`), and shares no line with ours that
packs tables or reads or writes a bit.
"""

import functools
import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from v2g import apphand, din, exi, iso2

from host_tests.generators.exi_c import codec, make_source
from host_tests.generators.exi_tables import make_tables

VECTORS = Path(__file__).with_name("vectors")
SCHEMAS = {"apphand": apphand.SCHEMA, "din70121": din.SCHEMA, "iso15118_2": iso2.SCHEMA}
NO_COMPILER = "no C compiler: the EXI codec beside one in C"
NOT_READ = (None, None)
DAMAGED = 800


def ours(schema, octets):
    """A message as JSON and as it is written again; None for what is refused."""
    try:
        message = exi.decode(SCHEMAS[schema], octets)
    except exi.ExiError:
        return NOT_READ
    try:
        written = exi.encode(SCHEMAS[schema], message)
    except exi.ExiError:
        written = None
    return json.dumps(message, sort_keys=True, default=lambda value: {"hex": value.hex()}), written


def in_c(second, octets):
    """The same by the codec in C."""
    try:
        text = json.dumps(second.read(octets), sort_keys=True)
    except codec.Refused:
        return NOT_READ
    try:
        return text, second.rewritten(octets)
    except codec.Refused:
        return text, None


def vectors(name):
    """``(schema, octets)`` of each."""
    rows = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    return [(row["schema"], bytes.fromhex(row["exi_hex"])) for row in rows if row["schema"] in SCHEMAS]


def second_codec(schema):
    return codec.load(schema, "-O0")


def needed(schema):
    return second_codec(schema) or pytest.skip(NO_COMPILER)


SPOKEN = [vector for schema in SCHEMAS for vector in vectors(schema)]


# -- vectors and damage ----------------------------------------------------------------------------


def test_both_read_every_vector_alike_and_write_its_octets():
    for schema, octets in SPOKEN:
        found = in_c(needed(schema), octets)
        assert found == ours(schema, octets)
        assert found[1] == octets


def test_both_read_other_spellings_alike():
    for schema, octets in vectors("edge"):
        found = in_c(needed(schema), octets)
        assert found != NOT_READ
        assert found == ours(schema, octets)


def test_both_refuse_what_must_be_refused():
    cut = [(schema, octets[:-1]) for schema, octets in SPOKEN]
    for schema, octets in vectors("negative") + cut:
        assert in_c(needed(schema), octets) == ours(schema, octets) == NOT_READ


def damaged(octets, rng):
    """Some bits turned, octets lost or put in between."""
    octets = bytearray(octets)
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(1, len(octets))
        damage = rng.randrange(5)
        if damage == 0:
            del octets[place]
        elif damage == 1:
            octets[place:place] = rng.randbytes(rng.randint(1, 9))
        else:
            octets[place] ^= 1 << rng.randrange(8)
        if len(octets) < 2:
            break
    return bytes(octets)


def test_both_take_damaged_messages_for_the_same_or_refuse_them():
    rng = random.Random(18)
    read = written = 0
    for _ in range(DAMAGED):
        schema, octets = rng.choice(SPOKEN)
        octets = damaged(octets, rng)
        found = in_c(needed(schema), octets)
        assert found == ours(schema, octets), (schema, octets.hex())
        read += found != NOT_READ
        written += found[1] is not None
    assert DAMAGED // 8 < written < read < DAMAGED // 2


def test_a_mistake_in_the_tables_of_one_is_noticed():
    needed("apphand")
    facts = make_tables.load("apphand")
    facts["simple_types"]["responseCodeType"]["values"].reverse()
    mistaken = codec.compiled(make_source.source(make_tables.Tables(facts)), "-O0")
    handshakes = vectors("apphand")
    assert any(in_c(mistaken, octets) != ours(schema, octets) for schema, octets in handshakes)


def test_without_a_compiler_there_is_none(monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler")
    assert codec.compiled("") is None


# -- every message of the tables -------------------------------------------------------------------


def random_value(tables, number, draw):
    """A value of a type, found by walking its states as the generator has them."""
    kind, *facts = tables.types[number]
    if kind == make_tables.BITS:
        return draw(st.integers(facts[1], facts[2]))
    if kind == make_tables.BOOLEAN:
        return draw(st.booleans())
    if kind == make_tables.ENUMERATION:
        return draw(st.sampled_from(facts[1]))
    if kind in (make_tables.UNSIGNED, make_tables.SIGNED):
        return draw(st.integers(*facts))
    if kind != make_tables.COMPLEX:
        values = (
            st.text(max_size=min(facts[1] or 40, 40))
            if kind == make_tables.STRING
            else st.binary(max_size=facts[1])
        )
        return draw(values)
    node = {}
    state = least = 1
    while True:
        codes = []
        for code, event in enumerate(facts[state - 1]):
            name, _, times = tables.elements[event[0]] if isinstance(event, tuple) else (None, 0, 0)
            full = name in node and (times <= 0 or len(node[name]) > 4)
            if code >= least and event != make_tables.NO_TABLE and not full:
                codes.append(code)
        code = draw(st.sampled_from(codes))
        event = facts[state - 1][code]
        if event == make_tables.END:
            return node
        name, inner, times = tables.elements[event[0]]
        value = random_value(tables, inner, draw)
        if times > 0:
            node.setdefault(name, []).append(value)
        else:
            node[name] = value
        least = code if event[1] == state else 1
        state = event[1]


@functools.cache
def tables_of(facts):
    return make_tables.Tables(make_tables.load(facts))


@st.composite
def random_messages(draw, facts):
    tables = tables_of(facts)
    name, number, _ = tables.elements[draw(st.sampled_from(tables.roots))[1]]
    return {name: random_value(tables, number, draw)}


def check_random_round_trip(schema, message):
    data = exi.encode(SCHEMAS[schema], message)
    assert data[0] == 0x80
    assert exi.decode(SCHEMAS[schema], data) == message
    second = second_codec(schema)
    if second is not None:
        assert in_c(second, data) == ours(schema, data)


@given(random_messages("din70121"))
@settings(max_examples=150, deadline=None)
def test_random_din_message_comes_back(message):
    check_random_round_trip("din70121", message)


@given(random_messages("iso15118_2"))
@settings(max_examples=100, deadline=None)
def test_random_iso2_message_comes_back(message):
    check_random_round_trip("iso15118_2", message)


@given(random_messages("apphand"))
@settings(max_examples=50, deadline=None)
def test_random_handshake_comes_back(message):
    check_random_round_trip("apphand", message)
