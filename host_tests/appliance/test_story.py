# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Every event does what its row says: its log line, its effect on the status, its fault."""

from types import SimpleNamespace

import pytest
from appliance import story as story_module
from appliance.state.log import Log, Uptime
from appliance.story import EVENTS, Story
from v2g.admission import CHARGING, FREE, PLUGGED
from v2g.reading import Reading

CAR = b"\x02\xab\x34\xcd\x00\x01"


def reading(soc=42, doubtful=None):
    value = Reading("DIN 70121", CAR)
    value.soc_percent, value.soc_doubtful_percent = soc, doubtful
    value.energy_capacity_wh = 28000
    value.evccid = CAR
    return value


def talkative_reading():
    value = reading(0)
    value.energy_request_wh, value.full_soc_percent, value.evccid = 0, 80, None
    return value


class Stack:
    car_address = bytes(16)
    slac = SimpleNamespace(attenuation=None)


class Bench:
    def __init__(self):
        self.lines = []
        self.uptime = Uptime(0)
        self.log = Log(self.uptime, level="D", write=self.lines.append)
        self.story = Story(self.log, self.uptime)
        self.status = self.story.status

    def tell(self, *event):
        before = len(self.lines)
        self.story.event(event, Stack, 0)
        return [line.split(" ", 1)[1] for line in self.lines[before:]]


@pytest.fixture
def bench():
    return Bench()


ERROR = ValueError("planted")
# event: (its first line, faults that it leaves)
TOLD = [
    (("modem", "mode 3, 8 MHz", None), "I modem [CHECKPOINT0] modem found, SPI mode 3, 8 MHz", []),
    (
        ("modem", "mode 3, 8 MHz", "modem_rebooted"),
        "I modem [CHECKPOINT0] modem found, SPI mode 3, 8 MHz",
        ["modem_rebooted"],
    ),
    (("searching", CAR), "I car a car searches: 02ab34cd0001", []),
    (("search_ended", CAR, "match_timeout"), "I car search of 02ab34cd0001 ended: match_timeout", []),
    (("matched", CAR, 0), "I car a car begins: 02ab34cd0001", []),
    (("checkpoint", 1, "key set"), "I modem [CHECKPOINT1] key set", []),
    (("checkpoint", 303, "car found"), "I car [CHECKPOINT303] car found", []),
    (("reading", reading()), "I car 42 %, capacity 28000 Wh, EVCCID 02ab34cd0001", []),
    (("reading", talkative_reading()), "I car 0 %, capacity 28000 Wh, requested 0 Wh, full at 80 %, no EVCCID", []),
    (("reading", reading(None, 0)), "I car reported 0 %, which is doubtful", []),
    (("soc", 43), "I car state of charge now 43 %", []),
    (("released", "left"), None, []),
    (("session_end", "ok"), "I car session ended: ok", []),
    (("session_end", "no_soc"), "I car session ended: no_soc", ["no_soc"]),
    (("failed", "key_refused"), "W modem The modem refuses the network key", ["key_refused"]),
    (("firmware", "MAC-QCA7005-1.1"), "I modem firmware MAC-QCA7005-1.1", []),
    (("role", "charger"), "I modem set up for a charger", []),
    (("role", "car"), "I modem set up for a car", ["modem_of_car"]),
    (("role", "neither"), "I modem set up for neither charger nor car", ["modem_of_nobody"]),
    (("role", None), "W modem does not say whether it is set up for", []),
    (("piece_failed", "web", ERROR), "E box web failed and rests for 10 s", ["crash"]),
    (("piece_failed", "selftest", ImportError("no module named 'x'")), "E box selftest failed and rests", ["files_differ"]),
    (("session_failed", ERROR), "E box session dropped", ["crash"]),
    (
        ("part_failed", "web_missing", ERROR),
        "E box The web page of the box could not be started.",
        ["web_missing"],
    ),
    (("fault", "no_sdp"), "W car The car connected but did not ask", []),
    (("wifi", "connected", "to Home", None), "I wifi to Home", []),
    (("wifi", "failed", "no", "wifi_auth"), "W wifi no", ["wifi_auth"]),
    (("wifi", "console", "a password", None), "I wifi a password", []),
    (("smartevse", "delivered", "42 %", None), "I smartevse [CHECKPOINT920] delivered 42 %", []),
    (("smartevse", "failed", "not", "smartevse_off"), "W smartevse not", ["smartevse_off"]),
    (("smartevse", "info", "again", "smartevse_slow"), "I smartevse again", ["smartevse_slow"]),
    (("afterwards", "it left"), "I smartevse [CHECKPOINT940] after the reading: it left", []),
    (("home", "connected to broker", "mqtt_missing", None), "I home connected to broker", []),
    (("home", "no connection", None, "mqtt_missing"), "W home no connection", ["mqtt_missing"]),
    (("watchdog", "no watchdog: busy"), "W box no watchdog: busy", []),
    (("crashes", 3, "ValueError"), "W box 3 starts in a row failed: ValueError", ["crash"]),
    (("without_settings",), "W settings this time the box runs without the settings", ["settings_aside"]),
    (("rolled_back", "100 % is back"), "W box 100 % is back", ["rolled_back"]),
    (("setting", "line 3: %s"), "W settings line 3: %s", ["settings_error"]),
    (("saved", True), "I settings saved, takes effect after a restart", []),
    (("saved", False), "I settings saved", []),
    (("files", ["a.py", "b.py"], "two"), "W box missing or of another version: a.py", ["files_differ"]),
    (("something new", 1), "D car event something new", []),
]


