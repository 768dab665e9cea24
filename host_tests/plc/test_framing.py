# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Frames on the data port: the form real hosts and a real QCA7005 use, and what disturbances may not do."""

import json
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from plc.framing import FrameDecoder, FrameEncoder

from host_tests.cars.recordings import ABSENT
from host_tests.support.spi_frames import ethernet, framed

CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "captures"
SIZE = 4704


class Burst:
    """Feeds a decoder piece by piece and collects copies of the frames."""

    def __init__(self):
        self.decoder = FrameDecoder(SIZE)
        self.frames = []
        self.calls = 0

    def feed(self, data):
        while data:
            count = self.decoder.room(len(data))
            assert count > 0, "the decoder must always leave room after it was emptied"
            self.decoder.buffer[self.decoder.end : self.decoder.end + count] = data[:count]
            self.decoder.added(count)
            data = data[count:]
            self.drain()
        return self

    def drain(self):
        while True:
            self.calls += 1
            frame = self.decoder.next_frame()
            if frame is not None:
                self.frames.append(bytes(frame))
            elif not self.decoder.unscanned:
                return


# ---- host to modem


def encoded(frame, lead=2):
    encoder = FrameEncoder(lead, 1600)
    encoder.buffer[:] = b"\xee" * 1600
    length = encoder.put(frame)
    return length, bytes(encoder.buffer)


@pytest.mark.parametrize("length", [60, 61, 297, 1514, 1518, 1522])
def test_encoded_frame_has_header_and_footer(length):
    frame = ethernet(length)
    told, buffer = encoded(frame)
    assert told == length
    assert buffer[:2] == b"\xee\xee"
    assert buffer[2 : 2 + 10 + length] == framed(frame)[4:]
    assert buffer[2 + 10 + length] == 0xEE


@pytest.mark.parametrize("length", [14, 42, 59])
def test_short_frames_are_padded_with_zeros_and_told_as_60(length):
    frame = ethernet(length)
    told, buffer = encoded(frame)
    assert told == 60
    assert buffer[2:72] == framed(frame + bytes(60 - length))[4:]


@pytest.mark.parametrize("length", [0, 13, 1523, 3000])
def test_what_is_no_ethernet_frame_is_not_encoded(length):
    assert encoded(bytes(length))[0] == 0


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_frames_of_every_bytes_like_kind(kind):
    frame = ethernet(70)
    assert encoded(kind(frame))[1][10:80] == frame


# ---- a real host and a real modem

RECORDINGS = sorted(CAPTURES.glob("spi_raw_*.jsonl"))


def spi_rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.skipif(not RECORDINGS, reason=ABSENT)
def test_external_writes_of_a_production_host_come_out_of_the_encoder():
    writes = 0
    for path in RECORDINGS:
        for row in spi_rows(path):
            mosi = bytes.fromhex(row["hex"])
            if mosi[:6] == b"\0\0\xaa\xaa\xaa\xaa":
                length = mosi[6] | mosi[7] << 8
                told, buffer = encoded(mosi[10 : 10 + length])
                assert told == length
                assert buffer[2 : 12 + length] == mosi[2 : 12 + length]
                writes += 1
    assert writes >= 42


@pytest.mark.skipif(not RECORDINGS, reason=ABSENT)
def test_external_reads_of_a_production_host_are_decoded_without_a_dropped_byte():
    burst = Burst()
    reads = 0
    for path in RECORDINGS:
        available = 0
        for row in spi_rows(path):
            mosi, miso = bytes.fromhex(row["hex"]), bytes.fromhex(row["miso"])
            if mosi[:2] == b"\x41\x00":
                available = mosi[2] << 8 | mosi[3]
            elif mosi[:2] == b"\x80\x00" and len(mosi) > 4:
                burst.feed(miso[2 : 2 + available])
                reads += 1
    assert reads >= 23
    assert len(burst.frames) >= reads
    assert burst.decoder.waiting == 0
    assert burst.decoder.counts == {"resync": 0, "dropped_bytes": 0, "bad_length": 0}


# ---- modem to host


def test_the_60_byte_example():
    data = bytes.fromhex("00000046aaaaaaaa3c000000") + ethernet(60) + b"\x55\x55"
    assert len(data) == 0x4A
    assert Burst().feed(data).frames == [ethernet(60)]


def test_several_frames_in_one_burst():
    frames = [ethernet(n, n) for n in (60, 1518, 61, 297, 60, 1089)]
    burst = Burst().feed(b"".join(framed(f) for f in frames))
    assert burst.frames == frames
    assert burst.decoder.waiting == 0


