# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Imports of the device: a module table of its own, so that nothing of the host leaks in and nothing stays behind.

Device code gets the names CircuitPython has and no others: `import functools` fails here as it does on the board,
`import os` gives the device's `os`. Nothing goes through the host's `sys.modules`, so several devices in one process,
one after another or side by side, never share a module.

Three kinds of module live in the table:

* device code: `CIRCUITPY` and the Adafruit libraries, with the device's built-ins; its lines cost time
* fakes: `host_tests/twin/circuitpython/*.py`, written in host Python
* Blinka's displayio, host Python standing in for C code, with the device's `time` and no threads
"""

import __future__

import builtins
import functools
import re
import sys
import types
from pathlib import Path

from host_tests.twin import errors, strict_display
from host_tests.twin.compiler import compile_device, compile_host
from host_tests.twin.cost import DRIVE, FROZEN

FAKES = Path(__file__).with_name("circuitpython")
SITE_PACKAGES = Path(
    next(path for path in map(Path, sys.path) if (path / "displayio" / "__init__.py").exists())
)

BLINKA = (
    "displayio",
    "busdisplay",
    "fontio",
    "terminalio",
    "vectorio",
    "bitmaptools",
    "adafruit_bitmap_font",
)
# Standard modules whose CPython version is near enough; each with the names the device has.
PLAIN = {
    "binascii": "hexlify unhexlify a2b_base64 b2a_base64 crc32",
    "collections": "OrderedDict namedtuple",
    "io": "StringIO BytesIO",
    "math": "pi e sqrt pow exp log sin cos tan acos asin atan atan2 ceil floor fabs fmod trunc isinf isnan",
    "random": "seed getrandbits randrange randint choice random uniform",
    "re": "compile match search sub",
    "array": "array",
    "ipaddress": "IPv4Address ip_address",
}
# Of the modules in the firmware those that a file of the drive may stand in for (MP_REGISTER_EXTENSIBLE_MODULE). os, time
# and struct are CircuitPython's own, and none of these.
SOUGHT_FIRST = frozenset("array binascii collections errno io json re select".split())
# A folder, a .py and a .mpy, in one folder of `sys.path`.
LOOKS_IN_VAIN = 3
COMPILED_IS_SHORTER = 3
# Built-in names that CPython has and CircuitPython has not.
ABSENT = (
    "ascii breakpoint format vars aiter anext copyright credits license exit quit "
    "FileNotFoundError FileExistsError PermissionError ConnectionRefusedError ConnectionResetError "
    "ConnectionAbortedError UnicodeDecodeError UnicodeEncodeError UnicodeTranslateError RecursionError "
    "ModuleNotFoundError UnboundLocalError BufferError ProcessLookupError ChildProcessError BlockingIOError "
    "InterruptedError IsADirectoryError NotADirectoryError FloatingPointError ReferenceError SystemError TabError "
    "EnvironmentError IOError BaseExceptionGroup ExceptionGroup"
).split()


@functools.cache
def _fake_names():
    return frozenset(path.stem for path in FAKES.glob("[a-z]*.py"))


@functools.cache
def _module_file(place, leaf):
    """Path of a module outside the drive, a package's __init__.py; None where it is not."""
    for path in (place / leaf / "__init__.py", place / f"{leaf}.py"):
        if path.exists():
            return path
    return None


@functools.cache
def _source(path):
    return path.read_text()


_is_folder = functools.cache(Path.is_dir)
_is_file = functools.cache(Path.exists)


