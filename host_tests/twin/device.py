# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""An ESP32-S3 board that runs the unmodified files of CIRCUITPY on the fakes of `circuitpython/`, in virtual time.

The device code runs in a thread of its own, and exactly one thread runs at any instant: `run` hands the baton to the
device thread, which hands it back when the virtual time is up. Time passes only in `pass_time`: the fakes call
`spend`, the line meter calls it for pure Python, and an idle or switched-off board lets it pass as well. Events of the
world run inside, so they run in whichever thread holds the baton, never at the same time as device code.

Power cuts, resets and the watchdog end the running program with an exception that device code cannot catch for good:
it is raised again at every further step, and a program that goes on regardless is left behind in its parked thread.
"""

import contextlib
import gc
import random
import sys
import threading
import traceback
from pathlib import Path

from host_tests.twin import settings_toml
from host_tests.twin.cost import DRIVE, MOST_LOGGED, Costs, Probe, make_meter, throw_into, usual_line_costs
from host_tests.twin.drive import Drive
from host_tests.twin.hardware import Hardware
from host_tests.twin.loader import Loader
from host_tests.twin.network import Network
from host_tests.twin.serial_console import SerialConsole
from host_tests.twin.station import Station

TICKS_PERIOD = 1 << 29
# supervisor.ticks_ms starts this long before its wrap (0x1fff0000 in the firmware).
TICKS_BEFORE_WRAP_MS = 65536
# The loop's sleeps (appliance.loop.IDLE_S, ALONE_S), and how many in a row, at least and at most, are one where naps are
# long; so many where somebody may come of whom the clock knows nothing.
_IN_A_ROW = {2_000: (1, 5), 10_000: (5, 20)}
_IN_A_ROW_BESIDE_OTHERS = 5
_NEVER = 1 << 62
# A program that survives this many steps after its end is left behind.
_LAST_STEPS = 2000
_HOOKED_STEP_US = 5000
# Containers made since the last collection after which there is another.
_GARBAGE = 200_000
AUTORELOAD_DELAY_US = 750_000

# Versions of CircuitPython that differ in what the box uses; the oldest it runs on is the usual one.
FIRMWARES = {text: tuple(map(int, text.split("."))) for text in ("10.0.3", "10.1.4", "10.2.1", "10.3.0")}
FIRMWARE = "10.1.4"
# From here on RTC memory is left alone by resets that leave its power on (circuitpython pull request 10989).
SLEEP_MEMORY_STAYS = (10, 3)
BLUETOOTH_CAN_BE_OFF = (10, 3)
# The wait for BOOT can be made shorter from here on (pull request 11073).
SAFE_MODE_DELAY_CAN_BE_SET = (10, 3)
BOOT_PIN = 0
# When a finger that leaves RESET is on BOOT.
TO_BOOT_US = 200_000
STAYS_THROUGH = ("SOFTWARE", "WATCHDOG", "PANIC")
# What `microcontroller.cpu.reset_reason` calls a reset that it has no name for:
# ports/espressif/common-hal/microcontroller/Processor.c; the S3 tells its reset button as power-on.
TOLD_AS = {"RESET_PIN": "POWER_ON", "PANIC": "SOFTWARE"}
# ports/espressif/supervisor/port.c. A task watchdog alone is none.
SAFE_MODE_RESETS = {"BROWNOUT": "BROWNOUT", "PANIC": "HARD_FAULT"}
# After these nobody is waited for (supervisor/shared/safe_mode.c wait_for_safe_mode_reset @b09f7937d1).
NOBODY_WAITED_FOR = ("BROWNOUT", "WATCHDOG")
PSRAM_BYTES = 8_388_608
# CIRCUITPY_PYSTACK_SIZE of py/circuitpy_mpconfig.h @193406015a.
PYSTACK_BYTES = 2048
HAS_DISPLAY = "lilygo_tdisplay_s3"
# The console on a display of 320 x 170: 11 rows of letters below the status bar.
TERMINAL_PIXELS = 320 * 11 * 14
FRAME_US = 16_667


@contextlib.contextmanager
def _collector_off():
    """Keeps this computer's collector from running at any moment: it would finalise what earlier programs left in the time
    of the present one, and no run would be quite like another. `spend` collects instead, unmetered."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _collect_unheard():
    """Collect this computer's garbage without telling those who listen, as Hypothesis does: the end of a program that is
    thrown while a listener runs would end the listener instead."""
    listeners = gc.callbacks[:]
    gc.callbacks.clear()
    try:
        gc.collect()
    finally:
        gc.callbacks.extend(listeners)


class Ending(BaseException):
    """The program is over: no code of the device may run on. Not an Exception, so only a bare except sees it."""


class PowerOff(Ending):
    """The supply was cut, or the twin is being taken down."""


class HardReset(Ending):
    """The chip restarts; `reason`: RESET_PIN, SOFTWARE, WATCHDOG, PANIC or BROWNOUT."""

    def __init__(self, reason, safe_mode=None):
        super().__init__(reason)
        self.reason = reason
        self.safe_mode = safe_mode


class SoftReload(Ending):
    """The virtual machine restarts (supervisor.reload, autoreload)."""

    def __init__(self, reason="SUPERVISOR_RELOAD"):
        super().__init__(reason)
        self.reason = reason


class PowerOn(Ending):
    """Ends the wait of a board without power."""


