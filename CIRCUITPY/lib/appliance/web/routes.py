# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The table of everything that the box answers on the web."""

from appliance.web import responses
from appliance.web.responses import HTML
from appliance.web.router import EVERYONE, OWNER, VIEWER

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}

# right, addresses of files in www/, a text because twenty-seven take memory. A page is called as its file without ".html".
# Parts without data are free: the login page needs them as well.
FILES = (
    (VIEWER, " / "),
    (OWNER, " /config /webserial /resetwifi /update /modem /report /diary "),
    (
        EVERYONE,
        " /login /style.css /forms.css /tools.css /details.css /icon.svg"
        " /language.js /translate.js /lang/keys.js /lang/de.js /lang/nl.js /lang/fr.js"
        " /common.js /helpers.js /status.js /restart.js /details.js /password.js /cars.js"
        " /report.js /config.js /webserial.js /update.js /modem.js /diary.js /resetwifi.js /login.js ",
    ),
)


def file_of(path):
    """(name of the file in www/ behind an address of FILES, its type)."""
    if "." in path:
        return path[1:], _TYPES[path[path.rfind(".") + 1 :]]
    return (path[1:] or "index") + ".html", HTML


def _file_handler(path, content_type):
    def send(request):
        try:
            return responses.StaticFile(request, path, content_type)
        except OSError:
            return responses.Answer(request, path + " is missing on the drive.", responses.NOT_FOUND)

    return send


def file_rows(folder, path):
    """The rows of a static file in ``folder``, made when somebody asks for it: all of them would take 15 kB. None when
    ``path`` is no address of one."""
    for right, paths in FILES:
        # No path has a blank in it: the library splits the first line of a request at them.
        if " %s " % path in paths:
            name, content_type = file_of(path)
            return [("GET", path, right, _file_handler(folder + "/" + name, content_type))]
    return []


def rows(handlers):
    """What ``handlers``, one object for each trade, answer: every address that is no file."""
    reads, settings, files, capture, doors, trials, actions, report, updates, modem, diary = handlers
    return (
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
    )
