# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Request bodies of both standards for tests, and a car that sends them straight into a ``Session``.

``Wire.sends`` goes through EXI both ways, so that what a test looks at is what would be on the wire.
"""

import functools
import marshal

from plc.ticks import ticks_add
from v2g import din, exi, iso2
from v2g.session import Session, Station

from host_tests.support.din_car import (
    AC_LIMITS,
    NO_ID,
    TO_PARAMETERS,
    ac_parameters,
    amount,
    charge_parameters,
    status,
)
from host_tests.support.din_car import BODIES as DIN_BODIES

__all__ = ("BODIES", "NO_ID", "WAY", "Wire", "amount", "charge_parameters", "iso2_parameters", "status")


def iso2_parameters(soc=42, mode="DC_extended", **extra):
    parameter = {
        "DC_EVStatus": status(soc),
        "EVMaximumCurrentLimit": amount(125, "A"),
        "EVMaximumVoltageLimit": amount(398, "V"),
    }
    parameter.update(extra)
    return {"RequestedEnergyTransferMode": mode, "DC_EVChargeParameter": parameter}


def _progress(value, tuple_id=1, **extra):
    return {"ChargeProgress": value, "SAScheduleTupleID": tuple_id, **extra}


_CHAIN = {"Certificate": b"\0"}
_CHARGING = {"DC_EVStatus": status(), "ChargingComplete": False}

BODIES = {
    din: {
        **DIN_BODIES,
        "ChargeParameterDiscoveryReq/0": charge_parameters(soc=0),
        "ChargeParameterDiscoveryReq/ac": charge_parameters(kind="AC_three_phase_core"),
        "ChargeParameterDiscoveryReq/mixed": ac_parameters("DC_core"),
        "MeteringReceiptReq": {"SessionID": NO_ID, "MeterInfo": {"MeterID": "X"}},
        "CertificateUpdateReq": {
            "ContractSignatureCertChain": _CHAIN,
            "ContractID": "X",
            "ListOfRootCertificateIDs": {"RootCertificateID": ["X"]},
            "DHParams": b"",
        },
        "CertificateInstallationReq": {
            "OEMProvisioningCert": b"\0",
            "ListOfRootCertificateIDs": {"RootCertificateID": ["X"]},
            "DHParams": b"",
        },
        "ServiceDetailReq/other": {"ServiceID": 7},
        "PowerDeliveryReq/soc": {"ReadyToChargeState": True, "DC_EVPowerDeliveryParameter": _CHARGING},
        "PowerDeliveryReq/tuple": {
            "ReadyToChargeState": True,
            "ChargingProfile": {
                "SAScheduleTupleID": 3,
                "ProfileEntry": [{"ChargingProfileEntryStart": 0, "ChargingProfileEntryMaxPower": 100}],
            },
        },
    },
    iso2: {
        "SessionSetupReq": {"EVCCID": bytes.fromhex("02ab34cd56ef")},
        "ServiceDiscoveryReq": {},
        "ServiceDetailReq": {"ServiceID": 1},
        "ServiceDetailReq/other": {"ServiceID": 7},
        "PaymentServiceSelectionReq": {
            "SelectedPaymentOption": "ExternalPayment",
            "SelectedServiceList": {"SelectedService": [{"ServiceID": 1}]},
        },
        "AuthorizationReq": {},
        "ChargeParameterDiscoveryReq": iso2_parameters(),
        "ChargeParameterDiscoveryReq/0": iso2_parameters(soc=0),
        "ChargeParameterDiscoveryReq/ac": iso2_parameters(mode="AC_three_phase_core"),
        "ChargeParameterDiscoveryReq/mixed": {
            "RequestedEnergyTransferMode": "DC_core",
            "AC_EVChargeParameter": AC_LIMITS,
        },
        "CableCheckReq": DIN_BODIES["CableCheckReq"],
        "PreChargeReq": DIN_BODIES["PreChargeReq"],
        "CurrentDemandReq": DIN_BODIES["CurrentDemandReq"],
        "PowerDeliveryReq": _progress("Start", DC_EVPowerDeliveryParameter=_CHARGING),
        "PowerDeliveryReq/again": _progress("Renegotiate"),
        "PowerDeliveryReq/tuple": _progress("Start", 3),
        "PowerDeliveryReq/stop": _progress("Stop"),
        "WeldingDetectionReq": DIN_BODIES["WeldingDetectionReq"],
        "SessionStopReq": {"ChargingSession": "Terminate"},
        "SessionStopReq/pause": {"ChargingSession": "Pause"},
        "PaymentDetailsReq": {"eMAID": "X", "ContractSignatureCertChain": _CHAIN},
        "ChargingStatusReq": {},
        "MeteringReceiptReq": {"SessionID": NO_ID, "MeterInfo": {"MeterID": "X"}},
        "CertificateUpdateReq": {
            "Id": "a",
            "ContractSignatureCertChain": _CHAIN,
            "eMAID": "X",
            "ListOfRootCertificateIDs": {
                "RootCertificateID": [{"X509IssuerName": "CN=x", "X509SerialNumber": 1}]
            },
        },
        "CertificateInstallationReq": {
            "Id": "a",
            "OEMProvisioningCert": b"\0",
            "ListOfRootCertificateIDs": {
                "RootCertificateID": [{"X509IssuerName": "CN=x", "X509SerialNumber": 1}]
            },
        },
    },
}
# The requests up to, not including, ChargeParameterDiscoveryReq.
WAY = {
    din: TO_PARAMETERS,
    iso2: ("SessionSetupReq", "ServiceDiscoveryReq", "PaymentServiceSelectionReq", "AuthorizationReq"),
}


@functools.cache
def _decoded(standard, octets):
    return exi.decode(standard.SCHEMA, octets)


def _message(session_id, request, body):
    return {"V2G_Message": {"Header": {"SessionID": session_id}, "Body": {request: body}}}


@functools.cache
def _usual(standard, name, session_id):
    """A request of ``BODIES`` as the session gets it off the wire."""
    message = _message(session_id, name.split("/")[0], BODIES[standard][name])
    return _decoded(standard, exi.encode(standard.SCHEMA, message))


_octets_of = {}


def _encoded(standard, response):
    """What of a response goes on the wire; the same tree is encoded once."""
    key = standard, marshal.dumps(response, 0)
    octets = _octets_of.get(key)
    if octets is None:
        octets = _octets_of[key] = exi.encode(standard.SCHEMA, response)
    return octets


class Wire:
    """A car of one standard at a ``Session``. ``answers`` keeps (request, response name, fields, octets)."""

    def __init__(self, standard, config=None, now=77):
        self.standard = standard
        self.now = now
        self.session = Session(standard, lambda n: bytes(range(1, n + 1)), Station(config or {}))
        self.answers = []

    def sends(self, name, body=None, session_id=None):
        request = name.split("/")[0]
        if session_id is None:
            session_id = NO_ID if request == "SessionSetupReq" else self.session.session_id
        if body is None:
            message = _usual(self.standard, name, session_id)
        else:
            message = _decoded(
                self.standard, exi.encode(self.standard.SCHEMA, _message(session_id, request, body))
            )
        response = self.session.request(message, self.now)
        octets = _encoded(self.standard, response)
        tree = _decoded(self.standard, octets)["V2G_Message"]
        ((answer_name, fields),) = tree["Body"].items()
        assert answer_name == request[:-3] + "Res"
        assert tree["Header"] == {"SessionID": self.session.session_id}
        self.answers.append((request, answer_name, fields, octets))
        return fields

    def goes_to_parameters(self):
        for name in WAY[self.standard]:
            assert self.sends(name)["ResponseCode"][:2] == "OK"
        return self

    def wait(self, ms):
        self.now = ticks_add(self.now, ms)
        return self
