# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""ISO 15118-2 as the station (SECC), DC messages, external payment, no TLS: its tables.

    SessionSetup -> ServiceDiscovery -> PaymentServiceSelection -> Authorization
                 -> ChargeParameterDiscovery (here is the SoC) -> the release ladder, or a conversation

``v2g.session`` runs them, and says why they are safe. For cars that do not offer DIN 70121; only its DC
messages carry a state of charge.
"""

from v2g import session
from v2g.schema import load
from v2g.session import Session

PROTOCOL = "ISO 15118-2"
SCHEMA = load("iso2")

# Where a car may leave. A sequence error instead keeps the plug locked: one car for 15 s (FreeV2G issues 20 and 42).
_LEAVING = (
    "SERVICE_DISCOVERY", "PAYMENT_SELECTION", "AUTHORIZATION", "CHARGE_PARAMETERS", "CABLE_CHECK", "PRE_CHARGE",
)  # fmt: skip

# request: (states that allow it, action of v2g.session, state after an OK or None to stay)
REQUESTS = {
    "SessionSetupReq": (("SESSION_SETUP",), Session.session_setup, "SERVICE_DISCOVERY"),
    "ServiceDiscoveryReq": (("SERVICE_DISCOVERY",), Session.service_discovery, "PAYMENT_SELECTION"),
    "ServiceDetailReq": (("PAYMENT_SELECTION",), Session.service_detail, None),
    "PaymentServiceSelectionReq": (("PAYMENT_SELECTION",), Session.payment_selection, "AUTHORIZATION"),
    # A car that another station kept waiting asks again although it was told Finished.
    "AuthorizationReq": (("AUTHORIZATION", "CHARGE_PARAMETERS"), Session.authentication, "CHARGE_PARAMETERS"),
    "ChargeParameterDiscoveryReq": (("CHARGE_PARAMETERS",), Session.charge_parameter_discovery, None),
    # One at 0 % may go on although it was told Ongoing.
    "CableCheckReq": (("CHARGE_PARAMETERS", "CABLE_CHECK", "PRE_CHARGE"), Session.cable_check, None),
    "PreChargeReq": (("PRE_CHARGE",), Session.pre_charge, None),
    "CurrentDemandReq": (("PRE_CHARGE",), Session.refuse, None),
    "PowerDeliveryReq": (_LEAVING, Session.power_delivery, None),
    "WeldingDetectionReq": (_LEAVING, Session.welding_detection, None),
    "SessionStopReq": (_LEAVING, Session.session_stop, "STOPPED"),
    # Never right in a DC session with external payment, but every request gets its answer.
    "PaymentDetailsReq": ((), Session.refuse, None),
    "ChargingStatusReq": ((), Session.refuse, None),
    "MeteringReceiptReq": ((), Session.refuse, None),
    "CertificateUpdateReq": ((), Session.refuse, None),
    "CertificateInstallationReq": ((), Session.refuse, None),
}
RESPONSES = {name: name[:-3] + "Res" for name in REQUESTS}

# The way out, as in ``v2g.din``, but for rung 3: an ISO 15118-2 car that ignores the shutdown must end the
# session at a FAILED (Tinkerforge's WARP4 lets VW cars go this way), so no cable check follows.
LADDER = (
    (1, "ChargeParameterDiscoveryReq", "OK", "Ongoing", "EVSE_Ready", None),
    (2, "ChargeParameterDiscoveryReq", "OK", "Ongoing", "EVSE_Shutdown", None),
    (3, "ChargeParameterDiscoveryReq", "FAILED", "Finished", "EVSE_Shutdown", None),
    (4, "CableCheckReq", "FAILED", "Finished", "EVSE_Shutdown", None),
    (5, "PreChargeReq, CurrentDemandReq, PowerDeliveryReq", "FAILED", None, "EVSE_Shutdown", None),
)
# For a car that told 0 %: it may tell more further down (a Seres 3 does in its PreChargeReq), so it may go on there.
LADDER_AT_0 = (
    LADDER[0],
    LADDER[1],
    (3, "ChargeParameterDiscoveryReq", "OK", "Finished", "EVSE_Shutdown", "CABLE_CHECK"),
    (4, "CableCheckReq", "OK", "Finished", "EVSE_Shutdown", "PRE_CHARGE"),
    LADDER[4],
)
SHUTDOWN = (10, 3000, 8000)  # rung 2: rounds and ms at least, ms at most

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


def _charge_parameters(station, status):
    interval = {"start": 0, "duration": session.DAY_S}
    power = session.quantity(2, "W", station.max_power_w // 100)
    entries = [{"RelativeTimeInterval": interval, "PMax": power}]
    offer = {"SAScheduleTupleID": session.SCHEDULE_ID, "PMaxSchedule": {"PMaxScheduleEntry": entries}}
    return {
        "EVSEProcessing": "Finished",
        "SAScheduleList": {"SAScheduleTuple": [offer]},
        "DC_EVSEChargeParameter": session.limits_of(station, status),
    }


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


def _current_demand(station, status):
    fields = session.no_current(status)
    fields["EVSEID"] = evse_id(station)
    fields["SAScheduleTupleID"] = session.SCHEDULE_ID
    return fields


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
    """request: the fields that its response carries besides the ResponseCode, in their harmless form."""
    name = evse_id(station)
    return {
        "SessionSetupReq": {"EVSEID": name},
        "ServiceDiscoveryReq": _service_discovery(),
        "ServiceDetailReq": {"ServiceID": session.SERVICE_ID},
        "PaymentServiceSelectionReq": {},
        "AuthorizationReq": {"EVSEProcessing": "Finished"},
        "ChargeParameterDiscoveryReq": _charge_parameters(station, status),
        "CableCheckReq": {"DC_EVSEStatus": status, "EVSEProcessing": "Finished"},
        "PreChargeReq": session.no_voltage(status),
        "CurrentDemandReq": _current_demand(station, status),
        "PowerDeliveryReq": {"DC_EVSEStatus": status},
        "WeldingDetectionReq": session.no_voltage(status),
        "SessionStopReq": {},
        "PaymentDetailsReq": {"GenChallenge": bytes(16), "EVSETimeStamp": 0},
        "ChargingStatusReq": {
            "EVSEID": name,
            "SAScheduleTupleID": session.SCHEDULE_ID,
            "AC_EVSEStatus": {"NotificationMaxDelay": 0, "EVSENotification": "None", "RCD": False},
        },
        "MeteringReceiptReq": {"DC_EVSEStatus": status},
        "CertificateUpdateReq": _certificate(),
        "CertificateInstallationReq": _certificate(),
    }
