# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Reading and writing the modem's parameters, each frame lost, repeated, or cut off by a power cut.

Whatever happens, the modem has its old block or the new one, whole, and what the box says of it is true.
"""

import random

import pytest
from appliance.modem.block import CHARGER, Block
from appliance.modem.transfer import DONE, FAILED, OPENING, OTHER, READING, UNCHANGED, WRITING, Transfer

from host_tests.support.model_bench import Bench
from host_tests.twin import parameters

BOX = bytes.fromhex("020000000051")
OPERATION, RESET = b"\xb0\xa0", b"\x1c\xa0"
# Session, six pieces, commit, reset; then six reads.
FRAMES_OF_A_CHANGE = 15
COMMIT_FRAME = 8


class TransferBench(Bench):
    """Driver, modem and one transfer as the loop moves them; ``cut`` is asked about each frame to the modem."""

    def __init__(self, form="chain", role=parameters.CAR, **options):
        super().__init__(**options)
        self.random = random.Random(5)
        self.parameters = self.model.modem.parameters
        self.parameters.role = role
        self.parameters.form = form
        self.transfer = None
        self.sent = 0
        self.answered = 0
        self.cut = None
        self.lost_answer = None
        self._from_host = self.model.modem.from_host
        self._to_host = self.model.modem._to_host
        self.model.modem.from_host = self._tap_request
        self.model.modem._to_host = self._tap_answer
        self.until_ready()

    def _tap_request(self, frame):
        if bytes(frame[15:17]) in (OPERATION, RESET):
            self.sent += 1
            if self.cut is not None and self.cut(self.sent):
                return
        self._from_host(frame)

    def _tap_answer(self, frame):
        if bytes(frame[15:17]) == b"\xb1\xa0":
            self.answered += 1
            if self.answered == self.lost_answer:
                return
        self._to_host(frame)

    def run(self, ms):
        until_ms = self.clock.now_ms + ms
        while self.clock.now_ms < until_ms:
            self.modem.poll(self.now)
            while (frame := self.modem.receive()) is not None:
                if self.transfer is None or not self.transfer.receive(frame, self.now):
                    self.frames.append(bytes(frame))
            if self.transfer is not None:
                self.transfer.poll(self.now)
            self.clock.advance(3000)
        return self

    def finish(self, limit_s=1200):
        end_ms = self.clock.now_ms + 1000 * limit_s
        while not self.transfer.over:
            assert self.clock.now_ms < end_ms, self.transfer.state
            waits = self.transfer._sent and self.modem.ready
            # Minutes of patience in larger steps.
            self.run(30 if waits else 3)
        return self.transfer

    def read(self):
        self.transfer = Transfer(self.modem, BOX, self.random.randbytes)
        assert self.finish().state == DONE, self.transfer.failure
        return Block(self.transfer.module, self.transfer.modem_mac)

    def change(self, block=None):
        """Begin to make a charger's of it."""
        block = block or Block(self.parameters.memory, self.model.modem.modem_mac)
        self.old, self.new = block.module, block.for_charger()
        self.sent = self.answered = 0
        self.transfer = Transfer(
            self.modem,
            BOX,
            self.random.randbytes,
            self.new,
            self.old,
            lambda one, two: Block(one, None).same_but_keys(two),
        )
        return self

    def truth(self):
        """What the flash has, "old" or "new", whole; anything else fails."""
        flash = Block(self.parameters.flash, None)
        assert flash.fault is None
        if flash.same_but_keys(self.new):
            return "new"
        assert flash.same_but_keys(self.old)
        return "old"

    def is_true(self):
        """What the transfer says is what the flash has."""
        transfer, truth = self.transfer, self.truth()
        if transfer.state == DONE:
            assert truth == "new"
        else:
            assert transfer.state == FAILED and transfer.failure
            assert transfer.failure != OTHER
            if "Nothing was changed" in transfer.failure:
                assert truth == "old"
        return truth

    def works_afterwards(self):
        """A second try ends well, whatever the first one left behind."""
        self.cut = self.lost_answer = None
        self.until_ready(60_000)
        if self.parameters.role != CHARGER:
            # A committed block counts at the modem's next start; until then the modem is the car's that it was.
            assert self.change().finish().state == DONE
        self.run(3000)
        assert self.parameters.role == CHARGER


@pytest.mark.parametrize("form", parameters.FORMS)
def test_the_whole_block_is_read(form):
    bench = TransferBench(form)
    block = bench.read()
    assert block.module == bench.parameters.memory
    assert (block.fault, block.mac) == (None, bench.model.modem.modem_mac)
    assert bench.model.violations == []
    assert bench.frames == []


def test_a_block_that_ends_with_a_whole_piece_is_read():
    bench = TransferBench()
    length = 6 * 1400 - parameters.HEADER_BYTES
    bench.parameters.memory = parameters.module_of(
        parameters.new_block(bench.model.modem.modem_mac, parameters.CAR, length)
    )
    assert len(bench.read().module) == 6 * 1400


def test_a_modem_that_refuses_at_first_is_read():
    bench = TransferBench()
    bench.parameters.first_reads_refused = 5
    assert bench.read().fault is None


