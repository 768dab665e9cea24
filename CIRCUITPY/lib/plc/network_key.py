# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The key (NMK) of the box's own power line network: generated, given to the modem, and given again after it was lost.

Apart from ``plc.slac`` because a modem needs its key first: it gets it while SLAC is still being loaded.
"""

from plc import mme
from plc.ticks import expired, ticks_add, ticks_diff

# The box's own, in ms.
TIMERS_MS = {
    "BOX_set_key": 1000,  # a cold modem takes 180 ms for its first CM_SET_KEY.CNF
    "BOX_restarted": 10000,  # further reports of a restart are ignored for this long
}
TRIES = 5


class NetworkKey:
    """``mac`` (6 bytes) is the host's MAC, not the modem's. ``frames`` (to send, in order) and ``events`` are lists that
    the owner empties. Events: ("key_set",), ("restarted",), ("firmware", text), ("failed", cause, None).

    ``confirmed``: the modem holds ``nmk`` (16 bytes), from which ``nid`` (7) follows.
    """

    def __init__(self, mac, random_bytes):
        self.mac = bytes(mac)
        self.frames = []
        self.events = []
        self.ignored = 0
        self.confirmed = False
        self.nmk = b""
        self.nid = b""
        self._random_bytes = random_bytes
        self._nonce = b""
        self._due = None
        self._tries = 0
        self._firmware_asked = False
        self._modem_mac = None  # known from its first answer on
        self._restarted_at = None

    def renew(self, now):
        """Leave the present network by setting a new NMK, the only reliable way [V2G3-M09-17]."""
        self.nmk = bytes(self._random_bytes(16))
        self.nid = mme.nid_from_nmk(self.nmk)
        self._nonce = bytes(self._random_bytes(4))
        self._tries = 0
        self._send(now)

    def modem_gone(self):
        """The modem stopped answering: send nothing before ``renew``."""
        self._due = None
        self.confirmed = False
        self._firmware_asked = False

    def receive(self, kind, frame, now):
        """A message of our own modem: ``kind`` is in ``mme.LAYOUT``, and ``frame`` is at least as long as that says."""
        if kind == mme.CM_SET_KEY_CNF:
            self._answer(frame)
        elif kind == mme.VS_HOST_ACTION_IND:
            self._host_action(frame, now)
        elif kind == mme.VS_SW_VER_CNF:
            self.events.append(("firmware", mme.firmware_version(frame)))

    def poll(self, now):
        """Send the key again if the modem did not confirm it in time."""
        if self._due is not None and expired(self._due, now):
            if self._tries % TRIES == 0:
                self.events.append(("failed", "modem_silent", None))
            self._send(now)

    def _send(self, now):
        self.confirmed = False
        self._tries += 1
        self._due = ticks_add(now, TIMERS_MS["BOX_set_key"])
        self.frames.append(mme.set_key_req(self.mac, self._nonce, self.nmk, self.nid))

    def _answer(self, frame):
        accepted, nonce = mme.set_key_result(frame)
        if nonce != self._nonce or self._due is None:
            self.ignored += 1
            return
        if not accepted:
            self.events.append(("failed", "key_refused", None))  # the timer tries again
            return
        self.confirmed = True
        self._due = None
        self._modem_mac = mme.source(frame)
        self.events.append(("key_set",))
        if not self._firmware_asked:
            self._firmware_asked = True
            self.frames.append(mme.vendor_req(self.mac, mme.VS_SW_VER_REQ))

    def _host_action(self, frame, now):
        """Answer the modem's request, or it comes again. Action 0 from a modem that had its key: its firmware restarted.

        Other actions follow a write of the modem's parameters.
        """
        modem_mac = mme.source(frame)
        if self._modem_mac is not None and modem_mac not in (self._modem_mac, mme.LOCAL_MODEM):
            self.ignored += 1  # another modem's, through the power line
            return
        self.frames.append(mme.host_action_rsp(self.mac, modem_mac))
        if mme.host_action(frame) != 0 or not self.confirmed:
            return
        if self._restarted_at is not None:
            if 0 <= ticks_diff(now, self._restarted_at) < TIMERS_MS["BOX_restarted"]:
                return
        self._restarted_at = now
        self.events.append(("restarted",))
