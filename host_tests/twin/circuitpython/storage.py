# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""storage: who may write the drive."""

from twin_device import device

from host_tests.twin import errors
from host_tests.twin.errors import DeviceOSError


class VfsFat:
    """The mounted CIRCUITPY volume. Other volumes are not modelled."""

    def __init__(self, block_device):
        raise NotImplementedError("only the CIRCUITPY volume exists here")

    @property
    def readonly(self):
        return device.drive.readonly

    @property
    def label(self):
        return device.drive.label


_root = object.__new__(VfsFat)


def getmount(mount_path):
    if mount_path != "/":
        raise DeviceOSError(errors.EINVAL)
    return _root


def remount(mount_path, readonly=False, disable_concurrent_write_protection=False):
    if mount_path != "/":
        raise DeviceOSError(errors.EINVAL)
    device.spend(200)
    device.drive.remount(readonly, disable_concurrent_write_protection)


def mount(filesystem, mount_path, *, readonly=False):
    raise DeviceOSError(errors.EPERM)


def umount(mount):
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
