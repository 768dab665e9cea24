# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What a SmartEVSE is told of a car: the numbers that are known and consistent, -1 for the others.

    POST /ev_state?current_soc=..&full_soc=..&energy_capacity=..&energy_request=..&evccid=..

All five are always sent, because a SmartEVSE takes a missing one for 0.

Cars tell more than they know. A VW id.3 asks for 5300 Wh at 37 % as well as at 94 %, an Opel Ampera-e for 16700 Wh
at 97 % of 18700, an MG4 says FullSOC 0. SmartEVSE prefers the requested energy to its own arithmetic, so a wrong
request is worse than none: an Audi Q4 at 67 % would be shown with 94 %. A request that is only a little off moves that
estimate as well: a Hyundai Ioniq asks for what is missing to 100 %, and says FullSOC 94.
"""

from appliance.base.text import hex_text
from appliance.state import cars

# How far a request may be from (full - soc) x capacity, in per cent of the capacity: so far the SmartEVSE's estimate may
# then be from the battery's charge.
FITS_WITHIN_PERCENT = 2
_QUERY = "current_soc=%s&full_soc=%s&energy_capacity=%s&energy_request=%s&evccid=%s"


class Numbers:
    """``soc_percent``, ``full_soc_percent``, ``energy_capacity_wh``, ``energy_request_wh`` of a Reading; None for
    unknown. What the car leaves out comes from the owner's profile, see ``appliance.state.cars``."""

    def __init__(self, reading):
        self.soc_percent = reading.soc_percent
        self.full_soc_percent = cars.filled(reading, "full_soc_percent")
        self.energy_capacity_wh = cars.filled(reading, "energy_capacity_wh")
        self.energy_request_wh = reading.energy_request_wh if self._fits(reading.energy_request_wh) else None

    def _fits(self, request_wh):
        """True if the request is about what the battery lacks, or if a number is missing to judge that."""
        soc, full, capacity_wh = self.soc_percent, self.full_soc_percent, self.energy_capacity_wh
        if soc is None or full is None or not capacity_wh or not request_wh:
            return False
        # Hundredths of a watt-hour, so that nothing is rounded.
        missing = (full - soc) * capacity_wh
        return abs(request_wh * 100 - missing) <= FITS_WITHIN_PERCENT * capacity_wh


def evccid_text(evccid):
    """The low six bytes as 12 lower-case hexadecimal digits, as SmartEVSE compares them; -1 for unknown."""
    if not evccid:
        return "-1"
    return hex_text(cars.low_six(evccid))


def unknown_as_minus_one(value):
    return "-1" if value is None else str(value)


def delivery_path(path, reading):
    """``path`` with the five parameters of the SmartEVSE's contract added to its query."""
    told = Numbers(reading)
    # SmartEVSE's estimate never moves without the second and the third, which a Tesla leaves out.
    numbers = (told.soc_percent, told.full_soc_percent, told.energy_capacity_wh, told.energy_request_wh)
    values = [unknown_as_minus_one(number) for number in numbers] + [evccid_text(reading.evccid)]
    return with_query(path, _QUERY % tuple(values))


def with_query(path, query):
    """``path``, which may have a query already, with ``query`` added to it."""
    return path + ("&" if "?" in path else "?") + query
