# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Puts the box together from what is there: modem, display, WiFi and SmartEVSE may each be missing.

This is the one place that knows pins, clocks and CircuitPython's modules; what it builds is handed down.
"""

import gc
import os
import sys
import time

import microcontroller
import supervisor
from plc.qca7005 import Qca7005
from plc.ticks import expired, ticks_add
from v2g.secc import Secc

from appliance import cars, causes, retained, settings, status
from appliance.access import Access
from appliance.access_point import AccessPoint
from appliance.entropy import Entropy
from appliance.errands import Errands, Restart, SelfTest
from appliance.keeper import Keeper
from appliance.log import FrameRing, Log, Uptime
from appliance.loop import Collector, Loop
from appliance.qr import Codes
from appliance.smartevse import SmartEvse
from appliance.store import Store, StoreError
from appliance.update_health import Health, skipped_text
from appliance.wifi import Wifi

WATCHDOG_S = 30
# Three name servers that do not answer, for IPv6 and then for IPv4.
WATCHDOG_LOOKUP_S = 90
WEB_RETRY_MS = 10000
# SmartEVSE's state after a reading: what it means for the car, and whether it will stay so.
AFTERWARDS = {
    0: ("the car was unplugged", True),
    1: ("the car does not charge yet (state B)", False),
    2: ("the car charges on AC (state C)", True),
    13: ("the charger still feigns the re-plug", False),
    14: ("the charger does not want this car", True),
}
# In this order each import compiles one file, and a car need not wait for more than that.
WEB_PARTS = (
    "adafruit_httpserver",
    "appliance.answers",
    "appliance.web",
    "appliance.site",
    "appliance.api",
    "appliance.downloads",
    "appliance.actions",
    "appliance.update_web",
    "appliance.pages",
    "appliance.portal",
)
# The box's own address as an access point, and names under which a tunnel on the owner's computer leads here.
OWN_NAMES = ("192.168.4.1", "localhost", "127.0.0.1")
# How long a SmartEVSE question waits for the first WiFi connection after a start.
FIRST_WIFI_S = 25


def find_pin(name):
    """The pin object for "IO13", "GPIO13" or "13"; None for ""; ValueError when the board has no such pin."""
    if not name:
        return None
    import board

    number = name
    for prefix in ("GPIO", "IO"):
        if name.upper().startswith(prefix):
            number = name[len(prefix) :]
            break
    for place, spelling in ((board, name), (board, "IO" + number), (board, "GPIO" + number)):
        pin = getattr(place, spelling, None)
        if pin is not None:
            return pin
    pin = getattr(getattr(microcontroller, "pin", None), "GPIO" + number, None)
    if pin is None:
        raise ValueError("this board has no pin " + name)
    return pin


class NoModem:
    """Stands in when the modem's bus cannot be opened; the cause was logged."""

    ready = False
    generation = 0
    status = "NOT_OPENED"

    def __init__(self):
        self.counts = {}

    def poll(self, now):
        """Nothing to move."""

    def receive(self):
        """Nothing comes."""

    def send(self, frame):
        """Nothing leaves; taken, so that frames do not pile up."""
        return True


def open_modem(config):
    """Qca7005 on the pins of the settings; raises when the bus cannot be opened."""
    import busio
    import digitalio
    from adafruit_bus_device.spi_device import SPIDevice

    bus = busio.SPI(
        find_pin(config["MODEM_SCK"]),
        MOSI=find_pin(config["MODEM_MOSI"]),
        MISO=find_pin(config["MODEM_MISO"]),
    )
    chip_select = digitalio.DigitalInOut(find_pin(config["MODEM_CS"]))
    device = SPIDevice(bus, chip_select, baudrate=config["MODEM_SPI_HZ"], polarity=1, phase=1)
    int_pin = None
    if config["MODEM_INT"]:
        int_pin = digitalio.DigitalInOut(find_pin(config["MODEM_INT"]))
        int_pin.direction = digitalio.Direction.INPUT
    return Qca7005(device, int_pin)


def own_mac(radio):
    """Six bytes for the box's station on the power line: the radio's, else made from the chip's number."""
    if radio is not None:
        return bytes(radio.mac_address)
    uid = bytes(microcontroller.cpu.uid)[-6:]
    return bytes((uid[0] & 0xFC | 0x02,)) + uid[1:]


