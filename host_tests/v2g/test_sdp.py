# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""v2g.sdp: a station is asked for, and answers with its address."""

import pytest
from plc.errors import PeerError
from v2g import sdp


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
