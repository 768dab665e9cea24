# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""v2g.connection: what reaches a car's conversation over SDP, TCP and V2GTP, and what does not."""

import pytest
from scapy.layers.inet import UDP
from v2g import apphand, connection, din, exi, iso2
from v2g.din import SCHEMA
from v2g.secc import Secc

from host_tests.support import slac_wire
from host_tests.support.din_car import NO_ID, TO_PARAMETERS, charge_parameters
from host_tests.support.v2g_car import BODIES, WAY
from host_tests.support.v2g_offers import DIN, ISO2
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


@pytest.mark.parametrize("session_id", [NO_ID, b"\x12\x34\x56\x78", b"\x99" * 8])
def test_a_car_that_never_takes_over_the_sessions_id_is_read_and_closed_behind_its_third_refusal(session_id):
    """It goes on whatever it is told: neither the first refusals nor those of other requests end it before."""
    car = WireCar().slac()
    car.sdp()
    car.connect()
    car.handshake()
    car.request(TO_PARAMETERS[0])
    codes = []
    for name in (*TO_PARAMETERS[1:], "ChargeParameterDiscoveryReq", "ChargeParameterDiscoveryReq", "CableCheckReq"):
        assert "FA" not in car.flags_seen
        car.session_id = session_id
        codes.append(car.request(name)["ResponseCode"])
    assert set(codes) == {"FAILED_UnknownSession"}
    assert [reading.soc_percent for (reading,) in car.kinds("reading")] == [42]
    assert "FA" in car.flags_seen
    car.wait(2500)
    assert len(car.kinds("released")) == 1


@pytest.mark.parametrize(("ms", "read"), [(3500, True), (5000, True), (6000, False)])
def test_a_slow_car_that_never_takes_over_the_sessions_id_is_read_up_to_44_seconds(ms, read):
    """What it is refused is no step further, so it is not given the phase."""
    car = WireCar().slac()
    for step in (car.sdp, car.connect, car.handshake):
        car.wait(ms)
        step()
    for name in (*TO_PARAMETERS, "ChargeParameterDiscoveryReq"):
        car.wait(ms)
        assert "FA" not in car.flags_seen or not read
        car.request(name)
        car.session_id = NO_ID
    assert len(car.kinds("reading")) == read
    car.wait(3500)
    assert "FA" in car.flags_seen


@pytest.mark.parametrize(
    ("circle", "most"),
    [
        (["CableCheckReq"], 3),
        (["CableCheckReq", "PreChargeReq"], 4),
        (["CableCheckReq", "ServiceDiscoveryReq", "CableCheckReq", "PreChargeReq"], 6),
        (["CableCheckReq", "PreChargeReq", "CurrentDemandReq", "ServiceDiscoveryReq"], 6),
    ],
)
def test_a_car_that_is_refused_in_a_circle_is_closed(circle, most):
    car = WireCar().to_parameters()
    refused = 0
    while "FA" not in car.flags_seen and refused < 20:
        car.session_id = b"\x99" * 8
        assert car.request(circle[refused % len(circle)])["ResponseCode"] == "FAILED_UnknownSession"
        refused += 1
    assert refused == most


@pytest.mark.parametrize(("preference", "agreed"), [("din", din), ("iso2", iso2)])
def test_a_car_that_begins_in_the_standard_that_was_not_agreed_on_is_read_in_it(preference, agreed):
    """It gave both the same SchemaID."""
    spoken = iso2 if agreed is din else din
    car = WireCar({"protocol": preference}).slac()
    car.sdp()
    car.connect()
    assert car.handshake((DIN, 2, 0, 1, 1), (ISO2, 2, 0, 1, 1))["SchemaID"] == 1
    assert told_last(car) == (403, "schema negotiated: " + agreed.PROTOCOL)
    car.standard, car.bodies = spoken, BODIES[spoken]
    for name in (*WAY[spoken], "ChargeParameterDiscoveryReq"):
        assert car.request(name)["ResponseCode"][:2] == "OK"
    ((reading,),) = car.kinds("reading")
    assert (reading.soc_percent, reading.protocol) == (42, spoken.PROTOCOL)
    assert (403, f"the car's requests are of {spoken.PROTOCOL}") in car.kinds("checkpoint")
    assert car.request("SessionStopReq")["ResponseCode"] == "OK"


def test_nothing_but_din_is_spoken_where_the_setting_says_so():
    car = WireCar({"protocol": "din_only"}).slac()
    car.sdp()
    car.connect()
    car.handshake()
    car.standard = iso2
    assert car.request("SessionSetupReq") is None
    assert car.secc.counts["bad_exi"] == 1


@pytest.mark.parametrize("standard", [din, iso2])
def test_a_car_that_goes_on_where_an_earlier_connection_broke_off_is_read(standard):
    """No handshake, no SessionSetupReq: its requests are refused, and its numbers are its own."""
    car = WireCar().slac()
    car.sdp()
    car.connect()
    car.standard, car.bodies, car.session_id = standard, BODIES[standard], b"\x99" * 8
    assert car.request("ChargeParameterDiscoveryReq")["ResponseCode"] == "FAILED_UnknownSession"
    ((reading,),) = car.kinds("reading")
    assert (reading.soc_percent, reading.protocol) == (42, standard.PROTOCOL)
    assert (403, f"the car's requests are of {standard.PROTOCOL}") in car.kinds("checkpoint")


