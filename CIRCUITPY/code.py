# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Starts the newest version that runs, and brings the box back when it crashes.

Everything else lives in the version that ``slots.py`` picks. A program that ends leaves a CircuitPython board idle
for ever ("Code done running"), so whatever comes out of the box leads to a reset. Failed starts in a row are counted and
lengthen the wait: a box that cannot start must stay slow enough to be reached over USB.
"""

import os
import sys
import time
import traceback

import microcontroller
import supervisor

# Below the watchdog's time: it stays armed after an exception and nothing feeds it here.
_LONGEST_WAIT_S = 16
# A version that hangs before it arms the watchdog itself; loading one takes some 20 s.
_LOAD_S = 60
# How long a held BOOT button keeps the program out where no computer is connected.
_KEPT_OUT_S = 300


def boot_is_held():
    """True while somebody holds BOOT: they want the drive, not the program.

    CircuitPython's own wait for that button costs each start a second. CIRCUITPY_SAFE_MODE_DELAY in settings.toml saves it
    from 10.3 on, and this look takes its place.
    """
    try:
        import digitalio

        boot = digitalio.DigitalInOut(getattr(getattr(microcontroller, "pin", None), "GPIO0", None))
        boot.pull = digitalio.Pull.UP
        looks = 10
        while looks and not boot.value:
            looks -= 1
            time.sleep(0.02)
        boot.deinit()
        return not looks
    except Exception as error:
        print("no BOOT button:", error)
        return False


def keep_out():
    """Leave the drive to a computer for as long as one is connected. A button that is pressed by accident, or is stuck, must
    not leave the box dead until somebody pulls the plug."""
    print("BOOT is held: the program is not started; RESET starts it")
    supervisor.runtime.autoreload = False
    end_s = time.monotonic() + _KEPT_OUT_S
    while supervisor.runtime.usb_connected or time.monotonic() < end_s:
        time.sleep(1)
    supervisor.runtime.autoreload = True


def arm_watchdog():
    """A version that hangs leads to a reset as well."""
    try:
        import watchdog

        # An armed one cannot be changed: lib/appliance/watchdog.py.
        microcontroller.watchdog.mode = None
        microcontroller.watchdog.timeout = _LOAD_S
        microcontroller.watchdog.mode = watchdog.WatchDogMode.RESET
    except Exception as error:
        print("no watchdog:", error)


def has_room():
    """True where the drive has room for versions beside the one that was copied to it."""
    try:
        os.stat("/updates")
        return True
    except OSError:
        return False


def nothing_to_pick():
    """True where no update ever came over the network, and no start failed or may have failed: what was copied to the drive
    starts. slots.py would say the same; the box loads it when somebody updates."""
    try:
        import survival

        kept = survival.kept()
        marks = kept.part(survival.RUNNING, survival.TRYING + 1 - survival.RUNNING)
        if kept.reason == survival.WATCHDOG or any(marks):
            return False
        # A join that was under way when the box was switched off is none of this run's.
        kept.save()
    except Exception:
        # slots.py says what is amiss.
        return False
    return not has_room()


def pick_version():
    """Make the newest version that runs the one that is imported; False when none does."""
    try:
        if nothing_to_pick():
            print("starting lib  ")
            return True
        import slots

        slots.start()
    except Exception as error:
        if type(error).__name__ == "NothingStarts":
            return False
        # slots.py is missing or a slot cannot be mounted: only what was copied to the drive is left.
        traceback.print_exception(error)
    return True


def load_version():
    """Load the box; gives a sentence when this CircuitPython cannot run it."""
    try:
        from appliance import start
    except ImportError:
        # A version that does not ask.
        return None
    # It gives itself back.
    return start.load()


def count_failure(error, final):
    """Count this failed start, twice when the next would fail as well (``final``), for loading takes long; gives how
    many came in a row, None where nothing can be remembered."""
    try:
        import slots

        text = "".join(traceback.format_exception(error))
        for _ in range(2 if final else 1):
            count = slots.failed(text)
        return None if slots.new_counts().kept is None else count
    except Exception as another:
        print("failed start not counted:", another)
        return None


wait_s = _LONGEST_WAIT_S
try:
    if boot_is_held():
        keep_out()
    began = time.monotonic()
    try:
        arm_watchdog()
        reason = load_version() if pick_version() else ""
        if reason is None:
            from appliance import box

            # A file that is saved over USB would restart the box in the middle of a car's session. Until now, and where
            # nothing starts, it may: a computer that copies a version is not done yet.
            supervisor.runtime.autoreload = False
            # From here, because what it has to do calls as deep as it may.
            box.main()
        else:
            import recovery

            recovery.main(reason)
        raise RuntimeError("the program ended, which it never should")
    except Exception as error:
        # A computer that writes ends whatever follows, and code.py begins anew when it is done: a reset between erasing and
        # writing a page of the FAT would take the drive with it.
        supervisor.runtime.autoreload = True
        # A file that cannot be imported is no better the next time.
        missing = isinstance(error, (ImportError, SyntaxError))
        start = sys.modules.get("appliance.start")
        final = missing or getattr(start, "importing", False)
        # Counted first: a console that nobody reads any more may hold print until the watchdog ends it.
        failed = count_failure(error, final)
        traceback.print_exception(error)
        if failed is not None:
            wait_s = min(1 << min(failed, 5), wait_s)
        # At once where nothing else could start, and where no later start would know of this one: slots.py or survival.py
        # is missing, too. Not after a box that ran, whose page has the port.
        if (failed is None or missing and not has_room()) and time.monotonic() - began < _LOAD_S:
            if missing and hasattr(start, "show"):
                start.show("Files are missing. The box's page names them.")
            import recovery

            recovery.main("")
except KeyboardInterrupt:
    # Ctrl-C in a terminal, where many mean to copy, and a board that has stopped stays so.
    supervisor.runtime.autoreload = True
    print("Ctrl-C once more leads to the prompt")
except Exception as error:
    print("no recovery page:", error)
if supervisor.runtime.usb_connected:
    # It may pause while it copies.
    wait_s = _LONGEST_WAIT_S
print("restart in", wait_s, "s")
time.sleep(wait_s)
microcontroller.reset()
