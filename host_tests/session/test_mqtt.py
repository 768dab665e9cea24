# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The whole box at a real MQTT broker, Debian's mosquitto, beside cars."""

import contextlib
import json

import pytest
from appliance.mqtt.discovery import BUTTONS, ENTITIES

from host_tests.support import homes
from host_tests.support.broker import Broker, need, until
from host_tests.support.homes import PREFIX, causes, home

pytestmark = [pytest.mark.slow, pytest.mark.real_time]
STATE = PREFIX + "/state"
AVAILABILITY = PREFIX + "/availability"
# What a broker that is not well may cost, in one piece.
LONGEST_PIECE_S = 1.7


@pytest.fixture
def broker(tmp_path):
    need()
    with Broker(tmp_path) as broker:
        yield broker


def last(ear, topic):
    return ear.heard(topic)[-1] if ear.heard(topic) else None


def settled(world, ear, soc, limit_s=60):
    """The broker has the state with this charge."""
    return until(world, lambda: json.loads(last(ear, STATE) or "{}").get("soc_percent") == soc, limit_s)


def errors(world):
    return [line for line in world.device.console_text().splitlines() if " E " in line or "Traceback" in line]


def test_a_reading_stands_at_the_broker_as_json_and_as_single_values(broker):
    with home(broker, fast=True, CAR_1="02ab34*; name=Ioniq; capacity_wh=28000") as world:
        ear = broker.listen(PREFIX + "/#")
        assert until(world, lambda: last(ear, PREFIX + "/stage") == "waiting")
        assert last(ear, AVAILABILITY) == "online"
        assert homes.read_one_car(world)
        assert settled(world, ear, 42)
        kept = broker.retained(PREFIX + "/#")
        document = json.loads(kept[STATE])
        assert kept[PREFIX + "/soc_percent"] == "42"
        assert kept[PREFIX + "/car_name"] == document["car_name"] == "Ioniq"
        assert kept[PREFIX + "/evccid"] == document["evccid"] == "02ab34cd56ef"
        assert kept[PREFIX + "/car_present"] == "true" and document["car_present"] is True
        assert kept[PREFIX + "/delivery"] == "ok"
        assert PREFIX + "/problem" not in kept and document["problem"] is None
        assert errors(world) == []


def test_nothing_of_it_moves_from_the_plug_in_until_the_smartevse_has_the_reading(broker):
    with home(broker, fast=True) as world:
        assert homes.came(world)
        world.run(70)
        assert homes.read_one_car(world)
        world.run(5)
        began = next(entry["t_s"] for entry in world.timeline if entry.get("checkpoint") == 155)
        given = next(entry["t_s"] for entry in world.timeline if entry.get("checkpoint") == 920)
        sent = [t_s for t_s, _, _ in world.outward.packets]
        assert min(sent) < began and max(sent) > given
        assert [t_s for t_s in sent if began <= t_s <= given] == []


def test_the_number_leaves_the_broker_with_the_car(broker):
    with home(broker, fast=True) as world:
        ear = broker.listen(PREFIX + "/#")
        assert homes.read_one_car(world) and settled(world, ear, 42)
        world.unplug()
        assert settled(world, ear, None, 900)
        assert PREFIX + "/soc_percent" not in broker.retained(PREFIX + "/#")


def test_a_broker_that_asks_for_a_login_gets_it(tmp_path):
    need()
    login = {"MQTT_USER": "box", "MQTT_PASSWORD": "let me in"}
    with Broker(tmp_path, ("box", "let me in")) as broker, home(broker, **login) as world:
        assert homes.came(world)
        assert causes(world) == []


@pytest.mark.parametrize("password", ["wrong", ""])
def test_a_wrong_login_is_told_as_one_and_no_car_suffers(tmp_path, password):
    need()
    login = {"MQTT_USER": "box", "MQTT_PASSWORD": password}
    with Broker(tmp_path, ("box", "let me in")) as broker, home(broker, **login) as world:
        assert until(world, lambda: causes(world) == ["mqtt_login"], step_s=0.5)
        assert homes.read_one_car(world)
        assert world.smartevse.posts[0]["values"]["current_soc"] == 42


