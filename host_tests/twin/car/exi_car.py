# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""EXI of a DIN 70121 car, bit by bit: one hand-written function per message, no tables, no grammar engine.

Requests are written, responses are read; names and shapes of the trees are the schema's (dict by element
name, repeated elements as lists, enumerations as strings, binary as bytes). Every `bits(n, value)` below
is one event code or one value of the bit-packed, schema-informed, non-strict coding. A deviation raises
CarExiError.

Arguments used again and again:
    status  (ready, error code index, soc percent, cabin or None, ress or None): DC_EVStatus
    value   (multiplier -3..3, unit string or None, value): PhysicalValue
"""

UNITS = ["h", "m", "s", "A", "Ah", "V", "VA", "W", "W/s", "Wh"]
APP_CODES = ["OK_SuccessfulNegotiation", "OK_SuccessfulNegotiationWithMinorDeviation", "Failed_NoNegotiation"]
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
    "FAILED_EVSEPresentVoltageToLow",
    "FAILED_MeteringSignatureNotValid",
    "FAILED_WrongEnergyTransferType",
]
STATUS_CODES = [
    "EVSE_NotReady",
    "EVSE_Ready",
    "EVSE_Shutdown",
    "EVSE_UtilityInterruptEvent",
    "EVSE_IsolationMonitoringActive",
    "EVSE_EmergencyShutdown",
    "EVSE_Malfunction",
    "Reserved_8",
    "Reserved_9",
    "Reserved_A",
    "Reserved_B",
    "Reserved_C",
]
ISOLATION = ["Invalid", "Valid", "Warning", "Fault"]
NOTIFICATIONS = ["None", "StopCharging", "ReNegotiation"]
PROCESSING = ["Finished", "Ongoing"]
PAYMENT = ["Contract", "ExternalPayment"]
CATEGORIES = ["EVCharging", "Internet", "ContractCertificate", "OtherCustom"]
TRANSFER = [
    "AC_single_phase_core",
    "AC_three_phase_core",
    "DC_core",
    "DC_extended",
    "DC_combo_core",
    "DC_dual",
    "AC_core1p_DC_extended",
    "AC_single_DC_core",
    "AC_single_phase_three_phase_core_DC_extended",
    "AC_core3p_DC_extended",
]
REQUESTED_TRANSFER = [
    "AC_single_phase_core",
    "AC_three_phase_core",
    "DC_core",
    "DC_extended",
    "DC_combo_core",
    "DC_unique",
]
FAULTS = ["ParsingError", "NoTLSRootCertificatAvailable", "UnknownError"]
COSTS = ["relativePricePercentage", "RenewableGenerationPercentage", "CarbonDioxideEmission"]


class CarExiError(Exception):
    """What was received is not the message it should be."""


class BitWriter:
    """Collects bits, most significant first."""

    def __init__(self):
        self.done = bytearray()
        self.held = 0
        self.count = 0

    def bits(self, width, value):
        self.held = self.held << width | value
        self.count += width
        while self.count >= 8:
            self.count -= 8
            self.done.append(self.held >> self.count & 0xFF)
        self.held &= (1 << self.count) - 1

    def number(self, value):
        """Unsigned integer in groups of 7 bits, lowest first."""
        while value > 127:
            self.bits(8, value & 127 | 128)
            value >>= 7
        self.bits(8, value)

    def signed(self, value):
        self.bits(1, 1 if value < 0 else 0)
        self.number(-value - 1 if value < 0 else value)

    def octets(self, data):
        self.number(len(data))
        for value in data:
            self.bits(8, value)

    def text(self, string):
        self.number(len(string) + 2)
        for character in string:
            self.number(ord(character))

    def bytes(self):
        rest = bytes([self.held << (8 - self.count) & 0xFF]) if self.count else b""
        return bytes(self.done) + rest


class BitReader:
    """Reads bits, most significant first; the end of the data is an error."""

    def __init__(self, data):
        self.data = bytes(data)
        self.at = 0

    def bits(self, width):
        value = 0
        if self.at + width > len(self.data) * 8:
            raise CarExiError("message ends too early")
        for _ in range(width):
            value = value << 1 | self.data[self.at >> 3] >> (7 - (self.at & 7)) & 1
            self.at += 1
        return value

    def zero(self, width, what):
        """An event code or flag that has to be 0: the schema's only way on."""
        found = self.bits(width)
        if found:
            raise CarExiError(f"{what}: code {found}")

    def choice(self, width, names, what):
        index = self.bits(width)
        if index >= len(names):
            raise CarExiError(f"{what}: code {index}")
        return names[index]

    def number(self, most=0xFFFFFFFF):
        value = shift = 0
        while True:
            group = self.bits(8)
            value |= (group & 127) << shift
            shift += 7
            if value > most or shift > 70:
                raise CarExiError("number too large")
            if not group & 128:
                return value

    def signed(self, bits=16):
        negative = self.bits(1)
        value = self.number((1 << (bits - 1)) - 1)
        return -value - 1 if negative else value

    def octets(self, most):
        return bytes([self.bits(8) for _ in range(self.number(most))])

    def text(self, most):
        length = self.number(most + 2)
        if length < 2:
            raise CarExiError("string table hit")
        return "".join([chr(self.number(0x10FFFF)) for _ in range(length - 2)])

    def finish(self):
        """Surplus whole bytes behind the message; padding bits must be 0."""
        while self.at & 7:
            self.zero(1, "padding")
        return len(self.data) - (self.at >> 3)


