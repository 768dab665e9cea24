# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What a SmartEVSE makes of each recorded car: its numbers as posted, and the charge that it computes from them.

The car is plugged into the station alone, its reading goes through the owner's profile, if there is one, into the
parameters of the POST, and these into the twin's SmartEVSE, whose meter then counts what the battery lacks.
"""

from appliance.smartevse.numbers import Numbers, delivery_path
from appliance.state import cars

from host_tests.cars.plug_in import at_station
from host_tests.twin.car.recorded import RECORDED
from host_tests.twin.clock import Clock
from host_tests.twin.smartevse import SmartEvse

KEYS = ("current_soc", "full_soc", "energy_capacity", "energy_request")
PROFILE = "capacity_wh=60000; full_soc=100"
HEAD = ["car", "profile", "battery", "full, capacity, request told", "SoC, full, capacity, request posted"]
HEAD += ["estimate at first", "estimate when full"]


def recognised(reading, profile=""):
    """The reading with the owner's profile, which is for every car, in it."""
    cars.Garage(["*; " + profile] if profile else []).recognise(reading)
    return reading


def posted(reading):
    """SoC, full, capacity and request as they go to the SmartEVSE; -1 for unknown."""
    query = delivery_path("/ev_state", reading).split("?")[1]
    values = dict(pair.split("=") for pair in query.split("&"))
    return tuple(int(values[key]) for key in KEYS)


def estimate_after(reading, charged_wh):
    """The charge in percent as the SmartEVSE computes it from what was posted and its meter."""
    evse = SmartEvse(Clock())
    evse._ev_state(dict(zip(KEYS, map(str, posted(reading)), strict=True)), {})
    evse.energy_charged_wh = charged_wh
    evse._recompute_soc()
    return evse.computed_soc


def missing_wh(reading):
    """What the battery lacks to the car's full, None where the SmartEVSE cannot know: it shows what was read then."""
    numbers = Numbers(reading)
    if numbers.energy_capacity_wh is None or numbers.full_soc_percent is None:
        return None
    return (numbers.full_soc_percent - reading.soc_percent) * numbers.energy_capacity_wh // 100


def read(name):
    """The Reading of a recorded car that leaves as it does."""
    return at_station(name).reading


def table_rows():
    """A row for each recorded car without a profile, and one with it where that changes what is posted."""
    rows = []
    for name in RECORDED:
        reading = read(name)
        first = _row(name, reading, "")
        rows.append(first)
        second = _row(name, reading, PROFILE)
        if second[4:] != first[4:]:
            rows.append(second)
    return rows


def _row(name, reading, profile):
    recognised(reading, profile)
    told = (reading.full_soc_percent, reading.energy_capacity_wh, reading.energy_request_wh)
    lacking = missing_wh(reading)
    return [
        f"`{name}`",
        f"`{profile}`" if profile else "",
        f"{reading.soc_percent} %",
        ", ".join("-" if value is None else str(value) for value in told),
        ", ".join(str(value) for value in posted(reading)),
        f"{estimate_after(reading, 0)} %",
        "stands still" if lacking is None else f"{estimate_after(reading, lacking)} %",
    ]
