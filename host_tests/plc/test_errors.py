# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""plc.errors: what a car sends wrong leaves every parser as a PeerError, which the station counts and survives."""

import pytest
from plc.errors import PeerError
from v2g import apphand, din, exi, iso2, sdp, v2gtp

NOISE = bytes(range(0x30, 0x60))


@pytest.mark.parametrize(
    "parse",
    [
        lambda: exi.decode(apphand.SCHEMA, NOISE),
        lambda: exi.decode(din.SCHEMA, b"\x80" + NOISE),
        lambda: exi.decode(iso2.SCHEMA, b"\x80" + NOISE),
        lambda: sdp.wants_tls(NOISE),
        lambda: v2gtp.header(NOISE),
    ],
    ids=["apphand", "din", "iso2", "sdp", "v2gtp"],
)
def test_noise_is_the_cars_doing(parse):
    with pytest.raises(PeerError):
        parse()
