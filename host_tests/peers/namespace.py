# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Network namespaces for the tests, which vanish with the process that lives in them.

A test starts its script with ``unshare``: whatever interfaces and daemons the script makes, nothing is left
when it ends, however it ends, and nothing ever reaches a real network.
"""

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
    path = Path(__file__).with_name(script)
    command = ("unshare", "-n", "--pid", "--fork", "--kill-child", sys.executable, path, *map(str, arguments))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "CIRCUITPY" / "lib")))}
    result = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=timeout_s
    )
    assert result.returncode == 0, f"{result.stdout[-6000:]}\n{result.stderr[-6000:]}"
    return result.stdout


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
