# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""supportedAppProtocol: the choice among the protocols that the car offers (ISO 15118-2 clause 8.2).

The station's order of preference wins over the car's: a Tesla prefers a namespace of its own and says nothing more once a
station agrees to it (pyPLC issue 31); VW prefers ISO 15118-2. DIN 70121 comes first because every known car ends
such a session well. The SchemaID is the car's number for its entry and is echoed: a BMW iX3 gives DIN the
number 0, most others 1 (pyPLC issue 6).
"""

from v2g.reading import number

# namespace: (name shown to people, major version, minor version)
SPOKEN = {
    "urn:din:70121:2012:MsgDef": ("DIN 70121", 2, 0),
    "urn:iso:15118:2:2013:MsgDef": ("ISO 15118-2", 2, 0),
}
# second octet of every EXI message: its standard
SPOKEN_IN = {0x9A: "DIN 70121", 0x98: "ISO 15118-2"}
# setting: the station's order of preference
PREFERENCES = {
    "din": ("DIN 70121", "ISO 15118-2"),
    "iso2": ("ISO 15118-2", "DIN 70121"),
    "din_only": ("DIN 70121",),
}


def choose(request, preference="din"):
    """(supportedAppProtocolRes message, protocol name or None) for a supportedAppProtocolReq message.

    Candidates are entries of a known namespace with the right major version. ``preference`` (a key of PREFERENCES)
    decides between protocols; the car's priority, 1 first, between entries of the same protocol.
    """
    order = PREFERENCES[preference]
    best = None
    best_rank = None
    for entry in request["supportedAppProtocolReq"]["AppProtocol"]:
        spoken = SPOKEN.get(entry["ProtocolNamespace"])
        if spoken is None or entry["VersionNumberMajor"] != spoken[1] or spoken[0] not in order:
            continue
        priority, schema_id = number(entry["Priority"]), number(entry["SchemaID"])
        if priority is None or schema_id is None or not 0 <= schema_id <= 255:
            continue  # a number outside its facet comes as text
        rank = (order.index(spoken[0]), priority)
        if best is None or rank < best_rank:
            best, best_rank = entry, rank
    if best is None:
        return {"supportedAppProtocolRes": {"ResponseCode": "Failed_NoNegotiation"}}, None
    name, _, minor = SPOKEN[best["ProtocolNamespace"]]
    code = "OK_SuccessfulNegotiation"
    if best["VersionNumberMinor"] != minor:
        code = "OK_SuccessfulNegotiationWithMinorDeviation"
    return {"supportedAppProtocolRes": {"ResponseCode": code, "SchemaID": number(best["SchemaID"])}}, name


def offered(request):
    """The namespaces that the car offers, in its order: text for the log."""
    return " ".join(
        [entry["ProtocolNamespace"] for entry in request["supportedAppProtocolReq"]["AppProtocol"]]
    )
