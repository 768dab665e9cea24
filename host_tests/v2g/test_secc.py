# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The whole station against a car of scapy packets: order of events, deadlines, every way to leave."""

import sys

import pytest
from plc.ticks import ticks_add, ticks_diff
from scapy.layers.inet import UDP
from v2g import apphand, exi
from v2g.din import SCHEMA
from v2g.secc import Secc

from host_tests.support import slac_wire
from host_tests.support.din_car import BODIES, TO_PARAMETERS, ac_parameters, charge_parameters, status
from host_tests.support.v2g_offers import DIN, ISO20
from host_tests.support.wire_car import CAR, WireCar

OTHER = bytes.fromhex("98ed5ccd0002")  # another maker


def current_demand(soc):
    body = dict(BODIES["CurrentDemandReq"])
    body["DC_EVStatus"] = status(soc)
    return body


def parameters_with_soc_127(session_id):
    """EXI of a request whose seven SoC bits are all set: legal on the wire, and no percentage."""

    def encoded(soc):
        message = {
            "Header": {"SessionID": session_id},
            "Body": {"ChargeParameterDiscoveryReq": charge_parameters(soc)},
        }
        return exi.encode(SCHEMA, {"V2G_Message": message})

    low, middle, high = (int.from_bytes(encoded(soc), "big") for soc in (0, 63, 64))
    return (low | middle | high).to_bytes(len(encoded(0)), "big")


def test_a_plug_in_gives_its_checkpoints_in_order_and_one_reading():
    car = WireCar().to_reading()
    wanted = [1, 100, 104, 120, 150, 155, 190, 201, 202, 303, 401, 403, 505, 515, 525, 538, 540]
    assert [number for number in car.checkpoints if number in wanted] == wanted
    ((reading,),) = car.kinds("reading")
    assert reading.soc_percent == 42 and reading.evccid == CAR and reading.ev_mac == CAR
    assert [event[:1] for event in car.kinds("matched")] == [(CAR,)]
    assert car.kinds("released") == []


@pytest.mark.parametrize("flags", ["FA", "RA"])
def test_a_car_that_closes_after_the_reading_is_released_a_second_later(flags):
    """Its modem must still be able to carry the last acknowledgement."""
    car = WireCar().to_reading()
    car.tcp(flags)
    car.wait(800)
    assert len(car.kinds("released")) == 0
    car.wait(300)
    assert len(car.kinds("released")) == 1
    assert car.kinds("session_end") == [("ok",)]
    assert not car.secc.active


def test_session_stop_is_answered_and_the_connection_is_left_to_the_car_for_five_seconds():
    car = WireCar().to_reading()
    assert car.request("SessionStopReq")["ResponseCode"] == "OK"
    car.wait(4800)
    assert car.kinds("released") == [] and "FA" not in car.flags_seen
    car.wait(400)
    assert "FA" in car.flags_seen
    car.wait(1500)
    assert car.kinds("released") == [("the car stopped the session",)]


@pytest.mark.parametrize("asks", [None, "PowerDeliveryReq/stop", "WeldingDetectionReq"])
def test_a_car_that_does_not_leave_is_released_within_twenty_seconds_of_the_reading(asks):
    car = WireCar().to_reading()
    read_at = car.now
    while not car.kinds("released"):
        if asks and not car.secc._plug_in.closing:
            car.request(asks)
        car.wait(250)
        assert ticks_diff(car.now, read_at) <= 20000
    assert ticks_diff(car.now, read_at) > 18500
    assert "FA" in car.flags_seen


def test_a_car_that_acknowledges_nothing_any_more_is_released_within_twenty_seconds_of_the_reading():
    car = WireCar().to_reading()
    read_at = car.now
    car.note_tcp = lambda frame: None
    while not car.kinds("released"):
        car.wait(250)
        assert ticks_diff(car.now, read_at) <= 20000


@pytest.mark.parametrize("asks", ["ChargeParameterDiscoveryReq", "CurrentDemandReq"])
def test_a_car_that_goes_on_asking_after_three_refusals_in_a_row_finds_the_connection_closed(asks):
    car = WireCar().to_reading()
    codes = []
    while "FA" not in car.flags_seen:
        codes.append(car.request(asks)["ResponseCode"][:6])
        car.wait(250)
    assert codes[-3:] == ["FAILED"] * 3 and "FAILED" not in codes[:-3]
    car.wait(1000)
    assert len(car.kinds("released")) == 1


def test_a_car_that_says_nothing_after_a_refusal_finds_the_connection_closed_three_seconds_later():
    car = WireCar().to_reading()
    assert car.request("CurrentDemandReq")["ResponseCode"][:6] == "FAILED"
    car.wait(2900)
    assert "FA" not in car.flags_seen
    car.wait(200)
    assert "FA" in car.flags_seen


def test_a_car_that_begins_to_leave_after_a_refusal_is_given_its_twenty_seconds():
    """A BYD Atto 3 takes 6.7 s from PowerDelivery(off) to SessionStop."""
    car = WireCar().to_reading()
    assert car.request("CurrentDemandReq")["ResponseCode"][:6] == "FAILED"
    car.wait(1000)
    assert car.request("PowerDeliveryReq/stop")["ResponseCode"] == "OK"
    car.wait(6700)
    assert car.request("SessionStopReq")["ResponseCode"] == "OK"
    car.tcp("FA")
    car.wait(1100)
    assert car.kinds("released") == [("the car stopped the session",)]


def test_a_car_that_told_0_may_be_refused_six_times_because_it_may_tell_more():
    car = WireCar().to_parameters()
    car.request("ChargeParameterDiscoveryReq", charge_parameters(soc=0))
    for _ in range(5):
        assert car.request("CurrentDemandReq", current_demand(0))["ResponseCode"] == "FAILED_SequenceError"
        assert "FA" not in car.flags_seen
    car.request("CurrentDemandReq", current_demand(81))
    assert [reading.soc_percent for (reading,) in car.kinds("reading")] == [81]
    assert "FA" in car.flags_seen


