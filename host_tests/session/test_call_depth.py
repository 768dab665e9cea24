# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The deepest chain of Python calls over whole plug-ins is within its budget, and a deeper one is noticed."""

import pytest

from host_tests.bench import call_depth, device_time, pystack
from host_tests.twin.cost import DRIVE, pystack_bytes

# Where the deep chains are, or were once.
MEASURED = (
    "plc.ipv6",
    "v2g.exi",
    "v2g.reading",
    "appliance.web.actions",
    "appliance.web.documents",
    "appliance.display.panel",
    "appliance.web.downloads",
    "appliance.settings.service",
    "appliance.selftest",
    "appliance.web.router",
    "appliance.storage.records",
    "appliance.settings.settings",
    "adafruit_httpserver",
    "adafruit_requests",
    "adafruit_connection_manager",
    "adafruit_st7789",
    "adafruit_displayio_ssd1306",
)


@pytest.fixture(scope="module")
def depths():
    return call_depth.measure()


def test_the_sessions_went_where_they_should(depths):
    # The SmartEVSE that answers 500 took nothing, and is not asked again.
    assert depths.delivered == [[42], [42], [None], [42]]
    assert [module for module in MEASURED if not depths.reached(module)] == []
    assert "pystack exhausted" not in depths.console


def test_the_deepest_chain_is_within_its_budget(depths):
    deepest, largest = depths.most_frames()[0], depths.most_bytes()[0]
    assert deepest.frames <= call_depth.FRAMES_BUDGET, str(deepest)
    assert largest.bytes <= call_depth.BYTES_BUDGET, str(largest)


def test_a_deeper_chain_is_noticed():
    feed = "        self._feed_watchdog()\n"
    deep = "        (lambda again: again(again, 20))(lambda me, left: left and me(me, left - 1))\n"
    with device_time.with_defect("lib/appliance/loop.py", feed, feed + deep) as drive:
        depths = call_depth.measure(({"circuitpy": drive, "limit_s": 1},))
    assert depths.most_frames()[0].frames > call_depth.FRAMES_BUDGET
    assert "loop" in depths.most_frames()[0].places[-1]


FUNCTIONS = """
def plain(one):
    return one

def tries(one):
    try:
        return one()
    except OSError:
        return None

def generator():
    yield 1

class Kept:
    def method(self):
        return [number for number in self]
"""


def test_a_call_takes_what_the_compiler_gives_it(tmp_path):
    (tmp_path / "functions.py").write_text(FUNCTIONS)
    sizes = pystack.compiled_calls(tmp_path / "functions.py")
    codes = list(pystack.functions_in(compile(FUNCTIONS, "functions.py", "exec")))
    assert [code.co_name for code in codes] == "<module> plain tries generator Kept method <listcomp>".split()
    # 5 words, and of plain its argument and one to work with; a try block has 3 and the exception that it holds.
    assert sizes[1] == pystack.in_steps(5 * 4 + 2 * 4) == 32
    assert sizes[2] >= pystack.in_steps(5 * 4 + 2 * 4 + 3 * 4) and sizes[3] == 0


def test_the_arguments_of_a_kept_method_are_copied():
    jobs, box = DRIVE + "lib/appliance/jobs.py", DRIVE + "lib/appliance/box.py"

    def code_of(filename, name):
        lines = pystack.source_of(filename)[1]
        code = compile("\n".join(lines), filename, "exec")
        return next(code for code in pystack.functions_in(code) if code.co_name == name), lines

    caller, lines = code_of(jobs, "run")
    line = next(number for number, text in enumerate(lines, 1) if "self._look(" in text)
    look, _ = code_of(box, "_look_at_parts")
    assert pystack.copied_bytes(look, caller, line) == pystack.in_steps(3 * 4)
    assert pystack.copied_bytes(caller, caller, next(n for n, text in enumerate(lines, 1) if "def run(" in text)) == 0


def test_the_estimate_that_the_twin_enforces_is_near_what_the_compiler_gives():
    under, over = 0, 0
    for path in sorted((pystack.ROOT / "CIRCUITPY/lib/v2g").glob("*.py")):
        codes = list(pystack.functions_in(compile(path.read_text(), str(path), "exec")))
        for code, size in list(zip(codes, pystack.compiled_calls(path), strict=True))[1:]:
            if size:
                under = min(under, pystack_bytes(code) - size)
                over += pystack_bytes(code) - size
    assert under >= -40 and over >= 0
