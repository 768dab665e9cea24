# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A whole plug-in on MicroPython with a 1 MB heap, frame for frame the same as on CPython."""

import contextlib
import io

import pytest

from host_tests.interpreter import micropython, run_session

SCRIPT = micropython.ROOT / "host_tests" / "interpreter" / "run_session.py"


def values(text):
    return dict(line.split(" ", 1) for line in text.splitlines() if " " in line)


@pytest.mark.parametrize("car", ["generic", "ioniq", "tesla_y", "audi_q4", "polestar2", "ix3"])
def test_a_plug_in_reads_the_same_soc_with_the_same_frames_on_both_interpreters(car):
    done = micropython.run(SCRIPT, car, heap="1M")
    assert done.returncode == 0, done.stdout + done.stderr
    there = values(done.stdout)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        run_session.main(car)
    here = values(printed.getvalue())
    for key in ("soc", "released", "unsafe", "complaints", "sent", "digest", "virtual_ms"):
        assert there[key] == here[key], key
    assert (there["soc"], there["released"], there["unsafe"]) == ("42", "1", "0")
    assert there["idle_pass_bytes"] == "0"
