# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Runs virtual cars against the scripted station and prints every frame; the same on every interpreter.

run_car.py NAME...     one line per frame and event, then what the car thinks of it
"""

import sys

from host_tests.twin.car.car import named
from host_tests.twin.car.scripted_station import ScriptedStation, code_index, run

STATION_MAC = b"\x02\x11\x22\x33\x44\x55"
WALK_OUT = {
    "cpd": ((1, "EVSE_Ready"), (1, "EVSE_Shutdown"), (1, "EVSE_Shutdown"), (0, "EVSE_Shutdown")),
    "codes": {"PreCharge": code_index("FAILED")},
}


class Lcg:
    """The same "random" bytes everywhere."""

    def __init__(self, seed):
        self.state = seed

    def __call__(self, count):
        drawn = []
        for _ in range(count):
            self.state = (self.state * 1103515245 + 12345) & 0x7FFFFFFF
            drawn.append(self.state >> 16 & 0xFF)
        return bytes(drawn)


def lines_of(name, until_ms=14000):
    """The whole run of one car as a list of text lines."""
    lines = []
    car = named(name, Lcg(7))
    schema_id = [
        entry[3] for entry in car.habits["app_protocols"] if "din" in entry[0] and "tesla" not in entry[0]
    ]
    script = {}
    script.update(WALK_OUT)
    script["schema_id"] = schema_id[0] if schema_id else None
    script["app_code"] = 0 if schema_id else 2

    def tap(now, direction, frame):
        lines.append(f"{now} {direction} {''.join([f'{value:02x}' for value in frame])}")

    car.pilot(1000, 0)
    car.pilot(None, 100)
    car.pilot(50, 1000)
    for event in run(car, [ScriptedStation(STATION_MAC, script)], until_ms, now=1000, tap=tap, step_ms=2):
        lines.append(str(event))
    car.pilot(None, until_ms)
    car.pilot(270, until_ms + 5000)
    car.poll(until_ms + 7000)
    lines.append(
        f"{name}: {car.verdict}, cp {car.cp_state}, unsafe {car.unsafe}, complaints {car.complaints}"
    )
    return lines


def main(names):
    for name in names:
        for line in lines_of(name):
            print(line)


if __name__ == "__main__":
    main(sys.argv[1:])
