# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""v2g.v2gtp: messages out of a stream that is cut anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plc.errors import PeerError
from v2g import v2gtp


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
