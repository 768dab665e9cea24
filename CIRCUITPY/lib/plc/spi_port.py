# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The QCA7005's registers and data port over SPI: mode 3, 1..12 MHz, the "burst" strap.

Chip select is low over command and data of one access and high between accesses. A command word is 16 bits,
big-endian: 0x8000 read, 0x4000 register, then the register's address, of which the low byte is always 0.
Registers hold 16 bits, big-endian. The data port is read or written after BFR_SIZE was told how many bytes
will follow; no other access may come between the two.
"""

try:
    from micropython import const
except ImportError:

    def const(value):
        """The compiler of the device folds constants; other Pythons just take the value."""
        return value


_BFR_SIZE = const(0x0100)

COMMAND_BYTES = 2
"""Room for the command word in front of what ``write_data`` writes; it is two zero bytes."""


class SpiPort:
    """Single accesses to the chip, each in its own chip select frame."""

    def __init__(self, device):
        self._device = device
        self._command = bytearray(4)
        self._answer = bytearray(4)

    def read(self, register):
        """The register's value; what comes in during the command word is left over from the access before."""
        command = self._command
        command[0] = 0xC0 | register >> 8
        command[2] = command[3] = 0
        answer = self._answer
        with self._device as spi:
            spi.write_readinto(command, answer)
        return answer[2] << 8 | answer[3]

    def read_smallest(self, register):
        """A count of bytes: 0 at the first reading, or the smaller of two, of three if they differ.

        One flipped bit would make us take or give more than there is (room for), which only a reset cures.
        """
        count = self.read(register)
        if count:
            again = self.read(register)
            if again != count:
                count = min(count, again, self.read(register))
        return count

    def write(self, register, value):
        """Set a register."""
        command = self._command
        command[0] = 0x40 | register >> 8
        command[2] = value >> 8
        command[3] = value & 0xFF
        with self._device as spi:
            spi.write(command)

    def read_data(self, buffer, start, count):
        """Take ``count`` bytes, not more than RDBUF_BYTE_AVA, from the data port to ``buffer[start:]``."""
        self.write(_BFR_SIZE, count)
        with self._device as spi:
            spi.write(b"\x80\x00")
            spi.readinto(buffer, start=start, end=start + count)

    def write_data(self, buffer, count):
        """Give ``count`` bytes, framed, behind the two zero bytes of the command word in ``buffer``."""
        self.write(_BFR_SIZE, count)
        with self._device as spi:
            spi.write(buffer, start=0, end=COMMAND_BYTES + count)
