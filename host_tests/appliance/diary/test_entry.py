# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""An entry comes back from its bytes as it was, and odd bytes give an entry all the same."""

import random

import pytest
from appliance.diary import entry as entries
from appliance.diary.ring import BODY
from appliance.state import faults
from appliance.state.status import Session
from v2g.reading import Reading

FACTS = {
    "soc_percent": 42, "soc_doubtful_percent": None, "full_soc_percent": 90, "attenuation_db": 24, "delivery": "failed",
    "protocol": "ISO 15118-2", "energy_capacity_wh": 58000, "energy_request_wh": None, "evccid": b"\2\xab4\xcdV\xef",
    "maker": b"\0\xb0R", "cause": "answer_refused", "name": "Ioniq ü 😀",
}  # fmt: skip


def entry_of(**facts):
    entry = entries.Entry(7, 3600, 1790000000)
    for name, value in dict(FACTS, **facts).items():
        setattr(entry, name, value)
    return entry


def test_every_field_comes_back():
    after = entries.unpacked(entries.packed(entry_of()))
    assert vars(after) == vars(entry_of())


@pytest.mark.parametrize("name", [name for name in FACTS if name != "maker"])
def test_unknown_stays_unknown(name):
    after = entries.unpacked(entries.packed(entry_of(**{name: None})))
    assert getattr(after, name) is None


def test_a_time_that_nobody_knew_stays_unknown():
    entry = entry_of()
    entry.unix_s = None
    assert entries.unpacked(entries.packed(entry)).unix_s is None


def test_a_name_of_24_wide_letters_ends_with_a_whole_one():
    after = entries.unpacked(entries.packed(entry_of(name="😀" * 24)))
    assert after.name == "😀" * 11
    assert len(entries.packed(entry_of(name="😀" * 24))) <= BODY


def test_every_cause_fits():
    for code in faults.TABLE:
        assert entries.unpacked(entries.packed(entry_of(cause=code))).cause == code


def test_a_glance_sees_what_the_entry_has():
    assert entries.glance(entries.packed(entry_of())) == (True, 24)
    assert entries.glance(entries.packed(entry_of(soc_percent=None, attenuation_db=None))) == (False, None)
    assert entries.glance(entries.packed(entry_of(soc_percent=None, soc_doubtful_percent=0)))[0]


def test_any_bytes_give_an_entry():
    noise = random.Random(3)
    for _ in range(300):
        entries.unpacked(noise.randbytes(BODY))


def test_a_session_becomes_an_entry():
    session = Session(b"\0\xb0R\1\2\3", 100)
    session.reading = reading = Reading("DIN 70121", b"\0\0\2\xab4\xcdV\xef", b"\0\xb0R\1\2\3")
    reading.soc_percent, reading.full_soc_percent, reading.energy_capacity_wh = 55, 20, 0
    session.delivery, session.attenuation_db = "ok", 21
    entry = entries.of_session(session, 3, None)
    assert (entry.soc_percent, entry.evccid.hex(), entry.maker.hex()) == (55, "02ab34cd56ef", "00b052")
    assert entry.full_soc_percent is None and entry.energy_capacity_wh is None, "they mean nothing"
    assert (entry.protocol, entry.delivery, entry.attenuation_db) == ("DIN 70121", "ok", 21)
    assert (entry.uptime_s, entry.run) == (100, 3)
