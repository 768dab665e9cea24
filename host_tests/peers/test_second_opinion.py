# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A second opinion on the EXI messages of the box: the codec of the package ``iso15118`` (EXIficient in a Java machine,
built from the schemas).

It hears the sessions of `said` and, in a run of the whole suite, each session that any test before it had: it runs last.
"""

import base64
import os
import shutil
from collections import Counter
from xml.etree import ElementTree

import pytest
from v2g import apphand, din, exi

from host_tests.peers import overheard, said, sessions
from host_tests.peers.josev import for_a_short_life

JAVA_MISSING = None if shutil.which("java") else "the Josev EXI codec on the box's messages (needs java)"
if JAVA_MISSING and os.environ.get("CI") == "true":
    raise RuntimeError("not tested: " + JAVA_MISSING)
pytestmark = [pytest.mark.slow, pytest.mark.last]


# ---- what the box sends


def messages():
    """Every distinct EXI message heard so far."""
    if not overheard.has_all():
        said.all_of_it()
    return sorted(overheard.read(), key=lambda octets: (len(octets), octets))


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
    assert {name.split("/")[0][:-1] + "s" for name in said.REQUESTS} | {"supportedAppProtocolRes"} <= set(names)
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
