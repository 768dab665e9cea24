# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Device code that tells the meter of its lines by itself, for CPython 3.11 and the meter in C.

A traced function runs without what CPython learned about it, and is looked at instruction by instruction. So the meter's
marks are put into the code: three instructions, `+mark` and its result dropped, wherever the tracer would hear of a line.
Where that is follows from CPython's rule (`maybe_call_line_trace`): an instruction with a line, reached from one of another
line or by a jump back. Code for which it does not follow is left as it is, and traced.
"""

import dis
import sys
from itertools import pairwise
from types import CodeType

# The only version whose code and rule these are.
KNOWN = sys.version_info[:2] == (3, 11)

_OP = dis.opmap
_EXTENDED = _OP["EXTENDED_ARG"]
_CACHE = _OP.get("CACHE")
_RESUME = _OP.get("RESUME")
_ENDS = {
    _OP.get(name)
    for name in "RETURN_VALUE RAISE_VARARGS RERAISE JUMP_FORWARD JUMP_BACKWARD JUMP_BACKWARD_NO_INTERRUPT".split()
}
_LEFT_TO_THE_TRACER = {_OP.get(name) for name in ("SEND", "GET_AWAITABLE", "ASYNC_GEN_WRAP", "GET_ANEXT")}


class _Instruction:
    """`at`: its place in the old code, in units; `jump`: the instruction it may jump to."""

    def __init__(self, at, opcode, argument, line):
        self.at = at
        self.opcode = opcode
        self.argument = argument
        self.line = line
        self.jump = None
        self.jump_is_marked = False
        self.mark = False  # it has a mark before it
        self.passed = False  # who comes from the instruction before jumps over the mark
        self.place = self.mark_place = 0
        self.size = 1 + dis._inline_cache_entries[opcode]


class _NotFollowed(Exception):
    pass


_BLANK = "a mark of line"
_plain = {}
_marks = {}


def marked(code):
    """The same code with room for marks, in all functions in it: constants that `filled` replaces."""
    consts = tuple(marked(each) if isinstance(each, CodeType) else each for each in code.co_consts)
    try:
        return _with_marks(code, consts)
    except _NotFollowed:
        return code.replace(co_consts=consts)


def filled(new, code, mark):
    """What `marked` made of the code, with its marks. `mark(line)` makes one."""
    consts = []
    for number, each in enumerate(new.co_consts):
        if isinstance(each, CodeType):
            consts.append(filled(each, code.co_consts[number], mark))
        elif isinstance(each, tuple) and each[:1] == (_BLANK,):
            consts.append(_mark_of(each[1], mark))
        else:
            consts.append(each)
    made = new.replace(co_consts=tuple(consts))
    if len(consts) > len(code.co_consts):
        _plain[id(made)] = made, code
    return made


def plain(code):
    """The same code without marks."""
    return _plain.get(id(code), (code, code))[1]


def _mark_of(line, mark):
    if (line, mark) not in _marks:
        _marks[line, mark] = mark(line)
    return _marks[line, mark]


def _with_marks(code, consts):
    instructions = _read(code)
    table = dis._parse_exception_table(code)
    first = next(n for n, each in enumerate(instructions) if each.opcode == _RESUME)
    _mark_jumps(instructions, first)
    handlers = _mark_handlers(instructions, table)
    numbers = {}
    consts = list(consts)
    for each in instructions:
        if each.mark and each.line not in numbers:
            numbers[each.line] = len(consts)
            consts.append((_BLANK, each.line))
    pieces = _laid_out(instructions, numbers)
    return code.replace(
        co_code=b"".join(data for data, _, _ in pieces),
        co_consts=tuple(consts),
        co_stacksize=code.co_stacksize + 1,
        co_linetable=_line_table(pieces, code.co_firstlineno),
        co_exceptiontable=_exception_table(instructions, table, handlers),
    )


def _read(code):
    """All instructions, arguments put together, jumps resolved."""
    lines = []
    for start, end, line in code.co_lines():
        lines.extend([line] * ((end - start) // 2))
    data = code.co_code
    found, by_place = [], {}
    argument, begin = 0, None
    for at in range(0, len(data), 2):
        opcode = data[at]
        if opcode == _CACHE:
            continue
        begin = at // 2 if begin is None else begin
        argument = argument << 8 | data[at + 1]
        if opcode == _EXTENDED:
            continue
        if opcode in _LEFT_TO_THE_TRACER:
            raise _NotFollowed
        each = _Instruction(begin, opcode, argument, lines[begin])
        by_place[begin] = each
        found.append(each)
        if opcode in dis.hasjrel:
            back = "BACKWARD" in dis.opname[opcode]
            each.jump = at // 2 + 1 + (-argument if back else argument)
        argument, begin = 0, None
    for each in found:
        if each.jump is not None:
            each.jump = by_place[each.jump]
    return found


def _tells(before, each):
    """Whether the tracer hears of a line when `each` follows `before`."""
    if each.line is None or each.opcode == _RESUME:
        return False
    return each.line != before.line or each.at < before.at


def _mark_jumps(instructions, first):
    for before, each in pairwise(instructions):
        if each.at <= instructions[first].at or before.opcode in _ENDS:
            continue
        if each is instructions[first + 1]:
            tells = each.line is not None
        else:
            tells = _tells(before, each)
        if tells:
            each.mark = True
        else:
            each.passed = True
    for each in instructions:
        if each.jump is not None and _tells(each, each.jump):
            each.jump_is_marked = each.jump.mark = True


def _mark_handlers(instructions, table):
    """For each row of the table: [(first, last instruction, whether its exceptions go to the mark)]."""
    by_place = {each.at: each for each in instructions}
    kept = [
        each for row in table if row.lasti for each in instructions if row.start <= each.at * 2 < row.end
    ]
    found = []
    for row in table:
        handler = by_place[row.target // 2]
        parts = []
        for each in instructions:
            if not row.start <= each.at * 2 < row.end:
                continue
            origins = [each]
            if each.opcode == _OP["RERAISE"] and each.argument:
                # It says where the exception came from at first.
                origins = [one for one in kept if one.opcode != _OP["RERAISE"]] or [each]
            tells = {_tells(one, handler) for one in origins}
            if len(tells) > 1:
                raise _NotFollowed
            tells = tells.pop()
            if tells:
                handler.mark = True
            if parts and parts[-1][2] == tells:
                parts[-1][1] = each
            else:
                parts.append([each, each, tells])
        found.append(parts)
    return found


def _unit(opcode, argument, caches=0):
    data = bytes((opcode, argument & 0xFF))
    while argument > 0xFF:
        argument >>= 8
        data = bytes((_EXTENDED, argument & 0xFF)) + data
    return data + bytes((_CACHE, 0)) * caches


def _laid_out(instructions, numbers):
    """[(octets, line, instruction or None)]; places are set. Jumps grow until all fit."""
    widths = {each: len(_unit(each.opcode, each.argument)) // 2 for each in instructions}
    while True:
        place = 0
        for each in instructions:
            if each.mark:
                each.mark_place = place + (1 if each.passed else 0)
                place = each.mark_place + len(_unit(_OP["LOAD_CONST"], numbers[each.line])) // 2 + 2
            each.place = place
            place += widths[each] + each.size - 1
        grown = False
        for each in instructions:
            if each.jump is None:
                continue
            target = each.jump.mark_place if each.jump_is_marked else each.jump.place
            distance = target - (each.place + widths[each])
            each.argument = -distance if "BACKWARD" in dis.opname[each.opcode] else distance
            if each.argument < 0:
                raise _NotFollowed
            width = len(_unit(each.opcode, each.argument)) // 2
            if width > widths[each]:
                widths[each] = width
                grown = True
        if not grown:
            break
    pieces = []
    for each in instructions:
        if each.mark:
            load = _unit(_OP["LOAD_CONST"], numbers[each.line])
            data = load + _unit(_OP["UNARY_POSITIVE"], 0) + _unit(_OP["POP_TOP"], 0)
            if each.passed:
                data = _unit(_OP["JUMP_FORWARD"], len(data) // 2) + data
            pieces.append((data, each.line, None))
        data = _unit(each.opcode, each.argument, each.size - 1)
        pad = widths[each] + each.size - 1 - len(data) // 2
        pieces.append((bytes((_EXTENDED, 0)) * pad + data, each.line, each))
    return pieces


def _line_table(pieces, line):
    table = bytearray()
    for data, its_line, _ in pieces:
        left = len(data) // 2
        while left:
            length = min(left, 8)
            left -= length
            if its_line is None:
                table.append(0x80 | 15 << 3 | length - 1)
                continue
            table.append(0x80 | 13 << 3 | length - 1)
            delta, line = its_line - line, its_line
            value = (-delta) << 1 | 1 if delta < 0 else delta << 1
            while value > 63:
                table.append(value & 63 | 64)
                value >>= 6
            table.append(value)
    return bytes(table)


def _exception_table(instructions, table, handlers):
    by_place = {each.at: each for each in instructions}
    after = dict(pairwise(instructions))
    out = bytearray()
    for row, parts in zip(table, handlers, strict=True):
        handler = by_place[row.target // 2]
        for first, last, tells in parts:
            start = _start_of(first)
            end = _start_of(after[last]) if last in after else last.place + _width(last)
            target = handler.mark_place if tells else handler.place
            for number, value in enumerate((start, end - start, target, row.depth << 1 | row.lasti)):
                _put(out, value, 128 if number == 0 else 0)
    return bytes(out)


def _start_of(each):
    """Where what belongs to it begins: with its mark."""
    if each.mark:
        return each.mark_place - (1 if each.passed else 0)
    return each.place


def _width(each):
    return len(_unit(each.opcode, each.argument)) // 2 + each.size - 1


def _put(out, value, flag):
    digits = [value & 63]
    while value > 63:
        value >>= 6
        digits.append(value & 63)
    for digit in reversed(digits[1:]):
        out.append(digit | 64 | flag)
        flag = 0
    out.append(digits[0] | flag)
