# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""V2GTP framing, SDP and the choice of a protocol."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plc.errors import PeerError
from v2g import apphand, exi, handshake, sdp, v2gtp

DIN = "urn:din:70121:2012:MsgDef"
ISO2 = "urn:iso:15118:2:2013:MsgDef"
ISO20 = "urn:iso:std:iso:15118:-20:DC"
TESLA = "urn:tesla:din:2018:MsgDef"


def offer(*entries):
    return {
        "supportedAppProtocolReq": {
            "AppProtocol": [
                {
                    "ProtocolNamespace": namespace,
                    "VersionNumberMajor": major,
                    "VersionNumberMinor": minor,
                    "SchemaID": schema_id,
                    "Priority": priority,
                }
                for namespace, major, minor, schema_id, priority in entries
            ]
        }
    }


@pytest.mark.parametrize(
    ("request_", "schema_id"),
    [
        (offer((DIN, 2, 0, 1, 1)), 1),
        (offer((DIN, 2, 0, 0, 1)), 0),  # BMW iX3 numbers DIN 0
        (offer((TESLA, 0, 7, 0, 1), (DIN, 2, 0, 1, 2)), 1),  # Tesla prefers its own
        (offer((ISO2, 2, 0, 0, 1), (DIN, 2, 0, 1, 2)), 1),  # VW prefers ISO 15118-2
        (offer(("a", 1, 0, 5, 1), ("b", 1, 0, 6, 2), (DIN, 2, 0, 200, 20)), 200),
        (offer((DIN, 2, 0, 7, 3), (DIN, 2, 0, 8, 2)), 8),
    ],
)
def test_din_is_chosen_whatever_else_is_offered_and_its_schema_id_is_echoed(request_, schema_id):
    answer, protocol = handshake.choose(request_)
    assert protocol == "DIN 70121"
    assert answer["supportedAppProtocolRes"] == {
        "ResponseCode": "OK_SuccessfulNegotiation",
        "SchemaID": schema_id,
    }
    assert exi.decode(apphand.SCHEMA, exi.encode(apphand.SCHEMA, answer)) == answer


def test_another_minor_version_is_accepted_as_a_deviation():
    answer, _ = handshake.choose(offer((DIN, 2, 3, 4, 1)))
    assert answer["supportedAppProtocolRes"]["ResponseCode"] == "OK_SuccessfulNegotiationWithMinorDeviation"


@pytest.mark.parametrize(
    "request_",
    [
        offer((ISO20, 1, 0, 0, 1)),
        offer((ISO2, 1, 0, 0, 1)),
        offer((DIN, 1, 0, 1, 1)),
        offer(("urn:iso:15118:2:2010:MsgDef", 1, 0, 0, 1)),
        offer((TESLA, 0, 7, 0, 1)),
    ],
)
def test_a_car_of_neither_protocol_gets_failed_no_negotiation(request_):
    answer, protocol = handshake.choose(request_)
    assert protocol is None
    assert answer == {"supportedAppProtocolRes": {"ResponseCode": "Failed_NoNegotiation"}}


@pytest.mark.parametrize(
    ("preference", "entries", "chosen"),
    [
        ("din", [(ISO2, 2, 0, 3, 1)], ("ISO 15118-2", 3)),
        ("din", [(ISO2, 2, 0, 3, 1), (DIN, 2, 0, 4, 9)], ("DIN 70121", 4)),
        ("iso2", [(ISO2, 2, 0, 3, 9), (DIN, 2, 0, 4, 1)], ("ISO 15118-2", 3)),
        ("iso2", [(DIN, 2, 0, 4, 1)], ("DIN 70121", 4)),
        ("din_only", [(ISO2, 2, 0, 3, 1), (DIN, 2, 0, 4, 9)], ("DIN 70121", 4)),
        ("din_only", [(ISO2, 2, 0, 3, 1)], (None, None)),
    ],
)
def test_a_setting_orders_the_protocols(preference, entries, chosen):
    answer, protocol = handshake.choose(offer(*entries), preference)
    assert (protocol, answer["supportedAppProtocolRes"].get("SchemaID")) == chosen


def test_the_choice_holds_for_every_vector_of_a_car():
    vectors = json.loads((Path(__file__).parent / "vectors" / "apphand.json").read_text())
    for vector in vectors:
        message = exi.decode(apphand.SCHEMA, bytes.fromhex(vector["exi_hex"]))
        if "supportedAppProtocolReq" in message:
            answer, protocol = handshake.choose(message)
            entries = message["supportedAppProtocolReq"]["AppProtocol"]
            offered = [(e["ProtocolNamespace"], e["VersionNumberMajor"]) for e in entries]
            assert (protocol == "DIN 70121") == ((DIN, 2) in offered)
            assert (protocol is not None) == ((DIN, 2) in offered or (ISO2, 2) in offered)
            assert exi.encode(apphand.SCHEMA, answer)
            assert handshake.offered(message)


def messages(reassembler, data):
    reassembler.feed(data)
    return list(iter(reassembler.next_message, None))


@given(st.lists(st.binary(max_size=60), max_size=8), st.data())
def test_messages_survive_every_way_of_cutting_the_stream(payloads, data):
    stream = b"".join(v2gtp.message(v2gtp.EXI, payload) for payload in payloads)
    reassembler = v2gtp.Reassembler()
    got = []
    at = 0
    while at < len(stream):
        step = data.draw(st.integers(1, 40))
        got += messages(reassembler, stream[at : at + step])
        at += step
    assert got == [(v2gtp.EXI, payload) for payload in payloads]


@given(st.binary(max_size=200))
def test_any_bytes_are_messages_or_a_peer_error(data):
    try:
        for kind, payload in messages(v2gtp.Reassembler(), data):
            assert 0 <= kind <= 0xFFFF and isinstance(payload, bytes)
    except PeerError:
        pass


def test_a_length_beyond_reason_is_refused_before_it_is_waited_for():
    with pytest.raises(PeerError):
        messages(v2gtp.Reassembler(), bytes.fromhex("01fe8001") + (5000).to_bytes(4, "big"))


def test_sdp_answers_tls_and_plain_alike():
    assert sdp.wants_tls(bytes.fromhex("01fe9000000000020000")) is True
    assert sdp.wants_tls(bytes.fromhex("01fe9000000000021000")) is False
    address = bytes(range(16))
    assert sdp.response(address, 0xC123).hex() == "01fe900100000014" + address.hex() + "c1231000"


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "01fe90",
        "01fe900000000002",
        "01fe9001000000021000",
        "02fe9000000000021000",
        "01fe9000000000021010",
        "01fe900000000003100000",
    ],
)
def test_what_is_no_sdp_request_for_tcp_is_refused(bad):
    with pytest.raises(PeerError):
        sdp.wants_tls(bytes.fromhex(bad))
