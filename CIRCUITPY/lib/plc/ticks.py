# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Milliseconds that wrap at 2**29, as ``supervisor.ticks_ms()`` counts them.

CircuitPython starts the counter 65 s before its first wrap, then wraps every 6.2 days, so plain
comparisons are wrong within the first minute. Every deadline goes through these three functions.
"""

from plc.const import const

_PERIOD = const(1 << 29)
_HALF = const(1 << 28)
_MASK = const(_PERIOD - 1)


def ticks_add(now, delta_ms):
    """The tick ``delta_ms`` after (or, negative, before) ``now``; at most 3.1 days either way."""
    return (now + delta_ms) & _MASK


def ticks_diff(later, earlier):
    """Signed milliseconds from ``earlier`` to ``later``; right only if they are less than 3.1 days apart."""
    diff = (later - earlier) & _MASK
    return diff if diff < _HALF else diff - _PERIOD


def expired(deadline, now):
    """True once ``now`` has reached ``deadline``; always False for a deadline of ``None``."""
    return deadline is not None and ((now - deadline) & _MASK) < _HALF
