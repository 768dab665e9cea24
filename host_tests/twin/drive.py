# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The CIRCUITPY drive of one device: a host directory seen as a FAT volume on raw flash.

"/" of the device is the root of `directory`. Writing follows the board's rules: read-only for Python unless
remounted, 50 ms for each 4 kB erase-and-write cycle, nothing atomic. Which pages are erased is `fat_layout.py`'s
knowledge: a slice of 8 kB takes six cycles, because FatFs ends a write at every cluster of 2 kB and the clusters do not
lie on pages. A power cut between erase and write leaves the whole page at 0xFF, whoever lives in it; one that hits
the FAT, the root or a directory with several entries is noted in `damage`, because on the real volume it may have
taken all of them. A file that grows gets its new length at flush or close only.
"""

import builtins
import functools
import os
import shutil
import tempfile
from pathlib import Path

from host_tests.twin import errors, fat_layout, scratch, settings_toml
from host_tests.twin.errors import DeviceOSError
from host_tests.twin.fat_layout import CLUSTER, CLUSTER_SECTORS, CLUSTERS, SECTOR, Layout, page_of, sector_of

_EPOCH_2000 = 946684800


# A PC asks a drive every 1.1 s (Windows every 2.1 s) whether it is ready, and finds it changed after a remount.
PC_ASKS_US = 2_100_000


@functools.lru_cache(2048)
def _text(data):
    """As a file opened for text; the same object for the same source, whose hash Python knows then."""
    return data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")


class Drive:
    """`device` needs `spend(us)`, `costs`, `clock`, `version`.

    `usb_host`: a PC is connected, and mounts the drive as PCs do. `pc_has_drive`: it may write, so Python may not.
    `pc_mounts_by_itself` False: a PC that leaves the drive alone once it was ejected.
    """

    def __init__(self, device, directory):
        self.device = device
        self.directory = Path(directory)
        self.readonly = True
        self._usb_host = False
        self.pc_has_drive = False
        self.pc_mounts_by_itself = True
        self.usb_drive = True
        self.working_directory = "/"
        self.flash_cycles = 0
        self.cut_at_cycle = None
        self.damage = []
        self.label = "CIRCUITPY"
        self.layout = Layout(self.directory)
        # Mounted volumes: path -> VfsFat, and where their files lie on the host.
        self.mounted = {}
        self._mount_folders = {}

    def mount(self, path, filesystem, tree):
        """Files of a volume ({path: bytes, None for a directory}) below `path`, until the program ends."""
        folder = tempfile.TemporaryDirectory(prefix="socbox-mount-", dir=scratch.folder())
        for name, data in tree.items():
            host_path = Path(folder.name, name)
            if data is None:
                host_path.mkdir(parents=True, exist_ok=True)
            else:
                host_path.parent.mkdir(parents=True, exist_ok=True)
                host_path.write_bytes(data)
        self.mounted[path] = filesystem
        self._mount_folders[path] = folder

    def unmount(self, path):
        del self.mounted[path]
        self._mount_folders.pop(path).cleanup()

    def unmount_all(self):
        """The virtual machine ended."""
        for path in list(self.mounted):
            self.unmount(path)

    def _is_mounted(self, absolute):
        return any(absolute == path or absolute.startswith(path + "/") for path in self.mounted)

    def absolute(self, path):
        """Normalised absolute device path."""
        if not path.startswith("/"):
            path = self.working_directory + "/" + path
        parts = []
        for part in path.split("/"):
            if part == "..":
                parts = parts[:-1]
            elif part not in ("", "."):
                parts.append(part)
        return "/" + "/".join(parts)

    def host_path(self, path):
        return Path(self._host_name(path))

    def _host_name(self, path):
        absolute = self.absolute(path)
        for mount_path, folder in self._mount_folders.items():
            if absolute == mount_path or absolute.startswith(mount_path + "/"):
                return os.path.join(folder.name, absolute[len(mount_path) :].lstrip("/"))
        return os.path.join(self.directory, absolute.lstrip("/"))

    def is_directory(self, path):
        return os.path.isdir(self._host_name(path))

    def find_setting(self, key):
        """What the firmware finds for a key of settings.toml; nothing where that file is not there."""
        try:
            data = self.host_path("/settings.toml").read_bytes()
        except OSError:
            data = b""
        return settings_toml.find(data, key, self.device.version)

    def source(self, path):
        """Text of a source file without charging for it; None when it is not there."""
        try:
            with open(self._host_name(path), "rb", buffering=0) as file:
                return _text(file.read())
        except OSError:
            return None

    def existing(self, path):
        host_path = self.host_path(path)
        if not host_path.exists():
            raise DeviceOSError(errors.ENOENT)
        return host_path

    def require_writable(self):
        if self.readonly:
            raise DeviceOSError(errors.EROFS)

    def cycle(self, page):
        """One erase-and-write of a 4 kB page. When the power fails between the two, all that lives in it is lost."""
        self.flash_cycles += 1
        try:
            if self.cut_at_cycle is not None and self.flash_cycles >= self.cut_at_cycle:
                self.cut_at_cycle = None
                self.device.power_off()
            self.device.spend(self.device.costs.flash_cycle_us)
        except BaseException:
            if not self.device.powered:
                self._lose(page)
            raise

    def _lose(self, page):
        if page * fat_layout.PAGE_SECTORS < fat_layout.DATA_AT:
            self.damage.append("FAT or root directory")
        for path, offset, length in list(self.layout.living_in(page)):
            if path.is_dir():
                if offset == 0:
                    self._lose_entries(path)
            elif path.exists():
                poke(path, offset, b"\xff" * min(length, path.stat().st_size - offset))

    def _lose_entries(self, path):
        entries = list(path.iterdir())
        if len(entries) == 1 and entries[0].is_file():
            entries[0].unlink()
        elif entries:
            self.damage.append(f"directory {path.name}")

    def entry_cycle(self, host_path):
        """A directory's sector is written: a new entry, another length, another date."""
        self.cycle(self.layout.directory_page(host_path))

    def fat_cycles(self, clusters):
        """Sectors of the FAT that freeing these clusters writes."""
        pages = {}
        for cluster in clusters:
            pages[(cluster + 2) // fat_layout.PER_FAT_SECTOR] = fat_layout.fat_page(cluster)
        for page in pages.values():
            self.cycle(page)

    def grow(self, host_path, size):
        """Clusters for a file. Where its chain goes on in another sector of the FAT, FatFs goes there and back.

        Gives the page of the FAT that is left to be written, None when there was room already.
        """
        try:
            new = self.layout.extend(host_path, size)
        except fat_layout.Full:
            raise DeviceOSError(errors.ENOSPC) from None
        if not new:
            return None
        for _ in range(fat_layout.crossings(new) * 3):
            self.cycle(fat_layout.fat_page(new[-1]))
        return fat_layout.fat_page(new[-1])

    def open(self, path, mode="r", buffering=-1, encoding=None):
        """`open` of the device; OSError ENOENT, EACCES, EROFS, EEXIST."""
        del buffering, encoding
        device = self.device
        device.spend(device.costs.file_open_us)
        host_path = self.host_path(path)
        writes = any(letter in mode for letter in "wax+")
        exists = host_path.exists()
        if writes:
            if self._is_mounted(self.absolute(path)):
                raise DeviceOSError(errors.EROFS)
            self.require_writable()
        if host_path.is_dir():
            # f_open: FR_NO_FILE for what shall be there already, FR_DENIED for what would be made.
            raise DeviceOSError(errors.ENOENT if "r" in mode else errors.EACCES)
        if not exists and ("r" in mode or not host_path.parent.is_dir()):
            raise DeviceOSError(errors.ENOENT)
        if "x" in mode and exists:
            raise DeviceOSError(errors.EEXIST)
        if writes:
            self.layout.follow()
        if "w" in mode or (writes and not exists):
            self.entry_cycle(host_path)
            host_path.write_bytes(b"")
            if exists:
                self.fat_cycles(self.layout.cut(host_path, 0))
        return DriveFile(self, host_path, mode)

    def listdir(self, path="."):
        host_path = self.existing(path)
        self.device.spend(self.device.costs.file_open_us)
        return sorted(entry.name for entry in host_path.iterdir() if entry.name != "__pycache__")

    def stat(self, path):
        """The device's 10-tuple: mode, 0, 0, 0, 0, 0, size, atime, mtime, ctime."""
        self.device.spend(self.device.costs.file_open_us // 2)
        host_path = self.existing(path)
        mode = 0x4000 if host_path.is_dir() else 0x8000
        size = 0 if host_path.is_dir() else host_path.stat().st_size
        return (mode, 0, 0, 0, 0, 0, size, _EPOCH_2000, _EPOCH_2000, _EPOCH_2000)

    def statvfs(self, _path="/"):
        self.layout.follow()
        free = self.layout.free_clusters
        self.device.spend(self.device.costs.file_call_us)
        return (CLUSTER, CLUSTER, CLUSTERS, free, free, 0, 0, 0, 0, 255)

    def remove(self, path):
        self.require_writable()
        host_path = self.existing(path)
        if host_path.is_dir():
            raise DeviceOSError(errors.EISDIR)
        self.layout.follow()
        self.entry_cycle(host_path)
        host_path.unlink()
        self.fat_cycles(self.layout.free(host_path))

    def rename(self, old, new):
        """Two steps as in the firmware: an existing target is unlinked first. A cut between them loses it."""
        self.require_writable()
        host_path = self.existing(old)
        target = self.host_path(new)
        if target.is_dir():
            raise DeviceOSError(errors.EACCES)
        if target.exists():
            self.remove(new)
        self.layout.follow()
        self.entry_cycle(target)
        shutil.move(host_path, target)
        self.layout.move(host_path, target)
        self.entry_cycle(host_path)

    def mkdir(self, path):
        """The FAT, each sector of the new directory's cluster, its two own entries, and the entry above."""
        self.require_writable()
        host_path = self.host_path(path)
        if host_path.exists():
            raise DeviceOSError(errors.EEXIST)
        if not host_path.parent.is_dir():
            raise DeviceOSError(errors.ENOENT)
        self.layout.follow()
        self.cycle(self.grow(host_path, CLUSTER))
        first = sector_of(self.layout.chain(host_path)[0])
        for sector in (*range(first, first + CLUSTER_SECTORS), first):
            self.cycle(page_of(sector))
        self.entry_cycle(host_path)
        host_path.mkdir()

    def rmdir(self, path):
        self.require_writable()
        host_path = self.existing(path)
        if not host_path.is_dir():
            raise DeviceOSError(errors.ENOTDIR)
        if any(host_path.iterdir()):
            raise DeviceOSError(errors.EACCES)
        self.layout.follow()
        self.entry_cycle(host_path)
        host_path.rmdir()
        self.fat_cycles(self.layout.free(host_path))

    @property
    def usb_host(self):
        return self._usb_host

    @usb_host.setter
    def usb_host(self, connected):
        """The cable is plugged, and the PC mounts the drive; or it is pulled."""
        self._usb_host = connected
        self.pc_has_drive = connected and self.readonly

    def booted(self):
        """A hard reset: the drive belongs to USB, and a PC that is there mounts it."""
        self.readonly = True
        self.usb_drive = True
        self.working_directory = "/"
        self.pc_has_drive = self._usb_host

    def eject_on_pc(self):
        """The owner ejects the drive; the PC stays connected."""
        self.pc_has_drive = False

    def remount(self, readonly, concurrent=False):
        """shared-module/storage and usb_msc_flash.c: not while a PC has the drive, whichever way it is asked for.

        The PC sees the drive go and come back. One that Python may write stays read-only there; one that was given back
        is mounted and taken at the PC's next question.
        """
        if self.pc_has_drive and self.usb_drive and not concurrent:
            raise RuntimeError("Cannot remount path when visible via USB.")
        self.readonly = readonly
        if readonly and self._usb_host:
            self.device.clock.after(PC_ASKS_US, self._pc_asks)

    def _pc_asks(self):
        if self._usb_host and self.readonly and self.pc_mounts_by_itself:
            self.pc_has_drive = True


def _content(host_path):
    """What is in a file, with no copy of it made: a slot has more than a megabyte, and is opened for each slice."""
    with open(host_path, "rb", buffering=0) as file:
        data = bytearray(os.fstat(file.fileno()).st_size)
        file.readinto(data)
    return data


class DriveFile:
    """An open file. Whole sectors go to flash at once, the rest at flush or close."""

    def __init__(self, drive, host_path, mode):
        self._drive = drive
        self._host_path = host_path
        self._binary = "b" in mode
        self._readable = "r" in mode or "+" in mode
        self._writable = any(letter in mode for letter in "wax+")
        self._append = "a" in mode
        self._data = _content(host_path)
        self._size_on_flash = len(self._data)
        self._position = len(self._data) if self._append else 0
        self._dirty = None
        self._fat_page = None
        self._is_modified = False
        self.closed = False
        self.name = str(host_path.name)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()

    def __iter__(self):
        return self

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def _charge(self, size=0):
        if self.closed:
            raise ValueError("I/O operation on closed file")
        device = self._drive.device
        device.spend(device.costs.file_call_us + size * device.costs.file_read_us_per_kb // 1024)

    def _give(self, data):
        return bytes(data) if self._binary else bytes(data).decode("utf-8")

    def read(self, size=-1):
        if not self._readable:
            raise DeviceOSError(errors.EPERM)
        end = len(self._data) if size is None or size < 0 else self._position + size
        data = self._data[self._position : end]
        if not self._binary and size is not None and size >= 0:
            data = bytearray(self._data[self._position :].decode("utf-8")[:size].encode("utf-8"))
        self._charge(len(data))
        self._position += len(data)
        return self._give(data)

    def readinto(self, buffer, size=-1):
        view = memoryview(buffer)
        if size >= 0:
            view = view[:size]
        data = self._data[self._position : self._position + len(view)]
        self._charge(len(data))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def readline(self, size=-1):
        end = self._data.find(b"\n", self._position)
        end = len(self._data) if end < 0 else end + 1
        if size >= 0:
            end = min(end, self._position + size)
        data = self._data[self._position : end]
        self._charge(len(data))
        self._position = end
        return self._give(data)

    def readlines(self):
        return list(self)

    def seek(self, offset, whence=0):
        if self._dirty is not None:
            self.flush()
        base = (0, self._position, len(self._data))[whence]
        self._position = max(base + offset, 0)
        if self._writable and self._position > len(self._data):
            # The file takes clusters up to there, with whatever they hold.
            self._grow(self._position)
        return self._position

    def tell(self):
        return self._position

    def write(self, data):
        if not self._writable:
            raise DeviceOSError(errors.EPERM)
        raw = data.encode("utf-8") if isinstance(data, str) else bytes(data)
        self._charge()
        self._drive.require_writable()
        if self._append:
            self._position = len(self._data)
        start = self._position
        self._grow(start + len(raw))
        self._data[start : start + len(raw)] = raw
        self._position += len(raw)
        self._is_modified = True
        low, high = self._dirty or (start, start)
        self._dirty = (min(low, start), max(high, self._position))
        if self._dirty[1] - self._dirty[0] >= SECTOR:
            whole = self._dirty[1] // SECTOR * SECTOR
            if whole > self._dirty[0]:
                self._program(self._dirty[0], whole)
                self._dirty = (whole, self._dirty[1]) if self._dirty[1] > whole else None
        return len(data)

    def _grow(self, size):
        """Clusters up to `size`, and zeros where nothing was written."""
        if size > len(self._data):
            page = self._drive.grow(self._host_path, size)
            self._fat_page = self._fat_page if page is None else page
            self._data.extend(bytes(size - len(self._data)))

    def truncate(self, size=None):
        size = self._position if size is None else size
        del self._data[size:]
        self._drive.fat_cycles(self._drive.layout.cut(self._host_path, size))
        self._drive.entry_cycle(self._host_path)
        os.truncate(self._host_path, min(size, self._size_on_flash))
        self._size_on_flash = min(size, self._size_on_flash)
        return size

    def flush(self):
        """What is left in FatFs's one window, the FAT, and the entry in the directory with its new date."""
        self._charge()
        if self._fat_page is not None:
            page, self._fat_page = self._fat_page, None
            self._drive.cycle(page)
        if self._dirty is not None:
            low, high = self._dirty
            self._dirty = None
            self._program(low, high)
        if self._is_modified or len(self._data) > self._size_on_flash:
            self._is_modified = False
            self._drive.entry_cycle(self._host_path)
            if len(self._data) > self._size_on_flash:
                self._size_on_flash = len(self._data)
                self._host_path.write_bytes(self._data)

    def close(self):
        if self.closed:
            return
        if self._writable:
            self.flush()
        self.closed = True

    def _program(self, low, high):
        for page, start, end in self._drive.layout.pieces(self._host_path, low, high):
            self._drive.cycle(page)
            poke(self._host_path, start, self._data[start : min(end, self._size_on_flash)])


def poke(host_path, offset, data):
    """Bytes in the flash of a file that is as long as that; nothing for no bytes."""
    if not data:
        return
    with builtins.open(host_path, "r+b") as file:
        file.seek(offset)
        file.write(data)
