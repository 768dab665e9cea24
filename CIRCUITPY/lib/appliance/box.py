# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Wires the box together: makes every part and hands it what it needs, and does nothing else."""

import gc
import os
import time

import microcontroller
import supervisor
from plc.slac import Slac
from v2g.secc import Secc

from appliance import hardware
from appliance.base import version
from appliance.base.text import hex_text
from appliance.diary.on_demand import OnDemand as DiaryOnDemand
from appliance.jobs import Collector, Jobs, Later, RecordSecrets, Restart, SelfTest, StateQuestion
from appliance.loop import Loop
from appliance.modem import keeping, setting
from appliance.modem.role import NoModem, Role
from appliance.modem.wiring import pins_in
from appliance.settings import settings, wishes
from appliance.settings.service import Keeper
from appliance.smartevse.delivery import Deliveries
from appliance.state import cars
from appliance.state.frame_ring import FrameRing
from appliance.state.log import Log, Uptime
from appliance.storage import memory
from appliance.storage.drive import Drive
from appliance.storage.records import Store
from appliance.storage.secrets import Secrets
from appliance.story import Story
from appliance.update.on_demand import OnDemand
from appliance.uplink import Uplink
from appliance.web.access import Access
from appliance.web.launch import Launch

# In this order each import compiles one file, so that a car never waits for more than that.
WEB_PARTS = (
    "appliance.box_library appliance.web.responses appliance.web.connection appliance.web.server "
    "appliance.web.router appliance.web.bodies appliance.state.summary appliance.web.documents "
    "appliance.web.actions appliance.web.on_demand appliance.web.routes appliance.box_web"
).split()


