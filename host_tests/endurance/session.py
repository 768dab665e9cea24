# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""One plug-in on a `Rig` and the judgement of it.

A session is good when the SmartEVSE was told the state of charge that the car told, once, or when the box said why
not; in both cases it must be ready for the next car in time. Never may it tell another figure, tell twice, tell a
placeholder, say anything that lets a car close its contactors, or let an error out of a layer.
"""

from appliance.state import faults

from host_tests.endurance.oracle import CHARGES
from host_tests.twin.car import frames

# From the pilot's 5 % to the end of the SmartEVSE's patience, its own pause, and AC charging.
PLUG_IN_MS = 75_000
# A session without a car ends after these at the latest: the box's limit of a plug-in runs from each first
# SLAC_PARM.REQ; a modem that was reset needs its start on top.
READY_MS = 50_000
# A reading at the last moment is delivered 20 s later.
LAST_POST_MS = 23_000
QUIET_MS = 10_500


class Verdict:
    """`delivered`: the reading reached the SmartEVSE in time. `wrong`: sentences, empty for a good session."""

    def __init__(self, car):
        self.car = car
        self.hits = {}
        self.delivered = False
        self.cause = None
        self.ms = None
        self.wrong = []


def play(rig, car, script=None, end=None):
    """Plug `car` in, let `script(rig)` run whenever time passes, unplug it, wait until the box is ready.

    `end(rig)` takes the faults away and gives their hits.
    """
    rig.events.clear()
    rig.told.clear()
    rig.undelivered.clear()
    rig.charger.plug_ins.clear()
    begin_ms = rig.clock.now_ms
    rig.plug_in(car)
    while rig.clock.now_ms - begin_ms < PLUG_IN_MS:
        if script is not None:
            script(rig)
        rig.step()
        if rig.charger.state == 2 and car.charging and not rig.loop.secc.active:
            break
        if rig.charger.state == 2 and not rig.loop.secc.active and rig.clock.now_ms - begin_ms > 70_000:
            break
    rig.run_until(lambda: not rig.loop.secc.active and not rig.delivering, LAST_POST_MS)
    verdict = Verdict(car)
    verdict.ms = _delivered_ms(rig, begin_ms)
    if rig.plug is not None and car.charging and any(event[1] == "released" for event in rig.events):
        poke(rig, car)
    verdict.hits = end(rig) if end is not None else dict(rig.faults.counts)
    rig.unplug()
    rig.remove_neighbours()
    ready_ms = rig.clock.now_ms
    if not rig.run_until(lambda: rig.idle, READY_MS):
        verdict.wrong.append(f"wedged: {rig.loop.secc.stage} {READY_MS} ms after the plug-in")
    verdict.ready_ms = rig.clock.now_ms - ready_ms
    kinds = {event[1] for event in rig.events}
    if "searching" in kinds and not kinds & {"search_ended", "matched"}:
        rig.run(QUIET_MS)  # what became of a search is told when TT_EVSE_match_session is over
    judge(rig, car, verdict)
    return verdict


def poke(rig, car):
    """A car that charges tries SLAC now and then; an answer would draw it out of charging.

    The box asks the SmartEVSE once a minute at most: what it was told within a minute holds. Where it cannot ask, a
    car that was silent for a minute counts as a new plug-in.
    """
    if rig.loop.secc.admission.seen is None:
        return
    told_ms = rig.charger.told_waiting_ms
    if told_ms is not None and rig.clock.now_ms - told_ms < 61_000:
        return
    rig.oracle.leave_alone = car.mac
    rig.plug.modem.send(frames.slac_parm_req(car.mac, b"CHARGING"))
    rig.run(300)
    rig.oracle.leave_alone = None
    if rig.loop.secc.admission.seen is None and CHARGES in rig.oracle.wrong:
        rig.oracle.wrong.remove(CHARGES)  # it asked first, and got no answer


def _delivered_ms(rig, begin_ms):
    for at_ms, *event in rig.events:
        if event[0] == "released":
            return at_ms - begin_ms
    return None


def as_posted(soc_percent, late=False):
    """What the SmartEVSE may be told of a car that told `soc_percent`: 0 is doubtful unless the car confirms it.

    `late`: it tells 0 before, and may leave before it tells more.
    """
    if late:
        return (soc_percent, -1)
    return (soc_percent,) if soc_percent else (0, -1)


def judge(rig, car, verdict):
    """Fill in `delivered`, `cause` and `wrong`."""
    wrong = verdict.wrong
    soc = car.values["soc_percent"]
    allowed = as_posted(soc, car.habits["soc_told_from"] is not None)
    wrong.extend(f"{len(posts)} POSTs" for posts in rig.charger.plug_ins if len(posts) > 1)
    posts = [post for posts in rig.charger.plug_ins for post in posts]
    for post in posts:
        if post["current_soc"] not in allowed:
            wrong.append(f"told {post['current_soc']} %, the car said {soc} %")
        if len(post) != 5:
            wrong.append(f"parameters {sorted(post)}")
    readings = [event for event in rig.events if event[1] == "reading"]
    wrong.extend(
        f"read {event[2].soc_percent} %, the car said {soc} %"
        for event in readings
        if (-1 if event[2].soc_percent is None else event[2].soc_percent) not in allowed
    )
    verdict.delivered = bool(posts)
    wrong += rig.oracle.wrong
    rig.oracle.wrong.clear()
    if car.unsafe:
        wrong.append(f"unsafe: {car.unsafe[0]}")
    if rig.loop.failures:
        wrong.append("error: " + " / ".join(line for line in rig.console[-12:]))
        rig.loop.failures = 0
    verdict.cause = rig.box.status.cause()
    told = [event[2] for event in rig.events if event[1] == "session_end"]
    told += [event[3] for event in rig.events if event[1] == "search_ended"]
    # By its maker: its MAC may be another one by now, and a neighbour is heard as well.
    macs = [event[2] for event in rig.events if event[1] in ("searching", "matched")]
    heard = any(mac[:3] == car.mac[:3] for mac in macs)
    ends = [cause for cause in told if cause != "ok"]
    if not posts and verdict.cause is None and rig.undelivered:
        verdict.cause = rig.undelivered[-1]  # told then, and no longer a fault: the SmartEVSE answers again
    if not posts and verdict.cause is None and ends:
        verdict.cause = ends[-1]  # a search that may be a neighbour's is logged and not shown
    if not posts and verdict.cause is None and heard:
        wrong.append("no reading and no cause told")
    wrong.extend(f"ended with {cause}" for cause in ends if cause not in faults.TABLE)
    if verdict.cause is not None and verdict.cause not in faults.TABLE:
        wrong.append(f"cause {verdict.cause} has no row")
