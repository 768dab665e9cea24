# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What a line of each device module costs: counted on MicroPython and on CPython. The twin charges it (`costs.json` there).

    python -m host_tests.bench.measure_costs [--dry-run]

Each script below runs twice and does the same both times: on the MicroPython unix interpreter under valgrind, which counts
machine instructions by Python file (`counted_instructions.py`), and on CPython under a tracer, which counts lines as the
twin does (`counted_lines.py`). A module's figure is the one divided by the other, over all scripts. No time is taken, so a
busy computer writes the same table. It takes five minutes on a quiet one, and needs valgrind and a C compiler.

`INSTRUCTIONS_PER_NS` makes nanoseconds of them, those for which the device factor of 150 holds. It was found once, with
six pieces of work that were timed, the fastest of forty runs, and counted as well: 46.9 million instructions in 5.01 ms,
from 7.4 in a nanosecond (a whole plug-in) to 12.3 (polls with nothing to do). Their times had been scaled by a mix of basic
operations that takes 212 us on the board. `MIX_INSTRUCTIONS` is what one round of it took then, and keeps the figure true
when the interpreter is built in another way.

The search for a name counts a third (`NAME_SHARE`). The board's program has 5,300 names, the one with the twin in it 6,700.
And it is a loop of eight instructions over bytes in a row, reckoned at 12 cycles of the board's processor; of any other
instruction 3.8 cycles are reckoned: 150 / 9.4 ns at 240 MHz.

A new module gets its figure when a script runs it; until then it has `default_ns`, and a test fails.
"""

import contextlib
import json
import sys
import tempfile

from host_tests.bench import counted_instructions, counted_lines
from host_tests.interpreter import micropython
from host_tests.twin.cost import COSTS_PATH, module_name

DEVICE_FACTOR = 150
DEFAULT_NS = 60
INSTRUCTIONS_PER_NS = 9.4
MIX_INSTRUCTIONS = 16450
NAME_SHARE = 1 / 3
# Fewer lines say nothing about a module, and what so few lines cost matters to nobody.
LEAST_LINES = 8
# A module is another one when it has so many per cent more or fewer lines than when it was measured, and so many at least.
CHANGED_PERCENT, CHANGED_LINES = 20, 15

INTERPRETER = micropython.ROOT / "host_tests" / "interpreter"
WITH_MQTT = micropython.SETTINGS_IN_USE + 'MQTT_BROKER = "192.168.1.40"\n'
EVERYTHING = WITH_MQTT.replace("ssd1306", "st7789") + (
    'LISTENER_1 = "http://192.168.1.60/ev_state"\nLANGUAGE = "de"\nNTP_SERVER = "192.168.1.40"\nLED = "IO48"\n'
)
NO_NETWORK = 'DISPLAY = "ssd1306"\n'
# Whole appliances: (script, settings, arguments).
APPLIANCES = (
    ("run_appliance.py", WITH_MQTT, ("generic", "", "mqtt")),
    ("run_pages.py", EVERYTHING, ("tesla_y",)),
    ("run_first_start.py", NO_NETWORK, ()),
)
# What no such run needs: 17 multiplications of 2048 bits; the modulus is as good as any other of that length.
SIGNATURE = """
from appliance.update.rsa import power_65537
MODULUS = int("c3" + "5a7b91d3" * 63 + "a1b2c3", 16)
SIGNATURE = int("77" + "1234567f" * 63 + "010203", 16)
for _ in power_65537(SIGNATURE, MODULUS):
    pass
"""
PIECES = (SIGNATURE,)
# A method call, struct.pack_into, a memoryview slice, an exception raised and caught, 16 rounds of a CRC loop:
# 20 + 40 + 12 + 50 + 90 us on the board.
MIX = """
import struct, sys

class Thing:
    def method(self):
        return None

def mix(count):
    thing = Thing()
    buffer = bytearray(64)
    view = memoryview(buffer)
    data = bytes(range(16))
    table = [number * 7919 & 0xFFFF for number in range(256)]
    for _ in range(count):
        thing.method()
        struct.pack_into("<HH", buffer, 4, 1, 2)
        view[2:10]
        try:
            raise ValueError
        except ValueError:
            pass
        crc = 0xFFFF
        for byte in data:
            crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]

