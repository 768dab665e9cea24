# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Only what must happen before Bluetooth and USB do. Nothing is printed here: a line that changes would make CircuitPython
write boot_out.txt to flash at every start."""

try:
    import supervisor

    # Who presses BOOT in the second second of a start would open the drive, and the passwords on it, to everybody near.
    supervisor.runtime.ble_workflow = False
    supervisor.set_usb_identification(manufacturer="socbox", product="socbox")
except Exception:
    # NotImplementedError on a build without Bluetooth or a chip without USB. The name is the least that matters here.
    supervisor = None
