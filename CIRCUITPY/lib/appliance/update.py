# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Takes a new version over the network and writes it into the slot that does not run.

    slice 0: the manifest -> checks -> seal wiped -> slices written in place -> sizes, SHA-256, read back -> seal

The bundle's first 4 kB are the manifest as JSON, the rest is a FAT volume, written as it is. The slot's file is
left open until the restart: closing it would rewrite its directory for nothing but a date. A power cut at any
moment leaves the version that runs, and until the seal is whole nothing else starts.
"""

import binascii
import hashlib
import json
import os

from appliance import version
from appliance.room import NoRoom, reserve

KIND = "socbox update"
PAGE = 4096
SLICE = 8192
# The manifest's page ends with its own CRC-32: 8 digits and a line feed.
_CHECK = 9

IDLE, RECEIVING, WRITTEN, READY = "idle", "receiving", "written", "ready"

PC_HAS_THE_DRIVE = (
    "A computer has the CIRCUITPY drive. Eject it there, then try again; or copy the new version there."
)
ANNOUNCED = (
    "The first update makes room for two versions on the drive. That takes ten seconds, once, and is the only time "
    "that a power cut could damage the drive: please leave the power on."
)


class Refused(Exception):
    """The text tells the owner why; ``code`` tells the page what to ask."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code
        self.text = text


def numbers_of(text):
    """(0, 2, 1) of "0.2.1"; what is no number counts as 0."""
    numbers = []
    for part in text.split("-")[0].split("."):
        digits = ""
        for letter in part:
            if not "0" <= letter <= "9":
                break
            digits += letter
        numbers.append(int(digits) if digits else 0)
    while len(numbers) < 3:
        numbers.append(0)
    return tuple(numbers)


def parsed_manifest(page):
    """The manifest in a bundle's first page. Raises Refused."""
    if page.find(KIND.encode()) < 0:
        raise Refused("kind", "This file is no update for a %s." % version.PRODUCT)
    text = page[: PAGE - _CHECK]
    if page[PAGE - _CHECK :] != ("%08x\n" % (binascii.crc32(text) & 0xFFFFFFFF)).encode():
        raise Refused("damaged", "This file is damaged: its description has a wrong check sum.")
    try:
        manifest = json.loads(str(text, "utf-8"))
        known = manifest["kind"] == KIND
        size, check_sum, digest = manifest["size"], manifest["crc32"], manifest["sha256"]
        numbers_of(manifest["version"])
        whole = size > 0 and size % PAGE == 0 and check_sum >= 0 and len(digest) == 64
    except (ValueError, TypeError, KeyError, AttributeError):
        known = whole = False
    if not known:
        raise Refused("kind", "This file is no update for a %s." % version.PRODUCT)
    if manifest.get("product") != version.PRODUCT:
        raise Refused("product", "This update is for another product, not for a %s." % version.PRODUCT)
    if not whole or len(manifest["version"]) > 19:
        raise Refused("damaged", "This file is damaged: its description makes no sense.")
    return manifest


def missing_library(names, root):
    """The first of ``names`` that is not on the drive, or None."""
    for name in names:
        for path in (
            "%s/lib/%s" % (root, name),
            "%s/lib/%s.mpy" % (root, name),
            "%s/lib/%s.py" % (root, name),
        ):
            try:
                os.stat(path)
                break
            except OSError:
                continue
        else:
            if not _is_built_in(name):
                return name
    return None


def _is_built_in(name):
    try:
        __import__(name)
        return True
    except ImportError:
        return False


def new_hash():
    """SHA-256: the device offers it only as ``hashlib.new``, MicroPython only by its name."""
    return hashlib.new("sha256") if hasattr(hashlib, "new") else hashlib.sha256()


