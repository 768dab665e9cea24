# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Writes a codec of one schema as straight C, from the tables that the device's files are made of:

    python -m host_tests.generators.exi_c.make_source din70121        prints it

One struct for each complex type and three functions: one reads it, one writes it, one shows it as JSON. The states of its
grammar are places in the code, with a case for each event, so that nothing looks into a table while it runs. What all types
need is in the header files beside this one; ``codec`` compiles it.

It shares the grammar with the device's codec, and nothing else: neither the file that the tables are packed in nor a line
that reads or writes a bit.
"""

import re
import sys

from host_tests.generators.exi_tables import make_tables
from host_tests.generators.exi_tables.make_tables import BARE, COMPLEX, END, LIST, NO_TABLE

# By the kind of a simple type: what reads, writes and shows a value. The facts of a type are those of `make_tables._simple`.
SIMPLE = {
    make_tables.BITS: (
        "read_bits(reader, value, bare, {0}, {1})",
        "write_bits(writer, value, bare, {0}, {1}, {2})",
        "show_number(json, value)",
    ),
    make_tables.BOOLEAN: (
        "read_boolean(reader, value, bare)",
        "write_boolean(writer, value, bare)",
        "show_boolean(json, value)",
    ),
    make_tables.ENUMERATION: (
        "read_name(reader, value, bare, {0}, {name}_names, {count})",
        "write_name(writer, value, bare, {0}, {count})",
        "show_name(json, value, {name}_names)",
    ),
    make_tables.UNSIGNED: (
        "read_unsigned(reader, value, bare)",
        "write_unsigned(writer, value, bare, {1}u)",
        "show_number(json, value)",
    ),
    make_tables.SIGNED: (
        "read_signed(reader, value, bare)",
        "write_signed(writer, value, bare, {below}u, {1}u)",
        "show_number(json, value)",
    ),
    make_tables.STRING: (
        "read_text(reader, value, bare)",
        "write_text(writer, value, bare, {1})",
        "show_text(json, value)",
    ),
    make_tables.BINARY: (
        "read_octets(reader, value, bare)",
        "write_octets(writer, value, bare, {1})",
        "show_octets(json, value)",
    ),
}
HEADS = {"read": "Reader *reader, ", "write": "Writer *writer, const ", "show": "Json *json, const "}
# A number of any length.
WRITE_INTEGER = "write_integer(writer, value, bare)"
EMPTY = {make_tables.STRING: "TEXT", make_tables.BINARY: "OCTETS"}


def source(tables):
    """The C source of a codec for one schema."""
    types = [_Complex(tables, number) for number, (kind, *_) in enumerate(tables.types) if kind == COMPLEX]
    simple = [
        _simple(_identifier(name), *facts)
        for name, facts in zip(tables.type_names, tables.types, strict=True)
        if facts[0] != COMPLEX
    ]
    names = [one.name for one in types] + [name for name, _ in simple]
    assert len(set(names)) == len(names), "two types with one name in C"
    parts = [f'#define HAS_FULL_LISTS {int(tables.has_full_lists)}\n#include "calls.h"\n']
    parts += [text for _, text in simple]
    parts += [one.struct() for one in types]
    for function in ("read", "write", "show"):
        parts += [one.function(function, ";\n") for one in types]
    parts += [function() for one in types for function in (one.read, one.write, one.show)]
    return "".join(parts) + _message(tables)


def _identifier(name):
    return re.sub(r"\W", "_", name.lstrip("#"))


def _simple(name, kind, *facts):
    """``(name, its three functions)``."""
    read, write, show = SIMPLE[kind]
    words = {"name": name}
    text = ""
    if kind == make_tables.ENUMERATION:
        words["count"] = len(facts[1])
        texts = ", ".join(f'"{value}"' for value in facts[1])
        text = f"static const char *const {name}_names[] = {{{texts}}};\n"
    elif kind == make_tables.SIGNED and facts == (None, None):
        write = WRITE_INTEGER
    elif kind == make_tables.SIGNED:
        words["below"] = -1 - facts[0]
    facts = ["UINT64_MAX" if fact is None else fact for fact in facts]
    for what, body in (("read", read), ("write", write), ("show", show)):
        head = f"static void {what}_{name}({HEADS[what]}Simple *value{'' if what == 'show' else ', bool bare'})"
        text += f"{head}\n{{\n    {body.format(*facts, **words)};\n}}\n"
    return name, text


class _Field:
    """An element or attribute of a complex type."""

    def __init__(self, tables, element):
        self.name, number, self.times = tables.elements[element]
        self.kind = tables.types[number][0]
        self.type_name = _identifier(tables.type_names[number])
        self.c_type = f"struct {self.type_name}" if self.kind == COMPLEX else "Simple"
        self.is_list = self.times >= LIST
        self.more = "" if self.kind == COMPLEX else f", {'true' if self.times == BARE else 'false'}"

    def read(self):
        """Lines that read one item."""
        if not self.is_list:
            place = f"node->{self.name}"
            return [f"read_{self.type_name}(reader, {place} = allocate(reader, sizeof *{place}){self.more});"]
        end = f"{self.name}_end"
        return [
            f"read_{self.type_name}(reader, *{end} = allocate(reader, sizeof **{end}){self.more});",
            f"{end} = &(*{end})->next;",
        ]

    def show(self):
        one = f"show_{self.type_name}(json, "
        lines = [f"if (node->{self.name}) {{", f'    show_key(json, "{self.name}");']
        if self.is_list:
            lines += [
                '    show_word(json, "[");',
                f"    for (const {self.c_type} *item = node->{self.name}; item; item = item->next) {{",
                "        begin_item(json);",
                f"        {one}item);",
                "    }",
                '    show_word(json, "]");',
            ]
        else:
            lines.append(f"    {one}node->{self.name});")
        return [*lines, "}"]


class _Complex:
    """A complex type: its struct and its functions."""

    def __init__(self, tables, number):
        self.name = _identifier(tables.type_names[number])
        self.states = tables.types[number][1:]
        self.fields = {
            event[0]: _Field(tables, event[0])
            for _, *events in self.states
            for event in events
            if isinstance(event, tuple)
        }
        assert len({field.name for field in self.fields.values()}) == len(self.fields), self.name

    def struct(self):
        lines = [f"{field.c_type} *{field.name};" for field in self.fields.values()]
        return f"struct {self.name} {{\n    struct {self.name} *next;\n{_indented(lines)}}};\n"

    def function(self, what, end="\n"):
        return f"static void {what}_{self.name}({HEADS[what]}struct {self.name} *node){end}"

    def _body(self, state_lines, after):
        """The states as code; ``after(event)``: the states that may follow, which have a label."""
        reached = {then for _, *row in self.states for event in row if isinstance(event, tuple) for then in after(event)}
        text = ""
        for number, state in enumerate(self.states, 1):
            if number in reached:
                text += f"state_{number}:\n"
            if number == 1 or number in reached:
                text += _indented(state_lines(*state))
        return text

    def _after(self, event):
        """The state that follows; behind an item of a bounded list also that after a full one."""
        element, then = event
        return (then, then + 1) if self.fields[element].times > LIST else (then,)

    def read(self):
        lines = []
        for field in self.fields.values():
            if field.is_list:
                lines.append(f"{field.c_type} **{field.name}_end = &node->{field.name};")
            if field.times > LIST:
                lines.append(f"unsigned {field.name}_count = 0;")
        states = self._body(self._read_state, self._after)
        return f"{self.function('read')}{{\n{_indented(lines)}{states}}}\n"

    def _read_state(self, bits, *events):
        lines = [f"switch (code(reader, {bits})) {{"]
        for code, event in enumerate(events):
            if event == NO_TABLE:
                continue
            lines.append(f"case {code}:")
            if event == END:
                lines.append("    return;")
                continue
            field = self.fields[event[0]]
            lines += [f"    {line}" for line in field.read()]
            after = self._after(event)
            if len(after) > 1:
                lines.append(f"    if (reader->narrow && ++{field.name}_count == {field.times})")
                lines.append(f"        goto state_{after[1]};")
            lines.append(f"    goto state_{after[0]};")
        lines += self._read_no_text(len(events), events[-1])
        return [*lines, "default:", "    refuse(reader);", "    return;", "}"]

    def _read_no_text(self, escape, event):
        """The text beside attributes may be left out by the escape behind the codes."""
        field = self.fields[event[0]] if isinstance(event, tuple) else None
        if field is None or field.times != BARE or field.name != "value":
            return []
        place = f"node->{field.name}"
        form = EMPTY[field.kind]
        return [
            f"case {escape}:",
            f"    read_no_text(reader, {place} = allocate(reader, sizeof *{place}), {form});",
            "    return;",
        ]

    def write(self):
        lines = []
        for field in self.fields.values():
            lines.append(f"const {field.c_type} *{field.name} = node->{field.name};")
            if field.times > LIST:
                lines.append(f"unsigned {field.name}_count = 0;")
        states = self._body(self._write_state, lambda event: event[1:])
        return f"{self.function('write')}{{\n{_indented(lines or ['(void)node;'])}{states}}}\n"

    def _write_state(self, bits, *events):
        lines = []
        for code, event in enumerate(events):
            if event == END:
                lines.append(f"event(writer, {code}, {bits});")
                left = " || ".join(field.name for field in self.fields.values())
                return [*lines, *([f"if ({left})", "    refuse_to_write(writer);"] if left else []), "return;"]
            if event != NO_TABLE:
                lines += self._write_item(self.fields[event[0]], code, bits, event[1])
        return [*lines, "refuse_to_write(writer);", "return;"]

    @staticmethod
    def _write_item(field, code, bits, then):
        lines = [
            f"if ({field.name}) {{",
            f"    event(writer, {code}, {bits});",
            f"    write_{field.type_name}(writer, {field.name}{field.more});",
            f"    {field.name} = {field.name}->next;",
        ]
        if field.times > LIST:  # a full list of them is written in two ways, so it is not
            lines += [f"    if (++{field.name}_count == {field.times})", "        refuse_to_write(writer);"]
        return [*lines, f"    goto state_{then};", "}"]

    def show(self):
        lines = ['show_word(json, "{");'] + ([] if self.fields else ["(void)node;"])
        for field in self.fields.values():
            lines += field.show()
        lines.append('show_word(json, "}");')
        return f"{self.function('show')}{{\n{_indented(lines)}}}\n"


def _message(tables):
    """What calls.h wants: a struct of what a document may be, and its functions."""
    bits = tables.root_bits
    fields = [(code, _Field(tables, element)) for code, element in tables.roots]
    read = ["struct Message *node = allocate(reader, sizeof *node);", f"switch (bits(reader, {bits})) {{"]
    write = []
    show = ['show_word(json, "{");']
    for code, field in fields:
        read += [f"case {code}:", *(f"    {line}" for line in field.read()), "    break;"]
        write += [f"if (node->{field.name}) {{", f"    put(writer, {code}, {bits});"]
        write += [f"    write_{field.type_name}(writer, node->{field.name});", "}"]
        show += field.show()
    read += ["default:", "    refuse(reader);", "}", "return node;"]
    show.append('show_word(json, "}");')
    struct = _indented([f"{field.c_type} *{field.name};" for _, field in fields])
    return (
        f"struct Message {{\n{struct}}};\n"
        f"static struct Message *read_message(Reader *reader)\n{{\n{_indented(read)}}}\n"
        f"static void write_message({HEADS['write']}struct Message *node)\n{{\n{_indented(write)}}}\n"
        f"static void show_message({HEADS['show']}struct Message *node)\n{{\n{_indented(show)}}}\n"
    )


def _indented(lines):
    return "".join(f"    {line}\n" for line in lines)


if __name__ == "__main__":
    print(source(make_tables.Tables(make_tables.load(sys.argv[1]))), end="")
