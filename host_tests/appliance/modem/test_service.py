# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the owner may do to the modem's parameters, and when he is refused: nothing is written that was not kept before."""

from types import SimpleNamespace

import pytest
from appliance.base.refused import Refused
from appliance.modem import service as services
from appliance.modem.block import CHARGER, Block
from appliance.modem.service import MOST_UPLOAD, Service
from appliance.modem.transfer import DONE, READING

from host_tests.twin import parameters

MAC, OTHER = bytes.fromhex("02b052000101"), bytes.fromhex("02b052000102")


def module(role=parameters.CAR, mac=MAC):
    return parameters.module_of(parameters.new_block(mac, role), "chain")


class Transfer:
    """A transfer that ends when the test says so."""

    def __init__(self, _modem, _mac, _random_bytes, new=None, old=None, same=None):
        self.new, self.old, self.same = new, old, same
        self.state = READING if new is None else "writing"
        self.bytes_done = 0
        self.over = False
        self.module = b""
        self.modem_mac = MAC
        self.failure = None

    def fail(self, text):
        self.over, self.failure = True, text

    def poll(self, _now):
        return True

    def end(self, what, state=DONE):
        self.over, self.module, self.state = True, what, state


class Loop:
    modem = None
    car = False

    def __init__(self):
        self.held = []

    def has_car(self):
        return self.car

    def hold(self):
        self.held.append("held")

    def release(self, _now):
        self.held.append("released")


class Bench:
    def __init__(self, monkeypatch):
        monkeypatch.setattr(services, "Transfer", Transfer)
        self.loop = Loop()
        self.log = []
        role = SimpleNamespace(receive=lambda _frame, _now: False)
        self.service = Service(self.loop, role, bytes(6), None, self.log.append)

    def read(self, *what, kept=True):
        """The modem gives `what`, one reading after another, and its file was downloaded."""
        self.service.read()
        for module in what:
            self.service._transfer.end(module)
            self.service.poll(0)
        if kept:
            self.service.kept()
        return self.service.block.check

    def upload(self, data):
        for at in range(0, len(data), 4096):
            self.service.take(at, data[at : at + 4096])


@pytest.fixture
def bench(monkeypatch):
    return Bench(monkeypatch)


def refused(call, *arguments):
    with pytest.raises(Refused) as found:
        call(*arguments)
    return found.value.code


def test_nothing_is_changed_before_it_was_read_and_kept(bench):
    assert refused(bench.service.change, "") == "not_read"
    check = bench.read(module(), kept=False)
    assert refused(bench.service.change, check) == "not_kept"
    bench.service.kept()
    bench.service.change(check)
    assert bench.loop.held == ["released", "held"], "no car is answered while the modem is written"


def test_what_is_written_is_a_chargers_block_and_the_old_one_is_the_way_back(bench):
    check = bench.read(module())
    bench.service.change(check)
    transfer = bench.service._transfer
    assert transfer.old == module() and Block(transfer.new, MAC).role == CHARGER
    transfer.end(transfer.new)
    bench.service.poll(0)
    document = bench.service.document("firmware")
    assert (document["text"], document["failed"], document["block"]["role"]) == (services.IS_CHARGER, False, "charger")
    assert document["block"]["kept"] is False, "the new block was not downloaded yet"


def test_only_what_was_shown_is_changed(bench):
    check = bench.read(module())
    bench.read(module(parameters.NOBODY))
    assert refused(bench.service.change, check) == "changed"


def test_a_chargers_modem_is_left_as_it_is(bench):
    assert refused(bench.service.change, bench.read(module(parameters.CHARGER))) == "already"
    assert bench.service.document("")["block"]["changes"] == []


def test_parameters_with_a_fault_can_be_kept_and_not_changed(bench):
    damaged = bytearray(module())
    damaged[300] ^= 1
    check = bench.read(bytes(damaged), bytes(damaged))
    assert bench.service._transfer is None
    assert refused(bench.service.change, check) == refused(bench.service.restore, check, True) == "fault"
    assert bench.service.document("")["failed"] is True


def test_parameters_whose_key_the_box_changed_while_they_were_read_are_read_once_more(bench):
    damaged = bytearray(module())
    damaged[parameters.block_at(module())[0] + parameters.NMK_AT] ^= 1
    check = bench.read(bytes(damaged), module())
    assert bench.service.document("")["failed"] is False
    bench.service.change(check)


@pytest.mark.parametrize("call", ["read", "change"])
def test_nothing_begins_while_a_car_is_read(bench, call):
    check = bench.read(module())
    bench.loop.car = True
    arguments = () if call == "read" else (check,)
    assert refused(getattr(bench.service, call), *arguments) == "car"


def test_one_thing_at_a_time(bench):
    bench.service.read()
    assert refused(bench.service.read) == "busy"


def test_a_car_that_comes_while_the_parameters_are_read_goes_first(bench):
    bench.service.read()
    bench.loop.car = True
    bench.service.poll(0)
    assert bench.service.document("")["text"] == services.STOPPED and bench.loop.held == ["released"]


def test_a_kept_file_comes_in_pieces_in_order_and_has_an_end(bench):
    data = module()
    assert bench.service.take(0, data[:4096]) == 4096
    assert refused(bench.service.take, 0x2000, data[4096:]) == "offset"
    assert bench.service.take(4096, data[4096:5000]) == 5000
    assert bench.service.take(0, data[:100]) == 100, "the first piece begins anew"
    assert refused(bench.service.take, 100, bytes(MOST_UPLOAD)) == "offset"


def test_a_file_of_the_same_modem_is_written_back(bench):
    check = bench.read(module(parameters.CHARGER))
    bench.upload(module())
    bench.service.restore(check, False)
    assert bench.service._transfer.new == module()


def test_another_modems_file_is_written_only_after_a_second_question(bench):
    check = bench.read(module(parameters.CHARGER))
    bench.upload(module(mac=OTHER))
    with pytest.raises(Refused, match="02:b0:52:00:01:02") as found:
        bench.service.restore(check, False)
    assert found.value.code == "other"
    bench.service.restore(check, True)
    assert bench.service._transfer.new == module(mac=OTHER)


def test_something_else_than_parameters_is_not_written_even_when_the_owner_agrees(bench):
    check = bench.read(module())
    for data in (b"hello", module()[:5000]):
        bench.upload(data)
        assert refused(bench.service.restore, check, True) == "file"


def test_a_defect_of_the_box_lets_cars_in_again(bench):
    bench.service.read()
    bench.service._transfer.poll = lambda _now: 1 // 0
    with pytest.raises(ZeroDivisionError):
        bench.service.poll(0)
    assert bench.loop.held == ["released"] and bench.service.document("")["text"] == services.DEFECT
    bench.service.read()


def test_the_name_of_the_file_tells_modem_and_firmware_and_is_plain(bench):
    bench.read(module())
    assert bench.service.file_name("MAC-QCA7005-1.1.0.730/04 CS") == "modem-02b052000101-MAC-QCA7005-1.1.0.730-04-CS.pib"
    assert bench.service.file_name(None) == "modem-02b052000101-unknown.pib"