class Loader:
    """The module table of one run of the virtual machine.

    `modules`: name -> module, what `sys.modules` is on the device. `device`: the board, for the fakes.
    """

    def __init__(self, device):
        self.device = device
        self.modules = {}
        # Of all files that were loaded.
        self.lines = 0
        self._fake_names = _fake_names()
        self._device_builtins = self._make_device_builtins()
        self._fake_builtins = self._host_builtins(self._import_from_fake)
        self._blinka_builtins = self._host_builtins(self._import_from_blinka)
        handle = types.ModuleType("twin_device")
        handle.device = device
        handle.loader = self
        self._handle = handle

    def run_main(self, source, filename):
        """Execute device source as `__main__`."""
        code = self._compiled(source, DRIVE + filename)
        module = self._new_module("__main__", self._device_builtins)
        module.__file__ = filename
        self.modules["__main__"] = module
        exec(code, module.__dict__)

    def _compiled(self, source, filename):
        return compile_device(source, filename, self.device.mark)

    def load(self, name):
        """The module of that name, imported when it was not yet. ImportError as on the device."""
        module = None
        parts = name.split(".")
        if parts[0] in SOUGHT_FIRST:
            # Looked for every time, because the firmware does not remember that it found nothing.
            self._look(LOOKS_IN_VAIN * len(self._places(self.device_path())))
        for count in range(1, len(parts) + 1):
            partial = ".".join(parts[:count])
            parent = module
            module = self.modules.get(partial)
            if module is None:
                module = self._find(partial, parent)
                if parent is not None:
                    setattr(parent, parts[count - 1], module)
        return module

    def _make_device_builtins(self):
        names = dict(vars(builtins))
        for name in list(names):
            value = names[name]
            if isinstance(value, type) and issubclass(value, Warning):
                del names[name]
        for name in ABSENT:
            names.pop(name, None)
        names["__import__"] = self._import_from_device
        names["print"] = self.device.console_print
        names["input"] = self.device.console_input
        names["open"] = self.device.drive.open
        for error in ("OSError", "ConnectionError", "BrokenPipeError", "TimeoutError"):
            names[error] = getattr(errors, "Device" + error)
        return names

    @staticmethod
    def _host_builtins(import_function):
        names = dict(vars(builtins))
        names["__import__"] = import_function
        return names

    @staticmethod
    def _new_module(name, builtin_names):
        module = types.ModuleType(name)
        module.__dict__["__builtins__"] = builtin_names
        return module

    def _import_from_device(self, name, names=None, _locals=None, fromlist=(), level=0):
        if name == "__future__" and not level:
            return __future__
        return self._import(name, names, fromlist, level)

    def _import_from_fake(self, name, names=None, local_names=None, fromlist=(), level=0):
        if name == "twin_device":
            return self._handle
        top = name.partition(".")[0]
        if not level and top not in PLAIN and (top in self._fake_names - HOST_IN_FAKES or top in BLINKA):
            return self._import(name, names, fromlist, level)
        return builtins.__import__(name, names, local_names, fromlist, level)

    def _import_from_blinka(self, name, names=None, local_names=None, fromlist=(), level=0):
        top = name.partition(".")[0]
        if level or top in BLINKA or top in FROM_BLINKA:
            return self._import(name, names, fromlist, level)
        if top in ("threading", "gc"):
            return _STUBS[top]
        return builtins.__import__(name, names, local_names, fromlist, level)

    def _import(self, name, names, fromlist, level):
        if level:
            package = names.get("__package__") or ""
            for _ in range(level - 1):
                package = package.rpartition(".")[0]
            name = f"{package}.{name}" if name else package
        module = self.load(name)
        if not fromlist:
            return module if level else self.modules[name.partition(".")[0]]
        for item in fromlist:
            if item != "*" and not hasattr(module, item) and hasattr(module, "__path__"):
                try:
                    self.load(f"{name}.{item}")
                except ImportError as error:
                    # An error inside an existing module is raised, as from mp_import_from.
                    if str(error) != f"no module named '{name}.{item}'":
                        raise
            if item != "*" and not hasattr(module, item):
                # CPython would look for one of that name among this computer's modules.
                raise ImportError(f"cannot import name '{item}' from '{name}'")
        return module

    def _find(self, name, parent):
        top, _, rest = name.partition(".")
        if not rest:
            if top == "sys":
                return self._execute_fake("sys", FAKES / "sys.py")
            if top in self._fake_names:
                return self._execute_fake(top, FAKES / f"{top}.py")
            if top in PLAIN:
                return self._plain(top)
            if top in BLINKA:
                return self._blinka(name, SITE_PACKAGES)
            module = self._from_drive(name, top, self.device_path())
            if module is None and top.startswith("adafruit_"):
                module = self._frozen(name, SITE_PACKAGES, top)
        else:
            leaf = name.rpartition(".")[2]
            kind, place = getattr(parent, "__path__", (None, None))
            if kind == "drive":
                module = self._from_drive(name, leaf, [place])
            elif kind == "frozen":
                module = self._frozen(name, place, leaf)
            elif kind == "blinka":
                module = self._blinka(name, place)
            elif kind == "fake":
                module = self._execute_fake(name, place / f"{leaf}.py")
            else:
                module = None
        if module is None:
            raise ImportError(f"no module named '{name}'")
        return module

    def device_path(self):
        module = self.modules.get("sys")
        return module.path if module is not None else ["", "/", ".frozen", "/lib"]

    def _plain(self, name):
        real = builtins.__import__(name)
        module = types.ModuleType(name)
        for attribute in PLAIN[name].split():
            setattr(module, attribute, getattr(real, attribute))
        if name == "collections":
            module.deque = _deque
        elif name == "re":
            module.compile = _re_compile
        self.modules[name] = module
        return module

    @staticmethod
    def _places(path):
        """Folders of the drive in a `sys.path`."""
        return [place for place in path if not place.startswith(".")]

    def _look(self, count):
        """The firmware looks for files and folders on the drive (py/builtinimport.c stat_module)."""
        self.device.spend(self.device.costs.find_us(count))

    def _from_drive(self, name, leaf, places):
        drive = self.device.drive
        for place in self._places(places):
            path = drive.absolute(place + "/" + leaf if place else leaf)
            # Is it a folder? And its __init__.py, or else the file, is the second look.
            self._look(2)
            if drive.is_directory(path):
                source = drive.source(path + "/__init__.py")
                module = self._new_module(name, self._device_builtins)
                module.__path__ = ("drive", path)
                module.__package__ = name
                filename = path + "/__init__.py"
                return self._execute_device(module, source if source is not None else "", filename)
            source = drive.source(path + ".py")
            if source is not None:
                module = self._new_module(name, self._device_builtins)
                module.__package__ = name.rpartition(".")[0]
                return self._execute_device(module, source, path + ".py")
            self._look(LOOKS_IN_VAIN - 2)
        return None

    def _execute_device(self, module, source, filename):
        module.__file__ = filename
        costs = self.device.costs
        self.device.spend(costs.read_us(len(source)) + costs.load_us(filename, source))
        self._execute(module, self._compiled(source, DRIVE + filename.lstrip("/")))
        return self._collected(module, source)

    def _frozen(self, name, place, leaf):
        path = _module_file(place, leaf)
        if path is None:
            return None
        source = _source(path)
        module = self._new_module(name, self._device_builtins)
        module.__package__ = name if path.name == "__init__.py" else name.rpartition(".")[0]
        if path.name == "__init__.py":
            module.__path__ = ("frozen", place / leaf)
        filename = FROZEN + str(path.relative_to(SITE_PACKAGES))
        module.__file__ = filename
        if "." in name:
            # Of a name without a dot all places of the drive were looked at before.
            self._look(LOOKS_IN_VAIN)
        costs = self.device.costs
        self.device.spend(costs.read_us(len(source) // COMPILED_IS_SHORTER))
        self.device.spend(int(source.count("\n") * costs.load_compiled_us_per_line))
        self._execute(module, self._compiled(source, filename))
        return self._collected(module, source)

    def _collected(self, module, source):
        """A file that was loaded has thrashed the heap, and CircuitPython collects at once (py/builtinimport.c
        process_import_at_level @e42925c4ed), nothing of it for one that failed."""
        self.lines += source.count("\n")
        self.device.collect(self.device.costs.collect_us(self.lines))
        return module

    def _blinka(self, name, place):
        leaf = name.rpartition(".")[2]
        path = _module_file(place, leaf)
        if path is None:
            return None
        module = self._new_module(name, self._blinka_builtins)
        module.__file__ = str(path)
        module.__package__ = name if path.name == "__init__.py" else name.rpartition(".")[0]
        if path.name == "__init__.py":
            module.__path__ = ("blinka", place / leaf)
        module = self._execute(module, compile_host(path))
        if name == "displayio":
            strict_display.harden_displayio(module)
            self.device.adopt_displayio(module)
        elif name == "bitmaptools":
            strict_display.harden_bitmaptools(module)
        return module

    def _execute_fake(self, name, path):
        if not _is_file(path):
            return None
        module = self._new_module(name, self._fake_builtins)
        module.__file__ = str(path)
        module.__package__ = name
        if _is_folder(FAKES / name):
            module.__path__ = ("fake", FAKES / name)
        return self._execute(module, compile_host(path))

    def _execute(self, module, code):
        self.modules[module.__name__] = module
        try:
            exec(code, module.__dict__)
        except BaseException:
            self.modules.pop(module.__name__, None)
            raise
        return module


# Fakes that carry the name of a host module: inside a fake the name means the host's.
HOST_IN_FAKES = set("time os gc errno select ssl sys struct hashlib traceback warnings atexit json zlib".split())
# What Blinka's displayio gets from the device instead of from the host.
FROM_BLINKA = {
    "busio",
    "digitalio",
    "microcontroller",
    "pwmio",
    "fourwire",
    "i2cdisplaybus",
    "paralleldisplaybus",
    "micropython",
    "time",
}


class _NoThread:
    def __init__(self, *_args, **_keywords):
        pass

    def start(self):
        """The firmware refreshes in its background tasks; see Device.run_background_tasks."""

    def is_alive(self):
        return False

    def is_set(self):
        return True

    def set(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        pass


_STUBS = {
    "threading": types.SimpleNamespace(Thread=_NoThread, Event=_NoThread, RLock=_NoThread, Lock=_NoThread),
    "gc": types.SimpleNamespace(collect=lambda: 0, mem_free=lambda: 4_000_000),
}


def _deque(iterable, maxlen, _flags=0):
    """deque as on the device: both arguments are mandatory."""
    return builtins.__import__("collections").deque(iterable, maxlen)


def _re_compile(pattern, flags=0):
    """The device's `re` knows no counted repeats, named groups or look-around; refuse them instead of matching."""
    if re.search(r"(?<!\\)\{\d|\(\?|\\b", pattern):
        raise ValueError("Error in regex")
    return re.compile(pattern, flags)
