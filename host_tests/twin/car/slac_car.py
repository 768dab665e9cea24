# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The car's half of SLAC (ISO 15118-3 A.9), sans-IO.

    IDLE -> PARM -> START -> SOUNDS -> RESULTS -> [VALIDATE] -> MATCH -> KEY -> JOIN -> MATCHED
              ^                 any failure: PAUSE, then the next round                    |
              '----------------------------------------------------------------------------'

The car hears every charger in range: it answers each CM_ATTEN_CHAR.IND and asks the one with the lowest
average to match. Frames with a wrong constant are dropped with a complaint, so a deviating station ends
in the car's retries. `now` is a plain count of milliseconds.
"""

from host_tests.twin.car import frames
from host_tests.twin.car.ledger import earlier

# ISO 15118-3 table A.1, ms
TT_MATCH_RESPONSE_MS = 200
TT_EV_ATTEN_RESULTS_MS = 1200
TT_MATCH_JOIN_MS = 12000
C_EV_START_ATTEN_CHAR_INDS = 3


class SlacCar:
    """Matching and joining; `state` as in the drawing, `evse_mac` the station chosen."""

    def __init__(self, mac, random_bytes, habits, book):
        self.mac = mac
        self.random_bytes = random_bytes
        self.habits = habits
        self.book = book
        self.run_id = bytes(8)
        self.rounds = 0
        self.marks = []  # (name, ms) for tests that measure the station
        self.on_mac = None  # called with each new MAC of a car that rotates it
        self.state = "IDLE"
        self._clear()

    def _clear(self):
        self.evse_mac = None
        self.due = None
        self.sent = 0
        self.plan = []
        self.confirmed = []
        self.offers = []  # [evse_mac, mean in 1/100 dB, answered]
        self.window_start = None
        self.decide_at = None
        self.key = None

    # ---- life

    def start(self, now):
        """Begin matching anew, e.g. because the pilot showed 5 %."""
        self.rounds = 0
        self._new_round(now)

    def stop(self):
        self.state = "IDLE"
        self._clear()

    def link(self, up, now):
        """What the car's modem says about the network."""
        if up and self.state == "JOIN":
            self.state = "MATCHED"
            self.due = None
            self.marks.append(("link", now))
            self.book.event("slac_matched", self.evse_mac)
        elif not up and self.state == "MATCHED":
            self.state = "IDLE"

    def _new_round(self, now):
        self._clear()
        if self.habits["mac_rotates"]:
            self.mac = self.mac[0:3] + self.random_bytes(3)
            self.on_mac(self.mac)
        self.run_id = self._next_run_id()
        self.state = "PARM"
        self.due = now

    def _next_run_id(self):
        mode = self.habits["run_id"]
        if mode == "tesla":
            return b"TESLA EV"
        if mode == "mac":
            return self.mac + b"\x00\x00"
        if isinstance(mode, bytes):
            return mode
        return self.random_bytes(8)

    def fail(self, reason, now):
        """End of this round; the next begins after the habit's pause, or never."""
        self.book.event("slac_failed", reason)
        self.marks.append(("failed", now))
        self.rounds += 1
        self._clear()
        most = self.habits["slac_rounds"]
        if most is not None and self.rounds >= most:
            self.state = "FAILED"
            return
        pauses = self.habits["slac_pauses_ms"]
        self.state = "PAUSE"
        self.due = now + pauses[min(self.rounds, len(pauses)) - 1]

    def next_due(self):
        """When poll() has something to do, in ms; None: only when a frame comes."""
        return earlier(self.due, self.plan[0][0] if self.plan else None)

    def poll(self, now):
        while self.plan and now >= self.plan[0][0]:
            due, kind, item = self.plan.pop(0)
            self._act(kind, item, due)
        while self.due is not None and now >= self.due:
            {
                "PARM": self._send_parm,
                "SOUNDS": self._results_over,
                "RESULTS": self._results_over,
                "VALIDATE": self._send_validate,
                "MATCH": self._send_match,
                "KEY": self._send_key,
                "JOIN": self._join_over,
                "PAUSE": self._new_round,
            }[self.state](now)

    def _schedule(self, due, kind, item):
        place = len(self.plan)
        while place and self.plan[place - 1][0] > due:
            place -= 1
        self.plan.insert(place, (due, kind, item))

    def _act(self, kind, item, due):
        if kind == "start":
            if self.window_start is None:
                self._begin_window(due)
            frame = frames.start_atten_char_ind(self.mac, self.run_id, self.habits["sounds"])
        elif kind == "sound":
            frame = frames.mnbc_sound_ind(self.mac, self.run_id, item, self._filling())
        elif kind == "parm":
            frame = frames.slac_parm_req(self.mac, self.run_id)
        else:
            frame = frames.atten_char_rsp(self.mac, item, self.run_id)
            self._answered(item, due)
        self.book.send(frame)

    def _filling(self):
        filling = self.habits["sound_filling"]
        return filling if filling else self.random_bytes(16)

    # ---- CM_SLAC_PARM

    def _send_parm(self, now):
        intervals = self.habits["parm_intervals_ms"]
        if self.sent >= self.habits["parm_sends"]:
            self.fail("no CM_SLAC_PARM.CNF", now)
            return
        self.book.send(frames.slac_parm_req(self.mac, self.run_id))
        if self.sent == 0:
            self.marks.append(("parm_req", now))
            self.book.event("slac_parm_req", self.run_id)
        if self.habits["parm_twice_ms"]:
            self._schedule(now + self.habits["parm_twice_ms"], "parm", None)
        self.due = now + intervals[self.sent % len(intervals)]
        self.sent += 1

    def _parm_cnf(self, frame, now):
        if self.state not in ("PARM", "START", "SOUNDS"):
            return
        if not self._accept("CM_SLAC_PARM.CNF", frames.check_slac_parm_cnf(frame, self.mac, self.run_id)):
            return
        source = bytes(frame[6:12])
        if source not in self.confirmed:
            self.confirmed.append(source)
        if self.state != "PARM":
            return
        self.marks.append(("parm_cnf", now))
        self.state = "START"
        self.due = None
        self._plan_sounds(now + self.habits["start_delay_ms"])

    def _plan_sounds(self, first):
        habits = self.habits
        spacing = habits["batch_interval_ms"]
        when = first
        for _ in range(C_EV_START_ATTEN_CHAR_INDS):
            self._schedule(when, "start", None)
            when += spacing
        when += habits["first_sound_gap_ms"] - spacing
        for number in range(habits["sounds"]):
            for late, extra_ms in habits["sounds_late"]:
                if late == number:
                    when += extra_ms
            if number not in habits["sounds_lost"]:
                self._schedule(when, "sound", habits["sounds"] - 1 - number)
            when += spacing

    def _begin_window(self, now):
        self.window_start = now
        self.state = "SOUNDS"
        self.marks.append(("start_atten", now))
        self.due = now + TT_EV_ATTEN_RESULTS_MS

    # ---- CM_ATTEN_CHAR

    def _atten_char_ind(self, frame, now):
        source = bytes(frame[6:12])
        if self.window_start is None:
            if self.state in ("PARM", "START"):
                self.book.complain("SLAC: CM_ATTEN_CHAR.IND before any sound")
            return
        problems = frames.check_atten_char_ind(frame, self.mac, self.run_id, self.habits["sounds"])
        if not self._accept("CM_ATTEN_CHAR.IND", problems):
            return
        if source not in self.confirmed:
            self.book.complain("SLAC: CM_ATTEN_CHAR.IND from a station that sent no CM_SLAC_PARM.CNF")
            return
        if self.state in ("SOUNDS", "RESULTS"):
            self.state = "RESULTS"
            if source not in [offer[0] for offer in self.offers]:
                self.offers.append([source, frames.mean_attenuation_db(frame), False])
                self.marks.append(("atten_char_ind", now))
        if source in [offer[0] for offer in self.offers]:
            self._schedule(now + self.habits["rsp_delay_ms"], "rsp", source)

    def _answered(self, source, now):
        for offer in self.offers:
            if offer[0] == source:
                offer[2] = True
        if self.state != "RESULTS" or not self.habits["match_at_once"]:
            return
        if len(self.offers) >= len(self.confirmed) and False not in [offer[2] for offer in self.offers]:
            # Audi: with every station heard it does not wait for TT_EV_atten_results.
            self.decide_at = self.due = now + self.habits["match_delay_ms"]

    def _results_over(self, now):
        if not self.offers:
            self.fail("no CM_ATTEN_CHAR.IND within TT_EV_atten_results", now)
            return
        if self.decide_at is None:
            self.decide_at = self.due = self.due + self.habits["match_delay_ms"]
            if now < self.due:
                return
        best = self.offers[0]
        for offer in self.offers:
            if offer[1] < best[1]:
                best = offer
        limit = self.habits["attenuation_limit_db"]
        if limit is not None and best[1] > limit * 100:
            self.fail(f"attenuation {best[1] // 100}.{best[1] % 100:02} dB over the limit", now)
            return
        self.plan = [item for item in self.plan if item[1] == "rsp"]
        self.evse_mac = best[0]
        self.sent = 0
        self.state = "VALIDATE" if self.habits["validate"] else "MATCH"
        self.due = now

    # ---- CM_VALIDATE, CM_SLAC_MATCH

    def _send_validate(self, now):
        if self.sent >= self.habits["match_sends"]:
            self.fail("no CM_VALIDATE.CNF", now)
            return
        self.book.send(frames.validate_req(self.mac, self.evse_mac))
        self.sent += 1
        self.due = now + TT_MATCH_RESPONSE_MS

    def _validate_cnf(self, frame, now):
        if self.state != "VALIDATE":
            return
        if not self._accept("CM_VALIDATE.CNF", frames.check_validate_cnf(frame, self.mac)):
            return
        if frame[21] == 0:  # not ready: ask again
            return
        if frame[21] != 4:
            self.book.complain(
                f"SLAC: CM_VALIDATE.CNF result {frame[21]} from a station without pilot, must be 4"
            )
        self.state = "MATCH"
        self.sent = 0
        self.due = now

    def _send_match(self, now):
        if self.sent >= self.habits["match_sends"]:
            self.fail("no CM_SLAC_MATCH.CNF", now)
            return
        self.book.send(frames.slac_match_req(self.mac, self.evse_mac, self.run_id))
        if self.sent == 0:
            self.marks.append(("match_req", now))
        self.sent += 1
        self.due = now + TT_MATCH_RESPONSE_MS

    def _match_cnf(self, frame, now):
        if self.state not in ("MATCH", "KEY", "JOIN", "MATCHED"):
            return
        problems = frames.check_slac_match_cnf(frame, self.mac, self.evse_mac, self.run_id)
        if not self._accept("CM_SLAC_MATCH.CNF", problems):
            return
        key = frames.match_key(frame)
        if self.state != "MATCH":
            if key != self.key:
                self.book.complain("SLAC: a repeated CM_SLAC_MATCH.CNF carries another key")
            return
        if self.sent <= self.habits["match_cnfs_missed"]:
            return
        if key[0] != frames.nid_of(key[1]):
            self.book.complain(f"SLAC: NID {frames._hex(key[0])} is not the one of the NMK")
        self.key = key
        self.marks.append(("match_cnf", now))
        self.state = "KEY"
        self.sent = 0
        self.due = now + self.habits["key_delay_ms"]

    # ---- CM_SET_KEY to the own modem, join

    def _send_key(self, now):
        if self.sent >= 5:
            self.fail("the own modem does not take the key", now)
            return
        self.book.send(frames.set_key_req(self.mac, self.key[0], self.key[1]))
        self.sent += 1
        self.due = now + 1000

    def _set_key_cnf(self, frame, now):
        if self.state != "KEY" or not self.sent:
            return
        if self._accept("CM_SET_KEY.CNF", frames.check_set_key_cnf(frame, self.mac)):
            self.state = "JOIN"
            self.due = now + TT_MATCH_JOIN_MS

    def _join_over(self, now):
        self.fail("no link within TT_match_join", now)

    # ---- frames

    def receive(self, frame, now):
        """One HomePlug frame; what is for other cars is passed over."""
        if bytes(frame[0:6]) != self.mac or self.state in ("IDLE", "FAILED", "PAUSE"):
            return
        handler = {
            frames.SLAC_PARM_CNF: self._parm_cnf,
            frames.ATTEN_CHAR_IND: self._atten_char_ind,
            frames.VALIDATE_CNF: self._validate_cnf,
            frames.SLAC_MATCH_CNF: self._match_cnf,
            frames.SET_KEY_CNF: self._set_key_cnf,
        }.get(frames.mmtype_of(frame))
        if handler:
            handler(frame, now)

    def _accept(self, what, problems):
        for problem in problems:
            self.book.complain("SLAC: " + what + " " + problem)
        return not problems
