# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Virtual time and the medium: order of events, who hears what, joining, seeded faults, profiles, pcap."""

from itertools import pairwise

import pytest

from host_tests.support.spi_host import BOX, CAR, EVERYONE, NID, NMK, get_key, ipv6, mme, set_key, sound
from host_tests.twin.clock import Clock
from host_tests.twin.pcap import PcapWriter, read_frames
from host_tests.twin.powerline import CarModem, Powerline, Rng, attenuation_shape

OTHER_CAR = b"\x02\x00\x00\x00\x00\x30"
PARM_REQ = mme(EVERYONE, CAR, 1, 0x6064, bytes(4) + b"RUNID  1")


class Bench:
    """A station (EVSE modem at frame level) and a car on one line."""

    def __init__(self, seed=1):
        self.clock = Clock()
        self.line = Powerline(self.clock, seed=seed)
        self.box_got = []
        self.car_got = []
        self.box = self.modem(0x11, self.box_got, evse=True)
        self.car = self.modem(0x21, self.car_got)

    def modem(self, number, got, evse=False):
        return CarModem(self.line, bytes((2, 0, 0, 0, 0, number)), got.append, evse=evse)

    def join(self, nmk=NMK, nid=NID):
        self.box.send(set_key(BOX))
        self.car.send(set_key(CAR, nmk, nid))
        self.clock.advance(250_000)


# ---- clock


def test_events_run_in_time_order_and_in_scheduling_order_when_equal():
    clock = Clock()
    seen = []
    clock.after(20, seen.append, "c")
    clock.after(10, seen.append, "a")
    clock.after(10, seen.append, "b")
    clock.at(5, lambda: clock.after(0, seen.append, "first"))
    cancelled = clock.after(7, seen.append, "never")
    cancelled.cancel()
    clock.advance(10)
    assert seen == ["first", "a", "b"]
    assert clock.next_us == 20
    clock.advance(1_000_000)
    assert seen[-1] == "c"
    assert (clock.now_us, clock.now_ms, clock.next_us) == (1_000_010, 1000, None)


def test_an_event_sees_its_own_instant_and_may_not_let_time_pass():
    clock = Clock(start_us=100)
    seen = []
    clock.after(3, lambda: seen.append(clock.now_us))
    clock.advance(10)
    assert seen == [103]
    clock.after(1, clock.advance, 1)
    with pytest.raises(RuntimeError):
        clock.advance(5)
    clock.advance(1)
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)


def test_hooks_run_after_each_advance():
    clock = Clock()
    seen = []
    clock.hooks.append(lambda: seen.append(clock.now_us))
    clock.advance(3)
    clock.advance(4)
    assert seen == [3, 7]


# ---- who hears what


def test_before_joining_only_slac_passes():
    bench = Bench()
    bench.car.send(PARM_REQ)
    bench.car.send(ipv6(b"\x33\x33\x00\x00\x00\x01", CAR))
    bench.car.send(mme(EVERYONE, CAR, 0, 0xA000, b"\x00\xb0\x52"))
    bench.clock.advance(10_000)
    assert bench.box_got == [PARM_REQ]
    assert bench.line.counts["not_joined"] == 2


@pytest.mark.parametrize(
    ("nmk", "nid", "joins"),
    [(NMK, NID, True), (NMK, b"\x01\x02\x03\x04\x05\x06\x08", False), (bytes(16), NID, False)],
)
def test_joining_needs_the_same_nmk_and_the_same_nid(nmk, nid, joins):
    bench = Bench()
    links = []
    bench.car.on_link = links.append
    bench.join(nmk, nid)
    assert bench.line.joined(bench.box, bench.car) is joins
    assert bench.car.link_up is joins
    assert links == ([True] if joins else [])
    frame = ipv6(b"\x33\x33\x00\x00\x00\x01", CAR)
    bench.car.send(frame)
    bench.clock.advance(10_000)
    assert (frame in bench.box_got) is joins