def open_radio():
    """``wifi.radio``, or None on a board without."""
    try:
        import wifi

        return wifi.radio
    except (ImportError, RuntimeError):
        return None


def drive_root():
    """The root of the drive that this program was started from, without a slash at its end."""
    return __file__.rsplit("/lib/", 1)[0] if "/lib/" in __file__ else ""


def owner_root(slots):
    """The root of the drive that holds what is the owner's: a version from a slot is mounted on a folder of it."""
    root = drive_root()
    mount = None if slots is None else slots.MOUNT
    return root[: -len(mount)] if mount and root.endswith(mount) else root


def installed_slots():
    """The module ``slots``, or None on a drive without."""
    try:
        import slots

        return slots
    except ImportError:
        return None


def settings_path():
    """Where settings.toml lies."""
    root = drive_root()
    for path in (root + "/settings.toml", "/settings.toml", "settings.toml"):
        try:
            os.stat(path)
            return path
        except OSError:
            continue
    return "/settings.toml"


def drive_opener():
    """``storage.remount``, or None where the drive needs no such thing."""
    try:
        import storage

        return storage.remount
    except ImportError:
        return None


class Watchdog:
    """Resets a box that hangs in C: a WiFi join without DHCP answer ends in no other way."""

    def __init__(self, log):
        self._dog = getattr(microcontroller, "watchdog", None)
        try:
            import watchdog

            self._dog.timeout = WATCHDOG_S
            self._dog.mode = watchdog.WatchDogMode.RESET
        except (ImportError, AttributeError, RuntimeError, ValueError) as error:
            self._dog = None
            log.caution("box", "no watchdog: %s" % error)

    def feed(self):
        """The loop is alive."""
        if self._dog is not None:
            self._dog.feed()

    def stretch(self, longer):
        """More patience while a name is looked up or room is made on the drive, which nothing can shorten."""
        if self._dog is not None:
            self._dog.timeout = WATCHDOG_LOOKUP_S if longer else WATCHDOG_S


class EvseQuestion:
    """Slow piece: asks the SmartEVSE for its state when the plug-in rules want it."""

    def __init__(self, box):
        self._box = box

    def due(self, now):
        """True when there is a question and, after a start, WiFi had its chance."""
        box = self._box
        if not box.loop.secc.wants_evse_state(now):
            return False
        return box.wifi.connected or box.wifi.state == "off" or box.status.uptime.seconds >= FIRST_WIFI_S

    def run(self, now):
        """Ask and pass the answer on."""
        box = self._box
        state = box.smartevse.query_state(now)
        if state is not None:
            box.status.replugged = state.has_modem
            box.tell_what_became(state.state_id)
        box.status.put_cause(causes.SMARTEVSE, box.smartevse.cause)
        box.loop.secc.evse_state(None if state is None else state.state_id, supervisor.ticks_ms())


class WebPiece:
    """Piece: moves the web server. Slow piece: loads and starts it, part by part, once WiFi is up."""

    def __init__(self, box):
        self._box = box
        self._loaded = 0
        self._start_at = None
        self.web = None

    def poll(self, now):
        """One step of the web server."""
        return self.web is not None and self.web.poll(now)

    def due(self, now):
        """True when the server should be loaded or started."""
        if self.web is not None or not self._box.wifi.reachable:
            return False
        return self._start_at is None or expired(self._start_at, now)

    def run(self, now):
        """Load the next part, or start to listen when all are there."""
        if self._loaded < len(WEB_PARTS):
            name = WEB_PARTS[self._loaded]
            self._loaded += 1
            __import__(name)
            return
        self._start_at = ticks_add(now, WEB_RETRY_MS)
        self._start()

    def _start(self):
        import select

        from appliance import api, pages, portal, web

        box = self._box
        box.system = api.system_document()
        site = pages.new_site(box, drive_root() + "/www")
        guests = portal.Portal(site, box.wifi, drive_root() + "/www", box.has_car, box.ticks)
        server = web.Web(box.wifi.pool, select.poll(), guests.respond, box.log_web)
        server.start(box.settings["HTTP_PORT"])
        self.web = server
        box.site = site
        address = box.wifi.address or OWN_NAMES[0]
        box.log.note("web", "page at http://%s%s/" % (address, box.wifi.port_text()))
        if box.access.made_up is not None:
            box.log.tell_console("web", "password of the page: %s" % box.access.made_up)


