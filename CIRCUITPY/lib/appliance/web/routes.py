# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The table of everything that the box answers on the web."""

from appliance.web import responses
from appliance.web.access import OWNER
from appliance.web.on_demand import OnDemand
from appliance.web.responses import HTML
from appliance.web.router import EVERYONE, VIEWER

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}

# Address, right, and for each method which of the ``handlers`` answers it with which function. A text of which one line is
# parsed for a request, because tuples and functions for all would take kilobytes.
ADDRESSES = """
/api/status viewer GET=reads.status
/api/reading viewer GET=reads.reading
/api/log owner GET=reads.log
/api/settings owner GET=settings.read POST=settings.save_json
/api/backup owner GET=files.backup POST=files.secret_file
/api/restore owner POST=settings.restore
/api/resetwifi owner POST=settings.reset_wifi
/save owner POST=settings.save_form
/settings.toml owner GET=files.toml
/capture.pcap owner GET=files.pcap
/diagnostics.txt owner GET=report.report
/api/login everyone POST=login.login
/api/logout owner POST=login.logout
/api/test/delivery owner POST=trials.delivery
/api/test/smartevse owner POST=trials.probe
/api/test/mqtt owner POST=trials.broker
/api/time owner POST=actions.set_time
/api/readnow owner POST=actions.read_now
/api/selftest owner POST=actions.self_test
/api/reboot owner POST=actions.reboot
/api/update owner GET=update.state POST=update.take
/api/update/check owner POST=update.check
/api/update/install owner POST=update.install
/api/update/cancel owner POST=update.cancel
/api/modem owner GET=modem.state
/api/modem/read owner POST=modem.read
/api/modem/change owner POST=modem.change
/api/modem/file owner POST=modem.take
/api/modem/restore owner POST=modem.restore
/modem.pib owner GET=modem.file
/api/diary owner GET=diary.list
/api/diary/delete owner POST=diary.delete
/diary.csv owner GET=diary.table
"""

# Right, and addresses of files in www/. A page is called as its file without ".html".
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
            return responses.static_file(request, path, content_type)
        except OSError:
            return responses.Answer(request, path + " is missing on the drive.", 404)

    return send


def found(handlers, folder, path):
    """(right, {method: handler}) of an address, made when somebody asks for it; without a method when it is none of ours.

    ``handlers``: {name: object with handlers, or OnDemand}; ``folder`` has the files.
    """
    # A path cannot contain a blank: the library splits the first line of a request at blanks.
    at = ADDRESSES.find("\n%s " % path)
    if at >= 0:
        _path, right, *answers = ADDRESSES[at : ADDRESSES.find("\n", at + 1)].split()
        return right, dict([_method_and_handler(handlers, answer) for answer in answers])
    for right, paths in FILES:
        if " %s " % path in paths:
            name, content_type = file_of(path)
            return right, {"GET": _file_handler(folder + "/" + name, content_type)}
    return OWNER, {}


def _method_and_handler(handlers, answer):
    method, _, place = answer.partition("=")
    whose, _, name = place.partition(".")
    whose = handlers[whose]
    # An OnDemand has no functions yet.
    return method, whose.handler(name) if isinstance(whose, OnDemand) else getattr(whose, name)
