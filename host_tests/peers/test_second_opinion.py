# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Second opinions on the bytes of the box: scapy on its IPv6, TCP, UDP and ICMPv6 frames, the codec of the package
``iso15118`` (EXIficient in a Java machine, built from the schemas) on its EXI messages.

Sessions: the twin's with cars of five makers, every car of the registry with every way of leaving against ``Secc``,
every request in every state of a DIN ``Session`` with the right and a wrong session, and, in a run of the whole
suite, each session that any test before it had: it runs last.
"""

import base64
import functools
import os
import shutil
from collections import Counter
from xml.etree import ElementTree

import pytest
from scapy.layers.inet import TCP, UDP
from scapy.layers.inet6 import (
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6NDOptDstLLAddr,
    IPv6,
)
from scapy.layers.l2 import Ether
from v2g import apphand, din, exi
from v2g.secc import Secc
from v2g.session import Session, Station

from host_tests.interpreter.run_car import Lcg
from host_tests.interpreter.run_session import Bench
from host_tests.peers import overheard, sessions
from host_tests.peers.josev import for_a_short_life
from host_tests.support.din_car import BODIES, TO_PARAMETERS, Car, amount, charge_parameters
from host_tests.twin import cars
from host_tests.twin.car.session import LEAVING

BOX = bytes.fromhex("02005e000001")
REQUESTS = tuple(BODIES)
WRONG_SESSION = b"\x99" * 8
BODIES_OF_WRONG_SELECTIONS = (
    ("ServiceDetailReq", {"ServiceID": 2}),
    ("ServiceDetailReq", {"ServiceID": 65535}),
    (
        "ServicePaymentSelectionReq",
        {
            "SelectedPaymentOption": "Contract",
            "SelectedServiceList": {"SelectedService": [{"ServiceID": 1}]},
        },
    ),
    ("ChargeParameterDiscoveryReq", charge_parameters(kind="AC_three_phase_core")),
    ("ChargeParameterDiscoveryReq", {"EVRequestedEnergyTransferType": "DC_core"}),
    ("ChargeParameterDiscoveryReq", charge_parameters(EVEnergyCapacity=amount(2800, "Wh", 1))),
)

JAVA_MISSING = None if shutil.which("java") else "the Josev EXI codec on the box's messages (needs java)"
if JAVA_MISSING and os.environ.get("CI") == "true":
    raise RuntimeError("not tested: " + JAVA_MISSING)
pytestmark = [pytest.mark.slow, pytest.mark.last]


# ---- what the box sends


@functools.cache
def frames_of_cars():
    """Every frame of the box, as a tuple, for every car with every way of leaving."""
    found = []
    seed = 0
    for name in cars.CARS:
        for leaving in (None, *LEAVING):
            seed += 1
            bench = Bench(cars.CARS[name].build(Lcg(seed), leaving))
            # Others' session numbers and ports in every car, the same in all its ways of leaving.
            bench.secc = Secc(
                BOX, Lcg(1000 + len(name) * 37 + name.encode()[-1]), {"evse_id": _evse_id(seed)}
            )
            bench.step()
            bench.step()
            bench.car.plug(bench.clock.now_ms)
            bench.car.pilot(50, bench.clock.now_ms)
            while bench.clock.now_ms < 60000 and not bench.kinds("session_end"):
                bench.step()
            found += bench.sent
    return tuple(found)


def _evse_id(seed):
    """Of 1 to 7 octets; DIN allows up to 32."""
    return bytes(range(seed % 7 + 1)) if seed % 40 else bytes(range(32))


def sessions_that_go_wrong():
    """Every request at every point of a session, with its own and with a wrong session, and wrong selections."""
    ways = [()]
    ways += [TO_PARAMETERS[:count] for count in range(1, len(TO_PARAMETERS) + 1)]
    first = (*TO_PARAMETERS, "ChargeParameterDiscoveryReq")
    ways += [first, first + ("ChargeParameterDiscoveryReq",) * 2]
    finished = first + ("ChargeParameterDiscoveryReq",) * 12
    ways += [finished, (*finished, "CableCheckReq"), (*finished, "CableCheckReq", "PreChargeReq")]
    ways += [(*first, "SessionStopReq")]
    number = 0
    for way in ways:
        for session_id in (None, WRONG_SESSION):
            for name, body in [(name, None) for name in REQUESTS] + list(BODIES_OF_WRONG_SELECTIONS):
                number += 1
                car = Car()
                car.session = Session(din, Lcg(number % 5), Station({"evse_id": _evse_id(number)}))
                for step in way:
                    car.sends(step)
                    if step == "ChargeParameterDiscoveryReq":
                        car.wait(400)
                car.sends(name, body, session_id)


def messages():
    """Every distinct EXI message heard so far."""
    for name in sessions.CARS:
        sessions.recording(name)
    frames_of_cars()
    sessions_that_go_wrong()
    return sorted(overheard.read(), key=lambda octets: (len(octets), octets))


# ---- scapy


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
    made = bytes(new)
    return made + bytes(60 - len(made)) if len(made) < 60 else made


@functools.cache
def ip_frames():
    found = set()
    for name in sessions.CARS:
        found.update(sessions.recording(name).from_box())
    found.update(frames_of_cars())
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


# ---- the codec of iso15118


class Codec:
    """The jar of ``iso15118``: EXI to XML by EXIficient, XML to JSON and JSON to EXI by its beans."""

    def __init__(self):
        from iso15118.shared.messages.enums import Namespace

        from host_tests.bench.exi_josev import Josev

        for_a_short_life()
        self._josev = Josev()
        self._codec = self._josev.codec.get_exi_codec()
        self._namespaces = {"iso15118_2": Namespace.ISO_V2_MSG_DEF, **self._josev.namespaces}

    def read(self, schema, octets):
        """(XML text, "" if it cannot be read; JSON text, None if the beans cannot hold the message)."""
        self._codec.exi_codec.setDecodedExi("")
        try:
            text = self._codec.decode(octets, self._namespaces[schema])
        except Exception:
            text = None
        return self._codec.exi_codec.getDecodedExi(), text

    def write(self, schema, text):
        return bytes(self._codec.encode(text, self._namespaces[schema]))

    def close(self):
        self._josev.close()


def same(ours, element):
    """Whether our tree is that of the codec's XML, where binary is hex or base64 text."""
    if isinstance(ours, dict):
        theirs = [(name.rpartition("}")[2], text) for name, text in element.attrib.items()]
        theirs += [(child.tag.rpartition("}")[2], child) for child in element]
        if "value" in ours and not len(element):  # text beside attributes
            theirs.append(("value", element.text or ""))
        expected = [(name, one) for name in ours for one in _occurrences(ours[name])]
        return sorted(name for name, _ in theirs) == sorted(name for name, _ in expected) and all(
            same(value, next(taken)) for value, taken in _paired(expected, theirs)
        )
    text = element if isinstance(element, str) else element.text or ""
    if not isinstance(element, str) and len(element):
        return False
    if isinstance(ours, bytes):
        return text in (ours.hex().upper(), base64.b64encode(ours).decode())
    if isinstance(ours, bool):
        return text == ("true" if ours else "false")
    return text == str(ours)


