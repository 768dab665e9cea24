# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The DIN 70121 session as a car leads it, over V2GTP, with the different ways cars leave it.

    supportedAppProtocol - SessionSetup - ServiceDiscovery - ServicePaymentSelection -
    ContractAuthentication - ChargeParameterDiscovery - CableCheck - PreCharge - PowerDelivery -
    CurrentDemand ... - SessionStop

Every response is also read by the safety witness (`dangers_in`), whatever the car then does with it.
`now` is a plain count of milliseconds.
"""

from host_tests.twin.car import exi_car, exi_car_iso2
from host_tests.twin.car import habits as habit_table
from host_tests.twin.car.ledger import earlier

# habit "leave"
LEAVING = {
    "standard": "EVSE_Shutdown seen: SessionStop, waits for its answer, closes TCP",
    "power_delivery_first": "EVSE_Shutdown seen: PowerDelivery(not ready), WeldingDetection, SessionStop",
    "stops_at_once": "SessionStop after the first ChargeParameterDiscoveryRes, whatever it says",
    "ignores_shutdown": "goes on through CableCheck and PreCharge while codes are OK (Tesla, ID.Buzz)",
    "closes_tcp_at_first_cpdres": "closes TCP after the first ChargeParameterDiscoveryRes (iX3)",
    "falls_silent": "says nothing after the first ChargeParameterDiscoveryRes, keeps TCP open",
    "loops_after_failed": "as ignores_shutdown, and repeats a request that FAILED until the station closes",
}
CARELESS = ("ignores_shutdown", "loops_after_failed")

_NAMES = (
    (habit_table.DIN[0], "DIN 70121"),
    (habit_table.ISO2[0], "ISO 15118-2"),
    (habit_table.ISO20_DC[0], "ISO 15118-20 DC"),
    (habit_table.TESLA[0], "Tesla"),
)
# One session speaks both: the codecs have the same functions, and the names of DIN.
_CODECS = {"DIN 70121": exi_car, "ISO 15118-2": exi_car_iso2}
_LONGEST_MESSAGE = 4096
_RIGHT_VOLTAGE_MV = 20000  # distance to the target at which a car ends pre-charge


def v2gtp(payload):
    return b"\x01\xfe\x80\x01" + len(payload).to_bytes(4, "big") + payload


def milli(value):
    """A PhysicalValue tree in thousandths of its unit, an int."""
    return value["Value"] * 10 ** (value["Multiplier"] + 3)


def physical_wh(watt_hours, smallest):
    """(multiplier, unit, value) that holds the energy in a 16-bit value; `smallest`: (multiplier, unit)."""
    multiplier = smallest[0]
    while watt_hours // 10**multiplier > 32767:
        multiplier += 1
    return (multiplier, smallest[1], watt_hours // 10**multiplier)


def dangers_in(name, body, ready_asked):
    """What in a response could let a car close its contactors; `ready_asked`: it wanted power delivery."""
    found = []
    positive = body["ResponseCode"].startswith("OK")
    status = body.get("DC_EVSEStatus") or body.get("DC_EVSEChargeParameter", {}).get("DC_EVSEStatus") or {}
    if status.get("EVSEIsolationStatus") in ("Valid", "Warning"):
        found.append("{}: isolation status {}".format(name, status["EVSEIsolationStatus"]))
    for field in ("EVSEPresentVoltage", "EVSEPresentCurrent"):
        if field in body and body[field]["Value"] != 0:
            found.append(f"{name}: {field} {body[field]['Value']} e{body[field]['Multiplier']}")
    ac_status = body.get("AC_EVSEStatus") or body.get("AC_EVSEChargeParameter", {}).get("AC_EVSEStatus") or {}
    if ac_status.get("PowerSwitchClosed"):
        found.append(name + ": PowerSwitchClosed")
    if not positive:
        return found
    ready = status.get("EVSEStatusCode") == "EVSE_Ready"
    if name == "PowerDeliveryRes" and ready_asked:
        found.append("PowerDeliveryRes: OK for ReadyToChargeState true")
    if name == "CurrentDemandRes":
        found.append("CurrentDemandRes: OK")
    if name == "CableCheckRes" and ready and body["EVSEProcessing"] == "Finished":
        found.append("CableCheckRes: Finished and EVSE_Ready")
    if name in ("PreChargeRes", "PowerDeliveryRes") and ready:
        found.append(name + ": OK and EVSE_Ready")
    return found


class DinSession:
    """One session over one TCP connection, in DIN 70121 or ISO 15118-2.

    `orderly`: None while it runs, then whether the car itself brought it to its end. `cable_check`: the car
    holds the pilot in state C for it.
    """

    def __init__(self, mac, values, habits, random_bytes, tcp, book):
        self.mac = mac
        self.values = values
        self.habits = habits
        self.random_bytes = random_bytes
        self.tcp = tcp
        self.book = book
        self.state = "IDLE"
        self.orderly = None
        self._clear()

    def _clear(self):
        self.buffer = b""
        self.session_id = bytes(self.habits["session_id_length"])
        self.evccid = self._own_evccid()
        self.waiting = None  # name of the response
        self.asked = None  # name of the request under way
        self.deadline = None
        self.next_request = None
        self.next_at = None
        self.close_at = None
        self.phase_since = None  # [request name, ms]: for the limits of Ongoing
        self.shutdowns = 0
        self.cpd_answers = 0
        self.ready_asked = False
        self.weldings = 0
        self.soc_told = False
        self.soc_known = False
        self.times_asked = 0
        self.cable_check = False
        self.protocol = None
        self.codec = exi_car
        self.service_id = 1
        self.trace = []  # (request name, response code) of the session, for tests

    def _own_evccid(self):
        evccid = self.values.get("evccid")
        if evccid is not None:
            return evccid
        mac = self.mac
        if self.habits["evccid_rotates"]:
            mac = mac[0:3] + self.random_bytes(3)
        return bytes(self.habits["evccid_length"] - 6) + mac

    # ---- life

    def start(self, now):
        """TCP is established."""
        self.orderly = None
        self._clear()
        self.state = "RUNNING"
        self._ask_later("supportedAppProtocol", now + self.habits["first_request_ms"])

    def stop(self):
        """Forget it, e.g. after unplugging."""
        self.state = "IDLE"
        self.orderly = None
        self._clear()

    def running(self):
        return self.state in ("RUNNING", "SILENT", "CLOSING", "STOPPED")

    def lost(self):
        """TCP or powerline went away; orderly only behind SessionStop or the car's own closing."""
        if self.running():
            self.orderly = self.state in ("STOPPED", "CLOSING") and self.orderly is not False
        if self.state != "IDLE":
            self.state = "OVER"
        self.waiting = self.next_at = self.deadline = self.close_at = None
        self.cable_check = False

    def _ask_later(self, name, when):
        self.next_request = name
        self.next_at = when

    def next_due(self):
        return earlier(earlier(self.next_at, self.deadline), self.close_at)

    def poll(self, now):
        if self.next_at is not None and now >= self.next_at:
            name = self.next_request
            self.next_at = None
            self._ask(name, now)
        if self.deadline is not None and now >= self.deadline:
            self.book.complain(f"V2G: no {self.waiting} within {self._patience(self.asked)} ms")
            self.orderly = False
            self._close(self.habits["timeout_close_with"], now)
        if self.close_at is not None and now >= self.close_at:
            self._close(self.habits["close_with"], now)

    def _close(self, how, now):
        self.close_at = self.deadline = self.next_at = self.waiting = None
        if self.state != "STOPPED":
            self.state = "CLOSING"
        if how == "rst":
            self.tcp.abort(now)
        else:
            self.tcp.close(now)

    # ---- requests

    def _patience(self, name):
        return self.habits["current_demand_timeout_ms" if name == "CurrentDemand" else "message_timeout_ms"]

    def _ask(self, name, now):
        if name != self.asked:
            self.phase_since = now
            self.times_asked = 0
        self.times_asked += 1
        builder = {
            "supportedAppProtocol": self._app_protocol_req,
            "SessionSetup": self._session_setup_req,
            "ServiceDiscovery": self._service_discovery_req,
            "ServicePaymentSelection": self._payment_req,
            "ContractAuthentication": self._authentication_req,
            "ChargeParameterDiscovery": self._charge_parameter_req,
            "CableCheck": self._cable_check_req,
            "PreCharge": self._pre_charge_req,
            "PowerDelivery": self._power_delivery_req,
            "CurrentDemand": self._current_demand_req,
            "WeldingDetection": self._welding_req,
            "SessionStop": self._session_stop_req,
        }[name]
        self.asked = name
        self.waiting = name + "Res"
        self.deadline = now + self._patience(name)
        self.tcp.write(v2gtp(builder()), now)

    def _status(self, ready):
        cabin, ress = self.habits["conditioning"]
        return (ready, 0, self._soc() or 0, cabin, ress)

    def _soc(self):
        """What the car tells in the request under way: 0 before it knows."""
        from_request = self.habits["soc_told_from"]
        if from_request is not None and not self.soc_known:
            self.soc_known = self.asked == from_request[0] and self.times_asked >= from_request[1]
            if not self.soc_known:
                return 0
        return self.values["soc_percent"]

    def _app_protocol_req(self):
        return exi_car.supported_app_protocol_req(self.habits["app_protocols"])

    def _session_setup_req(self):
        return self.codec.session_setup_req(self.session_id, self.evccid)

    def _service_discovery_req(self):
        return self.codec.service_discovery_req(self.session_id, self.habits["service_category"])

    def _payment_req(self):
        return self.codec.service_payment_selection_req(self.session_id, services=((self.service_id, None),))

    def _authentication_req(self):
        surplus = b"\x00" if self.habits["surplus_byte"] else b""
        return self.codec.contract_authentication_req(self.session_id) + surplus

    def _charge_parameter_req(self):
        values = self.values
        energy = []
        for name in ("energy_capacity_wh", "energy_request_wh"):
            known = values.get(name)
            energy.append(None if known is None else physical_wh(known, self.habits["energy_unit"]))
        if not self.soc_told:
            self.soc_told = True
            self.book.event("soc_sent", self._soc())
        return self.codec.charge_parameter_discovery_req(
            self.session_id,
            self._status(self.habits["ready_in_cpd"]),
            (self.habits["max_current"], self.habits["max_power"], self.habits["max_voltage"]),
            energy,
            (values.get("full_soc_percent"), values.get("bulk_soc_percent")),
        )

    def _cable_check_req(self):
        self.cable_check = True
        return self.codec.cable_check_req(self.session_id, self._status(True))

    def _pre_charge_req(self):
        status, voltage = self._status(True), self.habits["target_voltage"]
        if self.habits["soc_told_from"] is not None and not self.soc_known:
            voltage = (voltage[0], "V", 0)  # nor does it know its voltage (Seres 3 rec)
        return self.codec.pre_charge_req(self.session_id, status, voltage, self.habits["target_current"])

    def _power_delivery_req(self):
        ready = self.ready_asked
        return self.codec.power_delivery_req(
            self.session_id, ready, self._status(ready), bulk_complete=self.habits["bulk_complete"]
        )

    def _current_demand_req(self):
        habits = self.habits
        limits = ()
        if habits["limits_in_current_demand"]:
            limits = (habits["max_voltage"], habits["max_current"], habits["max_power"])
        return self.codec.current_demand_req(
            self.session_id,
            self._status(True),
            habits["target_current"],
            habits["target_voltage"],
            limits,
            habits["remaining_times"],
            bulk_complete=habits["bulk_complete"],
        )

    def _welding_req(self):
        return self.codec.welding_detection_req(self.session_id, self._status(False))

    def _session_stop_req(self):
        return self.codec.session_stop_req(self.session_id)

    # ---- responses

    def receive(self, data, now):
        """Bytes of the TCP stream."""
        self.buffer += data
        while len(self.buffer) >= 8 and self.running():
            if self.buffer[0:4] != b"\x01\xfe\x80\x01":
                self._refuse("V2GTP header is wrong", now)
                return
            length = int.from_bytes(self.buffer[4:8], "big")
            if length == 0 or length > _LONGEST_MESSAGE:
                self._refuse(f"V2GTP payload of {length} bytes", now)
                return
            if len(self.buffer) < 8 + length:
                return
            payload = self.buffer[8 : 8 + length]
            self.buffer = self.buffer[8 + length :]
            self._message(payload, now)

    def _refuse(self, text, now):
        """The station broke the protocol: a strict car closes the connection."""
        self.book.complain("V2G: " + text)
        self.buffer = b""
        self.orderly = False
        self._close(self.habits["close_with"], now)

    def _message(self, payload, now):
        if self.waiting is None:
            self._refuse("a message that was not asked for", now)
            return
        try:
            if self.waiting == "supportedAppProtocolRes":
                code, schema_id = exi_car.read_supported_app_protocol_res(payload)
                self.waiting = self.deadline = None
                self._app_protocol_res(code, schema_id, now)
                return
            header, name, body, surplus = self.codec.read_message(payload)
        except exi_car.CarExiError as error:
            self._refuse(f"{self.waiting} cannot be read: {error}", now)
            return
        if surplus:
            self.book.complain(f"V2G: {surplus} surplus bytes behind {name}")
        for danger in dangers_in(name, body, self.ready_asked):
            self.book.danger(danger)
        self._response(header, name, body, now)

    def _app_protocol_res(self, code, schema_id, now):
        self.trace.append(("supportedAppProtocol", code))
        if code == "Failed_NoNegotiation":
            # the official way back to basic charging (WARP4), so an orderly end
            self.book.event("app_protocol", None)
            self._leave(now)
            return
        chosen = None
        for entry in self.habits["app_protocols"]:
            if entry[3] == schema_id:
                chosen = entry
        if chosen is None:
            self._refuse(f"SchemaID {schema_id} was not offered", now)
            return
        self.protocol = ([name for space, name in _NAMES if space == chosen[0]] or [chosen[0]])[0]
        self.book.event("app_protocol", self.protocol)
        if self.protocol in _CODECS:
            self.codec = _CODECS[self.protocol]
            self._ask_later("SessionSetup", now + self.habits["think_ms"])
        elif self.protocol == "Tesla" and self.habits["stalls_on_own_protocol"]:
            self.book.complain("V2G: Tesla's own protocol was chosen")
            self.state = "SILENT"
        else:
            self._refuse(f"{self.protocol} was chosen, this car does not speak it", now)

    def _leave(self, now):
        """The car's own, orderly closing."""
        self.state = "CLOSING"
        self.close_at = now + self.habits["close_delay_ms"]

    def _response(self, header, name, body, now):
        if name != self.waiting:
            self._refuse(f"{name} came, {self.waiting} was asked for", now)
            return
        code = body["ResponseCode"]
        self.trace.append((self.asked, code))
        self.waiting = self.deadline = None
        if self.asked != "SessionSetup" and header["SessionID"] != self.session_id:
            self._refuse(f"{name} carries another SessionID", now)
            return
        if "Notification" in header:
            self.book.complain(
                "V2G: {} with a Notification {}".format(name, header["Notification"]["FaultCode"])
            )
        self._check_common(name, body)
        if not code.startswith("OK"):
            self._failed(name, code, now)
            return
        self.book.event("response", name, code)
        if name == "SessionSetupRes":
            self._session_setup_res(header, body, now)
            return
        {
            "ServiceDiscoveryRes": self._service_discovery_res,
            "ServicePaymentSelectionRes": self._payment_res,
            "ContractAuthenticationRes": self._authentication_res,
            "ChargeParameterDiscoveryRes": self._charge_parameter_res,
            "CableCheckRes": self._cable_check_res,
            "PreChargeRes": self._pre_charge_res,
            "PowerDeliveryRes": self._power_delivery_res,
            "CurrentDemandRes": self._current_demand_res,
            "WeldingDetectionRes": self._welding_res,
            "SessionStopRes": self._session_stop_res,
        }[name](body, now)

    def _check_common(self, name, body):
        status = body.get("DC_EVSEStatus") or body.get("DC_EVSEChargeParameter", {}).get("DC_EVSEStatus")
        if status and status["EVSENotification"] != "None":
            self.book.complain("V2G: {} with EVSENotification {}".format(name, status["EVSENotification"]))
        for field in ("EVSEPresentVoltage", "EVSEPresentCurrent"):
            unit = body.get(field, {}).get("Unit")
            if unit is not None and unit != ("V" if field == "EVSEPresentVoltage" else "A"):
                self.book.complain(f"V2G: {field} in {unit}")

    def _failed(self, name, code, now):
        self.book.event("response", name, code)
        if name == "SessionStopRes":
            self._refuse("SessionStopRes says " + code, now)
        elif self.habits["leave"] == "loops_after_failed":
            self._ask_later(self.asked, now + self.habits["cpd_interval_ms"])
        elif name == "SessionSetupRes" or self.habits["after_failed"] == "close":
            self._leave(now)
        else:
            self._ask_later("SessionStop", now + self.habits["think_ms"])

    def _session_setup_res(self, header, body, now):
        session_id = header["SessionID"]
        if body["ResponseCode"] != "OK_NewSessionEstablished":
            self._refuse("SessionSetupRes says {} for a new session".format(body["ResponseCode"]), now)
            return
        if not session_id or not any(session_id):
            self._refuse("SessionID is empty or zero", now)
            return
        if not body["EVSEID"]:
            self.book.complain("V2G: EVSEID is empty")
        self.session_id = session_id
        self._ask_later("ServiceDiscovery", now + self.habits["think_ms"])

    def _service_discovery_res(self, body, now):
        service = body["ChargeService"]
        if "ExternalPayment" not in body["PaymentOptions"]["PaymentOption"]:
            self._refuse("ExternalPayment is not offered", now)
            return
        if len(body["PaymentOptions"]["PaymentOption"]) > 1:
            self.book.complain("V2G: more than one PaymentOption")
        if service["ServiceTag"]["ServiceCategory"] != "EVCharging":
            self.book.complain("V2G: charge service of category " + service["ServiceTag"]["ServiceCategory"])
        if service["EnergyTransferType"] not in ("DC_core", "DC_extended", "DC_combo_core", "DC_dual"):
            self._refuse("energy transfer {} is not DC".format(service["EnergyTransferType"]), now)
            return
        self.service_id = service["ServiceTag"]["ServiceID"]
        self._ask_later("ServicePaymentSelection", now + self.habits["think_ms"])

    def _payment_res(self, body, now):
        self._ask_later("ContractAuthentication", now + self.habits["think_ms"])

    def _authentication_res(self, body, now):
        if body["EVSEProcessing"] == "Ongoing":
            self._again(
                "ContractAuthentication",
                self.habits["cpd_interval_ms"],
                self.habits["ongoing_timeout_ms"],
                now,
            )
        else:
            self._ask_later("ChargeParameterDiscovery", now + self.habits["cpd_think_ms"])

    def _again(self, name, interval_ms, limit_ms, now):
        if now - self.phase_since >= limit_ms:
            self.book.complain(f"V2G: {name} goes on for {now - self.phase_since} ms")
            self._ask_later("SessionStop", now + self.habits["think_ms"])
        else:
            self._ask_later(name, now + interval_ms)

    def _charge_parameter_res(self, body, now):
        self.cpd_answers += 1
        problem = self._limits_problem(body)
        if problem and self.habits["cpd_strict"]:
            self._refuse("ChargeParameterDiscoveryRes: " + problem, now)
            return
        if problem:
            self.book.complain("V2G: ChargeParameterDiscoveryRes: " + problem)
        leave = self.habits["leave"]
        shutdown = self._saw_shutdown(body.get("DC_EVSEChargeParameter", {}).get("DC_EVSEStatus", {}))
        if leave == "closes_tcp_at_first_cpdres":
            self.state = "CLOSING"
            self.close_at = now + self.habits["leave_delay_ms"]
        elif leave == "falls_silent":
            self.state = "SILENT"
        elif leave == "stops_at_once":
            self._ask_later("SessionStop", now + self.habits["think_ms"])
        elif shutdown and leave not in CARELESS:
            self._depart(now)
        elif body["EVSEProcessing"] == "Ongoing":
            limit = self.habits["ongoing_timeout_ms"]
            self._again("ChargeParameterDiscovery", self.habits["cpd_interval_ms"], limit, now)
        else:
            self._ask_later("CableCheck", now + self.habits["cable_check_think_ms"])

    def _saw_shutdown(self, status):
        code = status.get("EVSEStatusCode")
        if code in ("EVSE_EmergencyShutdown", "EVSE_Malfunction", "EVSE_UtilityInterruptEvent"):
            self.book.complain("V2G: EVSEStatusCode " + code)
            return True
        if code == "EVSE_Shutdown":
            self.shutdowns += 1
        return self.shutdowns >= self.habits["shutdown_rounds"]

    def _depart(self, now):
        """EVSE_Shutdown is heeded."""
        if self.habits["leave"] == "power_delivery_first":
            self.ready_asked = False
            self._ask_later("PowerDelivery", now + self.habits["think_ms"])
        else:
            self._ask_later("SessionStop", now + self.habits["think_ms"])

    def _limits_problem(self, body):
        """What would make a car doubt the charger (iX3 closes TCP over it)."""
        if "DC_EVSEChargeParameter" not in body:
            return "no DC_EVSEChargeParameter"
        if "SAScheduleList" not in body:
            return "no SAScheduleList"
        for item in body["SAScheduleList"]["SAScheduleTuple"]:
            entries = item["PMaxSchedule"]["PMaxScheduleEntry"]
            if "RelativeTimeInterval" not in entries[0] or entries[0]["RelativeTimeInterval"]["start"] != 0:
                return "PMaxSchedule does not start at 0"
            if min([entry["PMax"] for entry in entries]) <= 0:
                return "PMax is not positive"
        limits = body["DC_EVSEChargeParameter"]
        for name, unit in (
            ("EVSEMaximumCurrentLimit", "A"),
            ("EVSEMaximumVoltageLimit", "V"),
            ("EVSEMaximumPowerLimit", "W"),
            ("EVSEMinimumCurrentLimit", "A"),
            ("EVSEMinimumVoltageLimit", "V"),
            ("EVSEPeakCurrentRipple", "A"),
        ):
            if name in limits and limits[name].get("Unit", unit) != unit:
                return "{} in {}".format(name, limits[name]["Unit"])
            if name in limits and (
                limits[name]["Value"] < 0 or ("Max" in name and limits[name]["Value"] == 0)
            ):
                return f"{name} is {limits[name]['Value']}"
        if milli(limits["EVSEMinimumVoltageLimit"]) > milli(limits["EVSEMaximumVoltageLimit"]):
            return "least voltage above the highest"
        if milli(limits["EVSEMinimumCurrentLimit"]) > milli(limits["EVSEMaximumCurrentLimit"]):
            return "least current above the highest"
        return None

    def _cable_check_res(self, body, now):
        shutdown = self._saw_shutdown(body["DC_EVSEStatus"])
        if shutdown and self.habits["leave"] not in CARELESS:
            self._depart(now)
        elif body["EVSEProcessing"] == "Ongoing":
            limit = self.habits["cable_check_timeout_ms"]
            self._again("CableCheck", self.habits["cable_check_interval_ms"], limit, now)
        else:
            self._ask_later("PreCharge", now + self.habits["think_ms"])

    def _pre_charge_res(self, body, now):
        if self._saw_shutdown(body["DC_EVSEStatus"]) and self.habits["leave"] not in CARELESS:
            self._depart(now)
            return
        target = self.habits["target_voltage"]
        distance = milli(body["EVSEPresentVoltage"]) - target[2] * 10 ** (target[0] + 3)
        if -_RIGHT_VOLTAGE_MV <= distance <= _RIGHT_VOLTAGE_MV and self.habits["believes_voltage"]:
            self.ready_asked = True
            self._ask_later("PowerDelivery", now + self.habits["think_ms"])
        else:
            limit = self.habits["pre_charge_timeout_ms"]
            self._again("PreCharge", self.habits["pre_charge_interval_ms"], limit, now)

    def _power_delivery_res(self, body, now):
        if self.ready_asked:
            self.book.danger("the car closes its contactors")
            self._ask_later("CurrentDemand", now + self.habits["think_ms"])
        elif self.habits["leave"] == "power_delivery_first" and self.habits["welding_rounds"]:
            self._ask_later("WeldingDetection", now + self.habits["think_ms"])
        else:
            self._ask_later("SessionStop", now + self.habits["think_ms"])

    def _current_demand_res(self, body, now):
        if self._saw_shutdown(body["DC_EVSEStatus"]):
            self.ready_asked = False
            self._ask_later("PowerDelivery", now + self.habits["think_ms"])
        else:
            self._ask_later("CurrentDemand", now + self.habits["current_demand_interval_ms"])

    def _welding_res(self, body, now):
        self.weldings += 1
        if self.weldings < self.habits["welding_rounds"]:
            self._ask_later("WeldingDetection", now + self.habits["welding_interval_ms"])
        else:
            self._ask_later("SessionStop", now + self.habits["think_ms"])

    def _session_stop_res(self, body, now):
        self.state = "STOPPED"
        self.cable_check = False
        self.book.event("session_stop")
        self.close_at = now + self.habits["close_delay_ms"]
