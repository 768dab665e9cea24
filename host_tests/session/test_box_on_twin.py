# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The whole box on the twin when something is wrong: each fault has its clear words, and the box goes on."""

import pytest

from host_tests.session.inside import box_of
from host_tests.support.starts import started
from host_tests.support.whole_box import console, errors, read_one_car, status
from host_tests.twin.world import EVSE_ADDRESS, SETTINGS_IN_USE, World

STATUS = b"GET /api/status HTTP/1.1\r\nHost: socbox.local\r\nAccept: */*\r\n\r\n"


def test_one_plug_in_end_to_end():
    with World(seed=1) as world:
        started(world)
        assert status(world)["headline"] == "Waiting for a car"
        assert read_one_car(world)
        world.run(2)
        document = status(world)
        assert document["stage"] == "soc"
        assert document["reading"]["soc_percent"] == 42
        assert document["smartevse"]["last_delivery"] == "ok"
        assert document["cause"] is None
        assert document["notes"] == []
        numbers = [step["checkpoint"] for step in document["timeline"]]
        assert numbers == sorted(numbers)
        assert {100, 155, 403, 540, 910, 920} <= set(numbers)
        assert len(world.smartevse.posts) == 1
        assert errors(world) == []


@pytest.mark.slow
def test_the_number_leaves_the_display_when_the_smartevse_says_that_the_car_left():
    with World(seed=1) as world:
        started(world)
        assert read_one_car(world)
        world.run(2)
        document = status(world)
        assert (document["reading_is_current"], document["car_present"]) == (True, True)
        world.unplug()
        # The box asks a minute after the quiet time at the earliest, later every five.
        for _ in range(40):
            world.run(10)
            document = status(world)
            if document["car_present"] is False:
                break
        assert (document["stage"], document["reading_is_current"]) == ("waiting", False)
        assert document["reading"]["soc_percent"] == 42


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "cause"), [("modem_absent", "modem_absent_low"), ("modem_stuck_high", "modem_absent_high")]
)
def test_a_missing_modem_is_told_and_its_return_noticed(fault, cause):
    with World(seed=2) as world:
        world.set_fault(fault, True)
        started(world, 10)
        document = status(world)
        assert document["stage"] == "modem_missing"
        assert document["cause"]["code"] == cause
        assert f"({cause})" in console(world)
        world.set_fault(fault, False)
        world.run(6)
        assert status(world)["cause"] is None
        assert read_one_car(world)


@pytest.mark.slow
def test_a_modem_with_shifted_bits_is_a_wiring_fault():
    with World(seed=3) as world:
        world.modem.shift_bits = 1
        started(world, 10)
        assert status(world)["cause"]["code"] == "modem_shifted"


@pytest.mark.slow
@pytest.mark.parametrize(("trouble", "cause"), (("set_key_silent", "modem_silent"), ("set_key_result", "key_refused")))
def test_a_modem_whose_firmware_hangs_is_restarted_and_reads_the_next_car(trouble, cause):
    """Its registers answer and its buffers drain, but no key is taken until its chip is reset."""
    with World(seed=6) as world:
        started(world)
        firmware = world.modem.modem
        healthy, start = getattr(firmware, trouble), firmware.start

        def start_anew():
            setattr(firmware, trouble, healthy)
            start()

        firmware.start = start_anew
        setattr(firmware, trouble, not healthy)
        world.plug(world.new_car(soc_percent=42))
        world.run(60)
        world.unplug()
        world.run(20)
        assert f"({cause})" in console(world) and status(world)["cause"]["code"] == "modem_reset"
        assert read_one_car(world, soc=43) and status(world)["reading"]["soc_percent"] == 43


def test_a_modem_that_restarts_in_mid_session():
    with World(seed=4) as world:
        started(world)
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: 303 in world.checkpoints, 30)
        world.modem.spontaneous_reboot()
        world.run(3)
        assert status(world)["cause"]["code"] == "modem_rebooted"
        assert errors(world) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "cause", "posts"),
    [
        ("evse_off", "smartevse_off", 0),
        ("evse_500", "smartevse_500", 1),
        ("evse_slow", None, 1),
    ],
)
def test_a_smartevse_with_a_fault_and_the_charge_still_shown(fault, cause, posts):
    with World(seed=5) as world:
        started(world)
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: 540 in world.checkpoints, 30)
        world.set_fault(fault, True)
        world.run(75)
        document = status(world)
        assert document["reading"]["soc_percent"] == 42
        assert (document["cause"] or {"code": None})["code"] == cause
        assert cause is None or f"({cause})" in console(world)
        assert len(world.smartevse.posts) == posts
        assert errors(world) == []


@pytest.mark.slow
def test_a_smartevse_without_modem_support_is_told_before_any_car():
    with World(seed=6) as world:
        world.set_fault("evse_no_modem", True)
        started(world)
        document = status(world)
        assert document["cause"]["code"] == "smartevse_no_modem"
        assert document["notes"]


