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


@pytest.mark.real_time
@pytest.mark.skipif(REASON is not None, reason=str(REASON))
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_kernel_gets_along_with_the_box(scenario):
    result = subprocess.run(
        ("unshare", "-n", sys.executable, str(SCRIPT), scenario),
        env={**os.environ, "PYTHONPATH": str(LIBRARY)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert result.returncode == 0, result.stdout + result.stderr
