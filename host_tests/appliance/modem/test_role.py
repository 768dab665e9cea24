# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Whose modem is it: the question on the twin's modem, whatever its parameters are made of."""

import pytest
from appliance.modem.role import CAR, CHARGER, NEITHER, Role

from host_tests.support.model_bench import Bench
from host_tests.twin import parameters

MAC = bytes.fromhex("020000000051")
ROLES = {parameters.NOBODY: NEITHER, parameters.CAR: CAR, parameters.CHARGER: CHARGER}


class RoleBench(Bench):
    """Driver and question as the loop moves them; every answer goes to the question first."""

    def __init__(self, role=parameters.CHARGER, form="chain", **options):
        super().__init__(**options)
        self.parameters = self.model.modem.parameters
        self.parameters.role = role
        self.parameters.form = form
        self.told = []
        self.busy = False
        self.asked = []
        self.model.modem.taps.append(self._tap)
        self.question = Role(self.modem, MAC, lambda: not self.busy, self.told.append)

    def _tap(self, _now_us, direction, frame):
        if direction == "host->modem" and frame[15:17] == b"\xb0\xa0":
            self.asked.append((parameters.word(frame, 39, 4), parameters.word(frame, 37, 2)))

    def run(self, ms):
        until_ms = self.clock.now_ms + ms
        while self.clock.now_ms < until_ms:
            self.modem.poll(self.now)
            while (frame := self.modem.receive()) is not None:
                if not self.question.receive(frame, self.now):
                    self.frames.append(bytes(frame))
            self.question.poll(self.now)
            self.clock.advance(3000)
        return self


@pytest.mark.parametrize("form", parameters.FORMS)
@pytest.mark.parametrize("role", ROLES)
def test_the_role_is_read_from_every_form_of_the_parameters(form, role):
    bench = RoleBench(role, form).run(2500)
    assert bench.told == [ROLES[role]]
    assert bench.question.role == ROLES[role]
    assert bench.model.violations == []


def test_a_chain_is_asked_for_its_header_and_one_byte():
    bench = RoleBench().run(2500)
    assert bench.asked == [(0, 40), (96 + 0x1653, 1)]


def test_no_answer_is_left_for_anybody_else():
    bench = RoleBench().run(2500)
    assert [frame for frame in bench.frames if frame[15:17] == b"\xb1\xa0"] == []


def test_nothing_is_asked_while_a_car_is_in_a_session():
    bench = RoleBench()
    bench.busy = True
    bench.run(5000)
    assert bench.asked == []
    bench.busy = False
    assert bench.run(100).told == [CHARGER]


def test_a_modem_that_refuses_at_first_is_asked_again():
    bench = RoleBench()
    bench.parameters.first_reads_refused = 3
    assert bench.run(6000).told == [CHARGER]


@pytest.mark.parametrize("form", parameters.FORMS)
def test_a_modem_that_gives_whole_pieces_only_is_asked_for_them(form):
    bench = RoleBench(parameters.CAR, form)
    bench.parameters.any_piece = False
    assert bench.run(6000).told == [CAR]
    assert {length for _, length in bench.asked[-2:]} <= {1, 1400}


def test_a_modem_that_never_answers_is_asked_sixteen_times_and_left_alone():
    bench = RoleBench()
    bench.parameters.refuse = (parameters.READ_MEMORY,)
    bench.run(20_000)
    assert bench.told == [None]
    assert len(bench.asked) == 16


def test_it_is_asked_again_after_each_start_of_the_modem():
    bench = RoleBench().run(2500)
    bench.parameters.role = parameters.CAR
    bench.model.spontaneous_reboot()
    assert bench.run(2500).told == [CHARGER, CAR]


@pytest.mark.parametrize("what", ["cut", "loop", "nonsense"])
def test_parameters_that_make_no_sense_are_no_role(what):
    bench = RoleBench(form="manifest")
    module = bytearray(bench.parameters.flash)
    if what == "cut":
        module = module[:0x1000]
    elif what == "loop":
        module[parameters.NEXT_AT : parameters.NEXT_AT + 4] = bytes(4)
    else:
        module[96 + 120 :] = b"\xa5" * len(module[96 + 120 :])
    bench.parameters.flash = module
    assert bench.run(20_000).told == [None]
