# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The bench page in a real browser: it loads without a complaint, plugs cars, and shows what happens.

Time runs as fast as it can where a test waits for the box, and in real time elsewhere: such a twin takes a whole core. What
moves on the page does not here, as for a visitor who asked for that: each picture of it would be painted.
"""

import contextlib
import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from host_tests.web.box import CHROMIUM, running_browser, violations

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine (apt-get install chromium-headless-shell)"),
    pytest.mark.slow,
    pytest.mark.real_time,
]


@pytest.fixture(scope="module")
def bench_url(tmp_path_factory):
    """A twin of its own with an empty cable."""
    story = tmp_path_factory.mktemp("twin") / "story.jsonl"
    command = [sys.executable, "-m", "host_tests.twin", "--car", "none", "--json"]
    command += ["--http-port", "18180", "--bench-port", "18190"]
    with story.open("w") as output, subprocess.Popen(command, stdout=output) as process:
        try:
            yield _started(story)["bench_url"]
            process.terminate()
            assert process.wait(20) == 0, "SIGTERM leaves in good order"
        finally:
            process.kill()


def _started(story, limit_s=30):
    """The first event of a twin, once it is written."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        for line in story.read_text().splitlines(keepends=True):
            if line.endswith("\n") and (event := json.loads(line))["kind"] == "start":
                return event
        time.sleep(0.05)
    raise AssertionError("the twin did not start")


@pytest.fixture(scope="module")
def browser():
    with running_browser() as browser:
        yield browser


def new_page(browser, width=1280):
    return browser.new_page(viewport={"width": width, "height": 900}, color_scheme="light", reduced_motion="reduce")


@pytest.fixture
def page(browser, bench_url):
    """The page at desktop size; fails the test when it wrote an error or asked anything but this server."""
    page = new_page(browser)
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda request: complaints.append(request.url) if _is_foreign(request.url, bench_url) else None,
    )
    page.goto(bench_url)
    page.wait_for_selector("body[data-ready]")
    yield page
    if page.inner_text("#plug") == "Unplug":
        page.click("#plug")
        page.wait_for_selector("#scene[data-plugged=no]")
    page.close()
    assert complaints == []


@contextlib.contextmanager
def as_fast_as_it_can(page):
    """While something of the box is waited for, and no longer."""
    page.click("#pace-fast")
    try:
        yield
    finally:
        page.click("#pace-realtime")
        page.wait_for_selector("#pace-realtime[aria-pressed=true]")


def _is_foreign(url, bench_url):
    return not url.startswith((bench_url, "data:"))


def set_dial(page, name, value):
    page.evaluate(
        """([name, value]) => {
            const dial = document.getElementById(name);
            dial.value = value;
            dial.dispatchEvent(new Event("input", { bubbles: true }));
        }""",
        [name, str(value)],
    )


def expect_text(page, selector, pattern, seconds=40):
    page.wait_for_function(
        "([selector, pattern]) => new RegExp(pattern).test(document.querySelector(selector).textContent)",
        arg=[selector, pattern],
        timeout=seconds * 1000,
        polling=100,  # not each time a picture could be painted
    )


def test_a_car_plugged_by_a_click_is_read_and_delivered(page):
    with as_fast_as_it_can(page):
        expect_text(page, "#box-says", "Waiting for a car")
    set_dial(page, "soc", 77)
    set_dial(page, "capacity", 40)
    with as_fast_as_it_can(page):
        page.click("#plug")
        expect_text(page, "#verdict", "77 % delivered, and the car charges")
    received = page.inner_text("#received")
    assert re.search(r"State of charge\s+77 %", received)
    assert re.search(r"Battery\s+40.0 kWh", received)
    assert re.search(r"Energy wanted\s+unknown", received)
    assert page.inner_text("#states li.on").startswith("Charging")
    assert page.inner_text("#link-wifi-label") == "77 %"
    assert page.locator("#journey li.done").count() == 10


def test_the_password_of_the_boxs_own_page_is_in_plain_sight(page):
    page.wait_for_selector("#box-password:not([hidden])", timeout=30_000)
    box_url = page.get_attribute("#box-link", "href")
    password = page.inner_text("#box-password-text")
    assert page.request.post(box_url + "api/login", data={"password": password}).status == 200


def test_plugging_again_reads_the_next_car(page):
    for model, soc in (("ev3", 11), ("tesla_y", 64)):
        page.select_option("#model", model)
        set_dial(page, "soc", soc)
        with as_fast_as_it_can(page):
            page.click("#plug")
            expect_text(page, "#verdict", f"{soc} % delivered")
        page.click("#plug")
        page.wait_for_selector("#scene[data-plugged=no]")


def test_the_display_is_shown_in_whole_pixels(page):
    page.wait_for_selector("#display:not([hidden])")
    size = page.evaluate(
        """() => {
            const image = document.getElementById("display");
            const box = image.getBoundingClientRect();
            return [box.width, box.height, image.naturalWidth, image.naturalHeight,
                    getComputedStyle(image).imageRendering];
        }"""
    )
    width, height, own_width, own_height, rendering = size
    assert (own_width, own_height) == (128, 64)
    assert rendering == "pixelated"
    assert width / own_width == height / own_height == int(width / own_width) >= 1


def test_a_charger_that_is_not_reachable_is_seen(page):
    page.locator("label:has([data-fault=evse_off])").click()
    page.wait_for_selector("[data-fault=evse_off]:checked")
    # Another car than before: the box may not ask the charger whether the same one was plugged in again.
    page.select_option("#model", "polestar2")
    set_dial(page, "soc", 30)
    with as_fast_as_it_can(page):
        page.click("#plug")
        expect_text(page, "#journey", "State of charge read 30 %")
        expect_text(page, "#verdict", "Read, but not delivered", 60)
    page.locator("label:has([data-fault=evse_off])").click()
    expect_text(page, "#timeline", "SmartEVSE: not reachable - no longer")


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_every_width_and_scheme_fits(browser, bench_url, width):
    page = new_page(browser, width=width)
    page.goto(bench_url)
    page.wait_for_selector("body[data-ready]")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, scheme
    page.close()


def test_nothing_stands_in_the_way_of_a_reader_or_a_keyboard(page):
    with as_fast_as_it_can(page):
        page.click("#plug")
        expect_text(page, "#verdict", "delivered", 60)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == [], scheme


def test_commands_from_foreign_pages_are_refused(bench_url):
    for content_type in ("text/plain", "application/x-www-form-urlencoded"):
        request = urllib.request.Request(
            bench_url + "api/command", data=b'{"do": "plug"}', headers={"Content-Type": content_type}
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=5)
        assert refused.value.code == 415
