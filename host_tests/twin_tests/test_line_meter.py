# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The meter in C counts as the one in Python does: whatever a program does, each sees the same at the same microsecond."""

import pytest

from host_tests.bench import call_depth
from host_tests.support.boards import board
from host_tests.twin import cost, line_marks, line_meter
from host_tests.twin.clock import Clock
from host_tests.twin.cost import LineCosts
from host_tests.twin.device import Services
from host_tests.twin.world import World

pytestmark = pytest.mark.skipif(cost.MeterInC is None, reason="no C compiler: the twin counts lines in Python")

# 9 us a line: an event falls between two payments, and a payment between two lines.
COSTS = {"device_factor": 150, "default_ns": 61, "modules": {"busy": 83}}
BUSY = """
    def odd(n):
        for k in range(n):
            yield k * k

    def deep(n):
        try:
            return deep(n - 1) + 1 if n else [1][n]
        finally:
            n += 1

    class Thing:
        @property
        def level(self):
            return sum(k for k in odd(7))

    def work(rounds):
        thing = Thing()
        total = 0
        for _ in range(rounds):
            total += thing.level + deep(5)
            total += sum([max(3, k) for k in odd(9)])
        return total
"""
PROGRAMS = {
    "busy": """
        import supervisor, time, busy
        while True:
            print(supervisor.ticks_ms(), busy.work(20))
            time.sleep(0.003)
    """,
    "busy without a call": """
        import supervisor
        n = 0
        while True:
            if n % 997 == 0:
                print(supervisor.ticks_ms(), n)
            n += 1
    """,
    "bitten by the watchdog": """
        import microcontroller, busy
        from watchdog import WatchDogMode
        dog = microcontroller.watchdog
        dog.timeout = 0.7
        dog.mode = WatchDogMode.RESET
        print("start")
        for n in range(9):
            busy.work(40)
            dog.feed()
        while True:
            busy.work(1)
    """,
    "a pin that is counted": """
        import board, countio, digitalio, busy, supervisor
        edges = countio.Counter(board.GPIO9, edge=countio.Edge.RISE)
        while True:
            busy.work(3)
            print(supervisor.ticks_ms(), edges.count)
    """,
    "imports that fail": """
        import supervisor, busy
        for name in ("nothing", "busy", "broken"):
            try:
                print(supervisor.ticks_ms(), __import__(name).__name__)
            except (ImportError, ZeroDivisionError) as error:
                print(supervisor.ticks_ms(), error)
        busy.deep(50)
    """,
}


