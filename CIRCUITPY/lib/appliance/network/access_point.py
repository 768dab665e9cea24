# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box's own access point, for setting up WiFi with a phone and nothing typed twice.

Its password is random, made once and kept (storage/secrets.py): name and password stay the same for ever, and no power
cut makes the label somebody wrote stale. It is not made from the chip's number: that is the radio's address, which
every neighbour reads off the air.
"""

from plc.ticks import expired, ticks_add

from appliance.base.recent import Recent

NAME = "socbox-%02X%02X"
ADDRESS = "192.168.4.1"
SUBNET = "192.168.4."
MOST_GUESTS = 4
# Whoever asked for something within this time is still there; with the page open it asks every five seconds.
GUEST_MS = 120000
# start_ap throws away what the chip answers, so the radio is asked afterwards; one that starts does it in less.
LOOK_MS = 1000


def qr_text(ssid, password):
    """What phones' cameras take for a WiFi network. Neither text has a letter that needs an escape."""
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
        """Go on the air. RuntimeError, OSError when that cannot be."""
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
        """What the radio says; it was looked at then."""
        self._look_at = None
        return self._radio.ap_active

    def stop(self):
        """Leave the air."""
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
