# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The Josev car over the kernel's IPv6 and TCP against ``v2g.Secc``.

unshare -n --pid --fork --kill-child python run_josev.py SCENARIO [N]       ends with status 0 and figures
unshare -n --pid --fork --kill-child python run_josev.py                    plays [SCENARIO, N] for each line of JSON

All scenarios are played by one car and one Secc, which know nothing of where one scenario ends and the next begins: a
Java machine takes as long to start as ten sessions.
"""

import contextlib
import functools
import io
import json
import os
import random
import statistics
import subprocess
import sys
import time
import traceback

from host_tests.peers.josev import Process
from host_tests.peers.namespace import BOX, CAR, ip, make_pair, wait_for_address
from host_tests.peers.secc_bridge import Bridge, Faults
from host_tests.support.lateness import Ticker, patiently

CHARGER_CAR, CHARGER = "car1", "evse1"
TWIN_CAR, TWIN_BOX = "car2", "box2"
WARM_UP = 10  # sessions for the Java machine to compile what runs often
SESSION_ID_BYTES = 8
MOST_REPEATS = 20  # sessions made again because the machine was late
NO_ISOLATION = "Isolation-Level"  # Josev's reason to go: what the box says about the isolation


class Bench:
    """A bridge and a car."""

    answer = None

    def __init__(self):
        make_pair()
        wait_for_address()
        self.patient = False
        self.bridge = Bridge(BOX, random_bytes=self._random_bytes)
        self.car = Process("ev")
        self.bridge.run_until(self._said, 60)
        assert self.answer == "ready"
        self.ticker = Ticker().__enter__()
        self.begin()

    def begin(self, patient=False):
        """A new scenario: what is told at its end is its own."""
        self.patient = patient
        self.answer = None
        self.last = []
        self.repeats = []
        self.in_time = []  # of each session on a machine in time: SDP requests, segments sent again, and out of the window
        self.bridge.worst_answer_ms = 0.0
        return self

    def _random_bytes(self, count):
        """The number of a session is the same each time, so that most messages are as they were: see `josev.codec`."""
        return os.urandom(count) if self.patient or count != SESSION_ID_BYTES else bytes(range(1, count + 1))

    def session(self, soc, **order):
        """``one_session``, made again when it failed while this machine was late."""
        answer = self.patiently(lambda: self.one_session(soc, **order))
        if not self.ticker.was_late():
            again = [after - before for before, after in zip(self.counted, self._counts(), strict=True)]
            self.in_time.append((answer["sdp"], *again))
        return answer

    def _counts(self):
        counts = self.bridge.secc._tcp.counts
        return counts["retransmit"], counts["out_of_window"]

    def patiently(self, attempt):
        return patiently(attempt, self.ticker, self.repeats, self._quiet_again, MOST_REPEATS)

    def _quiet_again(self):
        self.bridge.run_until(lambda: not self.bridge.secc.active, 60)
        self.bridge.next_car()

    def _said(self):
        if self.car in self.bridge.step(others=[self.car]):
            self.answer = self.car.told()
        return self.answer is not None

    def one_session(self, soc, limit_s=60, **order):
        """One session; what the car says about it. The box must have read ``soc`` and have let the car go."""
        since = len(self.bridge.events)
        self.counted = self._counts()
        self.answer = None
        skipped = self.patient
        self.car.order(interface=CAR, soc=soc, limit_s=limit_s, patient=self.patient, **order)
        end = time.monotonic() + limit_s + 10
        while not self._said():
            assert time.monotonic() < end, self.bridge.events[since:]
            if not skipped and self.asked_to_leave(since):
                # The 3 s that the box gives every car to notice the shutdown, which this one never does.
                skipped = True
                self.bridge.skip_at_next_request(3000)
        self.bridge.run_until(lambda: not self.bridge.secc.active, 60)
        self.sdp_s = self.bridge.first_sdp_s
        self.bridge.next_car()
        events = self.bridge.events[since:]
        readings = [event[1].soc_percent for _, event in events if event[0] == "reading"]
        assert readings == [soc], (soc, readings, events, self.answer)
        ends = [event for _, event in events if event[0] in ("released", "session_end", "failed")]
        assert [event[0] for event in ends] == ["released", "session_end"], ends
        assert ends[1] == ("session_end", "ok")
        assert ends[0][1] in ("the car closed the connection", "the car stopped the session"), ends
        assert self.answer["end"], self.answer
        self.last = events
        return self.answer

    def asked_to_leave(self, since):
        return any(event[:2] == ("checkpoint", 545) for _, event in self.bridge.events[since:])

    def read_after_ms(self):
        """From the SDP request at the box's wire to its reading, last session."""
        read = next(stamp for stamp, event in self.last if event[0] == "reading")
        return (read - self.sdp_s) * 1000

    def end(self):
        if self.repeats:
            print(f"{len(self.repeats)} sessions were made again because this machine was late: {self.repeats[-1]}")


