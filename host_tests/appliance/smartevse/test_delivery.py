# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Delivery of a reading: what leaves on the wire, and how often, whatever the SmartEVSE does with it."""

import errno
import json

import pytest
from appliance.smartevse.delivery import Deliveries
from appliance.smartevse.exchange import EXCHANGE_MS
from appliance.smartevse.question import SmartEvse
from appliance.smartevse.target import find_value
from plc.ticks import expired, ticks_add, ticks_diff
from v2g.reading import Reading

SETTINGS = {
    "version": "v3.11.1",
    "evse": {"pwm": 51, "state": "Modem Request", "state_id": 12},
    "settings": {"required_evccid": "", "modem": "Experiment"},
    "ev_state": {"initial_soc": -1, "full_soc": -1, "evccid": ""},
}


class Server:
    """A SmartEVSE as its network sees it. `answers`: (delay in ms, bytes) a request, None for silence."""

    def __init__(self, answers=()):
        self.now = (1 << 29) - 3000
        self.answers = list(answers)
        self.reachable = True
        self.connections = 0
        self.requests = []
        self.open = 0
        self.lookups = 0
        self.names = {"evse.local": "192.168.1.60"}

    def ticks(self):
        return self.now

    def wait(self, milliseconds):
        self.now = ticks_add(self.now, int(milliseconds))


class Socket:
    def __init__(self, server):
        self.server = server
        self.timeout = None
        self.sent = b""
        self.answer = None
        self.ready_at = None
        server.open += 1

    def settimeout(self, seconds):
        self.timeout = seconds

    def connect(self, address):
        self.server.connections += 1
        self.address = address
        if not self.server.reachable:
            self.server.wait(self.timeout * 1000)
            raise OSError(errno.ETIMEDOUT, "")

    def send(self, data):
        self.sent += bytes(data)
        if self.sent.endswith(b"\r\n\r\n"):
            self.server.requests.append(self.sent)
            entry = self.server.answers.pop(0) if self.server.answers else None
            if entry is not None:
                self.ready_in, self.answer = entry
        return len(data)

    def recv_into(self, buffer, size=0):
        if self.answer is None or self.ready_in > self.timeout * 1000:
            self.server.wait(self.timeout * 1000)
            raise OSError(errno.ETIMEDOUT, "")
        self.server.wait(self.ready_in)
        self.ready_in = 0
        count = min(size or len(buffer), len(self.answer), 100)
        buffer[:count] = self.answer[:count]
        self.answer = self.answer[count:]
        return count

    def close(self):
        self.server.open -= 1


class Network:
    AF_INET, SOCK_STREAM = 2, 1

    def __init__(self, server):
        self.server = server
        self.connected = True
        self.pool = self

    def socket(self, _family, _kind):
        return Socket(self.server)

    def getaddrinfo(self, host, port, family=0, _kind=0):
        self.server.lookups += 1
        address = self.server.names.get(host)
        if address is None or ":" in address and family == self.AF_INET:
            raise OSError(-2, "Name or service not known")
        return [(2, 1, 0, "", (address, port))]


def http(status, body=b"", chunked=True):
    head = b"HTTP/1.1 %d Word\r\nContent-Type: application/json\r\n" % status
    if chunked:
        pieces = [body[at : at + 90] for at in range(0, len(body), 90)]
        data = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        return head + b"Transfer-Encoding: chunked\r\n\r\n" + data
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def settings_answer(**changes):
    document = json.loads(json.dumps(SETTINGS))
    document["evse"]["state_id"] = changes.pop("state_id", 12)
    document["ev_state"].update(changes)
    return http(200, json.dumps(document, separators=(",", ":")).encode())


def reading(soc=42):
    value = Reading("DIN 70121", bytes.fromhex("00007dfa07e0"))
    value.soc_percent = soc
    return value


def doubtful_reading():
    value = reading(None)
    value.soc_doubtful_percent = 0
    return value


