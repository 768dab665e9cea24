# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The settings in force: their values, where each comes from, and what was wrong.

``reading`` reads and corrects them. After the start it is freed, together with everything that only reading and checking
need, and loaded again for a page or a save.
"""

REST_KEYS = ("DISPLAY_BRIGHTNESS", "DISPLAY_DIM_S", "DISPLAY_DARK_MIN", "LANGUAGE")
STATIC_KEYS = ("WIFI_STATIC_ADDRESS", "WIFI_NETMASK", "WIFI_GATEWAY")
CAR_KEYS = ("CAR_1", "CAR_2", "CAR_3", "CAR_4")
MOST_ERRORS = 20
# Modules for reading and checking, in an order in which each import compiles one file. They import each other, so they are
# freed together.
PARTS = (
    "appliance.settings.schema",
    "appliance.settings.checks",
    "appliance.settings.toml",
    "appliance.settings.reading",
)


class Settings:
    """The values in force. ``settings["KEY"]`` is one of them; ``errors`` is a list of (line, text), line 0 for the whole
    file."""

    def __init__(self):
        from appliance.settings.schema import DEFAULT, KEY, SCHEMA

        self.errors = []
        self.errors_dropped = 0
        # By key: the value, its source, and what settings.toml says.
        self.values = {row[KEY]: row[DEFAULT] for row in SCHEMA}
        self.sources = {}
        self.file_texts = {}
        self.is_missing = False

    def __getitem__(self, key):
        return self.values[key]

    def car_profiles(self):
        """The texts of CAR_1 ..., see ``state.cars``."""
        return [self.values[key] for key in CAR_KEYS]

    def source(self, key):
        """Where the value comes from: "default", "settings.toml" or "page"."""
        return self.sources.get(key, "default")

    def file_text(self, key):
        """The text of settings.toml for ``key``, or None: the one that counts or, if none is usable, the last."""
        return self.file_texts.get(key)

    def use(self, key, value):
        """Put a value in force that was entered on a page, saved or not."""
        self.values[key] = value
        self.sources[key] = "page"

    def adopt(self, key, other):
        """Take over one value and its source from other ``Settings``."""
        self.values[key] = other[key]
        self.sources[key] = other.source(key)

    def complain(self, line, text):
        """Keep a mistake for console and status page; only the first ones of many."""
        if len(self.errors) < MOST_ERRORS:
            self.errors.append((line, text))
        else:
            self.errors_dropped += 1

    def copied(self):
        """An equal copy."""
        other = Settings()
        other.errors, other.errors_dropped = list(self.errors), self.errors_dropped
        other.values, other.sources = dict(self.values), dict(self.sources)
        other.file_texts, other.is_missing = self.file_texts, self.is_missing
        return other


def error_texts(settings):
    """The mistakes as sentences with their line number."""
    texts = []
    for line, text in settings.errors:
        texts.append("settings.toml line %d: %s" % (line, text) if line else text)
    if settings.errors_dropped:
        texts.append("%d more mistakes" % settings.errors_dropped)
    return texts
