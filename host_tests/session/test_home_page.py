# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Each request, topic and setting of docs/home.md is done here as it stands there, at a box that has read a car."""

import base64
import json
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import jinja2
import pytest
import yaml

from host_tests.support import homes
from host_tests.support.broker import ADDRESS, PATIENCE_S, Broker, need, until
from host_tests.support.ears import Listener
from host_tests.tools import update_box

pytestmark = [pytest.mark.slow, pytest.mark.real_time]
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "home.md").read_text()
SECTIONS = {part.split("\n", 1)[0]: part for part in re.split(r"^## ", PAGE, flags=re.M)}
LOGIN = ("box", "let me in")


def blocks(kind, section=None):
    text = PAGE if section is None else SECTIONS[section]
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.M | re.S)


SETTINGS = {key: value for block in blocks("toml") for key, value in tomllib.loads(block).items()}


@pytest.fixture(scope="module")
def twin(tmp_path_factory):
    """A box with all settings of the page, after a car; ``kept`` is what its broker has."""
    need()
    with Broker(tmp_path_factory.mktemp("broker"), LOGIN) as broker:
        settings = dict(SETTINGS, MQTT_COMMANDS="yes", STATUS_PUBLIC="no", CAR_1="02ab34*; name=Ioniq")
        with homes.home(broker, fast=True, **settings) as world:
            world.ears = [
                Listener(world.network, "192.168.1.41", 1880),
                Listener(world.network, "192.168.1.42", 5678),
            ]
            world.broker = broker
            ear = broker.listen(homes.PREFIX + "/state")
            assert homes.read_one_car(world)
            state = homes.PREFIX + "/state"
            assert until(world, lambda: '"soc_percent": 42' in "".join(ear.heard(state)[-1:]))
            world.run(70)
            world.kept = broker.retained("#")
            yield world


def get(world, uri, headers):
    path = re.fullmatch(r"http://socbox\.local(/\S+)", uri).group(1)
    answer = world.network.http("GET", path, headers)
    assert answer.status == 200, uri
    return json.loads(answer.body)


def bearer(text):
    assert "PASSWORD" in text
    return text.replace("PASSWORD", homes.PASSWORD)


def test_the_settings_of_the_page_are_those_of_a_login(twin):
    assert (SETTINGS["MQTT_BROKER"], SETTINGS["MQTT_PREFIX"]) == (ADDRESS, homes.PREFIX)
    assert (SETTINGS["MQTT_USER"], SETTINGS["MQTT_PASSWORD"]) == LOGIN


def test_each_topic_of_the_table_is_one_and_none_is_left_out(twin):
    rows = re.findall(r"^\| (`.+?) \| (.+) \|$", SECTIONS["MQTT"], re.M)
    named = set()
    for topics, _ in rows:
        for topic in re.findall(r"`([^`]+)`", topics):
            named.add(topic.removeprefix(homes.PREFIX + "/"))
    document = json.loads(twin.kept[homes.PREFIX + "/state"])
    assert named == set(document) | {"availability", "state"}
    for key, value in document.items():
        payload = twin.kept.get(f"{homes.PREFIX}/{key}")
        expected = {None: None, True: "true", False: "false"}.get(value, str(value))
        assert payload == expected or key in ("age_s", "uptime_s"), key


def test_home_assistant_by_rest_gets_its_values(twin):
    (block,) = blocks("yaml", "Home Assistant by REST")
    page = yaml.safe_load(block)
    (source,), (made,) = page["rest"], page["template"]
    headers = {name: bearer(value) for name, value in source["headers"].items()}
    document = get(twin, source["resource"], headers)
    (box,), (plugged,) = source["sensor"], source["binary_sensor"]
    values = [jinja2.Template(one["value_template"]).render(value_json=document) for one in (box, plugged)]
    assert values == [document["headline"], "True"]
    attributes = {key: document[key] for key in box["json_attributes"]}
    names = {"sensor." + box["name"].lower(): attributes}
    for entity, value in zip(made["sensor"], ["42", "Ioniq"], strict=True):
        template = jinja2.Template(entity["state"])
        assert template.render(state_attr=lambda name, key: names[name][key]) == value
    assert source["scan_interval"] >= 60


