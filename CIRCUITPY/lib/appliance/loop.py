# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The one loop of the box.

    each pass:  modem.poll -> frames -> secc -> frames -> modem.send      first, always
                one piece: web, display, WiFi watch                   not while a car is matched
                else one slow piece: join, SmartEVSE, gc.collect      not while a session is active
                else sleep 2 ms, or 10 if nothing happened for a while and no car is there

Frames must be answered within 100 ms, and the modem holds two or three of them. A piece is a step of at most 50 ms,
and there is one in a pass, so a frame never waits longer than that. An exception in a piece does not end the loop:
the piece is left out for a while. A session that fails is replaced by a new one. A pass in which nothing happens
allocates nothing, because a collection takes up to 200 ms.
"""

from plc.ticks import expired, ticks_add, ticks_diff

from appliance.state.frame_ring import FROM_BOX, TO_BOX
from appliance.state.histogram import Histogram

# Frames taken from the modem in one pass: the sounds come three frames at a time.
FRAMES_A_PASS = 8
MOST_UNSENT = 32
# A web client that never stops asking must not keep a reading from being delivered.
MOST_BUSY_PASSES = 20
# The modem was sent five keys and answered none, or refused them all.
MODEM_SILENT = ("failed", "modem_silent")
# Causes of a restart of the modem.
BY_ITSELF, BY_THE_BOX = "modem_rebooted", "modem_reset"
# A V2G message takes up to 40 ms to read and answer. After such a pass the modem comes before the next piece, which may
# take 50 ms as well; but not twice in a row, or a car that never stops would keep everything else from running.
LONG_PROTOCOL_MS = 15
# Sleep after a pass in which nothing happened. Without a car, after QUIET_PASSES of them (a second), it is longer: nobody
# notices, and the chip stays cooler. Not sooner, because a browser fetches the files of a page one after the other.
IDLE_S = 0.002
ALONE_S = 0.01
QUIET_PASSES = 200
# A matching lasts 5 s at most. After this time without a pause, with several cars in turn or one that does not hear us and
# keeps trying, everything else goes on all the same.
MATCHING_MS = 15000
MODEM_FIRST_MS = 4000  # a modem boots in 1 s; without one the driver says so after 3 s

# If sessions fail more often than this within the window, the board is restarted.
MOST_FAILURES = 5
FAILURE_WINDOW_S = 60


class Loop:
    """Moves everything. ``story`` (``appliance.story``) gets the events of the protocol stack and what failed.

    ``new_secc()`` makes a fresh protocol stack, a ``v2g.secc.Secc``. ``work`` counts the passes that were not idle.
    """

    def __init__(self, modem, new_secc, story, frames, ticks, feed_watchdog):
        self.modem = modem
        self.secc = new_secc()
        self.passes = Histogram()
        self.slow = Histogram()
        self.failures = 0
        self.frames_lost = 0
        self.parameters = None
        """``receive(frame, now)`` of this takes answers about the modem's parameters. They may contain keys, so they are not
        recorded."""
        self.work = 0
        self.held = False
        self._new_secc = new_secc
        self._tell_to(story)
        self._frames = frames
        self._ticks = ticks
        self._feed_watchdog = feed_watchdog
        self._pieces = self._slow_pieces = None
        self._waited = False
        self._matched_by = None
        self._endless = False
        self._busy_passes = 0
        self._starting = True
        self._modem_due = None
        self._unsent = []
        self._generation = 0
        self._modem_ready = False
        self._window_s = 0
        self._window_failures = 0

    def adopt(self, new_secc, story, feed_watchdog):
        """Replace what a loop that began before the box was given."""
        self._new_secc = new_secc
        self._tell_to(story)
        self._feed_watchdog = feed_watchdog

    def _tell_to(self, story):
        self._story = story
        self._status = story.status
        story.number_taken = self._number_taken

    def _number_taken(self):
        self.secc.admission.delivered()

    def add_piece(self, name, piece):
        """Add a piece for passes in which no car is being matched: ``poll(now)`` returns True if it did anything."""
        self._begin_rounds()
        self._pieces.add(name, piece)

    def add_slow_piece(self, name, piece):
        """Add a piece that may block for seconds, ``run(now)`` if ``due(now)``: only while no car session is active."""
        self._begin_rounds()
        self._slow_pieces.add(name, piece)

    def _begin_rounds(self):
        if self._pieces is None:
            from appliance.pieces import Pieces

            self._pieces = Pieces(None, self._ticks, self._piece_failed)
            self._slow_pieces = Pieces(self.slow, self._ticks, self._piece_failed)

    def run(self, sleep):
        """Never returns; raises only if sessions fail again and again. ``sleep(seconds)`` ends an idle pass."""
        quiet = 0
        while True:
            if self.turn():
                quiet = 0
            elif quiet < QUIET_PASSES or self.secc.active:
                quiet += 1
                sleep(IDLE_S)
            else:
                sleep(ALONE_S)

    def has_car(self):
        """True while a car is matching or in a session: nothing slow is done then."""
        return self.secc.active and not self._endless

    def hold(self):
        """Let cars wait while the modem is written and restarted: their frames are dropped, and they repeat them."""
        self.held = True
        self._unsent = []
        self.secc.modem_lost(self._ticks(), BY_THE_BOX)

    def release(self, now):
        """End ``hold``."""
        if self.held:
            self.held = False
            if self.modem.ready:
                self.secc.modem_ready(now)

    def turn(self):
        """One pass; True if it did anything."""
        now = self._ticks()
        self._status.uptime.advance(now)
        self._feed_watchdog()
        try:
            busy = self._protocol(now)
        except Exception as error:
            self._session_failed(error, now)
            return True
        matching = self.secc.matching
        if not matching:
            self._matched_by = None
        elif self._matched_by is None:
            self._matched_by = ticks_add(now, MATCHING_MS)
        self._endless = expired(self._matched_by, now)
        if self._pieces is not None and (self._endless or not matching) and not self._pieces_wait(now):
            busy = self._pieces.one(now) or busy
            self._busy_passes = self._busy_passes + 1 if busy else 0
            if not self.has_car() and (not busy or self._busy_passes > MOST_BUSY_PASSES):
                self._busy_passes = 0
                if not (self._starting and self._modem_first(now)) and self._slow_pieces.one(now):
                    self.work += 1
                    return True
        self.passes.add(ticks_diff(self._ticks(), now))
        if busy:
            self.work += 1
        return busy

    def _pieces_wait(self, now):
        long = self.secc.active and ticks_diff(self._ticks(), now) > LONG_PROTOCOL_MS
        self._waited = long and not self._waited
        return self._waited

    # ---- frames

    def _protocol(self, now):
        modem, secc = self.modem, self.secc
        modem.poll(now)
        busy = modem.generation != self._generation
        if busy:
            self._modem_came(now)
        elif self._modem_ready and not modem.ready:
            self._modem_ready = False
            secc.modem_lost(now, BY_THE_BOX if modem.status == "RESETTING" else BY_ITSELF)
        busy = self._receive(modem, secc, now) or busy
        secc.poll(now)
        self._collect(secc.take_frames())
        busy = self._send(modem) or busy
        for event in secc.take_events():
            self._story.event(event, secc, now)
            if event == MODEM_SILENT:
                modem.restart(now)
            busy = True
        self._status.watch(modem.status, secc.stage)
        return busy

    def _receive(self, modem, secc, now):
        for count in range(FRAMES_A_PASS):
            frame = modem.receive()
            if frame is None:
                return count > 0
            if self.parameters is not None and self.parameters.receive(frame, now):
                continue
            if self.held:
                continue
            self._frames.add(TO_BOX, frame, self._status.uptime)
            secc.receive(frame, now)
            # Send now: an answer is due within 100 ms, however many frames are still waiting.
            self._collect(secc.take_frames())
            self._send(modem)
        return True

    def _collect(self, frames):
        for frame in frames:
            self._frames.add(FROM_BOX, frame, self._status.uptime)
            if len(self._unsent) < MOST_UNSENT:
                self._unsent.append(frame)
            else:
                self.frames_lost += 1

    def _send(self, modem):
        sent = False
        while self._unsent and modem.send(self._unsent[0]):
            self._unsent.pop(0)
            sent = True
        return sent

    def go_on(self, now):
        """Begin with a modem that was ready before there was a loop, and has its key from the stack's ``slac``."""
        self._modem_is_there(now)
        self.secc.modem_has_key()

    def _modem_came(self, now):
        if self._modem_is_there(now):
            self.secc.modem_ready(now)

    def _modem_is_there(self, now):
        """Notes and reports that the modem became ready; False, and not reported, during ``hold``."""
        self._generation = self.modem.generation
        self._modem_ready = True
        # Frames for the network before the restart are of no use after it.
        self._unsent = []
        if self.held:
            # It was restarted on purpose, and is not for cars yet.
            return False
        why = None
        if self._generation > 1:
            why = BY_THE_BOX if self.modem.was_reset else BY_ITSELF
        self._story.event(("modem", self.modem.setting_text, why), self.secc, now)
        return True

    def _modem_first(self, now):
        """True while, after a start, the modem's key goes before slow pieces: a join blocks for seconds, and a car may be
        waiting."""
        if self._modem_due is None:
            self._modem_due = ticks_add(now, MODEM_FIRST_MS)
        if self.secc.stage == "NO_KEY" and not expired(self._modem_due, now):
            return True
        self._starting = False
        return False

    # ---- defects of our own

    def _piece_failed(self, name, error):
        self.failures += 1
        self._story.tell(("piece_failed", name, error))

    def _session_failed(self, error, now):
        """Report the error and replace the protocol stack; raise it if that happens again and again."""
        self.failures += 1
        self._story.tell(("session_failed", error))
        seconds = self._status.uptime.seconds
        if seconds - self._window_s > FAILURE_WINDOW_S:
            self._window_s = seconds
            self._window_failures = 0
        self._window_failures += 1
        if self._window_failures > MOST_FAILURES:
            raise error
        self._unsent = []
        self.secc = self._new_secc()
        if self.modem.ready:
            self.secc.modem_ready(now)
