# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box's own access point, for setting up WiFi with a phone and nothing typed twice.

Its password is random, 10 letters (49 bits), made once and kept in the chip's NVM, which is written that one time:
name and password stay the same for ever, and no power cut makes the label somebody wrote stale. It is not made
from the chip's number: that is the radio's address, which every neighbour reads off the air.
"""

NAME = "socbox-%02X%02X"
ADDRESS = "192.168.4.1"
SUBNET = "192.168.4."
MOST_GUESTS = 4

# Without letters and digits that are taken for each other; none needs an escape in a QR code.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
PASSWORD_LENGTH = 10
_MAGIC = b"AP1:"
_RECORD = len(_MAGIC) + PASSWORD_LENGTH
# From the end of the NVM, out of the way of whatever else may be kept there.
_PLACE = 32


def new_password(random_bytes):
    """A password of PASSWORD_LENGTH letters."""
    result = ""
    while len(result) < PASSWORD_LENGTH:
        for number in random_bytes(PASSWORD_LENGTH):
            # What is left of 256 beyond a multiple of 31 would make some letters likelier.
            if number < 248 and len(result) < PASSWORD_LENGTH:
                result += ALPHABET[number % 31]
    return result


def own_password(nvm, random_bytes):
    """The password in ``nvm`` (None: the board has none), made and kept there when it is not there yet."""
    if nvm is None or len(nvm) < _PLACE:
        return new_password(random_bytes)
    start = len(nvm) - _PLACE
    kept = bytes(nvm[start : start + _RECORD])
    letters = [chr(letter) for letter in kept[len(_MAGIC) :]]
    if kept[: len(_MAGIC)] == _MAGIC and all(letter in ALPHABET for letter in letters):
        return "".join(letters)
    password = new_password(random_bytes)
    nvm[start : start + _RECORD] = _MAGIC + password.encode()
    return password


def qr_text(ssid, password):
    """What phones' cameras take for a WiFi network. Neither text has a letter that needs an escape."""
    return "WIFI:T:WPA;S:%s;P:%s;;" % (ssid, password)


def is_guest(address):
    """True for the address of a phone on the access point."""
    return address.startswith(SUBNET)


class AccessPoint:
    """``start`` and ``stop`` block for 10 ms, the first ``start`` for 100 ms more. ``now()`` gives the time in ms;
    ``guest_at`` is when a phone last asked for anything, ``reader_at`` when it showed the set-up page."""

    def __init__(self, radio, nvm, random_bytes, now):
        mac = bytes(radio.mac_address)
        self.name = NAME % (mac[4], mac[5])
        self.password = None
        self.active = False
        self.guest_at = None
        self.reader_at = None
        self._radio = radio
        self._nvm = nvm
        self._random_bytes = random_bytes
        self._now = now
        self._dns = None

    def start(self, pool, channel):
        """Go on the air. RuntimeError, OSError when that cannot be."""
        import select

        import wifi

        from appliance.captive_dns import CaptiveDns

        radio = self._radio
        radio.enabled = True
        if self.password is None:
            self.password = own_password(self._nvm, self._random_bytes)
        radio.start_ap(
            self.name,
            self.password,
            channel=channel,
            authmode=(wifi.AuthMode.WPA2, wifi.AuthMode.PSK),
            max_connections=MOST_GUESTS,
        )
        self.active = True
        self.guest_at = self.reader_at = None
        self._dns = CaptiveDns(pool, select.poll(), ADDRESS, SUBNET, self.guest_seen)

    def stop(self):
        """Leave the air."""
        self.active = False
        dns, self._dns = self._dns, None
        if dns is not None:
            dns.close()
        self._radio.stop_ap()

    def poll(self):
        """One piece of the name server; True when there was something to do."""
        return self._dns is not None and self._dns.poll()

    def guest_seen(self):
        """A phone asked for something."""
        self.guest_at = self._now()

    def reader_seen(self):
        """Somebody has the set-up page open."""
        self.reader_at = self._now()
