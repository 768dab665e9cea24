# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Messages of cars that others published as bytes or text, where no recording is at hand (docs/cars.md).

Each stands beside its address. Bytes are as published but for the last three of an EVCCID, which would name somebody's car;
what comes before and between them in a session is the plain car's. GitHub repositories and issues:

    tux       tux-evse/iso15118-simulator-rs, afb-test/trace-logs/tesla-3-din.pcap; as messages in
              OpenChargingCloud/ISO15118ConformanceTests, Din.tesla-session.corpus.json
    pyplc     uhi22/pyPLC, exiConnector.py
    pyplc-9   uhi22/pyPLC issue 9 and SmartEVSE/SmartEVSE-3 issue 25
    pyplc-48  uhi22/pyPLC issue 48
    ecog-184  EcoG-io/iso15118 issue 184
    ecog-432  EcoG-io/iso15118 issue 432
    stx-74    Sevenstax/FreeV2G issue 74
    stx-177   Sevenstax/FreeV2G issue 177
    openv2g-2 Martin-P/OpenV2G issue 2
    rise-93   SwitchEV/RISE-V2G issue 93
    v2gdec-18 FlUxIuS/V2Gdecoder issue 18
"""

import pytest
from appliance.smartevse.numbers import Numbers
from v2g import apphand, din, exi, handshake, iso2
from v2g.session import Session, Station

from host_tests.support import slac_wire
from host_tests.support.v2g_car import BODIES, WAY, amount, charge_parameters, status
from host_tests.support.wire_car import BOX, WireCar

PYPLC_ID = bytes(range(1, 9))
TESLA_ID = bytes.fromhex("80b27ffcf8decf4f")

PARAMETERS = {
    "tux, Tesla Model 3": (din, TESLA_ID, "809a02202c9fff3e37b3d3d07191400e4080c3c8a80a0e12024040a10c4240"),
    "pyplc-9, BMW iX3": (
        din,
        PYPLC_ID,
        "809a02004080c1014181c2107190000009404061104e04070a8c30102050c02013205000",
    ),
    "pyplc-9, BMW iX3 again": (
        din,
        PYPLC_ID,
        "809a02004080c1014181c210719000000b204061104e04070a8c30102050ca2013205000",
    ),
    "pyplc-48": (din, PYPLC_ID, "809a02004080c1014181c2107191400bc080c2807c440a15484130481990"),
    "pyplc, Ioniq": (
        din,
        PYPLC_ID,
        "809a02004080c1014181c2107190000005004061a01e04070c84c02050a02000c2438368040309094820105e0a60",
    ),
    "pyplc, openinverter p54692": (
        din,
        bytes.fromhex("cfaf1d2ac2669b72"),
        "809a0233ebc74ab099a6dc907191400500c8c82324701900",
    ),
    "rise-93": (
        iso2,
        bytes.fromhex("61d2aa0068a0b532"),
        "8098021874aa801a282d4c90950a400640618640088c40900308c608827200",
    ),
}  # fmt: skip


class Published:
    """A session with the ID that the published one had, so that its messages fit byte for byte."""

    def __init__(self, standard, session_id=PYPLC_ID):
        self.standard = standard
        self.session = Session(standard, lambda n: session_id, Station({}))
        self.session_id = bytes(8)

    def hears(self, octets):
        """The ResponseCode of the answer to a message as it was on the wire."""
        request = exi.decode(self.standard.SCHEMA, bytes.fromhex(octets))
        answer = self.session.request(request, 1000)
        answer = exi.decode(self.standard.SCHEMA, exi.encode(self.standard.SCHEMA, answer))
        self.session_id = self.session.session_id
        (fields,) = answer["V2G_Message"]["Body"].values()
        return fields["ResponseCode"]

    def asks(self, name, body=None):
        body = BODIES[self.standard][name] if body is None else body
        message = {"V2G_Message": {"Header": {"SessionID": self.session_id}, "Body": {name: body}}}
        return self.hears(exi.encode(self.standard.SCHEMA, message).hex())

    def comes_to_its_parameters(self):
        for name in WAY[self.standard]:
            assert self.asks(name)[:2] == "OK"
        return self

    @property
    def numbers(self):
        reading = self.session.reading
        return (
            reading.soc_percent,
            reading.full_soc_percent,
            reading.bulk_soc_percent,
            reading.energy_capacity_wh,
            reading.energy_request_wh,
            reading.max_voltage_mv,
        )

    def told(self, number):
        return [text for told, text in self.session.events if told == number]


@pytest.mark.parametrize(
    ("who", "numbers"),
    [
        ("tux, Tesla Model 3", (57, None, None, None, None, 423000)),
        ("pyplc-9, BMW iX3", (74, 100, 80, None, None, 416000)),
        ("pyplc-9, BMW iX3 again", (89, 100, 80, None, None, 417000)),
        ("pyplc-48", (47, None, None, None, 51000, 849000)),
        ("pyplc, Ioniq", (40, 94, 83, 28000, 16660, 412800)),
        ("pyplc, openinverter p54692", (20, None, None, None, None, 398000)),  # no unit anywhere
        ("rise-93", (50, None, None, None, 5000, 400000)),  # DC_combo_core
    ],
)
def test_published_parameters_are_read(who, numbers):
    standard, session_id, octets = PARAMETERS[who]
    car = Published(standard, session_id).comes_to_its_parameters()
    assert car.hears(octets) == "OK"
    assert car.numbers == numbers


def test_a_published_session_of_a_tesla_is_answered_to_its_end():
    """Its ContractAuthenticationReq has a surplus byte, and it asks three times, as that station kept it waiting."""
    car = Published(din, TESLA_ID)
    start = "809a02202c9fff3e37b3d3d"
    assert car.hears("809a02000000000000000011d01b71109c40000400") == "OK_NewSessionEstablished"
    for octets in (start + "19400", start + "1b2001280", *[start + "0b800"] * 3, PARAMETERS["tux, Tesla Model 3"][2]):
        assert car.hears(octets) == "OK"
    assert car.session.reading.evccid[:3] == bytes.fromhex("dc4427")
    assert car.hears(start + "13022801c8800") == "OK"  # PowerDelivery, not ready
    assert car.hears(start + "1f0") == "OK"
    assert car.session.stopped and car.told(598) == []


def test_a_published_session_without_a_session_id_is_read():
    """pyplc: what programs made of OpenV2G's example say, with no SessionID in any message and an empty EVCCID."""
    car = WireCar().slac()
    car.sdp()
    car.connect()
    car.handshake()
    for octets in ("809a0011d00000", "809a001198", "809a0011b2001280", "809a00107211400dc0c8c82324701900"):
        assert car.exchange(bytes.fromhex(octets))
    assert [(reading.soc_percent, reading.evccid) for (reading,) in car.kinds("reading")] == [(55, None)]
    assert "FA" not in car.flags_seen