class Box:
    """Everything, wired."""

    _slac = None

    def __init__(self):
        self.ticks = supervisor.ticks_ms
        self.asking = None if _door is None else _door.asking
        self.door = None if _door is None or _door.loop is None else _door
        self.started = self.ticks() if self.door is None else self.door.notebook.opened_at
        self.uptime = Uptime(self.started)
        self.log = Log(self.uptime)
        self.story = Story(self.log, self.uptime)
        self.status = self.story.status
        self.kept = memory.kept()
        self._wire_settings()
        self._say_hello()
        self.uplink = Uplink(self.ticks, self.story) if self.asking is None else self.asking.uplink
        self.watchdog = self.uplink.watchdog
        self._wire_network()
        self._wire_protocol()
        self._wire_services()
        self._wire_pieces()

    def begin(self):
        """Ready to serve cars."""
        if self.asking is None:
            self.uplink.wifi.start(self.ticks())
        # Free what let the first cars in, and what opened the modem before the settings were read.
        self.asking = None
        go_on(None)
        hardware.forget("appliance.early")
        gc.collect()

    def _part(self, fault, make, instead=None):
        """What ``make()`` returns. If it raises, the box goes on without the part: ``fault`` is reported, and the result is
        that of ``instead()``, or None."""
        try:
            return make()
        except Exception as error:
            self.story.part_failed(fault, error)
            return None if instead is None else instead()

    def _made_of(self, fault, make, wanted, instead):
        """What ``make(wanted)`` returns; if it raises, ``fault`` is reported and the result is that of ``make(instead)``."""
        return self._part(fault, lambda: make(wanted), lambda: make(instead))

    # ---- settings

    def _wire_settings(self):
        self.slots = hardware.slots_of_start()
        self.version_started = None if self.slots is None else self.slots.started
        self.root = hardware.owner_root(self.slots)
        self.drive = Drive(hardware.drive_opener())
        # Taken before the settings are read, so that any change after that gives another mark.
        self._mark = self._part("settings_error", lambda: wishes.mark_of(hardware.settings_files(self.slots)))
        self.keeper = self._part("settings_error", self._new_keeper, self._no_keeper)
        self.settings = self.keeper.settings
        self.log.level = self.settings["LOG_LEVEL"]

    def _new_keeper(self):
        path = hardware.settings_path()
        store = Store(self.root, self.drive.remount, self._on_room)
        return Keeper(path, store, self._on_settings, self.kept.without_settings)

    def _no_keeper(self):
        """A Keeper without what was saved; without settings.toml as well if that cannot be read."""
        path = hardware.settings_path()
        return self._part(
            "settings_error",
            lambda: Keeper(path, None, self._on_settings),
            lambda: Keeper("", None, self._on_settings),
        )

    def _say_hello(self):
        self.log.note("box", "%s %s" % (version.PRODUCT, version.VERSION))
        self._part("update_missing", self._tell_last_starts)
        for text in settings.error_texts(self.settings):
            self.story.tell(("setting", text))

    def _tell_last_starts(self):
        if self.kept.without_settings:
            self.story.tell(("without_settings",))
        if self.version_started is None:
            return
        from appliance.update import health

        failed = health.failed_starts(self.version_started)
        if failed:
            self.story.tell(("crashes", failed, self.kept.error()))
        skipped = health.skipped_text(self.version_started)
        if skipped is not None:
            self.story.tell(("rolled_back", skipped))

    def _on_room(self, text):
        # A watchdog reset while room is being made could destroy the drive.
        self.watchdog.stretch(True)
        self.log.note("settings", text)

    def _on_settings(self, now_in_force):
        self.log.level = now_in_force["LOG_LEVEL"]
        self._set_password(now_in_force)
        self._use(now_in_force)
        self.watchdog.stretch(False)
        self.story.tell(("saved", self.keeper.needs_restart()))

    def _use(self, now_in_force):
        """Pass on the settings that need no restart."""
        self.smartevse.use(now_in_force["SMARTEVSE_URL"])
        self.loop.secc.admission.ask_from_now_on(self.smartevse.can_ask)
        self.garage.use(now_in_force.car_profiles())
        self.garage.name_again(self.status.reading)
        if self.display is not None:
            self.display.rest(*[now_in_force[key] for key in settings.REST_KEYS])
        if self.led is not None:
            self.led.percent = now_in_force["LED_BRIGHTNESS"]

    # ---- network

    def _wire_network(self):
        self.early = early_modem()
        self.radio = self.early.radio
        self.mac = self.early.mac
        self.entropy = self.early.entropy
        self.secrets = self._made_of("settings_error", self._new_secrets, self.keeper.others, [])
        self.keeper.keep_too(self.secrets)
        self.uplink.belong_to(self.story, self.keeper)
        self.wifi = self._part("wifi_missing", self._new_wifi, self._no_wifi)
        url = self.settings["SMARTEVSE_URL"]
        # The SmartEvse that was asked before there was a box is kept, with all that it knows.
        self._asked = self.asking is not None and url != ""
        new = self.uplink.new_smartevse
        self.smartevse = self.uplink.smartevse if self._asked else self._made_of("smartevse_missing", new, url, "")
        self.start_id = hex_text(self.entropy.random_bytes(4))
        self.access = Access(self.entropy.random_bytes, self.secrets, self.uptime, self.tell_web)
        self._set_password(self.settings)

    def _new_secrets(self, entries):
        return Secrets(entries, self.kept, self.entropy.random_bytes)

    def _set_password(self, now_in_force):
        self._made_of("settings_error", self.access.set_password, now_in_force["WEB_PASSWORD"], "")

    def _new_wifi(self):
        if self.asking is None:
            self.uplink.new_wifi(self.settings, self.radio)
        else:
            self.uplink.go_on()
        if self.radio is not None:
            self.uplink.wifi.make_point = self._new_access_point
        return self.uplink.wifi

    def _new_access_point(self):
        from appliance.network.access_point import AccessPoint

        return AccessPoint(self.radio, self.secrets.access_point, self.ticks)

    def _no_wifi(self):
        self.asking = None
        return self.uplink.new_wifi(settings.Settings(), None)

    # ---- the protocol stack and what moves it

    def _wire_protocol(self):
        self.garage = self._made_of("settings_error", cars.Garage, self.settings.car_profiles(), [])
        self.story.follow(self.garage.follow)
        self.story.follow(self._on_modem)
        modem = self._new_modem()
        self.status.marked_before(self.early.times)
        if self.door is not None and self.door.loop.modem is modem:
            # Cars were let in while the box was loaded, and may have been read.
            self.frames = self.door.frames
            self.loop = self.door.loop
            self.loop.adopt(self._new_secc, self.story, self.watchdog.feed)
        else:
            self.frames = FrameRing()
            self._slac = Slac(self.mac, self.entropy.random_bytes, self.early.key)
            self.loop = Loop(modem, self._new_secc, self.story, self.frames, self.ticks, self.watchdog.feed)
            self._slac = None
            if self.early.modem_has_key():
                self.loop.go_on(self.ticks())
        self.door = None
        self.deliveries = self.asking.deliveries() if self._asked else Deliveries(self.smartevse)
        if not self._asked:
            self.story.follow(self.deliveries.follow)
        if _door is not None:
            _door.notebook.read_to(self.story)
        if self._asked:
            # After the notebook, because they know its events already.
            self.story.follow(self.deliveries.follow)
        self._part("settings_error", self._keep_wishes)

    def _keep_wishes(self):
        """Keep what the settings want of the protocol stack, if the next start opens the modem as they say."""
        wiring = self.early.wiring
        if self.kept.without_settings or wiring is None:
            return
        from appliance.settings import ahead

        hardware.forget("appliance.settings.ahead")
        fits = wiring.wanted() == (pins_in(self.settings), self.settings["MODEM_SPI_HZ"])
        can_ask = self.smartevse.can_ask
        # A start that asks the SmartEVSE reads a few settings in another way, which must give the same.
        fits = fits and (not can_ask or ahead.says_the_same(self.settings, os.getenv, self.keeper.entries))
        wishes.keep(self.kept, self._mark, wishes.secc_config(self.settings, can_ask) if fits else None)

    def _on_modem(self, event, now):
        if event[0] == "modem":
            keeping.keep_setting(self.kept, self.settings["MODEM_SPI_HZ"], self.loop.modem.setting)

    def _new_modem(self):
        names, clock_hz = pins_in(self.settings), self.settings["MODEM_SPI_HZ"]
        try:
            modem = self.early.open(names, setting.first(self.kept, clock_hz))
            if self.early.wiring is not None and not self.kept.without_settings:
                keeping.keep_wiring(self.kept, self.early.wiring, names, clock_hz)
            return modem
        except Exception as error:
            self.early.close()
            # ValueError for a wrong or busy pin, RuntimeError from the bus. The box must start all the same and
            # say so.
            self.log.fail("modem", "the modem's pins cannot be used: %s" % error)
            return NoModem()

    def _new_secc(self):
        can_ask = self.smartevse.can_ask
        needed = {"can_ask": can_ask, "wait_for_modem": True}
        return self._part(
            "settings_error",
            lambda: self._secc(wishes.secc_config(self.settings, can_ask)),
            lambda: self._secc(needed),
        )

    def _secc(self, config):
        return Secc(self.mac, self.entropy.random_bytes, config, self._slac)

    # ---- what works beside it

    def _wire_services(self):
        self.jobs = Jobs()
        self.restart = Restart(self._restart, self._tell_box)
        self.self_test = SelfTest(self.uptime, self._look_at_parts)
        self.launch = Launch(self.wifi, WEB_PARTS, self._start_web, self._on_launch)
        self.updates = OnDemand(self.uptime, self._find_slots, self._new_update, self._look_for_slots)
        recording, failed = self.settings["DIARY"] == "yes", self.fails_as("diary_missing")
        self.diary = DiaryOnDemand(recording, self.status, self._new_diary, failed)
        self.display = self.led = None

    def _tell_box(self, text):
        self.log.note("box", text)

    def _restart(self):
        self._part("diary_missing", self.diary.leave)
        if self.mqtt is not None:
            from appliance import box_home

            box_home.leave(self)
        if self.health is None:
            self.kept.save()
        else:
            self.health.leave()
        microcontroller.reset()

    def _look_at_parts(self, asked, now):
        if asked:
            # From here: the longest chain of calls begins with it.
            self.smartevse.query_state(now)
        from appliance import box_test

        return box_test.look(self)

    def _working(self, slots):
        from appliance.update import health

        return health.working(slots, self.loop.modem, self.wifi.connected and self.launch.web is not None)

    def _add_health(self):
        from appliance.update.health import Health

        slots, reset = self.slots, microcontroller.reset
        self.health = Health(self.uptime, self.version_started, lambda: self._working(slots), reset, self._tell_box)
        self.loop.add_slow_piece("health", self.health)

    def _new_diary(self):
        from appliance import box_diary

        return box_diary.new_diary(self)

    def fails_as(self, fault):
        """A function (error) that reports ``fault``: a part is missing."""
        return lambda error: self.story.part_failed(fault, error)

    def _on_launch(self, error):
        if error is None:
            self.status.faults.drop("web_missing")
        else:
            self.story.part_failed("web_missing", error)

    def _find_slots(self):
        return self._part("update_missing", hardware.installed_slots)

    def _look_for_slots(self, unused):
        """Load slots.py if the start did not: if it is damaged, the owner learns of it before an update."""
        # Try again to write what NVM did not take, as ``update.health`` does after other starts.
        self.kept.save()
        self._find_slots()
        if unused and self.slots is None:
            hardware.forget("slots")

    def _new_update(self, slots):
        try:
            from appliance.update.receiver import Update

            firmware = hardware.api_release()
            return Update(
                slots, self.root, self.drive.remount, firmware, lambda: self._working(slots), self._tell_box
            )
        except Exception as error:
            self.story.part_failed("update_missing", error)
            raise error

    # ---- pieces of the loop

    def _wire_pieces(self):
        loop = self.loop
        loop.add_piece("role", self._new_role())
        loop.add_piece("wifi", self.wifi)
        question = StateQuestion(loop, self.wifi, self.smartevse, self.story, self.ticks, self._new_estimate)
        for name, piece in (
            ("wifi", self.wifi),
            ("smartevse", self.deliveries),
            # Before what nobody waits for yet: a car may wait for the answer.
            ("question", question),
            ("display", Later(self._display_steps(), self.fails_as("display_missing"), self.wifi, self.uptime)),
            ("web", self.launch),
            ("jobs", self.jobs),
            ("update", self.updates),
            ("diary", self.diary),
            ("restart", self.restart),
            ("secrets", RecordSecrets(self.keeper, self.secrets, self.uptime)),
        ):
            loop.add_slow_piece(name, piece)
        self.health = None
        if self.version_started is not None:
            # Not in ``_part``: without it no start would ever count as a good one.
            self._add_health()
        if self.version_started is None or self.version_started.seal is None:
            self._part("update_missing", self._add_files_check)
        self.mqtt = self.listeners = None
        if self.settings["MQTT_BROKER"] or self.settings["LISTENER_1"] or self.settings["LISTENER_2"]:
            self._part("mqtt_missing", self._add_home)
        loop.add_slow_piece("selftest", self.self_test)
        loop.add_slow_piece("collect", Collector(loop, gc.collect))

    def _new_estimate(self):
        from appliance.smartevse.estimate import Estimate

        return Estimate(self.status)

    def summary(self):
        """The document of state.summary."""
        from appliance.state import summary

        return summary.document(self.status, self.smartevse.last_delivery, self.wifi.rssi())

    def _add_home(self):
        from appliance import box_home

        box_home.add(self)

    def _new_role(self):
        loop = self.loop
        role = Role(
            loop.modem,
            self.mac,
            lambda: loop.secc.slac.key_confirmed and not loop.secc.active,
            lambda word: self.story.tell(("role", word)),
        )
        loop.parameters = self.role = role
        return role

    def _display_steps(self):
        from appliance import box_display

        yield
        yield from box_display.steps(self)

    def _add_files_check(self):
        """Check whether a version that was copied to the drive is complete."""
        try:
            os.stat(self.root + "/files.json")
        except OSError:
            # Copied from the source tree, which has no list of files.
            return
        from appliance.update import files

        self.loop.add_slow_piece("files", files.Files(self.root, self.uptime, self._on_faulty_files))

    def _on_faulty_files(self, names, text):
        self.story.tell(("files", names, text))

    def tell_web(self, text):
        self.log.caution("web", text)

    def _start_web(self):
        from appliance import box_web

        return box_web.start(self)


_early = None
_door = None


def go_on(early, door=None):
    """Go on with the ``early.Early`` that gave the modem its key, and the ``door.Door`` that let cars in during the load."""
    global _early, _door
    _early, _door = early, door


def early_modem():
    """The Early of ``go_on``; a new one if an old ``code.py`` loaded the box directly."""
    if _early is not None:
        return _early
    from appliance.early import Early

    return Early()


def main():
    """Build the box and run it: never returns."""
    box = Box()
    box.early = None
    box.begin()
    # Called here and not in a method: pages need all the stack frames there are.
    box.loop.run(time.sleep)