the_bench = functools.cache(Bench)


SEED = 3


def socs(count, seed=SEED):
    """All percentages in turn, shuffled, so that an old value is never taken for a new one."""
    rng = random.Random(seed)
    numbers = []
    while len(numbers) < count:
        part = list(range(101))
        rng.shuffle(part)
        numbers += part
    return numbers[:count]


def spread(values):
    values = sorted(values)
    return f"{statistics.median(values):.0f} ms (fastest {values[0]:.0f}, slowest {values[-1]:.0f})"


def sessions(bench, count, seed=SEED, **order):
    answers, reads = [], []
    for number, soc in enumerate(socs(count, seed)):
        answers.append(bench.session(soc, tls=bool(number & 1), **order))
        reads.append(bench.read_after_ms())
    return answers, reads


def clean(count, seed=SEED, patient=False):
    """Sessions in a row on a clean line, TLS asked in every second one."""
    bench = the_bench().begin(patient)
    tcp, ip6 = bench.bridge.secc._tcp.counts, bench.bridge.secc.ipv6.counts
    before = tcp["malformed"], ip6["bad_checksum"], ip6["malformed"]
    answers, reads = sessions(bench, count, seed)
    assert (tcp["malformed"], ip6["bad_checksum"], ip6["malformed"]) == before, (tcp, ip6)
    assert all(told == (1, 0, 0) for told in bench.in_time), bench.in_time
    bench.end()
    times = [answer["soc_ms"] for answer in answers[WARM_UP:]]
    print(
        f"Josev car, {'every wait as it is' if patient else 'clean line'}: {len(answers)} of {count} sessions in a row, "
        "each with the right state of charge"
    )
    print(f"  nothing asked or sent twice in {len(bench.in_time)} of them, in which this machine was not late")
    if times:
        print(f"  SDP request -> answer to the message with the state of charge: {spread(times)}")
    print(f"  of that until the box has read it: {spread(reads)}; worst answer of the box on this computer "
          f"{bench.bridge.worst_answer_ms:.1f} ms")  # fmt: skip


def iso2(count):
    """The same car with ISO 15118-2 alone: DC messages, external payment, no TLS."""
    bench = the_bench().begin()
    for soc in socs(count, seed=5):
        bench.session(soc, protocols=["ISO_15118_2"])
        (reading,) = [event[1] for _, event in bench.last if event[0] == "reading"]
        assert reading.protocol == "ISO 15118-2", reading.protocol
        assert len(reading.evccid) == 6
    bench.session(50)  # and one of DIN on the same box
    bench.end()
    print(f"Josev car, ISO 15118-2 without TLS: {count} of {count} sessions, each with the right state of charge")


def patient(count, seed):
    """Every wait as it is in the world: the box's 3 s, Josev's 5 s."""
    clean(count, seed, patient=True)


