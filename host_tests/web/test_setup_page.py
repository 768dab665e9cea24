# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The set-up page in a real browser on a phone on the box's own access point: from the system's probe to Done."""

import contextlib
import re
import time
from pathlib import Path

import pytest

from host_tests.web.box import CHROMIUM, NO_COLOURS, PHONE, first_run, violations

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine (apt-get install chromium-headless-shell)"),
    pytest.mark.slow,
    pytest.mark.real_time,
]
WWW = Path(__file__).parents[2] / "CIRCUITPY" / "www"
PARTS = ("setup.html", "language.js", "setup.js", "setup.css", "password.js", "style.css", "forms.css", "icon.svg")
PROBE = "http://connectivitycheck.gstatic.com/generate_204"
PAGE = "http://192.168.4.1/setup"
# What a phone's small browser has to load in all, over a link that it shares with the box's other work.
PAGE_BUDGET = 30_000


@pytest.fixture(scope="module")
def first():
    with first_run() as (box, browser):
        box.ask("neighbours")
        yield box, browser


@pytest.fixture
def page(first):
    _box, browser = first
    with a_phone(browser) as page:
        yield page


@contextlib.contextmanager
def a_phone(browser):
    """A page that was opened as a phone's system does it."""
    # A stripe that runs would be painted anew all the time.
    context = browser.new_context(viewport=PHONE, reduced_motion="reduce")
    page = context.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda told: complaints.append(told.text) if _is_complaint(told) else None)
    page.goto(PROBE)
    yield page
    context.close()
    assert complaints == []


def _is_complaint(told):
    """The box is away while it joins, and a refused password is shown in words."""
    expected = "net::ERR_" in told.text or "responded with a status of 4" in told.text
    return told.type == "error" and not expected


def wait(page, selector, text, seconds=40):
    page.locator(selector, has_text=re.compile(text)).first.wait_for(timeout=seconds * 1000)


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.2)


def networks(page):
    return page.locator("#networks .name").all_inner_texts()


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize(("language", "title"), [("de", "WLAN"), ("nl", "wifi"), ("fr", "Wi-Fi")])
def test_the_page_follows_the_phones_language(first, language, title):
    _box, browser = first
    page = browser.new_context(viewport=PHONE, locale=language).new_page()
    page.goto(PAGE)
    page.wait_for_selector("#networks .net", timeout=40_000)
    assert title in page.text_content("#title")
    for part in ("form", "evse", "secret", "joined", "busy"):
        page.evaluate("(part) => shown(part)", part)
        assert fits(page), part
        # Its links have no address before the box has joined.
        assert part == "joined" or violations(page, rules=NO_COLOURS) == [], part
        assert page.evaluate("() => [...untranslated]") == [], part
    page.context.close()


def test_the_probe_of_a_phone_leads_to_the_page_and_the_list_is_looked_for(page):
    assert page.url == PAGE
    wait(page, "#found", "found")
    page.click("#search")
    wait(page, "#found", "Searching")
    wait(page, "#found", "4 networks found")
    assert networks(page) == ["Home", "Café Central", "FRITZ!Box 7590", "Käthe"]
    labels = [svg.get_attribute("aria-label") for svg in page.locator("#networks svg").all()]
    assert labels == ["signal strong", "signal good", "signal weak", "signal no signal"]


def is_good_on_small_phones(page):
    for width in (320, 360):
        page.set_viewport_size({"width": width, "height": 640})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert fits(page) and violations(page) == [], (width, scheme)


def test_small_phones_and_screen_readers(page):
    wait(page, "#found", "found")
    is_good_on_small_phones(page)
    page.check("text=FRITZ!Box 7590")
    assert page.evaluate("document.activeElement.id") == "password"
    is_good_on_small_phones(page)
    page.check("#other")
    assert page.evaluate("document.activeElement.id") == "ssid"
    is_good_on_small_phones(page)


def test_what_is_missing_is_told_beside_the_field(page):
    wait(page, "#found", "found")
    assert page.is_disabled("#connect")
    page.check("#other")
    page.fill("#password", "correct horse")
    page.click("#connect")
    wait(page, "#said", "1 to 32 characters")
    assert page.get_attribute("#ssid", "aria-invalid") == "true"
    page.check("text=Home")
    page.fill("#password", "short")
    page.click("#connect")
    wait(page, "#said", "at least 8 characters")
    page.check("text=Café Central")
    assert page.is_hidden("#password-row"), "an open network asks for none"


def test_a_wrong_password_then_the_right_one_and_the_access_point_goes(first, figures):
    """At a box of its own, which is in a network afterwards."""
    _box, beside = first
    with first_run(beside) as (box, browser), a_phone(browser) as page:
        box.ask("neighbours")
        from_the_network_to_the_first_car(box, page, figures)


def lose_the_first(page, pattern):
    """The radio was elsewhere when this was asked."""
    lost = []

    def handle(route):
        if lost:
            return route.fallback()
        lost.append(route)
        return route.abort()

    page.route(pattern, handle)


