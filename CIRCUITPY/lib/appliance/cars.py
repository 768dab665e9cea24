# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The owner's cars: what he tells of them, and whether a car is one that was here before.

A car has three addresses that are easily mixed up. The EVCCID is what it calls itself in the charging session; some
cars (VW MEB) make up its last bytes anew for every session. The EV MAC is its station on the power line. The MAC of
its modem stays inside its modem's network and is never told to a charger. None of them is a credential.

A profile is one setting, ``"02ab34*; name=Ioniq; capacity_wh=28000; full_soc=94"``: which EVCCIDs it is for (``*``
for any digits at the end), and what the car itself leaves out. It fills gaps, never a state of charge.
"""

FIXED, ROTATING, MADE_UP = "fixed", "rotating", "made_up"

_HEX = "0123456789abcdef"
_REMEMBERED = 8
_LOCALLY_ADMINISTERED = 2
# What a profile may hold: key: (attribute, lowest, highest).
_NUMBERS = {
    "capacity_wh": ("energy_capacity_wh", 1000, 300000),
    "full_soc": ("full_soc_percent", 1, 100),
}
_LONGEST_NAME = 24


class Profile:
    """What the owner knows of a car; ``None`` wherever he said nothing."""

    name = None
    energy_capacity_wh = None
    full_soc_percent = None

    def __init__(self, pattern):
        self.pattern = pattern

    def fits(self, digits):
        """True for an EVCCID (lower-case hexadecimal digits)."""
        if self.pattern[-1] == "*":
            return digits.startswith(self.pattern[:-1])
        return digits == self.pattern


def parse(text):
    """The Profile that ``text`` means; raises ValueError with a sentence for its owner."""
    parts = [part.strip() for part in text.split(";")]
    pattern = parts[0].lower().replace(":", "").replace("-", "")
    digits = pattern[:-1] if pattern[-1:] == "*" else pattern
    if len(digits) > 16 or not all(digit in _HEX for digit in digits) or not pattern:
        raise ValueError("must begin with an EVCCID in hexadecimal digits; a * may stand for its end")
    if pattern == digits and len(digits) < 12:
        raise ValueError("has an EVCCID that is too short: 12 digits, or a * at its end")
    profile = Profile(pattern if pattern != digits else digits[-12:])
    for part in parts[1:]:
        if part:
            _take(profile, part)
    return profile


def _take(profile, part):
    key, equals, value = part.partition("=")
    key, value = key.strip(), value.strip()
    if key == "name" and 0 < len(value) <= _LONGEST_NAME:
        profile.name = value
        return
    if key == "name":
        raise ValueError("has a name that is empty or longer than %d characters" % _LONGEST_NAME)
    if key not in _NUMBERS or not equals:
        raise ValueError("may have name=, capacity_wh= and full_soc=, not " + part[:30])
    attribute, lowest, highest = _NUMBERS[key]
    if not value or not all("0" <= letter <= "9" for letter in value) or len(value) > 6:
        raise ValueError("needs a whole number after %s=" % key)
    if not lowest <= int(value) <= highest:
        raise ValueError("needs %s between %d and %d" % (key, lowest, highest))
    setattr(profile, attribute, int(value))


def low_six(evccid):
    """An EVCCID's last six bytes, which are the same whether a car pads it to eight or not."""
    evccid = bytes(evccid)[-6:]
    return bytes(6 - len(evccid)) + evccid


def _digits(evccid):
    return "".join(["%02x" % octet for octet in low_six(evccid)])


class Garage:
    """The owner's profiles, and the cars that were here since the start."""

    def __init__(self, texts):
        self._profiles = [parse(text) for text in texts if text]
        self._seen = []  # (ev_mac, EVCCID, profile)

    def recognise(self, reading):
        """Gives ``reading`` its ``profile`` and its ``evccid_kind``, both None when unknown."""
        if not reading.evccid:
            return
        evccid = low_six(reading.evccid)
        digits = _digits(evccid)
        for profile in self._profiles:
            if profile.fits(digits):
                reading.profile = profile
                break
        reading.evccid_kind = self._kind(reading.ev_mac, evccid, reading.profile)
        entry = (reading.ev_mac, evccid, reading.profile)
        if entry not in self._seen:
            self._seen.append(entry)
            del self._seen[:-_REMEMBERED]

    def _kind(self, ev_mac, evccid, profile):
        """The same station, or the same profile, under another EVCCID: it rotates."""
        again = False
        for other_mac, other, other_profile in self._seen:
            if other == evccid:
                again = True
            elif other_mac == ev_mac or (profile is not None and other_profile is profile):
                return ROTATING
        if evccid[0] & _LOCALLY_ADMINISTERED:
            return MADE_UP
        return FIXED if again else None


def filled(reading, attribute):
    """The car's own value of ``attribute``, else the profile's, else None."""
    value = getattr(reading, attribute)
    profile = getattr(reading, "profile", None)
    return value if value is not None or profile is None else getattr(profile, attribute)


def profile_document(reading):
    """The profile as the page's JSON has it; ``used`` lists what it fills in."""
    profile = getattr(reading, "profile", None)
    if profile is None:
        return None
    names = ("energy_capacity_wh", "full_soc_percent")
    used = [name for name in names if getattr(reading, name) is None and getattr(profile, name) is not None]
    return {
        "name": profile.name,
        "evccid": profile.pattern,
        "energy_capacity_wh": profile.energy_capacity_wh,
        "full_soc_percent": profile.full_soc_percent,
        "used": used,
    }


def limits_document(reading):
    """What the car asked for, as the page's JSON has it."""
    names = (
        "energy_transfer",
        "max_current_ma",
        "max_voltage_mv",
        "max_power_w",
        "target_current_ma",
        "target_voltage_mv",
        "remaining_s",
        "error",
    )
    document = {}
    for name in names:
        document[name] = getattr(reading, name, None)
    return document
