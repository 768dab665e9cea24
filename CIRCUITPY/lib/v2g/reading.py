# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the box learns about a car, and the one place where a PhysicalValue's multiplier is applied."""


# Limits for a credible battery of a car, in Wh.
CAPACITY_LEAST_WH = 1000
CAPACITY_MOST_WH = 300000


class Reading:
    """One state of charge as the car told it; ``None`` for everything it did not tell.

    ``soc_percent``, ``full_soc_percent``, ``bulk_soc_percent`` 0..100; ``energy_capacity_wh`` and
    ``energy_request_wh`` whole watt-hours; ``protocol`` the negotiated standard.

    ``soc_doubtful_percent``: a number that cannot be believed, either a 0 that nothing confirmed (a Seres 3 tells 0
    until its battery is awake, then 81) or one above 100. It may be shown in words, as doubtful, but must never be
    passed on as a number. Only one of ``soc_doubtful_percent`` and ``soc_percent`` is set.

    Two names of a car that are easily confused: ``evccid``, the bytes from SessionSetupReq (up to 8 in DIN 70121,
    6 in ISO 15118-2; a car may rotate them), and ``ev_mac``, the MAC it uses on the power line, in SLAC and in IPv6.
    The MAC of its modem is a third one, which a station is never told.

    What the car asked for: ``max_current_ma``, ``max_voltage_mv``, ``max_power_w``, ``energy_transfer`` from its
    charging parameters; ``target_voltage_mv``, ``target_current_ma``, ``remaining_s`` from PreChargeReq and
    CurrentDemandReq; ``error`` the EVErrorCode when it is not NO_ERROR.
    """

    soc_percent = None
    soc_doubtful_percent = None
    full_soc_percent = None
    bulk_soc_percent = None
    energy_capacity_wh = None
    energy_request_wh = None
    max_current_ma = None
    max_voltage_mv = None
    max_power_w = None
    energy_transfer = None
    target_voltage_mv = None
    target_current_ma = None
    remaining_s = None
    error = None
    profile = None  # this and the next are set by the owner, see ``appliance.state.cars``
    evccid_kind = None

    def __init__(self, protocol, evccid=None, ev_mac=None):
        self.protocol = protocol
        self.evccid = evccid
        self.ev_mac = ev_mac


def number(value):
    """``value`` as an int, or None. EXI writes a number outside its facet as text, so ``value`` may be a str.

    Limited to xs:short, the widest type read here: a hostile number may have sixty digits on the wire, a hundred as text.
    """
    if isinstance(value, str):
        try:
            value = int(value)
        except ValueError:
            return None
    if value is None or value > 0x7FFF or value < -0x8000:
        return None
    return value


def percent(value):
    """``value`` if it is 0..100, else None: its seven bits on the wire could also be 101..127, which mean nothing."""
    value = number(value)
    if value is None or not 0 <= value <= 100:
        return None
    return value


def capacity(value):
    """EVEnergyCapacity in Wh, or None if no car's battery is that small or large: one told 100 Wh (FreeV2G issue 177).

    A SmartEVSE would take such a battery for full after a few minutes.
    """
    wh = physical(value, "Wh")
    if wh is None or not CAPACITY_LEAST_WH <= wh <= CAPACITY_MOST_WH:
        return None
    return wh


def would_fill(reading):
    """True if the car requests as much energy as its battery holds, give or take a tenth: it is practically empty."""
    full_wh = (reading.energy_capacity_wh or 0) * (reading.full_soc_percent or 100) // 100
    request_wh = reading.energy_request_wh or 0
    return full_wh > 0 and abs(request_wh - full_wh) * 10 <= full_wh


def physical(value, unit, digits=0):
    """A PhysicalValue as a whole number of ``unit`` (of thousandths with ``digits`` 3); None if absent, below zero or in
    another unit.

    The unit is optional in DIN SPEC 70121, and cars do leave it out. Values below zero are legal on the wire, and some
    cars send them now and then.
    """
    if value is None or value.get("Unit", unit) != unit:
        return None
    amount = number(value.get("Value"))
    exponent = number(value.get("Multiplier"))
    if amount is None or exponent is None or amount < 0:
        return None
    if not -3 <= exponent <= 3:
        return None  # outside its facet it comes as text and may have a hundred digits
    exponent += digits
    return amount * 10**exponent if exponent >= 0 else amount // 10**-exponent