def _occurrences(value):
    return value if isinstance(value, list) else [value]


def _paired(expected, theirs):
    """(our value, iterator over what the codec has under the same name, in order)."""
    by_name = {}
    for name, value in theirs:
        by_name.setdefault(name, []).append(value)
    iterators = {name: iter(values) for name, values in by_name.items()}
    return [(value, iterators[name]) for name, value in expected]


def has_binary_that_beans_cannot_hold(schema, tree):
    """The jar lacks the class that its beans need for DIN's base64: certificates, which this box does not offer."""
    return schema == "din70121" and "'Certificate'" in repr(tree)


@pytest.fixture(scope="module")
def codec():
    if JAVA_MISSING:
        pytest.skip("not tested: " + JAVA_MISSING)
    codec = Codec()
    yield codec
    codec.close()


def schema_of(octets):
    """(name, schema) by the first octets: a supportedAppProtocolRes has 4 at most, a V2G_Message is longer."""
    if len(octets) <= 4:
        return "apphand", apphand.SCHEMA
    if octets[1] == 0x9A:
        return "din70121", din.SCHEMA
    from v2g import iso2

    return "iso15118_2", iso2.SCHEMA


def name_of(tree):
    message = tree.get("V2G_Message")
    return next(iter(tree if message is None else message["Body"]))


