# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""0 % means "not told yet" until something confirms it, and so does a number above 100."""

import pytest
from v2g import din, iso2

from host_tests.support.v2g_car import BODIES, Wire, amount, charge_parameters, iso2_parameters

STANDARDS = pytest.mark.parametrize("standard", [din, iso2])


def told(soc, ready=True):
    return {"EVReady": ready, "EVErrorCode": "NO_ERROR", "EVRESSSOC": soc}


class Car(Wire):
    """Behind the authentication; ``asks`` brings a number in a ChargeParameterDiscoveryReq."""

    def __init__(self, standard, config=None):
        super().__init__(standard, config)
        self.goes_to_parameters()

    def asks(self, soc, ready=False, **extra):
        parameters = charge_parameters if self.standard is din else iso2_parameters
        return self.sends(
            "ChargeParameterDiscoveryReq", parameters(soc=soc, DC_EVStatus=told(soc, ready), **extra)
        )

    def checks_cable(self, soc):
        return self.sends("CableCheckReq", {"DC_EVStatus": told(soc)})

    def precharges(self, soc, volts):
        body = {"EVTargetVoltage": amount(volts, "V"), "EVTargetCurrent": amount(0, "A")}
        return self.sends("PreChargeReq", {"DC_EVStatus": told(soc), **body})

    def leaves(self, soc):
        """PowerDelivery(off) with a DC_EVStatus and WeldingDetection; EVReady stays true."""
        off = {"ReadyToChargeState": False} if self.standard is din else BODIES[iso2]["PowerDeliveryReq/stop"]
        charging = {"DC_EVStatus": told(soc), "ChargingComplete": False}
        for name, body in (
            ("PowerDeliveryReq", {**off, "DC_EVPowerDeliveryParameter": charging}),
            ("WeldingDetectionReq", {"DC_EVStatus": told(soc)}),
        ):
            assert self.sends(name, body)["ResponseCode"] == "OK"

    @property
    def numbers(self):
        reading = self.session.reading
        return reading.soc_percent, reading.soc_doubtful_percent


@STANDARDS
def test_a_first_0_is_doubtful_even_when_the_car_is_ready(standard):
    car = Car(standard)
    car.asks(0, ready=True)
    assert car.numbers == (None, 0)


@STANDARDS
def test_0_told_again_by_a_car_that_is_ready_counts(standard):
    car = Car(standard)
    car.asks(0)
    car.asks(0)
    assert car.numbers == (None, 0)
    car.asks(0, ready=True)
    assert car.numbers == (0, None)


