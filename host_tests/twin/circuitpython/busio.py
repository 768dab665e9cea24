# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""busio: two SPI hosts, I2C that wants pull-ups. Every transaction costs its call and its bits."""

from twin_device import device

from host_tests.twin import errors
from host_tests.twin.circuitpython import _pins
from host_tests.twin.errors import DeviceOSError

# SPI3 first, then SPI2: the third object finds none left.
_SPI_HOSTS = 2
_SOURCE_CLOCK_HZ = 80_000_000
# What the driver waits for a line that somebody holds low: timeout_ms of I2C.c and as much for the transfer itself.
_HELD_US = 2_000_000
# From 10.3 on `configure` compares with the clock that was asked for, before with the one that came of it.
_COMPARES_WHAT_WAS_ASKED = (10, 3)


class _Lockable:
    _locked = False
    _gone = False

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.deinit()

    def _check(self):
        if self._gone:
            raise ValueError("Object has been deinitialized and can no longer be used. Create a new object.")

    def _check_lock(self):
        self._check()
        if not self._locked:
            raise RuntimeError("Function requires lock")

    def try_lock(self):
        self._check()
        device.spend(device.costs.spi_lock_us)
        if self._locked:
            return False
        self._locked = True
        return True

    def unlock(self):
        self._check()
        device.spend(device.costs.spi_lock_us)
        self._locked = False


