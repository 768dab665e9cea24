# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Every wire of the box, once: drawings, tables and tests are made from this file (`make wiring`).

A wire is (signal, pin of the board, pin of the part). Names of pins are the printed ones; where makers differ the
name on your board counts, not the place in the drawing.
"""

# signal: (colour's name, colour, volts, what it is)
SIGNALS = {
    "SCK": ("yellow", "#f2c500", "3.3", "SPI clock, mode 3"),
    "MOSI": ("green", "#2f9e44", "3.3", "SPI data to the modem"),
    "MISO": ("blue", "#1c7ed6", "3.3", "SPI data from the modem"),
    "CS": ("orange", "#f76707", "3.3", "chip select, low when active"),
    "INT": ("violet", "#9c36b5", "3.3", "interrupt of the modem, a hint only; may be left out"),
    "DC": ("white", "#f8f9fa", "3.3", "display: data or command"),
    "RST": ("grey", "#868e96", "3.3", "display: reset"),
    "BL": ("pink", "#f783ac", "3.3", "display: backlight"),
    "SDA": ("green", "#2f9e44", "3.3", "I2C data, pulled up to 3.3 V on the display"),
    "SCL": ("yellow", "#f2c500", "3.3", "I2C clock, pulled up to 3.3 V on the display"),
    "GND": ("black", "#343a40", "0", "ground, common to all parts"),
    "3V3": ("red", "#e03131", "3.3", "supply of displays, from the board"),
    "5V": ("brown", "#8f4e1c", "5", "supply of the modem's own 3.3 V regulator"),
    "VCC": ("red", "#e03131", "3.3", "supply of the modem, 500 mA at times"),
}

# Ohm, in each SPI line, at its sender: 10 to 20 are right, see docs/wiring.md.
SERIES_OHM = {"SCK": 15, "MOSI": 15, "MISO": 15, "CS": 15}
WIRE_LENGTH_MM = 100

# What no wire may use, and why.
DEVKITC_TAKEN = {
    "IO0": "strapping: BOOT button",
    "IO3": "strapping: JTAG",
    "IO45": "strapping: flash voltage",
    "IO46": "strapping: boot messages",
    "IO19": "USB D-",
    "IO20": "USB D+",
    **dict.fromkeys(("IO26", "IO27", "IO28", "IO29", "IO30", "IO31", "IO32"), "flash and PSRAM"),
    **dict.fromkeys(("IO33", "IO34", "IO35", "IO36", "IO37"), "octal PSRAM of the N16R8"),
    "IO43": "serial console TX",
    "IO44": "serial console RX",
}
T_DISPLAY_FREE = ("IO1", "IO2", "IO10", "IO11", "IO12", "IO13", "IO16", "IO17", "IO18", "IO21", "IO43", "IO44")

BOARDS = {
    "devkitc": {
        "name": "ESP32-S3-DevKitC-1 N16R8",
        "board_id": "yd_esp32_s3_n16r8",
        "taken": DEVKITC_TAKEN,
        "free": None,
        "settings": {},
        "modem": {"INT": "IO9", "CS": "IO10", "MOSI": "IO11", "MISO": "IO12", "SCK": "IO13"},
        "supply": {"GND": "GND", "5V": "5V"},
        "display": "ssd1306",
    },
    "tdisplay": {
        "name": "LilyGo T-Display-S3",
        "board_id": "lilygo_tdisplay_s3",
        "taken": {
            **DEVKITC_TAKEN,
            **dict.fromkeys(("IO5", "IO6", "IO7", "IO8", "IO9"), "built-in display"),
            **dict.fromkeys(("IO38", "IO39", "IO40", "IO41", "IO42", "IO47", "IO48"), "built-in display"),
            "IO4": "battery voltage",
            "IO14": "second button",
            "IO15": "power of the display",
        },
        "free": T_DISPLAY_FREE,
        "settings": {"MODEM_INT": "IO1"},
        "modem": {"INT": "IO1", "CS": "IO10", "MOSI": "IO11", "MISO": "IO12", "SCK": "IO13"},
        "supply": {"GND": "GND", "5V": "5V"},
        "display": None,
    },
}

# name, its line pins, what stands in the coupling
MODEMS = {
    "qca7005": {
        "name": "QCA7005 module",
        "note": "bare, 3.3 V",
        "line": ("LINE +", "LINE -"),
        "coupling": ("Coupling", "of the module's", "data sheet:", "transformer,", "about 1 nF to CP"),
    },
    "yellowbeet": {
        "name": "Yellow Beet",
        "note": "QCA7005 board",
        "line": ("LINE +", "LINE -"),
        "coupling": ("Coupling", "by the Beet's", "data sheet: on", "the board or", "added, not both"),
    },
}

DISPLAYS = {
    "ssd1306": {
        "name": "SSD1306",
        "note": "128 x 64, I2C",
        "wires": (("GND", "GND", "GND"), ("3V3", "3V3", "VCC"), ("SCL", "IO5", "SCL"), ("SDA", "IO4", "SDA")),
        "settings": {"SCL": "DISPLAY_SCL", "SDA": "DISPLAY_SDA"},
    },
    "st7789": {
        "name": "ST7789",
        "note": "320 x 170, SPI",
        "wires": (
            ("GND", "GND", "GND"),
            ("3V3", "3V3", "VCC"),
            ("SCK", "IO17", "SCL / SCK"),
            ("MOSI", "IO18", "SDA / MOSI"),
            ("RST", "IO7", "RES"),
            ("DC", "IO16", "DC"),
            ("CS", "IO15", "CS"),
            ("BL", "IO6", "BLK"),
        ),
        "settings": {
            "SCK": "DISPLAY_SCK",
            "MOSI": "DISPLAY_MOSI",
            "RST": "DISPLAY_RST",
            "DC": "DISPLAY_DC",
            "CS": "DISPLAY_CS",
            "BL": "DISPLAY_BL",
        },
    },
}

# drawing: (board, modem, display)
DRAWINGS = {
    "wiring-devkitc-qca7005": ("devkitc", "qca7005", "ssd1306"),
    "wiring-devkitc-yellowbeet": ("devkitc", "yellowbeet", "st7789"),
    "wiring-tdisplay-qca7005": ("tdisplay", "qca7005", None),
    "wiring-tdisplay-yellowbeet": ("tdisplay", "yellowbeet", None),
}

# What the driver reads where 0xAA55 should stand, and the cause it then shows.
SIGNATURES = (
    ("0xAA55", None, "right"),
    ("0x0000", "modem_absent_low", "no supply, held in reset, MISO open or at ground, wrong CS"),
    ("0xFFFF", "modem_absent_high", "MISO floats high: not connected, CS never low"),
    ("0x552A, 0xD52A, 0x54AA, 0x54AB", "modem_shifted", "the right bits, one place late or early"),
    ("0x5AD6, 0xD6D6 or changing", "modem_bad_signature", "bits lost or doubled: no series resistors, long wires"),
    ("another, always the same", "modem_bad_signature", "not a QCA7005, or strapped for another bus mode"),
)
