# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Copper: the board's pins and what hangs on them. It outlives every reset of the device.

A part is reached only when the box drives exactly the pins it is soldered to; with a wrong pin in the settings the
bus floats, as it would in the box.
"""

PINS = [*range(0, 22), *range(26, 49)]


class Pin:
    """One GPIO. `driven`: level the box drives, None as input. `external`: callable giving the outside level."""

    def __init__(self, number):
        self.number = number
        self.driven = None
        self.pull = None
        self.external = None
        self.watchers = []
        self.counters = []
        self._last_external = None

    def level(self):
        """What is measured at the pin: the driver wins, then the outside, then the pull, else low."""
        if self.driven is not None:
            return self.driven
        if self.external is not None:
            return 1 if self.external() else 0
        return 1 if self.pull == "UP" else 0

    def drive(self, level):
        """The box drives the pin (None: lets go)."""
        changed = level != self.driven
        self.driven = level
        if changed:
            for watcher in self.watchers:
                watcher(level)

    def sample(self):
        """Look for edges from outside; the counters of `countio` hear of them."""
        level = self.level()
        before, self._last_external = self._last_external, level
        if before is not None and level != before:
            for counter in self.counters:
                counter(level)


class SpiPart:
    """A model on an SPI bus. `select(now_us)`, `exchange(mosi) -> miso`, `deselect()`, `configure(...)` are its face."""

    def __init__(self, hardware, model, sck, mosi, miso, cs, dc):
        self.model = model
        self.sck, self.mosi, self.miso, self.cs = sck, mosi, miso, cs
        self.selected = cs is None
        self.watched = False
        if dc is not None:
            pin = hardware.pins[dc]
            model.dc = lambda: pin.driven == 1
        if cs is not None:
            hardware.pins[cs].watchers.append(self._cs_changed)
        self._clock = hardware.clock
        self.settings = None

    def configure(self, baudrate, polarity, phase):
        if self.settings != (baudrate, polarity, phase):
            self.settings = (baudrate, polarity, phase)
            self.model.configure(baudrate, polarity, phase)

    def clock_edge(self):
        """The idle level of the bus's clock changed; only a part that counts edges has a method for it."""
        edge = getattr(self.model, "clock_edge", None)
        if self.selected and edge is not None:
            edge()

    def _cs_changed(self, level):
        selected = level == 0
        if selected and not self.selected:
            self.model.select(self._clock.now_us)
        elif self.selected and not selected:
            self.model.deselect()
        self.selected = selected


class Hardware:
    """All pins and parts of one box.

    `floating_miso`: byte read from a bus on which nobody answers. `on_modem_exchange`: called after each
    transaction of a part attached with `watch=True`.
    """

    def __init__(self, clock, floating_miso=0x00):
        self.clock = clock
        self.floating_miso = floating_miso
        self.pins = {number: Pin(number) for number in PINS}
        self.spi_parts = []
        self.i2c_parts = []
        # Somebody holds a line of I2C low: a display without supply, a wire that was pinched.
        self.i2c_held = False
        self.parallel_parts = []
        self.pixels = {}
        self.counted_pins = []
        self.on_modem_exchange = None
        self._clock_idles = {}

    def attach_spi(self, model, *, sck, mosi, miso, cs, dc=None, watch=False):
        """Solder an SPI part to pin numbers. `watch`: it is the modem whose polling the probe measures."""
        part = SpiPart(self, model, sck, mosi, miso, cs, dc)
        part.watched = watch
        self.spi_parts.append(part)
        return part

    def attach_i2c(self, model, *, sda, scl, address):
        """Solder an I2C part (with its pull-ups); the model has `write(data)` and may have `read(n)`."""
        self.i2c_parts.append((sda, scl, address, model))

    def attach_parallel(self, model, *, data0, command, chip_select, write):
        """Solder a display on an 8-bit bus; the model has `exchange(data)` and gets `dc`."""
        self.parallel_parts.append(((data0, command, chip_select, write), model))

    def connect_input(self, pin, level):
        """`level()` gives what the outside drives on the pin."""
        self.pins[pin].external = level

    def on_output(self, pin, watcher):
        """`watcher(level)` hears each level the box drives on the pin (None: high impedance)."""
        self.pins[pin].watchers.append(watcher)

    def detach(self, model):
        """Take a part off again (cable loose)."""
        self.spi_parts = [part for part in self.spi_parts if part.model is not model]
        self.i2c_parts = [part for part in self.i2c_parts if part[3] is not model]
        self.parallel_parts = [part for part in self.parallel_parts if part[1] is not model]

    def on_bus(self, sck, mosi):
        return [part for part in self.spi_parts if part.sck == sck and part.mosi == mosi]

    def exchange(self, sck, mosi, miso, data, settings):
        """Full duplex on the bus of these pins; gives as many bytes as `data` has.

        The peripheral takes over a new mode when the first bytes of it are sent, not when it is configured
        (ESP-IDF spi_master.c `spi_setup_device`, hal/spi_hal_iram.c `spi_hal_setup_device`), and its clock idles
        low after the bus was opened. So a mode with a high clock moves the line under a chip select that is low.
        """
        polarity = settings[1]
        if self._clock_idles.get(sck, 0) != polarity:
            self._clock_idles[sck] = polarity
            for part in self.on_bus(sck, mosi):
                part.clock_edge()
        answer = None
        watched = False
        for part in self.spi_parts:
            if part.sck == sck and part.mosi == mosi and part.selected:
                part.configure(*settings)
                heard = part.model.exchange(data)
                watched = watched or part.watched
                if miso is not None and part.miso == miso:
                    answer = heard
        if watched and self.on_modem_exchange is not None:
            self.on_modem_exchange()
        if answer is None:
            answer = bytes((self.floating_miso,)) * len(data)
        return answer

    def i2c_bus_has_pull_ups(self, sda, scl):
        return not self.i2c_held and any(part[0] == sda and part[1] == scl for part in self.i2c_parts)

    def i2c_part(self, sda, scl, address):
        for part_sda, part_scl, part_address, model in self.i2c_parts:
            if (part_sda, part_scl, part_address) == (sda, scl, address):
                return model
        return None

    def parallel_part(self, pins):
        for part_pins, model in self.parallel_parts:
            if part_pins == pins:
                return model
        return None

    def release(self):
        """A reset of the chip: every pin becomes an input."""
        self.counted_pins = []
        self._clock_idles = {}
        for pin in self.pins.values():
            pin.pull = None
            pin.counters = []
            if pin.driven is not None:
                pin.drive(None)
