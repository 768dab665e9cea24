# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""ISO 15118-2 as the station (SECC), DC messages, external payment, no TLS: its tables.

    SessionSetup -> ServiceDiscovery -> PaymentServiceSelection -> Authorization
                 -> ChargeParameterDiscovery (here is the SoC) -> the release ladder, or a conversation

``v2g.session`` runs them, and says why they are safe. For cars that do not offer DIN 70121; only its DC
messages carry a state of charge.
"""

from v2g import din, session
from v2g.schema import load

PROTOCOL = "ISO 15118-2"
SCHEMA = load("iso2")

_NAMES = {"ServicePaymentSelectionReq": "PaymentServiceSelectionReq", "ContractAuthenticationReq": "AuthorizationReq"}


def _renamed(by_request):
    """What ``v2g.din`` has for each request, by this standard's names of the two that have another one."""
    return {_NAMES.get(name, name): value for name, value in by_request.items()}


REQUESTS = _renamed(din.REQUESTS)
RESPONSES = {name: name[:-3] + "Res" for name in REQUESTS}

# The way out, as in ``v2g.din``, but for rung 3: an ISO 15118-2 car that ignores the shutdown must end the
# session at a FAILED (Tinkerforge's WARP4 lets VW cars go this way), so no cable check follows.
LADDER = (
    din.LADDER[0],
    din.LADDER[1],
    (3, "ChargeParameterDiscoveryReq", "FAILED", "Finished", "EVSE_Shutdown", None),
    (4, "CableCheckReq", "FAILED", "Finished", "EVSE_Shutdown", None),
    din.LADDER[4],
)
# For a car that told 0 %: it may tell more further down (a Seres 3 does in its PreChargeReq), so it may go on there.
LADDER_AT_0 = din.LADDER

TRANSFER = ("RequestedEnergyTransferMode", "FAILED_WrongEnergyTransferMode")

# EVSEID of a station that has none ([V2G2-189]); a name of fewer or more characters does not fit the schema.
NO_EVSE_ID = "ZZ00000"
_EVSE_ID_MIN, _EVSE_ID_MAX = 7, 37


def wants_power(body):
    """True for a PowerDeliveryReq that would start the charging or negotiate it anew."""
    return body["ChargeProgress"] != "Stop"


def wrong_schedule(body):
    """True for a PowerDeliveryReq with a schedule that was not offered."""
    return body["SAScheduleTupleID"] != session.SCHEDULE_ID


def evse_id(station):
    """EVSEID as text: letters, digits, signs. DIN 70121 has any octets there, this standard (annex H) has not."""
    octets = station.evse_id
    if not _EVSE_ID_MIN <= len(octets) <= _EVSE_ID_MAX:
        return NO_EVSE_ID
    for octet in octets:
        if not 0x20 < octet < 0x7F:
            return NO_EVSE_ID
    return str(octets, "utf-8")


def _service_discovery():
    """As all recorded stations say it: a Zoe falls silent where DC_core is in the list (FreeV2G issue 74)."""
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
    # An octet each: an empty element has two encodings, and codecs differ in which they take.
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
