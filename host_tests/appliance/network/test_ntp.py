# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""One datagram to the owner's time server; nothing but its own whole answer is believed."""

import struct

import pytest
from appliance.network import ntp
from appliance.network.ntp import AGAIN_MS, PAUSES_MS, Ntp, request, unix_time
from plc.ticks import ticks_add

TOKEN = b"8 octets"
NOW_S = 1790000000


def answer(token=TOKEN, unix_s=NOW_S, first=0x24, stratum=2):
    head = bytes((first, stratum)) + bytes(22) + token + bytes(8)
    return head + struct.pack(">II", (unix_s + 2208988800) % 2**32, 0)


def test_the_question_is_one_of_a_client():
    assert len(request(TOKEN)) == 48 and request(TOKEN)[0] == 0x23 and request(TOKEN)[40:] == TOKEN


@pytest.mark.parametrize("unix_s", [NOW_S, 2085978495, 2085978496, 2085978497, 4102444799])
def test_the_time_is_read_in_this_era_and_in_the_next(unix_s):
    assert unix_time(answer(unix_s=unix_s), TOKEN) == unix_s


@pytest.mark.parametrize(
    "data",
    [
        b"",
        answer()[:47],
        answer(b"another!"),
        answer(first=0x23),
        answer(first=0xE4),
        answer(stratum=0),
        answer(stratum=16),
    ],
    ids=["nothing", "short", "of another question", "a question", "never set", "kiss of death", "unsynchronised"],
)
def test_anything_else_is_no_time(data):
    assert unix_time(data, TOKEN) is None


class Socket:
    """A time server behind a socket; `data` is its answer, an exception is raised."""

    def __init__(self, data, address="10.0.0.1"):
        self.data, self.address = data, address
        self.sent, self.closed = [], 0

    def settimeout(self, seconds):
        assert seconds <= 1

    def sendto(self, data, address):
        self.sent.append(address)

    def recvfrom_into(self, buffer):
        if isinstance(self.data, Exception):
            raise self.data
        buffer[: len(self.data)] = self.data
        return len(self.data), (self.address, ntp.PORT)

    def close(self):
        self.closed += 1


def client(socket, address="10.0.0.1", takes=True):
    times, told = [], []

    def tell_time(unix_s):
        times.append(unix_s)
        return takes

    one = Ntp("time.example", lambda: socket, lambda count: TOKEN, lambda url: address, tell_time, told.append)
    one.may_ask = lambda: True
    one.times, one.told = times, told
    return one


def test_an_answer_is_the_time_and_the_next_question_comes_a_day_later():
    socket = Socket(answer())
    one = client(socket)
    one.run(0)
    assert one.times == [NOW_S] and socket.sent == [("10.0.0.1", 123)] and socket.closed == 1
    assert not one.due(AGAIN_MS - 1) and one.due(AGAIN_MS)


@pytest.mark.parametrize("socket", [Socket(OSError(116)), Socket(answer(b"another!")), Socket(answer(), "10.9.9.9")])
def test_without_an_answer_it_asks_less_and_less_and_says_so_once(socket):
    one = client(socket)
    now = 0
    for pause in PAUSES_MS + PAUSES_MS[-1:]:
        one.run(now)
        assert not one.due(now + pause - 1) and one.due(now + pause)
        now += pause
    assert one.times == [] and len(one.told) == 1 and socket.closed == 4


def test_a_name_that_nobody_knows_and_a_time_that_cannot_be_are_no_answer():
    for one in (client(Socket(answer()), None), client(Socket(answer()), takes=False)):
        one.run(0)
        assert "does not tell" in one.told[0]


def test_after_days_without_a_network_it_is_still_time_to_ask():
    one = client(Socket(answer()))
    one.run(0)
    one.may_ask = lambda: False
    hour = 3600_000
    for now in range(0, AGAIN_MS + 4 * 24 * hour, hour):
        assert not one.due(ticks_add(0, now))
    one.may_ask = lambda: True
    assert one.due(ticks_add(0, now))


def test_nobody_is_asked_while_a_car_is_there():
    one = client(Socket(answer()))
    one.may_ask = lambda: False
    assert not one.due(0)
