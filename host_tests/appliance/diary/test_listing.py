# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The diary as JSON and as a table, in small pieces."""

import csv
import datetime
import io
import json
import random

from appliance.diary import listing
from appliance.state import faults

from host_tests.support.diaries import EVCCID, Rig

NOW_S = 1790000000
# What the server may hold of an answer at a time.
MOST_A_PIECE = 1400


def rig_of(folder, names=()):
    rig = Rig(folder)
    for name in names:
        rig.plug_in(42).reading.profile = type("Profile", (), {"name": name})()
        rig.settle()
    return rig


def document(rig):
    pieces = list(listing.json_pieces(rig.diary, rig.status.uptime))
    assert max(len(piece) for piece in pieces) <= MOST_A_PIECE
    return json.loads("".join(pieces))


def table(rig):
    text = "".join(listing.csv_pieces(rig.diary, rig.status.uptime)).encode().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_an_empty_diary_is_a_document_and_a_head(tmp_path):
    rig = rig_of(tmp_path)
    rig.settle()
    content = document(rig)
    assert content["entries"] == [] and content["recording"] and content["unix_s"] is None
    assert table(rig) == []


def test_a_spreadsheet_sees_that_the_table_is_utf_8(tmp_path):
    rig = rig_of(tmp_path, ["Käthe"])
    text = "".join(listing.csv_pieces(rig.diary, rig.status.uptime))
    assert text.encode().startswith(b"\xef\xbb\xbfnumber,") and text.count("\ufeff") == 1


def test_each_value_stands_under_its_name(tmp_path):
    rig = rig_of(tmp_path, ["Ioniq"])
    rig.status.uptime.tell_time(NOW_S, "browser")
    rig.plug_in(None, "no_soc")
    rig.settle()
    content = document(rig)
    rows = [dict(zip(content["columns"], row, strict=True)) for row in content["entries"]]
    assert [row["number"] for row in rows] == [2, 1] and content["mean_attenuation_db"] == 24
    assert (rows[1]["name"], rows[1]["soc_percent"], rows[1]["evccid"]) == ("Ioniq", 42, EVCCID.hex())
    assert (rows[0]["cause"], rows[0]["cause_text"]) == ("no_soc", faults.short("no_soc"))
    assert rows[0]["unix_s"] == NOW_S + 3600 and rows[0]["ago_s"] == 0


def test_an_age_is_told_of_this_run_only(tmp_path):
    rig_of(tmp_path, ["a"])
    rig = rig_of(tmp_path, ["b"])
    at = document(rig)["columns"].index("ago_s")
    assert [row[at] for row in document(rig)["entries"]] == [0, None]


def test_a_spreadsheet_gets_names_as_they_are_and_no_formulas(tmp_path):
    names = ['q" b\\ Ünï', "a,b", "=1+1", "@x", "-5"]
    rows = table(rig_of(tmp_path, names))
    assert [row["name"] for row in reversed(rows)] == ['q" b\\ Ünï', "a,b", "'=1+1", "'@x", "'-5"]
    assert {row["soc_percent"] for row in rows} == {"42"} and {row["time_utc"] for row in rows} == {""}


def test_a_cause_of_another_version_is_its_code(tmp_path):
    rig = rig_of(tmp_path)
    rig.plug_in(None, "of_another_version")
    rig.settle()
    assert table(rig)[0]["why_unread"] == "of_another_version"


def test_the_calendar_is_everybody_s():
    noise = random.Random(5)
    times = [0, 951782400, 951868799, 951868800, 4107542399, 4102444799] + [noise.randrange(2**32) for _ in range(5000)]
    for unix_s in times:
        told = datetime.datetime.fromtimestamp(unix_s, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S")
        assert listing.utc_text(unix_s) == told


def test_a_list_ends_where_the_diary_is_deleted_meanwhile(tmp_path):
    rig = rig_of(tmp_path, ["a"] * 20)
    pieces = listing.json_pieces(rig.diary, rig.status.uptime)
    text = next(pieces) + next(pieces) + next(pieces)
    rig.diary.delete()
    assert len(json.loads(text + "".join(pieces))["entries"]) < 20
