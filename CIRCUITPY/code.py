# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Starts the box and brings it back when it falls.

Everything else lives in ``lib/``. A program that ends leaves a CircuitPython board idle for ever ("Code done
running"), so whatever comes out of the box leads to a reset. Crashes in a row are counted in RTC memory,
which survives a reset but not a power cut, and lengthen the wait: a box that cannot start must stay slow
enough to be reached over USB.
"""

import time
import traceback

import microcontroller
import supervisor

# Saving a file over USB would otherwise restart the box in the middle of a car's session.
supervisor.runtime.autoreload = False

# Where the counters lie in alarm.sleep_memory; lib/appliance/retained.py names the same places.
_MAGIC = b"SB"
_CRASHES = 2
# Below the watchdog's 30 s: it stays armed after an exception and nothing feeds it here.
_LONGEST_WAIT_S = 16


def count_crash():
    """Count this crash and return how many came in a row (1 where nothing can be remembered)."""
    try:
        import alarm

        memory = alarm.sleep_memory
        if bytes(memory[0:2]) != _MAGIC:
            memory[0:8] = _MAGIC + bytes(6)
        memory[_CRASHES] = min(memory[_CRASHES] + 1, 200)
        return memory[_CRASHES]
    except Exception as error:
        print("crash not counted:", error)
        return 1


try:
    from appliance import box

    box.main()
    print("box.main() came back, which it never should")
except Exception as error:
    traceback.print_exception(error)

wait_s = min(1 << min(count_crash(), 5), _LONGEST_WAIT_S)
print("restart in", wait_s, "s")
time.sleep(wait_s)
microcontroller.reset()
