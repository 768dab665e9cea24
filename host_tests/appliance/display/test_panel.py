# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Every screen on every display as a picture; what is sent when; rest, and what the button does."""

import pytest
from appliance.display import button_views, layout, setup_stage, views
from appliance.display.panel import (
    BRIGHT,
    DARK,
    DIM,
    DIM_PERCENT,
    HELD_S,
    MOST_PAGES,
    PAGE_S,
    REFRESH,
    Display,
    Panel,
)
from appliance.mqtt.causes import ROWS
from appliance.smartevse import listeners
from appliance.state import faults
from PIL import Image, ImageChops

from host_tests.tools import contact_sheet, glass
from host_tests.tools.contact_sheet import Access, Evse, Net, new_status, read

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(autouse=True)
def _glass():
    with glass.fitted():
        yield


@pytest.mark.parametrize("name", contact_sheet.DISPLAYS)
def test_every_screen_is_as_its_stored_picture(name, tmp_path):
    found = contact_sheet.pictures(name)
    with Image.open(contact_sheet.STORED / f"{name}.png") as image:
        stored = image.convert("RGB")
    now = contact_sheet.strip(found)
    height = found[0][1].height
    assert now.size == stored.size, "screens came or went: python -m host_tests.tools.contact_sheet"
    changed = [
        screen
        for at, (screen, picture) in enumerate(found)
        if ImageChops.difference(
            picture, stored.crop((0, at * height, now.width, (at + 1) * height))
        ).getbbox()
    ]
    now.save(tmp_path / f"{name}.png")
    assert changed == [], f"look at {tmp_path}/{name}.png, then: python -m host_tests.tools.contact_sheet"


@pytest.mark.parametrize("name", contact_sheet.DISPLAYS)
@pytest.mark.parametrize("soc", [0, 7, 42, 100])
def test_the_number_fills_the_display_and_nothing_touches_its_edge(name, soc):
    panel = contact_sheet.new_panel(name)
    evse = Evse()
    picture = contact_sheet.draw(panel, views.view(read(soc), evse, Net(), Access()))
    width, height = picture.size
    fonts = panel.fonts
    assert fonts.digits.width("100%") <= panel._width
    widest = fonts.digits.width("100%") / panel._width
    assert widest > 0.75 or fonts.digits.height > height * 0.45
    assert picture.getbbox() is not None
    assert fonts.digits.height >= min(width, height) // 4


EVERY = faults.TABLE | ROWS | listeners.ROWS


@pytest.mark.parametrize("code", EVERY)
@pytest.mark.parametrize("name", ["128x64", "128x32", "160x80", "320x170"])
def test_every_cause_can_be_read_to_its_end(code, name):
    """All words of a cause come by, page after page, whole and in order; a heading that has no room stands before them."""
    panel = contact_sheet.new_panel(name)
    view = views.View(
        views.FAULT, [faults.text(code), faults.action(code), f"({code})"], faults.short(code), views.WARNING
    )
    scene = panel._scene_for(view)
    said, turn = [], 0
    wanted = list(view.texts)
    if not any(values[0] for part, values in scene.plan(view, views.WHITE, 0) if part in scene._head):
        wanted.insert(0, view.heading)
    while turn == 0 or turn < scene.pages:
        changes = scene.plan(view, views.WHITE, turn)
        lines = [values for part, values in changes if part in scene._words and values[0]]
        said += [values[0] for values in lines]
        bottoms = [values[2] + panel.fonts.text.height for values in lines]
        assert max(bottoms) <= panel._height
        assert all(panel.fonts.text.width(values[0]) <= panel._width for values in lines)
        turn += 1
    assert "".join(said).replace(" ", "") == "".join(wanted).replace(" ", "")
    assert turn <= 12


# ---- what is sent, and when


class Counted(Panel):
    """A panel that tells the size of each refresh."""

    def __init__(self, name):
        make, width, height = contact_sheet.DISPLAYS[name]
        self.sent = []
        self.glass = make(width, height)
        super().__init__(self.glass, lambda: 0, contact_sheet.ReadyCodes())

    def _refresh(self):
        self.sent.append(self._pixels)
        super()._refresh()


def settle(panel, stage="WAITING", most=400):
    """Steps until nothing is left to do; gives their number."""
    for count in range(most):
        if not panel.step(stage):
            return count
    raise AssertionError("it never ends")


def test_a_change_sends_its_own_pixels_only(figures):
    panel = Counted("320x170")
    evse = Evse()
    panel.show(views.view(read(41), evse, Net(), Access()))
    settle(panel)
    assert 320 * 170 in panel.sent
    panel.sent = []
    evse.last_delivery = "ok"
    panel.show(views.view(read(41), evse, Net(), Access()))
    settle(panel)
    assert 0 < sum(panel.sent) < 320 * 170 // 10
    figures(f"display 320x170: another line below the charge sends {sum(panel.sent)} of {320 * 170} pixels")
    panel.sent = []
    panel.show(views.view(read(41), evse, Net(), Access()))
    settle(panel)
    assert panel.sent == [], "nothing new, nothing sent"


def test_nothing_is_drawn_while_a_car_is_matched_and_only_small_areas_while_it_is_read():
    assert REFRESH["MATCHING"] == (False, False)
    panel = Counted("320x170")
    settle(panel)
    panel.sent = []
    panel.show(contact_sheet._of("JOINING"))
    assert not panel.step("MATCHING"), "not even computed"
    assert panel.sent == [] and not panel._changes
    settle(panel, "JOINING")
    panel.sent = []
    panel.show(contact_sheet._of("READING"))
    for _ in range(60):
        panel.step("READING")
    assert panel.sent and max(panel.sent) * 3 // 1000 <= 50_000 // 1000
    assert "Reading the car" in [line.text for line in panel._scene._head]


