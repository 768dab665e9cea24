# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Draws hardware/wiring.py: `make wiring` writes docs/images/wiring-*.svg. Wires run straight from pin to pin, parts in
them stand between; the drawings carry their own paper, so they read on light and dark pages alike.
"""

import sys
from html import escape
from pathlib import Path

from hardware import wiring as data

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
sys.path.insert(0, str(ROOT / "CIRCUITPY" / "lib"))

from appliance.state import faults  # noqa: E402

WIDTH, HEIGHT = 1400, 790
PAPER, INK, SOFT, PART, EDGE = "#fcfcfa", "#212529", "#5c636a", "#e7f0ef", "#0b7285"
# Left and right edge of the columns.
DISPLAY, BOARD, MODEM, COUPLING, PLUG = (40, 220), (460, 640), (930, 1070), (1125, 1265), (1310, 1370)
TOP, BOTTOM = 120, 660
# Height of each wire between board and modem.
ROWS = {"INT": 200, "CS": 250, "MOSI": 300, "MISO": 350, "SCK": 400, "GND": 480, "5V": 570}
RESET_Y = 630
DISPLAY_TOP, DISPLAY_STEP = 200, 50
LINE_ROWS = (270, 380)
COUPLING_TEXT = (242, 305, 328, 351, 417)
WARNING = ("! Mains is near.", "Electrician only.", "CP and PE go to this", "coupling and nowhere", "else.")


class Drawing:
    """Shapes in the order in which they are put down."""

    def __init__(self):
        self.parts = []

    def text(self, x, y, text, size=18, anchor="start", colour=INK, weight=400):
        self.parts.append(
            f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{colour}" '
            f'font-weight="{weight}">{escape(text)}</text>'
        )

    def box(self, x1, y1, x2, y2, fill=PART, edge=EDGE, radius=10):
        self.parts.append(
            f'<rect x="{x1}" y="{y1}" width="{x2 - x1}" height="{y2 - y1}" rx="{radius}" fill="{fill}" '
            f'stroke="{edge}" stroke-width="2"/>'
        )

    def wire(self, signal, *points):
        """A coloured wire with a dark rim, so that yellow and white show on paper."""
        way = "M" + " L".join(f"{x} {y}" for x, y in points)
        colour = data.SIGNALS[signal][1] if signal in data.SIGNALS else signal
        self.parts.append(f'<path d="{way}" stroke="{INK}" stroke-width="6.5" fill="none"/>')
        self.parts.append(f'<path d="{way}" stroke="{colour}" stroke-width="4" fill="none"/>')

    def pin(self, x, y):
        self.parts.append(f'<circle cx="{x}" cy="{y}" r="6" fill="{PAPER}" stroke="{INK}" stroke-width="2"/>')

    def dot(self, x, y):
        self.parts.append(f'<circle cx="{x}" cy="{y}" r="6" fill="{INK}"/>')

    def resistor(self, x, y, label, upright=False):
        wide, high = (18, 36) if upright else (44, 18)
        self.box(x - wide // 2, y - high // 2, x + wide // 2, y + high // 2, "#fff3bf", INK, 3)
        if upright:
            self.text(x + 16, y + 6, label, 16)
        else:
            self.text(x, y - 14, label, 15, "middle")

    def capacitor(self, x, y1, y2, label):
        """Between two wires, its value to the left."""
        middle = (y1 + y2) // 2
        for start, end in ((y1, middle - 6), (middle + 6, y2)):
            self.parts.append(f'<path d="M{x} {start} L{x} {end}" stroke="{INK}" stroke-width="2.5"/>')
        for y in (middle - 6, middle + 6):
            self.parts.append(f'<path d="M{x - 12} {y} L{x + 12} {y}" stroke="{INK}" stroke-width="3.5"/>')
        self.text(x - 17, middle + 6, label, 14, "end")
        self.dot(x, y1)
        self.dot(x, y2)

    def svg(self, title):
        head = (
            "<!-- SPDX-FileCopyrightText: 2026 socbox contributors -->\n<!-- SPDX-License-Identifier: MIT -->\n"
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'font-family="DejaVu Sans, Verdana, Arial, sans-serif"><title>{escape(title)}</title>'
            f'<rect width="{WIDTH}" height="{HEIGHT}" rx="16" fill="{PAPER}"/>'
        )
        return head + "\n" + "\n".join(self.parts) + "\n</svg>\n"


def _heading(out, column, name, note):
    middle = (column[0] + column[1]) // 2
    out.text(middle, TOP - 34, name, 20, "middle", INK, 700)
    out.text(middle, TOP - 11, note, 16, "middle", SOFT)


def _display(out, display):
    wires = display["wires"]
    last = DISPLAY_TOP + DISPLAY_STEP * (len(wires) - 1)
    out.box(DISPLAY[0], DISPLAY_TOP - 50, DISPLAY[1], last + 40)
    out.text(DISPLAY[0] + 14, DISPLAY_TOP - 78, display["name"], 20, "start", INK, 700)
    out.text(DISPLAY[0] + 14, DISPLAY_TOP - 58, display["note"], 15, "start", SOFT)
    for number, (signal, board_pin, pin) in enumerate(wires):
        y = DISPLAY_TOP + DISPLAY_STEP * number
        out.wire(signal, (DISPLAY[1], y), (BOARD[0], y))
        out.pin(DISPLAY[1], y)
        out.pin(BOARD[0], y)
        out.text(DISPLAY[1] - 14, y + 6, pin, 18, "end")
        out.text(BOARD[0] + 14, y + 6, board_pin, 18)
        out.text((DISPLAY[1] + BOARD[0]) // 2, y - 10, data.SIGNALS[signal][0], 15, "middle", SOFT)


def _built_in(out, board):
    out.box(BOARD[0] + 18, TOP + 36, BOARD[0] + 92, BOTTOM - 60, "#1f2a30", INK, 6)
    out.text(BOARD[0] + 55, TOP + 250, "73 %", 24, "middle", "#63e6be", 700)
    lines = ["The display is built in.", "", "In settings.toml:"]
    lines += [f'{key} = "{pin}"' for key, pin in board["settings"].items()]
    out.box(DISPLAY[0], DISPLAY_TOP - 40, DISPLAY[0] + 300, DISPLAY_TOP + 28 * len(lines), "#f1f3f5", SOFT)
    for number, line in enumerate(lines):
        out.text(DISPLAY[0] + 20, DISPLAY_TOP + 28 * number, line, 18)


def _modem_wires(out, board):
    for signal, pin in board["modem"].items():
        y = ROWS[signal]
        out.wire(signal, (BOARD[1], y), (MODEM[0], y))
        out.text(BOARD[1] + 20, y - 10, data.SIGNALS[signal][0], 15, "start", SOFT)
        if signal in data.SERIES_OHM:
            sender = MODEM[0] - 60 if signal == "MISO" else BOARD[1] + 130
            out.resistor(sender, y, f"{data.SERIES_OHM[signal]} Ω")
        _ends(out, y, pin, signal)
    out.text(BOARD[1] + 195, ROWS["INT"] - 10, "may be left out", 15, "middle", SOFT)


def _ends(out, y, board_pin, modem_pin):
    out.pin(BOARD[1], y)
    out.pin(MODEM[0], y)
    out.text(BOARD[1] - 14, y + 6, board_pin, 18, "end")
    out.text(MODEM[0] + 14, y + 6, modem_pin, 18)


def _supply(out, board):
    ground, five = ROWS["GND"], ROWS["5V"]
    regulator = (BOARD[1] + 50, BOARD[1] + 150)
    out.wire("GND", (BOARD[1], ground), (MODEM[0], ground))
    out.wire("5V", (BOARD[1], five), (regulator[0], five))
    out.wire("VCC", (regulator[1], five), (MODEM[0], five))
    out.wire("GND", (BOARD[1] + 100, ground), (BOARD[1] + 100, five - 28))
    out.dot(BOARD[1] + 100, ground)
    out.text(BOARD[1] + 20, ground - 10, "black", 15, "start", SOFT)
    out.text(BOARD[1] + 200, five - 10, "red", 15, "start", SOFT)
    out.text(BOARD[1] + 4, five + 37, "brown", 15, "start", SOFT)
    out.box(regulator[0], five - 28, regulator[1], five + 28, "#ffe3e3", INK, 6)
    out.text(BOARD[1] + 100, five - 4, "regulator", 16, "middle", INK, 700)
    out.text(BOARD[1] + 100, five + 18, "3.3 V, 1 A", 16, "middle")
    near = MODEM[0] - 35
    out.capacitor(BOARD[1] + 164, ground, five, "10 µF")
    out.capacitor(near, ground, five, "100 nF")
    _ends(out, ground, board["supply"]["GND"], "GND")
    _ends(out, five, board["supply"]["5V"], "VCC")
    out.wire("#adb5bd", (near, five), (near, RESET_Y), (MODEM[0], RESET_Y))
    out.resistor(near, five + 33, "", upright=True)
    out.text(near - 18, five + 42, "10 kΩ", 15, "end")
    out.dot(near, five)
    out.pin(MODEM[0], RESET_Y)
    out.text(MODEM[0] + 14, RESET_Y + 6, "RESET", 18)


def _line(out, modem):
    out.box(COUPLING[0], LINE_ROWS[0] - 60, COUPLING[1], LINE_ROWS[1] + 60, "#fff4e6", "#d9480f")
    for number, (y, text) in enumerate(zip(COUPLING_TEXT, modem["coupling"], strict=True)):
        middle = (COUPLING[0] + COUPLING[1]) // 2
        out.text(middle, y, text, 15, "middle", INK, 700 if number == 0 else 400)
    for y, name, end, colour in zip(LINE_ROWS, modem["line"], ("CP", "PE"), ("#dee2e6", "#2f9e44"), strict=True):
        out.wire("#adb5bd", (MODEM[1], y), (COUPLING[0], y))
        out.wire(colour, (COUPLING[1], y), (PLUG[0], y))
        if end == "PE":
            way = f"M{COUPLING[1]} {y} L{PLUG[0]} {y}"
            out.parts.append(f'<path d="{way}" stroke="#f2c500" stroke-width="4" stroke-dasharray="8 8"/>')
        for x in (MODEM[1], COUPLING[0], COUPLING[1]):
            out.pin(x, y)
        out.text(MODEM[1] - 14, y + 6, name, 17, "end")
        out.box(PLUG[0], y - 26, PLUG[1], y + 26, "#fff9db", INK, 8)
        out.text((PLUG[0] + PLUG[1]) // 2, y + 8, end, 22, "middle", INK, 700)
    out.text(PLUG[1], LINE_ROWS[0] - 78, "charger", 18, "end", INK, 700)
    for number, line in enumerate(WARNING):
        out.text(COUPLING[0], 500 + 27 * number, line, 19, "start", "#c92a2a", 700 if number < 2 else 400)


def draw(name):
    """The drawing ``name`` as SVG text."""
    board_name, modem_name, display_name = data.DRAWINGS[name]
    board, modem = data.BOARDS[board_name], data.MODEMS[modem_name]
    out = Drawing()
    title = f"{board['name']} with {modem['name']}"
    out.text(DISPLAY[0], 46, title, 28, "start", INK, 700)
    out.box(*(BOARD[0], TOP), *(BOARD[1], BOTTOM))
    out.box(*(MODEM[0], TOP), *(MODEM[1], BOTTOM))
    short = board["name"].replace(" N16R8", "").replace("LilyGo ", "")
    _heading(out, BOARD, short, "N16R8")
    _heading(out, MODEM, modem["name"], modem["note"])
    if display_name:
        _display(out, data.DISPLAYS[display_name])
    else:
        _built_in(out, board)
    _modem_wires(out, board)
    _supply(out, board)
    _line(out, modem)
    out.box(BOARD[0] + 60, BOTTOM - 12, BOARD[1] - 60, BOTTOM + 22, "#ced4da", INK, 6)
    out.text((BOARD[0] + BOARD[1]) // 2, BOTTOM + 11, "USB", 17, "middle", INK, 700)
    out.text((BOARD[0] + BOARD[1]) // 2, BOTTOM + 46, "5 V, 2 A, safe separation (SELV)", 16, "middle", SOFT)
    foot = f"All signals 3.3 V. SPI wires below {data.WIRE_LENGTH_MM} mm, ground beside them."
    foot += " Go by the names printed on your boards."
    out.text(DISPLAY[0], HEIGHT - 26, foot, 18, "start", SOFT)
    return out.svg(title)


def pin_table(board):
    """(head, rows) of the wires between a board and any of the modems."""
    entry = data.BOARDS[board]
    rows = []
    for signal, pin in {**entry["modem"], **entry["supply"]}.items():
        colour, _, volts, what = data.SIGNALS[signal]
        series = f"{data.SERIES_OHM[signal]} Ω in series" if signal in data.SERIES_OHM else ""
        setting = f"`MODEM_{signal}`" if signal in entry["modem"] else ""
        modem_pin = "VCC, through the regulator" if signal == "5V" else signal
        rows.append([f"`{pin}`", modem_pin, colour, volts + " V", setting, ", ".join(filter(None, (what, series)))])
    return ["board", "modem", "wire", "level", "setting", "what"], rows


def display_table(display):
    entry = data.DISPLAYS[display]
    rows = []
    for signal, board_pin, pin in entry["wires"]:
        setting = f"`{entry['settings'][signal]}`" if signal in entry["settings"] else ""
        rows.append([f"`{board_pin}`", pin, data.SIGNALS[signal][0], setting])
    return ["board", entry["name"], "wire", "setting"], rows


def taken_table(board):
    reasons = {}
    for pin, why in data.BOARDS[board]["taken"].items():
        reasons.setdefault(why, []).append(f"`{pin}`")
    return ["pins", "taken by"], [[", ".join(pins), why] for why, pins in reasons.items()]


def signature_table():
    rows = []
    for value, code, means in data.SIGNATURES:
        shown = f"*{faults.short(code)}*" if code else "*Ready for a car*"
        rows.append([f"`{value}`" if value.startswith("0xA") else value, means, shown, faults.action(code) if code else ""])
    return ["read", "means", "the box shows", "what to do"], rows


TABLES = {
    "wiring-devkitc": lambda: pin_table("devkitc"),
    "wiring-tdisplay": lambda: pin_table("tdisplay"),
    "wiring-ssd1306": lambda: display_table("ssd1306"),
    "wiring-st7789": lambda: display_table("st7789"),
    "wiring-devkitc-taken": lambda: taken_table("devkitc"),
    "wiring-tdisplay-taken": lambda: taken_table("tdisplay"),
    "wiring-signatures": signature_table,
}


def main():
    for name in data.DRAWINGS:
        (IMAGES / (name + ".svg")).write_text(draw(name))
        print("drawn: docs/images/" + name + ".svg")


if __name__ == "__main__":
    main()