def test_a_fin_that_the_car_does_not_acknowledge_is_repeated_before_the_network_is_left():
    car = WireCar().to_reading()
    car.secc._connection.close("test", car.now)
    fins = 0
    for _ in range(90):
        car.now = ticks_add(car.now, 50)
        car.secc.poll(car.now)
        for frame in car.secc.take_frames():
            fins += frame[12:14] == b"\x86\xdd" and frame[20] == 6 and frame[67] & 1
        car.events += car.secc.take_events()
    assert fins == 3  # at once, and behind 0.5 and 1.5 s
    assert len(car.kinds("released")) == 1


def test_a_modem_that_says_it_restarted_gets_a_new_key_and_the_session_ends():
    car = WireCar().to_reading()
    car.frames.clear()
    car.sends(slac_wire.host_action(0))
    assert car.kinds("released") == [("link lost",)]
    assert car.kinds("failed") == [("modem_rebooted",)]
    kinds = [frame[15] | frame[16] << 8 for frame in car.frames if frame[12:14] == b"\x88\xe1"]
    assert kinds == [0xA063, 0x6008]


def test_a_plug_in_without_a_reading_ends_45_seconds_after_its_first_slac_parm_req():
    car = WireCar()
    begun = car.now
    car.slac()
    while not car.kinds("session_end"):
        car.wait(250)
        assert ticks_diff(car.now, begun) <= 45250
    assert ticks_diff(car.now, begun) > 43000
    assert car.kinds("session_end") == [("no_sdp",)]
    assert car.kinds("released") == []


@pytest.mark.parametrize(("steps", "cause"), [(1, "no_sdp"), (2, "no_tcp"), (3, "car_silent")])
def test_the_end_names_the_step_that_was_missing(steps, cause):
    car = WireCar()
    for step in (car.slac, car.sdp, car.connect)[:steps]:
        step()
    car.wait(46000, 500)
    assert car.kinds("session_end") == [(cause,)]


def ends(car):
    car.wait(46000, 500)
    return car.kinds("session_end")


def test_a_car_that_asks_for_ac_is_told_as_such():
    car = WireCar().to_parameters()
    car.request("ChargeParameterDiscoveryReq", ac_parameters())
    car.tcp("FA")
    assert ends(car) == [("ac_charging",)]


@pytest.mark.parametrize(
    ("left_out", "parameters", "code"),
    [
        ("ContractAuthenticationReq", BODIES["ChargeParameterDiscoveryReq"], "FAILED_SequenceError"),
        ("ServiceDiscoveryReq", BODIES["ChargeParameterDiscoveryReq"], "FAILED_SequenceError"),
        (None, charge_parameters(kind="AC_three_phase_core"), "FAILED_WrongEnergyTransferType"),
    ],
)
def test_a_car_whose_parameters_are_refused_is_read_and_delivered_like_any_other(left_out, parameters, code):
    car = WireCar()
    for step in (car.slac, car.sdp, car.connect, car.handshake):
        step()
    for name in TO_PARAMETERS:
        if name != left_out:
            car.request(name)
    assert car.request("ChargeParameterDiscoveryReq", parameters)["ResponseCode"] == code
    assert [reading.soc_percent for (reading,) in car.kinds("reading")] == [42]
    assert "FA" not in car.flags_seen
    assert car.request("SessionStopReq")["ResponseCode"] == "OK"
    car.tcp("FA")
    assert ends(car) == [("ok",)]
    assert car.kinds("released") == [("the car stopped the session",)] and car.kinds("failed") == []


def test_a_car_whose_parameters_are_refused_again_and_again_is_closed_after_three_refusals():
    car = WireCar().to_parameters()
    for _ in range(3):
        assert "FA" not in car.flags_seen
        car.request("ChargeParameterDiscoveryReq", charge_parameters(kind="AC_three_phase_core"))
    assert "FA" in car.flags_seen
    assert ends(car) == [("ok",)]
    assert car.kinds("released") == [("the car was refused 3 times",)]
    assert [event[2] for event in car.events if event[:2] == ("checkpoint", 910)] == [
        "car released: the car was refused 3 times (rung 0)"
    ]


def test_a_car_that_authorizes_four_times_and_then_takes_four_seconds_is_read():
    car = WireCar().to_parameters()
    for _ in range(3):
        assert car.request("ContractAuthenticationReq")["ResponseCode"] == "OK"
    car.wait(4000)
    assert car.request("ChargeParameterDiscoveryReq")["ResponseCode"] == "OK"
    assert [reading.soc_percent for (reading,) in car.kinds("reading")] == [42]


def test_a_car_that_asks_for_ac_with_the_sessions_id_of_another_time_is_told_as_such():
    car = WireCar().to_parameters()
    car.session_id = b"\x99" * 8
    answer = car.request("ChargeParameterDiscoveryReq", ac_parameters())
    assert answer["ResponseCode"] == "FAILED_UnknownSession"
    car.tcp("FA")
    assert ends(car) == [("ac_charging",)]


def test_a_car_whose_every_request_is_refused_is_told_as_such():
    car = WireCar().to_parameters()
    for _ in range(3):
        car.request("ServiceDetailReq", {"ServiceID": 7})
    assert "FA" in car.flags_seen
    assert ends(car) == [("not_offered",)]


@pytest.mark.parametrize(
    ("asked_for", "cause"),
    [((0, 0), "not_offered"), ((0,), "no_tcp"), ((0, 0x10), "no_tcp"), ((0x10, 0x10), "no_tcp")],
)
def test_a_car_that_goes_on_asking_for_tls_asked_for_what_is_not_offered(asked_for, cause):
    car = WireCar().slac()
    for security in asked_for:
        assert car.sdp(security)
    assert ends(car) == [(cause,)]


