# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box as its owner sees it in a real Home Assistant, at a real broker: `make homeassistant`."""

import json
import re
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

from host_tests.support import homes
from host_tests.support.broker import Broker, need, until

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / "build" / "homeassistant" / "bin" / "python"
CORE = ROOT / "host_tests" / "homeassistant" / "core.py"
pytestmark = [
    pytest.mark.soak,
    pytest.mark.real_time,
    pytest.mark.skipif(not PYTHON.exists(), reason="no Home Assistant here (make homeassistant installs it)"),
]
# key: (device class, unit, where it stands)
SENSORS = {
    "soc_percent": ("battery", "%", None),
    "estimated_soc_percent": ("battery", "%", None),
    "full_in_s": ("duration", "s", None),
    "target_soc_percent": (None, "%", None),
    "energy_capacity_wh": ("energy_storage", "Wh", None),
    "energy_request_wh": ("energy_storage", "Wh", None),
    "car_name": (None, None, None),
    "evccid": (None, None, None),
    "likely_maker": (None, None, None),
    "headline": (None, None, None),
    "age_s": ("duration", "s", "diagnostic"),
    "delivery": (None, None, "diagnostic"),
    "problem_text": (None, None, "diagnostic"),
    "version": (None, None, "diagnostic"),
    "modem_firmware": (None, None, "diagnostic"),
    "rssi_dbm": ("signal_strength", "dBm", "diagnostic"),
    "uptime_s": ("duration", "s", "diagnostic"),
}
OF_A_CAR = ("soc_percent", "target_soc_percent", "energy_capacity_wh", "car_name", "evccid", "likely_maker", "age_s")
BINARY = {"car_present": ("plug", None), "problem": ("problem", "diagnostic")}
BUTTONS = {"restart": ("restart", "config"), "self_test": (None, "diagnostic")}


class HomeAssistant:
    """A core that runs. `ready_s`: how long its start took."""

    def __init__(self, directory, port):
        command = [PYTHON, CORE, directory, str(port)]
        with open(Path(directory) / "errors.txt", "wb") as errors:
            self._program = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        self.ready_s = self._answer()["ready_s"]

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._program.stdin.close()
        try:
            self._program.wait(60)
        finally:
            self._program.kill()
            self._program.stdout.close()

    def _answer(self):
        return json.loads(self._program.stdout.readline())

    def ask(self, command="states"):
        """{key of the document: entity} of the box."""
        return {entity["unique_id"].split("_", 2)[2]: entity for entity in self._told(command).values()}

    def _told(self, command):
        self._program.stdin.write(command + "\n")
        self._program.stdin.flush()
        return self._answer()

    def set_up(self, configuration):
        """What configuration.yaml would say."""
        self._told("yaml " + json.dumps(configuration))

    def shows(self, expected, limit_s=30):
        """{name: state} becomes ``expected`` by the clock on the wall, by which Home Assistant asks; what it shows."""
        end = time.monotonic() + limit_s
        while True:
            entities = self._told("all")
            shown = {name: entities[name]["state"] for name in expected if name in entities}
            if shown == expected or time.monotonic() > end:
                return shown
            time.sleep(0.2)


@pytest.fixture
def home(tmp_path):
    need("the box in Home Assistant")
    (tmp_path / "home").mkdir()
    with Broker(tmp_path) as broker, HomeAssistant(tmp_path / "home", broker.port) as assistant:
        yield broker, assistant


def shows(world, assistant, condition, limit_s=120):
    """Run the world until Home Assistant's entities are as `condition(entities)` wants them."""
    return until(world, lambda: condition(assistant.ask()), limit_s, step_s=0.5)


def state(entities, key):
    return entities[key]["state"] if key in entities else None


