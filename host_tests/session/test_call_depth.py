# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The deepest chain of Python calls over whole plug-ins is within its budget, and a deeper one is noticed."""

import pytest

from host_tests.bench import call_depth, device_time

# Where the deep chains are, or were once.
MEASURED = (
    "plc.ipv6",
    "v2g.exi",
    "v2g.reading",
    "appliance.web.actions",
    "appliance.web.documents",
    "appliance.display.panel",
    "appliance.web.downloads",
    "appliance.settings.service",
    "appliance.selftest",
    "appliance.web.router",
    "appliance.storage.records",
    "appliance.settings.settings",
    "adafruit_httpserver",
    "adafruit_requests",
    "adafruit_connection_manager",
    "adafruit_st7789",
    "adafruit_displayio_ssd1306",
)


@pytest.fixture(scope="module")
def depths():
    return call_depth.measure()


def test_the_sessions_went_where_they_should(depths):
    # The SmartEVSE that answers 500 took nothing, and is not asked again.
    assert depths.delivered == [[42], [42], [None], [42]]
    assert [module for module in MEASURED if not depths.reached(module)] == []
    assert "pystack exhausted" not in depths.console


def test_the_deepest_chain_is_within_its_budget(depths):
    deepest, largest = depths.most_frames()[0], depths.most_bytes()[0]
    assert deepest.frames <= call_depth.FRAMES_BUDGET, str(deepest)
    assert largest.bytes <= call_depth.BYTES_BUDGET, str(largest)


def test_a_deeper_chain_is_noticed():
    feed = "        self._feed_watchdog()\n"
    deep = "        (lambda again: again(again, 20))(lambda me, left: left and me(me, left - 1))\n"
    with device_time.with_defect("lib/appliance/loop.py", feed, feed + deep) as drive:
        depths = call_depth.measure(({"circuitpy": drive, "limit_s": 1},))
    assert depths.most_frames()[0].frames > call_depth.FRAMES_BUDGET
    assert "loop" in depths.most_frames()[0].places[-1]