def verdict(codec, octets):
    """What the codec holds against a message, None if nothing; and the message's name."""
    schema, table = schema_of(octets)
    tree = exi.decode(table, octets)
    ((root, content),) = tree.items()
    xml, text = codec.read(schema, octets)
    if not xml:
        return "cannot be read", name_of(tree)
    element = ElementTree.fromstring(xml)
    if element.tag.rpartition("}")[2] != root or not same(content, element):
        return "reads " + xml, name_of(tree)
    if has_binary_that_beans_cannot_hold(schema, tree):
        return None, name_of(tree)
    if text is None:
        return "cannot be held by the beans", name_of(tree)
    if "SchemaID" not in content and root == "supportedAppProtocolRes":
        return None, name_of(tree)  # the beans say 0 for an optional number that is not there
    written = codec.write(schema, text)
    return (None if written == octets else "writes " + written.hex()), name_of(tree)


def but_for_its_session(octets):
    """What the message says, whatever the number of its session: eight octets are as good as eight others."""
    schema, table = schema_of(octets)
    tree = exi.decode(table, octets)
    message = tree.get("V2G_Message")
    if message is not None:
        header = message["Header"]
        header["SessionID"] = any(header["SessionID"]), len(header["SessionID"])
    return schema, repr(tree)


def one_of_each(octets_of):
    """Of messages that differ in the number of their session alone, the first."""
    found = {}
    for octets in octets_of:
        found.setdefault(but_for_its_session(octets), octets)
    return list(found.values())


@pytest.mark.timeout(900)
def test_the_codec_of_iso15118_reads_every_message_as_we_do(codec, figures):
    heard = messages()
    octets_of = one_of_each(heard)
    wrong = []
    names = Counter()
    for octets in octets_of:
        objection, name = verdict(codec, octets)
        names[name] += 1
        if objection:
            wrong.append((name, octets.hex(), objection))
    assert wrong == []
    assert len(heard) > 300 and len(octets_of) > 60
    # A response to each request that a car may send, and the one of the handshake.
    assert {name.split("/")[0][:-1] + "s" for name in REQUESTS} | {"supportedAppProtocolRes"} <= set(names)
    figures(
        f"Josev EXI codec: {len(octets_of)} messages of {len(names)} kinds read alike, {len(heard)} with those that"
        " differ in the number of their session alone"
    )


def test_the_codec_of_iso15118_would_not_take_anything(codec):
    """A wrong bit in a message is another message or none."""
    octets = max(frames_messages(), key=len)
    ((_, content),) = exi.decode(din.SCHEMA, octets).items()
    assert same(content, ElementTree.fromstring(codec.read("din70121", octets)[0]))
    for bit in range(60, len(octets) * 8 - 16, 41):
        bent = bytearray(octets)
        bent[bit >> 3] ^= 0x80 >> (bit & 7)
        xml, _ = codec.read("din70121", bytes(bent))
        assert not xml or not same(content, ElementTree.fromstring(xml)), f"bit {bit}"


def frames_messages():
    """The messages in the frames of one recorded session."""
    listener = sessions.ExiListener()
    for frame in sessions.recording("virtual").from_box():
        listener.receive(frame)
    assert len(listener.found) >= 7
    return listener.found
