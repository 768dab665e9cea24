# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The modem is read in another SPI mode or clock when the one asked for shifts its bits."""

import pytest
from plc import spi_port
from plc.qca7005 import Qca7005
from plc.spi_search import SpiSearch, ladder

from host_tests.support.model_bench import Bench, SpiDevice, late
from host_tests.support.starts import started
from host_tests.twin.world import SETTINGS_IN_USE, World

FIRST = (3, 8_000_000)


class Bus:
    """A ``busio.SPI`` whose bytes go nowhere while chip select is high."""

    def __init__(self):
        self.settled = []

    def try_lock(self):
        return True

    def unlock(self):
        pass

    def configure(self, *, baudrate, polarity, phase):
        self._setting = (polarity * 2 + phase, baudrate)

    def write(self, data):
        self.settled.append(self._setting)


class SearchBench(Bench):
    """The driver with wires that it may open in any mode and clock. ``sampling``: faults of the box's side."""

    def __init__(self, sampling=(), mode_0_works=False, first=FIRST, **model):
        super().__init__(**model)
        self.model.wire.sampling = sampling
        self.model.wire.first_bit_on_select = mode_0_works
        self.bus = Bus()
        self.opened = []
        self.lines = spi_port.SpiLines(self.bus, self._device, first)
        self.modem = Qca7005(self.lines.open(first), None, self.lines)

    def _device(self, *, baudrate, polarity, phase):
        bench = self

        class Device(SpiDevice):
            def __enter__(self):
                self.model.configure(baudrate, polarity, phase)
                bench.spi = self
                return super().__enter__()

        self.opened.append((polarity * 2 + phase, baudrate))
        return Device(self.model)


def test_the_ladder_has_every_mode_and_clock_once_and_begins_beside_the_one_asked_for():
    rungs = ladder(FIRST)
    assert rungs[:6] == [
        (3, 8_000_000), (0, 8_000_000), (3, 5_000_000), (0, 5_000_000), (3, 10_000_000), (0, 10_000_000),
    ]  # fmt: skip
    assert len(set(rungs)) == len(rungs) == 2 * len(spi_port.CLOCKS_HZ)
    assert ladder((0, 1_000_000))[:3] == [(0, 1_000_000), (3, 1_000_000), (0, 2_000_000)]


@pytest.mark.parametrize("bits", [1, -1])
def test_mode_0_is_found_when_mode_3_is_shifted_at_every_clock(bits):
    bench = SearchBench([late(3, bits=bits)], mode_0_works=True)
    bench.join()
    assert bench.modem.setting == (0, 8_000_000)
    assert bench.clock.now_ms < 1800  # the modem boots in 0.95 s


@pytest.mark.parametrize(
    ("faulty_hz", "found_hz"), [((5_000_001, 20_000_000), 5_000_000), ((0, 9_999_999), 10_000_000)]
)
def test_a_lower_or_a_higher_clock_is_found_when_mode_0_does_not_work(faulty_hz, found_hz):
    bench = SearchBench([late(3, faulty_hz)])
    bench.join()
    assert bench.modem.setting == (3, found_hz)
    frame = bytes.fromhex("333300000001") + bytes.fromhex("020000000051") + b"\x86\xdd" + bytes(46)
    bench.outbox.append(frame)
    bench.run(100)
    assert frame in bench.from_box


def test_nothing_is_tried_while_the_setting_asked_for_works():
    bench = SearchBench()
    bench.join().run(5000)
    assert bench.modem.search is None
    assert bench.opened == [FIRST]
    assert bench.model.violations == []


def test_a_modem_that_comes_late_is_read_as_asked_for_although_others_would_do():
    for delay_ms in range(5000, 5300, 20):
        bench = SearchBench(mode_0_works=True, powered=False)
        bench.run(delay_ms)
        assert bench.modem.status == "ABSENT_LOW"
        bench.model.power_on()
        bench.until_ready(8000)
        assert bench.modem.setting == FIRST


def test_a_modem_that_no_setting_reads_is_told_as_shifted_and_looked_for_further():
    bench = SearchBench([late(3), late(0)])
    bench.run(8000)
    assert bench.modem.status == "SHIFTED"
    assert set(bench.modem.search.heard) == {0xD52A, 0x6A95}
    assert bench.modem.counts["reset"] == 0
    bench.model.wire.sampling = ()
    bench.until_ready()
    assert bench.modem.setting == FIRST


def test_a_setting_that_reads_right_only_now_and_then_is_not_kept():
    """One bit in twenty is wrong: two signatures of five come right by chance."""
    bench = SearchBench([late(3)], mode_0_works=True)
    bench.model.wire.flip_rate = 0.05
    bench.run(6000)
    settled = bench.modem.ready
    bench.model.wire.flip_rate = 0
    bench.until_ready(8000)
    assert not settled
    assert bench.modem.setting[0] == 0


@pytest.mark.parametrize("keeps", [False, True])
def test_a_setting_is_kept_only_if_a_register_keeps_what_is_written_to_it(keeps):
    """A line that is stuck may read as the signature."""

    class Port:
        enabled = 0x0046

        def use(self, device):
            self.reads_right = device != FIRST

        def signature(self):
            return spi_port.SIGNATURE if self.reads_right else spi_port.ALL_ONES

        def read(self, register):
            return self.enabled

        def write(self, register, value):
            if keeps:
                self.enabled = value

    class Lines:
        def open(self, setting):
            return setting

    search = SpiSearch(Port(), Lines(), FIRST)
    search.missed(spi_port.ALL_ONES)
    assert search.accepted() is keeps


def test_a_search_does_not_take_a_modem_that_went_away_for_shifted():
    bench = SearchBench([late(3)], mode_0_works=True)
    bench.until_ready()
    bench.model.power_off()
    bench.run(8000)
    assert bench.modem.status == "ABSENT_LOW"


def test_every_change_of_the_mode_is_settled_before_chip_select_falls():
    bench = SearchBench([late(3)], mode_0_works=True)
    bench.until_ready()
    assert bench.bus.settled[:3] == [(3, 8_000_000), (0, 8_000_000), (3, 8_000_000)]


# ---- the whole box


def test_the_clock_never_changes_its_idle_level_under_chip_select():
    with World(seed=1) as world:
        started(world)
        assert world.modem.counts["transactions"] > 100
        assert world.modem.violations == []


def test_a_box_whose_mode_3_is_shifted_reads_a_car():
    with World(seed=1) as world:
        world.modem.wire.sampling = [late(3)]
        world.modem.wire.first_bit_on_select = True
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: world.smartevse.posts, 90)
        assert world.smartevse.posts[0]["values"]["current_soc"] == 42


def test_a_clock_of_the_settings_that_80_mhz_does_not_make_costs_no_new_device_at_each_access():
    settings = dict(SETTINGS_IN_USE, MODEM_SPI_HZ=9_000_000)
    with World(seed=1, settings=settings, device_options={"firmware": "10.2.1"}) as world:
        started(world)
        (bus,) = world.device.spi_hosts
        accesses, renewals = world.modem.counts["transactions"], bus.renewals
        world.run(5)
        assert world.modem.counts["transactions"] > accesses + 100
        assert (bus.frequency, bus.renewals) == (8_000_000, renewals)