def test_a_broker_that_is_killed_and_started_again_has_everything_again(broker):
    with home(broker, fast=True) as world:
        ear = broker.listen(PREFIX + "/#")
        assert homes.read_one_car(world) and settled(world, ear, 42)
        broker.kill()
        assert until(world, lambda: causes(world) == ["mqtt_refused"], 300, step_s=1)
        world.unplug()
        world.run(70)
        assert homes.read_one_car(world, 61)
        assert world.smartevse.posts[-1]["values"]["current_soc"] == 61
        broker.start()
        ear = broker.listen(PREFIX + "/#", "homeassistant/#")
        assert settled(world, ear, 61, 400)
        assert last(ear, AVAILABILITY) == "online" and causes(world) == []
        assert until(world, lambda: sum("/config" in line for line in ear.lines) > 10)


def test_a_broker_that_stands_still_costs_bounded_pieces_and_no_reading(broker):
    with home(broker) as world:
        ear = broker.listen(STATE)
        assert homes.came(world)
        broker.wedge()
        probe = world.device.probe
        probe.reset()
        assert until(world, lambda: causes(world) == ["mqtt_silent"], 300, step_s=1)
        world.run(60)
        assert probe.worst.us / 1e6 < LONGEST_PIECE_S, probe.worst
        assert homes.read_one_car(world)
        assert world.smartevse.posts[0]["values"]["current_soc"] == 42
        broker.free()
        assert settled(world, ear, 42, 700)
        assert causes(world) == []


def test_a_box_that_loses_power_is_offline_by_its_last_will_and_online_when_it_is_back(broker):
    with home(broker, fast=True) as world:
        ear = broker.listen(AVAILABILITY)
        assert until(world, lambda: last(ear, AVAILABILITY) == "online")
        world.device.power_off()
        assert until(world, lambda: last(ear, AVAILABILITY) == "offline", 300)
        world.device.start()
        assert until(world, lambda: last(ear, AVAILABILITY) == "online")


def test_a_router_that_throws_the_box_out_costs_one_connection_and_nothing_stays_offline(broker):
    """The box is back in its network a second later, by the firmware's own doing; of its connections none is."""
    with home(broker, fast=True) as world:
        ear = broker.listen(PREFIX + "/#")
        assert homes.came(world) and until(world, lambda: last(ear, AVAILABILITY) == "online")
        world.device.station.kicked()
        assert until(world, lambda: not homes.is_connected(world), 30, step_s=0.1)
        assert homes.came(world)
        assert homes.read_one_car(world) and settled(world, ear, 42)
        world.run(10)
        assert last(ear, AVAILABILITY) == "online" and causes(world) == []
        assert len([kind for _, kind, _ in world.outward.packets if kind == 1]) == 2
        assert errors(world) == []


def test_minutes_without_a_car_keeps_the_connection_and_sends_little(broker):
    with home(broker, fast=True) as world:
        assert homes.came(world)
        world.run(30)
        before = len(world.outward.packets)
        world.run(300)
        assert homes.is_connected(world)
        # A ping, what changes by itself and the whole, a minute.
        assert len(world.outward.packets) - before <= 5 * 5
        assert len([kind for _, kind, _ in world.outward.packets if kind == 1]) == 1


def test_a_command_is_heard_only_where_the_owner_wants_it(broker):
    with home(broker, fast=True) as world:
        assert homes.came(world)
        broker.say(PREFIX + "/command", "restart")
        world.run(20)
        assert world.device.starts == 1
    with home(broker, fast=True, MQTT_COMMANDS="yes") as world:
        ear = broker.listen(AVAILABILITY)
        assert until(world, lambda: last(ear, AVAILABILITY) == "online")
        world.run(5)
        broker.say(PREFIX + "/command", "nonsense")
        broker.say(PREFIX + "/command", "x" * 5000)
        broker.say(PREFIX + "/command", "restart")
        assert until(world, lambda: world.device.starts == 2)
        assert until(world, lambda: ear.heard(AVAILABILITY)[-2:] == ["offline", "online"])


def test_a_command_that_the_broker_keeps_is_old_news(broker):
    broker.say(PREFIX + "/command", "restart", retain=True)
    with home(broker, fast=True, MQTT_COMMANDS="yes") as world:
        assert homes.came(world)
        world.run(60)
        assert world.device.starts == 1
        before = homes.status(world)["self_test"]["ago_s"]
        assert before > 10
        broker.say(PREFIX + "/command", "self_test")
        assert until(world, lambda: homes.status(world)["self_test"]["ago_s"] < before, step_s=0.5)


