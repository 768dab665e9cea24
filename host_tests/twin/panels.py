# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Display controllers that decode what comes over their wires, and show it as the owner of the glass would see it."""

from array import array

from PIL import Image

ROTATIONS = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}

# Number of parameter bytes of the SSD1306 commands that have any.
_SSD1306_PARAMETERS = {
    0x20: 1,
    0x21: 2,
    0x22: 2,
    0x26: 6,
    0x27: 6,
    0x29: 5,
    0x2A: 5,
    0x81: 1,
    0x8D: 1,
    0xA3: 2,
    0xA8: 1,
    0xAD: 1,
    0xD3: 1,
    0xD5: 1,
    0xD9: 1,
    0xDA: 1,
    0xDB: 1,
}


# Whether the display is inverted, then by bit: what the glass shows of a column of eight cells.
_LIT = [
    [bytes(255 if (cells >> bit & 1) != inverted else 0 for cells in range(256)) for bit in range(8)]
    for inverted in (False, True)
]


class SSD1306:
    """128x64 monochrome OLED on I2C. `generation` grows with every byte run written to its memory."""

    def __init__(self, width=128, height=64):
        self.size = (width, height)
        self.generation = 0
        self.power_on()

    def power_on(self):
        """State after the supply came up: memory is noise in reality, here dark."""
        self.memory = bytearray(128 * 8)
        self.on = False
        self.inverted = False
        self.all_on = False
        self.segment_remap = False
        self.com_remap = False
        self.start_line = 0
        self.contrast = 0x7F
        self._mode = 2
        self._columns = (0, 127)
        self._pages = (0, 7)
        self._column = self._page = 0
        self._command = None
        self._parameters = []

    def write(self, data):
        """One I2C write transaction without its address byte."""
        index = 0
        while index < len(data):
            control = data[index]
            if control & 0x80:
                chunk = data[index + 1 : index + 2]
                index += 2
            else:
                chunk = data[index + 1 :]
                index = len(data)
            if control & 0x40:
                self._write_memory(chunk)
            else:
                for byte in chunk:
                    self._command_byte(byte)

    def read(self, count):
        return bytes((0x00 if self.on else 0x40,)) * count

    def _command_byte(self, byte):
        if self._command is None:
            if byte in _SSD1306_PARAMETERS:
                self._command = byte
                self._parameters = []
                return
            self._simple(byte)
            return
        self._parameters.append(byte)
        if len(self._parameters) == _SSD1306_PARAMETERS[self._command]:
            self._with_parameters(self._command, self._parameters)
            self._command = None

    def _simple(self, byte):
        if byte <= 0x0F:
            self._column = self._column & 0xF0 | byte
        elif byte <= 0x1F:
            self._column = self._column & 0x0F | (byte & 0x07) << 4
        elif 0x40 <= byte <= 0x7F:
            self.start_line = byte & 0x3F
        elif byte in (0xA0, 0xA1):
            self.segment_remap = byte == 0xA1
        elif byte in (0xA4, 0xA5):
            self.all_on = byte == 0xA5
        elif byte in (0xA6, 0xA7):
            self.inverted = byte == 0xA7
        elif byte in (0xAE, 0xAF):
            self.on = byte == 0xAF
        elif 0xB0 <= byte <= 0xB7:
            self._page = byte & 0x07
        elif byte in (0xC0, 0xC8):
            self.com_remap = byte == 0xC8

    def _with_parameters(self, command, parameters):
        if command == 0x20:
            self._mode = parameters[0] & 3
        elif command == 0x21:
            self._columns = (parameters[0] & 0x7F, parameters[1] & 0x7F)
            self._column = self._columns[0]
        elif command == 0x22:
            self._pages = (parameters[0] & 7, parameters[1] & 7)
            self._page = self._pages[0]
        elif command == 0x81:
            self.contrast = parameters[0]

    def _write_memory(self, data):
        if not data:
            return
        for byte in data:
            self.memory[self._page * 128 + self._column] = byte
            self._next_cell()
        self.generation += 1

    def _next_cell(self):
        if self._mode == 2:
            self._column = (self._column + 1) & 0x7F
        elif self._mode == 0:
            if self._column != self._columns[1]:
                self._column = (self._column + 1) & 0x7F
                return
            self._column = self._columns[0]
            self._page = self._pages[0] if self._page == self._pages[1] else (self._page + 1) & 7
        else:
            if self._page != self._pages[1]:
                self._page = (self._page + 1) & 7
                return
            self._page = self._pages[0]
            self._column = self._columns[0] if self._column == self._columns[1] else (self._column + 1) & 0x7F

    def image(self):
        """What the glass shows: PIL image, mode "L", lit pixels 255."""
        width, height = self.size
        if not self.on:
            return Image.new("L", self.size)
        rows = []
        for y in range(height):
            row = (y + self.start_line) & 0x3F
            row = row if self.com_remap else 63 - row
            page, bit = divmod(row, 8)
            cells = bytes(self.memory[page * 128 : page * 128 + 128]).translate(_LIT[bool(self.inverted)][bit])
            cells = b"\xff" * 128 if self.all_on else cells
            rows.append((cells if self.segment_remap else cells[::-1])[:width])
        return Image.frombytes("L", self.size, b"".join(rows))


