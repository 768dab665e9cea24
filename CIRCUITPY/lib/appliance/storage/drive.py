# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Who may write the drive: CircuitPython or a PC, never both.

``storage.remount`` fails while a PC has the drive. When the box gives the drive back, a connected PC notices, mounts it
and has it again within 2 s (supervisor/shared/usb/usb_msc_flash.c). So a writer with more to write keeps it, and a save
in between must not give it back.
"""


class Drive:
    """``remount`` is ``storage.remount``, or None where the drive can be written as it is."""

    def __init__(self, remount):
        self._remount = remount
        self._writers = 0

    @property
    def busy(self):
        """True while somebody is writing."""
        return self._writers > 0

    def remount(self, path, readonly):
        """As ``storage.remount``, but the drive is given back only after the last writer. RuntimeError: a PC has it."""
        if readonly:
            self._writers = max(0, self._writers - 1)
            if self._writers:
                return
        elif self._writers:
            self._writers += 1
            return
        if self._remount is not None:
            self._remount(path, readonly)
        if not readonly:
            self._writers = 1