# ---- supportedAppProtocol


def supported_app_protocol_req(entries):
    """`entries`: (namespace, major, minor, schema id, priority), at most 20."""
    writer = BitWriter()
    writer.bits(8, 0x80)
    writer.bits(2, 0)
    for number, entry in enumerate(entries):
        writer.bits(2 if number else 1, 0)  # AppProtocol, alone in the first state
        writer.bits(2, 0)  # ProtocolNamespace, characters
        writer.text(entry[0])
        writer.bits(3, 0)  # EE, VersionNumberMajor, characters
        writer.number(entry[1])
        writer.bits(3, 0)
        writer.number(entry[2])
        writer.bits(3, 0)
        writer.bits(8, entry[3])
        writer.bits(3, 0)
        writer.bits(5, entry[4] - 1)
        writer.bits(2, 0)  # EE of Priority, EE of AppProtocol
    if len(entries) < 20:
        writer.bits(2, 1)
    else:
        writer.bits(1, 0)
    return writer.bytes()


def read_supported_app_protocol_res(data):
    """(response code, SchemaID or None)."""
    reader = BitReader(data)
    if reader.bits(8) != 0x80 or reader.bits(2) != 1:
        raise CarExiError("not a supportedAppProtocolRes")
    reader.zero(2, "ResponseCode")
    code = reader.choice(2, APP_CODES, "ResponseCode")
    reader.zero(1, "ResponseCode end")
    schema_id = None
    if is_first(reader, "supportedAppProtocolRes"):
        reader.zero(1, "SchemaID")
        schema_id = reader.bits(8)
        reader.zero(2, "SchemaID end")
    if reader.finish():
        raise CarExiError("surplus bytes")
    return code, schema_id


# ---- requests


def _request(session_id, code):
    """Header and body code; what follows is the content of the request."""
    writer = BitWriter()
    writer.bits(8, 0x80)
    writer.bits(7, 77)  # V2G_Message
    writer.bits(3, 0)  # Header, SessionID, characters
    writer.octets(session_id)
    writer.bits(1, 0)
    writer.bits(2, 2)  # end of Header: neither Notification nor Signature
    writer.bits(1, 0)  # Body
    writer.bits(6, code)
    return writer


def _end(writer):
    writer.bits(2, 0)  # EE of Body, EE of V2G_Message
    return writer.bytes()


def _ev_status(writer, status):
    writer.bits(2, 0)  # EVReady, characters
    writer.bits(1, 1 if status[0] else 0)
    writer.bits(1, 0)
    cabin, ress = status[3], status[4]
    if cabin is not None:
        writer.bits(3, 0)  # EVCabinConditioning (code 0 of 3), characters
        writer.bits(1, 1 if cabin else 0)
        writer.bits(1, 0)
    if ress is not None:
        writer.bits(2, 1 if cabin is None else 0)
        writer.bits(1, 0)
        writer.bits(1, 1 if ress else 0)
        writer.bits(1, 0)
        writer.bits(1, 0)  # EVErrorCode is the only one left
    elif cabin is not None:
        writer.bits(2, 1)
    else:
        writer.bits(2, 2)
    writer.bits(1, 0)
    writer.bits(4, status[1])
    writer.bits(3, 0)  # EE, EVRESSSOC, characters
    writer.bits(7, status[2])
    writer.bits(2, 0)  # EE, EE of DC_EVStatus


