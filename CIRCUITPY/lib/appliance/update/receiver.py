# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Takes a new version over the network and writes it into the slot that does not run.

    slice 0: the manifest -> checks -> seal wiped -> slices written in place -> sizes, SHA-256, read back -> seal

The bundle's first 4 kB are the manifest as JSON; the rest is a FAT volume, which is written as it is. The slot's file is
left open until the restart, because closing it would rewrite its directory just for a date. After a power cut at any
moment the present version starts; the new one starts only once its seal is complete.

The drive is taken once and held until the version is sealed, the update ends in an error, or nothing has come for 30 s: a
connected PC takes a drive that is given back within 2 s. While a PC has it, the update waits.
"""

import binascii
import json
import os

from plc.digest import new_sha256, sha256
from plc.ticks import expired, ticks_add

from appliance.base import version
from appliance.base.refused import Refused
from appliance.base.text import LETTERS, consists_of, hex_text
from appliance.storage.preallocate import NoRoom, is_there, reserve
from appliance.update import publisher

KIND = "socbox update"
PAGE = 4096
SLICE = 8192
# After this time without a slice the drive is given back to a PC.
HOLD_MS = 30000
# The manifest's page ends with its own CRC-32: 8 digits and a line feed.
_CHECK = 9
# Index into publisher.CODES, in the seal's sector after what slots.py reads of it.
_PUBLISHER_AT = 64
# All questions to the owner.
QUESTIONS = ("older", "room", "publisher")

IDLE, RECEIVING, WRITTEN, READY = "idle", "receiving", "written", "ready"

PC_HAS_THE_DRIVE = (
    "A computer has the CIRCUITPY drive. Eject it there, then try again; or copy the new version there."
)
# Refused for now: the same slice can be sent again when the drive is free.
TAKEN = "taken"
PC_TOOK_THE_DRIVE = (
    "A computer has taken the CIRCUITPY drive. Eject it there: the update goes on as soon as the drive is free."
)
OTHER_FILE = "This is not a %s update file." % version.PRODUCT
SLOT_CHANGED = "Room for the update was changed on the drive. Send the file again."
ANNOUNCED = (
    "The first update makes room for two versions on the drive. This takes ten seconds and happens once. A power cut "
    "meanwhile could damage the drive: please leave the power on."
)


OLD_ROOTS = (
    "This version needs newer files in the main folder of the drive: code.py, slots.py, survival.py and the others beside "
    "them. Copy these files once over USB, from the zip file of this version; then this update works."
)


def numbers_of(text):
    """(0, 2, 1) for "0.2.1"; a part that is not a number counts as 0."""
    numbers = []
    for part in text.split("-")[0].split("."):
        digits = ""
        for letter in part:
            if not "0" <= letter <= "9":
                break
            digits += letter
        numbers.append(int(digits) if digits else 0)
    return tuple(numbers + [0] * (3 - len(numbers)))


def parsed_manifest(page):
    """The manifest in a bundle's first page. Raises Refused."""
    if page.find(KIND.encode()) < 0:
        raise Refused("kind", OTHER_FILE)
    text = page[: PAGE - _CHECK]
    if page[PAGE - _CHECK :] != ("%08x\n" % (binascii.crc32(text) & 0xFFFFFFFF)).encode():
        raise Refused("damaged", "This file is damaged: the checksum of its description is wrong.")
    try:
        manifest = json.loads(str(text, "utf-8"))
        known = manifest["kind"] == KIND
        size, check_sum, digest = manifest["size"], manifest["crc32"], manifest["sha256"]
        numbers_of(manifest["version"])
        whole = size > 0 and size % PAGE == 0 and check_sum >= 0 and len(digest) == 64
    except (ValueError, TypeError, KeyError, AttributeError):
        known = whole = False
    if not known:
        raise Refused("kind", OTHER_FILE)
    if manifest.get("product") != version.PRODUCT:
        raise Refused("product", "This update is for another product, not for a %s." % version.PRODUCT)
    if not whole or not 0 < len(manifest["version"]) <= 19 or not consists_of(manifest["version"], LETTERS + ".-+"):
        raise Refused("damaged", "This file is damaged: its description makes no sense.")
    return manifest


