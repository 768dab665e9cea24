# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Slow pieces: what a page asks for, the self-test, the question for the SmartEVSE, a restart, collecting garbage.

They may block, so they run one at a time and only while no car is in a session.
"""

from plc.ticks import expired, ticks_add

from appliance.storage.records import StoreError

RESTART_AFTER_MS = 1500
# Uptime in s at which nothing else of a start is going on; pause in s before another try.
RECORD_AFTER_S, RECORD_AGAIN_S = 90, 600
# Uptime in s by which WiFi was joined and the SmartEVSE asked, if they are there.
TEST_AFTER_S = 40
# Uptime in s up to which a question for the SmartEVSE waits for the first WiFi connection.
FIRST_WIFI_S = 25
# Uptime in s up to which what no car needs waits for the first join.
FIRST_TRY_S = 6
# How often, in s, so that the page shows what the SmartEVSE waits for. Its web server stalls if it is asked more often.
IDLE_QUESTION_S = 300
# While a car that was read may charge.
CHARGE_QUESTION_S = 60


class Job:
    """One piece of work. Once ``done``, either ``error`` is an exception or ``result`` what the work returned."""

    def __init__(self, work, argument, in_steps):
        self.work = work
        self.argument = argument
        self.in_steps = in_steps
        self.steps = None
        self.done = False
        self.result = None
        self.error = None


def _stepped(job):
    """One step; True when it was the last."""
    if job.steps is None:
        job.steps = job.work(job.argument)
    try:
        next(job.steps)
    except StopIteration as end:
        job.result = end.args[0] if end.args else None
        return True
    return False


class Jobs:
    """Slow piece."""

    def __init__(self):
        self._job = None

    def start(self, work, argument, in_steps=False):
        """Have ``work(argument)`` done soon. Returns its Job, or None while another one waits.

        ``in_steps``: ``work`` is a generator function. Each step gets a pass of the loop; its return value is the result.
        """
        if self._job is not None:
            return None
        self._job = Job(work, argument, in_steps)
        return self._job

    def cancel(self, job):
        """Nobody waits for ``job`` any more."""
        if self._job is job:
            self._job = None

    def due(self, _now):
        return self._job is not None

    def run(self, _now):
        """Do the job, or a step of it. What it raises is kept in ``error``."""
        job, self._job = self._job, None
        try:
            if not job.in_steps:
                job.result = job.work(job.argument)
            elif not _stepped(job):
                self._job = job
                return
        except Exception as error:
            job.error = error
        job.done = True


class SelfTest:
    """Slow piece: tests all parts, once after the start and whenever ``asked`` is set.

    ``look(asked, now)`` returns a Report. It is called from here because its chain of calls is deep.
    """

    def __init__(self, uptime, look):
        self.asked = False
        self.report = None
        self._first = True
        self._uptime = uptime
        self._look = look

    def due(self, _now):
        """True if somebody asked, or it is time for the first one."""
        return self.asked or (self._first and self._uptime.seconds >= TEST_AFTER_S)

    def run(self, now):
        asked, self.asked, self._first = self.asked, False, False
        self.report = self._look(asked, now)


class StateQuestion:
    """Slow piece: asks the SmartEVSE for its state when ``v2g.admission`` wants it, and from time to time.

    ``loop`` has the protocol stack that gets the answer, ``story`` gets it as well. ``new_estimate()`` makes the Estimate
    of the car's charge, which is kept up to date.
    """

    def __init__(self, loop, wifi, smartevse, story, ticks, new_estimate):
        self._loop = loop
        self._wifi = wifi
        self._smartevse = smartevse
        self._story = story
        self._ticks = ticks
        self._new_estimate = new_estimate
        self._asked_s = 0
        self._estimate = None

    def due(self, now):
        """True if it is to be asked; after a start not before WiFi had its chance."""
        wifi = self._wifi
        if not self._loop.secc.admission.wants_evse_state(now):
            status = self._story.status
            period_s = CHARGE_QUESTION_S if self._follows_charge(status) else IDLE_QUESTION_S
            return status.uptime.seconds - self._asked_s >= period_s and wifi.connected and self._smartevse.can_ask
        return wifi.connected or wifi.state == "off" or self._story.status.uptime.seconds >= FIRST_WIFI_S

    def run(self, now):
        self._asked_s = self._story.status.uptime.seconds
        state = self._smartevse.query_state(now)
        # First of all, because no car is let in without it.
        self._loop.secc.admission.evse_state(None if state is None else state.seen, self._ticks())
        self._story.asked(state, self._smartevse.cause)
        self._follow_charge(self._story.status, state)

    def _follows_charge(self, status):
        """True while answers are of use for an estimate. Allocates nothing."""
        if not status.current or status.reading.soc_percent is None:
            return False
        return self._estimate is None or self._estimate.can_go_on

    def _follow_charge(self, status, state):
        """Update the estimate. ``state``: an EvseState, or None without an answer."""
        if self._estimate is None:
            if status.reading is None:
                return
            # Loaded only now, when nobody waits: it takes no memory before the first car.
            try:
                self._estimate = self._new_estimate()
            except Exception as error:
                # Its file is missing on the drive or incomplete.
                self._story.part_failed("smartevse_missing", error)
                return
        self._estimate.asked(state, self._smartevse.last_delivery == "ok")


class Later:
    """Slow piece: what a start need not wait for. ``steps``: a generator, of which each run makes one step, after the first
    try to join WiFi. ``failed(error)`` gets the exception that ends it."""

    def __init__(self, steps, failed, wifi, uptime):
        self._steps = steps
        self._failed = failed
        self._wifi = wifi
        self._uptime = uptime

    def due(self, _now):
        """True while there is a step left. Allocates nothing."""
        if self._steps is None:
            return False
        wifi = self._wifi
        return wifi.reachable or wifi.state == "off" or self._uptime.seconds >= FIRST_TRY_S

    def run(self, _now):
        steps, self._steps = self._steps, None
        try:
            next(steps)
            self._steps = steps
        except StopIteration:
            return
        except Exception as error:
            self._failed(error)


class RecordSecrets:
    """Slow piece: puts the box's own secrets (``storage.secrets.Secrets``) into records that lack them, because they were
    generated later, or while a computer had the drive."""

    def __init__(self, keeper, secrets, uptime):
        self._keeper = keeper
        self._secrets = secrets
        self._uptime = uptime
        self._at_s = RECORD_AFTER_S
        self._steps = None

    def due(self, _now):
        if self._steps is not None:
            return True
        return not self._secrets.recorded and self._keeper.has_records and self._uptime.seconds >= self._at_s

    def run(self, _now):
        """One step of saving everything again, with the secrets."""
        self._at_s = self._uptime.seconds + RECORD_AGAIN_S
        steps, self._steps = self._steps or self._keeper.saving({}), None
        try:
            next(steps)
            self._steps = steps
        except (StopIteration, StoreError):
            # Done; or a computer has the drive, and NVM has a copy until the next try.
            return


class Restart:
    """Slow piece: restarts the box once ``wanted``, a little later so that the page gets its answer."""

    def __init__(self, reset, tell):
        self.wanted = False
        self._reset = reset
        self._tell = tell
        self._at = None

    def ask(self):
        self.wanted = True

    def due(self, now):
        if not self.wanted:
            return False
        if self._at is None:
            self._at = ticks_add(now, RESTART_AFTER_MS)
        return expired(self._at, now)

    def run(self, _now):
        """Does not return."""
        self.wanted = False
        self._at = None
        self._tell("restart, as asked for on the page")
        self._reset()


class Collector:
    """Slow piece: collects garbage after work, so that the heap does not fill up in the middle of a session."""

    PERIOD_MS = 10000

    def __init__(self, loop, collect):
        self._loop = loop
        self._collect = collect
        self._work = 0
        self._next = None

    def due(self, now):
        """True if the loop worked since the last collection, and that was at least PERIOD_MS ago."""
        if expired(self._next, now):
            # Dropped, because a tick can be compared for three days only, and a box may be idle for longer.
            self._next = None
        return self._loop.work != self._work and self._next is None

    def run(self, now):
        """Collect; takes 25 to 200 ms."""
        self._collect()
        self._next = ticks_add(now, self.PERIOD_MS)
        self._work = self._loop.work + 1
