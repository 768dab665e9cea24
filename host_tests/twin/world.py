# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The whole twin: one box with its modem and display, a powerline, a SmartEVSE, a WiFi network and a car.

    with World(seed=1) as world:
        world.plug(world.new_car("ioniq", soc_percent=42))
        world.run_until(lambda: world.charging, 60)
        assert world.smartevse.posts[0]["values"]["current_soc"] == 42

Everything runs in virtual time (`world.clock`). The box is a `Device` that runs the files of CIRCUITPY, or of
any other directory, from a copy: what the device writes never reaches the original.
"""

import functools
import os
import re
import shutil
import tempfile
from pathlib import Path

from PIL import Image

from host_tests.twin import cars, panels, scratch
from host_tests.twin.clock import Clock
from host_tests.twin.device import Device
from host_tests.twin.hardware import Hardware
from host_tests.twin.network import AccessPoint, Network
from host_tests.twin.pace import Pace
from host_tests.twin.pcap import PcapWriter
from host_tests.twin.plug import CarPlug, WirePlug
from host_tests.twin.powerline import Powerline, Rng
from host_tests.twin.qca7005_model import Qca7005Model
from host_tests.twin.smartevse import STATE_C, SmartEvse

CIRCUITPY = Path(__file__).parents[2] / "CIRCUITPY"
EVSE_ADDRESS = "192.168.1.60"
_ROUTER = AccessPoint()
# The settings of a box in use. The shipped file knows no network and no charger.
SETTINGS_IN_USE = {
    "WIFI_SSID": _ROUTER.ssid,
    "WIFI_PASSWORD": _ROUTER.password,
    "SMARTEVSE_URL": f"http://{EVSE_ADDRESS}/ev_state",
    "STATUS_PUBLIC": "yes",
}
# Boot, WiFi, and 20 s of trying to reach a SmartEVSE.
LONGEST_START_S = 33.0
SLOW_ANSWER_US = 3_000_000
# How often a plugged car is asked how it goes.
LOOK_US = 100_000
# What the bench page can switch: name: (what it belongs to, what is wrong with it).
FAULTS = {
    "evse_off": ("SmartEVSE", "Not reachable"),
    "evse_slow": ("SmartEVSE", "Answers 3 s late"),
    "evse_500": ("SmartEVSE", "Answers with an error (500)"),
    "evse_no_modem": ("SmartEVSE", "Firmware without modem support"),
    "evse_no_sun": ("SmartEVSE", "Solar mode without sun"),
    "modem_absent": ("Modem in the box", "Missing: its wires read all zeros"),
    "modem_stuck_high": ("Modem in the box", "Wired wrongly: its wires read all ones"),
    "wifi_off": ("WiFi", "Router switched off"),
}
_MODEM_PINS = (("sck", 13), ("mosi", 11), ("miso", 12), ("cs", 10))
_TFT_PINS = (("sck", 17), ("mosi", 18), ("cs", 15), ("dc", 16))

_CONSOLE_LINE = re.compile(r"^(\d+)\.(\d{3}) ([DIWE]) (\w+) (.*)$")
_CHECKPOINT = re.compile(r"^\[CHECKPOINT(\d+)\] ?(.*)$")
_PERCENT = re.compile(r"\b(\d{1,3}) ?%")
_LEVELS = {"D": "log", "I": "log", "W": "warning", "E": "error"}


class World:
    """See the module. Parts: `clock`, `powerline` (`.faults`), `modem` (the box's chip), `network`, `wifi`
    (the router), `smartevse` (`.faults`, `.posts`), `hardware`, `display` (panel or None), `device`, `car`.

    :param seed: of everything that is random in the world
    :param circuitpy: directory with the drive's files, default the project's own
    :param settings: keys laid over its settings.toml (None removes a key); {} takes the file as it is, None
        those of a box in use (`SETTINGS_IN_USE`)
    :param settings_text: a whole settings.toml instead, as text or bytes
    :param display: "ssd1306", "st7789", "board" or None
    :param http_port: port of this computer under which the box's web page is reached; None: not reachable
    :param realtime: virtual time does not run faster than the clock on the wall
    :param device: False leaves the box out (its modem stays)
    :param pcap: file that records the powerline
    :param device_options: further keywords for `Device`
    """

    def __init__(
        self,
        seed=0,
        circuitpy=None,
        realtime=False,
        http_port=None,
        settings=None,
        settings_text=None,
        display="ssd1306",
        car=None,
        device=True,
        pcap=None,
        device_options=None,
    ):
        self.clock = Clock()
        self.seed = seed
        self.timeline = []
        self.listeners = []
        self.checkpoints = {}
        self.charging = False
        self.car = None
        self.at_cable = None
        self.plug_ins = 0
        self._in_traceback = False
        self._key_set_in_start = None
        self._page_in_start = None
        self._told_start = 0
        self.power_on_s = 0.0
        self._rng = Rng(seed * 16 + 12)
        self._pacer = None
        self._rate = 1.0

        self.drive_dir = Path(tempfile.mkdtemp(prefix="socbox-twin-", dir=scratch.folder()))
        self._lay_out_drive(Path(circuitpy or CIRCUITPY), settings, settings_text)
        self.powerline = Powerline(self.clock, seed)
        self.modem = Qca7005Model(self.clock, self.powerline, seed=seed)
        self.network = Network(self.clock)
        self.network.run_until = self.run_until
        self.wifi = self.network.access_point
        self.hardware = Hardware(self.clock)
        self._wire_modem()
        self.display = self._wire_display(display) if display else None
        self.smartevse = SmartEvse(self.clock, self.network, EVSE_ADDRESS)
        self.network.announced.append(("SmartEVSE-4417", EVSE_ADDRESS, "_http", "_tcp", 80))
        self.smartevse.listeners.append(self._smartevse_said)
        self.pcap = PcapWriter(pcap) if pcap else None
        if self.pcap is not None:
            self.powerline.pcap.append(self.pcap)
        self.http_port = None
        if http_port is not None:
            self.http_port = self.network.bridge(int(self._setting("HTTP_PORT", "80")), http_port)
        self.device = self._set_up_device(device_options or {}) if device else None
        self.pace = "realtime" if realtime else "fast"
        if car is not None:
            self.plug(car)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()

    def close(self):
        """Take everything down and remove the copy of the drive."""
        if self.at_cable is not None:
            self.at_cable.unplug()
            self.at_cable = None
        if self.device is not None:
            self.device.close()
        self.network.close()
        if self.pcap is not None:
            self.pcap.close()
            self.pcap = None
        shutil.rmtree(self.drive_dir, ignore_errors=True)

    # ---- setting up

    def _lay_out_drive(self, source, settings, settings_text):
        # The project's own files stay as they are while tests run.
        _write_drive(self.drive_dir, *(_own_drive if source == CIRCUITPY else _read_drive)(source))
        file = self.drive_dir / "settings.toml"
        if settings_text is not None:
            data = settings_text if isinstance(settings_text, bytes) else settings_text.encode("utf-8")
            file.write_bytes(data)
            return
        changes = SETTINGS_IN_USE if settings is None else settings
        if changes:
            text = file.read_text(encoding="utf-8") if file.exists() else ""
            file.write_text(overlaid(text, changes), encoding="utf-8")

    def _setting(self, key, default):
        file = self.drive_dir / "settings.toml"
        text = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
        found = re.search(rf'^[ \t]*{key}[ \t]*=[ \t]*"?([^"\n#]*)', text, re.MULTILINE)
        return found.group(1).strip() if found else default

    def _wire_modem(self):
        pins = {name: self._pin(f"MODEM_{name.upper()}", usual) for name, usual in _MODEM_PINS}
        self.hardware.attach_spi(self.modem, watch=True, **pins)
        self.hardware.connect_input(self._pin("MODEM_INT", 9), lambda: self.modem.int_level)

    def _pin(self, key, usual):
        """The pin a setting names; a part is soldered to its usual pin when the setting names none."""
        digits = re.sub(r"[^0-9]", "", self._setting(key, str(usual)))
        # CPython reads no number of thousands of digits.
        return int(digits) if 0 < len(digits) < 4 and int(digits) in self.hardware.pins else usual

    def _wire_display(self, kind):
        if kind == "ssd1306":
            panel = panels.SSD1306()
            text = self._setting("DISPLAY_ADDRESS", "60")
            address = int(text, 0) if re.fullmatch("0x[0-9a-fA-F]+|[1-9][0-9]*", text) else 60
            sda, scl = self._pin("DISPLAY_SDA", 4), self._pin("DISPLAY_SCL", 5)
            self.hardware.attach_i2c(panel, sda=sda, scl=scl, address=address)
        elif kind == "st7789":
            panel = panels.ST7789.landscape_320x170()
            pins = {name: self._pin(f"DISPLAY_{name.upper()}", usual) for name, usual in _TFT_PINS}
            self.hardware.attach_spi(panel, miso=None, **pins)
        elif kind == "board":
            panel = panels.ST7789.landscape_320x170()
            self.hardware.attach_parallel(panel, data0=39, command=7, chip_select=6, write=8)
        else:
            raise ValueError(f"no such display: {kind}")
        return panel

    def _set_up_device(self, options):
        device = Device(self, self.drive_dir, seed=self.seed, **options)
        device.console_watchers.append(self._console_said)
        self.smartevse.ticks_end_naps = device.long_naps
        self.note("world", "power", "the box gets power")
        device.start()
        return device

    # ---- time

    @property
    def pace(self):
        """How virtual time passes: "realtime" (at `rate`) or "fast". May be changed at any moment."""
        return "fast" if self._pacer is None else "realtime"

    @pace.setter
    def pace(self, pace):
        if self._pacer is not None:
            self._pacer.close()
        self._pacer = Pace(self.clock, self._rate) if pace == "realtime" else None

    @property
    def rate(self):
        """Seconds of the twin in one of the wall's, in real time. May be changed at any moment."""
        return self._rate

    @rate.setter
    def rate(self, rate):
        self._rate = rate
        if self._pacer is not None:
            self._pacer.rate = rate

    @property
    def now_s(self):
        return self.clock.now_us / 1e6

    def run(self, seconds):
        """Let virtual time pass."""
        if self.device is not None:
            self.device.run(seconds)
        else:
            self.clock.advance(round(seconds * 1_000_000))

    def run_until(self, condition, limit_s, check_us=5_000):
        """Run until `condition()` is true; False when `limit_s` passed before."""
        if self.device is not None:
            return self.device.run_until(condition, limit_s, check_us)
        end_us = self.clock.now_us + round(limit_s * 1_000_000)
        while not condition():
            if self.clock.now_us >= end_us:
                return False
            self.clock.advance(check_us)
        return True

    # ---- the car

    def new_car(self, name="virtual", leaving=None, **options):
        """A car of the registry, not plugged in yet. KeyError for an unknown name."""
        return cars.CARS[name].build(self.random_bytes, leaving, **options)

    def plug(self, car, matched=False, name="virtual"):
        """The car's connector goes in. One car at a time. `matched`: SLAC is done in the car's name."""
        self._connect(CarPlug(self, car, matched, name), car)

    def plug_wire(self, interface, matched=False):
        """Plug in whatever speaks on a network interface of this computer. PermissionError, OSError."""
        self._connect(WirePlug(self, interface, matched), None)

    def _connect(self, at_cable, car):
        if self.at_cable is not None:
            at_cable.unplug()
            raise RuntimeError("a car is plugged in already")
        self.at_cable = at_cable
        self.car = car
        self.plug_ins += 1
        self.charging = False
        soc = at_cable.soc_percent
        told = "" if soc is None else f", {soc} %"
        self.note("world", "plugged", f"a car plugs in{told}", soc_percent=soc, car=at_cable.name)
        self.smartevse.plug(at_cable)
        at_cable.pump()
        self.clock.after(LOOK_US, self._look_for_charging, at_cable)

    def unplug(self):
        """The connector is pulled out."""
        if self.at_cable is None:
            return
        self.smartevse.unplug()
        self.at_cable.unplug()
        self.at_cable = None
        self.car = None
        self.charging = False
        self.note("world", "unplugged", "the car is unplugged")

    @property
    def car_modem(self):
        """The modem of the plugged car, None without a car."""
        return None if self.at_cable is None else self.at_cable.modem

    def random_bytes(self, count):
        """Seeded random bytes for cars."""
        return self._rng.bytes(count)

    def _look_for_charging(self, at_cable):
        """As long as that one is plugged in: a box that is alone sleeps until something happens."""
        if self.at_cable is not at_cable:
            return
        self.clock.after(LOOK_US, self._look_for_charging, at_cable)
        verdict = self.at_cable.verdict
        charging = verdict == "charging" and self.smartevse.state == STATE_C
        if charging != self.charging:
            self.charging = charging
            text = "the car charges on AC" if charging else "the car stopped charging"
            self.note("world", "charging" if charging else "stopped", text, verdict=verdict)
        if verdict not in (None, "charging") and verdict != self.at_cable.verdict_told:
            reason = self.car.verdict_reason
            text = f"the car is {verdict}" if verdict.startswith("stuck") else f"the car {verdict}"
            self.note("world", "stuck", f"{text} ({reason})" if reason else text, verdict=verdict)
        self.at_cable.verdict_told = verdict

    # ---- reports

    def note(self, source, kind, text, **facts):
        """Add an entry to the timeline and tell the listeners."""
        entry = {
            "n": len(self.timeline),
            "t_s": self.clock.now_us / 1e6,
            "source": source,
            "kind": kind,
            "text": text,
            **facts,
        }
        self.timeline.append(entry)
        for listener in self.listeners:
            listener(entry)

    def _smartevse_said(self, kind, text, data):
        self.note("smartevse", kind, text, **data)

    def _console_said(self, _t_us, line):
        if self._told_start != self.device.starts:
            self._told_start = self.device.starts
            # When the chip was switched on or reset; its first word comes seconds later.
            self.power_on_s = self.now_s - self.device.raw_ticks_us() / 1e6
        found = _CONSOLE_LINE.match(line)
        if not found:
            self._other_console_line(line)
            return
        level, tag, text = found.group(3, 4, 5)
        if tag == "web" and text.startswith("page at "):
            self._page_in_start = self.device.starts
        checkpoint = _CHECKPOINT.match(text)
        if not checkpoint:
            self.note("box", _LEVELS[level], text, tag=tag)
            return
        number = int(checkpoint.group(1))
        facts = {"checkpoint": number, "tag": tag}
        percent = _PERCENT.search(checkpoint.group(2))
        if number == 540 and percent:
            facts["soc_percent"] = int(percent.group(1))
        if number == 1:
            self._key_set_in_start = self.device.starts
        self.checkpoints[number] = self.checkpoints.get(number, 0) + 1
        self.note("box", "checkpoint", checkpoint.group(2), **facts)

    def _other_console_line(self, line):
        """A traceback, or a word of CircuitPython itself. The exception itself is reported, the rest is for the log."""
        self.note("box", "console", line)
        if line.startswith("Traceback"):
            self._in_traceback = True
        elif self._in_traceback and not line.startswith(" "):
            self._in_traceback = False
            self.note("box", "error", f"the box's program fell: {line}", tag="box")

    def screenshot(self, path, zoom=6):
        """Write the display as PNG, each pixel a square of `zoom` pixels. ValueError without a display."""
        if self.display is None:
            raise ValueError("this box has no display")
        image = self.display.image()
        image.resize((image.width * zoom, image.height * zoom), Image.Resampling.NEAREST).save(path)

    # ---- what can be done to it

    @property
    def powered(self):
        return self.device is not None and self.device.powered

    @property
    def ready(self):
        """True when the box can read a car: its modem has a key, and it knows how the charger is or gave up asking.

        A box that starts asks the SmartEVSE first, so as not to disturb a car that is charging.
        """
        if not self.powered or self._key_set_in_start != self.device.starts:
            return False
        asked = any(request["t_s"] > self.power_on_s for request in self.smartevse.requests)
        return asked or self.now_s - self.power_on_s > LONGEST_START_S

    @property
    def complete(self):
        """True when nothing is left to be loaded: the box can read a car, its page is there and its display shows something.

        The page is loaded last. A box without WiFi has none until its access point is up.
        """
        if not self.ready or self._page_in_start != self.device.starts:
            return False
        return self.display is None or self.display.image().getbbox() is not None

    @property
    def box_url(self):
        """Address of the box's own web page on this computer, None when it has none."""
        return f"http://127.0.0.1:{self.http_port}/" if self.http_port else None

    def power_cycle(self, off_s=1.0):
        """Cut the supply of box and modem, wait, switch it on again."""
        self.note("world", "power", "the box loses power")
        self.device.power_off()
        self.modem.power_off()
        self.run(off_s)
        self.note("world", "power", "the box gets power")
        self.modem.power_on()
        self.device.start()

    def faults_set(self):
        """The faults that the bench page can switch, as {name: value}."""
        evse = self.smartevse.faults
        return {
            "evse_off": evse.off,
            "evse_slow": evse.answer_delay_us > 0,
            "evse_500": evse.status == 500,
            "evse_no_modem": evse.no_modem_support,
            "evse_no_sun": not self.smartevse.has_current,
            "modem_absent": self.modem.stuck == 0,
            "modem_stuck_high": self.modem.stuck == 1,
            "wifi_off": not self.wifi.up,
            "loss_percent": self.powerline.faults.loss_percent,
        }

    def set_fault(self, name, value):
        """Switch a fault of `faults_set`. KeyError for any other name."""
        evse = self.smartevse.faults
        if name == "evse_off":
            evse.off = bool(value)
        elif name == "evse_slow":
            evse.answer_delay_us = SLOW_ANSWER_US if value else 0
        elif name == "evse_500":
            evse.status = 500 if value else None
        elif name == "evse_no_modem":
            evse.no_modem_support = bool(value)
        elif name == "evse_no_sun":
            self.smartevse.has_current = not value
            self.smartevse.set_mode("SOLAR" if value else "NORMAL")
        elif name == "modem_absent":
            self.modem.stuck = 0 if value else None
        elif name == "modem_stuck_high":
            self.modem.stuck = 1 if value else None
        elif name == "wifi_off":
            self.wifi.up = not value
        elif name == "loss_percent":
            self.powerline.faults.loss_percent = min(max(int(value), 0), 100)
        else:
            raise KeyError(name)
        self.note("world", "fault", self._fault_text(name, value), fault=name, value=value)

    @staticmethod
    def _fault_text(name, value):
        if name not in FAULTS:
            return f"the powerline loses {value} % of the frames"
        part, wrong = FAULTS[name]
        return f"{part}: {wrong[0].lower()}{wrong[1:]}" + ("" if value else " - no longer")


def _read_drive(source, below=""):
    """(its folders, [(file, what is in it, when it was read and written)]), places as in the drive."""
    folders, files = [], []
    for entry in os.scandir(source):
        place = os.path.join(below, entry.name)
        if entry.is_dir():
            if entry.name != "__pycache__":
                inner = _read_drive(entry.path, place)
                folders += [place, *inner[0]]
                files += inner[1]
        elif not entry.name.endswith(".pyc"):
            with open(entry.path, "rb", buffering=0) as file:
                data = file.read()
                times = os.fstat(file.fileno())
            files.append((place, data, (times.st_atime_ns, times.st_mtime_ns)))
    return folders, files


_own_drive = functools.lru_cache(1)(_read_drive)


def _write_drive(target, folders, files):
    """As shutil.copytree would, in a third of the time: a twin is made hundreds of times in a run of the tests."""
    for folder in folders:
        os.makedirs(os.path.join(target, folder), exist_ok=True)
    for place, data, times in files:
        with open(os.path.join(target, place), "wb", buffering=0) as file:
            file.write(data)
            os.utime(file.fileno(), ns=times)


def overlaid(text, changes):
    """settings.toml with `changes` ({key: str, int, bool or None for "not there"}) laid over `text`."""
    lines = text.splitlines()
    for key, value in changes.items():
        pattern = re.compile(rf"^[ \t]*{re.escape(key)}[ \t]*=")
        places = [number for number, line in enumerate(lines) if pattern.match(line)]
        if value is None:
            lines = [line for number, line in enumerate(lines) if number not in places]
            continue
        line = f"{key} = {_toml(value)}"
        if places:
            lines[places[0]] = line
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def _toml(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
