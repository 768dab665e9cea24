# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The EXI codec against vectors of another implementation, against damage and against our own mistakes."""

import base64
import copy
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plc.errors import PeerError
from v2g import apphand, exi, iso2, schema
from v2g.din import SCHEMA as DIN

from host_tests.generators.exi_tables import make_tables

VECTORS = Path(__file__).parents[1] / "v2g" / "vectors"
ROOT = Path(__file__).resolve().parents[2]
FACTS = ROOT.parent / "shared" / "exi"
APPHAND, ISO2 = apphand.SCHEMA, iso2.SCHEMA
SCHEMAS = {"apphand": APPHAND, "din70121": DIN, "iso15118_2": ISO2}

with_facts = pytest.mark.skipif(
    not FACTS.exists(), reason="the schema facts lie beside the repository, not in it"
)


def read(name, folder=VECTORS):
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def same(found, expected):
    """Whether a decoded message is the one of a vector, where binary is hex or base64 text."""
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(same(found[name], expected[name]) for name in expected)
        )
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(found, bytes):
        return expected in (found.hex().upper(), base64.b64encode(found).decode())
    return type(found) is type(expected) and found == expected


def vectors(name, folder=VECTORS, schemas=SCHEMAS):
    rows = [row for row in read(name, folder) if row["schema"] in schemas]
    return [pytest.param(schemas[r["schema"]], r, id=f"{r['schema']}:{r['name']}") for r in rows]


SPOKEN = vectors("apphand") + vectors("din70121") + vectors("iso15118_2")


def check_both_ways(schema, vector):
    data = bytes.fromhex(vector["exi_hex"])
    message = exi.decode(schema, data)
    assert same(message, vector["message"])
    assert exi.encode(schema, message) == data


@pytest.mark.parametrize(("schema", "vector"), SPOKEN)
def test_vector_both_ways(schema, vector):
    check_both_ways(schema, vector)


@pytest.mark.parametrize(("schema", "vector"), vectors("edge"))
def test_other_spellings_decode(schema, vector):
    assert same(exi.decode(schema, bytes.fromhex(vector["exi_hex"])), vector["message"])


@pytest.mark.parametrize(("schema", "vector"), vectors("negative"))
def test_negative_vector_is_refused(schema, vector):
    with pytest.raises(exi.ExiError):
        exi.decode(schema, bytes.fromhex(vector["exi_hex"]))


def bits_of(octets):
    return "".join(f"{octet:08b}" for octet in octets)


def octets_of(bits):
    """The octets of these bits; the last one is filled with zeros."""
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def soc_as_text(text, end="100"):
    """A request whose EVRESSSOC is these three characters, as a car writes a 127 that is outside its facet. ``end``: the
    bits behind them, by the grammar the escape and the end of the element."""
    (octets,) = (bytes.fromhex(row["exi_hex"]) for row in read("edge") if row["name"] == "soc_127_untyped")
    bits, characters = bits_of(octets), bits_of(b"127")
    assert bits.count(characters + "100") == 1
    return octets_of(bits.replace(characters + "100", bits_of(text.encode()) + end))


@pytest.mark.parametrize("text", ["101", " 64", "64\n", "+64", "-64"])
def test_a_number_as_text_stays_the_text_it_is(text):
    message = exi.decode(DIN, soc_as_text(text))
    assert message["V2G_Message"]["Body"]["WeldingDetectionReq"]["DC_EVStatus"]["EVRESSSOC"] == text


NO_NUMBERS = ["1_7", "_17", "___", "1 7", "1.7", "+-7", "--7", "7+ ", "   ", "\x1c64", "64\v", "6e1", "0x6", "INF"]


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_text_that_xml_has_for_no_number_is_refused(text):
    with pytest.raises(exi.ExiError):
        exi.decode(DIN, soc_as_text(text))


@pytest.mark.parametrize("end", ["000", "010", "101", "111"])
def test_text_for_a_number_that_does_not_end_is_refused(end):
    with pytest.raises(exi.ExiError, match="text does not end"):
        exi.decode(DIN, soc_as_text("101", end))