def _physical(writer, value):
    writer.bits(2, 0)  # Multiplier, characters
    writer.bits(3, value[0] + 3)
    writer.bits(1, 0)
    if value[1] is None:
        writer.bits(2, 1)
    else:
        writer.bits(3, 0)
        writer.bits(4, UNITS.index(value[1]))
        writer.bits(2, 0)
    writer.bits(1, 0)
    writer.signed(value[2])
    writer.bits(2, 0)


def session_setup_req(session_id, evccid):
    writer = _request(session_id, 29)
    writer.bits(2, 0)
    writer.octets(evccid)
    writer.bits(2, 0)
    return _end(writer)


def service_discovery_req(session_id, category=None):
    writer = _request(session_id, 25)
    if category is None:
        writer.bits(2, 2)
    else:
        writer.bits(3, 2)  # ServiceCategory (code 1 of 3), characters
        writer.bits(2, CATEGORIES.index(category))
        writer.bits(2, 0)
    return _end(writer)


def service_payment_selection_req(session_id, option="ExternalPayment", services=((1, None),)):
    """`services`: (ServiceID, ParameterSetID or None) each."""
    writer = _request(session_id, 27)
    writer.bits(2, 0)
    writer.bits(1, PAYMENT.index(option))
    writer.bits(2, 0)  # EE, SelectedServiceList
    for number, service in enumerate(services):
        writer.bits(2 if number else 1, 0)
        writer.bits(2, 0)
        writer.number(service[0])
        writer.bits(1, 0)
        if service[1] is None:
            writer.bits(2, 1)
        else:
            writer.bits(3, 0)
            writer.signed(service[1])
            writer.bits(2, 0)
    writer.bits(2, 1)  # end of list
    writer.bits(1, 0)
    return _end(writer)


def contract_authentication_req(session_id):
    writer = _request(session_id, 11)
    writer.bits(2, 2)
    return _end(writer)


def charge_parameter_discovery_req(session_id, status, limits, energy=(), socs=(), transfer="DC_extended"):
    """`limits`: current, power, voltage; `energy`: capacity, request; `socs`: full, bulk; None leaves out."""
    writer = _request(session_id, 7)
    writer.bits(2, 0)
    writer.bits(3, REQUESTED_TRANSFER.index(transfer))
    writer.bits(1, 0)
    writer.bits(2, 1)  # DC_EVChargeParameter
    writer.bits(1, 0)
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


def charge_options(writer, energy, socs, physical):
    """EVEnergyCapacity, EVEnergyRequest, FullSOC, BulkSOC, EE: five codes, fewer with each one passed.

    `physical(writer, value)` writes an energy.
    """
    options = list(energy) + [None] * (2 - len(energy)) + list(socs) + [None] * (2 - len(socs))
    start = 0
    for place in range(4):
        if options[place] is None:
            continue
        writer.bits(3 if start < 2 else 2, place - start)
        if place < 2:
            physical(writer, options[place])
        else:
            writer.bits(1, 0)
            writer.bits(7, options[place])
            writer.bits(1, 0)
        start = place + 1
    writer.bits(3 if start < 2 else 2 if start < 4 else 1, 4 - start)


def _status_only(session_id, code, status):
    writer = _request(session_id, code)
    writer.bits(1, 0)
    _ev_status(writer, status)
    writer.bits(1, 0)
    return _end(writer)


def cable_check_req(session_id, status):
    return _status_only(session_id, 1, status)


def welding_detection_req(session_id, status):
    return _status_only(session_id, 33, status)


def pre_charge_req(session_id, status, voltage, current):
    writer = _request(session_id, 21)
    writer.bits(1, 0)
    _ev_status(writer, status)
    writer.bits(1, 0)
    _physical(writer, voltage)
    writer.bits(1, 0)
    _physical(writer, current)
    writer.bits(1, 0)
    return _end(writer)


def power_delivery_req(session_id, ready, status=None, complete=False, bulk_complete=None):
    """`status` None leaves DC_EVPowerDeliveryParameter out."""
    writer = _request(session_id, 19)
    writer.bits(2, 0)
    writer.bits(1, 1 if ready else 0)
    writer.bits(1, 0)
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
    writer.bits(3, 0)  # EE, EE of the parameter, EE of the request
    return _end(writer)


