# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The whole station against a car of scapy packets: order of events, deadlines, every way to leave."""

import pytest
from plc.ticks import ticks_diff
from v2g import exi
from v2g.din_schema import SCHEMA

from host_tests.unit import test_slac as slac_wire
from host_tests.unit.test_din_session import charge_parameters
from host_tests.unit.test_v2g_parts import DIN, ISO20
from host_tests.unit.wire_car import CAR, WireCar

OTHER = bytes.fromhex("02ab34cd0002")


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
    assert car.kinds("car") == [(CAR,)]
    assert car.kinds("released") == []


@pytest.mark.parametrize("flags", ["FA", "RA"])
def test_a_car_that_closes_after_the_reading_is_released_at_once(flags):
    car = WireCar().to_reading()
    car.tcp(flags)
    car.wait(450)
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


@pytest.mark.parametrize("habit", ["silent", "polling", "failing"])
def test_a_car_that_does_not_leave_is_released_within_twenty_seconds_of_the_reading(habit):
    car = WireCar().to_reading()
    read_at = car.now
    asks = {"silent": None, "polling": "ChargeParameterDiscoveryReq", "failing": "CurrentDemandReq"}[habit]
    while not car.kinds("released"):
        if asks and car.secc._session.leave_at is None and not car.secc._session.closing:
            car.request(asks)
        car.wait(250)
        assert ticks_diff(car.now, read_at) <= 20000
    assert ticks_diff(car.now, read_at) > 18500
    assert "FA" in car.flags_seen


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


def test_a_percentage_that_is_none_is_no_reading_and_is_not_delivered():
    car = WireCar().to_parameters()
    assert car.exchange(parameters_with_soc_127(car.session_id))
    assert car.kinds("reading") == [] and car.kinds("failed") == [("no_soc",)]
    car.tcp("FA")
    car.wait(46000, 500)
    assert car.kinds("released") == [] and car.kinds("session_end") == [("no_soc",)]


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
    car.wait(450)
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


def test_tls_is_answered_with_no_tls_every_time():
    car = WireCar()
    car.slac()
    for _ in range(3):
        (answer,) = car.sdp(security=0x00)
        assert bytes(answer.payload.payload.payload)[-2:] == b"\x10\x00"


def test_a_car_that_starts_over_without_a_reading_gets_a_new_session():
    car = WireCar()
    car.slac()
    car.sdp()
    car.connect()
    car.slac(run=b"AGAIN   ")
    car.sdp()
    car.connect()
    assert car.handshake()["ResponseCode"] == "OK_SuccessfulNegotiation"
    assert car.kinds("car") == [(CAR,)]


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
    car.secc.answering = False
    car.sends(slac_wire.parm_req(CAR, b"RUNID  2"))
    assert car.kinds("session_end") == [("no_sdp",)]
    assert not car.secc.active
    car.secc.answering = True
    other = WireCar(mac=OTHER, secc=car.secc, now=car.now + 100)
    other.to_reading()
    assert len(other.kinds("reading")) == 1


def test_a_link_that_is_lost_without_a_session_sets_a_new_key():
    car = WireCar().slac()
    car.secc._session = None
    car.secc.slac.events.append(("link_lost",))
    car.secc.poll(car.now)
    assert car.secc.slac.joined is None


def test_three_cars_one_after_the_other_without_a_restart():
    secc = None
    for number in range(3):
        car = WireCar(mac=bytes((2, 0, 0, 0, 9, number)), now=1000 + number * 60000, secc=secc)
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
    car.secc.modem_lost(car.now)
    car.collect()
    assert car.kinds("session_end") == [("modem_rebooted",)] and car.secc.stage == "NO_KEY"


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
    assert car.kinds("car") == [(CAR,)]
    assert all(frame[12:14] == b"\x86\xdd" for frame in car.frames)


def test_noise_instead_of_exi_is_counted_and_answered_with_silence():
    car = WireCar()
    car.slac()
    car.sdp()
    car.connect()
    assert car.exchange(b"\x00\x01\x02") == b""
    assert car.secc.counts["bad_exi"] == 1
    assert car.handshake()["ResponseCode"] == "OK_SuccessfulNegotiation"


def test_noise_instead_of_v2gtp_closes_the_connection():
    car = WireCar()
    car.slac()
    car.sdp()
    car.connect()
    car.tcp("PA", b"GET / HTTP/1.1\r\n\r\n")
    car.sends()
    assert car.secc.counts["bad_v2gtp"] == 1 and "FA" in car.flags_seen


def test_two_requests_in_one_segment_are_both_answered():
    car = WireCar().to_parameters()
    message = {
        "Header": {"SessionID": car.session_id},
        "Body": {"ChargeParameterDiscoveryReq": charge_parameters()},
    }
    payload = exi.encode(SCHEMA, {"V2G_Message": message})
    framed = b"\x01\xfe\x80\x01" + len(payload).to_bytes(4, "big") + payload
    car.received = b""
    car.tcp("PA", framed + framed)
    car.sends()
    assert car.received.count(b"\x01\xfe\x80\x01") == 2


def test_a_surplus_byte_behind_a_message_is_ignored():
    """A Tesla Model Y sends one behind its ContractAuthenticationReq."""
    car = WireCar().to_parameters()
    message = {
        "Header": {"SessionID": car.session_id},
        "Body": {"ChargeParameterDiscoveryReq": charge_parameters()},
    }
    assert car.exchange(exi.encode(SCHEMA, {"V2G_Message": message}) + b"\0")
    assert len(car.kinds("reading")) == 1


def test_a_session_across_the_wrap_of_the_ticks():
    car = WireCar(now=(1 << 29) - 700).to_reading()
    car.tcp("FA")
    car.wait(450)
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
