# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Clock, medium and chip model through one scripted day, printed line by line; the same on every interpreter.

`test_run_model.py` runs it on CPython and on MicroPython and compares the text.
"""

import binascii
import gc

from host_tests.support.spi_host import BOX, CAR, EVERYONE, SpiHost, ipv6, mme, set_key, sound


def tell(what, data):
    print(what, binascii.hexlify(data).decode() if isinstance(data, (bytes, bytearray)) else data)


def drain(host):
    for frame in host.frames():
        tell(host.clock.now_us, frame)


def matching(host):
    """Key, sounds, profiles, join, a frame each way."""
    host.send(set_key(BOX))
    host.clock.advance(5_000)
    drain(host)
    for countdown in range(9, -1, -1):
        host.car.send(sound(CAR, countdown))
        host.clock.advance(20_000)
        drain(host)
    host.car.send(set_key(CAR))
    host.clock.advance(300_000)
    tell("link", host.car.link_up)
    host.send(mme(EVERYONE, BOX, 0, 0xA000, b"\x00\xb0\x52"))
    host.send(mme(EVERYONE, BOX, 1, 0xA038, b"\x00\x00\x00\xb0\x52"))
    host.send(ipv6(CAR, BOX))
    host.car.send(ipv6(BOX, CAR))
    host.clock.advance(20_000)
    drain(host)
    tell("car got", len(host.car_got))


def bad_weather(host):
    """All line faults at once, then a noisy bus."""
    faults = host.line.faults
    faults.loss_percent = 10
    faults.duplicate_percent = 10
    faults.reorder_percent = 10
    faults.corrupt_percent = 10
    faults.jitter_us = 2000
    for number in range(100):
        host.car.send(ipv6(BOX, CAR, 60 + number))
        host.clock.advance(7_000)
        drain(host)
    tell("faults", sorted(faults.counts.items()))
    tell("line", sorted(host.line.counts.items()))
    host.chip.flip_rate = 0.01
    tell("noise", [host.read(0x1A00) for _ in range(30)])
    host.chip.flip_rate = 0
    host.chip.shift_bits = 1
    tell("shifted", host.transfer(b"\xda\x00\x00\x00"))
    host.chip.shift_bits = 0
    host.chip.configure(8_000_000, 0, 1)
    tell("mode 1", host.transfer(b"\xda\x00\x00\x00"))
    host.chip.configure(8_000_000, 1, 1)


def misuse(host):
    host.read(0x0666)
    host.send(set_key(BOX), clocked=50)
    host.send(set_key(BOX))
    host.read_external(4000)
    host.transfer(b"\x80\x00" + bytes(10))
    for when_us, text in host.chip.violations:
        print(when_us, text)
    host.write(0x0400, 0x0040)
    tell("reset", host.read(0x1A00))
    host.clock.advance(950_000)
    tell("first", host.transfer(b"\xda\x00\x00\x00"))
    tell("counts", sorted(host.chip.counts.items()))
    host.chip.power_off()
    tell("off", host.read(0x1A00))


def main():
    host = SpiHost(seed=11)
    matching(host)
    bad_weather(host)
    misuse(host)
    loader = SpiHost(host_boot=True)
    loader.clock.advance(2_000_000)
    drain(loader)
    gc.collect()
    print("done", host.clock.now_us)


main()
