# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The screens around setting up WiFi: a QR code on the left, what it says in words on the right.

Two tables, no hardware: which of the screens is due, and where its parts are on a display of a given size.
"""

from appliance import screens, status
from appliance.access_point import ADDRESS, qr_text

OFFER, GUEST, JOINING, JOINED = "offer", "guest", "joining", "joined"

# A car that is under way, or a start, is more important.
_BUSY_STAGES = (status.STARTING, status.FINDING, status.READING)
# A charge that was just read has the display to itself; an older one and the offer take turns.
_FRESH_S = 600
_TURN_S = 10

# Why the access point is there although a network is known.
_TITLES = {
    "wifi_no_ssid": "No network",
    "wifi_auth": "Password?",
    "wifi_dhcp": "No address",
    "wifi_security": "Wrong kind",
    "wifi_down": "WiFi lost",
}

# Smallest width and height it is for; pixels of a module, modules across and down of the light square, its left
# and top; left of the text, height of a line, scale, lines. A code has 25 or 29 modules and stands in the middle
# of the square. The last row has no room for one.
LAYOUTS = (
    (320, 170, 4, 37, 37, 8, 11, 164, 28, 2, 5),
    (240, 135, 3, 37, 37, 4, 12, 120, 22, 1, 5),
    (160, 80, 2, 37, 37, 0, 3, 78, 15, 1, 5),
    # 31 x 32 modules: what 64 pixels and eleven letters beside them leave.
    (128, 64, 2, 31, 32, 0, 0, 63, 13, 1, 5),
    (1, 1, 0, 0, 0, 0, 0, 0, 11, 1, 3),
)
PIXELS, ACROSS, DOWN, LEFT, TOP, TEXT_LEFT, LINE, SCALE, LINES = range(2, 11)


def layout_for(width, height):
    """The row of LAYOUTS for a display of this size."""
    for layout in LAYOUTS:
        if layout[0] <= width and layout[1] <= height:
            return layout
    return LAYOUTS[-1]


class CodeView:
    """One screen: ``lines`` of text from the top, ``code`` what the QR code says, ``colour`` of the text."""

    def __init__(self, lines, code, colour):
        self.lines = lines
        self.code = code
        self.colour = colour


def kind(state, wifi, now):
    """Which of the screens is due, or None: the usual ones. Allocates nothing."""
    if wifi is None or state.in_session:
        return None
    stage = state.stage()
    if stage in _BUSY_STAGES:
        return None
    if wifi.wish is not None:
        return JOINING
    if wifi.just_joined(now):
        return JOINED
    if not wifi.offered:
        return None
    if wifi.has_guest(now):
        return None if wifi.connected else GUEST
    if stage == status.WAITING:
        return OFFER
    if stage == status.SOC and state.age_s() < _FRESH_S:
        return None
    return OFFER if state.uptime.seconds // _TURN_S % 2 else None


def _halved(address, letters):
    """An IPv4 address in one line, or in two with two numbers each."""
    if len(address) <= letters:
        return [address]
    middle = address.find(".", address.find(".") + 1) + 1
    return [address[:middle], address[middle:]]


def wrapped(text, letters):
    """``text`` in lines of at most ``letters``, broken behind a point, a slash or a dash where there is one."""
    lines = []
    while len(text) > letters:
        at = letters
        while at > 1 and text[at - 1] not in "./-":
            at -= 1
        if at <= 1:
            at = letters
        lines.append(text[:at])
        text = text[at:]
    lines.append(text)
    return lines


def _offer(wifi, letters):
    point = wifi.access_point
    title = _TITLES.get(wifi.cause, "Set up WiFi")
    how = "Scan or join" if letters > 11 else "Scan / join"
    lines = [title, how, point.name, "password", point.password]
    return CodeView(lines, qr_text(point.name, point.password), screens.BLUE)


def _guest(wifi, letters):
    del wifi
    url = "http://" + ADDRESS
    lines = [url] if len(url) <= letters else ["http://"] + wrapped(ADDRESS, letters)
    return CodeView(["Now open"] + lines, url, screens.BLUE)


def _joined(wifi, letters):
    url = "http://%s%s" % (wifi.address, wifi.port_text())
    lines = ["Connected"] + _halved(wifi.address + wifi.port_text(), letters)
    return CodeView(lines + wrapped(wifi.hostname + ".local", letters), url, screens.GREEN)


_VIEWS = {OFFER: _offer, GUEST: _guest, JOINED: _joined}


def view(which, wifi, width, height):
    """The screen ``which`` for a display of this size: a CodeView, or a ``screens.View`` while joining."""
    if which == JOINING:
        heading = screens.centred("Joining\nWiFi")
        return screens.View(heading, "", wifi.wish[0] if wifi.wish else "", None, screens.BLUE)
    layout = layout_for(width, height)
    # The last letter needs no gap behind it.
    letters = screens.letters(width - layout[TEXT_LEFT] + layout[SCALE], layout[SCALE])
    found = _VIEWS[which](wifi, letters)
    if layout[PIXELS] == 0:
        found.code = None
        found.lines = _short(which, wifi)
    found.lines = [screens.shortened(line, letters) for line in found.lines[: layout[LINES]]]
    return found


def _short(which, wifi):
    """Three lines that do without the code."""
    if which == GUEST:
        return ["Now open", "http://" + ADDRESS]
    if which == JOINED:
        return ["Connected", wifi.address + wifi.port_text(), wifi.hostname + ".local"]
    point = wifi.access_point
    return ["WiFi " + point.name, "password", point.password]
