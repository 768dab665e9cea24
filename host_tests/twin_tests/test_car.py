# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The virtual car as a whole against a scripted station: sessions, ways of leaving, witness, AC verdict."""

import random

import pytest

from host_tests.twin.car import habits as habit_table
from host_tests.twin.car.car import CHARGING, NOT_CHARGING, STUCK, VirtualCar, named
from host_tests.twin.car.scripted_station import ScriptedStation, code_index, run
from host_tests.twin.car.session import LEAVING, physical_wh

CAR = bytes.fromhex("02ab34cd56ef")
EVSE = bytes.fromhex("021122334455")
WALK_OUT = {
    "cpd": [(1, "EVSE_Ready")] + [(1, "EVSE_Shutdown")] * 3 + [(0, "EVSE_Shutdown")],
    "codes": {"PreCharge": code_index("FAILED")},
}
FIRST = [
    "supportedAppProtocol",
    "SessionSetup",
    "ServiceDiscovery",
    "ServicePaymentSelection",
    "ContractAuthentication",
    "ChargeParameterDiscovery",
]


def seeded(seed=1):
    rng = random.Random(seed)
    return lambda count: bytes(rng.randrange(256) for _ in range(count))


class Plugged:
    """A car at a scripted station, 5 % at 0 ms."""

    def __init__(self, name="generic", script=None, **changes):
        values = {key: changes.pop(key) for key in list(changes) if key not in habit_table.DEFAULTS}
        self.car = named(name, seeded(), habits=changes, **values)
        self.station = ScriptedStation(EVSE, script or dict(WALK_OUT))
        self.events = []
        self.now = 0
        self.car.pilot(50, 0)

    def until(self, now):
        self.events += run(self.car, [self.station], now, now=self.now)
        self.now = now
        return self

    def pilot(self, duty):
        self.car.pilot(duty, self.now)
        return self

    @property
    def asked(self):
        return [name for name, _ in self.station.requests]

    def kinds(self, kind):
        return [event[2:] for event in self.events if event[1] == kind]


@pytest.mark.parametrize("name", sorted(habit_table.CARS))
def test_every_car_reads_out_and_charges(name):
    script = dict(WALK_OUT)
    asleep = [(0,)] if name.startswith("seres3") else []
    protocols = habit_table.merged(habit_table.CARS[name][1])["app_protocols"]
    din = [entry[3] for entry in protocols if entry[0] == habit_table.DIN[0]]
    script["schema_id"], script["app_code"] = (din[0], 0) if din else (None, 2)
    plugged = Plugged(name, script).until(25000)
    car = plugged.car
    if din:
        # A Seres tells 0 while its battery sleeps, and an id.3 its charge twice.
        soc = habit_table.CARS[name][0]["soc_percent"]
        told = plugged.kinds("soc_sent")
        assert told and all(one in [(soc,), *asleep] for one in told)
    if name != "silent" and not asleep:
        assert plugged.kinds("session_over")[0][0] is True
    plugged.pilot(None).until(30000).pilot(1000).until(30500).pilot(270).until(33000)
    assert (car.verdict, car.cp_state) == (CHARGING, "C")
    assert (car.complaints, car.unsafe) == ([], [])


WAYS = {
    "standard": ["ChargeParameterDiscovery", "SessionStop"],
    "power_delivery_first": ["ChargeParameterDiscovery", "PowerDelivery", "WeldingDetection", "SessionStop"],
    "stops_at_once": ["SessionStop"],
    "ignores_shutdown": ["ChargeParameterDiscovery"] * 4 + ["CableCheck", "PreCharge", "SessionStop"],
    "closes_tcp_at_first_cpdres": [],
    "falls_silent": [],
}


def test_all_ways_of_leaving_are_tested():
    assert set(LEAVING) == set(WAYS) | {"loops_after_failed"}


@pytest.mark.parametrize("leave", sorted(WAYS))
def test_ways_of_leaving(leave):
    plugged = Plugged(leave=leave).until(8000)
    assert plugged.asked == FIRST + WAYS[leave]
    stopped = "SessionStop" in WAYS[leave]
    assert bool(plugged.kinds("session_stop")) == stopped
    if leave == "falls_silent":
        assert plugged.kinds("tcp_closed") == []
    else:
        assert plugged.kinds("tcp_closed") == [("fin",)]
        assert plugged.kinds("session_over") == [(True, "TCP ended: fin")]
    assert plugged.car.complaints == []


