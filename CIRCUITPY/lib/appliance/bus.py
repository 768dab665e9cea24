# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What a start needs first: the modem on its pins, pins by name, the box's MAC, a display that stays quiet.

Loaded before most of the program, so nothing belongs here that can wait.
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
        # CircuitPython does not reserve 26, the chip select of the memory, older ones none of them: the chip would crash at
        # each start.
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
    """Stop the refreshes of a board's own display; it keeps what it shows. Until the box uses it CircuitPython shows the
    console there, and each line takes 70 ms in which no frame is answered."""
    import board

    try:
        getattr(board, "DISPLAY", None).auto_refresh = False
    except AttributeError:
        # There is none, it is e-paper, or an earlier program released it and only its name is left.
        pass


class ModemBus:
    """SPI, chip select and interrupt of the modem. ``names``: pins of clock, data to the modem, data from it, chip select,
    interrupt (may be ""); ``first``: (SPI mode, clock in Hz). Raises if the bus cannot be opened. ``modem``: the Qca7005.
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
        """True if it was opened with these pins and this setting. ValueError if the board has no such pin."""
        return self._opened == (_pins(names), first)

    def close(self):
        """Release the pins."""
        for claimed in self._claimed:
            claimed.deinit()
        self._claimed = []
        if self._bus is not None:
            self._bus.deinit()
            self._bus = None


def _pins(names):
    return tuple([find_pin(name) for name in names])


def own_mac(radio):
    """The box's MAC on the power line (6 bytes): the radio's, or without a radio one made from the chip's UID."""
    if radio is not None:
        return bytes(radio.mac_address)
    uid = bytes(microcontroller.cpu.uid)[-6:]
    return bytes((uid[0] & 0xFC | 0x02,)) + uid[1:]


def open_radio():
    """``wifi.radio``, or None. Once in a run: if the import failed, a second one gives a radio that is half initialised."""
    try:
        import wifi

        return wifi.radio
    except Exception as error:
        # A build without WiFi, MemoryError, or espidf.IDFError if the radio does not start. Cars can be read without it.
        print("no radio:", error)
        return None