def test_an_owner_sees_one_device_with_the_right_entities_and_values(home, figures):
    broker, assistant = home
    with homes.home(broker, fast=True, MQTT_COMMANDS="yes", CAR_1="02ab34*; name=Ioniq") as world:
        everything = set(SENSORS) | set(BINARY) | set(BUTTONS)
        assert shows(world, assistant, lambda found: set(found) == everything)
        assert shows(world, assistant, lambda found: state(found, "headline") == "Waiting for a car")
        before = assistant.ask()
        assert {state(before, key) for key in OF_A_CAR} == {"unknown"}
        assert homes.read_one_car(world)
        assert shows(world, assistant, lambda found: state(found, "soc_percent") == "42")
        entities = assistant.ask()
        figures(f"Home Assistant 2024.3.3: ready in {assistant.ready_s} s, {len(entities)} entities of one device")
        for key, (kind, unit, category) in SENSORS.items():
            attributes = entities[key]["attributes"]
            told = (attributes.get("device_class"), attributes.get("unit_of_measurement"), entities[key]["category"])
            assert told == (kind, unit, category), key
        for key, (kind, category) in (BINARY | BUTTONS).items():
            assert (entities[key]["attributes"].get("device_class"), entities[key]["category"]) == (kind, category), key
        (device,) = {json.dumps(entity["device"], sort_keys=True) for entity in entities.values()}
        device = json.loads(device)
        assert device["configuration_url"] == "http://192.168.1.50/"
        assert device["manufacturer"] == "socbox" and device["sw_version"] == state(entities, "version")
        values = {key: state(entities, key) for key in entities}
        assert values["car_name"] == "Ioniq" and values["evccid"] == "02ab34cd56ef"
        assert (values["car_present"], values["problem"]) == ("on", "off")
        assert values["delivery"] == "ok" and values["target_soc_percent"] == "100"
        assert values["energy_capacity_wh"] == "58000" and values["problem_text"] == "nothing"
        assert int(values["rssi_dbm"]) < 0


def test_a_box_without_power_is_unavailable_and_comes_back(home):
    broker, assistant = home
    with homes.home(broker, fast=True) as world:
        assert shows(world, assistant, lambda found: state(found, "headline") == "Waiting for a car")
        world.device.power_off()
        assert shows(world, assistant, lambda found: state(found, "headline") == "unavailable", 400)
        world.device.start()
        assert shows(world, assistant, lambda found: state(found, "headline") == "Waiting for a car")


def test_a_problem_is_on_with_its_words_and_a_button_is_pressed(home):
    broker, assistant = home
    with homes.home(broker, fast=True, MQTT_COMMANDS="yes") as world:
        world.set_fault("evse_no_modem", True)
        assert shows(world, assistant, lambda found: state(found, "problem") == "on", 400)
        problem = assistant.ask()["problem"]["attributes"]
        assert problem["code"] == "smartevse_no_modem" and problem["text"] and problem["action"]
        entities = assistant.ask()
        (button,) = [f"button.{name}" for name in ("socbox_c04afe_restart",)]
        assert "restart" in entities
        assistant.ask(f"press {button}")
        assert until(world, lambda: world.device.starts == 2)
        assert shows(world, assistant, lambda found: state(found, "headline") == "Waiting for a car")


def test_switched_off_it_leaves_nothing_behind(home):
    broker, assistant = home
    with homes.home(broker, fast=True) as world:
        assert shows(world, assistant, lambda found: "headline" in found)
        values = json.dumps({"values": {"MQTT_BROKER": ""}, "restart": True})
        headers = dict(homes.OWNER, **{"Content-Type": "application/json"})
        # The first save of all makes the room for it.
        assert world.network.http("POST", "/api/settings", headers, values, timeout_s=30).status == 200
        assert until(world, lambda: world.device.starts == 2)
        assert shows(world, assistant, lambda found: found == {})
        assert broker.retained("#") == {}


class _Copy(BaseHTTPRequestHandler):
    """Answers with the document that the server has: a box that the twin need not move meanwhile."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(self.server.document)

    def log_message(self, *_arguments):
        """The test tells enough."""


def test_by_rest_an_owner_sees_the_charge_and_unknown_before_the_first_car(home):
    broker, assistant = home
    page = (ROOT / "docs" / "home.md").read_text().split("## Home Assistant by REST")[1]
    configuration = yaml.safe_load(re.search(r"^```yaml\n(.*?)^```", page, re.M | re.S).group(1))
    with homes.home(broker, fast=True, CAR_1="02ab34*; name=Ioniq") as world:
        server = HTTPServer(("127.0.0.1", 0), _Copy)
        server.document = world.network.http("GET", "/api/reading", homes.OWNER).body
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            source = configuration["rest"][0]
            source["resource"] = f"http://127.0.0.1:{server.server_port}/api/reading"
            source["scan_interval"] = 1
            assistant.set_up(configuration)
            before = {
                "sensor.socbox": "Waiting for a car", "sensor.car_state_of_charge": "unknown", "sensor.car": "unknown",
                "binary_sensor.car_plugged_in": "off",
            }  # fmt: skip
            assert assistant.shows(before) == before
            assert homes.read_one_car(world)
            server.document = world.network.http("GET", "/api/reading", homes.OWNER).body
            after = {
                "sensor.car_state_of_charge": "42", "sensor.car": "Ioniq", "binary_sensor.car_plugged_in": "on",
            }  # fmt: skip
            assert assistant.shows(after) == after
        finally:
            server.shutdown()
            server.server_close()