class Bench:
    """One SmartEvse and its server; `run` plays the loop."""

    def __init__(self, answers=(), url="192.168.1.60"):
        self.server = Server(answers)
        self.network = Network(self.server)
        self.reports = []
        report = lambda kind, text: self.reports.append((kind, text))  # noqa: E731
        self.evse = SmartEvse(url, self.network, self.server.ticks, report)
        self.deliveries = Deliveries(self.evse)

    def deliver(self, value=None):
        self.deliveries.deliver(value or reading(), self.server.now)
        return self

    def run(self, seconds):
        end = ticks_add(self.server.now, seconds * 1000)
        while not expired(end, self.server.now):
            if self.deliveries.due(self.server.now):
                self.deliveries.run(self.server.now)
            self.server.wait(10)
        return self

    def sent(self, method=b"POST"):
        return [request for request in self.server.requests if request.startswith(method)]

    def kinds(self):
        return [kind for kind, _text in self.reports if kind != "info"]


def test_the_request_on_the_wire():
    value = reading(81)
    value.full_soc_percent = 100
    value.energy_capacity_wh = 58000
    value.energy_request_wh = 11020
    bench = Bench([(5, http(200, b"{}"))]).deliver(value).run(1)
    (request,) = bench.sent()
    line, *headers = request.split(b"\r\n")
    assert line == (
        b"POST /ev_state?current_soc=81&full_soc=100&energy_capacity=58000&energy_request=11020"
        b"&evccid=00007dfa07e0 HTTP/1.1"
    )
    assert b"Content-Length: 0" in headers
    assert b"Host: 192.168.1.60" in headers
    assert bench.kinds() == ["delivered"]
    assert bench.evse.cause is None
    assert bench.server.open == 0


def test_unknown_values_are_minus_one_and_zero_percent_is_a_value():
    bench = Bench([(5, http(200, b"{}"))]).deliver(reading(0)).run(1)
    assert b"?current_soc=0&full_soc=-1&energy_capacity=-1&energy_request=-1&" in bench.sent()[0]


def test_a_doubtful_number_is_posted_as_minus_one():
    value = reading(None)
    value.soc_doubtful_percent = 0
    bench = Bench([(5, http(200, b"{}"))]).deliver(value).run(1)
    assert b"?current_soc=-1&full_soc=-1&" in bench.sent()[0]
    assert bench.kinds() == ["delivered"]


def test_nothing_is_posted_without_a_state_of_charge():
    bench = Bench([(5, http(200))]).deliver(reading(None)).run(70)
    assert bench.server.connections == 0
    assert bench.reports == []


def test_nothing_is_posted_without_an_address():
    bench = Bench(url="")
    bench.deliver().run(1)
    assert bench.server.connections == 0
    assert bench.evse.state == "off"


def test_an_answer_three_seconds_late_counts():
    bench = Bench([(3000, http(200, b"{}"))]).deliver().run(70)
    assert len(bench.sent()) == 1
    assert bench.kinds() == ["delivered"]


@pytest.mark.parametrize(
    ("status", "cause"),
    [(404, "smartevse_404"), (500, "smartevse_500"), (503, "smartevse_500"), (401, "smartevse_refused")],
)
def test_an_error_answer_is_an_answer(status, cause):
    bench = Bench([(5, http(status, b"no"))] * 5).deliver().run(70)
    assert len(bench.sent()) == 1
    assert bench.kinds() == ["failed"]
    assert bench.evse.cause == cause
    assert bench.server.open == 0


def test_a_delivery_that_failed_is_a_fault_until_its_car_is_gone():
    states = [(5, settings_answer(state_id=number)) for number in (1, 2, 0)]
    bench = Bench([(5, http(404, b"no")), *states]).deliver().run(5)
    for number in (1, 2):
        bench.evse.query_state(bench.server.now)
        assert (bench.evse.state, bench.evse.cause) == ("error", "smartevse_404")
        assert bench.evse.text == "state %d" % number
    bench.evse.query_state(bench.server.now)
    assert (bench.evse.state, bench.evse.cause, bench.evse.last_delivery) == ("ok", None, "failed")


def test_a_smartevse_that_comes_back_too_late_says_why_the_reading_is_not_there_until_its_car_is_gone():
    """The page said "Could not be sent" and nothing else."""
    bench = Bench([None] * 20).deliver().run(70)
    assert bench.kinds()[-1] == "failed" and bench.evse.state == "unreachable"
    for number, cause in ((1, "smartevse_late"), (None, "smartevse_slow"), (2, "smartevse_late"), (0, None), (2, None)):
        bench.server.answers[:] = [None if number is None else (5, settings_answer(state_id=number))]
        bench.evse.query_state(bench.server.now)
        assert bench.evse.cause == cause
    assert bench.evse.state == "ok"


