# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Recordings played frame by frame against the station alone: the car says what it said, whatever it hears.

Matching as recorded, byte for byte, against a station with the recorded station's MAC. Messages are the recorded ones,
with the SessionID of this session in place of theirs, and once as they are.
"""

import json
from contextlib import suppress

import pytest
from plc import mme, mme_slac
from v2g import din, exi, iso2
from v2g.secc import Secc
from v2g.session import Station

from host_tests.cars.recordings import ABSENT, CAPTURES, NOT_DC, Recording, frames, present
from host_tests.support.wire_car import WireCar
from host_tests.twin.car.recorded import RECORDED

pytestmark = pytest.mark.skipif(not present(), reason=ABSENT)

STANDARDS = {0x9A: din, 0x98: iso2}
# A Seres tells 0 until its PreChargeReq, which comes when the box has closed behind the sixth refusal of its cable check.
DOUBTFUL = ("seres3_din", "seres3_iso2")
SESSIONS = [name for name in RECORDED if name not in ("taycan_left", "taycan_right")]


def with_session_id(payload, session_id):
    """The recorded message as the car would have sent it in this session."""
    standard = STANDARDS.get(payload[1])
    if standard is None:
        return payload
    message = exi.decode(standard.SCHEMA, payload)
    if any(message["V2G_Message"]["Header"]["SessionID"]):
        message["V2G_Message"]["Header"]["SessionID"] = session_id
    return exi.encode(standard.SCHEMA, message)


def as_it_is(payload, session_id):
    """The recorded message with the SessionID that the recorded station gave."""
    return payload


def play_messages(car, recording, sent=with_session_id):
    """Every recorded request in its order and at its pace until the box closes; the response codes."""
    codes = []
    last_t = None
    for message in recording.messages:
        if not message.car:
            continue
        if last_t is not None:
            car.wait(min(round((message.t - last_t) * 1000), 3000))
        last_t = message.t
        if "FA" in car.flags_seen or not car.secc.active:
            break
        answer = car.exchange(sent(message.payload, car.session_id))
        standard = STANDARDS.get(answer[1]) if answer else None
        if standard is not None:
            tree = exi.decode(standard.SCHEMA, answer)["V2G_Message"]
            car.session_id = tree["Header"]["SessionID"]
            ((name, fields),) = tree["Body"].items()
            codes.append((name, fields["ResponseCode"]))
    car.tcp("FA")
    car.wait(2500)
    return codes


@pytest.mark.parametrize("name", SESSIONS)
def test_what_a_recorded_car_says_is_read_whatever_it_hears(name):
    recorded = RECORDED[name]
    recording = Recording(recorded["file"], *recorded["span_s"])
    mac = recording.of(frames.SLAC_PARM_REQ)[0].frame[6:12]
    car = WireCar({"protocol": recorded.get("standard", "din")}, mac=mac)
    car.slac(recording.of(frames.SLAC_PARM_REQ)[0].frame[21:29])
    car.sdp()
    car.connect()
    codes = play_messages(car, recording)
    ((reading,),) = car.kinds("reading")
    told = recorded["recorded"]["soc_percent"][0]
    assert (reading.soc_percent, reading.soc_doubtful_percent) == (told, None)
    assert bytes(reading.evccid)[-6:] == mac and reading.ev_mac == mac
    assert len(car.kinds("released")) == 1
    granted = [name for name, code in codes if code[:2] == "OK" and name in ("PreChargeRes", "CurrentDemandRes")]
    assert granted == []


@pytest.mark.parametrize("name", SESSIONS)
def test_a_recorded_car_is_read_by_a_box_that_prefers_the_other_standard_and_whose_session_id_it_never_takes(name):
    """It speaks as it did with a station that chose otherwise, and goes on in spite of every refusal."""
    recorded = RECORDED[name]
    recording = Recording(recorded["file"], *recorded["span_s"])
    preferred = "din" if recorded.get("standard") == "iso2" else "iso2"
    car = WireCar({"protocol": preferred}, mac=recording.of(frames.SLAC_PARM_REQ)[0].frame[6:12]).slac()
    car.sdp()
    car.connect()
    codes = play_messages(car, recording, as_it_is)
    ((reading,),) = car.kinds("reading")
    told = recorded["recorded"]["soc_percent"][0]
    assert reading.soc_percent == (None if name in DOUBTFUL else told)
    assert {code for name, code in codes if name not in ("SessionSetupRes",)} == {"FAILED_UnknownSession"}
    assert len(car.kinds("released")) == 1


# ---- matching alone, byte for byte


class Matching:
    """The SLAC frames of a recording, at their times, into a station with the recorded station's MAC."""

    def __init__(self, file, end_s=1e9):
        recording = Recording(file)
        self.station = next(row.frame[6:12] for row in recording.rows if row.kind == frames.SLAC_PARM_CNF)
        self.secc = Secc(self.station, lambda count: bytes(range(1, count + 1)), {})
        self.now = 1000
        self.events = []
        self.confirmed = []
        start_s = recording.rows[0].t
        for row in map(json.loads, (CAPTURES / file).read_text().splitlines()):
            if row["layer"] != "eth" or row["t"] > end_s or row["t"] < start_s:
                continue
            frame = bytes.fromhex(row["hex"])
            self._run_to(1000 + round((row["t"] - start_s) * 1000))
            if frame[12:14] == b"\x88\xe1" and frame[6:12] != self.station and row["dir"] != "evse->ev":
                self.secc.receive(frame, self.now)
        self._run_to(self.now + 60000)

    def _run_to(self, end):
        while self.now < end:
            self.now = min(self.now + 20, end)
            self.secc.poll(self.now)
            for frame in self.secc.take_frames():
                kind = mme.mmtype(frame)
                if kind == mme.CM_SET_KEY_REQ:
                    answer = self.station + b"\0\xb0\x52\0\0\1" + b"\x88\xe1\1\x09\x60\0\0\1" + bytes(4)
                    self.secc.receive((answer + frame[20:24]).ljust(60, b"\0"), self.now)
                elif kind in (mme_slac.CM_SLAC_PARM_CNF, mme_slac.CM_SLAC_MATCH_CNF):
                    self.confirmed.append((self.now, kind, bytes(frame[0:6])))
            self.events += [(self.now, *event) for event in self.secc.take_events()]

    def of(self, kind):
        return [event[2:] for event in self.events if event[1] == kind]


