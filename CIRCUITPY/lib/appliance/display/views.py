# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the display shows at each stage, in words; ``layout`` knows where, the status light shows the mood alone.

One idea a screen. A charge that is not current is grey and says how old it is; an error says what to do.
"""

from appliance.base import version
from appliance.display import words
from appliance.display.words import say
from appliance.state import cars, faults, status

# Colours of chargers people know: white waiting, blue at work, green done, yellow attention, red fault.
WHITE, BLUE, GREEN, YELLOW, RED, GREY = 0xFFFFFF, 0x4CA6FF, 0x40E060, 0xFFC830, 0xFF5A4A, 0x909090
PURPLE = 0xC080FF

# How the status light shows a mood: its brightness in 16ths, step by step.
STEADY, OFF = (16,), (0,)
BREATHING = (2, 3, 5, 8, 11, 14, 16, 16, 14, 11, 8, 5, 3, 2, 2, 2)
BLINKING = (16, 16, 16, 16, 0, 0, 0, 0)
# Moods: (colour on the display, colour of the status light, how the light shows it)
IDLE = (WHITE, 0x303030, STEADY)
SETUP = (BLUE, 0x0040FF, BLINKING)
WORK = (BLUE, 0x0040FF, BREATHING)
DONE = (GREEN, 0x00FF20, STEADY)
CHARGING = (GREEN, 0x00FF20, BREATHING)
STALE = (GREY, 0x000000, OFF)
ATTENTION = (YELLOW, 0xFF9000, STEADY)
FAULT = (RED, 0xFF0000, STEADY)
UPDATE = (PURPLE, 0x8000FF, BREATHING)

CAR, PLUG, WIFI, LOAD, WARNING, NO_SIGN = "c", "p", "w", "u", "x", ""

# Texts that do not fit together take turns of this many seconds.
TURN_S = 5

# stage: (heading, mood, pictogram, per cent of the way); None: filled from the status
STAGES = {
    status.STARTING: ("socbox", IDLE, PLUG, None),
    status.MODEM_MISSING: (None, FAULT, WARNING, None),
    status.WAITING: ("Ready for a car", IDLE, CAR, None),
    status.FINDING: ("Finding the car", WORK, PLUG, 33),
    status.READING: ("Reading the car", WORK, CAR, 67),
    status.SOC: ("", DONE, NO_SIGN, None),
    status.NO_ANSWER: ("Car not read", ATTENTION, WARNING, None),
}

# What keeps a SmartEVSE from asking a car (smartevse.target): (heading, what that means for a car, or "")
KEPT_WAITING = {
    "power": ("No power or sun", "read once it may charge"),
    "asked": ("No power or sun", ""),
    "off": ("SmartEVSE is off", "no car is read"),
    "pause": ("SmartEVSE paused", "no car is read"),
}
# The SmartEVSE told so, and nobody is being read.
PRESENT = "Car is plugged in"


def age_text(seconds):
    """How long ago, in the coarsest unit that is honest."""
    if seconds < 90:
        return say("just now")
    if seconds < 5400:
        return say("%d min ago") % (seconds // 60)
    if seconds < 172800:
        return say("%d h ago") % (seconds // 3600)
    return say("%d days ago") % (seconds // 86400)


def span_text(seconds):
    """A length of time."""
    if seconds < 5400:
        return say("%d min") % max(1, seconds // 60)
    return say("%d h %02d min") % (seconds // 3600, seconds % 3600 // 60)


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
        return self.mood[0]

    def text_colour(self, colour):
        """Of the small letters; ``colour`` is what the large ones have on this display."""
        return colour if self.mood == STALE else WHITE


def has_news(state, estimate):
    """True when there is more to tell than what the car told."""
    return estimate is not None and (estimate.charging or estimate.percent != state.reading.soc_percent)


def estimate_mood(state, estimate):
    """Of a number that the box computed."""
    if not state.estimate_is_fresh:
        return STALE
    return CHARGING if estimate.charging else DONE


def _estimate_view(state, estimate):
    """A number that the box computed looks different: a sign before it, and what the car said below."""
    shown = View(estimate_mood(state, estimate), [_progress_text(estimate)])
    if shown.mood == STALE:
        shown.texts = [say("as of %s") % age_text(state.uptime.seconds - estimate.told_s)]
    # A full battery has no room for the sign on a small display.
    shown.big = ("~%d%%" if estimate.percent < 100 else "%d%%") % estimate.percent
    shown.bar_percent = estimate.percent
    shown.mark_percent = estimate.full_percent
    code = state.faults.of(faults.SMARTEVSE)
    if code is not None:
        shown.texts.append(words.short(code))
    # The car's own word: where a car without a name leaves room, or among the texts.
    said = say("read %d%% at plug-in") % state.reading.soc_percent
    shown.name = cars.name_in(state.reading) or ""
    if shown.name:
        shown.texts.append(said)
    else:
        shown.name = said
    return shown


def _progress_text(estimate):
    """How it goes on: "full in 2 h 10 min", "80% in 40 min"."""
    goal = say("full") if estimate.full_percent == 100 else "%d%%" % estimate.full_percent
    if estimate.percent >= estimate.full_percent:
        return say("%s now, estimated") % goal
    if estimate.full_in_s is None:
        return say("not charging now")
    return say("%s in %s") % (goal, span_text(estimate.full_in_s))


def _delivery_text(state, smartevse, code):
    """What became of the reading."""
    if state.in_session:
        return say("letting the car go")
    if code is not None:
        return words.short(code)
    if not state.replugged:
        return say("re-plug to charge")
    if smartevse.last_delivery == "ok":
        return say("sent to SmartEVSE")
    if smartevse.last_delivery == "pending":
        return say("sending")
    return ""


def _target_text(reading):
    """How far the car wants to go, and how long that takes, as far as it told."""
    full = cars.filled(reading, "full_soc_percent")
    parts = []
    if full is not None and 0 < full < 100:
        parts.append(say("target %d%%") % full)
    if reading.remaining_s:
        parts.append(say("%s left") % span_text(reading.remaining_s))
    return ", ".join(parts)


def soc_text(reading):
    """What a reading says, for people: "42%", or "0%?" for a number that nothing confirmed."""
    if reading.soc_percent is not None:
        return "%d%%" % reading.soc_percent
    return "%d%%?" % reading.soc_doubtful_percent if reading.soc_doubtful_percent <= 100 else "?"


def _doubtful_view(state):
    shown = View(ATTENTION, [words.short("soc_doubtful"), say("plug in again")])
    shown.big = soc_text(state.reading)
    shown.name = cars.name_in(state.reading) or ""
    return shown


def _soc_view(state, smartevse):
    reading = state.reading
    if reading.soc_percent is None:
        return _doubtful_view(state)
    estimate = state.estimate
    if has_news(state, estimate):
        return _estimate_view(state, estimate)
    age_s = state.age_s()
    fresh = age_s < status.FRESH_S
    shown = View(DONE if fresh else STALE, [])
    shown.big = "%d%%" % reading.soc_percent
    shown.bar_percent = reading.soc_percent
    shown.mark_percent = cars.filled(reading, "full_soc_percent")
    age = say("read %s") % age_text(age_s)
    if fresh:
        delivery = _delivery_text(state, smartevse, state.faults.of(faults.SMARTEVSE))
        # The age first once there is one: a number on a display is taken for the present.
        texts = [delivery or age] if age_s < 90 else [age, delivery]
        texts.append(_target_text(reading))
    else:
        texts = [age]
    shown.texts = [text for text in texts if text]
    shown.name = cars.name_in(reading) or ""
    return shown


def address_texts(wifi, access):
    """Where the page is, in the order in which people need it."""
    if not wifi.address:
        return []
    texts = ["http://%s%s" % (wifi.address, wifi.port_text()), wifi.hostname + ".local"]
    if access.made_up is not None:
        texts.append(say("password %s") % access.made_up)
    return texts


def _waiting_view(state, smartevse, wifi, access):
    heading, mood, sign, percent = STAGES[status.WAITING]
    texts = _waiting_texts(state, wifi, access)
    # What was told before WiFi was lost may be another thing by now.
    row = KEPT_WAITING.get(smartevse.waits_for) if wifi.connected else None
    if row is not None:
        heading, meaning = row
        if meaning:
            texts.insert(0, say(meaning))
    elif state.car_present:
        heading = PRESENT
    return View(mood, texts, say(heading), sign, percent)


def _waiting_texts(state, wifi, access):
    texts = address_texts(wifi, access)
    if state.reading is not None:
        texts.insert(0, say("last car: %s, %s") % (soc_text(state.reading), age_text(state.age_s())))
    texts += [words.short(code) for code in state.causes()]
    return texts or [say("no WiFi")]


def view(state, smartevse, wifi, access):
    """The screen for now. ``smartevse`` needs ``last_delivery`` and ``waits_for``, ``wifi`` what Wifi has, ``access``
    ``made_up``."""
    stage = state.stage()
    if stage == status.SOC:
        return _soc_view(state, smartevse)
    if stage == status.WAITING:
        return _waiting_view(state, smartevse, wifi, access)
    heading, mood, sign, percent = STAGES[stage]
    code = state.cause_of(stage)
    if code is not None:
        meaning, cure = words.sentences(code)
        texts = [cure] if stage == status.MODEM_MISSING else [meaning, cure]
        texts.append("(%s)" % code)
        heading = words.short(code) if faults.area(code) == faults.MODEM else say(heading)
        return View(mood, texts, heading, sign, percent)
    if stage == status.STARTING:
        texts = [say("version %s") % version.VERSION, say("starting")]
    else:
        texts = [say("step 1 of 2") if stage == status.FINDING else say("step 2 of 2")]
    return View(mood, texts, say(heading), sign, percent)


def updating(percent, text):
    """The screen while the box writes a new version of itself."""
    return View(UPDATE, [text, say("do not unplug")], say("Updating"), LOAD, percent)
