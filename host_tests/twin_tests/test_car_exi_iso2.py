# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The virtual car's ISO 15118-2, written and read by hand, against vectors of another implementation."""

import json
from pathlib import Path

import pytest
from v2g import exi, iso2

from host_tests.twin.car import exi_car, exi_car_iso2

VECTORS = json.loads((Path(__file__).parents[1] / "v2g" / "vectors" / "iso15118_2.json").read_text(encoding="utf-8"))
BY_NAME = {vector["name"]: vector for vector in VECTORS}
ID = bytes.fromhex("4A3B2C1D00FF1122")
READY, NOT_READY = (True, 0, 44, None, None), (False, 0, 44, None, None)


def octets(name):
    return bytes.fromhex(BY_NAME[name]["exi_hex"])


def body_of(name):
    ((_, body),) = BY_NAME[name]["message"]["V2G_Message"]["Body"].items()
    return body


def status_of(body):
    status = body["DC_EVStatus"]
    return (status["EVReady"], 0, status["EVRESSSOC"], None, None)


def value_of(value):
    return (value["Multiplier"], value["Unit"], value["Value"])


def requests():
    pre = body_of("session/17_PreChargeReq")
    yield (
        "session/00_SessionSetupReq",
        exi_car_iso2.session_setup_req(b"\0", bytes.fromhex("02AB34CD56EF")),
    )
    yield "session/03_ServiceDiscoveryReq", exi_car_iso2.service_discovery_req(ID)
    yield "session/06_PaymentServiceSelectionReq", exi_car_iso2.service_payment_selection_req(ID)
    yield "session/08_AuthorizationReq", exi_car_iso2.contract_authentication_req(ID)
    limits = ((0, "A", 400), None, (0, "V", 450))
    yield (
        "session/11_ChargeParameterDiscoveryReq",
        exi_car_iso2.charge_parameter_discovery_req(ID, NOT_READY, limits),
    )
    yield (
        "session/15_CableCheckReq",
        exi_car_iso2.cable_check_req(ID, status_of(body_of("session/15_CableCheckReq"))),
    )
    yield (
        "session/17_PreChargeReq",
        exi_car_iso2.pre_charge_req(
            ID, status_of(pre), value_of(pre["EVTargetVoltage"]), value_of(pre["EVTargetCurrent"])
        ),
    )
    yield (
        "session/20_PowerDeliveryReq",
        exi_car_iso2.power_delivery_req(ID, True, READY, bulk_complete=False),
    )
    welding = body_of("session/27_WeldingDetectionReq")
    yield "session/27_WeldingDetectionReq", exi_car_iso2.welding_detection_req(ID, status_of(welding))
    yield "session/29_SessionStopReq", exi_car_iso2.session_stop_req(ID)


@pytest.mark.parametrize(
    ("name", "written"), list(requests()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_request_is_written_as_the_vector_has_it(name, written):
    assert written.hex() == octets(name).hex()


def test_all_that_a_car_may_tell_comes_behind_its_limits():
    written = exi_car_iso2.charge_parameter_discovery_req(
        ID,
        NOT_READY,
        ((-1, "A", 5000), (2, "W", 1200), (-1, "V", 4500)),
        ((1, "Wh", 7700), (1, "Wh", 1500)),
        (100, 80),
    )
    ((_, told),) = exi.decode(iso2.SCHEMA, written)["V2G_Message"]["Body"].items()
    expected = body_of("session/10_ChargeParameterDiscoveryReq")
    del expected["MaxEntriesSAScheduleTuple"], expected["DC_EVChargeParameter"]["DepartureTime"]
    assert told == expected


@pytest.mark.parametrize(
    "name",
    [
        "session/07_PaymentServiceSelectionRes",
        "session/09_AuthorizationRes",
        "session/13_ChargeParameterDiscoveryRes",
        "session/16_CableCheckRes",
        "session/18_PreChargeRes",
        "session/22_PowerDeliveryRes",
        "session/28_WeldingDetectionRes",
        "session/30_SessionStopRes",
        "session/02_SessionSetupRes",
        "session/04_ServiceDiscoveryRes",
    ],
)
def test_a_response_is_read_as_the_vector_has_it(name):
    header, _, body, surplus = exi_car_iso2.read_message(octets(name))
    assert header == {"SessionID": ID} and surplus == 0
    expected = body_of(name)
    if "ChargeService" in expected:
        assert body["PaymentOptions"] == expected["PaymentOptionList"]
        assert body["ChargeService"]["EnergyTransferType"] == "DC_extended"
    else:
        assert body == expected


@pytest.mark.parametrize("name", [vector["name"] for vector in VECTORS if "Res" in vector["name"]])
def test_any_response_is_read_rightly_or_refused(name):
    """Parts that a DC session does not need are refused, never misread."""
    try:
        _, _, body, _ = exi_car_iso2.read_message(octets(name))
    except exi_car.CarExiError:
        return
    expected = body_of(name)
    assert body["ResponseCode"] == expected["ResponseCode"]
    for element in ("DC_EVSEStatus", "EVSEPresentVoltage", "EVSEProcessing", "EVSEID"):
        assert body.get(element) == expected.get(element)


def test_every_cut_is_refused():
    data = octets("session/13_ChargeParameterDiscoveryRes")
    for length in range(len(data)):
        with pytest.raises(exi_car.CarExiError):
            exi_car_iso2.read_message(data[:length])