def run_with(meter, tmp_path, monkeypatch, code, **options):
    """All that can be seen of eight seconds of a program, with a pause, a power cut and a reset in them."""
    monkeypatch.setattr(cost, "MeterInC", meter)
    services = Services(Clock())
    services.hardware.connect_input(9, lambda: services.clock.now_us // 700 % 2)
    services.clock.after(2_345_678, services.clock.after, 1, lambda: None)
    files = {"lib/busy.py": BUSY, "lib/broken.py": "x = 1\ny = x / 0\n"}
    place = tmp_path / ("python" if meter is None else "c")
    device = board(place, code, files, services, line_costs=LineCosts(COSTS), **options)
    try:
        device.run_until(lambda: len(device.console) > 3, 3.5, check_us=777)
        seen = [services.clock.now_us]
        device.plant_gc_pause(33_333, after_us=1_111)
        device.run(1.23)
        device.reset()
        device.run(2.7)
        device.power_cycle(0.1)
        device.run(2.7)
        spent = sorted(cost.summed(device.probe.log).items(), key=str)
        return seen, device.console, device.resets, device.meter.stack_peak, spent, services.clock.now_us
    finally:
        device.close()


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"enforce_pystack": True}], ids=["", "pystack enforced"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_takes_the_same_time_line_by_line(tmp_path, monkeypatch, name, options):
    in_c = run_with(cost.MeterInC, tmp_path, monkeypatch, PROGRAMS[name], **options)
    in_python = run_with(None, tmp_path, monkeypatch, PROGRAMS[name], **options)
    assert in_c == in_python
    assert len(in_c[1]) > 1


@pytest.mark.skipif(line_marks.KNOWN is False, reason="all is traced in this version of Python")
def test_code_of_the_device_that_is_called_where_nobody_counts_is_no_free_ride(tmp_path):
    code = """
        import time
        class Long:
            def __lt__(self, other):
                return False
            def __mul__(self, factor):
                return 0
        time.sleep(Long())
    """
    with board(tmp_path, code, services=Services(Clock())) as device:
        device.run(3)
        assert "called from where its lines are not counted" in device.console_text()


TOLD_BY_THE_WATCHDOG = """
        import microcontroller, supervisor, watchdog, busy
        dog = microcontroller.watchdog
        for n in range(5):
            dog.timeout = 0.2
            dog.mode = watchdog.WatchDogMode.RAISE
            try:
                while True:
                    busy.work(1)
            except watchdog.WatchDogTimeout:
                print("bitten", supervisor.ticks_ms())
    """


def test_an_exception_from_outside_arrives_within_a_few_lines_of_the_same_instant(tmp_path, monkeypatch):
    """In C it arrives at the next call or jump of the program; the meter in Python may meet it a line before."""
    in_c = run_with(cost.MeterInC, tmp_path, monkeypatch, TOLD_BY_THE_WATCHDOG)[1]
    in_python = run_with(None, tmp_path, monkeypatch, TOLD_BY_THE_WATCHDOG)[1]
    assert [line.split()[:1] for _, line in in_c] == [line.split()[:1] for _, line in in_python]
    assert all(abs(t - u) < 300 for (t, _), (u, _) in zip(in_c[:5], in_python[:5], strict=True))


def plug_in(meter, monkeypatch, charge_lines):
    monkeypatch.setattr(cost, "MeterInC", meter)
    with World(seed=5, device_options={"charge_lines": charge_lines}) as world:
        world.plug(world.new_car("ioniq", soc_percent=42))
        assert world.run_until(lambda: world.charging, 60)
        world.network.http("GET", "/api/status", {})
        probe = world.device.probe
        gaps = {phase: str(gap) for phase, gap in probe.worst_in.items()}
        return world.timeline, world.device.console, gaps, probe.polls, world.device.meter.stack_peak, world.clock.now_us


@pytest.mark.slow
@pytest.mark.parametrize("charge_lines", [True, False], ids=["", "lines cost nothing"])
def test_a_plug_in_of_the_whole_box_is_the_same_to_the_microsecond(monkeypatch, charge_lines):
    """The meter in C spends the time of fakes as well, where lines cost nothing too."""
    assert plug_in(cost.MeterInC, monkeypatch, charge_lines) == plug_in(None, monkeypatch, charge_lines)


def chains_with(meter, tmp_path, monkeypatch):
    monkeypatch.setattr(cost, "MeterInC", meter)
    place = tmp_path / ("python" if meter is None else "c")
    with board(place, PROGRAMS["imports that fail"], {"lib/busy.py": BUSY, "lib/broken.py": "x = 1\ny = x / 0\n"}) as device:
        chains = call_depth.chains_of(device)
        device.run(3)
        return {(code.co_name, kind): str(chain) for (code, kind), chain in chains.items()}


def test_the_deepest_chain_of_calls_to_each_function_is_the_same(tmp_path, monkeypatch):
    in_c = chains_with(cost.MeterInC, tmp_path, monkeypatch)
    assert in_c == chains_with(None, tmp_path, monkeypatch)
    assert in_c["deep", "frames"].startswith("52 frames")


def test_without_a_compiler_there_is_none_and_the_twin_counts_in_python(tmp_path, monkeypatch):
    monkeypatch.setattr(line_meter, "BUILT", tmp_path)
    monkeypatch.setenv("CC", "no-such-compiler")
    assert line_meter.load() is None
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("CC", "false")
    assert line_meter.load() is None
    monkeypatch.delenv("CC")
    assert line_meter.load() is not None
    monkeypatch.setenv(line_meter.CHOICE, "python")
    assert line_meter.load() is None
