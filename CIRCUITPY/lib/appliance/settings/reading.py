# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Reads the settings from settings.toml and from what was saved on the page.

``settings.toml`` belongs to its owner and is never written. What the owner saves on the web page is kept elsewhere
(``storage.records``), as entries of (key, text, text in the file at the time of saving). While the file still has that
text the page's value counts; once the line was edited the file's counts. So the last edit wins, wherever it was made.
An unusable value is replaced by the default; line number and reason are kept for console and status page.
"""

from appliance.settings import toml
from appliance.settings.checks import checked, file_value, mend, shown
from appliance.settings.schema import KEY, SCHEMA, Mistake, row_of
from appliance.settings.settings import MOST_ERRORS, Settings

# Settings of CircuitPython that harm a box: (key, why). Its installer writes both.
_HARMFUL = {
    "CIRCUITPY_WIFI_SSID": "CIRCUITPY_WIFI_SSID makes CircuitPython join before the box starts, and without an address "
    "it never starts; remove the line",
    "CIRCUITPY_WEB_API_PASSWORD": "CIRCUITPY_WEB_API_PASSWORD puts a page of CircuitPython's in the place of the box's; "
    "remove the line",
}


def lay_over(settings, entries):
    """Take over what was saved on the page. Returns the entries that still count.

    Left out are entries whose line in settings.toml was edited since, and those for unknown keys.
    """
    if settings.is_missing and not settings.sources and not entries:
        settings.complain(0, "settings.toml is missing; every setting has its default")
    counting = []
    for entry in entries:
        key, text, file_text = entry
        row = row_of(key)
        if row is None or settings.file_texts.get(key) != file_text:
            continue
        try:
            settings.values[key] = checked(row, text)
        except Mistake as mistake:
            settings.complain(0, "saved on the page: %s" % mistake)
            continue
        settings.sources[key] = "page"
        counting.append(entry)
    for text in mend(settings.values, settings.source):
        settings.complain(0, text)
    return counting


def take_line(settings, key, text, quoted):
    """Take over one line of settings.toml. Raises Mistake, with nothing changed, if it cannot be used."""
    row = row_of(key)
    if row is None:
        if key in _HARMFUL:
            raise Mistake(_HARMFUL[key])
        if key.startswith("CIRCUITPY_"):
            return
        raise Mistake("there is no setting " + shown(key) + _hint_for(settings, key))
    if key in settings.sources:
        raise Mistake(key + " is set twice; the first line is used")
    settings.file_texts[key] = text
    settings.values[key] = checked(row, text, quoted)
    settings.sources[key] = "settings.toml"


def _hint_for(settings, key):
    if len(settings.errors) >= MOST_ERRORS:
        return ""
    try:
        from appliance.settings.typos import hint_for
    except Exception:
        # On a drive copied in part a file may be missing; everything else counts.
        return ""
    return hint_for(key)


def read(settings, path):
    """Take over the settings.toml at ``path``: a generator that yields every few lines. Settings that depend on each other
    are checked by ``lay_over``."""
    try:
        with open(path, "rb") as file:
            yield from toml.read(toml.lines_of(file), take_line, settings)
    except OSError:
        settings.is_missing = True


def load(path, entries=()):
    """The Settings from settings.toml at ``path`` and the page's ``entries``."""
    settings = Settings()
    for _ in read(settings, path):
        pass
    lay_over(settings, entries)
    return settings


def merged_entries(settings, entries, texts):
    """``entries`` with the checked ``texts`` entered; ``settings`` has what settings.toml says now."""
    result = [entry for entry in entries if entry[0] not in texts]
    for row in SCHEMA:
        key = row[KEY]
        if texts.get(key) is None:
            continue
        in_file = file_value(settings, row)
        if in_file is None or texts[key] != str(in_file):
            result.append((key, texts[key], settings.file_text(key)))
    return result
