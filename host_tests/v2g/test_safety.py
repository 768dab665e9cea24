# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The proof that nothing the box says lets a car close its contactors (docs/protocol.md).

From every state of a session that can be reached, in both standards and with every setting of the conversation,
every request at several paces; the encoded responses are inspected. A state is all that a session remembers,
times as the outcome of every comparison that is made with them, so that "nothing new is found" means that all
was seen.
All are read by the virtual car's decoders too, which share no code with the box's.
"""

import functools

import pytest
from plc.ticks import ticks_diff
from v2g import din, iso2, session
from v2g.reading import Reading

from host_tests.support.v2g_car import BODIES, Wire
from host_tests.twin.car import exi_car, exi_car_iso2
from host_tests.twin.car.session import dangers_in

SETTINGS = [{"conversation": "release"}] + [
    {"conversation": "converse", "conversation_until": until, "conversation_ms": ms}
    for _, until, *_ in session.PHASES
    for ms in (3000, 90000)
]
# Settings that are explored with a car that tells 0 % as well, for which the ladder has rows of its own.
WITH_0 = (0, len(SETTINGS) - 1)
# ms before a request: at once, past a short phase, past the shutdown, past a long phase.
PACES = (100, 3500, 9000, 36000)
WRONG_SESSION = b"\x99" * 8


def dc_status_of(fields):
    return fields.get("DC_EVSEStatus") or fields.get("DC_EVSEChargeParameter", {}).get("DC_EVSEStatus")


def dangers(request_name, name, fields):
    """What in a response DESIGN forbids: isolation, voltage, permission, notification, power."""
    found = []
    text = repr(fields)
    for word in ("'Valid'", "'Warning'", "'No_IMD'", "True, 'RCD'", "'StopCharging'", "'ReNegotiation'"):
        if word in text:
            found.append(word)
    for element in ("EVSEPresentVoltage", "EVSEPresentCurrent"):
        if element in fields and fields[element]["Value"]:
            found.append(element)
    if fields.get("AC_EVSEStatus", {}).get("PowerSwitchClosed"):
        found.append("PowerSwitchClosed")
    status = dc_status_of(fields)
    if status is not None:
        if status["EVSEIsolationStatus"] != "Invalid" or status["EVSENotification"] != "None":
            found.append("status")
        allowed = {"EVSE_Shutdown"}
        if name == "ChargeParameterDiscoveryRes":
            allowed.add("EVSE_Ready")
        if name in ("CableCheckRes", "PreChargeRes"):
            allowed.add("EVSE_NotReady")
        if status["EVSEStatusCode"] not in allowed:
            found.append(status["EVSEStatusCode"])
    positive = fields["ResponseCode"][:2] == "OK"
    if positive and name == "CurrentDemandRes":
        found.append("current demand granted")
    if positive and name == "PowerDeliveryRes" and not request_name.endswith("/stop"):
        found.append("power delivery granted")
    return found


def keeps_the_car(name, fields):
    """True for a response by which a station that lets cars go at once would hold one. Only the first parameters may."""
    if name == "PreChargeRes":
        return fields["ResponseCode"][:6] != "FAILED"
    if name == "ChargeParameterDiscoveryRes" and fields["EVSEProcessing"] == "Ongoing":
        return False
    status = dc_status_of(fields)
    return status is not None and status["EVSEStatusCode"] != "EVSE_Shutdown"


def remembered(car):
    """All that decides the session's next answer."""
    s = car.session
    phases_over = None
    if s._phase_ends is not None:
        phases_over = sum(ticks_diff(car.now, end) >= 0 for end in s._phase_ends)
    rounds_min, least_ms, most_ms = session.SHUTDOWN
    elapsed = rounds = None
    if s._shutdown_since is not None:
        since_ms = ticks_diff(car.now, s._shutdown_since)
        elapsed = (since_ms >= least_ms) + (since_ms >= most_ms)
        rounds = min(s._shutdown_rounds, rounds_min + 1)
    told = None
    if s.reading is not None:
        told = (bool(s.reading.soc_percent), s.reading.soc_percent == 0, s.reading.soc_doubtful_percent)
    return (s.state, s.rung, s.stopped, phases_over, elapsed, rounds, told)