def test_looping_car_repeats_until_the_station_closes_and_comes_again():
    script = dict(WALK_OUT, close_after="SessionStop")
    plugged = Plugged(script=script, leave="loops_after_failed").until(6000)
    assert plugged.asked.count("PreCharge") > 5
    assert plugged.asked[-1] == "PreCharge"
    plugged.station._segment(0x11, b"")
    for delay_ms, frame in plugged.station.out[-1:]:
        plugged.car.receive(frame, 6000 + delay_ms)
    plugged.until(20000)
    assert plugged.kinds("session_over")[0][0] is False
    assert len(plugged.kinds("slac_parm_req")) == 2


@pytest.mark.parametrize(
    ("protocols", "script", "name", "complaint"),
    [
        ([habit_table.offer(habit_table.DIN, 7, 1)], {"schema_id": 7}, "DIN 70121", None),
        ([habit_table.offer(habit_table.DIN, 0, 1)], {"schema_id": 1}, None, "SchemaID 1 was not offered"),
        (
            [habit_table.offer(habit_table.DIN, 0, 1)],
            {"schema_id": None},
            None,
            "SchemaID None was not offered",
        ),
        (
            [habit_table.offer(habit_table.TESLA, 2, 1), habit_table.offer(habit_table.DIN, 1, 2)],
            {"schema_id": 2},
            "Tesla",
            "Tesla's own protocol was chosen",
        ),
        (
            [habit_table.offer(habit_table.ISO20_DC, 0, 1), habit_table.offer(habit_table.DIN, 1, 2)],
            {"schema_id": 0},
            "ISO 15118-20 DC",
            "this car does not speak it",
        ),
        ([habit_table.offer(habit_table.ISO2, 0, 1)], {"schema_id": None, "app_code": 2}, None, None),
    ],
)
def test_protocols(protocols, script, name, complaint):
    plugged = Plugged(script=dict(WALK_OUT, **script), app_protocols=protocols).until(6000)
    assert [event[0] for event in plugged.kinds("app_protocol")] == ([name] if name or not complaint else [])
    assert complaint in plugged.car.complaints[0] if complaint else plugged.car.complaints == []


def exi_of(plugged, name):
    return next(exi.hex() for asked, exi in plugged.station.requests if asked == name)


def test_optional_values_are_left_out():
    bare = Plugged(soc_percent=42).until(6000)
    full = Plugged(
        soc_percent=42,
        energy_capacity_wh=77000,
        energy_request_wh=44000,
        full_soc_percent=100,
        bulk_soc_percent=80,
    ).until(6000)
    assert (
        exi_of(bare, "ChargeParameterDiscovery") == "809a02128ecb07403fc448907190400a8080c3403c440a14440400"
    )
    assert exi_of(full, "ChargeParameterDiscovery") == (
        "809a02128ecb07403fc448907190400a8080c3403c440a14440020484a1e00812160440c814000"
    )


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        ({"session_id_length": 0}, "809a0011d0180aacd3355bbc00"),
        ({"session_id_length": 1}, "809a004011d0180aacd3355bbc00"),
        ({"session_id_length": 8, "evccid_length": 8}, "809a02000000000000000011d02000000aacd3355bbc00"),
        ({"session_id_length": 1, "evccid": b"\x01\x02"}, "809a004011d008040800"),
    ],
)
def test_session_setup_habits(changes, start):
    assert exi_of(Plugged(**changes).until(6000), "SessionSetup") == start


def test_rotating_evccid_keeps_the_first_half():
    one = Plugged(evccid_rotates=True).until(6000).car.session.evccid
    assert one[0:3] == CAR[0:3]
    assert one != CAR


@pytest.mark.parametrize(
    ("watt_hours", "smallest", "value"),
    [
        (28000, (0, "Wh"), (0, "Wh", 28000)),
        (78500, (1, "Wh"), (1, "Wh", 7850)),
        (77000, (0, "Wh"), (1, "Wh", 7700)),
        (400000, (0, None), (2, None, 4000)),
    ],
)
def test_energy_fits_16_bits(watt_hours, smallest, value):
    assert physical_wh(watt_hours, smallest) == value


# ---- what the station may not do


@pytest.mark.parametrize(
    ("script", "danger"),
    [
        ({"isolation": 1}, "ChargeParameterDiscoveryRes: isolation status Valid"),
        ({"isolation": 2}, "ChargeParameterDiscoveryRes: isolation status Warning"),
        ({"cable_check": [(0, "EVSE_Ready")]}, "CableCheckRes: Finished and EVSE_Ready"),
        ({"codes": {}, "voltage": 12}, "PreChargeRes: EVSEPresentVoltage 12 e0"),
        ({"codes": {}, "voltage": 350}, "PowerDeliveryRes: OK for ReadyToChargeState true"),
        ({"codes": {}, "voltage": 350}, "the car closes its contactors"),
        ({"codes": {}, "voltage": 350, "status": "EVSE_Ready"}, "CurrentDemandRes: OK"),
        ({"codes": {}, "status": "EVSE_Ready"}, "PreChargeRes: OK and EVSE_Ready"),
    ],
)
def test_the_witness_sees_danger(script, danger):
    car = Plugged(script=dict(WALK_OUT, **script), leave="ignores_shutdown").until(8000).car
    assert danger in car.unsafe


