# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The modem's parameters on MicroPython: judged, made a charger's, written and read back through driver and chip model.

run_modem_parameters.py        ends with "passed" and the number of states that were seen
"""

from appliance.modem.block import CHARGER, Block, checksum
from appliance.modem.transfer import DONE, Transfer
from plc.qca7005 import Qca7005

from host_tests.interpreter.model_bus import SpiDevice
from host_tests.twin import parameters
from host_tests.twin.clock import Clock
from host_tests.twin.powerline import Powerline
from host_tests.twin.qca7005_model import Qca7005Model

BOX = b"\x02\x00\x00\x00\x00\x51"
LONGEST_MS = 60000


def same(one, other):
    return Block(one, None).same_but_keys(other)


def run(clock, modem, transfer):
    """Move one transfer to its end; gives the states it went through."""
    states = []
    begin_ms = clock.now_ms
    while not transfer.over:
        assert clock.now_ms - begin_ms < LONGEST_MS, transfer.state
        now = clock.now_ms
        modem.poll(now)
        frame = modem.receive()
        while frame is not None:
            transfer.receive(frame, now)
            frame = modem.receive()
        transfer.poll(now)
        if not states or states[-1] != transfer.state:
            states.append(transfer.state)
        clock.advance(3000)
    assert transfer.state == DONE, transfer.failure
    return states


def main():
    clock = Clock()
    model = Qca7005Model(clock, Powerline(clock))
    model.modem.parameters.role = parameters.CAR
    modem = Qca7005(SpiDevice(model))
    while not modem.ready:
        modem.poll(clock.now_ms)
        clock.advance(3000)
    read = Transfer(modem, BOX, lambda count: bytes(range(count)))
    seen = run(clock, modem, read)
    block = Block(read.module, read.modem_mac)
    assert block.fault is None, block.fault
    assert checksum(read.module) == parameters.checksum(read.module)
    new = block.for_charger()
    assert len(block.differences(new)) <= 10
    write = Transfer(modem, BOX, lambda count: bytes(range(count)), new, block.module, same)
    seen += run(clock, modem, write)
    assert model.modem.parameters.flash == new
    assert Block(write.module, read.modem_mac).role == CHARGER
    assert model.violations == [], model.violations
    print("passed", len(seen))


main()