def beside_josev(count):
    """The same car, in one run, turn and turn about at our Secc and at Josev's own."""
    bench = the_bench().begin()
    keeper = Process(
        "secc", CHARGER, prefix=("unshare", "-n", "sh", "-c", f'{_WAIT_FOR_LINK} exec "$@"', "sh")
    )
    try:
        ip("link", "add", CHARGER_CAR, "type", "veth", "peer", "name", CHARGER)
        ip("link", "set", CHARGER, "netns", str(keeper.process.pid))
        ip("link", "set", CHARGER_CAR, "up")
        wait_for_address(CHARGER_CAR)
        assert keeper.told() == "ready"
        ours, theirs = [], []
        for soc in socs(WARM_UP + count):
            ours.append(bench.session(soc, forgetful=True)["soc_ms"])
            theirs.append(bench.patiently(lambda soc=soc: at_their_own(bench, soc)))
    finally:
        keeper.close()
    bench.end()
    print(
        f"SDP request -> answer to the message with the state of charge, {count} sessions each after {WARM_UP}:"
    )
    print(f"  socbox          {spread(ours[WARM_UP:])}")
    print(f"  Josev's SECC    {spread(theirs[WARM_UP:])}")


def at_their_own(bench, soc):
    """Milliseconds to the state of charge at Josev's charger."""
    bench.answer = None
    bench.car.order(interface=CHARGER_CAR, soc=soc, forgetful=True, limit_s=60)
    bench.bridge.run_until(bench._said, 70)
    assert bench.answer["soc_ms"] is not None, bench.answer
    return bench.answer["soc_ms"]


_WAIT_FOR_LINK = (
    f"until ip link show {CHARGER} >/dev/null 2>&1; do sleep 0.05; done; ip link set lo up; ip link set {CHARGER} up; "
    f"until ip -6 addr show dev {CHARGER} | grep -q fe80; do sleep 0.05; done; "
    f"while ip -6 addr show dev {CHARGER} | grep -q tentative; do sleep 0.05; done;"
)


def twin(count):
    """The whole box: device, drive, modem, SmartEVSE. A run of the command line for each plug-in, one car for all."""
    make_pair(TWIN_CAR, TWIN_BOX)
    wait_for_address(TWIN_CAR)
    car = the_bench().car
    times, repeats = [], []
    with Ticker() as ticker:
        for number, soc in enumerate(socs(count)):
            tls = bool(number & 1)
            times.append(
                patiently(lambda soc=soc, tls=tls: one_plug_in(car, soc, tls), ticker, repeats, most=MOST_REPEATS)
            )
    ip("link", "del", TWIN_CAR)
    if repeats:
        print(f"{len(repeats)} plug-ins were made again because this machine was late: {repeats[-1]}")
    print(f"Josev car at the whole twin, device time charged: {count} of {count} plug-ins read and delivered")
    print(f"  SDP request -> state of charge: {spread(times)}")


def one_plug_in(car, soc, tls):
    """Milliseconds from the SDP request to the reading."""
    command = (sys.executable, "-m", "host_tests.twin", "--ev", TWIN_BOX, "--matched", "--once", "--json")
    command += ("--http-port", "0")
    told, answer = [], None
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as box:
        for line in box.stdout:
            told.append(json.loads(line))
            if told[-1]["kind"] == "plugged":
                car.order(interface=TWIN_CAR, soc=soc, limit_s=60, tls=tls, patient=True)
    # The car says how it went before it takes another order.
    if any(event["kind"] == "plugged" for event in told):
        answer = car.told()
    assert box.returncode == 0, (answer, told[-20:])
    read = [event["soc_percent"] for event in told if event.get("checkpoint") == 540]
    posts = [event["post"]["values"]["current_soc"] for event in told if event["kind"] == "post"]
    assert read == posts == [soc], (soc, read, posts)
    at = {event["checkpoint"]: event["t_s"] for event in told if event["kind"] == "checkpoint"}
    return (at[540] - at[201]) * 1000


