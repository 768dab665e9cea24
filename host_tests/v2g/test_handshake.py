# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""v2g.handshake: which of the car's protocols is spoken."""

import json
from pathlib import Path

import pytest
from v2g import apphand, exi, handshake

from host_tests.support.v2g_offers import DIN, ISO2, ISO20, TESLA, offer


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
        offer((DIN, 2, 0, "256", 1)),  # outside their facets numbers come as text
        offer((DIN, 2, 0, 1, "99999")),
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
    vectors = json.loads((Path(__file__).parents[1] / "v2g" / "vectors" / "apphand.json").read_text())
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