def test_a_car_that_stops_because_of_a_refusal_is_told_as_such():
    """It wants to pay by contract, and takes the refusal as the standards want it."""
    car = WireCar().slac()
    car.sdp()
    car.connect()
    car.handshake()
    for name in TO_PARAMETERS[:2]:
        car.request(name)
    contract = dict(BODIES["ServicePaymentSelectionReq"], SelectedPaymentOption="Contract")
    assert car.request("ServicePaymentSelectionReq", contract)["ResponseCode"] == "FAILED_PaymentSelectionInvalid"
    assert car.request("SessionStopReq")["ResponseCode"] == "OK"
    car.tcp("FA")
    assert ends(car) == [("not_offered",)]


@pytest.mark.parametrize(
    ("requests", "flags", "cause"),
    [
        (["SessionSetupReq", "SessionStopReq"], "FA", "car_ended"),
        (["SessionSetupReq", "SessionStopReq"], "RA", "car_ended"),
        (["SessionSetupReq"], "FA", "answer_refused"),
        ([], "RA", "answer_refused"),
    ],
)
def test_a_car_that_ends_before_it_told_anything_is_told_as_such(requests, flags, cause):
    car = WireCar()
    car.slac()
    car.sdp()
    car.connect()
    car.handshake()
    for name in requests:
        assert car.request(name)["ResponseCode"][:2] == "OK"
    car.tcp(flags)
    assert ends(car) == [(cause,)]


@pytest.mark.parametrize("flags", ["FA", "RA", None])
@pytest.mark.parametrize("step", ["handshake", "request", "stream"])
def test_a_car_whose_last_word_could_not_be_read_is_told_as_such(step, flags):
    """It hears nothing, and hangs up or not: neither is its own decision."""
    car = WireCar().slac()
    car.sdp()
    car.connect()
    if step != "handshake":
        car.handshake()
    if step == "stream":
        car.tcp("PA", b"\x16\x03\x01\x00\x05hello")
        car.sends()
    else:
        assert car.exchange(b"\x80\x9a\xff\xff") == b""
    if flags:
        car.tcp(flags)
    assert ends(car) == [("not_understood",)]


@pytest.mark.parametrize(("ms", "soc"), [(6000, 42), (7000, 42), (10_500, None)])
def test_a_car_that_takes_seconds_for_each_message_is_read_as_long_as_it_comes_further(ms, soc):
    car = WireCar().slac()
    for step in (car.sdp, car.connect, car.handshake):
        car.wait(ms)
        step()
    for name in (*TO_PARAMETERS, "ChargeParameterDiscoveryReq"):
        car.wait(ms)
        if "FA" not in car.flags_seen:
            car.request(name)
    assert [reading.soc_percent for (reading,) in car.kinds("reading")] == ([] if soc is None else [soc])
    car.wait(20_000)
    assert len(car.kinds("released")) == len(car.kinds("reading"))
    assert len(car.kinds("session_end")) == 1


@pytest.mark.parametrize("flags", ["FA", "RA", None])
def test_a_car_that_begins_tls_all_the_same_asked_for_what_is_not_offered_and_is_not_answered_for_ever(flags):
    car = WireCar()
    for _ in range(2):
        car.slac()
        car.sdp(0)
        car.connect()
        car.tcp("PA", b"\x16\x03\x01\x00\x05hello")
        car.sends()
        assert "FA" in car.flags_seen
        if flags:
            car.tcp(flags)
        assert ends(car)[-1] == ("not_offered",)
    car.sends(slac_wire.parm_req(CAR))
    assert car.secc.counts["not_answered"] == 1


@pytest.mark.parametrize("flags", ["FA", "RA"])
@pytest.mark.parametrize(("said", "cause"), [(b"\x16\x03\x01\x00", "not_offered"), (b"\x01\xfe\x80", "car_ended")])
def test_a_car_that_hangs_up_within_its_first_octets_is_judged_by_them(said, cause, flags):
    car = WireCar().slac()
    car.sdp()
    car.connect()
    car.tcp("PA", said)
    car.sends()
    car.tcp(flags)
    assert ends(car) == [(cause,)]


def test_a_car_that_begins_tls_and_then_connects_without_is_read():
    car = WireCar().slac()
    car.sdp(0)
    car.connect()
    car.tcp("PA", b"\x16\x03\x03\x00\x05hello")
    car.sends()
    car.tcp("FA")
    car.sdp(0x10)
    car.connect()
    car.handshake()
    for name in (*TO_PARAMETERS, "ChargeParameterDiscoveryReq"):
        assert car.request(name)["ResponseCode"][:2] == "OK"
    assert [reading.soc_percent for (reading,) in car.kinds("reading")] == [42]


@pytest.mark.parametrize("hangs_up", [True, False])
def test_a_car_that_could_not_be_read_twice_counts_as_read_only_where_it_hung_up_itself(hangs_up):
    """One that stays and waits has decided nothing: it is answered again, like any that fell silent."""
    car = WireCar()
    for _ in range(2):
        car.slac()
        car.sdp()
        car.connect()
        car.handshake()
        assert car.exchange(b"\x80\x9a\xff\xff") == b""
        if hangs_up:
            car.tcp("FA")
        ends(car)
    car.sends(slac_wire.parm_req(CAR))
    assert car.secc.counts["not_answered"] == hangs_up


def strange_sdp(car):
    packet = car.ip("ff02::1") / UDP(sport=60000, dport=15118) / bytes.fromhex("01fe9000000000021010")
    car.sends(bytes(packet))
    return car


def test_a_car_whose_search_for_the_station_could_not_be_read_is_told_as_such():
    assert ends(strange_sdp(WireCar().slac())) == [("not_understood",)]


