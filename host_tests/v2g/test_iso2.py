# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""ISO 15118-2: the session's answers, a scripted car through the whole station, a recorded bench against it."""

import json
from pathlib import Path

import pytest
from v2g import exi, iso2
from v2g.secc import Secc

from host_tests.cars.recordings import ABSENT
from host_tests.support.slac_wire import BOX
from host_tests.support.v2g_car import BODIES, WAY, Wire, amount, iso2_parameters
from host_tests.support.v2g_offers import DIN, ISO2
from host_tests.support.wire_car import CAR, WireCar

CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "captures"
BENCH = CAPTURES / "bench_dspace_ISO-2_DC_DS5366.jsonl"


def test_the_way_to_the_reading_and_all_it_tells():
    car = Wire(iso2).goes_to_parameters()
    car.sends(
        "ChargeParameterDiscoveryReq",
        iso2_parameters(
            soc=81,
            EVEnergyCapacity=amount(7700, "Wh", 1),
            EVEnergyRequest=amount(15000, "Wh"),
            EVMaximumPowerLimit=amount(1200, "W", 2),
            FullSOC=100,
            BulkSOC=80,
            DepartureTime=3600,
        ),
    )
    reading = car.session.reading
    assert (reading.soc_percent, reading.full_soc_percent, reading.bulk_soc_percent) == (81, 100, 80)
    assert (reading.energy_capacity_wh, reading.energy_request_wh) == (77000, 15000)
    assert (reading.max_current_ma, reading.max_voltage_mv, reading.max_power_w) == (125000, 398000, 120000)
    assert reading.evccid == bytes.fromhex("02ab34cd56ef") and len(reading.evccid) == 6
    assert reading.protocol == "ISO 15118-2" and reading.energy_transfer == "DC_extended"
    assert len(car.session.session_id) == 8


@pytest.mark.parametrize(
    ("evse_id", "expected"),
    [
        (None, "ZZ00000"),
        (b"E1", "ZZ00000"),
        (b"DE*ABC*E00001*1", "DE*ABC*E00001*1"),
        (b"x" * 38, "ZZ00000"),
        (b"\xff" * 8, "ZZ00000"),
        (bytes(range(7)), "ZZ00000"),
    ],
)
def test_the_evse_id_has_the_form_of_the_standard(evse_id, expected):
    car = Wire(iso2, {} if evse_id is None else {"evse_id": evse_id})
    assert car.sends("SessionSetupReq")["EVSEID"] == expected


def test_the_schedule_and_the_limits_are_those_of_the_settings():
    config = {"max_current_a": 200, "max_voltage_v": 1000, "max_power_w": 150000}
    car = Wire(iso2, config).goes_to_parameters()
    fields = car.sends("ChargeParameterDiscoveryReq")
    (offer,) = fields["SAScheduleList"]["SAScheduleTuple"]
    (entry,) = offer["PMaxSchedule"]["PMaxScheduleEntry"]
    assert entry["RelativeTimeInterval"] == {"start": 0, "duration": 86400}
    assert entry["PMax"] == amount(1500, "W", 2)
    limits = fields["DC_EVSEChargeParameter"]
    assert limits["EVSEMaximumCurrentLimit"] == amount(200, "A")
    assert limits["EVSEMaximumVoltageLimit"] == amount(1000, "V")
    assert limits["EVSEMaximumPowerLimit"] == amount(1500, "W", 2)


def test_a_car_that_ignores_the_shutdown_is_told_failed():
    car = Wire(iso2).goes_to_parameters()
    seen = []
    for _ in range(20):
        fields = car.sends("ChargeParameterDiscoveryReq")
        status = fields["DC_EVSEChargeParameter"]["DC_EVSEStatus"]["EVSEStatusCode"]
        seen.append((fields["ResponseCode"], fields["EVSEProcessing"], status))
        car.wait(400)
    assert seen[0] == ("OK", "Ongoing", "EVSE_Ready")
    assert seen[1:11] == [("OK", "Ongoing", "EVSE_Shutdown")] * 10
    assert set(seen[11:]) == {("FAILED", "Finished", "EVSE_Shutdown")}
    assert car.sends("CableCheckReq")["ResponseCode"] == "FAILED_SequenceError"
    assert car.sends("SessionStopReq")["ResponseCode"] == "OK"


