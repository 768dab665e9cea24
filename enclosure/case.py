# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The case: a tray with posts for the boards and a lid with the window. All sizes in mm, those of boards in boards.py.

Both parts print without supports, the tray on its floor, the lid on its face: every opening in a wall is open to the
top, the lid closes it.
"""

from build123d import Align, Axis, Box, Cylinder, Pos, Rot, Text, chamfer, extrude, fillet

from enclosure.boards import ANTENNA_CLEAR, BOARDS, CABLE, DIN_HOLES, MODEM, OLED, TIE, USB_PLUG

WALL, FLOOR, GAP = 2.4, 2.4, 0.4
LENGTH, WIDTH, HEIGHT = 112.0, 76.0, 26.0
LIP, LIP_WALL = 3.0, 1.6
PILLAR, SCREW, SCREW_THROUGH = 8.0, 2.6, 3.4
ENGRAVED, BEVEL = 0.6, 1.2
GUARD = 1.6
ANCHOR = 6.0
TIE_HOLE = (3.0, 2.4)
TITLE = "socbox"
MOUNTS = ("wall", "din")
MIN = (Align.MIN, Align.MIN, Align.MIN)
FLAT = (Align.CENTER, Align.CENTER, Align.MIN)
TOP = FLOOR + HEIGHT
CABLE_Y = WIDTH - 23.0
CABLE_Z = TOP - LIP - CABLE / 2


def block(x, y, z, long, wide, high):
    """A box by its lowest corner."""
    return Pos(x, y, z) * Box(long, wide, high, align=MIN)


def board_place(kind):
    """Lowest corner of the board's own plate: by the USB wall; a board with a display stands right below the lid."""
    board = BOARDS[kind]
    z = TOP - board["above"] - GAP - board["thick"] if board["window"] else FLOOR + board["below"]
    return GAP, 9.0, z


def modem_place(modem=MODEM):
    """Lowest corner of the modem's plate, along the back wall."""
    return 100.0 - modem["size"][0], WIDTH - modem["size"][1] - 2.0, FLOOR + modem["below"]


def oled_place():
    """Lowest corner of the display module below the lid, away from the antenna."""
    return LENGTH - 4.0 - OLED["size"][0], 11.0, TOP - OLED["deep"]


def _body(place, board, grown):
    """A board with its parts as one block; the edge of 5 mm all around stays free below, there the posts carry it."""
    (x, y, z), (long, wide) = place, board["size"]
    below = min(board["below"], z - FLOOR)
    plate = block(
        x - grown, y - grown, z, long + 2 * grown, wide + 2 * grown, board["thick"] + board["above"] + grown
    )
    return plate + block(x + 5, y + 5, z - below, long - 10, wide - 10, below)


def board_body(kind, grown=0.0):
    """``grown``: free space demanded at its sides and above it."""
    return _body(board_place(kind), BOARDS[kind], grown)


def modem_body(grown=0.0, modem=MODEM):
    return _body(modem_place(modem), modem, grown)


def oled_body(grown=0.0):
    (x, y, z), (long, wide) = oled_place(), OLED["size"]
    return block(x - grown, y - grown, z, long + 2 * grown, wide + 2 * grown, OLED["deep"])


def antenna_space(kind):
    """What has to stay free of metal beyond the board's end."""
    (x, y, z), board = board_place(kind), BOARDS[kind]
    return block(x + board["size"][0], y, z - 4, ANTENNA_CLEAR, board["size"][1], 8 + board["thick"])


def _plug_middles(kind):
    _, y, z = board_place(kind)
    board = BOARDS[kind]
    return [(y + board["size"][1] / 2 + across, z + board["plug_z"]) for across in board["plugs"]]


def usb_plugs(kind, grown=0.0):
    """The plugs, from outside up to the board."""
    made = None
    for y, z in _plug_middles(kind):
        wide, high = USB_PLUG[0] + 2 * grown, USB_PLUG[1] + 2 * grown
        plug = block(-WALL - 5, y - wide / 2, z - high / 2, WALL + 5, wide, high)
        made = plug if made is None else made + plug
    return made


def usb_opening(kind, less=0.0):
    """Lowest and highest y and the lowest z of the slot for the plugs, which is open to the top."""
    middles = _plug_middles(kind)
    half = USB_PLUG[0] / 2 + GAP - less
    return middles[0][0] - half, middles[-1][0] + half, middles[0][1] - USB_PLUG[1] / 2 - GAP


def cable():
    """The cable to CP and PE, up to the anchor of its tie."""
    return Pos(LENGTH - 2 - ANCHOR, CABLE_Y, CABLE_Z) * Rot(0, 90, 0) * Cylinder(CABLE / 2, 30, align=FLAT)


def tie():
    """The part of the cable tie that runs through the anchor."""
    x = LENGTH - 2 - ANCHOR / 2
    z = CABLE_Z - CABLE / 2 - 2 - (TIE_HOLE[1] + TIE[1]) / 2
    return block(x - TIE[0] / 2, CABLE_Y - ANCHOR, z, TIE[0], 2 * ANCHOR, TIE[1])


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


