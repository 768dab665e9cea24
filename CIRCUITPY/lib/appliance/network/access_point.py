# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box's own access point, for setting up WiFi with a phone and nothing typed twice.

Its password is random, made once and kept (storage/secrets.py), so that a label with name and password stays valid. It is
not derived from the chip's UID: that is the radio's MAC, which every neighbour can receive.
"""

from plc.ticks import expired, ticks_add

from appliance.base.recent import Recent

NAME = "socbox-%02X%02X"
ADDRESS = "192.168.4.1"
SUBNET = "192.168.4."
MOST_GUESTS = 4
# A guest who asked for something within this time is still there; the open page asks every five seconds.
GUEST_MS = 120000
# start_ap ignores errors of the chip, so the radio is asked after this time, within which it starts.
LOOK_MS = 1000


def qr_text(ssid, password):
    """The text of a QR code for joining a WiFi network. Neither argument has a letter that needs an escape."""
    return "WIFI:T:WPA;S:%s;P:%s;;" % (ssid, password)


def is_guest(address):
    """True for the address of a phone on the access point."""
    return address.startswith(SUBNET)


class AccessPoint:
    """``start`` and ``stop`` block for 10 ms, the first ``start`` for 100 ms more. ``now()`` gives the time in ms."""

    def __init__(self, radio, password, now):
        mac = bytes(radio.mac_address)
        self.name = NAME % (mac[4], mac[5])
        self.password = password
        self.active = False
        # A phone asked for something; somebody has the set-up page open.
        self.guest = Recent(GUEST_MS)
        self.reader = Recent(GUEST_MS)
        self._radio = radio
        self._now = now
        self._dns = None
        self._look_at = None

    def start(self, pool, channel):
        """Switch the access point on. Raises RuntimeError or OSError if that fails."""
        import select

        import wifi

        from appliance.network.captive_dns import CaptiveDns

        radio = self._radio
        radio.enabled = True
        radio.start_ap(
            self.name,
            self.password,
            channel=channel,
            authmode=(wifi.AuthMode.WPA2, wifi.AuthMode.PSK),
            max_connections=MOST_GUESTS,
        )
        self._went_on_air()
        self._dns = CaptiveDns(pool, select.poll(), ADDRESS, SUBNET, self.guest_seen)

    def _went_on_air(self):
        self.active = True
        self._look_at = ticks_add(self._now(), LOOK_MS)
        self.guest.forget()
        self.reader.forget()

    def wants_look(self, now):
        """True once, some time after the start."""
        return expired(self._look_at, now)

    def is_on_air(self):
        """True if the radio says that it is on."""
        self._look_at = None
        return self._radio.ap_active

    def stop(self):
        """Switch the access point off."""
        self.active = False
        self._look_at = None
        dns, self._dns = self._dns, None
        if dns is not None:
            dns.close()
        self._radio.stop_ap()

    def poll(self, now):
        """One piece of the name server; True when there was something to do."""
        self.guest.holds(now)
        self.reader.holds(now)
        return self._dns is not None and self._dns.poll()

    def guest_seen(self):
        """A phone asked for something."""
        self.guest.mark(self._now())

    def reader_seen(self):
        """Somebody has the set-up page open."""
        self.reader.mark(self._now())
