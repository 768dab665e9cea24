# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Which version starts. Like ``code.py`` this file never comes with an update over the network.

    /lib, /www             the version that was copied to the drive; always there as the last resort
    /updates/a/image.bin   two slots: each a file that never changes its length, with a FAT volume inside that
    /updates/b/image.bin   is mounted on /app

    slot:   pad 4 kB | seal, in 4 kB | the volume, up to 1280 kB | pad 4 kB

The seal is written last: a slot without a seal, or whose volume does not have the check sum in the seal, counts as empty.
The newest installation starts first: a slot (the seal with the higher number), or /lib if it has changed since the slot
was written. What happens to a place after failed starts is the table AFTER_FAILURES.

A start has failed if an exception, a crash of the chip or the watchdog ended it. Not if it was ended by switching off, the
RESET button (which the ESP32-S3 reports as power-on), a restart of our own, a brownout, or a join that hung. A version that
has not proved itself may do other things to the chip, so its start is marked, and any reset that nobody asked for counts as
well.

What is here keeps its place, its name and its meaning, as in ``survival.py``; ``API`` grows with what is added.
"""

import binascii
import os
import struct

try:
    import survival
except Exception as error:
    print("nothing is remembered of failed starts:", error)
    survival = None

API = 2

LIB, A, B = 0, 1, 2
NAMES = ("lib", "a", "b")
DIRECTORY = "/updates"
PATHS = (None, "/updates/a/image.bin", "/updates/b/image.bin")
MOUNT = "/app"

PAGE = 4096
SECTOR = 512
SEAL_AT = PAGE
IMAGE_AT = 2 * PAGE
MOST_IMAGE = 1280 * 1024
SLOT_SIZE = IMAGE_AT + MOST_IMAGE + PAGE

# magic, number, size and CRC-32 of the volume, mark of /lib, what must work, version; then the CRC-32 of that
_SEAL = "<4sIIIIB19s"
_SEAL_SIZE = 40
_MAGIC = b"SBU1"
# Flags for what worked when a version was installed, and must work again before it counts as proved.
MODEM, WIFI = 1, 2

# State of a slot's version: a number of failed starts, or one of these.
MOST_UNPROVED = 3
FAILED, PROVED = 254, 255

START, WITHOUT_SETTINGS, NEXT = "start", "without settings", "next"
# What is done with a place: the first row counts whose number of failed starts in a row is reached.
AFTER_FAILURES = (
    # proved?  failed  then
    (False, MOST_UNPROVED, NEXT),  # put aside, for good
    (True, 4, NEXT),
    (True, 3, WITHOUT_SETTINGS),  # those that were saved on the page
    (True, 0, START),
    (False, 0, START),
)
MOST_FAILED = 4
# After switching on, and when the recovery page tries again: one try with everything, then one without the settings.
LEFT_BY_NEW_CHANCE = 2

HUNG = "The box hung, and its watchdog restarted it."
RESTARTED = "The chip restarted by itself."


class NothingStarts(Exception):
    """Every place failed: only the recovery page is left."""


class Seal:
    """The content of a slot's seal."""

    def __init__(self, number, size, check_sum, lib_mark, expects, version):
        self.number = number
        self.size = size
        self.check_sum = check_sum
        self.lib_mark = lib_mark
        self.expects = expects
        self.version = version

    def packed(self):
        """The sector (bytes) to write."""
        version = self.version.encode("utf-8")
        head = struct.pack(
            _SEAL, _MAGIC, self.number, self.size, self.check_sum, self.lib_mark, self.expects, version
        )
        sector = bytearray(SECTOR)
        sector[:_SEAL_SIZE] = head
        struct.pack_into("<I", sector, _SEAL_SIZE, binascii.crc32(head) & 0xFFFFFFFF)
        return sector


def read_seal(path):
    """The Seal in a slot's file, or None."""
    try:
        with open(path, "rb") as file:
            file.seek(SEAL_AT)
            sector = file.read(SECTOR)
    except OSError:
        return None
    if len(sector) < SECTOR or sector[:4] != _MAGIC:
        return None
    head = sector[:_SEAL_SIZE]
    if binascii.crc32(head) & 0xFFFFFFFF != struct.unpack_from("<I", sector, _SEAL_SIZE)[0]:
        return None
    _, number, size, check_sum, lib_mark, expects, version = struct.unpack(_SEAL, head)
    if size == 0 or size % PAGE or size > MOST_IMAGE:
        return None
    return Seal(number, size, check_sum, lib_mark, expects, str(version.split(b"\0")[0], "utf-8"))