def roots_api(slots_module):
    """The API of the files in the drive's root: the lower number of the two; 0 for a file without one."""
    try:
        import survival

        return min(getattr(slots_module, "API", 0), getattr(survival, "API", 0))
    except Exception:
        # Missing or damaged.
        return 0


def missing_library(names, root):
    """The first of ``names`` that is missing on the drive, or None."""
    for name in names:
        if not any(_exists("%s/lib/%s%s" % (root, name, end)) for end in ("", ".mpy", ".py")):
            if not _is_built_in(name):
                return name
    return None


def _exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def _is_built_in(name):
    try:
        __import__(name)
        return True
    except ImportError:
        return False


class Update:
    """One update at a time. ``slots`` is the module in the drive's root, ``remount`` is ``Drive.remount``,
    ``firmware`` CircuitPython's version as text, ``works()`` tells what works now (slots.MODEM, slots.WIFI)."""

    def __init__(self, slots, root, remount, firmware, works, tell):
        self._slots = slots
        self._root = root
        self._remount = remount
        self._firmware = firmware
        self._works = works
        self._tell = tell
        self._file = None
        self._held = self._moved = False
        self._quiet_since = 0
        self._place = None
        self._check_sum = 0
        self._hash = None
        self._judged = (None,)
        self.state = IDLE
        self.manifest = None
        self.publisher = None
        self.next = 0

    # ---- what is there

    @property
    def running_place(self):
        """Where the running version is: LIB, A or B."""
        started = self._slots.started
        return self._slots.LIB if started is None else started.place

    def seals(self):
        """{place: seal or None}."""
        slots = self._slots
        return [None if path is None else slots.read_seal(self._root + path) for path in slots.PATHS]

    def document(self):
        """For GET /api/update."""
        slots = self._slots
        started = slots.started
        places = []
        seals = self.seals()
        for place in (slots.A, slots.B):
            seal = seals[place]
            state = None
            if seal is not None and started is not None:
                count = started.counts.state(place, seal)
                state = "proved" if count == slots.PROVED else "failed" if count >= slots.MOST_UNPROVED else "new"
            places.append(
                {
                    "slot": slots.NAMES[place],
                    "version": seal.version if seal else None,
                    "state": state,
                    "publisher": self._publisher_in(place) if seal else None,
                }
            )
        manifest = self.manifest
        return {
            "version": version.VERSION,
            "runs_from": slots.NAMES[self.running_place],
            "proved": started is None or started.proved,
            "slots": places,
            "room": slots.has_room(self._root),
            "announced": ANNOUNCED,
            "slice": SLICE,
            "state": self.state,
            "next": self.next,
            "size": PAGE + manifest["size"] if manifest else None,
            "new_version": manifest["version"] if manifest else None,
            "sha256": manifest["sha256"] if manifest else None,
            "publisher": self.publisher if manifest else None,
        }

    def _publisher_in(self, place):
        """One of publisher.CODES."""
        try:
            with open(self._root + self._slots.PATHS[place], "rb") as file:
                file.seek(self._slots.SEAL_AT + _PUBLISHER_AT)
                return publisher.CODES[file.read(1)[0]]
        except (OSError, IndexError):
            return None

    # ---- who published it, before anything is received

    def judge(self, page):
        """Generator with steps of at most 10 ms of device time: finds out who published what begins with ``page``, for
        ``asked`` and ``receive``. Raises Refused."""
        page = page[:PAGE]
        digest = sha256(page)
        if self._judged[0] != digest:
            manifest = parsed_manifest(page)
            yield
            code = yield from publisher.judged(manifest, self._root)
            self._judged = (digest, manifest, code)

    def check(self, page):
        """What a client tells the owner before he installs what begins with ``page``. Raises Refused where it stays."""
        manifest, code = self._judgement(page)
        self._check(manifest, QUESTIONS, code)
        return {
            "version": manifest["version"],
            "publisher": code,
            "text": publisher.TEXTS[code],
            "question": publisher.question_of(code),
        }

    def _judgement(self, page):
        """(manifest, one of publisher.CODES), found at once for a caller without a loop. Raises Refused."""
        for _ in self.judge(page):
            continue
        return self._judged[1:]

    # ---- receiving, each step an errand that takes 0.4 s at most, but for the first that makes room

    def take(self, offset, data, agreed):
        """One slice of the bundle. ``agreed``: codes of questions that the owner has answered with yes."""
        if offset == 0:
            self._begin(data, agreed)
        elif self.state != RECEIVING or offset != self.next:
            raise Refused("offset", "The box is waiting for a different part of the file.")
        elif self.next + len(data) > PAGE + self.manifest["size"]:
            self._abandon()
            raise Refused("damaged", "The file is longer than its description says.")
        else:
            self._write(data)
        return self.document()

    def _begin(self, data, agreed):
        slots = self._slots
        if len(data) < PAGE:
            raise Refused("kind", OTHER_FILE)
        manifest, code = self._judgement(data)
        self._check(manifest, agreed, code)
        self._take_drive()
        self.state = IDLE
        try:
            self._close()
            if not slots.has_room(self._root):
                self._make_room()
            self._place = self._target()
            self._write_at(slots.SEAL_AT, bytes(slots.SECTOR))
        except NoRoom as error:
            self.give_back()
            raise Refused("full", str(error))
        except OSError as error:
            self._drive_failed(error)
        self.manifest = manifest
        self.publisher = code
        self._check_sum = 0
        self._hash = new_sha256()
        self.next = PAGE
        self.state = RECEIVING
        self._tell(
            "receiving version %s, %d kB. %s"
            % (manifest["version"], manifest["size"] // 1024, publisher.TEXTS[code])
        )
        if len(data) > PAGE:
            self._write(data[PAGE:])

    def _check(self, manifest, agreed, code):
        if manifest["size"] > self._slots.MOST_IMAGE:
            raise Refused("large", "This update is too large for this box.")
        wanted = manifest.get("circuitpython") or "0"
        if numbers_of(self._firmware) < numbers_of(wanted):
            raise Refused(
                "circuitpython",
                "This version needs CircuitPython %s or newer and the box has %s. Update CircuitPython over USB first."
                % (wanted, self._firmware),
            )
        if roots_api(self._slots) < (manifest.get("roots") or 0):
            raise Refused("roots", OLD_ROOTS)
        library = missing_library(manifest.get("libraries") or [], self._root)
        if library is not None:
            raise Refused(
                "library",
                "This version needs %s in lib/ of the drive: copy it there over USB first." % library,
            )
        question = publisher.question_of(code)
        if "publisher" not in agreed and question is not None:
            raise Refused("publisher", question)
        if "older" not in agreed and numbers_of(manifest["version"]) < numbers_of(version.VERSION):
            raise Refused(
                "older",
                "Version %s is older than %s, which runs now. Install it anyway?"
                % (manifest["version"], version.VERSION),
            )
        if "room" not in agreed and not self._slots.has_room(self._root):
            raise Refused("room", ANNOUNCED)

    def _make_room(self):
        slots = self._slots
        rows = []
        for path in slots.PATHS[1:]:
            _, _, directory, name = path.split("/")
            rows.append((directory, name, slots.SLOT_SIZE, (slots.SEAL_AT,)))
        self._tell("making room for two versions, only this once: please leave the power on")
        reserve(self._root + slots.DIRECTORY, rows)

    def _target(self):
        """The slot to write: not the one that runs; rather an empty one, else the older one."""
        slots = self._slots
        seals = self.seals()
        if self.running_place != slots.LIB:
            return slots.A if self.running_place == slots.B else slots.B
        if seals[slots.A] is None or (
            seals[slots.B] is not None and seals[slots.B].number > seals[slots.A].number
        ):
            return slots.A
        return slots.B

    def _write(self, data):
        if len(data) % PAGE:
            self._abandon()
            raise Refused("damaged", "The file is damaged: its end is missing.")
        self._take_drive()
        try:
            # Seek each time, because a slice that failed half-way is written again.
            self._write_at(self._slots.IMAGE_AT + self.next - PAGE, data)
        except OSError as error:
            self._drive_failed(error)
        self._hash.update(data)
        self._check_sum = binascii.crc32(data, self._check_sum)
        self.next += len(data)
        if self.next == PAGE + self.manifest["size"]:
            self.state = WRITTEN

    def install(self, _argument):
        """Check what was written and seal it, so that the next start uses it. Takes 1 s."""
        slots = self._slots
        if self.state not in (WRITTEN, READY):
            raise Refused("incomplete", "The file has not arrived completely yet.")
        if self.state == WRITTEN:
            digest = hex_text(self._hash.digest())
            if digest != self.manifest["sha256"] or self._check_sum & 0xFFFFFFFF != self.manifest["crc32"]:
                self._abandon()
                raise Refused("damaged", "The file is damaged: its checksum is wrong. Nothing was installed.")
            path = self._root + slots.PATHS[self._place]
            if slots.image_check_sum(path, self.manifest["size"]) != self.manifest["crc32"]:
                self._abandon()
                raise Refused("flash", "What was written could not be read back. Nothing was installed.")
            self._seal()
        return self.document()

    def _seal(self):
        slots = self._slots
        counts = None if slots.started is None else slots.started.counts
        number = 0 if counts is None else counts.highest()
        for other in self.seals():
            number = max(number, 0 if other is None else other.number)
        seal = slots.Seal(
            number + 1,
            self.manifest["size"],
            self.manifest["crc32"],
            slots.lib_mark(self._root),
            self._works(),
            self.manifest["version"],
        )
        self._take_drive()
        try:
            sector = seal.packed()
            sector[_PUBLISHER_AT] = publisher.CODES.index(self.publisher)
            self._write_at(slots.SEAL_AT, sector)
        except OSError as error:
            self._drive_failed(error)
        if counts is not None:
            counts.renew(self._place)
        self.state = READY
        self.give_back()
        self._tell("version %s is installed and starts next" % self.manifest["version"])

    # ---- the drive

    def _take_drive(self):
        if not self._held:
            try:
                self._remount("/", False)
            except RuntimeError:
                if self.state in (RECEIVING, WRITTEN):
                    raise Refused(TAKEN, PC_TOOK_THE_DRIVE)
                raise Refused("computer", PC_HAS_THE_DRIVE)
            self._held = True
        self._moved = True

    def due(self, now):
        """True when the drive is held and nothing has come for 30 s."""
        if not self._held:
            return False
        if self._moved:
            self._moved = False
            self._quiet_since = now
        return expired(ticks_add(self._quiet_since, HOLD_MS), now)

    def give_back(self):
        """Let a PC have the drive."""
        if not self._held:
            return
        if self.state != READY:
            # Closed, so that nothing a PC does to the file is overwritten; but not after the seal, for the new date's sake.
            self._close()
        self._held = False
        try:
            self._remount("/", True)
        except RuntimeError:
            # A PC has it already.
            return

    def _write_at(self, offset, data):
        """Open the slot's file. Raises OSError, and Refused if it is not the one that was reserved."""
        if self._file is None:
            path = self._root + self._slots.PATHS[self._place]
            if not is_there(path, self._slots.SLOT_SIZE):
                self._abandon()
                raise Refused("drive", SLOT_CHANGED)
            self._file = open(path, "r+b")
        self._file.seek(offset)
        self._file.write(data)

    def _drive_failed(self, error):
        self.give_back()
        raise Refused("drive", "The drive cannot be written: %s" % error)

    def cancel(self):
        """The owner cancelled the update; what was installed before stays."""
        if self.state in (RECEIVING, WRITTEN):
            self._abandon()
        return self.document()

    def _abandon(self):
        self.state = IDLE
        self.next = 0
        self.manifest = None
        self.give_back()

    def _close(self):
        if self._file is not None:
            file, self._file = self._file, None
            try:
                file.close()
            except OSError as error:
                self._tell("the slot was not closed: %s" % error)