def test_evcc_gets_the_charge_by_http_and_by_mqtt_and_knows_the_car(twin):
    by_http, by_mqtt = (yaml.safe_load(block)["vehicles"][0] for block in blocks("yaml", "evcc"))
    soc = by_http["soc"]
    user, password = soc["auth"]["user"], bearer(soc["auth"]["password"])
    login = base64.b64encode(f"{user}:{password}".encode()).decode()
    document = get(twin, soc["uri"], {"Authorization": "Basic " + login})
    assert soc["jq"][0] == "." and document[soc["jq"][1:]] == 42
    assert twin.kept[by_mqtt["soc"]["topic"]] == "42"
    for vehicle in (by_http, by_mqtt):
        assert vehicle["identifiers"] == [document["evccid"]] == [twin.kept[homes.PREFIX + "/evccid"]]


def test_the_listeners_of_the_page_got_the_reading(twin):
    for number, listener in enumerate(twin.ears, 1):
        ((_, path, document),) = listener.requests
        assert SETTINGS[f"LISTENER_{number}"].endswith(path)
        assert document["soc_percent"] == 42
    # What Node-RED, openHAB and ioBroker are told to listen to.
    for topic in re.findall(r"`(socbox/[\w/]+)`", SECTIONS["Any other listener"]):
        assert topic in twin.kept
    (path,) = re.findall(r"`mqtt-client\.0\.([\w.]+)`", SECTIONS["Any other listener"])
    assert path.replace(".", "/") in twin.kept


def test_the_lines_of_a_shell_do_what_they_say(twin):
    (block,) = blocks("sh", "Any other listener")
    lines = [shlex.split(line) for line in block.splitlines()]
    assert [line[0] for line in lines] == ["mosquitto_sub", "mosquitto_sub", "mosquitto_pub", "curl"]
    address = ["-h", "127.0.0.1", "-p", str(twin.broker.port)]
    for line in lines[:3]:
        assert line[1:3] == ["-h", ADDRESS]
        line[1:3] = address
    # All that is kept, and no longer: the minute is for a computer that is slow in telling.
    topics = lines[0][lines[0].index("-t") + 1].removesuffix("#")
    count = sum(topic.startswith(topics) for topic in twin.kept)
    kept = [*lines[0], "--retained-only", "-C", str(count), "-W", "60"]
    everything = subprocess.run(kept, capture_output=True, text=True, check=True)
    assert "socbox/garage/soc_percent 42\n" in everything.stdout
    one = subprocess.run(lines[1], capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    assert one.stdout == "42\n"
    before = homes.box_of(twin).self_test.report
    subprocess.run(lines[2], check=True, timeout=PATIENCE_S)
    assert until(twin, lambda: homes.box_of(twin).self_test.report is not before)
    name, value = bearer(lines[3][lines[3].index("-H") + 1]).split(": ")
    assert get(twin, lines[3][-1], {name: value})["soc_percent"] == 42


def test_the_line_for_many_boxes_updates_each_of_them(monkeypatch, tmp_path):
    (block,) = blocks("sh", "Many boxes")
    words = shlex.split(block)
    assert words[:3] == ["python3", "-m", "host_tests.tools.update_box"]
    file = tmp_path / "an.update"
    file.write_bytes(b'{"version": "9.9.9"}'.ljust(update_box.MANIFEST + 9))
    updated = []
    monkeypatch.setattr(update_box, "update", lambda box, *_: updated.append(box.url) or "0.1.0")
    arguments = [str(file) if word.endswith(".update") else word for word in words[3:]]
    assert update_box.main(arguments) == 0
    assert updated == [f"http://192.168.1.{number}" for number in (51, 52, 53)]


def test_the_settings_that_the_page_names_are_settings(twin):
    from appliance.settings.schema import row_of

    named = set(re.findall(r"`([A-Z]+_[A-Z_0-9]+)\b", PAGE))
    assert named and all(row_of(key) for key in named), named