def waits_for(states):
    """What keeps the SmartEVSE waiting after each of these states."""
    bench = Bench([(5, settings_answer(state_id=number)) for number in states])
    return [bench.evse.query_state(bench.server.now) and bench.evse.waits_for for _ in states]


def test_a_car_that_the_smartevse_asked_once_is_not_promised_to_be_read_when_the_sun_comes_back():
    """It asks each car once, until that is unplugged: a car that charged until the sun went will not be read."""
    assert waits_for([0, 9, 12, 13, 9]) == [None, "power", None, None, "asked"]
    assert waits_for([2, 10, 9, 0, 9]) == [None, "asked", "asked", None, "power"]
    bench = Bench([(5, settings_answer(state_id=number)) for number in (2, 9)])
    for text in ("state 2", "state 9: waiting for power or sun"):
        bench.evse.query_state(bench.server.now)
        assert bench.evse.text == text


def test_a_smartevse_without_modem_support_or_that_is_silent_waits_for_nothing():
    document = {key: value for key, value in SETTINGS.items() if key != "ev_state"}
    document["evse"] = {"state_id": 9}
    bench = Bench([(5, http(200, json.dumps(document).encode()))])
    bench.evse.query_state(bench.server.now)
    assert (bench.evse.state, bench.evse.waits_for) == ("no_modem", None)
    bench = Bench([(5, settings_answer(state_id=9))])
    bench.evse.query_state(bench.server.now)
    assert bench.evse.waits_for == "power"
    bench.deliver().run(70)
    assert (bench.evse.state, bench.evse.waits_for) == ("unreachable", None)


def test_a_state_that_was_cut_off_is_no_state():
    """What stands at its end is missing, and would be judged as if it were not there."""
    whole = settings_answer(state_id=0)
    bench = Bench([(5, whole[: whole.index(b"ev_state") - 20]), (5, whole)])
    assert bench.evse.query_state(bench.server.now) is None
    assert (bench.evse.state, bench.evse.cause) == ("unreachable", "smartevse_slow")
    assert bench.evse.query_state(bench.server.now).has_modem
    assert (bench.evse.state, bench.evse.cause) == ("ok", None)


def test_a_look_before_a_repeat_that_was_cut_off_is_made_again():
    taken = settings_answer(state_id=13, initial_soc=42, evccid="00007dfa07e0")
    bench = Bench([None, (5, taken[: taken.index(b"ev_state")]), (5, taken)]).deliver().run(70)
    assert len(bench.sent()) == 1
    assert bench.kinds() == ["delivered"]


def test_a_reading_that_waited_for_wifi_in_vain_is_no_fault_of_the_next_day():
    bench = Bench([(5, settings_answer(state_id=0))])
    bench.network.connected = False
    bench.deliver().run(70)
    assert (bench.evse.state, bench.evse.cause) == ("error", "smartevse_no_wifi")
    bench.network.connected = True
    bench.evse.query_state(bench.server.now)
    assert (bench.evse.state, bench.evse.cause, bench.evse.last_delivery) == ("ok", None, "failed")


def test_a_status_line_without_the_rest_is_an_answer():
    bench = Bench([(5, b"HTTP/1.1 200 OK\r\nContent-Ty")]).deliver().run(70)
    assert len(bench.sent()) == 1
    assert bench.kinds() == ["delivered"]


@pytest.mark.parametrize("answer", [b"garbage garbage\r\n\r\n", b"HTTP/1.1 abc def\r\n\r\n"])
def test_an_answer_that_is_not_http_is_not_repeated(answer):
    bench = Bench([(5, answer)] * 5).deliver().run(70)
    assert len(bench.sent()) == 1
    assert bench.evse.cause == "smartevse_refused"


def test_a_silent_server_gets_one_post_an_attempt_and_is_asked_before_a_repeat():
    """Twice in the modem phase, 10 s apart: another car would have spoken by then."""
    phase = (5, settings_answer())
    bench = Bench([None, phase, phase, (5, http(200, b"{}"))]).deliver().run(70)
    assert [request.split(b" ")[0] for request in bench.server.requests] == [b"POST", b"GET", b"GET", b"POST"]
    assert bench.kinds() == ["delivered"]


