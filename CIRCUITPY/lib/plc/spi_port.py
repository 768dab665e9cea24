# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The QCA7005's registers and data port over SPI: mode 3, 1..12 MHz, the "burst" strap; and the bus below it.

Chip select is low over command and data of one access and high between accesses. A command word is 16 bits,
big-endian: 0x8000 read, 0x4000 register, then the register's address, of which the low byte is always 0.
Registers hold 16 bits, big-endian. The data port is read or written after BFR_SIZE was told how many bytes
will follow; no other access may come between the two.
"""

from plc.const import const

MODE = 3
"""The SPI mode that the chip speaks."""

MODES = (MODE, 0)
"""Mode 0 samples on the same edge of the clock, which idles low."""

CLOCKS_HZ = (10000000, 8000000, 5000000, 4000000, 2000000, 1000000)
"""Clocks that the S3 makes from its 80 MHz exactly, up to the chip's 12 MHz: CircuitPython before 10.3 sets the bus
up anew at every access when it cannot meet a clock."""

_BFR_SIZE = const(0x0100)
_WRBUF_SPC_AVA = const(0x0200)
_RDBUF_BYTE_AVA = const(0x0300)
_SPI_CONFIG = const(0x0400)
INTR_CAUSE = const(0x0C00)
"""Which causes are pending; those that are written are taken back."""
INTR_ENABLE = const(0x0D00)
"""Which of them raise the INT pin."""
_SIGNATURE = const(0x1A00)

SIGNATURE = const(0xAA55)
ALL_ONES = const(0xFFFF)
_SLAVE_RESET = const(0x0040)  # SPI_CONFIG bit 6

# Bits of INTR_CAUSE. Bit 10 (write buffer below its mark) is nearly always set and others mean nothing to a host.
PKT_AVLBL = const(0x0001)
RDBUF_ERR = const(0x0002)
WRBUF_ERR = const(0x0004)
CPU_ON = const(0x0040)
CAUSES_THAT_MATTER = const(0x0046)
CAUSES_ENABLED = const(0x0047)

# What a signature that is not 0xAA55 tells; shifted by one bit, late or early, with either bit beside it.
_WRONG_SIGNATURES = {
    0x0000: "ABSENT_LOW",
    0xFFFF: "ABSENT_HIGH",
    0x552A: "SHIFTED",
    0xD52A: "SHIFTED",
    0x54AA: "SHIFTED",
    0x54AB: "SHIFTED",
}

COMMAND_BYTES = 2
"""Room for the command word in front of what ``write_data`` writes; it is two zero bytes."""


def clock_at_most(clock_hz):
    """The highest of the clocks that is not above ``clock_hz``, or the lowest."""
    for hz in CLOCKS_HZ:
        if hz <= clock_hz:
            return hz
    return CLOCKS_HZ[-1]


def meaning_of(signature):
    """What a signature that is wrong tells: a ``status`` of ``plc.qca7005``."""
    return _WRONG_SIGNATURES.get(signature, "BAD_SIGNATURE")


class SpiLines:
    """The wires to the modem: opens them in any mode and clock. A setting is (mode, clock in Hz).

    ``bus`` is a ``busio.SPI``, ``new_device(baudrate=, polarity=, phase=)`` makes an SPIDevice on it and leaves chip
    select high. ``first`` is the setting to begin with.
    """

    def __init__(self, bus, new_device, first):
        self._bus = bus
        self._new_device = new_device
        self._devices = {}
        self.first = first

    def open(self, setting):
        """An SPIDevice for ``setting``; chip select is high meanwhile."""
        mode, clock_hz = setting
        device = self._devices.get(setting)
        if device is None:
            device = self._new_device(baudrate=clock_hz, polarity=mode >> 1, phase=mode & 1)
            self._devices[setting] = device
        self._settle(mode, clock_hz)
        return device

    def _settle(self, mode, clock_hz):
        """Clock a byte that nobody hears: the line takes the mode's idle level only when the first byte is sent.

        Under a chip select that is low that would be one edge too many (esp-idf issue 12543; ESP-IDF applies a
        mode in ``spi_setup_device``, at the next transfer).
        """
        if self._bus.try_lock():
            try:
                self._bus.configure(baudrate=clock_hz, polarity=mode >> 1, phase=mode & 1)
                self._bus.write(b"\xff")
            finally:
                self._bus.unlock()


class SpiPort:
    """Accesses to the chip, each in its own chip select frame, and its registers by what they tell."""

    def __init__(self, device):
        self._device = device
        self._command = bytearray(4)
        self._answer = bytearray(4)

    def use(self, device):
        """Go on with another SPIDevice on the same wires: another mode or clock."""
        self._device = device

    def read(self, register):
        """The register's value; what comes in during the command word is left over from the access before."""
        command = self._command
        command[0] = 0xC0 | register >> 8
        command[2] = command[3] = 0
        answer = self._answer
        with self._device as spi:
            spi.write_readinto(command, answer)
        return answer[2] << 8 | answer[3]

    def _smallest(self, register):
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

    # ---- registers

    def signature(self):
        """SIGNATURE when there is a chip and the bus is well."""
        return self.read(_SIGNATURE)

    def causes(self):
        """INTR_CAUSE; read twice where it says something that matters, for what both say."""
        causes = self.read(INTR_CAUSE)
        if causes & CAUSES_THAT_MATTER:
            causes &= self.read(INTR_CAUSE)
        return causes

    def reset(self):
        """Restart the chip: CPU_ON follows."""
        self.write(_SPI_CONFIG, self.read(_SPI_CONFIG) | _SLAVE_RESET)

    def write_space(self):
        """Bytes free in the chip's write buffer."""
        return self._smallest(_WRBUF_SPC_AVA)

    def bytes_available(self):
        """Bytes in the chip's read buffer."""
        return self._smallest(_RDBUF_BYTE_AVA)
