# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""plc.network_key alone with its modem; how SLAC uses the key is in test_slac.py."""

import pytest
from plc import mme
from plc.network_key import TIMERS_MS, TRIES, NetworkKey
from plc.ticks import ticks_add

from host_tests.support.slac_wire import BOX, MODEM, host_action, set_key_cnf

NOW = (1 << 29) - 500  # the ticks wrap behind the first try


class Bench:
    """A NetworkKey that was asked for a key, and the clock."""

    def __init__(self):
        counter = iter(range(1, 1000))
        self.now = NOW
        self.key = NetworkKey(BOX, lambda count: bytes(next(counter) for _ in range(count)))
        self.key.renew(self.now)

    def sent(self):
        frames = [bytes(frame) for frame in self.key.frames]
        self.key.frames.clear()
        return frames

    def hears(self, frame):
        self.key.receive(mme.mmtype(frame), memoryview(frame), self.now)

    def wait(self, ms):
        self.now = ticks_add(self.now, ms)
        self.key.poll(self.now)

    def confirmed(self):
        self.hears(set_key_cnf(self.sent()[-1][20:24]))
        return self


def test_a_key_goes_to_the_modem_with_the_identifier_that_follows_from_it():
    bench = Bench()
    (frame,) = bench.sent()
    assert frame[41:57] == bench.key.nmk and frame[33:40] == bench.key.nid == mme.nid_from_nmk(bench.key.nmk)
    assert not bench.key.confirmed


def test_the_modems_answer_confirms_it_and_its_firmware_is_asked_for_once():
    bench = Bench().confirmed()
    assert bench.key.confirmed and ("key_set",) in bench.key.events
    assert [mme.mmtype(frame) for frame in bench.sent()] == [mme.VS_SW_VER_REQ]
    bench.key.renew(bench.now)
    bench.confirmed()
    assert bench.sent() == []


def test_a_silent_modem_is_asked_every_second_and_told_as_silent_after_five_tries():
    bench = Bench()
    for _ in range(TRIES - 1):
        bench.wait(TIMERS_MS["BOX_set_key"])
    assert len(bench.sent()) == TRIES and bench.key.events == []
    bench.wait(TIMERS_MS["BOX_set_key"])
    assert bench.key.events == [("failed", "modem_silent", None)]
    bench.wait(TIMERS_MS["BOX_set_key"] - 1)
    assert len(bench.sent()) == 1


def test_every_key_is_another_one_and_an_answer_to_the_last_one_does_not_confirm_it():
    bench = Bench()
    old, nonce = bench.key.nmk, bench.sent()[0][20:24]
    bench.key.renew(bench.now)
    assert bench.key.nmk != old
    bench.hears(set_key_cnf(nonce))
    assert not bench.key.confirmed and bench.key.ignored == 1


def test_a_refusal_is_told_and_the_key_is_sent_again():
    bench = Bench()
    bench.hears(set_key_cnf(bench.sent()[0][20:24], result=0))
    assert bench.key.events == [("failed", "key_refused", None)]
    bench.wait(TIMERS_MS["BOX_set_key"])
    assert len(bench.sent()) == 1


@pytest.mark.parametrize(
    ("modem", "answered"), [(MODEM, True), (mme.LOCAL_MODEM, True), (b"\x00\xb0\x52\x01\x01\x01", False)]
)
def test_a_restart_is_believed_of_the_own_modem_only(modem, answered):
    bench = Bench().confirmed()
    bench.sent()
    bench.key.events.clear()
    bench.hears(host_action(0, modem))
    assert [mme.mmtype(frame) for frame in bench.sent()] == [mme.VS_HOST_ACTION_RSP] * answered
    assert bench.key.events == [("restarted",)] * answered


def test_a_modem_that_is_gone_is_not_asked_until_it_is_back():
    bench = Bench().confirmed()
    bench.key.modem_gone()
    bench.sent()
    bench.wait(60_000)
    assert bench.sent() == [] and not bench.key.confirmed
