# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Marked code tells of the lines of which CPython's tracer tells, in the same order, and does what it did."""

import importlib.util
import sys
from itertools import pairwise
from types import CodeType

import pytest

from host_tests.twin import line_marks
from host_tests.twin.world import CIRCUITPY

pytestmark = pytest.mark.skipif(not line_marks.KNOWN, reason="another CPython: the twin's device code is traced")

EVERYTHING = '''
class Door:
    open = 0
    def __enter__(self):
        self.open += 1
        return self
    def __exit__(self, *error):
        self.open -= 1
        return error[0] is OSError
    def fail(self, error): raise error

def numbers(n):
    for k in range(n):
        try:
            yield k
        except ValueError as error:
            yield -k
        finally:
            n = n

def loops(n):
    while n: n -= 1
    while True:
        n += 1
        if n > 4: break
        else: continue
    for k in range(3):
        if k == 1: continue
        n += (k
              if k
              else 2)
    else:
        n += 1
    return [k for k in range(n) if k % 2], {k: 1 for k in numbers(3)}, (lambda: (n,
        k))()

def doors():
    door = Door()
    try:
        with door: door.fail(KeyError(1))
    except KeyError:
        pass
    with door as one, Door() as two:
        two.fail(OSError)

def left_early():
    door = Door()
    try:
        with door:
            for k in numbers(9):
                if k == 3: return k
    finally:
        door.open = 0

def errors():
    try:
        try:
            1 / 0
        finally:
            one = 1
    except ZeroDivisionError as error: two = error
    try: [1][3]
    except (KeyError,
            IndexError):
        two = 3
    else:
        two = 4
    generator = numbers(3); next(generator); generator.throw(ValueError); generator.close()
    def inner():
        nonlocal two
        two = one
        raise ArithmeticError
    try:
        inner()
    except LookupError:
        pass

def all_of_it():
    loops(7); doors(); left_early()
    sum(k for k in numbers(5))
    errors()

try:
    all_of_it()
except ArithmeticError as error:
    left = error
'''
# Long jumps, and many constants.
EVERYTHING += "".join(f"x{k} = {k}\n" for k in range(300))
EVERYTHING += "for k in range(3):\n" + "".join(f"    x = {k}.5\n" for k in range(300))


class Told:
    """A mark in Python."""

    heard = []

    def __init__(self, line):
        self.line = line

    def __pos__(self):
        Told.heard.append((sys._getframe(1).f_code.co_name, self.line))


def traced(code, run):
    heard = []

    def trace(frame, event, _argument):
        if frame.f_code.co_filename != code.co_filename:
            return None
        if event == "line":
            heard.append((frame.f_code.co_name, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        found = run(code)
    finally:
        sys.settrace(before)
    return heard, found


def marked(code):
    return line_marks.filled(line_marks.marked(code), code, Told)


def all_code(code):
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from all_code(each)


def compared(source, use):
    def run(code):
        names = {"__name__": "marked"}
        exec(code, names)
        return use(names)

    code = compile(source, "marked.py", "exec", dont_inherit=True)
    told, found = traced(code, run)
    Told.heard.clear()
    with_marks = marked(code)
    assert run(with_marks) == found
    left = {
        before.co_name
        for before, each in zip(all_code(code), all_code(with_marks), strict=True)
        if line_marks.plain(each) is not before
    }
    assert Told.heard == [row for row in told if row[0] not in left]
    return left


def test_every_kind_of_statement_tells_of_its_lines_as_when_traced():
    # Where what is raised anew came from, the code alone does not say.
    assert compared(EVERYTHING, lambda names: _traceback(names["left"])) == {"doors"}
    assert len(Told.heard) > 1000


def _traceback(error):
    step, found = error.__traceback__, []
    while step is not None:
        found.append((step.tb_frame.f_code.co_name, step.tb_lineno))
        step = step.tb_next
    return found


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("textwrap", lambda names: names["wrap"]("hello world " * 50, 30)),
        ("difflib", lambda names: list(names["ndiff"](["one", "two", "three"], ["one", "tow", "tree"]))),
        ("shlex", lambda names: names["split"]("a \"b c\" d'e' # x")),
        ("pprint", lambda names: names["pformat"]({"a": [1, {"b": (1,) * 40}], "c": "x" * 200})),
    ],
    ids=["textwrap", "difflib", "shlex", "pprint"],
)
def test_a_module_of_others_tells_of_its_lines_as_when_traced(name, use):
    with open(importlib.util.find_spec(name).origin) as file:
        compared(file.read(), use)


def test_almost_no_code_of_the_device_is_left_to_the_tracer():
    left = total = 0
    for path in sorted(CIRCUITPY.rglob("*.py")):
        code = compile(path.read_text(), str(path), "exec", dont_inherit=True)
        for before, each in zip(all_code(code), all_code(marked(code)), strict=True):
            total += 1
            left += line_marks.plain(each) is not before
    assert total > 2000
    assert left < total // 100


def test_lines_stay_where_they_were():
    code = compile(EVERYTHING, "marked.py", "exec", dont_inherit=True)
    for before, each in zip(all_code(code), all_code(marked(code)), strict=True):
        lines = [line for _, _, line in before.co_lines()]
        assert {line for _, _, line in each.co_lines()} == set(lines)
        assert all(start < end for start, end, _ in each.co_lines())
        assert all(one[1] == two[0] for one, two in pairwise(each.co_lines()))
