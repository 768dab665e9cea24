# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The V2G protocols cars offer in supportedAppProtocolReq: (namespace, major version, minor version)."""

DIN = ("urn:din:70121:2012:MsgDef", 2, 0)
ISO2 = ("urn:iso:15118:2:2013:MsgDef", 2, 0)
ISO20_DC = ("urn:iso:std:iso:15118:-20:DC", 1, 0)
TESLA = ("urn:tesla:din:2018:MsgDef", 0, 7)


def offer(protocol, schema_id, priority):
    namespace, major, minor = protocol
    return (namespace, major, minor, schema_id, priority)