def tray(kind="devkitc", mount="wall", modem=MODEM):
    """The lower part, as it is printed."""
    outer = block(-WALL, -WALL, 0, LENGTH + 2 * WALL, WIDTH + 2 * WALL, TOP)
    outer = fillet(outer.edges().filter_by(Axis.Z), 3)
    part = outer - block(0, 0, FLOOR, LENGTH, WIDTH, HEIGHT)
    for x, y in _corners():
        part += Pos(x, y, 0) * Box(PILLAR, PILLAR, TOP - LIP, align=FLAT)
        part -= Pos(x, y, FLOOR) * Cylinder(SCREW / 2, TOP, align=FLAT)
    board = BOARDS[kind]
    part += _posts(board_place(kind), board["size"], board["thick"])
    part += _posts(modem_place(modem), modem["size"], modem["thick"])
    low, high, bottom = usb_opening(kind)
    part -= block(-WALL - 1, low, bottom, WALL + 1 + GAP, high - low, TOP)
    part -= block(LENGTH - 1, CABLE_Y - CABLE / 2, CABLE_Z - CABLE / 2, WALL + 2, CABLE, TOP)
    # Anchor: the tie runs through it and around the cable that lies on it.
    x, under = LENGTH - 2 - ANCHOR, CABLE_Z - CABLE / 2
    part += block(x, CABLE_Y - ANCHOR / 2, FLOOR, ANCHOR, ANCHOR, under - FLOOR)
    hole_x = x + (ANCHOR - TIE_HOLE[0]) / 2
    part -= block(hole_x, CABLE_Y - ANCHOR, under - 2 - TIE_HOLE[1], TIE_HOLE[0], 2 * ANCHOR, TIE_HOLE[1])
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


def window(kind):
    """x, y, length and width of the opening: over the board's own display or over the module below the lid."""
    if BOARDS[kind]["window"]:
        (x, y, _), size, seen = board_place(kind), BOARDS[kind]["size"], BOARDS[kind]["window"]
    else:
        (x, y, _), size, seen = oled_place(), OLED["size"], OLED["window"]
    return x + (size[0] - seen[0]) / 2, y + (size[1] - seen[1]) / 2, *seen


def _guards():
    """Four corners that hold the display module below the lid."""
    (x, y, z), (long, wide) = oled_place(), OLED["size"]
    edge = GAP + GUARD
    made = block(x - edge, y - edge, z, long + 2 * edge, wide + 2 * edge, OLED["deep"])
    made -= block(x - GAP, y - GAP, z, long + 2 * GAP, wide + 2 * GAP, OLED["deep"])
    made -= block(x + 5, y - 9, z, long - 10, wide + 18, OLED["deep"])
    return made - block(x - 9, y + 5, z, long + 18, wide - 10, OLED["deep"])


def _engraved(x, y, text, size, turned=0):
    return extrude(Pos(x, y, TOP + FLOOR - ENGRAVED) * Rot(0, 0, turned) * Text(text, size), ENGRAVED + 1)


def lid(kind="devkitc"):
    """The upper part where it sits; printed upside down."""
    plate = block(-WALL, -WALL, TOP, LENGTH + 2 * WALL, WIDTH + 2 * WALL, FLOOR)
    plate = fillet(plate.edges().filter_by(Axis.Z), 3)
    x, y, long, wide = window(kind)
    plate -= block(x, y, TOP, long, wide, FLOOR)
    plate = chamfer(plate.faces().sort_by(Axis.Z)[-1].inner_wires()[0].edges(), BEVEL)
    rim = block(GAP, GAP, TOP - LIP, LENGTH - 2 * GAP, WIDTH - 2 * GAP, LIP)
    inside = GAP + LIP_WALL
    rim -= block(inside, inside, TOP - LIP, LENGTH - 2 * inside, WIDTH - 2 * inside, LIP)
    for px, py in _corners():
        rim -= Pos(px, py, TOP - LIP) * Box(PILLAR + 2 * GAP, PILLAR + 2 * GAP, LIP, align=FLAT)
    by = board_place(kind)[1]
    board = BOARDS[kind]
    if board["window"]:
        # The board reaches up between the rim.
        rim -= block(-1, by - 2, TOP - LIP, board["size"][0] + 3, board["size"][1] + 4, LIP)
    part = plate + rim
    # A tongue closes the slot above the USB plugs.
    low, high, _ = usb_opening(kind, GAP)
    down = _plug_middles(kind)[0][1] + USB_PLUG[1] / 2 + GAP
    if TOP - down > 1:
        part += block(-WALL, low, down, WALL, high - low, TOP - down)
    if not board["window"]:
        part += _guards()
    for px, py in _corners():
        part -= Pos(px, py, TOP) * Cylinder(SCREW_THROUGH / 2, 20)
    part -= _engraved(LENGTH / 2, WIDTH - 22, TITLE, 14)
    part -= _engraved(LENGTH - 6, CABLE_Y, "CP PE", 5, 90)
    return part - _engraved(2, by + board["size"][1] / 2, "USB", 5, 90)
