# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Virtual time of the digital twin: one integer microsecond counter and a queue of events.

Nothing in the twin reads a wall clock. Whoever lets time pass (the device that works, a test that waits)
calls `advance`. Whatever is due on the way runs at its own instant, in time order; events of one instant
in the order in which they were scheduled. So a run depends on its seed and on nothing else.

Runs on CPython and on MicroPython.
"""

try:
    from heapq import heapify, heappop, heappush
except ImportError:  # CircuitPython has no heapq: a sorted list is slower and gives the same order

    def heapify(_queue):
        """A list without one of its items is sorted still."""

    def heappush(queue, item):
        low = 0
        high = len(queue)
        while low < high:
            middle = (low + high) // 2
            if queue[middle] < item:
                low = middle + 1
            else:
                high = middle
        queue.append(item)
        for index in range(len(queue) - 1, low, -1):
            queue[index] = queue[index - 1]
        queue[low] = item

    def heappop(queue):
        return queue.pop(0)


class Timer:
    """One scheduled call. `when_us` is its instant; `pending` is False once it ran or was cancelled."""

    def __init__(self, when_us, function, arguments):
        self.when_us = when_us
        self.pending = True
        self._function = function
        self._arguments = arguments

    def cancel(self):
        """Take the call back; harmless when it already ran."""
        self.pending = False
        self._function = None
        self._arguments = None

    def run(self):
        function = self._function
        arguments = self._arguments
        self.cancel()
        function(*arguments)


class Clock:
    """Integer microseconds since `start_us`'s origin; never runs by itself.

    `hooks`: callables without arguments, called after every advance (pacing to wall time, stop requests).
    """

    def __init__(self, start_us=0):
        self.now_us = start_us
        self.hooks = []
        self._queue = []
        self._scheduled = 0
        self._advancing = False

    @property
    def now_ms(self):
        return self.now_us // 1000

    @property
    def next_us(self):
        """Instant of the earliest pending event, None when nothing is scheduled."""
        queue = self._queue
        while queue and not queue[0][2].pending:
            heappop(queue)
        return queue[0][0] if queue else None

    def after(self, delay_us, function, *arguments):
        """Call `function(*arguments)` in `delay_us` (0: with the next advance). Gives a Timer."""
        return self.at(self.now_us + delay_us, function, *arguments)

    def at(self, when_us, function, *arguments):
        """As `after`, at an absolute instant; an instant in the past counts as now."""
        when_us = max(when_us, self.now_us)
        timer = Timer(when_us, function, arguments)
        self._scheduled += 1
        # The running number makes equal instants first in, first out and keeps timers out of comparisons.
        heappush(self._queue, (when_us, self._scheduled, timer))
        return timer

    def instead(self, timer, delay_us, function, *arguments):
        """Take a call back (None: there is none) and make another, as `cancel` and `after`. What is put off again and again,
        as a watchdog, does not stay behind in the queue until its time is over."""
        if timer is not None and timer.pending:
            timer.cancel()
            queue = self._queue
            for index in range(len(queue)):
                if queue[index][2] is timer:
                    del queue[index]
                    heapify(queue)
                    break
        return self.after(delay_us, function, *arguments)

    def advance(self, us):
        """Let `us` microseconds pass. RuntimeError from inside an event or hook, ValueError when us < 0."""
        if us < 0:
            raise ValueError("time does not run backwards")
        self.advance_to(self.now_us + us)

    def room_us(self, until_us):
        """Microseconds for which no event is due and no hook wants to be called, up to `until_us`; 0 with any hook."""
        if self.hooks or self._advancing:
            return 0
        queue = self._queue
        if queue and queue[0][0] < until_us:
            until_us = queue[0][0]
        return until_us - self.now_us if until_us > self.now_us else 0

    def skip_to(self, when_us):
        """As `advance_to` when nothing is due on the way and nobody listens; False, and no time passed, otherwise."""
        queue = self._queue
        if self.hooks or self._advancing or (queue and queue[0][0] <= when_us):
            return False
        self.now_us = when_us
        return True

    def advance_to(self, when_us):
        """Let time pass up to `when_us` (in the past: only run what is due now)."""
        if self._advancing:
            raise RuntimeError("an event may schedule, it may not let time pass")
        self._advancing = True
        try:
            queue = self._queue
            while queue and queue[0][0] <= when_us:
                due_us, _, timer = heappop(queue)
                if timer.pending:
                    self.now_us = max(due_us, self.now_us)
                    timer.run()
            self.now_us = max(when_us, self.now_us)
            for hook in self.hooks:
                hook()
        finally:
            self._advancing = False