def test_no_repeat_when_the_value_was_taken_although_its_answer_never_came():
    taken = settings_answer(state_id=13, initial_soc=42, evccid="00007dfa07e0")
    bench = Bench([None, (5, taken)]).deliver().run(70)
    assert len(bench.sent()) == 1
    assert bench.kinds() == ["delivered"]


def test_minus_one_is_not_sent_again_when_it_arrived_and_its_answer_did_not():
    taken = settings_answer(state_id=12, initial_soc=-1, evccid="00007dfa07e0")
    bench = Bench([None, (5, taken)]).deliver(doubtful_reading()).run(70)
    assert len(bench.sent()) == 1
    assert bench.kinds() == ["delivered"]


def test_minus_one_is_sent_again_while_the_smartevse_has_no_id_of_the_car():
    waiting = settings_answer(state_id=12, initial_soc=-1, evccid="")
    bench = (
        Bench([None, (5, waiting), (5, waiting), (5, http(200, b"{}"))]).deliver(doubtful_reading()).run(70)
    )
    assert len(bench.sent()) == 2
    assert bench.kinds() == ["delivered"]


def test_an_equal_value_of_the_last_plug_in_is_not_taken_for_ours():
    stale = settings_answer(state_id=12, initial_soc=42, evccid="00007dfa07e0")
    bench = Bench([None, (5, stale), (5, http(200, b"{}"))]).deliver().run(70)
    assert len(bench.sent()) == 2


def test_a_silent_server_is_given_up_after_a_minute():
    bench = Bench().deliver()
    start = bench.server.now
    bench.run(70)
    assert bench.kinds() == ["failed"]
    assert bench.evse.cause == "smartevse_slow"
    assert len(bench.sent()) == 1
    assert bench.deliveries.due(bench.server.now) is False
    assert ticks_diff(bench.server.now, start) < 80_000
    assert bench.server.open == 0


def test_why_a_reading_did_not_arrive_is_known_although_a_question_was_answered_before_it_is_given_up():
    bench = Bench().deliver().run(50)
    bench.server.answers = [(5, settings_answer())]
    bench.evse.query_state(bench.server.now)
    assert bench.evse.cause is None
    bench.network.connected = False
    bench.run(20)
    assert bench.kinds() == ["failed"]
    assert (bench.evse.state, bench.evse.cause) == ("unreachable", "smartevse_slow")
    assert (bench.evse.missed, bench.evse.last_delivery) == ("smartevse_late", "failed")


def test_a_free_url_cannot_be_asked_and_is_repeated():
    bench = Bench([None, None, (5, http(200, b"ok"))], url="http://10.0.0.2/api/setSoc").deliver().run(70)
    assert len(bench.sent()) == 3
    assert bench.sent(b"GET") == []
    assert bench.kinds() == ["delivered"]


def test_switched_off_then_on():
    bench = Bench([(5, settings_answer()), (5, settings_answer()), (5, http(200, b"{}"))]).deliver()
    bench.server.reachable = False
    bench.run(20)
    assert bench.evse.cause == "smartevse_off"
    bench.server.reachable = True
    bench.run(50)
    assert bench.kinds() == ["delivered"]
    assert len(bench.sent()) == 1
    assert bench.evse.cause is None


@pytest.mark.parametrize("state_id, asks, posts", [(0, 1, 0), (12, 2, 1), (2, 1, 1)])
def test_a_late_reading_is_not_sent_once_its_car_was_unplugged(state_id, asks, posts):
    """Ready after 10 s: the charger is asked first whose plug-in this is."""
    answers = [(5, settings_answer(state_id=state_id))] * asks
    bench = Bench([*answers, (5, http(200, b"{}"))]).deliver()
    bench.network.connected = False
    bench.run(10)
    bench.network.connected = True
    bench.run(30)
    assert len(bench.sent(b"GET")) == asks
    assert len(bench.sent()) == posts
    assert bench.kinds() == (["delivered"] if posts else ["failed"])
    assert bench.evse.cause == (None if posts else "smartevse_late")


def test_a_modem_phase_that_began_after_this_cars_was_over_is_another_cars():
    bench = Bench([(5, settings_answer(state_id=12)), (5, http(200, b"{}"))])
    bench.network.connected = False
    bench.deliveries.deliver(reading(), ticks_add(bench.server.now, 40000), bench.server.now)
    bench.run(65)
    bench.network.connected = True
    bench.run(30)
    assert bench.sent() == [] and bench.evse.cause == "smartevse_late"


