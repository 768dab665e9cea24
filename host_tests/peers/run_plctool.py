# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Qualcomm's ``plctool`` against the twin's modem: it reads the parameter block and writes another one.

    unshare -n python run_plctool.py        ends with status 0 and a line of figures

``chkpib`` judges what was read, ``setpib`` makes a charger's block of it, ``plctool -P`` writes that one, and after
its restart the modem must have become a charger's, with every other byte as before.
"""

import subprocess
import tempfile
import threading
import time
from pathlib import Path

from host_tests.peers.namespace import BOX, CAR, ip, make_pair
from host_tests.twin.clock import Clock
from host_tests.twin.parameters import CAR as CARS_ROLE
from host_tests.twin.parameters import CHARGER
from host_tests.twin.powerline import CarModem, Powerline
from host_tests.twin.wire import Wire

MODEM_MAC = bytes.fromhex("02b052000101")
MODEM = "02:B0:52:00:01:01"
LONGEST_S = 60
# plctool waits 50 ms for an answer, if it is not told to wait longer: a modem's time, not that of a thread beside it.
PLCTOOL = ("plctool", "-t", "1000", "-i", CAR)


class ModemOnWire:
    """A modem whose host is whatever speaks on an interface; its clock is the one on the wall."""

    def __init__(self, interface):
        self.clock = Clock()
        self.wire = Wire(interface)
        self.modem = CarModem(Powerline(self.clock), MODEM_MAC, self.wire.send)
        self._ends = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        begin_us = time.monotonic_ns() // 1000
        while not self._ends:
            while (frame := self.wire.read()) is not None:
                self.modem.send(frame)
            due_us = time.monotonic_ns() // 1000 - begin_us
            if due_us > self.clock.now_us:
                self.clock.advance(due_us - self.clock.now_us)
            time.sleep(0.0005)

    def close(self):
        self._ends = True
        self._thread.join(5)
        self.wire.close()


def tool(*words):
    """(status, what it said) of a program."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    return done.returncode, done.stdout + done.stderr


def well(*words):
    status, told = tool(*words)
    assert status == 0, (words, told)
    return told


def read_block(directory, name):
    file = Path(directory) / name
    well(*PLCTOOL, "-q", "-p", str(file), MODEM)
    assert "looks good" in well("chkpib", str(file))
    return file


def main():
    make_pair()
    ip("link", "set", BOX, "promisc", "on")
    side = ModemOnWire(BOX)
    modem = side.modem
    with tempfile.TemporaryDirectory() as directory:
        told = well(*PLCTOOL, "-r", MODEM)
        assert "QCA7005" in told, told
        car = read_block(directory, "car.pib")
        assert car.read_bytes() == modem.parameters.memory and modem.parameters.role == CARS_ROLE
        charger = Path(directory) / "charger.pib"
        charger.write_bytes(car.read_bytes())
        well("setpib", str(charger), "F4", "byte", "2")
        well("setpib", str(charger), "1653", "byte", "2")
        well("setpib", str(charger), "74", "hfid", "EVSE")

        begin = time.monotonic()
        told = well(*PLCTOOL, "-x", "-P", str(charger), MODEM)
        took_s = time.monotonic() - begin
        assert modem.parameters.commits == 1, (modem.parameters.commits, told)
        assert modem.parameters.role == CHARGER and modem.evse
        assert read_block(directory, "again.pib").read_bytes() == charger.read_bytes()
    side.close()
    size = len(modem.parameters.flash)
    print(
        f"plctool: {size} bytes read, written in {took_s:.1f} s, its own wait for the restart included, and read again"
    )


if __name__ == "__main__":
    main()
