# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The modem driver on the model of the chip that was checked against the recorded bus of a real one.

The model notes in ``violations`` what the real chip punishes; a good driver never causes one while its
commands arrive as sent. Time is the twin's: an access takes its bytes at 8 MHz and 60 us, a pass of the loop
3 ms.
"""


import pytest
from plc.qca7005 import Qca7005

from host_tests.support.model_bench import NID, NMK, PASS_MS, Bench, to_box, to_car


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    assert bench.model.violations == []
    assert bench.most_accesses <= 8


@pytest.fixture
def joined(bench):
    return bench.join()


# ---- boot


@pytest.mark.parametrize("int_pin", [False, True])
def test_boot(int_pin):
    bench = Bench(int_pin=int_pin)
    bench.run(900)
    assert (bench.modem.status, bench.modem.ready) == ("BOOTING", False)
    bench.until_ready(120)
    assert (bench.modem.status, bench.modem.generation, bench.modem.counts["cpu_on"]) == ("READY", 1, 1)
    assert bench.modem.counts["reset"] == 0
    assert bench.model.violations == []


def test_a_modem_switched_on_later(bench):
    bench.model.power_off()
    bench.run(5000)
    assert bench.modem.status == "ABSENT_LOW"
    bench.model.power_on()
    bench.until_ready(1200)


def test_a_module_without_flash_shows_its_loader(bench):
    """A good signature does not prove a firmware: the driver hands up what the loader says."""
    bench.model.power_off()
    bench.model.host_boot = True
    bench.model.power_on()
    bench.until_ready(100)
    bench.run(1200)
    assert bench.frames
    assert bench.frames[0][15:17] == b"\x62\xa0"


def test_the_box_restarts_while_the_modem_goes_on(joined):
    joined.car.send(to_box(60, 1))
    joined.clock.advance(20_000)
    joined.modem = Qca7005(joined.spi)
    joined.until_ready(100)
    joined.car.send(to_box(60, 2))
    joined.outbox.append(to_car(60, 2))
    joined.run(30)
    assert joined.frames == [to_box(60, 2)]
    assert joined.from_box == [to_car(60, 2)]
    assert joined.modem.counts["reset"] == 0


# ---- frames


@pytest.mark.parametrize("int_pin", [False, True])
def test_frames_of_every_length_both_ways(int_pin):
    bench = Bench(int_pin=int_pin).join()
    lengths = [*range(60, 80), 297, 512, 1023, 1024, 1025, *range(1500, 1519)]
    for length in lengths:
        bench.outbox.append(to_car(length, 1))
        bench.car.send(to_box(length, 2))
        bench.run(12)
    bench.run(100)
    assert bench.from_box == [to_car(length, 1) for length in lengths]
    assert bench.frames == [to_box(length, 2) for length in lengths]
    assert bench.model.violations == []


def test_many_frames_in_one_burst(joined):
    frames = [to_box(60 + 7 * n, n) for n in range(20)]
    for frame in frames:
        joined.car.send(frame)
    joined.clock.advance(50_000)
    before = joined.spi.accesses
    joined.run(PASS_MS)
    assert joined.frames == frames
    # Two looks at the count, BFR_SIZE, the burst, the count again; and what the watch of the chip takes.
    assert joined.spi.accesses - before <= 5 + 5


def test_a_read_buffer_full_to_the_brim(joined):
    frames = [to_box(1518, 1), to_box(1518, 2), to_box(89, 3)]
    for frame in frames:
        joined.car.send(frame)
    joined.clock.advance(50_000)
    assert joined.model.counts["read_overflow"] == 0
    joined.run(10)
    assert joined.frames == frames


def test_more_than_the_read_buffer_holds_is_lost_in_the_chip_and_harmless(joined):
    for n in range(60):
        joined.car.send(to_box(400, n))
    joined.clock.advance(50_000)
    joined.run(10)
    assert joined.frames == [to_box(400, n) for n in range(7)]
    joined.car.send(to_box(60, 99))
    joined.run(20)
    assert joined.frames[-1] == to_box(60, 99)


def test_reads_of_another_host_that_stopped_in_mid_frame(joined):
    """What a host that was cut off left in the read buffer is not taken for a frame by the next one."""
    joined.car.send(to_box(300, 1))
    joined.clock.advance(20_000)
    with joined.spi as spi:
        spi.write(b"\x41\x00\x00\x64")
    with joined.spi as spi:
        spi.write(b"\x80\x00")
        spi.readinto(bytearray(100))
    joined.run(100)
    assert joined.frames == []
    joined.car.send(to_box(60, 2))
    joined.run(200)
    assert joined.frames == [to_box(60, 2)]
    assert joined.modem.counts["reset"] == 0


# ---- writing


def test_a_full_write_buffer_refuses_and_recovers(joined):
    frames = [to_car(1000, n) for n in range(12)]
    joined.outbox.extend(frames)
    joined.run(400)
    assert joined.from_box == frames
    assert joined.modem.counts["no_space"] > 0
    assert joined.modem.generation == 1


def test_a_write_buffer_that_never_frees_is_reset_and_the_rest_goes_out(joined):
    joined.model.never_free_write_buffer = True
    joined.outbox.extend(to_car(700, n) for n in range(6))
    joined.until(lambda: joined.modem.counts["reset"], 4000)
    joined.model.never_free_write_buffer = False
    joined.until(lambda: not joined.outbox, 3000)
    assert (joined.modem.generation, joined.modem.was_reset) == (2, True)


def test_a_host_cut_off_in_a_write_is_cured(joined):
    """The chip waits for the rest of a frame: its write space stays reduced, and the next host resets it."""
    with joined.spi as spi:
        spi.write(b"\x41\x00\x00\x64")
    with joined.spi as spi:
        spi.write(b"\x00\x00\xaa\xaa\xaa\xaa")
    joined.modem = Qca7005(joined.spi)
    joined.until_ready(4000)
    assert joined.modem.counts["reset"] == 1
    assert [text for _, text in joined.model.violations] == ["external write ended 96 bytes before BFR_SIZE"]
    joined.model.violations.clear()
    joined.run(500)
    joined.outbox.append(to_car(60, 5))
    joined.run(50)
    assert joined.from_box[-1:] == [to_car(60, 5)]


# ---- restarts and errors


def test_a_reboot_in_mid_session(joined):
    joined.car.send(to_box(1000, 1))
    joined.clock.advance(5_000)
    joined.model.spontaneous_reboot()
    joined.run(700)
    assert joined.modem.ready is False
    assert joined.modem.send(to_car(60, 1)) is False
    joined.until_ready(600)
    assert (joined.modem.generation, joined.modem.counts["reset"], joined.modem.counts["cpu_on"]) == (2, 0, 2)
    assert not joined.modem.was_reset
    joined.rejoin()
    joined.car.send(to_box(60, 2))
    joined.run(50)
    assert joined.frames == [to_box(60, 2)]


def test_a_reboot_so_short_that_only_cpu_on_tells(joined):
    joined.model.reset_boot_us = 2_000
    joined.model.spontaneous_reboot()
    joined.run(300)
    assert (joined.modem.ready, joined.modem.generation, joined.modem.counts["reset"]) == (True, 2, 0)


def test_a_reboot_at_every_phase_of_a_pass_costs_no_violation():
    """CPU_ON, the garbage of the first access and the dead bus may fall between any two accesses."""
    bench = Bench(reset_boot_us=40_000).join()
    for n in range(60):
        bench.outbox.append(to_car(200, n))
        bench.car.send(to_box(200, n))
        bench.clock.after(3_000 + 97 * n, bench.model.spontaneous_reboot)
        bench.until(lambda generation=n + 2: bench.modem.generation == generation, 3000)
    assert bench.modem.generation == 61
    assert bench.modem.counts["reset"] == 0
    # A chip that restarts between BFR_SIZE and the data has forgotten the size: not the driver's doing.
    allowed = ("without BFR_SIZE written immediately before",)
    assert [text for _, text in bench.model.violations if not text.endswith(allowed)] == []
    assert len(bench.model.violations) <= 3


@pytest.mark.parametrize(("access", "count"), [("read", "rdbuf_err"), ("write", "wrbuf_err")])
def test_buffer_errors_end_in_one_reset(joined, access, count):
    with joined.spi as spi:
        spi.write(b"\x41\x00\x0f\x00")
    with joined.spi as spi:
        spi.write(b"\x80\x00" if access == "read" else b"\x00\x00")
    joined.until(lambda: joined.modem.counts[count], 200)
    assert joined.modem.status == "RESETTING"
    joined.until_ready(2000)
    assert (joined.modem.counts["reset"], joined.modem.generation) == (1, 2)
    assert len(joined.model.violations) == 1
    joined.model.violations.clear()


# ---- wires


@pytest.mark.parametrize(("level", "status"), [(0, "ABSENT_LOW"), (1, "ABSENT_HIGH")])
def test_stuck_lines_from_the_start_and_in_mid_session(bench, level, status):
    bench.model.stuck = level
    bench.run(3500)
    assert bench.modem.status == status
    bench.model.stuck = None
    bench.join()
    bench.model.stuck = level
    bench.run(4000)
    assert bench.modem.status == status
    bench.model.stuck = None
    bench.until_ready()
    assert bench.modem.generation == 2
    assert bench.modem.counts["reset"] == 0


@pytest.mark.parametrize(
    ("bits", "signature", "status"),
    [(1, 0xD52A, "SHIFTED"), (4, 0x5AA5, "BAD_SIGNATURE"), (7, 0xAB54, "BAD_SIGNATURE")],
)
def test_a_shifted_signature_is_told_and_no_reset_is_tried(bits, signature, status):
    bench = Bench()
    bench.run(1500)
    bench.model.shift_bits = bits
    bench.run(5000)
    assert bench.modem.status == status
    # In front of the value the chip drives the low byte of the one before, 55.
    assert bench.modem.last_signature == signature
    assert bench.modem.counts["reset"] == 0
    bench.model.shift_bits = 0
    bench.until_ready()
    assert bench.model.violations == []


def test_wrong_mode_or_clock_is_not_ready():
    bench = Bench()
    bench.model.configure(8_000_000, 0, 0)
    bench.run(5000)
    assert bench.modem.status == "SHIFTED"
    assert bench.modem.counts["reset"] == 0


@pytest.mark.parametrize("seed", range(3))
def test_noise_on_miso_loses_only_frames_it_hits(seed):
    bench = Bench(seed=seed).join()
    bench.model.flip_rate = 0.0001
    frames = [to_box(60 + n, n) for n in range(200)]
    for n, frame in enumerate(frames):
        bench.car.send(frame)
        bench.outbox.append(to_car(60 + n, n))
        bench.run(15)
    bench.model.flip_rate = 0
    bench.run(300)
    # Noise on MISO alone cannot touch what is sent; 200 frames of 160 bytes have 25 flipped bits on average.
    assert bench.from_box == [to_car(60 + n, n) for n in range(200)]
    whole = [frame for frame in bench.frames if frame in frames]
    assert len(whole) >= 160
    assert whole == [frame for frame in frames if frame in whole]
    assert (bench.modem.counts["reset"], bench.modem.generation) == (0, 1)
    assert bench.model.violations == []


def test_traffic_that_never_lets_the_write_buffer_run_empty_is_no_blockade(joined):
    """The chip frees a frame's space 20 ms after it came; with a frame each 10 ms it is never all free."""
    for n in range(600):
        joined.outbox.append(to_car(300, n))
        joined.run(10)
    assert (joined.modem.counts["reset"], len(joined.from_box)) == (0, 600 - len(joined.outbox))