def current_demand_req(
    session_id, status, current, voltage, limits=(), times=(), complete=False, bulk_complete=None
):
    """`limits`: voltage, current, power; `times`: to full, to bulk; None is left out."""
    writer = _request(session_id, 13)
    writer.bits(1, 0)
    _ev_status(writer, status)
    writer.bits(1, 0)
    _physical(writer, current)
    start = 0
    options = list(limits) + [None] * (3 - len(limits)) + [bulk_complete]
    for place in range(4):
        if options[place] is None:
            continue
        writer.bits(3 if start < 2 else 2, place - start)
        if place < 3:
            _physical(writer, options[place])
        else:
            writer.bits(1, 0)
            writer.bits(1, 1 if bulk_complete else 0)
            writer.bits(1, 0)
        start = place + 1
    writer.bits(3 if start < 2 else 2 if start < 4 else 1, 4 - start)
    writer.bits(1, 0)
    writer.bits(1, 1 if complete else 0)
    writer.bits(1, 0)
    start = 0
    times = list(times) + [None] * (2 - len(times))
    for place in range(2):
        if times[place] is not None:
            writer.bits(2, place - start)
            _physical(writer, times[place])
            start = place + 1
    writer.bits(1 if start == 2 else 2, 2 - start)
    _physical(writer, voltage)
    writer.bits(1, 0)
    return _end(writer)


def session_stop_req(session_id):
    writer = _request(session_id, 31)
    writer.bits(1, 0)
    return _end(writer)


# ---- responses


def read_message(data):
    """(header dict, body name, body dict, surplus bytes) of a DIN response."""
    reader = BitReader(data)
    if reader.bits(8) != 0x80:
        raise CarExiError("EXI header is not 80")
    if reader.bits(7) != 77:
        raise CarExiError("root element is not V2G_Message")
    header = _read_header(reader)
    reader.zero(1, "Body")
    code = reader.bits(6)
    entry = _BODIES.get(code)
    if entry is None:
        raise CarExiError(f"body code {code} is not a response of a charger")
    body = entry[1](reader)
    reader.zero(2, "end of message")
    return header, entry[0], body, reader.finish()


def is_first(reader, what):
    """Two bits for two ways on: 0 the first (an optional element, another item), 1 the second (what comes after it)."""
    way = reader.bits(2)
    if way > 1:
        raise CarExiError(f"{what}: code {way}")
    return way == 0


def _read_header(reader):
    reader.zero(3, "SessionID")
    header = {"SessionID": reader.octets(8)}
    reader.zero(1, "SessionID end")
    way = reader.bits(2)
    if way == 0:
        header["Notification"] = _read_notification(reader)
        way = reader.bits(2) + 1
    if way == 1:
        raise CarExiError("signed header")
    if way != 2:
        raise CarExiError(f"Header: code {way}")
    return header


def _read_notification(reader):
    reader.zero(2, "FaultCode")
    notification = {"FaultCode": reader.choice(2, FAULTS, "FaultCode")}
    reader.zero(1, "FaultCode end")
    if is_first(reader, "Notification"):
        reader.zero(1, "FaultMsg")
        notification["FaultMsg"] = reader.text(64)
        reader.zero(2, "FaultMsg end")
    return notification


def _read_code(reader):
    reader.zero(2, "ResponseCode")
    code = reader.choice(5, RESPONSE_CODES, "ResponseCode")
    reader.zero(1, "ResponseCode end")
    return {"ResponseCode": code}


def _read_physical(reader):
    reader.zero(2, "Multiplier")
    multiplier = reader.bits(3) - 3
    if multiplier > 3:
        raise CarExiError(f"Multiplier {multiplier}")
    value = {"Multiplier": multiplier}
    reader.zero(1, "Multiplier end")
    if is_first(reader, "PhysicalValue"):
        reader.zero(1, "Unit")
        value["Unit"] = reader.choice(4, UNITS, "Unit")
        reader.zero(2, "Unit end")
    reader.zero(1, "Value")
    value["Value"] = reader.signed()
    reader.zero(2, "Value end")
    return value


def _read_bool(reader, what):
    """Characters, one bit, EE; the SE code was read before."""
    reader.zero(1, what)
    value = reader.bits(1) == 1
    reader.zero(1, what + " end")
    return value


