# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Lets cars in while most of the box is still being loaded.

A car repeats its search for 10 s only, and what a session needs is loaded by now. So the box's loop begins here, without
any pieces; its events are kept in a Notebook until the Story is loaded. While a car is in a session nothing is loaded.
Where the SmartEVSE has to be asked before a car is answered, WiFi and the question come first (``asking``).
"""

import os
import sys
import time

import microcontroller
from plc.slac import Slac
from plc.ticks import ticks_diff
from v2g.secc import Secc

from appliance import hardware
from appliance.loop import IDLE_S, Loop
from appliance.settings import wishes
from appliance.state.frame_ring import FrameRing
from appliance.storage import memory

# Turns between two parts of the load: the first takes the frames that wait in the modem, the others finish what it began.
_LEAST_TURNS = 3
# A car that was heard searches again within SEARCH_MS; the load waits for it, until PATIENCE_MS after the opening.
SEARCH_MS = 13000
PATIENCE_MS = 15000
# Beyond this many lines those of searches are not kept: in a garage cars search all the time.
MOST_LINES = 150
_OF_SEARCHES = ("searching", "search_ended", "checkpoint")


class Notebook:
    """Stands in for the Story: keeps what loop, WiFi, SmartEVSE and watchdog report, with the time and, for an event, what
    the Story reads from the protocol stack. It is its own ``status`` and ``uptime``."""

    seconds = millis = 0

    def __init__(self):
        # The tick from which the uptime counts; the box goes on with it.
        self.opened_at = None
        self.status = self
        self.uptime = self
        # (name of a method of Story; tick, or None where it does not matter; arguments)
        self.lines = []
        # The tick when a car was heard that was not read yet, or None.
        self.heard_at = None
        # follower(event, now) gets every event of the protocol stack at once.
        self.follower = None

    def advance(self, now):
        """As ``Uptime.advance``, which is not loaded yet."""
        passed_ms = ticks_diff(now, self.opened_at)
        self.seconds, self.millis = passed_ms // 1000, passed_ms % 1000

    def watch(self, _modem_status, _stage):
        """As ``Status.watch``: nothing to do yet."""

    def event(self, event, secc, now):
        if self.follower is not None:
            self.follower(event, now)
        if len(self.lines) < MOST_LINES or event[0] not in _OF_SEARCHES:
            self.lines.append(("event", now, (event, _Then(secc), now)))
        if event[0] == "searching":
            self.heard_at = now
        elif event[0] == "session_end":
            self.heard_at = None

    def tell(self, event):
        self.lines.append(("tell", None, (event,)))

    def part_failed(self, code, error):
        self.lines.append(("part_failed", None, (code, error)))

    def asked(self, state, cause):
        self.lines.append(("asked", None, (state, cause)))

    def read_to(self, story):
        """Pass everything on to ``story``, each at its time."""
        lines, self.lines = self.lines, []
        for name, now, arguments in lines:
            if now is not None:
                story.status.uptime.advance(now)
            getattr(story, name)(*arguments)


class _Then:
    """What the Story reads from the protocol stack (a ``Secc``), as it was at the time of an event."""

    def __init__(self, secc):
        self.car_address = secc.car_address
        self.attenuation = secc.slac.attenuation
        self.slac = self


class Door:
    """``loop`` and ``frames``: taken over by the box; None while nobody is let in. ``early`` has the modem."""

    def __init__(self, early):
        self.loop = None
        self.frames = None
        self.notebook = Notebook()
        # An ``asking.Asking`` once there is one; taken over by the box as well.
        self.asking = None
        self._wanted = None
        self._must_ask = False
        # True if the settings have to be read first, because nothing was kept of them that still holds.
        self.needs_settings = False
        self._early = early
        self._config = None
        # Otherwise nobody is let in before the box is loaded.
        if early.modem_has_key() and not memory.kept().without_settings:
            self.attempt(self._open_as_kept)

    def attempt(self, open_it):
        """Call ``open_it``, a method of this object. If it raises, nobody is let in yet."""
        try:
            open_it()
        except Exception as error:
            # The box will meet the same error again and report it.
            print("nobody is let in yet:", error)
            self.loop = None

    def _open_as_kept(self):
        mark = wishes.mark_of(hardware.settings_files(sys.modules.get("slots")))
        config = wishes.kept_config(memory.kept(), mark)
        if config is None:
            self.needs_settings = True
        else:
            self._open(config)

    def open_as_set(self):
        """Read the settings and let cars in, if the modem was opened as they say."""
        from appliance.settings import ahead, reading

        wanted = self._wanted = reading.load(hardware.settings_path(), ahead.saved(_root()))
        if self._early.is_open_as(wanted):
            self._open(wishes.secc_config(wanted, _can_ask(wanted["SMARTEVSE_URL"])))

    def open_if_asked(self):
        """If the SmartEVSE has to be asked first, ask it, and let cars in if it answers."""
        if not self._must_ask:
            return
        from appliance.asking import Asking
        from appliance.settings import ahead

        wanted = self._wanted or ahead.FewSettings(os.getenv, ahead.saved(_root()))
        if self._early.radio is None or not wanted["WIFI_SSID"]:
            return
        self.asking = Asking(self._early, wanted, self.notebook)
        self.notebook.follower = self.asking.follow
        state = self.asking.ask(self._early.serve)
        if state is not None and self._early.modem_has_key():
            self._begin()
            self.loop.secc.admission.evse_state(state.seen, self._early.ticks())
            if self.asking.charging:
                # A car that searches now will not be answered, so the load need not wait for it.
                self.notebook.heard_at = None

    def _open(self, config):
        self._config = config
        # With these v2g.admission lets nobody in before the SmartEVSE was asked.
        self._must_ask = config["can_ask"] and config["answer"] in ("auto", "modem_phase")
        if not self._must_ask:
            self._begin()

    def _begin(self):
        self.frames = FrameRing()
        early = self._early
        self.loop = Loop(early.bus.modem, self._new_secc, self.notebook, self.frames, early.ticks, _feed_watchdog)
        self.notebook.opened_at = early.ticks()
        self.notebook.heard_at = early.heard_at
        self.loop.go_on(self.notebook.opened_at)

    def _new_secc(self):
        early = self._early
        slac = Slac(early.mac, early.entropy.random_bytes, early.key)
        return Secc(early.mac, early.entropy.random_bytes, self._config, slac)

    def serve(self):
        """Move the modem. Returns when no car is in a session, or may soon be."""
        loop = self.loop
        if loop is None:
            if self.asking is not None:
                # Asking has set the watchdog to its usual time, and much is still to be loaded.
                _feed_watchdog()
            self._early.serve()
            return
        turns = 0
        while turns < _LEAST_TURNS or loop.has_car() or self._expects_a_car():
            turns += 1
            if not loop.turn():
                time.sleep(IDLE_S)
        if self.asking is not None:
            self.asking.deliver()

    def _expects_a_car(self):
        now = self._early.ticks()
        heard_at = self.notebook.heard_at
        if heard_at is None or ticks_diff(now, self.notebook.opened_at) > PATIENCE_MS:
            return False
        return ticks_diff(now, heard_at) < SEARCH_MS


def _root():
    # If ``slots`` is not loaded, no version was mounted.
    return hardware.owner_root(sys.modules.get("slots"))


def _can_ask(url):
    if not url:
        return False
    from appliance.smartevse.target import Target

    return Target(url).is_smartevse


def _feed_watchdog():
    """Feed the watchdog that ``code.py`` or ``asking`` started, as a session takes longer than its time. Without one, or if
    it does not run, there is nothing to do."""
    try:
        microcontroller.watchdog.feed()
    except Exception:
        return