def test_a_car_that_was_read_after_all_ends_as_any_other():
    car = strange_sdp(WireCar().slac())
    car.sdp()
    car.connect()
    assert car.exchange(b"\x00") == b""
    car.handshake()
    car.tcp("FA")
    assert ends(car) == [("answer_refused",)]


def test_a_car_that_connects_and_closes_without_a_word_has_ended():
    car = WireCar()
    car.slac()
    car.sdp()
    car.connect()
    car.tcp("FA")
    assert ends(car) == [("car_ended",)]


def test_a_car_without_din_is_told_so_and_may_try_again():
    car = WireCar()
    car.slac()
    car.sdp()
    car.connect()
    assert car.handshake((ISO20, 1, 0, 0, 1)) == {"ResponseCode": "Failed_NoNegotiation"}
    assert car.kinds("failed") == [("no_din",)]
    car.tcp("FA")
    car.wait(100)
    car.connect()
    assert car.handshake((DIN, 2, 0, 9, 1))["SchemaID"] == 9
    car.wait(46000, 500)
    assert car.kinds("session_end") == [("no_din",)]


@pytest.mark.parametrize("told", ["0 %", "127 %"])
def test_a_doubtful_number_is_told_as_such_when_the_car_has_left_and_not_before(told):
    car = WireCar().to_parameters()
    if told == "0 %":
        car.request("ChargeParameterDiscoveryReq", charge_parameters(soc=0))
    else:
        assert car.exchange(parameters_with_soc_127(car.session_id))
    assert car.kinds("reading") == [] and 541 in car.checkpoints and 540 not in car.checkpoints
    car.tcp("FA")
    car.wait(2500)
    ((reading,),) = car.kinds("reading")
    assert reading.soc_percent is None and reading.soc_doubtful_percent == int(told[:-2])
    kinds = [event[0] for event in car.events if event[0] != "checkpoint"]
    assert kinds[-3:] == ["reading", "released", "session_end"]
    assert car.kinds("session_end") == [("soc_doubtful",)]


def test_a_later_request_may_bring_the_reading():
    car = WireCar().to_parameters()
    assert car.exchange(parameters_with_soc_127(car.session_id))
    car.request("ChargeParameterDiscoveryReq", charge_parameters(soc=55))
    assert [reading.soc_percent for (reading,) in car.kinds("reading")] == [55]


def test_a_new_key_is_set_after_every_session_and_never_during_one():
    car = WireCar().to_reading()
    keys = [
        frame[41:57] for frame in car.frames if frame[12:14] == b"\x88\xe1" and frame[15:17] == b"\x08\x60"
    ]
    assert keys == []  # car.sdp() cleared the frames: none since
    car.tcp("FA")
    car.wait(1100)
    keys = [
        frame[41:57] for frame in car.frames if frame[12:14] == b"\x88\xe1" and frame[15:17] == b"\x08\x60"
    ]
    assert len(keys) == 1


def test_ip_frames_before_matching_disturb_nothing():
    car = WireCar()
    assert car.sdp() == []
    assert car.secc.counts["early_ip"] == 1
    car.to_reading()


def test_ip_may_start_right_behind_slac_match_cnf():
    car = WireCar()
    car.slac()
    assert len(car.sdp()) == 1


def test_a_car_that_starts_over_without_a_reading_gets_a_new_session():
    car = WireCar()
    car.slac()
    car.sdp()
    car.connect()
    car.slac(run=b"AGAIN   ")
    car.sdp()
    car.connect()
    assert car.handshake()["ResponseCode"] == "OK_SuccessfulNegotiation"
    assert [event[:1] for event in car.kinds("matched")] == [(CAR,)]


class WithoutLinkStatus(WireCar):
    """Its box's modem does not know VS_PL_LINK_STATUS: it says so, or says nothing."""

    status = 1

    def modem_answers(self, frame):
        if frame[12:14] == b"\x88\xe1" and frame[15:17] == b"\xb8\xa0":
            if self.status is not None:
                self.secc.receive(slac_wire.link_status(False, status=self.status), self.now)
        else:
            super().modem_answers(frame)


@pytest.mark.parametrize("status", [1, None])
def test_a_car_that_starts_over_and_connects_has_its_time_whatever_the_modem_says_of_the_link(status):
    car = WithoutLinkStatus()
    car.status = status
    car.slac()
    car.wait(1500)
    car.slac(slac_wire.RUN[::-1])
    car.wait(3100)
    car.sdp()
    car.connect()
    car.handshake()
    for name in (*TO_PARAMETERS, "ChargeParameterDiscoveryReq"):
        car.wait(1900)
        car.request(name)
    assert [reading.soc_percent for (reading,) in car.kinds("reading")] == [42]
    car.wait(3000)
    assert car.request("SessionStopReq")["ResponseCode"] == "OK"
    car.tcp("FA")
    assert ends(car) == [("ok",)] and car.kinds("failed") == []


def test_a_car_that_starts_over_after_the_reading_is_released_and_left_in_peace():
    car = WireCar().to_reading()
    car.frames.clear()
    car.sends(slac_wire.parm_req())
    assert car.kinds("released") == [("the car started over",)]
    assert not [frame for frame in car.frames if frame[15:17] == b"\x65\x60"]
    car.wait(9000, 500)
    car.sends(slac_wire.parm_req())
    assert not [frame for frame in car.frames if frame[15:17] == b"\x65\x60"]


def test_a_car_that_starts_over_and_may_not_be_answered_ends_its_session():
    """Once its session just vanished: no end was told and, its key still held, no other car was answered."""
    car = WireCar().slac()
    car.secc.admission.answer = "never"
    car.sends(slac_wire.parm_req(CAR, b"RUNID  2"))
    assert car.kinds("session_end") == [("no_sdp",)]
    assert not car.secc.active
    car.secc.admission.answer = "auto"
    other = WireCar(mac=OTHER, secc=car.secc, now=car.now + 100)
    other.to_reading()
    assert len(other.kinds("reading")) == 1


