# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""On MicroPython: frames through the modem driver and the model of the chip, and what they take.

Prints name and value a line. The heap figures are the driver's alone: the bus is replaced by a canned burst.
"""

import gc
import time

from plc.framing import FrameDecoder, FrameEncoder
from plc.qca7005 import Qca7005

from host_tests.interpreter.model_bus import SpiDevice
from host_tests.twin.clock import Clock
from host_tests.twin.powerline import CarModem, Powerline
from host_tests.twin.qca7005_model import Qca7005Model

BOX_MAC = b"\x02\x00\x00\x00\x00\x51"
CAR_MAC = b"\x02\x00\x00\x00\x0c\xa2"
ROUNDS = 200


def frame(destination, source, length, mark):
    """An Ethernet frame that neither modem takes for a message to itself."""
    return destination + source + b"\x86\xdd" + bytes([mark]) * (length - 14)


def session():
    """Boot, frames of many lengths both ways, a block of noise, a restart: counts what arrived unchanged."""
    clock = Clock()
    line = Powerline(clock)
    model = Qca7005Model(clock, line)
    modem = Qca7005(SpiDevice(model))
    at_car = []
    car = CarModem(line, b"\x00\x01\x02\x03\x04\x05", at_car.append)
    at_box = []

    def run(ms):
        until_ms = clock.now_ms + ms
        while clock.now_ms < until_ms:
            modem.poll(clock.now_ms)
            got = modem.receive()
            while got is not None:
                at_box.append(bytes(got))
                got = modem.receive()
            clock.advance(3000)

    run(1100)
    print("status", modem.status)
    for station in (model.modem, car):
        station.set_key(b"k" * 16, b"n" * 7)
    run(500)
    good = 0
    for length in (60, 61, 75, 297, 1000, 1517, 1518):
        there = frame(b"\x33\x33\x00\x00\x00\x01", BOX_MAC, length, length & 0xFF)
        back = frame(BOX_MAC, CAR_MAC, length, length & 0xFF)
        modem.send(there)
        run(10)
        car.send(back)
        run(30)
        good += at_car[-1:] == [there] and at_box[-1:] == [back]
    print("lengths", good)
    model._read_buffer.extend(b"\x12\xaa\xaa\xaa\xaa" * 40)
    run(6)
    car.send(frame(BOX_MAC, CAR_MAC, 60, 9))
    run(200)
    print("after_noise", int(at_box[-1:] == [frame(BOX_MAC, CAR_MAC, 60, 9)]), modem.counts["resync"])
    model.spontaneous_reboot()
    run(1200)
    print("generation", modem.generation, modem.status)
    print("violations", len(model.violations))


def heap_of(work):
    """Bytes that one call of ``work`` leaves on the heap, on average of ROUNDS."""
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for _ in range(ROUNDS):
        work()
    taken = gc.mem_alloc() - before
    gc.enable()
    return taken // ROUNDS


def figures():
    """Heap and time of one frame of 1518 bytes each way, without the bus."""
    data = frame(BOX_MAC, CAR_MAC, 1518, 1)
    stream = b"\x00\x00\x05\xf8\xaa\xaa\xaa\xaa\xee\x05\x00\x00" + data + b"\x55\x55"
    decoder = FrameDecoder(4704)
    encoder = FrameEncoder(2, 1600)

    def one_in():
        count = decoder.room(len(stream))
        decoder.buffer[decoder.end : decoder.end + count] = stream
        decoder.added(count)
        if len(decoder.next_frame()) != 1518 or decoder.next_frame() is not None:
            raise ValueError("frame not found")

    def one_out():
        if encoder.put(data) != 1518:
            raise ValueError("frame not taken")

    for name, work in (("in", one_in), ("out", one_out)):
        taken = heap_of(work)
        began = time.ticks_us()
        for _ in range(ROUNDS):
            work()
        print("frame_" + name, taken, time.ticks_diff(time.ticks_us(), began) // ROUNDS)


session()
figures()
