# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Whole sessions of the twin on file, for programs that read what the box said.

line.pcap  what is on the powerline between charger and car
bus.pcap   what the box and its own modem say to each other, the line's frames among it
"""

import functools
import shutil
import struct
import tempfile
from pathlib import Path

from host_tests.support.starts import started
from host_tests.twin.pcap import PcapWriter, read_frames
from host_tests.twin.world import World

# Five makers' stacks and the plain car; the ways of leaving are those of `twin.car.habits`.
CARS = ("virtual", "ioniq", "tesla_y", "tesla_x", "audi_q4", "polestar2")
CM_SLAC_MATCH_CNF = b"\x7d\x60"
_V2GTP_EXI = b"\x01\xfe\x80\x01"


class Recording:
    """From power-on to AC charging, with one plug-in when the box is complete: until then the console is silent.

    :ivar line: path of line.pcap
    :ivar bus: path of bus.pcap
    :ivar car_mac: 6 bytes
    :ivar box_mac: 6 bytes, the source of SLAC_MATCH.CNF
    :ivar key: (NMK, NID) in the box's modem at the moment of SLAC_MATCH.CNF
    :ivar told: what the car said about its battery
    :ivar delivered: what SmartEVSE was posted
    :ivar checkpoints: [(virtual seconds, number)] of the box's console
    :ivar end_s: virtual time at the end
    """

    def __init__(self, directory, name, seed):
        self.name = name
        self.line = directory / f"{name}-line.pcap"
        self.bus = directory / f"{name}-bus.pcap"
        self.key = self.box_mac = None
        with World(seed=seed, pcap=self.line) as world, PcapWriter(self.bus) as bus:
            self._world = world
            world.powerline.pcap.append(self._note_key)
            world.modem.modem.taps.append(lambda now_us, _direction, frame: bus.write(now_us, frame))
            car = world.new_car(name)
            started(world)
            world.plug(car)
            self.charged = world.run_until(lambda: world.charging, 120)
            world.run(1)
            self.car_mac = car.mac
            self.told = dict(car.values)
            self.delivered = [post["values"] for post in world.smartevse.posts]
            self.checkpoints = [
                (entry["t_s"], entry["checkpoint"])
                for entry in world.timeline
                if entry["kind"] == "checkpoint"
            ]
            self.end_s = world.now_s
            self._world = None

    def _note_key(self, _now_us, frame):
        if frame[12:14] == b"\x88\xe1" and frame[15:17] == CM_SLAC_MATCH_CNF:
            self.box_mac = frame[6:12]
            self.key = (self._world.modem.modem.nmk, self._world.modem.modem.nid)

    def from_box(self):
        """Every Ethernet frame of the box, MMEs to its own modem included."""
        return [frame for _, frame in read_frames(self.bus) if frame[6:12] == self.box_mac]


@functools.cache
def _directory():
    return Path(tempfile.mkdtemp(prefix="socbox-sessions-"))


@functools.cache
def recording(name, seed=1):
    """The session of a car of the registry; the same one for all who ask."""
    return Recording(_directory(), name, seed)


def forget():
    """Remove every file."""
    if _directory.cache_info().currsize:
        shutil.rmtree(_directory(), ignore_errors=True)
    _directory.cache_clear()
    recording.cache_clear()


class ExiListener:
    """Collects the EXI messages that stations send, V2GTP over TCP put together from segments.

    ``receive(frame)`` for each Ethernet frame of either side; ``found`` is a set of payloads. A station is who
    answers a SYN. A connection whose beginning was missed is not listened to.
    """

    def __init__(self):
        self.found = set()
        self._flows = {}

    def receive(self, frame):
        frame = bytes(frame)
        if frame[12:14] != b"\x86\xdd" or len(frame) < 74 or frame[20] != 6:
            return
        (payload_length,) = struct.unpack_from(">H", frame, 18)
        source, destination, sequence = struct.unpack_from(">HHI", frame, 54)
        data = frame[54 + (frame[66] >> 4) * 4 : 54 + payload_length]
        key = (frame[6:12], frame[22:54], source, destination)
        if frame[67] & 0x12 == 0x12:
            self._flows[key] = [(sequence + 1) & 0xFFFFFFFF, b""]
            return
        flow = self._flows.get(key)
        if flow is None or not data:
            return
        ahead = (flow[0] - sequence) & 0xFFFFFFFF
        if ahead < len(data):  # all of it new, or its end; a gap or a repetition is left out
            flow[1] += data[ahead:]
            flow[0] = (sequence + len(data)) & 0xFFFFFFFF
            self._split(flow)

    def _split(self, flow):
        while len(flow[1]) >= 8:
            (length,) = struct.unpack_from(">I", flow[1], 4)
            if len(flow[1]) < 8 + length:
                return
            if flow[1].startswith(_V2GTP_EXI):
                self.found.add(flow[1][8 : 8 + length])
            flow[1] = flow[1][8 + length :]