class ST7789:
    """Colour TFT of 240x320 memory cells, of which the glass shows a window.

    :param glass: (first column, first row, width, height) of the memory cells that are visible
    :param view_rotation: degrees counter-clockwise from the controller's upright to the owner's view
    """

    _ROW = 320

    def __init__(self, glass=(0, 0, 240, 320), view_rotation=0):
        self.glass = glass
        self.view_rotation = view_rotation
        size = glass[2:]
        self.size = size if view_rotation % 180 == 0 else size[::-1]
        self.generation = 0
        self.dc = lambda: False
        self._colours = None
        self.power_on()

    @classmethod
    def square_240(cls):
        """1.3 or 1.54 inch module, 240x240."""
        return cls(glass=(0, 0, 240, 240))

    @classmethod
    def landscape_320x170(cls):
        """1.9 inch module as in the T-Display-S3, seen with its long side down."""
        return cls(glass=(35, 0, 170, 320), view_rotation=90)

    @classmethod
    def landscape_320x240(cls):
        """2.0 inch module, 320x240, seen with its long side down."""
        return cls(view_rotation=90)

    def power_on(self):
        self._cells = array("H", bytes(2 * self._ROW * self._ROW))
        self.on = False
        self.sleeping = True
        self.inverted = False
        self.madctl = 0
        self.bits = 18
        self._columns = (0, 239)
        self._rows = (0, 319)
        self._x = self._y = 0
        self._command = None
        self._parameters = bytearray()
        self._odd = b""

    # --- SPI face

    def select(self, _now_us):
        pass

    def deselect(self):
        pass

    def configure(self, baudrate, polarity, phase):
        pass

    def exchange(self, data):
        """Bytes from the bus; what they are, `dc()` says."""
        if self.dc():
            self._data(bytes(data))
        else:
            for byte in bytes(data):
                self._start_command(byte)
        return bytes(len(data))

    def _start_command(self, byte):
        self._command = byte
        self._parameters = bytearray()
        self._odd = b""
        if byte == 0x01:
            self.power_on()
        elif byte in (0x10, 0x11):
            self.sleeping = byte == 0x10
        elif byte in (0x20, 0x21):
            self.inverted = byte == 0x21
        elif byte in (0x28, 0x29):
            self.on = byte == 0x29
        elif byte == 0x2C:
            self._x, self._y = self._columns[0], self._rows[0]

    def _data(self, data):
        if self._command in (0x2C, 0x3C):
            self._pixels(data)
            return
        self._parameters += data
        values = self._parameters
        if self._command == 0x2A and len(values) == 4:
            self._columns = (values[0] << 8 | values[1], values[2] << 8 | values[3])
        elif self._command == 0x2B and len(values) == 4:
            self._rows = (values[0] << 8 | values[1], values[2] << 8 | values[3])
        elif self._command == 0x36 and values:
            self.madctl = values[0]
        elif self._command == 0x3A and values:
            self.bits = {3: 12, 5: 16, 6: 18}.get(values[0] & 7, 16)

    def _pixels(self, data):
        data = self._odd + data
        usable = len(data) & ~1
        self._odd = data[usable:]
        words = array("H", data[:usable])
        words.byteswap()
        first, last = self._columns
        top, bottom = self._rows
        if last < first or bottom < top:
            return
        start = 0
        while start < len(words):
            count = min(last - self._x + 1, len(words) - start)
            if self._y < self._ROW and self._x < self._ROW:
                room = min(count, self._ROW - self._x)
                cell = self._y * self._ROW + self._x
                self._cells[cell : cell + room] = words[start : start + room]
            start += count
            self._x += count
            if self._x > last:
                self._x = first
                self._y = top if self._y == bottom else self._y + 1
        self.generation += 1

    def image(self):
        """What the glass shows: PIL image, mode "RGB"; black while asleep or off."""
        if not self.on or self.sleeping:
            return Image.new("RGB", self.size)
        picture = Image.frombytes("RGB", (self._ROW, self._ROW), self._rgb())
        if self.madctl & 0x20:
            picture = picture.transpose(Image.Transpose.TRANSPOSE)
        picture = picture.crop((0, 0, 240, 320))
        if self.madctl & 0x40:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if self.madctl & 0x80:
            picture = picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        column, row, width, height = self.glass
        picture = picture.crop((column, row, column + width, row + height))
        if self.view_rotation:
            picture = picture.transpose(ROTATIONS[self.view_rotation])
        return picture

    def _rgb(self):
        if self._colours is None:
            self._colours = {}
        colours = self._colours
        # These panels show the right colours with INVON and with the BGR bit clear.
        flip = 0 if self.inverted else 0xFFFF
        swap = bool(self.madctl & 0x08)
        parts = []
        for word in self._cells:
            key = (word ^ flip) << 1 | swap
            colour = colours.get(key)
            if colour is None:
                colour = colours[key] = _rgb_of(word ^ flip, swap)
            parts.append(colour)
        return b"".join(parts)


def _rgb_of(word, swap):
    red, green, blue = word >> 11, word >> 5 & 0x3F, word & 0x1F
    red, blue = (blue, red) if swap else (red, blue)
    return bytes((red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2))