def _read_dc_status(reader):
    status = {}
    if is_first(reader, "DC_EVSEStatus"):
        reader.zero(1, "EVSEIsolationStatus")
        status["EVSEIsolationStatus"] = reader.choice(2, ISOLATION, "EVSEIsolationStatus")
        reader.zero(2, "EVSEIsolationStatus end")
    reader.zero(1, "EVSEStatusCode")
    status["EVSEStatusCode"] = reader.choice(4, STATUS_CODES, "EVSEStatusCode")
    _read_notification_delay(reader, status)
    return status


def _read_notification_delay(reader, status):
    reader.zero(3, "NotificationMaxDelay")
    status["NotificationMaxDelay"] = reader.number()
    reader.zero(3, "EVSENotification")
    status["EVSENotification"] = reader.choice(2, NOTIFICATIONS, "EVSENotification")
    reader.zero(2, "EVSENotification end")


def _read_ac_status(reader):
    reader.zero(1, "PowerSwitchClosed")
    status = {"PowerSwitchClosed": _read_bool(reader, "PowerSwitchClosed")}
    reader.zero(1, "RCD")
    reader.zero(1, "RCD")
    status["RCD"] = reader.bits(1) == 1
    _read_notification_delay(reader, status)
    return status


def _read_session_setup_res(reader):
    body = _read_code(reader)
    reader.zero(2, "EVSEID")
    body["EVSEID"] = reader.octets(32)
    reader.zero(1, "EVSEID end")
    if is_first(reader, "SessionSetupRes"):
        reader.zero(1, "DateTimeNow")
        body["DateTimeNow"] = reader.signed(64)
        reader.zero(2, "DateTimeNow end")
    return body


def _read_tag(reader):
    reader.zero(2, "ServiceID")
    tag = {"ServiceID": reader.number(65535)}
    reader.zero(1, "ServiceID end")
    if is_first(reader, "ServiceTag"):
        reader.zero(1, "ServiceName")
        tag["ServiceName"] = reader.text(32)
        reader.zero(2, "ServiceName end")
    reader.zero(1, "ServiceCategory")
    tag["ServiceCategory"] = reader.choice(2, CATEGORIES, "ServiceCategory")
    reader.zero(1, "ServiceCategory end")
    if is_first(reader, "ServiceTag"):
        reader.zero(1, "ServiceScope")
        tag["ServiceScope"] = reader.text(32)
        reader.zero(2, "ServiceScope end")
    return tag


def _read_list(reader, read_item, what, most=1000):
    """Items of an unbounded list: 1 bit for the first, 2 bits from the second on, 1 ends it."""
    reader.zero(1, what)
    items = [read_item(reader)]
    while is_first(reader, what):
        if len(items) >= most:
            raise CarExiError(f"{what}: too many")
        items.append(read_item(reader))
    return items


def _read_payment(reader):
    reader.zero(1, "PaymentOption")
    option = PAYMENT[reader.bits(1)]
    reader.zero(1, "PaymentOption end")
    return option


def _read_service(reader):
    reader.zero(1, "ServiceTag")
    service = {"ServiceTag": _read_tag(reader)}
    reader.zero(1, "FreeService")
    service["FreeService"] = _read_bool(reader, "FreeService")
    reader.zero(1, "Service end")
    return service


def _read_service_discovery_res(reader):
    body = _read_code(reader)
    reader.zero(1, "PaymentOptions")
    body["PaymentOptions"] = {"PaymentOption": _read_list(reader, _read_payment, "PaymentOption")}
    reader.zero(2, "ChargeService")
    service = {"ServiceTag": _read_tag(reader)}
    reader.zero(1, "FreeService")
    service["FreeService"] = _read_bool(reader, "FreeService")
    reader.zero(2, "EnergyTransferType")
    service["EnergyTransferType"] = reader.choice(4, TRANSFER, "EnergyTransferType")
    reader.zero(2, "EnergyTransferType end")
    body["ChargeService"] = service
    if is_first(reader, "ServiceDiscoveryRes"):
        body["ServiceList"] = {"Service": _read_list(reader, _read_service, "Service")}
        reader.zero(1, "ServiceDiscoveryRes end")
    return body


def _read_code_only(reader):
    body = _read_code(reader)
    reader.zero(1, "end")
    return body


def _read_processing(reader, body):
    reader.zero(2, "EVSEProcessing")
    body["EVSEProcessing"] = PROCESSING[reader.bits(1)]
    reader.zero(1, "EVSEProcessing end")


