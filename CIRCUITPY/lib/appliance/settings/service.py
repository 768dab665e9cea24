# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Keeps the settings: those in force, those after the next restart, and the way from a page to flash.

    settings.toml --.
                     >-- laid over each other --> in force since the start --> most keys count at a restart
    store ----------'                         `-> after: what a page shows and changes

Saving blocks for 0.1 s, so it is the work of a slow piece.
"""

from appliance.settings import checks, settings, toml
from appliance.settings.schema import (
    DEFAULT,
    KEY,
    KIND,
    NEEDS_RESTART,
    NUMBER,
    SCHEMA,
    SECRET,
    STATIC_KEYS,
    Mistake,
    row_of,
)
from appliance.storage.records import StoreError

# Restored as a whole or not at all: half of them would leave the box without its network.
_WIFI_KEYS = ("WIFI_SSID", "WIFI_PASSWORD", "WIFI_STATIC_ADDRESS", "WIFI_NETMASK", "WIFI_GATEWAY")
# Stay in force when a run goes without what was saved: by them its owner reaches the page where it is put right.
_WAY_IN = _WIFI_KEYS + ("WEB_PASSWORD",)
BACKUP_KIND = "socbox settings"


def _names_a_password(line):
    """True for a line or a comment that may give a password: CircuitPython's own, one of another program, an old one, one
    whose = was forgotten or is a colon."""
    text = line.upper()
    end = text.rfind("=") + 1
    if not end and text.strip()[:1] != "#":
        end = len(text)
    return "PASSWORD" in text[:end] or "PASSWORD:" in text.replace(" ", "")


class Keeper:
    """``settings`` in force, ``after`` the next restart. ``store``: None where what was saved cannot be read; then nothing
    was, and nothing can be. ``apply(settings)`` is called when keys that need no restart may have changed.

    ``without_saved``: this run goes without what was saved on the page, but for the network and the password;
    ``after`` has it, so that the page shows it, and the next restart brings it back.
    """

    def __init__(self, path, store, apply, without_saved=False):
        self._path = path
        self._store = store
        self._apply = apply
        saved = [] if store is None else store.read()
        self._entries = [entry for entry in saved if row_of(entry[0])]
        # Among what was saved stand the box's own secrets, and settings that only a newer version knows: they stay.
        self.others = [entry for entry in saved if row_of(entry[0]) is None]
        self.has_records = bool(saved)
        self._secrets = None
        used = [entry for entry in self._entries if not without_saved or entry[0] in _WAY_IN]
        self.settings = settings.load(path, used)
        self.after = self.settings
        if len(used) < len(self._entries):
            self.after = settings.load(path, self._entries)

    @property
    def entries(self):
        """The settings that were saved on the page, as ``storage.records`` has them."""
        return self._entries

    def keep_too(self, secrets):
        """Have ``secrets`` (a storage.secrets.Secrets) in every record from now on."""
        self._secrets = secrets

    def _others_to_save(self):
        if self._secrets is None:
            return self.others
        own = self._secrets.entries()
        keys = [entry[0] for entry in own]
        return [entry for entry in self.others if entry[0] not in keys] + own

    def save_network(self, ssid, password):
        """Save a network that was joined, which is in force from now on, saved or not. Raises StoreError."""
        texts = {"WIFI_SSID": ssid, "WIFI_PASSWORD": password}
        if self.settings["WIFI_STATIC_ADDRESS"] and ssid != self.settings["WIFI_SSID"]:
            # The fixed address was one of another network.
            for key in STATIC_KEYS:
                texts[key] = ""
        for key, text in texts.items():
            self.settings.use(key, text)
        self.save(texts)

    def save(self, texts):
        """Save checked ``texts`` ({key: text, or None for what settings.toml says}). Raises StoreError.

        settings.toml is read again: a PC may have changed it since the start.
        """
        for _ in self.saving(texts):
            pass

    def saving(self, texts):
        """``save`` in steps, a generator: a few lines of settings.toml each, and in the last one everything else."""
        fresh = settings.Settings()
        for _ in fresh.reading(self._path):
            yield
        after = fresh.copied()
        entries = settings.merged_entries(fresh, fresh.lay_over(self._entries), texts)
        if self._store is None:
            raise StoreError("what was saved on this page cannot be read; the log says why")
        self._store.write(entries + self._others_to_save())
        self.has_records = True
        if self._secrets is not None:
            self._secrets.recorded = True
        self._entries = entries
        after.lay_over(entries)
        self.after = after
        for row in SCHEMA:
            if not row[NEEDS_RESTART]:
                self.settings.adopt(row[KEY], after)
        self._apply(self.settings)

    def needs_restart(self):
        """True when something saved counts only after a restart."""
        return any(self.settings[row[KEY]] != self.after[row[KEY]] for row in SCHEMA)

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
            if row_of(key) is None:
                left_out.append("%s: this version has no such setting" % checks.shown(key))
        for row in SCHEMA:
            key = row[KEY]
            if key in backup:
                changes[key] = str(backup[key])
            elif not row[SECRET]:
                changes[key] = None
        if changes.pop("WEB_PASSWORD", None) is not None:
            left_out.append("WEB_PASSWORD: the password of these pages is unchanged")
        if not self._brings_a_network(backup):
            for key in _WIFI_KEYS:
                changes.pop(key, None)
            left_out.append("WiFi: unchanged, because the file has no password for another network")
        return changes, left_out

    def _brings_a_network(self, backup):
        ssid = backup.get("WIFI_SSID")
        if not ssid:
            return False
        return "WIFI_PASSWORD" in backup or ssid == self.after["WIFI_SSID"]

    # ---- settings.toml as it would be

    def toml_lines(self, with_secrets):
        """Lines of a settings.toml that says what takes effect after the next restart, the owner's comments kept."""
        done = []
        for line in self._file_lines():
            text = line.strip()
            if text.startswith("["):
                break
            row, value = self._row_in(text)
            if row is None:
                if with_secrets or not _names_a_password(line):
                    yield line
            elif row[KEY] not in done:
                # The line that counts may come after one with a mistake.
                if self.after.source(row[KEY]) == "page" or value == self.after.file_text(row[KEY]):
                    done.append(row[KEY])
                yield self._toml_line(row, line, with_secrets)
        for row in SCHEMA:
            if row[KEY] not in done and self.after.source(row[KEY]) == "page":
                yield self._toml_line(row, "", with_secrets)

    def _file_lines(self):
        try:
            with open(self._path, "rb") as file:
                for number, line in enumerate(toml.lines_of(file)):
                    try:
                        yield toml.text_of(line or b"", number == 0).rstrip("\r\n")
                    except Mistake as mistake:
                        yield "# left out: %s" % mistake
        except OSError:
            return

    def _row_in(self, text):
        """(the row of SCHEMA that a line sets, or None; its text, None where it cannot be read or lacks its quotes)."""
        try:
            key, value, quoted = toml.parse_line(text) or ("", None, True)
        except Mistake:
            key, value, quoted = text.split("=", 1)[0].strip(), None, True
        row = row_of(key)
        return row, value if quoted or row is None or row[KIND] == NUMBER else None

    def _toml_line(self, row, line, with_secrets):
        value = self.after[row[KEY]]
        if row[SECRET] and value and not with_secrets:
            return "# %s = left out of this file" % row[KEY]
        if self.after.source(row[KEY]) == "page" or (not with_secrets and (row[SECRET] or _names_a_password(line))):
            return toml.toml_line(row[KEY], value)
        return line
