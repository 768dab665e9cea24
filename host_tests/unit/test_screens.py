# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the display shows at each stage: texts that fit, and the stage that a newcomer would expect."""

import pytest
from appliance import causes, screens, status
from appliance.log import Uptime
from appliance.status import Status
from v2g.reading import Reading

SIZES = [(128, 64), (128, 32), (160, 80), (240, 135), (240, 240), (320, 170), (320, 240)]


class Evse:
    last_delivery = None


class Wifi:
    address = "192.168.100.200"


def make(modem="READY", stage="WAITING"):
    state = Status(Uptime(0))
    state.watch(modem, stage)
    return state


def reading(soc=81):
    value = Reading("DIN 70121", b"\x01\x02\x03\x04\x05\x06")
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
    assert screens.view(state, Evse(), Wifi()).foot == "192.168.100.200"
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
    assert screens.view(state, Evse()).big == "81%"


def test_a_car_that_was_not_read_is_told_and_forgotten_after_a_while():
    state = make(stage="READING")
    state.car_plugged(b"\x01\x02\x03\x04\x05\x06")
    state.session_ended("no_sdp")
    state.watch("READY", "WAITING")
    view = screens.view(state, Evse())
    assert view.heading == "Car not\nreadable"
    assert view.foot == causes.short("no_sdp")
    state.uptime.advance(status.PASSING_S * 1000 + 2000)
    state.watch("READY", "WAITING")
    assert state.stage() == status.WAITING


@pytest.mark.parametrize("modem", ["ABSENT_LOW", "ABSENT_HIGH", "BAD_SIGNATURE", "NO_CPU_ON"])
def test_a_modem_that_is_missing_and_comes_back(modem):
    state = make(modem, "NO_KEY")
    assert state.stage() == status.MODEM_MISSING
    assert screens.view(state, Evse()).colour == screens.RED
    assert causes.area(state.cause()) == causes.MODEM
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
    view = screens.view(state, Evse())
    assert view.big == "81%"
    assert view.foot == causes.short("smartevse_off")


def test_delivery_and_age_below_the_charge():
    state = read(stage="WAITING")
    state.session_ended("ok")
    evse = Evse()
    evse.last_delivery = "ok"
    assert screens.view(state, evse).foot == "re-plug to charge"
    state.replugged = True
    assert screens.view(state, evse).foot == "sent to SmartEVSE"
    state.uptime.advance(2 * 3600 * 1000)
    assert screens.view(state, evse).foot == "read 2 h ago"
    state.uptime.advance(13 * 3600 * 1000)
    assert screens.view(state, evse).colour == screens.GREY


def test_the_next_car_takes_the_last_ones_charge_off_the_display():
    state = read(stage="WAITING")
    state.session_ended("ok")
    state.car_plugged(b"\x11\x12\x13\x14\x15\x16")
    state.watch("READY", "JOINING")
    assert state.stage() == status.FINDING
    assert state.timeline == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("soc", [0, 7, 42, 100])
def test_the_charge_fills_the_display_and_fits(size, soc):
    layout = screens.layout_for(*size)
    _x, _y, scale = layout[screens.BIG]
    view = screens.view(read(soc), Evse())
    width = len(view.big) * screens.FONT_WIDTH * scale
    assert width <= size[0]
    assert len("100%") * screens.FONT_WIDTH * (scale + 4) > min(size[0], 128)
    x, top, bar_width, bar_height = layout[screens.BAR]
    assert x + bar_width <= size[0]
    assert top + bar_height <= size[1]
    assert view.bar_percent == soc


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("stage", sorted(screens.STAGES))
def test_headings_fit_every_display(size, stage):
    layout = screens.layout_for(*size)
    x, _y, scale = layout[screens.HEADING]
    headings = [screens.STAGES[stage][0] or "", *screens.MODEM_HEADINGS.values()]
    for heading in headings:
        for line in heading.split("\n"):
            half = len(line) * screens.FONT_WIDTH * scale // 2
            assert x - half >= 0
            assert x + half <= size[0]


@pytest.mark.parametrize("age", [0, 89, 90, 5399, 5400, 172799, 172800])
def test_ages_are_short(age):
    assert len("read " + screens.age_text(age)) <= screens.letters(128, 1)


def test_texts_are_cut_with_dots():
    assert screens.shortened("abcdefgh", 8) == "abcdefgh"
    assert screens.shortened("abcdefghi", 8) == "abcdef.."


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
