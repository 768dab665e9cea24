# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""storage: who may write the drive, and volumes that are mounted from a block device.

Follows shared-bindings/storage/__init__.c, shared-module/storage/__init__.c and extmod/vfs_fat.c.
"""

from twin_device import device

from host_tests.twin import errors
from host_tests.twin.errors import DeviceOSError
from host_tests.twin.fat_volume import SECTOR, NotFat, Volume


class VfsFat:
    """A FAT volume: CIRCUITPY itself, or what a block device of the program holds, read as a whole when mounted."""

    def __init__(self, block_device):
        self._block_device = block_device
        if block_device.ioctl(5, 0) != SECTOR:
            raise DeviceOSError(errors.EINVAL)
        try:
            self.volume = Volume(self._read)
        except NotFat:
            # FR_NO_FILESYSTEM is only noted: somebody may want to format it (extmod/vfs_fat.c fat_vfs_make_new).
            self.volume = None

    def _read(self, first, count):
        if first < 0 or first + count > self._block_device.ioctl(4, 0):
            raise DeviceOSError(errors.EIO)
        data = bytearray(count * SECTOR)
        self._block_device.readblocks(first, data)
        return bytes(data)

    @property
    def readonly(self):
        return self is not _root or device.drive.readonly

    @property
    def label(self):
        return device.drive.label if self is _root else "SOCBOX"


_root = object.__new__(VfsFat)


def getmount(mount_path):
    if mount_path == "/":
        return _root
    vfs = device.drive.mounted.get(mount_path)
    if vfs is None:
        raise DeviceOSError(errors.EINVAL)
    return vfs


def remount(mount_path, readonly=False, disable_concurrent_write_protection=False):
    if mount_path != "/":
        raise DeviceOSError(errors.EINVAL)
    device.spend(200)
    device.drive.remount(readonly, disable_concurrent_write_protection)


def mount(filesystem, mount_path, *, readonly=False):
    if not device.drive.is_directory(mount_path):
        raise RuntimeError("Mount point directory missing")
    if mount_path == "/" or mount_path in device.drive.mounted:
        raise DeviceOSError(errors.EPERM)
    if not readonly:
        raise NotImplementedError("mounted volumes of the twin can be read only")
    if filesystem.volume is None:
        raise DeviceOSError(errors.ENODEV)
    try:
        device.drive.mount(mount_path, filesystem, filesystem.volume.tree())
    except NotFat as error:
        raise DeviceOSError(errors.EIO) from error


def umount(mount):
    for path, filesystem in device.drive.mounted.items():
        if mount in (path, filesystem):
            device.drive.unmount(path)
            return
    raise DeviceOSError(errors.EINVAL)


def disable_usb_drive():
    if device.vm_stage != "boot":
        raise RuntimeError("Cannot change USB devices now")
    device.drive.usb_drive = False


def enable_usb_drive():
    if device.vm_stage != "boot":
        raise RuntimeError("Cannot change USB devices now")
    device.drive.usb_drive = True


def erase_filesystem(extended=None):
    raise NotImplementedError("the twin does not erase drives")
