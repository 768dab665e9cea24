# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The screens around setting up WiFi: a QR code on the left, what it says in words on the right.

Their words, and where they are on a display of a given size; no hardware. Loaded when the first of them is due.
"""

from appliance.display import views
from appliance.display.setup_stage import GUEST, JOINED, JOINING, OFFER
from appliance.display.words import say
from appliance.network.access_point import ADDRESS, qr_text

# Why the access point is there although a network is known.
TITLES = {
    "wifi_no_ssid": "No network",
    "wifi_auth": "Password?",
    "wifi_dhcp": "No address",
    "wifi_security": "Security?",
    "wifi_down": "WiFi lost",
}

# The most modules that a code of ours has; it should have a light margin of four and can do with one.
MODULES, MARGIN, LEAST_MARGIN = 29, 4, 1
# A phone's camera needs two pixels a module.
LEAST_PIXELS = 2
MOST_LINES = 5


class Layout:
    """Where code and words are on a display of this size, with the words in ``font``.

    ``pixels`` of a module (0: no room for a code), ``across`` and ``down`` modules of the light square, ``left`` and
    ``top`` of it; ``text_left``, ``text_width``, ``line`` height and ``lines`` of the words. The square takes half
    of the display's width at most.
    """

    def __init__(self, width, height, font):
        self.font = font
        room = min(height, width // 2)
        self.pixels = room // (MODULES + 2 * MARGIN)
        if self.pixels < LEAST_PIXELS:
            self.pixels = room // (MODULES + 2 * LEAST_MARGIN)
        if self.pixels < LEAST_PIXELS:
            self.pixels = self.across = self.down = self.left = self.top = 0
        else:
            widest = MODULES + 2 * MARGIN
            self.across = min(widest, width // 2 // self.pixels)
            self.down = min(widest, height // self.pixels)
            self.top = (height - self.down * self.pixels) // 2
            self.left = min(self.top, width // 2 - self.across * self.pixels)
        gap = max(2, font.height // 5) if self.pixels else 0
        self.text_left = self.left + self.across * self.pixels + gap
        self.text_width = width - self.text_left
        self.lines = min(MOST_LINES, height // font.height)
        self.line = min(height // self.lines, font.height + font.height // 3)


class CodeView:
    """One screen: ``lines`` of text from the top, ``code`` what the QR code says, ``colour`` of the text."""

    def __init__(self, lines, code, colour):
        self.lines = lines
        self.code = code
        self.colour = colour


def _offer(wifi, layout):
    point = wifi.provisioning.access_point
    title = say(TITLES[wifi.cause]) if wifi.cause in TITLES else say("Set up WiFi")
    how = say("Scan or join")
    if layout.font.width(how) > layout.text_width:
        how = say("Scan / join")
    lines = [title, how, point.name, say("password"), point.password]
    return CodeView(lines, qr_text(point.name, point.password), views.BLUE)


def _halved(place, layout):
    """An IPv4 address in one line, or with two of its numbers in each of two."""
    if layout.font.width(place) <= layout.text_width:
        return [place]
    middle = place.find(".", place.find(".") + 1) + 1
    return [place[:middle], place[middle:]]


def _guest(wifi, layout):
    place = ADDRESS + wifi.port_text()
    url = "http://" + place
    lines = [url] if layout.font.width(url) <= layout.text_width else ["http://"] + _halved(place, layout)
    return CodeView([say("Now open")] + lines, url, views.BLUE)


def _joined(wifi, layout, password):
    """Where the page is, and the password of it that nobody has chosen; else its name."""
    place = wifi.address + wifi.port_text()
    lines = _halved(place, layout)
    if password is not None:
        lines += [say("password"), password]
    else:
        lines += layout.font.wrapped(wifi.hostname + ".local", layout.text_width)
    return CodeView([say("Connected")] + lines, "http://" + place, views.GREEN)


_VIEWS = {OFFER: _offer, GUEST: _guest}


def view(which, wifi, layout, password=None):
    """The screen ``which`` for a display with this Layout: a CodeView, or a ``views.View`` while joining. ``password``
    is that of the pages if the box made it up."""
    if which == JOINING:
        wish = wifi.provisioning.wish
        name = wish.ssid if wish is not None else ""
        return views.View(views.WORK, [name], say("Joining WiFi"), views.WIFI)
    found = _joined(wifi, layout, password) if which == JOINED else _VIEWS[which](wifi, layout)
    if layout.pixels == 0:
        found.code = None
        found.lines = _short(which, wifi, password)
    found.lines = [layout.font.shortened(line, layout.text_width) for line in found.lines[: layout.lines]]
    return found


def _short(which, wifi, password):
    """Few lines that do without the code."""
    if which == GUEST:
        return [say("Now open"), "http://" + ADDRESS + wifi.port_text()]
    if which == JOINED:
        second = wifi.hostname + ".local" if password is None else say("password %s") % password
        return [wifi.address + wifi.port_text(), second]
    point = wifi.provisioning.access_point
    return [say("WiFi %s") % point.name, say("password %s") % point.password]
