# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The chip: number, watchdog, reset."""

import bench_state

PASS_US = 1000


class ResetReason:
    """Why the chip was reset."""

    POWER_ON = "power-on"
    WATCHDOG = "watchdog"


class _Cpu:
    uid = b"\xfe\x4a\xc0\x1b\x2a\x7d"
    reset_reason = ResetReason.POWER_ON


class _Watchdog:
    timeout = 0
    mode = None

    def feed(self):
        """Once in each pass of the box's loop: time of the pass's Python, and the scenario's turn."""
        books = bench_state.books
        books.enter()
        bench_state.clock.advance(PASS_US)
        if bench_state.on_pass is not None:
            bench_state.on_pass()
        books.leave()


class _Pins:
    pass


cpu = _Cpu()
nvm = bytearray(8192)
pin = _Pins()
watchdog = _Watchdog()


def reset():
    """A reset ends the program: nothing in this run should cause one."""
    bench_state.resets += 1
    raise SystemExit("reset")