def _read_contract_authentication_res(reader):
    body = _read_code(reader)
    _read_processing(reader, body)
    reader.zero(1, "end")
    return body


def _read_interval(reader, entry):
    if is_first(reader, "interval"):
        reader.zero(2, "start")
        interval = {"start": reader.number()}
        reader.zero(1, "start end")
        if is_first(reader, "RelativeTimeInterval"):
            reader.zero(1, "duration")
            interval["duration"] = reader.number()
            reader.zero(2, "duration end")
        entry["RelativeTimeInterval"] = interval
    else:
        reader.zero(1, "TimeInterval")
        entry["TimeInterval"] = {}


def _read_p_max_entry(reader):
    entry = {}
    _read_interval(reader, entry)
    reader.zero(2, "PMax")
    entry["PMax"] = reader.signed()
    reader.zero(2, "PMax end")
    return entry


def _read_cost(reader):
    reader.zero(2, "costKind")
    cost = {"costKind": reader.choice(2, COSTS, "costKind")}
    reader.zero(3, "amount")
    cost["amount"] = reader.number()
    reader.zero(1, "amount end")
    if is_first(reader, "Cost"):
        reader.zero(1, "amountMultiplier")
        cost["amountMultiplier"] = reader.bits(3) - 3
        reader.zero(2, "amountMultiplier end")
    return cost


def _read_consumption_cost(reader):
    reader.zero(2, "startValue")
    cost = {"startValue": reader.number()}
    reader.zero(1, "startValue end")
    while is_first(reader, "ConsumptionCost"):
        cost.setdefault("Cost", []).append(_read_cost(reader))
    return cost


def _read_tariff_entry(reader):
    entry = {}
    _read_interval(reader, entry)
    reader.zero(2, "EPriceLevel")
    entry["EPriceLevel"] = reader.bits(8)
    reader.zero(1, "EPriceLevel end")
    while is_first(reader, "SalesTariffEntry"):
        entry.setdefault("ConsumptionCost", []).append(_read_consumption_cost(reader))
    return entry


def _read_tariff(reader):
    reader.zero(1, "Id")
    tariff = {"Id": reader.text(255)}
    reader.zero(2, "SalesTariffID")
    tariff["SalesTariffID"] = reader.signed()
    reader.zero(1, "SalesTariffID end")
    if is_first(reader, "SalesTariff"):
        reader.zero(1, "SalesTariffDescription")
        tariff["SalesTariffDescription"] = reader.text(32)
        reader.zero(2, "NumEPriceLevels")
    reader.zero(1, "NumEPriceLevels")
    tariff["NumEPriceLevels"] = reader.bits(8)
    reader.zero(1, "NumEPriceLevels end")
    tariff["SalesTariffEntry"] = _read_list(reader, _read_tariff_entry, "SalesTariffEntry")
    return tariff


def _read_tuple(reader):
    reader.zero(2, "SAScheduleTupleID")
    item = {"SAScheduleTupleID": reader.signed()}
    reader.zero(2, "PMaxSchedule")
    reader.zero(2, "PMaxScheduleID")
    schedule = {"PMaxScheduleID": reader.signed()}
    reader.zero(1, "PMaxScheduleID end")
    schedule["PMaxScheduleEntry"] = _read_list(reader, _read_p_max_entry, "PMaxScheduleEntry")
    item["PMaxSchedule"] = schedule
    if is_first(reader, "SAScheduleTuple"):
        item["SalesTariff"] = _read_tariff(reader)
        reader.zero(1, "SAScheduleTuple end")
    return item


def _read_dc_parameters(reader):
    reader.zero(1, "DC_EVSEStatus")
    parameters = {"DC_EVSEStatus": _read_dc_status(reader)}
    reader.zero(1, "EVSEMaximumCurrentLimit")
    parameters["EVSEMaximumCurrentLimit"] = _read_physical(reader)
    if is_first(reader, "EVSEMaximumPowerLimit"):
        parameters["EVSEMaximumPowerLimit"] = _read_physical(reader)
        reader.zero(1, "EVSEMaximumVoltageLimit")
    parameters["EVSEMaximumVoltageLimit"] = _read_physical(reader)
    reader.zero(1, "EVSEMinimumCurrentLimit")
    parameters["EVSEMinimumCurrentLimit"] = _read_physical(reader)
    reader.zero(1, "EVSEMinimumVoltageLimit")
    parameters["EVSEMinimumVoltageLimit"] = _read_physical(reader)
    if is_first(reader, "EVSECurrentRegulationTolerance"):
        parameters["EVSECurrentRegulationTolerance"] = _read_physical(reader)
        reader.zero(1, "EVSEPeakCurrentRipple")
    parameters["EVSEPeakCurrentRipple"] = _read_physical(reader)
    if is_first(reader, "EVSEEnergyToBeDelivered"):
        parameters["EVSEEnergyToBeDelivered"] = _read_physical(reader)
        reader.zero(1, "DC_EVSEChargeParameter end")
    return parameters