@pytest.mark.parametrize("values", [{"MQTT_BROKER": ""}, {"MQTT_PREFIX": "socbox/carport"}, {"MQTT_DISCOVERY": ""}])
def test_where_the_box_is_not_any_more_it_leaves_nothing_behind(broker, values):
    with home(broker, fast=True) as world:
        ear = broker.listen(STATE)
        assert until(world, lambda: ear.heard(STATE))
        world.run(20)
        assert len(broker.retained("homeassistant/#")) == len(ENTITIES)
        body = json.dumps({"values": values, "restart": True})
        headers = dict(homes.OWNER, **{"Content-Type": "application/json"})
        assert world.network.http("POST", "/api/settings", headers, body, timeout_s=30).status == 200
        assert until(world, lambda: world.device.starts == 2)
        if values == {"MQTT_BROKER": ""}:
            assert broker.retained("#") == {}
            return
        assert homes.came(world)
        world.run(20)
        kept = broker.retained("#")
        prefixes = {topic.rsplit("/", 1)[0] for topic in kept if not topic.startswith("homeassistant/")}
        assert prefixes == {values.get("MQTT_PREFIX", PREFIX)}
        assert any(topic.startswith("homeassistant/") for topic in kept) == ("MQTT_PREFIX" in values)


def test_home_assistant_that_comes_back_is_told_again_and_a_box_without_commands_takes_its_buttons_back(broker):
    with home(broker, fast=True, MQTT_COMMANDS="yes") as world:
        assert homes.came(world)
        world.run(20)
        kept = broker.retained("homeassistant/#")
        assert len(kept) == len(ENTITIES) + len(BUTTONS)
        ear = broker.listen("homeassistant/sensor/#")
        broker.say("homeassistant/status", "online")
        again = lambda: [line for line in ear.lines if line.startswith("0 ") and "/headline/config " in line]  # noqa: E731
        assert until(world, again)
    with home(broker, fast=True) as world:
        assert homes.came(world)
        world.run(20)
        assert [topic for topic in broker.retained("homeassistant/#") if "/button/" in topic] == []


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_twenty_boxes_at_one_broker_have_names_and_topics_of_their_own(broker, figures):
    ear = broker.listen("+/availability", "+/soc_percent")
    with contextlib.ExitStack() as stack:
        worlds = []
        for number in range(20):
            # Its first byte is the last of the MAC.
            uid = bytes((0x10 + number, 0x4A, 0xC0, 0x1B, 0x2A, 0x7D))
            options = {"uid": uid}
            world = stack.enter_context(home(broker, seed=number, fast=True, options=options, MQTT_PREFIX=""))
            assert homes.came(world)
            worlds.append(world)
        for number, world in enumerate(worlds):
            assert homes.read_one_car(world, 20 + number)
        for world in worlds:
            prefix = homes.box_of(world).mqtt.piece.publisher.prefix
            number = worlds.index(world)
            assert until(world, lambda p=prefix, n=number: ear.heard(p + "/soc_percent")[-1:] == [str(20 + n)])
            assert homes.is_connected(world) and homes.box_of(world).mqtt.piece.connections == 1
        online = {line.split(" ")[1] for line in ear.lines if line.endswith("/availability online")}
        assert len(online) == 20
        devices = {topic.split("/")[2] for topic in broker.retained("homeassistant/#")}
        assert len(devices) == 20
        figures(f"MQTT: 20 boxes at one broker, {len(ear.lines)} messages heard, no connection lost")


def test_a_broker_by_its_name_is_looked_up_and_a_name_nobody_knows_is_told(broker):
    with home(broker, fast=True, name="broker", MQTT_BROKER="broker") as world:
        assert homes.came(world)
        world.network.names.clear()
        broker.kill()
        assert until(world, lambda: causes(world) == ["mqtt_name"], 900, step_s=1)
        world.network.names["broker"] = homes.ADDRESS
        broker.start()
        assert homes.came(world, 700)
        assert causes(world) == []