@pytest.mark.parametrize(("event", "line", "left"), TOLD, ids=lambda value: str(value)[:40])
def test_an_event_leaves_its_line_and_its_faults(bench, event, line, left):
    lines = bench.tell(*event)
    assert bench.status.causes() == left
    assert lines[0].startswith(line) if line else lines == [], lines


def test_every_row_of_the_table_is_told_above():
    assert {event[0] for event, _, _ in TOLD} == set(EVENTS) | {"something new"}


def test_a_question_that_had_no_answer_is_a_fault_of_the_smartevse_until_the_next_one(bench):
    bench.story.asked(None, "smartevse_off")
    assert " W smartevse The SmartEVSE does not answer." in bench.lines[0] and bench.status.causes() == ["smartevse_off"]
    bench.story.asked(Answer(FREE), None)
    assert bench.status.causes() == []


def test_followers_learn_an_event_before_it_is_told(bench):
    seen = []
    bench.story.follow(lambda event, now: seen.append((event, now, list(bench.lines))))
    bench.story.event(("soc", 43), Stack, 17)
    assert seen == [(("soc", 43), 17, [])] and bench.lines


def test_a_password_for_the_console_is_kept_nowhere(bench):
    bench.tell("wifi", "console", "abcd-efgh", None)
    assert "abcd-efgh" in bench.lines[0] and list(bench.log.records()) == []


def test_a_part_that_fails_again_and_again_is_told_once(bench):
    for _ in range(3):
        bench.story.part_failed("web_missing", ERROR)
    assert sum("ValueError: planted" in line for line in bench.lines) == 1


class Answer:
    has_modem = True

    def __init__(self, seen, state_id=None, became=None):
        self.seen, self.state_id, self._became = seen, state_id, became

    def afterwards(self):
        return self._became


def test_what_became_of_the_car_is_told_until_it_is_final(bench):
    bench.tell("released", "left")
    for answer in (
        Answer(CHARGING, 13, ("re-plug", False)),
        Answer(CHARGING, 2, ("charges", True)),
        Answer(FREE, 0, ("gone", True)),
    ):
        bench.story.asked(answer, None)
    told = [line for line in bench.lines if "after the reading" in line]
    assert len(told) == 2 and told[1].endswith("charges")
    assert bench.status.replugged and bench.status.car_present is False