def twin_of(car):
    """The same car and session once more. What the two share is rewritten for every answer, or never."""
    twin = _again(car)
    twin.session = _again(car.session)
    if car.session.reading is not None:
        twin.session.reading = _again(car.session.reading)
    return twin


def _again(one):
    """copy.copy of a plain object, which is most of the work here."""
    other = object.__new__(type(one))
    other.__dict__.update(one.__dict__)
    return other


def told_before(standard, config, soc):
    """A car that told its charge on a connection before this one."""
    car = Wire(standard, config)
    car.session.reading = Reading(standard.PROTOCOL)
    car.session.reading.soc_percent = soc
    return car


@functools.cache
def explored(standard, number):
    """[(what the session remembered, request, answer)] of everything reachable; an answer once in a state and rung."""
    config = SETTINGS[number]
    seen = set()
    frontier = [Wire(standard, config)]
    if number in WITH_0:
        frontier += [told_before(standard, config, soc) for soc in (0, 42)]
    found = {}
    while frontier:
        origin = frontier.pop()
        before = remembered(origin)
        for pace in PACES:
            for name in BODIES[standard]:
                if name.endswith("/0") and number not in WITH_0:
                    continue
                for session_id in (None, WRONG_SESSION) if pace == PACES[0] else (None,):
                    car = twin_of(origin).wait(pace)
                    car.sends(name, session_id=session_id)
                    answer = car.answers.pop()
                    found.setdefault((*before[:2], name, answer[-1]), (before, name, answer))
                    after = remembered(car)
                    if after not in seen:
                        seen.add(after)
                        frontier.append(car)
    return list(found.values())


# The first settings are those of a box that nobody has changed: `make quick` walks through these.
CASES = [
    pytest.param(standard, number, id=f"{standard.PROTOCOL}-{number}", marks=[pytest.mark.slow] if number else [])
    for standard in (din, iso2)
    for number in range(len(SETTINGS))
]


@pytest.mark.parametrize(("standard", "number"), CASES)
def test_no_reachable_response_is_dangerous(standard, number):
    looked_at = set()
    for before, name, (_, answer_name, fields, octets) in explored(standard, number):
        if (name, octets) not in looked_at:
            looked_at.add((name, octets))
            assert not dangers(name, answer_name, fields), (before, name, fields)
            assert number or not keeps_the_car(answer_name, fields), (before, name, fields)


# What the car's codec calls otherwise than ISO 15118-2, because one session of it speaks both.
DIN_NAMES = {
    "AuthorizationRes": "ContractAuthenticationRes",
    "PaymentServiceSelectionRes": "ServicePaymentSelectionRes",
}
OWN_DECODER = {din: exi_car, iso2: exi_car_iso2}


@pytest.mark.slow
@pytest.mark.parametrize("standard", [din, iso2], ids=lambda standard: standard.PROTOCOL)
def test_the_virtual_cars_own_decoder_sees_the_same_responses_and_no_danger_either(standard):
    decoder = OWN_DECODER[standard]
    readable = {name for name, _ in decoder._BODIES.values()}
    octets = {}
    for number in range(len(SETTINGS)):
        for _, name, (_, answer_name, fields, data) in explored(standard, number):
            octets[data, name] = (answer_name, fields)
    read = 0
    for (data, name), (answer_name, fields) in octets.items():
        din_name = DIN_NAMES.get(answer_name, answer_name)
        if din_name not in readable:
            continue
        _, body_name, body, surplus = decoder.read_message(data)
        assert (body_name, surplus) == (din_name, 0)
        if standard is din:
            assert body == fields
        else:
            assert body["ResponseCode"] == fields["ResponseCode"]
            for element in (
                "DC_EVSEStatus",
                "DC_EVSEChargeParameter",
                "EVSEProcessing",
                "EVSEPresentVoltage",
            ):
                assert body.get(element) == fields.get(element)
        power_wanted = name.startswith("PowerDeliveryReq") and not name.endswith("/stop")
        assert not dangers_in(body_name, body, power_wanted), (name, body)
        read += 1
    assert read > 50


