# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The story on the terminal, and the verdict about a plug-in that everything else relies on."""

import io
import json

import pytest

from host_tests.twin.story import Plugin, Story

POST = {"acted": True, "values": {"current_soc": 42}, "raw": b"POST /ev_state HTTP/1.1\r\n\r\n"}
SESSION = (
    {
        "source": "world",
        "kind": "plugged",
        "text": "a car plugs in, 42 %",
        "soc_percent": 42,
        "car": "virtual",
    },
    {"source": "smartevse", "kind": "state", "text": "Modem Request", "state": 12},
    {"source": "box", "kind": "checkpoint", "text": "matched, network key handed over", "checkpoint": 155},
    {"source": "box", "kind": "checkpoint", "text": "schema negotiated: DIN 70121", "checkpoint": 403},
    {"source": "box", "kind": "log", "text": "a word for the log", "tag": "car"},
    {"source": "box", "kind": "checkpoint", "text": "read: 42 %", "checkpoint": 540, "soc_percent": 42},
    {"source": "smartevse", "kind": "post", "text": "received current_soc=42", "post": POST},
    {"source": "box", "kind": "checkpoint", "text": "delivered 42 %", "checkpoint": 920},
    {"source": "world", "kind": "charging", "text": "the car charges on AC", "verdict": "charging"},
)


def entries(*changes):
    """SESSION with times, `changes`: (index, {keys}) laid over."""
    found = [{"n": n, "t_s": 10.0 + n, **entry} for n, entry in enumerate(SESSION)]
    for index, keys in changes:
        found[index].update(keys)
    return found


def judged(given):
    plugin = Plugin(given[0])
    for entry in given:
        plugin.feed(entry)
    return plugin


def told(given, encoding="utf-8", **options):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    story = Story(stream, **options)
    for entry in given:
        story(entry)
    stream.flush()
    return raw.getvalue().decode(encoding).splitlines()


def test_a_whole_session_is_a_success():
    plugin = judged(entries())
    assert plugin.success
    assert plugin.verdict == "charging"
    assert plugin.since("soc") == 5.0
    assert plugin.since("tcp") is None


@pytest.mark.parametrize(
    "changes",
    [
        [(5, {"soc_percent": 43})],  # another value than the car's
        [(6, {"post": {**POST, "values": {"current_soc": 41}}})],
        [(6, {"post": {**POST, "acted": False}})],
        [(7, {"kind": "post", "post": POST})],  # posted twice, and the box does not know
        [(7, {"checkpoint": 919})],
        [(5, {"kind": "log", "soc_percent": None})],
    ],
)
def test_anything_less_is_none(changes):
    assert not judged(entries(*changes)).success


def test_the_story_has_its_landmarks_and_no_colour_in_a_file():
    lines = told(entries())
    text = "\n".join(lines)
    for words in (
        "SLAC matched",
        "403  schema negotiated: DIN 70121",
        "540  SoC read  read: 42 %",
        "delivered 42 %",
    ):
        assert words in text
    assert "a word for the log" not in text
    assert "\x1b" not in text
    assert (
        lines[-1].strip()
        == "42 %: matched after 2.0 s, read after 5.0 s, delivered after 7.0 s, AC charging after 8.0 s"
    )


def test_colour_verbose_and_plain_ascii():
    assert "\x1b[1m" in "\n".join(told(entries(), colour=True))
    assert "a word for the log" in "\n".join(told(entries(), verbose=True))
    changed = entries((8, {"text": "lädt"}))
    assert "l?dt" in "\n".join(told(changed, encoding="ascii"))


def test_json_is_one_object_a_line_with_the_raw_request_as_text():
    events = [json.loads(line) for line in told(entries(), as_json=True)]
    assert [event["kind"] for event in events] == [e["kind"] for e in SESSION if e["kind"] != "log"]
    post = next(event for event in events if event["kind"] == "post")
    assert post["post"]["raw"].startswith("POST /ev_state")
