# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The settings in force: their values, where each comes from, and what was wrong.

``reading`` reads and mends them. It is given back behind the start, with all that only reading and checking need, and is
loaded again for a page or a save.
"""

REST_KEYS = ("DISPLAY_BRIGHTNESS", "DISPLAY_DIM_S", "DISPLAY_DARK_MIN", "LANGUAGE")
STATIC_KEYS = ("WIFI_STATIC_ADDRESS", "WIFI_NETMASK", "WIFI_GATEWAY")
CAR_KEYS = ("CAR_1", "CAR_2", "CAR_3", "CAR_4")
MOST_ERRORS = 20
# What reading and checking need, in an order in which each import compiles one file. They hold each other, so that they are
# given back together.
PARTS = (
    "appliance.settings.schema",
    "appliance.settings.checks",
    "appliance.settings.toml",
    "appliance.settings.reading",
)


class Settings:
    """The values in force. ``settings["KEY"]`` reads one; ``errors`` lists (line, text), line 0 for the whole
    file."""

    def __init__(self):
        from appliance.settings.schema import DEFAULT, KEY, SCHEMA

        self.errors = []
        self.errors_dropped = 0
        # By key: the value, where it comes from, and what settings.toml holds.
        self.values = {row[KEY]: row[DEFAULT] for row in SCHEMA}
        self.sources = {}
        self.file_texts = {}
        self.is_missing = False

    def __getitem__(self, key):
        return self.values[key]

    def car_profiles(self):
        """What the owner told of his cars, a text each, as ``state.cars`` reads them."""
        return [self.values[key] for key in CAR_KEYS]

    def source(self, key):
        """Where the value comes from: "default", "settings.toml" or "page"."""
        return self.sources.get(key, "default")

    def file_text(self, key):
        """What settings.toml holds for ``key``, or None: what counts or, where nothing can be used, the last."""
        return self.file_texts.get(key)

    def use(self, key, value):
        """Put a value in force that was entered on a page and may still have to be saved."""
        self.values[key] = value
        self.sources[key] = "page"

    def adopt(self, key, other):
        """Take over one value from other ``Settings``, and where it comes from."""
        self.values[key] = other[key]
        self.sources[key] = other.source(key)

    def complain(self, line, text):
        """Keep a mistake for console and status page; a file full of them keeps the first ones."""
        if len(self.errors) < MOST_ERRORS:
            self.errors.append((line, text))
        else:
            self.errors_dropped += 1

    def copied(self):
        """Others that are the same."""
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
