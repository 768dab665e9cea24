# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A SmartEVSE v3 with modem support, in virtual time: its states, its pilot and its HTTP interface.

    0 A --9 V--> 11 REQUEST --tick--> 12 WAIT --POST, 60 s--> 13 DONE --5 s--> 1 B --6 V--> 2 C
        |        pilot off            pilot 5 %               pilot off  |     AC pilot     contactor
        |                                                                `--> 14 DENIED --60 s--> 0 A
        `--no power, no sun--> 9 B1 --power again, 60 s--> 11 REQUEST, or 1 B when the car was asked before
                               2 C --no power--> 10 C1 --the car stops, 6 s at most--> 9 B1

In the modes Smart and Solar `has_current` is what the mains and the sun leave over; without, there is no modem phase
and nobody can be read. OFF and PAUSE let no car charge: the state stays where it is, or becomes B1.

Only the 1 s tick moves the modem states; pulling the plug does not. A car that is pulled out in MODEM_WAIT
is noticed when B is reached, as on the real charger. The values a POST may only raise, and never lower, stay
until the charger is restarted: current v3 firmware forgets to clear them when a car leaves.

The timers of the modem states are looked at one after the other in the same tick, so a state that ends by time has
counted down once before its first second is over: 60 and 5 s. A POST comes in between: then it is up to 6.

A car with a `battery` (twin.car.battery) draws what it takes; `meter` counts it.

Left out on purpose: the activation (state 8, known by name only), current limits, phase switching, RFID, load
balancing, MQTT, OCPP.
"""

import json

from host_tests.twin.meter import Meter
from host_tests.twin.smartevse_http import HttpConnection, NetworkFace, to_int

STATE_A = 0
STATE_B = 1
STATE_C = 2
STATE_ACTSTART = 8
STATE_B1 = 9
STATE_C1 = 10
STATE_MODEM_REQUEST = 11
STATE_MODEM_WAIT = 12
STATE_MODEM_DONE = 13
STATE_MODEM_DENIED = 14
MODEM_STATES = (STATE_MODEM_REQUEST, STATE_MODEM_WAIT, STATE_MODEM_DONE)
TIMED_STATES = (*MODEM_STATES, STATE_MODEM_DENIED, STATE_C1)

# id: (name on SmartEVSE's own page, what it means in plain words)
STATES = {
    STATE_A: ("Ready to Charge", "no car connected"),
    STATE_B: ("Connected to EV", "car connected, AC offered"),
    STATE_C: ("Charging", "car charges on AC"),
    STATE_ACTSTART: ("Activate", "the charger is waking the car"),
    STATE_B1: ("Charging Stopped", "car connected, no power for it"),
    STATE_C1: ("Stop Charging", "car is told to stop"),
    STATE_MODEM_REQUEST: ("Modem Setup", "pilot off, about to let the car talk"),
    STATE_MODEM_WAIT: ("Modem Request", "pilot at 5 %: the car may talk"),
    STATE_MODEM_DONE: ("Modem Done", "pilot off: the car feels a re-plug"),
    STATE_MODEM_DENIED: ("Modem Denied", "this car may not charge here"),
}

MODEM_WAIT_TICKS = 60
MODEM_DONE_TICKS = 5
MODEM_DENIED_TICKS = 60
# mode: mode_id of GET /settings. OFF and PAUSE are not modes of the firmware but say that nobody has access.
MODES = {"OFF": 0, "NORMAL": 1, "SOLAR": 2, "SMART": 3, "PAUSE": 4}
NO_ACCESS = ("OFF", "PAUSE")
NO_POWER = "No Power Available"

CHARGE_DELAY_TICKS = 60  # CHARGEDELAY: from when there is power again
C1_TICKS = 6
DEBOUNCE_TICKS = 50  # of 10 ms: how long 6 V must stand before the contactor closes

TICK_US = 10_000

PWM_STEADY = 1024
PWM_FIVE_PERCENT = 51


class Faults:
    """What can be wrong with the charger's network side. The pilot goes on as if nothing had happened."""

    def __init__(self):
        self.off = False  # no answer to a SYN: switched off, or lost from the network
        self.refuse = False  # a SYN is answered with RST
        self.answer_delay_us = 0  # the request acts at once, its answer leaves this much later
        self.status = None  # 404 or 500 for everything, nothing acts
        self.no_modem_support = False  # firmware built without modem support: no endpoint, never 5 %


