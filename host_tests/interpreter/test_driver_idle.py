# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""An idle pass of the modem driver takes no memory and one access to the bus (DESIGN: budgets)."""

from pathlib import Path

import pytest

from host_tests.interpreter.micropython import run

PASSES = 1000
PASS_MS = 3


@pytest.fixture(scope="module")
def figures():
    result = run(Path(__file__).with_name("run_driver_idle.py"))
    assert result.returncode == 0, result.stdout + result.stderr
    rows = [line.split() for line in result.stdout.splitlines()]
    return {name: (status, int(taken), int(accesses)) for name, status, taken, accesses in rows}


@pytest.mark.parametrize(
    ("name", "status"), [("ready", "READY"), ("ready_int_pin", "READY"), ("absent", "ABSENT_LOW")]
)
def test_idle_passes_take_no_memory(figures, name, status):
    assert figures[name][:2] == (status, 0)


def test_an_idle_pass_is_one_access_and_a_look_at_the_causes_each_100_ms(figures):
    looks = PASSES * PASS_MS // 100
    assert PASSES <= figures["ready"][2] <= PASSES + looks + 3 * (looks // 5 + 1) + 1


def test_the_int_pin_saves_all_but_one_access_in_15_ms(figures):
    looks = PASSES * PASS_MS // 100
    assert figures["ready_int_pin"][2] <= PASSES * PASS_MS // 15 + 2 * looks


def test_an_absent_modem_is_looked_for_ten_times_a_second(figures):
    assert figures["absent"][2] <= 2 * (PASSES * PASS_MS // 100 + 1)


def test_frames_pass_unchanged_on_micropython_and_take_little_memory():
    result = run(Path(__file__).with_name("run_driver_frames.py"))
    assert result.returncode == 0, result.stdout + result.stderr
    rows = {line.split()[0]: line.split()[1:] for line in result.stdout.splitlines()}
    assert rows["status"] == ["READY"]
    assert rows["lengths"] == ["7"]
    assert rows["after_noise"] == ["1", "1"]
    assert rows["generation"] == ["2", "READY"]
    assert rows["violations"] == ["0"]
    # A view of the frame, slices of views: none of it grows with the frame.
    assert int(rows["frame_in"][0]) <= 256
    assert int(rows["frame_out"][0]) <= 512
