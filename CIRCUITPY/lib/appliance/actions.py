# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the pages may do: log in and out, save, restore, try the SmartEVSE, restart. All of it is POST.

Whatever blocks is handed to a slow piece, and the answer follows when it is done (``Later``).
"""

import binascii
import json

from appliance import access, answers, settings
from appliance.answers import BadBody
from appliance.keeper import BACKUP_KIND
from appliance.store import StoreError, joined_surrogates

SAVE_LIMIT_MS = 10000
TRY_LIMIT_MS = 20000

CAR_FIRST = "A car is being read; this will be done right after."
BUSY = "The box is busy with the last request. Try again in a moment."

# What takes time to take apart is bounded: 20 ms of work, and 5 for somebody who has not shown the password.
MOST_ESCAPES = 300
MOST_FIELDS = 80
LONGEST_OF_STRANGERS = 300

FORM = "application/x-www-form-urlencoded"


def decoded(text):
    """One name or value of a form; ValueError when it is broken."""
    pieces = text.replace("+", " ").split("%")
    raw = bytearray(pieces[0].encode("utf-8"))
    for at in range(1, len(pieces)):
        piece = pieces[at]
        if len(piece) < 2:
            raise ValueError
        raw.extend(binascii.unhexlify(piece[:2]))
        raw.extend(piece[2:].encode("utf-8"))
    return str(bytes(raw), "utf-8")


def form_fields(body):
    """{name: value} of a form."""
    fields = {}
    for pair in str(body, "utf-8").split("&"):
        name, _, value = pair.partition("=")
        if name:
            fields[decoded(name)] = decoded(value)
    return fields


def fields_of(request):
    """{name: value} of a request's body, JSON or form; {} without a body. Raises BadBody."""
    body = request.body
    if not body:
        return {}
    is_form = wants_page(request)
    if len(body) > LONGEST_OF_STRANGERS and request.who != access.OWNER:
        raise BadBody("The request is too long.")
    if is_form and (body.count(b"&") >= MOST_FIELDS or body.count(b"%") > MOST_ESCAPES):
        raise BadBody("The form is too long.")
    try:
        fields = form_fields(body) if is_form else json.loads(str(body, "utf-8"))
    except (ValueError, TypeError):
        raise BadBody("The request is neither JSON nor a form.")
    if not isinstance(fields, dict):
        raise BadBody("A JSON object is wanted.")
    return fields


def texts_of(values):
    """{key: text} of a JSON object with settings. Raises BadBody."""
    if not isinstance(values, dict):
        raise BadBody("The settings stand in an object.")
    if len(values) > MOST_FIELDS:
        raise BadBody("Too many settings.")
    texts = {}
    for key in values:
        texts[key] = text_of(values[key])
    return texts


def text_of(value):
    """A value of JSON as a setting's text; None stays None. Raises BadBody."""
    if value is None:
        return None
    if isinstance(value, str):
        return joined_surrogates(value)
    if isinstance(value, int):
        return str(value)
    raise BadBody("Values are texts or whole numbers.")


def wants_page(request):
    """True for a plain form, whose answer is another page."""
    return request.headers.get_directive("Content-Type", "") == FORM


