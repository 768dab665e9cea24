# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Turn the schema facts into the tables that ``v2g.exi`` runs on.

    python -m host_tests.exi_tables.make_tables FACTS apphand CIRCUITPY/lib/v2g/apphand.py
    python -m host_tests.exi_tables.make_tables FACTS din70121 CIRCUITPY/lib/v2g/din_schema.py
    python -m host_tests.exi_tables.make_tables FACTS iso15118_2 CIRCUITPY/lib/v2g/iso2_schema.py

``FACTS`` is the folder with ``<schema>.json`` (types, particles, values) and ``states/<schema>.json``
(grammar states). There a type has the states that a grammar compiler leaves; here those that accept the
same are merged, which turns a list of choices into one loop and shrinks the tables by a seventh.
"""

import json
import sys
from pathlib import Path

TITLES = {
    "apphand": "application protocol handshake (urn:iso:15118:2:2010:AppProtocol)",
    "din70121": "DIN SPEC 70121:2012 (urn:din:70121:2012:MsgDef)",
    "iso15118_2": "ISO 15118-2:2013 (urn:iso:15118:2:2013:MsgDef)",
}

COMPLEX, BITS, BOOLEAN, ENUMERATION, UNSIGNED, SIGNED, STRING, HEX, BASE64 = range(9)
BARE, ONCE, LIST = -1, 0, 1
END, NO_TABLE = -1, -2
UNBOUNDED = -1


def load(facts, schema):
    """The facts of one schema: ``(types and elements, grammar states by type)``."""
    facts = Path(facts)
    with open(facts / f"{schema}.json", encoding="utf-8") as file:
        description = json.load(file)
    with open(facts / "states" / f"{schema}.json", encoding="utf-8") as file:
        return description, json.load(file)


class Tables:
    """The tables of one schema while they grow; ``schema()`` is the tuple for ``v2g.exi``."""

    def __init__(self, description, states):
        self.description = description
        self.states = states
        self.elements = []
        self.types = []
        self.type_names = []
        self.roots = []
        self.has_full_lists = False
        self._build()

    def schema(self):
        bits = self.description["document"]["event_code_bits"]
        return (bits, tuple(self.roots), tuple(self.elements), tuple(self.types), int(self.has_full_lists))

    def _build(self):
        """Number the types in the order in which the documents reach them, then lay out their states."""
        for code, name in self._documents():
            element = self.description["elements"][name]
            self.roots.append((code, self._element(name, element["type"], ONCE) << 8))
        done = 0
        while done < len(self.types):
            if self.types[done] is None:
                self.types[done] = self._complex(self.type_names[done])
            done += 1

    def _documents(self):
        """Global elements that are messages: V2G_Message, or without one all that no type contains.

        Any global element may be an EXI document; nobody sends a signature part or an abstract head alone.
        """
        document = self.description["document"]
        if "V2G_Message" in document:
            yield document["V2G_Message"], "V2G_Message"
            return
        used = set()
        for complex_type in self.description["complex_types"].values():
            used.update(self._children(complex_type.get("particles", ()), ONCE))
        for code, name in enumerate(document["order"]):
            element = self.description["elements"][name]
            if name not in used and element["ns"] != "ds" and not self._is_abstract(element["type"]):
                yield code, name

    def _children(self, particles, repeats):
        """``{name: (type, times)}`` of a content model, nested groups and substitution groups resolved."""
        children = {}
        for particle in particles:
            most = particle.get("max", 1)
            times = most if most > 1 else LIST if most == UNBOUNDED else repeats
            if "el" in particle:
                found = {particle["el"]: (particle["type"], times)}
            elif "ref" in particle:
                groups = self.description["substitution_groups"]
                members = groups.get(particle["ref"], {"order": [particle["ref"]]})["order"]
                found = {name: (self.description["elements"][name]["type"], times) for name in members}
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
            simple = self.description["simple_types"].get(name)
            self.types.append(_simple(simple) if simple else None)
        return self.type_names.index(name)

    def _complex(self, name):
        complex_type = self.description["complex_types"][name]
        children = self._children(complex_type.get("particles", ()), ONCE)
        for attribute in complex_type.get("attributes", ()):
            children["@" + attribute["name"]] = (attribute["type"], BARE)
        if "simple_content" in complex_type:
            children["#"] = (complex_type["simple_content"], BARE)
        states = _merged(self.states[name])
        children = _with_loop_bounds(children, states)
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
                row.append(self._element(key, *children[name]) << 8 | target + 1)
        return tuple(row)

    def _is_abstract(self, type_name):
        return self.description["complex_types"].get(type_name, {}).get("abstract", 0)


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
    kind = STRING if encoding == "str" else HEX if facts["lex"] == "hex" else BASE64
    # Too short is no error: stations and cars send empty or one-octet identifiers where more is asked for.
    return (kind, 0, facts.get("maxlen", facts.get("len")))


def _merged(states):
    """States as lists of ``(event, next)``, equivalent ones merged, numbered as they are reached."""
    states = [[(event[0], event[1] if len(event) > 1 else None) for event in events] for _, events in states]
    classes = [0] * len(states)
    while True:
        rows = [tuple((name, to if to is None else classes[to]) for name, to in events) for events in states]
        known = list(dict.fromkeys(rows))
        refined = [known.index(row) for row in rows]
        if refined == classes:
            break
        classes = refined
    order = [0]
    for state in order:
        for _, to in states[state]:
            if to is not None and all(classes[to] != classes[other] for other in order):
                order.append(to)
    place = {classes[state]: number for number, state in enumerate(order)}
    return [
        [(name, to if to is None else place[classes[to]]) for name, to in states[state]] for state in order
    ]


def _with_loop_bounds(children, states):
    """A bounded list counts its items only if the states do not: if they loop."""
    looping = {name for number, events in enumerate(states) for name, to in events if to == number}
    return {
        name: (type_name, times if times <= LIST or name in looping else LIST)
        for name, (type_name, times) in children.items()
    }


def render(schema, tables):
    """Source text of the device module."""
    lines = [
        "# SPDX-FileCopyrightText: 2026 socbox contributors",
        "# SPDX-License-Identifier: MIT",
        f'"""EXI tables of the {TITLES[schema]}.',
        "",
        "Generated by host_tests/exi_tables/make_tables.py: change that, not this. Layout: see ``v2g.exi``.",
        '"""',
        "",
        "# fmt: off",
    ]
    bits, roots, elements, types, full_lists = tables.schema()
    roots = [f"({code}, {_event(event)})," for code, event in roots]
    lines += [
        "SCHEMA = (",
        f"    {bits},",
        "    (",
        *(f"        {root}" for root in roots),
        "    ),",
        "    (",
    ]
    for number, element in enumerate(elements):
        lines.append(f"        {_text(element)},  # 0x{number:02x} {tables.type_names[element[1]]}")
    lines += ["    ),", "    ("]
    for number, (name, row) in enumerate(zip(tables.type_names, types, strict=True)):
        if row[0] == COMPLEX:
            lines += [f"        (0,  # {number} {name}"]
            lines += _wrapped("            ", [_state_text(state) for state in row[1:]], "        ),")
        elif row[0] == ENUMERATION:
            lines += [f"        (3, {row[1]}, (  # {number} {name}"]
            lines += _wrapped("            ", [_text(value) for value in row[2]], "        )),")
        else:
            lines.append(f"        {_text(row)},  # {number} {name}")
    lines += ["    ),", f"    {full_lists},", ")", ""]
    return "\n".join(lines)


def _event(event):
    return str(event) if event < 0 else f"0x{event:04x}"


def _state_text(state):
    return "(" + ", ".join([str(state[0]), *(_event(event) for event in state[1:])]) + ")"


def _text(value):
    return repr(value).replace("'", '"')


def _wrapped(indent, items, close):
    lines = [indent]
    for word in (" ".join(item + "," for item in items)).split(" "):
        if len(lines[-1]) + len(word) > 108:
            lines.append(indent)
        lines[-1] += word + " "
    return [*(line.rstrip() for line in lines), close]


def main():
    facts, schema, target = sys.argv[1:]
    text = render(schema, Tables(*load(facts, schema)))
    Path(target).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
