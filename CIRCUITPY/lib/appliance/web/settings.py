# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The form of the settings: what it shows, and what is saved, restored and forgotten.

Saving is a job of a slow piece, and the answer follows when it is done (``Later``).
"""

import json

from appliance.settings.checks import checking, file_value
from appliance.settings.copies import BACKUP_KIND, changes_of_backup
from appliance.settings.schema import (
    CHOICES,
    DEFAULT,
    GROUP,
    HIGH,
    KEY,
    KIND,
    LOW,
    NEEDS_RESTART,
    SCHEMA,
    SECRET,
    row_of,
    words,
)
from appliance.settings.settings import STATIC_KEYS, error_texts
from appliance.storage.records import StoreError
from appliance.web import responses
from appliance.web.access import OWNER
from appliance.web.actions import BUSY, CAR_FIRST
from appliance.web.bodies import fields_of, is_on, text_of, texts_of, wants_page
from appliance.web.responses import BadBody, busy

SAVE_LIMIT_MS = 10000
ROWS_A_PIECE = 4


def setting_document(row, texts, keeper):
    """One row of the form; a secret's value stays in the box."""
    key = row[KEY]
    value = keeper.after[key]
    file_text = keeper.after.file_text(key)
    return {
        "key": key,
        "label": texts[0],
        "help": texts[1],
        "kind": row[KIND],
        "default": str(row[DEFAULT]),
        "low": row[LOW],
        "high": row[HIGH],
        "choices": None if row[CHOICES] is None else [str(choice) for choice in row[CHOICES]],
        "secret": row[SECRET],
        "restart": row[NEEDS_RESTART],
        "is_set": value != "",
        "value": None if row[SECRET] else str(value),
        "source": keeper.after.source(key),
        "file": None if row[SECRET] else file_text,
    }


def settings_pieces(keeper, restart_needed):
    """GET /api/settings: every row of the schema with its value, in groups."""
    yield '{"restart_needed": %s, "errors": %s, "groups": [' % (
        "true" if restart_needed else "false",
        json.dumps(error_texts(keeper.after)),
    )
    texts = yield from words()
    names = []
    for row in SCHEMA:
        if row[GROUP] not in names:
            names.append(row[GROUP])
    for number, name in enumerate(names):
        yield '%s{"name": %s, "rows": [' % (", " if number else "", json.dumps(name))
        between = ""
        batch = []
        for row in SCHEMA:
            if row[GROUP] == name:
                batch.append(setting_document(row, texts[row[KEY]], keeper))
                if len(batch) == ROWS_A_PIECE:
                    yield between + json.dumps(batch)[1:-1]
                    between = ", "
                    batch = []
        yield (between + json.dumps(batch)[1:-1] if batch else "") + "]}"
    yield "]}"


