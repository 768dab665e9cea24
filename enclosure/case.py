# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The case: a tray with posts for the boards and a lid with the window. All sizes in mm.

Both parts print without supports, the tray on its floor, the lid on its face: every opening in a wall is open to the
top, the lid closes it. ``BOARDS`` holds what was not measured on real boards: measure yours and change it here.
"""

from build123d import Align, Axis, Box, Cylinder, Pos, Text, extrude, fillet

WALL, FLOOR, GAP = 2.4, 2.4, 0.4
LENGTH, WIDTH, HEIGHT = 112.0, 76.0, 26.0
LIP, LIP_WALL = 3.0, 1.6
PILLAR, SCREW, SCREW_THROUGH = 8.0, 2.6, 3.4
MODEM_SHARE = 0.5
ENGRAVED = 0.6
TITLE = "socbox"

# length along the case, width, thickness, parts above, parts below; window: length and width of what is to be seen.
BOARDS = {
    "devkitc": {"size": (63.5, 28.5), "thick": 1.6, "above": 4.0, "below": 9.0, "window": (26.0, 14.0)},
    "tdisplay": {"size": (62.5, 26.5), "thick": 1.6, "above": 5.0, "below": 9.0, "window": (46.0, 23.0)},
}
MODEM = {"size": (60.0, 30.0), "thick": 1.6, "above": 10.0, "below": 3.0}
USB_PLUG = (13.0, 8.0)
CABLE = 6.0
# Two holes in the floor take a bought clip for 35 mm rail; measure yours.
DIN_HOLES = 25.0
MOUNTS = ("wall", "din")
MIN = (Align.MIN, Align.MIN, Align.MIN)
FLAT = (Align.CENTER, Align.CENTER, Align.MIN)
TOP = FLOOR + HEIGHT


def block(x, y, z, long, wide, high):
    """A box by its lowest corner."""
    return Pos(x, y, z) * Box(long, wide, high, align=MIN)


def board_place(kind):
    """Lowest corner of the board's own plate: by the USB wall; a board with a display stands right below the lid."""
    board = BOARDS[kind]
    z = TOP - board["above"] - GAP - board["thick"] if kind == "tdisplay" else FLOOR + board["below"]
    return GAP, 9.0, z


def modem_place():
    return 40.0, WIDTH - MODEM["size"][1] - 2.0, FLOOR + MODEM["below"]


def _body(place, size, above, below, thick):
    """A board with its parts as one block; the edge of 2 mm all around stays free below, there the posts carry it."""
    x, y, z = place
    plate = block(x, y, z, *size, thick + above)
    return plate + block(x + 5, y + 5, z - below, size[0] - 10, size[1] - 10, below)


def board_body(kind):
    board = BOARDS[kind]
    below = min(board["below"], board_place(kind)[2] - FLOOR)
    return _body(board_place(kind), board["size"], board["above"], below, board["thick"])


def modem_body():
    return _body(modem_place(), MODEM["size"], MODEM["above"], MODEM["below"], MODEM["thick"])


def usb_plug(kind):
    """The plug, from outside up to the board."""
    _, y, z = board_place(kind)
    middle = y + BOARDS[kind]["size"][1] / 2
    high = min(USB_PLUG[1], TOP - LIP - z + 1.5) if kind == "tdisplay" else USB_PLUG[1]
    return block(-WALL - 5, middle - USB_PLUG[0] / 2, z - 1.5, WALL + 5, USB_PLUG[0], high)


def _posts(place, size, thick):
    """Four corner posts with a step that carries the plate."""
    x, y, z = place
    made = None
    for px in (x - 2, x + size[0] - 3):
        for py in (y - 2, y + size[1] - 3):
            post = block(max(px, 0), py, FLOOR, 5 - max(0, -px), 5, z - FLOOR + thick)
            made = post if made is None else made + post
    return made - block(x - GAP, y - GAP, z, size[0] + 2 * GAP, size[1] + 2 * GAP, thick + 1)


