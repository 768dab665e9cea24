# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A real mosquitto on a port of this computer, with mosquitto_sub to listen and mosquitto_pub to publish."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

# On a busy machine.
PATIENCE_S = 60.0
ADDRESS = "192.168.1.40"


def need(what="MQTT at a real broker"):
    """Skip the test, with a sentence, if mosquitto is not installed."""
    if not (shutil.which("mosquitto", path=_path()) and shutil.which("mosquitto_sub")):
        pytest.skip(f"not tested without mosquitto and mosquitto-clients (make setup-system installs them): {what}")


def _path():
    return os.environ.get("PATH", "") + ":/usr/sbin"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """`login`: (user, password) that it asks for, else everybody may in. `directory`: for its configuration."""

    def __init__(self, directory, login=None):
        self.port = free_port()
        self.login = login
        self.wedged = False
        self.ears = []
        self._directory = Path(directory)
        self._program = None
        self._write_configuration()
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()

    def _write_configuration(self):
        lines = [f"listener {self.port} 127.0.0.1", "persistence false", "allow_anonymous true"]
        if self.login is not None:
            file = self._directory / "users"
            file.touch(mode=0o600)
            make = shutil.which("mosquitto_passwd", path=_path())
            subprocess.run([make, "-b", file, *self.login], check=True, capture_output=True)
            lines[2:] = ["allow_anonymous false", f"password_file {file}"]
        if os.geteuid() == 0:
            # Run as root it would change to another user, who cannot read its files.
            lines.append("user root")
        (self._directory / "mosquitto.conf").write_text("\n".join(lines) + "\n")

    def runs(self):
        """True while it can answer."""
        return self._program is not None and not self.wedged

    def start(self):
        """Start it; waits until it listens."""
        command = [shutil.which("mosquitto", path=_path()), "-c", self._directory / "mosquitto.conf"]
        with open(self._directory / "mosquitto.log", "ab") as log:
            self._program = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + PATIENCE_S
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            if self._program.poll() is not None or time.monotonic() > until:
                raise RuntimeError("mosquitto does not start: " + (self._directory / "mosquitto.log").read_text())
            time.sleep(0.02)

    def kill(self):
        """Kill it; its retained messages are gone."""
        if self._program is not None:
            self._program.kill()
            self._program.wait()
            self._program = None
            self.wedged = False

    def wedge(self):
        """Stop the process; the kernel still accepts connections for it."""
        self.wedged = True
        self._program.send_signal(signal.SIGSTOP)

    def free(self):
        """Let the process go on."""
        self._program.send_signal(signal.SIGCONT)
        self.wedged = False

    def close(self):
        for ear in self.ears:
            ear.close()
        self.kill()

    def _options(self):
        options = ["-h", "127.0.0.1", "-p", str(self.port)]
        return options if self.login is None else [*options, "-u", self.login[0], "-P", self.login[1]]

    def listen(self, *topics):
        """An Ear that subscribes to these topics; it hears retained messages first."""
        ear = Ear(["mosquitto_sub", *self._options(), "-F", "%r %t %p", *(part for t in topics for part in ("-t", t))])
        self.ears.append(ear)
        return ear

    def say(self, topic, payload, retain=False):
        """Publish, and wait until the broker has it."""
        command = ["mosquitto_pub", *self._options(), "-q", "1", "-t", topic, "-m", payload]
        subprocess.run(command + (["-r"] if retain else []), check=True, timeout=PATIENCE_S)

    def retained(self, *topics):
        """{topic: payload} of what the broker keeps now under the topics."""
        # The broker sends what it keeps in the order of the topics asked for.
        self.say("socbox-end-of-kept", "end", retain=True)
        options = ["-F", "%t %p", "--retained-only"]
        for topic in (*topics, "socbox-end-of-kept"):
            options += ["-t", topic]
        ear = Ear(["mosquitto_sub", *self._options(), *options])
        try:
            ear.wait(lambda lines: any(line.startswith("socbox-end-of-kept ") for line in lines))
        finally:
            ear.close()
        pairs = [line.split(" ", 1) for line in ear.lines]
        return {pair[0]: pair[1] for pair in pairs if pair[0] != "socbox-end-of-kept"}


class Ear:
    """A mosquitto_sub. `lines`: "<1 when retained> topic payload", in the order in which they came."""

    def __init__(self, command):
        self.lines = []
        self._news = threading.Condition()
        self._program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        for line in self._program.stdout:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()

    def heard(self, topic):
        """Payloads that came under a topic."""
        return [line.split(" ", 2)[2] for line in list(self.lines) if line.split(" ", 2)[1] == topic]

    def wait(self, condition, seconds=PATIENCE_S):
        """Wait, on the wall, until `condition(lines)`."""
        with self._news:
            assert self._news.wait_for(lambda: condition(self.lines), seconds), self.lines[-20:]

    def close(self):
        self._program.kill()
        self._program.wait()
        self._thread.join(10)
        self._program.stdout.close()


def until(world, condition, limit_s=60.0, wall_s=PATIENCE_S, step_s=0.05):
    """Run the world until `condition()`; it fails only after both `limit_s` of virtual and `wall_s` of real time.

    A program beside the twin takes real time, and more of it on a busy machine.
    """
    end_s = world.now_s + limit_s
    wall_end = time.monotonic() + wall_s
    while not condition():
        if world.now_s > end_s and time.monotonic() > wall_end:
            return False
        world.run(step_s)
        if world.now_s > end_s:
            time.sleep(0.01)
    return True