class SettingsPages:
    """Handlers. ``status`` knows whether what was saved needs a restart, which ``restart`` makes."""

    def __init__(self, keeper, jobs, status, restart, access, log):
        self._keeper = keeper
        self._jobs = jobs
        self._status = status
        self._restart = restart
        self._access = access
        self._log = log
        # The note in the status about a save that failed when nobody waited for it, or None.
        self._note = None

    def read(self, request):
        """GET /api/settings"""
        return responses.streamed(request, settings_pieces(self._keeper, self._status.restart_needed))

    def save_json(self, request):
        """POST /api/settings: {"values": {KEY: text, or null for what settings.toml says}, "restart": bool}"""
        fields = fields_of(request)
        changes = texts_of(fields.get("values"))
        return self._save(request, changes, is_on(fields, "restart"), [])

    def save_form(self, request):
        """POST /save: a form with settings by name; a secret that is left empty stays as it is."""
        fields = fields_of(request)
        changes = {}
        for key in fields:
            row = row_of(key)
            if row is None or not row[SECRET] or fields[key]:
                changes[key] = text_of(fields[key])
        return self._save(request, changes, False, [])

    def restore(self, request):
        """POST /api/restore: a file that /api/backup gave."""
        fields = fields_of(request)
        if fields.get("kind") != BACKUP_KIND:
            raise BadBody("This is not a socbox backup file.")
        changes, left_out = changes_of_backup(self._keeper, texts_of(fields.get("settings")))
        if is_on(fields, "only_tell"):
            return self._checked(request, changes, lambda texts: self._tell_changes(request, texts, left_out))
        return self._save(request, changes, False, left_out)

    def _checked(self, request, changes, then):
        """What is wrong with ``changes``, found in pieces; where nothing is, what ``then(texts)`` gives in pieces."""

        def pieces():
            after = self._keeper.after
            for found in checking(after, changes):
                if found is None:
                    yield None
            texts, faults = found
            if faults:
                document = {"error": "Please correct what is marked.", "faults": faults}
                yield responses.document(request, document, 422)
            elif after is not self._keeper.after:
                # Another page saved in between.
                yield responses.document(request, {"error": BUSY}, 409)
            else:
                yield from then(texts)

        steps = pieces()
        return responses.Later(lambda: next(steps), lambda: busy(request, "busy", BUSY), SAVE_LIMIT_MS, True)

    def _tell_changes(self, request, texts, left_out):
        """What restoring would change, as [label, now, then]; nothing is saved."""
        after = self._keeper.after
        labels = yield from words()
        rows = []
        for row in SCHEMA:
            key = row[KEY]
            if key not in texts:
                continue
            then = texts[key]
            if then is None:
                then = file_value(after, row)
                then = str(row[DEFAULT] if then is None else then)
            now = str(after[key])
            if then != now:
                rows.append([labels[key][0]] + (["", ""] if row[SECRET] else [now, then]))
        yield responses.document(request, {"changes": rows, "left_out": left_out})

    def reset_wifi(self, request):
        """POST /api/resetwifi: forget the network, then restart."""
        changes = {"WIFI_SSID": "", "WIFI_PASSWORD": ""}
        for key in STATIC_KEYS:
            changes[key] = ""
        return self._save(request, changes, True, [])

    def _save(self, request, changes, restart, left_out):
        return self._checked(request, changes, lambda texts: (self._save_checked(request, texts, restart, left_out),))

    def _save_checked(self, request, texts, restart, left_out):
        late = []
        job = self._jobs.start(self._work, (texts, late, restart), in_steps=True)
        if job is None:
            return responses.document(request, {"error": BUSY}, 409)

        def poll():
            return self._saved(request, job, texts, restart, left_out) if job.done else None

        def too_late():
            if job.done:
                return poll()
            late.append(True)
            return responses.document(request, {"ok": False, "pending": True, "text": CAR_FIRST})

        return responses.Later(poll, too_late, SAVE_LIMIT_MS)

    def _work(self, argument):
        """Save. Once the page went on without the answer (``late``), what follows is done from here."""
        texts, late, restart = argument
        try:
            yield from self._keeper.saving(texts)
        except Exception as error:
            if late:
                self._failed_late(error)
            raise
        self._tell(None)
        if late and restart:
            self._restart.ask()

    def _failed_late(self, error):
        if isinstance(error, StoreError):
            self._log.caution("settings", "not saved: %s" % error)
        else:
            self._log.trace("settings", error, "not saved\n")
        self._tell(str(error))

    def _tell(self, note):
        """Have ``note`` among the notes of the status, in the place of the last one; None: it is settled."""
        notes = self._status.notes
        if self._note in notes:
            notes.remove(self._note)
        self._note = note
        if note is not None:
            notes.append(note)

    def _saved(self, request, job, texts, restart, left_out):
        if job.error is not None:
            if not isinstance(job.error, StoreError):
                self._log.trace("settings", job.error, "not saved\n")
            return responses.document(request, {"error": str(job.error)}, 409)
        if restart:
            self._restart.ask()
        headers = None
        if "WEB_PASSWORD" in texts and request.who == OWNER:
            # A new cookie for the one who changed the password; all others became invalid with the old one.
            headers = {"Set-Cookie": self._access.new_cookie()}
        if wants_page(request):
            return responses.redirect(request, "/config?saved=1", headers)
        document = {
            "ok": True,
            "restart_needed": self._status.restart_needed,
            "restarting": restart,
            "left_out": left_out,
        }
        return responses.document(request, document, 200, headers)