def test_a_refused_key_does_not_join():
    bench = Bench()
    bench.box.set_key_result = 0
    bench.join()
    assert not bench.car.link_up


def test_joining_takes_its_time_and_a_repeated_key_interrupts():
    bench = Bench()
    bench.join()
    assert bench.car.link_up
    bench.box.send(set_key(BOX))
    bench.clock.advance(2000)
    assert not bench.line.joined(bench.box, bench.car)
    bench.clock.advance(197_000)
    assert not bench.line.joined(bench.box, bench.car)
    bench.clock.advance(2_000)
    assert bench.line.joined(bench.box, bench.car)


def keys_told(frames):
    """(last byte of the modem's MAC, result, NID, NMK) of each CM_GET_KEY.CNF among ``frames``."""
    told = [frame for frame in frames if frame[15:17] == b"\x0d\x60"]
    assert all(frame[21:25] == b"\x55\x66\x77\x88" and frame[20] == 1 for frame in told), "nonce and type are echoed"
    return [(frame[11], frame[19], frame[29:36], frame[41:57]) for frame in told]


@pytest.mark.parametrize(("asks", "own", "far"), [("car", 0x21, 0x11), ("box", 0x11, 0x21)])
def test_both_modems_of_a_joined_pair_answer_get_key_and_only_the_own_one_tells_the_key(asks, own, far):
    bench = Bench()
    bench.join()
    modem, got, mac = {
        "car": (bench.car, bench.car_got, CAR),
        "box": (bench.box, bench.box_got, BOX),
    }[asks]
    got.clear()
    modem.send(get_key(mac))
    bench.clock.advance(20_000)
    assert keys_told(got) == [(own, 0, NID, NMK), (far, 1, NID, bytes(16))]


def test_before_the_pair_has_joined_only_the_own_modem_answers_get_key():
    bench = Bench()
    bench.join(nmk=bytes(16))
    bench.car.send(get_key(CAR))
    bench.clock.advance(20_000)
    # A modem that is no coordinator is in no network yet: it tells none, but its key.
    assert keys_told(bench.car_got) == [(0x21, 0, bytes(7), bytes(16))]


@pytest.mark.parametrize(
    ("nid", "place", "value"), [(bytes(7), 19, 0), (NID, 19, 1), (NID, 20, 0)], ids=["NID", "relayed", "DAK"]
)
def test_a_get_key_that_does_not_fit_is_refused_with_the_network_but_no_key(nid, place, value):
    bench = Bench()
    bench.join()
    request = bytearray(get_key(BOX, nid))
    request[place] = value
    bench.box_got.clear()
    bench.box.send(bytes(request))
    bench.clock.advance(20_000)
    results = {(frame[19], frame[29:36], frame[41:57]) for frame in bench.box_got if frame[15:17] == b"\x0d\x60"}
    assert results == {(1, NID, bytes(16))}


def test_unicast_reaches_only_the_modem_whose_host_it_is_for():
    bench = Bench()
    neighbour_got = []
    bench.modem(0x31, neighbour_got).send(mme(EVERYONE, OTHER_CAR, 1, 0x6064))
    bench.car.send(PARM_REQ)
    bench.clock.advance(10_000)
    neighbour_got.clear()
    bench.car_got.clear()
    answer = mme(CAR, BOX, 1, 0x6065)
    bench.box.send(answer)
    bench.clock.advance(10_000)
    assert bench.car_got == [answer]
    assert neighbour_got == []


def test_a_vanished_car_ages_out_and_then_the_link_is_reported_down():
    bench = Bench()
    bench.join()
    links = []
    bench.box.on_link = links.append
    bench.car.disconnect()
    bench.clock.advance(4_900_000)
    assert bench.box.link_up
    assert not bench.line.joined(bench.box, bench.car)
    bench.clock.advance(200_000)
    assert not bench.box.link_up
    assert links == [False]


