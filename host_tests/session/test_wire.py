# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""`--ev IFACE`: a car that is another program, on the far end of a virtual Ethernet cable in its own namespace."""

import contextlib
import json
import os
import shutil
import subprocess
import sys

import pytest

from host_tests.support.lateness import Ticker, patiently
from host_tests.twin.wire import with_checksum

NAMESPACE = "socbox-wire"
OURS, THEIRS = "sbwire0", "sbwire1"


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def remove_cable():
    """What is there of it. The cable first: with its namespace it would go too, but some time later."""
    for words in (("link", "del", OURS), ("netns", "del", NAMESPACE)):
        subprocess.run(["ip", *words], capture_output=True, check=False)


@pytest.fixture
def cable():
    """Two ends of a virtual cable, the far one in a network namespace."""
    if os.geteuid() or shutil.which("ip") is None:
        pytest.skip("needs root and the ip command to lay a virtual Ethernet cable")
    remove_cable()
    try:
        ip("netns", "add", NAMESPACE)
        ip("link", "add", OURS, "type", "veth", "peer", "name", THEIRS, "netns", NAMESPACE)
    except subprocess.CalledProcessError as error:
        remove_cable()
        pytest.skip(f"this machine gives no virtual Ethernet cable: {error.stderr.decode().strip()}")
    ip("link", "set", OURS, "up")
    ip("netns", "exec", NAMESPACE, "ip", "link", "set", THEIRS, "up")
    yield
    remove_cable()


@pytest.mark.slow
@pytest.mark.real_time
@pytest.mark.timeout(900)
@pytest.mark.parametrize("matched", [False, True])
def test_a_car_of_another_program_is_read_and_delivered(cable, matched):
    twin = [sys.executable, "-m", "host_tests.twin", "--ev", OURS, "--once", "--json", "--http-port", "0"]
    car = [
        "ip",
        "netns",
        "exec",
        NAMESPACE,
        sys.executable,
        "-m",
        "host_tests.session.run_wire_car",
        THEIRS,
        "58",
    ]
    if matched:
        twin.append("--matched")
    else:
        car.append("slac")
    with Ticker() as ticker:
        patiently(lambda: read_and_delivered(twin, car), ticker, [])


@contextlib.contextmanager
def program(words):
    """It ends with this, be it that something went wrong."""
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def read_and_delivered(twin, car):
    with program(twin) as running:
        events = [json.loads(running.stdout.readline())]
        while not any(event.get("state") == 12 for event in events):
            events.append(json.loads(running.stdout.readline()))
        with program(car) as driving:
            rest, _ = running.communicate(timeout=140)
            said, _ = driving.communicate(timeout=60)
    events += [json.loads(line) for line in rest.splitlines()]
    assert running.returncode == 0, (said, rest)
    assert driving.returncode == 0, said
    result = next(event for event in events if event["kind"] == "result")
    assert (result["soc_read_percent"], result["posted_percent"]) == (58, [58])


def test_checksums_the_kernel_left_open_are_finished():
    header = bytes.fromhex("feedfacecafe02000000000186dd")
    payload = bytes.fromhex("c0010035000c000001020304")
    source, destination = bytes.fromhex("fe80" + "00" * 13 + "01"), bytes.fromhex("fe80" + "00" * 13 + "02")
    ipv6 = bytes.fromhex("60000000") + len(payload).to_bytes(2, "big") + b"\x11\xff" + source + destination
    done = with_checksum(header + ipv6 + payload)
    assert done[:54] == header + ipv6
    # 0xfe80 twice, the addresses' 1 and 2, length 12 twice, protocol 17, ports and data, by hand:
    total = 0xFE80 * 2 + 3 + 12 + 17 + 0xC001 + 0x35 + 12 + 0x0102 + 0x0304
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    assert int.from_bytes(done[60:62], "big") == total ^ 0xFFFF
    assert with_checksum(b"\x00" * 60) == b"\x00" * 60