def small_segments(count):
    """Segments of 88 bytes, the least Linux allows: every larger message arrives in pieces, both ways."""
    bench = the_bench().begin()
    ip("link", "set", CAR, "mtu", "1280")
    sessions(bench, count, mss=88)
    ip("link", "set", CAR, "mtu", "1500")
    bench.end()
    print(f"segments of at most 88 bytes: {count} of {count} sessions")


KINDS = {
    "loss": ({"loss": 5}, "loss 5%"),
    "jitter": ({"delay_ms": 50, "jitter_ms": 50}, "delay 50ms 50ms"),
    "duplication": ({"duplicate": 20}, "duplicate 20%"),
    "reordering": ({"delay_ms": 20, "reorder": 25}, "delay 20ms reorder 25%"),
    "all": (
        {"loss": 5, "delay_ms": 50, "jitter_ms": 50, "duplicate": 10, "reorder": 10},
        "loss 5% delay 50ms 50ms duplicate 10% reorder 10%",
    ),
}


def netem(interface, words):
    """Why the kernel cannot do it, or None."""
    result = subprocess.run(
        ("tc", "qdisc", "replace", "dev", interface, "root", "netem", *words.split()),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return result.stderr.strip() if result.returncode else None


def unfriendly(count):
    """Lost, late, doubled and swapped frames. By the kernel's netem where it has that, else between the veths."""
    bench = the_bench().begin()
    for kind, (ours, words) in KINDS.items():
        reason = netem(CAR, words) or netem(BOX, words)
        faults = None
        if reason:
            faults = Faults(seed=len(kind), **ours)
        bench.bridge.faults = faults
        failed = 0
        for soc in socs(count, seed=len(kind)):
            failed += not honest_tries(bench, soc)
        told = "netem" if reason is None else f"in the bridge, {faults.counts}; tc said: {reason}"
        print(f"{kind} ({words}): {count - failed} of {count} sessions; {told}")
        # Josev gives up for good when it lost all of its answers for 2 s, which no station can cure.
        assert failed <= count // 10 + 1, kind
        if reason is None:
            subprocess.run(("tc", "qdisc", "del", "dev", CAR, "root"), check=True)
            subprocess.run(("tc", "qdisc", "del", "dev", BOX, "root"), check=True)
        bench.bridge.faults = None
        bench.bridge.next_car()
        bench.session(50)  # an honest car afterwards
    bench.end()


class NotRead(Exception):
    """The car went, and the box knows no state of charge."""


def honest_tries(bench, soc):
    """``honest_try``, made again when it failed while this machine was late."""

    def attempt():
        if not honest_try(bench, soc):
            raise NotRead

    try:
        bench.patiently(attempt)
    except NotRead:
        return False
    return True


def honest_try(bench, soc):
    """True when the box read ``soc`` and let the car go; the box never reads anything else."""
    since = len(bench.bridge.events)
    bench.answer = None
    bench.car.order(interface=CAR, soc=soc, limit_s=40)
    bench.bridge.run_until(bench._said, 60)
    bench.bridge.run_until(lambda: not bench.bridge.secc.active, 60)
    bench.bridge.next_car()
    readings = [event[1].soc_percent for _, event in bench.bridge.events[since:] if event[0] == "reading"]
    assert readings in ([soc], []), readings
    released = [event for _, event in bench.bridge.events[since:] if event[0] == "released"]
    assert len(released) == len(readings)
    return bool(readings)


SCENARIOS = {f.__name__: f for f in (clean, iso2, patient, beside_josev, twin, small_segments, unfriendly)}


def play_what_is_ordered():
    """An answer a line: whether it went well, and all that was told."""
    for line in sys.stdin:
        scenario, *numbers = json.loads(line)
        told, well = io.StringIO(), True
        with contextlib.redirect_stdout(told):
            try:
                SCENARIOS[scenario](*numbers)
            except Exception:
                well = False
                print(traceback.format_exc())
        print(json.dumps([well, told.getvalue()]), flush=True)


if __name__ == "__main__":
    if sys.argv[1:]:
        SCENARIOS[sys.argv[1]](*map(int, sys.argv[2:]))
    else:
        play_what_is_ordered()