@pytest.mark.slow
@pytest.mark.parametrize("standard", [din, iso2], ids=lambda standard: standard.PROTOCOL)
def test_the_exploration_comes_everywhere(standard):
    """A proof that never left the first state would be worth nothing."""
    states = {row[2] for row in standard.REQUESTS.values() if row[2]} | {"SESSION_SETUP"}
    everything = states | {"CABLE_CHECK", "PRE_CHARGE"}
    talks = [explored(standard, number) for number in range(len(SETTINGS))]
    assert {before[0] for talk in talks for before, _, _ in talk} == everything
    for number, talk in enumerate(talks):
        rungs = {before[1] for before, _, _ in talk}
        assert {1, 2} <= rungs, number
    ready = {
        answer[2]["ResponseCode"] for talk in talks for _, name, answer in talk if name == "PreChargeReq"
    }
    assert {"OK", "FAILED", "FAILED_SequenceError", "FAILED_UnknownSession"} <= ready
    codes = {answer[2]["ResponseCode"] for talk in talks for _, _, answer in talk}
    assert codes >= {
        "OK",
        "OK_NewSessionEstablished",
        "FAILED",
        "FAILED_SequenceError",
        "FAILED_UnknownSession",
        "FAILED_ServiceIDInvalid",
        "FAILED_WrongChargeParameter",
        "FAILED_PowerDeliveryNotApplied",
        "FAILED_TariffSelectionInvalid",
        standard.TRANSFER[1],
    }


def says_ok_to(request):
    """A table whose row for ``request`` has an action that answers OK to everything."""

    def plant(one, monkeypatch):
        requests = one.standard.REQUESTS
        states, _, after = requests[request]
        monkeypatch.setitem(requests, request, (states, session.Session.welding_detection, after))

    return plant


PLANTED = {
    "valid isolation": lambda s, _: s._status.update(EVSEIsolationStatus="Valid"),
    "a voltage": lambda s, _: s._responses["PreChargeReq"]["EVSEPresentVoltage"].update(Value=1),
    "a current": lambda s, _: s._responses["CurrentDemandReq"]["EVSEPresentCurrent"].update(Value=1),
    "a notification": lambda s, _: s._status.update(EVSENotification="StopCharging"),
    "power": says_ok_to("PowerDeliveryReq"),
    "current demand": says_ok_to("CurrentDemandReq"),
}


@pytest.mark.parametrize("defect", PLANTED)
@pytest.mark.parametrize("standard", [din, iso2], ids=lambda standard: standard.PROTOCOL)
def test_a_planted_danger_is_noticed(standard, defect, monkeypatch):
    car = Wire(standard, SETTINGS[-1])
    car.goes_to_parameters().sends("ChargeParameterDiscoveryReq")
    for _ in range(2):
        car.wait(60000 if car.session.state == "CHARGE_PARAMETERS" else 30000)
        car.sends(
            "ChargeParameterDiscoveryReq" if car.session.state == "CHARGE_PARAMETERS" else "CableCheckReq"
        )
    car.session.state = "PRE_CHARGE"
    PLANTED[defect](car.session, monkeypatch)
    found = []
    for name in ("PreChargeReq", "PowerDeliveryReq", "CurrentDemandReq", "CableCheckReq"):
        fields = car.sends(name)
        found += dangers(name, car.answers[-1][1], fields)
    assert found