def from_the_network_to_the_first_car(box, page, figures):
    wait(page, "#found", "found")
    page.check("text=Home")
    page.fill("#password", "correct house")
    page.click("#show")
    assert page.get_attribute("#password", "type") == "text"
    page.press("#password", "Enter")
    wait(page, "#busy-title", "Connecting")
    wait(page, "#said", "refused the password.*weak signal")
    assert page.input_value("#password") == "correct house", "only the mistake is to be typed again"
    page.fill("#password", "correct horse")
    lose_the_first(page, "**/api/setup/find")
    began = time.monotonic()
    page.click("#connect")
    wait(page, "#evse-title", "Your SmartEVSE")
    figures(f"set-up page in a browser: result {time.monotonic() - began:.1f} s after Connect (real time)")
    assert fits(page) and violations(page) == []
    wait(page, "#evse-found", r"Found: SmartEVSE-4417 \(192.168.1.60\)\.$")
    page.fill("#evse-url", "192.168.1.1")
    page.click("#evse-test")
    wait(page, "#evse-said", "does not answer|not a SmartEVSE")
    page.fill("#evse-url", "192.168.1.60")
    page.click("#evse-test")
    wait(page, "#secret-title", "A password")
    assert fits(page) and violations(page) == []
    page.fill("#new", "short")
    page.press("#new", "Enter")
    wait(page, "#secret-said", "at least 8 characters")
    # From the result on the box counts a minute to the end of its access point.
    box.ask("rate", rate=1)
    page.fill("#new", "a better password")
    page.press("#new", "Enter")
    wait(page, "#joined-title", "Plug in your car")
    assert page.inner_text("#joined-ssid") == "Home" and page.is_hidden("#made-up")
    assert page.get_attribute("#address", "href") == "http://192.168.1.50/"
    assert page.inner_text("#name") == "http://socbox.local/"
    assert page.inner_text("#problem") == ""
    assert fits(page) and violations(page) == []
    assert box.ask("state")["access_point"], "the result is shown before the access point goes away"
    page.click("#finish")
    wait(page, "#bye", "closes now")
    box.ask("rate", rate=10)
    until(lambda: not box.ask("state")["access_point"], 60)
    assert box.ask("state")["address"] == "192.168.1.50"
    box.ask("plug", soc=42)
    until(lambda: box.ask("posts"), 120)
    assert box.ask("posts")[0]["current_soc"] == "42", "nothing more was needed"


def joined_state(page):
    """What the box tells once it is in the network."""
    told = page.evaluate("() => fetch('/api/setup').then((answer) => answer.json())")
    result = {"ok": True, "ssid": "Home", "address": "http://192.168.1.50/", "name": "http://socbox.local/",
              "password": None, "problem": None}  # fmt: skip
    return dict(told, state="joined", fresh=True, result=result)


def test_a_look_that_is_lost_after_the_box_has_joined_takes_no_step_away(page):
    state = joined_state(page)
    looks = {"lost": False}
    page.clock.install()
    page.reload()
    wait(page, "#found", "found")
    page.check("text=Home")
    page.fill("#password", "correct horse")
    page.route("**/api/setup*", lambda route: route.abort() if looks["lost"] else route.fulfill(json=state))
    page.route("**/api/setup/join", lambda route: route.fulfill(json={"ok": True, "text": "The box is trying."}))
    page.route("**/api/setup/find", lambda route: route.fulfill(json={"found": []}))
    # What was not heard was done: the second try is told so.
    page.route("**/api/setup/password", lambda route: route.fulfill(status=403, json={"error": "It has one."}))
    lose_the_first(page, "**/api/setup/password")

    def stays(part):
        for lost in (True, False):
            looks["lost"] = lost
            with page.expect_request(re.compile("/api/setup([?]open=1)?$")):
                page.clock.fast_forward(120_000)
            page.wait_for_timeout(500)
            assert page.is_visible("#" + part) and page.is_hidden("#form"), (part, lost)

    page.click("#connect")
    wait(page, "#evse-title", "Your SmartEVSE")
    page.fill("#evse-url", "192.168.1.7")
    stays("evse")
    assert page.input_value("#evse-url") == "192.168.1.7"
    page.click("#evse-skip")
    page.fill("#new", "a better password")
    stays("secret")
    page.click("#secret-save")
    wait(page, "#secret-said", "does not answer")
    page.click("#secret-save")
    wait(page, "#joined-title", "Plug in your car")
    stays("joined")
    page.evaluate("() => shown('form')")
    page.clock.fast_forward(10_000)
    page.wait_for_selector("#joined:visible")


def test_the_page_weighs_little(figures):
    size = sum((WWW / part).stat().st_size for part in PARTS)
    figures(f"set-up page, all parts: {size} bytes (budget {PAGE_BUDGET})")
    assert size <= PAGE_BUDGET