@STANDARDS
@pytest.mark.parametrize(
    ("request_wh", "capacity_wh", "full", "soc_percent"),
    [
        (28000, 28000, 100, 0),
        (25300, 28000, 100, 0),  # 9.6 % less
        (25100, 28000, 100, None),  # 10.4 % less
        (30700, 28000, 100, 0),
        (26000, 28000, 94, 0),
        (26000, 28000, None, 0),
        (5300, 58000, 100, None),  # a VW says so whatever its charge
        (0, 28000, 100, None),  # a full car that tells 0 (pyPLC issue 12)
        (0, 0, 100, None),
        (28000, None, 100, None),
    ],
)
def test_0_counts_at_once_with_a_request_for_a_whole_charge(
    standard, request_wh, capacity_wh, full, soc_percent
):
    extra = {"EVEnergyRequest": amount(request_wh, "Wh")}
    if capacity_wh is not None:
        extra["EVEnergyCapacity"] = amount(capacity_wh // 10, "Wh", 1)
    if full is not None:
        extra["FullSOC"] = full
    car = Car(standard)
    car.asks(0, **extra)
    assert car.numbers[0] == soc_percent


@STANDARDS
def test_any_later_number_takes_the_place_of_a_doubtful_0(standard):
    car = Car(standard)
    car.asks(0)
    car.asks(81)
    assert car.numbers == (81, None) and car.session.renewed


@STANDARDS
def test_a_confirmed_0_gives_way_to_a_later_number_and_that_one_to_none(standard):
    car = Car(standard)
    car.asks(0)
    car.asks(0, ready=True)
    assert car.numbers == (0, None)
    car.asks(7)
    car.asks(9)
    car.asks(0, ready=True)
    assert car.numbers == (7, None)


@STANDARDS
def test_in_a_conversation_the_last_number_counts_but_not_a_0_behind_one(standard):
    car = Car(standard, {"conversation": "converse"})
    for soc in (0, 41, 42, 0):
        car.asks(soc, ready=True)
    assert car.numbers == (42, None)


@STANDARDS
def test_a_seres_tells_0_with_ev_ready_until_it_has_a_voltage(standard):
    """Recorded: EVReady is true from the cable check on, and 0 % is as untrue there as before."""
    car = Car(standard)
    car.asks(0)
    for _ in range(3):
        car.checks_cable(0)
    car.precharges(0, 0)
    car.precharges(0, 0)
    assert car.numbers == (None, 0)
    car.precharges(81, 383)
    assert car.numbers == (81, None)


@STANDARDS
@pytest.mark.parametrize(("soc", "code"), [(0, "OK"), (42, "FAILED_SequenceError")])
def test_a_car_at_0_may_go_on_to_its_cable_check_although_it_was_told_ongoing(standard, soc, code):
    """It tells more behind that, if anywhere; any other one has told what is wanted of it."""
    car = Car(standard)
    car.asks(soc)
    fields = car.checks_cable(soc)
    assert fields["ResponseCode"] == code
    assert fields["DC_EVSEStatus"]["EVSEIsolationStatus"] == "Invalid"
    assert fields["DC_EVSEStatus"]["EVSEStatusCode"] == "EVSE_Shutdown"
    assert car.session.state == ("CHARGE_PARAMETERS" if soc else "PRE_CHARGE")
    car.precharges(81, 383)
    assert car.numbers == (soc or 81, None)


@STANDARDS
@pytest.mark.parametrize("mode", ["release", "converse"])
@pytest.mark.parametrize("zeros", [0, 2])
def test_a_car_at_0_that_tells_more_in_its_cable_check_is_not_out_of_sequence(standard, mode, zeros):
    """In the first one or in the third: the number that it was let on for does not turn against it."""
    car = Car(standard, {"conversation": mode, "conversation_ms": 60000})
    car.asks(0)
    answers = [car.wait(300).checks_cable(soc) for soc in (*[0] * zeros, 42, 42)]
    assert car.numbers == (42, None)
    assert car.session.state == ("PRE_CHARGE" if mode == "release" and (zeros or standard is din) else "CABLE_CHECK")
    for index, fields in enumerate(answers):
        if mode == "converse":
            expected = ("OK", "Ongoing", "EVSE_NotReady")
        else:  # an ISO 15118-2 car that told what is wanted is to end the session at a FAILED
            code = "OK" if standard is din or index < zeros else "FAILED"
            expected = (code, "Finished", "EVSE_Shutdown")
        status = fields["DC_EVSEStatus"]
        assert (fields["ResponseCode"], fields["EVSEProcessing"], status["EVSEStatusCode"]) == expected
        assert status["EVSEIsolationStatus"] == "Invalid"


@STANDARDS
@pytest.mark.parametrize("volts", [None, 0])
def test_a_seres_that_leaves_with_ev_ready_has_not_confirmed_its_0(standard, volts):
    car = Car(standard)
    car.asks(0)
    while car.session.state == "CHARGE_PARAMETERS":
        car.wait(400).asks(0)
    car.checks_cable(0)
    if volts is not None:
        car.precharges(0, volts)
    car.leaves(0)
    assert car.numbers == (None, 0)


@STANDARDS
def test_a_full_car_that_tells_0_and_wants_nothing_is_never_at_0(standard):
    """pyPLC issue 12."""
    car = Car(standard)
    for _ in range(3):
        car.asks(0, ready=True, EVEnergyRequest=amount(0, "Wh"))
    car.precharges(0, 390)
    assert car.numbers == (None, 0)


@STANDARDS
def test_0_at_a_voltage_of_its_own_is_meant(standard):
    car = Car(standard)
    car.asks(0)
    car.precharges(0, 300)
    assert car.numbers == (0, None)


@STANDARDS
@pytest.mark.parametrize("number", ["-1", "-128", "no number"])
def test_a_number_below_0_is_none(standard, number):
    """It is outside its facet and so comes as text."""
    car = Car(standard)
    car.asks(0)
    status = told(number)
    car.session._weigh_soc(status, True)
    assert car.numbers == (None, 0)
    car.session.reading.soc_doubtful_percent = None
    car.session._weigh_soc(status, True)
    assert car.numbers == (None, None)
    assert car.session.is_at_0, "it may tell one later"


@STANDARDS
def test_a_car_at_0_that_goes_back_to_its_parameters_is_refused_as_the_standards_want_it_and_read(standard):
    """No car is known to do it. What it tells there counts, however the message is answered."""
    car = Car(standard)
    car.asks(0)
    car.checks_cable(0)
    assert car.asks(0)["ResponseCode"] == "FAILED_SequenceError" and car.numbers == (None, 0)
    assert car.asks(81)["ResponseCode"] == "FAILED_SequenceError" and car.numbers == (81, None)
