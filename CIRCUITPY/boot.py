# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Only what must happen before USB does: the name under which a PC sees the box.

Nothing is printed here: a line that changes would make CircuitPython write boot_out.txt to flash at every
start.
"""

try:
    import supervisor

    supervisor.set_usb_identification(manufacturer="socbox", product="socbox")
except Exception:
    # NotImplementedError on a chip without USB of its own. Its name is the least that matters here.
    supervisor = None