class WifiPiece:
    """Piece: watches the connection and shows what became of it."""

    def __init__(self, box):
        self._box = box

    def poll(self, now):
        """Look once a second."""
        return self._box.wifi.poll(now)


class Box:
    """Everything, wired. ``run()`` never returns."""

    def __init__(self):
        ticks = supervisor.ticks_ms
        self.ticks = ticks
        self.uptime = Uptime(ticks())
        self.log = Log(self.uptime)
        self.slots = installed_slots()
        self.start = None if self.slots is None else self.slots.started
        store = Store(owner_root(self.slots), drive_opener(), self._on_store)
        self.keeper = Keeper(settings_path(), store, os.getenv, self._on_settings)
        self.settings = self.keeper.settings
        self.log.level = self.settings["LOG_LEVEL"]
        self.restart_needed = False
        self.system = None
        self.site = None
        self.self_test = None
        self.self_tester = SelfTest(self)
        self.display = None
        self.status = status.Status(self.uptime, self._on_cause)
        self.frames = FrameRing()
        self.firmware = None
        self._memory = retained.memory()
        self._say_hello()
        self.watchdog = Watchdog(self.log)
        self._radio = open_radio()
        self.wifi = self._new_wifi(ticks)
        self.smartevse = SmartEvse(
            self.settings["SMARTEVSE_URL"], self.wifi, ticks, self._on_smartevse, None, self.watchdog.stretch
        )
        self._entropy = Entropy(own_mac(self._radio) + bytes(microcontroller.cpu.uid), ticks)
        self.start_id = status.hex_text(self._entropy.random_bytes(4))
        self.access = Access(self._entropy.random_bytes, self._memory, self.uptime, self.log_web)
        self.access.set_password(self.settings["WEB_PASSWORD"])
        self.errands = Errands()
        self.restart = Restart(self._restart, self._on_restart)
        self._web_piece = WebPiece(self)
        self._update = None
        self._faulty_files = []
        self.health = Health(
            self.uptime, self._memory, self.start, self.works, microcontroller.reset, self._on_health
        )
        self.garage = cars.Garage([self.settings[key] for key in settings.CAR_KEYS])
        # True from a release until the SmartEVSE has told what became of the car.
        self.left = False
        self._car_at = None
        self._handlers = {
            "modem": self._on_modem,
            "car": self._on_car,
            "checkpoint": self._on_checkpoint,
            "reading": self._on_reading,
            "soc": self._on_soc,
            "released": self._on_released,
            "session_end": self._on_session_end,
            "failed": self._on_failed,
            "firmware": self._on_firmware,
        }
        self.loop = Loop(
            self._new_modem(),
            self._new_secc,
            self.status,
            self.log,
            self.frames,
            self._on_event,
            ticks,
            time.sleep,
            self.watchdog.feed,
        )
        self._add_pieces(ticks)

    def run(self):
        """Serve cars."""
        self.wifi.start(supervisor.ticks_ms())
        gc.collect()
        self.loop.run()

    def notes(self):
        """What the owner should know although nothing is wrong."""
        notes = []
        if not self.status.replugged:
            notes.append(
                "Nothing plugs the car in again after a reading: if it then does not charge, re-plug it by hand."
            )
        skipped = skipped_text(self.start)
        if skipped is not None:
            notes.append(skipped)
        if self._faulty_files:
            from appliance import update_files

            notes.append(update_files.text_of(self._faulty_files))
        return notes

    def has_car(self):
        """True while a car is in a session: nothing slow is done then."""
        return self.loop.secc.active

    def works(self):
        """What of a version that came over the network must work: a sum of slots.MODEM and slots.WIFI."""
        slots = self.slots
        if slots is None:
            return 0
        pages = self.wifi.connected and self._web_piece.web is not None
        return (slots.MODEM if self.loop.modem.ready else 0) | (slots.WIFI if pages else 0)

    def update_percent(self):
        """How much of an update has come, or None. Allocates nothing."""
        update = self._update
        if update is None or update.manifest is None:
            return None
        return min(100, update.next * 100 // update.manifest["size"])

    def update(self):
        """The Update, made when it is first asked for: an errand."""
        if self._update is None:
            if self.slots is None:
                raise StoreError("slots.py is missing on the drive. Copy all files of a version there, once.")
            from appliance import update

            firmware = api_release()
            self._update = update.Update(
                self.slots, owner_root(self.slots), drive_opener(), firmware, self.works, self._on_health
            )
        return self._update

    def is_own_name(self, name):
        """True when a browser may call the box ``name``; any other is somebody's trick, or missing in WEB_NAMES."""
        hostname = self.settings["HOSTNAME"]
        if name in OWN_NAMES or name == self.wifi.address or name in (hostname, hostname + ".local"):
            return True
        others = self.settings["WEB_NAMES"]
        return bool(others) and name in [other.strip().lower() for other in others.split(",")]

    def web_counts(self):
        """What became of the web server's connections, or None before it started."""
        web = self._web_piece.web
        return None if web is None else web.counts

    def tell_what_became(self, state_id):
        """The charger's state after a car was let go, once it is one in which the car has decided."""
        if not self.left or state_id is None:
            return
        text, final = AFTERWARDS.get(state_id, ("state %d" % state_id, False))
        self.left = not final
        self.log.checkpoint("smartevse", 940, "after the reading: " + text)
        self.status.checkpoint(940, "after the reading: " + text)

    def log_web(self, text):
        """A line from the web server."""
        self.log.caution("web", text)

    # ---- parts

    def _say_hello(self):
        self.log.note("box", "%s %s" % (status.PRODUCT, status.VERSION))
        crashes = self._memory[retained.CRASHES]
        if crashes:
            self.log.caution("box", "restarted after %d crashes in a row" % crashes)
            self.status.set_cause("crash")
        skipped = skipped_text(self.start)
        if skipped is not None:
            self.log.caution("box", skipped)
            self.status.set_cause("rolled_back")
        for text in settings.error_texts(self.settings):
            self.log.caution("settings", text)
            self.status.set_cause("settings_error")

    def _new_wifi(self, ticks):
        access_point = None
        if self._radio is not None:
            nvm = getattr(microcontroller, "nvm", None)
            access_point = AccessPoint(self._radio, nvm, self._random_bytes, ticks)
        return Wifi(
            self.settings,
            self._radio,
            new_pool,
            ticks,
            self._on_wifi,
            self._memory,
            self.watchdog,
            new_mdns,
            access_point,
            self._save_network,
        )

    def _random_bytes(self, count):
        return self._entropy.random_bytes(count)

    def _save_network(self, ssid, password):
        """Keep a network that was joined from the set-up page; gives None, or why it cannot be kept."""
        texts = {"WIFI_SSID": ssid, "WIFI_PASSWORD": password}
        if self.settings["WIFI_STATIC_ADDRESS"] and ssid != self.settings["WIFI_SSID"]:
            # The fixed address was one of another network.
            for key in settings.STATIC_KEYS:
                texts[key] = ""
        for key, text in texts.items():
            # The box is in this network already, saved or not.
            self.settings.use(key, text)
        try:
            self.keeper.save(texts)
        except StoreError as error:
            return str(error)
        return None

    def _new_modem(self):
        try:
            return open_modem(self.settings)
        except Exception as error:
            # ValueError for a wrong or busy pin, RuntimeError from the bus: the box must still come up and
            # say so.
            self.log.fail("modem", "the modem's pins cannot be used: %s" % error)
            return NoModem()

    def _new_secc(self):
        config = {
            "attenuation_offset_db": self.settings["ATTENUATION_OFFSET_DB"],
            "answer": self.settings["ANSWER_CARS"],
            "can_ask": self.smartevse.can_ask,
            "wait_for_modem": True,
            "protocol": self.settings["PROTOCOL"],
            "max_current_a": self.settings["EVSE_MAX_CURRENT_A"],
            "max_voltage_v": self.settings["EVSE_MAX_VOLTAGE_V"],
            "max_power_w": self.settings["EVSE_MAX_POWER_KW"] * 1000,
            "conversation": self.settings["CONVERSATION"],
            "conversation_until": self.settings["CONVERSATION_UNTIL"],
            "conversation_ms": self.settings["CONVERSATION_S"] * 1000,
        }
        if self.settings["EVSE_ID"]:
            config["evse_id"] = self.settings["EVSE_ID"].encode()
        return Secc(own_mac(self._radio), self._entropy.random_bytes, config)

    def _add_pieces(self, ticks):
        self.loop.add_piece("web", self._web_piece)
        self._add_display(ticks)
        self._add_led()
        self.loop.add_piece("wifi", WifiPiece(self))
        self.loop.add_slow_piece("wifi", self.wifi)
        self.loop.add_slow_piece("smartevse", self.smartevse)
        self.loop.add_slow_piece("web", self._web_piece)
        self.loop.add_slow_piece("errands", self.errands)
        self.loop.add_slow_piece("restart", self.restart)
        self.loop.add_slow_piece("health", self.health)
        if self.start is None or self.start.seal is None:
            self._add_files_check()
        self.loop.add_slow_piece("question", EvseQuestion(self))
        self.loop.add_slow_piece("selftest", self.self_tester)
        self.loop.add_slow_piece("collect", Collector(self.loop, gc.collect))

    def _add_display(self, ticks):
        try:
            from appliance import display_hardware

            hardware = display_hardware.open_display(self.settings, find_pin, self.log)
            del display_hardware
            forget("display_hardware")
            if hardware is not None:
                from appliance import display

                codes = Codes(self.status.changed, self._no_code)
                self.loop.add_slow_piece("codes", codes)
                self.display = display.Display(
                    display.Panel(hardware, ticks, codes),
                    self.status,
                    self.smartevse,
                    self.wifi,
                    self.access,
                    self._open_button(),
                    [self.settings[key] for key in settings.REST_KEYS],
                    self.update_percent,
                )
                self.loop.add_piece("display", self.display)
        except Exception as error:
            # No displayio on this board, or a library is missing: a box without a display is a whole box.
            self.log.trace("display", error, "no display\n")

    def _open_button(self):
        try:
            pin = find_pin(self.settings["BUTTON"])
            if pin is None:
                return None
            from appliance.button import Button

            return Button(pin)
        except Exception as error:
            # A pin that another part holds, or a board without such a pin: the display does without.
            self.log.caution("display", "no button: %s" % error)
            return None

    def _add_led(self):
        if not self.settings["LED"]:
            return
        try:
            from appliance.led import Led

            pin = find_pin(self.settings["LED"])
            self.loop.add_piece("led", Led(pin, self.settings["LED_BRIGHTNESS"], self._mood))
        except Exception as error:
            self.log.caution("display", "no status light: %s" % error)

    def _mood(self, now):
        from appliance import screens, setup_screens

        if self.display is not None and self.display.updating:
            return screens.UPDATE
        if setup_screens.kind(self.status, self.wifi, now) is not None:
            return screens.SETUP
        return screens.mood_of(self.status)

    def _no_code(self, text):
        self.log.note("display", text)

    def _add_files_check(self):
        """A version that was copied to the drive may have been copied in part."""
        root = owner_root(self.slots)
        try:
            os.stat(root + "/files.json")
        except OSError:
            # It comes from the source tree, and nobody listed its files.
            return
        from appliance import update_files

        self.loop.add_slow_piece("files", update_files.Files(root, self.uptime, self._on_faulty_files))

    def _on_faulty_files(self, names):
        self._faulty_files = names
        for name in names:
            self.log.caution("box", "missing or of another version: " + name)
        self.status.set_cause("files_differ")

    # ---- events

    def _on_event(self, event, now):
        handler = self._handlers.get(event[0])
        if handler is None:
            self.log.detail("car", "event " + event[0])
        else:
            handler(event, now)

    def _on_modem(self, event, _now):
        self.log.checkpoint("modem", 0, "modem found")
        if event[1] > 1:
            self.status.set_cause("modem_rebooted")

    def _on_car(self, event, now):
        self._car_at = now
        self.smartevse.car_began(event[1])
        self.status.car_plugged(event[1])
        self.log.note("car", "a car begins: " + status.hex_text(event[1]))

    def _on_checkpoint(self, event, _now):
        if event[1] == 1:
            if self.status.cause_of(causes.MODEM) in ("modem_silent", "key_refused"):
                self.status.clear_cause(causes.MODEM)
            self.log.checkpoint("modem", 1, event[2])
        else:
            self.log.checkpoint("car", event[1], event[2])
        if event[1] == 303:
            self.status.car_address = self.loop.secc.car_address
        self.status.checkpoint(event[1], event[2])

    def _on_reading(self, event, _now):
        reading = event[1]
        self.garage.recognise(reading)
        self.status.read(reading)
        self.log.note(
            "car",
            "%d %%, capacity %s Wh, requested %s Wh, full at %s %%, EVCCID %s"
            % (
                reading.soc_percent,
                reading.energy_capacity_wh,
                reading.energy_request_wh,
                reading.full_soc_percent,
                status.hex_text(reading.evccid),
            ),
        )

    def _on_soc(self, event, _now):
        self.log.note("car", "state of charge now %d %%" % event[1])
        self.status.changed()

    def _on_released(self, _event, now):
        self.left = True
        if self.smartevse.target is not None:
            self.smartevse.deliver(self.status.reading, now, self._car_at)
            self.status.changed()

    def _on_session_end(self, event, _now):
        self.log.note("car", "session ended: " + event[1])
        self.status.session_ended(event[1])

    def _on_failed(self, event, _now):
        code = event[1]
        if not self.status.read_this_time or causes.area(code) != causes.CAR:
            self.status.set_cause(code)

    def _on_firmware(self, event, _now):
        self.firmware = event[1]
        self.log.note("modem", "firmware " + event[1])

    # ---- reports of the parts

    def _on_store(self, text):
        # Room is made; a watchdog that bites now could cost the drive.
        self.watchdog.stretch(True)
        self.log.note("settings", text)

    def _on_settings(self, now_in_force):
        self.log.level = now_in_force["LOG_LEVEL"]
        self.access.set_password(now_in_force["WEB_PASSWORD"])
        self.restart_needed = self.keeper.needs_restart()
        self.watchdog.stretch(False)
        self.log.note("settings", "saved" + (", counts after a restart" if self.restart_needed else ""))
        self.status.changed()

    def _on_health(self, text):
        self.log.note("box", text)

    def _restart(self):
        self.health.leave()
        microcontroller.reset()

    def _on_restart(self, text):
        self.log.note("box", text)

    def _on_cause(self, code):
        self.log.caution(causes.area(code), "%s %s (%s)" % (causes.text(code), causes.action(code), code))

    def _on_wifi(self, kind, text):
        if kind == "console":
            self.log.tell_console("wifi", text)
        elif kind in ("connected", "info"):
            self.log.note("wifi", text)
        else:
            self.log.caution("wifi", text)
        self.status.put_cause(causes.WIFI, self.wifi.cause)
        self.status.changed()

    def _on_smartevse(self, kind, text):
        if kind == "delivered":
            self.log.checkpoint("smartevse", 920, "delivered " + text)
            self.status.checkpoint(920, "delivered " + text)
            self.status.delivered("ok")
        elif kind == "failed":
            self.log.caution("smartevse", text)
            self.status.checkpoint(930, text)
            self.status.delivered("failed")
        else:
            self.log.note("smartevse", text)
        self.status.put_cause(causes.SMARTEVSE, self.smartevse.cause)


def api_release():
    """CircuitPython's version as text."""
    try:
        return os.uname().release
    except AttributeError:
        # The MicroPython of the tests: any version will do.
        return "99.0.0"


def forget(name):
    """Give back what a module of the appliance takes that is needed only at the start."""
    package = sys.modules["appliance"]
    sys.modules.pop("appliance." + name)
    if hasattr(package, name):
        delattr(package, name)


def new_pool(radio):
    """The socket pool of the radio."""
    import socketpool

    return socketpool.SocketPool(radio)


def new_mdns(radio):
    """The name server for HOSTNAME.local."""
    import mdns

    return mdns.Server(radio)


def main():
    """Build the box and run it."""
    Box().run()
