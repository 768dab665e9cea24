# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What a page asks for and what may block: saving, asking the SmartEVSE, restarting. One thing at a time, and
only while no car is in a session.
"""

from plc.ticks import expired, ticks_add

RESTART_AFTER_MS = 1500
# By then WiFi was joined and the SmartEVSE was asked, if they are there.
TEST_AFTER_S = 40


class Errand:
    """One piece of work: ``done`` when ``result`` is there, or ``error``, an exception."""

    def __init__(self, work, argument):
        self.work = work
        self.argument = argument
        self.done = False
        self.result = None
        self.error = None


class Errands:
    """Slow piece."""

    def __init__(self):
        self._errand = None

    def start(self, work, argument):
        """Have ``work(argument)`` done soon; gives its Errand, or None while another one waits."""
        if self._errand is not None:
            return None
        self._errand = Errand(work, argument)
        return self._errand

    def cancel(self, errand):
        """Nobody waits for it any more."""
        if self._errand is errand:
            self._errand = None

    def due(self, _now):
        """True when there is something to do."""
        return self._errand is not None

    def run(self, _now):
        """Do it; whatever it raises is kept for the one who asked."""
        errand, self._errand = self._errand, None
        try:
            errand.result = errand.work(errand.argument)
        except Exception as error:
            errand.error = error
        errand.done = True


class SelfTest:
    """Slow piece: looks at all parts, once when the start is over and whenever ``asked`` is set."""

    def __init__(self, box):
        self.asked = False
        self._first = True
        self._box = box

    def due(self, _now):
        """True when it is time for the first one, or somebody asked."""
        return self.asked or (self._first and self._box.uptime.seconds >= TEST_AFTER_S)

    def run(self, now):
        """The SmartEVSE is asked anew only on demand; from here, because it is a deep chain of calls."""
        asked, self.asked, self._first = self.asked, False, False
        if asked:
            self._box.smartevse.query_state(now)
        from appliance import selftest

        self._box.self_test = selftest.run(self._box)


class Restart:
    """Slow piece: restarts the box once the answer to the page has left, and no car is in a session."""

    def __init__(self, reset, tell):
        self.wanted = False
        self._reset = reset
        self._tell = tell
        self._at = None

    def ask(self):
        """Restart soon."""
        self.wanted = True

    def due(self, now):
        """True when it is time."""
        if not self.wanted:
            return False
        if self._at is None:
            self._at = ticks_add(now, RESTART_AFTER_MS)
        return expired(self._at, now)

    def run(self, _now):
        """Does not come back."""
        self.wanted = False
        self._at = None
        self._tell("restart, as asked for on the page")
        self._reset()
