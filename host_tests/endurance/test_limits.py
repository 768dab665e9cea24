# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the device can bear, when things go wrong: the deepest chain of calls and the passes of a plug-in with trouble.

Without trouble: `session/test_call_depth.py`, `session/test_budgets.py`, `interpreter/`.
"""

import pytest
from appliance.jobs import TEST_AFTER_S

from host_tests.bench import call_depth
from host_tests.support.starts import started
from host_tests.twin.world import World


def plug_in_with_trouble(world):
    """Frames lost, bits flipped on the bus, the modem's restart, a page that never stops asking."""
    line = world.powerline.faults
    line.loss_percent = line.duplicate_percent = line.reorder_percent = line.corrupt_percent = 5
    world.modem.wire.flip_rate = 0.00002
    world.plug(world.new_car("virtual", soc_percent=42))
    rebooted = False
    end_s = world.now_s + 70
    while not world.charging and world.now_s < end_s:
        call_depth._browse(world, call_depth.PAGES[:2])
        world.run(0.2)
        if not rebooted and 403 in world.checkpoints:
            rebooted = True
            world.modem.spontaneous_reboot()
    assert rebooted


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_trouble_makes_no_chain_deeper_than_the_device_bears(seed, figures):
    depths = call_depth.Depths()
    with World(seed=seed, settings=call_depth.IN_USE) as world:
        chains = call_depth.chains_of(world.device)
        started(world)
        plug_in_with_trouble(world)
        depths.add(world, chains)
    deepest, largest = depths.most_frames()[0], depths.most_bytes()[0]
    assert depths.reached("plc.qca7005") and depths.reached("v2g.exi")
    assert deepest.frames <= call_depth.FRAMES_BUDGET, str(deepest)
    assert largest.bytes <= call_depth.BYTES_BUDGET, str(largest)
    figures(f"with trouble, seed {seed}: {deepest.frames} frames, {largest.bytes} bytes deep at most")


@pytest.mark.parametrize("seed", [1])
def test_trouble_makes_no_pass_longer_than_a_piece_may_take(seed, figures):
    with World(seed=seed, display="ssd1306") as world:
        # The self-test, which never runs beside a session, is over by then.
        started(world, TEST_AFTER_S)
        # And the estimate of a charge is loaded, once, after the first reading.
        world.plug(world.new_car())
        assert world.run_until(lambda: "delivered" in world.device.console_text(), 60)
        world.run(5)
        world.unplug()
        world.run(30)
        world.device.probe.reset()
        plug_in_with_trouble(world)
        worst = world.device.probe.worst
        assert worst.us < 65_000, worst
        assert [line for line in world.device.console_text().splitlines() if " E " in line] == []
        figures(f"with trouble: the longest pause between two looks at the modem {worst.us / 1000:.1f} ms")
