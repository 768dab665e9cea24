# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The QCA7005 as its SPI bus shows it: burst mode, registers, the two data buffers, boot and misuse.

    select()  exchange(mosi) -> miso  ...  deselect()          one chip select = one transaction

    command word    bit 15 read, bit 14 register, 13..0 address, big-endian; then
    register        one 16-bit word
    external write  AA*4 | FL little-endian | 0 0 | frame | 55 55                   FL + 10 bytes
    external read   FL + 10 as 4 bytes big-endian | the same as in a write          FL + 14 bytes

What the chip drives while it has nothing to say is the low byte it drove last, and zeroes behind the
announced end of an external access, as recorded. What happens behind the bus is `modem_firmware.Modem`.

The real chip punishes misuse (a lost frame, a buffer that stays unusable until reset), and so does this
one; each case also leaves a plain sentence in `violations`, so that a test can ask that there are none.
Which behaviour is recorded and which is a choice: docs/modem-model.md. Runs on CPython and on MicroPython.
"""

from host_tests.twin.modem_firmware import (
    BROADCAST,
    FIRMWARE,
    OUI_QUALCOMM,
    VS_HOST_ACTION_IND,
    VS_HOST_ACTION_RSP,
    Modem,
    build_mme,
    mme_type,
)
from host_tests.twin.spi_wire import SpiWire

BFR_SIZE = 0x0100
WRBUF_SPC_AVA = 0x0200
RDBUF_BYTE_AVA = 0x0300
SPI_CONFIG = 0x0400
SPI_STATUS = 0x0500
INTR_CAUSE = 0x0C00
INTR_ENABLE = 0x0D00
RDBUF_WATERMARK = 0x1200
WRBUF_WATERMARK = 0x1300
SIGNATURE = 0x1A00
ACTION_CTRL = 0x1B00

CAUSE_PKT_AVLBL = 0x0001
CAUSE_RDBUF_ERR = 0x0002
CAUSE_WRBUF_ERR = 0x0004
CAUSE_ADDR_ERR = 0x0008
CAUSE_CPU_ON = 0x0040
CAUSE_WRBUF_BELOW_WM = 0x0400
CONFIG_RESET = 0x0040

SIGNATURE_VALUE = 0xAA55
WRITE_BUFFER_BYTES = 0x0C5B
READ_BUFFER_BYTES = WRITE_BUFFER_BYTES + 4
HARDWARE_LENGTH_BYTES = 4
FRAME_OVERHEAD = 10
FRAME_SHORTEST = 60
FRAME_LONGEST = 1522
HEADER = b"\xaa\xaa\xaa\xaa"
FOOTER = b"\x55\x55"

# First transaction after each of the recorded power-ons, and what the bus repeats after it.
FIRST_ACCESS_MISO = b"\x3f\xff\xff\xff"
LATCH_AFTER_FIRST_ACCESS = 0xE1

BOOT_US = 950_000
LOADER_BOOT_US = 3_000
MAC_UP_US = 180_000
# Recorded: full again 19.96 ms after a frame; nobody recorded an earlier look.
WRITE_SPACE_BACK_US = 19_900
HOST_ACTION_PERIOD_US = 500_000
LONGEST_VIOLATION_LIST = 1000
SURPLUS_TOLERATED = 3

READ_WRITE_REGISTERS = (SPI_CONFIG, INTR_ENABLE, RDBUF_WATERMARK, WRBUF_WATERMARK, ACTION_CTRL)


class Qca7005Model:
    """One chip on one chip select.

    `profiles`: carries an EVSE parameter block (sounds yield attenuation profiles); False: a car's.
    `host_boot`: no firmware in flash, only the loader answers. `powered`: switch on at once.
    `modem` is the firmware behind the bus (`set_key_result`, `set_key_silent`, `link_up`, `taps`, ...
    live there); `wire` holds the line faults, most of them also reachable here by the same name.
    `trace`: None or a list that collects `(now_us, mosi, miso)` of each transaction.
    """

    def __init__(self, clock, powerline, modem_mac=b"\x04\x65\x65\xff\xff\xff", *, firmware=FIRMWARE,
                 boot_us=BOOT_US, reset_boot_us=None, mac_up_us=MAC_UP_US, profiles=True, host_boot=False,
                 powered=True, seed=0):
        self.clock = clock
        self.powerline = powerline
        self.boot_us = boot_us
        self.reset_boot_us = boot_us if reset_boot_us is None else reset_boot_us
        self.host_boot = host_boot
        self.never_free_write_buffer = False
        self.stuck_int = None
        self.violations = []
        self.trace = None
        self.wire = SpiWire(seed)
        names = ("transactions", "to_host", "from_host", "read_overflow", "write_rejected", "resets")
        self.counts = dict.fromkeys(names, 0)
        self.modem = Modem(powerline, modem_mac, self._queue_for_host, evse=profiles, firmware=firmware,
                           mac_up_us=mac_up_us)
        self.modem.on_reset = self.spontaneous_reboot
        self.state = "OFF"
        self._boot_timer = None
        self._loader_timer = None
        self._selected = False
        self._traced = None
        self._generation = 0
        self._clear()
        if powered:
            self.power_on()

    # ---- line faults by the chip's name

    @property
    def stuck(self):
        return self.wire.stuck

    @stuck.setter
    def stuck(self, level):
        self.wire.stuck = level

    @property
    def shift_bits(self):
        return self.wire.shift_bits

    @shift_bits.setter
    def shift_bits(self, bits):
        self.wire.shift_bits = bits

    @property
    def flip_rate(self):
        return self.wire.flip_rate

    @flip_rate.setter
    def flip_rate(self, rate):
        self.wire.flip_rate = rate

    @property
    def profiles(self):
        return self.modem.evse

    @profiles.setter
    def profiles(self, has_evse_parameters):
        self.modem.evse = has_evse_parameters

    @property
    def modem_mac(self):
        return self.modem.modem_mac

    # ---- power, boot, reset

    def power_on(self):
        """Supply present: a dead bus for `boot_us`, then CPU_ON."""
        if self.state == "OFF":
            self.powerline.attach(self.modem)
            self._boot(self.boot_us)

    def power_off(self):
        if self.state != "OFF":
            self._halt()
            self.powerline.detach(self.modem)
            self.state = "OFF"

    def spontaneous_reboot(self):
        """The chip restarts without having been asked over SPI."""
        if self.state != "OFF":
            self._restart()

    def _restart(self):
        self.counts["resets"] += 1
        self._halt()
        self._boot(self.reset_boot_us)

    def _halt(self):
        for timer in (self._boot_timer, self._loader_timer):
            if timer is not None:
                timer.cancel()
        self.modem.stop()
        self._clear()

    def _boot(self, dead_us):
        self.state = "BOOTING"
        self._boot_timer = self.clock.after(LOADER_BOOT_US if self.host_boot else dead_us, self._booted)

    def _clear(self):
        """Reset values. Those of SPI_STATUS, SPI_CONFIG, ACTION_CTRL and the watermarks are nobody's
        measurement."""
        self._registers = {
            SPI_CONFIG: 0,
            INTR_ENABLE: CAUSE_CPU_ON,
            RDBUF_WATERMARK: 0,
            WRBUF_WATERMARK: WRITE_BUFFER_BYTES // 2,
            ACTION_CTRL: 0,
        }
        self._cause = 0
        self._latch = 0
        self._first_access = True
        self._armed = None
        self._window_kind = None
        self._window_left = 0
        self._void = False
        self._fifo = bytearray()
        self._fifo_missing = 0
        self._write_used = 0
        self._write_broken = False
        self._read_buffer = bytearray()
        self._read_broken = False
        self._generation += 1
        self._dead_select = True
        self._position = 0

    def _booted(self):
        self._clear()
        self._cause = CAUSE_CPU_ON
        if self.host_boot:
            self.state = "LOADER"
            self._ask_for_firmware()
        else:
            self.state = "RUNNING"
            self.modem.start()

    def _ask_for_firmware(self):
        """The loader's VS_HOST_ACTION.IND, action 0 (start device), until it is answered."""
        body = OUI_QUALCOMM + bytes((0, 1, 0))
        self._queue_for_host(build_mme(BROADCAST, self.modem_mac, 0, VS_HOST_ACTION_IND, body))
        self._loader_timer = self.clock.after(HOST_ACTION_PERIOD_US, self._ask_for_firmware)

    # ---- interrupt

    @property
    def int_level(self):
        """INT pin: high while an enabled cause is pending."""
        if self.stuck_int is not None:
            return bool(self.stuck_int)
        if self.state not in ("RUNNING", "LOADER"):
            return False
        return bool(self._causes() & self._registers[INTR_ENABLE])

    def _causes(self):
        # Recorded with every cause, also when it is not enabled: the level of the write buffer, not an event.
        below = self._write_used < self._registers[WRBUF_WATERMARK]
        return self._cause | (CAUSE_WRBUF_BELOW_WM if below else 0)

    # ---- the bus

    def configure(self, baudrate, polarity, phase):
        """Clock in Hz and SPI mode as the wire shows them. The chip wants mode 3 and at most 12 MHz."""
        wire = self.wire
        if (baudrate, polarity, phase) == (wire.baudrate, wire.polarity, wire.phase):
            return
        wire.baudrate = baudrate
        wire.polarity = polarity
        wire.phase = phase
        if baudrate > wire.clean_hz:
            self._violation(f"SPI clock of {baudrate} Hz, the chip takes {wire.clean_hz}")
        if not wire.mode_is_right:
            self._violation(f"SPI mode {polarity * 2 + phase}, the chip speaks mode 3")

    def clock_edge(self):
        """The clock line changed its idle level. Between transactions that is nothing; inside one it is a clock."""
        if self._selected:
            self._violation("the clock changed its idle level while chip select was low")
            self.wire.edge()

    def select(self, now_us=None):
        """Chip select goes low; `now_us` is accepted for callers that carry a time, the clock decides."""
        if not self.wire.cs_connected:
            return
        if self._selected:
            self._violation("chip select was already low")
        self._selected = True
        self._dead_select = self.state not in ("RUNNING", "LOADER")
        self._position = 0
        self._command = 0
        self._data_position = 0
        self._surplus_told = False
        self.wire.start()
        if self.trace is not None:
            self._traced = [self.clock.now_us, b"", b""]

    def exchange(self, mosi):
        """Clock `mosi` in and return as many bytes of MISO; any split of a transaction into calls is the
        same."""
        if not self._selected:
            return self.wire.to_host(bytes(len(mosi)))
        if self.wire.clean():
            miso = self._exchange(mosi)
        else:
            miso = self.wire.to_host(self._exchange(self.wire.to_chip(bytes(mosi))))
        if self._traced is not None:
            self._traced[1] += bytes(mosi)
            self._traced[2] += miso
        return miso

    def deselect(self):
        """Chip select goes high: the transaction is over."""
        if not self._selected:
            return
        self._selected = False
        if self._traced is not None:
            self.trace.append(tuple(self._traced))
            self._traced = None
        if self._dead_select or self._position == 0:
            return
        self.counts["transactions"] += 1
        if self._first_access:
            self._first_access = False
            self._latch = LATCH_AFTER_FIRST_ACCESS
        elif self._position == 1 or (self._command & 0x4000 and self._position < 4):
            self._violation("chip select released in the middle of a command or register word")

    def _exchange(self, mosi):
        length = len(mosi)
        if self._dead_select:
            return bytes(length)
        out = bytearray(length)
        index = 0
        if self._first_access:
            for index in range(length):
                out[index] = FIRST_ACCESS_MISO[min(self._position, 3)]
                self._position += 1
            return bytes(out)
        while index < length and self._position < 2:
            out[index] = self._latch
            self._command = self._command << 8 | mosi[index]
            self._position += 1
            index += 1
            if self._position == 2:
                self._begin()
        if index < length:
            if self._command & 0x4000:
                self._register_bytes(mosi, index, out)
            elif self._command & 0x8000:
                self._read_bytes(length - index, index, out)
            else:
                self._write_bytes(mosi, index, out)
            self._position += length - index
        return bytes(out)

    def _violation(self, text):
        if len(self.violations) < LONGEST_VIOLATION_LIST:
            self.violations.append((self.clock.now_us, text))

    # ---- registers

    def _begin(self):
        """The command word is complete."""
        if self._command & 0x4000:
            self._leave_window()
            self._register_begin()
        else:
            self._external_begin()

    def _leave_window(self):
        """A register access ends what was announced: BFR_SIZE counts for the very next transaction only."""
        if self._window_kind == "write" and self._window_left:
            self._violation(f"external write ended {self._window_left} bytes before BFR_SIZE")
            self._fifo_missing += self._window_left
        elif self._window_kind == "read" and self._window_left:
            self._violation(f"external read ended {self._window_left} bytes before BFR_SIZE")
        self._window_kind = None
        self._window_left = 0
        self._armed = None

    def _register_begin(self):
        address = self._command & 0x3FFF
        self._word = 0
        self._value = 0
        if not self._command & 0x8000:
            return
        if address == INTR_CAUSE:
            self._value = self._causes()
        elif address == WRBUF_SPC_AVA:
            self._value = WRITE_BUFFER_BYTES - self._write_used
        elif address == RDBUF_BYTE_AVA:
            self._value = len(self._read_buffer)
        elif address == SIGNATURE:
            self._value = SIGNATURE_VALUE
        elif address in self._registers:
            self._value = self._registers[address]
        elif address != SPI_STATUS:
            self._address_error(address)

    def _address_error(self, address):
        self._cause |= CAUSE_ADDR_ERR
        self._violation(f"register 0x{address:04x} does not exist or not in this direction")

    def _register_bytes(self, mosi, index, out):
        position = self._position
        reading = self._command & 0x8000
        while index < len(mosi):
            if position > 3:
                self._surplus("clocks behind a register word")
                return
            if reading:
                out[index] = (self._value >> 8) if position == 2 else self._value & 0xFF
            else:
                out[index] = self._latch
                self._word = self._word << 8 | mosi[index]
            position += 1
            index += 1
            if position == 4:
                self._register_done(reading)
                if self._dead_select:
                    return

    def _register_done(self, reading):
        if reading:
            self._latch = self._value & 0xFF
        else:
            self._register_write(self._command & 0x3FFF, self._word)

    def _register_write(self, address, value):
        if address == BFR_SIZE:
            self._armed = value
        elif address == INTR_CAUSE:
            self._cause &= ~value
        elif address == SPI_CONFIG and value & CONFIG_RESET:
            self._restart()
        elif address in READ_WRITE_REGISTERS:
            self._registers[address] = value
        else:
            self._address_error(address)

    def _surplus(self, text):
        if not self._surplus_told:
            self._surplus_told = True
            self._violation(text + ": one access for each chip select")

    # ---- external accesses

    def _external_begin(self):
        kind = "read" if self._command & 0x8000 else "write"
        self._void = False
        if self._command & 0x3FFF:
            self._violation("external access with an address")
        if self._armed is None and self._window_kind == kind and self._window_left:
            return  # an access split over several chip selects in direct succession (Linux' burst length)
        size = self._armed
        if size is None:
            self._leave_window()
            self._violation(f"external {kind} without BFR_SIZE written immediately before")
            self._void = True
            return
        self._leave_window()
        self._window_kind = kind
        self._window_left = size
        if kind == "read":
            self._read_begin(size)
        else:
            self._write_begin(size)

    def _read_begin(self, size):
        if self._read_broken:
            self._violation("external read after RDBUF_ERR without reset")
        elif size > len(self._read_buffer):
            self._violation(f"read of {size} bytes, {len(self._read_buffer)} available")
            self._cause |= CAUSE_RDBUF_ERR
            self._read_broken = True
        elif size == 0:
            self._violation("external read of 0 bytes")
        self._void = self._read_broken or size == 0
        if self._void:
            self._window_left = 0

    def _read_bytes(self, count, index, out):
        if self._void:
            for position in range(index, len(out)):
                out[position] = self._latch
            return
        taken = min(count, self._window_left)
        if taken:
            out[index : index + taken] = self._read_buffer[:taken]
            self._read_buffer = self._read_buffer[taken:]
            self._window_left -= taken
            self._latch = out[index + taken - 1]
        self._past_end(count - taken)

    def _past_end(self, surplus):
        """Clocks behind BFR_SIZE: the chip drives zeroes and ignores them (an even count is common, more
        is not)."""
        self._data_position += surplus
        if self._data_position > SURPLUS_TOLERATED:
            self._surplus(f"{self._data_position} clocks behind BFR_SIZE")

    def _write_begin(self, size):
        if self._write_broken:
            self._violation("external write after WRBUF_ERR without reset")
            self._void = True
        elif self._fifo_missing:
            # The chip still waits for the rest of the short write and takes this one for it.
            self._violation("external write swallowed as the rest of a short one")
            self._window_left = min(size, self._fifo_missing)
            self._fifo_missing -= self._window_left
        elif size + HARDWARE_LENGTH_BYTES > WRITE_BUFFER_BYTES - self._write_used:
            free = WRITE_BUFFER_BYTES - self._write_used
            self._violation(f"write of {size} bytes and 4 of length, {free} free")
            self._cause |= CAUSE_WRBUF_ERR
            self._write_broken = True
            self._void = True
        elif size == 0:
            self._violation("external write of 0 bytes")
            self._void = True
        else:
            self._write_used += size + HARDWARE_LENGTH_BYTES
            self._fifo = bytearray()
        if self._void:
            self._window_left = 0

    def _write_bytes(self, mosi, index, out):
        count = len(mosi) - index
        if self._void:
            for position in range(index, len(out)):
                out[position] = self._latch
            return
        taken = min(count, self._window_left)
        for position in range(index, index + taken):
            out[position] = self._latch
        self._fifo.extend(bytes(mosi[index : index + taken]))
        self._window_left -= taken
        if taken and not self._window_left and not self._fifo_missing:
            self._frame_written(bytes(self._fifo))
        self._past_end(count - taken)

    def _frame_written(self, data):
        self._fifo = bytearray()
        if not self.never_free_write_buffer:
            used = len(data) + HARDWARE_LENGTH_BYTES
            self.clock.after(WRITE_SPACE_BACK_US, self._release, used, self._generation)
        reason = self._frame_fault(data)
        if reason is not None:
            self.counts["write_rejected"] += 1
            self._violation("written frame dropped: " + reason)
            return
        self.counts["from_host"] += 1
        frame = data[8:-2]
        if self.state == "LOADER":
            if mme_type(frame) == VS_HOST_ACTION_RSP and self._loader_timer is not None:
                self._loader_timer.cancel()
        else:
            self.modem.from_host(frame)

    def _frame_fault(self, data):
        """Why the firmware cannot take the bytes of one external write, None when it can."""
        if len(data) < FRAME_OVERHEAD or data[0:4] != HEADER:
            return "no AA AA AA AA at its start"
        length = data[4] | data[5] << 8
        if length + FRAME_OVERHEAD != len(data):
            return f"FL {length} with BFR_SIZE {len(data)}"
        if not FRAME_SHORTEST <= length <= FRAME_LONGEST:
            return f"FL {length} outside 60..1522"
        if data[-2:] != FOOTER:
            return "no 55 55 at its end"
        return None

    def _release(self, used, generation):
        if generation == self._generation:
            self._write_used -= used

    # ---- firmware -> host

    def _queue_for_host(self, frame):
        """Append one frame to the read buffer; one that does not fit is gone, as on the chip."""
        length = len(frame)
        if self._read_broken or len(self._read_buffer) + length + 14 > READ_BUFFER_BYTES:
            self.counts["read_overflow"] += 1
            return
        count = length + FRAME_OVERHEAD
        self._read_buffer.extend(bytes((0, 0, count >> 8, count & 0xFF)) + HEADER)
        self._read_buffer.extend(bytes((length & 0xFF, length >> 8, 0, 0)) + bytes(frame) + FOOTER)
        self._cause |= CAUSE_PKT_AVLBL
        self.counts["to_host"] += 1
