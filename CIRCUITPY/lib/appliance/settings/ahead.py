# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The few settings that asking the SmartEVSE needs, without reading them all: that takes a second, and a car may wait.

``os.getenv`` parses settings.toml in its own way, and nothing is checked here. So this is used only if the last start found
that both give the same (``says_the_same``), and no file has changed since (``wishes.mark_of``).
"""

import os

# Keys and defaults as in schema.SCHEMA.
DEFAULTS = {
    "WIFI_SSID": "",
    "WIFI_PASSWORD": "",
    "WIFI_STATIC_ADDRESS": "",
    "WIFI_NETMASK": "",
    "WIFI_GATEWAY": "",
    "WIFI_TX_POWER_DBM": 0,
    "HOSTNAME": "socbox",
    "SMARTEVSE_URL": "",
    "HTTP_PORT": 80,
    "CAR_1": "",
    "CAR_2": "",
    "CAR_3": "",
    "CAR_4": "",
}


def saved(root):
    """The entries saved on the page, on the drive with this ``root``."""
    try:
        os.stat(root + "/saved")
    except OSError:
        # Nothing was saved, so the module that reads it need not be loaded.
        return []
    from appliance.storage.records import Store

    return Store(root, None, None).read()


class FewSettings:
    """The settings in DEFAULTS; ``entries`` as from ``saved``. Raises what ``getenv`` and ``int`` raise."""

    def __init__(self, getenv, entries):
        self._values = dict(DEFAULTS)
        for key, default in DEFAULTS.items():
            in_file = getenv(key)
            text = in_file = None if in_file is None else str(in_file)
            for entry in entries:
                if entry[0] == key and entry[2] == in_file:
                    text = entry[1]
            if text is not None:
                self._values[key] = int(text) if isinstance(default, int) else text

    def __getitem__(self, key):
        return self._values[key]

    def car_profiles(self):
        """As ``Settings.car_profiles``."""
        return [self["CAR_%d" % number] for number in range(1, 5)]


def says_the_same(settings, getenv, entries):
    """True if ``FewSettings`` would have the values of ``settings``."""
    try:
        few = FewSettings(getenv, entries)
    except Exception:
        # A line that CircuitPython cannot parse, or text for a number.
        return False
    return all(settings[key] == few[key] for key in DEFAULTS)