def test_an_update_is_drawn_and_the_status_does_not_wipe_it_away():
    panel = Counted("240x135")
    done = [40]
    box = Display(panel, (new_status(), Evse(), Net(), Access()), progress=lambda: done[0])
    poll(box, 2)
    assert panel.glass.shown.getbbox() is not None and panel.glass.refreshes > 0
    before = panel.glass.shown.copy()
    done[0] = 80
    poll(box, 2)
    assert ImageChops.difference(before, panel.glass.shown).getbbox() is not None
    state_of(box).uptime.advance(1000)
    poll(box, 2)
    held = panel.glass.shown.copy()
    again = contact_sheet.draw(panel, views.updating(80, "receiving an update"))
    assert not ImageChops.difference(again, held).getbbox()


def test_an_update_that_comes_in_is_shown_until_it_stalls_or_is_done():
    percent = [None]
    panel = Counted("320x170")
    box = Display(panel, (new_status(), Evse(), Net(), Access()), None, (100, 60, 1), lambda: percent[0])
    poll(box, 90)
    assert box._level == DARK and not box.updating
    percent[0] = 3
    poll(box, 1)
    assert box.updating and panel._scene._head[0].text == "Updating"
    panel.sent = []
    percent[0] = 4
    poll(box, 1)
    assert 0 < sum(panel.sent) < 320 * 170 // 10, "the bar only"
    poll(box, HELD_S + 1)
    assert not box.updating and panel._scene._head[0].text == "Ready for a car"
    percent[0] = 90
    poll(box, 1)
    assert box.updating
    percent[0] = None
    poll(box, 2)
    assert not box.updating and panel._scene._head[0].text == "Ready for a car"


# ---- rest


class Button:
    down = False

    def pressed(self, _now):
        down, self.down = self.down, False
        return down


def state_of(box):
    return box._status


def poll(box, seconds):
    """Let time pass for a display; gives the brightness at the end."""
    state = state_of(box)
    for _ in range(seconds * 4):
        now = state.uptime.seconds * 1000 + state.uptime.millis + 250
        state.uptime.advance(now)
        for _ in range(30):
            if not box.poll(now):
                break
    return box.panel._display.brightness


def resting(name="128x64", rest=(80, 60, 10), state=None):
    """A display at rest with its button."""
    button = Button()
    panel = Counted(name)
    return Display(panel, (state or new_status(), Evse(), Net(), Access()), button, rest), button


def test_it_becomes_dim_and_dark_and_a_car_wakes_it():
    box, _ = resting()
    assert poll(box, 5) == 0.8
    assert poll(box, 60) == DIM_PERCENT / 100
    assert box.panel.glass.shown.getbbox() is not None
    poll(box, 600)
    assert box._level == DARK and box.panel.glass.shown.getbbox() is None
    state = state_of(box)
    state.car_plugged(contact_sheet.CAR)
    state.watch("READY", "JOINING")
    assert poll(box, 2) == 0.8
    assert box.panel.glass.shown.getbbox() is not None and box._level == BRIGHT


def test_it_stays_bright_when_nobody_asks_for_rest():
    box, _ = resting(rest=(100, 0, 0))
    assert poll(box, 1300) == 1.0 and box._level == BRIGHT


def test_an_error_wakes_it():
    box, _ = resting()
    poll(box, 70)
    assert box._level == DIM
    state_of(box).set_cause("smartevse_off")
    assert poll(box, 1) == 0.8


def test_the_button_wakes_first_and_then_turns_pages_that_go_back_by_themselves():
    box, button = resting()
    poll(box, 70)
    button.down = True
    poll(box, 1)
    assert (box._level, box._page) == (BRIGHT, 0)
    assert len(button_views.PAGES) == MOST_PAGES
    titles = []
    for _ in button_views.PAGES:
        button.down = True
        poll(box, 2)
        titles.append(box.panel._scene._head[0].text)
    assert titles == ["Network", "Last car", "socbox", "Ready for a car"]
    button.down = True
    poll(box, 2)
    assert box.panel._scene._head[0].text == "Network"
    poll(box, PAGE_S)
    assert box.panel._scene._head[0].text == "Ready for a car"


def test_an_oled_wanders_and_nothing_of_it_leaves_the_glass():
    box, _ = resting(rest=(100, 0, 0), state=read(100))
    places = set()
    for _ in range(10):
        poll(box, 60)
        left, _top, right, bottom = box.panel.glass.shown.getbbox()
        places.add(left)
        assert right <= 128 and bottom <= 64
    assert len(places) == layout.WANDER + 1
    colour, _ = resting("320x170", (100, 0, 0))
    poll(colour, 200)
    assert colour.panel._offset == 0


def test_words_that_do_not_fit_take_turns():
    state = new_status("ABSENT_LOW", "NO_KEY")
    box, _ = resting(state=state)
    seen = set()
    for _ in range(30):
        poll(box, 1)
        seen.add(tuple(line.text for line in box.panel._scene._words))
    assert len(seen) == box.panel.pages > 1


def test_the_picture_of_a_first_run_and_its_code_take_the_place_of_words():
    box, _ = resting()
    box._wifi.provisioning.offered = True
    poll(box, 2)
    assert box.panel._scene.group is box.panel._display.root_group
    assert setup_stage.kind(state_of(box), box._wifi, 0) == setup_stage.OFFER
    assert box.panel._scene._lines[0].text == "Set up WiFi"
    assert box.panel.code_layout is box.panel._scene._layout, "computed once for this display"


# ---- button and light
