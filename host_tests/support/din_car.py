# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A DIN 70121 car that talks to a ``Session``, and the bodies of its requests."""

import copy

from plc.ticks import ticks_add
from v2g import din, exi
from v2g.din import SCHEMA
from v2g.session import Session, Station

NO_ID = b"\0" * 8


def status(soc=42):
    return {"EVReady": True, "EVErrorCode": "NO_ERROR", "EVRESSSOC": soc}


def amount(value, unit, multiplier=0):
    return {"Multiplier": multiplier, "Unit": unit, "Value": value}


def charge_parameters(soc=42, kind="DC_extended", **extra):
    parameter = {
        "DC_EVStatus": status(soc),
        "EVMaximumCurrentLimit": amount(125, "A"),
        "EVMaximumVoltageLimit": amount(398, "V"),
    }
    parameter.update(extra)
    return {"EVRequestedEnergyTransferType": kind, "DC_EVChargeParameter": parameter}


AC_LIMITS = {
    "EAmount": amount(22, "Wh", 3),
    "EVMaxVoltage": amount(400, "V"),
    "EVMaxCurrent": amount(16, "A"),
    "EVMinCurrent": amount(6, "A"),
}


def ac_parameters(kind="AC_three_phase_core"):
    return {"EVRequestedEnergyTransferType": kind, "AC_EVChargeParameter": {"DepartureTime": 0, **AC_LIMITS}}


BODIES = {
    "SessionSetupReq": {"EVCCID": bytes.fromhex("02ab34cd56ef")},
    "ServiceDiscoveryReq": {},
    "ServiceDetailReq": {"ServiceID": 1},
    "ServicePaymentSelectionReq": {
        "SelectedPaymentOption": "ExternalPayment",
        "SelectedServiceList": {"SelectedService": [{"ServiceID": 1}]},
    },
    "ContractAuthenticationReq": {},
    "ChargeParameterDiscoveryReq": charge_parameters(),
    "CableCheckReq": {"DC_EVStatus": status()},
    "PreChargeReq": {
        "DC_EVStatus": status(),
        "EVTargetVoltage": amount(390, "V"),
        "EVTargetCurrent": amount(1, "A"),
    },
    "CurrentDemandReq": {
        "DC_EVStatus": status(),
        "EVTargetCurrent": amount(10, "A"),
        "ChargingComplete": False,
        "EVTargetVoltage": amount(390, "V"),
    },
    "PowerDeliveryReq": {"ReadyToChargeState": True},
    "PowerDeliveryReq/stop": {"ReadyToChargeState": False},
    "WeldingDetectionReq": {"DC_EVStatus": status()},
    "SessionStopReq": {},
    "PaymentDetailsReq": {"ContractID": "X", "ContractSignatureCertChain": {"Certificate": b"\0"}},
    "ChargingStatusReq": {},
    "MeteringReceiptReq": {
        "SessionID": NO_ID,
        "TariffID": 1,
        "MeterInfo": {"MeterID": "X"},
    },
    "CertificateUpdateReq": {},
    "CertificateInstallationReq": {},
}
TO_PARAMETERS = (
    "SessionSetupReq",
    "ServiceDiscoveryReq",
    "ServicePaymentSelectionReq",
    "ContractAuthenticationReq",
)


class Car:
    """Sends requests, checks that every answer survives the wire, steps the clock."""

    def __init__(self, now=77):
        self.now = now
        self.session = Session(din, lambda n: bytes(range(1, n + 1)), Station({}))
        self.answers = []

    def sends(self, name, body=None, session_id=None):
        body = BODIES[name] if body is None else body
        name = name.split("/")[0]
        if session_id is None:
            session_id = NO_ID if name == "SessionSetupReq" else self.session.session_id
        message = {"V2G_Message": {"Header": {"SessionID": session_id}, "Body": {name: body}}}
        answer = self.session.request(message, self.now)
        wire = exi.encode(SCHEMA, answer)
        assert exi.decode(SCHEMA, wire) == answer
        ((answer_name, fields),) = answer["V2G_Message"]["Body"].items()
        assert answer_name == name[:-1] + "s"
        assert answer["V2G_Message"]["Header"]["SessionID"] == self.session.session_id
        fields = copy.deepcopy(fields)  # the station keeps its trees and changes them
        self.answers.append((answer_name, fields))
        return fields

    def goes_to_parameters(self):
        for name in TO_PARAMETERS:
            assert self.sends(name)["ResponseCode"][:2] == "OK"
        return self

    def wait(self, ms):
        self.now = ticks_add(self.now, ms)
