# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Keeps the settings: those in force, those after the next restart, and the way from a page to flash.

    settings.toml --.
                     >-- laid over each other --> in force since the start --> most keys count at a restart
    store ----------'                         `-> after: what a page shows and changes

Saving blocks for 0.1 s, so it is the work of a slow piece.
"""

from appliance import settings
from appliance.settings import DEFAULT, KEY, NEEDS_RESTART, SCHEMA, SECRET

# Restored as a whole or not at all: half of them would leave the box without its network.
_WIFI_KEYS = ("WIFI_SSID", "WIFI_PASSWORD", "WIFI_STATIC_ADDRESS", "WIFI_NETMASK", "WIFI_GATEWAY")
BACKUP_KIND = "socbox settings"


class Keeper:
    """``settings`` in force, ``after`` the next restart. ``apply(settings)`` is called when keys that need no
    restart may have changed."""

    def __init__(self, path, store, getenv, apply):
        self._path = path
        self._store = store
        self._getenv = getenv
        self._apply = apply
        self._entries = store.read()
        self.settings = settings.load(path, getenv, self._entries)
        self.after = self.settings

    def check(self, changes):
        """As ``settings.check_changes``, against what a page shows."""
        return settings.check_changes(self.after, changes)

    def save(self, texts):
        """Save checked ``texts`` ({key: text, or None for what settings.toml says}). Raises StoreError.

        settings.toml is read again: a PC may have changed it since the start.
        """
        fresh = settings.load(self._path, self._getenv)
        entries = settings.merged_entries(fresh, fresh.lay_over(self._entries), texts)
        self._store.write(entries)
        self._entries = entries
        self.after = settings.load(self._path, self._getenv, entries)
        self._adopt()

    def _adopt(self):
        if self.after is not self.settings:
            for row in SCHEMA:
                if not row[NEEDS_RESTART]:
                    self.settings.adopt(row[KEY], self.after)
        self._apply(self.settings)

    def needs_restart(self):
        """True when something saved counts only after a restart."""
        for row in SCHEMA:
            if self.settings[row[KEY]] != self.after[row[KEY]]:
                return True
        return False

    # ---- backup and restore

    def backup(self, with_secrets):
        """{key: value} of everything that is not as delivered."""
        result = {}
        for row in SCHEMA:
            value = self.after[row[KEY]]
            if value != row[DEFAULT] and (with_secrets or not row[SECRET]):
                result[row[KEY]] = value
        return result

    def changes_of_backup(self, backup):
        """What restoring ``backup`` ({key: value}) would change, as ({key: text or None}, [what is left out]).

        Nobody is locked out by it: the password of the pages stays, and so does the network unless the backup
        has all that is needed to join another one.
        """
        changes, left_out = {}, []
        for key in backup:
            if settings.row_of(key) is None:
                left_out.append("%s: this version has no such setting" % key[:40])
        for row in SCHEMA:
            key = row[KEY]
            if key in backup:
                changes[key] = str(backup[key])
            elif not row[SECRET]:
                changes[key] = None
        if changes.pop("WEB_PASSWORD", None) is not None:
            left_out.append("WEB_PASSWORD: the password of these pages stays as it is")
        if not self._brings_a_network(backup):
            for key in _WIFI_KEYS:
                changes.pop(key, None)
            left_out.append("WiFi: stays as it is, for the file has no password for another network")
        return changes, left_out

    def _brings_a_network(self, backup):
        ssid = backup.get("WIFI_SSID")
        if not ssid:
            return False
        return "WIFI_PASSWORD" in backup or ssid == self.after["WIFI_SSID"]

    # ---- settings.toml as it would be

    def toml_lines(self, with_secrets):
        """Lines of a settings.toml that says what counts after the next restart, the owner's comments kept."""
        done = []
        for line in self._file_lines():
            text = line.strip()
            if text.startswith("["):
                break
            row = self._row_in(text)
            if row is None:
                yield line
            elif row[KEY] not in done:
                done.append(row[KEY])
                yield self._toml_line(row, line, with_secrets)
        for row in SCHEMA:
            if row[KEY] not in done and self.after.source(row[KEY]) == "page":
                yield self._toml_line(row, "", with_secrets)

    def _file_lines(self):
        try:
            with open(self._path, "rb") as file:
                for line in file:
                    try:
                        yield line.decode("utf-8").rstrip("\r\n")
                    except UnicodeError:
                        yield "# a line that was not UTF-8 text"
        except OSError:
            return

    def _row_in(self, text):
        """The row of SCHEMA that a line sets, or None."""
        try:
            parsed = settings.parse_line(text)
        except settings.Mistake:
            parsed = (text.split("=", 1)[0].strip(),)
        return settings.row_of(parsed[0]) if parsed else None

    def _toml_line(self, row, line, with_secrets):
        value = self.after[row[KEY]]
        if row[SECRET] and value and not with_secrets:
            return "# %s = left out of this file" % row[KEY]
        if self.after.source(row[KEY]) == "page" or (row[SECRET] and not with_secrets):
            return settings.toml_line(row[KEY], value)
        return line
