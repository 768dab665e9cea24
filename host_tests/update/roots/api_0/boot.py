# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Only what must happen before USB does: the name under which a PC sees the box.

Nothing is printed here: a line that changes would make CircuitPython write boot_out.txt to flash at every
start.
"""

import supervisor

if hasattr(supervisor, "set_usb_identification"):
    supervisor.set_usb_identification(manufacturer="socbox", product="socbox")
