# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Run by MicroPython: bytes that idle passes of the loop allocate, with real pieces and a silent modem."""

import gc
import sys
import time

from appliance.display.panel import Display
from appliance.jobs import Collector, StateQuestion
from appliance.loop import Loop
from appliance.network.guard import JoinGuard
from appliance.network.link import Link
from appliance.network.scan import Networks
from appliance.network.station import Station
from appliance.settings.settings import Settings
from appliance.smartevse.delivery import Deliveries
from appliance.smartevse.question import SmartEvse
from appliance.state.frame_ring import FrameRing
from appliance.state.log import Log, Uptime
from appliance.storage.forgetful import Forgetful
from appliance.story import Story
from plc import mme
from plc.ticks import ticks_add
from v2g.secc import Secc

PASSES = 2000


class Clock:
    def __init__(self):
        self.now = (1 << 29) - 500

    def ticks(self):
        return self.now


class SilentModem:
    """Takes its network key and then never hears anything."""

    ready = True
    generation = 1
    status = "READY"
    setting_text = "mode 3, 8 MHz"

    def __init__(self):
        self._answer = None

    def poll(self, now):
        pass

    def receive(self):
        answer, self._answer = self._answer, None
        return answer

    def send(self, frame):
        if mme.mmtype(frame) == mme.CM_SET_KEY_REQ:
            answer = bytearray(frame)
            answer[15:17] = b"\x09\x60"
            answer[24:28] = frame[20:24]
            self._answer = bytes(answer)
        return True


class IdlePanel:
    def show(self, view):
        pass

    def step(self, stage):
        return False


class Radio:
    connected = True
    ipv4_address = "192.168.1.50"
    ap_info = None
    enabled = True
    hostname = ""

    def connect(self, ssid, password, timeout=None):
        pass


class Watchdog:
    def feed(self):
        pass


def random_bytes(count):
    return bytes(count)


def nothing(*_arguments):
    pass


def build(clock):
    uptime = Uptime(clock.now)
    settings = Settings()
    settings.use("WIFI_SSID", "home")
    story = Story(Log(uptime, write=nothing), uptime)
    link = Link(settings, Radio(), nothing, None, nothing)
    guard = JoinGuard(Forgetful(), Watchdog(), clock.ticks)
    wifi = Station(settings, link, Networks(Radio()), None, guard, nothing)
    wifi.start(clock.now)
    evse = SmartEvse("192.168.1.60", wifi, clock.ticks, nothing)
    loop = Loop(
        SilentModem(),
        lambda: Secc(b"\x02\x00\x00\x00\x00\x01", random_bytes, {"can_ask": True}),
        story,
        FrameRing(),
        clock.ticks,
        nothing,
    )
    loop.add_piece("display", Display(IdlePanel(), (story.status, evse, wifi, None)))
    loop.add_piece("wifi", wifi)
    loop.add_slow_piece("wifi", wifi)
    loop.add_slow_piece("smartevse", Deliveries(evse))
    loop.add_slow_piece("question", StateQuestion(loop, wifi, evse, story, clock.ticks, None))
    loop.add_slow_piece("collect", Collector(loop, nothing))
    return loop


def main():
    clock = Clock()
    loop = build(clock)
    # Everything that happens once: the key, WiFi, the first screen, the first question.
    for _ in range(8000):
        loop.turn()
        clock.now = ticks_add(clock.now, 3)
    gc.collect()
    worst = 0
    total = 0
    for _ in range(PASSES):
        before = gc.mem_alloc()
        loop.turn()
        used = gc.mem_alloc() - before
        total += used
        worst = max(worst, used)
        clock.now += 3
    start = time.ticks_us()
    for _ in range(PASSES):
        loop.turn()
    took = time.ticks_diff(time.ticks_us(), start)
    print(f"stage {loop.secc.stage}, passes {PASSES}")
    print(f"allocated {total} worst {worst} us_per_pass {took // PASSES}")


if __name__ == "__main__":
    main()
    sys.exit(0)
