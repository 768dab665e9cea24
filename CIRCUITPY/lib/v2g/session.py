# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What DIN 70121 and ISO 15118-2 sessions have in common: the engine that runs a standard's tables.

A standard is a module (``v2g.din``, ``v2g.iso2``) with PROTOCOL, SCHEMA, REQUESTS, RESPONSES, LADDER, LADDER_AT_0,
TRANSFER and the functions ``responses``, ``wants_power`` and ``wrong_schedule``.

Safety, on every path and in both standards: isolation is always "Invalid", present voltage and current are
always 0, EVSENotification is always None, and neither power delivery nor current demand is ever answered OK. This
holds by construction: each response is a tree that is built once; after that only ResponseCode, EVSEProcessing and
EVSEStatusCode are written, and nothing that a car said. EVSE_Ready appears in ChargeParameterDiscoveryRes only.
"""

from plc.ticks import expired, ticks_add, ticks_diff

from v2g.reading import Reading, capacity, number, percent, physical, would_fill

SERVICE_ID = 1
SCHEDULE_ID = 1

# Phases of a conversation: (state, name in the settings, ms at most, EVSEStatusCode, next state). The times are the car's
# time-outs (V2G_EVCC_Ongoing 60 s, V2G_EVCC_CableCheck 40 s, V2G_EVCC_PreCharge 7 s) less a margin, because a car
# whose time-out expires takes the station for broken.
PHASES = (
    ("CHARGE_PARAMETERS", "parameters", 50000, "EVSE_Ready", "CABLE_CHECK"),
    ("CABLE_CHECK", "cable_check", 35000, "EVSE_NotReady", "PRE_CHARGE"),
    ("PRE_CHARGE", "pre_charge", 6000, "EVSE_NotReady", None),
)
# States in which a PowerDeliveryReq to start charging is in sequence, and refused for what it asks.
_POWER_STATES = ("CHARGE_PARAMETERS", "CABLE_CHECK", "PRE_CHARGE")

SHUTDOWN = (10, 3000, 8000)  # rung 2 of the ladder: rounds and ms at least, ms at most

# A car may repeat these a hundred times, so the encoded answers are kept, by ``answer_key``.
_ASKED_AGAIN = ("ChargeParameterDiscoveryReq", "CableCheckReq", "PreChargeReq", "CurrentDemandReq")


class Station:
    """What the station says of itself and how long it keeps a car talking. ``config``, all optional:

    "evse_id"             EVSEID (bytes, default one zero byte: unknown)
    "max_current_a", "max_voltage_v", "max_power_w"   announced limits (125, 500, 50000)
    "conversation"        "release": let the car go as soon as it told its state of charge; "converse": keep it
    "conversation_until"  last phase of a conversation, a name of PHASES ("cable_check")
    "conversation_ms"     length of a conversation in ms at most, from the first reading (20000)
    """

    def __init__(self, config):
        self.evse_id = config.get("evse_id", b"\x00")
        self.max_current_a = config.get("max_current_a", 125)
        self.max_voltage_v = config.get("max_voltage_v", 500)
        self.max_power_w = config.get("max_power_w", 50000)
        self.phases = ()  # those of PHASES that a conversation goes through
        self.talk_ms = 0
        if config.get("conversation", "release") == "converse":
            self._talk(config.get("conversation_until", "cable_check"), config.get("conversation_ms", 20000))
        self._responses = {}

    def _talk(self, until, conversation_ms):
        for phase in PHASES:
            self.phases += (phase,)
            self.talk_ms += phase[2]
            if phase[1] == until:
                break
        self.talk_ms = min(self.talk_ms, conversation_ms)

    def phase_ends(self, now):
        """Ticks at which the phases of a conversation that begins ``now`` end. The later phases get their full time; the
        first ones get what is left."""
        left = self.talk_ms
        ends = []
        for phase in reversed(self.phases):
            ends.insert(0, ticks_add(now, left))
            left = max(0, left - phase[2])
        return ends

    def responses(self, standard):
        """({request: fields of its response}, the DC_EVSEStatus in all of them) of a standard; built once."""
        if standard.PROTOCOL not in self._responses:
            status = dc_status()
            self._responses[standard.PROTOCOL] = (standard.responses(self, status), status)
        return self._responses[standard.PROTOCOL]


# ---- parts of responses, in their harmless form


def dc_status():
    """A DC_EVSEStatus after which no car may close its contactors."""
    return {
        "EVSEIsolationStatus": "Invalid",
        "EVSEStatusCode": "EVSE_Shutdown",
        "NotificationMaxDelay": 0,
        "EVSENotification": "None",
    }


def quantity(multiplier, unit, value):
    """A PhysicalValue."""
    return {"Multiplier": multiplier, "Unit": unit, "Value": value}


def no_voltage(status):
    """Fields of PreChargeRes and WeldingDetectionRes."""
    return {"DC_EVSEStatus": status, "EVSEPresentVoltage": quantity(0, "V", 0)}


def no_current(status):
    """Fields of CurrentDemandRes that both standards have."""
    fields = no_voltage(status)
    fields["EVSEPresentCurrent"] = quantity(0, "A", 0)
    for name in ("EVSECurrentLimitAchieved", "EVSEVoltageLimitAchieved", "EVSEPowerLimitAchieved"):
        fields[name] = False
    return fields


def limits(station):
    """Rows of (element, multiplier, unit, value). A BMW iX3 leaves if one is missing (pyPLC issues 9 and 14)."""
    return (
        ("EVSEMaximumCurrentLimit", 0, "A", station.max_current_a),
        ("EVSEMaximumPowerLimit", 2, "W", station.max_power_w // 100),
        ("EVSEMaximumVoltageLimit", 0, "V", station.max_voltage_v),
        ("EVSEMinimumCurrentLimit", 0, "A", 1),
        ("EVSEMinimumVoltageLimit", 0, "V", 150),
        ("EVSECurrentRegulationTolerance", 0, "A", 2),
        ("EVSEPeakCurrentRipple", 0, "A", 2),
    )


def charge_parameters(station, status, most_power, schedule):
    """Fields of ChargeParameterDiscoveryRes; DIN 70121 requires them even while Ongoing. ``most_power``: PMax in the form
    of the standard; ``schedule``: what PMaxSchedule has besides its entries."""
    parameters = {"DC_EVSEStatus": status}
    for name, multiplier, unit, value in limits(station):
        parameters[name] = quantity(multiplier, unit, value)
    a_day = {"start": 0, "duration": 86400}
    schedule["PMaxScheduleEntry"] = [{"RelativeTimeInterval": a_day, "PMax": most_power}]
    offer = {"SAScheduleTupleID": SCHEDULE_ID, "PMaxSchedule": schedule}
    return {
        "EVSEProcessing": "Finished",
        "SAScheduleList": {"SAScheduleTuple": [offer]},
        "DC_EVSEChargeParameter": parameters,
    }


def knows_its_battery(request, body):
    """True if a 0 % in this request may be a real one.

    A Seres 3 says EVReady from its first CableCheckReq on, but tells 0 % there, in a PreChargeReq for 0 V and when it
    leaves; its true state of charge comes only with a target voltage.
    """
    if "EVTargetVoltage" in body:
        return bool(physical(body["EVTargetVoltage"], "V", 3))
    return request == "ChargeParameterDiscoveryReq"


class Session:
    """One session of one car. ``request`` takes a decoded V2G_Message and returns the one to send back.

    ``reading``: the Reading, once the car told its charging parameters; None before.
    ``renewed``: set when ``reading.soc_percent`` changed; the owner clears it.
    ``events``: (checkpoint number, text), for the owner to take.
    ``stopped``: set by SessionStopReq; ``refused``: set with it if the last answer before was not OK.
    ``answer_key``: equal for equal answers of this session; None for answers that need not be kept.
    ``rung``: how far down the release ladder the car came; 0 before it.
    ``refusals``: how many answers in a row, up to the last one, were not OK. Before a reading the count starts over with
    every request that was not refused before (``refused_names``).
    """

    state = "SESSION_SETUP"
    reading = None
    renewed = False
    evccid = None
    stopped = False
    refused = False
    answer_key = None
    rung = 0
    refusals = 0
    refused_names = ()
    wants_ac = False
    _error = "NO_ERROR"
    _wants_nothing = False
    _was_at_0 = False  # ``is_at_0`` before this request, which may itself tell the number that ends it
    _shutdown_rounds = 0
    _shutdown_since = None
    _phase_ends = None

    def __init__(self, standard, random_bytes, station, ev_mac=None):
        self.standard = standard
        self.station = station
        self.session_id = bytes(random_bytes(8))
        self.events = []
        self._responses, self._status = station.responses(standard)
        self._ev_mac = ev_mac

    def request(self, message, now):
        """The response (a V2G_Message tree, valid until the next request); None if ``message`` is not a request."""
        message = message.get("V2G_Message")
        if message is None:
            return None
        for name, body in message["Body"].items():
            if name in self.standard.REQUESTS:
                return self._answer(name, body, message["Header"]["SessionID"], now)
        return None

    def _answer(self, name, body, session_id, now):
        states, action, next_state = self.standard.REQUESTS[name]
        fields = self._responses[name]
        self._status["EVSEStatusCode"] = "EVSE_Shutdown"
        if "EVSEProcessing" in fields:
            fields["EVSEProcessing"] = "Finished"
        self._was_at_0 = self.is_at_0
        is_known = name == "SessionSetupReq" or session_id == self.session_id
        if is_known or self.reading is None or self._was_at_0:
            self._take_numbers(name, body)
        if not is_known:
            code = "FAILED_UnknownSession"
        elif self.state not in states:
            code = "FAILED_SequenceError"
        else:
            code = action(self, body, fields, now)
            if next_state and code[:2] == "OK":
                self.state = next_state
        if code[:2] == "OK":
            self.refusals = 0
        else:
            self._count_refusal(name)
            self.events.append((598, name + " refused: " + code))
        return self._response(name, code, fields)

    def _count_refusal(self, name):
        """Counts in a row. A car that goes on with another request may still come to its parameters: start over then."""
        if name not in self.refused_names:
            self.refused_names += (name,)
            if self.reading is None:
                self.refusals = 0
        self.refusals += 1

    def _response(self, name, code, fields):
        fields["ResponseCode"] = code
        self.answer_key = None
        if name in _ASKED_AGAIN:
            self.answer_key = (name, code, fields.get("EVSEProcessing"), self._status["EVSEStatusCode"])
        return {
            "V2G_Message": {
                "Header": {"SessionID": self.session_id},
                "Body": {self.standard.RESPONSES[name]: fields},
            }
        }

    def expected(self, rung):
        """The ChargeParameterDiscoveryRes of ``rung`` (1 to 3) of the ladder; sets ``answer_key``.

        The longest of all answers: encoded ahead, in the pause before it is needed, it can be sent at once.
        """
        _, name, code, processing, status_code, _ = self.standard.LADDER[rung - 1]
        fields = self._responses[name]
        fields["EVSEProcessing"] = processing
        self._status["EVSEStatusCode"] = status_code
        return self._response(name, code, fields)

    @property
    def is_at_0(self):
        """True for a car that told its parameters, but so far 0 % or no number that is believed: it may tell more."""
        return self.reading is not None and not self.reading.soc_percent

    def _take_rung(self, rung, fields):
        """Steps down to ``rung`` of the standard's ladder. Returns its ResponseCode."""
        ladder = self.standard.LADDER_AT_0 if self.is_at_0 else self.standard.LADDER
        _, _, code, processing, status_code, next_state = ladder[rung - 1]
        self.rung = rung
        self._status["EVSEStatusCode"] = status_code
        if processing:
            fields["EVSEProcessing"] = processing
        if next_state:
            self.state = next_state
        return code

    # ---- what the car tells

    def _take_numbers(self, name, body):
        """Takes the state of charge from any message that has one, from the parameters on, also from refused messages.

        While no better number is known this includes messages with the SessionID of another session: one cable, one key,
        one TCP connection, so it is this car.
        """
        transfer = body.get(self.standard.TRANSFER[0])
        if transfer and transfer[:2] != "DC":
            self.wants_ac = True
        parameters = body.get("DC_EVChargeParameter")
        if parameters is not None:
            self._take_parameters(parameters, transfer)
        status = (parameters or body.get("DC_EVPowerDeliveryParameter") or body).get("DC_EVStatus")
        if status is None:
            return
        if status["EVErrorCode"] != self._error:
            # The car's own error explains why it leaves. An Ioniq reports FAILED_ChargingSystemIncompatibility before its
            # parameters (pyPLC, exiConnector.py).
            self._error = status["EVErrorCode"]
            if self._error != "NO_ERROR":
                self.events.append((597, "car reports " + self._error))
        reading = self.reading
        if reading is None:
            return
        self._weigh_soc(status, knows_its_battery(name, body))
        if self._error != "NO_ERROR":
            reading.error = self._error
        if "EVTargetVoltage" in body:
            reading.target_voltage_mv = physical(body["EVTargetVoltage"], "V", 3)
            reading.target_current_ma = physical(body["EVTargetCurrent"], "A", 3)
        if "RemainingTimeToFullSoC" in body:
            reading.remaining_s = physical(body["RemainingTimeToFullSoC"], "s")

    def _weigh_soc(self, status, knows):
        """Believes the EVRESSSOC in ``status``, or keeps it as doubtful.

        The first number from 1 to 100 counts; in a conversation, the last one. 0 counts if the car tells it again with
        EVReady and ``knows`` its battery, or asks for a whole charge; any later number replaces it. 0 % does not fit an
        EVEnergyRequest of 0: a full car told both (pyPLC issue 12).
        """
        reading = self.reading
        told = number(status["EVRESSSOC"])
        if told is None or told < 0:
            return
        if 0 < told <= 100:
            if not reading.soc_percent or self.station.phases:
                self._believe(reading, told)
        elif reading.soc_percent is None:
            meant = told == 0 == reading.soc_doubtful_percent and knows and status["EVReady"]
            reading.soc_doubtful_percent = told
            if told == 0 and (would_fill(reading) or (meant and not self._wants_nothing)):
                self._believe(reading, 0)

    def _believe(self, reading, soc_percent):
        if reading.soc_percent != soc_percent:
            reading.soc_percent = soc_percent
            reading.soc_doubtful_percent = None
            self.renewed = True

    def _take_parameters(self, parameters, transfer):
        """Takes what ChargeParameterDiscoveryReq tells; a later one may add what the first left out."""
        reading = self.reading
        if reading is None:
            reading = self.reading = Reading(self.standard.PROTOCOL, self.evccid, self._ev_mac)
            self.refusals = 0  # a car read in a refused request may still leave by itself
        reading.energy_transfer = transfer
        request_wh = physical(parameters.get("EVEnergyRequest"), "Wh")
        if request_wh is not None:
            self._wants_nothing = request_wh == 0
        for name, value in (
            # An MG4 sends 0 for those of the first four that it does not know.
            ("full_soc_percent", percent(parameters.get("FullSOC")) or None),
            ("bulk_soc_percent", percent(parameters.get("BulkSOC")) or None),
            ("energy_capacity_wh", capacity(parameters.get("EVEnergyCapacity"))),
            ("energy_request_wh", request_wh or None),
            ("max_current_ma", physical(parameters.get("EVMaximumCurrentLimit"), "A", 3)),
            ("max_voltage_mv", physical(parameters.get("EVMaximumVoltageLimit"), "V", 3)),
            ("max_power_w", physical(parameters.get("EVMaximumPowerLimit"), "W")),
        ):
            if getattr(reading, name) is None:
                setattr(reading, name, value)

    # ---- actions of REQUESTS: (body, response fields to adjust, now) -> ResponseCode

    def session_setup(self, body, fields, now):
        # DIN 70121 allows 8 octets at most, ISO 15118-2 has 6. An empty one, which the schemas allow, names no car; nor does
        # one of hundreds of octets, which they do not allow.
        self.evccid = body["EVCCID"] if 0 < len(body["EVCCID"]) <= 8 else None
        self.events.append((505, "session set up"))
        return "OK_NewSessionEstablished"

    def service_discovery(self, body, fields, now):
        self.events.append((515, "service discovery answered"))
        return "OK"

    def service_detail(self, body, fields, now):
        return "OK" if body["ServiceID"] == SERVICE_ID else "FAILED_ServiceIDInvalid"

    def payment_selection(self, body, fields, now):
        if body["SelectedPaymentOption"] != "ExternalPayment":
            return "FAILED_PaymentSelectionInvalid"
        for service in body["SelectedServiceList"]["SelectedService"]:
            if service["ServiceID"] != SERVICE_ID:
                return "FAILED_ServiceSelectionInvalid"
        self.events.append((525, "payment selection answered"))
        return "OK"

    def authentication(self, body, fields, now):
        self.events.append((538, "authentication finished"))
        return "OK"

    def charge_parameter_discovery(self, body, fields, now):
        element, wrong = self.standard.TRANSFER
        if body[element][:2] != "DC":
            return wrong
        if "DC_EVChargeParameter" not in body:
            return "FAILED_WrongChargeParameter"
        if self._talks(0, fields, now):
            self.rung = 1
            return "OK"
        if self.rung == 0:
            return self._take_rung(1, fields)
        if self._keep_shutting_down(now):
            return self._take_rung(2, fields)
        if self.rung < 3:
            self.events.append((545, "the car ignores the shutdown; parameters finished"))
        return self._take_rung(3, fields)

    def _keep_shutting_down(self, now):
        if self._shutdown_since is None:
            self._shutdown_since = now
            self.events.append((545, "the car is asked to leave"))
        self._shutdown_rounds += 1
        elapsed = ticks_diff(now, self._shutdown_since)
        rounds_min, least_ms, most_ms = SHUTDOWN
        if elapsed >= most_ms:
            return False
        return self._shutdown_rounds <= rounds_min or elapsed < least_ms

    # ---- a conversation

    def _talks(self, phase, fields, now):
        """True while a conversation goes on in ``phase`` (an index of PHASES); then EVSEStatusCode, EVSEProcessing and, at
        the end of the phase, the next state are set."""
        phases = self.station.phases
        if not phases or self.rung > 1:
            return False
        if self._phase_ends is None:
            self._phase_ends = self.station.phase_ends(now)
            self.events.append((545, "the car is kept in conversation"))
        if phase >= len(phases) or expired(self._phase_ends[-1], now):
            return False
        _, _, _, status_code, next_state = phases[phase]
        self._status["EVSEStatusCode"] = status_code
        if expired(self._phase_ends[phase], now):
            self.state = next_state or self.state
        elif "EVSEProcessing" in fields:
            fields["EVSEProcessing"] = "Ongoing"
        return True

    def cable_check(self, body, fields, now):
        if self.state == "CHARGE_PARAMETERS":
            if not self._was_at_0:
                return "FAILED_SequenceError"
            self.state = "CABLE_CHECK"
        if self._talks(1, fields, now):
            return "OK"
        if self.rung < 4:
            self.events.append((565, "cable check answered with shutdown"))
        return self._take_rung(4, fields)

    def pre_charge(self, body, fields, now):
        return "OK" if self._talks(2, fields, now) else self.refuse(body, fields, now)

    # ---- leaving

    def power_delivery(self, body, fields, now):
        if not self.standard.wants_power(body):
            return "OK"
        if self.state not in _POWER_STATES:
            return "FAILED_SequenceError"
        if self.standard.wrong_schedule(body):
            return "FAILED_TariffSelectionInvalid"
        self._take_rung(5, fields)
        return "FAILED_PowerDeliveryNotApplied" if self._phase_ends is not None else "FAILED"

    def welding_detection(self, body, fields, now):
        return "OK"

    def refuse(self, body, fields, now):
        return self._take_rung(5, fields)

    def session_stop(self, body, fields, now):
        self.stopped = True
        self.refused = self.refusals > 0
        self.events.append((905, "session stop answered"))
        return "OK"