@pytest.mark.parametrize("name", [name for name in BODIES[iso2] if name != "SessionSetupReq"])
def test_a_wrong_session_id_is_refused(name):
    car = Wire(iso2).goes_to_parameters()
    assert car.sends(name, session_id=b"\x99" * 8)["ResponseCode"] == "FAILED_UnknownSession"


def test_requests_out_of_order_are_sequence_errors_and_change_nothing():
    car = Wire(iso2)
    car.sends("SessionSetupReq")
    for name in BODIES[iso2]:
        leaves = name.split("/")[0] in ("WeldingDetectionReq", "SessionStopReq") or name == "PowerDeliveryReq/stop"
        if name != "ServiceDiscoveryReq" and not leaves:
            assert car.sends(name)["ResponseCode"] == "FAILED_SequenceError"
    assert car.session.state == "SERVICE_DISCOVERY"


def test_wrong_selections_have_their_own_codes():
    car = Wire(iso2)
    for name in WAY[iso2][:2]:
        car.sends(name)
    selection = dict(BODIES[iso2]["PaymentServiceSelectionReq"])
    selection["SelectedPaymentOption"] = "Contract"
    assert (
        car.sends("PaymentServiceSelectionReq", selection)["ResponseCode"] == "FAILED_PaymentSelectionInvalid"
    )
    selection = dict(BODIES[iso2]["PaymentServiceSelectionReq"])
    selection["SelectedServiceList"] = {"SelectedService": [{"ServiceID": 1}, {"ServiceID": 5}]}
    assert (
        car.sends("PaymentServiceSelectionReq", selection)["ResponseCode"] == "FAILED_ServiceSelectionInvalid"
    )
    assert car.sends("PaymentServiceSelectionReq")["ResponseCode"] == "OK"


# ---- through the whole station


class Iso2Car(WireCar):
    """A scripted car that offers ISO 15118-2."""

    standard = iso2
    bodies = BODIES[iso2]

    def to_parameters(self, *offers):
        self.slac()
        self.sdp()
        self.connect()
        assert self.handshake(*(offers or [(ISO2, 2, 0, 7, 1)])) == {
            "ResponseCode": "OK_SuccessfulNegotiation",
            "SchemaID": 7,
        }
        for name in WAY[iso2]:
            assert self.request(name)["ResponseCode"][:2] == "OK"
        return self


def test_a_car_without_din_is_read_and_let_go():
    car = Iso2Car().to_reading()
    wanted = [1, 100, 104, 120, 150, 155, 190, 201, 202, 303, 401, 403, 505, 515, 525, 538, 540]
    assert [number for number in car.checkpoints if number in wanted] == wanted
    ((reading,),) = car.kinds("reading")
    assert (reading.soc_percent, reading.protocol, reading.evccid) == (42, "ISO 15118-2", CAR)
    assert car.request("SessionStopReq")["ResponseCode"] == "OK"
    car.tcp("FA")
    car.wait(1100)
    assert car.kinds("released") == [("the car stopped the session",)]
    assert car.kinds("session_end") == [("ok",)]


def test_a_car_of_both_speaks_iso2_when_the_setting_prefers_it():
    car = Iso2Car({"protocol": "iso2"})
    car.to_parameters((DIN, 2, 0, 1, 1), (ISO2, 2, 0, 7, 2))
    car.request("ChargeParameterDiscoveryReq")
    assert [reading.protocol for (reading,) in car.kinds("reading")] == ["ISO 15118-2"]


