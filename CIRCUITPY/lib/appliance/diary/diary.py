# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The diary: takes each plug-in when it is over, and writes it when no car is there and nothing else writes.

    scan -> wipe what was deleted -> mend -> room -> first file -> second file

A step is one of these, for one sector: 0.1 s of flash, except making room, which happens once. A plug-in that waits to be
written is in RAM and already in the list. Of the entries on flash only the number of the newest is kept in memory.
"""

from plc.ticks import expired, ticks_add

from appliance.diary import entry as entries
from appliance.diary import ring as rings
from appliance.storage.preallocate import NoRoom
from appliance.storage.records import PC_HAS_THE_DRIVE

MOST_WAITING = 16
# Sectors read in one step.
SCANNED_AT_ONCE = 2
REST_MS = 600000
# A car that cannot be read and keeps trying is one entry an hour.
AGAIN_S = 3600
# A browser's clock that differs by less is not written again.
CLOCK_S = 120
MOST_STEPS_OF_A_RESTART = 200

DAMAGED = "%d entries of the diary are damaged and left out."
UNREADABLE = "The diary on the drive could not be read. It begins anew with the next car."


class Diary:
    """Slow piece. ``recording``: False if the owner wants no diary; ``may_write()``: True if the drive is free and no car is
    there; ``tell(text)`` takes lines for the log; ``begin_room()`` is called before room is made, which takes 9 s."""

    def __init__(self, ring, status, recording, may_write, tell, begin_room):
        self.recording = recording
        self.newest = 0
        self.count = 0
        self.fault = ""
        self._ring = ring
        self._status = status
        self._may_write = may_write
        self._tell = tell
        self._begin_room = begin_room
        self._waiting = []
        self._last_unread = None
        self._revision = None
        self._times_told = 0
        self._is_misdated = False
        self._rests_until = None
        self._leaving = False
        # The number of this run's first entry; (number, Entry) of the newest.
        self._run = None
        self._written = None
        # (sector, data) that was written to the first file and not yet to the second.
        self._half = None
        self._heard_db = 0
        self._heard = 0
        self._begin_scan()

    # ---- what others read

    @property
    def is_scanned(self):
        """False until the files have been scanned."""
        return self._scanned > rings.SECTORS

    def mean_db(self):
        """Mean attenuation of all entries that have one, or None."""
        return self._heard_db // self._heard if self._heard else None

    def sectors(self):
        """Generator of lists of (number, Entry), the newest first: those that wait, then a sector a time. Times that were
        learnt after an entry was written are in it. None: not yet."""
        while not self.is_scanned:
            yield None
        uptime = self._status.uptime
        salt, newest = self._ring.head.salt, self.newest
        clock = _Clock(self._run_now(), uptime.unix_zero_s)
        waiting = [self._entry_of(session) for session in self._waiting]
        yield [(newest + 1 + at, waiting[at]) for at in range(len(waiting) - 1, -1, -1)]
        base = (newest - 1) // rings.A_SECTOR * rings.A_SECTOR + 1
        for _ in range(rings.SECTORS + 1):
            if base < 1 or salt is None or self._ring.head.salt != salt:
                return
            found = []
            for number, body in self._ring.records(rings.sector_of(base)):
                if base <= number < base + rings.A_SECTOR:
                    found.insert(0, (number, entries.unpacked(body)))
            for _, entry in found:
                clock.correct(entry)
            yield found
            base -= rings.A_SECTOR

    def is_of_this_run(self, entry):
        """True for an entry of this run, whose seconds count from the last start."""
        return entry.run == self._run_now()

    # ---- the loop's side

    def due(self, now):
        """True if there is a step to do. Allocates nothing while nothing happens."""
        if self._revision != self._status.revision:
            self._revision = self._status.revision
            self._collect()
        if self._times_told != self._status.uptime.times_told:
            self._times_told = self._status.uptime.times_told
            self._is_misdated = self._clock_was_set()
        if not self.is_scanned:
            return True
        if self._rests_until is not None and not expired(self._rests_until, now):
            return False
        return self._has_work() and (self._leaving or self._may_write())

    def run(self, now):
        """One step."""
        self._rests_until = None
        try:
            self._step()
            self.fault = self._damage
        except RuntimeError:
            self._rest(now, PC_HAS_THE_DRIVE.replace(" and save again", ""))
        except NoRoom as error:
            self._rest(now, str(error))
        except OSError as error:
            self._rest(now, "The diary cannot be written: %s" % error)

    def leave(self):
        """Before a deliberate restart: write what waits, even if a car is there."""
        self._leaving = True
        self._collect()
        for _ in range(MOST_STEPS_OF_A_RESTART):
            if not self._has_work() and self.is_scanned:
                break
            self.run(0)
            if self._rests_until is not None:
                break
        self._leaving = False

    def delete(self):
        """Make all entries void at once; they are wiped later. Raises RuntimeError if a PC has the drive, and OSError."""
        self._collect()
        salt = self._ring.head.salt
        try:
            if self._ring.open():
                self._ring.void()
        finally:
            if salt is None or self._ring.head.salt != salt:
                self._waiting = []
                self._half = self._written = self._run = None
                self._is_misdated = False
                self._status.earlier = None
                self._begin_scan()
                # No files, so there is nothing to scan.
                self._scanned = rings.SECTORS + 1

    def _rest(self, now, text):
        if text != self.fault:
            self._tell(text)
        self.fault = text
        self._rests_until = ticks_add(now, REST_MS)

    # ---- what becomes an entry

    def _collect(self):
        for session in self._status.sessions:
            if session.end_s is None or session.kept:
                continue
            session.kept = True
            if self.recording and self._is_worth_it(session):
                self._waiting.append(session)
                del self._waiting[:-MOST_WAITING]

    def _is_worth_it(self, session):
        if session.reading is not None:
            self._last_unread = None
            return True
        last, self._last_unread = self._last_unread, session
        if session.cause is None:
            return False
        if last is None or last.cause != session.cause or session.start_s - last.start_s >= AGAIN_S:
            return True
        # The hour counts from the one that was entered.
        self._last_unread = last
        return False

    def _run_now(self):
        return self.newest + 1 if self._run is None else self._run

    def _entry_of(self, session):
        unix_zero_s = self._status.uptime.unix_zero_s
        unix_s = None if unix_zero_s is None else unix_zero_s + session.start_s
        return entries.of_session(session, self._run_now(), unix_s)

    # ---- steps

    def _has_work(self):
        if self._ring.head.unwiped:
            return True
        if not self.recording:
            return False
        return bool(self._differing or self._half or self._waiting) or self._is_misdated

    def _clock_was_set(self):
        """True if this run's newest entry is on flash without the time, or with another one."""
        unix_zero_s = self._status.uptime.unix_zero_s
        if self._written is None or unix_zero_s is None:
            return False
        entry = self._written[1]
        return entry.unix_s is None or abs(unix_zero_s + entry.uptime_s - entry.unix_s) > CLOCK_S

    def _step(self):
        if not self.is_scanned:
            self._scan()
        elif self._ring.head.unwiped:
            self._wipe()
        elif self._differing:
            self._mend()
        elif self._half:
            sector, data = self._half
            self._ring.write(1, sector, data)
            self._half = None
        elif self._waiting:
            self._write_next()
        elif self._is_misdated:
            number, entry = self._written
            entry.unix_s = self._status.uptime.unix_zero_s + entry.uptime_s
            self._write(number, entry)
            self._is_misdated = False

    def _begin_scan(self):
        self._scanned = 0
        self._differing = []
        self._wiped = 0
        self._last = None
        self._damage = ""
        self.newest = self.count = self._heard_db = self._heard = 0

    def _scan(self):
        ring = self._ring
        if self._scanned == 0 and not ring.open():
            # Files without a valid head were never written, or cannot be repaired.
            self._scanned = rings.SECTORS + 1
            if not ring.lacks_room() and any(ring.raw(0, 0)):
                self._damage = UNREADABLE
                self._tell(UNREADABLE)
            return
        for sector in range(self._scanned, min(self._scanned + SCANNED_AT_ONCE, rings.SECTORS + 1)):
            data, differs = ring.sector(sector)
            if differs:
                self._differing.append(sector)
            for number, body in ring.records_in(sector, data):
                self._count(number, body)
        self._scanned += SCANNED_AT_ONCE
        if self.is_scanned:
            self._end_scan()

    def _count(self, number, body):
        self.count += 1
        told, heard_db = entries.glance(body)
        self.newest = max(self.newest, number)
        if told and (self._last is None or number > self._last[0]):
            self._last = (number, body)
        if heard_db is not None:
            self._heard += 1
            self._heard_db += heard_db

    def _end_scan(self):
        last, self._last = self._last, None
        if last is not None and self._status.reading is None:
            self._status.earlier = entries.unpacked(last[1])
            self._status.changed()
        missing = min(self.newest, rings.ROOM) - self.count
        if missing > 0:
            self._damage = DAMAGED % missing
            self._tell(self._damage)

    def _wipe(self):
        """Overwrite deleted entries with zeros, one cluster per step, then write the head that says so."""
        ring, pieces = self._ring, rings.SECTORS // rings.WIPED_AT_ONCE
        if ring.lacks_room():
            self._make_room()
            return
        if self._wiped < 2 * pieces:
            copy, piece = self._wiped // pieces, self._wiped % pieces
            zeros = bytes(rings.WIPED_AT_ONCE * rings.SECTOR)
            ring.write(copy, 1 + piece * rings.WIPED_AT_ONCE, zeros)
            self._wiped += 1
            return
        head = rings.Head(ring.head.deletions, ring.head.salt, 0)
        for copy in (0, 1):
            ring.write(copy, 0, head.sector())
        ring.head = head

    def _mend(self):
        """Repair a sector that one of the two files lost or never got."""
        ring = self._ring
        if ring.lacks_room():
            self._make_room()
            return
        sector = self._differing[-1]
        data, _ = ring.sector(sector)
        for copy in (0, 1):
            if ring.raw(copy, sector) != data:
                ring.write(copy, sector, data)
                return
        self._differing.pop()

    def _make_room(self):
        self._begin_room()
        self._tell("making room for the diary, only this once: please leave the power on")
        self._ring.make_room()
        self._begin_scan()

    def _write_next(self):
        if self._ring.head.salt is None or self._ring.lacks_room():
            self._make_room()
            return
        if self._run is None:
            self._run = self.newest + 1
        entry = self._entry_of(self._waiting[0])
        number = self.newest + 1
        oldest = self._ring.records(rings.sector_of(number)) if number > rings.ROOM else ()
        self._write(number, entry)
        self._forget(number - rings.ROOM, oldest)
        self._waiting.pop(0)
        self.newest = number
        self._count(number, entries.packed(entry))
        self._last = None

    def _forget(self, number, records):
        """The oldest entry was overwritten."""
        for other, body in records:
            heard_db = entries.glance(body)[1]
            if other == number:
                self.count -= 1
                self._heard -= heard_db is not None
                self._heard_db -= heard_db or 0

    def _write(self, number, entry):
        data = self._ring.with_record(number, entries.packed(entry))
        self._written = (number, entry)
        sector = rings.sector_of(number)
        self._ring.write(0, sector, data)
        self._half = (sector, data)


class _Clock:
    """Times of entries that were written before their run learnt the time: the newest word of a run counts for all of it."""

    def __init__(self, run, unix_zero_s):
        self._run = run
        self._unix_zero_s = unix_zero_s

    def correct(self, entry):
        """Entries come the newest first."""
        if entry.run != self._run:
            self._run, self._unix_zero_s = entry.run, None
        if self._unix_zero_s is None and entry.unix_s is not None:
            self._unix_zero_s = entry.unix_s - entry.uptime_s
        if self._unix_zero_s is not None:
            entry.unix_s = self._unix_zero_s + entry.uptime_s
