# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""One plug-in on the whole twin in virtual device time: the worst pass, the worst answers, time to the SoC.

The box runs with display, WiFi and a web client that reads the status page all the while. Answers are timed on the
power line, from the last bit of the car's frame to the first of the box's.
"""

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from host_tests.support.starts import page_is_up, started
from host_tests.twin.world import CIRCUITPY, SETTINGS_IN_USE, World

# Budgets in us of virtual device time. A pass is a piece, the modem's part of the pass and the idle sleep.
PASS_BESIDES_PIECE_US = 15_000
MATCHING_PIECE_US = 10_000
SESSION_PIECE_US = 50_000
TP_MATCH_RESPONSE_US = 100_000
TT_MATCH_RESPONSE_US = 200_000
V2G_ANSWER_US = 2_000_000
# From power-on, s: a car repeats its SLAC_PARM.REQ for 10 s.
KEY_S, READY_S, PAGE_S = 5, 9, 16

# (car's message, box's message): both as MMTYPE. ATTEN_CHAR.IND follows the last profile, i.e. the last sound.
SLAC_PAIRS = {0x6064: 0x6065, 0x6076: 0x606E, 0x607C: 0x607D}
# A car that adds as little as the standard lets it.
AT_ONCE = {
    "wake_ms": 0,
    "start_delay_ms": 0,
    "batch_interval_ms": 20,
    "first_sound_gap_ms": 20,
    "rsp_delay_ms": 0,
    "match_at_once": True,
    "match_delay_ms": 0,
    "key_delay_ms": 0,
    "ip_after_link": (),
    "sdp_delay_ms": 0,
    "probe_ms": 0,
    "tcp_delay_ms": 0,
    "resolve_delay_ms": 0,
    "ack_delay_ms": 0,
    "first_request_ms": 0,
    "think_ms": 0,
    "cpd_think_ms": 0,
}
_MAC_AT, _TYPE_AT = slice(6, 12), 15
# Two ways to reckon one moment differ by this at most.
_ROUNDING_S = 0.001


class Answers:
    """A tap on the power line that times the box's answers to one car."""

    def __init__(self, car_mac):
        self.car_mac = car_mac
        self.worst_us = {"SLAC": 0, "V2G": 0}
        self.slac_us = {}
        self._asked = {}
        self._request_us = None
        self.first_parm_us = None

    def __call__(self, now_us, frame):
        from_car = bytes(frame[_MAC_AT]) == self.car_mac
        if frame[12:14] == b"\x88\xe1" and frame[_TYPE_AT + 1] == 0x60:
            self._slac(now_us, frame[_TYPE_AT] | 0x6000, from_car)
        elif frame[12:14] == b"\x86\xdd" and frame[20] == 6:
            self._tcp(now_us, frame, from_car)

    def _slac(self, now_us, kind, from_car):
        if from_car and kind in SLAC_PAIRS:
            self._asked[SLAC_PAIRS[kind]] = now_us
            if self.first_parm_us is None and kind == 0x6064:
                self.first_parm_us = now_us
        elif not from_car and kind in self._asked:
            took = now_us - self._asked.pop(kind)
            self.slac_us[kind] = max(took, self.slac_us.get(kind, 0))
            self.worst_us["SLAC"] = max(took, self.worst_us["SLAC"])

    def _tcp(self, now_us, frame, from_car):
        header = 54 + (frame[66] >> 4) * 4
        carries = 54 + (frame[18] << 8 | frame[19]) > header
        if carries and from_car:
            self._request_us = now_us
        elif carries and self._request_us is not None:
            self.worst_us["V2G"] = max(now_us - self._request_us, self.worst_us["V2G"])
            self._request_us = None


class Figures:
    """What one plug-in showed; all times in us of virtual device time."""

    def __init__(self, world, answers):
        self.answers = answers
        self.gaps = {phase: gap for phase, gap in world.device.probe.worst_in.items() if phase}
        self.read_us = world.read_us
        self.delivered = [post["values"]["current_soc"] for post in world.smartevse.posts]
        self.charging = world.charging
        self.complaints = list(world.car.complaints)

    def over_budget(self):
        """What missed its budget, in words; empty when all is well."""
        limits = {"matching": MATCHING_PIECE_US, "session": SESSION_PIECE_US}
        faults = []
        for phase, piece_us in limits.items():
            gap = self.gaps.get(phase)
            if gap is None:
                faults.append(f"no pass measured while {phase}")
            elif gap.us > piece_us + PASS_BESIDES_PIECE_US:
                faults.append(f"{phase}: a pass of {gap.us / 1000:.1f} ms, most of it in {gap.places[0][1]}")
        if self.answers.worst_us["SLAC"] > TP_MATCH_RESPONSE_US:
            faults.append(f"a SLAC answer after {self.answers.worst_us['SLAC'] / 1000:.0f} ms")
        if self.answers.worst_us["V2G"] > V2G_ANSWER_US:
            faults.append(f"a V2G answer after {self.answers.worst_us['V2G'] / 1000:.0f} ms")
        return faults