mix(int(sys.argv[1]))
"""
MIX_ROUNDS = 500, 2500


class Counts:
    """Instructions and lines by module, of everything that was run."""

    def __init__(self):
        self.instructions = {}
        self.lines = {}

    def add(self, folder, instructions, lines):
        """``instructions``: as `counted_instructions.of_files` has them; ``lines``: {path: lines}. Only below ``folder``."""
        weighed = {path: own + names * NAME_SHARE for path, (own, names) in instructions.items()}
        for found, into in ((weighed, self.instructions), (lines, self.lines)):
            for path, count in found.items():
                if path is not None and path.startswith(f"{folder}/"):
                    name = module_name(path.removeprefix(f"{folder}/"))
                    into[name] = into.get(name, 0) + count

    def ns_per_line(self, instructions_per_ns):
        """{module: ns} of those that ran enough lines."""
        return {
            name: round(self.instructions[name] / lines / instructions_per_ns)
            for name, lines in sorted(self.lines.items())
            if lines >= LEAST_LINES and name in self.instructions
        }


def story_of(text):
    """What both runs must have in common: every line that a script says of itself, but for bytes and real time."""
    return [line for line in text.splitlines() if line.startswith(("answer ", "verdict ", "timeline ", "post "))]


def count_appliance(counts, script, settings, arguments):
    """Run one appliance on either interpreter, on a fresh drive each."""
    told = []
    for count in (counted_instructions, counted_lines):
        # MicroPython keeps the file's name with each function: both drives have names of one length.
        with tempfile.TemporaryDirectory(prefix="s") as folder:
            code, paths = micropython.drive(folder, settings)
            run = [INTERPRETER / script, code, *arguments]
            if count is counted_lines:
                found, text = count.run(folder, *run, paths=paths)
                counts.add(folder, {}, found)
            else:
                found, text = count.run(*run, paths=paths)
                counts.add(folder, found, {})
            told.append(story_of(text))
    if told[0] != told[1]:
        raise RuntimeError(f"{script} did not do the same on both:\n{told[0]}\n{told[1]}")


@contextlib.contextmanager
def written(text):
    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write(text)
        file.flush()
        yield file.name


def count_piece(counts, text):
    paths = (micropython.LIBRARY, micropython.ROOT)
    with written(text) as script:
        instructions, _ = counted_instructions.run(script, paths=paths)
        lines, _ = counted_lines.run(micropython.LIBRARY, script, paths=paths)
    counts.add(micropython.LIBRARY, instructions, lines)


def mix_instructions():
    """Of one round of the mix."""
    with written(MIX) as script:
        few, many = (counted_instructions.run(script, rounds, paths=())[0][script][0] for rounds in MIX_ROUNDS)
    return (many - few) / (MIX_ROUNDS[1] - MIX_ROUNDS[0])


def lines_of_files():
    """{module: lines} of the files of the drive as they are."""
    drive = micropython.LIBRARY.parent
    return {
        module_name(str(path.relative_to(drive))): path.read_text(encoding="utf-8").count("\n")
        for path in sorted(drive.rglob("*.py"))
    }


def stale(table, files):
    """Names of the modules in a table whose figure is that of another file, by ``files``: {module: lines}."""
    names = []
    for name, before in table["lines"].items():
        now = files.get(name)
        if now is None or abs(now - before) > max(CHANGED_LINES, before * CHANGED_PERCENT // 100):
            names.append(name)
    return names


def measure(report=print):
    """The table of costs.json, counted now."""
    mix = mix_instructions()
    report(f"one round of the mix: {mix:.0f} instructions")
    counts = Counts()
    for script, settings, arguments in APPLIANCES:
        count_appliance(counts, script, settings, arguments)
        report(f"{script}: {sum(counts.lines.values())} lines, {sum(counts.instructions.values()):.0f} instructions")
    for text in PIECES:
        count_piece(counts, text)
    modules = counts.ns_per_line(INSTRUCTIONS_PER_NS * mix / MIX_INSTRUCTIONS)
    files = lines_of_files()
    return {
        "device_factor": DEVICE_FACTOR,
        "default_ns": DEFAULT_NS,
        "modules": modules,
        "lines": {name: files[name] for name in modules if name in files},
        "calibration": {
            "mix_instructions": round(mix),
            "instructions_per_ns": INSTRUCTIONS_PER_NS,
            "how": "instructions of host MicroPython a line / instructions_per_ns; device ns a line = that x device_factor",
        },
    }


def main():
    table = measure()
    text = json.dumps(table, indent=2) + "\n"
    print(text, end="")
    if "--dry-run" not in sys.argv[1:]:
        COSTS_PATH.write_text(text)


if __name__ == "__main__":
    main()
