# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Qualcomm's ``pev`` against ``python -m host_tests.twin --ev``: the whole box, its modem and the car's modem.

    unshare -n python run_pev.py RUNS [CARS]        ends with status 0 and a line of figures

A run counts when ``pev -x``, which ends with an error at the first thing it does not like, ends well, when the
box went through every step once, and when the car's modem, which was given the key by ``pev``, is in one
network with the box's. Before that, ``pev -K``, which sounds but chooses nobody, must not get a key.
"""

import contextlib
import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from host_tests.peers.namespace import BOX, CAR, ip, make_pair
from host_tests.support.lateness import Late, Ticker, patiently

PROFILE = """[default]
vehicle identifier = 0102030405060708090A0B0C0D0E0F1011
network membership key = 50D3E4933F855B7040784DF815AA8DB7
network identifier = B0F2E695666B03
attenuation threshold = 40
msound pause = 20
charge time = 1
settle time = 0
"""
CARS = 3
MATCHING = (100, 104, 120, 150, 155)  # the box's checkpoints of one SLAC
# Limits are for a computer that gives each of us a quarter of what it has.
START_S = 160
RUN_S = 80
# The box gives up after 10 s who sounds and chooses nobody.
GIVEN_UP_S = 60
# A silent car's modem leaves the coordinator's list, then three polls a second apart are believed.
LINK_LOST_S = 20
LONGEST_TO_LOSE_S = 80
# The twin and pev live in real time: so many runs may fail because the machine was late, and are made again.
MOST_REPEATS = 40


class Twin:
    """The command line tool and what it says."""

    def __init__(self, pcap):
        command = (sys.executable, "-m", "host_tests.twin", "--ev", BOX, "--json", "--pcap", pcap)
        # pev matches and is never read: after a minute the charger takes its car for charging, and a box leaves that alone.
        command += ("--setting", "ANSWER_CARS=always", "--verbose")
        # Runs that failed because the machine was late are searches to the box, of whose steps it tells five only.
        command += ("--setting", "LOG_LEVEL=D")
        self.process = subprocess.Popen(
            (*command, "--bench-port", "0", "--http-port", "0"), stdout=subprocess.PIPE, text=True
        )
        self.told = []
        self._lines = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(json.loads(line))

    def listen(self, seconds=0.0):
        """Take what was said within that time."""
        end = time.monotonic() + seconds
        while True:
            with contextlib.suppress(queue.Empty):
                self.told.append(self._lines.get(timeout=max(end - time.monotonic(), 0.01)))
                continue
            return

    def wait_for(self, condition, limit_s, since=0):
        end = time.monotonic() + limit_s
        while not any(condition(event) for event in self.told[since:]):
            assert self.process.poll() is None, "the twin ended"
            assert time.monotonic() < end, self.told[-30:]
            self.listen(0.05)

    def checkpoints(self, since):
        return [event["checkpoint"] for event in self.told[since:] if event["kind"] == "checkpoint"]

    def close(self):
        self.process.terminate()
        self.process.wait(20)


def pev(profile, *options):
    command = ("pev", "-i", CAR, "-p", profile, "-x", *options)
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=RUN_S)


def link(up):
    return lambda event: event["kind"] == "link" and event["up"] is up


def sounding_only(twin, profile):
    """A car that only listens how loud it is heard gets no key, and the box gives it up after 10 s."""
    since = len(twin.told)
    result = pev(profile, "-K")
    assert result.returncode == 0, result.stdout + result.stderr
    twin.wait_for(lambda event: "not_chosen" in event["text"], GIVEN_UP_S, since)
    assert twin.checkpoints(since) == [100, 104, 120]
    assert not any(map(link(True), twin.told[since:]))


def one_run(twin, profile):
    since = len(twin.told)
    started = time.monotonic()
    result = pev(profile)
    said = result.stdout + result.stderr
    if "CM_SET_KEY.CNF ?" in said:
        # pev speaks to its own modem there, which is the interface of the twin, and waits some milliseconds.
        raise Late(said)
    assert result.returncode == 0, said
    twin.wait_for(link(False), 20, since)
    done = twin.checkpoints(since)
    assert tuple(number for number in done if number in MATCHING) == MATCHING, done
    assert done.count(190) == 1, done
    assert [event["up"] for event in twin.told[since:] if event["kind"] == "link"] == [True, False]
    times = {
        event["checkpoint"]: event["t_s"] for event in twin.told[since:] if event["kind"] == "checkpoint"
    }
    return times[155] - times[100], time.monotonic() - started


def another_car(twin, number):
    """The silence of the last one is noticed before the next is there."""
    ip("link", "set", CAR, "address", f"02:5e:0c:00:00:{number:02x}")
    if number:
        since = len(twin.told)
        twin.wait_for(lambda event: event.get("checkpoint") == 1, LONGEST_TO_LOSE_S, since)


def all_runs(twin, profile, runs, cars):
    """(times of each run, how late the machine was where one was made again)."""
    figures, repeats = [], []

    def quiet_again():
        twin.listen(1 + LINK_LOST_S / 2)

    with Ticker() as ticker:
        patiently(lambda: sounding_only(twin, profile), ticker, repeats, quiet_again, MOST_REPEATS)
        for number in range(runs):
            if number * cars // runs != (number - 1) * cars // runs:
                another_car(twin, number * cars // runs)
            figures.append(
                patiently(lambda: one_run(twin, profile), ticker, repeats, quiet_again, MOST_REPEATS)
            )
    return figures, repeats


def main(runs, cars=CARS):
    make_pair()
    with tempfile.TemporaryDirectory() as directory:
        profile = Path(directory) / "pev.ini"
        profile.write_text(PROFILE)
        twin = Twin(str(Path(directory) / "line.pcap"))
        try:
            twin.wait_for(lambda event: event["kind"] == "plugged", START_S)
            figures, repeats = all_runs(twin, str(profile), runs, cars)
        finally:
            twin.close()
    if repeats:
        print(f"pev: {len(repeats)} runs were made again because this machine was late: {repeats[-1]}")
    matching = sorted(figure[0] * 1000 for figure in figures)
    print(
        f"pev: {len(figures)} of {runs} runs by {cars} cars; SLAC_PARM.REQ to SLAC_MATCH.CNF "
        f"{matching[0]:.0f} ms to {matching[-1]:.0f} ms, median {matching[len(matching) // 2]:.0f} ms"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
