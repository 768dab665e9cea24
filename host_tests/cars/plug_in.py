# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""One car, one way of leaving, one plug-in: against the station alone, or against the whole box on the twin.

`at_station` joins `Secc`, the powerline and the car in virtual time: some 0.1 s each. `on_twin` is the World: the
box's own files on the modem model at the level of its SPI, SmartEVSE, WiFi, POST: 1 to 3 s each.
"""

from v2g.secc import Secc

from host_tests.interpreter.run_car import Lcg
from host_tests.interpreter.run_session import BOX, STEP_MS, Bench
from host_tests.support.starts import started
from host_tests.twin.car.car import named
from host_tests.twin.car.habits import CARS
from host_tests.twin.car.recorded import RECORDED
from host_tests.twin.world import SETTINGS_IN_USE, World

# A reading is delivered at the latest so long behind it (DESIGN 4), and so much later through timers that
# look every second and the POST itself.
DEADLINE_S = 20
MARGIN_S = 1
_LIMIT_S = 90
# So long a step is while nothing is on the line: in a session, where both have timers, and before and behind it.
WAITING_MS, _IDLE_MS = 10, 50
# A box that just started first asks the SmartEVSE whether a car charges, and answers none until it knows.
_STEPS = (
    (100, "asked"),
    (155, "matched"),
    (201, "discovery"),
    (303, "connected"),
    (540, "read"),
    (541, "doubtful"),
    (910, "released"),
    (920, "delivered"),
)


class Outcome:
    """What became of a plug-in.

    `times` {step: s since the first CM_SLAC_PARM.REQ}; `read` percent or None; `reading` (at the station) all that the
    car told; `doubtful` the number told in its
    place; `deliveries` the percents posted, -1 for none (at the station: of each release);
    `how` the box's words; `unsafe`, `complaints` of the car; `sent`, what the
    car asked for from the first ChargeParameterDiscoveryReq on.
    """

    def __init__(self, name, leave):
        self.name = name
        self.leave = leave
        self.times = {}
        self.read = None
        self.reading = None
        self.doubtful = None
        self.deliveries = []
        self.how = ""
        self.charging = None  # the station alone cannot tell
        self.unsafe = []
        self.complaints = []
        self.sent = []
        self.slac_rounds = 0
        self.sdp_requests = 0

    def problems(self, soc_percent):
        """What is not as it must be, as texts. `soc_percent` None: a car that told 0 and left."""
        found = []
        if self.read != soc_percent:
            found.append(f"read {self.read}, told {soc_percent}")
        if (soc_percent is None) != (self.doubtful is not None):
            found.append(f"doubtful {self.doubtful}")
        if self.deliveries != [-1 if soc_percent is None else soc_percent]:
            found.append(f"deliveries {self.deliveries}")
        if self.charging is False:
            found.append("does not charge")
        if self.unsafe:
            found.append(f"unsafe: {self.unsafe}")
        if self.complaints:
            found.append(f"complaints: {self.complaints}")
        if not self.how:
            found.append("not released")
        waited = self.waited_s
        if soc_percent is not None and (waited is None or waited > DEADLINE_S + MARGIN_S):
            found.append(f"delivered {waited} s after the reading")
        return found

    @property
    def waited_s(self):
        """From the reading to its delivery; at the station to the release that allows it. None without one."""
        end = self.times.get("released" if self.charging is None else "delivered")
        if end is None or "read" not in self.times:
            return None
        return round(end - self.times["read"], 3)

    def of_car(self, car):
        self.unsafe = list(car.unsafe)
        self.complaints = list(car.complaints)
        trace = [request for request, _ in (car.past[0][0] if car.past else car.session.trace)]
        if "ChargeParameterDiscovery" in trace:
            trace = trace[trace.index("ChargeParameterDiscovery") :]
        self.sent = [name for n, name in enumerate(trace) if n == 0 or trace[n - 1] != name]
        self.slac_rounds = car.slac.rounds + 1
        self.sdp_requests = car.sdp.sent_total


def habits_of(leave):
    return {} if leave is None else {"leave": leave}


def standard_of(name):
    """The setting PROTOCOL with which a box speaks to this car as the recorded station did."""
    return RECORDED.get(name, {}).get("standard", "din")


def soc_of(name, leave=None):
    """What a box must read of this car, None when it leaves before it tells: a Seres tells 0 until its PreChargeReq."""
    values, habits = CARS[name]
    told_from = habits.get("soc_told_from")
    leave = leave or habits.get("leave", "standard")
    if told_from and leave != "loops_after_failed" and (leave, told_from[1]) != ("ignores_shutdown", 1):
        return None
    return values["soc_percent"]


def step_ms(bench, most_ms):
    """Until something comes over the line, `most_ms` at most."""
    next_us = bench.clock.next_us
    if next_us is None:
        return most_ms
    return min(max((next_us - bench.clock.now_us) // 1000 + 1, STEP_MS), most_ms)


def at_station(name, leave=None, **values):
    """Outcome with `Secc` alone. `leave` None: the car's own habit."""
    car = named(name, Lcg(7), habits=habits_of(leave), **values)
    bench = Bench(car)
    bench.secc = Secc(BOX, Lcg(3), {"protocol": standard_of(name)})
    outcome = Outcome(name, leave)
    for _ in range(20):
        bench.step()
    car.plug(bench.clock.now_ms)
    car.pilot(50, bench.clock.now_ms)
    end_ms = bench.clock.now_ms + _LIMIT_S * 1000
    seen, started, ended_ms = 0, None, None
    words = dict(_STEPS)
    while bench.clock.now_ms < (end_ms if ended_ms is None else ended_ms):
        bench.step(step_ms(bench, WAITING_MS if bench.secc.active and ended_ms is None else _IDLE_MS))
        for event in bench.events[seen:]:
            now_s = bench.clock.now_ms / 1000
            if event[0] == "checkpoint" and event[1] in words:
                started = now_s if started is None else started
                outcome.times.setdefault(words[event[1]], round(now_s - started, 3))
            elif event[0] == "reading":
                outcome.reading = event[1]
                outcome.read = event[1].soc_percent
                outcome.doubtful = event[1].soc_doubtful_percent
            elif event[0] == "released":
                outcome.deliveries.append(-1 if outcome.read is None else outcome.read)
                outcome.how = event[1]
            elif event[0] == "session_end" and ended_ms is None:
                # Ten quiet seconds: nothing may be released a second time.
                ended_ms = bench.clock.now_ms + 10000
        seen = len(bench.events)
    outcome.of_car(car)
    return outcome


