# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the display shows at each stage, in words; ``scenes`` knows where, the status light shows the mood alone.

One idea a screen. A charge that is not current is grey and says how old it is; an error says what to do.
"""

from appliance import cars, causes, status

# Colours of chargers people know: white waiting, blue at work, green done, yellow attention, red fault.
WHITE, BLUE, GREEN, YELLOW, RED, GREY = 0xFFFFFF, 0x4CA6FF, 0x40E060, 0xFFC830, 0xFF5A4A, 0x909090
PURPLE = 0xC080FF

IDLE, SETUP, WORK, DONE, STALE, ATTENTION, FAULT, UPDATE = (
    "idle",
    "setup",
    "work",
    "done",
    "stale",
    "attention",
    "fault",
    "update",
)
STEADY, BREATHING, BLINKING, OFF = "steady", "breathing", "blinking", "off"
# mood: (colour on the display, colour of the status light, how the light shows it)
MOODS = {
    IDLE: (WHITE, 0x303030, STEADY),
    SETUP: (BLUE, 0x0040FF, BLINKING),
    WORK: (BLUE, 0x0040FF, BREATHING),
    DONE: (GREEN, 0x00FF20, STEADY),
    STALE: (GREY, 0x000000, OFF),
    ATTENTION: (YELLOW, 0xFF9000, STEADY),
    FAULT: (RED, 0xFF0000, STEADY),
    UPDATE: (PURPLE, 0x8000FF, BREATHING),
}

CAR, PLUG, WIFI, LOAD, TICK, WARNING, NO_SIGN = "c", "p", "w", "u", "t", "x", ""

# Texts that do not fit together take turns of so many seconds.
TURN_S = 5

# A reading is shown as current for so long; later it turns grey.
FRESH_S = 12 * 3600

# stage: (heading, mood, pictogram, per cent of the way); None: filled from the status
STAGES = {
    status.STARTING: ("socbox", IDLE, PLUG, None),
    status.MODEM_MISSING: (None, FAULT, WARNING, None),
    status.WAITING: ("Ready for a car", IDLE, CAR, None),
    status.FINDING: ("Finding the car", WORK, PLUG, 33),
    status.READING: ("Reading the car", WORK, CAR, 67),
    status.SOC: ("", DONE, NO_SIGN, None),
    status.NO_ANSWER: ("Car not readable", ATTENTION, WARNING, None),
}


def age_text(seconds):
    """How long ago, in the coarsest unit that is honest."""
    if seconds < 90:
        return "just now"
    if seconds < 5400:
        return "%d min ago" % (seconds // 60)
    if seconds < 172800:
        return "%d h ago" % (seconds // 3600)
    return "%d days ago" % (seconds // 86400)


def span_text(seconds):
    """A length of time."""
    if seconds < 5400:
        return "%d min" % max(1, seconds // 60)
    return "%d h %02d min" % (seconds // 3600, seconds % 3600 // 60)


class View:
    """One screen: ``mood``, ``texts`` in small letters, and either ``big`` with ``name`` or ``heading`` with
    ``sign``; ``bar_percent`` None: no bar, ``mark_percent`` the target on it."""

    def __init__(self, mood, texts, heading="", sign=NO_SIGN, bar_percent=None):
        self.mood = mood
        self.texts = texts
        self.heading = heading
        self.sign = sign
        self.bar_percent = bar_percent
        self.big = ""
        self.name = ""
        self.mark_percent = None

    @property
    def colour(self):
        """Of everything that is large."""
        return MOODS[self.mood][0]

    def text_colour(self, colour):
        """Of the small letters; ``colour`` is what the large ones have on this display."""
        return colour if self.mood == STALE else WHITE


def mood_of(state):
    """The mood without words, for the status light: also a reading that could not be delivered is no success."""
    stage = state.stage()
    if stage != status.SOC:
        return STAGES[stage][1]
    if state.age_s() >= FRESH_S:
        return STALE
    return DONE if state.cause_of(causes.SMARTEVSE) is None else ATTENTION


def _delivery_text(state, smartevse, code):
    """What became of the reading."""
    if state.in_session:
        return "leaving the car"
    if code is not None:
        return causes.short(code)
    if not state.replugged:
        return "re-plug to charge"
    if smartevse.last_delivery == "ok":
        return "sent to SmartEVSE"
    if smartevse.last_delivery == "pending":
        return "sending"
    return ""


def _target_text(reading):
    """How far the car wants to go, and how long that takes, as far as it told."""
    full = cars.filled(reading, "full_soc_percent")
    parts = []
    if full is not None and 0 < full < 100:
        parts.append("target %d%%" % full)
    if reading.remaining_s:
        parts.append(span_text(reading.remaining_s) + " left")
    return ", ".join(parts)


def _soc_view(state, smartevse):
    reading = state.reading
    age_s = state.age_s()
    fresh = age_s < FRESH_S
    shown = View(DONE if fresh else STALE, [])
    shown.big = "%d%%" % reading.soc_percent
    shown.bar_percent = reading.soc_percent
    shown.mark_percent = cars.filled(reading, "full_soc_percent")
    age = "read " + age_text(age_s)
    if fresh:
        delivery = _delivery_text(state, smartevse, state.cause_of(causes.SMARTEVSE))
        # The age first once there is one: a number on a display is taken for the present.
        texts = [delivery or age] if age_s < 90 else [age, delivery]
        texts.append(_target_text(reading))
    else:
        texts = [age]
    shown.texts = [text for text in texts if text]
    if reading.profile is not None and reading.profile.name:
        shown.name = reading.profile.name
    return shown


def address_texts(wifi, access):
    """Where the page is, in the order in which people need it."""
    if wifi is None or not wifi.address:
        return []
    texts = ["http://%s%s" % (wifi.address, wifi.port_text()), wifi.hostname + ".local"]
    if access is not None and access.made_up is not None:
        texts.append("password " + access.made_up)
    return texts


def _waiting_texts(state, wifi, access):
    texts = address_texts(wifi, access)
    texts += [causes.short(code) for code in state.causes()]
    return texts or ["no WiFi"]


def view(state, smartevse, wifi=None, access=None):
    """The screen for now. ``smartevse`` needs ``last_delivery``, ``wifi`` what Wifi has, ``access`` ``made_up``."""
    stage = state.stage()
    if stage == status.SOC:
        return _soc_view(state, smartevse)
    heading, mood, sign, percent = STAGES[stage]
    texts = []
    if stage == status.MODEM_MISSING:
        code = state.cause_of(causes.MODEM)
        heading = causes.short(code)
        texts = [causes.action(code), "(%s)" % code]
    elif stage == status.NO_ANSWER:
        code = state.cause_of(causes.CAR) or state.cause_of(causes.MODEM)
        texts = [causes.text(code), causes.action(code), "(%s)" % code]
        if causes.area(code) == causes.MODEM:
            heading = causes.short(code)
    elif stage == status.WAITING:
        texts = _waiting_texts(state, wifi, access)
    elif stage == status.STARTING:
        texts = ["version " + status.VERSION, "starting"]
    elif stage in (status.FINDING, status.READING):
        texts = ["step 1 of 2"] if stage == status.FINDING else ["step 2 of 2"]
    return View(mood, texts, heading, sign, percent)


def updating(percent, text):
    """The screen while the box writes a new version of itself."""
    return View(UPDATE, [text, "do not unplug"], "Updating", LOAD, percent)