def _corners():
    inset = PILLAR / 2
    return [(x, y) for x in (inset, LENGTH - inset) for y in (inset, WIDTH - inset)]


def tray(kind="devkitc", mount="wall"):
    """The lower part, as it is printed."""
    outer = block(-WALL, -WALL, 0, LENGTH + 2 * WALL, WIDTH + 2 * WALL, TOP)
    outer = fillet(outer.edges().filter_by(Axis.Z), 3)
    part = outer - block(0, 0, FLOOR, LENGTH, WIDTH, HEIGHT)
    for x, y in _corners():
        part += Pos(x, y, 0) * Box(PILLAR, PILLAR, TOP - LIP, align=FLAT)
        part -= Pos(x, y, FLOOR) * Cylinder(SCREW / 2, TOP, align=FLAT)
    board = BOARDS[kind]
    part += _posts(board_place(kind), board["size"], board["thick"])
    part += _posts(modem_place(), MODEM["size"], MODEM["thick"])
    x, y, z = board_place(kind)
    middle = y + board["size"][1] / 2
    part -= block(-WALL - 1, middle - USB_PLUG[0] / 2 - GAP, z - 2, WALL + 2, USB_PLUG[0] + 2 * GAP, TOP)
    part -= block(LENGTH - 1, WIDTH - 26, TOP - LIP - CABLE, WALL + 2, CABLE, TOP)
    for number in range(8):
        for wall in (-WALL - 1, WIDTH - 1):
            part -= block(22 + number * 9, wall, 12, 2.4, WALL + 2, TOP)
    if mount == "wall":
        for x in (-WALL - 12, LENGTH + WALL):
            ear = block(x, WIDTH / 2 - 10, 0, 12, 20, 4)
            part += ear - Pos(x + 6, WIDTH / 2, 0) * Cylinder(2.2, 20)
    else:
        for x in (LENGTH / 2 - DIN_HOLES / 2, LENGTH / 2 + DIN_HOLES / 2):
            part -= Pos(x, WIDTH / 2 + 1, 0) * Cylinder(SCREW_THROUGH / 2, 20)
    return part


def lid(kind="devkitc"):
    """The upper part where it sits; printed upside down."""
    plate = block(-WALL, -WALL, TOP, LENGTH + 2 * WALL, WIDTH + 2 * WALL, FLOOR)
    plate = fillet(plate.edges().filter_by(Axis.Z), 3)
    rim = block(GAP, GAP, TOP - LIP, LENGTH - 2 * GAP, WIDTH - 2 * GAP, LIP)
    inside = GAP + LIP_WALL
    rim -= block(inside, inside, TOP - LIP, LENGTH - 2 * inside, WIDTH - 2 * inside, LIP)
    for x, y in _corners():
        rim -= Pos(x, y, TOP - LIP) * Box(PILLAR + 2 * GAP, PILLAR + 2 * GAP, LIP, align=FLAT)
    x, y, _ = board_place(kind)
    board = BOARDS[kind]
    if kind == "tdisplay":
        # The board reaches up between the rim.
        rim -= block(-1, y - 1, TOP - LIP, board["size"][0] + 2, board["size"][1] + 2, LIP)
    part = plate + rim
    long, wide = board["window"]
    part -= block(x + (board["size"][0] - long) / 2, y + (board["size"][1] - wide) / 2, TOP - 1, long, wide, FLOOR + 2)
    for px, py in _corners():
        part -= Pos(px, py, TOP) * Cylinder(SCREW_THROUGH / 2, 20)
    letters = extrude(Pos(LENGTH / 2, WIDTH - 20, TOP + FLOOR - ENGRAVED) * Text(TITLE, 14), ENGRAVED + 1)
    labels = extrude(Pos(LENGTH - 17, WIDTH - 23, TOP + FLOOR - ENGRAVED) * Text("CP PE", 6), ENGRAVED + 1)
    return part - letters - labels