def test_a_scudo_that_never_joins_is_told_as_such_and_answered_when_it_tries_again():
    played = Matching("car_fiat_scudo_never_joins_2024-02-20.jsonl")
    assert played.of("session_end")[0] == ("no_join",)
    assert [mac.hex() for mac, _ in played.of("matched")] == ["a453ee031f1a"]
    times = [now for now, kind, _ in played.confirmed if kind == mme_slac.CM_SLAC_PARM_CNF]
    assert len(times) > 5 and times[1] - times[0] > 13000
    assert played.of("search_ended")[-1][1] == "match_timeout"


def test_an_eqe_that_is_heard_all_day_is_a_car_on_our_cable_only_when_it_chooses_us():
    played = Matching("car_mercedes_eqe_iso2_ac_beside_byd_2023-10-04.jsonl")
    assert [mac.hex() for mac, _ in played.of("matched")] == ["0018238eb0d1", "c0fbb6d3c300"]
    searching = {mac.hex() for (mac,) in played.of("searching")}
    assert searching == {"0018238eb0d1", "c0fbb6d3c300"}
    assert len(played.of("search_ended")) > 5


def test_an_id3_that_asks_for_ac_is_told_as_such_and_its_next_mac_is_another_search():
    """Recorded: it searches again 9.85 s after the end of its session, with another made-up MAC."""
    played = Matching("car_vw_id3_iso2_ac_2023-04-14.jsonl", 37)
    assert [mac.hex() for mac, _ in played.of("matched")] == ["007dfa07f683", "007dfa0665a0"]


@pytest.mark.parametrize("file", NOT_DC[:2])
def test_a_car_that_asks_for_ac_is_not_read_and_told_as_such(file):
    recording = Recording(file, 0, 100)
    recording.messages = [m for m in recording.messages if m.t < 30]
    car = WireCar({"protocol": "iso2"}, mac=recording.of(frames.SLAC_PARM_REQ)[0].frame[6:12])
    car.slac()
    car.sdp()
    car.connect()
    codes = play_messages(car, recording)
    assert ("ChargeParameterDiscoveryRes", "FAILED_WrongEnergyTransferMode") in codes
    car.wait(46000, 500)
    assert car.kinds("reading") == [] and car.kinds("session_end") == [("ac_charging",)]


def _charge_service(body):
    """What a ServiceDiscoveryRes offers, the payment aside, which some stations have more than one of."""
    service = body["ServiceDiscoveryRes"]["ChargeService"]
    offered = service.get("EnergyTransferType") or service["SupportedEnergyTransferMode"]["EnergyTransferMode"]
    return service["FreeService"], offered


def test_the_box_offers_what_every_recorded_dc_station_offered():
    """Nobody knows what a car makes of anything else, such as a second kind of DC in the list."""
    seen = {din: [], iso2: []}
    for path in sorted(CAPTURES.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            octets = bytes.fromhex(row["hex"])[8:] if row.get("layer") == "v2gtp" else b""
            standard = STANDARDS.get(octets[1]) if len(octets) > 1 and path.name not in NOT_DC else None
            if standard is None:
                continue
            with suppress(exi.ExiError):  # an early pyPLC's own answers are not all EXI
                body = exi.decode(standard.SCHEMA, octets)["V2G_Message"]["Body"]
                if "ServiceDiscoveryRes" in body:
                    seen[standard].append(_charge_service(body))
    for standard, offers in seen.items():
        ours = _charge_service({"ServiceDiscoveryRes": standard.responses(Station({}), {})["ServiceDiscoveryReq"]})
        assert len(offers) > 5 and all(offer == ours for offer in offers), standard.PROTOCOL