def test_a_car_plugged_in_unseen_is_given_time_to_speak_before_a_late_reading_is_sent():
    value = reading()
    value.ev_mac = b"\x02\xab\x34\xcd\x56\xef"
    bench = Bench([(5, settings_answer())] * 5)
    bench.network.connected = False
    bench.deliver(value).run(15)
    bench.network.connected = True
    bench.run(8)
    assert bench.sent() == []
    bench.deliveries.car_began(b"\x02\xab\x34\xcd\x00\x02")
    assert bench.run(30).sent() == []


def _released(how, answers, began_s=8, read_s=1):
    """A car that ended so, so long after it began and after it was read."""
    value = reading()
    value.ev_mac = b"\x02\xab\x34\xcd\x56\xef"
    bench = Bench(answers)
    now = bench.server.now
    bench.deliveries.follow(("matched", value.ev_mac, ticks_add(now, -1000 * began_s)), now)
    bench.deliveries.follow(("reading", value), ticks_add(now, -1000 * read_s))
    bench.deliveries.follow(("released", how), now)
    return bench


@pytest.mark.parametrize("how", ["link lost", "the car started over"])
def test_behind_a_car_that_nobody_heard_leave_another_one_is_given_time_to_speak(how):
    """It may have been unplugged in the modem phase, which goes on, and the phase be the next car's by now."""
    bench = _released(how, [(5, settings_answer())] * 5).run(12)
    assert bench.sent() == [] and bench.sent(b"GET")
    bench.deliveries.follow(("matched", b"\x02\xab\x34\xcd\x00\x02", bench.server.now), bench.server.now)
    assert bench.run(60).sent() == [] and bench.evse.cause == "smartevse_late"


def test_a_car_that_nobody_heard_leave_and_that_is_alone_is_delivered():
    answers = [(5, settings_answer()), (5, settings_answer()), (5, http(200, b"{}"))]
    bench = _released("link lost", answers).run(16)
    assert len(bench.sent()) == 1 and bench.kinds() == ["delivered"]
    bench = _released("link lost", [(5, settings_answer(state_id=0))]).run(60)
    assert bench.sent() == [] and bench.kinds() == ["failed"]


@pytest.mark.parametrize(("began_s", "read_s"), [(20, 15), (40, 5)])
def test_behind_a_car_that_nobody_heard_leave_the_time_of_a_release_is_kept(began_s, read_s):
    """20 s after the reading and 45 s after its first SLAC_PARM.REQ the number leaves, however the car behaves."""
    answers = [(5, settings_answer()), (5, settings_answer()), (5, http(200, b"{}"))]
    bench = _released("link lost", answers, began_s, read_s)
    assert bench.run(4).sent() == []
    assert len(bench.run(2).sent()) == 1


@pytest.mark.parametrize(("began_s", "read_s"), [(30, 20), (46, 5)])
def test_a_car_whose_time_is_up_is_delivered_at_once(began_s, read_s):
    bench = _released("the car did not leave in time", [(5, http(200, b"{}"))], began_s, read_s).run(1)
    assert len(bench.sent()) == 1 and bench.sent(b"GET") == []


def test_a_car_that_was_heard_to_leave_is_delivered_at_once_and_without_a_question():
    bench = _released("the car stopped the session", [(5, http(200, b"{}"))]).run(1)
    assert len(bench.sent()) == 1 and bench.sent(b"GET") == []


def test_another_car_that_begins_takes_the_place_of_a_reading_not_yet_sent():
    value = reading()
    value.ev_mac = b"\x02\xab\x34\xcd\x56\xef"
    bench = Bench([(5, http(200, b"{}"))])
    bench.network.connected = False
    bench.deliver(value)
    bench.deliveries.car_began(value.ev_mac)
    assert bench.evse.last_delivery == "pending"
    bench.deliveries.car_began(b"\x02\xab\x34\xcd\x00\x02")
    assert bench.evse.last_delivery == "failed" and bench.evse.cause == "smartevse_late"
    bench.network.connected = True
    assert bench.run(30).sent() == []


