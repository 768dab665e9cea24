# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A pcap file of Ethernet frames in virtual time, readable by Wireshark.

A writer is a tap: append it to `Powerline.pcap`. Runs on CPython and on MicroPython.
"""

import struct

MAGIC = 0xA1B2C3D4
LINKTYPE_ETHERNET = 1


class PcapWriter:
    """Writes frames as they come; closing is the caller's duty (or use `with`)."""

    def __init__(self, path, snap_length=65535):
        self.frames = 0
        self._file = open(path, "wb")  # noqa: SIM115 - lives as long as the writer
        self._file.write(struct.pack("<IHHiIII", MAGIC, 2, 4, 0, 0, snap_length, LINKTYPE_ETHERNET))

    def __call__(self, now_us, frame):
        self.write(now_us, frame)

    def write(self, now_us, frame):
        """One frame without FCS at `now_us` of virtual time."""
        length = len(frame)
        self._file.write(struct.pack("<IIII", now_us // 1_000_000, now_us % 1_000_000, length, length))
        self._file.write(bytes(frame))
        self.frames += 1

    def flush(self):
        self._file.flush()

    def close(self):
        self._file.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def read_frames(path):
    """[(microseconds, frame)] of a file this module wrote."""
    with open(path, "rb") as file:
        data = file.read()
    if struct.unpack("<I", data[0:4])[0] != MAGIC:
        raise ValueError("not a little-endian microsecond pcap")
    frames = []
    offset = 24
    while offset < len(data):
        seconds, micros, length, _ = struct.unpack("<IIII", data[offset : offset + 16])
        frames.append((seconds * 1_000_000 + micros, data[offset + 16 : offset + 16 + length]))
        offset += 16 + length
    return frames