def keys_of(car):
    return [frame[41:57] for frame in car.frames if frame[12:17] == b"\x88\xe1\x01\x08\x60"]


@pytest.mark.parametrize("sounds", [False, True])
def test_a_car_that_starts_over_and_does_not_come_back_ends_its_session_with_a_new_key(sounds):
    """Its modem has the old key, and whoever waits for the end of the session would wait for ever."""
    car = WireCar().slac()
    car.frames.clear()
    car.sends(slac_wire.parm_req(CAR, b"AGAIN   "))
    if sounds:
        car.sends(slac_wire.start_atten(CAR, b"AGAIN   "), slac_wire.sound(CAR, b"AGAIN   "), slac_wire.profile(CAR))
    car.wait(3000)
    assert len(car.kinds("session_end")) == 1 and len(keys_of(car)) == 1
    assert not car.secc.active and car.secc.stage == "WAITING"


def test_another_car_that_is_matched_meanwhile_ends_the_session_of_one_that_started_over():
    car = WireCar().slac()
    car.sends(slac_wire.parm_req(CAR, b"AGAIN   "))
    other = WireCar(mac=OTHER, secc=car.secc, now=car.now)
    other.to_reading()
    kinds = [event[0] for event in car.events + other.events if event[0] in ("matched", "session_end", "reading")]
    assert kinds == ["matched", "session_end", "matched", "reading"]


@pytest.mark.parametrize(
    "frame",
    [slac_wire.parm_req(CAR, b"AGAIN   ")[:25], slac_wire.from_air(CAR, b"\xff" * 6, 0x6064, b"\0\1" + b"AGAIN   ")],
    ids=["short", "secured"],
)
def test_a_parm_req_that_cannot_be_answered_leaves_the_session_alone(frame):
    car = WireCar().to_parameters()
    car.sends(frame)
    assert car.request("ChargeParameterDiscoveryReq")["ResponseCode"] == "OK"
    assert len(car.kinds("reading")) == 1


def test_somebody_elses_search_that_comes_to_nothing_is_no_failure():
    car = WireCar()
    car.sends(slac_wire.parm_req(OTHER))
    car.wait(1000)
    assert car.kinds("search_ended") == [(OTHER, "match_timeout")]
    assert car.kinds("failed") == []


def test_a_car_that_chose_another_station_is_counted_and_no_failure():
    car = WireCar(mac=OTHER)
    mac = car.mac
    car.sends(slac_wire.parm_req(mac), slac_wire.start_atten(mac))
    for countdown in range(9, -1, -1):
        car.wait(20, 20)
        car.sends(slac_wire.sound(mac, countdown=countdown), slac_wire.profile(mac))
    car.sends(slac_wire.atten_rsp(mac))
    car.wait(9_900)
    assert car.kinds("search_ended") == []
    car.wait(200)
    assert car.kinds("search_ended") == [(mac, "not_chosen")]
    assert car.secc.counts["not_chosen"] == 1 and car.kinds("failed") == []


class NeverJoins(WireCar):
    """Its modem did not take the key: no link comes up."""

    def modem_answers(self, frame):
        if frame[15:17] != b"\xb8\xa0":  # VS_PL_LINK_STATUS.REQ
            super().modem_answers(frame)


def test_a_car_that_never_joins_ends_its_plug_in_after_twelve_seconds_with_one_new_key():
    car = NeverJoins().slac()
    car.frames.clear()
    car.wait(11_900)
    assert car.kinds("session_end") == []
    car.wait(200)
    assert car.kinds("session_end") == [("no_join",)] and not car.secc.active
    assert [frame[15:17] for frame in car.frames].count(b"\x08\x60") == 1


def test_a_car_that_searches_again_after_eight_others_begins_a_new_search():
    """So many are remembered."""
    cars = [OTHER[:5] + bytes((number,)) for number in range(9)]
    car = WireCar()
    for mac in (*cars, cars[8], cars[0]):
        car.sends(slac_wire.parm_req(mac))
    assert car.kinds("searching") == [(mac,) for mac in (*cars, cars[0])]


def test_a_car_that_was_silent_for_long_was_plugged_in_again_and_has_all_its_time():
    """SmartEVSE's 60 s begin anew as well. An Ioniq sends its SDP request 4 s after the match."""
    car = WireCar()
    car.sends(slac_wire.parm_req())
    car.wait(38_000)
    began = car.now
    car.slac()
    car.wait(6000)
    assert car.kinds("session_end") == [] and car.kinds("matched") == [(CAR, began)]


@pytest.mark.parametrize("can_ask", [False, True])
def test_a_car_that_is_matched_after_44_seconds_of_searching_is_read(can_ask):
    """An Ioniq and an Audi send their SDP request 3 to 7 s after CM_SLAC_MATCH.CNF."""
    car = WireCar({"can_ask": can_ask})
    if can_ask:
        car.secc.admission.evse_state("plugged", car.now)
    began = car.now
    for _ in range(4):
        car.sends(slac_wire.parm_req(), slac_wire.start_atten())
        car.wait(10_950)
    car.slac()
    assert car.kinds("matched") == [(CAR, began)]
    car.wait(7000)
    car.sdp()
    car.connect()
    car.handshake()
    for name in TO_PARAMETERS:
        car.request(name)
    car.request("ChargeParameterDiscoveryReq")
    assert [reading.soc_percent for (reading,) in car.kinds("reading")] == [42]


