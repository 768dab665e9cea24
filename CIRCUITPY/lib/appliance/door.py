# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Lets cars in while most of the box is still being loaded.

What a session needs is there, and a car repeats its search for 10 s only. So the box's one loop begins here, without any
piece; what it tells is kept in a Notebook until there is a story to tell it to. While a car is in a session nothing is
loaded. Where the SmartEVSE has to be asked before a car is answered, WiFi and the question come first (``asking``), and
nobody is let in before it has answered.
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

# A frame that waits in the modem is heard in the first; more than enough for what one turn leaves behind.
_LEAST_TURNS = 3
# A car that was heard searches again within so long, and the rest of the box waits for it, for so long at most.
SEARCH_MS = 13000
PATIENCE_MS = 15000
# So many lines are kept, then none of cars that only search: in a garage they do so all the time.
MOST_LINES = 150
_OF_SEARCHES = ("searching", "search_ended", "checkpoint")


class Notebook:
    """Stands in for the story: keeps what loop, WiFi, SmartEVSE and watchdog tell, with the time and what of the protocol
    stack goes with it."""

    seconds = millis = 0

    def __init__(self):
        # The tick from which time is counted, by the box as well.
        self.opened_at = None
        self.status = self
        self.uptime = self
        # (name of a function of the story; the tick when it matters, else None; its arguments)
        self.lines = []
        # When a car was heard that has not been read yet.
        self.heard_at = None
        # Learns every event of the protocol stack at once: follower(event, now).
        self.follower = None

    def advance(self, now):
        """As the uptime, which is not loaded yet."""
        passed_ms = ticks_diff(now, self.opened_at)
        self.seconds, self.millis = passed_ms // 1000, passed_ms % 1000

    def watch(self, _modem_status, _stage):
        """There is no status yet."""

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
        """Tell everything to ``story``, each at its time."""
        lines, self.lines = self.lines, []
        for name, now, arguments in lines:
            if now is not None:
                story.status.uptime.advance(now)
            getattr(story, name)(*arguments)


class _Then:
    """What a story may want to know of a protocol stack, as it was when it told something."""

    def __init__(self, secc):
        self.car_address = secc.car_address
        self.attenuation = secc.slac.attenuation
        self.slac = self


class Door:
    """``loop`` and ``frames`` are the box's from now on, None while nobody is let in. ``early`` has the modem."""

    def __init__(self, early):
        self.loop = None
        self.frames = None
        self.notebook = Notebook()
        # WiFi and SmartEVSE, once they have begun; the box's as well.
        self.asking = None
        self._wanted = None
        self._must_ask = False
        # True while the settings have to be read to know what they want.
        self.needs_settings = False
        self._early = early
        self._config = None
        # Else the box comes to it, and there is no hurry.
        if early.modem_has_key() and not memory.kept().without_settings:
            self.attempt(self._open_as_kept)

    def attempt(self, open_it):
        """Have it opened by ``open_as_set`` or ``open_if_asked``."""
        try:
            open_it()
        except Exception as error:
            # Whatever it is: the box comes to it again, and tells it.
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
        """Open it if the settings say so."""
        from appliance.settings import ahead, reading

        wanted = self._wanted = reading.load(hardware.settings_path(), ahead.saved(_root()))
        if self._early.is_open_as(wanted):
            self._open(wishes.secc_config(wanted, _can_ask(wanted["SMARTEVSE_URL"])))

    def open_if_asked(self):
        """Where that has to be, ask the SmartEVSE, and open when it answers."""
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
                # Whoever searches is not let in.
                self.notebook.heard_at = None

    def _open(self, config):
        self._config = config
        # v2g.admission lets nobody in before.
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
        """Move the modem; comes back as soon as no car is in a session, or soon will be."""
        loop = self.loop
        if loop is None:
            if self.asking is not None:
                # It has the watchdog at its usual time, and much is still to be loaded.
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
    # Not loaded yet: nothing was mounted.
    return hardware.owner_root(sys.modules.get("slots"))


def _can_ask(url):
    if not url:
        return False
    from appliance.smartevse.target import Target

    return Target(url).is_smartevse


def _feed_watchdog():
    """``code.py`` or ``asking`` has armed it; a session takes longer than it waits. Without one there is nothing to feed."""
    try:
        microcontroller.watchdog.feed()
    except Exception:
        return
