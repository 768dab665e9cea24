# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""plc.spi_port: what one access puts on the wires, and what the registers are taken to say."""

import pytest
from plc import spi_port
from plc.spi_port import SpiPort


class Chip:
    """An SPIDevice. ``answers``: {register's high byte: its readings, the last one for ever}; ``log``: one entry for
    each time that chip select is low, a list of what was written or ``("read", count)``."""

    def __init__(self, answers=None):
        self.answers = {register: list(values) for register, values in (answers or {}).items()}
        self.log = []

    def __enter__(self):
        self.log.append([])
        return self

    def __exit__(self, *_):
        pass

    def write(self, data, start=0, end=None):
        self.log[-1].append(bytes(data[start:end]))

    def write_readinto(self, command, answer):
        self.write(command)
        readings = self.answers[command[0] & 0x3F]
        answer[2:] = (readings.pop(0) if len(readings) > 1 else readings[0]).to_bytes(2, "big")

    def readinto(self, buffer, start=0, end=None):
        self.log[-1].append(("read", end - start))


def test_a_register_is_read_and_written_in_one_chip_select_each():
    chip = Chip({0x1A: [0xAA55]})
    port = SpiPort(chip)
    assert port.signature() == spi_port.SIGNATURE
    port.write(spi_port.INTR_ENABLE, spi_port.CAUSES_ENABLED)
    assert chip.log == [[b"\xda\x00\x00\x00"], [b"\x4d\x00\x00\x47"]]


@pytest.mark.parametrize(
    ("readings", "taken"), [([0, 99], 0), ([60, 60], 60), ([60, 124, 60], 60), ([2108, 60, 60], 60)]
)
def test_a_count_is_the_smallest_of_what_was_read(readings, taken):
    port = SpiPort(Chip({0x02: readings, 0x03: readings}))
    assert port.write_space() == taken
    assert port.bytes_available() == taken


@pytest.mark.parametrize(
    ("readings", "causes"),
    [
        ([0x0400, 0x0040], 0x0400),  # nothing that matters: no second look
        ([0x0440, 0x0440], 0x0440),
        ([0x0442, 0x0440], 0x0440),  # a bit that the second reading does not have
        ([0xFFFF, 0xFFFF], 0xFFFF),
    ],
)
def test_a_cause_that_matters_is_believed_when_it_is_read_twice(readings, causes):
    assert SpiPort(Chip({0x0C: readings})).causes() == causes


def test_a_reset_keeps_the_other_bits_of_spi_config():
    chip = Chip({0x04: [0x0103]})
    SpiPort(chip).reset()
    assert chip.log[-1] == [b"\x44\x00\x01\x43"]


def test_nothing_comes_between_bfr_size_and_the_data_port():
    chip = Chip()
    port = SpiPort(chip)
    port.write_data(b"\0\0" + bytes(range(70)), 70)
    port.read_data(bytearray(100), 10, 74)
    assert chip.log[0] == [b"\x41\x00\x00\x46"] and chip.log[1] == [b"\0\0" + bytes(range(70))]
    assert chip.log[2] == [b"\x41\x00\x00\x4a"] and chip.log[3] == [b"\x80\x00", ("read", 74)]
    assert len(chip.log) == 4


@pytest.mark.parametrize(
    ("signature", "meaning"),
    [(0, "ABSENT_LOW"), (0xFFFF, "ABSENT_HIGH"), (0x552A, "SHIFTED"), (0x1234, "BAD_SIGNATURE")]
    + [(0xAA55 >> 1 | high, "SHIFTED") for high in (0, 0x8000)]
    + [(0xAA55 << 1 & 0xFFFF | low, "SHIFTED") for low in (0, 1)],
)
def test_what_a_wrong_signature_tells(signature, meaning):
    assert spi_port.meaning_of(signature) == meaning


@pytest.mark.parametrize(
    ("asked_hz", "clock_hz"),
    [
        (12_000_000, 10_000_000),
        (8_000_000, 8_000_000),
        (7_999_999, 5_000_000),
        (3_000_000, 2_000_000),
        (1, 1_000_000),
    ],
)
def test_a_clock_is_one_that_80_mhz_can_be_divided_into(asked_hz, clock_hz):
    assert spi_port.clock_at_most(asked_hz) == clock_hz
    assert 80_000_000 % clock_hz == 0
