# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A car that is kept in conversation: every state of charge it tells, how far it comes, how it is let go."""

import pytest
from plc.ticks import ticks_diff
from v2g import din, iso2, session
from v2g.secc import Secc

from host_tests.interpreter.run_car import Lcg
from host_tests.interpreter.run_session import BOX, Bench
from host_tests.support.v2g_car import BODIES, Wire, amount, status
from host_tests.support.wire_car import WireCar
from host_tests.twin.car.car import named

BOTH = pytest.mark.parametrize("standard", [din, iso2], ids=lambda standard: standard.PROTOCOL)


def converse(until="cable_check", ms=20000, **more):
    return {"conversation": "converse", "conversation_until": until, "conversation_ms": ms, **more}


def talking(standard, until, ms):
    car = Wire(standard, converse(until, ms)).goes_to_parameters()
    car.sends("ChargeParameterDiscoveryReq")
    return car


def walked(standard, until, ms, every_ms=250, seconds=120):
    """[(ms since the first parameters, request, ResponseCode, EVSEProcessing, EVSEStatusCode)] of a willing car."""
    car = Wire(standard, converse(until, ms)).goes_to_parameters()
    begun, seen, name = car.now, [], "ChargeParameterDiscoveryReq"
    for _ in range(seconds * 1000 // every_ms):
        fields = car.sends(name)
        evse = fields.get("DC_EVSEStatus") or fields["DC_EVSEChargeParameter"]["DC_EVSEStatus"]
        code, processing = fields["ResponseCode"], fields.get("EVSEProcessing")
        seen.append((ticks_diff(car.now, begun), name, code, processing, evse["EVSEStatusCode"]))
        car.wait(every_ms)
        if code != "OK":
            break
        if processing == "Finished":
            name = {"ChargeParameterDiscoveryReq": "CableCheckReq", "CableCheckReq": "PreChargeReq"}[name]
    return seen


def last_of(seen, name, status_code):
    return max((row[0] for row in seen if row[1] == name and row[4] == status_code), default=None)


@BOTH
@pytest.mark.parametrize("seconds", [5, 20, 50])
def test_until_parameters_the_car_is_kept_there_and_then_asked_to_leave(standard, seconds):
    seen = walked(standard, "parameters", seconds * 1000)
    assert last_of(seen, "ChargeParameterDiscoveryReq", "EVSE_Ready") == seconds * 1000 - 250
    shutdown = [row for row in seen if row[3:] == ("Ongoing", "EVSE_Shutdown")]
    assert len(shutdown) >= 10 and shutdown[0][0] == seconds * 1000
    assert last_of(seen, "CableCheckReq", "EVSE_NotReady") is None


@BOTH
def test_until_cable_check_the_time_is_spent_there(standard):
    seen = walked(standard, "cable_check", 20000)
    assert [row[1:] for row in seen[:2]] == [
        ("ChargeParameterDiscoveryReq", "OK", "Finished", "EVSE_Ready"),
        ("CableCheckReq", "OK", "Ongoing", "EVSE_NotReady"),
    ]
    assert last_of(seen, "CableCheckReq", "EVSE_NotReady") == 19750
    (after,) = [row for row in seen if row[1] == "CableCheckReq" and row[4] == "EVSE_Shutdown"]
    assert after[2:4] == ("OK" if standard is din else "FAILED", "Finished")


@BOTH
def test_until_pre_charge_the_car_waits_there_for_a_voltage_that_never_comes(standard):
    seen = walked(standard, "pre_charge", 20000)
    waits = [row for row in seen if row[1] == "PreChargeReq" and row[2] == "OK"]
    assert waits[-1][0] - waits[0][0] < 6000 and waits[-1][0] < 20000
    assert {row[4] for row in waits} == {"EVSE_NotReady"}
    assert seen[-1][1:3] == ("PreChargeReq", "FAILED")


@BOTH
@pytest.mark.parametrize("until", [phase[1] for phase in session.PHASES])
def test_no_phase_outlasts_a_cars_patience(standard, until):
    seen = walked(standard, until, 90000, every_ms=900)
    patience = {"ChargeParameterDiscoveryReq": 60000, "CableCheckReq": 40000, "PreChargeReq": 7000}
    for name, limit in patience.items():
        times = [row[0] for row in seen if row[1] == name]
        assert not times or times[-1] - times[0] < limit, name


MESSAGES = {
    din: {
        "PowerDeliveryReq": {
            "ReadyToChargeState": True,
            "DC_EVPowerDeliveryParameter": {"DC_EVStatus": status(47), "ChargingComplete": False},
        }
    },
    iso2: {
        "PowerDeliveryReq": {
            "ChargeProgress": "Start",
            "SAScheduleTupleID": 1,
            "DC_EVPowerDeliveryParameter": {"DC_EVStatus": status(47), "ChargingComplete": False},
        }
    },
}


@BOTH
@pytest.mark.parametrize(
    "name", ["CableCheckReq", "PreChargeReq", "PowerDeliveryReq", "CurrentDemandReq", "WeldingDetectionReq"]
)
def test_every_later_message_that_carries_a_state_of_charge_renews_the_reading(standard, name):
    body = dict(MESSAGES[standard].get(name, BODIES[standard][name]))
    if "DC_EVStatus" in body:
        body["DC_EVStatus"] = status(47)
    car = talking(standard, "pre_charge", 90000)
    car.sends(name, body)
    assert car.session.reading.soc_percent == 47 and car.session.renewed
    assert car.session.reading.full_soc_percent is None
    quiet = Wire(standard).goes_to_parameters()
    quiet.sends("ChargeParameterDiscoveryReq")
    quiet.sends(name, body)
    assert quiet.session.reading.soc_percent == 42, "read and release keeps the first one"
    stranger = talking(standard, "pre_charge", 90000)
    stranger.sends(name, body, session_id=b"\x99" * 8)
    assert stranger.session.reading.soc_percent == 42


@BOTH
def test_what_the_car_asked_for_is_kept(standard):
    car = talking(standard, "pre_charge", 3000)
    car.wait(100).sends("CableCheckReq")
    target = {"EVTargetVoltage": amount(3905, "V", -1), "EVTargetCurrent": amount(15, "A", -1)}
    car.sends("PreChargeReq", {"DC_EVStatus": {**status(), "EVErrorCode": "NoData"}, **target})
    reading = car.session.reading
    assert (reading.target_voltage_mv, reading.target_current_ma) == (390500, 1500)
    assert (reading.max_current_ma, reading.max_voltage_mv, reading.max_power_w) == (125000, 398000, None)
    assert reading.error == "NoData" and reading.energy_transfer == "DC_extended"


@BOTH
def test_power_is_refused_by_its_own_name(standard):
    car = talking(standard, "pre_charge", 90000)
    assert car.sends("PowerDeliveryReq")["ResponseCode"] == "FAILED_PowerDeliveryNotApplied"
    assert car.sends("PowerDeliveryReq/stop")["ResponseCode"] == "OK"


# ---- through the whole station


def cable_check(car, soc):
    return car.request("CableCheckReq", {"DC_EVStatus": status(soc)})


def test_the_station_tells_each_new_state_of_charge_and_delivers_the_last():
    car = WireCar(converse(ms=20000)).to_reading()
    for soc in (42, 43, 43, 44):
        assert cable_check(car, soc)["EVSEProcessing"] == "Ongoing"
        car.wait(500)
    assert car.kinds("soc") == [(43,), (44,)]
    ((reading,),) = car.kinds("reading")
    car.tcp("FA")
    car.wait(1100)
    assert reading.soc_percent == 44 and len(car.kinds("released")) == 1


def test_a_conversation_ends_and_the_car_is_released_twenty_seconds_later_at_the_latest():
    car = WireCar(converse(ms=20000)).to_reading()
    read_at = car.now
    while not car.kinds("released"):
        if car.secc._plug_in.leave_at is None and not car.secc._plug_in.closing:
            cable_check(car, 42)
        car.wait(250)
        assert ticks_diff(car.now, read_at) <= 40000
    assert ticks_diff(car.now, read_at) > 38500


@pytest.mark.parametrize(("ms", "latest_s"), [(20000, 45), (25000, 45), (40000, 60), (90000, 110)])
def test_the_plug_ins_deadline_grows_only_for_a_long_conversation(ms, latest_s):
    car = WireCar(converse("pre_charge", ms))
    begun = car.now
    car.slac()
    while not car.kinds("session_end"):
        car.wait(250)
    assert latest_s * 1000 - 2000 < ticks_diff(car.now, begun) <= latest_s * 1000 + 250


def test_a_car_that_says_nothing_for_a_minute_has_ended_its_session():
    """V2G_SECC_Sequence_Timeout; without a conversation the other deadlines come first."""
    car = WireCar(converse("pre_charge", 90000)).to_parameters()
    silent_since = car.now
    while not car.kinds("session_end"):
        car.wait(250)
    assert 59000 < ticks_diff(car.now, silent_since) < 62500
    assert car.kinds("session_end") == [("car_silent",)]


@pytest.mark.parametrize("name", ["generic", "tesla_y", "ioniq", "id_buzz", "polestar2"])
@pytest.mark.parametrize("until", [phase[1] for phase in session.PHASES])
def test_virtual_cars_take_the_conversation_for_an_ordinary_one_and_close_nothing(name, until):
    car = named(name, Lcg(7), soc_percent=42)
    bench = Bench(car)
    bench.secc = Secc(BOX, Lcg(3), converse(until, 6000))
    bench.step()
    bench.step()
    car.plug(bench.clock.now_ms)
    car.pilot(50, bench.clock.now_ms)
    while bench.clock.now_ms < 90000 and not bench.kinds("session_end"):
        bench.step()
    assert bench.kinds("session_end") == ["ok"] and len(bench.kinds("released")) == 1
    assert car.unsafe == []
    assert car.complaints == []