def test_a_car_that_began_anew_is_not_forgotten_while_it_sounds():
    car = WireCar().slac()
    began = car.now
    car.wait(43_200)
    car.sends(slac_wire.parm_req(CAR, b"AGAIN   "), slac_wire.start_atten(CAR, b"AGAIN   "))
    car.wait(500)
    for _ in range(10):
        car.sends(slac_wire.sound(CAR, b"AGAIN   "), slac_wire.profile())
    car.wait(500)
    assert ticks_diff(car.now, began) > 44_000
    car.sends(slac_wire.atten_rsp(CAR, b"AGAIN   "), slac_wire.match_req(CAR, b"AGAIN   "))
    car.wait(5000)
    assert len(car.sdp()) == 1 and car.kinds("session_end") == [] and len(car.kinds("matched")) == 1


def test_a_car_that_begins_anew_all_the_time_ends_its_session_all_the_same():
    car = WireCar().slac()
    began = car.now
    number = 0
    while not car.kinds("session_end"):
        number += 1
        car.sends(slac_wire.parm_req(CAR, number.to_bytes(8, "big")))
        car.wait(200)
    assert 57_000 < ticks_diff(car.now, began) < 59_000 and len(car.kinds("matched")) == 1


def ac_session(car, mac):
    """True when it was answered: then it was told that AC is nothing for this station, and it closed."""
    car.mac, car.session_id = mac, bytes(8)
    car.frames.clear()
    car.sends(slac_wire.parm_req(mac))
    if not [frame for frame in car.frames if frame[15:17] == b"\x65\x60"]:
        return False
    car.to_parameters()
    car.request("ChargeParameterDiscoveryReq", ac_parameters())
    car.tcp("FA")
    car.wait(500)
    return True


@pytest.mark.parametrize("rotates", [False, True])
def test_a_car_that_wants_ac_is_drawn_into_two_sessions_and_no_more_where_nobody_can_be_asked(rotates):
    """It searches again 9.85 s after each, as a VW MEB does, and is perhaps charging by then."""
    car = WireCar()
    answered = 0
    for number in range(60):
        answered += ac_session(car, b"\x00\x7d\xfa\0\0" + bytes((number if rotates else 0,)))
        car.wait(9850)
    assert answered == 2 and {cause for (cause,) in car.kinds("session_end")} == {"ac_charging"}


def _answered_of_twelve(car, rotates, session):
    """How many searches of a car that is in no hurry were answered; ``session()`` is what it does when it is matched."""
    answered = 0
    for number in range(12):
        car.mac = b"\x00\x7d\xfa\0\0" + bytes((number if rotates else 0,))
        car.frames.clear()
        car.sends(slac_wire.parm_req(car.mac))
        if [frame for frame in car.frames if frame[15:17] == b"\x65\x60"]:
            answered += 1
            car.slac()
            session()
        car.wait(9850)
    return answered


@pytest.mark.parametrize("rotates", [False, True])
def test_a_car_that_hangs_up_after_the_handshake_is_answered_twice_and_no_more(rotates):
    """One that keeps its MAC is in the same plug-in all the while."""
    car = WireCar()

    def session():
        car.sdp()
        car.connect()
        car.handshake()
        car.tcp("FA")

    assert _answered_of_twelve(car, rotates, session) == 2
    assert {cause for (cause,) in car.kinds("session_end")} == {"answer_refused"}


@pytest.mark.parametrize("rotates", [False, True])
def test_a_car_that_asks_for_nothing_but_tls_and_falls_silent_is_answered_twice_and_no_more(rotates):
    car = WireCar()

    def session():
        car.sdp(0)
        car.sdp(0)

    assert _answered_of_twelve(car, rotates, session) == 2


def test_a_car_that_wanted_ac_by_accident_is_read_when_it_comes_back():
    car = WireCar()
    assert ac_session(car, CAR)
    car.wait(9850)
    car.session_id = bytes(8)
    car.to_reading()
    assert len(car.kinds("reading")) == 1


def test_sessions_that_ended_for_want_of_a_link_do_not_shut_the_gate():
    car = WireCar()
    for _ in range(4):
        car.slac()
        car.secc.slac.events.append(("link_lost",))
        car.wait(10_000)
    assert car.kinds("session_end") == [("link_lost",)] * 4


def test_a_car_that_goes_on_searching_has_the_time_of_its_first_search():
    car = WireCar()
    began = car.now
    for _ in range(4):
        car.sends(slac_wire.parm_req())
        car.wait(9000)
    car.slac()
    assert car.kinds("matched") == [(CAR, began)]


@pytest.mark.parametrize("mac", [CAR[:3] + b"\x99\x99\x99", OTHER])
def test_what_the_first_connection_came_to_does_not_count_in_the_second(mac):
    """A VW that reconnected must not be taken for the one that comes back with another MAC."""
    car = WireCar().slac()
    car.sdp()
    car.connect()
    car.handshake()
    car.tcp("FA")
    car.sends()
    car.connect()
    car.handshake()
    car.sends(slac_wire.parm_req(mac))
    assert car.kinds("session_end") == []
    for name in TO_PARAMETERS:
        car.request(name)
    assert car.request("ChargeParameterDiscoveryReq")["ResponseCode"] == "OK"
    assert len(car.kinds("reading")) == 1


@pytest.mark.parametrize("closes", [True, False])
@pytest.mark.parametrize(
    ("first", "second", "told", "later"), [(42, 43, 42, []), (0, 33, 33, []), (42, 0, 42, []), ("0, 0", 33, 33, [(33,)])]
)
def test_a_number_of_a_second_connection_counts_as_if_it_came_on_the_first(closes, first, second, told, later):
    """Once the log told the second number, and the SmartEVSE the first."""
    car = WireCar().to_parameters()
    for _ in range(2 if first == "0, 0" else 1):
        car.request("ChargeParameterDiscoveryReq", charge_parameters(soc=0 if first == "0, 0" else first))
    if closes:
        car.tcp("FA")
        car.sends()
    car.wait(600)
    car.connect()
    car.handshake()
    for name in TO_PARAMETERS:
        assert car.request(name)["ResponseCode"][:2] == "OK"
    car.request("ChargeParameterDiscoveryReq", charge_parameters(soc=second))
    car.tcp("FA")
    assert ends(car) == [("ok",)]
    assert [reading.soc_percent for (reading,) in car.kinds("reading")] == [told]
    assert car.kinds("soc") == later and len(car.kinds("released")) == 1


