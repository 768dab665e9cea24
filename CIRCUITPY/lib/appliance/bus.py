# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The modem on its pins, and what else a start needs first: pins by name, the box's MAC, a display that stays quiet.

It is loaded before most of the program is, so it holds nothing that can wait.
"""

import microcontroller
from plc.qca7005 import Qca7005
from plc.spi_port import SpiLines


def find_pin(name):
    """The pin object for "IO13", "GPIO13" or "13"; None for ""; ValueError when the board has no such pin."""
    if not name:
        return None
    import board

    number = name
    for prefix in ("GPIO", "IO"):
        if name.upper().startswith(prefix):
            number = name[len(prefix) :]
            break
    if number.isdigit() and 26 <= int(number) <= 37:
        # CircuitPython gives 26 away, the memory's chip select, and older ones them all: the chip crashes at each start.
        raise ValueError("the board's memory is on pin " + name)
    for place, spelling in ((board, name), (board, "IO" + number), (board, "GPIO" + number)):
        pin = getattr(place, spelling, None)
        if pin is not None:
            return pin
    pin = getattr(getattr(microcontroller, "pin", None), "GPIO" + number, None)
    if pin is None:
        raise ValueError("this board has no pin " + name)
    return pin


def quiet_display():
    """A board's own display shows the console until the box takes it, and CircuitPython sends it anew after each line, 70 ms
    in which no frame is answered. It keeps what it shows."""
    import board

    try:
        getattr(board, "DISPLAY", None).auto_refresh = False
    except AttributeError:
        # There is none, it is e-paper, or a program before this one gave it back and its name is left.
        pass


class ModemBus:
    """SPI, chip select and interrupt of the modem. ``names``: pins of clock, data to the modem, data from it, chip select,
    interrupt (may be ""); ``first``: SPI mode and clock in Hz. Raises when the bus cannot be opened.

    ``modem`` is the Qca7005; ``same(names, first)`` tells whether it was opened like that.
    """

    def __init__(self, names, first):
        import busio
        import digitalio
        from adafruit_bus_device.spi_device import SPIDevice

        self._bus = None
        self._claimed = []
        self._opened = (_pins(names), first)
        sck, mosi, miso, cs, interrupt = self._opened[0]
        try:
            bus = self._bus = busio.SPI(sck, MOSI=mosi, MISO=miso)
            chip_select = self._claim(digitalio.DigitalInOut(cs))
            lines = SpiLines(bus, lambda **setting: SPIDevice(bus, chip_select, **setting), first)
            int_pin = None
            if interrupt is not None:
                int_pin = self._claim(digitalio.DigitalInOut(interrupt))
                int_pin.direction = digitalio.Direction.INPUT
            self.modem = Qca7005(lines.open(first), int_pin, lines)
        except Exception as error:
            self.close()
            raise error

    def _claim(self, pin):
        self._claimed.append(pin)
        return pin

    def same(self, names, first):
        """True when these pins and this setting are in use; ValueError when the board has no such pin."""
        return self._opened == (_pins(names), first)

    def close(self):
        """Give the pins back."""
        for claimed in self._claimed:
            claimed.deinit()
        self._claimed = []
        if self._bus is not None:
            self._bus.deinit()
            self._bus = None


def _pins(names):
    return tuple([find_pin(name) for name in names])


def own_mac(radio):
    """Six bytes for the box's station on the power line: the radio's, else made from the chip's number."""
    if radio is not None:
        return bytes(radio.mac_address)
    uid = bytes(microcontroller.cpu.uid)[-6:]
    return bytes((uid[0] & 0xFC | 0x02,)) + uid[1:]


def open_radio():
    """``wifi.radio``, or None on a board without. Once a run: a second import gives a radio that is only half made."""
    try:
        import wifi

        return wifi.radio
    except Exception as error:
        # A build without WiFi, MemoryError, or espidf.IDFError from a radio that does not start: cars are read without it.
        print("no radio:", error)
        return None