@pytest.mark.parametrize("piece", [1, 2, 7, 11, 12, 13, 73, 74, 75, 512])
def test_frames_over_several_bursts(piece):
    frames = [ethernet(n, n) for n in (60, 298, 60, 700)]
    stream = b"".join(framed(f) for f in frames)
    burst = Burst()
    for at in range(0, len(stream), piece):
        burst.feed(stream[at : at + piece])
    assert burst.frames == frames
    assert burst.decoder.counts["resync"] == 0


def test_cut_at_every_byte():
    frames = [ethernet(60, 1), ethernet(64, 2)]
    stream = b"".join(framed(f) for f in frames)
    for at in range(len(stream)):
        assert Burst().feed(stream[:at]).feed(stream[at:]).frames == frames


def test_a_frame_view_stays_good_until_the_next_room():
    decoder = FrameDecoder(SIZE)
    stream = framed(ethernet(60, 1)) + framed(ethernet(60, 2)) + framed(ethernet(60, 3))[:30]
    decoder.buffer[: len(stream)] = stream
    decoder.added(len(stream))
    first, second = decoder.next_frame(), decoder.next_frame()
    assert decoder.next_frame() is None
    assert (bytes(first), bytes(second)) == (ethernet(60, 1), ethernet(60, 2))


def test_reserved_bytes_do_not_matter():
    data = bytearray(framed(ethernet(60)))
    data[10:12] = b"\x12\x34"
    assert Burst().feed(bytes(data)).frames == [ethernet(60)]


@pytest.mark.parametrize("at", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -2, -1])
@pytest.mark.parametrize("flip", [0x01, 0x80])
def test_a_flipped_bit_in_header_or_footer_costs_one_frame(at, flip):
    bad = bytearray(framed(ethernet(100, 1)))
    bad[at] ^= flip
    after = [ethernet(60, 2), ethernet(1518, 3), ethernet(60, 4)]
    burst = Burst().feed(framed(ethernet(90, 9)) + bytes(bad) + b"".join(framed(f) for f in after))
    assert burst.frames == [ethernet(90, 9), *after]
    assert burst.decoder.counts["resync"] == 1
    assert burst.decoder.counts["dropped_bytes"] == 114


@pytest.mark.parametrize("length", [0, 1, 59, 1523, 4000, 0xFFFF - 10])
def test_a_length_that_no_frame_has_is_counted_and_passed_over(length):
    burst = Burst().feed(framed(ethernet(60, 1), length) + framed(ethernet(60, 2)))
    assert burst.frames == [ethernet(60, 2)]
    assert burst.decoder.counts["bad_length"] == 1


def test_lost_bytes_cost_only_their_own_frame():
    for lost in range(1, 74):
        burst = Burst().feed(framed(ethernet(60, 1))[lost:] + framed(ethernet(60, 2)))
        assert burst.frames == [ethernet(60, 2)], lost


def test_a_frame_cut_off_at_its_end_does_not_take_the_next_along():
    for kept in range(12, 74):
        burst = Burst().feed(
            framed(ethernet(60, 1))[:kept] + framed(ethernet(60, 2)) + framed(ethernet(60, 3))
        )
        assert burst.frames == [ethernet(60, 2), ethernet(60, 3)], kept


@pytest.mark.parametrize("noise", [b"\x12" * 50, b"\xaa" * 50, b"\x00" * 50])
def test_a_header_cut_by_the_end_of_a_bad_block_is_put_together(noise):
    for cut in range(1, 13):
        data = framed(ethernet(60, 1))
        burst = Burst().feed(noise + data[:cut]).feed(data[cut:])
        assert burst.frames == [ethernet(60, 1)], cut


def test_a_made_up_header_holds_frames_back_only_until_it_is_distrusted():
    frames = [ethernet(60, n) for n in range(3)]
    burst = Burst().feed(framed(b"", 1518)[:12] + b"".join(framed(f) for f in frames))
    assert burst.frames == []
    assert burst.decoder.in_frame
    burst.decoder.distrust()
    burst.drain()
    assert burst.frames == frames


def test_a_stray_tail_is_dropped_when_distrusted():
    burst = Burst().feed(b"\x00\x00\x00")
    burst.decoder.distrust()
    burst.decoder.distrust()
    assert burst.decoder.waiting == 0
    assert burst.decoder.counts["dropped_bytes"] == 3
    assert burst.feed(framed(ethernet(60))).frames == [ethernet(60)]