class Update:
    """One update at a time. ``slots`` is the module in the drive's root, ``remount`` is ``storage.remount`` or None,
    ``firmware`` CircuitPython's version as text, ``works()`` tells what works now (slots.MODEM, slots.WIFI)."""

    def __init__(self, slots, root, remount, firmware, works, tell):
        self._slots = slots
        self._root = root
        self._remount = remount
        self._firmware = firmware
        self._works = works
        self._tell = tell
        self._file = None
        self._place = None
        self._check_sum = 0
        self._hash = None
        self.state = IDLE
        self.manifest = None
        self.next = 0

    # ---- what is there

    @property
    def running_place(self):
        """LIB, A or B."""
        started = self._slots.started
        return self._slots.LIB if started is None else started.place

    def seals(self):
        """Seals by place."""
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
                state = started.counts.state(place, seal)
                state = (
                    "proved" if state == slots.PROVED else "failed" if state >= slots.MOST_UNPROVED else "new"
                )
            places.append(
                {"slot": slots.NAMES[place], "version": seal.version if seal else None, "state": state}
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
        }

    # ---- receiving, each step an errand that takes 0.3 s at most, but for the first that makes room

    def take(self, offset, data, agreed):
        """One slice of the bundle. ``agreed``: codes of questions that the owner has answered with yes."""
        if offset == 0:
            self._begin(data, agreed)
        elif self.state != RECEIVING or offset != self.next:
            raise Refused("offset", "The box waits for another part of the file.")
        elif self.next + len(data) > PAGE + self.manifest["size"]:
            self._abandon()
            raise Refused("damaged", "The file is longer than its description says.")
        else:
            self._write(data)
        return self.document()

    def _begin(self, data, agreed):
        slots = self._slots
        if len(data) < PAGE:
            raise Refused("kind", "This file is no update for a %s." % version.PRODUCT)
        manifest = parsed_manifest(data[:PAGE])
        self._check(manifest, agreed)
        self._open_drive(False)
        try:
            self._close()
            self.state = IDLE
            if not slots.has_room(self._root):
                self._make_room()
            self._place = self._target()
            self._file = open(self._root + slots.PATHS[self._place], "r+b")
            self._file.seek(slots.SEAL_AT)
            self._file.write(bytes(slots.SECTOR))
            self._file.seek(slots.IMAGE_AT)
        except OSError as error:
            raise Refused("drive", "The drive cannot be written: %s" % error)
        finally:
            self._open_drive(True)
        self.manifest = manifest
        self._check_sum = 0
        self._hash = new_hash()
        self.next = PAGE
        self.state = RECEIVING
        self._tell("version %s comes, %d kB" % (manifest["version"], manifest["size"] // 1024))
        if len(data) > PAGE:
            self._write(data[PAGE:])

    def _check(self, manifest, agreed):
        if manifest["size"] > self._slots.MOST_IMAGE:
            raise Refused("large", "This update is too large for this box.")
        wanted = manifest.get("circuitpython") or "0"
        if numbers_of(self._firmware) < numbers_of(wanted):
            raise Refused(
                "circuitpython",
                "This version needs CircuitPython %s or newer and the box has %s. Update CircuitPython over USB first."
                % (wanted, self._firmware),
            )
        library = missing_library(manifest.get("libraries") or [], self._root)
        if library is not None:
            raise Refused(
                "library",
                "This version needs %s in lib/ of the drive: copy it there over USB first." % library,
            )
        if "older" not in agreed and numbers_of(manifest["version"]) < numbers_of(version.VERSION):
            raise Refused(
                "older",
                "Version %s is older than %s, which runs now. Install it all the same?"
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
        self._tell("making room for two versions, once: please leave the power on")
        try:
            reserve(self._root + slots.DIRECTORY, rows)
        except NoRoom as error:
            raise Refused("full", str(error))

    def _target(self):
        """The slot to write: never the one that runs, then an empty one, then the older one."""
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
            raise Refused("damaged", "The file is damaged: it does not end with a whole page.")
        self._open_drive(False)
        try:
            # The place is told each time: a slice that failed half-way is written again.
            self._file.seek(self._slots.IMAGE_AT + self.next - PAGE)
            self._file.write(data)
        except OSError as error:
            raise Refused("drive", "The drive cannot be written: %s" % error)
        finally:
            self._open_drive(True)
        self._hash.update(data)
        self._check_sum = binascii.crc32(data, self._check_sum)
        self.next += len(data)
        if self.next == PAGE + self.manifest["size"]:
            self.state = WRITTEN

    def install(self, _argument):
        """Check what was written and seal it: the next start takes it. Takes 1 s."""
        slots = self._slots
        if self.state not in (WRITTEN, READY):
            raise Refused("incomplete", "The file has not arrived completely yet.")
        if self.state == WRITTEN:
            digest = str(binascii.hexlify(self._hash.digest()), "ascii")
            if digest != self.manifest["sha256"] or self._check_sum & 0xFFFFFFFF != self.manifest["crc32"]:
                self._abandon()
                raise Refused(
                    "damaged", "The file is damaged: its check sum is wrong. Nothing was installed."
                )
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
        self._open_drive(False)
        try:
            self._file.seek(slots.SEAL_AT)
            self._file.write(seal.packed())
        except OSError as error:
            raise Refused("drive", "The drive cannot be written: %s" % error)
        finally:
            self._open_drive(True)
        if counts is not None:
            counts.renew(self._place)
        self.state = READY
        self._tell("version %s is installed and starts next" % self.manifest["version"])

    def _open_drive(self, readonly):
        if self._remount is not None:
            try:
                self._remount("/", readonly)
            except RuntimeError:
                if not readonly:
                    raise Refused("computer", PC_HAS_THE_DRIVE)

    def _abandon(self):
        self.state = IDLE
        self.next = 0
        self.manifest = None

    def _close(self):
        if self._file is not None:
            file, self._file = self._file, None
            file.close()
