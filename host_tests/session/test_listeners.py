# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Whoever else wants a reading: by POST after the SmartEVSE, or by GET /api/reading. On the whole twin."""

import json

from host_tests.session.inside import box_of
from host_tests.support import homes
from host_tests.support.ears import Listener
from host_tests.support.starts import started
from host_tests.twin.world import SETTINGS_IN_USE, World

FIRST, SECOND = "192.168.1.41", "192.168.1.42"
URL_1, URL_2 = f"http://{FIRST}:1880/socbox", f"http://{SECOND}:5678/webhook/soc?key=a1"


def home(second="", **options):
    settings = dict(SETTINGS_IN_USE, WEB_PASSWORD=homes.PASSWORD, LISTENER_1=URL_1, LISTENER_2=second, **options)
    return World(seed=1, settings=settings, device_options={"charge_lines": False})


def told(world):
    return {row["url"].split("/")[2].split(":")[0]: row for row in homes.status(world)["listeners"]}


def test_two_listeners_get_a_reading_once_each_and_after_the_smartevse():
    with home(URL_2) as world:
        first = Listener(world.network, FIRST, 1880)
        second = Listener(world.network, SECOND, 5678)
        started(world)
        assert first.requests == [], "nothing is sent before there is a reading"
        assert homes.read_one_car(world)
        world.run(70)
        given_s = world.smartevse.posts[0]["t_s"]
        for listener, path in ((first, "/socbox"), (second, "/webhook/soc?key=a1")):
            ((at_s, asked, document),) = listener.requests
            assert asked == path and at_s > given_s
            assert (document["soc_percent"], document["evccid"], document["delivery"]) == (42, "02ab34cd56ef", "ok")
            assert document["age_s"] < 10
        assert told(world)[FIRST]["text"] == "has the last reading (answer 200)"
        assert homes.causes(world) == []


def test_without_a_smartevse_the_listener_gets_it_all_the_same():
    with home(SMARTEVSE_URL="") as world:
        listener = Listener(world.network, FIRST, 1880)
        started(world)
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: listener.requests, 60)
        assert listener.requests[0][2]["soc_percent"] == 42


def test_a_listener_that_says_no_is_told_on_the_page_and_not_asked_again():
    with home() as world:
        listener = Listener(world.network, FIRST, 1880, 404)
        started(world)
        assert homes.read_one_car(world)
        world.run(80)
        assert len(listener.requests) == 1
        assert homes.causes(world) == ["listener_refused"]
        assert told(world)[FIRST]["text"] == "answered 404"


def test_a_listener_that_takes_it_and_says_nothing_gets_it_once():
    with home() as world:
        listener = Listener(world.network, FIRST, 1880, None)
        started(world)
        assert homes.read_one_car(world)
        world.run(80)
        assert len(listener.requests) == 1
        assert homes.causes(world) == ["listener_off"]


def test_a_listener_that_is_off_is_tried_for_a_minute_and_one_that_comes_back_has_the_next_reading():
    with home() as world:
        listener = Listener(world.network, FIRST, 1880)
        listener.host.up = False
        started(world)
        assert homes.read_one_car(world)
        world.run(80)
        assert homes.causes(world) == ["listener_off"]
        assert [post["values"]["current_soc"] for post in world.smartevse.posts] == [42]
        listener.host.up = True
        world.run(20)
        assert listener.requests == [], "an hour later nobody wants the old one"
        world.unplug()
        world.run(70)
        assert homes.read_one_car(world, 61)
        assert world.run_until(lambda: listener.requests, 20)
        assert listener.requests[0][2]["soc_percent"] == 61
        world.run(2)
        assert homes.causes(world) == []


def test_one_that_was_restarted_meanwhile_gets_it_within_the_minute():
    with home() as world:
        listener = Listener(world.network, FIRST, 1880)
        listener.host.up = False
        started(world)
        assert homes.read_one_car(world)
        world.run(10)
        listener.host.up = True
        assert world.run_until(lambda: listener.requests, 40)
        world.run(60)
        assert len(listener.requests) == 1 and homes.causes(world) == []


def test_the_small_document_is_small_and_says_what_the_topics_say():
    with World(seed=1, settings=SETTINGS_IN_USE) as world:
        started(world)
        before = world.network.http("GET", "/api/reading")
        assert json.loads(before.body)["soc_percent"] is None
        assert homes.read_one_car(world)
        world.run(2)
        answer = world.network.http("GET", "/api/reading")
        document = json.loads(answer.body)
        assert (document["soc_percent"], document["stage"], document["delivery"]) == (42, "soc", "ok")
        assert len(answer.body) < 1000
        box = box_of(world)
        assert box.mqtt is None and box.listeners is None
        loaded = [name for name in world.device.modules if "mqtt" in name or "listeners" in name or "home" in name]
        assert loaded == [], "what nobody asked for is not loaded"
