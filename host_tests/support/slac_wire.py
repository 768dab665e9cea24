# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""SLAC frames as a car and the box's modem send them, octet by octet."""

import struct

BOX = bytes.fromhex("02005e000001")
CAR = bytes.fromhex("02ab34cd56ef")
NEIGHBOUR = bytes.fromhex("02ab34cd0002")
MODEM = bytes.fromhex("00b052aabbcc")
RUN = b"TESLA EV"


def from_air(source, destination, kind, payload, size=60, version=1):
    frame = destination + source + b"\x88\xe1" + bytes((version,)) + struct.pack("<H", kind)
    return (frame + b"\0\0" + payload).ljust(size, b"\0") if version else (frame + payload).ljust(size, b"\0")


def parm_req(car=CAR, run=RUN):
    return from_air(car, b"\xff" * 6, 0x6064, b"\0\0" + run)


def start_atten(car=CAR, run=RUN, sounds=10):
    return from_air(car, b"\xff" * 6, 0x606A, b"\0\0" + bytes((sounds, 6, 1)) + car + run)


def sound(car=CAR, run=RUN, countdown=0):
    payload = b"\0\0" + bytes(17) + bytes((countdown,)) + run
    return from_air(car, b"\xff" * 6, 0x6076, payload + bytes(24), 71)


def profile(car=CAR, level=20, groups=58):
    return from_air(MODEM, b"\xff" * 6, 0x6086, car + bytes((groups, 0)) + bytes([level] * groups), 85)


def atten_rsp(car=CAR, run=RUN, result=0):
    return from_air(car, BOX, 0x606F, b"\0\0" + car + run + bytes(34) + bytes((result,)), 70)


def match_req(car=CAR, run=RUN, evse=BOX, length=0x3E):
    payload = b"\0\0" + bytes((length, 0)) + bytes(17) + car + bytes(17) + evse + run + bytes(8)
    return from_air(car, BOX, 0x607C, payload, 85)


def set_key_cnf(nonce, result=1):
    return from_air(MODEM, BOX, 0x6009, bytes((result,)) + b"\x46\xc3\xe9\x20" + nonce + b"\x04\0\0\xff\0")


def validate_req(car=CAR):
    return from_air(car, BOX, 0x6078, b"\0\0" + bytes((0, 0, 0)), 60)


def amp_map_req(car=CAR, carriers=917):
    return from_air(car, BOX, 0x601C, struct.pack("<H", carriers) + bytes([0x11] * ((carriers + 1) // 2)))


def link_status(up, status=0):
    return from_air(MODEM, BOX, 0xA0B9, b"\0\xb0\x52" + bytes((status, int(up))), 60, version=0)


def host_action(action, modem=MODEM):
    return from_air(modem, BOX, 0xA062, b"\0\xb0\x52" + bytes((action, 1, 0)), 60, version=0)
