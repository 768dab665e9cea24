# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The owner's cars: what the owner told of them, and whether a car was here before.

A car has three addresses that are easily confused. The EVCCID identifies it in the charging session; some cars (VW MEB)
change its last bytes for every session. The EV MAC is its address on the power line. The MAC of its modem is never told
to a charger. None of them is a credential.

A profile is one setting, ``"02ab34*; name=Ioniq; capacity_wh=28000; full_soc=94"``: the EVCCIDs it is for (``*``
for any digits at the end), and what the car itself leaves out. It never replaces a state of charge. With
``overrule=yes`` its numbers count instead of the car's (an MG4 tells 51 kWh, an Ampera-e 18.7).
"""

from v2g.reading import CAPACITY_LEAST_WH, CAPACITY_MOST_WH

from appliance.base.text import HEX, consists_of, hex_text, is_digits

FIXED, ROTATING, MADE_UP = "fixed", "rotating", "made_up"

_REMEMBERED = 8
_LOCALLY_ADMINISTERED = 2
_LIMITS = ("full_soc_percent", "bulk_soc_percent")
# Numbers of a profile. key: (attribute, lowest, highest)
_NUMBERS = {
    "capacity_wh": ("energy_capacity_wh", CAPACITY_LEAST_WH, CAPACITY_MOST_WH),
    "full_soc": ("full_soc_percent", 1, 100),
}
# What a car asks a charger for, as v2g.reading has it.
_ASKED_FOR = (
    "energy_transfer", "max_current_ma", "max_voltage_mv", "max_power_w", "target_current_ma", "target_voltage_mv",
    "remaining_s", "error",
)  # fmt: skip
_YES_OR_NO = {"yes": True, "no": False}
_LONGEST_NAME = 24


class Profile:
    """What the owner told of a car; ``None`` for the rest."""

    name = None
    energy_capacity_wh = None
    full_soc_percent = None
    overrules = False

    def __init__(self, pattern):
        self.pattern = pattern

    def fits(self, digits):
        """True for an EVCCID (lower-case hexadecimal digits)."""
        if self.pattern[-1] == "*":
            return digits.startswith(self.pattern[:-1])
        return digits == self.pattern


def parse(text):
    """The Profile in ``text``. Raises ValueError with the end of a sentence for the owner."""
    parts = [part.strip() for part in text.split(";")]
    pattern = parts[0].lower().replace(":", "").replace("-", "")
    digits = pattern[:-1] if pattern[-1:] == "*" else pattern
    if len(digits) > 16 or not consists_of(digits, HEX) or not pattern:
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
    if key == "name":
        if not 0 < len(value) <= _LONGEST_NAME:
            raise ValueError("has a name that is empty or longer than %d characters" % _LONGEST_NAME)
        profile.name = value
        return
    if key == "overrule":
        if value not in _YES_OR_NO:
            raise ValueError("needs yes or no after overrule=")
        profile.overrules = _YES_OR_NO[value]
        return
    if key not in _NUMBERS or not equals:
        raise ValueError("may have name=, capacity_wh=, full_soc= and overrule=, not " + part[:30])
    attribute, lowest, highest = _NUMBERS[key]
    if not is_digits(value) or len(value) > 6:
        raise ValueError("needs a whole number after %s=" % key)
    if not lowest <= int(value) <= highest:
        raise ValueError("needs %s between %d and %d" % (key, lowest, highest))
    setattr(profile, attribute, int(value))


def low_six(evccid):
    """The last six bytes of an EVCCID; zeros that pad it to eight, on either side, are dropped first."""
    evccid = bytes(evccid)
    if any(evccid[:-6]):
        while len(evccid) > 6 and evccid[-1] == 0:
            evccid = evccid[:-1]
    evccid = evccid[-6:]
    return bytes(6 - len(evccid)) + evccid


def name_in(reading):
    """What the owner calls the car of a reading, or None."""
    return None if reading.profile is None else reading.profile.name


class Garage:
    """The owner's profiles, and the cars that were here since the start."""

    def __init__(self, texts):
        self._seen = []  # (ev_mac, EVCCID, profile)
        self.use(texts)

    def use(self, texts):
        """Use these profiles from now on. Raises ValueError."""
        self._profiles = [parse(text) for text in texts if text]
        # The old profiles of cars say nothing any more.
        self._seen = [(ev_mac, evccid, None) for ev_mac, evccid, _ in self._seen]

    def follow(self, event, _now):
        """A follower of the Story: completes a reading before anybody else gets it."""
        if event[0] == "reading":
            self.recognise(event[1])

    def recognise(self, reading):
        """Gives ``reading`` its ``profile`` and its ``evccid_kind``, both None when unknown."""
        if not reading.evccid:
            return
        evccid = low_six(reading.evccid)
        reading.profile = self.profile_of(evccid)
        reading.evccid_kind = self._kind(reading.ev_mac, evccid, reading.profile)
        entry = (reading.ev_mac, evccid, reading.profile)
        if entry not in self._seen:
            self._seen.append(entry)
            del self._seen[:-_REMEMBERED]

    def name_again(self, reading):
        """Gives a reading that was told already the profile in force now. ``reading`` may be None."""
        if reading is not None and reading.evccid:
            reading.profile = self.profile_of(reading.evccid)

    def name_of(self, evccid):
        """What the owner calls the car with this EVCCID (bytes or None), or None."""
        profile = self.profile_of(evccid) if evccid else None
        return None if profile is None else profile.name

    def profile_of(self, evccid):
        """The owner's profile for an EVCCID (bytes), or None."""
        digits = hex_text(low_six(evccid))
        for profile in self._profiles:
            if profile.fits(digits):
                return profile
        return None

    def _kind(self, ev_mac, evccid, profile):
        """ROTATING if the same EV MAC or the same profile was here under another EVCCID."""
        again = False
        for other_mac, other, other_profile in self._seen:
            if other == evccid:
                again = True
            elif other_mac == ev_mac or (profile is not None and other_profile is profile):
                return ROTATING
        if evccid[0] & _LOCALLY_ADMINISTERED:
            return MADE_UP
        return FIXED if again else None


def told(reading, attribute):
    """``attribute`` as the car told it, or None.

    0 as a capacity, a request or a limit means "unknown" (MG4), and so does a limit below the present charge.
    """
    value = getattr(reading, attribute)
    if not value or (attribute in _LIMITS and value < (reading.soc_percent or 0)):
        return None
    return value


def filled(reading, attribute):
    """``attribute`` as the car told it, or else from the owner's profile, or None. A profile that overrules comes first."""
    value = told(reading, attribute)
    profile = reading.profile
    known = None if profile is None else getattr(profile, attribute)
    if known is not None and attribute in _LIMITS and known < (reading.soc_percent or 0):
        known = None
    return known if known is not None and (value is None or profile.overrules) else value


def profile_document(reading):
    """The profile as the page's JSON has it; ``used`` lists what it fills in."""
    profile = reading.profile
    if profile is None:
        return None
    names = ("energy_capacity_wh", "full_soc_percent")
    used = [name for name in names if filled(reading, name) != told(reading, name)]
    return {
        "name": profile.name,
        "evccid": profile.pattern,
        "energy_capacity_wh": profile.energy_capacity_wh,
        "full_soc_percent": profile.full_soc_percent,
        "overrules": profile.overrules,
        "used": used,
    }


def limits_document(reading):
    """What the car asked for, as the page's JSON has it."""
    return {name: getattr(reading, name) for name in _ASKED_FOR}