def test_a_car_out_of_range_hears_nothing():
    bench = Bench()
    bench.line.set_attenuation(bench.box, bench.car, None)
    bench.car.send(PARM_REQ)
    bench.join()
    assert bench.box_got[1:] == []
    assert not bench.car.link_up
    assert bench.line.counts["out_of_range"] == 1


# ---- faults


def _disturbed(seed, count=400, **rates):
    bench = Bench(seed)
    for name, value in rates.items():
        setattr(bench.line.faults, name, value)
    arrived = []
    bench.box._to_host = lambda frame: arrived.append((bench.clock.now_us, frame))
    for number in range(count):
        bench.car.send(mme(EVERYONE, CAR, 1, 0x6064, bytes(4) + number.to_bytes(8, "big")))
        bench.clock.advance(5_000)
    bench.clock.advance(100_000)
    return arrived, bench.line.faults.counts


def test_faults_repeat_with_their_seed_and_change_with_it():
    rates = {
        "loss_percent": 10,
        "duplicate_percent": 10,
        "reorder_percent": 10,
        "corrupt_percent": 10,
        "jitter_us": 3000,
    }
    first = _disturbed(3, **rates)
    assert first == _disturbed(3, **rates)
    assert first != _disturbed(4, **rates)
    assert all(20 <= first[1][name] <= 65 for name in ("lost", "duplicated", "reordered", "corrupted"))


def test_one_rate_does_not_move_the_others():
    alone = _disturbed(7, corrupt_percent=5)[1]["corrupted"]
    assert alone > 0
    assert _disturbed(7, corrupt_percent=5, duplicate_percent=50, jitter_us=900)[1]["corrupted"] == alone


def test_counts_account_for_every_frame():
    arrived, counts = _disturbed(2, loss_percent=20, duplicate_percent=10)
    assert counts["lost"] > 40
    assert len(arrived) < 400 - counts["lost"] + counts["duplicated"] + 1
    assert len({frame for _, frame in arrived}) == 400 - counts["lost"]


def test_a_quiet_line_keeps_order_and_adds_only_its_delay():
    arrived, counts = _disturbed(2, jitter_us=20_000)
    numbers = [int.from_bytes(frame[21:29], "big") for _, frame in arrived]
    assert len(arrived) == 400
    assert numbers == sorted(numbers)
    assert set(counts.values()) == {0}


def test_reordering_lets_later_frames_overtake():
    arrived, counts = _disturbed(2, reorder_percent=10)
    frames = [frame for _, frame in arrived]
    assert counts["reordered"] > 10
    assert frames != sorted(frames)
    assert len(frames) == 400


def test_corruption_spares_the_addresses():
    arrived, counts = _disturbed(2, corrupt_percent=100)
    assert counts["corrupted"] == 400
    assert all(frame[:12] == EVERYONE + CAR for _, frame in arrived)


def test_a_filter_drops_or_changes_single_frames():
    bench = Bench()

    def spoil(frame, sender, receiver):
        return None if sender is bench.car else frame[:-1] + b"!"

    bench.line.faults.filter = spoil
    bench.car.send(PARM_REQ)
    bench.box.send(mme(EVERYONE, BOX, 1, 0x6065))
    bench.clock.advance(10_000)
    assert bench.box_got == []
    assert bench.car_got[0][-1:] == b"!"
    assert bench.line.faults.counts["filtered"] == 1


# ---- sounds and profiles


def _profile(frame):
    assert len(frame) == 85
    assert frame[25:27] == b"\x3a\x00"
    return frame[27:85]


def test_each_sound_yields_the_sound_the_vendor_report_and_the_profile_in_this_order():
    bench = Bench()
    for countdown in (9, 8):
        bench.car.send(sound(CAR, countdown))
        bench.clock.advance(20_000)
    types = [frame[15:17].hex() for frame in bench.box_got]
    assert types == ["7660", "4ea1", "8660"] * 2
    vendor, profile = bench.box_got[1:3]
    assert (vendor[6:12], profile[6:12]) == (bench.box.modem_mac, bench.box.modem_mac)
    assert (len(vendor), vendor[20:29].hex()) == (94, CAR.hex() + "3a0010")
    assert (len(profile), profile[19:25]) == (85, CAR)
    assert vendor[36:94] == _profile(profile)
    assert _profile(bench.box_got[2]) != _profile(bench.box_got[5])


