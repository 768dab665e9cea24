# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A look inside the running box, for what cannot be seen from outside."""

import gc


def box_of(world):
    """The Box object of the program that runs on the world's device."""
    kind = world.device.modules["appliance.box"].Box
    return next(one for one in gc.get_referrers(kind) if type(one) is kind)


def fill_the_rings(world):
    """Log and frames as they are after a long day: whatever shows them has the most to do."""
    box = box_of(world)
    for _ in range(box.log.size + 20):
        record = (box.log.count, 1, 0, "D", "test", "a line as long as lines usually are: %d" % box.log.count)
        box.log._records[box.log.count % box.log.size] = record
        box.log.count += 1
    for number in range(600):
        box.frames.add(0, bytes([number & 0xFF]) * 120, box.uptime)
