# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Leaves safe mode by itself.

After a brownout or a hard fault CircuitPython stops in safe mode and does not run ``code.py``: a box in a garage would
be dead until somebody pulls the plug. Only the safe mode that a person asked for with the BOOT button stays, so that a
drive can be rescued; ``code.py`` itself looks at the button as well. All others but the brownout are failed starts of the
version that ran, for ``code.py`` sees nothing of them.
"""

import time

import microcontroller
import supervisor

_LONGEST_WAIT_S = 16


def count_safe_mode():
    """Count this safe mode. Returns how many came in a row; a large number if nothing can be remembered."""
    try:
        import survival

        return survival.kept().count_safe_mode()
    except Exception as error:
        print("safe mode not counted:", error)
        return _LONGEST_WAIT_S


def count_crash():
    """Count a failed start: a version or a saved setting that crashes the chip at each start must be given up as well."""
    try:
        import slots

        slots.crashed()
    except Exception as error:
        print("crash not counted:", error)


def unmark_boot_button():
    """CircuitPython marks the second in which it waits for BOOT, and a supply that sags meanwhile leaves the mark there: the
    next reset would lead to the safe mode that stays, with nobody near the button."""
    try:
        microcontroller.on_next_reset(microcontroller.RunMode.NORMAL)
    except Exception as error:
        print("the mark of the BOOT button stays:", error)


reason = supervisor.runtime.safe_mode_reason
if reason != supervisor.SafeModeReason.USER:
    unmark_boot_button()
    if reason != supervisor.SafeModeReason.BROWNOUT:
        count_crash()
    # With a supply that sags at every start the pauses become longer, instead of a fast loop.
    wait_s = min(1 << min(count_safe_mode() - 1, 5), _LONGEST_WAIT_S)
    print("safe mode:", reason, "- reset in", wait_s, "s")
    time.sleep(wait_s)
    microcontroller.reset()