def one_plug_in(
    circuitpy=None, habits=None, browse=True, gc_pause_us=0, gc_checkpoint=104, soc_percent=42, limit_s=60
):
    """Plugs a car in and gives its ``Figures``. ``gc_pause_us`` stops the device once, at ``gc_checkpoint``."""
    with World(seed=3, circuitpy=circuitpy) as world:
        device = world.device
        world.read_us = None

        def phases(entry):
            number = entry.get("checkpoint")
            device.probe.phase = {100: "matching", 155: "session", 910: ""}.get(number, device.probe.phase)
            if number == 540:
                world.read_us = world.clock.now_us
            if number == gc_checkpoint and gc_pause_us:
                device.plant_gc_pause(gc_pause_us)

        world.listeners.append(phases)
        started(world)
        car = world.new_car("virtual", soc_percent=soc_percent, habits=habits or {})
        answers = Answers(car.mac)
        world.powerline.pcap.append(answers)
        world.plug(car)
        end_s = world.now_s + limit_s
        while not world.charging and world.now_s < end_s:
            if browse:
                world.network.http("GET", "/api/status", timeout_s=3)
                world.network.http("GET", "/", timeout_s=3)
            world.run(0.1)
        return Figures(world, answers)


class Start:
    """Seconds of virtual device time from power-on, CircuitPython's own start included: the modem has its key
    (`key_s`), the page is up (`page_s`)."""

    def __init__(self, world):
        self._since_s = world.now_s
        modem, last_key = world.modem.modem, world.modem.modem.nmk
        self.key_s = self._until(world, lambda: modem.nmk != last_key)
        # The console tells the twin when the box was switched on; before that it remembers the last time.
        self.page_s = self._until(world, lambda: world.power_on_s > self._since_s - _ROUNDING_S and page_is_up(world))

    def _until(self, world, reached, limit_s=90):
        if not world.run_until(reached, limit_s):
            raise RuntimeError(world.device.console_text()[-1000:])
        return world.now_s - self._since_s


def one_start(firmware, compiled=False):
    """An ordinary ``Start`` of a box that joins its network at once, with a version of CircuitPython (``device.FIRMWARES``);
    ``compiled``: with an update of compiled modules."""
    with World(seed=3, device_options={"firmware": firmware}) as world:
        world.device.costs.lib_is_compiled = compiled
        started(world)
        world.power_cycle()
        return Start(world)


def one_answer(firmware, compiled=False, smartevse=True):
    """Seconds from power-on to the first answer to a car that is there all the while, in an ordinary start."""
    settings = SETTINGS_IN_USE if smartevse else dict(SETTINGS_IN_USE, SMARTEVSE_URL="")
    with World(seed=3, settings=settings, device_options={"firmware": firmware}) as world:
        world.device.costs.lib_is_compiled = compiled
        started(world)
        world.power_cycle()
        car = world.new_car("virtual", habits={"slac_pauses_ms": (100,)})
        answered_us = []

        def tap(now_us, frame):
            if frame[12:14] == b"\x88\xe1" and frame[_TYPE_AT : _TYPE_AT + 2] == b"\x65\x60":
                answered_us.append(now_us)

        world.powerline.pcap.append(tap)
        world.plug(car)
        world.run_until(lambda: answered_us, 90)
        return answered_us[0] / 1e6 - world.power_on_s


@contextmanager
def with_defect(path, old, new):
    """A copy of the drive in which ``old`` in file ``path`` is ``new``."""
    with tempfile.TemporaryDirectory() as folder:
        drive = Path(folder) / "CIRCUITPY"
        shutil.copytree(CIRCUITPY, drive)
        source = (drive / path).read_text()
        assert source.count(old) == 1, f"{path} has no such place any more"
        (drive / path).write_text(source.replace(old, new))
        yield drive


# The two defects that the budgets must catch: (file, the place, what is planted there).
PLANTED = {
    "25 ms per sound in SLAC": (
        "lib/plc/slac.py",
        "        context.sounds += 1\n",
        "        context.sounds += 1\n        for _ in range(1950):\n            pass\n",
    ),
    "60 ms in the web code": (
        "lib/appliance/web/server.py",
        "            self._accept(now)\n",
        "            self._accept(now)\n            for _ in range(3600):\n                pass\n",
    ),
}
