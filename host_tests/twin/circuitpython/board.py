# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""board: the pins under the names of this board, and its ready-made display when it has one."""

import microcontroller
from twin_device import device

board_id = device.board_id

_SPELLINGS = {
    "yd_esp32_s3_n16r8": "GPIO",
    "espressif_esp32s3_devkitc_1_n8r8": "IO",
    "lilygo_tdisplay_s3": "IO",
}
_NUMBERS = {
    "yd_esp32_s3_n16r8": [*range(0, 19), 21, *range(35, 49)],
    "espressif_esp32s3_devkitc_1_n8r8": [*range(0, 22), *range(35, 49)],
    "lilygo_tdisplay_s3": [0, 1, 2, 3, 10, 11, 12, 13, 14, 16, 17, 18, 21, 43, 44],
}
_EXTRA = {
    "yd_esp32_s3_n16r8": {"TX": 43, "RX": 44, "BOOT": 0, "NEOPIXEL": 48},
    "espressif_esp32s3_devkitc_1_n8r8": {"TX": 43, "RX": 44, "NEOPIXEL": 48},
    "lilygo_tdisplay_s3": {
        "BUTTON0": 0,
        "BUTTON1": 14,
        "BATTERY": 4,
        "LCD_BCKL": 38,
        "LCD_DC": 7,
        "LCD_CS": 6,
        "LCD_RST": 5,
        "LCD_WR": 8,
        "LCD_RD": 9,
        "LCD_POWER_ON": 15,
        "STEMMA_SDA": 43,
        "STEMMA_SCL": 44,
    },
}


def _name_pins():
    spelling = device.pin_spelling or _SPELLINGS.get(board_id, "IO")
    for number in _NUMBERS.get(board_id, _NUMBERS["espressif_esp32s3_devkitc_1_n8r8"]):
        pin = getattr(microcontroller.pin, f"GPIO{number}")
        for prefix in ("IO", "GPIO") if spelling == "both" else (spelling,):
            globals()[f"{prefix}{number}"] = pin
    for name, number in _EXTRA.get(board_id, {}).items():
        globals()[name] = getattr(microcontroller.pin, f"GPIO{number}")


_name_pins()


def _make_display():
    """What the board's C code does before code.py: an ST7789 of 320x170 on an 8-bit bus, auto-refreshing. A reload leaves it
    as the last program turned it."""
    import busdisplay
    import displayio
    import microcontroller
    import paralleldisplaybus

    pin = microcontroller.pin
    if displayio.displays:
        return displayio.displays[0]
    # Of the last program's it is the one that goes on.
    displayio.release_displays()
    bus = paralleldisplaybus.ParallelBus(
        data0=pin.GPIO39,
        command=pin.GPIO7,
        chip_select=pin.GPIO6,
        write=pin.GPIO8,
        read=pin.GPIO9,
        reset=pin.GPIO5,
        frequency=15_000_000,
    )
    sequence = b"\x01\x80\x96\x11\x80\xff\x3a\x81\x55\x0a\x36\x01\x60\x21\x00\x13\x80\x0a\x29\x80\xff"
    with device.free_of_charge():
        display = busdisplay.BusDisplay(
            bus, sequence, width=320, height=170, colstart=0, rowstart=35, backlight_pin=pin.GPIO38
        )
        display.rotation = device.kept_rotation
    return display


def __getattr__(name):
    if name == "DISPLAY" and board_id == "lilygo_tdisplay_s3":
        value = globals()["DISPLAY"] = _make_display()
        return value
    raise AttributeError(f"'module' object has no attribute '{name}'")
