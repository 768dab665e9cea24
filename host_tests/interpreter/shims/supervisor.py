# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""supervisor: ticks that wrap 65 s after the start, as on the device."""

import bench_state

_BEFORE_WRAP_MS = 65536
_PERIOD = 1 << 29


class RunReason:
    """Why the program runs."""

    STARTUP = "startup"


class _Runtime:
    autoreload = True
    run_reason = RunReason.STARTUP


runtime = _Runtime()


def ticks_ms():
    return (bench_state.clock.now_us // 1000 - _BEFORE_WRAP_MS) % _PERIOD
