# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""v2g.apphand: the schema of the handshake, both ways. All its vectors are in test_exi.py."""

from v2g import apphand, exi

from host_tests.support.v2g_offers import DIN, ISO2, offer


def test_an_offer_and_its_answer_survive_their_encoding():
    for message in (
        offer((DIN, 2, 0, 1, 1), (ISO2, 2, 0, 2, 2)),
        {"supportedAppProtocolRes": {"ResponseCode": "OK_SuccessfulNegotiation", "SchemaID": 1}},
        {"supportedAppProtocolRes": {"ResponseCode": "Failed_NoNegotiation"}},
    ):
        assert exi.decode(apphand.SCHEMA, exi.encode(apphand.SCHEMA, message)) == message