@pytest.mark.parametrize("closes", [True, False])
def test_a_car_that_connects_again_after_its_reading_left_where_it_did(closes):
    """What it is told on another connection is another session, and not what let it go."""
    car = WireCar().to_reading()
    car.request("ChargeParameterDiscoveryReq")
    if closes:
        car.tcp("R")
        car.sends()
    car.wait(600)
    car.connect()
    car.wait(4000)
    ((_, _, words),) = [event for event in car.events if event[:2] == ("checkpoint", 910)]
    assert words == "car released: the car reset the connection (rung 2, when asked to)"


def _to(step):
    car = WireCar().slac()
    for name in ("sdp", "connect", "handshake")[:step]:
        getattr(car, name)()
    return car


@pytest.mark.parametrize("step", range(4))
def test_a_vw_that_fell_silent_and_searches_with_another_mac_is_the_same_car(step):
    """It comes back after 9.8 s, and its modem may count as joined for a minute."""
    car = _to(step)
    car.wait(9800)
    again = WireCar(mac=CAR[:3] + b"\x99\x99\x99", secc=car.secc, now=car.now)
    again.to_reading()
    assert len(again.kinds("reading")) == 1
    kinds = [event[0] for event in car.events + again.events if event[0] in ("matched", "session_end", "reading")]
    assert kinds == ["matched", "session_end", "matched", "reading"]


def test_a_vw_that_fell_silent_after_its_reading_and_searches_with_another_mac_is_released():
    car = WireCar().to_reading()
    car.wait(9800)
    car.sends(slac_wire.parm_req(CAR[:3] + b"\x99\x99\x99"))
    assert car.kinds("released") == [("the car started over",)] and car.kinds("session_end") == [("ok",)]


def test_a_car_of_another_maker_is_matched_beside_one_that_fell_silent_after_its_reading():
    """Its modem counts as joined for as long as it takes to age, and another car may be on the cable."""
    car = WireCar().to_reading()
    car.wait(9800)
    again = WireCar(mac=OTHER, secc=car.secc, now=car.now).to_reading()
    kinds = [event[0] for event in car.events + again.events if event[0] in ("matched", "released", "reading")]
    assert kinds == ["matched", "reading", "released", "matched", "reading"]


def test_a_car_that_is_lost_after_its_reading_is_let_go_as_one_that_nobody_heard_leave():
    car = WireCar().to_reading()
    served = []
    car.secc.admission.served = lambda *arguments: served.append(arguments[-1])
    car.secc.modem_lost(car.now)
    car.secc.modem_ready(car.now)
    car = WireCar().to_reading()
    car.secc.admission.served = lambda *arguments: served.append(arguments[-1])
    car.tcp("FA")
    car.wait(1100)
    assert served == [True, False]


@pytest.mark.parametrize("mac", [CAR[:3] + b"\x99\x99\x99", OTHER])
@pytest.mark.parametrize("heard", ["sdp", "connect", "handshake"])
def test_a_car_that_was_heard_a_moment_ago_is_not_ended_by_a_neighbours_search(mac, heard):
    car = _to(("sdp", "connect", "handshake").index(heard))
    car.wait(6000)
    getattr(car, heard)()
    car.wait(6000)
    car.frames.clear()
    car.sends(slac_wire.parm_req(mac))
    assert car.kinds("session_end") == [] and car.frames == []


@pytest.mark.parametrize("mac", [CAR[:3] + b"\x99\x99\x99", OTHER])
@pytest.mark.parametrize("ms", [8110, 10100, 11110])
def test_a_car_that_is_slow_to_its_first_frame_is_read_while_a_neighbours_searches(mac, ms):
    """From CM_SLAC_MATCH.CNF to the first frame over the link, recorded: an MG4 8.11 s, a Seres 3 10.10 s and 11.11 s."""
    car = WireCar().slac()
    car.wait(8050)
    car.frames.clear()
    car.sends(slac_wire.parm_req(mac), slac_wire.start_atten(mac))
    for countdown in range(9, -1, -1):
        car.sends(slac_wire.sound(mac, countdown=countdown), slac_wire.profile(mac, 50))
    assert [frame[0:6] for frame in car.frames] == [mac, mac]  # CM_SLAC_PARM.CNF and CM_ATTEN_CHAR.IND
    car.sends(slac_wire.atten_rsp(mac), slac_wire.match_req(mac, evse=slac_wire.NEIGHBOUR))  # another station
    car.wait(ms - 8050)
    assert car.sdp()
    car.connect()
    car.handshake()
    for name in (*TO_PARAMETERS, "ChargeParameterDiscoveryReq"):
        assert car.request(name)["ResponseCode"][:2] == "OK"
    assert [mac for mac, _ in car.kinds("matched")] == [CAR] and len(car.kinds("reading")) == 1


@pytest.mark.parametrize("mac", [CAR[:3] + b"\x99\x99\x99", OTHER])
def test_a_car_that_closed_and_connects_again_is_read_although_a_neighbours_searched_meanwhile(mac):
    car = _to(3)
    car.tcp("FA")
    car.wait(500)
    car.sends(slac_wire.parm_req(mac))
    car.connect()
    car.handshake()
    for name in (*TO_PARAMETERS, "ChargeParameterDiscoveryReq"):
        assert car.request(name)["ResponseCode"][:2] == "OK"
    assert [mac for mac, _ in car.kinds("matched")] == [CAR] and len(car.kinds("reading")) == 1


