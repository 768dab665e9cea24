# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the display shows at each stage: texts that fit, and the stage that a newcomer would expect."""

import pytest
from appliance.base import version
from appliance.display import button_views, views
from appliance.display.light import mood_of
from appliance.smartevse import target
from appliance.state import cars, faults, status
from appliance.state.log import Uptime
from appliance.state.status import Status
from v2g.reading import Reading


class Evse:
    last_delivery = None
    waits_for = None


class Wifi:
    address = "192.168.100.200"
    hostname = "socbox"
    ssid = "Home"
    cause = None
    connected = True

    def port_text(self):
        return ""


class Access:
    made_up = None


def make(modem="READY", stage="WAITING"):
    state = Status(Uptime(0), str)
    state.watch(modem, stage)
    return state


def reading(soc=81):
    value = Reading("DIN 70121", b"\x01\x02\x03\x04\x05\x06", b"\x01\x02\x03\x04\x05\x06")
    value.soc_percent = soc
    return value


def read(soc=81, stage="LEAVING"):
    state = make(stage="READING")
    state.car_plugged(b"\x01\x02\x03\x04\x05\x06")
    state.read(reading(soc))
    state.watch("READY", stage)
    return state


def test_the_stages_of_a_plug_in_one_after_the_other():
    state = make("BOOTING", "NO_KEY")
    assert state.stage() == status.STARTING
    state.watch("READY", "NO_KEY")
    assert state.stage() == status.STARTING
    state.watch("READY", "WAITING")
    assert "http://192.168.100.200" in views.view(state, Evse(), Wifi(), Access()).texts
    state.car_plugged(b"\x01\x02\x03\x04\x05\x06")
    for stage, shown in (
        ("MATCHING", status.FINDING),
        ("JOINING", status.FINDING),
        ("READING", status.READING),
    ):
        state.watch("READY", stage)
        assert state.stage() == shown
    state.read(reading())
    assert state.stage() == status.SOC
    state.watch("READY", "LEAVING")
    state.session_ended("ok")
    state.watch("READY", "NO_KEY")
    assert state.stage() == status.SOC
    state.watch("READY", "WAITING")
    assert state.stage() == status.SOC
    assert views.view(state, Evse(), Wifi(), Access()).big == "81%"


@pytest.mark.parametrize("what", sorted(target.WAITS))
def test_what_keeps_the_smartevse_from_asking_a_car_is_said_while_it_can_be_asked(what):
    evse, wifi = Evse(), Wifi()
    evse.waits_for = what
    heading, meaning = views.KEPT_WAITING[what]
    view = views.view(make(), evse, wifi, Access())
    assert view.heading == heading
    assert view.texts[: view.texts.index("http://192.168.100.200")] == ([meaning] if meaning else [])
    wifi.connected = False
    assert views.view(make(), evse, wifi, Access()).heading == "Ready for a car"


def test_a_car_that_is_there_and_not_read_is_no_car_the_box_waits_for():
    state = make()
    for plugged, heading in ((None, "Ready for a car"), (True, "Car is plugged in"), (False, "Ready for a car")):
        state.plug_told(plugged)
        assert views.view(state, Evse(), Wifi(), Access()).heading == heading


def test_a_car_that_was_not_read_is_told_and_forgotten_after_a_while():
    state = make(stage="READING")
    state.car_plugged(b"\x01\x02\x03\x04\x05\x06")
    state.session_ended("no_sdp")
    state.watch("READY", "WAITING")
    view = views.view(state, Evse(), Wifi(), Access())
    assert view.heading == "Car not read"
    assert view.texts == [faults.text("no_sdp"), faults.action("no_sdp"), "(no_sdp)"]
    state.uptime.advance(status.PASSING_S * 1000 + 2000)
    state.watch("READY", "WAITING")
    assert state.stage() == status.WAITING


@pytest.mark.parametrize("modem", ["ABSENT_LOW", "ABSENT_HIGH", "BAD_SIGNATURE", "NO_CPU_ON"])
def test_a_modem_that_is_missing_and_comes_back(modem):
    state = make(modem, "NO_KEY")
    assert state.stage() == status.MODEM_MISSING
    view = views.view(state, Evse(), Wifi(), Access())
    assert (view.colour, view.heading) == (views.RED, faults.short(state.cause()))
    assert faults.action(state.cause()) in view.texts
    assert faults.area(state.cause()) == faults.MODEM
    state.watch("READY", "WAITING")
    assert state.cause() is None
    assert state.stage() == status.WAITING


