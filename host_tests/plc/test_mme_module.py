# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""plc.mme_module against the twin's modem: a parameter block is written in pieces and committed, or refused."""

import pytest
from plc import mme, mme_module, mme_read

from host_tests.twin.modem_firmware import build_mme
from host_tests.twin.parameters import CAR, CHARGER, ROLE_AT, Parameters, changed, checksum

BOX = b"\x02\x00\x00\x00\x00\x01"
MODEM = b"\x00\xb0\x52\x00\x00\x01"
SESSION = b"\x11\x22\x33\x44"


class Bench:
    """A modem's parameters, asked with the box's frames."""

    def __init__(self):
        self.parameters = Parameters(MODEM, CAR)
        self.new = bytes(changed(self.parameters.flash, {ROLE_AT: bytes((CHARGER,))}))

    def ask(self, frame):
        body, _ = self.parameters.execute(frame[20:], 0)
        return build_mme(BOX, MODEM, 0, mme_read.VS_MODULE_OPERATION_CNF, b"\x00\xb0\x52" + body)

    def open(self):
        return self.ask(mme_module.session_req(BOX, SESSION, len(self.new), checksum(self.new)))

    def write(self, at):
        piece = self.new[at : at + mme_module.PIECE_BYTES]
        return self.ask(mme_module.write_req(BOX, SESSION, at, piece)), len(piece)

    def commit(self):
        return self.ask(mme_module.commit_req(BOX, SESSION))


def test_a_block_is_written_in_pieces_and_counts_from_the_commit_on():
    bench = Bench()
    assert mme_module.written(bench.open(), mme_module.START_SESSION, SESSION) is True
    for at in range(0, len(bench.new), mme_module.PIECE_BYTES):
        answer, length = bench.write(at)
        assert mme_module.written(answer, mme_module.WRITE, SESSION) == (at, length)
    assert bench.parameters.flash != bench.new
    assert mme_module.written(bench.commit(), mme_module.COMMIT, SESSION) is True
    assert bench.parameters.flash == bench.new


@pytest.mark.parametrize("operation", [mme_module.START_SESSION, mme_module.WRITE, mme_module.COMMIT])
def test_a_refusal_is_told_apart_from_an_answer_to_something_else(operation):
    bench = Bench()
    bench.parameters.refuse = (operation,)
    answers = {mme_module.START_SESSION: bench.open()}
    answers[mme_module.WRITE] = bench.write(0)[0]
    answers[mme_module.COMMIT] = bench.commit()
    assert mme_module.written(answers.pop(operation), operation, SESSION) is False
    for other in answers.values():
        assert mme_module.written(other, operation, SESSION) is None


def test_an_answer_to_another_session_or_a_short_one_is_none():
    bench = Bench()
    answer = bench.open()
    assert mme_module.written(answer, mme_module.START_SESSION, b"\0\0\0\0") is None
    assert mme_module.written(answer[:59], mme_module.START_SESSION, SESSION) is None


def test_every_request_goes_to_the_attached_modem_alone():
    for frame in (
        mme_module.session_req(BOX, SESSION, 100, 1),
        mme_module.write_req(BOX, SESSION, 0, bytes(10)),
        mme_module.commit_req(BOX, SESSION),
        mme_module.reset_req(BOX),
    ):
        assert frame[:6] == mme.LOCAL_MODEM and mme.is_mme(frame) and len(frame) >= 60
