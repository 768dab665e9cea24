# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A DIN SPEC 70121 session as the station (SECC) that reads the state of charge and lets the car go.

    SessionSetup -> ServiceDiscovery -> ServicePaymentSelection -> ContractAuthentication
                 -> ChargeParameterDiscovery (here is the SoC) -> the release ladder

The ladder walks the car out; a car that leaves on an early rung never sees the later ones:
    1  first ChargeParameterDiscoveryRes   OK, Ongoing,  EVSE_Ready
    2  the next ones                       OK, Ongoing,  EVSE_Shutdown   (10 rounds and 3 s, at most 8 s)
    3  then                                OK, Finished, EVSE_Shutdown
    4  CableCheckRes                       OK, Finished, EVSE_Shutdown
    5  PreCharge, CurrentDemand, PowerDelivery(ready)   FAILED
PowerDelivery(not ready), WeldingDetection and SessionStop are answered OK on every rung. Tesla and VW ID.Buzz
ignore rung 2, hence the rungs below it.

Safety, on every path: isolation is always "Invalid", present voltage and current are always 0, EVSE_Ready
is said in ChargeParameterDiscoveryRes only, EVSENotification is always None. Nothing here can make a car
close its contactors, because no message ever says that there is something to close them on.
"""

from plc.ticks import ticks_diff

from v2g.din_schema import SCHEMA  # noqa: F401  (the seam `v2g.din.SCHEMA`)
from v2g.reading import Reading, percent, physical

PROTOCOL = "DIN 70121"

SHUTDOWN_ROUNDS_MIN = 10
SHUTDOWN_MIN_MS = 3000
SHUTDOWN_MAX_MS = 8000

# request: (states that allow it, action, state after an OK or None to stay)
REQUESTS = {
    "SessionSetupReq": (("SESSION_SETUP",), "session_setup", "SERVICE_DISCOVERY"),
    "ServiceDiscoveryReq": (("SERVICE_DISCOVERY",), "service_discovery", "PAYMENT_SELECTION"),
    "ServiceDetailReq": (("PAYMENT_SELECTION",), "service_detail", None),
    "ServicePaymentSelectionReq": (("PAYMENT_SELECTION",), "payment_selection", "AUTHENTICATION"),
    "ContractAuthenticationReq": (("AUTHENTICATION",), "contract_authentication", "CHARGE_PARAMETERS"),
    "ChargeParameterDiscoveryReq": (("CHARGE_PARAMETERS",), "charge_parameter_discovery", None),
    "CableCheckReq": (("CABLE_CHECK", "PRE_CHARGE"), "cable_check", "PRE_CHARGE"),
    "PreChargeReq": (("PRE_CHARGE",), "refuse", None),
    "CurrentDemandReq": (("PRE_CHARGE",), "refuse", None),
    "PowerDeliveryReq": (("CHARGE_PARAMETERS", "CABLE_CHECK", "PRE_CHARGE"), "power_delivery", None),
    "WeldingDetectionReq": (("CHARGE_PARAMETERS", "CABLE_CHECK", "PRE_CHARGE"), "welding_detection", None),
    "SessionStopReq": (
        (
            "SERVICE_DISCOVERY",
            "PAYMENT_SELECTION",
            "AUTHENTICATION",
            "CHARGE_PARAMETERS",
            "CABLE_CHECK",
            "PRE_CHARGE",
        ),
        "session_stop",
        "STOPPED",
    ),
    # Never right in a DC session with external payment, but every request gets its answer.
    "PaymentDetailsReq": ((), "refuse", None),
    "ChargingStatusReq": ((), "refuse", None),
    "MeteringReceiptReq": ((), "refuse", None),
    "CertificateUpdateReq": ((), "refuse", None),
    "CertificateInstallationReq": ((), "refuse", None),
}

# What the station says it could deliver: (element, multiplier, unit, value). Cars check that their
# minimum fits; an iX3 leaves when the limits are missing (pyPLC issues 9 and 14).
LIMITS = (
    ("EVSEMaximumCurrentLimit", 0, "A", 125),
    ("EVSEMaximumPowerLimit", 2, "W", 500),
    ("EVSEMaximumVoltageLimit", 0, "V", 500),
    ("EVSEMinimumCurrentLimit", 0, "A", 1),
    ("EVSEMinimumVoltageLimit", 0, "V", 150),
    ("EVSECurrentRegulationTolerance", 0, "A", 2),
    ("EVSEPeakCurrentRipple", 0, "A", 2),
)

_SERVICE_ID = 1
_DAY_S = 86400
_P_MAX_W = 32000


def _status(code):
    return {
        "EVSEIsolationStatus": "Invalid",
        "EVSEStatusCode": code,
        "NotificationMaxDelay": 0,
        "EVSENotification": "None",
    }


def _quantity(multiplier, unit, value):
    return {"Multiplier": multiplier, "Unit": unit, "Value": value}


def _charge_parameters():
    """ChargeParameterDiscoveryRes: DIN wants the schedule and the limits even while Ongoing."""
    parameters = {"DC_EVSEStatus": _status("EVSE_Shutdown")}
    for name, multiplier, unit, value in LIMITS:
        parameters[name] = _quantity(multiplier, unit, value)
    entry = {"RelativeTimeInterval": {"start": 0, "duration": _DAY_S}, "PMax": _P_MAX_W}
    schedule = {"PMaxScheduleID": 1, "PMaxScheduleEntry": [entry]}
    return {
        "EVSEProcessing": "Finished",
        "SAScheduleList": {"SAScheduleTuple": [{"SAScheduleTupleID": 1, "PMaxSchedule": schedule}]},
        "DC_EVSEChargeParameter": parameters,
    }


def _stopped():
    return {"DC_EVSEStatus": _status("EVSE_Shutdown")}


def _no_voltage():
    return {"DC_EVSEStatus": _status("EVSE_Shutdown"), "EVSEPresentVoltage": _quantity(0, "V", 0)}


def _no_current():
    fields = _no_voltage()
    fields["EVSEPresentCurrent"] = _quantity(0, "A", 0)
    for name in ("EVSECurrentLimitAchieved", "EVSEVoltageLimitAchieved", "EVSEPowerLimitAchieved"):
        fields[name] = False
    return fields


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


def _certificate_update():
    fields = _certificate()
    fields["RetryCounter"] = 0
    return fields


def _service_discovery():
    return {
        "PaymentOptions": {"PaymentOption": ["ExternalPayment"]},
        "ChargeService": {
            "ServiceTag": {"ServiceID": _SERVICE_ID, "ServiceCategory": "EVCharging"},
            "FreeService": True,
            "EnergyTransferType": "DC_extended",
        },
    }


# request: the fields its response must carry besides the ResponseCode, in their harmless form
_FIELDS = {
    "SessionSetupReq": lambda: {"EVSEID": b"\x00"},
    "ServiceDiscoveryReq": _service_discovery,
    "ServiceDetailReq": lambda: {"ServiceID": _SERVICE_ID},
    "ServicePaymentSelectionReq": lambda: {},
    "ContractAuthenticationReq": lambda: {"EVSEProcessing": "Finished"},
    "ChargeParameterDiscoveryReq": _charge_parameters,
    "CableCheckReq": lambda: {"DC_EVSEStatus": _status("EVSE_Shutdown"), "EVSEProcessing": "Finished"},
    "PreChargeReq": _no_voltage,
    "CurrentDemandReq": _no_current,
    "PowerDeliveryReq": _stopped,
    "WeldingDetectionReq": _no_voltage,
    "SessionStopReq": lambda: {},
    "PaymentDetailsReq": lambda: {"GenChallenge": "none", "DateTimeNow": 0},
    "ChargingStatusReq": lambda: {
        "EVSEID": b"\x00",
        "SAScheduleTupleID": 1,
        "ReceiptRequired": False,
        "AC_EVSEStatus": _ac_status(),
    },
    "MeteringReceiptReq": lambda: {"AC_EVSEStatus": _ac_status()},
    "CertificateUpdateReq": _certificate_update,
    "CertificateInstallationReq": _certificate,
}


_RESPONSES = {name: name[:-3] + "Res" for name in REQUESTS}


class DinSession:
    """One session. ``request`` takes a decoded V2G_Message and gives the one to send back.

    ``reading`` is the Reading once the car told its state of charge. ``events`` collects
    (checkpoint number, text) for the owner to take. ``stopped`` is set by SessionStopReq; ``repeated`` tells
    that the answer is the one before once more, so that its bytes can be sent again.
    """

    state = "SESSION_SETUP"
    reading = None
    evccid = None
    stopped = False
    repeated = False
    rung = 0
    _shutdown_rounds = 0
    _shutdown_since = None
    _parameters = None
    _last = None

    def __init__(self, random_bytes, evse_id=b"\x00", ev_mac=None):
        self.session_id = bytes(random_bytes(8))
        self.events = []
        self.failures = []  # (request, response code) of what was refused lately
        self._header = {"SessionID": self.session_id}
        self._evse_id = evse_id
        self._ev_mac = ev_mac

    def request(self, message, now):
        """The response message (a V2G_Message tree), or None for what is not a request."""
        message = message.get("V2G_Message")
        if message is None:
            return None
        for name, body in message["Body"].items():
            if name in REQUESTS:
                return self._answer(name, body, message["Header"]["SessionID"], now)
        return None

    def _answer(self, name, body, session_id, now):
        states, action, next_state = REQUESTS[name]
        self.repeated = False
        fields = self._fields_of(name)
        if name != "SessionSetupReq" and session_id != self.session_id:
            code = "FAILED_UnknownSession"
        elif self.state not in states:
            code = "FAILED_SequenceError"
        else:
            code = getattr(self, "_" + action)(body, fields, now)
            if next_state and code[:2] == "OK":
                self.state = next_state
        self._last = name
        if code[:2] != "OK":
            self.failures.append((name, code))
            del self.failures[:-8]
        fields["ResponseCode"] = code
        return {"V2G_Message": {"Header": {"SessionID": self.session_id}, "Body": {name[:-1] + "s": fields}}}

    def _fields_of(self, name):
        """A car that ignores the shutdown asks a hundred times: that tree is built once."""
        if name != "ChargeParameterDiscoveryReq":
            return _FIELDS[name]()
        if self._parameters is None:
            self._parameters = _FIELDS[name]()
        self._parameters["EVSEProcessing"] = "Finished"
        self._parameters["DC_EVSEChargeParameter"]["DC_EVSEStatus"]["EVSEStatusCode"] = "EVSE_Shutdown"
        return self._parameters

    # ---- actions of REQUESTS: (body, response fields to adjust, now) -> ResponseCode

    def _session_setup(self, body, fields, now):
        self.evccid = body["EVCCID"]
        fields["EVSEID"] = self._evse_id
        self.events.append((505, "session set up"))
        return "OK_NewSessionEstablished"

    def _service_discovery(self, body, fields, now):
        self.events.append((515, "service discovery answered"))
        return "OK"

    def _service_detail(self, body, fields, now):
        fields["ServiceID"] = body["ServiceID"]
        return "OK" if body["ServiceID"] == _SERVICE_ID else "FAILED_ServiceIDInvalid"

    def _payment_selection(self, body, fields, now):
        if body["SelectedPaymentOption"] != "ExternalPayment":
            return "FAILED_PaymentSelectionInvalid"
        self.events.append((525, "payment selection answered"))
        return "OK"

    def _contract_authentication(self, body, fields, now):
        self.events.append((538, "authentication finished"))
        return "OK"

    def _charge_parameter_discovery(self, body, fields, now):
        parameter = body.get("DC_EVChargeParameter")
        if body["EVRequestedEnergyTransferType"][:2] != "DC":
            return "FAILED_WrongEnergyTransferType"
        if parameter is None:
            return "FAILED_WrongChargeParameter"
        first = self.rung == 0
        if self.reading is None or self.reading.soc_percent is None:
            self._take_reading(parameter)
        if first:
            self.rung = 1
            fields["EVSEProcessing"] = "Ongoing"
            fields["DC_EVSEChargeParameter"]["DC_EVSEStatus"]["EVSEStatusCode"] = "EVSE_Ready"
        elif self._keep_shutting_down(now):
            self.repeated = self.rung == 2 and self._last == "ChargeParameterDiscoveryReq"
            self.rung = 2
            fields["EVSEProcessing"] = "Ongoing"
        else:
            self.rung = 3
            self.state = "CABLE_CHECK"
            self.events.append((545, "the car ignores the shutdown; parameters finished"))
        return "OK"

    def _keep_shutting_down(self, now):
        if self._shutdown_since is None:
            self._shutdown_since = now
            self.events.append((545, "the car is asked to leave"))
        self._shutdown_rounds += 1
        elapsed = ticks_diff(now, self._shutdown_since)
        if elapsed >= SHUTDOWN_MAX_MS:
            return False
        return self._shutdown_rounds <= SHUTDOWN_ROUNDS_MIN or elapsed < SHUTDOWN_MIN_MS

    def _take_reading(self, parameter):
        reading = Reading(PROTOCOL, self.evccid, self._ev_mac)
        reading.soc_percent = percent(parameter["DC_EVStatus"]["EVRESSSOC"])
        reading.full_soc_percent = percent(parameter.get("FullSOC"))
        reading.bulk_soc_percent = percent(parameter.get("BulkSOC"))
        reading.energy_capacity_wh = physical(parameter.get("EVEnergyCapacity"), "Wh")
        reading.energy_request_wh = physical(parameter.get("EVEnergyRequest"), "Wh")
        self.reading = reading

    def _cable_check(self, body, fields, now):
        self.rung = 4
        self.events.append((565, "cable check answered with shutdown"))
        return "OK"

    def _power_delivery(self, body, fields, now):
        if body["ReadyToChargeState"]:
            return self._refuse(body, fields, now)
        return "OK"

    def _welding_detection(self, body, fields, now):
        return "OK"

    def _refuse(self, body, fields, now):
        self.rung = 5
        return "FAILED"

    def _session_stop(self, body, fields, now):
        self.stopped = True
        self.events.append((905, "session stop answered"))
        return "OK"