def test_work_of_one_call_is_bounded_and_nothing_is_lost_behind_a_block_of_marks():
    """3000 bytes of AA are 3000 candidates: one call may not look at all of them."""
    decoder = FrameDecoder(SIZE)
    data = b"\xaa" * 3000 + framed(ethernet(60))
    decoder.buffer[: len(data)] = data
    decoder.added(len(data))
    calls = 0
    frame = None
    while frame is None:
        calls += 1
        frame = decoder.next_frame()
        assert frame is not None or decoder.unscanned
    assert bytes(frame) == ethernet(60)
    assert 30 <= calls <= 100


@pytest.mark.parametrize("noise", [b"\x00", b"\xff", b"\x55", b"\xaa\xaa\xaa", b"\x00\x00\x00\x46"])
def test_monotonous_noise(noise):
    burst = Burst().feed(noise * (3000 // len(noise)) + framed(ethernet(60, 1)))
    assert burst.frames == [ethernet(60, 1)]


def test_reset_forgets_half_a_frame():
    burst = Burst().feed(framed(ethernet(60, 1))[:40])
    burst.decoder.reset()
    assert burst.feed(framed(ethernet(60, 2))).frames == [ethernet(60, 2)]
    assert burst.decoder.counts["resync"] == 0


# ---- properties

lengths = st.integers(60, 200) | st.sampled_from([60, 1089, 1518, 1522])
raw_noise = st.binary(max_size=80) | st.binary(max_size=8).map(lambda b: b * 40)
header_like = st.tuples(st.integers(0, 2000), st.binary(max_size=30)).map(
    lambda t: framed(t[1], t[0])[: 12 + len(t[1])]
)
noise = (
    raw_noise
    | header_like
    | st.lists(st.sampled_from([b"\xaa", b"\0", b"U", b"\x46"]), max_size=60).map(b"".join)
)


def whole_frames(stream):
    """At how many places of the stream header, both lengths and footer agree."""
    count = 0
    for at in range(len(stream) - 73):
        length = int.from_bytes(stream[at + 8 : at + 10], "little")
        if 60 <= length <= 1522 and stream[at : at + 8] == (length + 10).to_bytes(4, "big") + b"\xaa" * 4:
            count += stream[at + 12 + length : at + 14 + length] == b"UU"
    return count


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(noise, lengths), min_size=1, max_size=6), st.lists(st.integers(1, 3167), max_size=10)
)
def test_noise_between_frames_never_loses_one_of_them(pieces, cuts):
    """Whatever lies between frames and wherever reads are cut: every frame comes out, in order, unchanged."""
    frames = [ethernet(length, seed) for seed, (_, length) in enumerate(pieces)]
    stream = b"".join(bad + framed(frame) for (bad, _), frame in zip(pieces, frames, strict=True))
    # Bytes that happen to be a whole frame, header, length and footer, are one for any receiver.
    assume(whole_frames(stream) == len(frames))
    burst = Burst()
    for cut in cuts:
        burst.feed(stream[:cut])
        stream = stream[cut:]
    burst.feed(stream)
    # A made-up header may hold back what it claims; the driver distrusts it after a time without progress.
    for _ in range(200):
        if not burst.decoder.waiting:
            break
        burst.decoder.distrust()
        burst.drain()
    wanted = iter(burst.frames)
    assert all(any(got == frame for got in wanted) for frame in frames)
    assert burst.decoder.waiting == 0


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=400) | noise, max_size=20))
def test_any_bytes_end_without_an_error_and_every_byte_is_accounted_for(blocks):
    burst = Burst()
    for block in blocks:
        burst.feed(block)
    taken = sum(len(frame) + 14 for frame in burst.frames)
    assert taken + burst.decoder.counts["dropped_bytes"] + burst.decoder.waiting == sum(map(len, blocks))
    assert burst.calls <= 2 * len(blocks) + len(burst.frames) + sum(map(len, blocks)) // 64


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_flipped_bits_hit_only_the_frame_they_are_in(data):
    frames = [ethernet(60 + 20 * n, n) for n in range(5)]
    blocks = [bytearray(framed(f)) for f in frames]
    victim = data.draw(st.integers(0, 4))
    for _ in range(data.draw(st.integers(1, 6))):
        blocks[victim][data.draw(st.integers(0, len(blocks[victim]) - 1))] ^= 1 << data.draw(
            st.integers(0, 7)
        )
    burst = Burst().feed(b"".join(blocks))
    for _ in range(20):
        burst.decoder.distrust()
        burst.drain()
    # What was hit may still look like a frame; it may not take a part of the stream along.
    others = frames[:victim] + frames[victim + 1 :]
    assert [frame for frame in burst.frames if frame in others] == others
