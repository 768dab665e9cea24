# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The QCA7005's registers and data port over SPI: mode 3, 1..12 MHz, the "burst" strap; and the bus below it.

Chip select is low during command and data of one access and high between accesses. A command word has 16 bits,
big-endian: 0x8000 for a read, 0x4000 for a register, plus the register's address, whose low byte is always 0.
Registers have 16 bits, big-endian. Before the data port is read or written, BFR_SIZE is set to the number of bytes;
no other access may come in between.
"""

from plc.const import const

MODE = 3
"""The chip's SPI mode."""

MODES = (MODE, 0)
"""Mode 0 samples on the same edge as mode 3; only the clock's idle level differs."""

CLOCKS_HZ = (10000000, 8000000, 5000000, 4000000, 2000000, 1000000)
"""What the S3 can divide its 80 MHz down to exactly, up to the chip's 12 MHz: with any other clock CircuitPython before
10.3 configures the bus again at every access."""

_BFR_SIZE = const(0x0100)
_WRBUF_SPC_AVA = const(0x0200)
_RDBUF_BYTE_AVA = const(0x0300)
_SPI_CONFIG = const(0x0400)
INTR_CAUSE = const(0x0C00)
"""Pending interrupt causes; writing a bit clears it."""
INTR_ENABLE = const(0x0D00)
"""The causes that raise the INT pin."""
_SIGNATURE = const(0x1A00)

SIGNATURE = const(0xAA55)
ALL_ONES = const(0xFFFF)
_SLAVE_RESET = const(0x0040)  # SPI_CONFIG bit 6

# Bits of INTR_CAUSE. Bit 10 (write buffer below its watermark) is nearly always set; the others do not concern a host.
PKT_AVLBL = const(0x0001)
RDBUF_ERR = const(0x0002)
WRBUF_ERR = const(0x0004)
CPU_ON = const(0x0040)
CAUSES_THAT_MATTER = const(0x0046)
CAUSES_ENABLED = const(0x0047)

# What a wrong signature means. SHIFTED: 0xAA55 read one bit late or early, with either value of the bit shifted in.
_WRONG_SIGNATURES = {
    0x0000: "ABSENT_LOW",
    0xFFFF: "ABSENT_HIGH",
    0x552A: "SHIFTED",
    0xD52A: "SHIFTED",
    0x54AA: "SHIFTED",
    0x54AB: "SHIFTED",
}

COMMAND_BYTES = 2
"""Length of the command word that goes before the data of ``write_data``: two zero bytes."""


def clock_at_most(clock_hz):
    """The highest of CLOCKS_HZ that is not above ``clock_hz``; the lowest if all are."""
    for hz in CLOCKS_HZ:
        if hz <= clock_hz:
            return hz
    return CLOCKS_HZ[-1]


def meaning_of(signature):
    """The ``status`` of ``plc.qca7005`` for a wrong ``signature``."""
    return _WRONG_SIGNATURES.get(signature, "BAD_SIGNATURE")


class SpiLines:
    """Opens the wires to the modem in any setting: (mode, clock in Hz).

    ``bus`` is a ``busio.SPI``; ``new_device(baudrate=, polarity=, phase=)`` returns an SPIDevice on it and leaves chip
    select high. ``first`` is the setting to begin with.
    """

    def __init__(self, bus, new_device, first):
        self._bus = bus
        self._new_device = new_device
        self._devices = {}
        self.first = first

    def open(self, setting):
        """An SPIDevice for ``setting``, with the clock line at that mode's idle level. Chip select stays high."""
        mode, clock_hz = setting
        device = self._devices.get(setting)
        if device is None:
            device = self._new_device(baudrate=clock_hz, polarity=mode >> 1, phase=mode & 1)
            self._devices[setting] = device
        self._settle(mode, clock_hz)
        return device

    def _settle(self, mode, clock_hz):
        """Send a byte with no chip selected: ESP-IDF sets the idle level of a new mode only at the next transfer.

        With chip select low that change would count as a clock edge (esp-idf issue 12543, ``spi_setup_device``).
        """
        if self._bus.try_lock():
            try:
                self._bus.configure(baudrate=clock_hz, polarity=mode >> 1, phase=mode & 1)
                self._bus.write(b"\xff")
            finally:
                self._bus.unlock()


class SpiPort:
    """Accesses to the chip, each with a chip select of its own, and its registers by their meaning."""

    def __init__(self, device):
        self._device = device
        self._command = bytearray(4)
        self._answer = bytearray(4)

    def use(self, device):
        """Use another SPIDevice on the same wires from now on: another mode or clock."""
        self._device = device

    def read(self, register):
        """The register's value; the bytes received during the command word are left over from the access before."""
        command = self._command
        command[0] = 0xC0 | register >> 8
        command[2] = command[3] = 0
        answer = self._answer
        with self._device as spi:
            spi.write_readinto(command, answer)
        return answer[2] << 8 | answer[3]

    def _smallest(self, register):
        """A number of bytes: 0 if the first reading is 0, else the smaller of two readings, or of three if those differ.

        With one bit flipped, the driver would read or write more than the chip has or has room for; only a reset
        cures that.
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
        """Read ``count`` bytes, no more than ``bytes_available()``, from the data port into ``buffer`` at ``start``."""
        self.write(_BFR_SIZE, count)
        with self._device as spi:
            spi.write(b"\x80\x00")
            spi.readinto(buffer, start=start, end=start + count)

    def write_data(self, buffer, count):
        """Write ``count`` framed bytes, which follow the two zero bytes of the command word in ``buffer``."""
        self.write(_BFR_SIZE, count)
        with self._device as spi:
            spi.write(buffer, start=0, end=COMMAND_BYTES + count)

    # ---- registers

    def signature(self):
        """The signature register: SIGNATURE if chip and bus are all right."""
        return self.read(_SIGNATURE)

    def causes(self):
        """INTR_CAUSE. If a bit that matters is set it is read again, and only bits set both times count."""
        causes = self.read(INTR_CAUSE)
        if causes & CAUSES_THAT_MATTER:
            causes &= self.read(INTR_CAUSE)
        return causes

    def reset(self):
        """Restart the chip. CPU_ON in INTR_CAUSE tells that it is up again."""
        self.write(_SPI_CONFIG, self.read(_SPI_CONFIG) | _SLAVE_RESET)

    def write_space(self):
        """Bytes free in the chip's write buffer."""
        return self._smallest(_WRBUF_SPC_AVA)

    def bytes_available(self):
        """Bytes in the chip's read buffer."""
        return self._smallest(_RDBUF_BYTE_AVA)
