# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box's pages: what is asked for seldom is loaded when it is asked for."""

import ast
import importlib.util
import json
import shutil
import sys
from pathlib import Path

import adafruit_httpserver
import pytest
from appliance.settings import settings

from host_tests.session.inside import box_of
from host_tests.twin import loader
from host_tests.twin.world import CIRCUITPY, SETTINGS_IN_USE, World

pytestmark = pytest.mark.slow

START_S = 40
OWNER = {"Authorization": "Bearer correct horse"}
SETTINGS = dict(SETTINGS_IN_USE, WEB_PASSWORD="correct horse")


@pytest.fixture(scope="module")
def world():
    with World(seed=5, settings=SETTINGS, display=None) as world:
        world.run(START_S)
        yield world


@pytest.mark.parametrize(
    ("path", "module"),
    (
        ("/api/settings", "appliance.web.settings"),
        ("/settings.toml", "appliance.web.downloads"),
        ("/diagnostics.txt", "appliance.web.diagnostics"),
        ("/api/update", "appliance.web.update"),
        ("/api/modem", "appliance.web.modem"),
        ("/api/test/smartevse", "appliance.web.trials"),
    ),
)
def test_a_page_that_is_seldom_asked_for_is_loaded_by_its_first_request(world, path, module):
    assert module not in world.device.modules
    answer = world.network.http("POST" if "test" in path else "GET", path, OWNER, body=b"")
    assert answer.status == 200
    assert module in world.device.modules


def test_what_reads_the_settings_is_given_back_behind_the_start_and_loaded_again_for_a_save():
    with World(seed=10, settings=SETTINGS, display=None) as world:
        world.run(START_S)
        modules, box = world.device.modules, box_of(world)
        there = ["appliance.settings." + name for name in "ahead schema checks toml reading copies typos".split()]
        assert not set(there) & set(modules) and "appliance.settings.settings" in modules
        changes = {"values": {"LOG_LEVEL": "D", "HOSTNAME": "garage"}}
        for values, status in ((changes, 200), ({"values": {"LOG_LEVEL": "X"}}, 422)):
            body = json.dumps(values).encode()
            headers = dict(OWNER, **{"Content-Type": "application/json"})
            assert world.network.http("POST", "/api/settings", headers, body=body, timeout_s=30).status == status
        assert set(settings.PARTS) < set(modules)
        assert box.settings["LOG_LEVEL"] == "D" and box.settings["HOSTNAME"] == "socbox"
        assert box.keeper.after["HOSTNAME"] == "garage" and box.status.restart_needed


def done(world, work, argument, in_steps=False):
    """The job that does ``work``, as a page has it done."""
    job = box_of(world).jobs.start(work, argument, in_steps)
    assert world.run_until(lambda: job.done, 30)
    return job


def test_a_network_is_saved_by_what_is_loaded_for_it_one_file_a_step():
    with World(seed=10, settings=SETTINGS, display=None) as world:
        world.run(START_S)
        modules, box = world.device.modules, box_of(world)
        there = []

        def saving(texts):
            for _ in box.keeper.saving(texts):
                there.append([name for name in settings.PARTS if name in modules])
                yield

        assert done(world, saving, {"HOSTNAME": "garage"}, in_steps=True).error is None
        assert [len(names) for names in there[:4]] == [1, 2, 3, 4]
        job = done(world, lambda ssid: box.keeper.save_network(ssid, "another password"), "elsewhere")
        assert job.error is None
        assert box.keeper.after["HOSTNAME"] == "garage" and box.keeper.after["WIFI_SSID"] == "elsewhere"


def test_where_a_file_is_gone_that_a_save_needs_the_refusal_says_so_in_words():
    with World(seed=10, settings=SETTINGS, display=None) as world:
        world.run(START_S)
        (world.drive_dir / "lib/appliance/settings/toml.py").unlink()
        error = done(world, box_of(world).keeper.save, {"HOSTNAME": "garage"}).error
        assert isinstance(error, world.device.modules["appliance.storage.records"].StoreError)
        assert "cannot be loaded: " in str(error) and "toml" in str(error)