@pytest.mark.parametrize("seed", range(3))
def test_after_noise_on_both_lines_everything_works_again(seed):
    """Here the chip does get wrong commands; what counts is that the driver comes back by itself."""
    bench = Bench(seed=seed).join()
    bench.model.wire.flip_rate = bench.model.wire.flip_rate_mosi = 0.003
    for n in range(300):
        bench.car.send(to_box(60 + n, n))
        if not bench.outbox:
            bench.outbox.append(to_car(60 + n, n))
        bench.run(20)
    bench.model.wire.flip_rate = bench.model.wire.flip_rate_mosi = 0
    bench.outbox.clear()
    bench.run(100)
    bench.until_ready(35_000)
    bench.run(3000)
    bench.until_ready(35_000)
    bench.model.modem.set_key(NMK, NID)
    bench.rejoin()
    bench.frames.clear()
    bench.outbox.append(to_car(60, 1))
    bench.car.send(to_box(70, 77))
    bench.run(300)
    assert bench.frames == [to_box(70, 77)]
    assert bench.from_box == [to_car(60, 1)]


def test_idle_accesses(joined):
    joined.run(1000)
    before = joined.spi.accesses
    passes = 0
    until_ms = joined.clock.now_ms + 10_000
    while joined.clock.now_ms < until_ms:
        joined.run(1)
        passes += 1
    assert joined.spi.accesses - before <= passes * 1.1