def test_a_modem_that_restarted_is_no_missing_modem():
    state = make()
    state.watch("RESETTING", "NO_KEY")
    state.set_cause("modem_rebooted")
    assert state.stage() == status.STARTING
    state.watch("READY", "WAITING")
    assert state.cause() == "modem_rebooted"
    assert state.stage() == status.WAITING


def test_the_charge_stays_on_the_display_when_the_smartevse_is_off():
    state = read(stage="WAITING")
    state.session_ended("ok")
    state.set_cause("smartevse_off")
    view = views.view(state, Evse(), Wifi(), Access())
    assert view.big == "81%"
    assert view.texts[0] == faults.short("smartevse_off")
    assert mood_of(state) == views.ATTENTION


def test_delivery_and_age_below_the_charge():
    state = read(stage="WAITING")
    state.session_ended("ok")
    evse = Evse()
    evse.last_delivery = "ok"
    assert views.view(state, evse, Wifi(), Access()).texts == ["re-plug to charge"]
    state.replugged = True
    assert views.view(state, evse, Wifi(), Access()).texts == ["sent to SmartEVSE"]
    evse.last_delivery = None
    assert views.view(state, evse, Wifi(), Access()).texts == ["read just now"]
    evse.last_delivery = "ok"
    assert mood_of(state) == views.DONE
    state.uptime.advance(2 * 3600 * 1000)
    assert views.view(state, evse, Wifi(), Access()).texts == ["read 2 h ago", "sent to SmartEVSE"]
    state.uptime.advance(13 * 3600 * 1000)
    old = views.view(state, evse, Wifi(), Access())
    assert (old.colour, old.texts) == (views.GREY, ["read 13 h ago"])
    assert old.text_colour(views.GREY) == views.GREY
    assert mood_of(state) == views.STALE


def test_target_time_and_name_when_they_are_known():
    state = read(42)
    assert views.view(state, Evse(), Wifi(), Access()).mark_percent is None
    state.reading.full_soc_percent = 80
    state.reading.remaining_s = 25 * 60
    state.reading.profile = cars.parse("01*; name=Ioniq 5; capacity_wh=77400")
    view = views.view(state, Evse(), Wifi(), Access())
    assert (view.name, view.bar_percent, view.mark_percent) == ("Ioniq 5", 42, 80)
    assert "target 80%, 25 min left" in view.texts
    state.reading.full_soc_percent = 100
    state.reading.remaining_s = None
    assert not any("target" in text for text in views.view(state, Evse(), Wifi(), Access()).texts)


def test_pages_of_the_button():
    state = read(42, "WAITING")
    page = button_views.view(button_views.NETWORK, state, Wifi(), Access())
    assert page.texts == ["Home", "http://192.168.100.200", "socbox.local"]
    wifi = Wifi()
    wifi.address, wifi.cause = None, "wifi_auth"
    page = button_views.view(button_views.NETWORK, state, wifi, Access())
    assert page.texts == [faults.text("wifi_auth"), faults.action("wifi_auth")]
    page = button_views.view(button_views.LAST_CAR, state, Wifi(), Access())
    assert page.texts == ["42%, read just now", "EVCCID 010203040506", "DIN 70121"]
    assert button_views.view(button_views.LAST_CAR, make(), Wifi(), Access()).texts == [
        "none read since start-up"
    ]
    state.set_cause("settings_error")
    about = button_views.view(button_views.ABOUT, state, Wifi(), Access())
    assert version.VERSION in about.texts[0] and faults.short("settings_error") in about.texts


def test_every_stage_has_a_screen_and_a_mood():
    assert set(views.STAGES) == set(status.HEADLINES)
    assert {row[1] for row in views.STAGES.values()} <= {views.IDLE, views.FAULT, views.WORK, views.DONE, views.ATTENTION}
    assert views.updating(40, "version 2").mood == views.UPDATE


def test_the_next_car_takes_the_last_ones_charge_off_the_display():
    state = read(stage="WAITING")
    state.session_ended("ok")
    state.car_plugged(b"\x11\x12\x13\x14\x15\x16")
    state.watch("READY", "JOINING")
    assert state.stage() == status.FINDING
    assert state.timeline == []


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (0, "just now"),
        (89, "just now"),
        (90, "1 min ago"),
        (5399, "89 min ago"),
        (5400, "1 h ago"),
        (172800, "2 days ago"),
    ],
)
def test_ages(age, text):
    assert views.age_text(age) == text


