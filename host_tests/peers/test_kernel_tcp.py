# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""plc.ipv6 and plc.tcp against a stack that no one here wrote: the Linux kernel's, in a network namespace."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from host_tests.interpreter.micropython import LIBRARY
from host_tests.peers.run_kernel_tcp import SCENARIOS
from host_tests.support.lateness import Ticker

SCRIPT = Path(__file__).with_name("run_kernel_tcp.py")


def missing():
    """Why the kernel cannot be asked here, or None."""
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return "/dev/net/tun is not there or not allowed"
    if not shutil.which("unshare") or not shutil.which("ip"):
        return "needs the programs unshare and ip"
    if subprocess.run(("unshare", "-n", "true"), capture_output=True, check=False).returncode:
        return "needs root for a network namespace"
    return None


REASON = missing()


def begun(scenario):
    return subprocess.Popen(
        ("unshare", "-n", sys.executable, str(SCRIPT), scenario),
        env={**os.environ, "PYTHONPATH": str(LIBRARY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process):
    """(whether it went well, what it told)"""
    try:
        told, _ = process.communicate(timeout=100)
    finally:
        process.kill()
    return process.returncode == 0, told


@pytest.fixture(scope="module")
def beside(request):
    """Every scenario that is asked for, each in a namespace of its own, all at once, as they wait most of the time; and how
    late the machine was meanwhile."""
    items = [item for item in request.session.items if item.path == request.path]
    processes = {item.callspec.params["scenario"]: begun(item.callspec.params["scenario"]) for item in items}
    with Ticker() as ticker:
        yield processes, ticker
    for process in processes.values():
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.mark.real_time
@pytest.mark.skipif(REASON is not None, reason=str(REASON))
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_kernel_gets_along_with_the_box(beside, scenario):
    processes, ticker = beside
    well, told = ended(processes[scenario])
    if not well and ticker.was_late():
        well, told = ended(begun(scenario))
    assert well, told
