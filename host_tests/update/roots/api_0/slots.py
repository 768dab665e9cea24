# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Which version starts. Like ``code.py`` this file never comes with an update over the network.

    /lib, /www             the version that was copied to the drive; always there as the last resort
    /updates/a/image.bin   two slots: each a file that never changes its length, with a FAT volume inside that
    /updates/b/image.bin   is mounted on /app

    slot:   pad 4 kB | seal, in 4 kB | the volume, up to 1280 kB | pad 4 kB

The seal is written last: a slot without one, or whose volume does not have the check sum the seal tells, is empty.
The newest installation starts first, be it a slot (its seal has the higher number) or a /lib that is another one
than when the slot was written. Each start is counted before it is made: in RTC memory, which a reset does not
clear, and for a version that has not yet proved itself in NVM too, which a power cut does not clear. After
three starts none of which lasted a minute (five of one that had proved itself) the next place has its turn, at the
end the recovery page.
"""

import binascii
import os
import struct

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
# What the installing version saw working; without it the new one is not called healthy.
MODEM, WIFI = 1, 2

# RTC memory, behind what lib/appliance/retained.py uses: magic, starts in a row of each place.
RTC_AT = 64
_RTC_MAGIC = b"ST"
_RTC_SIZE = 8
# So many starts in a row may end within a minute: of a version that has not proved itself, and of any other.
MOST_STARTS = 3
MOST_PROVED = 5
# NVM, counted from its end: magic, then number and state of each slot.
NVM_FROM_END = 64
_NVM = "<4sIBIB"
_NVM_SIZE = 14
_NVM_MAGIC = b"UP1:"
# State: how often an unproved version was started, or one of these.
MOST_UNPROVED = 6
FAILED, PROVED = 254, 255


class NothingStarts(Exception):
    """Every place failed: only the recovery page is left."""


class Seal:
    """What the seal of a slot tells."""

    def __init__(self, number, size, check_sum, lib_mark, expects, version):
        self.number = number
        self.size = size
        self.check_sum = check_sum
        self.lib_mark = lib_mark
        self.expects = expects
        self.version = version

    def packed(self):
        """The sector that is written."""
        head = struct.pack(
            _SEAL,
            _MAGIC,
            self.number,
            self.size,
            self.check_sum,
            self.lib_mark,
            self.expects,
            self.version.encode("utf-8"),
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
    """CRC-32 of the volume in a slot's file; None when it cannot be read."""
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
    """A number that is another one after other files were copied to the drive."""
    mark = 0
    for name in ("/files.json", "/lib/appliance/version.py"):
        try:
            with open(root + name, "rb") as file:
                while True:
                    piece = file.read(PAGE)
                    if not piece:
                        break
                    mark = binascii.crc32(piece, mark)
        except OSError:
            continue
    return mark & 0xFFFFFFFF


