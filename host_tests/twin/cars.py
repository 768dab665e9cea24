# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The cars one can plug in by name, and the ways in which they can leave a session."""

from host_tests.twin.car import habits
from host_tests.twin.car.car import VirtualCar
from host_tests.twin.car.recorded import RECORDED

# name: what the bench page calls it. A name is one of `car.habits.CARS`, "virtual" its plain car.
_TITLES = {
    "virtual": "a car without surprises",
    "tesla_x": "Tesla Model X",
    "ix3": "BMW iX3",
    "id_buzz": "VW ID. Buzz",
    "ev3": "Kia EV3",
    "iso_only": "a car of ISO 15118-2 alone",
    "silent": "a car that falls silent",
    "tiny_segments": "a car that sends byte by byte",
}
# Put together from what owners report; the rest of _TITLES is made up.
_REPORTED = ("tesla_x", "ix3", "id_buzz", "ev3")

# habit "leave": what the bench page calls it; None keeps the car's own.
LEAVING = {
    "": "as this car does",
    "standard": "stops politely",
    "ignores_shutdown": "goes on as if not told",
    "power_delivery_first": "ends the power delivery first",
    "stops_at_once": "stops before it is told",
    "closes_tcp_at_first_cpdres": "hangs up without a word",
    "falls_silent": "falls silent",
    "loops_after_failed": "repeats what was refused",
}


TOLD = ("soc_percent", "energy_capacity_wh", "energy_request_wh", "full_soc_percent")


class Car:
    """One entry of CARS: `title` for people, `values` and `habits` for VirtualCar, `origin` of both."""

    def __init__(self, name, title, values, changes):
        self.name = name
        self.title = title
        self.origin = "made up"
        if name in RECORDED:
            self.origin = "recorded"
        elif name in _REPORTED:
            self.origin = "as reported by owners"
        self.values = values
        self.habits = changes

    @property
    def line(self):
        """One line for `--car list`."""
        soc = f"{self.values['soc_percent']} %"
        if self.name in RECORDED and "soc_percent" in RECORDED[self.name]["assumed"]:
            soc += ", assumed"
        return f"{self.name:<15} {self.title} ({self.origin}; {soc})"

    @property
    def tells(self):
        """What this car says about its battery, {name: int or None}."""
        return {name: self.values.get(name) for name in TOLD}

    def build(self, random_bytes, leaving=None, **options):
        """A VirtualCar. `options`: `soc_percent`, `energy_capacity_wh`, `habits`, ... over the car's own.

        None makes the car keep silent about a value. DIN 70121 and ISO 15118-2 have no request without a state
        of charge, so a car that does not tell it is one that speaks ISO 15118-20 only.
        """
        values = dict(self.values)
        values.update(options)
        changes = dict(self.habits)
        changes.update(values.pop("habits", None) or {})
        if values["soc_percent"] is None:
            changes["app_protocols"] = (habits.offer(habits.ISO20_DC, 0, 1),)
        if leaving:
            changes["leave"] = leaving
        mac = values.pop("mac")
        return VirtualCar(mac, random_bytes, habits=changes, **values)


def _registry():
    found = {}
    for name, (values, changes) in habits.CARS.items():
        title = RECORDED[name]["title"] if name in RECORDED else _TITLES.get(name, name.replace("_", " "))
        found[name] = Car(name, title, values, changes)
    plain = found.pop("generic")
    tells = {**plain.values, "energy_capacity_wh": 58000, "full_soc_percent": 100}
    found["virtual"] = Car("virtual", _TITLES["virtual"], tells, plain.habits)
    # First the plain car, then the recorded ones, then the others as titled above.
    order = ["virtual", *RECORDED, *_TITLES]
    return {name: found[name] for name in sorted(found, key=lambda n: order.index(n) if n in order else 99)}


CARS = _registry()