def test_where_a_guest_may_come_what_reads_the_settings_stays():
    with World(seed=11, settings={"WIFI_SSID": None, "WIFI_PASSWORD": None}, display=None) as world:
        assert world.run_until(lambda: world.device.station.ap_active, 60)
        world.run(10)
        assert {"appliance.web.setup", *settings.PARTS} < set(world.device.modules)


def of_box_library(name):
    """A constant of box_library.py, which is given back on the device, and must not be loaded here."""
    for node in ast.parse((CIRCUITPY / "lib" / "appliance" / "box_library.py").read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == name:
            return ast.literal_eval(node.value.func.value if isinstance(node.value, ast.Call) else node.value)
    raise AssertionError(name)


def test_the_librarys_own_server_is_never_loaded(monkeypatch):
    loaded = []
    execute = loader.Loader._execute

    def counted(one, module, code):
        loaded.append(module.__name__)
        return execute(one, module, code)

    monkeypatch.setattr(loader.Loader, "_execute", counted)
    with World(seed=9, settings=SETTINGS, display=None) as world:
        world.run(START_S)
        modules = world.device.modules
        assert world.network.http("GET", "/api/status", OWNER).status == 200
    parts = ["adafruit_httpserver." + name for name in of_box_library("STOOD_IN_FOR").split()]
    assert "adafruit_httpserver.server" in parts and not set(parts) & set(loaded + list(modules))
    assert all(importlib.util.find_spec(name) for name in parts)
    assert "adafruit_httpserver.request" in loaded and "appliance.box_library" not in modules


def test_what_of_the_library_nobody_uses_is_in_it_and_is_given_back(world):
    modules = world.device.modules
    for module, names in of_box_library("NOT_USED"):
        whole = "adafruit_httpserver" + module
        for name in names.split():
            assert hasattr(sys.modules[whole], name), name
            assert f"{whole}.{name}" not in modules and not hasattr(modules[whole], name), name


def test_what_answers_phones_is_not_loaded_while_the_owners_network_is_there(world):
    assert "appliance.web.setup" not in world.device.modules


def test_a_network_that_is_lost_long_after_the_start_brings_what_answers_phones():
    with World(seed=6, settings=SETTINGS, display=None) as world:
        world.run(START_S)
        box = box_of(world)
        assert box.launch.web is not None and "appliance.web.setup" not in world.device.modules
        world.set_fault("wifi_off", True)
        assert world.run_until(lambda: box.wifi.offered, 600)
        assert world.run_until(lambda: "appliance.web.setup" in world.device.modules, 5)


def test_while_a_car_is_read_a_page_that_is_not_loaded_yet_asks_for_patience():
    with World(seed=7, settings=SETTINGS, display=None) as world:
        world.run(START_S)
        box = box_of(world)
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(box.loop.has_car, 30)
        for method, path in (("GET", "/diagnostics.txt"), ("GET", "/api/settings"), ("POST", "/api/test/smartevse")):
            answer = world.network.http(method, path, OWNER, body=b"")
            assert answer.status == 503 and answer.json()["code"] == "car" and int(answer.headers["retry-after"])
        assert not set(settings.PARTS) & set(world.device.modules)
        assert world.run_until(lambda: not box.loop.has_car(), 120)
        assert world.network.http("GET", "/diagnostics.txt", OWNER).status == 200


@pytest.mark.parametrize("version", ("4.9.0", "5.0.1"))
def test_a_library_of_a_main_version_that_was_not_tested_is_named_in_the_log(version):
    with World(seed=8, settings=SETTINGS, display=None) as world:
        library = world.drive_dir / "lib" / "adafruit_httpserver"
        shutil.copytree(Path(adafruit_httpserver.__file__).parent, library, ignore=shutil.ignore_patterns("__pycache__"))
        start = library / "__init__.py"
        start.write_text(start.read_text().replace(f'"{adafruit_httpserver.__version__}"', f'"{version}"'))
        world.run(START_S)
        told = f"adafruit_httpserver {version} has not been tested" in world.device.console_text()
        assert told == (version == "5.0.1")
        assert world.network.http("GET", "/api/status").status == 200
