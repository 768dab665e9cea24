# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Device code that nothing on the drive uses is found, and what is used in any way is not."""

from pathlib import Path

import pytest

from host_tests.checks import unused

DRIVE = Path(__file__).resolve().parents[2] / "CIRCUITPY"


def test_everything_that_device_code_defines_is_used_on_the_drive():
    assert unused.findings(DRIVE) == []


@pytest.mark.parametrize(
    ("code", "names"),
    (
        ("def f(): pass", ["f"]),
        ("class A: pass", ["A"]),
        ("LIMIT = 3", ["LIMIT"]),
        ("A, B = 1, 2\nprint(A)", ["B"]),
        ("class A:\n    def __init__(self): self.count = 0\nA()", ["count"]),
        ("class A:\n    def f(self): pass\nA().f()", []),
        ("class A:\n    def _on_key(self): pass\nA\nROWS = ('key',)\nROWS", []),
        ("class A:\n    def _end(self): pass\nA\nROWS = ('end',)\nROWS", []),
        ("class A:\n    def read(self): pass\n    def f(self): pass\nA\nTABLE = '/a owner GET=a.read'\nTABLE", ["f"]),
        ("from other import f\ndef f(): pass", []),
        ("def f(dog): dog.timeout = 3\nf", []),
    ),
)
def test_what_nothing_reads_is_found(tmp_path, code, names):
    (tmp_path / "code.py").write_text(code)
    assert [name for _, _, name in unused.findings(tmp_path, {})] == names


def test_an_excuse_that_is_needed_no_more_is_found(tmp_path):
    (tmp_path / "code.py").write_text("def ioctl(): pass\nioctl()")
    assert unused.findings(tmp_path, {"ioctl": "a reason"}) == [("excused", 0, "ioctl")]
