# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The modem driver against a chip small enough to be read: registers, two buffers, a switch for each trouble.

The chip notes every breach of its rules (``breaches``); each test ends with none, unless it says otherwise.
"""

import random

import pytest
from plc.qca7005 import Qca7005
from plc.ticks import ticks_add

from host_tests.support.spi_frames import ethernet, framed

BFR_SIZE, WRBUF, RDBUF, CONFIG, CAUSE, ENABLE, SIGNATURE = 0x100, 0x200, 0x300, 0x400, 0xC00, 0xD00, 0x1A00
PKT, RDBUF_ERR, WRBUF_ERR, CPU_ON, BELOW_MARK = 1, 2, 4, 0x40, 0x400
EMPTY = 0xC5B
BOOT_MS = 950


class Chip:
    """What the driver sees of a QCA7005; also the SPIDevice (``with chip as spi``) and the bus itself."""

    def __init__(self):
        self.now = 0
        self.breaches = []
        self.log = []
        self.stuck = None
        self.garble = None  # (register, value read) -> value on the wire
        self.bus_error = False
        self.answers_reset = True
        self.frees_writes = True
        self.dead_until = 0
        self.resets = 0
        self.accesses = 0
        self.sent = []
        self.power_on()

    # -- the chip's side

    def power_on(self):
        self.dead_until = self.now + BOOT_MS
        self.cause = CPU_ON | BELOW_MARK
        self.enable = CPU_ON
        self.config = 0x0180
        self.space = EMPTY
        self.rx = bytearray()
        self.size = None
        self.fresh = True
        self.selected = None

    @property
    def int_level(self):
        return bool(self.cause & self.enable) and self.now >= self.dead_until

    def deliver(self, *frames):
        for frame in frames:
            self.rx += framed(frame)
        self.cause |= PKT

    # -- the bus's side

    def __enter__(self):
        assert self.selected is None
        self.accesses += 1
        self.selected = bytearray()
        if self.bus_error:
            self.selected = None
            raise OSError(5)
        return self

    def __exit__(self, *exception):
        out = self.selected
        self.selected = None
        if self.now >= self.dead_until and len(out) >= 2 and not out[0] & 0xC0:
            self.taken(bytes(out[2:]))
        return False

    def write(self, out, start=0, end=None):
        data = bytes(out[start : len(out) if end is None else end])
        self.selected += data
        if self.now < self.dead_until or self.stuck is not None:
            return
        if len(self.selected) == 4 and self.selected[0] & 0xC0 == 0x40:
            self.register_written((data[0] & 0x3F) << 8, data[2] << 8 | data[3])

    def write_readinto(self, out, into):
        assert len(out) == len(into) == 4
        self.selected += out
        into[0:2] = b"\xee\xee"
        register = (out[0] & 0x3F) << 8 | out[1]
        assert out[0] & 0xC0 == 0xC0
        value = self.register_read(register)
        into[2:4] = value.to_bytes(2, "big")

    def readinto(self, into, start=0, end=None):
        assert bytes(self.selected) == b"\x80\x00"
        count = end - start
        if self.size is None:
            self.breaches.append("read without BFR_SIZE immediately before")
        elif self.size > len(self.rx):
            self.cause |= RDBUF_ERR
            self.breaches.append(f"read of {self.size} with {len(self.rx)} available")
        elif count != self.size:
            self.breaches.append(f"BFR_SIZE {self.size} but {count} clocked")
        self.size = None
        into[start:end] = bytes(self.rx[:count]) + bytes(max(0, count - len(self.rx)))
        del self.rx[:count]

    def register_read(self, register):
        self.log.append(("R", register))
        self.size = None
        if self.stuck is not None:
            return 0xFFFF if self.stuck else 0
        if self.now < self.dead_until:
            return 0
        if self.fresh:
            self.fresh = False
            return 0xFFFF
        value = {
            WRBUF: self.space, RDBUF: len(self.rx), CONFIG: self.config, CAUSE: self.cause,
            ENABLE: self.enable, SIGNATURE: 0xAA55,
        }[register]  # fmt: skip
        return value if self.garble is None else self.garble(register, value)

    def register_written(self, register, value):
        self.log.append(("W", register, value))
        if register == BFR_SIZE:
            self.size = value
            return
        self.size = None
        if register == CAUSE:
            self.cause &= ~value | BELOW_MARK
        elif register == ENABLE:
            self.enable = value
        elif register == CONFIG:
            if value & ~0x40 != self.config:
                self.breaches.append(f"SPI_CONFIG overwritten with {value:04x}")
            if value & 0x40:
                self.resets += 1
                if self.answers_reset:
                    self.power_on()
        else:
            self.breaches.append(f"write to register {register:04x}")

    def taken(self, data):
        if self.size is None:
            self.breaches.append("write without BFR_SIZE immediately before")
        elif self.size != len(data):
            self.breaches.append(f"BFR_SIZE {self.size} but {len(data)} written")
        elif self.size + 4 > self.space:
            self.breaches.append(f"write of {self.size} into {self.space}")
            self.cause |= WRBUF_ERR
        length = data[4] | data[5] << 8
        if data[:4] != b"\xaa" * 4 or data[8 + length :] != b"UU" or length < 60:
            self.breaches.append("frame with a wrong header or footer")
        self.size = None
        self.sent.append(data[8 : 8 + length])
        if not self.frees_writes:
            self.space -= length + 14


class Pin:
    def __init__(self, chip):
        self.chip = chip
        self.broken = False

    @property
    def value(self):
        return self.chip.int_level and not self.broken


class Bench:
    """A chip, a driver and a loop of 5 ms passes; driver time starts shortly before its wrap."""

    def __init__(self, int_pin=False, ticks_start=(1 << 29) - 1000):
        self.chip = Chip()
        self.pin = Pin(self.chip) if int_pin else None
        self.modem = Qca7005(self.chip, self.pin)
        self.ticks_start = ticks_start
        self.frames = []
        self.most_accesses = 0

    def run(self, ms, step_ms=5):
        until = self.chip.now + ms
        while self.chip.now < until:
            self.one_pass()
            self.chip.now += step_ms
        return self

    def one_pass(self):
        before = self.chip.accesses
        self.modem.poll(ticks_add(self.ticks_start, self.chip.now))
        self.most_accesses = max(self.most_accesses, self.chip.accesses - before)
        while (frame := self.modem.receive()) is not None:
            self.frames.append(bytes(frame))

    def run_until_ready(self, limit_ms=5000):
        until = self.chip.now + limit_ms
        while not self.modem.ready:
            assert self.chip.now < until, self.modem.status
            self.run(5)
        return self


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    assert bench.chip.breaches == []
    assert bench.most_accesses <= 8


@pytest.fixture
def ready(bench):
    return bench.run_until_ready()


# ---- start


def test_boot_from_power_on(bench):
    assert (bench.modem.status, bench.modem.ready, bench.modem.generation) == ("BOOTING", False, 0)
    bench.run(BOOT_MS - 10)
    assert bench.modem.status == "BOOTING"
    bench.run_until_ready(60)
    assert (bench.modem.status, bench.modem.generation, bench.modem.last_signature) == ("READY", 1, 0xAA55)
    assert bench.modem.counts["cpu_on"] == 1
    assert bench.chip.resets == 0
    assert bench.chip.cause == BELOW_MARK
    assert bench.chip.enable == PKT | RDBUF_ERR | WRBUF_ERR | CPU_ON


def test_the_garbage_of_the_first_access_costs_no_time(bench):
    bench.chip.dead_until = 0
    bench.run(15)
    assert (bench.modem.ready, bench.modem.counts["cpu_on"]) == (True, 1)


def test_an_old_cpu_on_is_not_taken_for_the_answer_to_a_reset(bench):
    bench.chip.space = EMPTY - 90
    bench.chip.answers_reset = False
    bench.run(15_000)
    assert (bench.modem.status, bench.modem.counts["cpu_on"]) == ("RESETTING", 1)
    bench.run(10_000)
    assert bench.modem.status == "NO_CPU_ON"


def test_a_chip_that_was_running_already_is_taken_as_it_is_and_its_old_frames_are_not():
    bench = Bench()
    bench.chip.dead_until = 0
    bench.chip.fresh = False
    bench.chip.cause = BELOW_MARK
    bench.chip.deliver(*[ethernet(1518, n) for n in range(2)])
    bench.run_until_ready(100)
    bench.run(100)
    assert bench.frames == []
    assert bench.chip.resets == 0
    assert bench.chip.breaches == []


def test_a_full_read_buffer_is_flushed_before_the_first_command(bench):
    bench.run(BOOT_MS - 50)
    bench.chip.rx += b"\xdd" * 3167
    bench.run_until_ready()
    assert not bench.chip.rx
    assert bench.modem.receive() is None
    assert bench.modem.send(ethernet(60))
    assert bench.chip.sent == [ethernet(60)]


def test_stale_bytes_in_the_write_buffer_are_cured_by_one_reset(bench):
    bench.chip.space = EMPTY - 90
    bench.run(BOOT_MS + 250)
    assert bench.modem.status == "RESETTING"
    bench.run_until_ready()
    assert (bench.chip.resets, bench.modem.generation) == (1, 1)


def test_a_write_buffer_that_is_just_emptying_needs_no_reset(bench):
    bench.chip.space = EMPTY - 90
    bench.run(BOOT_MS + 100)
    bench.chip.space = EMPTY
    bench.run_until_ready(50)
    assert bench.chip.resets == 0


@pytest.mark.parametrize(("level", "status"), [(0, "ABSENT_LOW"), (1, "ABSENT_HIGH")])
def test_an_absent_modem_is_told_after_3_s_and_found_when_it_comes(bench, level, status):
    bench.chip.stuck = level
    bench.run(2900)
    assert bench.modem.status == "BOOTING"
    bench.run(300)
    assert bench.modem.status == status
    bench.run(60_000, 50)
    assert bench.modem.status == status
    assert bench.modem.counts["reset"] == 0
    bench.chip.stuck = None
    bench.chip.power_on()
    bench.run_until_ready()
    assert bench.modem.status == "READY"


def test_the_status_follows_what_the_wires_do():
    bench = Bench()
    bench.chip.garble = lambda register, value: value >> 1 | 0x8000 & value << 15
    bench.run(4200)
    assert (bench.modem.status, bench.modem.last_signature) == ("SHIFTED", 0xD52A)
    bench.chip.stuck = 0
    bench.run(200)
    assert bench.modem.status == "ABSENT_LOW"
    bench.chip.stuck = 1
    bench.run(200)
    assert bench.modem.status == "ABSENT_HIGH"


def test_a_shifted_signature_is_told_as_it_was_read():
    bench = Bench()
    bench.chip.garble = lambda register, value: 0x5AD6 if register == SIGNATURE else value
    bench.run(5000)
    assert (bench.modem.status, bench.modem.last_signature) == ("BAD_SIGNATURE", 0x5AD6)
    assert bench.chip.resets == 0


def test_absent_for_longer_than_half_the_tick_period():
    """A deadline 3.1 days back would lie in the future again."""
    bench = Bench()
    bench.chip.stuck = 0
    bench.run(4000)
    for _ in range(8):
        bench.chip.now += 1 << 26
        bench.run(20)
        assert bench.modem.status == "ABSENT_LOW"


# ---- frames


@pytest.mark.parametrize("length", [60, 61, 297, 1514, 1518])
def test_frames_both_ways(ready, length):
    assert ready.modem.send(ethernet(length))
    assert ready.chip.sent == [ethernet(length)]
    ready.chip.deliver(ethernet(length, 7))
    ready.run(10)
    assert ready.frames == [ethernet(length, 7)]
    assert (ready.modem.counts["tx"], ready.modem.counts["rx"]) == (1, 1)


def test_a_short_frame_goes_out_padded_with_zeros(ready):
    assert ready.modem.send(ethernet(1518))
    assert ready.modem.send(ethernet(42))
    assert ready.chip.sent[1] == ethernet(42) + bytes(18)


@pytest.mark.parametrize("length", [0, 13, 1523])
def test_a_frame_of_impossible_length_is_counted_and_not_kept(ready, length):
    assert ready.modem.send(bytes(length)) is True
    assert ready.chip.sent == []
    assert ready.modem.counts["bad_length"] == 1


def test_a_burst_of_all_the_modem_can_hold(ready):
    frames = [ethernet(60, n) for n in range(20)] + [ethernet(1518)] + [ethernet(95)]
    ready.chip.deliver(*frames)
    ready.chip.rx += bytes(3167 - len(ready.chip.rx))
    ready.run(10)
    assert ready.frames == frames


def test_one_frame_over_several_bursts(ready):
    stream = framed(ethernet(1518, 1)) + framed(ethernet(60, 2))
    for at in range(0, len(stream), 100):
        ready.chip.rx += stream[at : at + 100]
        ready.run(5)
    assert ready.frames == [ethernet(1518, 1), ethernet(60, 2)]
    assert ready.modem.counts["dropped_bytes"] == 0


def test_a_frame_is_good_until_the_next_receive_whatever_poll_and_send_do(ready):
    ready.chip.deliver(ethernet(60, 1), ethernet(1518, 2))
    ready.chip.rx += framed(ethernet(60, 3))[:20]
    frame = ready.modem.receive()
    ready.chip.deliver(ethernet(700, 4))
    ready.modem.send(ethernet(1000))
    ready.chip.cause |= CPU_ON
    for _ in range(50):
        ready.modem.poll(ticks_add(ready.ticks_start, ready.chip.now))
        ready.chip.now += 5
    assert ready.modem.generation == 2
    assert bytes(frame) == ethernet(60, 1)


def test_nothing_is_sent_or_received_before_ready(bench):
    before = bench.chip.accesses
    assert bench.modem.send(ethernet(60)) is False
    assert bench.modem.receive() is None
    assert bench.chip.accesses == before


def test_the_data_port_is_used_right_after_bfr_size(ready):
    """The chip reports every other order; this shows that its report is not blind."""
    chip = ready.chip
    with chip as spi:
        spi.write(b"\x41\x00\x00\x46")
    with chip as spi:
        spi.write_readinto(b"\xda\x00\x00\x00", bytearray(4))
    with chip as spi:
        spi.write(b"\0\0" + framed(ethernet(60))[4:])
    assert chip.breaches == ["write without BFR_SIZE immediately before"]
    chip.breaches.clear()


# ---- flow of writes


def test_no_write_without_room_for_the_frame_and_14_bytes(ready):
    ready.chip.space = 73
    assert ready.modem.send(ethernet(60)) is False
    assert ready.modem.counts["no_space"] == 1
    ready.chip.space = 74
    assert ready.modem.send(ethernet(60)) is True


@pytest.mark.parametrize("space", [0xFFFF, EMPTY + 1])
def test_an_impossible_write_space_is_not_written_to(ready, space):
    ready.chip.garble = lambda register, value: space if register == WRBUF else value
    assert ready.modem.send(ethernet(60)) is False
    ready.chip.garble = None
    assert ready.modem.send(ethernet(60)) is True


def test_a_send_finds_a_dead_bus_at_once(ready):
    ready.chip.stuck = 0
    assert ready.modem.send(ethernet(60)) is False
    ready.run(50)
    assert ready.modem.ready is False


def test_a_write_buffer_that_fills_and_empties(ready):
    ready.chip.frees_writes = False
    sent = 0
    while ready.modem.send(ethernet(400, sent)):
        sent += 1
    assert sent == EMPTY // 414
    ready.run(1000)
    ready.chip.space = EMPTY
    assert ready.modem.send(ethernet(400, sent))
    ready.chip.space = EMPTY
    ready.run(5000)
    assert (ready.chip.resets, ready.modem.generation) == (0, 1)


def test_the_room_is_what_the_write_buffer_has_free(ready):
    assert ready.modem.room() == EMPTY
    ready.chip.frees_writes = False
    ready.modem.send(ethernet(400))
    assert ready.modem.room() == EMPTY - 414
    ready.chip.bus_error = True
    assert ready.modem.room() == 0
    assert ready.modem.status == "RESETTING"
    ready.chip.bus_error = False
    assert ready.modem.room() == 0, "not ready"


def test_a_write_buffer_that_never_empties_is_reset(ready):
    ready.chip.space = EMPTY - 100
    ready.run(3000)
    assert ready.modem.status == "RESETTING"
    ready.run_until_ready()
    assert (ready.chip.resets, ready.modem.generation) == (1, 2)


def test_a_write_buffer_reset_for_ever_goes_over_to_slow_retries(bench):
    bench.chip.garble = lambda register, value: 3000 if register == WRBUF else value
    bench.run(60_000)
    assert bench.modem.status == "RESETTING"
    assert 10 <= bench.chip.resets <= 12
    bench.chip.garble = None
    bench.run_until_ready(35_000)


# ---- disturbances


def one_in(n, seed, replacement):
    """Garbles about each n-th register reading."""
    rng = random.Random(seed)
    return lambda register, value: replacement(rng, value) if not rng.randrange(n) else value


def flip(rng, value):
    return value ^ 1 << rng.randrange(16)


@pytest.mark.parametrize("seed", range(4))
def test_single_flipped_bits_cost_no_reset_and_no_frame(ready, seed):
    ready.chip.garble = one_in(50, seed, flip)
    for n in range(300):
        ready.chip.deliver(ethernet(60 + n, n))
        ready.run(20)
        while not ready.modem.send(ethernet(60 + n, n)):
            ready.run(5)
    ready.chip.garble = None
    ready.run(20)
    assert (ready.chip.resets, ready.modem.generation) == (0, 1)
    assert ready.frames == [ethernet(60 + n, n) for n in range(300)]
    assert len(ready.chip.sent) == 300


def test_counts_that_differ_at_each_look_cost_nine_accesses_at_most():
    """Three looks at either count, and the three accesses that make the driver ready."""
    bench = Bench()
    looks = {WRBUF: [EMPTY, EMPTY + 4, EMPTY + 2], RDBUF: [0, 2, 1]}

    def garble(register, value):
        if register not in looks:
            return value
        looks[register].insert(0, looks[register].pop())
        return looks[register][0]

    bench.chip.garble = garble
    bench.run_until_ready()
    assert (bench.most_accesses, bench.chip.breaches) == (9, [])


def test_causes_that_are_all_ones_are_no_restart(ready):
    ready.chip.garble = lambda register, value: 0xFFFF if register == CAUSE else value
    ready.run(500)
    ready.chip.garble = None
    ready.run(500)
    assert (ready.modem.status, ready.modem.generation, ready.chip.resets) == ("READY", 1, 0)


@pytest.mark.parametrize("registers", [{SIGNATURE}, {WRBUF}, {RDBUF}, {CAUSE, SIGNATURE, WRBUF, RDBUF}])
@pytest.mark.parametrize("value", [0x0000, 0xFFFF, 0x5AD6, 0x7FFF])
def test_a_passing_disturbance_of_20_ms_costs_no_session(ready, registers, value):
    ready.chip.garble = lambda register, true: value if register in registers else true
    ready.run(20)
    ready.chip.garble = None
    ready.run(2000)
    assert (ready.modem.status, ready.modem.generation, ready.chip.resets) == ("READY", 1, 0)


def test_a_bad_signature_is_read_again(ready):
    wrong = iter([0x1234])
    ready.chip.garble = lambda register, value: next(wrong, value) if register == SIGNATURE else value
    ready.run(1100)
    assert (ready.modem.counts["signature_retry"], ready.modem.generation) == (1, 1)


@pytest.mark.parametrize("count", [3168, 4000, 0x7FFF, 0xFFFF])
def test_an_impossible_read_count_is_not_read(ready, count):
    ready.chip.garble = lambda register, value: count if register == RDBUF else value
    ready.run(50)
    assert ready.modem.counts["bad_length"] > 0
    ready.chip.garble = None
    ready.chip.deliver(ethernet(60))
    ready.run(10)
    assert (ready.frames, ready.modem.generation) == ([ethernet(60)], 1)


def test_a_read_count_that_stays_impossible_is_reset(ready):
    ready.chip.garble = lambda register, value: 0x1000 if register == RDBUF else value
    ready.run(1900)
    assert (ready.modem.status, ready.chip.resets) == ("READY", 0)
    ready.run(300)
    assert ready.chip.resets == 1
    ready.run(2000)
    assert ready.modem.ready is False
    ready.chip.garble = None
    ready.run_until_ready()


@pytest.mark.parametrize("count", [3164, 3167])
def test_read_counts_up_to_3167_are_read(ready, count):
    frames = [ethernet(1518, 1), ethernet(1518, 2)]
    ready.chip.deliver(*frames)
    ready.chip.rx += bytes(count - len(ready.chip.rx))
    ready.run(5)
    assert ready.frames == frames


def test_one_bad_block_costs_itself(ready):
    ready.chip.rx += b"\x12" * 200
    ready.run(5)
    ready.chip.deliver(ethernet(60))
    ready.run(2000)
    assert (ready.frames, ready.chip.resets) == ([ethernet(60)], 0)
    assert ready.modem.counts["resync"] == 1
    assert ready.modem.counts["dropped_bytes"] == 200


def test_three_bad_blocks_in_a_row_reset_the_chip(ready):
    for _ in range(2):
        ready.chip.rx += b"\x12" * 200
        ready.run(5)
    ready.chip.deliver(ethernet(60))
    ready.run(5)
    for _ in range(2):
        ready.chip.rx += b"\x12" * 200
        ready.run(200)
    assert ready.chip.resets == 0
    ready.chip.rx += b"\x12" * 200
    ready.run(10)
    assert ready.modem.status == "RESETTING"
    ready.run_until_ready()
    assert (ready.chip.resets, ready.modem.generation) == (1, 2)


def test_a_made_up_header_holds_frames_back_for_a_fifth_of_a_second_at_most(ready):
    ready.chip.rx += framed(bytes(1518))[:12]
    ready.chip.deliver(ethernet(60, 1), ethernet(60, 2))
    ready.run(210)
    assert ready.frames == [ethernet(60, 1), ethernet(60, 2)]
    assert ready.chip.resets == 0


def test_a_block_of_nothing_but_marks_does_not_stop_what_follows(ready):
    ready.chip.rx += b"\xaa" * 3000
    ready.run(400)
    ready.chip.deliver(ethernet(60))
    ready.run(100)
    assert (ready.frames, ready.chip.resets) == ([ethernet(60)], 0)


@pytest.mark.parametrize(("bit", "count"), [(RDBUF_ERR, "rdbuf_err"), (WRBUF_ERR, "wrbuf_err")])
def test_buffer_errors_lead_to_a_reset(ready, bit, count):
    ready.chip.cause |= bit
    ready.run(110)
    assert ready.modem.status == "RESETTING"
    ready.run_until_ready()
    assert (ready.modem.counts[count], ready.modem.counts["reset"], ready.chip.resets) == (1, 1, 1)
    assert ready.modem.generation == 2


def test_an_owner_may_have_a_modem_reset_whose_firmware_hangs(ready):
    ready.modem.restart(ticks_add(ready.ticks_start, ready.chip.now))
    assert (ready.modem.ready, ready.modem.status) == (False, "RESETTING")
    ready.run_until_ready()
    assert (ready.chip.resets, ready.modem.generation, ready.modem.was_reset) == (1, 2, True)


def test_a_buffer_error_that_stands_when_the_chip_is_found_is_reset(bench):
    """An access that a restart of the box cut short."""
    bench.chip.dead_until = 0
    bench.chip.fresh = False
    bench.chip.cause = BELOW_MARK | WRBUF_ERR
    bench.run_until_ready()
    assert (bench.modem.counts["wrbuf_err"], bench.chip.resets) == (1, 1)


def test_a_driver_that_was_told_no_setting_says_so(ready):
    assert (ready.modem.setting, ready.modem.setting_text) == (None, "unknown")


def test_troubles_far_apart_never_use_up_the_tries(ready):
    for n in range(14):
        ready.chip.cause |= RDBUF_ERR
        ready.run(150)
        ready.run_until_ready(1100)
        assert ready.modem.generation == n + 2
        ready.run(11_000, 20)


def test_unknown_causes_are_ignored(ready):
    ready.chip.cause |= 0xFFB8
    ready.run(2000)
    assert (ready.modem.status, ready.modem.generation) == ("READY", 1)


# ---- restarts


def test_a_restart_in_mid_session_is_a_new_generation(ready):
    ready.chip.rx += framed(ethernet(100))[:50]
    ready.run(5)
    ready.chip.power_on()
    ready.run(600)
    assert ready.modem.ready is False
    ready.run_until_ready()
    ready.chip.deliver(ethernet(60))
    ready.run(10)
    assert (ready.modem.generation, ready.chip.resets, ready.frames) == (2, 0, [ethernet(60)])


def test_a_restart_too_short_to_be_missed_is_seen_by_its_cause(ready):
    ready.chip.power_on()
    ready.chip.dead_until = ready.chip.now + 3
    ready.run(250)
    assert (ready.modem.ready, ready.modem.generation, ready.modem.counts["cpu_on"]) == (True, 2, 2)


@pytest.mark.parametrize(("level", "status"), [(0, "ABSENT_LOW"), (1, "ABSENT_HIGH")])
def test_a_modem_that_vanishes_is_told_and_comes_back(ready, level, status):
    ready.chip.stuck = level
    ready.run(1000)
    assert ready.modem.ready is False
    ready.run(3000)
    assert ready.modem.status == status
    ready.chip.stuck = None
    ready.run_until_ready()
    assert (ready.modem.generation, ready.modem.status) == (2, "READY")


def test_a_chip_that_never_comes_back_from_a_reset(ready):
    ready.chip.answers_reset = False
    ready.chip.cause |= RDBUF_ERR
    ready.run(19_000)
    assert ready.modem.status == "RESETTING"
    ready.run(4_000)
    assert (ready.modem.status, ready.chip.resets) == ("NO_CPU_ON", 10)
    ready.run(70_000)
    assert ready.modem.status == "NO_CPU_ON"
    assert 11 <= ready.chip.resets <= 13
    ready.chip.stuck = 0
    ready.run(1800)
    assert ready.modem.status == "ABSENT_LOW"
    ready.chip.stuck = None
    ready.chip.answers_reset = True
    ready.chip.power_on()
    ready.run_until_ready(40_000)


def test_a_modem_that_dies_in_a_reset_is_told_absent_after_3_s(ready):
    ready.chip.cause |= RDBUF_ERR
    ready.run(150)
    ready.chip.stuck = 0
    ready.run(2700)
    assert ready.modem.status == "RESETTING"
    ready.run(500)
    assert ready.modem.status == "ABSENT_LOW"


def test_a_bus_that_raises_is_counted_and_survived(ready):
    ready.chip.bus_error = True
    assert ready.modem.receive() is None
    assert ready.modem.status == "RESETTING"
    assert ready.modem.send(ethernet(60)) is False
    ready.run(1000)
    assert ready.modem.counts["bus_error"] >= 5
    ready.chip.bus_error = False
    ready.run_until_ready()
    assert ready.modem.generation == 2


def test_a_write_that_raises_is_not_taken_for_done(ready):
    ready.chip.bus_error = True
    assert ready.modem.send(ethernet(60)) is False
    assert ready.modem.counts["tx"] == 0
    assert (ready.modem.ready, ready.modem.status) == (False, "RESETTING")


# ---- cadence and the INT pin


def test_accesses_of_idle_passes(ready):
    ready.run(1000)
    ready.chip.log.clear()
    ready.run(10_000)
    reads = [entry[1] for entry in ready.chip.log]
    assert reads.count(RDBUF) == 2000
    assert 95 <= reads.count(CAUSE) <= 101
    assert 19 <= reads.count(SIGNATURE) <= 21
    assert len(reads) <= 2000 + 101 + 21 + 42
    assert all(entry[0] == "R" for entry in ready.chip.log)


def test_the_int_pin_saves_accesses_and_delivers_at_once():
    bench = Bench(int_pin=True).run_until_ready()
    bench.run(100)
    bench.chip.log.clear()
    bench.run(1000)
    assert [entry[1] for entry in bench.chip.log].count(RDBUF) <= 70
    for n in range(20):
        bench.chip.deliver(ethernet(60, n))
        bench.run(5)
        assert len(bench.frames) == n + 1
        assert not bench.chip.int_level
    assert bench.chip.breaches == []


def test_an_int_pin_that_is_not_connected_costs_20_ms():
    bench = Bench(int_pin=True).run_until_ready()
    bench.pin.broken = True
    for n in range(20):
        bench.chip.deliver(ethernet(60, n))
        bench.run(20)
        assert len(bench.frames) == n + 1


def test_an_int_pin_makes_restarts_and_errors_known_at_once():
    bench = Bench(int_pin=True).run_until_ready()
    bench.run(1005)
    bench.chip.cause |= WRBUF_ERR
    bench.run(15)
    assert bench.modem.status == "RESETTING"
    bench.run_until_ready()
    assert bench.modem.generation == 2


def test_a_day_across_the_wrap_of_the_ticks():
    bench = Bench(ticks_start=(1 << 29) - 3_000_000).run_until_ready()
    for _ in range(40):
        bench.chip.now += 150_000
        bench.run(1000, 20)
        bench.chip.deliver(ethernet(60))
        bench.run(20)
    assert (bench.modem.generation, len(bench.frames), bench.chip.breaches) == (1, 40, [])
