# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""An estimate of the car's present charge: what it told at plug-in plus what the SmartEVSE's meter has counted since.

    per cent now = per cent told + metered Wh x 91.5 % / capacity        never down, never past the target

90 to 93 % of the metered energy reaches the battery (losses in charger, cables, cooling); with the middle of that a charge
of 90 points is at most 1.6 points off. SmartEVSE's own ``computed_soc`` counts every watt-hour as charged, and it may use
another car's numbers: it keeps the larger ones, which only its restart clears.

The meter's total survives a restart of the SmartEVSE, ``charged_wh`` begins again at 0 there and keeps the last car's
value until this one begins to charge. So the total counts, from where it stood when the car was read.
"""

from appliance.smartevse.numbers import Numbers, evccid_text
from appliance.smartevse.target import STATE_C, STATE_C1, decoded, find_value

# Of 1000 Wh on the meter, Wh in the battery.
_ARRIVES = 915
# Hundredths of a per cent for one metered Wh, times the capacity in Wh.
_HUNDREDTHS = _ARRIVES * 10
# s after the reading within which no car has charged much on AC; and W that no AC charger exceeds.
_YOUNG_S = 90
_MOST_W = 22080
# W below which a car is not charging: a sleeping car draws some.
_LEAST_W = 200
# Answers without a meter value while a car charges, after which there is no meter.
_MOST_EMPTY = 3
# Names in /settings of the numbers with which the SmartEVSE computes, in the order of ``_as_told``.
_HELD = (b"full_soc", b"energy_capacity", b"energy_request")


def find_thousandths(body, name):
    """The number that follows "name": in ``body``, with its fraction, in whole thousandths; or None."""
    at = body.find(b'"' + name + b'":')
    if at < 0:
        return None
    at += len(name) + 3
    text = decoded(body[at : at + 24].partition(b",")[0].partition(b"}")[0])
    whole, _, fraction = (text or "").strip().partition(".")
    try:
        return int(whole) * 1000 + int((fraction + "000")[:3])
    except ValueError:
        return None


class Meter:
    """The SmartEVSE's meter as an ``EvseState`` tells it: ``total_wh``, ``charged_wh`` since a car began to charge,
    ``power_w``, ints or None. Firmware before 3.11 tells kWh and kW with one decimal: their thousandths are Wh and W."""

    def __init__(self, state):
        self.total_wh = find_thousandths(state.body, b"total_kwh")
        self.charged_wh = find_thousandths(state.body, b"charged_kwh")
        self.power_w = find_thousandths(state.body, b"import_active_power")
        if self.total_wh is None:
            self.total_wh = state.number(b"total_wh")
            self.charged_wh = state.number(b"charged_wh")
            self.power_w = None if self.power_w is None else self.power_w // 1000


def _as_told(full_soc_percent, energy_capacity_wh, energy_request_wh):
    """The numbers as a SmartEVSE is told them: -1 for unknown."""
    return [-1 if number is None else number for number in (full_soc_percent, energy_capacity_wh, energy_request_wh)]


def _as_delivered(numbers):
    return _as_told(numbers.full_soc_percent, numbers.energy_capacity_wh, numbers.energy_request_wh)


class Estimate:
    """The estimate for the current reading. ``percent`` (None: none), ``full_percent`` (the target), ``full_in_s`` (None
    while the car does not charge), ``charging``, ``charged_wh`` (metered since the reading), ``told_s`` (uptime when the
    meter was read), ``smartevse_percent`` (what the SmartEVSE computes, if with the numbers of this car, else None).
    """

    def __init__(self, status):
        self._status = status
        self.told_s = 0
        self._begin(None)

    def _begin(self, reading):
        self._reading = reading
        # Kept as the SmartEVSE was told, because the owner may change the car's profile meanwhile.
        self._delivered = None if reading is None else Numbers(reading)
        self._count_with(self._delivered)
        self._start_wh = None
        self._empty = 0
        self.full_percent = 100
        self.full_in_s = None
        self.charging = False
        self.charged_wh = 0
        self.smartevse_percent = None
        self._status.others_numbers = False

    def _count_with(self, numbers):
        self._numbers = numbers
        self._profile = getattr(self._reading, "profile", None)
        self._hundredths = 0
        self.percent = None

    @property
    def can_go_on(self):
        """False if asking again is of no use: there is no meter, or the capacity is not known."""
        numbers = self._numbers
        return numbers is None or (self._empty < _MOST_EMPTY and bool(numbers.energy_capacity_wh))

    def asked(self, state, delivered):
        """An answer of the SmartEVSE, an ``EvseState`` or None; ``delivered``: it was told this car's numbers."""
        status = self._status
        reading = status.reading if status.current else None
        if reading is not None and reading.soc_percent is None:
            reading = None
        if reading is not self._reading:
            self._begin(reading)
        elif reading is not None and getattr(reading, "profile", None) is not self._profile:
            self._count_with(Numbers(reading))
        if state is None or reading is None:
            return
        self._compare(state, delivered)
        if self._numbers.energy_capacity_wh:
            self._count(state)
        status.estimate = None if self.percent is None else self

    def _compare(self, state, delivered):
        """Find out with which car's numbers the SmartEVSE computes: it keeps the larger ones of two cars."""
        told = _as_delivered(self._delivered)
        held = _as_told(*[state.number(name) for name in _HELD])
        larger = [number for at, number in enumerate(held) if number > told[at]]
        self._status.others_numbers = delivered and bool(larger)
        of_this_car = held == _as_delivered(self._numbers)
        of_this_car = of_this_car and find_value(state.body, b"evccid") == evccid_text(self._reading.evccid)
        of_this_car = of_this_car and find_value(state.body, b"initial_soc") == str(self._numbers.soc_percent)
        self.smartevse_percent = state.number(b"computed_soc") if of_this_car else None

    def _count(self, state):
        meter = Meter(state)
        if not meter.total_wh:
            if state.state_id == STATE_C:
                self._empty += 1
            return
        self._empty = 0
        if self._start_wh is None:
            self._start_wh = self._stood_at(state, meter)
        if self._start_wh is None or meter.total_wh < self._start_wh:
            # The SmartEVSE has just started and not read its meter yet.
            return
        numbers = self._numbers
        capacity_wh = numbers.energy_capacity_wh
        self.charged_wh = meter.total_wh - self._start_wh
        self.full_percent = numbers.full_soc_percent or 100
        now = numbers.soc_percent * 100 + self.charged_wh * _HUNDREDTHS // capacity_wh
        self._hundredths = max(self._hundredths, min(now, self.full_percent * 100))
        self.percent = (self._hundredths + 50) // 100
        self.charging = state.state_id == STATE_C and (meter.power_w or 0) >= _LEAST_W
        self.full_in_s = None
        if self.charging:
            missing_wh = (self.full_percent * 100 - self._hundredths) * capacity_wh // _HUNDREDTHS
            self.full_in_s = missing_wh * 3600 // meter.power_w
        self.told_s = self._status.uptime.seconds
        self._status.changed()

    def _stood_at(self, state, meter):
        """The meter's total when the car was read, in Wh, or None while it is not known."""
        age_s = self._status.age_s()
        charged_wh = meter.charged_wh
        if state.state_id in (STATE_C, STATE_C1) and charged_wh is not None:
            # ``charged_wh`` counts from the start of this car's charge, if that was after the reading.
            if charged_wh <= _MOST_W * age_s // 3600:
                return meter.total_wh - charged_wh
        return meter.total_wh if age_s < _YOUNG_S else None

    def document(self, fresh):
        """As the page's JSON has it."""
        return {
            "soc_percent": self.percent,
            "full_soc_percent": self.full_percent,
            "full_in_s": self.full_in_s,
            "charging": self.charging,
            "charged_wh": self.charged_wh,
            "fresh": fresh,
            "smartevse_soc_percent": self.smartevse_percent,
        }
