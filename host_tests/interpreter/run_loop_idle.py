# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Run by MicroPython: bytes that idle passes of the loop allocate, with real pieces and a silent modem."""

import gc
import sys
import time

from appliance.display import Display
from appliance.log import FrameRing, Log, Uptime
from appliance.loop import Collector, Loop
from appliance.settings import Settings
from appliance.smartevse import SmartEvse
from appliance.status import Status
from appliance.wifi import Wifi
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


def random_bytes(count):
    return bytes(count)


def nothing(*_arguments):
    pass


class Question:
    """As box.EvseQuestion."""

    def __init__(self, loop):
        self._loop = loop

    def due(self, now):
        return self._loop.secc.wants_evse_state(now)

    def run(self, now):
        self._loop.secc.evse_state(None, now)


def build(clock):
    uptime = Uptime(clock.now)
    settings = Settings()
    settings.take("WIFI_SSID", "home")
    status = Status(uptime)
    wifi = Wifi(settings, Radio(), nothing, clock.ticks, nothing, bytearray(8))
    wifi.start(clock.now)
    evse = SmartEvse("192.168.1.60", wifi, clock.ticks, nothing)
    loop = Loop(
        SilentModem(),
        lambda: Secc(b"\x02\x00\x00\x00\x00\x01", random_bytes, {"can_ask": True}),
        status,
        Log(uptime, write=nothing),
        FrameRing(),
        nothing,
        clock.ticks,
        nothing,
        nothing,
    )
    loop.add_piece("display", Display(IdlePanel(), status, evse, wifi))
    loop.add_piece("wifi", wifi)
    loop.add_slow_piece("wifi", wifi)
    loop.add_slow_piece("smartevse", evse)
    loop.add_slow_piece("question", Question(loop))
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