@pytest.mark.parametrize(
    ("octets", "code", "schema_id"),
    [
        # tux: Tesla prefers its own
        ("8000dbab9371d3234b71d1b981899189d191818991d26b9b3a232b30020000040401b75726e3a7465736c613a64696e3a"
         "323031383a4d736744656600001c0100080", "OK_SuccessfulNegotiation", 1),
        # pyplc-9: an iX3 numbers it 0
        ("8000dbab9371d3234b71d1b981899189d191818991d26b9b3a232b30020000000040", "OK_SuccessfulNegotiation", 0),
        # pyPLC issue 12: DIN first, ISO 15118-2 second with SchemaID 0
        ("8000dbab9371d3234b71d1b981899189d191818991d26b9b3a232b30020000040001d75726e3a69736f3a31353131383a"
         "323a323031333a4d73674465660040000000880", "OK_SuccessfulNegotiation", 1),
        # tux-evse/iso15118-encoders-rs, v2g-test.rs: another minor version, and an ISO 15118-2 of major version 1
        ("8000dbab9371d3234b71d1b981899189d191818991d26b9b3a232b300200200c0001d75726e3a69736f3a31353131383a"
         "323a323031333a4d73674465660020000080880", "OK_SuccessfulNegotiationWithMinorDeviation", 3),
        # hupe1980/iso15118: ISO 15118-20 before ISO 15118-2
        ("8000f3ab9371d34b9b79d39ba321d34b9b79d189a98989c1d1699181d22218010000280001d75726e3a69736f3a313531"
         "31383a323a323031333a4d73674465660040000a00880", "OK_SuccessfulNegotiation", 20),
        # OpenV2G's example: versions that nobody speaks
        ("8000ebab9371d34b9b79d189a98989c1d191d191818981d26b9b3a232b30010000040001b75726e3a64696e3a37303132"
         "313a323031323a4d73674465660020000100880", "Failed_NoNegotiation", None),
    ],
)  # fmt: skip
def test_published_lists_of_protocols_are_answered(octets, code, schema_id):
    answer, _ = handshake.choose(exi.decode(apphand.SCHEMA, bytes.fromhex(octets)))
    answer = answer["supportedAppProtocolRes"]
    assert (answer["ResponseCode"], answer.get("SchemaID")) == (code, schema_id)


def test_surplus_bytes_behind_a_published_message_change_nothing():
    """v2gdec-18: cut out of a frame with its checksum."""
    octets = "809a021050908c0c0c0d9050d140080080c2641c02050e6240089d00e0607032100c0838084440a1b8480087c8e5d5"
    body = exi.decode(din.SCHEMA, bytes.fromhex(octets))["V2G_Message"]["Body"]["CurrentDemandReq"]
    assert body["DC_EVStatus"]["EVRESSSOC"] == 32 and body["EVTargetVoltage"]["Value"] == 4700


IONIQ_GIVES_UP = "809a02004080c1014181c2113020000a00000000"  # pyplc: behind ServicePaymentSelectionRes