class Counts:
    """Starts so far. ``rtc`` and ``nvm`` are like bytearrays, or None where the board has none."""

    def __init__(self, rtc, nvm):
        self._rtc = rtc
        self._nvm = nvm
        if rtc is not None and bytes(rtc[RTC_AT : RTC_AT + 2]) != _RTC_MAGIC:
            rtc[RTC_AT : RTC_AT + _RTC_SIZE] = _RTC_MAGIC + bytes(_RTC_SIZE - 2)
        self._states = [0, 0, 0, 0]
        if nvm is not None:
            start = len(nvm) - NVM_FROM_END
            fields = struct.unpack(_NVM, bytes(nvm[start : start + _NVM_SIZE]))
            if fields[0] == _NVM_MAGIC:
                self._states = list(fields[1:])

    def starts(self, place):
        """Starts in a row that did not last."""
        return 0 if self._rtc is None else self._rtc[RTC_AT + 2 + place]

    def _set_starts(self, place, count):
        if self._rtc is not None:
            self._rtc[RTC_AT + 2 + place] = count

    def state(self, place, seal):
        """How the version in a slot fared: a count, FAILED or PROVED."""
        at = 2 * (place - 1)
        return self._states[at + 1] if self._states[at] == seal.number else 0

    def _set_state(self, place, seal, state):
        at = 2 * (place - 1)
        if self._nvm is None or (self._states[at] == seal.number and self._states[at + 1] == state):
            return
        self._states[at] = seal.number
        self._states[at + 1] = state
        start = len(self._nvm) - NVM_FROM_END
        packed = struct.pack(_NVM, _NVM_MAGIC, *self._states)
        self._nvm[start : start + _NVM_SIZE] = packed

    def may_start(self, place, seal):
        """False when a place had its chances; a version that never proved itself is put aside for good."""
        if seal is None or self.state(place, seal) == PROVED:
            return self.starts(place) < MOST_PROVED
        if self.starts(place) >= MOST_STARTS:
            self._set_state(place, seal, FAILED)
        return self.state(place, seal) < MOST_UNPROVED

    def count(self, place, seal):
        """Before a start."""
        self._set_starts(place, min(self.starts(place) + 1, 200))
        if seal is not None and self.state(place, seal) < MOST_UNPROVED:
            self._set_state(place, seal, self.state(place, seal) + 1)

    def prove(self, place, seal):
        """The version runs well. Writes NVM the first time, which takes 0.1 s."""
        self._set_starts(place, 0)
        if seal is not None:
            self._set_state(place, seal, PROVED)

    def give_up(self, place, seal):
        """The version does not run well: it is not started again."""
        self._set_starts(place, MOST_PROVED)
        if seal is not None:
            self._set_state(place, seal, FAILED)

    def renew(self, place):
        """Another version lies in a slot now."""
        self._set_starts(place, 0)

    def highest(self):
        """The highest number that is remembered: a slot's next seal must have another one."""
        return max(self._states[0], self._states[2])

    def forget(self):
        """Everything gets new chances."""
        for place in (LIB, A, B):
            self._set_starts(place, 0)


def order(seals, mark):
    """Places, the newest installation first. ``seals`` by place, None for an empty slot."""
    places = [place for place in (A, B) if seals[place] is not None]
    if len(places) == 2 and seals[B].number > seals[A].number:
        places = [B, A]
    if places and seals[places[0]].lib_mark == mark:
        return places + [LIB]
    return [LIB] + places


class Start:
    """What was picked: ``place``, its ``seal`` (None for /lib), and ``skipped``: [(place, seal, why)]."""

    def __init__(self, place, seal, skipped, counts):
        self.place = place
        self.seal = seal
        self.skipped = skipped
        self.counts = counts

    @property
    def proved(self):
        """True for /lib and for a version that has run well."""
        return self.seal is None or self.counts.state(self.place, self.seal) == PROVED


def pick(counts, root=""):
    """The Start to make. Raises NothingStarts."""
    seals = [None if path is None else read_seal(root + path) for path in PATHS]
    skipped = []
    for place in order(seals, lib_mark(root)):
        seal = seals[place]
        if not counts.may_start(place, seal):
            skipped.append((place, seal, "failed"))
        elif seal is not None and image_check_sum(root + PATHS[place], seal.size) != seal.check_sum:
            skipped.append((place, seal, "damaged"))
        else:
            return Start(place, seal, skipped, counts)
    raise NothingStarts


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
    rtc = nvm = None
    try:
        import alarm

        rtc = alarm.sleep_memory
    except Exception as error:
        print("no RTC memory:", error)
    try:
        import microcontroller

        nvm = microcontroller.nvm
    except Exception as error:
        print("no NVM:", error)
    return Counts(rtc, nvm)


# The Start that was made; lib/appliance asks for it.
started = None


def start():
    """Pick a place, count it, and make its modules the ones that are imported. Raises NothingStarts."""
    global started
    counts = new_counts()
    picked = pick(counts)
    counts.count(picked.place, picked.seal)
    started = picked
    if picked.seal is not None:
        import sys

        import storage

        image = Image(PATHS[picked.place], picked.seal.size)
        storage.mount(storage.VfsFat(image), MOUNT, readonly=True)
        sys.path.insert(0, MOUNT + "/lib")
    print("starting", NAMES[picked.place], "" if picked.seal is None else picked.seal.version)
    return picked


def has_room(root=""):
    """True when both slots are there in full length."""
    for path in PATHS[1:]:
        try:
            if os.stat(root + path)[6] != SLOT_SIZE:
                return False
        except OSError:
            return False
    return True
