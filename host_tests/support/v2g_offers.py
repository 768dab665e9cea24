# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What cars offer in supportedAppProtocolReq."""

DIN = "urn:din:70121:2012:MsgDef"
ISO2 = "urn:iso:15118:2:2013:MsgDef"
ISO20 = "urn:iso:std:iso:15118:-20:DC"
TESLA = "urn:tesla:din:2018:MsgDef"


def offer(*entries):
    return {
        "supportedAppProtocolReq": {
            "AppProtocol": [
                {
                    "ProtocolNamespace": namespace,
                    "VersionNumberMajor": major,
                    "VersionNumberMinor": minor,
                    "SchemaID": schema_id,
                    "Priority": priority,
                }
                for namespace, major, minor, schema_id, priority in entries
            ]
        }
    }
