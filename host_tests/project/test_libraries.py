# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Private names of libraries are used only where the list says so, and the list is complete."""

from pathlib import Path

import pytest

from host_tests.checks import libraries

DRIVE = Path(__file__).resolve().parents[2] / "CIRCUITPY"
KNOWN = {"adafruit_httpserver": libraries.insides("adafruit_httpserver")}


def test_the_list_of_private_uses_is_complete_and_has_none_too_many():
    assert libraries.findings(DRIVE) == []


def test_only_one_library_is_used_behind_its_face():
    """The others are used by their public names alone."""
    assert {name for _, name in libraries.PRIVATE_USES} <= KNOWN["adafruit_httpserver"]


@pytest.mark.parametrize(
    ("code", "uses"),
    (
        ("class A(Response):\n    def f(self): return self._cookies", {"_cookies"}),
        ("class A(Response):\n    def _close_connection(self): pass", {"_close_connection"}),
        ("class A(Response):\n    _send_bytes = print", {"_send_bytes"}),
        ("class A(Response):\n    def f(self): self._own = 1", set()),
        ("def f(answer): answer._send_bytes(None, b'')", {"_send_bytes"}),
        ("class B:\n    def __init__(self): self._request = None", set()),
        ("class A(Response):\n    def f(self): return self.__class__", set()),
    ),
)
def test_a_private_name_is_found_in_subclasses_and_on_objects(code, uses):
    tree = libraries.ast.parse("from adafruit_httpserver import Response\n" + code)
    assert set(libraries.private_in(tree, KNOWN)) == uses


def test_a_library_of_one_file_has_insides_too():
    assert "_parse_headers" in libraries.insides("adafruit_requests")
