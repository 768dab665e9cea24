# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Does the box behave as it did? Whole runs of the twin, this tree beside an earlier commit, compared byte for byte.

    python -m host_tests.tools.oracle COMMIT            the work tree against COMMIT; status 1 if they differ
    python -m host_tests.tools.oracle --record FILE     what this tree does, as JSON (the other tree is asked so)

For changes of the inside that must not show outside. Recorded: every frame on the power line, every POST to the
SmartEVSE, every distinct picture of the display, the JSON documents, the console and the files that were saved.
Both trees run with their own twin, from the same seeds. Code of another length takes other time, so lines cost
nothing in these runs, compiling costs nothing, and what tells times (uptime, ages, stamps of the console) is left out.
"""

import argparse
import base64
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse"
LOGIN = "Basic " + base64.b64encode(f":{PASSWORD}".encode()).decode()
# car, way of leaving (None: its own), state of charge
PLUG_INS = (
    ("virtual", None, 42),
    ("virtual", "power_delivery_first", 7),
    ("ioniq", None, None),
    ("audi_q4", None, None),
    ("tesla_y", "stops_at_once", None),
    ("polestar2", "falls_silent", None),
    ("taycan_left", "loops_after_failed", None),
    ("ix3", "closes_tcp_at_first_cpdres", None),
    ("iso_only", None, None),
)
DOCUMENTS = ("/api/status", "/api/settings", "/api/diagnostics")
# Keys of the documents whose numbers tell times, sizes of the heap or counts of passes.
TIMES = re.compile(
    r"(_s|_ms|_us|_at|age|uptime|seconds|heap|free|passes|slow|worst|histogram|work|next|size|sha256)$"
)
STAMP = re.compile(r"^\d+\.\d{3} ")
SECONDS = re.compile(r"\b\d+(\.\d+)? (s|ms|kB)\b")


class Recorder:
    """Everything that shows outside of one World, as JSON values."""

    def __init__(self, directory, **options):
        from host_tests.twin.world import SETTINGS_IN_USE, World

        self._pcap = Path(directory) / "run.pcap"
        options.setdefault("settings", dict(SETTINGS_IN_USE, WEB_PASSWORD=PASSWORD))
        self.world = World(seed=5, pcap=str(self._pcap), device_options={"charge_lines": False}, **options)
        # Code that is cut into other files takes other time to load: nothing here tells what.
        for cost in ("compile_us_per_line", "file_open_us", "file_call_us", "file_read_us_per_kb"):
            setattr(self.world.device.costs, cost, 0)
        # Nor does a millisecond more or less before a random number is drawn.
        entropy = self.world.drive_dir / "lib/appliance/base/entropy.py"
        entropy.write_text(entropy.read_text().replace("self._ticks().to_bytes", "(0).to_bytes"))
        self.screens = []
        self.documents = {}

    def look(self):
        """Keep the display's picture when it is a new one."""
        if self.world.display is not None:
            image = self.world.display.image()
            digest = hashlib.sha256(image.convert("RGB").tobytes()).hexdigest()[:16]
            if digest not in self.screens:
                self.screens.append(digest)

    def run(self, seconds):
        """Let time go by, looking at the display five times a second."""
        for _ in range(int(seconds * 5)):
            self.world.run(0.2)
            self.look()

    def ask(self, method, path, body=b""):
        """Ask the box's page as the owner and keep the answer; gives it with its times in."""
        answer = self.world.network.http(method, path, {"Authorization": LOGIN}, body, timeout_s=30)
        if answer is None:
            self.documents[f"{method} {path}"] = None
            return None
        text = answer.body.decode("utf-8", "replace") if isinstance(answer.body, bytes) else answer.body
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        key = f"{len(self.documents)} {method} {path.split('?')[0]}"
        self.documents[key] = [answer.status, _without_times(value)]
        return value

    def result(self):
        """What was recorded; closes the world."""
        world = self.world
        saved = {}
        for path in sorted(world.drive_dir.rglob("saved/*/*")):
            saved[path.relative_to(world.drive_dir).as_posix()] = hashlib.sha256(
                path.read_bytes()
            ).hexdigest()
        found = {
            "posts": [post["values"] for post in world.smartevse.posts],
            "screens": self.screens,
            "documents": self.documents,
            "console": [SECONDS.sub("N s", STAMP.sub("", line)) for _, line in world.device.console],
            "saved": saved,
        }
        world.close()
        found["frames"] = [frame.hex() for frame in _frames(self._pcap.read_bytes())]
        return found