class SmartEvse:
    """The charger. `clock`: virtual time; `network`: a virtual network to live on, or None (then drive
    `http_connection()` by hand). A car is plugged with `plug(car)`; it needs `cp_state` ("A", "B", "C") and
    `pilot(duty, now_ms)` where duty is None (no pilot), 1000 (steady), 50 (5 %) or the AC duty in permille. A car with
    `is_steady` True changes its `cp_state` only with the pilot and with what it charges: the charger need not look
    every 10 ms.

    `state`: a key of STATES; `pilot_permille`: what the car's contact sees; `posts`: one dict for every
    POST /ev_state received (`t_s`, `raw`, `parameters`, `values`, `acted`, `status`, `answered`,
    `state_before`, `state_after`); `listeners`: callables (kind, text, data).
    """

    def __init__(
        self,
        clock,
        network=None,
        ip="192.168.1.60",
        port=80,
        *,
        required_evccid="",
        current_a=32,
        phases=1,
        has_meter=True,
    ):
        self.clock = clock
        self.ip = ip
        self.port = port
        self.faults = Faults()
        self.modem_phase = True  # False: a charger that offers AC at once and never 5 %
        self.mode = "NORMAL"  # a key of MODES; set_mode() also stops a car that charges
        self.has_current = True  # IsCurrentAvailable: False where mains or sun leave less than 6 A
        self.required_evccid = required_evccid
        self.override_pwm = -1
        self.current_a = current_a
        self.phases = phases
        self.meter = Meter(clock, has_meter)
        self.chunked = True
        self.listeners = []
        self._held = None
        self.posts = []
        self.requests = []
        self.car = None
        # True: naps of the box are as long as nothing happens (Device.nap), and each tick counts as something.
        self.ticks_end_naps = False
        self._start()
        self._ticks_from_us = clock.now_us
        self._ticks = clock.after(TICK_US, self._tick_10ms)
        clock.after(1_000_000, self._tick_1s)
        if network is not None:
            network.hosts[ip] = NetworkFace(self)

    def _start(self):
        self.state = STATE_A
        self.initial_soc = -1
        self.full_soc = -1
        self.computed_soc = -1
        self.remaining_soc = -1
        self.energy_capacity = -1
        self.energy_request = -1
        self.time_until_full = -1
        self.evccid = ""
        self.energy_charged_wh = 0.0
        self.meter.restarted()
        self.state_since_us = self.clock.now_us
        self._modem_stage_done = False
        self._timer = 0
        self._debounce = 0
        self._less_6a = False
        self._charge_delay = 0
        self._pilot_sent = "nothing yet"

    # ---- the plug and the pilot ----

    def plug(self, car):
        """The car's connector goes in."""
        self.car = car
        self._pilot_sent = "nothing yet"
        self._wake()
        self._drive_pilot()

    def unplug(self):
        """The connector is pulled out: the car sees no pilot; the charger notices when its state allows."""
        if self.car is not None:
            self.car.pilot(None, self.clock.now_ms)
        self.car = None
        self._wake()

    def restart(self):
        """Power off and on: the only thing that clears the stored values of the last car."""
        self._start()
        self._wake()
        self._tell("restart", "restarted")
        self._drive_pilot()

    @property
    def pwm(self):
        """Duty of the pilot as SmartEVSE counts it, 0..1024 (the relay may still keep it from the car)."""
        if self.override_pwm >= 0:
            return self.override_pwm
        if self.state in (STATE_B, STATE_C):
            return round(self.current_a / 0.6 * PWM_STEADY / 100)
        return PWM_FIVE_PERCENT if self.state in (STATE_MODEM_WAIT, STATE_MODEM_DONE) else PWM_STEADY

    @property
    def pilot_permille(self):
        """What arrives at the car: None while the pilot is disconnected, else the duty in permille."""
        if self.state in (STATE_MODEM_REQUEST, STATE_MODEM_DONE, STATE_MODEM_DENIED) or self.pwm == 0:
            return None
        if self.pwm == PWM_FIVE_PERCENT:
            return 50
        return round(self.pwm * 1000 / PWM_STEADY)

    @property
    def state_name(self):
        """As GET /settings tells it: the lack of power stands behind the state and not in the error."""
        return STATES[self.state][0] + (f" - {NO_POWER}" if self._less_6a else "")

    @property
    def contactor_closed(self):
        return self.state in (STATE_C, STATE_C1)

    @property
    def power_w(self):
        offered_w = 230 * self.current_a * self.phases if self.state == STATE_C else 0
        battery = getattr(self.car, "battery", None)
        return offered_w if battery is None else battery.draw_w(offered_w)

    @property
    def cp_state(self):
        """What the charger measures: without a car, or with the pilot relay open, only its own 12 V."""
        if self.car is None or self.pilot_permille is None:
            return "A"
        return self.car.cp_state

    @property
    def share_left(self):
        """What is left of a modem state's time, 1.0 down to 0.0; None in the states without a limit."""
        whole = {
            STATE_MODEM_WAIT: MODEM_WAIT_TICKS,
            STATE_MODEM_DONE: MODEM_DONE_TICKS,
            STATE_MODEM_DENIED: MODEM_DENIED_TICKS,
        }.get(self.state)
        return None if whole is None else self._timer / whole

    def _drive_pilot(self):
        duty = self.pilot_permille
        if self.car is not None and duty != self._pilot_sent:
            self._pilot_sent = duty
            self.car.pilot(duty, self.clock.now_ms)

    # ---- the states ----

    def _set_state(self, state):
        before = self.state
        self.state = state
        self._wake()
        self.state_since_us = self.clock.now_us
        self._debounce = 0
        if state == STATE_A:
            self._modem_stage_done = False
        elif state == STATE_MODEM_REQUEST:
            self._timer = 0
        elif state == STATE_MODEM_WAIT:
            self._timer = MODEM_WAIT_TICKS
        elif state == STATE_MODEM_DONE:
            self._timer = MODEM_DONE_TICKS
        elif state == STATE_MODEM_DENIED:
            self._timer = MODEM_DENIED_TICKS
        elif state == STATE_C1:
            self._timer = C1_TICKS
        if state == STATE_C != before and self.meter.charging_begins():
            self.energy_charged_wh = 0.0
        if state != before:
            name, meaning = STATES[state]
            self._tell("state", f"{name}: {meaning}", state=state, name=name, before=before)
        self._drive_pilot()

    def _tick_10ms(self):
        self._ticks = self.clock.after(TICK_US, self._tick_10ms)
        if self.state in TIMED_STATES and self.ticks_end_naps:
            return
        cp = self.cp_state
        if self.state in (STATE_A, STATE_B1):
            self._waiting(cp)
        elif self.state == STATE_B:
            self._state_b(cp)
        elif self.state == STATE_C:
            self._state_c(cp)
        self._drive_pilot()
        if self._rests(cp):
            self._ticks.cancel()

    def _rests(self, cp):
        """True while the next ticks can do nothing: nobody is plugged in, only its time ends the state, or a car that says
        `is_steady` charges."""
        if self.state == STATE_A:
            return self.car is None
        if self.state in TIMED_STATES:
            return not self.ticks_end_naps
        return self.state == STATE_C and cp == "C" and getattr(self.car, "is_steady", False)

    def _wake(self, at_once=False):
        """Go on with the ticks, at the instants at which they would have come."""
        if not self._ticks.pending:
            left_us = -(self.clock.now_us - self._ticks_from_us) % TICK_US
            self._ticks = self.clock.after(left_us or (0 if at_once else TICK_US), self._tick_10ms)

    def _waiting(self, cp):
        """A and B1: a car may come, be asked, charge, or wait for power."""
        if cp == "A":
            self.meter.unplugged()
            if self.state != STATE_A:
                self._set_state(STATE_A)
        elif self.mode in NO_ACCESS:
            return
        elif self._less_6a or self._charge_delay:
            if self.state != STATE_B1:
                self._set_state(STATE_B1)
        elif not self.has_current:
            self._less_6a = True
        else:
            self._set_state(STATE_MODEM_REQUEST if self._asks_the_car() else STATE_B)

    def set_mode(self, mode):
        """The owner chooses another mode; OFF and PAUSE take a car's power away."""
        if mode not in MODES:
            raise ValueError(f"{mode}: not one of {', '.join(MODES)}")
        self.mode = mode
        if mode in NO_ACCESS:
            self._power_unavailable()

    def _power_unavailable(self):
        """setStatePowerUnavailable: a car that is charging is asked to stop first."""
        if self.state == STATE_C:
            self._set_state(STATE_C1)
        elif self.state not in (STATE_A, STATE_B1, STATE_C1):
            self._set_state(STATE_B1)

    def _watch_power(self):
        """Every second: power that is gone stops the car, power that is there again counts after a minute."""
        if self.has_current and self._less_6a:
            self._less_6a = False
            self._charge_delay = CHARGE_DELAY_TICKS
        elif self._charge_delay:
            self._charge_delay -= 1
        if not self.has_current and self.state in (STATE_B, STATE_C):
            self._less_6a = True
            self._power_unavailable()

    def _asks_the_car(self):
        return self.modem_phase and not self.faults.no_modem_support and not self._modem_stage_done

    def _state_b(self, cp):
        if self.pilot_permille is None:  # a manual override cut the pilot: nothing can be measured
            return
        if cp == "A":
            self._set_state(STATE_A)
        elif cp == "C":
            self._debounce += 1
            if self._debounce > DEBOUNCE_TICKS:
                self._set_state(STATE_C)
        else:
            self._debounce = 0

    def _state_c(self, cp):
        if cp == "A":
            self._set_state(STATE_A)
        elif cp == "B":
            self._debounce += 1
            if self._debounce > DEBOUNCE_TICKS:
                self._set_state(STATE_B)
        else:
            self._debounce = 0

    def _tick_1s(self):
        self.clock.after(1_000_000, self._tick_1s)
        # As in Timer1S: one after the other, so that a state that has just begun counts in the same tick.
        for state in (STATE_MODEM_REQUEST, STATE_MODEM_WAIT, STATE_MODEM_DONE, STATE_MODEM_DENIED):
            if self.state == state:
                if self._timer:
                    self._timer -= 1
                else:
                    self._modem_timer_ended()
        if self.state == STATE_C1:
            self._timer -= 1
            if self.cp_state != "C" or not self._timer:
                self._set_state(STATE_B1)
        self._watch_power()
        if self.state == STATE_C:
            self._charge(self.power_w / 3600)
            if self.cp_state != "C":
                self._wake(at_once=True)

    def _charge(self, wh):
        """A second of charging."""
        battery = getattr(self.car, "battery", None)
        if battery is not None:
            battery.take(wh)
        self.meter.count(wh)
        if self.meter.is_there:
            self.energy_charged_wh = self.meter.charged_wh
            self._recompute_soc()

    def _modem_timer_ended(self):
        if self.state == STATE_MODEM_REQUEST:
            self._set_state(STATE_MODEM_WAIT)
        elif self.state == STATE_MODEM_WAIT:
            self._set_state(STATE_MODEM_DONE)
        elif self.state == STATE_MODEM_DENIED:
            self._set_state(STATE_A)
        elif self.required_evccid in ("", self.evccid):
            self._modem_stage_done = True
            self._set_state(STATE_B)
        else:
            self._set_state(STATE_MODEM_DENIED)

    # ---- the estimate ----

    def _recompute_soc(self):
        if self.initial_soc <= 0 or self.full_soc <= 0 or self.energy_capacity <= 0:
            return  # one value missing: the first reading stands still
        if self.initial_soc == self.full_soc:
            self.computed_soc = self.full_soc
            self.remaining_soc = 0
            self.time_until_full = -1
            return
        target_wh = int(self.full_soc * self.energy_capacity / 100)
        if self.energy_request > 0:
            remaining_wh = int(self.energy_request - self.energy_charged_wh)
        else:
            start_wh = self.initial_soc * self.energy_capacity / 100
            remaining_wh = int(target_wh - self.energy_charged_wh - start_wh)
        self.remaining_soc = int(self.full_soc * remaining_wh / target_wh)
        self.computed_soc = self.full_soc - self.remaining_soc if self.remaining_soc > 1 else self.full_soc
        self.time_until_full = (
            int(remaining_wh * 3600 / self.power_w) if remaining_wh > 0 and self.power_w else -1
        )

    # ---- HTTP ----

    def http_connection(self):
        """A fresh HTTP connection, sans-IO: see HttpConnection."""
        return HttpConnection(self)

    def handle(self, request):
        """One complete request (see HttpConnection): gives (status, JSON text, the post's record or None)."""
        is_post = (request["method"], request["path"]) == ("POST", "/ev_state")
        post = self._post_record(request) if is_post else None
        self._held = []  # what the request causes is reported after the request itself
        status, document = self._route(request, post)
        held, self._held = self._held, None
        if post is not None:
            post["status"] = status
            post["state_after"] = self.state
            self._tell("post", self._post_text(post), post=post)
        for kind, text, data in held:
            self._tell(kind, text, **data)
        return status, "" if document is None else json.dumps(document, separators=(",", ":")) + "\r\n", post

    def _route(self, request, post):
        if self.faults.status is not None:
            return self.faults.status, None
        if request["path"] == "/settings":
            if request["method"] == "POST":
                return 200, self._change_settings(request["parameters"])
            return 200, self.settings_json()
        if post is not None and not self.faults.no_modem_support:
            return 200, self._ev_state(request["parameters"], post)
        return 404, None

    def _post_record(self, request):
        record = {
            "t_s": self.clock.now_us / 1e6,
            "raw": request["raw"],
            "parameters": dict(request["parameters"]),
            "values": None,
            "acted": False,
            "status": None,
            "answered": False,
            "state_before": self.state,
            "state_after": self.state,
        }
        self.posts.append(record)
        return record

    def _post_text(self, post):
        told = ", ".join(f"{name}={value}" for name, value in post["parameters"].items()) or "no parameter"
        return f"received {told}" + ("" if post["status"] == 200 else f", answers {post['status']}")

    def _ev_state(self, parameters, post):
        # A parameter that is missing reads as "" and counts as 0, also current_soc: 0 % ends the modem phase.
        values = {
            name: to_int(parameters.get(name, ""))
            for name in ("current_soc", "full_soc", "energy_capacity", "energy_request")
        }
        post["values"] = values
        if "evccid" in parameters:
            self.evccid = parameters["evccid"][:31]
        self.full_soc = max(values["full_soc"], self.full_soc)
        self.energy_capacity = max(values["energy_capacity"], self.energy_capacity)
        self.energy_request = max(values["energy_request"], self.energy_request)
        if 0 <= values["current_soc"] <= 100:
            self.initial_soc = self.computed_soc = values["current_soc"]
            post["acted"] = True
            if self.state in MODEM_STATES:
                self._set_state(STATE_MODEM_DONE)
        self._recompute_soc()
        return {**values, **({"evccid": self.evccid} if "evccid" in parameters else {})}

    def _change_settings(self, parameters):
        changed = {}
        if "required_evccid" in parameters and not self.faults.no_modem_support:
            self.required_evccid = parameters["required_evccid"][:31]
            changed["required_evccid"] = self.required_evccid
        if "override_pwm" in parameters:
            pwm = to_int(parameters["override_pwm"])
            if -1 <= pwm <= PWM_STEADY:
                self.override_pwm = pwm
                self._wake()
                changed["override_pwm"] = pwm
                self._drive_pilot()
        return changed

    def settings_json(self):
        """The part of GET /settings that a box on the powerline can use."""
        document = {
            "version": "v3.11.1",
            "mode": self.mode,
            "mode_id": MODES[self.mode],
            "car_connected": self.cp_state != "A",
            "evse": {
                "connected": self.cp_state != "A",
                "access": int(self.mode not in NO_ACCESS),
                "pwm": self.pwm,
                "state": self.state_name,
                "state_id": self.state,
                "error": "None",
                "error_id": 0,
            },
            "settings": {"charge_current": self.current_a * 10, "current_max": self.current_a},
        }
        if not self.faults.no_modem_support:
            document["settings"]["required_evccid"] = self.required_evccid
            document["settings"]["modem"] = "Experiment"
            document["ev_state"] = {
                "initial_soc": self.initial_soc,
                "remaining_soc": self.remaining_soc,
                "full_soc": self.full_soc,
                "energy_capacity": self.energy_capacity if self.energy_capacity > 0 else -1,
                "energy_request": self.energy_request if self.energy_request > 0 else -1,
                "computed_soc": self.computed_soc,
                "evccid": self.evccid,
                "time_until_full": self.time_until_full,
            }
        document["ev_meter"] = self.meter.document(self.power_w)
        return document

    def _tell(self, kind, text, **data):
        if self._held is not None:
            self._held.append((kind, text, data))
            return
        for listener in self.listeners:
            listener(kind, text, data)