def test_what_stays_as_it_is_after_a_reading_is_told_once(bench):
    bench.tell("matched", CAR, 0)
    for _ in range(2):
        bench.tell("released", "left")
        before = len(bench.lines), len(bench.status.timeline)
        for answer in [Answer(CHARGING, 1, ("not yet", False))] * 20 + [Answer(CHARGING, 2, ("charges", True))]:
            bench.story.asked(answer, None)
        told = [line for line in bench.lines[before[0] :] if "after the reading" in line]
        assert len(told) == 2 and told[0].endswith("not yet") and told[1].endswith("charges")
        assert len(bench.status.timeline) - before[1] == 2


def test_the_list_of_plug_ins_has_the_number_that_was_told_last(bench):
    bench.tell("matched", CAR, 0)
    told = reading(42)
    bench.tell("reading", told)
    told.soc_percent, revision = 43, bench.status.revision
    bench.tell("soc", 43)
    assert bench.status.revision > revision
    assert story_module.status.session_document(bench.status.sessions[-1], 0)["soc_percent"] == 43


def test_a_search_that_came_to_nothing_is_a_fault_only_when_the_car_is_on_our_cable(bench):
    bench.tell("search_ended", CAR, "match_timeout")
    bench.story.asked(Answer(FREE, 0), None)
    assert bench.status.causes() == []
    bench.tell("search_ended", CAR, "match_timeout")
    bench.story.asked(Answer(PLUGGED, 12), None)
    assert bench.status.causes() == ["match_timeout"]


def test_a_search_beside_the_car_that_is_read_explains_nothing_of_it(bench):
    bench.tell("matched", CAR, 0)
    bench.tell("search_ended", b"neighb", "not_chosen")
    bench.tell("session_end", "no_sdp")
    bench.story.asked(Answer(PLUGGED, 12), None)
    assert bench.status.causes() == ["no_sdp"]


def search(bench, number):
    """As a VW of another bay, which makes up a MAC for each."""
    mac = b"\x00\x7d\xfa" + number.to_bytes(3, "big")
    bench.tell("searching", mac)
    for step, text in ((100, "asks"), (104, "sounds"), (120, "%d dB" % (number % 50))):
        bench.tell("checkpoint", step, text)
    bench.tell("search_ended", mac, "not_chosen")


@pytest.mark.parametrize("level", ["I", "D"])
def test_a_neighbours_car_that_searches_all_day_pushes_nothing_out_of_the_log(bench, level):
    bench.log.level = level
    bench.tell("matched", CAR, 0)
    for number in range(1000):
        search(bench, number)
    texts = [record[5] for record in bench.log.records()]
    assert ("a car begins: 02ab34cd0001" in texts) == (level == "I")
    assert len(texts) == (26 if level == "I" else bench.log.size)
    bench.tell("checkpoint", 303, "car found")
    bench.tell("matched", CAR, 1)
    search(bench, 1)
    told = [record[5] for record in bench.log.records()][-7:]
    assert told[0] == "[CHECKPOINT303] car found" and told[-1] == "search of 007dfa000001 ended: not_chosen"


def test_cars_of_many_makers_that_search_are_told_a_few_times_together(bench):
    bench.log.level = "I"
    for number in range(500):
        bench.tell("searching", number.to_bytes(3, "big") + CAR[3:])
    assert bench.log.count == 32 and len(bench.story.searches) == 32


@pytest.mark.parametrize(("told", "taken"), [(reading(), 1), (reading(None, 0), 0)])
def test_the_rules_of_who_is_answered_learn_of_a_number_that_was_taken_and_not_of_minus_1(bench, told, taken):
    calls = []
    bench.story.number_taken = lambda: calls.append(1)
    bench.tell("matched", CAR, 0)
    bench.tell("reading", told)
    bench.tell("smartevse", "failed", "gave up", "smartevse_off")
    assert calls == []
    bench.tell("smartevse", "delivered", "42 %", None)
    assert len(calls) == taken


def test_an_unknown_code_does_not_stop_the_story(bench):
    bench.tell("failed", "something_new")
    assert bench.status.causes() == ["something_new"]
    assert story_module.faults.area("something_new") == story_module.faults.CAR