def test_text_for_a_truth_value_is_refused():
    false, true = (bits_of(exi.encode(DIN, changed((*STATUS, "EVReady"), value))) for value in (False, True))
    (at,) = (place for place, pair in enumerate(zip(false, true, strict=True)) if pair[0] != pair[1])
    # In place of the typed value, its bit and its end: the escape, the length + 2, the text, the escape and the end.
    text = "1110" + bits_of(b"\x06true") + "100"
    with pytest.raises(exi.ExiError, match="truth value"):
        exi.decode(DIN, octets_of(true[: at - 1] + text + true[at + 2 :]))


def test_a_number_without_an_end_is_refused():
    """Each octet of it says that another one follows. The longest that is right has 31: 210 bits and seven."""
    bits = bits_of(exi.encode(DIN, din({"ServiceDetailReq": {"ServiceID": 65535}})))
    number = bits_of(b"\xff\xff\x03")
    assert bits.count(number) == 1
    with pytest.raises(exi.ExiError, match="endless number"):
        exi.decode(DIN, octets_of(bits.replace(number, bits_of(b"\xff" * 31 + b"\x03"))))


def test_empty_values_are_written_as_values_of_length_zero():
    message = {"V2G_Message": {"Header": {"SessionID": b""}, "Body": {"SessionSetupReq": {"EVCCID": b""}}}}
    assert exi.encode(DIN, message).hex() == "809a0011d00000"


@pytest.mark.parametrize(("schema", "vector"), SPOKEN)
def test_surplus_is_ignored_and_every_cut_refused(schema, vector):
    data = bytes.fromhex(vector["exi_hex"])
    message = exi.decode(schema, data)
    assert exi.decode(schema, data + b"\0") == message
    assert exi.decode(schema, data + b"\xff" * 9) == message
    assert exi.decode(schema, memoryview(bytearray(data))) == message
    for length in range(len(data)):
        with pytest.raises(exi.ExiError):
            exi.decode(schema, data[:length])


def test_exi_error_is_the_cars_doing():
    assert issubclass(exi.ExiError, PeerError)


def test_signature_in_the_header():
    """Every part of xmldsig that DIN tables can carry without a wildcard, lists of a choice among them."""
    certificates = {
        "X509SKI": [b"\1", b"\2"],
        "X509SubjectName": ["CN=é"],
        "X509Certificate": [b"\x30" * 300],
    }
    serial = {"X509IssuerName": "CN=x", "X509SerialNumber": -(1 << 159)}
    reference = {
        "Id": "r",
        "Type": "t",
        "URI": "#id1",
        "Transforms": {"Transform": [{"Algorithm": "exi", "XPath": ["/a", "/b"]}, {"Algorithm": "b"}]},
        "DigestMethod": {"Algorithm": "sha256"},
        "DigestValue": bytes(range(32)),
    }
    signature = {
        "Id": "s",
        "SignedInfo": {
            "CanonicalizationMethod": {"Algorithm": "exi"},
            "SignatureMethod": {"Algorithm": "ecdsa", "HMACOutputLength": 128},
            "Reference": [reference, {"DigestMethod": {"Algorithm": ""}, "DigestValue": b""}],
        },
        "SignatureValue": {"Id": "v", "value": b"\xde\xad"},
        "KeyInfo": {
            "KeyName": ["a", "b"],
            "KeyValue": [{"RSAKeyValue": {"Modulus": b"\1\2", "Exponent": b"\3"}}],
            "X509Data": [certificates, {"X509IssuerSerial": [serial], "X509CRL": [b"\0"]}],
        },
        "Object": [{"Encoding": "e", "MimeType": "m"}],
    }
    message = {
        "V2G_Message": {
            "Header": {"SessionID": b"\1", "Signature": signature},
            "Body": {"SessionStopReq": {}},
        }
    }
    assert exi.decode(DIN, exi.encode(DIN, message)) == message


