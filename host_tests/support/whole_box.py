# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What a box on the twin says of itself, and one car for it."""

import json


def status(world):
    return json.loads(world.network.http("GET", "/api/status").body)


def console(world):
    return world.device.console_text()


def errors(world):
    return [line for line in console(world).splitlines() if " E " in line or "Traceback" in line]


def read_one_car(world, soc=42, limit_s=60):
    world.plug(world.new_car(soc_percent=soc))
    return world.run_until(lambda: world.charging, limit_s)
