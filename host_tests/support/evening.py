# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Whole charges in seconds: the twin's SmartEVSE, cars with a battery, and the part of the box that follows a charge."""

from appliance.smartevse.estimate import Estimate
from appliance.smartevse.numbers import delivery_path
from appliance.smartevse.target import EvseState
from appliance.state.log import Uptime
from appliance.state.status import Status
from v2g.reading import Reading

from host_tests.twin import smartevse
from host_tests.twin.clock import Clock

ASKED_S = 60
FIRST, SECOND = b"\x02\x11\x22\x33\x44\x55", b"\x02\x66\x77\x88\x99\xaa"


class Car:
    """A car at the plug that charges whenever it is offered power, until its battery is full."""

    is_steady = True

    def __init__(self, battery):
        self.battery = battery
        self.duty = None

    @property
    def cp_state(self):
        wants = self.duty not in (None, 50, 1000) and not self.battery.is_full
        return "C" if wants else "B"

    def pilot(self, duty, _now_ms):
        self.duty = duty


class Evening:
    """A charger, cars one after the other, and a box that reads each of them and asks the charger once a minute."""

    def __init__(self, **charger):
        self.clock = Clock()
        self.evse = smartevse.SmartEvse(self.clock, **charger)
        self.status = Status(Uptime(0), str)
        self.estimate = Estimate(self.status)
        self.silent = False
        self.shown = []  # (per cent shown, per cent in the battery)
        self.told = {}

    def run(self, seconds):
        self.clock.advance(seconds * 1_000_000)
        self.status.uptime.advance(self.clock.now_ms % 2**29)
        self.status.watch("READY", "WAITING")

    def settings(self):
        connection = self.evse.http_connection()
        connection.receive(b"GET /settings HTTP/1.1\r\n\r\n")
        return connection.take().split(b"\r\n\r\n", 1)[1]

    def ask(self):
        state = None if self.silent else EvseState(self.settings())
        if state is not None and state.seen is not None:
            self.status.plug_told(state.state_id != smartevse.STATE_A)
        self.estimate.asked(state, True)
        shown = self.status.estimate
        if shown is not None and self.evse.car is not None:
            self.shown.append((shown.percent, self.evse.car.battery.percent))

    def plug(self, car, evccid=FIRST, **numbers):
        """Plugged in, read and posted, and on to AC."""
        self.evse.plug(Car(car))
        self.run(5)
        assert self.evse.state == smartevse.STATE_MODEM_WAIT
        reading = Reading("DIN 70121", evccid, evccid)
        reading.soc_percent = int(car.percent)
        reading.energy_capacity_wh = car.capacity_wh
        reading.full_soc_percent = car.target_percent
        for name, value in numbers.items():
            setattr(reading, name, value)
        self.status.car_plugged(evccid)
        self.status.read(reading)
        self.status.session_ended("ok")
        self.post(reading)
        self.run(2)
        self.ask()
        self.run(10)
        return reading

    def post(self, reading):
        connection = self.evse.http_connection()
        path = delivery_path("/ev_state", reading)
        connection.receive(f"POST {path} HTTP/1.1\r\nContent-Length: 0\r\n\r\n".encode())

    def charge(self, minutes=None):
        """For so long, or until the car is full and a little longer."""
        left = 2000 if minutes is None else minutes
        while left:
            self.run(ASKED_S)
            self.ask()
            left -= 1
            if minutes is None and self.evse.car.battery.is_full:
                left = min(left, 3)

    def unplug(self):
        self.evse.unplug()
        self.run(3)
        self.ask()

    def worst(self):
        return max(abs(shown - battery) for shown, battery in self.shown)
