# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Updates boxes over the network: `python -m host_tests.tools.update_box FILE ADDRESS... --password PASSWORD`.

One after the other; stops at the first box that does not come back with the new version. Needs nothing but Python.
"""

import argparse
import base64
import json
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

# The manifest's text in the first 4 kB of an .update, without the check sum at their end.
MANIFEST = 4096 - 9
PATIENCE_S = 120
PAUSE_S = 2
ANSWER_S = 40
# While the box restarts, a connection may stay without any answer.
RESTART_ANSWER_S = 5


class Stopped(Exception):
    """The update of a box came to an end; the text tells why."""


class Box:
    """A box at `address` ("192.168.1.50", "socbox.local:8080")."""

    def __init__(self, address, password, pause_s=PAUSE_S):
        self.url = "http://" + address.removeprefix("http://").rstrip("/")
        self._login = "Basic " + base64.b64encode(f":{password}".encode()).decode()
        self._pause_s = pause_s

    def ask(self, path, body=None, timeout_s=ANSWER_S):
        """(status, document); status 0 when nothing answers."""
        # Without a type of its own a body would be taken for a form.
        headers = {"Authorization": self._login, "Content-Type": "application/octet-stream"}
        request = urllib.request.Request(self.url + path, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            try:
                return error.code, json.load(error)
            except ValueError:
                return error.code, {"error": error.reason}
        except (OSError, ValueError):
            return 0, {"error": "no answer"}

    def insist(self, path, body=None):
        """The answer, waiting while the box is busy or away. Stopped with its refusal."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            status, document = self.ask(path, body)
            if status == 200:
                return document
            if status not in (0, 503) or time.monotonic() > deadline:
                raise Stopped(document.get("error", "status %d" % status))
            time.sleep(self._pause_s)

    def send(self, data, agreed, progress):
        """Send what the box has not yet taken."""
        manifest = json.loads(data[:MANIFEST])
        state = self.insist("/api/update")
        same = state["sha256"] == manifest["sha256"] and state["state"] in ("receiving", "written")
        offset = state["next"] if same else 0
        while offset < len(data):
            piece = data[offset : offset + state["slice"]]
            try:
                state = self.insist(f"/api/update?offset={offset}&agreed={agreed}", piece)
            except Stopped:
                state = self.insist("/api/update")
                if state["sha256"] != manifest["sha256"] or state["next"] == offset:
                    raise
            offset = state["next"]
            progress(offset, len(data))

    def install(self, wanted):
        """Restart into the new version and wait until it says so."""
        before = self.insist("/api/update/install", b'{"restart": true}')["version"]
        time.sleep(self._pause_s)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            status, document = self.ask("/api/update", timeout_s=RESTART_ANSWER_S)
            if status == 200 and document["state"] == "idle":
                if document["version"] != wanted:
                    raise Stopped(f"{document['version']} runs, {wanted} did not start")
                return before
            time.sleep(self._pause_s)
        raise Stopped("it did not come back")


def update(box, data, agreed="room", progress=lambda offset, size: None):
    """Bring one box to the version in `data`; gives the version before."""
    box.send(data, agreed, progress)
    return box.install(json.loads(data[:MANIFEST])["version"])


def show_progress(offset, size):
    """One line that changes."""
    print(f"\r{100 * offset // size} %", end="", flush=True)


def main(arguments):
    """Update all; gives the exit status."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("file", type=Path)
    options.add_argument("address", nargs="+")
    options.add_argument("--password", required=True)
    options.add_argument("--older", action="store_true", help="install it even where a newer version runs")
    options.add_argument("--any-publisher", action="store_true", help="install it whoever signed it, or nobody")
    chosen = options.parse_args(arguments)
    data = chosen.file.read_bytes()
    agreed = "room" + ",older" * chosen.older + ",publisher" * chosen.any_publisher
    for address in chosen.address:
        try:
            before = update(Box(address, chosen.password), data, agreed, show_progress)
        except Stopped as stopped:
            print(f"\r{address}: {stopped}", file=sys.stderr)
            return 1
        print(f"\r{address}: {before} -> {json.loads(data[:MANIFEST])['version']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