def test_three_frames_of_one_sound_come_within_a_millisecond():
    bench = Bench()
    times = []
    bench.box._to_host = lambda frame: times.append(bench.clock.now_us)
    bench.car.send(sound(CAR))
    bench.clock.advance(20_000)
    assert times[2] - times[0] == 85


def test_a_lost_profile_leaves_the_sound():
    bench = Bench()
    bench.line.faults.profile_loss_percent = 100
    bench.car.send(sound(CAR))
    bench.clock.advance(20_000)
    assert [frame[15:17].hex() for frame in bench.box_got] == ["7660"]
    assert bench.line.faults.counts["profiles_lost"] == 1


@pytest.mark.parametrize("mean", [16, 20, 24, 33, 42, 46])
def test_shapes_have_the_mean_asked_for_and_stay_in_the_recorded_range(mean):
    for seed in range(20):
        values = attenuation_shape(Rng(seed), mean)
        assert len(values) == 58
        assert min(values) >= 0x0E
        assert max(values) <= 0x31
        assert abs(sum(values) / 58 - mean) < 0.5
        assert max(values) - min(values) >= 4
        # Neighbouring groups belong to neighbouring carriers: no white noise.
        assert sum(abs(a - b) for a, b in pairwise(values)) / 57 < 3


def test_two_chargers_and_two_cars_hear_each_other_at_different_levels():
    bench = Bench()
    other_box_got, other_car_got = [], []
    other_box = bench.modem(0x12, other_box_got, evse=True)
    other_car = bench.modem(0x31, other_car_got)
    for a, b, mean in (
        (bench.box, bench.car, 20),
        (other_box, other_car, 22),
        (bench.box, other_car, 40),
        (other_box, bench.car, 44),
    ):
        bench.line.set_attenuation(a, b, mean)
    bench.car.send(sound(CAR))
    other_car.send(sound(OTHER_CAR))
    bench.clock.advance(20_000)

    def heard(got, modem_mac):
        profiles = [frame for frame in got if frame[15:17] == b"\x86\x60" and frame[6:12] == modem_mac]
        return {frame[19:25]: sum(_profile(frame)) / 58 for frame in profiles}

    near = heard(bench.box_got, bench.box.modem_mac)
    far = heard(other_box_got, other_box.modem_mac)
    assert abs(near[CAR] - 20) < 2
    assert abs(near[OTHER_CAR] - 40) < 2
    assert abs(far[CAR] - 44) < 2
    assert abs(far[OTHER_CAR] - 22) < 2
    # The vendor report of the other charger travels over the line, its profile does not.
    foreign = [frame[15:17].hex() for frame in bench.box_got if frame[6:12] == other_box.modem_mac]
    assert foreign == ["4ea1", "4ea1"]


def test_the_neighbours_network_stays_apart():
    bench = Bench()
    other_box = bench.modem(0x12, [], evse=True)
    other_car = bench.modem(0x31, [])
    bench.join()
    other_box.set_key(bytes(16), NID)
    other_car.set_key(bytes(16), NID)
    bench.clock.advance(250_000)
    assert bench.line.peers(bench.box) == [bench.car]
    assert bench.line.peers(other_box) == [other_car]


# ---- pcap


def test_the_tap_writes_each_transmission_once(tmp_path):
    bench = Bench()
    bench.modem(0x31, [])
    with PcapWriter(str(tmp_path / "air.pcap")) as writer:
        bench.line.pcap.append(writer)
        bench.clock.advance(1_234_567)
        bench.car.send(PARM_REQ)
        bench.clock.advance(10_000)
    assert read_frames(str(tmp_path / "air.pcap")) == [(1_234_567, PARM_REQ)]
