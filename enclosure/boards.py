# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Sizes of what goes into the case, in mm. None was taken off a real board: measure yours and change it here.

``size``: length along the case (from the USB end) and width of the plate; ``thick``: the plate; ``above``, ``below``:
its parts. ``plugs``: middles of the USB plugs across the board, from its middle; ``plug_z``: their middle above the
plate's underside. ``window``: what is to be seen of the display, in the middle of the board that carries it.
"""

BOARDS = {
    # Two sockets side by side above the plate; pins 9 mm below it. The copies are up to 28.5 mm wide.
    "devkitc": {
        "size": (63.5, 28.5),
        "thick": 1.6,
        "above": 4.0,
        "below": 9.0,
        "plugs": (-6.7, 6.7),
        "plug_z": 3.2,
        "window": None,
    },
    # The display is the face, the USB socket lies below the plate.
    "tdisplay": {
        "size": (62.5, 26.5),
        "thick": 1.6,
        "above": 5.0,
        "below": 9.0,
        "plugs": (0.0,),
        "plug_z": -1.6,
        "window": (46.0, 23.0),
    },
}

# Module with the SSD1306, for the board that has no display of its own: face to the lid.
OLED = {"size": (27.8, 27.8), "deep": 4.0, "window": (26.0, 14.0)}

# A bare QCA7005 module on its carrier or the Yellow Beet, their sizes differ.
MODEM = {"size": (60.0, 30.0), "thick": 1.6, "above": 10.0, "below": 3.0}

# Width and height of a USB-C plug's grip.
USB_PLUG = (12.4, 7.0)
CABLE = 6.0
# Free of metal beyond the board's antenna.
ANTENNA_CLEAR = 15.0
# Width and thickness of the cable tie.
TIE = (2.5, 1.2)
# Two holes in the floor take a bought clip for 35 mm rail.
DIN_HOLES = 25.0
