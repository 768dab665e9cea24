# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Copies of the settings for their owner: a backup, restoring one, and settings.toml with everything in it.

``keeper`` is a ``service.Keeper``. Loaded for a page.
"""

from appliance.settings import toml
from appliance.settings.checks import shown
from appliance.settings.schema import DEFAULT, KEY, KIND, NUMBER, SCHEMA, SECRET, Mistake, row_of
from appliance.settings.service import WIFI_KEYS

BACKUP_KIND = "socbox settings"


def _names_a_password(line):
    """True for a line or comment that may contain a password: CircuitPython's, another program's, an old one, or one with
    a colon or nothing in place of =."""
    text = line.upper()
    end = text.rfind("=") + 1
    if not end and text.strip()[:1] != "#":
        end = len(text)
    return "PASSWORD" in text[:end] or "PASSWORD:" in text.replace(" ", "")


# ---- backup and restore


def backup(keeper, with_secrets):
    """{key: value} of every setting that differs from its default."""
    result = {}
    for row in SCHEMA:
        value = keeper.after[row[KEY]]
        if value != row[DEFAULT] and (with_secrets or not row[SECRET]):
            result[row[KEY]] = value
    return result


def changes_of_backup(keeper, backup):
    """What restoring ``backup`` ({key: value}) would change: ({key: text or None}, [what is left out]).

    It locks nobody out: the password of the pages stays, and the network as well unless the backup has everything that
    is needed to join another one.
    """
    changes, left_out = {}, []
    for key in backup:
        if row_of(key) is None:
            left_out.append("%s: this version has no such setting" % shown(key))
    for row in SCHEMA:
        key = row[KEY]
        if key in backup:
            changes[key] = str(backup[key])
        elif not row[SECRET]:
            changes[key] = None
    if changes.pop("WEB_PASSWORD", None) is not None:
        left_out.append("WEB_PASSWORD: the password of these pages is unchanged")
    if not _brings_a_network(keeper, backup):
        for key in WIFI_KEYS:
            changes.pop(key, None)
        left_out.append("WiFi: unchanged, because the file has no password for another network")
    return changes, left_out


def _brings_a_network(keeper, backup):
    ssid = backup.get("WIFI_SSID")
    if not ssid:
        return False
    return "WIFI_PASSWORD" in backup or ssid == keeper.after["WIFI_SSID"]


# ---- settings.toml as it would be


def toml_lines(keeper, with_secrets):
    """Lines of a settings.toml with the settings that take effect at the next restart. The owner's comments are kept."""
    done = []
    for line in _file_lines(keeper.path):
        text = line.strip()
        if text.startswith("["):
            break
        row, value = _row_in(text)
        if row is None:
            if with_secrets or not _names_a_password(line):
                yield line
        elif row[KEY] not in done:
            # The valid line of a key may follow one with a mistake.
            if keeper.after.source(row[KEY]) == "page" or value == keeper.after.file_text(row[KEY]):
                done.append(row[KEY])
            yield _toml_line(keeper, row, line, with_secrets)
    for row in SCHEMA:
        if row[KEY] not in done and keeper.after.source(row[KEY]) == "page":
            yield _toml_line(keeper, row, "", with_secrets)


def _file_lines(path):
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(toml.lines_of(file)):
                try:
                    yield toml.text_of(line or b"", number == 0).rstrip("\r\n")
                except Mistake as mistake:
                    yield "# left out: %s" % mistake
    except OSError:
        return


def _row_in(text):
    """(row of SCHEMA that the line sets or None, its text or None if that is malformed or lacks its quotes)."""
    try:
        key, value, quoted = toml.parse_line(text) or ("", None, True)
    except Mistake:
        key, value, quoted = text.split("=", 1)[0].strip(), None, True
    row = row_of(key)
    return row, value if quoted or row is None or row[KIND] == NUMBER else None


def _toml_line(keeper, row, line, with_secrets):
    value = keeper.after[row[KEY]]
    if row[SECRET] and value and not with_secrets:
        return "# %s = left out of this file" % row[KEY]
    if keeper.after.source(row[KEY]) == "page" or (not with_secrets and (row[SECRET] or _names_a_password(line))):
        return toml.toml_line(row[KEY], value)
    return line
