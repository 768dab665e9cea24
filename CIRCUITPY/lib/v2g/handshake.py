# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""supportedAppProtocol: which of the car's protocols is spoken (ISO 15118-2 clause 8.2).

A protocol this box speaks wins over the car's own order: Tesla prefers a namespace of its own, and a
station that agrees to it hears nothing more (pyPLC issue 31); VW prefers ISO 15118-2. The SchemaID is the
car's number for its entry and is echoed: a BMW iX3 numbers DIN 0, most others 1 (pyPLC issue 6).
"""

# namespace: (name shown to people, major version, minor version)
SPOKEN = {
    "urn:din:70121:2012:MsgDef": ("DIN 70121", 2, 0),
}


def choose(request):
    """(supportedAppProtocolRes message, protocol name or None) for a supportedAppProtocolReq message.

    Among entries of a spoken namespace with the right major version the car's priority decides, 1 first.
    """
    best = None
    for entry in request["supportedAppProtocolReq"]["AppProtocol"]:
        spoken = SPOKEN.get(entry["ProtocolNamespace"])
        if spoken is None or entry["VersionNumberMajor"] != spoken[1]:
            continue
        if best is None or entry["Priority"] < best["Priority"]:
            best = entry
    if best is None:
        return {"supportedAppProtocolRes": {"ResponseCode": "Failed_NoNegotiation"}}, None
    name, _, minor = SPOKEN[best["ProtocolNamespace"]]
    code = "OK_SuccessfulNegotiation"
    if best["VersionNumberMinor"] != minor:
        code = "OK_SuccessfulNegotiationWithMinorDeviation"
    return {"supportedAppProtocolRes": {"ResponseCode": code, "SchemaID": best["SchemaID"]}}, name


def offered(request):
    """The namespaces of the car's list for the log, in its own order."""
    return " ".join(
        [entry["ProtocolNamespace"] for entry in request["supportedAppProtocolReq"]["AppProtocol"]]
    )
