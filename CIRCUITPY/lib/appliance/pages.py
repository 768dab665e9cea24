# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The table of everything that the box answers on the web."""

from appliance import actions, answers
from appliance.answers import HTML
from appliance.api import Reads
from appliance.downloads import Downloads
from appliance.site import EVERYONE, OWNER, VIEWER, Site
from appliance.update_web import UpdateActions

_CSS = "text/css; charset=utf-8"
_SCRIPT = "text/javascript; charset=utf-8"

# path, right, file in www/, type. Parts without data are free: the login page needs them as well.
FILES = (
    ("/", VIEWER, "index.html", HTML),
    ("/config", OWNER, "config.html", HTML),
    ("/webserial", OWNER, "webserial.html", HTML),
    ("/resetwifi", OWNER, "resetwifi.html", HTML),
    ("/update", OWNER, "update.html", HTML),
    ("/login", EVERYONE, "login.html", HTML),
    ("/style.css", EVERYONE, "style.css", _CSS),
    ("/common.js", EVERYONE, "common.js", _SCRIPT),
    ("/status.js", EVERYONE, "status.js", _SCRIPT),
    ("/config.js", EVERYONE, "config.js", _SCRIPT),
    ("/webserial.js", EVERYONE, "webserial.js", _SCRIPT),
    ("/update.js", EVERYONE, "update.js", _SCRIPT),
    ("/resetwifi.js", EVERYONE, "resetwifi.js", _SCRIPT),
    ("/login.js", EVERYONE, "login.js", _SCRIPT),
    ("/icon.svg", EVERYONE, "icon.svg", "image/svg+xml"),
)


def _file_handler(path, content_type):
    def send(request):
        try:
            return answers.StaticFile(request, path, content_type)
        except OSError:
            return answers.Answer(request, path + " is missing on the drive.", answers.NOT_FOUND)

    return send


def file_rows(folder):
    """Rows of the static files in ``folder``."""
    return [
        ("GET", path, right, _file_handler(folder + "/" + name, content_type))
        for path, right, name, content_type in FILES
    ]


def new_site(box, folder):
    """The Site of a box, with its pages in ``folder``."""
    reads = Reads(box)
    downloads = Downloads(box)
    site = Site(box.access, box.is_own_name, lambda: box.settings["STATUS_PUBLIC"] == "yes")
    acts = actions.Actions(box, downloads, site.refused_password)
    updates = UpdateActions(box)
    site.add(file_rows(folder))
    site.add(
        (
            ("GET", "/api/status", VIEWER, reads.status),
            ("GET", "/api/log", OWNER, reads.log),
            ("GET", "/api/settings", OWNER, reads.settings),
            ("GET", "/api/backup", OWNER, downloads.backup),
            ("GET", "/settings.toml", OWNER, downloads.toml),
            ("GET", "/capture.pcap", OWNER, downloads.pcap),
            ("GET", "/diagnostics.txt", OWNER, downloads.diagnostics),
            ("POST", "/api/login", EVERYONE, acts.login),
            ("POST", "/api/logout", OWNER, acts.logout),
            ("POST", "/api/settings", OWNER, acts.save_json),
            ("POST", "/save", OWNER, acts.save_form),
            ("POST", "/api/backup", OWNER, acts.secret_file),
            ("POST", "/api/restore", OWNER, acts.restore),
            ("POST", "/api/test/delivery", OWNER, acts.try_delivery),
            ("POST", "/api/test/smartevse", OWNER, acts.try_probe),
            ("POST", "/api/selftest", OWNER, acts.self_test),
            ("POST", "/api/reboot", OWNER, acts.reboot),
            ("POST", "/api/resetwifi", OWNER, acts.reset_wifi),
            ("GET", "/api/update", OWNER, updates.state),
            ("POST", "/api/update", OWNER, updates.take),
            ("POST", "/api/update/install", OWNER, updates.install),
        )
    )
    return site