def test_settings_with_mistakes_name_line_and_reason():
    text = (
        'WIFI_SSID = "%s"\nWIFI_PASSWORD = "%s"\nHTTP_PROT = 80\nMODEM_SPI_HZ = "fast"\nLOG_LEVEL = "Q\n'
        'STATUS_PUBLIC = "yes"\n'
        % (
            SETTINGS_IN_USE["WIFI_SSID"],
            SETTINGS_IN_USE["WIFI_PASSWORD"],
        )
    )
    with World(seed=7, settings_text=text) as world:
        started(world)
        document = status(world)
        assert document["cause"]["code"] == "settings_error"
        assert [line[:22] for line in document["settings_errors"]] == [
            "settings.toml line %d: " % number for number in (3, 4, 5)
        ]
        assert "settings.toml line 3" in console(world)
        assert document["modem"]["status"] == "READY"


@pytest.mark.slow
def test_wrong_modem_pins_are_told():
    with World(seed=8, settings=dict(SETTINGS_IN_USE, MODEM_CS="IO11")) as world:
        started(world)
        assert status(world)["cause"]["code"] == "modem_pins"


def test_a_pin_of_the_boards_memory_in_the_settings_is_refused_and_the_box_starts():
    with World(seed=8, settings=dict(SETTINGS_IN_USE, MODEM_INT="IO26", LED="GPIO26")) as world:
        started(world)
        errors = status(world)["settings_errors"]
        assert len(errors) == 2 and all("belong to the board's memory" in line for line in errors)
        assert world.device.resets == []


@pytest.mark.slow
@pytest.mark.parametrize("wifi", [True, False])
def test_no_wifi_the_charge_is_read_all_the_same(wifi):
    settings = SETTINGS_IN_USE if wifi else {"WIFI_SSID": ""}
    with World(seed=9, settings=settings) as world:
        world.set_fault("wifi_off", True)
        started(world)
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: 910 in world.checkpoints, 60)
        assert errors(world) == []


@pytest.mark.slow
def test_wifi_comes_back_by_itself():
    with World(seed=10) as world:
        started(world)
        world.set_fault("wifi_off", True)
        world.run(20)
        assert "connection lost" in console(world)
        world.set_fault("wifi_off", False)
        world.run(70)
        assert status(world)["wifi"]["losses"] == 1


def test_with_a_fixed_address_a_smartevse_is_found_by_its_name():
    fixed = {"WIFI_STATIC_ADDRESS": "192.168.1.9", "WIFI_NETMASK": "255.255.255.0", "WIFI_GATEWAY": "192.168.1.1"}
    settings = dict(SETTINGS_IN_USE, SMARTEVSE_URL="http://evse.example/ev_state", **fixed)
    with World(seed=10, settings=settings) as world:
        world.network.names["evse.example"] = EVSE_ADDRESS
        started(world)
        assert world.device.station.address == "192.168.1.9"
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: world.smartevse.posts, 60)


@pytest.mark.slow
def test_a_router_that_comes_back_on_another_channel_is_found_at_once():
    with World(seed=8) as world:
        started(world)
        world.set_fault("wifi_off", True)
        world.run(20)
        world.wifi.channel = 11
        joins = world.device.station.joins
        world.set_fault("wifi_off", False)
        assert world.run_until(lambda: world.device.station.address, 30)
        world.run(2)
        assert world.device.station.joins - joins <= 2 and status(world)["wifi"]["state"] == "connected"


@pytest.mark.slow
def test_over_wifi_that_loses_one_in_ten_of_its_segments_pages_come_whole_and_a_reading_is_delivered(figures):
    slowest_us = []
    paths = ("/", "/status.js", "/common.js", "/style.css", "/api/status")
    with World(seed=8) as world:
        started(world)
        wholes = [world.network.http("GET", path).body for path in paths[:-1]]
        world.network.loss_percent = 10
        for _ in range(8):
            answers = [world.network.http("GET", path, timeout_s=60) for path in paths]
            assert all(answer.complete and answer.status == 200 for answer in answers)
            assert [answer.body for answer in answers[:-1]] == wholes and answers[-1].json()["stage"] == "waiting"
            slowest_us.append(max(answer.elapsed_us for answer in answers))
        figures(f"one segment in ten lost: a file after {max(slowest_us) / 1e6:.1f} s at most")
        assert read_one_car(world)
        world.run(20)
        assert [post["values"]["current_soc"] for post in world.smartevse.posts] == [42]
        assert status(world)["smartevse"]["last_delivery"] == "ok" and errors(world) == []


