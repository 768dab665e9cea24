# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""v2g.connection: what reaches a car's conversation over SDP, TCP and V2GTP, and what does not."""

from scapy.layers.inet import UDP
from v2g import connection, din, exi, iso2
from v2g.din import SCHEMA

from host_tests.support.din_car import charge_parameters
from host_tests.support.wire_car import WireCar


def test_tls_is_answered_with_no_tls_every_time():
    car = WireCar()
    car.slac()
    for _ in range(3):
        (answer,) = car.sdp(security=0x00)
        assert bytes(answer.payload.payload.payload)[-2:] == b"\x10\x00"


def told_last(car):
    return car.kinds("checkpoint")[-1]


def test_an_sdp_request_that_cannot_be_answered_is_told():
    car = WireCar().slac()
    packet = car.ip("ff02::1") / UDP(sport=60000, dport=15118) / bytes.fromhex("01fe9000000000021010")
    car.sends(bytes(packet))
    assert car.secc.counts["bad_sdp"] == 1
    assert told_last(car) == (599, "a message could not be read: SDP asks for another transport than TCP")


def test_what_the_car_was_refused_is_told():
    car = WireCar().to_parameters()
    car.request("ServiceDetailReq")
    assert told_last(car) == (598, "ServiceDetailReq refused: FAILED_SequenceError")


def test_noise_instead_of_exi_is_counted_and_answered_with_silence():
    car = WireCar()
    car.slac()
    car.sdp()
    car.connect()
    assert car.exchange(b"\x00\x01\x02") == b""
    assert car.secc.counts["bad_exi"] == 1
    assert told_last(car) == (599, "a message could not be read: no EXI header")
    assert car.handshake()["ResponseCode"] == "OK_SuccessfulNegotiation"


def test_noise_instead_of_v2gtp_closes_the_connection():
    car = WireCar()
    car.slac()
    car.sdp()
    car.connect()
    car.tcp("PA", b"GET / HTTP/1.1\r\n\r\n")
    car.sends()
    assert car.secc.counts["bad_v2gtp"] == 1 and "FA" in car.flags_seen
    assert told_last(car) == (599, "a message could not be read: not a V2GTP header")


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


def test_a_last_request_that_shares_its_segment_with_the_fin_is_answered():
    car = WireCar().to_parameters()
    message = {
        "Header": {"SessionID": car.session_id},
        "Body": {"ChargeParameterDiscoveryReq": charge_parameters()},
    }
    payload = exi.encode(SCHEMA, {"V2G_Message": message})
    car.received = b""
    car.tcp("FPA", b"\x01\xfe\x80\x01" + len(payload).to_bytes(4, "big") + payload)
    car.sends()
    assert car.received.count(b"\x01\xfe\x80\x01") == 1
    assert len(car.kinds("reading")) == 1 and "FA" in "".join(car.flags_seen)


def test_another_kind_of_message_is_counted_and_the_conversation_goes_on():
    car = WireCar()
    car.slac()
    car.sdp()
    car.connect()
    car.tcp("PA", b"\x01\xfe\x80\x02" + (3).to_bytes(4, "big") + b"xml")
    car.sends()
    assert car.secc.counts["bad_v2gtp"] == 1
    assert car.handshake()["ResponseCode"] == "OK_SuccessfulNegotiation"


def test_each_car_finds_the_station_at_another_dynamic_port():
    ports = set()
    first = WireCar()
    first.slac()
    first.sdp()
    ports.add(first.station_port)
    first.wait(46000, 500)
    second = WireCar(now=first.now, secc=first.secc)
    second.slac()
    second.sdp()
    ports.add(second.station_port)
    assert len(ports) == 2 and min(ports) >= 49152


def test_no_sdp_is_answered_while_the_last_word_is_on_its_way():
    car = WireCar().to_reading()
    car.tcp("FA")
    car.sends()
    assert car.sdp() == []


def test_a_module_of_each_standard():
    assert connection.load("DIN 70121") is din
    assert connection.load("ISO 15118-2") is iso2