def test_walking_out_is_safe():
    assert Plugged(leave="ignores_shutdown").until(8000).car.unsafe == []


def answers_with(name, data):
    return dict(WALK_OUT, answers={name: bytes.fromhex(data)})


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        (answers_with("SessionSetup", "809a0011e020040080"), "SessionID is empty or zero"),
        (answers_with("SessionSetup", "809a02128ecb07403fc44891e000040080"), "says OK for a new session"),
        (answers_with("ServiceDiscovery", "809a02004080c1014181c211a00120024100c4"), "another SessionID"),
        (answers_with("ServiceDiscovery", "809a02128ecb07403fc44891c000"), "was asked for"),
        (answers_with("ContractAuthentication", "809a02128e"), "cannot be read"),
        (answers_with("ContractAuthentication", "809a02128ecb07403fc44890c0000000"), "1 surplus bytes"),
        (dict(WALK_OUT, silent_on=("SessionStop",)), "no SessionStopRes within 2000 ms"),
        (dict(WALK_OUT, silent_on=("ServiceDiscovery",)), "no ServiceDiscoveryRes within 2000 ms"),
        (dict(WALK_OUT, close_after="SessionStop"), "the station closed first"),
        (dict(WALK_OUT, keeps_open=True), "does not close its side"),
    ],
)
def test_deviations_are_written_down(script, complaint):
    car = Plugged(script=script, close_delay_ms=100).until(11000).car
    assert any(complaint in text for text in car.complaints), car.complaints


def test_current_demand_is_waited_for_a_quarter_of_a_second():
    script = dict(WALK_OUT, codes={}, voltage=350, silent_on=("CurrentDemand",), status="EVSE_Ready")
    script["cpd"] = [(0, "EVSE_Ready")]
    plugged = Plugged(script=script).until(6000)
    assert plugged.car.complaints == ["V2G: no CurrentDemandRes within 250 ms"]


def test_failed_answer_ends_with_session_stop():
    script = dict(WALK_OUT, codes={"ServicePaymentSelection": code_index("FAILED")})
    plugged = Plugged(script=script).until(6000)
    assert plugged.asked[-2:] == ["ServicePaymentSelection", "SessionStop"]
    assert plugged.kinds("session_over") == [(True, "TCP ended: fin")]


def test_ongoing_is_not_for_ever():
    script = dict(WALK_OUT, cpd=[(1, "EVSE_Ready")])
    plugged = Plugged(script=script).until(70000)
    assert plugged.asked[-1] == "SessionStop"
    assert 220 < plugged.asked.count("ChargeParameterDiscovery") < 235


# ---- pilot and AC


def test_no_slac_at_all_charges_without_more_ado():
    car = VirtualCar(CAR, seeded(), soc_percent=40)
    assert (car.cp_state, car.plugged) == ("A", False)
    car.pilot(1000, 0)
    assert (car.cp_state, car.plugged) == ("B", True)
    car.pilot(270, 1000)
    car.poll(2000)
    assert (car.cp_state, car.verdict) == ("B", None)
    car.poll(2600)
    assert (car.cp_state, car.verdict) == ("C", CHARGING)
    car.pilot(1000, 3000)
    assert (car.cp_state, car.verdict) == ("B", None)


def test_lost_session_sticks_until_a_pilot_cycle():
    plugged = Plugged().until(2000)
    assert plugged.car.session_open
    plugged.pilot(None).until(3000).pilot(270).until(6000)
    assert (plugged.car.verdict, plugged.car.cp_state) == (STUCK, "B")
    assert plugged.car.verdict_reason == "session lost: pilot off"
    plugged.pilot(None).until(9100).pilot(270).until(12000)
    assert plugged.car.verdict == CHARGING
    assert plugged.kinds("pilot_cycle") == [()]


def test_station_that_closes_too_early_leaves_the_car_stuck():
    plugged = Plugged(
        script=dict(WALK_OUT, close_after="ChargeParameterDiscovery"), again_after_ms=None
    ).until(5000)
    plugged.pilot(1000).until(7500).pilot(270).until(10000)
    assert plugged.car.verdict == STUCK


def test_orderly_end_needs_no_cycle():
    plugged = Plugged().until(5000)
    plugged.pilot(270).until(8000)
    assert plugged.car.verdict == CHARGING


