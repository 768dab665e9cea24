# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The table of everything that the box answers on the web."""

from appliance.web import responses
from appliance.web.responses import HTML
from appliance.web.router import EVERYONE, OWNER, VIEWER

_CSS = "text/css; charset=utf-8"
_SCRIPT = "text/javascript; charset=utf-8"

# path, right, file in www/, type. Parts without data are free: the login page needs them as well.
FILES = (
    ("/", VIEWER, "index.html", HTML),
    ("/config", OWNER, "config.html", HTML),
    ("/webserial", OWNER, "webserial.html", HTML),
    ("/resetwifi", OWNER, "resetwifi.html", HTML),
    ("/update", OWNER, "update.html", HTML),
    ("/modem", OWNER, "modem.html", HTML),
    ("/report", OWNER, "report.html", HTML),
    ("/diary", OWNER, "diary.html", HTML),
    ("/login", EVERYONE, "login.html", HTML),
    ("/style.css", EVERYONE, "style.css", _CSS),
    ("/forms.css", EVERYONE, "forms.css", _CSS),
    ("/details.css", EVERYONE, "details.css", _CSS),
    ("/language.js", EVERYONE, "language.js", _SCRIPT),
    ("/translate.js", EVERYONE, "translate.js", _SCRIPT),
    ("/lang/keys.js", EVERYONE, "lang/keys.js", _SCRIPT),
    ("/lang/de.js", EVERYONE, "lang/de.js", _SCRIPT),
    ("/lang/nl.js", EVERYONE, "lang/nl.js", _SCRIPT),
    ("/lang/fr.js", EVERYONE, "lang/fr.js", _SCRIPT),
    ("/common.js", EVERYONE, "common.js", _SCRIPT),
    ("/helpers.js", EVERYONE, "helpers.js", _SCRIPT),
    ("/status.js", EVERYONE, "status.js", _SCRIPT),
    ("/restart.js", EVERYONE, "restart.js", _SCRIPT),
    ("/details.js", EVERYONE, "details.js", _SCRIPT),
    ("/password.js", EVERYONE, "password.js", _SCRIPT),
    ("/cars.js", EVERYONE, "cars.js", _SCRIPT),
    ("/report.js", EVERYONE, "report.js", _SCRIPT),
    ("/config.js", EVERYONE, "config.js", _SCRIPT),
    ("/webserial.js", EVERYONE, "webserial.js", _SCRIPT),
    ("/update.js", EVERYONE, "update.js", _SCRIPT),
    ("/modem.js", EVERYONE, "modem.js", _SCRIPT),
    ("/diary.js", EVERYONE, "diary.js", _SCRIPT),
    ("/resetwifi.js", EVERYONE, "resetwifi.js", _SCRIPT),
    ("/login.js", EVERYONE, "login.js", _SCRIPT),
    ("/icon.svg", EVERYONE, "icon.svg", "image/svg+xml"),
)


def _file_handler(path, content_type):
    def send(request):
        try:
            return responses.StaticFile(request, path, content_type)
        except OSError:
            return responses.Answer(request, path + " is missing on the drive.", responses.NOT_FOUND)

    return send


def file_rows(folder):
    """Rows of the static files in ``folder``."""
    return [
        ("GET", path, right, _file_handler(folder + "/" + name, content_type))
        for path, right, name, content_type in FILES
    ]


def rows(folder, handlers):
    """Every address: the files in ``folder``, and what ``handlers``, one object for each trade, answer."""
    reads, settings, files, capture, doors, trials, actions, report, updates, modem, diary = handlers
    return file_rows(folder) + [
        ("GET", "/api/status", VIEWER, reads.status),
        ("GET", "/api/reading", VIEWER, reads.reading),
        ("GET", "/api/log", OWNER, reads.log),
        ("GET", "/api/settings", OWNER, settings.read),
        ("GET", "/api/backup", OWNER, files.backup),
        ("GET", "/settings.toml", OWNER, files.toml),
        ("GET", "/capture.pcap", OWNER, capture.pcap),
        ("GET", "/diagnostics.txt", OWNER, report.handler("report")),
        ("POST", "/api/login", EVERYONE, doors.login),
        ("POST", "/api/logout", OWNER, doors.logout),
        ("POST", "/api/settings", OWNER, settings.save_json),
        ("POST", "/save", OWNER, settings.save_form),
        ("POST", "/api/backup", OWNER, files.secret_file),
        ("POST", "/api/restore", OWNER, settings.restore),
        ("POST", "/api/test/delivery", OWNER, trials.delivery),
        ("POST", "/api/test/smartevse", OWNER, trials.probe),
        ("POST", "/api/test/mqtt", OWNER, trials.broker),
        ("POST", "/api/time", OWNER, actions.set_time),
        ("POST", "/api/readnow", OWNER, actions.read_now),
        ("POST", "/api/selftest", OWNER, actions.self_test),
        ("POST", "/api/reboot", OWNER, actions.reboot),
        ("POST", "/api/resetwifi", OWNER, settings.reset_wifi),
        ("GET", "/api/update", OWNER, updates.handler("state")),
        ("POST", "/api/update", OWNER, updates.handler("take")),
        ("POST", "/api/update/check", OWNER, updates.handler("check")),
        ("POST", "/api/update/install", OWNER, updates.handler("install")),
        ("POST", "/api/update/cancel", OWNER, updates.handler("cancel")),
        ("GET", "/api/modem", OWNER, modem.handler("state")),
        ("GET", "/modem.pib", OWNER, modem.handler("file")),
        ("POST", "/api/modem/read", OWNER, modem.handler("read")),
        ("POST", "/api/modem/change", OWNER, modem.handler("change")),
        ("POST", "/api/modem/file", OWNER, modem.handler("take")),
        ("POST", "/api/modem/restore", OWNER, modem.handler("restore")),
        ("GET", "/api/diary", OWNER, diary.handler("list")),
        ("GET", "/diary.csv", OWNER, diary.handler("table")),
        ("POST", "/api/diary/delete", OWNER, diary.handler("delete")),
    ]