def test_a_car_that_gives_up_before_its_parameters_is_let_go_and_its_reason_is_told():
    car = Published(din)
    for name in WAY[din][:3]:
        car.asks(name)
    assert car.hears(IONIQ_GIVES_UP) == "OK"
    assert car.told(597) == ["car reports FAILED_ChargingSystemIncompatibility"]
    assert car.asks("SessionStopReq") == "OK"
    assert car.session.reading is None and not car.session.refused


@pytest.mark.parametrize("standard", [din, iso2], ids=lambda standard: standard.PROTOCOL)
@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_a_car_may_leave_at_every_step_behind_its_session_setup_and_gets_no_power_there(standard, steps):
    car = Published(standard)
    for name in WAY[standard][:steps]:
        car.asks(name)
    early = car.session.state != "CHARGE_PARAMETERS"
    assert car.asks("PowerDeliveryReq") == ("FAILED_SequenceError" if early else "FAILED")
    state = car.session.state
    off = BODIES[standard]["PowerDeliveryReq/stop"]
    assert car.asks("PowerDeliveryReq", off) == car.asks("WeldingDetectionReq") == "OK"
    assert car.session.state == state


def with_error(code, soc):
    return charge_parameters(soc, DC_EVStatus={**status(soc), "EVReady": False, "EVErrorCode": code})


def test_a_car_with_a_fault_is_read_and_its_fault_is_told_once():
    """openv2g-2: a car whose plug was not locked told it together with 68 %."""
    car = Published(din).comes_to_its_parameters()
    for _ in range(3):
        car.asks("ChargeParameterDiscoveryReq", with_error("FAILED_ChargerConnectorLockFault", 68))
    assert car.session.reading.soc_percent == 68
    assert car.session.reading.error == "FAILED_ChargerConnectorLockFault"
    assert car.told(597) == ["car reports FAILED_ChargerConnectorLockFault"]
    car.asks("ChargeParameterDiscoveryReq", with_error("NO_ERROR", 68))
    car.asks("ChargeParameterDiscoveryReq", with_error("FAILED_EVShiftPosition", 68))
    assert car.told(597)[1:] == ["car reports FAILED_EVShiftPosition"]


def test_a_request_that_fits_is_sent_on():
    """ecog-184: 45 %, 50 kWh as 5000 times ten."""
    car = Published(din).comes_to_its_parameters()
    told = {
        "EVEnergyCapacity": amount(5000, "Wh", 1),
        "EVEnergyRequest": amount(27200, "Wh"),
        "FullSOC": 100,
        "BulkSOC": 80,
    }
    car.asks("ChargeParameterDiscoveryReq", charge_parameters(45, **told))
    assert car.numbers[:5] == (45, 100, 80, 50000, 27200)
    assert Numbers(car.session.reading).energy_request_wh == 27200


def test_a_capacity_that_no_car_has_is_unknown_and_confirms_no_0():
    """stx-177: 0 %, ready, a capacity of 100 Wh, a request of 100 Wh."""
    car = Published(din).comes_to_its_parameters()
    told = {"EVEnergyCapacity": amount(100, "Wh"), "EVEnergyRequest": amount(100, "Wh"), "FullSOC": 99, "BulkSOC": 80}
    car.asks("ChargeParameterDiscoveryReq", charge_parameters(0, **told))
    reading = car.session.reading
    assert (reading.soc_percent, reading.soc_doubtful_percent, reading.energy_capacity_wh) == (None, 0, None)


@pytest.mark.parametrize(("standard", "element"), [(din, "EnergyTransferType"), (iso2, "SupportedEnergyTransferMode")])
def test_dc_extended_is_all_that_is_offered(standard, element):
    """stx-74: a Zoe said nothing more behind its authorization until DC_core was out of the list."""
    service = standard.responses(Station({}), {})["ServiceDiscoveryReq"]["ChargeService"]
    assert service[element] in ("DC_extended", {"EnergyTransferMode": ["DC_extended"]})


def test_an_audi_is_matched_by_the_frames_that_it_sent():
    """ecog-432, a Q4 e-tron: its RunID is random, and all that is reserved is zero."""
    run = bytes.fromhex("548ffde3ef470f9d")
    audi = bytes.fromhex("007dfa000001")
    header = BOX + audi + bytes.fromhex("88e101")
    response = header + bytes.fromhex("6f6000000000") + audi + run + bytes(35)
    match = header + bytes.fromhex("7c6000000000") + b"\x3e" + bytes(18) + audi + bytes(17) + BOX + run + bytes(8)
    assert (len(response), len(match)) == (70, 85)
    car = WireCar(mac=audi)
    car.sends(slac_wire.parm_req(audi, run), slac_wire.start_atten(audi, run))
    for countdown in range(9, -1, -1):
        car.wait(20, 20)
        car.sends(slac_wire.sound(audi, run, countdown), slac_wire.profile(audi))
    car.sends(response, match)
    assert [event[0] for event in car.kinds("matched")] == [audi]
