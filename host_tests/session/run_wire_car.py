# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The virtual car as a program of its own on a network interface, in wall time: `run_wire_car.py IFACE SOC [slac]`.

Stands in for foreign car software in the test of `--ev IFACE`. Status 0 when its session ended in good order.
"""

import os
import socket
import sys
import time

from host_tests.twin.car.car import VirtualCar

LIMIT_S = 60


def main(interface, soc, slac):
    """Gives the exit status."""
    car = VirtualCar(b"\x02\x11\x22\x33\x44\x55", os.urandom, soc_percent=soc, habits={"slac": slac})
    started = time.monotonic()
    over = None
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as raw:
        raw.bind((interface, 0))
        raw.settimeout(0.002)
        now = 0
        car.pilot(50, now)
        while now < LIMIT_S * 1000 and over is None:
            for frame in car.take_frames():
                raw.send(frame)
            for event in car.take_events():
                print(now, *event, flush=True)
                if event[0] == "session_over":
                    over = event[1]
            try:
                frame, address = raw.recvfrom(2048)
            except TimeoutError:
                frame = None
            now = int((time.monotonic() - started) * 1000)
            if frame is not None and address[2] != socket.PACKET_OUTGOING:
                # Only its own modem tells a real car of the link; here the answer to SET_KEY stands for it.
                car.receive(frame, now)
                if car.slac.state in ("KEY", "JOIN"):
                    car.link(True, now)
            car.poll(now)
    return 0 if over else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), "slac" in sys.argv[3:]))
