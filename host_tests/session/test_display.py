# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The display on the whole twin: what the glass shows is what the pictures of the unit tests show; button and light."""

from types import SimpleNamespace

import pytest
from appliance.display import views
from appliance.display.panel import Panel
from PIL import ImageChops

from host_tests.session.inside import box_of
from host_tests.support.starts import started
from host_tests.tools import contact_sheet, glass
from host_tests.twin.world import SETTINGS_IN_USE, World

LED_PIN, BUTTON_PIN = 48, 0


def expected(make, width, height, view):
    """The picture that the quick glass of the unit tests shows for `view`."""
    with glass.fitted():
        panel = Panel(make(width, height), lambda: 0, contact_sheet.ReadyCodes())
        return contact_sheet.draw(panel, view)


def difference(one, other):
    """The largest difference of a channel; a display of 16 bits a pixel keeps five or six of each eight."""
    extremes = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getextrema()
    return max(high for _low, high in extremes)


@pytest.mark.parametrize(
    ("kind", "make", "size"),
    [("ssd1306", glass.SSD1306, (128, 64)), ("st7789", glass.Display, (320, 170))],
)
def test_the_glass_shows_the_stored_pictures(kind, make, size):
    with World(seed=51, display=kind, settings={**SETTINGS_IN_USE, "DISPLAY": kind}) as world:
        started(world)
        waiting = views.View(
            views.IDLE,
            [f"http://{world.device.station.address}", "socbox.local"],
            "Ready for a car",
            views.CAR,
        )
        first = [line for line in world.device.console_text().splitlines() if "password of the page" in line]
        waiting.texts += ["password " + line.split()[-1] for line in first]
        assert difference(world.display.image(), expected(make, *size, waiting)) <= 8
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: world.smartevse.posts, 60)
        world.run(2)
        charge = views.View(views.DONE, ["sent to SmartEVSE"])
        charge.big, charge.bar_percent, charge.mark_percent = "42%", 42, 100
        assert difference(world.display.image(), expected(make, *size, charge)) <= 8


def test_a_board_with_a_display_of_its_own_answers_a_car_as_fast_before_that_is_taken_over():
    """Until then it shows the console, each line of which takes the firmware 70 ms."""
    settings = {**SETTINGS_IN_USE, "MODEM_INT": "IO1"}
    with World(seed=3, display="board", settings=settings, device_options={"board_id": "lilygo_tdisplay_s3"}) as world:
        # Such a car searches 1.3 s later, when the box has just said its first word; the display is taken over some seconds
        # after that, unless a car is there.
        assert world.run_until(lambda: "appliance.state.log" in world.device.modules, 60)
        car, asked_us, answers_ms = world.new_car(soc_percent=42), [], []

        def heard(now_us, frame):
            if frame[6:12] == car.mac:
                asked_us[:] = [now_us]
            elif asked_us and frame[:6] == car.mac:
                answers_ms.append((now_us - asked_us.pop()) / 1000)

        world.powerline.pcap.append(heard)
        world.plug(car)
        assert world.run_until(lambda: 540 in world.checkpoints, 30)
        assert "board, 320 x 170" not in world.device.console_text(), "not taken over yet"
        assert len(answers_ms) > 10 and sorted(answers_ms)[len(answers_ms) // 2] < 30
        assert world.run_until(lambda: world.charging, 60)
        assert "board, 320 x 170" in world.device.console_text() and world.display.image().getbbox()


@pytest.mark.parametrize("before_s", [0, 60], ids=["as the car comes", "when it becomes dim"])
def test_a_display_that_holds_its_bus_is_left_alone_and_the_car_is_read(before_s):
    """Each write there takes 2 s, of which the firmware says nothing."""
    with World(seed=54, settings={**SETTINGS_IN_USE, "DISPLAY_DIM_S": 30}) as world:
        started(world)
        world.hardware.i2c_held = True
        world.run(before_s)
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: world.charging, 60)
        assert world.smartevse.posts[-1]["values"]["current_soc"] == 42
        assert world.device.resets == []
        assert box_of(world).status.faults.has("display_missing")


def test_the_button_wakes_the_display_and_turns_pages_and_the_light_shows_the_mood():
    settings = {**SETTINGS_IN_USE, "LED": f"IO{LED_PIN}", "LED_BRIGHTNESS": 100, "DISPLAY_DIM_S": 5}
    with World(seed=52, settings=settings) as world:
        pressed = [False]
        world.hardware.connect_input(BUTTON_PIN, lambda: not pressed[0])
        world.run(40)
        assert "appliance.display.setup_views" not in world.device.modules, "a box in its network does without"
        assert world.display.contrast < 64, "dim after a while"
        assert world.hardware.pixels[LED_PIN] == bytes((0x30, 0x30, 0x30))

        def press():
            pressed[0] = True
            world.run(0.2)
            pressed[0] = False
            world.run(1)

        before = world.display.image()
        press()
        assert world.display.contrast == 255, "the first press wakes"
        press()
        assert ImageChops.difference(before, world.display.image()).getbbox(), "the second turns the page"
        world.plug(world.new_car(soc_percent=42))
        blues = set()
        while not world.smartevse.posts:
            world.run(0.1)
            green, red, blue = world.hardware.pixels[LED_PIN]
            if blue > green and not red:
                blues.add(blue)
        assert blues, "blue at work"
        world.run(2)
        green, red, _blue = world.hardware.pixels[LED_PIN]
        assert green > 200 and red == 0, "green when read and delivered"


def test_an_update_that_comes_in_is_on_display_and_light():
    settings = {**SETTINGS_IN_USE, "LED": f"IO{LED_PIN}", "LED_BRIGHTNESS": 100}
    with World(seed=53, settings=settings) as world:
        started(world)
        box = box_of(world)
        assert box.updates.percent() is None
        update = box.updates._update = SimpleNamespace(manifest={"size": 1000}, next=400, due=lambda _now: False)
        world.run(2)
        green, red, blue = world.hardware.pixels[LED_PIN]
        assert blue > red > 0 and green == 0, "purple"
        shown = expected(glass.SSD1306, 128, 64, views.updating(40, "receiving an update"))
        assert difference(world.display.image(), shown) <= 8
        update.manifest = None
        world.run(2)
        assert difference(world.display.image(), shown) > 8


def test_no_piece_of_a_screen_takes_50_ms_of_the_board(figures):
    """Letters that were never shown, the longest lines there are, and the digits: all but the refreshes."""
    with World(seed=54, display="st7789", settings={**SETTINGS_IN_USE, "DISPLAY": "st7789"}) as world:
        started(world)
        panel = box_of(world).display.panel
        took = []

        def timed(piece):
            def run():
                before = world.clock.now_us
                piece()
                took.append((world.clock.now_us - before, piece.__name__))

            return run

        panel._plan, panel._change = timed(panel._plan), timed(panel._change)
        alphabet = "The quick brown fox jumps over the lazy dog, WALTZ BAD NYMPH FOR QUICK JIGS VEX: 0123456789 "
        wide = views.View(views.FAULT, [(alphabet * 3)[:230]], "Charger not reachable", views.WARNING)
        charge = views.View(views.DONE, ["target 80%, 25 min left", "sent to SmartEVSE"])
        charge.big, charge.bar_percent, charge.mark_percent = "100%", 100, 80
        for view in (wide, charge):
            panel.show(view)
            world.run(4)
            assert panel._wanted is None
        worst_us, name = max(took)
        figures(f"display 320x170: worst piece of drawing {worst_us / 1000:.1f} ms, {name}")
        assert len(took) > 10 and worst_us < 50_000
