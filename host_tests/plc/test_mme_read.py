# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""plc.mme_read against the twin's modem: its parameters are read, and nothing is written."""

import pytest
from plc import mme, mme_read

from host_tests.twin.modem_firmware import build_mme
from host_tests.twin.parameters import CHARGER, Parameters

BOX = b"\x02\x00\x00\x00\x00\x01"
MODEM = b"\x00\xb0\x52\x00\x00\x01"


def ask(parameters, offset, length):
    body, restarts = parameters.execute(mme_read.module_read_req(BOX, offset, length)[20:], 0)
    assert not restarts
    return build_mme(BOX, MODEM, 0, mme_read.VS_MODULE_OPERATION_CNF, b"\x00\xb0\x52" + body)


@pytest.mark.parametrize(("offset", "length"), [(0, 12), (0, 1400), (1400, 1400), (0x1653, 1)])
def test_a_piece_is_what_the_modem_works_with(offset, length):
    parameters = Parameters(MODEM, CHARGER)
    answer = memoryview(ask(parameters, offset, length))
    assert mme_read.is_module_answer(answer)
    at, data = mme_read.module_read(answer)
    assert (at, bytes(data)) == (offset, parameters.memory[offset : offset + length])


def test_a_refusal_has_no_data():
    parameters = Parameters(MODEM, CHARGER)
    parameters.refuse = (0,)
    assert mme_read.module_read(ask(parameters, 0, 12))[1] is None


def test_an_answer_to_a_write_or_a_cut_one_is_none():
    answer = bytearray(ask(Parameters(MODEM, CHARGER), 0, 100))
    assert mme_read.module_read(answer[:59]) is None
    assert mme_read.module_read(answer[:100]) is None
    answer[mme_read.MODULE_OPERATION] = 0x11
    assert mme_read.module_read(answer) is None


def test_only_the_attached_modem_is_asked():
    assert mme_read.module_read_req(BOX, 0, 12)[:6] == mme.LOCAL_MODEM