@pytest.mark.parametrize(("code", "is_escape"), [("10", True), ("11", False)])
def test_signature_value_left_out_by_an_escape(code, is_escape):
    signed = {
        "CanonicalizationMethod": {"Algorithm": ""},
        "SignatureMethod": {"Algorithm": ""},
        "Reference": [{"DigestMethod": {"Algorithm": ""}, "DigestValue": b""}],
    }
    signature = {"SignedInfo": signed, "SignatureValue": {"value": b""}}
    message = {"V2G_Message": {"Header": {"SessionID": b"", "Signature": signature}, "Body": {}}}
    bits = bits_of(exi.encode(DIN, message))
    # Characters of length 0 and their end, then the ends of Signature and Header, an empty Body, the end.
    tail = "10" + "0" + "0" + "100011" + "0"
    start = bits.rindex("01" + "00000000" + "0" + tail)
    bits = bits[:start] + code + "000" + tail + "0" * 8
    data = int(bits[: len(bits) & ~7], 2).to_bytes(len(bits) // 8, "big")
    if is_escape:
        assert exi.decode(DIN, data) == message
    else:  # two bits for two events and the escape: one code is left, and means nothing
        with pytest.raises(exi.ExiError):
            exi.decode(DIN, data)


def din(body):
    return {"V2G_Message": {"Header": {"SessionID": b"\1"}, "Body": body}}


CABLE_CHECK = din(
    {"CableCheckReq": {"DC_EVStatus": {"EVReady": True, "EVErrorCode": "NO_ERROR", "EVRESSSOC": 50}}}
)
STATUS = ("V2G_Message", "Body", "CableCheckReq", "DC_EVStatus")


def changed(path, value):
    """CABLE_CHECK with the value at a path replaced, or taken away by ``...``."""
    message = copy.deepcopy(CABLE_CHECK)
    node = message
    for name in path[:-1]:
        node = node[name]
    if value is ...:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return message


def metering(fields):
    """A MeteringReceiptReq that is right but for ``fields``."""
    return din({"MeteringReceiptReq": {"SessionID": b"", "MeterInfo": {"MeterID": ""}, **fields}})


BROKEN = {
    "nothing": {},
    "no dict": b"\x80",
    "none": None,
    "two roots": {"V2G_Message": {}, "Other": {}},
    "unknown root": {"V2G": {}},
    "header missing": changed(("V2G_Message", "Header"), ...),
    "element missing": changed((*STATUS, "EVReady"), ...),
    "last element missing": changed((*STATUS, "EVRESSSOC"), ...),
    "unknown element": changed((*STATUS, "Speed"), 1),
    "unknown message": din({"CableCheck": {}}),
    "two messages": din({"SessionStopReq": {}, "CableCheckReq": {}}),
    "abstract element": din({"BodyElement": {}}),
    "none as value": changed((*STATUS, "EVRESSSOC"), None),
    "above range": changed((*STATUS, "EVRESSSOC"), 101),
    "below range": changed((*STATUS, "EVRESSSOC"), -1),
    "text for number": changed((*STATUS, "EVRESSSOC"), "50"),
    "float for number": changed((*STATUS, "EVRESSSOC"), 50.0),
    "truth for number": changed((*STATUS, "EVRESSSOC"), True),
    "number for truth": changed((*STATUS, "EVReady"), 1),
    "text for truth": changed((*STATUS, "EVReady"), "true"),
    "unknown enumeration": changed((*STATUS, "EVErrorCode"), "NO_ERRORS"),
    "number for enumeration": changed((*STATUS, "EVErrorCode"), 0),
    "dict for simple": changed((*STATUS, "EVRESSSOC"), {"value": 5}),
    "simple for dict": changed(STATUS, 5),
    "list for dict": changed(STATUS, [{}]),
    "text for binary": changed(("V2G_Message", "Header", "SessionID"), "01"),
    "binary too long": changed(("V2G_Message", "Header", "SessionID"), bytes(9)),
    "a list that is not a list": din({"ServicePaymentSelectionReq": {
        "SelectedPaymentOption": "Contract", "SelectedServiceList": {"SelectedService": {"ServiceID": 1}}}}),
    "empty list": din({"ServicePaymentSelectionReq": {
        "SelectedPaymentOption": "Contract", "SelectedServiceList": {"SelectedService": []}}}),
    "unsigned below": din({"ServiceDetailReq": {"ServiceID": -1}}),
    "unsigned above": din({"ServiceDetailReq": {"ServiceID": 65536}}),
    "signed above": metering({"SAScheduleTupleID": 32768}),
    "signed below": metering({"SAScheduleTupleID": -32769}),
    "signed is text": metering({"SAScheduleTupleID": "1"}),
    "text too long": metering({"MeterInfo": {"MeterID": "x" * 33}}),
    "number for text": metering({"MeterInfo": {"MeterID": 1}}),
    "half a character": metering({"MeterInfo": {"MeterID": "\ud800"}}),
}  # fmt: skip


@pytest.mark.parametrize("message", BROKEN.values(), ids=BROKEN.keys())
def test_broken_message_is_refused(message):
    assert exi.encode(DIN, CABLE_CHECK)
    assert exi.encode(DIN, metering({"SAScheduleTupleID": -32768}))
    with pytest.raises(exi.ExiError):
        exi.encode(DIN, message)


def protocols(count):
    entry = {
        "ProtocolNamespace": "x",
        "VersionNumberMajor": 1,
        "VersionNumberMinor": 0,
        "SchemaID": 0,
        "Priority": 1,
    }
    return {"supportedAppProtocolReq": {"AppProtocol": [dict(entry) for _ in range(count)]}}


def test_a_list_has_its_bound():
    assert exi.decode(APPHAND, exi.encode(APPHAND, protocols(20))) == protocols(20)
    with pytest.raises(exi.ExiError):
        exi.encode(APPHAND, protocols(21))


def charging_profile(count):
    entry = {"ChargingProfileEntryStart": 0, "ChargingProfileEntryMaxPower": 0}
    profile = {"SAScheduleTupleID": 1, "ProfileEntry": [entry] * count}
    return din({"PowerDeliveryReq": {"ReadyToChargeState": True, "ChargingProfile": profile}})


def test_an_endless_list_ends():
    """More entries than any car has and the heap of the device would bear, in less than 16 kB."""
    data = exi.encode(DIN, charging_profile(900))
    assert exi.decode(DIN, data) == charging_profile(900)
    with pytest.raises(exi.ExiError):
        exi.encode(DIN, charging_profile(3000))
    entry_bits = (len(data) - len(exi.encode(DIN, charging_profile(100)))) * 8 // 800
    octets = entry_bits  # eight entries fill that many octets
    flood = data[: 10 * octets] + data[9 * octets : 10 * octets] * (16000 // octets - 10)
    assert exi.decode(DIN, data[: 10 * octets] + data[9 * octets :])
    with pytest.raises(exi.ExiError, match="too long"):
        exi.decode(DIN, flood)
    with pytest.raises(exi.ExiError):
        exi.decode(DIN, flood * 2)


# -- damage ----------------------------------------------------------------------------------------


def lines_run(function, *arguments):
    """Lines that the codec executes in one call, and the deepest chain of calls inside it."""
    counts = [0, 0, 0]

    def trace(frame, event, _):
        if frame.f_code.co_filename != exi.__file__:
            return None
        if event == "call":
            counts[1] += 1
            counts[2] = max(counts[2], counts[1])
        elif event == "return":
            counts[1] -= 1
        else:
            counts[0] += 1
        return trace

    previous = sys.gettrace()
    sys.settrace(trace)
    try:
        function(*arguments)
    except exi.ExiError:
        pass
    finally:
        sys.settrace(previous)
    return counts[0], counts[2]


DATA = [(schema, bytes.fromhex(vector["exi_hex"])) for schema, vector in (param.values for param in SPOKEN)]
HEADS = [b"", b"\x80", b"\x80\x9a", b"\x80\x9a\x02", b"\x80\x9a\x00\x11", b"\x80\x00", b"\x80\x40"]


@given(st.sampled_from((DIN, APPHAND, ISO2)), st.sampled_from(HEADS), st.binary(max_size=200))
@settings(max_examples=400, deadline=None)
def test_noise_gives_a_message_or_an_exi_error_in_bounded_time(schema, head, noise):
    lines, depth = lines_run(exi.decode, schema, head + noise)
    # An event takes at least a bit and some 40 lines, a character beyond ASCII an octet and some 10.
    assert lines < 400 + 400 * len(head + noise)
    assert depth <= 6


@given(st.sampled_from(DATA), st.data())
@settings(max_examples=400, deadline=None)
def test_damaged_vector_gives_a_message_or_an_exi_error(vector, draw):
    schema, data = vector
    data = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 4))):
        place = draw.draw(st.integers(0, len(data) * 8 - 1))
        data[place >> 3] ^= 1 << (place & 7)
    try:
        message = exi.decode(schema, bytes(data))
    except exi.ExiError:
        return
    try:
        encoded = exi.encode(schema, message)
    except exi.ExiError:
        return  # values outside their range are read but not written
    assert exi.decode(schema, encoded) == message


