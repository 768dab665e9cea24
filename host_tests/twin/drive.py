# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The CIRCUITPY drive of one device: a host directory seen as a FAT volume on raw flash.

"/" of the device is the root of `directory`. Writing follows the board's rules: read-only for Python unless
remounted, 50 ms for each 4 kB erase-and-write cycle, nothing atomic. A power cut between erase and write leaves a
file's 4 kB page at 0xFF; one that hits a directory or FAT sector is noted in `damage`, because on the real volume it
may have taken other entries with it. A file that grows gets its new length at flush or close only.
"""

import builtins
import os
import shutil
import tempfile
from pathlib import Path

from host_tests.twin import errors
from host_tests.twin.errors import DeviceOSError

PAGE = 4096
SECTOR = 512
# user_fs of a 16 MB board with the storage extended over the second firmware slot.
CAPACITY = 14 * 1024 * 1024
_EPOCH_2000 = 946684800


class Drive:
    """`device` needs `spend(us)`, `costs`; `usb_host` True while a PC has taken the drive."""

    def __init__(self, device, directory):
        self.device = device
        self.directory = Path(directory)
        self.readonly = True
        self.usb_host = False
        self.usb_drive = True
        self.working_directory = "/"
        self.flash_cycles = 0
        self.cut_at_cycle = None
        self.damage = []
        self.label = "CIRCUITPY"
        # Mounted volumes: path -> VfsFat, and where their files lie on the host.
        self.mounted = {}
        self._mount_folders = {}

    def mount(self, path, filesystem, tree):
        """Files of a volume ({path: bytes, None for a directory}) below `path`, until the program ends."""
        folder = tempfile.TemporaryDirectory(prefix="socbox-mount-")
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
        absolute = self.absolute(path)
        for mount_path, folder in self._mount_folders.items():
            if absolute == mount_path or absolute.startswith(mount_path + "/"):
                return Path(folder.name, absolute[len(mount_path) :].lstrip("/"))
        return self.directory / absolute.lstrip("/")

    def is_directory(self, path):
        return self.host_path(path).is_dir()

    def source(self, path):
        """Text of a source file without charging for it; None when it is not there."""
        try:
            return self.host_path(path).read_text(encoding="utf-8")
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

    def cycle(self, on_cut=None):
        """One erase-and-write of a 4 kB page; `on_cut()` runs when power fails between the two."""
        self.flash_cycles += 1
        try:
            if self.cut_at_cycle is not None and self.flash_cycles >= self.cut_at_cycle:
                self.cut_at_cycle = None
                self.device.power_off()
            self.device.spend(self.device.costs.flash_cycle_us)
        except BaseException:
            if on_cut is not None and not self.device.powered:
                on_cut()
            raise

    def metadata_cycle(self, what):
        """One cycle in the FAT or a directory."""
        self.cycle(lambda: self.damage.append(what))

    def open(self, path, mode="r", buffering=-1, encoding=None):
        """`open` of the device; OSError ENOENT, EISDIR, EROFS, EEXIST."""
        del buffering, encoding
        device = self.device
        device.spend(device.costs.file_open_us)
        host_path = self.host_path(path)
        if host_path.is_dir():
            raise DeviceOSError(errors.EISDIR)
        writes = any(letter in mode for letter in "wax+")
        exists = host_path.exists()
        if writes:
            if self._is_mounted(self.absolute(path)):
                raise DeviceOSError(errors.EROFS)
            self.require_writable()
        if not exists and ("r" in mode or not host_path.parent.is_dir()):
            raise DeviceOSError(errors.ENOENT)
        if "x" in mode and exists:
            raise DeviceOSError(errors.EEXIST)
        if "w" in mode or (writes and not exists):
            self.metadata_cycle(f"directory entry of {path}")
            host_path.write_bytes(b"")
            if exists:
                self.metadata_cycle(f"clusters of {path}")
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
        used = 0
        for host_path in self.directory.rglob("*"):
            if host_path.is_file():
                used += (host_path.stat().st_size + PAGE - 1) // PAGE + 1
        blocks = CAPACITY // PAGE
        free = max(blocks - used, 0)
        self.device.spend(self.device.costs.file_call_us)
        return (PAGE, PAGE, blocks, free, free, 0, 0, 0, 0, 255)

    def remove(self, path):
        self.require_writable()
        host_path = self.existing(path)
        if host_path.is_dir():
            raise DeviceOSError(errors.EACCES)
        self.metadata_cycle(f"directory entry of {path}")
        host_path.unlink()
        self.metadata_cycle(f"clusters of {path}")

    def rename(self, old, new):
        """Two steps as in the firmware: an existing target is unlinked first. A cut between them loses it."""
        self.require_writable()
        host_path = self.existing(old)
        target = self.host_path(new)
        if target.is_dir():
            raise DeviceOSError(errors.EACCES)
        if target.exists():
            self.remove(new)
        self.metadata_cycle(f"directory entry of {new}")
        shutil.move(host_path, target)
        self.metadata_cycle(f"directory entry of {old}")

    def mkdir(self, path):
        self.require_writable()
        host_path = self.host_path(path)
        if host_path.exists():
            raise DeviceOSError(errors.EEXIST)
        if not host_path.parent.is_dir():
            raise DeviceOSError(errors.ENOENT)
        for what in ("clusters", "directory", "directory entry"):
            self.metadata_cycle(f"{what} of {path}")
        host_path.mkdir()

    def rmdir(self, path):
        self.require_writable()
        host_path = self.existing(path)
        if not host_path.is_dir() or any(host_path.iterdir()):
            raise DeviceOSError(errors.EACCES)
        self.metadata_cycle(f"directory entry of {path}")
        host_path.rmdir()

    def remount(self, readonly, concurrent=False):
        """Rule of shared-module/storage: Python may write only while no USB host has the drive."""
        if not readonly and self.usb_host and self.usb_drive and not concurrent:
            raise RuntimeError("Cannot remount path when visible via USB.")
        self.readonly = readonly


class DriveFile:
    """An open file. Whole sectors go to flash at once, the rest at flush or close."""

    def __init__(self, drive, host_path, mode):
        self._drive = drive
        self._host_path = host_path
        self._binary = "b" in mode
        self._readable = "r" in mode or "+" in mode
        self._writable = any(letter in mode for letter in "wax+")
        self._append = "a" in mode
        self._data = bytearray(host_path.read_bytes())
        self._size_on_flash = len(self._data)
        self._position = len(self._data) if self._append else 0
        self._dirty = None
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
            self._data.extend(bytes(self._position - len(self._data)))
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
        if start > len(self._data):
            self._data.extend(bytes(start - len(self._data)))
        self._data[start : start + len(raw)] = raw
        self._position += len(raw)
        low, high = self._dirty or (start, start)
        self._dirty = (min(low, start), max(high, self._position))
        if self._dirty[1] - self._dirty[0] >= SECTOR:
            whole = self._dirty[1] // SECTOR * SECTOR
            if whole > self._dirty[0]:
                self._program(self._dirty[0], whole)
                self._dirty = (whole, self._dirty[1]) if self._dirty[1] > whole else None
        return len(data)

    def truncate(self, size=None):
        size = self._position if size is None else size
        del self._data[size:]
        self._drive.metadata_cycle(f"length of {self.name}")
        os.truncate(self._host_path, min(size, self._size_on_flash))
        self._size_on_flash = min(size, self._size_on_flash)
        return size

    def flush(self):
        self._charge()
        if self._dirty is not None:
            low, high = self._dirty
            self._dirty = None
            self._program(low, high)
        if len(self._data) > self._size_on_flash:
            self._drive.metadata_cycle(f"clusters of {self.name}")
            self._drive.metadata_cycle(f"directory entry of {self.name}")
            self._size_on_flash = len(self._data)
            self._host_path.write_bytes(self._data)

    def close(self):
        if self.closed:
            return
        if self._writable:
            self.flush()
        self.closed = True

    def _program(self, low, high):
        page = low // PAGE * PAGE
        while page < high:
            page_end = min(page + PAGE, self._size_on_flash)
            self._drive.cycle(
                lambda start=page, end=page_end: self._poke(start, b"\xff" * max(end - start, 0))
            )
            start, end = max(page, low), min(page + PAGE, high, self._size_on_flash)
            if start < end:
                self._poke(start, self._data[start:end])
            page += PAGE

    def _poke(self, offset, data):
        with builtins.open(self._host_path, "r+b") as file:
            file.seek(offset)
            file.write(data)


# --- settings.toml -----------------------------------------------------------------------------------------------


def read_setting(text, key):
    """Raw value of a key in settings.toml as (text, was_quoted); None when absent.

    Rules of supervisor/shared/settings.c: only the root table, first match wins, strings in double quotes only.
    """
    for raw_line in text.splitlines():
        line = raw_line.strip()
        if line.startswith("["):
            return None
        if not line or line.startswith("#") or "=" not in line:
            continue
        name, _, value = line.partition("=")
        if name.strip() != key:
            continue
        value = value.strip()
        if value.startswith('"'):
            return _unquote(value), True
        return value.partition("#")[0].strip(), False
    return None


_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


def _unquote(value):
    characters = []
    index = 1
    while index < len(value):
        character = value[index]
        if character == '"':
            return "".join(characters)
        if character == "\\" and index + 1 < len(value):
            index += 1
            escape = value[index]
            digits = {"u": 4, "U": 8}.get(escape, 0)
            if digits:
                characters.append(chr(int(value[index + 1 : index + 1 + digits], 16)))
                index += digits
            else:
                characters.append(_ESCAPES.get(escape, escape))
        else:
            characters.append(character)
        index += 1
    return None
