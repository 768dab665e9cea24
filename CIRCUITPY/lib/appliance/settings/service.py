# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Keeps the settings in force and those after the next restart, and saves what was changed on a page.

    settings.toml --.
                     >-- laid over each other --> in force since the start --> most keys count at a restart
    store ----------'                         `-> after: what a page shows and changes

Saving blocks as long as ``storage.writing`` says, so a slow piece has to do it.
"""

from appliance.base.parts import Parts
from appliance.settings.settings import PARTS, STATIC_KEYS
from appliance.storage.records import StoreError

# Restored together or not at all, because some of them alone could leave the box without its network.
WIFI_KEYS = ("WIFI_SSID", "WIFI_PASSWORD") + STATIC_KEYS
# In force even in a run without what was saved: with them the owner reaches the page to correct it.
_WAY_IN = WIFI_KEYS + ("WEB_PASSWORD",)


class Keeper:
    """``settings``: in force; ``after``: after the next restart. ``store``: None if saved settings cannot be read; then
    none count, and none can be saved. ``apply(settings)`` is called when keys that need no restart may have changed.

    ``without_saved``: in this run only network and password count of what was saved on the page. ``after`` has all of
    it, so the page shows it, and it is in force after the next restart.
    """

    def __init__(self, path, store, apply, without_saved=False):
        from appliance.settings import reading
        from appliance.settings.schema import row_of

        self.path = path
        self._store = store
        self._apply = apply
        saved = [] if store is None else store.read()
        self._entries = [entry for entry in saved if row_of(entry[0])]
        # They include the box's own secrets, and settings that only a newer version knows; these are kept.
        self.others = [entry for entry in saved if row_of(entry[0]) is None]
        self.has_records = bool(saved)
        self._secrets = None
        used = [entry for entry in self._entries if not without_saved or entry[0] in _WAY_IN]
        self.settings = reading.load(path, used)
        self.after = self.settings
        if len(used) < len(self._entries):
            self.after = reading.load(path, self._entries)

    @property
    def entries(self):
        """The entries of settings saved on the page, see ``storage.records``."""
        return self._entries

    def keep_too(self, secrets):
        """From now on put ``secrets`` (a ``storage.secrets.Secrets``) into every record."""
        self._secrets = secrets

    def _others_to_save(self):
        if self._secrets is None:
            return self.others
        own = self._secrets.entries()
        keys = [entry[0] for entry in own]
        return [entry for entry in self.others if entry[0] not in keys] + own

    def save_network(self, ssid, password):
        """Save a network that was joined. It is in force from now on, even if saving fails. Raises StoreError."""
        texts = {"WIFI_SSID": ssid, "WIFI_PASSWORD": password}
        if self.settings["WIFI_STATIC_ADDRESS"] and ssid != self.settings["WIFI_SSID"]:
            # The fixed address belongs to another network.
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
        """``save`` in steps, a generator: each loads one of the modules that were freed or that write, or reads a few lines
        of settings.toml; the last one does everything else."""
        parts = Parts(PARTS + ("appliance.storage.writing",))
        try:
            while parts.load():
                yield
        except Exception as error:
            # A file is missing on the drive, or there is no memory for it.
            raise StoreError("The part that saves cannot be loaded: %s" % error)
        from appliance.settings import reading, schema
        from appliance.storage import writing

        fresh = reading.Settings()
        for _ in reading.read(fresh, self.path):
            yield
        after = fresh.copied()
        entries = reading.merged_entries(fresh, reading.lay_over(fresh, self._entries), texts)
        if self._store is None:
            raise StoreError("what was saved on this page cannot be read; the log says why")
        writing.write(self._store, entries + self._others_to_save())
        self.has_records = True
        if self._secrets is not None:
            self._secrets.recorded = True
        self._entries = entries
        reading.lay_over(after, entries)
        self.after = after
        for row in schema.SCHEMA:
            if not row[schema.NEEDS_RESTART]:
                self.settings.adopt(row[schema.KEY], after)
        self._apply(self.settings)

    def needs_restart(self):
        """True if something that was saved takes effect only after a restart."""
        return self.settings.values != self.after.values
