# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""EXI of an ISO 15118-2 car, as ``exi_car`` does it for DIN 70121: bit by bit, no tables.

Same functions with the same arguments, and messages read come under the DIN names and in the DIN shape, so that
one session speaks both. What a DC session with external payment does not need raises CarExiError.
"""

from host_tests.twin.car.exi_car import (
    CATEGORIES,
    NOTIFICATIONS,
    PAYMENT,
    REQUESTED_TRANSFER,
    STATUS_CODES,
    BitReader,
    BitWriter,
    CarExiError,
    charge_options,
    is_first,
)

UNITS = ["h", "m", "s", "A", "V", "W", "Wh"]
RESPONSE_CODES = [
    "OK",
    "OK_NewSessionEstablished",
    "OK_OldSessionJoined",
    "OK_CertificateExpiresSoon",
    "FAILED",
    "FAILED_SequenceError",
    "FAILED_ServiceIDInvalid",
    "FAILED_UnknownSession",
    "FAILED_ServiceSelectionInvalid",
    "FAILED_PaymentSelectionInvalid",
    "FAILED_CertificateExpired",
    "FAILED_SignatureError",
    "FAILED_NoCertificateAvailable",
    "FAILED_CertChainError",
    "FAILED_ChallengeInvalid",
    "FAILED_ContractCanceled",
    "FAILED_WrongChargeParameter",
    "FAILED_PowerDeliveryNotApplied",
    "FAILED_TariffSelectionInvalid",
    "FAILED_ChargingProfileInvalid",
    "FAILED_MeteringSignatureNotValid",
    "FAILED_NoChargeServiceSelected",
    "FAILED_WrongEnergyTransferMode",
    "FAILED_ContactorError",
    "FAILED_CertificateNotAllowedAtThisEVSE",
    "FAILED_CertificateRevoked",
]
ISOLATION = ["Invalid", "Valid", "Warning", "Fault", "No_IMD"]
PROCESSING = ["Finished", "Ongoing", "Ongoing_WaitingForCustomerInteraction"]
TRANSFER = [
    "AC_single_phase_core",
    "AC_three_phase_core",
    "DC_core",
    "DC_extended",
    "DC_combo_core",
    "DC_unique",
]


# ---- requests


def _request(session_id, code):
    writer = BitWriter()
    writer.bits(8, 0x80)
    writer.bits(7, 76)  # V2G_Message
    writer.bits(3, 0)  # Header, SessionID, characters
    writer.octets(session_id)
    writer.bits(1, 0)
    writer.bits(2, 2)  # end of Header
    writer.bits(1, 0)  # Body
    writer.bits(6, code)
    return writer


def _end(writer):
    writer.bits(2, 0)
    return writer.bytes()


def _few_bits(writer, width, value):
    """A simple element whose start was the only way on: SE, characters, value, EE."""
    writer.bits(2, 0)
    writer.bits(width, value)
    writer.bits(1, 0)


def _ev_status(writer, status):
    _few_bits(writer, 1, 1 if status[0] else 0)
    _few_bits(writer, 4, status[1])
    _few_bits(writer, 7, status[2])
    writer.bits(1, 0)


def _physical(writer, value):
    _few_bits(writer, 3, value[0] + 3)
    _few_bits(writer, 3, UNITS.index(value[1]))
    writer.bits(2, 0)
    writer.signed(value[2])
    writer.bits(2, 0)


def session_setup_req(session_id, evccid):
    writer = _request(session_id, 29)
    writer.bits(2, 0)
    writer.octets(evccid[-6:])
    writer.bits(2, 0)
    return _end(writer)


def service_discovery_req(session_id, category=None):
    writer = _request(session_id, 27)
    if category is None:
        writer.bits(2, 2)
        return _end(writer)
    writer.bits(2, 1)
    writer.bits(1, 0)
    writer.bits(2, CATEGORIES.index(category))
    writer.bits(2, 0)
    return _end(writer)


def service_payment_selection_req(session_id, option="ExternalPayment", services=((1, None),)):
    """PaymentServiceSelectionReq with one service without a parameter set."""
    writer = _request(session_id, 19)
    _few_bits(writer, 1, PAYMENT.index(option))
    writer.bits(4, 0)  # SelectedServiceList, SelectedService, ServiceID, characters
    writer.number(services[0][0])
    writer.bits(1, 0)
    writer.bits(2, 1)  # EE of SelectedService
    writer.bits(2, 1)  # EE of SelectedServiceList
    writer.bits(1, 0)
    return _end(writer)


def contract_authentication_req(session_id):
    """AuthorizationReq."""
    writer = _request(session_id, 0)
    writer.bits(2, 2)
    return _end(writer)


def charge_parameter_discovery_req(session_id, status, limits, energy=(), socs=(), transfer="DC_extended"):
    writer = _request(session_id, 9)
    writer.bits(2, 1)  # RequestedEnergyTransferMode
    writer.bits(1, 0)
    writer.bits(3, REQUESTED_TRANSFER.index(transfer))
    writer.bits(1, 0)
    writer.bits(2, 1)  # DC_EVChargeParameter
    writer.bits(2, 1)  # DC_EVStatus, without DepartureTime
    _ev_status(writer, status)
    writer.bits(1, 0)
    _physical(writer, limits[0])
    if limits[1] is None:
        writer.bits(2, 1)
    else:
        writer.bits(2, 0)
        _physical(writer, limits[1])
        writer.bits(1, 0)
    _physical(writer, limits[2])
    charge_options(writer, energy, socs, _physical)
    writer.bits(1, 0)
    return _end(writer)


def _status_only(session_id, code, status):
    writer = _request(session_id, code)
    writer.bits(1, 0)
    _ev_status(writer, status)
    writer.bits(1, 0)
    return _end(writer)


def cable_check_req(session_id, status):
    return _status_only(session_id, 3, status)


def welding_detection_req(session_id, status):
    return _status_only(session_id, 33, status)


def pre_charge_req(session_id, status, voltage, current):
    writer = _request(session_id, 23)
    writer.bits(1, 0)
    _ev_status(writer, status)
    writer.bits(1, 0)
    _physical(writer, voltage)
    writer.bits(1, 0)
    _physical(writer, current)
    writer.bits(1, 0)
    return _end(writer)


def power_delivery_req(session_id, ready, status=None, complete=False, bulk_complete=None):
    writer = _request(session_id, 21)
    _few_bits(writer, 2, 0 if ready else 1)  # Start, Stop
    _few_bits(writer, 8, 0)  # SAScheduleTupleID 1
    if status is None:
        writer.bits(3, 3)
        return _end(writer)
    writer.bits(3, 1)
    writer.bits(1, 0)
    _ev_status(writer, status)
    if bulk_complete is None:
        writer.bits(2, 1)
    else:
        writer.bits(3, 0)
        writer.bits(1, 1 if bulk_complete else 0)
        writer.bits(2, 0)
    writer.bits(1, 0)
    writer.bits(1, 1 if complete else 0)
    writer.bits(3, 0)
    return _end(writer)


def current_demand_req(
    session_id, status, current, voltage, limits=(), times=(), complete=False, bulk_complete=None
):
    """Without the limits and times that DIN cars are known to send."""
    writer = _request(session_id, 13)
    writer.bits(1, 0)
    _ev_status(writer, status)
    writer.bits(1, 0)
    _physical(writer, current)
    writer.bits(3, 4)  # ChargingComplete
    writer.bits(1, 0)
    writer.bits(1, 1 if complete else 0)
    writer.bits(1, 0)
    writer.bits(2, 2)  # EVTargetVoltage
    _physical(writer, voltage)
    writer.bits(1, 0)
    return _end(writer)


def session_stop_req(session_id):
    writer = _request(session_id, 31)
    _few_bits(writer, 1, 0)  # Terminate
    writer.bits(1, 0)
    return _end(writer)


# ---- responses


def read_message(data):
    """(header dict, DIN name of the body, body dict in DIN's shape, surplus bytes) of a response."""
    reader = BitReader(data)
    if reader.bits(8) != 0x80:
        raise CarExiError("EXI header is not 80")
    if reader.bits(7) != 76:
        raise CarExiError("root element is not V2G_Message")
    reader.zero(3, "SessionID")
    header = {"SessionID": reader.octets(8)}
    reader.zero(1, "SessionID end")
    if reader.bits(2) != 2:
        raise CarExiError("a header with more than a SessionID")
    reader.zero(1, "Body")
    code = reader.bits(6)
    if code not in _BODIES:
        raise CarExiError(f"body code {code} is not a response of a charger")
    name, read = _BODIES[code]
    reader.zero(2, "ResponseCode")
    body = {"ResponseCode": reader.choice(5, RESPONSE_CODES, "ResponseCode")}
    reader.zero(1, "ResponseCode end")
    read(reader, body)
    reader.zero(2, "end of message")
    return header, name, body, reader.finish()


def _value(reader, width, names, what):
    """A simple element of few bits whose start was the only way on."""
    reader.zero(2, what)
    return _rest(reader, width, names, what)


def _rest(reader, width, names, what):
    value = reader.bits(width) if names is None else reader.choice(width, names, what)
    reader.zero(1, what + " end")
    return value


def _physical_value(reader, what):
    reader.zero(1, what)
    return _physical_inside(reader)


def _physical_inside(reader):
    multiplier = _value(reader, 3, None, "Multiplier") - 3
    if multiplier > 3:
        raise CarExiError(f"Multiplier {multiplier}")
    unit = _value(reader, 3, UNITS, "Unit")
    reader.zero(2, "Value")
    value = {"Multiplier": multiplier, "Unit": unit, "Value": reader.signed()}
    reader.zero(2, "Value end")
    return value


def _status(reader, body):
    reader.zero(1, "DC_EVSEStatus")
    body["DC_EVSEStatus"] = _status_inside(reader)


def _status_inside(reader):
    reader.zero(2, "NotificationMaxDelay")
    status = {"NotificationMaxDelay": reader.number()}
    reader.zero(1, "NotificationMaxDelay end")
    status["EVSENotification"] = _value(reader, 2, NOTIFICATIONS, "EVSENotification")
    if is_first(reader, "DC_EVSEStatus"):
        reader.zero(1, "EVSEIsolationStatus")
        status["EVSEIsolationStatus"] = _rest(reader, 3, ISOLATION, "EVSEIsolationStatus")
        reader.zero(1, "EVSEStatusCode")
    reader.zero(1, "EVSEStatusCode")
    status["EVSEStatusCode"] = _rest(reader, 4, STATUS_CODES, "EVSEStatusCode")
    reader.zero(1, "DC_EVSEStatus end")
    return status


def _end_or_raise(reader, end, what):
    way = reader.bits(2)
    if way != end:
        raise CarExiError(f"{what}: code {way}")


def _session_setup(reader, body):
    reader.zero(2, "EVSEID")
    body["EVSEID"] = reader.text(37)
    reader.zero(1, "EVSEID end")
    if not 7 <= len(body["EVSEID"]) <= 37:
        raise CarExiError("EVSEID of {} characters".format(len(body["EVSEID"])))
    _end_or_raise(reader, 1, "EVSETimeStamp")


def _nothing(reader, body):
    reader.zero(1, "end")


def _authorization(reader, body):
    _processing(reader, body)
    reader.zero(1, "end")


def _processing(reader, body):
    body["EVSEProcessing"] = _value(reader, 2, PROCESSING, "EVSEProcessing")


def _service_discovery(reader, body):
    reader.zero(1, "PaymentOptionList")
    options = [_value(reader, 1, PAYMENT, "PaymentOption")]
    if reader.bits(2) == 0:
        reader.zero(1, "PaymentOption")
        options.append(_rest(reader, 1, PAYMENT, "PaymentOption"))
        reader.zero(1, "PaymentOptionList end")
    body["PaymentOptions"] = {"PaymentOption": options}
    reader.zero(1, "ChargeService")
    reader.zero(2, "ServiceID")
    tag = {"ServiceID": reader.number()}
    reader.zero(1, "ServiceID end")
    _end_or_raise(reader, 1, "ServiceName")
    reader.zero(1, "ServiceCategory")
    tag["ServiceCategory"] = _rest(reader, 2, CATEGORIES, "ServiceCategory")
    _end_or_raise(reader, 1, "ServiceScope")
    reader.zero(1, "FreeService")
    service = {"ServiceTag": tag, "FreeService": _rest(reader, 1, None, "FreeService") == 1}
    reader.zero(1, "SupportedEnergyTransferMode")
    modes = [_value(reader, 3, TRANSFER, "EnergyTransferMode")]
    while reader.bits(2) == 0 and len(modes) < 6:
        reader.zero(1, "EnergyTransferMode")
        modes.append(_rest(reader, 3, TRANSFER, "EnergyTransferMode"))
    service["EnergyTransferType"] = modes[-1]
    reader.zero(1, "ChargeService end")
    body["ChargeService"] = service
    _end_or_raise(reader, 1, "ServiceList")


def _schedules(reader):
    reader.zero(1, "SAScheduleTuple")
    tuples = [_schedule(reader)]
    while reader.bits(2) == 0:
        if len(tuples) == 2:
            raise CarExiError("more than two SAScheduleTuples")
        tuples.append(_schedule(reader))
    return {"SAScheduleTuple": tuples}


def _schedule(reader):
    number = _value(reader, 8, None, "SAScheduleTupleID") + 1
    reader.zero(2, "PMaxSchedule")
    entries = [_entry(reader)]
    while reader.bits(2) == 0:
        entries.append(_entry(reader))
    _end_or_raise(reader, 1, "SalesTariff")
    return {"SAScheduleTupleID": number, "PMaxSchedule": {"PMaxScheduleEntry": entries}}


def _entry(reader):
    _end_or_raise(reader, 0, "TimeInterval")
    reader.zero(2, "start")
    interval = {"start": reader.number()}
    reader.zero(1, "start end")
    if reader.bits(2) == 0:
        reader.zero(1, "duration")
        interval["duration"] = reader.number()
        reader.zero(2, "duration end")
    power = _physical_value(reader, "PMax")
    reader.zero(1, "PMaxScheduleEntry end")
    watts = power["Value"] * 10 ** (power["Multiplier"] + 3) // 1000
    if power["Unit"] != "W":
        raise CarExiError("PMax in " + power["Unit"])
    return {"RelativeTimeInterval": interval, "PMax": watts}


def _charge_parameters(reader, body):
    _processing(reader, body)
    way = reader.bits(3)
    if way == 0:
        body["SAScheduleList"] = _schedules(reader)
        _end_or_raise(reader, 1, "DC_EVSEChargeParameter")
    elif way != 3:
        raise CarExiError(f"ChargeParameterDiscoveryRes: code {way}")
    reader.zero(1, "DC_EVSEStatus")
    limits = {"DC_EVSEStatus": _status_inside(reader)}
    for kind in ("MaximumCurrent", "MaximumPower", "MaximumVoltage", "MinimumCurrent", "MinimumVoltage"):
        limits["EVSE" + kind + "Limit"] = _physical_value(reader, kind)
    if is_first(reader, "DC_EVSEChargeParameter"):
        limits["EVSECurrentRegulationTolerance"] = _physical_inside(reader)
        reader.zero(1, "EVSEPeakCurrentRipple")
    limits["EVSEPeakCurrentRipple"] = _physical_inside(reader)
    _end_or_raise(reader, 1, "EVSEEnergyToBeDelivered")
    body["DC_EVSEChargeParameter"] = limits
    reader.zero(1, "end")


def _cable_check(reader, body):
    _status(reader, body)
    _processing(reader, body)
    reader.zero(1, "end")


def _voltage(reader, body):
    _present_voltage(reader, body)
    reader.zero(1, "end")


def _present_voltage(reader, body):
    _status(reader, body)
    body["EVSEPresentVoltage"] = _physical_value(reader, "EVSEPresentVoltage")


def _power_delivery(reader, body):
    _end_or_raise(reader, 1, "DC_EVSEStatus")
    body["DC_EVSEStatus"] = _status_inside(reader)
    reader.zero(1, "end")


def _current_demand(reader, body):
    _present_voltage(reader, body)
    body["EVSEPresentCurrent"] = _physical_value(reader, "EVSEPresentCurrent")
    for name in ("EVSECurrentLimitAchieved", "EVSEVoltageLimitAchieved", "EVSEPowerLimitAchieved"):
        body[name] = _value(reader, 1, None, name) == 1
    way = reader.bits(3)
    if way != 3:
        raise CarExiError("CurrentDemandRes with limits")
    reader.zero(1, "EVSEID")
    body["EVSEID"] = reader.text(37)
    reader.zero(1, "EVSEID end")
    body["SAScheduleTupleID"] = _value(reader, 8, None, "SAScheduleTupleID") + 1
    _end_or_raise(reader, 2, "MeterInfo")


_BODIES = {
    1: ("ContractAuthenticationRes", _authorization),
    4: ("CableCheckRes", _cable_check),
    10: ("ChargeParameterDiscoveryRes", _charge_parameters),
    14: ("CurrentDemandRes", _current_demand),
    20: ("ServicePaymentSelectionRes", _nothing),
    22: ("PowerDeliveryRes", _power_delivery),
    24: ("PreChargeRes", _voltage),
    28: ("ServiceDiscoveryRes", _service_discovery),
    30: ("SessionSetupRes", _session_setup),
    32: ("SessionStopRes", _nothing),
    34: ("WeldingDetectionRes", _voltage),
}
