# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""`make cars`: every car plugged into the whole box, as it is and in every way of leaving; writes docs/cars.md.

Exit status 0 only when each read the right state of charge, was delivered once and in time, was released, charges
on AC, and saw nothing unsafe. `--only NAME` (repeatable) takes single cars and writes nothing.
"""

import argparse
import re
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "CIRCUITPY" / "lib"))

from host_tests.cars.plug_in import DEADLINE_S, on_twin, soc_of  # noqa: E402
from host_tests.cars.tables import needed, table  # noqa: E402
from host_tests.twin import cars  # noqa: E402
from host_tests.twin.car.recorded import RECORDED  # noqa: E402
from host_tests.twin.car.session import LEAVING  # noqa: E402

PAGE = ROOT / "docs" / "cars.md"
_PLACE = re.compile(r"(<!-- run -->\n).*(<!-- end run -->)", re.S)
_STEPS = ("matched", "discovery", "connected", "read", "released", "delivered")
_SHORT = {
    "ChargeParameterDiscovery": "",
    "CableCheck": "CC",
    "PreCharge": "PC",
    "PowerDelivery": "PD",
    "WeldingDetection": "WD",
    "SessionStop": "Stop",
}
_HEAD = ["car", "SoC", *_STEPS, "SLAC rounds", "SDP requests", "behind the parameters", "how it left"]
_HEAD += ["recorded station: matched, SDP, SoC"]


def outcome_row(outcome, soc_percent):
    station = "-"
    if outcome.name in RECORDED:
        station = ", ".join(needed(outcome.name))
    asked = " ".join(_SHORT.get(name, name) for name in outcome.sent if _SHORT.get(name, name))
    return [
        f"`{outcome.name}`",
        f"{outcome.read} %" if outcome.read == soc_percent else f"**{outcome.read}, told {soc_percent}**",
        *(f"{outcome.times[step]:.1f} s" if step in outcome.times else "-" for step in _STEPS),
        outcome.slac_rounds,
        outcome.sdp_requests,
        asked or "nothing",
        outcome.how or "**not released**",
        station,
    ]


def cell(outcome, problems):
    """A cell of the matrix: seconds from the reading to its delivery, and where its messages come from."""
    if problems:
        return "**" + "; ".join(problems) + "**"
    endings = RECORDED[outcome.name]["endings"] if outcome.name in RECORDED else {}
    if outcome.read is None:
        return f"{outcome.doubtful} %?"
    return f"{outcome.waited_s:.1f} s" + (" R" if outcome.leave in endings else "")


def aligned(head, rows):
    """The table for a terminal."""
    lines = [[str(item) for item in line] for line in (head, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(item.ljust(width) for item, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def main():
    options = argparse.ArgumentParser(prog="make cars", description=__doc__.splitlines()[0])
    options.add_argument("--only", action="append", metavar="NAME", choices=list(cars.CARS))
    arguments = options.parse_args()
    names = arguments.only or [name for name, car in cars.CARS.items() if car.origin != "made up"]
    begun = time.monotonic()
    as_they_are, matrix, failed = [], [], []
    for name in names:
        soc = soc_of(name)
        outcome = on_twin(name)
        failed += [f"{name}: {problem}" for problem in outcome.problems(soc)]
        as_they_are.append(outcome_row(outcome, soc))
        cells = [f"`{name}`"]
        for leave in LEAVING:
            outcome = on_twin(name, leave)
            problems = outcome.problems(soc_of(name, leave))
            failed += [f"{name}, {leave}: {problem}" for problem in problems]
            cells.append(cell(outcome, problems))
        matrix.append(cells)
        print(f"{name}: {'as it must be' if not failed else failed[-1]}", file=sys.stderr)
    ways = ["car", *LEAVING]
    print("Each car as it is; seconds from its first CM_SLAC_PARM.REQ\n")
    print(aligned(_HEAD, as_they_are))
    print("\nEach car in each way of leaving; seconds from the reading to its one delivery; R: recorded\n")
    print(aligned(ways, matrix))
    count = len(names) * (len(LEAVING) + 1)
    print(f"\n{count} plug-ins, {len(failed)} problems, {time.monotonic() - begun:.0f} s")
    for problem in failed:
        print(problem)
    if not arguments.only:
        text = "\nEach car as it is; seconds count from its first CM_SLAC_PARM.REQ:\n\n"
        text += table(_HEAD, as_they_are)
        text += "\nEach car in each way of leaving; seconds from the reading to its one delivery "
        text += f"(limit {DEADLINE_S} s); 0 %?: told 0 and left, posted as -1. "
        text += "R: the messages of this way are recorded of this car.\n\n"
        text += table(["car", *(f"`{leave}`" for leave in LEAVING)], matrix)
        text += f"\n{count} plug-ins, {len(failed)} problems.\n\n"
        PAGE.write_text(_PLACE.sub(lambda place: place[1] + text + place[2], PAGE.read_text()))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
