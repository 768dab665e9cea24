# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the three display buses have in common: pieces of 512 bytes, and the time to compute the pixels in them."""

COMMAND = 0
DATA = 1
PIECE = 512
RAMWR = 0x2C


def allocate(device, displayio, bus):
    """Register a bus; RuntimeError when one lives already, also one of the last program."""
    if device.displays_kept:
        raise RuntimeError("Too many display busses; forgot displayio.release_displays() ?")
    displayio.allocate_display_bus(bus)


def pieces(data):
    """The data in the pieces in which the firmware computes and sends it."""
    view = memoryview(bytes(data))
    for start in range(0, len(view), PIECE):
        yield view[start : start + PIECE]
