# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Whole boxes on the twin with odd settings, put in through file, page, restore or set-up.

Afterwards the loop must turn, and the next car be answered.
"""

from appliance.network.access_point import ADDRESS
from appliance.settings import checks
from appliance.settings.copies import BACKUP_KIND
from appliance.settings.reading import load
from appliance.settings.schema import KEY, SCHEMA
from appliance.settings.service import Keeper
from appliance.settings.settings import STATIC_KEYS
from appliance.storage.records import Store

from host_tests.support import owner
from host_tests.support.odd_values import file_lines, odd_values
from host_tests.twin.phone import Phone
from host_tests.twin.world import SETTINGS_IN_USE, World

KEYS = [row[KEY] for row in SCHEMA]
MODEM_PINS = tuple(key for key in KEYS if key.startswith("MODEM_") and key != "MODEM_SPI_HZ")
# Before a car is answered the modem needs its key and the SmartEVSE is asked; without either of them it takes longer.
READY_S = 45
READ_S = 90
# Within this time the watchdog restarts a box whose loop hangs.
WATCHDOG_S = 40


class OddBoxes:
    """Makes the boxes. `taken`: the values that pass the checks, all different; `odd`: all values."""

    def __init__(self, count, seed=0):
        self.odd = {key: odd_values(key, count, seed) for key in KEYS}
        self.taken = {}
        for row in SCHEMA:
            values = {}
            for text in self.odd[row[KEY]]:
                try:
                    values.setdefault(checks.checked(row, text), text)
                except checks.Mistake:
                    continue
            self.taken[row[KEY]] = list(values.values())
        self.most_taken = max(len(values) for values in self.taken.values())
        # Boxes that answered the next car, and those whose settings forbid it or leave them without a modem.
        self.answered = self.silent = 0

    def round_of(self, number, taken=True, without=()):
        """{key: its value number `number`} of those that pass the checks, or of all."""
        table = self.taken if taken else self.odd
        return {key: table[key][number % len(table[key])] for key in KEYS if key not in without}

    # ---- the three ways in

    def file(self, number):
        """Somebody wrote settings.toml on a computer. Every second one has what the checks refuse."""
        taken = number % 2 == 0
        without = () if number % 4 == 0 else MODEM_PINS
        texts = self.round_of(number // 2, taken, without)
        with World(seed=number, settings_text=file_lines(texts, 0 if taken else number // 2), **_light()) as world:
            self._judge(world, load(str(world.drive_dir / "settings.toml")), f"file {number}")

    def page(self, number):
        """Somebody typed it into the form, and restarted."""
        self._posted(number, "/api/settings", lambda texts: {"values": texts, "restart": True}, f"page {number}")

    def restore(self, number):
        """Somebody restored a backup of unknown origin."""
        self._posted(number, "/api/restore", lambda texts: {"kind": BACKUP_KIND, "settings": texts}, f"restore {number}")

    def set_up(self, first, last):
        """Somebody entered impossible networks or passwords on the set-up page."""
        with World(seed=first, settings={"WIFI_SSID": None, "WIFI_PASSWORD": None}, **_light()) as world:
            assert world.run_until(lambda: world.device.station.ap_active, READY_S)
            phone = Phone(world.network)
            assert phone.join(world.device.station.ap_ssid, world.device.station.ap_password) == "joined"
            assert world.run_until(lambda: "web page at" in world.device.console_text(), READY_S)
            for number in range(first, last):
                texts = {"ssid": self.odd["WIFI_SSID"][number], "password": self.odd["WIFI_PASSWORD"][number]}
                if number % 3 == 0:
                    texts["ssid"] = "Home"
                answer = phone.post(f"http://{ADDRESS}/api/setup/join", texts, timeout_s=5)
                # While the box tries a network, the phone loses the access point.
                assert answer.status in (None, 200, 400, 409, 422), (number, answer.status)
                world.run(2)
            self._judge(world, load(str(world.drive_dir / "settings.toml")), f"set-up {first}")

    def _posted(self, number, path, body, name):
        texts = self.round_of(number, True, () if number % 4 == 3 else MODEM_PINS)
        with World(seed=number, settings=dict(SETTINGS_IN_USE, WEB_PASSWORD=owner.PASSWORD), **_light()) as world:
            assert world.run_until(lambda: "page at" in world.device.console_text() and world.ready, READY_S), name
            odd = self.round_of(number, False)
            answer = owner.request(world, "POST", path, body({key: odd[key][:60] for key in KEYS}))
            assert answer.status in (200, 400, 409, 422), (name, answer.status)
            answer = owner.request(world, "POST", path, body(_that_go_together(texts)))
            assert answer.status == 200, (name, answer.status, answer.body[:500])
            world.device.reset()
            store = Store(str(world.drive_dir), None, lambda text: None)
            keeper = Keeper(str(world.drive_dir / "settings.toml"), store, lambda settings: None)
            self._judge(world, keeper.settings, name)

    def _judge(self, world, settings, name):
        """The loop turns, nothing restarted by itself, the next car is answered if these settings allow one."""
        starts = world.device.starts
        world.run_until(lambda: world.ready, READY_S)
        if _can_answer(world, settings):
            world.plug(world.new_car(soc_percent=42))
            assert world.run_until(lambda: _was_read(world), READ_S), (name, _told(world))
            self.answered += 1
        else:
            world.run(WATCHDOG_S)
            self.silent += 1
        # The traceback of a part that could not be started is in the log, after time and level; that of the program's own
        # end has nothing before it.
        lines = world.device.console_text().splitlines()
        assert not [line for line in lines if line.startswith("Traceback")], (name, _told(world))
        assert world.device.starts == max(starts, 1), (name, _told(world))
        assert world.device.state == "RUNNING", (name, world.device.state, _told(world))


def _light():
    # Time for code costs nothing here: what it takes is measured elsewhere.
    return {"device_options": {"charge_lines": False}}


def _that_go_together(texts):
    """`texts` without those that break a rule with others, as their owner would correct them."""
    settings = load("/nowhere")
    for _ in range(5):
        faults = checks.check_changes(settings, texts)[1]
        if not faults:
            break
        # What a sentence names, for the other one of a pair may have its default.
        leave = set(faults) | {key for key in texts if any(key in text for text in faults.values())}
        for keys in (STATIC_KEYS, ("DISPLAY_WIDTH", "DISPLAY_HEIGHT")):
            if leave & set(keys):
                leave |= set(keys)
        texts = {key: text for key, text in texts.items() if key not in leave}
    return texts


def _can_answer(world, settings):
    if settings["ANSWER_CARS"] not in ("auto", "always"):
        return False
    soldered = {"MODEM_SCK": 13, "MODEM_MOSI": 11, "MODEM_MISO": 12, "MODEM_CS": 10}
    pins = {checks.bare_pin(settings[key]) for key in soldered}
    return all(checks.bare_pin(settings[key]) == str(pin) for key, pin in soldered.items()) and len(pins) == 4


def _was_read(world):
    """Whether the car was answered, by what the car says: a box may be set to log nothing about it."""
    return any(entry["kind"] == "soc_sent" for entry in world.timeline)


def _told(world):
    return world.device.console_text()[-3000:]
