# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A small QR code (ISO/IEC 18004), made in pieces of a few milliseconds.

``adafruit_miniqr`` makes one in a single call, which takes 0.2 s of the board and 100 kB of its heap, and its version 2.1.9
leaves the last column out, so that readers have to mend its codes. Here are versions 1 to 3 only, at the lowest level
of correction and with the first of the eight masks, which readers take as well as any: one block of data, no
interleaving. Version 3 has 29 modules, which at two pixels each and a margin fit a display 64 high.
"""

# By version: bytes of text that fit, codewords of data, generator of its correction as powers of two in GF(256)
# (tables 7 and 9, annex A).
VERSIONS = (
    (17, 19, bytes((87, 229, 146, 149, 238, 102, 21))),
    (32, 34, bytes((251, 67, 46, 61, 118, 70, 64, 94, 32, 45))),
    (53, 55, bytes((8, 183, 61, 91, 202, 37, 51, 58, 58, 237, 140, 124, 5, 99, 105))),
)
_LIGHT, _DARK, _FREE = ord("0"), ord("1"), ord(" ")
_FIELD = 0x11D
_PADS = (0xEC, 0x11)
# Rows of a finder with the light edge beside it, and of the small square that versions 2 and 3 have.
_FINDER = (b"1111111", b"1000001", b"1011101", b"1011101", b"1011101", b"1000001", b"1111111", b"0000000")
_SQUARE = (b"11111", b"10001", b"10101", b"10001", b"11111")
_TIMING = 6
# Level L and mask 0 with their own correction (annex C), the highest bit first.
_FORMAT = b"111011111000100"
# Codewords that one piece corrects.
_AT_ONCE = 8


def version_for(text):
    """The smallest version that takes ``text``; ValueError when it is too long for a small code."""
    length = len(text.encode("utf-8"))
    for at, row in enumerate(VERSIONS):
        if length <= row[0]:
            return at + 1
    raise ValueError("too long for a small QR code: " + text)


class Code:
    """``go_on()`` does the next piece; ``rows`` is None until the code is made, then a tuple of rows, each a string of
    "1" for dark and "0" for light. Raises ValueError for a text that is too long."""

    def __init__(self, text):
        version = version_for(text)
        _, self._size, self._generator = VERSIONS[version - 1]
        self._text = text.encode("utf-8")
        self._modules = 17 + 4 * version
        self._grid = [bytearray(b" " * self._modules) for _ in range(self._modules)]
        self._pieces = self._steps()
        self.rows = None

    def go_on(self):
        """True when that was the last piece."""
        for _ in self._pieces:
            return False
        return True

    def _steps(self):
        powers, logs = bytearray(255), bytearray(256)
        value = 1
        for first in range(0, 255, 85):
            value = _fill_field(powers, logs, first, value)
            yield
        self._draw_patterns()
        yield
        words = self._data()
        correction = bytearray(len(self._generator))
        for at in range(0, len(words), _AT_ONCE):
            self._correct(correction, words[at : at + _AT_ONCE], powers, logs)
            yield
        words += correction
        bit = 0
        upwards = True
        for right in range(self._modules - 1, 0, -2):
            # The column of the timing pattern is left out.
            bit = self._fill(right if right > _TIMING else right - 1, upwards, words, bit)
            upwards = not upwards
            yield
        self.rows = tuple([str(row, "ascii") for row in self._grid])

    def _data(self):
        """Mode "bytes", length, the text, four zero bits, padding; the mode has half a byte, so all is shifted by it."""
        words = bytearray()
        held = 4
        for byte in bytes((len(self._text),)) + self._text:
            words.append(held << 4 | byte >> 4)
            held = byte & 15
        words.append(held << 4)
        while len(words) < self._size:
            words.append(_PADS[(len(words) - len(self._text)) % 2])
        return words

    def _correct(self, correction, words, powers, logs):
        """Divide by the generator as a shift register does; what is left in ``correction`` is the remainder."""
        generator = self._generator
        last = len(correction) - 1
        for word in words:
            factor = word ^ correction[0]
            correction[0:last] = correction[1:]
            correction[last] = 0
            if factor:
                log = logs[factor]
                for at in range(last + 1):
                    correction[at] ^= powers[(log + generator[at]) % 255]

    # ---- modules

    def _draw_patterns(self):
        grid, size = self._grid, self._modules
        for row, pattern in enumerate(_FINDER):
            grid[row][0:8] = pattern + b"0"
            grid[row][size - 8 : size] = b"0" + pattern
            grid[size - 1 - row][0:8] = pattern + b"0"
        for at in range(8, size - 8):
            grid[_TIMING][at] = grid[at][_TIMING] = _LIGHT if at % 2 else _DARK
        if size > 21:
            for row, pattern in enumerate(_SQUARE):
                grid[size - 9 + row][size - 9 : size - 4] = pattern
        self._draw_format()

    def _draw_format(self):
        """Around the upper left finder, and once more along the other two."""
        grid, size = self._grid, self._modules
        for at, module in enumerate(_FORMAT):
            if at < 8:
                grid[8][at if at < _TIMING else at + 1] = module
            else:
                grid[7 if at == 8 else 14 - at][8] = module
            if at < 7:
                grid[size - 1 - at][8] = module
            else:
                grid[8][size - 15 + at] = module
        grid[size - 8][8] = _DARK

    def _fill(self, right, upwards, words, bit):
        """Set the free modules of two columns from bit ``bit`` of ``words`` on; gives the next bit."""
        size = self._modules
        most = 8 * len(words)
        columns = (right, right - 1)
        for at in range(size):
            row = size - 1 - at if upwards else at
            modules = self._grid[row]
            for column in columns:
                if modules[column] != _FREE:
                    continue
                dark = bit < most and words[bit >> 3] << (bit & 7) & 0x80
                # Mask 0.
                if (row + column) % 2 == 0:
                    dark = not dark
                modules[column] = _DARK if dark else _LIGHT
                bit += 1
        return bit


def _fill_field(powers, logs, first, value):
    """85 powers of two in GF(256) and their logarithms from 2 ** first = ``value`` on; gives the next power."""
    for power in range(first, first + 85):
        powers[power] = value
        logs[value] = power
        value <<= 1
        if value > 255:
            value ^= _FIELD
    return value
