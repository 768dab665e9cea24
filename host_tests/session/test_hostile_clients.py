# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Whatever a web client does while a car is read: the car is read and released, no pass of the loop is longer than
its budget in virtual device time, honest clients are served again at once, and no socket is left open."""

import pytest

from host_tests.bench.device_time import MATCHING_PIECE_US, PASS_BESIDES_PIECE_US, SESSION_PIECE_US
from host_tests.session.inside import fill_the_rings
from host_tests.support.attacks import ATTACKS, Attack, save
from host_tests.support.owner import PASSWORD
from host_tests.support.starts import started
from host_tests.twin.world import SETTINGS_IN_USE, World

SETTINGS = dict(SETTINGS_IN_USE, WEB_PASSWORD=PASSWORD, LOG_LEVEL="D")
# The longest that the box may take to notice that the last hostile client is gone.
HONEST_S = 2.0
QUIET_S = 12.0


@pytest.mark.parametrize("name", ATTACKS)
def test_a_car_is_read_while(name, figures):
    every_ms, keep, begin = ATTACKS[name]
    with World(seed=21, settings=SETTINGS, display=None) as world:
        device = world.device
        started(world)
        fill_the_rings(world)
        sockets = len(device.open_sockets)

        def phases(entry):
            device.probe.phase = {100: "matching", 155: "session", 910: ""}.get(
                entry.get("checkpoint"), device.probe.phase
            )

        world.listeners.append(phases)
        attack = Attack(world, every_ms, keep, begin)
        # The first save makes room on the drive for 9 s; a car that comes in these begins anew.
        world.run(12 if begin is save else 1)
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: world.charging, 60), device.console_text()[-2000:]
        gaps = {phase: gap for phase, gap in device.probe.worst_in.items() if phase}
        attack.stop()
        honest = world.network.http("GET", "/api/status", timeout_s=HONEST_S)
        assert honest.status == 200, "an honest client is served at once"
        world.run(QUIET_S)
        real = [post for post in world.smartevse.posts if post["parameters"].get("evccid")]
        assert [post["values"]["current_soc"] for post in real] == [42]
        assert world.car.complaints == []
        assert len(device.open_sockets) == sockets, "every socket was closed"
        console = [
            line for line in device.console_text().splitlines() if " E " in line or "Traceback" in line
        ]
        assert console == []
        matching, session = gaps["matching"].us, gaps["session"].us
        figures(
            f"{name}: {attack.count} clients, longest pass {matching / 1000:.1f} ms while matching, "
            f"{session / 1000:.1f} ms in the session, an honest client after {honest.elapsed_us / 1000:.0f} ms"
        )
        assert matching <= MATCHING_PIECE_US + PASS_BESIDES_PIECE_US, str(gaps["matching"])
        assert session <= SESSION_PIECE_US + PASS_BESIDES_PIECE_US, str(gaps["session"])


@pytest.mark.parametrize("name", ["connect and stay silent", "a TLS hello", "answers that nobody reads"])
def test_an_honest_client_is_served_even_while_they_attack(name, figures):
    with World(seed=22, settings=SETTINGS, display=None) as world:
        started(world)
        attack = Attack(world, *ATTACKS[name])
        waits = []
        for _ in range(8):
            waited_s = 0
            # A connection may be lost among so many that the box closes; a browser asks again, and so does this client.
            for _ in range(3):
                answer = world.network.http("GET", "/api/status", timeout_s=4)
                waited_s += answer.elapsed_us / 1e6
                if answer.status is not None:
                    break
            assert answer.status == 200
            waits.append(waited_s)
            world.run(0.3)
        attack.stop()
        figures(f"an honest client beside '{name}': {max(waits):.1f} s at most")
        assert max(waits) < 1.1
