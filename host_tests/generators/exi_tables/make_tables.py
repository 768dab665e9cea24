# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Makes the tables that ``v2g.exi`` runs on from the facts of the schemas:

    python -m host_tests.generators.exi_tables.make_tables        writes CIRCUITPY/lib/v2g/schemas/*.bin

``facts/<schema>.json`` says what the XML schemas say (facts/README.md); ``grammar`` makes states of it; here elements
and types get numbers. The form of a file: ``v2g.schema``; what its numbers mean: ``v2g.exi``.
"""

import binascii
import json
import struct
from pathlib import Path

from host_tests.generators.exi_tables import grammar

FACTS = Path(__file__).with_name("facts")
TARGET = Path(__file__).resolve().parents[3] / "CIRCUITPY" / "lib" / "v2g" / "schemas"
# Facts of a schema, and the name of its file.
SHIPPED = {"apphand": "apphand", "din70121": "din", "iso15118_2": "iso2"}

COMPLEX, BITS, BOOLEAN, ENUMERATION, IS_BARE, UNSIGNED, SIGNED, STRING, BINARY = (*range(5), *range(8, 12))
# How often an element may be there; a higher number is the bound of a list. BARE: an attribute, or text.
BARE, ONCE, LIST = -1, 0, 1
END, NO_TABLE = -1, -2
IS_LIST, IS_BOUNDED = 1 << 20, 3 << 20
PACKED = {END: 0, NO_TABLE: 1}
ESCAPE = 2


def load(schema):
    """The facts of one schema."""
    return json.loads((FACTS / f"{schema}.json").read_text(encoding="utf-8"))


class Tables:
    """The tables of one schema, by names and numbers; ``packed()`` is the file.

    roots       [(code, element number)]
    elements    [(name, type number, times)]
    types       [(kind, ...)]; a complex one (COMPLEX, state, ...), a state
                (code bits, (element number, state number) or END or NO_TABLE, ...)
    """

    def __init__(self, facts):
        self.facts = facts
        self.root_bits = facts["root_bits"]
        self.roots = []
        self.elements = []
        self.types = []
        self.type_names = []
        self.has_full_lists = False
        self._build()

    def _build(self):
        """Number the types in the order in which the documents reach them, then lay out their states."""
        for name, code in self.facts["documents"].items():
            self.roots.append((code, self._element(name, self.facts["elements"][name], ONCE)))
        done = 0
        while done < len(self.types):
            if self.types[done] is None:
                self.types[done] = self._complex(self.facts["complex_types"][self.type_names[done]])
            done += 1

    def _members(self, name):
        """Global elements that may stand where ``name`` is referred to."""
        return self.facts["groups"].get(name, [name])

    def _children(self, particles, repeats):
        """``{name: (type, times)}`` of a content model, nested groups and substitution groups resolved."""
        children = {}
        for particle in particles:
            most = particle.get("max", 1)
            times = most if most > 1 else LIST if most == grammar.UNBOUNDED else repeats
            if times > LIST and not grammar.is_loop(particle):
                times = LIST  # its states count the items
            if "el" in particle:
                found = {particle["el"]: (particle["type"], times)}
            elif "ref" in particle:
                members = self._members(particle["ref"])
                found = {name: (self.facts["elements"][name], times) for name in members}
            else:
                found = self._children(particle.get("choice") or particle.get("seq") or (), min(times, LIST))
            for name, child in found.items():
                assert children.get(name, child)[0] == child[0], f"{name} has two types"
                children[name] = child
        return children

    def _element(self, name, type_name, times):
        element = (name, self._type(type_name), times)
        if element not in self.elements:
            self.elements.append(element)
        return self.elements.index(element)

    def _type(self, name):
        if name not in self.type_names:
            self.type_names.append(name)
            simple = self.facts["simple_types"].get(name)
            self.types.append(_simple(simple) if simple else None)
        return self.type_names.index(name)

    def _complex(self, complex_type):
        children = self._children(complex_type.get("particles", ()), ONCE)
        for attribute in complex_type.get("attributes", ()):
            children["@" + attribute["name"]] = (attribute["type"], BARE)
        if "simple_content" in complex_type:
            children["#"] = (complex_type["simple_content"], BARE)
        states = grammar.states_of(complex_type, self._members)
        states = self._with_full_list_states(states, children)
        return (COMPLEX, *(self._state(state, children) for state in states))

    def _with_full_list_states(self, states, children):
        """Behind each loop of a bounded list, the state after its last item: the same without the item."""
        placed = []
        new_numbers = []
        for number, events in enumerate(states):
            new_numbers.append(len(placed))
            placed.append(events)
            looping = [
                name for name, target in events if target == number and children.get(name, (0, 0))[1] > LIST
            ]
            if looping:
                self.has_full_lists = True
                placed.append([event for event in events if event[0] != looping[0]])
        return [[(name, None if to is None else new_numbers[to]) for name, to in events] for events in placed]

    def _state(self, events, children):
        row = [len(events).bit_length()]
        for name, target in events:
            if name == "/":
                row.append(END)
            elif name not in children or self._is_abstract(children[name][0]):
                row.append(NO_TABLE)
            else:
                key = "value" if name == "#" else name.lstrip("@")
                row.append((self._element(key, *children[name]), target + 1))
        return tuple(row)

    def _is_abstract(self, type_name):
        return self.facts["complex_types"].get(type_name, {}).get("abstract", 0)

    # -- the file ----------------------------------------------------------------------------------

    def packed(self):
        """The bytes of the file."""
        states, starts = self._packed_states()
        names = [name for name, _, _ in self.elements]
        numbers = []
        elements = []
        for _, type_number, times in self.elements:
            kind, bits, place = self._packed_type(type_number, starts, names, numbers)
            flag = IS_BARE if times == BARE else IS_BOUNDED if times > LIST else IS_LIST * times
            elements.append(kind | bits << 4 | place << 8 | flag)
        assert max(*states, *elements) < 1 << 30, "no small integer on the device"
        text = (
            " ".join(names),
            " ".join(f"{code} {number}" for code, number in self.roots),
            " ".join("-" if number is None else str(number) for number in numbers),
        )
        body = struct.pack("<HHBBH", len(states), len(elements), self.root_bits, self.has_full_lists, 0)
        body += struct.pack(f"<{len(states) + len(elements)}I", *states, *elements)
        body += "\n".join(text).encode("ascii")
        return b"EXI1" + struct.pack("<I", binascii.crc32(body)) + body

    def _packed_states(self):
        """``(numbers, {type number: where the events of its first state start})``.

        What several types end with lies there once.
        """
        rows = {}
        for number, (kind, *states) in enumerate(self.types):
            if kind == COMPLEX:
                for place, (_, *events) in enumerate(states, 1):
                    rows[number, place] = self._row(number, place, events)
        found = grammar.representatives(rows)
        places, end = {}, 0
        for state, row in rows.items():
            if found[state] == state:
                places[state] = end + 1
                end += len(self._packed_row(row, lambda _: 0))
        assert end <= 0xFFF
        packed = []
        for state in places:
            packed += self._packed_row(rows[state], lambda then: places[found[then]])
        return packed, {number: places[found[number, place]] for number, place in rows if place == 1}

    def _row(self, number, place, events):
        """A state as ``[(element, state), ...]``; behind a bounded loop ``(("bound", most), what follows it)``."""
        row = [
            (event[0], (number, event[1])) if isinstance(event, tuple) else (event, None) for event in events
        ]
        loops = [self.elements[element][2] for element, then in row if then == (number, place)]
        return row + [(("bound", most), (number, place + 1)) for most in loops if most > LIST]

    @staticmethod
    def _packed_row(row, place_of):
        """Numbers of one state."""
        events = [event for event in row if not isinstance(event[0], tuple)]
        bits = len(events).bit_length()
        packed = [bits]
        for element, then in events:
            assert element, "a root inside of a document looks like an end"
            packed.append(PACKED[element] if then is None else element << 12 | place_of(then))
        packed += [ESCAPE] + [PACKED[NO_TABLE]] * ((1 << bits) - len(events) - 1)
        return packed + [bound << 12 | place_of(then) for (_, bound), then in row[len(events) :]]

    def _packed_type(self, number, starts, names, numbers):
        """``(kind, bits, place)``; what the type brings along is added to names and numbers."""
        kind, *facts = self.types[number]
        if kind == COMPLEX:
            return kind, 0, starts[number]
        if kind == BOOLEAN:
            return kind, 1, 0
        bits = facts[0] if kind in (BITS, ENUMERATION) else 0
        limits = facts[-2:]
        if kind == ENUMERATION:
            first = _place(names, list(facts[1]))
            limits = [first, first + len(facts[1]) - 1]
        return kind, bits, _place(numbers, limits)


def _place(items, wanted):
    """Where ``wanted`` stands in ``items`` as it is, at the end where it is added if need be."""
    for place in range(len(items)):
        if items[place : place + len(wanted)] == wanted:
            return place
    items += wanted
    return len(items) - len(wanted)


def _simple(facts):
    encoding = facts["enc"]
    if encoding == "nbit":
        return (BITS, facts["bits"], facts["lo"], facts["hi"])
    if encoding == "bool":
        return (BOOLEAN, 1)
    if encoding == "enum":
        return (ENUMERATION, facts["bits"], tuple(facts["values"]))
    if encoding in ("uint", "int"):
        return (UNSIGNED if encoding == "uint" else SIGNED, facts["lo"], facts["hi"])
    kind = STRING if encoding == "str" else BINARY
    # Too short is no error: stations and cars send empty or one-octet identifiers where more is asked for.
    return (kind, 0, facts.get("maxlen", facts.get("len")))


def main():
    TARGET.mkdir(exist_ok=True)
    for schema, name in SHIPPED.items():
        data = Tables(load(schema)).packed()
        (TARGET / f"{name}.bin").write_bytes(data)
        print(f"{name}.bin  {len(data)} bytes")


if __name__ == "__main__":
    main()