def real_clock(hertz):
    """The nearest clock that a whole number makes of 80 MHz."""
    divider = max(1, _SOURCE_CLOCK_HZ // max(1, int(hertz)))
    return min((_SOURCE_CLOCK_HZ // n for n in (divider, divider + 1)), key=lambda clock: abs(clock - hertz))


def _part(buffer, start, end):
    """memoryview of buffer[start:end], with the device's clipping."""
    view = memoryview(buffer).cast("B")
    return view[start:end]


class SPI(_Lockable):
    """SPI bus. `frequency` is the last configured baudrate, `renewals` how often its device was made anew."""

    kept = False

    def __init__(self, clock, MOSI=None, MISO=None, half_duplex=False):
        if half_duplex:
            raise NotImplementedError("Half duplex SPI is not implemented")
        if len(device.spi_hosts) >= _SPI_HOSTS:
            raise ValueError("All SPI peripherals are in use")
        if MOSI is None and MISO is None:
            raise ValueError("Must provide MISO or MOSI pin")
        self._sck = self._mosi = self._miso = None
        try:
            self._sck = _pins.claim(device, clock, self)
            self._mosi = _pins.claim(device, MOSI, self)
            self._miso = _pins.claim(device, MISO, self)
        except (ValueError, TypeError):
            _pins.release(device, self._sck, self._mosi)
            raise
        device.spi_hosts.append(self)
        self.renewals = 0
        self._asked = self._settings = (250_000, 0, 0)

    def deinit(self):
        if self._gone:
            return
        while not self.try_lock():
            # SPI.c waits for whoever uses the bus, be it the caller itself.
            device.spend(1000)
        self._gone = True
        _pins.release(device, self._sck, self._mosi, self._miso)
        if self in device.spi_hosts:
            device.spi_hosts.remove(self)

    def keep(self):
        """For display buses: the bus outlives the virtual machine."""
        self.kept = True
        _pins.keep(device, self._sck, self._mosi, self._miso)

    @property
    def frequency(self):
        self._check()
        return self._settings[0]

    def configure(self, *, baudrate=100000, polarity=0, phase=0, bits=8):
        self._check_lock()
        if polarity not in (0, 1) or phase not in (0, 1):
            raise ValueError("polarity and phase must be 0 or 1")
        if bits != 8:
            raise ValueError("Invalid number of bits")
        device.spend(device.costs.spi_configure_us)
        asked = (int(baudrate), polarity, phase)
        if asked == (self._asked if device.version >= _COMPARES_WHAT_WAS_ASKED else self._settings):
            return
        # SPI.c takes the device off the bus and puts a new one there.
        device.spend(device.costs.spi_new_device_us)
        self.renewals += 1
        self._asked = asked
        self._settings = (real_clock(asked[0]), polarity, phase)

    def _exchange(self, data):
        device.spend(device.costs.spi_call_us + len(data) * 8_000_000 // self._settings[0])
        try:
            return device.hardware.exchange(self._sck, self._mosi, self._miso, data, self._settings)
        except Exception as error:
            device.world_failed(error)
            return bytes(len(data))

    def write(self, buffer, *, start=0, end=None):
        self._check_lock()
        if self._mosi is None:
            raise ValueError("No MOSI pin")
        data = _part(buffer, start, end)
        if len(data):
            self._exchange(data)

    def readinto(self, buffer, *, start=0, end=None, write_value=0):
        self._check_lock()
        if self._miso is None:
            raise ValueError("No MISO pin")
        target = _part(buffer, start, end)
        if len(target):
            target[:] = self._exchange(bytes((write_value & 0xFF,)) * len(target))

    def write_readinto(self, out_buffer, in_buffer, *, out_start=0, out_end=None, in_start=0, in_end=None):
        self._check_lock()
        if self._mosi is None:
            raise ValueError("No MOSI pin")
        if self._miso is None:
            raise ValueError("No MISO pin")
        source = _part(out_buffer, out_start, out_end)
        target = _part(in_buffer, in_start, in_end)
        if len(source) != len(target):
            raise ValueError("buffer slices must be of equal length")
        if len(source):
            target[:] = self._exchange(bytes(source))


class I2C(_Lockable):
    """I2C bus. Without pull-ups, that is with nothing soldered to the pins, there is no bus."""

    def __init__(self, scl, sda, *, frequency=100000, timeout=255):
        self._scl = self._sda = None
        try:
            self._scl = _pins.claim(device, scl, self)
            self._sda = _pins.claim(device, sda, self)
        except (ValueError, TypeError):
            _pins.release(device, self._scl)
            raise
        self.frequency = frequency
        device.spend(500)
        if not device.hardware.i2c_bus_has_pull_ups(self._sda, self._scl):
            _pins.release(device, self._scl, self._sda)
            self._gone = True
            raise RuntimeError("No pull up found on SDA or SCL; check your wiring")

    def deinit(self):
        if self._gone:
            return
        self._gone = True
        _pins.release(device, self._scl, self._sda)

    def keep(self):
        _pins.keep(device, self._scl, self._sda)

    def charge(self, size):
        """Time of one transfer of `size` bytes and the address."""
        device.spend(device.costs.i2c_call_us + (size + 1) * 9_000_000 // self.frequency)

    def probe_address(self, address):
        self.charge(0)
        return not device.hardware.i2c_held and device.hardware.i2c_part(self._sda, self._scl, address) is not None

    def probe(self, address):
        self._check_lock()
        return self.probe_address(address)

    def scan(self):
        self._check_lock()
        return [address for address in range(0x08, 0x78) if self.probe_address(address)]

    def transfer(self, address, data):
        """Write without asking for the lock (display buses hold it themselves)."""
        self.charge(len(data))
        if device.hardware.i2c_held:
            device.spend(_HELD_US)
            raise DeviceOSError(errors.ETIMEDOUT)
        part = device.hardware.i2c_part(self._sda, self._scl, address)
        if part is None:
            raise DeviceOSError(errors.ENODEV)
        try:
            part.write(bytes(data))
        except Exception as error:
            device.world_failed(error)

    def writeto(self, address, buffer, *, start=0, end=None):
        self._check_lock()
        self.transfer(address, _part(buffer, start, end))

    def readfrom_into(self, address, buffer, *, start=0, end=None):
        self._check_lock()
        target = _part(buffer, start, end)
        self.charge(len(target))
        part = device.hardware.i2c_part(self._sda, self._scl, address)
        if part is None:
            raise DeviceOSError(errors.ENODEV)
        target[:] = part.read(len(target))

    def writeto_then_readfrom(
        self, address, out_buffer, in_buffer, *, out_start=0, out_end=None, in_start=0, in_end=None
    ):
        self.writeto(address, out_buffer, start=out_start, end=out_end)
        self.readfrom_into(address, in_buffer, start=in_start, end=in_end)
