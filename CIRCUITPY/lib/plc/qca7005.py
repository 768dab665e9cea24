# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The QCA7005 powerline modem on SPI: a driver that is polled and never waits.

States as in Linux ``qca_spi``, but INTR_CAUSE is polled where that waits for the CPU_ON interrupt::

    PROBING    signature reads 0xAA55 -> SYNCING; 3 s without -> ABSENT
    ABSENT     signature reads 0xAA55 -> SYNCING
    SYNCING    write buffer empty, read buffer flushed -> READY; write buffer not empty for 0.2 s -> RESET
    READY      CPU_ON -> SYNCING; signature lost -> PROBING; buffer errors, bad blocks, blocked -> RESET
    RESET      reset bit written -> BOOT_WAIT; no signature -> PROBING
    BOOT_WAIT  CPU_ON -> SYNCING; 2 s without -> RESET, after ten tries PAUSE; no signature -> PROBING
    PAUSE      CPU_ON -> SYNCING; after 30 s -> RESET; no signature -> PROBING

A reset costs a second and the car's session, so the chip is not reset for what may be a reading error: every number
that decides something is read twice, as the control unit of a production car does with this chip. A chip that does
not answer is looked for with other SPI modes and clocks as well (``plc.spi_search``).

Left out: the "legacy" strap (it shows as NO_CPU_ON or BAD_SIGNATURE), firmware download to modules without flash.
"""

from plc.const import const
from plc.framing import STORED_OVERHEAD, WRITE_OVERHEAD, FrameDecoder, FrameEncoder
from plc.spi_port import (
    ALL_ONES,
    CAUSES_ENABLED,
    CAUSES_THAT_MATTER,
    COMMAND_BYTES,
    CPU_ON,
    INTR_CAUSE,
    INTR_ENABLE,
    PKT_AVLBL,
    RDBUF_ERR,
    SIGNATURE,
    WRBUF_ERR,
    SpiPort,
    meaning_of,
)
from plc.ticks import expired, ticks_add

_WRITE_BUFFER_EMPTY = const(0x0C5B)
_READ_BUFFER_MAX = const(0x0C5B + 4)

_ABSENT_AFTER_MS = const(3000)  # three times what booting from flash takes, 0.95 s
_PROBE_AFTER_RESET_MS = const(1000)  # what is left of these 3 s after a reset try of 2 s
_SYNC_LIMIT_MS = const(200)  # a small frame leaves the write buffer within 20 ms
_RESET_TRY_MS = const(2000)
_RESET_TRIES = const(10)
_RESET_PAUSE_MS = const(30000)
_STABLE_AFTER_MS = const(10000)  # READY for this long: the next fault gets all ten tries again
_NOT_DRAINING_MS = const(2000)  # write space below its maximum and not growing
_NONSENSE_MS = const(2000)  # RDBUF_BYTE_AVA impossible, while the signature is good
_PARTIAL_LIMIT_MS = const(50)
_SIGNATURE_RETRY_MS = const(20)
_INT_TRUST_MS = const(15)  # with a pass of the loop that is 20 ms with a car, as much as SLAC can bear

_SIGNATURE_EVERY = const(5)  # looks at INTR_CAUSE between two of the signature: every 500 ms
_BAD_SIGNATURES = const(3)
_BAD_BLOCKS = const(3)

# FrameDecoder adds its own.
_COUNTS = "rx tx reset cpu_on rdbuf_err wrbuf_err no_space signature_retry bus_error".split()

_SEARCH_AFTER = const(3)  # wrong signatures in a row that are neither all zeros nor all ones

# Room for half a frame and everything the modem can hold, so that no read has to be cut.
_RX_SIZE = const(1536 + _READ_BUFFER_MAX + 1)
_TX_SIZE = const(1600)


class Qca7005:
    """Frames to and from the modem.

    Call in each pass of the loop: ``poll(now)`` (9 accesses at most, 30 while another setting is tried), ``receive()``
    until it returns None, ``send(frame)``. An idle pass takes one access and allocates nothing; ``int_pin`` (a
    DigitalInOut, active high) saves that access as well.

    ``ready``: True while frames can be exchanged.
    ``generation``: counts how often the modem became ready; each time it may have lost its key.
    ``was_reset``: True if this driver caused the last restart.
    ``status``: READY, BOOTING, RESETTING, NO_CPU_ON (ten resets without an answer), ABSENT_LOW (MISO always 0: no power
    or no wire), ABSENT_HIGH (MISO always 1), SHIFTED (0xAA55 one bit late or early), BAD_SIGNATURE (something else, in
    ``last_signature``: bad wires or another chip).
    ``counts``: events since the start, by name. Nothing is raised: a "bus_error" leads to a reset.

    ``lines``: ``plc.spi_port.SpiLines`` for trying other settings; its ``first`` is the setting of ``spi_device``.
    """

    def __init__(self, spi_device, int_pin=None, lines=None):
        self._port = SpiPort(spi_device)
        self._int_pin = int_pin
        self._lines = lines
        self.search = None
        """The ``plc.spi_search.SpiSearch``, once another setting had to be tried, else None."""
        self._misses = 0
        self.counts = {}
        for name in _COUNTS:
            self.counts[name] = 0
        self._decoder = FrameDecoder(_RX_SIZE, self.counts)
        self._encoder = FrameEncoder(COMMAND_BYTES, _TX_SIZE)
        self.ready = False
        self.generation = 0
        self.was_reset = False
        self.status = "BOOTING"
        self.last_signature = None
        self._now = 0
        self._state = "PROBING"
        self._due = None  # tick of the next step; None: at once
        self._limit = None  # tick at which the state has lasted too long
        self._tries = 0
        self._stable_at = None
        self._space = 0
        self._drains_until = None
        self._partial_after = 0
        self._forget_trouble()

    def _forget_trouble(self):
        self._looks = _SIGNATURE_EVERY
        self._suspect = False
        self._bad_signatures = 0
        self._bad_blocks = 0
        self._nonsense_until = None
        self._partial_until = None
        self._int_trusted_until = None

    # ---- what the loop calls

    def poll(self, now):
        """One bounded step of the state machine if one is due; ``now`` in ms, see ``plc.ticks``."""
        self._now = now
        if self._due is not None and not expired(self._due, now):
            return
        step, interval_ms = _STATES[self._state]
        self._due = ticks_add(now, interval_ms)
        try:
            step(self, now)
        except (OSError, RuntimeError):
            self._bus_failed()

    def receive(self):
        """The next frame without FCS: a view, valid until the next ``receive()``. None: no more for now."""
        if not self.ready:
            return None
        frame = self._decoder.next_frame()
        if frame is None and not self._decoder.unscanned:
            try:
                if self._int_pin is None or self._int_tells():
                    frame = self._read_block()
            except (OSError, RuntimeError):
                self._bus_failed()
        if frame is not None:
            self.counts["rx"] += 1
            self._bad_blocks = 0
        return frame

    def send(self, frame):
        """Write ``frame``, padded to 60 bytes, to the modem. False: not ready or no room, try again later.

        A frame of impossible length is counted and dropped, because retrying it would block those behind it.
        """
        if not self.ready:
            return False
        try:
            return self._send(frame)
        except (OSError, RuntimeError):
            self._bus_failed()
            return False

    def room(self):
        """Bytes free in the modem's write buffer now: 3163 if it is empty, 0 while not ready."""
        if not self.ready:
            return 0
        try:
            return self._write_space()
        except (OSError, RuntimeError):
            self._bus_failed()
            return 0

    # ---- the data port

    def _send(self, frame):
        length = self._encoder.put(frame)
        if not length:
            self.counts["bad_length"] += 1
            return True
        left = self._write_space() - length - STORED_OVERHEAD
        if left < 0:
            self.counts["no_space"] += 1
            return False
        self._port.write_data(self._encoder.buffer, length + WRITE_OVERHEAD)
        self._space = left
        self.counts["tx"] += 1
        return True

    def _write_space(self):
        """Bytes free in the modem's write buffer; 0 if the value is impossible."""
        space = self._port.write_space()
        if space == _WRITE_BUFFER_EMPTY or space > self._space:
            self._drains_until = ticks_add(self._now, _NOT_DRAINING_MS)
        self._space = space
        if space > _WRITE_BUFFER_EMPTY or not space:
            self._suspicious()
            return 0
        return space

    def _available(self):
        """Bytes in the modem's read buffer; 0 if the value is impossible."""
        count = self._port.bytes_available()
        if count > _READ_BUFFER_MAX:
            self.counts["bad_length"] += 1
            self._suspicious()
            if self._nonsense_until is None:
                self._nonsense_until = ticks_add(self._now, _NONSENSE_MS)
            elif expired(self._nonsense_until, self._now):
                self._want_reset(self._now)
            return 0
        self._nonsense_until = None
        return count

    def _read_block(self):
        count = self._available()
        if not count:
            return None
        decoder = self._decoder
        count = decoder.room(count)
        self._port.read_data(decoder.buffer, decoder.end, count)
        decoder.added(count)
        dropped = self.counts["dropped_bytes"]
        frame = decoder.next_frame()
        if frame is None and self.counts["dropped_bytes"] != dropped and not decoder.in_frame:
            self._bad_blocks += 1
            if self._bad_blocks >= _BAD_BLOCKS:
                self._want_reset(self._now)
        return frame

    def _watch_partial(self, now):
        """Drop an incomplete frame after _PARTIAL_LIMIT_MS: if noise made its header, it holds back the frames behind it."""
        decoder = self._decoder
        taken = self.counts["rx"] + self.counts["dropped_bytes"]
        if not decoder.waiting:
            self._partial_until = None
        elif self._partial_until is None or taken != self._partial_after:
            self._partial_after = taken
            self._partial_until = ticks_add(now, _PARTIAL_LIMIT_MS)
        elif expired(self._partial_until, now):
            decoder.distrust()

    def _int_tells(self):
        """False while the INT pin says that nothing came. A missed edge delays a frame 20 ms at most with a car, else 25."""
        now = self._now
        if self._int_pin.value:
            cause = self._port.read(INTR_CAUSE)
            if cause & CAUSES_THAT_MATTER:
                self._due = now
            if cause & PKT_AVLBL:
                # Cleared before the buffer is read, so that whatever comes later raises the pin again.
                self._port.write(INTR_CAUSE, PKT_AVLBL)
        elif self._int_trusted_until is not None and not expired(self._int_trusted_until, now):
            return False
        self._int_trusted_until = ticks_add(now, _INT_TRUST_MS)
        return True

    # ---- steps of the state machine, by state

    def _probe(self, now):
        """PROBING, ABSENT: wait for a signature."""
        if self._signature_good() and (self.search is None or self.search.accepted()):
            self._misses = 0
            cause = self._causes()
            if cause & CPU_ON:
                self.counts["cpu_on"] += 1
            elif cause & (RDBUF_ERR | WRBUF_ERR):
                self._buffer_error(cause, now)
                return
            self._enter_syncing(now)
            return
        self._try_other_setting()
        if self._state == "ABSENT":
            self._tell_absent()
        elif self._limit is None:
            self._limit = ticks_add(now, _ABSENT_AFTER_MS)
        elif expired(self._limit, now):
            self._enter("ABSENT", now)
            self._tell_absent()

    def _try_other_setting(self):
        """Go to the next setting: soon if the bus reads nonsense, but only when ABSENT if it is silent, as while booting."""
        if self._lines is None:
            return
        alive = self.last_signature not in (0, ALL_ONES)
        self._misses = self._misses + 1 if alive else 0
        if self.search is None:
            if self._misses < _SEARCH_AFTER and self._state != "ABSENT":
                return
            from plc.spi_search import SpiSearch

            self.search = SpiSearch(self._port, self._lines, self._lines.first)
        elif not alive and self._state != "ABSENT":
            return
        self.search.missed(self.last_signature)

    def _sync(self, now):
        """SYNCING: wait until nothing from before is left in the chip, in either direction."""
        if self._write_space() != _WRITE_BUFFER_EMPTY:
            if expired(self._limit, now):
                self._want_reset(now)
            return
        count = self._available()
        if self._nonsense_until is not None:
            return
        if count and not expired(self._limit, now):
            # Into the transmit buffer, behind its lead: the owner may still be using the last frame in the receive buffer.
            self._port.read_data(self._encoder.buffer, COMMAND_BYTES, min(count, _TX_SIZE - COMMAND_BYTES))
            self._due = now
            return
        port = self._port
        port.write(INTR_CAUSE, port.read(INTR_CAUSE))
        port.write(INTR_ENABLE, CAUSES_ENABLED)
        self._enter_ready(now)

    def _watch(self, now):
        """READY: notice a restart, an error, a lost bus, a blocked buffer."""
        self._watch_partial(now)
        cause = self._causes()
        self._looks -= 1
        if cause or self._suspect or self._looks <= 0:
            self._looks = _SIGNATURE_EVERY
            if not self._signature_stays(now):
                return
            if self._tries and expired(self._stable_at, now):
                self._tries = 0
            if self._write_space() != _WRITE_BUFFER_EMPTY and expired(self._drains_until, now):
                self._want_reset(now)
                return
        if cause & CPU_ON:
            self.counts["cpu_on"] += 1
            self._stop()
            self._enter_syncing(now)
        elif cause:
            self._buffer_error(cause, now)

    def _reset(self, now):
        """RESET: only a chip that answers is reset; on a faulty bus the command could turn into any other."""
        if not self._signature_good():
            self._enter("PROBING", now, _ABSENT_AFTER_MS)
            return
        port = self._port
        # An old CPU_ON would be taken for the answer to this reset.
        port.write(INTR_CAUSE, port.read(INTR_CAUSE))
        port.reset()
        self.counts["reset"] += 1
        if self._tries < _RESET_TRIES:
            self._tries += 1
        self._enter("BOOT_WAIT", now, _RESET_TRY_MS)

    def _await_boot(self, now):
        """BOOT_WAIT, PAUSE: wait for CPU_ON, which the firmware sets; the signature comes back before it runs."""
        over = expired(self._limit, now)
        if self._signature_good():
            if self._causes() & CPU_ON:
                self.counts["cpu_on"] += 1
                self._enter_syncing(now)
            elif over and self._state == "BOOT_WAIT" and self._tries >= _RESET_TRIES:
                self.status = "NO_CPU_ON"
                self._enter("PAUSE", now, _RESET_PAUSE_MS)
            elif over:
                self._enter("RESET", now)
        elif over or self._state == "PAUSE":
            self._enter("PROBING", now, _PROBE_AFTER_RESET_MS)

    # ---- changes of state

    def _enter(self, state, now, limit_ms=None):
        self._state = state
        self._limit = None if limit_ms is None else ticks_add(now, limit_ms)
        self._due = now

    def _enter_syncing(self, now):
        if self.status != "RESETTING":
            self.status = "BOOTING"
        self._enter("SYNCING", now, _SYNC_LIMIT_MS)

    def _enter_ready(self, now):
        self._state = "READY"
        self._forget_trouble()
        self._stable_at = ticks_add(now, _STABLE_AFTER_MS)
        self._decoder.reset()
        self.was_reset = self.status == "RESETTING"
        self.status = "READY"
        self.generation += 1
        self.ready = True

    def _stop(self):
        self.ready = False
        self._decoder.reset()

    def _want_reset(self, now):
        self._stop()
        self.status = "RESETTING"
        if self._tries < _RESET_TRIES:
            self._enter("RESET", now)
        else:
            self._enter("PAUSE", now, _RESET_PAUSE_MS)

    def restart(self, now):
        """Reset the modem, for an owner whose messages it takes without answering: only its firmware can be hanging."""
        if self.ready:
            self._want_reset(now)

    def _buffer_error(self, cause, now):
        if cause & RDBUF_ERR:
            self.counts["rdbuf_err"] += 1
        if cause & WRBUF_ERR:
            self.counts["wrbuf_err"] += 1
        self._want_reset(now)

    def _bus_failed(self):
        self.counts["bus_error"] += 1
        self._stop()
        self.status = "RESETTING"
        self._enter("RESET", self._now)
        self._due = ticks_add(self._now, _STATES["RESET"][1])

    def _tell_absent(self):
        """Set ``status`` by what the first setting read; SHIFTED if any setting did read that."""
        status = meaning_of(self.last_signature)
        if self.search is not None:
            status = meaning_of(self.search.heard[0])
            for signature in self.search.heard:
                if meaning_of(signature) == "SHIFTED":
                    status = "SHIFTED"
        self.status = status

    @property
    def setting(self):
        """(mode, clock in Hz) in use; None without ``lines``."""
        if self.search is not None:
            return self.search.setting
        return None if self._lines is None else self._lines.first

    @property
    def setting_text(self):
        """``setting`` in words."""
        setting = self.setting
        return "unknown" if setting is None else "mode %d, %d MHz" % (setting[0], setting[1] // 1000000)

    # ---- looks at the chip

    def _signature_good(self):
        """Reads the signature twice and judges the second, because the first access after boot reads garbage."""
        self._port.signature()
        self.last_signature = self._port.signature()
        return self.last_signature == SIGNATURE

    def _signature_stays(self, now):
        """While READY: True if the signature is right. The chip counts as gone after three wrong looks within 40 ms."""
        self._suspect = False
        self.last_signature = self._port.signature()
        if self.last_signature != SIGNATURE:
            self.counts["signature_retry"] += 1
            self.last_signature = self._port.signature()
        if self.last_signature == SIGNATURE:
            self._bad_signatures = 0
            return True
        self._bad_signatures += 1
        if self._bad_signatures >= _BAD_SIGNATURES:
            self._stop()
            self.status = "BOOTING"
            self._enter("PROBING", now, _ABSENT_AFTER_MS)
        else:
            self._suspect = True
            self._due = ticks_add(now, _SIGNATURE_RETRY_MS)
        return False

    def _suspicious(self):
        """A value was impossible: check the signature at the next poll."""
        self._suspect = True
        if not self._bad_signatures:
            self._due = self._now

    def _causes(self):
        """The pending causes that matter, confirmed by a second reading; 0 if the bus reads nothing but ones."""
        causes = self._port.causes()
        if causes == ALL_ONES:
            self._suspect = True
            return 0
        return causes & CAUSES_THAT_MATTER


# state: (its step, ms from one step to the next)
_STATES = {
    "PROBING": (Qca7005._probe, 20),
    "ABSENT": (Qca7005._probe, 100),
    "SYNCING": (Qca7005._sync, 5),
    "READY": (Qca7005._watch, 100),
    "RESET": (Qca7005._reset, 100),
    "BOOT_WAIT": (Qca7005._await_boot, 20),
    "PAUSE": (Qca7005._await_boot, 500),
}
