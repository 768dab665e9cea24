# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""DIN SPEC 70121: the tables of a station (SECC) that reads the state of charge and lets the car go.

    SessionSetup -> ServiceDiscovery -> ServicePaymentSelection -> ContractAuthentication
                 -> ChargeParameterDiscovery (here is the SoC) -> the release ladder, or a conversation

``v2g.session`` runs them, and says why they are safe.
"""

from v2g import session
from v2g.schema import load
from v2g.session import Session

PROTOCOL = "DIN 70121"
SCHEMA = load("din")

# States in which a car may leave. A sequence error would keep the plug locked, with one car for 15 s (FreeV2G issues 20
# and 42).
_LEAVING = (
    "SERVICE_DISCOVERY", "PAYMENT_SELECTION", "AUTHENTICATION", "CHARGE_PARAMETERS", "CABLE_CHECK", "PRE_CHARGE",
)  # fmt: skip

# request: (states that allow it, action of v2g.session, state after an OK or None to stay)
REQUESTS = {
    "SessionSetupReq": (("SESSION_SETUP",), Session.session_setup, "SERVICE_DISCOVERY"),
    "ServiceDiscoveryReq": (("SERVICE_DISCOVERY",), Session.service_discovery, "PAYMENT_SELECTION"),
    "ServiceDetailReq": (("PAYMENT_SELECTION",), Session.service_detail, None),
    "ServicePaymentSelectionReq": (("PAYMENT_SELECTION",), Session.payment_selection, "AUTHENTICATION"),
    # A car that another station kept waiting may ask again although it was told Finished.
    "ContractAuthenticationReq": (("AUTHENTICATION", "CHARGE_PARAMETERS"), Session.authentication, "CHARGE_PARAMETERS"),
    "ChargeParameterDiscoveryReq": (("CHARGE_PARAMETERS",), Session.charge_parameter_discovery, None),
    # In CHARGE_PARAMETERS only from a car at 0 %, which may go on although it was told Ongoing.
    "CableCheckReq": (("CHARGE_PARAMETERS", "CABLE_CHECK", "PRE_CHARGE"), Session.cable_check, None),
    "PreChargeReq": (("PRE_CHARGE",), Session.pre_charge, None),
    "CurrentDemandReq": (("PRE_CHARGE",), Session.refuse, None),
    "PowerDeliveryReq": (_LEAVING, Session.power_delivery, None),
    "WeldingDetectionReq": (_LEAVING, Session.welding_detection, None),
    "SessionStopReq": (_LEAVING, Session.session_stop, "STOPPED"),
    # Never in sequence in a DC session with external payment, but every request gets an answer.
    "PaymentDetailsReq": ((), Session.refuse, None),
    "ChargingStatusReq": ((), Session.refuse, None),
    "MeteringReceiptReq": ((), Session.refuse, None),
    "CertificateUpdateReq": ((), Session.refuse, None),
    "CertificateInstallationReq": ((), Session.refuse, None),
}
RESPONSES = {name: name[:-3] + "Res" for name in REQUESTS}

# The way out: (rung, request, ResponseCode, EVSEProcessing, EVSEStatusCode, next state or None to stay).
# A car that leaves on an early rung never sees the later ones; Tesla and VW ID.Buzz ignore rung 2.
LADDER = (
    (1, "ChargeParameterDiscoveryReq", "OK", "Ongoing", "EVSE_Ready", None),
    (2, "ChargeParameterDiscoveryReq", "OK", "Ongoing", "EVSE_Shutdown", None),
    (3, "ChargeParameterDiscoveryReq", "OK", "Finished", "EVSE_Shutdown", "CABLE_CHECK"),
    (4, "CableCheckReq", "OK", "Finished", "EVSE_Shutdown", "PRE_CHARGE"),
    (5, "PreChargeReq, CurrentDemandReq, PowerDeliveryReq", "FAILED", None, "EVSE_Shutdown", None),
)
LADDER_AT_0 = LADDER

# The element of ChargeParameterDiscoveryReq that names the energy transfer, and the ResponseCode if it is not DC.
TRANSFER = ("EVRequestedEnergyTransferType", "FAILED_WrongEnergyTransferType")

_P_MAX_W = 32000  # PMax is an xs:short in watts


def wants_power(body):
    """True for a PowerDeliveryReq that would start charging."""
    return body["ReadyToChargeState"]


def wrong_schedule(body):
    """True for a PowerDeliveryReq with a schedule that was not offered."""
    profile = body.get("ChargingProfile")
    return profile is not None and profile["SAScheduleTupleID"] != session.SCHEDULE_ID


def _service_discovery():
    tag = {"ServiceID": session.SERVICE_ID, "ServiceCategory": "EVCharging"}
    return {
        "PaymentOptions": {"PaymentOption": ["ExternalPayment"]},
        "ChargeService": {"ServiceTag": tag, "FreeService": False, "EnergyTransferType": "DC_extended"},
    }


def _ac_status():
    return {"PowerSwitchClosed": False, "RCD": False, "NotificationMaxDelay": 0, "EVSENotification": "None"}


def _certificate():
    return {
        "Id": "none",
        "ContractSignatureCertChain": {"Certificate": b""},
        "ContractSignatureEncryptedPrivateKey": b"",
        "DHParams": b"",
        "ContractID": "none",
    }


def responses(station, status):
    """{request: fields of its response besides the ResponseCode}, in their harmless form, see ``v2g.session``."""
    power_w = min(station.max_power_w, _P_MAX_W)
    return {
        "SessionSetupReq": {"EVSEID": station.evse_id},
        "ServiceDiscoveryReq": _service_discovery(),
        "ServiceDetailReq": {"ServiceID": session.SERVICE_ID},
        "ServicePaymentSelectionReq": {},
        "ContractAuthenticationReq": {"EVSEProcessing": "Finished"},
        "ChargeParameterDiscoveryReq": session.charge_parameters(station, status, power_w, {"PMaxScheduleID": 1}),
        "CableCheckReq": {"DC_EVSEStatus": status, "EVSEProcessing": "Finished"},
        "PreChargeReq": session.no_voltage(status),
        "CurrentDemandReq": session.no_current(status),
        "PowerDeliveryReq": {"DC_EVSEStatus": status},
        "WeldingDetectionReq": session.no_voltage(status),
        "SessionStopReq": {},
        "PaymentDetailsReq": {"GenChallenge": "none", "DateTimeNow": 0},
        "ChargingStatusReq": {
            "EVSEID": b"\x00",
            "SAScheduleTupleID": session.SCHEDULE_ID,
            "ReceiptRequired": False,
            "AC_EVSEStatus": _ac_status(),
        },
        "MeteringReceiptReq": {"AC_EVSEStatus": _ac_status()},
        "CertificateUpdateReq": dict(_certificate(), RetryCounter=0),
        "CertificateInstallationReq": _certificate(),
    }
