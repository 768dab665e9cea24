# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The DIN session: the station's answers and the release ladder. That no answer is dangerous is in test_safety.py."""

import pytest
from v2g import din
from v2g.session import Session, Station

from host_tests.support.din_car import BODIES, NO_ID, Car, ac_parameters, amount, charge_parameters


def test_the_way_to_the_reading_is_answered_ok_and_the_reading_is_complete():
    car = Car().goes_to_parameters()
    car.sends(
        "ChargeParameterDiscoveryReq",
        charge_parameters(
            EVEnergyCapacity=amount(2800, "Wh", 1),
            EVEnergyRequest=amount(15000, "Wh"),
            FullSOC=94,
            BulkSOC=83,
        ),
    )
    reading = car.session.reading
    assert (reading.soc_percent, reading.full_soc_percent, reading.bulk_soc_percent) == (42, 94, 83)
    assert (reading.energy_capacity_wh, reading.energy_request_wh) == (28000, 15000)
    assert reading.evccid == bytes.fromhex("02ab34cd56ef") and reading.protocol == "DIN 70121"


def test_what_the_car_leaves_out_is_none_and_never_zero():
    car = Car().goes_to_parameters()
    car.sends("ChargeParameterDiscoveryReq")
    reading = car.session.reading
    assert reading.soc_percent == 42
    assert reading.full_soc_percent is reading.bulk_soc_percent is None
    assert reading.energy_capacity_wh is reading.energy_request_wh is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (amount(785, "Wh", 2), 78500),
        (amount(28, "Wh", 3), 28000),
        (amount(15, "Wh", -1), 1),
        (amount(-5, "Wh"), None),
        (amount(80, "Ah"), None),
        ({"Multiplier": 0, "Value": 500}, 500),
    ],
)
def test_the_multiplier_of_a_physical_value_is_applied(value, expected):
    car = Car().goes_to_parameters()
    car.sends("ChargeParameterDiscoveryReq", charge_parameters(EVEnergyRequest=value))
    assert car.session.reading.energy_request_wh == expected


@pytest.mark.parametrize("soc", [1, 42, 100])
def test_every_percentage_but_0_is_a_reading(soc):
    car = Car().goes_to_parameters()
    car.sends("ChargeParameterDiscoveryReq", charge_parameters(soc))
    assert car.session.reading.soc_percent == soc


@pytest.mark.parametrize("soc", [101, 127])
def test_a_percentage_beyond_100_is_no_reading(soc):
    car = Car().goes_to_parameters()
    car.sends("ChargeParameterDiscoveryReq", charge_parameters(soc))
    assert car.session.reading.soc_percent is None
    assert car.session.reading.soc_doubtful_percent == soc


def rungs_of(car, every_ms, seconds):
    seen = []
    end = seconds * 1000 // every_ms
    for _ in range(end):
        fields = car.sends("ChargeParameterDiscoveryReq")
        code = fields["DC_EVSEChargeParameter"]["DC_EVSEStatus"]["EVSEStatusCode"]
        seen.append((fields["EVSEProcessing"], code))
        if fields["EVSEProcessing"] == "Finished":
            break
        car.wait(every_ms)
    return seen


def test_the_ladder_begins_ready_then_shutdown():
    seen = rungs_of(Car().goes_to_parameters(), 260, 2)
    assert seen[0] == ("Ongoing", "EVSE_Ready")
    assert set(seen[1:]) == {("Ongoing", "EVSE_Shutdown")}


@pytest.mark.parametrize(
    ("every_ms", "shutdowns"), [(30, 100), (260, 12), (300, 10), (500, 10), (1000, 8), (1900, 5)]
)
def test_shutdown_is_said_for_ten_rounds_and_three_seconds_but_at_most_eight_seconds(every_ms, shutdowns):
    seen = rungs_of(Car().goes_to_parameters(), every_ms, 40)
    assert seen[-1] == ("Finished", "EVSE_Shutdown")
    assert seen.count(("Ongoing", "EVSE_Shutdown")) == shutdowns


def test_below_the_shutdown_every_rung_says_no():
    car = Car().goes_to_parameters()
    rungs_of(car, 500, 20)
    cable = car.sends("CableCheckReq")
    assert (cable["ResponseCode"], cable["EVSEProcessing"]) == ("OK", "Finished")
    assert cable["DC_EVSEStatus"]["EVSEStatusCode"] == "EVSE_Shutdown"
    assert cable["DC_EVSEStatus"]["EVSEIsolationStatus"] == "Invalid"
    for name in ("PreChargeReq", "CurrentDemandReq", "PowerDeliveryReq"):
        assert car.sends(name)["ResponseCode"] == "FAILED"


@pytest.mark.parametrize("rung", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("polite", ["PowerDeliveryReq/stop", "WeldingDetectionReq", "SessionStopReq"])
def test_a_car_that_leaves_is_answered_ok_on_every_rung(rung, polite):
    car = Car().goes_to_parameters()
    car.sends("ChargeParameterDiscoveryReq")
    if rung >= 2:
        car.sends("ChargeParameterDiscoveryReq")
    if rung >= 3:
        rungs_of(car, 500, 20)
    if rung >= 4:
        car.sends("CableCheckReq")
    if rung >= 5:
        car.sends("PreChargeReq")
    assert car.session.rung == rung
    assert car.sends(polite)["ResponseCode"] == "OK"


@pytest.mark.parametrize("name", [name for name in BODIES if name != "SessionSetupReq"])
def test_a_wrong_session_id_is_refused(name):
    car = Car().goes_to_parameters()
    assert car.sends(name, session_id=b"\x99" * 8)["ResponseCode"] == "FAILED_UnknownSession"


def test_requests_out_of_order_are_sequence_errors_and_change_nothing():
    car = Car()
    car.sends("SessionSetupReq")
    for name in BODIES:
        if name not in ("ServiceDiscoveryReq", "PowerDeliveryReq/stop", "WeldingDetectionReq", "SessionStopReq"):
            assert car.sends(name)["ResponseCode"] == "FAILED_SequenceError"
    assert car.session.state == "SERVICE_DISCOVERY"


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("ServiceDetailReq", {"ServiceID": 7}, "FAILED_ServiceIDInvalid"),
        (
            "ServicePaymentSelectionReq",
            {
                "SelectedPaymentOption": "Contract",
                "SelectedServiceList": {"SelectedService": [{"ServiceID": 1}]},
            },
            "FAILED_PaymentSelectionInvalid",
        ),
    ],
)
def test_wrong_selections_are_refused_and_may_be_corrected(name, body, code):
    car = Car()
    car.sends("SessionSetupReq")
    car.sends("ServiceDiscoveryReq")
    assert car.sends(name, body)["ResponseCode"] == code
    assert car.sends("ServicePaymentSelectionReq")["ResponseCode"] == "OK"


def test_a_car_that_wants_ac_is_told_so():
    car = Car().goes_to_parameters()
    answer = car.sends("ChargeParameterDiscoveryReq", ac_parameters())
    assert answer["ResponseCode"] == "FAILED_WrongEnergyTransferType"
    assert car.session.reading is None


def test_a_response_from_the_wire_is_not_answered():
    session = Session(din, bytes, Station({}))
    message = {
        "V2G_Message": {"Header": {"SessionID": NO_ID}, "Body": {"SessionStopRes": {"ResponseCode": "OK"}}}
    }
    assert session.request(message, 0) is None
