# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A box on the twin that is updated over its web server, in virtual time, and bundles of versions that fail."""

import base64
import functools
import json

from host_tests.tools import bundle
from host_tests.twin.world import SETTINGS_IN_USE, World

PASSWORD = "correct horse"
LOGIN = "Basic " + base64.b64encode(f":{PASSWORD}".encode()).decode()
NEW = "0.2.0"
PAGE_UP_S = 60


@functools.lru_cache
def files(version=NEW):
    return bundle.drive_files(version=version)


def made(version=NEW, changed=None, key=None):
    """An .update of `version`, signed with `key`; `changed` is {path: function of the file's text, of its bytes when it is
    data}."""
    changes = dict(files(version))
    for path, change in (changed or {}).items():
        is_data = path.endswith(".bin")
        changes[path] = change(changes[path]) if is_data else change(changes[path].decode()).encode()
    return bundle.update(changes, key)


class UpdatedBox:
    """A World whose box has its page up. `with UpdatedBox() as box: box.send(made())`"""

    def __init__(self, settings=None, **options):
        self.world = World(
            seed=1, settings=dict(SETTINGS_IN_USE, WEB_PASSWORD=PASSWORD, **(settings or {})), **options
        )
        self.device = self.world.device
        self._lines = self._starts = 0  # looked at so far, and of those
        self._page = False  # since the last start
        self.wait_for_page()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.world.close()

    @property
    def now_s(self):
        return self.world.clock.now_us / 1e6

    def wait_for_page(self, limit_s=PAGE_UP_S):
        assert self.world.run_until(self._has_page, limit_s), self.device.console_text()[-1500:]

    def _has_page(self):
        for _, line in self.device.console[self._lines :]:
            self._lines += 1
            if line.startswith("starting "):
                self._starts += 1
                self._page = False
            self._page = self._page or "page at" in line
        return self._starts == self.device.starts and self._page

    def ask(self, method, path, body=b"", timeout_s=40, **headers):
        """(status, document)."""
        answer = self.world.network.http(
            method, path, {"Authorization": LOGIN, **headers}, body, timeout_s=timeout_s
        )
        document = json.loads(answer.body) if answer.body.strip().startswith(b"{") else answer.body
        return answer.status, document

    def state(self):
        status, document = self.ask("GET", "/api/update")
        assert status == 200, document
        return document

    def send(self, data, agreed="room", start=0):
        """Send a bundle slice by slice; gives the document of the last, or of the first refusal."""
        offset = start
        while offset < len(data):
            status, document = self.ask(
                "POST", f"/api/update?offset={offset}&agreed={agreed}", data[offset : offset + 8192]
            )
            if status != 200:
                return document
            offset = document["next"]
        return document

    def install(self):
        """Have it installed and the box restarted; waits until the restart."""
        starts = self.device.starts
        status, document = self.ask("POST", "/api/update/install", b'{"restart": true}')
        if status == 200:
            assert self.world.run_until(lambda: self.device.starts > starts, 20)
        return document

    def runs(self):
        """The version that the running program says it is."""
        return self.device.modules["appliance.base.version"].VERSION
