# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The settings in force, as settings.toml and the page say them.

``settings.toml`` belongs to its owner and is never written. What the owner saves on the web page is kept elsewhere
(``storage.records``) and laid over the file: entries of (key, text, text that the file held when it was saved).
While the file still holds that text, the page's value counts; once the file's line was edited, the file's does. So
the last edit wins, wherever it was made. What cannot be used has its default, and the line's number and the
reason are kept for console and status page.
"""

from appliance.settings import toml
from appliance.settings.checks import checked, file_value, mend, shown
from appliance.settings.schema import CAR_KEYS, DEFAULT, KEY, SCHEMA, Mistake, row_of

_MOST_ERRORS = 20
# Lines for CircuitPython itself that do a box harm. Its installer writes both.
_HARMFUL = {
    "CIRCUITPY_WIFI_SSID": "CIRCUITPY_WIFI_SSID makes CircuitPython join before the box starts, and without an address "
    "it never starts; remove the line",
    "CIRCUITPY_WEB_API_PASSWORD": "CIRCUITPY_WEB_API_PASSWORD puts a page of CircuitPython's in the place of the box's; "
    "remove the line",
}


class Settings:
    """The values in force. ``settings["KEY"]`` reads one; ``errors`` lists (line, text), line 0 for the whole
    file."""

    def __init__(self):
        self.errors = []
        self.errors_dropped = 0
        self._values = {}  # type: dict
        self._sources = {}
        self._file_texts = {}
        self._is_missing = False
        for row in SCHEMA:
            self._values[row[KEY]] = row[DEFAULT]

    def __getitem__(self, key):
        return self._values[key]

    def car_profiles(self):
        """What the owner told of his cars, a text each, as ``state.cars`` reads them."""
        return [self._values[key] for key in CAR_KEYS]

    def source(self, key):
        """Where the value comes from: "default", "settings.toml" or "page"."""
        return self._sources.get(key, "default")

    def file_text(self, key):
        """What settings.toml holds for ``key``, or None: what counts or, where nothing can be used, the last."""
        return self._file_texts.get(key)

    def use(self, key, value):
        """Put a value in force that was entered on a page and may still have to be saved."""
        self._values[key] = value
        self._sources[key] = "page"

    def adopt(self, key, other):
        """Take over one value from other ``Settings``, and where it comes from."""
        self._values[key] = other[key]
        self._sources[key] = other.source(key)

    def lay_over(self, entries):
        """Take over what was saved on the page; gives the entries that still count.

        An entry whose line in settings.toml was edited since is left out, as is one for a key that is gone.
        """
        if self._is_missing and not self._sources and not entries:
            self.complain(0, "settings.toml is missing; every setting has its default")
        counting = []
        for entry in entries:
            key, text, file_text = entry
            row = row_of(key)
            if row is None or self._file_texts.get(key) != file_text:
                continue
            try:
                self._values[key] = checked(row, text)
            except Mistake as mistake:
                self.complain(0, "saved on the page: %s" % mistake)
                continue
            self._sources[key] = "page"
            counting.append(entry)
        for text in mend(self._values, self.source):
            self.complain(0, text)
        return counting

    def complain(self, line, text):
        """Keep a mistake for console and status page; a file full of them keeps the first ones."""
        if len(self.errors) < _MOST_ERRORS:
            self.errors.append((line, text))
        else:
            self.errors_dropped += 1

    def take_line(self, key, text, quoted):
        """Take over one line of settings.toml; raises Mistake and changes nothing when it means nothing."""
        row = row_of(key)
        if row is None:
            if key in _HARMFUL:
                raise Mistake(_HARMFUL[key])
            if key.startswith("CIRCUITPY_"):
                return
            raise Mistake("there is no setting " + shown(key) + self._hint_for(key))
        if key in self._sources:
            raise Mistake(key + " is set twice; the first line is used")
        self._file_texts[key] = text
        self._values[key] = checked(row, text, quoted)
        self._sources[key] = "settings.toml"

    def _hint_for(self, key):
        if len(self.errors) >= _MOST_ERRORS:
            return ""
        try:
            from appliance.settings.typos import hint_for
        except Exception:
            # A drive that was copied in part, or a file of it: all else counts.
            return ""
        return hint_for(key)

    def reading(self, path):
        """Take over the settings.toml at ``path``, a generator that stops every few lines. The rules that join several keys
        are left to ``lay_over``."""
        try:
            with open(path, "rb") as file:
                yield from toml.read(toml.lines_of(file), self.take_line, self.complain)
        except OSError:
            self._is_missing = True

    def copied(self):
        """Others that are the same."""
        other = Settings()
        other.errors, other.errors_dropped = list(self.errors), self.errors_dropped
        other._values, other._sources = dict(self._values), dict(self._sources)
        other._file_texts, other._is_missing = self._file_texts, self._is_missing
        return other


def load(path, entries=()):
    """Read settings.toml at ``path`` and lay the page's ``entries`` over it."""
    settings = Settings()
    for _ in settings.reading(path):
        pass
    settings.lay_over(entries)
    return settings


def error_texts(settings):
    """The mistakes as sentences with their line number."""
    texts = []
    for line, text in settings.errors:
        texts.append("settings.toml line %d: %s" % (line, text) if line else text)
    if settings.errors_dropped:
        texts.append("%d more mistakes" % settings.errors_dropped)
    return texts


def merged_entries(settings, entries, texts):
    """``entries`` with the checked ``texts`` put in; ``settings`` knows what settings.toml holds now."""
    result = [entry for entry in entries if entry[0] not in texts]
    for row in SCHEMA:
        key = row[KEY]
        if texts.get(key) is None:
            continue
        in_file = file_value(settings, row)
        if in_file is None or texts[key] != str(in_file):
            result.append((key, texts[key], settings.file_text(key)))
    return result
