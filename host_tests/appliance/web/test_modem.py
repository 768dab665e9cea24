# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The page Modem: what it tells, the file it gives, and refusals in their own words."""

from types import SimpleNamespace

import pytest
from appliance.base.refused import Refused
from appliance.web.modem import PIECE_BYTES, ModemPages

from host_tests.support.requests import request, told

MODULE = bytes(range(256)) * 10


class Service:
    """In place of modem.service.Service."""

    not_read = "Read it first."

    def __init__(self):
        self.block = SimpleNamespace(module=MODULE)
        self.done = []
        self.kept_times = 0
        self.refusal = None

    def document(self, firmware):
        return {"state": "idle", "for": firmware}

    def file_name(self, firmware):
        return f"{firmware}.pib"

    def kept(self):
        self.kept_times += 1

    def _work(self, *arguments):
        if self.refusal is not None:
            raise self.refusal
        self.done.append(arguments)
        return "begun"

    read = change = take = restore = _work


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def pages(service):
    status = SimpleNamespace(
        firmware="MAC-QCA7005", modem_role="charger", modem_status="READY", sessions=[SimpleNamespace(attenuation_db=12)]
    )
    loop = SimpleNamespace(secc=SimpleNamespace(slac=SimpleNamespace(attenuation=[10] * 58)))
    return ModemPages(service, status, loop, lambda values: {"groups": len(values)}, lambda: 24)


def test_the_page_has_all_that_is_known_of_the_modem(pages):
    assert told(pages.state(request({}))) == (
        200,
        {
            "state": "idle",
            "for": "MAC-QCA7005",
            "firmware": "MAC-QCA7005",
            "role": "charger",
            "modem": "READY",
            "attenuation": {"groups": 58},
            "diary_db": 24,
            "last_db": [12],
        },
    )


def test_the_file_comes_whole_in_pieces_and_counts_as_kept_at_its_end(pages, service):
    answer = pages.file(request(path="/modem.pib", method="GET"))
    pieces = answer._body
    first = next(pieces)
    assert len(first) == PIECE_BYTES and service.kept_times == 0
    assert first + b"".join(pieces) == MODULE and service.kept_times == 1
    assert "MAC-QCA7005.pib" in answer._headers["Content-Disposition"]


def test_a_file_of_parameters_that_were_read_again_meanwhile_does_not_count_as_kept(pages, service):
    pieces = pages.file(request(path="/modem.pib", method="GET"))._body
    next(pieces)
    service.block = SimpleNamespace(module=b"others")
    b"".join(pieces)
    assert service.kept_times == 0


def test_without_parameters_there_is_no_file(pages, service):
    service.block = None
    answer = pages.file(request(path="/modem.pib", method="GET"))
    assert answer._status.code == 404 and answer._body == "Read it first."


def test_handlers_hand_on_what_the_page_sent(pages, service):
    pages.read(request({}))
    pages.change(request({"check": "1234"}))
    pages.take(request(path="/api/modem/file?offset=4096", body=b"piece"))
    pages.restore(request({"check": "1234", "other": True}))
    pages.restore(request({"check": "1234"}))
    assert service.done == [(), ("1234",), (4096, b"piece"), ("1234", True), ("1234", False)]


@pytest.mark.parametrize("handler", ("read", "change", "take", "restore"))
def test_a_refusal_keeps_its_words_and_its_code(pages, service, handler):
    service.refusal = Refused("car", "A car is being read.")
    answer = told(getattr(pages, handler)(request({}, "/api/x?offset=0")))
    assert answer == (409, {"error": "A car is being read.", "code": "car"})