@given(st.sampled_from(SPOKEN), st.data())
@settings(max_examples=200, deadline=None)
def test_damaged_message_gives_bytes_or_an_exi_error(vector, draw):
    schema = vector.values[0]
    message = exi.decode(schema, bytes.fromhex(vector.values[1]["exi_hex"]))
    places = []
    nodes = [message]
    for node in nodes:
        places += [(node, key) for key in (node if isinstance(node, dict) else range(len(node)))]
        nodes += [
            child
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, (dict, list))
        ]
    odd = st.sampled_from(
        [None, True, 0, -1, 1 << 70, 1.5, "", "é" * 99, b"", bytes(3000), [], {}, [{}], (), object()]
    )
    node, key = draw.draw(st.sampled_from(places))
    node[key] = draw.draw(odd)
    try:
        encoded = exi.encode(schema, message)
    except exi.ExiError:
        return
    assert exi.decode(schema, encoded) is not None


# -- tables ----------------------------------------------------------------------------------------


def facts_of(name):
    """Facts that lie beside the repository, in the form of those that lie in it."""
    facts = read(name, FACTS)
    inside = set()

    def walk(particles):
        for particle in particles:
            group = facts["substitution_groups"].get(particle.get("ref"), {"order": [particle.get("ref")]})
            inside.update(group["order"], [particle.get("el")])
            walk(particle.get("choice", ()))
            walk(particle.get("seq", ()))

    for complex_type in facts["complex_types"].values():
        walk(complex_type.get("particles", ()))
    documents = {}
    for code, element in enumerate(facts["document"]["order"]):
        abstract = facts["complex_types"].get(facts["elements"][element]["type"], {}).get("abstract", 0)
        if element not in inside and facts["elements"][element]["ns"] != "ds" and not abstract:
            documents[element] = code
    return {
        "root_bits": facts["document"]["event_code_bits"],
        "documents": documents,
        "elements": {element: fact["type"] for element, fact in facts["elements"].items()},
        "groups": {head: group["order"] for head, group in facts["substitution_groups"].items()},
        "complex_types": facts["complex_types"],
        "simple_types": facts["simple_types"],
    }


