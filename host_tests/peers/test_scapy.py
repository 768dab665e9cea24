# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""scapy's opinion on the IPv6, TCP, UDP and ICMPv6 frames of the box, in the sessions of `said`."""

import functools

import pytest
from scapy.layers.inet import TCP, UDP
from scapy.layers.inet6 import (
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6NDOptDstLLAddr,
    IPv6,
)
from scapy.layers.l2 import Ether

from host_tests.peers import overheard, said, sessions
from host_tests.support.scapy_peer import octets

pytestmark = pytest.mark.slow


def rebuilt(frame):
    """``frame`` made anew by scapy from what its parser read: lengths, offsets and checksums are scapy's own."""
    read = Ether(frame)
    ip = read[IPv6]
    new = Ether(src=read.src, dst=read.dst, type=0x86DD)
    # Put together in place: "/" copies both sides.
    new.add_payload(IPv6(src=ip.src, dst=ip.dst, hlim=ip.hlim, tc=ip.tc, fl=ip.fl))
    if TCP in read:
        tcp = read[TCP]
        new.add_payload(
            TCP(
                sport=tcp.sport,
                dport=tcp.dport,
                seq=tcp.seq,
                ack=tcp.ack,
                flags=str(tcp.flags),
                window=tcp.window,
                options=tcp.options,
            )
        )
        new.add_payload(bytes(frame[54 + tcp.dataofs * 4 : 54 + ip.plen]))
    elif UDP in read:
        new.add_payload(UDP(sport=read[UDP].sport, dport=read[UDP].dport))
        new.add_payload(bytes(frame[62 : 54 + ip.plen]))
    elif ICMPv6ND_NA in read:
        answer = read[ICMPv6ND_NA]
        new.add_payload(ICMPv6ND_NA(tgt=answer.tgt, R=answer.R, S=answer.S, O=answer.O))
        new.add_payload(ICMPv6NDOptDstLLAddr(lladdr=read[ICMPv6NDOptDstLLAddr].lladdr))
    else:
        raise AssertionError("scapy takes it for " + read.summary())
    made = octets(new)
    return made + bytes(60 - len(made)) if len(made) < 60 else made


@functools.cache
def ip_frames():
    found = set()
    for name in sessions.CARS:
        found.update(sessions.recording(name).from_box())
    found.update(said.frames_of_cars())
    return tuple(sorted(frame for frame in found if frame[12:14] == b"\x86\xdd"))


def test_scapy_builds_every_ip_frame_of_the_box_octet_for_octet(figures):
    frames = ip_frames()
    kinds = {6: 0, 17: 0, 58: 0}
    wrong = []
    for frame in frames:
        kinds[frame[20]] += 1
        if rebuilt(frame) != frame:
            wrong.append(frame.hex())
    assert wrong == []
    assert all(kinds.values())
    figures(
        f"scapy: {len(frames)} distinct frames rebuilt ({kinds[6]} TCP, {kinds[17]} UDP, {kinds[58]} ICMPv6)"
    )


def accepted(frame):
    try:
        return rebuilt(frame) == frame
    except (AssertionError, ValueError, IndexError):
        return False


def test_scapy_notices_any_single_wrong_octet_of_a_frame():
    """Of the IPv6 length and of all behind the hop limit; what is before is in no checksum."""
    by_kind = {}
    for frame in ip_frames():
        if frame[20] != 6 or frame[67] == 0x18:
            by_kind.setdefault(frame[20], frame)
    assert set(by_kind) == {6, 17, 58}
    for frame in by_kind.values():
        assert accepted(frame)
        for at in (18, 19, *range(22, len(frame))):
            assert not accepted(frame[:at] + bytes((frame[at] ^ 0x04,)) + frame[at + 1 :]), f"octet {at}"


def test_the_box_sends_no_neighbour_solicitation():
    # TCP and UDP are none, as scapy found when it built them.
    others = [Ether(frame) for frame in ip_frames() if frame[20] not in (6, 17)]
    assert others and not any(ICMPv6ND_NS in read for read in others)


def test_what_the_box_said_is_there_for_the_codec_as_well():
    """`test_second_opinion.py` need not have these sessions again."""
    said.all_of_it()
    assert len(overheard.FOUND) > 300
    overheard.have_all()
