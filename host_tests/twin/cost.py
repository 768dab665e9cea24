# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What a piece of work costs on the device, in virtual microseconds.

Pure Python is charged by the line: every line of device code costs what MicroPython on the host needs for a line of that
module (`costs.json`, counted by `host_tests/bench/measure_costs.py`), times the device factor. With a C compiler the meter
of `line_meter` counts them, told by marks in the code (`line_marks`); without one `sys.settrace` does. Everything the
firmware does in C has a fixed figure in `Costs`; the fakes charge it.

`Probe` watches the consequence that matters: how long the modem was left alone, and where the time went.
"""

import ctypes
import dis
import functools
import json
import sys
import threading
from pathlib import Path

from host_tests.twin import line_marks, line_meter

COSTS_PATH = Path(__file__).with_name("costs.json")
DRIVE = "CIRCUITPY/"
FROZEN = "frozen/"


class Costs:
    """Virtual time of everything that is not a line of Python; microseconds unless the name says otherwise.

    A test changes an attribute of `device.costs` to see what a slower part would do.
    """

    spi_call_us = 45
    spi_lock_us = 5
    spi_configure_us = 10
    # Two queues and a device are freed and allocated again. An assumption, not measured.
    spi_new_device_us = 200
    bus_device_us = 100
    pin_us = 7
    i2c_call_us = 60
    ticks_us = 3
    print_us = 80
    print_character_us = 1
    # `import wifi`: CircuitPython keeps no calibration of the radio (esp-idf-config/sdkconfig.defaults), and a full one
    # takes 100 ms more than another, by Espressif's word. What the driver itself takes is not measured.
    wifi_start_us = 200_000
    socket_call_us = 120
    socket_byte_ns = 60
    socket_open_us = 400
    # Between the last two checks of a wait with a time-out; not measured.
    last_look_us = 50
    poll_us = 60
    file_open_us = 1500
    file_call_us = 100
    file_read_us_per_kb = 150
    # `os.getenv` asks FatFs for each letter: some 200 instructions, by its source; not measured.
    letter_us = 1
    flash_cycle_us = 50_000
    nvm_read_us = 900
    nvm_erase_us = 45_000
    nvm_write_us = 75_000
    gc_collect_us = 25_000
    # The collection after each import (py/builtinimport.c) sweeps the whole heap, a megabyte from the start on, and marks
    # what is alive: as long as any other once all 17,500 lines of a box are loaded. Firmware on an emulator took 17 ms with
    # 411 kB alive and 20 ms with 581; PSRAM, which is slower, has not been measured.
    import_collect_us = 10_000
    import_collect_ns_per_line = 850
    display_piece_us = 40
    fill_ns_per_pixel_mono = 500
    fill_ns_per_pixel_colour = 1400
    # Source that the board compiles, and a library that circup brought compiled (.mpy), by the lines of its source: host
    # MicroPython takes 2.8 us and 0.33 us, and the first was measured to be 1.2 ms of device time.
    compile_us_per_line = 1200
    load_compiled_us_per_line = 140
    # True: what an update with compiled modules (`bundle --mpy-cross`) would cost. The twin runs source all the same.
    lib_is_compiled = False
    boot_us = 400_000
    safe_mode_wait_us = 1_000_000
    bluetooth_wait_us = 1_000_000
    vm_start_us = 150_000
    soft_reload_us = 300_000

    def find_us(self, looks):
        """Cost of so many lookups of an imported name on the drive, each as `os.stat`."""
        return looks * self.file_open_us // 2

    def read_us(self, size):
        """Cost of opening an imported file and reading it."""
        return self.file_open_us + size * self.file_read_us_per_kb // 1024

    def collect_us(self, lines):
        """Cost of the collection after an import, with so many lines of source loaded."""
        return self.import_collect_us + lines * self.import_collect_ns_per_line // 1000

    def load_us(self, filename, source):
        """Cost of compiling a file of the drive, or of loading a compiled one. `filename`: its path on the drive."""
        compiled = self.lib_is_compiled and filename.startswith("/lib/") and not filename.endswith("/__init__.py")
        per_line = self.load_compiled_us_per_line if compiled else self.compile_us_per_line
        return int(source.count("\n") * per_line)


def module_name(path):
    """The key of a file of the drive in costs.json: ``plc.framing`` for ``lib/plc/framing.py``."""
    return path.removeprefix("lib/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


class LineCosts:
    """Nanoseconds of device time for one line of a module.

    `table`: as in costs.json: {"device_factor", "default_ns", "modules": {"plc.framing": ns on the host, ...}}.
    """

    def __init__(self, table=None):
        if table is None:
            table = json.loads(COSTS_PATH.read_text())
        self.device_factor = table["device_factor"]
        self.default_ns = table["default_ns"]
        self.modules = table["modules"]
        # A file is asked about for each of its functions.
        self.line_ns = functools.cache(self._line_ns)

    def _line_ns(self, filename):
        """Device nanoseconds per line of the file, 0 for a file that is not device code."""
        if filename.startswith(DRIVE):
            name = module_name(filename[len(DRIVE) :])
        elif filename.startswith(FROZEN):
            name = module_name(filename[len(FROZEN) :])
        else:
            return 0
        host_ns = self.modules.get(name, self.default_ns)
        return int(host_ns * self.device_factor)


@functools.cache
def usual_line_costs():
    """Those of `costs.json`."""
    return LineCosts()


class Meter:
    """Counts device lines of one thread and hands the time over in pieces of at least `flush_us`.

    `flush(us, frame)` is called from the trace function, so Python traces nothing that it runs; it may return an
    exception class to be raised in the device code.
    `resume()` counts from there on, in the thread that calls it; `pause()` ends it.
    `stack_peak` is the deepest chain of device frames: (frames, estimated pystack bytes, place).
    """

    def __init__(self, line_costs, flush, flush_us=100):
        self._line_costs = line_costs
        self._flush = flush
        self._flush_ns = flush_us * 1000
        self._owed = [0]
        self._stack = [0, 0]
        self._locals = {}
        self.stack_peak = (0, 0, "")
        self.global_trace = self._make_global_trace()

    # What is put into code to tell of a line: nothing, all is traced.
    mark = None

    def resume(self):
        """Count the lines of this thread from here on."""
        sys.settrace(self.global_trace)

    @staticmethod
    def pause():
        """Whatever runs in this thread costs nothing until `resume`."""
        sys.settrace(None)

    def take_us(self):
        """Whole microseconds owed since the last call."""
        us, self._owed[0] = divmod(self._owed[0], 1000)
        return us

    def reset(self):
        self._owed[0] = 0
        self._stack[0] = self._stack[1] = 0

    def _make_global_trace(self):
        known = self._locals
        stack = self._stack

        def global_trace(frame, event, _argument):
            code = frame.f_code
            try:
                local, frame_bytes = known[code]
            except KeyError:
                local, frame_bytes = known[code] = self._local_trace_of(code)
            if local is None:
                return None
            stack[0] += 1
            stack[1] += frame_bytes
            if stack[1] > self.stack_peak[1]:
                self.stack_peak = (stack[0], stack[1], place_of(code, frame.f_lineno))
            return local

        return global_trace

    def _local_trace_of(self, code):
        ns = self._line_costs.line_ns(code.co_filename)
        if not ns:
            return None, 0
        owed = self._owed
        stack = self._stack
        flush_ns = self._flush_ns
        flush = self._flush
        frame_bytes = pystack_bytes(code)

        def local_trace(frame, event, _argument):
            if event == "line":
                owed[0] += ns
                if owed[0] >= flush_ns:
                    us, owed[0] = divmod(owed[0], 1000)
                    error = flush(us, frame)
                    if error is not None:
                        # Raising here would end the tracing. Thrown like this, the exception arrives in the device
                        # code: unpacking a list is not a point at which the interpreter looks for thrown ones.
                        throws = map(throw_into(threading.get_ident()), (error,))
                        _ = [*throws]
            elif event == "return":
                stack[0] -= 1
                stack[1] -= frame_bytes
            return local_trace

        return local_trace, frame_bytes


def make_meter(line_costs, flush, settle, room, flush_us=100):
    """A meter in C where one can be had, else a `Meter`. The same lines cost the same and are paid at the same instants.

    `room()`: microseconds within which nothing is due in the world, so that nobody need be told when they pass.
    `settle(us, places)`: they passed; `places`: list of (code, line, us).
    """
    if MeterInC is None:
        return Meter(line_costs, flush, flush_us)

    known = {}

    def describe(code):
        kind, filename, *facts = _looked_at(code)
        # As in `Meter`: two functions alike but for their file are one, that of the file that comes first.
        if kind not in known:
            ns = line_costs.line_ns(filename)
            known[kind] = (ns, pystack_bytes(code)) if ns else (0, 0)
        return *known[kind], *facts

    return MeterInC(describe, flush, settle, room, place_of, flush_us)


MeterInC = line_meter.load()


def throw_into(thread_id):
    """C callable: given an exception class, makes it appear in the thread at its next call or jump back."""
    return functools.partial(_set_async_exc, thread_id)


_set_async_exc = ctypes.pythonapi.PyThreadState_SetAsyncExc
_set_async_exc.argtypes = (ctypes.c_ulong, ctypes.py_object)


# id of code: (code, what is known of it). Each device asks anew, and code that is the same object has the same.
_bytes_of = {}
_look_of = {}
# What stands for C and calls nothing of the device once it is loaded, as some others do (storage: a volume's blocks). The
# meter looks at each function that begins, but not at those that these call, and says so where one is the device's.
_FAKES = Path(__file__).with_name("circuitpython")
_NAMES = "_displaybus busio digitalio fourwire i2cdisplaybus paralleldisplaybus socketpool supervisor time watchdog wifi"
_ALONE = (
    str(Path(__file__).with_name("drive.py")),
    str(Path(__file__).with_name("strict_display.py")),
    str(_FAKES / "adafruit_bus_device"),
    *(f"{_FAKES / name}.py" for name in _NAMES.split()),
    *(str(Path(folder, name, "")) for folder in sys.path for name in ("displayio", "busdisplay", "vectorio", "bitmaptools")),
)
# code: its number, the same for code that is equal. Code is compared and hashed with all that it holds.
_kinds = {}


def _looked_at(code):
    """(number of its kind, file, whether it has marks, whether it is the device's, whether nothing of the device is called
    from it)"""
    if id(code) not in _look_of:
        plain = line_marks.plain(code)
        filename = plain.co_filename
        kind = _kinds.setdefault(plain, len(_kinds))
        of_device = filename.startswith((DRIVE, FROZEN))
        is_alone = code.co_name != "<module>" and filename.startswith(_ALONE)
        _look_of[id(code)] = code, (kind, filename, plain is not code, of_device, is_alone)
    return _look_of[id(code)][1]


def pystack_bytes(code):
    """Estimated pystack bytes of one call: (6 + locals + operand depth) words and 16 bytes a try block."""
    code = line_marks.plain(code)
    if id(code) not in _bytes_of:
        variables = code.co_nlocals + len(code.co_cellvars) + len(code.co_freevars)
        _bytes_of[id(code)] = code, (6 + variables + code.co_stacksize) * 4 + try_depth(code) * 16
    return _bytes_of[id(code)][1]


def try_depth(code):
    """Deepest nesting of try and with blocks, read from the exception table (cleanup entries aside)."""
    depth = 0
    for entry in dis._parse_exception_table(code):
        if not entry.lasti:
            depth = max(depth, 1 + entry.depth)
    return depth


def place_of(code, line):
    """`lib/appliance/web/server.py:120 poll`"""
    return f"{code.co_filename.removeprefix(DRIVE)}:{line} {code.co_name}"


# file name of code: whether it is the device's
_is_device = {}
# Entries of a probe's log that are summed up at the latest.
MOST_LOGGED = 4096


class Gap:
    """One stretch of virtual time between two modem transactions.

    `places`: list of (us, "file:line function"), largest share first. `phase`: what `Probe.phase` was.
    """

    def __init__(self, start_us, end_us, spent, phase):
        """`spent`: [(code or None, line or ~place in the code, us)]."""
        self.start_us = start_us
        self.end_us = end_us
        self.us = end_us - start_us
        self.phase = phase
        self._spent = spent

    @functools.cached_property
    def places(self):
        shares = sorted(summed(self._spent).items(), key=lambda item: -item[1])[:10]
        return [(us, self._name(key)) for key, us in shares]

    @staticmethod
    def _name(key):
        if key is None:
            return "(firmware)"
        filename, line, name = key
        return f"{filename.removeprefix(DRIVE)}:{line} {name}"

    def __str__(self):
        shares = ", ".join(f"{us / 1000:.1f} ms {place}" for us, place in self.places[:5])
        return f"{self.us / 1000:.1f} ms at {self.start_us / 1e6:.3f} s [{self.phase}]: {shares}"


def summed(spent):
    """{(file, line, function), or None for the firmware: us} of [(code or None, line or ~place in the code, us)]."""
    found = {}
    for code, line, us in spent:
        key = None if code is None else (code.co_filename, line_of(code, line), code.co_name)
        found[key] = found.get(key, 0) + us
    return found


def line_of(code, place):
    """`place`: a line, or ~offset of an instruction."""
    if place >= 0:
        return place
    return next(line for start, end, line in code.co_lines() if start <= ~place < end)


class Probe:
    """How long the modem waits between two SPI transactions, and what the device did meanwhile.

    Time is booked where it passes: a fake call to the line that made it, pure Python to the line at which 100 us
    were full. `limit_us`: gaps longer than this are kept in `over` (the first `keep`); `worst` is the longest
    of all, `worst_in` the longest of each phase. Set `phase` from a test or the world to tell phases apart.
    """

    def __init__(self, clock, limit_us=50_000, keep=200):
        self._clock = clock
        self.limit_us = limit_us
        self.keep = keep
        self.phase = ""
        # Where time went since the last transaction, (code or None, line or ~place in the code, us) each: nearly always
        # nobody asks, so they are summed up only then. The meter in C adds to it as well.
        self.log = []
        self.reset()

    def reset(self):
        """Forget everything; the next gap starts with the next transaction."""
        self.worst = None
        self.worst_in = {}
        self.over = []
        self.polls = 0
        self._since_us = None
        self.log.clear()

    def restart(self):
        """The device starts anew: no gap spans a reset."""
        self._since_us = None
        self.log.clear()

    def spent(self, us, frame):
        """Book `us` to the device line of `frame` (walks outwards to it)."""
        place = None, 0, us
        while frame is not None:
            code = frame.f_code
            filename = code.co_filename
            of_device = _is_device.get(filename)
            if of_device is None:
                of_device = _is_device[filename] = filename.startswith((DRIVE, FROZEN))
            if of_device:
                place = code, frame.f_lineno, us
                break
            frame = frame.f_back
        self.spent_at((place,))

    def spent_at(self, places):
        """Book a list of (code, line, us)."""
        log = self.log
        log.extend(places)
        if len(log) > MOST_LOGGED:
            together = {}
            for code, line, us in log:
                # Equal code of two files is not the same.
                known = together.setdefault((id(code), line), [code, line, 0])
                known[2] += us
            log[:] = map(tuple, together.values())

    def modem_polled(self):
        """An SPI transaction with the modem took place now."""
        now = self._clock.now_us
        self.polls += 1
        since = self._since_us
        self._since_us = now
        if since is not None:
            us = now - since
            worst = self.worst_in.get(self.phase)
            if worst is None or us > worst.us or us > self.limit_us:
                self._record(since, now)
        self.log.clear()

    def _record(self, since, now):
        gap = Gap(since, now, self.log.copy(), self.phase)
        worst = self.worst_in.get(self.phase)
        if worst is None or gap.us > worst.us:
            self.worst_in[self.phase] = gap
        if self.worst is None or gap.us > self.worst.us:
            self.worst = gap
        if gap.us > self.limit_us and len(self.over) < self.keep:
            self.over.append(gap)