@pytest.mark.parametrize(
    ("pauses", "verdict"),
    [
        (((1000, 1900),), STUCK),
        (((1000, 2100),), CHARGING),
        (((None, 2500),), CHARGING),
        ((), STUCK),
        (((None, 1000), (1000, 1100)), CHARGING),
    ],
)
def test_meb_needs_two_seconds_of_steady_pilot(pauses, verdict):
    plugged = Plugged(steady_ms=2000).until(5000)
    for duty, lasts_ms in pauses:
        plugged.pilot(duty).until(plugged.now + lasts_ms)
    plugged.pilot(270).until(plugged.now + 3000)
    assert plugged.car.verdict == verdict


def test_meb_charges_when_nobody_asked_it():
    car = VirtualCar(CAR, seeded(), soc_percent=40, habits={"steady_ms": 2000})
    car.pilot(270, 0)
    car.poll(3000)
    assert car.verdict == CHARGING


def test_car_that_does_not_want_to():
    plugged = Plugged(wants_ac=False).until(5000).pilot(270).until(8000)
    assert (plugged.car.verdict, plugged.car.cp_state) == (NOT_CHARGING, "B")


def test_state_c_during_cable_check():
    script = dict(WALK_OUT, cpd=[(0, "EVSE_Ready")], cable_check=[(1, "EVSE_IsolationMonitoringActive")])
    plugged = Plugged(script=script, leave="ignores_shutdown").until(4000)
    assert plugged.car.cp_state == "C"
    plugged.car.link(False, 4000)
    assert plugged.car.cp_state == "B"


def test_sleeping_car_needs_a_pilot_edge():
    car = named("tesla_y", seeded())
    car.pilot(1000, 0)
    car.pilot(50, 100000)
    car.poll(101000)
    assert car.take_frames() == []
    car.pilot(None, 110000)
    car.pilot(50, 111000)
    car.poll(111400)
    assert len(car.take_frames()) == 1


def test_link_loss_starts_over_while_5_percent_lasts():
    plugged = Plugged(again_after_ms=2000).until(2200)
    plugged.car.link(False, 2200)
    plugged.until(9000)
    assert plugged.kinds("session_over")[0] == (False, "link lost")
    assert len(plugged.kinds("slac_parm_req")) == 2
    assert plugged.kinds("session_over")[1][0] is True


def test_leaving_the_network_means_a_random_key():
    plugged = Plugged()
    keys = []

    def tap(now, direction, frame):
        if direction == "ev" and frame[0:6] == bytes.fromhex("00b052000001"):
            keys.append(frame[41:57])

    run(plugged.car, [plugged.station], 5000, tap=tap)
    assert len(keys) == 2
    assert keys[0] != keys[1]


def test_plugging_again_and_again_with_the_same_object():
    plugged = Plugged(energy_capacity_wh=50000)
    for turn in range(3):
        start = plugged.now
        plugged.pilot(50).until(start + 6000)
        assert len(plugged.kinds("soc_sent")) == turn + 1
        plugged.pilot(None).until(start + 11000).pilot(270).until(start + 14000)
        assert plugged.car.cp_state == "C"
        plugged.car.unplug(plugged.now)
        assert (plugged.car.plugged, plugged.car.cp_state, plugged.car.verdict) == (False, "A", None)
        plugged.station.cpd_rounds = 0
    assert plugged.car.complaints == []
    assert len(set(plugged.car.tcp.old_ports)) == 2


def test_matched_from_the_start():
    plugged = Plugged(slac=False).until(5000)
    assert plugged.kinds("slac_matched") == []
    assert plugged.kinds("soc_sent") == [(42,)]


def test_next_due_is_enough_to_drive_the_car():
    """Stepping only where something is due gives the same messages as stepping every millisecond."""
    car = named("polestar2", seeded())
    station = ScriptedStation(EVSE, dict(WALK_OUT))
    car.pilot(50, 0)
    pending, now, steps = [], 0, 0
    while now < 8000:
        car.poll(now)
        for frame in car.take_frames():
            pending += [(now + delay_ms, answer) for delay_ms, answer in station.receive(frame, now)]
        if station.link_at is not None and now >= station.link_at:
            station.link_at = None
            car.link(True, now)
        for item in [item for item in pending if item[0] <= now]:
            pending.remove(item)
            car.receive(item[1], now)
        dues = [item[0] for item in pending] + [t for t in (car.next_due(), station.link_at) if t is not None]
        now = max(now + 1, min(dues)) if dues else 8000
        steps += 1
    assert [name for name, _ in station.requests][-1] == "SessionStop"
    assert car.complaints == []
    assert steps < 400


def test_unknown_habit_is_refused():
    with pytest.raises(KeyError):
        VirtualCar(CAR, seeded(), habits={"no_such": 1})
