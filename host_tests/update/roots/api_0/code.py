# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Starts the newest version that runs, and brings the box back when it falls.

Everything else lives in the version that ``slots.py`` picks. A program that ends leaves a CircuitPython board idle
for ever ("Code done running"), so whatever comes out of the box leads to a reset. Crashes in a row are counted in
RTC memory, which survives a reset but not a power cut, and lengthen the wait: a box that cannot start must
stay slow enough to be reached over USB.
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
# Below the watchdog's time: it stays armed after an exception and nothing feeds it here.
_LONGEST_WAIT_S = 16
# A version that hangs before it arms the watchdog itself; loading one takes 15 s.
_LOAD_S = 60


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


def arm_watchdog():
    """A version that hangs leads to a reset as well."""
    try:
        import watchdog

        microcontroller.watchdog.timeout = _LOAD_S
        microcontroller.watchdog.mode = watchdog.WatchDogMode.RESET
    except Exception as error:
        print("no watchdog:", error)


def pick_version():
    """Make the newest version that runs the one that is imported; False when none does."""
    try:
        import slots

        slots.start()
    except Exception as error:
        if type(error).__name__ == "NothingStarts":
            return False
        # slots.py is missing or a slot cannot be mounted: what was copied to the drive is left.
        traceback.print_exception(error)
    return True


try:
    arm_watchdog()
    if pick_version():
        from appliance import box

        box.main()
    else:
        import recovery

        recovery.main()
    print("the program came to its end, which it never should")
except Exception as error:
    traceback.print_exception(error)

wait_s = min(1 << min(count_crash(), 5), _LONGEST_WAIT_S)
print("restart in", wait_s, "s")
time.sleep(wait_s)
microcontroller.reset()