def test_another_makers_car_that_is_plugged_in_after_one_left_unseen_is_read():
    """What its modem says of the link may be old: nobody else was answered for 45 s."""
    car = _to(1)
    car.wait(9000)
    again = WireCar(mac=OTHER, secc=car.secc, now=car.now)
    again.to_reading()
    kinds = [event[0] for event in car.events + again.events if event[0] in ("matched", "session_end", "reading")]
    assert kinds == ["matched", "session_end", "matched", "reading"]


def test_a_car_that_stopped_without_a_reading_and_connects_again_has_its_time():
    car = WireCar().slac()
    car.sdp()
    car.connect()
    car.handshake()
    car.request("SessionSetupReq")
    car.request("SessionStopReq")
    car.tcp("FA")
    car.wait(500)
    car.connect()
    car.handshake()
    car.wait(7000)
    for name in TO_PARAMETERS:
        car.request(name)
    assert car.request("ChargeParameterDiscoveryReq")["ResponseCode"] == "OK"


NUMBERS_AS_TEXT = {
    # Two entries of DIN, the second with Priority "0" as text.
    "priority": "8000dbab9371d3234b71d1b981899189d191818991d26b9b3a232b30020000040001b75726e3a64696e3a3730313231"
    "3a323031323a4d7367446566004000011c0661080",
}


@pytest.mark.parametrize("name", NUMBERS_AS_TEXT)
def test_a_handshake_with_a_number_as_text_is_answered(name):
    car = WireCar().slac()
    car.sdp()
    car.connect()
    text = NUMBERS_AS_TEXT[name]
    answer = car.exchange(bytes.fromhex(text + "0" * (len(text) % 2)))
    response = exi.decode(apphand.SCHEMA, answer)["supportedAppProtocolRes"]
    assert response["ResponseCode"] == "OK_SuccessfulNegotiation"
    assert car.request("SessionSetupReq")["ResponseCode"] == "OK_NewSessionEstablished"


def test_a_link_that_is_lost_without_a_session_sets_a_new_key():
    car = WireCar().slac()
    car.secc._plug_in = None
    car.secc.slac.events.append(("link_lost",))
    car.secc.poll(car.now)
    assert car.secc.slac.joined is None


def test_three_cars_one_after_the_other_without_a_restart():
    secc = None
    for number in range(3):
        car = WireCar(mac=bytes((0, 9, number, 0, 0, 1)), now=1000 + number * 60000, secc=secc)
        secc = car.to_reading().secc
        car.tcp("FA")
        car.wait(11000, 500)
        assert len(car.kinds("released")) == 1


def test_a_modem_that_restarts_in_mid_session_ends_it_and_the_reading_is_kept():
    car = WireCar().to_reading()
    car.secc.modem_ready(car.now)
    car.collect()
    assert car.kinds("released") == [("link lost",)]
    car = WireCar()
    car.slac()
    car.secc.modem_lost(car.now, "modem_reset")
    car.collect()
    assert car.kinds("session_end") == [("modem_reset",)] and car.secc.stage == "NO_KEY"


def test_waiting_for_the_modem_sends_nothing_before_it_is_ready():
    car = WireCar({"wait_for_modem": True})
    car.wait(5000, 500)
    assert car.frames == []
    car.secc.modem_ready(car.now)
    car.collect()
    car.wait(50)
    assert car.checkpoints == [1]


def test_without_slac_the_first_packet_opens_the_session():
    car = WireCar({"matched": True})
    car.sdp()
    car.connect()
    car.handshake()
    assert [event[:1] for event in car.kinds("matched")] == [(CAR,)]
    assert all(frame[12:14] == b"\x86\xdd" for frame in car.frames)


def test_a_session_across_the_wrap_of_the_ticks():
    car = WireCar(now=(1 << 29) - 700).to_reading()
    car.tcp("FA")
    car.wait(1100)
    assert len(car.kinds("released")) == 1


@pytest.mark.parametrize("answer", ["never", "modem_phase"])
def test_a_setting_turns_answering_off(answer):
    car = WireCar({"answer": answer, "can_ask": True})
    car.frames.clear()
    car.sends(slac_wire.parm_req())
    assert car.frames == [] and car.secc.counts["not_answered"] == 1


def test_another_car_may_come_while_the_first_one_rests():
    car = WireCar().to_reading()
    car.tcp("FA")
    car.wait(12000, 500)
    other = WireCar(mac=OTHER, now=car.now, secc=car.secc)
    other.to_reading()
    assert len(other.kinds("reading")) == 1


def calls_for(secc, frame, now):
    """How many functions of the device are called for ``frame``; this computer's collector may call others meanwhile."""
    calls = []
    sys.setprofile(lambda called, what, _of: calls.append(called.f_code.co_filename) if what == "call" else None)
    secc.receive(memoryview(frame), now)
    sys.setprofile(None)
    secc.take_frames()
    return sum("CIRCUITPY" in path for path in calls)


def test_from_a_frame_of_slac_to_its_answer_few_functions_are_called():
    """On a board each call is some 0.1 ms, and three frames arrive with every sound."""
    secc = Secc(slac_wire.BOX, bytes, {})
    secc.poll(1000)
    secc.receive(memoryview(slac_wire.set_key_cnf(bytes(4))), 1000)
    secc.take_frames()
    frames = [slac_wire.parm_req(), slac_wire.start_atten(), slac_wire.sound(), slac_wire.profile()]
    calls = [calls_for(secc, frame, 1100) for frame in frames]
    secc.poll(1701)
    secc.poll(1750)
    secc.take_frames()
    calls += [calls_for(secc, frame, 1760) for frame in (slac_wire.atten_rsp(), slac_wire.match_req())]
    assert [event[0] for event in secc.slac.events][-1] == "matched"
    assert all(few <= most for few, most in zip(calls, (28, 9, 6, 7, 9, 12), strict=True)), calls