def test_headline_and_causes_for_the_page():
    state = make()
    assert state.headline() == "Waiting for a car"
    state.set_cause("settings_error")
    state.set_cause("wifi_auth")
    state.set_cause("smartevse_off")
    assert state.causes() == ["smartevse_off", "wifi_auth", "settings_error"]
    assert status.cause_document(state.cause())["action"]
    assert status.cause_document(None) is None
    assert read().headline() == "81 % charged"


def test_a_charge_that_nothing_confirmed_is_shown_with_a_question_mark_and_words():
    state = make(stage="READING")
    state.car_plugged(b"\x01\x02\x03\x04\x05\x06")
    doubtful = reading(None)
    doubtful.soc_doubtful_percent = 0
    state.read(doubtful)
    state.session_ended("soc_doubtful")
    state.watch("READY", "WAITING")
    view = views.view(state, Evse(), Wifi(), Access())
    assert (view.big, view.mood, view.bar_percent) == ("0%?", views.ATTENTION, None)
    assert view.texts == [faults.short("soc_doubtful"), "plug in again"]
    assert mood_of(state) == views.ATTENTION
    assert state.headline() == faults.short("soc_doubtful")
    doubtful.soc_doubtful_percent = 127
    assert views.view(state, Evse(), Wifi(), Access()).big == "?"


def gone_texts(state):
    return views.view(state, Evse(), Wifi(), Access()).texts


def test_the_number_leaves_with_the_car():
    state = read(81, "WAITING")
    state.session_ended("ok")
    assert (state.stage(), state.car_present) == (status.SOC, True)
    state.plug_told(True)
    assert (state.stage(), state.car_present) == (status.SOC, True)
    state.plug_told(False)
    assert (state.stage(), state.car_present) == (status.WAITING, False)
    assert gone_texts(state)[0] == "last car: 81%, just now"


def test_the_number_leaves_when_another_car_comes_and_is_not_read():
    state = read(81, "WAITING")
    state.session_ended("ok")
    state.car_plugged(b"\x01\x02\x03\x04\x05\x07")
    state.session_ended("no_sdp")
    state.uptime.advance((status.PASSING_S + 2) * 1000)
    state.watch("READY", "WAITING")
    assert state.stage() == status.WAITING
    assert gone_texts(state)[0] == "last car: 81%, 10 min ago"


def test_the_number_of_the_same_car_stays_when_it_comes_again_and_is_not_read():
    state = read(81, "WAITING")
    state.session_ended("ok")
    state.car_plugged(state.reading.ev_mac)
    state.session_ended("no_sdp")
    state.uptime.advance((status.PASSING_S + 2) * 1000)
    state.watch("READY", "WAITING")
    assert state.stage() == status.SOC


def advance(state, seconds):
    """Let time go by in steps that the ticks can tell."""
    for _ in range(seconds // 3600):
        state.uptime.advance((state.uptime._last + 3600 * 1000) % 2**29)
        state.watch("READY", "WAITING")


def test_after_twelve_hours_without_news_nobody_claims_that_the_car_is_there():
    state = read(81, "WAITING")
    state.session_ended("ok")
    advance(state, status.FRESH_S)
    assert (state.stage(), state.car_present) == (status.SOC, None)
    advance(state, 3600)
    assert state.stage() == status.WAITING


def test_a_car_that_the_smartevse_still_sees_keeps_its_number_grey():
    state = read(81, "WAITING")
    state.session_ended("ok")
    advance(state, status.FRESH_S)
    state.plug_told(True)
    state.uptime.advance((state.uptime._last + 60_000) % 2**29)
    state.watch("READY", "WAITING")
    assert (state.stage(), mood_of(state)) == (status.SOC, views.STALE)


def test_a_neighbour_that_searches_does_not_take_the_number_away():
    state = read(81, "WAITING")
    state.session_ended("ok")
    state.searching()
    state.watch("READY", "MATCHING")
    assert state.stage() == status.SOC
    assert views.view(state, Evse(), Wifi(), Access()).big == "81%"


def test_a_car_that_searches_is_shown_where_no_number_is_current():
    state = make(stage="MATCHING")
    assert state.stage() == status.FINDING
    state = read(81, "WAITING")
    state.session_ended("ok")
    state.plug_told(False)
    state.watch("READY", "MATCHING")
    assert state.stage() == status.FINDING


def test_a_new_modem_phase_of_the_smartevse_is_a_new_plug_in():
    state = read(81, "WAITING")
    state.session_ended("ok")
    state.phase_told()
    assert state.stage() == status.SOC
    state.uptime.advance((status.PHASE_S + 1) * 1000)
    state.phase_told()
    assert state.stage() == status.WAITING