def test_the_same_box_reads_din_and_iso2_one_after_the_other():
    first = Iso2Car().to_reading()
    first.tcp("FA")
    first.wait(12000, 500)
    second = WireCar(mac=b"\0\x22\0\0\0\x22", now=first.now, secc=first.secc).to_reading()
    assert [reading.protocol for (reading,) in second.kinds("reading")] == ["DIN 70121"]


@pytest.mark.parametrize("habit", [None, "PowerDeliveryReq/stop"])
def test_a_car_that_does_not_leave_is_released_within_twenty_seconds_of_the_reading(habit):
    car = Iso2Car().to_reading()
    read_at = car.now
    while not car.kinds("released"):
        if habit and not car.secc._plug_in.closing:
            car.request(habit)
        car.wait(250)
        assert car.now - read_at <= 20000
    assert car.now - read_at > 18500


@pytest.mark.parametrize("habit", ["ChargeParameterDiscoveryReq", "CurrentDemandReq"])
def test_a_car_that_takes_no_refusal_finds_the_connection_closed(habit):
    car = Iso2Car().to_reading()
    codes = []
    while "FA" not in car.flags_seen:
        codes.append(car.request(habit)["ResponseCode"][:6])
        car.wait(250)
    assert codes[-3:] == ["FAILED"] * 3 and "FAILED" not in codes[:-3]


# ---- a recorded bench


def bench_requests():
    """EXI of what the recorded bench car sent, and of what its station answered, in order."""
    rows = [json.loads(line) for line in BENCH.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["layer"] == "v2gtp" and row["hex"][4:8] == "8001"]
    return [(row["dir"], bytes.fromhex(row["hex"])[8:]) for row in rows]


@pytest.mark.skipif(not BENCH.exists(), reason=ABSENT)
def test_the_recorded_iso2_bench_is_read():
    messages = bench_requests()
    answers = [
        exi.decode(iso2.SCHEMA, octets)["V2G_Message"]
        for direction, octets in messages
        if direction == "evse->ev" and octets[1] == 0x98
    ]
    session_id = answers[0]["Header"]["SessionID"]
    secc = Secc(BOX, lambda n: (session_id * 4)[:n], {"protocol": "iso2"})
    car = Iso2Car(secc=secc)
    car.slac()
    car.sdp()
    car.connect()
    told = []
    for direction, octets in messages:
        if direction != "ev->evse":
            continue
        answer = car.exchange(octets)
        if octets[1] != 0x98:
            assert answer.hex() == "80401bc0", "the recorded station's answer, byte for byte"
            continue
        request = exi.decode(iso2.SCHEMA, octets)["V2G_Message"]
        if request["Header"]["SessionID"] not in (session_id, b"\0" * 8):
            continue  # a second session of the recording
        ((name, body),) = request["Body"].items()
        if not answer:
            break  # refused three times
        tree = exi.decode(iso2.SCHEMA, answer)["V2G_Message"]
        assert tree["Header"]["SessionID"] == session_id
        ((answer_name, fields),) = tree["Body"].items()
        assert answer_name == name[:-3] + "Res"
        told.append((name, fields["ResponseCode"]))
        if name == "ChargeParameterDiscoveryReq":
            soc = body["DC_EVChargeParameter"]["DC_EVStatus"]["EVRESSSOC"]
    ((reading,),) = car.kinds("reading")
    assert reading.soc_percent == soc and reading.protocol == "ISO 15118-2"
    assert len(reading.evccid) == 6
    assert [code for _, code in told[:5]] == ["OK_NewSessionEstablished", "OK", "OK", "OK", "OK"]
    # The bench goes on to the cable check as if nothing was said; there is no way on for it.
    assert {code for name, code in told if name in ("CableCheckReq", "PreChargeReq")} == {
        "FAILED_SequenceError"
    }
    assert [code[:6] for _, code in told[-3:]] == ["FAILED"] * 3
