# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""v2g.session: the engine that runs a standard's tables, and what the station says of itself.

What each standard answers is in test_din.py and test_iso2.py, that no answer is dangerous in test_safety.py.
"""

import itertools

import pytest
from plc.ticks import ticks_add, ticks_diff
from v2g import din, exi, iso2
from v2g.session import PHASES, SERVICE_ID, Session, Station

from host_tests.support.v2g_car import BODIES, WAY, Wire, amount, charge_parameters, iso2_parameters

STANDARDS = pytest.mark.parametrize("standard", [din, iso2], ids=lambda standard: standard.PROTOCOL)


def new_session(standard, config=None):
    return Session(standard, lambda count: bytes(range(1, count + 1)), Station(config or {}))


@pytest.mark.parametrize(
    ("until", "ms", "shares"),
    [
        ("parameters", 20000, [20000]),
        ("cable_check", 20000, [0, 20000]),
        ("cable_check", 60000, [25000, 35000]),
        ("pre_charge", 20000, [0, 14000, 6000]),
        ("pre_charge", 999999, [phase[2] for phase in PHASES]),
    ],
)
def test_the_later_phases_of_a_conversation_get_their_time_first(until, ms, shares):
    station = Station({"conversation": "converse", "conversation_until": until, "conversation_ms": ms})
    now = (1 << 29) - 5000
    ends = [now, *station.phase_ends(now)]
    assert [ticks_diff(later, before) for before, later in itertools.pairwise(ends)] == shares
    assert station.talk_ms == sum(shares)


def test_a_station_that_lets_go_at_once_has_no_phases():
    assert (Station({}).phases, Station({}).talk_ms) == ((), 0)


@STANDARDS
def test_responses_are_built_once_and_for_all_sessions(standard):
    station = Station({})
    assert station.responses(standard)[0] is station.responses(standard)[0]


@STANDARDS
def test_an_answer_told_beforehand_is_the_one_that_is_given(standard):
    session = new_session(standard)
    expected = {}
    for rung in (1, 2):
        octets = exi.encode(standard.SCHEMA, session.expected(rung))
        expected[session.answer_key] = octets
    car = Wire(standard)
    car.session = session
    car.goes_to_parameters()
    for _ in range(3):
        car.sends("ChargeParameterDiscoveryReq")
        key = session.answer_key
        response = session._response("ChargeParameterDiscoveryReq", key[1], session._responses[key[0]])
        assert expected[key] == exi.encode(standard.SCHEMA, response)
        car.wait(100)


@STANDARDS
def test_every_request_has_a_response_and_an_action(standard):
    assert set(standard.RESPONSES) == set(standard.REQUESTS) == set(standard.responses(Station({}), {}))
    for states, action, _ in standard.REQUESTS.values():
        assert callable(action) and getattr(Session, action.__name__) is action
        assert isinstance(states, tuple)


@STANDARDS
def test_what_is_no_request_gets_no_answer(standard):
    session = new_session(standard)
    assert session.request({"supportedAppProtocolReq": {}}, 0) is None
    header = {"SessionID": session.session_id}
    assert session.request({"V2G_Message": {"Header": header, "Body": {"SessionStopRes": {}}}}, 0) is None


@STANDARDS
def test_refusals_in_a_row_are_counted_up_to_the_next_ok(standard):
    car = Wire(standard).goes_to_parameters()
    for count in (1, 2):
        car.sends("PreChargeReq")
        assert car.session.refusals == count
    car.sends("ChargeParameterDiscoveryReq")
    assert car.session.refusals == 0


@STANDARDS
@pytest.mark.parametrize("service_id", [7, 65536, 1 << 60, "65536"])
def test_the_service_that_a_car_asks_for_is_in_no_answer_of_that_car_or_the_next(standard, service_id):
    """One beyond ServiceID's 16 bits, which the codec reads, fits no answer: both had none."""
    asks = {"V2G_Message": {"Header": {}, "Body": {"ServiceDetailReq": {"ServiceID": service_id}}}}
    station = Station({})
    codes = []
    for state in ("PAYMENT_SELECTION", "SESSION_SETUP"):  # the next car asks out of order
        session = Session(standard, bytes, station)
        session.state = state
        asks["V2G_Message"]["Header"]["SessionID"] = session.session_id
        octets = exi.encode(standard.SCHEMA, session.request(asks, 0))
        fields = exi.decode(standard.SCHEMA, octets)["V2G_Message"]["Body"]["ServiceDetailRes"]
        codes.append(fields["ResponseCode"])
        assert fields["ServiceID"] == SERVICE_ID
    assert codes == ["FAILED_ServiceIDInvalid", "FAILED_SequenceError"]


