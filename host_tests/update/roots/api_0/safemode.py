# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Leaves safe mode by itself.

After a brownout, a hard fault or a watchdog bite CircuitPython stops in safe mode and does not run
``code.py``: a box in a garage would be dead until somebody pulls the plug. Only the safe mode a person asked
for with the BOOT button stays; that is the way to rescue a drive.
"""

import time

import microcontroller
import supervisor

_MAGIC = b"SB"
_SAFE_MODES = 3
_LONGEST_WAIT_S = 16


def count_safe_mode():
    """Count this safe mode and return how many came in a row (1 where nothing can be remembered)."""
    try:
        import alarm

        memory = alarm.sleep_memory
        if bytes(memory[0:2]) != _MAGIC:
            memory[0:8] = _MAGIC + bytes(6)
        memory[_SAFE_MODES] = min(memory[_SAFE_MODES] + 1, 200)
        return memory[_SAFE_MODES]
    except Exception as error:
        print("safe mode not counted:", error)
        return 1


reason = supervisor.runtime.safe_mode_reason
if reason != supervisor.SafeModeReason.USER:
    # A supply that sags at every start gets longer and longer pauses instead of a fast loop.
    wait_s = min(1 << min(count_safe_mode() - 1, 5), _LONGEST_WAIT_S)
    print("safe mode:", reason, "- reset in", wait_s, "s")
    time.sleep(wait_s)
    microcontroller.reset()
