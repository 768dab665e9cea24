# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A part that cannot be wired is missing and named, and the box goes on: the next car is read all the same."""

import pytest

from host_tests.session.inside import box_of
from host_tests.support.starts import note_compiled
from host_tests.twin.world import SETTINGS_IN_USE, World

pytestmark = pytest.mark.slow

RAISE = 'raise ValueError("planted")'
# By then everything is loaded, what failed was tried again, and what is loaded on demand only was looked for.
START_S = 50


def in_method(path, head, when="True"):
    """Plant an exception at the start of the function whose ``def`` line begins with ``head``."""

    def plant(drive):
        file = drive / "lib/appliance" / path
        text = file.read_text()
        assert text.count(head) == 1, f"{path} has no such place any more"
        start = text.index(head)
        end = text.index(":\n", start) + 2
        indent = " " * (len(text[:start]) - len(text[:start].rstrip(" ")) + 4)
        file.write_text(text[:end] + f"{indent}if {when}:\n{indent}    {RAISE}\n" + text[end:])

    return plant


def without_library(name):
    def plant(drive):
        (drive / "lib" / f"{name}.py").write_text(f"raise ImportError(\"no module named '{name}'\")\n")

    return plant


def damaged(path):
    def plant(drive):
        (drive / path).write_text("def broken(:\n")

    return plant


# what fails: (its fault, how it is made to fail, settings)
PARTS = {
    "the display's library": (
        "display_missing", without_library("adafruit_displayio_ssd1306"), {"DISPLAY": "ssd1306"}
    ),
    "the display": ("display_missing", in_method("display/panel.py", "def __init__(self, display, ticks"), {}),
    "the button's pin": ("extra_missing", None, {"BUTTON": "IO99"}),
    "the light": ("extra_missing", in_method("display/light.py", "def __init__(self, pin"), {"LED": "IO48"}),
    "WiFi": ("wifi_missing", in_method("network/station.py", "def __init__(self, settings", "link.exists"), {}),
    "the web server's library": ("web_missing", without_library("adafruit_httpserver"), {}),
    "the web server": ("web_missing", in_method("web/server.py", "def __init__(self, pool"), {}),
    "the SmartEVSE": ("smartevse_missing", in_method("smartevse/question.py", "def __init__(self, url", "url"), {}),
    "the SmartEVSE's library": ("smartevse_missing", without_library("adafruit_requests"), {}),
    "the broker's library": ("mqtt_missing", without_library("adafruit_minimqtt"), {"MQTT_BROKER": "192.168.1.40"}),
    "slots.py": ("update_missing", damaged("slots.py"), {}),
    "what was saved": ("settings_error", in_method("storage/records.py", "def read_record(self"), {}),
    "settings.toml": ("settings_error", in_method("settings/reading.py", "def load(", "path"), {}),
    "the cars' profiles": ("settings_error", in_method("state/cars.py", "def parse(text)"), {"CAR_1": "*; name=A"}),
    "the protocol's wishes": ("settings_error", in_method("settings/wishes.py", "def secc_config"), {}),
}  # fmt: skip
# Without these nothing can be sent.
NOT_DELIVERED = ("WiFi", "the SmartEVSE", "the SmartEVSE's library", "settings.toml")


@pytest.mark.parametrize("name", PARTS)
def test_without_a_part_the_next_car_is_read_and_the_part_is_named(name):
    fault, plant, changes = PARTS[name]
    with World(seed=3, settings=dict(SETTINGS_IN_USE, **changes)) as world:
        if plant is not None:
            plant(world.drive_dir)
        world.run(START_S)
        box = box_of(world)
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: box.status.read_this_time, 60)
        world.run_until(lambda: world.smartevse.posts, 30)
        assert bool(world.smartevse.posts) == (name not in NOT_DELIVERED)
        assert fault in box.status.causes()
        assert world.device.starts == 1


def test_what_an_ordinary_start_does_not_load_is_not_needed_to_tell_of_a_box_in_trouble(monkeypatch):
    """Half a copy, and with it what asks for stand-ins: pins that cannot be used, and settings that cannot be read."""
    compiled = note_compiled(monkeypatch)
    with World(seed=3, display=None) as world:
        world.run(START_S)
        loaded = {path for _, path in compiled}
    with World(seed=3, settings=dict(SETTINGS_IN_USE, MODEM_CS="IO11"), display=None) as world:
        PARTS["what was saved"][1](world.drive_dir)
        for path in (world.drive_dir / "lib/appliance").rglob("*.py"):
            if "/" + path.relative_to(world.drive_dir).as_posix() not in loaded and path.name != "__init__.py":
                path.unlink()
        world.run(START_S)
        assert world.device.starts == 1
        box = box_of(world)
        assert {"modem_pins", "settings_error"} <= set(box.status.causes())
        assert world.network.http("GET", "/api/status").json()["cause"]["code"] == "modem_pins"


def test_frames_for_a_modem_that_is_not_there_are_taken_so_that_they_do_not_pile_up():
    with World(seed=3, settings=dict(SETTINGS_IN_USE, MODEM_CS="IO11"), display=None) as world:
        world.run(START_S)
        modem = box_of(world).loop.modem
        assert type(modem).__name__ == "NoModem" and not modem.ready
        assert modem.send(b"frame") is True and modem.receive() is None


def test_an_access_point_that_cannot_be_made_costs_a_box_in_its_network_nothing():
    with World(seed=3) as world:
        in_method("network/access_point.py", "def __init__(self, radio")(world.drive_dir)
        world.run(START_S)
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: world.smartevse.posts, 60)
        assert box_of(world).status.causes() == [] and world.device.starts == 1


def test_with_a_password_that_cannot_be_used_the_page_has_the_one_that_was_made_up():
    settings = dict(SETTINGS_IN_USE, WEB_PASSWORD="correct horse")
    with World(seed=3, settings=settings, display=None) as world:
        in_method("web/access.py", "def set_password", "password")(world.drive_dir)
        world.run(START_S)
        box = box_of(world)
        assert box.status.causes() == ["settings_error"]
        for password, status in (("correct horse", 401), (box.access.made_up, 200)):
            header = {"Authorization": f"Bearer {password}"}
            assert world.network.http("GET", "/api/settings", header).status == status


def test_updates_that_do_not_start_are_told_where_they_are_asked_for():
    settings = dict(SETTINGS_IN_USE, WEB_PASSWORD="correct horse")
    with World(seed=3, settings=settings, display=None) as world:
        damaged("lib/appliance/update/receiver.py")(world.drive_dir)
        world.run(START_S)
        header = {"Authorization": "Bearer correct horse"}
        assert world.network.http("GET", "/api/update", header).status == 500
        assert box_of(world).status.causes() == ["update_missing"]
        assert world.device.starts == 1


def test_a_web_server_that_starts_at_the_second_try_is_not_told_any_more():
    """The board was out of sockets for a moment."""
    with World(seed=3, settings=SETTINGS_IN_USE, display=None) as world:
        plant = in_method("web/server.py", "def start(self, port)", "not hasattr(Web, 'tried')")
        plant(world.drive_dir)
        file = world.drive_dir / "lib/appliance/web/server.py"
        file.write_text(file.read_text().replace(RAISE, "Web.tried = True\n            " + RAISE))
        world.run(START_S)
        box = box_of(world)
        assert world.run_until(lambda: box.launch.web is not None, 30)
        assert any("web page of the box could not be started" in line for _, line in world.device.console)
        assert box.status.causes() == []
