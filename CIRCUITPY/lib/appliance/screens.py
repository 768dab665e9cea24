# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the display shows at each stage, and where: two tables, no hardware.

Every screen is made of the same four things: a heading of at most two short lines, one big value, a bar and a
foot line. A stage fills some of them; a layout says where they are on a display of a given size.
"""

from appliance import causes, status

# Colours of chargers people know: white waiting, blue at work, green done, yellow attention, red fault.
WHITE, BLUE, GREEN, YELLOW, RED, GREY = 0xFFFFFF, 0x3FA0FF, 0x40E060, 0xFFC830, 0xFF5040, 0x909090

# terminalio.FONT: 6 x 12 pixels a letter.
FONT_WIDTH, FONT_HEIGHT = 6, 12

# How long the address of the page is shown before its password is, while the box made that up.
TURN_S = 5

# A reading is shown as current for so long; later it turns grey.
FRESH_S = 12 * 3600

# stage: (heading, colour); None: filled from the status
STAGES = {
    status.STARTING: ("socbox\nstarting", WHITE),
    status.MODEM_MISSING: (None, RED),
    status.WAITING: ("Waiting\nfor a car", WHITE),
    status.FINDING: ("Finding\nthe car", BLUE),
    status.READING: ("Reading\nthe car", BLUE),
    status.SOC: ("", GREEN),
    status.NO_ANSWER: ("Car not\nreadable", YELLOW),
}

MODEM_HEADINGS = {
    "modem_absent_low": "Modem\nmissing",
    "modem_absent_high": "Modem\nmissing",
    "modem_bad_signature": "Modem\nwiring?",
}

# Smallest width and height it is for, then x, y of the middle and scale of each text, and x, y, width, height
# of the bar. The first row that fits is taken, the last one fits everything.
LAYOUTS = (
    # width, height, heading, big, foot, bar
    (320, 170, (160, 66, 4), (160, 68, 12), (160, 154, 2), (20, 122, 280, 12)),
    (240, 135, (120, 50, 3), (120, 56, 9), (120, 122, 1), (12, 98, 216, 10)),
    (160, 80, (80, 28, 2), (80, 32, 6), (80, 73, 1), (8, 58, 144, 6)),
    (128, 64, (64, 24, 2), (64, 26, 5), (64, 58, 1), (4, 48, 120, 4)),
    (1, 1, (64, 10, 1), (50, 14, 2), (64, 26, 1), (100, 4, 24, 6)),
)
HEADING, BIG, FOOT, BAR = 2, 3, 4, 5


def layout_for(width, height):
    """The row of LAYOUTS for a display of this size."""
    for layout in LAYOUTS:
        if layout[0] <= width and layout[1] <= height:
            return layout
    return LAYOUTS[-1]


def letters(width, scale):
    """How many letters of a text fit in one line."""
    return width // (FONT_WIDTH * scale)


def shortened(text, most):
    """``text`` cut to ``most`` letters, with dots where something is missing."""
    return text if len(text) <= most else text[: most - 2] + ".."


def centred(text):
    """``text`` with its lines padded in front, so that the shorter ones stand in the middle."""
    lines = text.split("\n")
    longest = max([len(line) for line in lines])
    return "\n".join([" " * ((longest - len(line)) // 2) + line for line in lines])


def age_text(seconds):
    """How long ago, in the coarsest unit that is honest."""
    if seconds < 90:
        return "now"
    if seconds < 5400:
        return "%d min ago" % (seconds // 60)
    if seconds < 172800:
        return "%d h ago" % (seconds // 3600)
    return "%d days ago" % (seconds // 86400)


class View:
    """One screen: ``heading``, ``big``, ``foot`` texts ("" none), ``bar_percent`` (None: no bar),
    ``colour``."""

    def __init__(self, heading="", big="", foot="", bar_percent=None, colour=WHITE):
        self.heading = heading
        self.big = big
        self.foot = foot
        self.bar_percent = bar_percent
        self.colour = colour


def _soc_foot(state, smartevse, age_s):
    """What stands below the big number: the delivery first, the age of the number when it is old."""
    code = state.cause_of(causes.SMARTEVSE)
    if state.in_session:
        return "leaving the car"
    if age_s >= 90:
        return "read " + age_text(age_s)
    if code is not None:
        return causes.short(code)
    if not state.replugged:
        return "re-plug to charge"
    if smartevse.last_delivery == "ok":
        return "sent to SmartEVSE"
    if smartevse.last_delivery == "pending":
        return "sending"
    return "read " + age_text(age_s)


def _soc_view(state, smartevse):
    percent = state.reading.soc_percent
    age_s = state.age_s()
    colour = GREEN if age_s < FRESH_S else GREY
    return View("", "%d%%" % percent, _soc_foot(state, smartevse, age_s), percent, colour)


def _waiting_foot(state, wifi, access):
    if wifi is not None and wifi.address:
        password = None if access is None else access.made_up
        if password is not None and state.uptime.seconds // TURN_S % 2:
            return "password " + password
        return wifi.address
    code = state.cause()
    return causes.short(code) if code is not None else "ready"


def view(state, smartevse, wifi=None, access=None):
    """The screen for now. ``smartevse`` needs ``last_delivery``, ``wifi`` ``address``, ``access`` ``made_up``."""
    stage = state.stage()
    if stage == status.SOC:
        return _soc_view(state, smartevse)
    heading, colour = STAGES[stage]
    foot = ""
    if stage == status.MODEM_MISSING:
        code = state.cause_of(causes.MODEM)
        heading = MODEM_HEADINGS.get(code, "Modem\nfault")
        foot = "check the wires" if code in MODEM_HEADINGS else causes.short(code)
    elif stage == status.NO_ANSWER:
        code = state.cause_of(causes.CAR) or state.cause_of(causes.MODEM)
        foot = causes.short(code)
    elif stage == status.WAITING:
        foot = _waiting_foot(state, wifi, access)
    elif stage == status.STARTING:
        foot = "version " + status.VERSION
    elif stage in (status.FINDING, status.READING):
        foot = "step 1 of 2" if stage == status.FINDING else "step 2 of 2"
    return View(centred(heading), "", foot, None, colour)