@pytest.mark.parametrize("form", parameters.FORMS)
@pytest.mark.parametrize("resets_itself", [False, True])
@pytest.mark.parametrize("silently", [False, True])
def test_a_car_s_modem_becomes_a_charger_s(form, resets_itself, silently):
    bench = TransferBench(form)
    bench.parameters.resets_itself = resets_itself
    bench.model.modem.resets_silently = silently
    assert bench.change(bench.read()).finish().state == DONE
    assert bench.truth() == "new"
    assert bench.parameters.flash == bench.new
    assert bench.model.modem.evse
    assert bench.model.violations == []


def test_a_change_takes_the_frames_that_the_cuts_count_on():
    bench = TransferBench().change()
    bench.finish()
    assert bench.sent == FRAMES_OF_A_CHANGE


def lost(bench, number):
    return True


def restart(bench, number):
    bench.model.spontaneous_reboot()
    return True


def supply(bench, number):
    bench.model.power_off()
    bench.clock.after(2_000_000, bench.model.power_on)
    return True


@pytest.mark.slow
@pytest.mark.parametrize("number", range(1, FRAMES_OF_A_CHANGE + 1))
@pytest.mark.parametrize("fault", [lost, restart, supply])
def test_a_request_cut_by(fault, number):
    bench = TransferBench().change()
    bench.cut = lambda sent: sent == number and fault(bench, sent)
    bench.finish()
    # All is begun anew but the commit itself: what it did is looked up, and told.
    assert bench.is_true() == ("old" if number == COMMIT_FRAME else "new")
    bench.works_afterwards()


@pytest.mark.slow
@pytest.mark.parametrize("number", range(1, FRAMES_OF_A_CHANGE))
def test_an_answer_lost(number):
    bench = TransferBench().change()
    bench.lost_answer = number
    bench.finish()
    assert bench.is_true() == "new"
    bench.works_afterwards()


@pytest.mark.parametrize("number", range(1, FRAMES_OF_A_CHANGE + 1))
@pytest.mark.parametrize("off_s", [0.05, 3])
def test_box_and_modem_lose_their_supply(number, off_s):
    """The box has forgotten everything when it comes back; the modem has one of the two blocks."""
    bench = TransferBench().change()
    bench.cut = lambda sent: sent == number
    while bench.sent < number and not bench.transfer.over:
        bench.run(3)
    bench.model.power_off()
    bench.transfer = None
    bench.clock.advance(round(off_s * 1_000_000))
    bench.model.power_on()
    bench.truth()
    bench.works_afterwards()


@pytest.mark.parametrize("number", range(1, FRAMES_OF_A_CHANGE + 1))
def test_the_box_alone_restarts(number):
    bench = TransferBench().change()
    while bench.sent < number and not bench.transfer.over:
        bench.run(3)
    bench.transfer = None
    bench.run(5000)
    bench.truth()
    bench.works_afterwards()


@pytest.mark.parametrize("number", range(2, 9))
def test_stopped_before_the_commit_it_leaves_the_old_block(number):
    bench = TransferBench().change()
    while bench.sent < number:
        bench.run(3)
    if bench.transfer.state in (READING, OPENING, WRITING):
        bench.transfer.fail("A car was plugged in. Nothing is changed.")
        bench.run(5000)
        assert bench.is_true() == "old"
    bench.works_afterwards()


@pytest.mark.parametrize(
    "operation", [parameters.START_SESSION, parameters.WRITE, parameters.COMMIT, parameters.READ_MEMORY]
)
def test_an_operation_that_is_refused_for_ever_ends_in_words(operation):
    bench = TransferBench().change()
    bench.parameters.refuse = (operation,)
    bench.finish()
    assert bench.transfer.state == FAILED
    if operation == parameters.COMMIT:
        assert bench.transfer.failure == UNCHANGED
    bench.is_true()
    bench.parameters.refuse = ()
    bench.works_afterwards()


def test_a_modem_that_cannot_be_written_says_so_and_is_as_before():
    bench = TransferBench().change()
    bench.parameters.writable = False
    assert bench.finish().state == FAILED
    assert "Nothing was changed" in bench.transfer.failure
    assert bench.truth() == "old"


def test_a_modem_that_vanishes_is_given_up_after_a_minute():
    bench = TransferBench().change()
    bench.run(200)
    bench.model.power_off()
    bench.finish(120)
    assert "no longer answers" in bench.transfer.failure


def test_a_key_set_in_between_does_not_hide_that_the_change_is_there():
    bench = TransferBench().change()
    while bench.transfer.state != "checking":
        bench.run(3)
    bench.model.modem.set_key(bytes(range(16)), bytes(range(7)))
    assert bench.finish().state == DONE


def test_another_block_than_the_written_one_is_told():
    bench = TransferBench().change()
    while bench.transfer.state != "checking":
        bench.run(3)
    bench.parameters.memory = parameters.changed(bench.parameters.memory, {0x1700: b"\xff\x00"})
    assert bench.finish().failure == OTHER
