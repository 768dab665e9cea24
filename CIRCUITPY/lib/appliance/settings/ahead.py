# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the way to the SmartEVSE needs of the settings, before they are read: a car may wait while that takes a second.

``os.getenv`` reads settings.toml in a way of its own, and nothing is checked here. So this is used only in a start of which
the last one knew that both say the same (``says_the_same``), and that no file was changed since (``wishes.mark_of``).
"""

import os

# As the rows of schema.SCHEMA have them.
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
    """What was saved on the page, on the drive with this root."""
    try:
        os.stat(root + "/saved")
    except OSError:
        # Nothing yet, and what would read it need not be loaded.
        return []
    from appliance.storage.records import Store

    return Store(root, None, None).read()


class FewSettings:
    """The settings of DEFAULTS; ``entries`` as ``saved`` gives them. Raises what ``getenv`` and ``int`` raise."""

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
        """As ``Settings`` have them."""
        return [self["CAR_%d" % number] for number in range(1, 5)]


def says_the_same(settings, getenv, entries):
    """True when ``FewSettings`` have what ``settings`` have."""
    try:
        few = FewSettings(getenv, entries)
    except Exception:
        # A line that CircuitPython cannot read, or a number that is none.
        return False
    return all(settings[key] == few[key] for key in DEFAULTS)
