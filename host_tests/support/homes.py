# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A box in a home with an MQTT broker, a real one."""

import contextlib
import json

from host_tests.session.inside import box_of
from host_tests.support.broker import ADDRESS, until
from host_tests.support.starts import started
from host_tests.twin.outward import Outward
from host_tests.twin.world import SETTINGS_IN_USE, World

PREFIX = "socbox/garage"
PASSWORD = "correct horse"
OWNER = {"Authorization": "Bearer " + PASSWORD}
SETTINGS = dict(SETTINGS_IN_USE, MQTT_BROKER=ADDRESS, MQTT_PREFIX=PREFIX, WEB_PASSWORD=PASSWORD)


@contextlib.contextmanager
def home(broker, seed=1, start=True, name=None, fast=False, options=None, **settings):
    """A World whose box has ``broker``; ``world.outward`` is the broker's place in its network. ``fast``: Python costs no
    time, where no time is measured.
    """
    options = dict(options or {}, charge_lines=not fast)
    with World(seed=seed, settings=dict(SETTINGS, **settings), device_options=options) as world:
        world.outward = Outward(world.network, ADDRESS, broker.port, broker.runs, name)
        try:
            if start:
                started(world)
            yield world
        finally:
            world.outward.close()


def status(world):
    return json.loads(world.network.http("GET", "/api/status", OWNER).body)


def causes(world):
    return box_of(world).status.causes()


def is_connected(world):
    try:
        session = box_of(world).mqtt.piece
    except (KeyError, StopIteration, AttributeError):
        # It has just been restarted.
        return False
    return session is not None and session.connected


def came(world, limit_s=90):
    """Run until the broker has the box."""
    return until(world, lambda: is_connected(world), limit_s, step_s=0.5)


def read_one_car(world, soc=42, limit_s=60):
    world.plug(world.new_car(soc_percent=soc))
    return world.run_until(lambda: world.charging, limit_s)
