# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Network namespaces for the tests, which vanish with the process that lives in them.

A test starts its script with ``unshare``: whatever interfaces and daemons the script makes, nothing is left
when it ends, however it ends, and nothing ever reaches a real network.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CAR, BOX = "car0", "box0"  # the ends of the veth pair


def missing(*programs):
    """Why a peer cannot run here, or None."""
    for program in ("unshare", "ip", *programs):
        if not shutil.which(program):
            return f"the program {program} is not installed"
    made = subprocess.run(
        ("unshare", "-n", "ip", "link", "add", "type", "veth"), capture_output=True, check=False
    )
    if made.returncode:
        return "needs root for a network namespace"
    return None


def need(untested, *programs):
    """Skip, or fail where a skip would hide a peer that was not installed (CI=true)."""
    reason = missing(*programs)
    if reason is None:
        return
    text = f"not tested: {untested} ({reason})"
    if os.environ.get("CI") == "true":
        pytest.fail(text)
    pytest.skip(text)


def run(script, *arguments, timeout_s=100):
    """A script of this directory in a namespace of its own. AssertionError with all it said if it fails."""
    result = subprocess.run(
        _command(script, *arguments), cwd=ROOT, env=_environment(), capture_output=True, text=True, check=False,
        timeout=timeout_s
    )  # fmt: skip
    assert result.returncode == 0, f"{result.stdout[-6000:]}\n{result.stderr[-6000:]}"
    return result.stdout


def _command(script, *arguments):
    path = Path(__file__).with_name(script)
    return ("unshare", "-n", "--pid", "--fork", "--kill-child", sys.executable, path, *map(str, arguments))


def _environment():
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "CIRCUITPY" / "lib")))}


class Kept:
    """A script of this directory that lives in a namespace of its own for many orders, each a line of JSON, and answers
    each with a line: whether it went well, and all that was told."""

    def __init__(self, script):
        self._process = subprocess.Popen(
            _command(script), cwd=ROOT, env=_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def play(self, *order):
        """What was told. AssertionError with it when it went wrong."""
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the script ended"
        well, told = json.loads(line)
        assert well, told[-12000:]
        return told

    def close(self):
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


def ip(*words):
    return subprocess.run(("ip", *words), check=True, capture_output=True, text=True).stdout


def make_pair(car=CAR, box=BOX, car_mac=None):
    """A veth pair: the kernel speaks IPv6 at the car's end, at the box's end it is silent."""
    ip("link", "set", "lo", "up")
    ip("link", "add", box, "type", "veth", "peer", "name", car)
    Path(f"/proc/sys/net/ipv6/conf/{box}/disable_ipv6").write_text("1")
    if car_mac:
        ip("link", "set", car, "address", car_mac)
    # One segment a frame: no card is there to cut a large one.
    ip("link", "set", car, "gso_max_segs", "1")
    ip("link", "set", box, "up")
    ip("link", "set", car, "up")


def wait_for_address(interface=CAR, limit_s=10):
    """Until duplicate-address detection let the kernel have its link-local address."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        told = ip("-6", "addr", "show", "dev", interface)
        if "fe80" in told and "tentative" not in told:
            return
        time.sleep(0.05)
    raise AssertionError(f"{interface} got no address")