def image_check_sum(path, size):
    """CRC-32 of the volume in a slot's file; None if it cannot be read."""
    check_sum = 0
    page = bytearray(PAGE)
    try:
        with open(path, "rb") as file:
            file.seek(IMAGE_AT)
            for _ in range(size // PAGE):
                if file.readinto(page) != PAGE:
                    return None
                check_sum = binascii.crc32(page, check_sum)
    except OSError:
        return None
    return check_sum & 0xFFFFFFFF


def lib_mark(root=""):
    """A number that changes when other files are copied to the drive."""
    mark = 0
    for name in ("/files.json", "/lib/appliance/base/version.py"):
        try:
            with open(root + name, "rb") as file:
                piece = file.read(PAGE)
                while piece:
                    mark = binascii.crc32(piece, mark)
                    piece = file.read(PAGE)
        except OSError:
            continue
    return mark & 0xFFFFFFFF


def _number_at(place):
    """The place in NVM of the number of a slot's version; its state follows."""
    return survival.NUMBER_A if place == A else survival.NUMBER_B


class Counts:
    """Failed starts and states of the places. ``kept``: a Survival; None without ``survival.py``, then nothing is kept."""

    def __init__(self, kept):
        self.kept = kept

    def starts(self, place):
        """Failed starts in a row of /lib, or of a version that has proved itself."""
        return 0 if self.kept is None else self.kept.byte(survival.FAILED + place)

    def _set_starts(self, place, count):
        if self.kept is not None:
            self.kept.set_byte(survival.FAILED + place, count)

    def state(self, place, seal):
        """State of the version in a slot: its failed starts, FAILED or PROVED."""
        if self.kept is None or self._number(place) != seal.number:
            return 0
        return self.kept.byte(_number_at(place) + 4)

    def _number(self, place):
        return 0 if self.kept is None else int.from_bytes(self.kept.part(_number_at(place), 4), "little")

    def _set_state(self, place, seal, state):
        if self.kept is not None:
            self.kept.set_part(_number_at(place), seal.number.to_bytes(4, "little") + bytes((state,)))

    def proved(self, place, seal):
        """True for /lib and for a version that has run well."""
        return seal is None or self.state(place, seal) == PROVED

    def step(self, place, seal):
        """START, WITHOUT_SETTINGS or NEXT."""
        proved = self.proved(place, seal)
        failed = self.starts(place) if proved else self.state(place, seal)
        for row in AFTER_FAILURES:
            if row[0] == proved and failed >= row[1]:
                return row[2]

    def fail(self, place, seal):
        """Count a failed start. Returns how many in a row."""
        if self.proved(place, seal):
            self._set_starts(place, min(self.starts(place) + 1, MOST_FAILED))
            return self.starts(place)
        failed = self.state(place, seal)
        if failed < MOST_UNPROVED:
            failed += 1
            self._set_state(place, seal, failed if failed < MOST_UNPROVED else FAILED)
        return min(failed, MOST_UNPROVED)

    def prove(self, place, seal):
        """Note that the version runs well. After a run without the saved settings those get one more try."""
        if self.kept is None:
            return
        self._set_starts(place, LEFT_BY_NEW_CHANCE if self.kept.without_settings else 0)
        if seal is not None:
            self._set_state(place, seal, PROVED)
        self.kept.set_byte(survival.SAFE_MODES, 0)
        self.leave()

    def leave(self):
        """A restart that was asked for does not count as a failed start, not even of an unproved version."""
        if self.kept is not None:
            self.kept.set_byte(survival.TRYING, 0)
            self.kept.save()

    def give_up(self, place, seal):
        """Note that the version does not run well, so that it is not started again."""
        self._set_starts(place, MOST_FAILED)
        if seal is not None:
            self._set_state(place, seal, FAILED)
        self.leave()

    def renew(self, place):
        """Note that another version is in a slot now."""
        if self.starts(place):
            self._set_starts(place, 0)
            self.kept.save()

    def highest(self):
        """The highest number kept; the next seal must have a different one."""
        return max(self._number(A), self._number(B))

    def forget(self):
        """Give what had proved itself a new chance: at most LEFT_BY_NEW_CHANCE failed starts are left."""
        self.forget_for_now()
        if self.kept is not None:
            self.kept.save()

    def forget_for_now(self):
        """As ``forget``, without writing it."""
        for place in (LIB, A, B):
            self._set_starts(place, min(self.starts(place), LEFT_BY_NEW_CHANCE))


def order(seals, mark):
    """Places, the newest installation first. ``seals`` by place, None for an empty slot."""
    places = [place for place in (A, B) if seals[place] is not None]
    if len(places) == 2 and seals[B].number > seals[A].number:
        places = [B, A]
    if places and seals[places[0]].lib_mark == mark:
        return places + [LIB]
    return [LIB] + places


class Start:
    """What was picked: ``place``, its ``seal`` (None for /lib), ``skipped``: [(place, seal, why)], and whether it goes
    ``without_settings``, those that were saved on the page."""

    def __init__(self, place, seal, skipped, counts, without_settings):
        self.place = place
        self.seal = seal
        self.skipped = skipped
        self.counts = counts
        self.without_settings = without_settings

    @property
    def proved(self):
        """True for /lib and for a version that has run well."""
        return self.counts.proved(self.place, self.seal)


def pick(counts, root=""):
    """The Start to make. Raises NothingStarts."""
    seals = [None, read_seal(root + PATHS[A]), read_seal(root + PATHS[B])]
    skipped = []
    for place in order(seals, lib_mark(root)):
        seal = seals[place]
        step = counts.step(place, seal)
        if step == NEXT:
            skipped.append((place, seal, "failed"))
        elif seal is not None and image_check_sum(root + PATHS[place], seal.size) != seal.check_sum:
            skipped.append((place, seal, "damaged"))
        else:
            return Start(place, seal, skipped, counts, step == WITHOUT_SETTINGS)
    raise NothingStarts


def look_back(counts, root=""):
    """Before a start: judge the last start by the reason of the reset."""
    kept = counts.kept
    if kept is None:
        return
    trying = kept.byte(survival.TRYING)
    kept.set_byte(survival.TRYING, 0)
    if kept.reason == survival.POWER:
        # Somebody may have switched it off because nothing else helped, or after copying files.
        counts.forget_for_now()
    elif kept.reason == survival.WATCHDOG:
        if not kept.hung_join:
            _fail_before(counts, root, HUNG)
    elif trying:
        _fail_before(counts, root, RESTARTED)


def _fail_before(counts, root, text):
    """Count the last start as failed, if it was that of a version and not of the recovery page."""
    place = min(counts.kept.byte(survival.RUNNING), B)
    seal = None if place == LIB else read_seal(root + PATHS[place])
    if (seal is not None or place == LIB) and counts.step(place, seal) != NEXT:
        counts.fail(place, seal)
        counts.kept.set_error(text)


def crashed(root=""):
    """For ``safemode.py``: the chip crashed in the last start, and the reset that follows looks like one that was asked for.
    Not written here but with the count of safe modes. API 2."""
    counts = new_counts()
    _fail_before(counts, root, RESTARTED)
    # Counted once.
    counts.kept.set_byte(survival.TRYING, 0)


def begin(picked):
    """Note that a start is made now. Writes NVM only if there is something to remember about it."""
    kept = picked.counts.kept
    if kept is None:
        return
    kept.set_byte(survival.RUNNING, picked.place)
    kept.set_byte(survival.TRYING, 0 if picked.proved else 1)
    if kept.byte(survival.ONCE):
        kept.set_byte(survival.ONCE, 0)
        picked.without_settings = True
    kept.without_settings = picked.without_settings
    kept.save()


def failed(text):
    """The start that was made ended in an exception, ``text`` tells which; gives how many failed in a row."""
    counts = new_counts()
    kept = counts.kept
    if kept is None:
        return MOST_FAILED
    count = counts.fail(LIB, None) if started is None else counts.fail(started.place, started.seal)
    kept.set_byte(survival.TRYING, 0)
    kept.set_error(text)
    kept.save()
    return count


class Image:
    """The volume in a slot's file as a block device that cannot be written."""

    def __init__(self, path, size):
        self._file = open(path, "rb")
        self._sectors = size // SECTOR

    def readblocks(self, block, buffer):
        """Fill ``buffer`` from sector ``block`` on."""
        self._file.seek(IMAGE_AT + block * SECTOR)
        self._file.readinto(buffer)
        return 0

    def writeblocks(self, _block, _buffer):
        """Refused: EROFS."""
        raise OSError(30)

    def count(self):
        """Number of sectors."""
        return self._sectors

    def ioctl(self, operation, _argument):
        """4 asks for the number of sectors, 5 for their size."""
        if operation == 4:
            return self._sectors
        return SECTOR if operation == 5 else 0


def new_counts():
    """The Counts of this board."""
    return Counts(None if survival is None else survival.kept())


def mount(picked):
    """Have modules imported from a slot."""
    if picked.seal is None:
        return
    import sys

    import storage

    image = Image(PATHS[picked.place], picked.seal.size)
    storage.mount(storage.VfsFat(image), MOUNT, readonly=True)
    sys.path.insert(0, MOUNT + "/lib")


# The Start that was made; lib/appliance asks for it. Where nobody had to pick, /lib was started (code.py).
started = Start(LIB, None, [], new_counts(), False)


def choose(root=""):
    """The Start to make, remembered as ``started``. Raises NothingStarts."""
    global started
    started = None
    counts = new_counts()
    look_back(counts, root)
    try:
        picked = pick(counts, root)
    except NothingStarts:
        if counts.kept is not None:
            counts.kept.save()
        raise
    begin(picked)
    started = picked
    return picked


def start():
    """Pick a place and make its modules the ones that are imported. Raises NothingStarts."""
    global started
    picked = choose()
    try:
        mount(picked)
    except Exception as error:
        # Instead of what was copied to the drive.
        failed("%s: %s" % (PATHS[picked.place], error))
        started = None
        raise error
    print(
        "starting",
        NAMES[picked.place],
        "" if picked.seal is None else picked.seal.version,
        "without the saved settings" if picked.without_settings else "",
    )
    return picked


def has_room(root=""):
    """True if both slots have their full length."""
    for path in PATHS[1:]:
        try:
            if os.stat(root + path)[6] != SLOT_SIZE:
                return False
        except OSError:
            return False
    return True
