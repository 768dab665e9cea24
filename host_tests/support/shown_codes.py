# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the QR code on the twin's display says, as a phone reads it."""

import functools
import re

import zxingcpp
from PIL import Image


def code_on(display):
    """What the QR code on the display says, None when there is none."""
    image = display.image().convert("L")
    return read_in(image.size, image.tobytes())


@functools.lru_cache(100)
def read_in(size, pixels):
    """The same for a picture in grey; while a test waits for a code, most pictures are the one before."""
    image = Image.frombytes("L", size, pixels)
    image = image.resize((image.width * 4, image.height * 4), Image.Resampling.NEAREST)
    found = zxingcpp.read_barcodes(image)
    return found[0].text if found else None


def network_on(display):
    """(name, password) of the WiFi network whose code is on the display."""
    found = re.fullmatch(r"WIFI:T:WPA;S:([^;]+);P:([^;]+);;", code_on(display) or "")
    return found.groups() if found else None