@STANDARDS
def test_an_empty_evccid_is_none(standard):
    car = Wire(standard)
    car.sends("SessionSetupReq", {"EVCCID": b""})
    assert car.session.evccid is None


@STANDARDS
@pytest.mark.parametrize(("octets", "counts"), [(6, True), (8, True), (9, False), (3000, False)])
def test_an_evccid_beyond_eight_octets_is_none_and_its_car_is_answered(standard, octets, counts):
    """A message has room for 4000 of them, which would be on the page of every session."""
    session = Wire(standard).session
    body = {"SessionSetupReq": {"EVCCID": bytes(range(1, 7)) * (octets // 6) + bytes(octets % 6)}}
    answer = session.request({"V2G_Message": {"Header": {"SessionID": b""}, "Body": body}}, 0)
    fields = answer["V2G_Message"]["Body"]["SessionSetupRes"]
    assert fields["ResponseCode"] == "OK_NewSessionEstablished"
    assert (session.evccid is not None) == counts


@STANDARDS
def test_an_authorization_that_is_repeated_is_answered_as_before_and_changes_nothing(standard):
    """A car that another station told Ongoing asks two to four times."""
    car = Wire(standard).goes_to_parameters()
    first = car.answers[-1][3]
    for _ in range(3):
        car.sends(WAY[standard][-1])
        assert (car.answers[-1][3], car.session.state) == (first, "CHARGE_PARAMETERS")


@STANDARDS
def test_later_parameters_fill_in_what_the_first_left_out_and_change_nothing_else(standard):
    parameters = charge_parameters if standard is din else iso2_parameters
    first = {"FullSOC": 0, "EVEnergyRequest": amount(20000, "Wh")}
    later = {"FullSOC": 90, "EVEnergyRequest": amount(5000, "Wh"), "EVEnergyCapacity": amount(5500, "Wh", 1)}
    car = Wire(standard).goes_to_parameters()
    for soc, extra in ((0, first), (55, later)):
        car.sends("ChargeParameterDiscoveryReq", parameters(soc=soc, **extra))
    reading = car.session.reading
    assert (reading.soc_percent, reading.full_soc_percent) == (55, 90)
    assert (reading.energy_capacity_wh, reading.energy_request_wh) == (55000, 20000)


@STANDARDS
def test_what_a_refused_current_demand_tells_is_kept(standard):
    car = Wire(standard).goes_to_parameters()
    car.sends("ChargeParameterDiscoveryReq")
    told = {"EVTargetVoltage": amount(3985, "V", -1), "EVTargetCurrent": amount(25, "A")}
    body = {**BODIES[standard]["CurrentDemandReq"], **told, "RemainingTimeToFullSoC": amount(120, "s", 1)}
    assert car.sends("CurrentDemandReq", body)["ResponseCode"][:6] == "FAILED"
    reading = car.session.reading
    assert (reading.target_voltage_mv, reading.target_current_ma, reading.remaining_s) == (398500, 25000, 1200)


@STANDARDS
def test_parameters_with_a_wrong_session_id_are_refused_and_read_all_the_same(standard):
    car = Wire(standard).goes_to_parameters()
    answer = car.sends("ChargeParameterDiscoveryReq", session_id=b"\x99" * 8)
    assert answer["ResponseCode"] == "FAILED_UnknownSession"
    assert (car.session.reading.soc_percent, car.session.rung) == (42, 0)


@STANDARDS
def test_refusals_of_different_requests_are_not_in_a_row_until_the_car_is_read(standard):
    car = Wire(standard)
    for name in WAY[standard][1:]:
        car.sends(name)
        assert car.session.refusals == 1
    car.sends(WAY[standard][-1])
    assert car.session.refusals == 2
    for count, name in ((1, "ChargeParameterDiscoveryReq"), (2, "CableCheckReq"), (3, "PreChargeReq")):
        car.sends(name)
        assert car.session.refusals == count


def test_ticks_that_wrap_do_not_end_a_phase():
    station = Station({"conversation": "converse", "conversation_until": "parameters"})
    now = (1 << 29) - 10
    assert station.phase_ends(now) == [ticks_add(now, 20000)]
