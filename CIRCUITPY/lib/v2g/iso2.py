# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""ISO 15118-2: the tables of a station (SECC) with DC messages, external payment, no TLS.

    SessionSetup -> ServiceDiscovery -> PaymentServiceSelection -> Authorization
                 -> ChargeParameterDiscovery (here is the SoC) -> the release ladder, or a conversation

``v2g.session`` runs them, and says why they are safe. For cars that do not offer DIN 70121. Only the DC messages have a
state of charge.
"""

from v2g import din, session
from v2g.schema import load

PROTOCOL = "ISO 15118-2"
SCHEMA = load("iso2")

_NAMES = {"ServicePaymentSelectionReq": "PaymentServiceSelectionReq", "ContractAuthenticationReq": "AuthorizationReq"}


def _renamed(by_request):
    """A table of ``v2g.din`` by request, under this standard's names: two requests have other ones."""
    return {_NAMES.get(name, name): value for name, value in by_request.items()}


REQUESTS = _renamed(din.REQUESTS)
RESPONSES = {name: name[:-3] + "Res" for name in REQUESTS}

# The way out, as in ``v2g.din`` except rungs 3 and 4: an ISO 15118-2 car that ignores the shutdown must end the
# session after a FAILED (Tinkerforge's WARP4 lets VW cars go this way), so it needs no cable check.
LADDER = (
    din.LADDER[0],
    din.LADDER[1],
    (3, "ChargeParameterDiscoveryReq", "FAILED", "Finished", "EVSE_Shutdown", None),
    (4, "CableCheckReq", "FAILED", "Finished", "EVSE_Shutdown", None),
    din.LADDER[4],
)
# For a car that told 0 %: it may tell more further down, as a Seres 3 does in its PreChargeReq, so it may go on.
LADDER_AT_0 = din.LADDER

TRANSFER = ("RequestedEnergyTransferMode", "FAILED_WrongEnergyTransferMode")

# EVSEID of a station that has none ([V2G2-189]); the schema allows 7 to 37 characters.
NO_EVSE_ID = "ZZ00000"
_EVSE_ID_MIN, _EVSE_ID_MAX = 7, 37


def wants_power(body):
    """True for a PowerDeliveryReq that would start charging or renegotiate it."""
    return body["ChargeProgress"] != "Stop"


def wrong_schedule(body):
    """True for a PowerDeliveryReq with a schedule that was not offered."""
    return body["SAScheduleTupleID"] != session.SCHEDULE_ID


def evse_id(station):
    """EVSEID as text of printable ASCII (annex H). DIN 70121 allows any octets; NO_EVSE_ID if the station's are others."""
    octets = station.evse_id
    if not _EVSE_ID_MIN <= len(octets) <= _EVSE_ID_MAX:
        return NO_EVSE_ID
    for octet in octets:
        if not 0x20 < octet < 0x7F:
            return NO_EVSE_ID
    return str(octets, "utf-8")


def _service_discovery():
    """DC_extended alone, as all recorded stations have it: with DC_core in the list a Zoe stops (FreeV2G issue 74)."""
    return {
        "PaymentOptionList": {"PaymentOption": ["ExternalPayment"]},
        "ChargeService": {
            "ServiceID": session.SERVICE_ID,
            "ServiceCategory": "EVCharging",
            "FreeService": False,
            "SupportedEnergyTransferMode": {"EnergyTransferMode": ["DC_extended"]},
        },
    }


def _certificate():
    # One octet each, because an empty element has two encodings, and codecs differ in which one they accept.
    chain = {"Certificate": b"\x00"}
    return {
        "SAProvisioningCertificateChain": chain,
        "ContractSignatureCertChain": chain,
        "ContractSignatureEncryptedPrivateKey": {"Id": "id1", "value": b"\x00"},
        "DHpublickey": {"Id": "id2", "value": b"\x00"},
        "eMAID": {"Id": "id3", "value": "none"},
    }


def responses(station, status):
    """As ``v2g.din.responses``."""
    name = evse_id(station)
    fields = _renamed(din.responses(station, status))
    fields["SessionSetupReq"] = {"EVSEID": name}
    fields["ServiceDiscoveryReq"] = _service_discovery()
    power = session.quantity(2, "W", station.max_power_w // 100)
    fields["ChargeParameterDiscoveryReq"] = session.charge_parameters(station, status, power, {})
    fields["CurrentDemandReq"].update({"EVSEID": name, "SAScheduleTupleID": session.SCHEDULE_ID})
    fields["PaymentDetailsReq"] = {"GenChallenge": bytes(16), "EVSETimeStamp": 0}
    fields["ChargingStatusReq"] = {
        "EVSEID": name,
        "SAScheduleTupleID": session.SCHEDULE_ID,
        "AC_EVSEStatus": {"NotificationMaxDelay": 0, "EVSENotification": "None", "RCD": False},
    }
    fields["MeteringReceiptReq"] = {"DC_EVSEStatus": status}
    fields["CertificateUpdateReq"] = fields["CertificateInstallationReq"] = _certificate()
    return fields