class Services:
    """What a device stands in: `clock`, `network`, `hardware`. A World with these attributes serves as well."""

    def __init__(self, clock, network=None, hardware=None):
        self.clock = clock
        self.network = network if network is not None else Network(clock)
        self.hardware = hardware if hardware is not None else Hardware(clock)


class Device:
    """One board. Call `start`, then `run` or `run_until`; `close` at the end (or use it as a context manager).

    :param world_services: object with `clock` and optionally `network` and `hardware` (see `Services`)
    :param circuitpy_dir: the drive's content; written to when device code remounts and writes
    :param seed: of `os.urandom` and `random`; None takes the host's random numbers
    :param board_id: "yd_esp32_s3_n16r8" (pins GPIOn), "espressif_esp32s3_devkitc_1_n8r8" (IOn), "lilygo_tdisplay_s3"
    :param pin_spelling: "GPIO", "IO" or "both" instead of the board's own
    :param firmware: version of CircuitPython, one of FIRMWARES. Before 10.1 there is no SHA-256, before 10.2 `os.getenv`
        gives int for bare integers, before 10.3 every reset clears RTC memory
    :param psram_bytes: 0: a board without, or a CircuitPython made for another one
    :param ticks_before_wrap_ms: `supervisor.ticks_ms` at power-on, counted back from its wrap
    :param uid: `microcontroller.cpu.uid`; the MAC follows from it
    :param watchdog_to_safe_mode: a watchdog reset ends in safe mode, as some users report
    :param enforce_pystack: raise RuntimeError("pystack exhausted") where the estimate exceeds the pystack
    :param native_usb: False: a chip whose USB is only a serial line (the classic ESP32, the C3)
    :param charge_lines: False: pure Python costs nothing, and a nap with nobody there takes longer than asked for
    """

    def __init__(
        self,
        world_services,
        circuitpy_dir,
        *,
        seed=0,
        board_id="yd_esp32_s3_n16r8",
        pin_spelling=None,
        firmware=FIRMWARE,
        psram_bytes=PSRAM_BYTES,
        ticks_before_wrap_ms=TICKS_BEFORE_WRAP_MS,
        uid=b"\xfe\x4a\xc0\x1b\x2a\x7d",
        watchdog_to_safe_mode=False,
        enforce_pystack=False,
        charge_lines=True,
        line_costs=None,
        costs=None,
        usb_host=False,
        native_usb=True,
    ):
        self.clock = world_services.clock
        self.hardware = getattr(world_services, "hardware", None) or Hardware(self.clock)
        self.network = getattr(world_services, "network", None) or Network(self.clock)
        self.costs = costs if costs is not None else Costs()
        self.board_id = board_id
        self.pin_spelling = pin_spelling
        self.version = FIRMWARES[firmware]
        self.psram_bytes = psram_bytes
        self.native_usb = native_usb
        self.ticks_before_wrap_ms = ticks_before_wrap_ms
        self.uid = bytes(uid)
        self.watchdog_to_safe_mode = watchdog_to_safe_mode
        self.enforce_pystack = enforce_pystack
        self.random = random.Random(seed) if seed is not None else random.SystemRandom()

        self.drive = Drive(self, Path(circuitpy_dir))
        self.drive.usb_host = usb_host
        self.station = Station(self)
        self.network.stack.attach(self)
        self.probe = Probe(self.clock)
        self.hardware.on_modem_exchange = self.probe.modem_polled
        self.meter = make_meter(
            line_costs or usual_line_costs(), self._flush_lines, self._lines_passed, self._room_us
        )
        self._spend_in_c()
        self._charge_lines = charge_lines
        # A nap with nobody there takes longer than asked for.
        self.long_naps = not charge_lines
        # Somebody watches in real time, or a browser waits: how often they are looked at through long sleeps.
        self.hooked_step_us = _HOOKED_STEP_US

        self.console = []
        self.console_watchers = []
        self.boot_output = []
        self._line = ""
        self.console_input_text = ""
        self.serial = SerialConsole()
        self.usb_identification = {}
        self.resets = []
        self.starts = 0

        self.nvm = bytearray(8192)
        self.nvm_writes = 0
        # Writes to come that fail, the erase behind them.
        self.nvm_faults = 0
        self.sleep_memory = bytearray(4096)
        self.watchdog = WatchdogTimer(self)
        self.claims = {}
        self.spi_hosts = []
        self.displays_kept = False
        # Of the board's own display: reset_busdisplay leaves it.
        self.kept_rotation = 0
        self._free = False
        self.gc_pauses = []
        self.gc_collections = 0
        self.previous_traceback = None
        self.next_code_file = None
        self.autoreload = True
        self.loader = None
        self.open_sockets = []

        self.powered = False
        self.reset_reason = None
        self.safe_mode_reason = "NONE"
        self.run_reason = "STARTUP"
        self.state = "OFF"
        self._next_safe_mode = None
        # Which safe mode the next reset leads to: a register that only a loss of power and the RESET button clear
        # (RTC_CNTL_STORE0_REG, ports/espressif/supervisor/port.c port_set_saved_word).
        self.saved_word = None
        # Whether BOOT is pressed in the second that belongs to Bluetooth, at each start; what a start made of it.
        self.boot_pressed_for_bluetooth = False
        self.ble_workflow = self.bluetooth_advertises = False
        self._terminal_is_new = False
        self._terminal_at_us = 0
        self._vm_stage = ""
        self._displayio = None
        self._refreshing = False
        self._tick_origin_us = self.clock.now_us

        self._go = threading.Lock()
        self._back = threading.Lock()
        self._go.acquire()
        self._back.acquire()
        self._thread = None
        self._thread_id = None
        self._ending = None
        self._ending_steps = 0
        self._thrown = False
        self._in_program = False
        self._traced = False
        self._pending_error = None
        self._closed = False
        self._stop_at_us = _NEVER
        self._condition = None
        self._condition_met = False
        self._check_us = 1000
        self._next_check_us = _NEVER
        self._raised = None
        self._passing = False
        # How long a nap is of which several are one.
        self._nap_us = None

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()

    # --- what tests and the world call -----------------------------------------------------------------------------

    @property
    def modules(self):
        """Module table of the running program: `device.modules["appliance.box"]`."""
        return self.loader.modules if self.loader is not None else {}

    def start(self):
        """Switch the supply on; the board boots with the next `run`."""
        if self._closed:
            raise RuntimeError("the device is closed")
        if self.powered:
            return
        self.powered = True
        if self._thread is None:
            self._start_thread()
        self._end(PowerOn())
        if not self._in_device_thread():
            self._hand_over(self.clock.now_us, None)

    def run(self, seconds):
        """Let `seconds` of virtual time pass."""
        self._require_thread()
        self._hand_over(self.clock.now_us + round(seconds * 1_000_000), None)

    def run_until(self, condition, limit_s, check_us=1000):
        """Run until `condition()` is true, looked at every `check_us`; False after `limit_s` without."""
        self._require_thread()
        if condition():
            return True
        self._check_us = check_us
        return self._hand_over(self.clock.now_us + round(limit_s * 1_000_000), condition)

    def power_off(self):
        """Cut the supply now. RTC memory and RAM are lost, flash keeps what was written."""
        if not self.powered:
            return
        self.powered = False
        self._end(PowerOff())
        self._settle()

    def power_cycle(self, off_s=1.0):
        """Cut the supply, wait, switch it on again."""
        self.power_off()
        self.run(off_s)
        self.start()

    def reset(self, reason="RESET_PIN", safe_mode=None):
        """Restart the chip from outside: "RESET_PIN", "WATCHDOG", "BROWNOUT" and "PANIC" (both boot to safe mode)."""
        if self.powered:
            self._end(HardReset(reason, safe_mode))
            self._settle()

    def crash(self):
        """A hard fault of the firmware: the board restarts into safe mode."""
        self.reset("PANIC")

    def press_boot(self, hold_s=0.3):
        """Press RESET, then BOOT for `hold_s`. Where CircuitPython waits for it that is safe mode by the user's wish, and
        safemode.py is not run; later programs see the pin."""
        hold_us, wait_us = int(hold_s * 1_000_000), self._safe_mode_delay_us()
        seen = self.costs.boot_us + wait_us > TO_BOOT_US and self.costs.boot_us < TO_BOOT_US + hold_us
        self.reset("RESET_PIN", safe_mode="USER" if wait_us and seen else None)
        pressed_us = self.clock.now_us + TO_BOOT_US
        released_us = pressed_us + hold_us
        self.hardware.connect_input(BOOT_PIN, lambda: not pressed_us <= self.clock.now_us < released_us)

    def save_from_pc(self, path, data):
        """A PC writes a file over USB; with autoreload on, that ends the program, and 0.75 s later it begins anew."""
        host_path = self.drive.host_path(path)
        host_path.parent.mkdir(parents=True, exist_ok=True)
        host_path.write_bytes(data.encode() if isinstance(data, str) else data)
        if self.powered and self.autoreload and self.state in ("RUNNING", "DONE"):
            self._end(SoftReload("AUTO_RELOAD"))
            self._settle()

    def type_on_console(self, text):
        """Characters that arrive over USB serial. Ctrl-C interrupts the program, and what was typed before is gone."""
        _, interrupt, after = text.rpartition("\x03")
        if interrupt:
            self.console_input_text = ""
            if self._in_program:
                self.raise_in_program(KeyboardInterrupt())
        self.console_input_text += after

    def console_text(self):
        return "\n".join(line for _, line in self.console)

    def plant_gc_pause(self, pause_us, after_us=0):
        """The garbage collector stops everything for `pause_us`, `after_us` from now."""
        self.gc_pauses.append((self.clock.now_us + after_us, pause_us))
        self.gc_pauses.sort()

    def close(self):
        """Take the device down; it can not be started again."""
        if self._closed:
            return
        self.powered = False
        self._closed = True
        self._end(PowerOff())
        if self._thread is not None and not self._in_device_thread():
            self._go.release()
            self._back.acquire()
        self.network.stack.detach()
        self.hardware.on_modem_exchange = None

    # --- baton -----------------------------------------------------------------------------------------------------

    def _in_device_thread(self):
        return threading.get_ident() == self._thread_id

    def _require_thread(self):
        if self._closed:
            raise RuntimeError("the device is closed")
        if self._in_device_thread():
            raise RuntimeError("the device runs already: an event can not wait for it")
        if self._thread is None:
            self._start_thread()

    def _start_thread(self):
        self._thread = threading.Thread(target=self._thread_main, name="device", daemon=True)
        self._thread.start()

    def _hand_over(self, stop_at_us, condition):
        with _collector_off():
            return self._run_to(stop_at_us, condition)

    def _run_to(self, stop_at_us, condition):
        self._stop_at_us = stop_at_us
        self._condition = condition
        self._condition_met = False
        self._next_check_us = self.clock.now_us + self._check_us if condition is not None else _NEVER
        self._raised = None
        self._go.release()
        try:
            while not self._back.acquire(timeout=0.2):
                self._insist()
        except BaseException:
            # Interrupted by a signal (Ctrl-C, a test's time limit): the device stops at its next step.
            self._stop_at_us = 0
            if not self._back.acquire(timeout=5):
                self._closed = True
                self._end(PowerOff())
            raise
        if self._raised is not None:
            error, self._raised = self._raised, None
            raise error
        return self._condition_met

    def _insist(self):
        """The device has not come back for a while: without the tracer, nobody else ends a program of plain Python."""
        thread = self._thread
        for _ in range(500):
            if self._charge_lines or not self._in_program or self._ending is None:
                return
            self._thrown = True
            throw_into(thread.ident)(Ending)
            if self._back.acquire(timeout=0.002):
                # Only looked: the caller takes it again.
                self._back.release()
                return

    def _settle(self):
        """Let the program end without time passing; from inside an event the end comes when the event is over."""
        if self._thread is not None and not self._in_device_thread():
            self._hand_over(self.clock.now_us, None)

    def _give_back(self):
        self._condition = None
        self._next_check_us = _NEVER
        self._back.release()
        self._go.acquire()

    # --- time ------------------------------------------------------------------------------------------------------

    def _spend_in_c(self):
        """The meter in C sees for itself that nothing is due, as nine times in ten, and asks `spend` otherwise."""
        meter = self.meter
        if hasattr(meter, "look_at"):
            seen = vars(self), vars(self.clock), vars(self.hardware), self.probe.log
            meter.look_at(*seen, self.spend, MOST_LOGGED, _GARBAGE)
            self.spend = meter.spend

    def spend(self, us):
        """Device code did something that takes `us`; also settles the lines owed. For the fakes only."""
        if self._free:
            return
        if self._pending_error is not None:
            # Not while C code is at work: NVM that was erased is written.
            error, self._pending_error = self._pending_error, None
            raise error
        meter = self.meter
        if self._charge_lines:
            meter.pause()
            us += meter.take_us()
        if gc.get_count()[0] > _GARBAGE:
            _collect_unheard()
        self.probe.spent(us, sys._getframe(1))
        try:
            self.pass_time(us)
        finally:
            # Traced even while the program ends, so that a program that swallows its end is noticed.
            if self._traced:
                meter.resume()

    def collect(self, us):
        """The firmware's collector at work for `us`: it ends sockets that nobody has any more."""
        self.gc_collections += 1
        self.spend(us)
        for socket in list(self.open_sockets):
            # One reference from the list of open sockets, one from its copy, one from `socket`, one from getrefcount.
            if sys.getrefcount(socket) <= 4:
                socket.close()

    def nap(self, us, and_us):
        """A sleep of ``us``, and ``and_us`` for the call. Without charges for lines a test is about minutes and hours, and a
        box beside a browser mostly waits. Then it sleeps longer, until something happens in the world, because a pass takes
        this computer as long as a message of a plug-in."""
        if us not in _IN_A_ROW or not self.long_naps:
            self.spend(us + and_us)
            return
        least, most = _IN_A_ROW[us]
        self._nap_us = us
        try:
            self.spend(us * min(max(self._naps_until_something_happens(us), least), most) + and_us)
        finally:
            self._nap_us = None

    def _naps_until_something_happens(self, us):
        """In the world, or where a test may do something again: it may earlier, see `pass_time`."""
        clock = self.clock
        if clock.hooks:
            return _IN_A_ROW_BESIDE_OTHERS
        happens_us = clock.next_us
        if happens_us is None or happens_us > self._stop_at_us:
            happens_us = self._stop_at_us
        return (happens_us - clock.now_us - 1) // us + 1

    def run_background_tasks(self):
        """What the firmware does while Python waits: automatic display refresh."""
        if self._refreshing or not self._firmware_refreshes():
            return
        self._refreshing = True
        try:
            if self._terminal_shows():
                self._refresh_terminal()
            for display in self._displayio.displays if self._displayio is not None else ():
                if getattr(display, "_auto_refresh", False):
                    display._background()
        finally:
            self._refreshing = False

    def _terminal_shows(self):
        """True while the board's own display shows the console and is refreshed by the firmware: from the start until a
        program takes it (supervisor/shared/display.c supervisor_start_terminal)."""
        if self.board_id != HAS_DISPLAY or self._vm_stage != "code":
            return False
        if self._displayio is None or not self._displayio.displays:
            return True
        display = self._displayio.displays[0]
        return display._auto_refresh and display.root_group is self._displayio.CIRCUITPYTHON_TERMINAL

    def _refresh_terminal(self):
        """After a new line all rows have moved. At most 60 times a second (native_frames_per_second)."""
        if self._terminal_is_new and self.clock.now_us - self._terminal_at_us >= FRAME_US:
            self._terminal_is_new = False
            self._terminal_at_us = self.clock.now_us
            self.spend(TERMINAL_PIXELS * self.costs.fill_ns_per_pixel_colour // 1000)

    def _firmware_refreshes(self):
        """True with a display that is refreshed while Python does something else."""
        if self._terminal_is_new and self._terminal_shows():
            return True
        if self._displayio is not None:
            for display in self._displayio.displays:
                # The constructor waits for the bus before it has set this.
                if getattr(display, "_auto_refresh", False):
                    return True
        return False

    def wait_until(self, ready, limit_us=None):
        """A busy-wait of the firmware: True when `ready()`, False after `limit_us`. Raises what ends the program."""
        end = None if limit_us is None else self.clock.now_us + limit_us
        while not ready():
            # Nothing changes before the next event of the world.
            now = self.clock.now_us
            next_event_us = self.clock.next_us
            pause_us = 1_000_000 if next_event_us is None else min(max(next_event_us - now, 1), 1_000_000)
            if end is not None:
                pause_us = min(pause_us, end - now)
            if pause_us <= 0:
                return False
            self.spend(pause_us)
        return True

    def _flush_lines(self, us, frame):
        """Time of pure Python, from the trace function; gives the class of an exception to throw, or None."""
        self.probe.spent(us, frame)
        try:
            self.pass_time(us)
        except BaseException as error:
            self._thrown = True
            return Ending if isinstance(error, Ending) else type(error)
        if self._pending_error is not None:
            error, self._pending_error = self._pending_error, None
            self._thrown = True
            return type(error)
        if self.enforce_pystack and self.meter.stack_peak[1] > self._pystack_size:
            self.meter.stack_peak = (0, 0, "")
            self._thrown = True
            return _PystackExhausted
        return None

    def _lines_passed(self, us, places):
        """Plain Python ran for `us`, less than there was room for: nothing was due."""
        self.probe.spent_at(places)
        if not self.clock.skip_to(self.clock.now_us + us):
            raise RuntimeError("something is due that nobody was asked about")

    def _room_us(self):
        """Microseconds that plain Python may run before something in the world is due; 0 if something is always called."""
        clock = self.clock
        if clock.hooks or self._ending is not None or self._pending_error is not None or self.enforce_pystack:
            return 0
        if self.gc_pauses or self.hardware.counted_pins or self._firmware_refreshes():
            return 0
        until_us = self._stop_at_us if self._stop_at_us < self._next_check_us else self._next_check_us
        return clock.room_us(until_us)

    def pass_time(self, us):
        """Advance the clock by `us`, stopping where a test wants to look. Device thread only."""
        clock = self.clock
        until_us = clock.now_us + us
        if (
            until_us < self._stop_at_us
            and until_us < self._next_check_us
            and self._ending is None
            and not self.gc_pauses
            and threading.get_ident() == self._thread_id
            and not self._passing
            and clock.skip_to(until_us)
        ):
            # Most of the time nothing happens in the world meanwhile.
            for pin in self.hardware.counted_pins:
                pin.sample()
            if self._displayio is not None:
                self._time_passed()
            return
        if not self._in_device_thread():
            raise RuntimeError("only the device thread spends device time")
        if self._ending is not None:
            self._raise_ending()
        if self._passing:
            raise RuntimeError("an event of the world called device code")
        clock = self.clock
        left = us
        while True:
            now = clock.now_us
            step = min(left, self._stop_at_us - now, self._next_check_us - now)
            if step <= 0 or not clock.skip_to(now + step):
                step = self._advance(step)
            for pin in self.hardware.counted_pins:
                pin.sample()
            now = clock.now_us
            left -= step
            if self._ending is not None:
                self._raise_ending()
            if self.gc_pauses and self.gc_pauses[0][0] <= now and self.state != "OFF":
                left += self.gc_pauses.pop(0)[1]
                self.gc_collections += 1
            if now >= self._next_check_us:
                self._check_condition()
            if now >= self._stop_at_us:
                self._give_back()
                if self._ending is not None:
                    self._raise_ending()
                if self._nap_us is not None:
                    # Somebody who looked may have done something: the naps that were to follow this one are none.
                    left %= self._nap_us
            if left <= 0:
                break
        self._time_passed()

    def _advance(self, most_us):
        """Let the next of the world's events happen, if it is within `most_us`; gives the time that passed."""
        clock = self.clock
        step = most_us
        # One event at a time: what it does to the device (a power cut, the watchdog) counts from its instant.
        next_event_us = clock.next_us
        if next_event_us is not None:
            step = min(step, next_event_us - clock.now_us)
        if clock.hooks:
            step = min(step, self.hooked_step_us)
        step = max(step, 0)
        self._passing = True
        try:
            clock.advance(step)
        except BaseException as error:
            self._passing = False
            self.world_failed(error)
        self._passing = False
        return step

    def _time_passed(self):
        if self._terminal_is_new or (self._displayio is not None and self._displayio.displays):
            self.run_background_tasks()

    def world_failed(self, error):
        """A failure of the world belongs to the test, not to the device's except clauses: stop here, raise it there."""
        self._raised = error
        self._give_back()

    def _check_condition(self):
        try:
            met = self._condition()
        except BaseException as error:
            self._raised = error
            met = True
        if met:
            self._condition_met = True
            self._stop_at_us = self.clock.now_us
        self._next_check_us = self.clock.now_us + self._check_us

    # --- the end of a program --------------------------------------------------------------------------------------

    def _end(self, ending):
        # A power cut overrules a reset that is under way, not the other way round.
        if self._ending is None or isinstance(ending, (PowerOff, PowerOn)):
            self._ending = ending
            self._ending_steps = 0

    def end_program(self, ending):
        """For the fakes: end the running program with an Ending (reset, reload)."""
        self._end(ending)
        self._raise_ending()

    def _raise_ending(self):
        self._ending_steps += 1
        if self._ending_steps > _LAST_STEPS:
            self._park()
        raise self._ending.with_traceback(None)

    def _park(self):
        """Leave a program that swallows its own end where it is and go on in a new thread."""
        self._in_program = False
        self._traced = False
        self.meter.pause()
        self._nothing_thrown()
        self._thread = threading.Thread(target=self._thread_main_after_ending, name="device", daemon=True)
        self._thread.start()
        threading.Event().wait()

    # --- life of the board, device thread --------------------------------------------------------------------------

    def _thread_main(self):
        self._thread_id = threading.get_ident()
        self._go.acquire()
        self._live()

    def _thread_main_after_ending(self):
        self._thread_id = threading.get_ident()
        self._live(self._apply_ending())

    def _live(self, start_vm=None):
        while not self._closed:
            try:
                self._live_once(start_vm)
            except BaseException:
                self._in_program = False
                self._traced = False
                self.meter.pause()
                if self._ending is None:
                    self._raised = sys.exc_info()[1]
                    self._give_back()
                    continue
            self._nothing_thrown()
            start_vm = self._apply_ending()
        self._thread = self._thread_id = None
        self._back.release()

    def _live_once(self, start_vm):
        if self._ending is not None:
            self._raise_ending()
        if not self.powered:
            self.state = "OFF"
        elif start_vm == "soft":
            self.spend(AUTORELOAD_DELAY_US if self.run_reason == "AUTO_RELOAD" else 0)
            self.spend(self.costs.soft_reload_us)
            self._run_code()
        else:
            self._boot()
        while True:
            self.pass_time(1_000_000)

    def _apply_ending(self):
        """Take the consequences of the ending; returns "hard", "soft" or None (no power)."""
        ending, self._ending = self._ending, None
        self._ending_steps = 0
        self.meter.reset()
        self.probe.restart()
        self._pending_error = None
        if isinstance(ending, SoftReload):
            self.run_reason = ending.reason
            self._end_vm(hard=False)
            if self.version >= SLEEP_MEMORY_STAYS and self.reset_reason not in STAYS_THROUGH:
                # alarm_sleep_memory_reset goes by the last reset, at each start of a program.
                self.sleep_memory[:] = bytes(len(self.sleep_memory))
            return "soft"
        self._end_vm(hard=True)
        self.watchdog.disarm()
        self.watchdog.timeout_s = 0.0
        self.previous_traceback = None
        self.next_code_file = None
        if isinstance(ending, HardReset):
            self.reset_reason = TOLD_AS.get(ending.reason, ending.reason)
            if ending.reason == "RESET_PIN":
                # Whoever presses BOOT afterwards leaves his mark, which stays for the reset behind it.
                self.saved_word = ending.safe_mode
            if self.version < SLEEP_MEMORY_STAYS or ending.reason not in STAYS_THROUGH:
                self.sleep_memory[:] = bytes(len(self.sleep_memory))
            self._next_safe_mode = ending.safe_mode or SAFE_MODE_RESETS.get(ending.reason)
            if ending.reason == "WATCHDOG" and self.watchdog_to_safe_mode:
                self._next_safe_mode = "WATCHDOG"
            self.resets.append((self.clock.now_us, ending.reason))
            return "hard"
        self.sleep_memory[:] = bytes(len(self.sleep_memory))
        self.reset_reason = "POWER_ON"
        self._next_safe_mode = self.saved_word = None
        return "hard" if self.powered else None

    def _end_vm(self, hard, keep_watchdog=False):
        """What the firmware cleans up between two runs of the virtual machine."""
        self._finish_line()
        self._vm_stage = ""
        for socket in list(self.open_sockets):
            socket.vm_ended(hard)
        self.open_sockets.clear()
        self.network.stack.vm_ended(hard)
        self.station.vm_ended(hard)
        self.drive.unmount_all()
        if self._displayio is not None and self._displayio.display_buses:
            self.displays_kept = True
        if self._displayio is not None and self._displayio.displays:
            self.kept_rotation = self._displayio.displays[0].rotation
        self._displayio = None
        self._free = False
        if hard:
            self.serial.attach()
            self.displays_kept = False
            self.kept_rotation = 0
            self.claims.clear()
            self.spi_hosts.clear()
            self.hardware.release()
        else:
            self.claims = {pin: claim for pin, claim in self.claims.items() if claim.kept}
            self.spi_hosts = [host for host in self.spi_hosts if host.kept]
            if not keep_watchdog:
                self.watchdog.disarm()
        self.loader = None

    def _nothing_thrown(self):
        """Receive what was thrown into the program and has not arrived yet.

        Taking it back (SetAsyncExc with NULL) would leave the interpreter's eval breaker set for good.
        """
        while self._thrown:
            self._thrown = False
            try:
                for _ in range(100):
                    _step()
            except BaseException:
                continue

    def _boot(self):
        self.state = "BOOTING"
        self.starts += 1
        self._tick_origin_us = self.clock.now_us
        self.run_reason = "STARTUP"
        self.drive.booted()
        self.autoreload = True
        self.usb_identification = {}
        self.safe_mode_reason = self._next_safe_mode or "NONE"
        self.spend(self.costs.boot_us)
        if self.safe_mode_reason == "NONE":
            self.safe_mode_reason = self._wait_for_safe_mode()
        self._wait_for_bluetooth()
        if self.safe_mode_reason != "NONE":
            self.state = "SAFE_MODE"
            if self.safe_mode_reason != "USER":
                self._run_file("safemode.py", "safemode")
            # Without boot.py nobody says no (main.c, supervisor_workflow_start).
            self.bluetooth_advertises = self.ble_workflow
            return
        self._run_file("boot.py", "boot")
        self.bluetooth_advertises = self.ble_workflow
        self.network.stack.supervisor_listens(self.station.start_by_supervisor())
        self._run_code()

    def _asked_for_pystack(self):
        """In safe mode no file is asked (main.c _allocate_memory)."""
        if self.safe_mode_reason != "NONE":
            return None
        return self.own_setting("CIRCUITPY_PYSTACK_SIZE", settings_toml.own_number)

    def _wait_for_safe_mode(self):
        """The second in which BOOT, or a reset, means safe mode: it is marked before the wait, and unmarked behind it. An
        undervoltage meanwhile is an interrupt and a software reset (esp-idf, brownout.c), and leaves the mark there."""
        marked, self.saved_word = self.saved_word, None
        if marked is None and self.reset_reason not in NOBODY_WAITED_FOR:
            self.saved_word = "USER"
            self.spend(self._safe_mode_delay_us())
            self.saved_word = None
        return marked or "NONE"

    def _safe_mode_delay_us(self):
        """How long a start waits for BOOT; a value that is no number, or a negative one, is passed over."""
        delay_s = None
        if self.version >= SAFE_MODE_DELAY_CAN_BE_SET:
            delay_s = self.own_setting("CIRCUITPY_SAFE_MODE_DELAY", settings_toml.own_decimal)
        return int(delay_s * 1_000_000) if delay_s is not None and delay_s >= 0 else self.costs.safe_mode_wait_us

    def _wait_for_bluetooth(self):
        """The second behind that one, in which BOOT lets everybody near pair, and read and write the drive, until the next
        reset (supervisor/shared/bluetooth/bluetooth.c supervisor_bluetooth_init; since 10.0 on an S3, issue 10934).
        settings.toml can switch it off from 10.3 on (pull request 11123)."""
        self.ble_workflow = self.bluetooth_advertises = False
        if self.reset_reason in NOBODY_WAITED_FOR:
            return
        workflow = self.own_setting("CIRCUITPY_BLE_WORKFLOW", settings_toml.own_flag)
        if self.version >= BLUETOOTH_CAN_BE_OFF and workflow is False:
            return
        self.spend(self.costs.bluetooth_wait_us)
        self.ble_workflow = self.boot_pressed_for_bluetooth

    def _run_code(self):
        """Run code.py (or what set_next_code_file said) until it comes to its end."""
        while True:
            self.state = "RUNNING"
            chosen, self.next_code_file = self.next_code_file, None
            names = [chosen.filename] if chosen is not None and chosen.filename else []
            names += ["code.txt", "code.py", "main.py", "main.txt"]
            failed = False
            for name in names:
                if self.drive.source(name) is not None:
                    failed = not self._run_file(name, "code")
                    break
            self.state = "DONE"
            chosen = self.next_code_file
            if chosen is None or not (chosen.reload_on_error if failed else chosen.reload_on_success):
                break
            self.run_reason = "SUPERVISOR_RELOAD"
            self.spend(self.costs.soft_reload_us)
        self._write_console("\nCode done running.\n")

    def _run_file(self, name, stage):
        """Run one file in a fresh virtual machine; False when it ended with an exception."""
        source = self.drive.source(name)
        if source is None:
            return True
        self._vm_stage = stage
        self._pystack_size = self._asked_for_pystack() or PYSTACK_BYTES
        self.loader = Loader(self)
        self.spend(self.costs.vm_start_us + source.count("\n") * self.costs.compile_us_per_line)
        error = None
        try:
            self._in_program = True
            self._traced = self._charge_lines
            if self._traced:
                self.meter.resume()
            self.loader.run_main(source, name)
        except Ending:
            raise
        except SystemExit:
            pass
        except BaseException as raised:
            error = raised
        finally:
            self._in_program = False
            self._traced = False
            self.meter.pause()
        if self._ending is not None:
            self._raise_ending()
        self.previous_traceback = None
        if error is not None:
            self.previous_traceback = self.format_exception(error)
            self._write_console(self.previous_traceback)
        self._finish_line()
        # The watchdog stays armed after an exception, but not after Ctrl-C, nor when a program came to its end by itself
        # (shared-module/watchdog/__init__.c watchdog_reset @847885493e).
        self._end_vm(hard=False, keep_watchdog=error is not None and not isinstance(error, KeyboardInterrupt))
        return error is None

    # --- for the fakes ---------------------------------------------------------------------------------------------

    @property
    def vm_stage(self):
        """ "boot", "safemode", "code", or "" while no program runs."""
        return self._vm_stage

    def raw_ticks_us(self):
        """Microseconds since the last hard reset."""
        return self.clock.now_us - self._tick_origin_us

    def ticks_ms(self):
        return (self.raw_ticks_us() // 1000 - self.ticks_before_wrap_ms) % TICKS_PERIOD

    @property
    def mark(self):
        """What code that is loaded is marked with, so that its lines are counted; None where nobody counts, or a tracer."""
        return self.meter.mark if self._charge_lines else None

    def own_setting(self, key, kind=settings_toml.own_text):
        """What the firmware itself makes of a key in settings.toml: text in quotes, or with ``own_number``, ``own_decimal``
        and ``own_flag`` a bare number, true or false. None for anything else: it only complains."""
        return kind(self.drive.find_setting(key))

    def raise_in_program(self, error):
        """Deliver an exception at the next bytecode (watchdog in RAISE mode)."""
        self._pending_error = error

    def adopt_displayio(self, module):
        """The program imported displayio. Displays of the last run keep their pins until they are released."""
        self._displayio = module
        module.CIRCUITPYTHON_TERMINAL = module._group.circuitpython_splash

        def release_displays():
            for display in module.displays:
                display._release()
            module.displays.clear()
            for bus in module.display_buses:
                bus.deinit()
            module.display_buses.clear()
            self.displays_kept = False
            self.claims = {pin: claim for pin, claim in self.claims.items() if not claim.kept}
            self.spi_hosts = [host for host in self.spi_hosts if not host.kept]

        module.release_displays = release_displays

    @contextlib.contextmanager
    def free_of_charge(self):
        """What happens inside takes no time: the firmware did it before the program started."""
        before, self._free = self._free, True
        try:
            yield
        finally:
            self._free = before

    def random_bytes(self, count):
        return self.random.randbytes(count)

    # --- console ---------------------------------------------------------------------------------------------------

    def console_print(self, *values, sep=" ", end="\n", file=None, flush=False):
        """`print` of the device."""
        del flush
        text = (" " if sep is None else sep).join(str(value) for value in values) + (
            "\n" if end is None else end
        )
        if file is not None and not getattr(file, "is_console", False):
            file.write(text)
            return
        self.tell_console(text)
        # A line ends in CR and LF there. The firmware waits for room without an end.
        self.write_serial(len(text.encode()) + text.count("\n"))

    def tell_console(self, text):
        """`text` of the program on the console, and the time it takes to hand it over."""
        if self._ending is not None:
            self._raise_ending()
        self._write_console(text)
        if self.board_id == HAS_DISPLAY and "\n" in text:
            self._terminal_is_new = True
        self.spend(self.costs.print_us + len(text) * self.costs.print_character_us)

    def write_serial(self, size, limit_us=None):
        """`size` bytes for the buffer of the console, within `limit_us` (None: whatever time it takes); gives how many
        found room."""
        taken = self.serial.take(size)
        while taken < size and self.wait_until(self.serial.has_room, limit_us):
            taken += self.serial.take(size - taken)
        return taken

    def console_input(self, prompt=""):
        """`input` of the device: waits for a line from USB serial."""
        self._write_console(prompt)
        self.wait_until(lambda: "\n" in self.console_input_text)
        line, _, self.console_input_text = self.console_input_text.partition("\n")
        return line

    def _write_console(self, text):
        self._line += text
        while "\n" in self._line:
            line, _, self._line = self._line.partition("\n")
            self._console_line(line)

    def _finish_line(self):
        if self._line:
            line, self._line = self._line, ""
            self._console_line(line)

    def _console_line(self, line):
        if self._vm_stage == "boot":
            self.boot_output.append(line)
            return
        entry = (self.clock.now_us, line)
        self.console.append(entry)
        for watcher in self.console_watchers:
            try:
                watcher(*entry)
            except Exception as error:
                self.world_failed(error)

    @staticmethod
    def format_exception(error, chain=True):
        """Traceback text as the device prints it: frames of device code only."""
        lines = []
        if chain and error.__cause__ is not None:
            lines.append(Device.format_exception(error.__cause__))
            lines.append("\nThe above exception was the direct cause of the following exception:\n\n")
        lines.append("Traceback (most recent call last):\n")
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename.startswith(DRIVE):
                name = frame.filename[len(DRIVE) :]
                name = name if "/" not in name else "/" + name
                lines.append(f'  File "{name}", line {frame.lineno}, in {frame.name}\n')
        text = str(error)
        lines.append(type(error).__name__ + (f": {text}" if text else "") + "\n")
        return "".join(lines)


def _step():
    """A call: the interpreter delivers thrown exceptions at calls."""


class _PystackExhausted(RuntimeError):
    def __init__(self):
        super().__init__("pystack exhausted")


_PystackExhausted.__name__ = "RuntimeError"


class WatchdogTimer:
    """The watchdog of the chip: it counts through everything, also through calls that never come back.

    `refuses` plants faults: steps ("mode off", "timeout", "mode on", "feed") that raise whenever they are made.
    """

    def __init__(self, device):
        self._device = device
        self.refuses = set()
        self._timer = None
        self.timeout_s = 0.0
        self.mode = None
        self.error = None

    def arm(self, mode, error=None):
        """`mode`: "RESET" or "RAISE"; `error`: class to raise in RAISE mode."""
        self.mode = mode
        self.error = error
        self.feed()

    def feed(self):
        if self.mode is not None:
            clock = self._device.clock
            self._timer = clock.instead(self._timer, round(self.timeout_s * 1_000_000), self._bite)

    def disarm(self):
        self.mode = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _bite(self):
        if self.mode == "RESET" and self._device.powered:
            self._device._end(HardReset("WATCHDOG"))
        elif self.mode == "RAISE":
            self.mode = None
            self._device.raise_in_program(self.error())
