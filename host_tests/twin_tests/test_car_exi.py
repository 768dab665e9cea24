# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The car's hand-written EXI against the vectors of an independent implementation, both ways."""

import contextlib
import json
import random
from pathlib import Path

import pytest

from host_tests.twin.car import exi_car
from host_tests.twin.car.scripted_station import ScriptedStation, request_name

VECTORS = Path(__file__).parents[1] / "v2g" / "vectors"
DIN = json.loads((VECTORS / "din70121.json").read_text())
APP = json.loads((VECTORS / "apphand.json").read_text())
EDGE = json.loads((VECTORS / "edge.json").read_text())
NEGATIVE = json.loads((VECTORS / "negative.json").read_text())
SESSION = bytes.fromhex("0102030405060708")


def as_text(tree):
    """A decoded tree in the form of the vectors: binary as upper-case hex."""
    if isinstance(tree, dict):
        return {name: as_text(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [as_text(value) for value in tree]
    return tree.hex().upper() if isinstance(tree, bytes) else tree


def body_of(vector):
    message = vector["message"]["V2G_Message"]
    name = next(iter(message["Body"]), None)
    return message["Header"], name, message["Body"].get(name)


RESPONSES = [v for v in DIN if body_of(v)[1] in {entry[0] for entry in exi_car._BODIES.values()}]


@pytest.mark.parametrize("vector", RESPONSES, ids=lambda v: v["name"])
def test_responses_are_read(vector):
    header, name, body = body_of(vector)
    read_header, read_name, read_body, surplus = exi_car.read_message(bytes.fromhex(vector["exi_hex"]))
    assert (read_name, surplus) == (name, 0)
    assert as_text(read_header) == header
    assert as_text(read_body) == body


def test_there_are_response_vectors():
    assert len(RESPONSES) >= 40
    assert {body_of(v)[1] for v in RESPONSES} == {entry[0] for entry in exi_car._BODIES.values()}


def physical(tree):
    return None if tree is None else (tree["Multiplier"], tree.get("Unit"), tree["Value"])


ERROR_CODES = [
    "NO_ERROR",
    "FAILED_RESSTemperatureInhibit",
    "FAILED_EVShiftPosition",
    "FAILED_ChargerConnectorLockFault",
    "FAILED_EVRESSMalfunction",
    "FAILED_ChargingCurrentdifferential",
    "FAILED_ChargingVoltageOutOfRange",
    "Reserved_A",
    "Reserved_B",
    "Reserved_C",
    "FAILED_ChargingSystemIncompatibility",
    "NoData",
]


def status(tree):
    return (
        tree["EVReady"],
        ERROR_CODES.index(tree["EVErrorCode"]),
        tree["EVRESSSOC"],
        tree.get("EVCabinConditioning"),
        tree.get("EVRESSConditioning"),
    )


def write(session, name, body):
    """The request of a vector through the car's functions; None for what no car here ever sends."""
    if name == "SessionSetupReq":
        return exi_car.session_setup_req(session, bytes.fromhex(body["EVCCID"]))
    if name == "ServiceDiscoveryReq" and "ServiceScope" not in body:
        return exi_car.service_discovery_req(session, body.get("ServiceCategory"))
    if name == "ServicePaymentSelectionReq":
        services = [
            (s["ServiceID"], s.get("ParameterSetID")) for s in body["SelectedServiceList"]["SelectedService"]
        ]
        return exi_car.service_payment_selection_req(session, body["SelectedPaymentOption"], services)
    if name == "ContractAuthenticationReq" and not body:
        return exi_car.contract_authentication_req(session)
    if name == "ChargeParameterDiscoveryReq" and "DC_EVChargeParameter" in body:
        dc = body["DC_EVChargeParameter"]
        limits = [physical(dc.get(f"EVMaximum{kind}Limit")) for kind in ("Current", "Power", "Voltage")]
        energy = [physical(dc.get(kind)) for kind in ("EVEnergyCapacity", "EVEnergyRequest")]
        socs = [dc.get("FullSOC"), dc.get("BulkSOC")]
        transfer = body["EVRequestedEnergyTransferType"]
        return exi_car.charge_parameter_discovery_req(
            session, status(dc["DC_EVStatus"]), limits, energy, socs, transfer
        )
    if name == "CableCheckReq":
        return exi_car.cable_check_req(session, status(body["DC_EVStatus"]))
    if name == "PreChargeReq":
        target = physical(body["EVTargetVoltage"]), physical(body["EVTargetCurrent"])
        return exi_car.pre_charge_req(session, status(body["DC_EVStatus"]), *target)
    if (
        name == "PowerDeliveryReq"
        and "ChargingProfile" not in body
        and "EVPowerDeliveryParameter" not in body
    ):
        dc = body.get("DC_EVPowerDeliveryParameter")
        if dc is None:
            return exi_car.power_delivery_req(session, body["ReadyToChargeState"])
        done = dc["ChargingComplete"], dc.get("BulkChargingComplete")
        return exi_car.power_delivery_req(
            session, body["ReadyToChargeState"], status(dc["DC_EVStatus"]), *done
        )
    if name == "CurrentDemandReq":
        limits = [physical(body.get(f"EVMaximum{kind}Limit")) for kind in ("Voltage", "Current", "Power")]
        times = [physical(body.get(f"RemainingTimeTo{kind}SoC")) for kind in ("Full", "Bulk")]
        target = physical(body["EVTargetCurrent"]), physical(body["EVTargetVoltage"])
        done = body["ChargingComplete"], body.get("BulkChargingComplete")
        return exi_car.current_demand_req(session, status(body["DC_EVStatus"]), *target, limits, times, *done)
    if name == "WeldingDetectionReq":
        return exi_car.welding_detection_req(session, status(body["DC_EVStatus"]))
    if name == "SessionStopReq":
        return exi_car.session_stop_req(session)
    return None


def written():
    found = []
    for vector in DIN:
        header, name, body = body_of(vector)
        if name and set(header) == {"SessionID"}:
            data = write(bytes.fromhex(header["SessionID"]), name, body)
            if data is not None:
                found.append((vector, name, data))
    return found


def test_requests_are_written_as_in_the_vectors():
    requests = written()
    for vector, name, data in requests:
        assert data.hex() == vector["exi_hex"], vector["name"]
        assert request_name(data) == name[:-3]
    assert {name for _, name, _ in requests} == {
        "SessionSetupReq",
        "ServiceDiscoveryReq",
        "ServicePaymentSelectionReq",
        "ContractAuthenticationReq",
        "ChargeParameterDiscoveryReq",
        "CableCheckReq",
        "PreChargeReq",
        "PowerDeliveryReq",
        "CurrentDemandReq",
        "WeldingDetectionReq",
        "SessionStopReq",
    }
    assert len(requests) >= 30


def test_app_protocol_both_ways():
    count = 0
    for vector in APP:
        data = bytes.fromhex(vector["exi_hex"])
        root, body = next(iter(vector["message"].items()))
        if root == "supportedAppProtocolReq":
            entries = [
                (
                    e["ProtocolNamespace"],
                    e["VersionNumberMajor"],
                    e["VersionNumberMinor"],
                    e["SchemaID"],
                    e["Priority"],
                )
                for e in body["AppProtocol"]
            ]
            assert exi_car.supported_app_protocol_req(entries) == data, vector["name"]
        else:
            assert exi_car.read_supported_app_protocol_res(data) == (
                body["ResponseCode"],
                body.get("SchemaID"),
            )
        count += 1
    assert count >= 24


def test_empty_session_id_as_the_c_stacks_write_it():
    vector = next(v for v in EDGE if v["name"] == "empty_session_id/ch0")
    assert exi_car.session_stop_req(b"").hex() == vector["exi_hex"]


@pytest.mark.parametrize("vector", NEGATIVE, ids=lambda v: v["name"])
def test_bad_input_is_an_error(vector):
    read = exi_car.read_supported_app_protocol_res if vector["schema"] == "apphand" else exi_car.read_message
    with pytest.raises(exi_car.CarExiError):
        read(bytes.fromhex(vector["exi_hex"]))


def station_messages():
    station = ScriptedStation(b"\x02\x11\x22\x33\x44\x55")
    names = (
        "SessionSetup",
        "ServiceDiscovery",
        "ServicePaymentSelection",
        "ContractAuthentication",
        "ChargeParameterDiscovery",
        "CableCheck",
        "PreCharge",
        "PowerDelivery",
        "CurrentDemand",
        "WeldingDetection",
        "SessionStop",
    )
    return [(name, station._answer(name)) for name in names]


def test_the_test_station_speaks_the_schema():
    for name, data in station_messages():
        assert exi_car.read_message(data)[1] == name + "Res"
        assert exi_car.read_message(data)[3] == 0


def test_cut_and_flipped_messages_raise_nothing_else():
    rng = random.Random(5)
    for _, data in station_messages():
        for length in range(len(data)):
            with pytest.raises(exi_car.CarExiError):
                exi_car.read_message(data[:length])
        for _ in range(200):
            bad = bytearray(data)
            bad[rng.randrange(len(bad))] ^= 1 << rng.randrange(8)
            with contextlib.suppress(exi_car.CarExiError):
                exi_car.read_message(bytes(bad))


def test_surplus_is_counted_and_padding_checked():
    data = exi_car.session_stop_req(SESSION)
    assert data.hex() == "809a02004080c1014181c211f0"
    _, answer = station_messages()[-1]
    assert exi_car.read_message(answer + b"\x00\x00")[3] == 2
    with pytest.raises(exi_car.CarExiError):
        exi_car.read_message(answer[:-1] + bytes([answer[-1] | 1]))
