# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""How fast the box beside a browser lives: idle passes that nobody waits for cost this computer as much as others."""

from types import SimpleNamespace

import pytest

from host_tests.web import run_box
from host_tests.web.run_box import RATE, Pacing


@pytest.fixture
def world():
    network = SimpleNamespace(has_visitors=False, visitor_came=None)
    device = SimpleNamespace(starts=1, station=SimpleNamespace(ap_active=False))
    return SimpleNamespace(
        network=network, device=device, listeners=[], car=None, charging=False, powered=True, now_s=100.0, power_on_s=0.0,
        rate=None, pace="realtime",
    )  # fmt: skip


@pytest.fixture
def pacing(world, monkeypatch):
    monkeypatch.setattr(run_box, "LINGER_S", 0)
    return Pacing(world)


def rate(pacing, world):
    pacing.look()
    return world.rate


def test_the_box_lives_like_a_real_one_while_nobody_waits_for_it(pacing, world):
    assert rate(pacing, world) == 1


def test_whoever_connects_is_served_faster_from_the_first_moment_on(pacing, world, monkeypatch):
    pacing.look()
    monkeypatch.setattr(run_box, "LINGER_S", 60)
    world.network.visitor_came()
    assert world.rate == RATE


def test_a_request_a_car_and_an_open_access_point_are_waited_for(pacing, world):
    world.network.has_visitors = True
    assert rate(pacing, world) == RATE
    world.network.has_visitors, world.car = False, object()
    assert rate(pacing, world) == RATE
    world.charging = True
    assert rate(pacing, world) == 1
    world.device.station.ap_active = True
    assert rate(pacing, world) == RATE


def test_what_a_test_asked_for_counts_until_it_is_taken_back(pacing, world):
    world.network.has_visitors = True
    pacing.told = 0.3
    assert rate(pacing, world) == 0.3
    pacing.told = None
    assert rate(pacing, world) == RATE


def test_a_start_runs_as_fast_as_it_can_until_its_page_is_up(pacing, world):
    world.power_on_s = 90.0
    pacing.look()
    assert world.pace == "fast"
    world.listeners[0]({"source": "box", "text": "page at http://192.168.1.50/"})
    pacing.look()
    assert world.pace == "realtime"