def _without_times(value, key=""):
    if isinstance(value, dict):
        return {name: _without_times(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_without_times(one, key) for one in value]
    if not isinstance(value, bool) and TIMES.search(key):
        return "measured"
    return SECONDS.sub("N s", value) if isinstance(value, str) else value


def _frames(pcap):
    at = 24
    while at < len(pcap):
        length = struct.unpack_from("<I", pcap, at + 8)[0]
        yield pcap[at + 16 : at + 16 + length]
        at += 16 + length


# ---- the runs


def plug_in(directory, name, leaving, soc):
    """One car, from the start of the box until it charges and a minute longer."""
    run = Recorder(directory, display="st7789" if name == "ioniq" else "ssd1306")
    run.run(14)
    options = {} if soc is None else {"soc_percent": soc}
    run.world.plug(run.world.new_car(name, leaving, **options))
    run.run(60)
    for path in DOCUMENTS:
        run.ask("GET", path)
    run.world.unplug()
    run.run(15)
    return run.result()


def first_run(directory):
    """From an empty settings.toml to the owner's network, with a phone."""
    from host_tests.twin.phone import Phone

    run = Recorder(directory, settings={})
    run.run(25)
    station = run.world.device.station
    phone = Phone(run.world.network, "android")
    run.documents["phone"] = phone.join(station.ap_ssid, station.ap_password) if station.ap_active else None
    for _ in range(3):
        response = phone.get("http://192.168.4.1/api/setup", timeout_s=3)
        run.documents["setup"] = None if response is None else _without_times(response.json())
        run.run(1)
    response = phone.post("http://192.168.4.1/api/setup/join", {"ssid": "Home", "password": PASSWORD})
    run.documents["join"] = None if response is None else _without_times(response.json())
    run.run(40)
    return run.result()


def save(directory):
    """Settings saved on the page, a restart, and how they are reported then."""
    run = Recorder(directory)
    run.run(25)
    run.ask("GET", "/api/settings")
    run.ask("POST", "/api/settings", json.dumps({"LOG_LEVEL": "debug", "HOSTNAME": "carbox"}).encode())
    run.ask("POST", "/api/restart", b"{}")
    run.run(40)
    run.ask("GET", "/api/settings")
    return run.result()


def update(directory):
    """An update in slices, installed, and the version that runs afterwards."""
    from host_tests.tools import bundle

    run = Recorder(directory)
    run.run(25)
    files = {"lib/appliance/__init__.py": b"# SPDX-FileCopyrightText: 2026 socbox contributors\n"}
    whole = bundle.drive_files(version="0.2.0")
    whole.update(files)
    data = bundle.update(whole)
    offset = 0
    while offset < len(data):
        slice_ = data[offset : offset + 8192]
        state = run.ask("POST", f"/api/update?offset={offset}&agreed=room", slice_)
        run.documents.popitem()
        if not isinstance(state, dict) or "next" not in state:
            run.documents["refused"] = state
            break
        offset = state["next"]
    run.ask("POST", "/api/update/install", b'{"restart": true}')
    run.run(60)
    found = run.result()
    # The update is made from the tree, so its size is the tree's: pictures of its progress are others.
    found["screens"] = found["screens"][-1:]
    return found


def runs():
    """{name: function of a directory}."""
    table = {
        f"{name}, {leaving or 'its own way'}": lambda directory, row=(name, leaving, soc): plug_in(
            directory, *row
        )
        for name, leaving, soc in PLUG_INS
    }
    table.update({"first run": first_run, "save": save, "update": update})
    return table


def record(only=None):
    """{name of the run: what was recorded}."""
    found = {}
    for name, run in runs().items():
        if only and only not in name:
            continue
        with tempfile.TemporaryDirectory() as directory:
            found[name] = run(directory)
    return found


# ---- the comparison


def differences(before, after, path=""):
    """Sentences, one a difference; lists are compared up to their first difference."""
    if type(before) is not type(after):
        return [f"{path}: {_short(before)} became {_short(after)}"]
    if isinstance(before, dict):
        found = []
        for key in sorted(set(before) | set(after)):
            found += differences(before.get(key), after.get(key), f"{path} / {key}" if path else key)
        return found
    if isinstance(before, list):
        for number, (one, other) in enumerate(zip(before, after, strict=False)):
            if one != other:
                return differences(one, other, f"{path} [{number}]")
        if len(before) != len(after):
            return [f"{path}: {len(before)} entries became {len(after)}"]
        return []
    return [] if before == after else [f"{path}: {_short(before)} became {_short(after)}"]


def _short(value):
    text = json.dumps(value)
    return text if len(text) < 300 else text[:297] + "..."


def tree_of(commit, directory):
    """The files of a commit, unpacked."""
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
    path = Path(directory) / "tree.tar"
    path.write_bytes(archive)
    with tarfile.open(path) as tar:
        tar.extractall(directory, filter="data")
    return Path(directory)


def recorded_by(tree, only):
    """What a tree does, recorded by this script in a process of its own."""
    with tempfile.TemporaryDirectory() as directory:
        result = Path(directory) / "recorded.json"
        code = (
            "import sys, runpy; sys.argv[0] = sys.argv[1]; del sys.argv[1];"
            "runpy.run_path(sys.argv[0], run_name='__main__')"
        )
        command = [sys.executable, "-c", code, __file__, "--record", str(result), "--only", only or ""]
        subprocess.run(command, cwd=tree, check=True, env=dict(os.environ, PYTHONPATH=str(tree)))
        return json.loads(result.read_text())


def main():
    parser = argparse.ArgumentParser(
        description="compares the box of this tree with that of an earlier commit"
    )
    parser.add_argument("commit", nargs="?", help="the commit to compare with")
    parser.add_argument("--record", metavar="FILE", help="write what this tree does")
    parser.add_argument("--only", default="", help="only runs whose name has this in it")
    arguments = parser.parse_args()
    if arguments.record:
        Path(arguments.record).write_text(json.dumps(record(arguments.only)))
        return 0
    if not arguments.commit:
        parser.error("which commit?")
    with tempfile.TemporaryDirectory() as directory:
        before = recorded_by(tree_of(arguments.commit, directory), arguments.only)
    after = recorded_by(ROOT, arguments.only)
    found = differences(before, after)
    for line in found:
        print(line)
    frames = sum(len(run["frames"]) for run in after.values())
    print(f"{len(after)} runs, {frames} frames: {len(found) or 'no'} differences to {arguments.commit}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