@with_facts
@pytest.mark.parametrize("name", ["iso15118_20_common", "iso15118_20_ac", "iso15118_20_dc"])
def test_another_standard_is_only_another_table(name, tmp_path):
    (tmp_path / f"{name}.bin").write_bytes(make_tables.Tables(facts_of(name)).packed())
    loaded = schema.load(name, f"{tmp_path}/")
    for param in vectors(name, FACTS / "vectors", {name: loaded}):
        check_both_ways(*param.values)
    for param in vectors("edge", FACTS / "vectors", {name: loaded}):
        vector = param.values[1]
        assert same(exi.decode(loaded, bytes.fromhex(vector["exi_hex"])), vector["message"])


def test_a_full_list_that_stacks_write_in_two_ways_is_not_written():
    services = [{"ServiceID": number} for number in range(16)]
    request = {"SelectedPaymentOption": "Contract", "SelectedServiceList": {"SelectedService": services}}
    message = din({"PaymentServiceSelectionReq": request})
    with pytest.raises(exi.ExiError):
        exi.encode(ISO2, message)
    services.pop()
    assert exi.decode(ISO2, exi.encode(ISO2, message)) == message


# PowerDeliveryReq with all 24 entries of a profile and 42 % behind them, as EXIficient writes it.
FULL_PROFILE = bytes.fromhex(
    "809800405150000000018a00020000c5000100006280008000314000400018a00020000c500010000628000800031400"
    "0400018a00020000c5000100006280008000314000400018a00020000c5000100006280008000314000400018a000200"
    "00c5000100006280008000314000400018a00020000c500010000628000800031400050400542000"
)


def test_what_follows_a_full_list_is_not_lost():
    for surplus in (b"", b"\0", b"\0\0"):
        body = exi.decode(ISO2, FULL_PROFILE + surplus)["V2G_Message"]["Body"]["PowerDeliveryReq"]
        assert len(body["ChargingProfile"]["ProfileEntry"]) == 24
        assert body["DC_EVPowerDeliveryParameter"]["DC_EVStatus"]["EVRESSSOC"] == 42


def test_zeros_behind_a_full_list_are_not_read_as_what_may_follow_it():
    (octets,) = (bytes.fromhex(row["exi_hex"]) for row in read("edge") if row["name"] == "iso2_profile_24_bounded")
    for count in range(1, 9):
        assert exi.decode(ISO2, octets + bytes(count)) == exi.decode(ISO2, octets)