def test_switched_off_for_good():
    bench = Bench()
    bench.server.reachable = False
    bench.deliver().run(70)
    assert bench.kinds() == ["failed"]
    assert bench.evse.cause == "smartevse_off"
    # The lock-out cure: the next delivery works on the same object.
    bench.server.reachable = True
    bench.server.answers = [(5, http(200, b"{}"))]
    bench.deliver().run(5)
    assert bench.kinds() == ["failed", "delivered"]


def test_no_wifi_is_its_own_cause():
    bench = Bench()
    bench.network.connected = False
    bench.deliver().run(70)
    assert bench.server.connections == 0
    assert bench.evse.cause == "smartevse_no_wifi"


def test_one_exchange_never_blocks_longer_than_five_seconds():
    bench = Bench([None, (4900, settings_answer())])
    bench.deliver()
    for _ in range(4):
        while not bench.deliveries.due(bench.server.now):
            bench.server.wait(10)
        before = bench.server.now
        bench.deliveries.run(before)
        assert ticks_diff(bench.server.now, before) <= EXCHANGE_MS + 100


def test_an_endless_answer_is_cut():
    bench = Bench([(5, b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000)]).deliver().run(70)
    assert len(bench.sent()) == 1
    assert bench.server.open == 0


def test_state_query_reads_three_values_out_of_the_settings():
    bench = Bench([(5, settings_answer(state_id=1, initial_soc=55, evccid="aabbccddeeff"))])
    state = bench.evse.query_state(bench.server.now)
    told = [find_value(state.body, name) for name in (b"initial_soc", b"evccid")]
    assert (state.state_id, state.has_modem, told) == (1, True, ["55", "aabbccddeeff"])
    assert bench.server.requests[0].startswith(b"GET /settings HTTP/1.1\r\n")
    assert bench.server.open == 0


def test_state_query_with_a_plain_body_and_blanks():
    body = json.dumps(SETTINGS, indent=1).encode()
    bench = Bench([(5, http(200, body, chunked=False))])
    assert bench.evse.query_state(bench.server.now).state_id == 12


def test_a_firmware_without_modem_support_is_told():
    document = {key: value for key, value in SETTINGS.items() if key != "ev_state"}
    bench = Bench([(5, http(200, json.dumps(document).encode()))])
    assert bench.evse.query_state(bench.server.now).has_modem is False
    assert bench.evse.cause == "smartevse_no_modem"


@pytest.mark.parametrize(
    ("answers", "cause"),
    [
        ([None], "smartevse_slow"),
        ([(5, http(500))], "smartevse_500"),
        ([(5, http(401))], "smartevse_refused"),
        ([(5, http(302))], "smartevse_refused"),
    ],
)
def test_a_state_query_without_a_state(answers, cause):
    bench = Bench(answers)
    assert bench.evse.query_state(bench.server.now) is None
    assert bench.evse.cause == cause


@pytest.mark.parametrize(
    "answer",
    [
        http(200, b"<html>FRITZ!Box</html>"),
        http(200, b"{}"),
        http(200, b""),
        http(404, b"no such page"),
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
)
def test_whatever_else_has_its_address_now_is_not_taken_for_a_smartevse_without_modem_support(answer):
    """A router gave the address to a printer: nobody has to build firmware for that."""
    bench = Bench([(5, answer)])
    assert bench.evse.query_state(bench.server.now) is None
    assert (bench.evse.state, bench.evse.cause) == ("unreachable", "smartevse_off")
    assert bench.evse.text == "something else answers at its address"


def test_a_body_that_breaks_off_in_a_chunk_ends():
    whole = settings_answer(state_id=2)
    bench = Bench([(5, whole[: len(whole) - 60])])
    assert bench.evse.query_state(bench.server.now) is None and bench.evse.cause == "smartevse_slow"


def test_a_name_is_looked_up_once():
    bench = Bench([(5, http(200, b"{}")), (5, http(200, b"{}"))], url="evse.local")
    bench.deliver().run(2)
    bench.deliver().run(2)
    assert len(bench.sent()) == 2
    assert bench.server.lookups == 1
    assert b"Host: evse.local" in bench.sent()[0]


@pytest.mark.parametrize("address", [None, "fd00::60"])
def test_a_name_without_an_ipv4_address_is_its_own_cause(address):
    bench = Bench(url="nobody.local")
    bench.server.names["nobody.local"] = address
    bench.deliver().run(70)
    assert bench.evse.cause == "smartevse_name"
    assert bench.server.connections == 0
