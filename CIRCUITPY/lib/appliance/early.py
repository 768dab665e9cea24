# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The modem while most of the program is still being loaded: it gets its key, and no car is answered yet.

A car repeats its search for 10 s only, and a modem takes a while for a new key, so it gets it before everything else is
loaded. The box goes on with these objects.
"""

import os
import time

import microcontroller
import supervisor
from plc import mme
from plc.network_key import NetworkKey
from plc.ticks import expired, ticks_add

from appliance import bus
from appliance.base.entropy import Entropy
from appliance.modem import setting
from appliance.modem.wiring import KeptWiring, pins_in
from appliance.storage import memory

# A running modem takes its key within 0.2 s; one that takes longer is left to the loop.
KEY_MS = 400
IDLE_S = 0.002
_FRAMES_A_TURN = 8
_SLAC_PARM_REQ = 0x6064  # CM_SLAC_PARM_REQ of plc.mme_slac, which is loaded later
_NEVER = 1 << 16  # least length of a message that nobody reads: no frame is as long


class Early:
    """``bus``: the ModemBus, or None if it could not be opened; the box tries again and reports why. ``wiring``: the
    KeptWiring that told how to open it. ``heard_at``: tick of the last CM_SLAC_PARM.REQ, which nobody answered. ``times``:
    {name in the bring-up report: tick when that part first worked}."""

    def __init__(self):
        self.ticks = supervisor.ticks_ms
        bus.quiet_display()
        self.radio = bus.open_radio()
        self.mac = bus.own_mac(self.radio)
        self.entropy = Entropy(self.mac + bytes(microcontroller.cpu.uid), self.ticks)
        self.key = NetworkKey(self.mac, self.entropy.random_bytes)
        self.generation = 0
        self.bus = None
        self.wiring = None
        self.heard_at = None
        self.times = {}
        try:
            self._open_as_kept()
        except Exception as error:
            print("modem not opened yet:", error)

    def _open_as_kept(self):
        kept = memory.kept()
        self.wiring = KeptWiring(kept, os.getenv)
        names, clock_hz = self.wiring.of_file() if kept.without_settings else self.wiring.wanted()
        self.open(names, setting.first(kept, clock_hz))

    def open(self, names, first):
        """The modem on the pins ``names`` with ``first`` (SPI mode, clock in Hz): the one that is open, if it fits."""
        if self.bus is not None and not self.bus.same(names, first):
            self.close()
        if self.bus is None:
            self.bus = bus.ModemBus(names, first)
        return self.bus.modem

    def is_open_as(self, wanted):
        """True if the modem is open as the settings ``wanted`` say."""
        return self.bus.same(pins_in(wanted), setting.first(memory.kept(), wanted["MODEM_SPI_HZ"]))

    def close(self):
        """Release the modem's pins and forget its key."""
        if self.bus is not None:
            self.bus.close()
        self.bus = None
        self.generation = 0
        self.times.pop("modem", None)
        self.times.pop("key", None)
        self.key = NetworkKey(self.mac, self.entropy.random_bytes)

    def give_key(self):
        """Serve the modem until it has its key, for KEY_MS at most."""
        limit = ticks_add(self.ticks(), KEY_MS)
        while self.bus is not None and not self.key.confirmed and not expired(limit, self.ticks()):
            self.serve()
            time.sleep(IDLE_S)
        self.serve()

    def serve(self):
        """One turn: move the modem and the key. Messages of cars are not answered."""
        if self.bus is None:
            return
        now = self.ticks()
        modem = self.bus.modem
        modem.poll(now)
        if modem.generation != self.generation:
            self.generation = modem.generation
            self.key.renew(now)
        elif not modem.ready and self.key.confirmed:
            self.key.modem_gone()
        for _ in range(_FRAMES_A_TURN):
            frame = modem.receive()
            if frame is None:
                break
            self._take(frame, now)
        if modem.ready:
            self.times.setdefault("modem", now)
            self.key.poll(now)
        if self.key.confirmed:
            self.times.setdefault("key", now)
        while self.key.frames and modem.send(self.key.frames[0]):
            self.key.frames.pop(0)

    def _take(self, frame, now):
        if mme.is_mme(frame):
            kind = mme.mmtype(frame)
            if kind == _SLAC_PARM_REQ:
                self.heard_at = now
            if len(frame) >= mme.LAYOUT.get(kind, _NEVER):
                self.key.receive(kind, frame, now)

    def modem_has_key(self):
        """True if the modem is ready, and a key was sent to it since it became ready."""
        return self.bus is not None and self.bus.modem.ready and self.bus.modem.generation == self.generation