def test_the_page_answers_at_once_after_the_link_broke_under_its_clients():
    """lwIP gives up every connection with the lost address, though it is back a second later, and no packet says so."""
    with World(seed=9) as world:
        started(world)
        # Two that take only a part of their answers.
        clients = [world.network.connect_to_box(80, window=2000) for _ in range(2)]
        for client in clients:
            client.pause()
            client.send(b"GET /style.css HTTP/1.1\r\nHost: socbox.local\r\n\r\n")
        world.run(1)
        assert not any(client.finished for client in clients)
        world.device.station.kicked()
        assert world.run_until(lambda: world.device.station.address is None, 10)
        # The box has not noticed yet that it is back.
        assert world.run_until(lambda: world.device.station.address, 10)
        answer = world.network.http("GET", "/api/status")
        assert answer.status == 200 and answer.elapsed_us < 1_000_000
        assert not any(client.closed_by_box for client in clients)
        assert errors(world) == []


@pytest.mark.slow
def test_a_connection_whose_first_segment_is_lost_is_made_all_the_same_and_no_fault_is_told():
    """It comes again after 1.5 s; a SmartEVSE that is asked every five minutes would be called dead for as long."""
    with World(seed=9) as world:
        started(world)
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: 905 in world.checkpoints, 60)
        world.network.lose_next = 1
        world.run(6)
        assert [post["values"]["current_soc"] for post in world.smartevse.posts] == [42]
        asked = len(world.smartevse.requests)
        assert world.run_until(lambda: len(world.smartevse.requests) > asked, 400)
        # Asked once a minute now.
        world.run(50)
        world.network.lose_next = 1
        assert world.run_until(lambda: not world.network.lose_next, 20)
        world.run(6)
        assert "smartevse_off" not in console(world) and errors(world) == []


@pytest.mark.slow
def test_a_link_that_breaks_before_the_answer_to_a_delivery_costs_no_second_one():
    with World(seed=9) as world:
        started(world)
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: world.smartevse.posts, 60)
        world.device.station.kicked()
        world.run(25)
        assert [post["values"]["current_soc"] for post in world.smartevse.posts] == [42]
        assert status(world)["smartevse"]["last_delivery"] == "ok" and errors(world) == []


def test_hostile_clients_during_a_session():
    """The session completes, no pass without the modem is longer than a piece may take, honest clients are served."""
    with World(seed=11, display=None) as world:
        started(world)
        attacks = [
            b"",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
            b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 2000,
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nshort",
            bytes(range(256)) * 8,
            STATUS,
        ]
        clients = []

        def attack():
            client = world.network.connect_to_box(80)
            client.send(attacks[len(clients) % len(attacks)])
            clients.append(client)
            if len(clients) % 3 == 0:
                clients[-3].close()
            world.clock.after(70_000, attack)

        attack()
        world.device.probe.reset()
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: 910 in world.checkpoints, 60)
        worst = world.device.probe.worst
        assert worst.us < 60_000, worst
        assert len(clients) > 40
        assert errors(world) == []


@pytest.mark.slow
def test_a_second_and_a_third_car_without_a_restart():
    with World(seed=12) as world:
        started(world)
        for number, soc in enumerate((17, 58, 99)):
            assert read_one_car(world, soc), f"car {number}"
            world.run(3)
            world.unplug()
            world.run(15)
        assert [post["values"]["current_soc"] for post in world.smartevse.posts] == [17, 58, 99]
        assert errors(world) == []


@pytest.mark.slow
def test_a_car_that_is_plugged_in_again_six_seconds_after_its_reading_was_delivered_is_read_again():
    """It is never silent for 15 s, and nobody saw the charger free; but the number had ended the phase before."""
    with World(seed=12) as world:
        started(world)
        habits = {"mac_rotates": True, "slac_pauses_ms": (9000,)}
        world.plug(world.new_car(soc_percent=17, habits=habits))
        assert world.run_until(lambda: world.smartevse.posts, 60)
        world.run(5)
        world.unplug()
        world.run(1)
        world.plug(world.new_car(soc_percent=58, habits=habits))
        world.run_until(lambda: len(world.smartevse.posts) > 1, 60)
        assert [post["values"]["current_soc"] for post in world.smartevse.posts] == [17, 58]


@pytest.mark.slow
def test_without_sun_no_car_is_read_and_the_page_says_why():
    with World(seed=14, device_options={"charge_lines": False}) as world:
        world.set_fault("evse_no_sun", True)
        started(world)
        world.plug(world.new_car(soc_percent=42))
        world.run(330)
        assert 100 not in world.checkpoints and not world.smartevse.posts
        text = status(world)["smartevse"]["text"]
        assert text == "state 9: waiting for power or sun; a car is read as soon as charging may start"
        shown = box_of(world).display.panel._scene
        assert [line.text for line in shown._head] == ["No power or sun", ""]
        world.set_fault("evse_no_sun", False)
        assert world.run_until(lambda: world.charging, 150)
        assert [post["values"]["current_soc"] for post in world.smartevse.posts] == [42]
