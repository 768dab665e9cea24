# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Counters in RTC memory: they outlive a reset and a watchdog bite, not a power cut, and wear nothing out.

``code.py`` and ``safemode.py`` write their two counters themselves, because they must work when ``lib/`` does
not.
"""

_MAGIC = b"SB"
_SIZE = 8

CRASHES = 2
SAFE_MODES = 3
WIFI_JOINING = 4
WIFI_HANGS = 5
# Behind the counters: what the web pages keep through a restart (appliance/access.py).
WEB = 32
WEB_SIZE = 32


def _fallback():
    return bytearray(WEB + WEB_SIZE)


def memory():
    """The RTC memory, initialised; a plain bytearray where the board has none."""
    try:
        import alarm

        store = alarm.sleep_memory
        if bytes(store[0:2]) != _MAGIC:
            store[0:_SIZE] = _MAGIC + bytes(_SIZE - 2)
        return store
    except Exception:
        # No alarm module, or a core that refuses the access: counting is a comfort, never a reason to stop.
        return _fallback()
