# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Only what must happen before USB and Bluetooth do: the name under which a PC sees the box, and that nobody reaches its
drive by air.

Nothing is printed here: a line that changes would make CircuitPython write boot_out.txt to flash at every
start.
"""

import supervisor


def name_for_usb():
    """NotImplementedError on a chip without USB of its own."""
    supervisor.set_usb_identification(manufacturer="socbox", product="socbox")


def no_bluetooth():
    """Who presses BOOT in the second second of a start would open the drive, and the passwords on it, to everybody near.
    NotImplementedError on a build without it."""
    supervisor.runtime.ble_workflow = False


for step in (name_for_usb, no_bluetooth):
    try:
        step()
    except Exception:
        # The box works without.
        continue