def _read_ac_parameters(reader):
    reader.zero(1, "AC_EVSEStatus")
    parameters = {"AC_EVSEStatus": _read_ac_status(reader)}
    for name in ("EVSEMaxVoltage", "EVSEMaxCurrent", "EVSEMinCurrent"):
        reader.zero(1, name)
        parameters[name] = _read_physical(reader)
    reader.zero(1, "AC_EVSEChargeParameter end")
    return parameters


def _read_charge_parameter_discovery_res(reader):
    body = _read_code(reader)
    _read_processing(reader, body)
    if is_first(reader, "SASchedules"):
        body["SAScheduleList"] = {"SAScheduleTuple": _read_list(reader, _read_tuple, "SAScheduleTuple")}
    else:
        reader.zero(1, "SASchedules")
        body["SASchedules"] = {}
    if is_first(reader, "EVSEChargeParameter"):
        body["AC_EVSEChargeParameter"] = _read_ac_parameters(reader)
    else:
        body["DC_EVSEChargeParameter"] = _read_dc_parameters(reader)
    reader.zero(1, "ChargeParameterDiscoveryRes end")
    return body


def _read_status_field(reader, body):
    reader.zero(1, "DC_EVSEStatus")
    body["DC_EVSEStatus"] = _read_dc_status(reader)


def _read_cable_check_res(reader):
    body = _read_code(reader)
    _read_status_field(reader, body)
    _read_processing(reader, body)
    reader.zero(1, "CableCheckRes end")
    return body


def _read_voltage_res(reader):
    """PreChargeRes and WeldingDetectionRes."""
    body = _read_code(reader)
    _read_status_field(reader, body)
    reader.zero(1, "EVSEPresentVoltage")
    body["EVSEPresentVoltage"] = _read_physical(reader)
    reader.zero(1, "end")
    return body


def _read_power_delivery_res(reader):
    body = _read_code(reader)
    if is_first(reader, "EVSEStatus"):
        body["AC_EVSEStatus"] = _read_ac_status(reader)
    else:
        body["DC_EVSEStatus"] = _read_dc_status(reader)
    reader.zero(1, "PowerDeliveryRes end")
    return body


def _read_current_demand_res(reader):
    body = _read_code(reader)
    _read_status_field(reader, body)
    for name in ("EVSEPresentVoltage", "EVSEPresentCurrent"):
        reader.zero(1, name)
        body[name] = _read_physical(reader)
    for name in ("EVSECurrentLimitAchieved", "EVSEVoltageLimitAchieved", "EVSEPowerLimitAchieved"):
        reader.zero(1, name)
        body[name] = _read_bool(reader, name)
    names = ("EVSEMaximumVoltageLimit", "EVSEMaximumCurrentLimit", "EVSEMaximumPowerLimit")
    start = 0
    while True:
        way = reader.bits((3, 2, 2, 1)[start])
        if way > 3 - start:
            raise CarExiError(f"CurrentDemandRes: code {way}")
        if way == 3 - start:
            return body
        body[names[start + way]] = _read_physical(reader)
        start += way + 1


_BODIES = {
    2: ("CableCheckRes", _read_cable_check_res),
    8: ("ChargeParameterDiscoveryRes", _read_charge_parameter_discovery_res),
    12: ("ContractAuthenticationRes", _read_contract_authentication_res),
    14: ("CurrentDemandRes", _read_current_demand_res),
    20: ("PowerDeliveryRes", _read_power_delivery_res),
    22: ("PreChargeRes", _read_voltage_res),
    26: ("ServiceDiscoveryRes", _read_service_discovery_res),
    28: ("ServicePaymentSelectionRes", _read_code_only),
    30: ("SessionSetupRes", _read_session_setup_res),
    32: ("SessionStopRes", _read_code_only),
    34: ("WeldingDetectionRes", _read_voltage_res),
}