class Actions:
    """Handlers of everything that changes something."""

    def __init__(self, box, downloads, refused_password):
        self._box = box
        self._downloads = downloads
        self._refused_password = refused_password

    # ---- who

    def login(self, request):
        """POST /api/login: the password for a cookie."""
        guard = self._box.access
        password = text_of(fields_of(request).get("password"))
        if not password or not guard.is_password(password):
            return self._refused_password(request)
        guard.throttle.forgive()
        headers = {"Set-Cookie": guard.new_cookie()}
        if wants_page(request):
            return answers.redirect(request, "/", headers)
        return answers.document(request, {"ok": True}, answers.OK, headers)

    def logout(self, request):
        """POST /api/logout: every cookie given out so far ends."""
        self._box.access.end_sessions()
        return answers.document(
            request, {"ok": True}, answers.OK, {"Set-Cookie": self._box.access.no_cookie()}
        )

    # ---- settings

    def save_json(self, request):
        """POST /api/settings: {"values": {KEY: text, or null for what settings.toml says}, "restart": bool}"""
        fields = fields_of(request)
        changes = texts_of(fields.get("values"))
        return self._save(request, changes, bool(fields.get("restart")), [])

    def save_form(self, request):
        """POST /save: a form with settings by name; a secret that is left empty stays as it is."""
        fields = fields_of(request)
        changes = {}
        for key in fields:
            row = settings.row_of(key)
            if row is None or not row[settings.SECRET] or fields[key]:
                changes[key] = text_of(fields[key])
        return self._save(request, changes, False, [])

    def restore(self, request):
        """POST /api/restore: a file that /api/backup gave."""
        fields = fields_of(request)
        if fields.get("kind") != BACKUP_KIND:
            raise BadBody("This file is no backup of a socbox.")
        changes, left_out = self._box.keeper.changes_of_backup(texts_of(fields.get("settings")))
        return self._save(request, changes, False, left_out)

    def reset_wifi(self, request):
        """POST /api/resetwifi: forget the network, then restart."""
        changes = {"WIFI_SSID": "", "WIFI_PASSWORD": ""}
        for key in settings.STATIC_KEYS:
            changes[key] = ""
        return self._save(request, changes, True, [])

    def _save(self, request, changes, restart, left_out):
        box = self._box
        texts, faults = box.keeper.check(changes)
        if faults:
            return answers.document(
                request, {"error": "Please correct what is marked.", "faults": faults}, answers.UNPROCESSABLE
            )
        errand = box.errands.start(box.keeper.save, texts)
        if errand is None:
            return answers.document(request, {"error": BUSY}, answers.CONFLICT)

        def poll():
            return self._saved(request, errand, texts, restart, left_out) if errand.done else None

        def too_late():
            if restart:
                box.restart.ask()
            return answers.document(request, {"ok": False, "pending": True, "text": CAR_FIRST})

        return answers.Later(poll, too_late, SAVE_LIMIT_MS)

    def _saved(self, request, errand, texts, restart, left_out):
        box = self._box
        if errand.error is not None:
            if not isinstance(errand.error, StoreError):
                box.log.trace("settings", errand.error, "not saved\n")
            return answers.document(request, {"error": str(errand.error)}, answers.CONFLICT)
        if restart:
            box.restart.ask()
        headers = None
        if "WEB_PASSWORD" in texts and request.who == access.OWNER:
            # Whoever changed the password stays logged in; every other cookie has ended with the old one.
            headers = {"Set-Cookie": box.access.new_cookie()}
        if wants_page(request):
            return answers.redirect(request, "/config?saved=1", headers)
        return answers.document(
            request,
            {"ok": True, "restart_needed": box.restart_needed, "restarting": restart, "left_out": left_out},
            answers.OK,
            headers,
        )

    # ---- secrets on request

    def secret_file(self, request):
        """POST /api/backup: {"password": ..., "file": "json" or "toml"}: with the secrets in it."""
        fields = fields_of(request)
        if not self._box.access.is_password(text_of(fields.get("password")) or ""):
            return self._refused_password(request)
        if fields.get("file") == "toml":
            return self._downloads.toml(request, True)
        return self._downloads.backup(request, True)

    # ---- the SmartEVSE

    def try_delivery(self, request):
        """POST /api/test/delivery: {"url": ...}, by default the one in force."""
        return self._try(request, self._box.smartevse.try_delivery)

    def try_probe(self, request):
        """POST /api/test/smartevse: {"url": ...}, by default the one in force."""
        return self._try(request, self._box.smartevse.try_probe)

    def _try(self, request, attempt):
        box = self._box
        url = text_of(fields_of(request).get("url"))
        if url is None:
            url = box.keeper.after["SMARTEVSE_URL"]
        try:
            url = settings.checked(settings.row_of("SMARTEVSE_URL"), url)
        except settings.Mistake as mistake:
            return answers.document(request, {"error": str(mistake)}, answers.UNPROCESSABLE)
        if not url:
            return answers.document(request, {"error": "There is no address to try."}, answers.UNPROCESSABLE)
        errand = box.errands.start(attempt, url)
        if errand is None:
            return answers.document(request, {"error": BUSY}, answers.CONFLICT)

        def poll():
            if not errand.done:
                return None
            if errand.error is not None:
                return answers.document(request, {"error": "%s" % errand.error}, answers.INTERNAL)
            return answers.document(request, errand.result)

        def too_late():
            box.errands.cancel(errand)
            text = "A car is being read; try again when it is done."
            return answers.document(request, {"error": text}, answers.UNAVAILABLE)

        return answers.Later(poll, too_late, TRY_LIMIT_MS)

    # ---- the box

    def self_test(self, request):
        """POST /api/selftest: look at all parts now."""
        box = self._box
        before = box.self_test
        box.self_tester.asked = True

        def poll():
            report = box.self_test
            if report is before:
                return None
            return answers.document(request, report.document(box.status.uptime.seconds))

        def too_late():
            return answers.document(request, {"error": CAR_FIRST}, answers.UNAVAILABLE)

        return answers.Later(poll, too_late, TRY_LIMIT_MS)

    def reboot(self, request):
        """POST /api/reboot"""
        box = self._box
        box.restart.ask()
        waits = box.loop.secc.active
        return answers.document(request, {"ok": True, "restarting": True, "after_the_car": waits})
