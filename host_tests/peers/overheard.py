# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Listens in on a whole test run: every EXI message that the box sends in any session of its processes.

Three places: the powerline of every twin, the frames of every ``Secc`` that a test drives itself, the answers
of every ``Session``. Each process of the run leaves its messages in a file, one in hexadecimal a line; the second
opinion reads them all. Sessions in other programs (MicroPython, network namespaces) are not heard.
"""

import functools
import marshal
import shutil
from pathlib import Path

from v2g import exi
from v2g.secc import Secc
from v2g.session import Session

from host_tests.peers.sessions import ExiListener
from host_tests.twin.powerline import Powerline


class Heard(set):
    """Octets of messages; ``deaf`` while a test damages what the box sends, or the box itself."""

    deaf = False

    def add(self, octets):
        if not self.deaf:
            super().add(octets)


FOUND = Heard()
_ROOT = Path(__file__).parents[2]
_FOLDER = _ROOT / "build" / "overheard"
# Beside the messages when those of `said` are among them.
_ALL = _FOLDER / "all"


def forget():
    """What an earlier run left."""
    shutil.rmtree(_FOLDER, ignore_errors=True)


def write(name):
    """The messages of this process, for `read`."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    (_FOLDER / (name + ".txt")).write_text("".join(octets.hex() + "\n" for octets in sorted(FOUND)))


def read():
    """Every distinct message of the run so far, and of the run before it when that was another part of it."""
    found = set(FOUND)
    for path in _FOLDER.glob("*.txt"):
        found.update(bytes.fromhex(line) for line in path.read_text().split())
    return found


def have_all():
    """Whoever had every session of `said` says so."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    _ALL.touch()


def has_all():
    """Whether the run so far had every session of `said`, with the box as it is now."""
    if not _ALL.exists():
        return False
    since = _ALL.stat().st_mtime
    return all(path.stat().st_mtime < since for path in (_ROOT / "CIRCUITPY" / "lib").rglob("*.*"))


def listen():
    """From now on, until the process ends."""
    _listen_to_powerlines()
    _listen_to_stations()
    _listen_to_sessions()


def _listener():
    listener = ExiListener()
    listener.found = FOUND
    return listener


def _listen_to_powerlines():
    build = Powerline.__init__

    @functools.wraps(build)
    def with_listener(self, *args, **kwargs):
        build(self, *args, **kwargs)
        listener = _listener()
        self.pcap.append(lambda _now_us, frame: listener.receive(frame))

    Powerline.__init__ = with_listener


def _listen_to_stations():
    take = Secc.take_frames
    listeners = {}  # by the station's object, kept so that no other gets its place

    @functools.wraps(take)
    def take_and_listen(self):
        frames = take(self)
        if frames and not FOUND.deaf:
            listener = listeners.setdefault(id(self), (self, _listener()))[1]
            for frame in frames:
                listener.receive(frame)
        return frames

    Secc.take_frames = take_and_listen


def _listen_to_sessions():
    answer_to = Session.request
    encoded = set()  # what was said before: to encode it again takes longer than to answer

    @functools.wraps(answer_to)
    def answer_and_listen(self, message, now):
        answer = answer_to(self, message, now)
        if answer is not None and not FOUND.deaf:
            said = self.standard.PROTOCOL, marshal.dumps(answer, 0)
            if said not in encoded:
                FOUND.add(bytes(exi.encode(self.standard.SCHEMA, answer)))
                encoded.add(said)
        return answer

    Session.request = answer_and_listen