@pytest.mark.parametrize(("name", "most"), [("ChargeParameterDiscoveryReq", 3), ("CableCheckReq", 3)])
def test_refusals_add_up_for_a_car_that_changes_the_standard_with_each_request(name, most):
    car = WireCar().slac()
    car.sdp()
    car.connect()
    refused = 0
    while "FA" not in car.flags_seen and refused < 20:
        car.standard = (din, iso2)[refused % 2]
        car.bodies, car.session_id = BODIES[car.standard], b"\x99" * 8
        assert car.request(name)["ResponseCode"] == "FAILED_UnknownSession"
        refused += 1
    assert refused == most


@pytest.mark.parametrize("standard", [din, iso2])
def test_a_car_that_goes_on_on_a_new_connection_keeps_the_evccid_that_it_told_on_the_one_before(standard):
    car = WireCar().to_parameters()
    car.tcp("FA")
    car.sends()
    car.wait(100)
    car.connect()
    car.standard, car.bodies = standard, BODIES[standard]
    car.request("ChargeParameterDiscoveryReq")
    ((reading,),) = car.kinds("reading")
    assert (reading.protocol, reading.evccid) == (standard.PROTOCOL, BODIES[din]["SessionSetupReq"]["EVCCID"])


def test_another_plug_in_is_not_given_the_evccid_of_the_one_before():
    first = WireCar().to_parameters()
    first.wait(46000, 500)
    assert first.kinds("session_end") == [("car_silent",)]
    second = WireCar(now=first.now, secc=first.secc).slac()
    second.sdp()
    second.connect()
    second.request("ChargeParameterDiscoveryReq")
    ((reading,),) = second.kinds("reading")
    assert reading.evccid is None


@pytest.mark.parametrize("waits_ms", [0, 50])
def test_a_car_that_asks_for_a_protocol_again_is_answered_again(waits_ms):
    car = WireCar().slac()
    car.sdp()
    car.connect()
    for entries, schema_id in (([(DIN, 2, 0, 1, 1)], 1), ([(ISO2, 2, 0, 5, 1)], 5), ([(DIN, 2, 0, 7, 1)], 7)):
        assert car.handshake(*entries)["SchemaID"] == schema_id
        car.wait(waits_ms)
    assert car.request("SessionSetupReq")["ResponseCode"] == "OK_NewSessionEstablished"


@pytest.mark.parametrize("requests", [(), ("SessionSetupReq",)])
def test_an_offer_that_had_nothing_in_common_explains_the_end_of_a_car_that_asked_nothing_behind_it(requests):
    car = WireCar().slac()
    car.sdp()
    car.connect()
    car.handshake()
    assert car.handshake(("urn:another", 2, 0, 1, 1))["ResponseCode"] == "Failed_NoNegotiation"
    for name in requests:
        assert car.request(name)["ResponseCode"][:2] == "OK"
    car.tcp("FA")
    car.wait(46000, 500)
    assert car.kinds("session_end") == [("answer_refused" if requests else "no_din",)]


def test_a_session_that_has_begun_is_not_begun_anew_in_another_standard():
    car = WireCar().to_parameters()
    car.standard = iso2
    assert car.request("SessionSetupReq") is None
    car.standard = din
    assert car.request("ChargeParameterDiscoveryReq")["ResponseCode"] == "OK"


def test_another_kind_of_message_is_counted_and_the_conversation_goes_on():
    car = WireCar()
    car.slac()
    car.sdp()
    car.connect()
    car.tcp("PA", b"\x01\xfe\x80\x02" + (3).to_bytes(4, "big") + b"xml")
    car.sends()
    assert car.secc.counts["bad_v2gtp"] == 1
    assert car.handshake()["ResponseCode"] == "OK_SuccessfulNegotiation"


def test_a_response_from_a_car_is_not_answered_and_the_conversation_goes_on():
    car = WireCar().slac()
    car.sdp()
    car.connect()
    agreed = {"supportedAppProtocolRes": {"ResponseCode": "OK_SuccessfulNegotiation", "SchemaID": 1}}
    assert car.exchange(exi.encode(apphand.SCHEMA, agreed)) == b""
    assert car.handshake()["ResponseCode"] == "OK_SuccessfulNegotiation"
    stopped = {"Header": {"SessionID": NO_ID}, "Body": {"SessionStopRes": {"ResponseCode": "OK"}}}
    assert car.exchange(exi.encode(din.SCHEMA, {"V2G_Message": stopped})) == b""
    assert car.request("SessionSetupReq")["ResponseCode"] == "OK_NewSessionEstablished"
    assert car.secc.counts["bad_exi"] == 0


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


def test_no_station_listens_where_a_vw_knocks():
    """Recorded of an id.3 (2023-04-14): a SYN for TCP 60918 each second beside its session."""
    knocked = 60918 - 49152
    car = WireCar(secc=Secc(slac_wire.BOX, lambda count: (bytes(16) + knocked.to_bytes(2, "big"))[-count:], {}))
    car.slac()
    car.sdp()
    assert 49152 <= car.station_port < 60918


def test_no_sdp_is_answered_while_the_last_word_is_on_its_way():
    car = WireCar().to_reading()
    car.tcp("FA")
    car.sends()
    assert car.sdp() == []


def test_a_module_of_each_standard():
    assert connection.load("DIN 70121") is din
    assert connection.load("ISO 15118-2") is iso2