def on_twin(name, leave=None, seed=1, **values):
    """Outcome with the whole box in a World of its own."""
    settings = dict(SETTINGS_IN_USE, PROTOCOL=standard_of(name))
    with World(seed=seed, settings=settings) as world:
        started(world)
        car = world.new_car(name, leaving=leave, **values)
        outcome = Outcome(name, leave)
        world.plug(car, name=name)
        world.run_until(lambda: world.charging or (car.verdict or "").startswith("stuck"), _LIMIT_S)
        outcome.of_car(car)
        world.run(3)
        outcome.charging = world.charging
        outcome.deliveries = [(post["values"] or {}).get("current_soc") for post in world.smartevse.posts]
        words = dict(_STEPS)
        asked_s = None
        for entry in world.timeline:
            number = entry.get("checkpoint")
            if number not in words:
                continue
            asked_s = entry["t_s"] if number == 100 and asked_s is None else asked_s
            if asked_s is None:
                continue
            outcome.times.setdefault(words[number], round(entry["t_s"] - asked_s, 3))
            if number == 540:
                outcome.read = entry.get("soc_percent")
                outcome.doubtful = None
            elif number == 541:
                outcome.doubtful = int(entry["text"].split()[2])
            elif number == 910:
                outcome.how = entry["text"].split(": ", 1)[-1]
        return outcome
