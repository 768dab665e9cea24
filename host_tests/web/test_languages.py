# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box's pages in a browser that speaks another language: every text is translated, nothing is cut, nothing is loaded
for English."""

import re
import time

import pytest

from host_tests.web.box import (
    CHROMIUM,
    COUNT_CHANGES,
    DESKTOP,
    LOADED,
    LOOK,
    NAME,
    NO_COLOURS,
    PAGES,
    PASSWORD,
    PHONE,
    by_name,
    let_in,
    running_box,
    running_browser,
    violations,
)

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine (apt-get install chromium-headless-shell)"),
    pytest.mark.slow,
    pytest.mark.real_time,
]
LANGUAGES = ("de", "nl", "fr")
WORDS = {"de": "Einstellungen", "nl": "Instellingen", "fr": "Réglages"}
# What axe, a phone's width and a screen reader have to do with, beside what stands in the page: every box that a text fills.
CUT = """() => [...document.querySelectorAll("button, a.button, summary, label, dt, h1, h2, nav a")]
    .filter((part) => part.clientWidth && part.scrollWidth > part.clientWidth + 1)
    .filter((part) => getComputedStyle(part).display !== "inline")
    .map((part) => part.textContent)"""
# How many there were.
UNFOLD = """() => {
    const folded = document.querySelectorAll("details:not([open])");
    folded.forEach((part) => { part.open = true; });
    return folded.length;
}"""
# What a page refuses by itself, what only the box knows of one setting, and what it knows of several together.
REFUSED_BY_THE_PAGE = {
    "WIFI_SSID": "x" * 33, "WIFI_PASSWORD": "short", "WIFI_STATIC_ADDRESS": "192.168.1", "HOSTNAME": "my box",
    "ATTENUATION_OFFSET_DB": "99", "HTTP_PORT": "eighty", "SMARTEVSE_URL": "https://evse", "WEB_PASSWORD": "12345678",
}  # fmt: skip
REFUSED_BY_THE_BOX = {
    "MQTT_PREFIX": "//", "SMARTEVSE_URL": "192.168.1.1:0", "CAR_1": "02; colour=red", "EVSE_ID": "Ö", "MODEM_CS": "pin 5",
    "WEB_NAMES": "a..b", "MQTT_BROKER": "http://x",
}  # fmt: skip
REFUSED_TOGETHER = {"WIFI_GATEWAY": "192.168.1.1", "DISPLAY_WIDTH": "100", "EVSE_MAX_POWER_KW": "400", "MODEM_SCK": "IO11"}


@pytest.fixture(scope="module")
def box():
    with running_box(WEB_PASSWORD=PASSWORD, STATUS_PUBLIC="no") as box:
        box.ask("plug", soc=42)
        yield box


@pytest.fixture(scope="module")
def browser(box):
    with running_browser(by_name(box)) as browser:
        yield browser


def visit(browser, language, size=PHONE):
    page = browser.new_context(viewport=size, locale=language).new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.heard = time.monotonic()
    page.under_way = []

    def hear(change, request):
        page.heard = time.monotonic()
        change(request)

    def done(request):
        page.under_way = [other for other in page.under_way if other is not request]

    page.on("request", lambda request: hear(page.under_way.append, request))
    page.on("requestfinished", lambda request: hear(done, request))
    page.on("requestfailed", lambda request: hear(done, request))
    # What a page asked for that was left is nobody's any more.
    page.on("framenavigated", lambda _frame: page.under_way.clear())
    return page


def untranslated(page):
    """Texts on the page that no table has."""
    return page.evaluate("() => [...untranslated].sort()")


def settle(page):
    """Wait until the page has got all that it asked for, and has asked for nothing more for a moment."""
    page.heard = time.monotonic()
    given_up = page.heard + 5
    while time.monotonic() < given_up and (page.under_way or time.monotonic() - page.heard < 0.25):
        page.wait_for_timeout(50)


def unfold(page):
    """Open all that is folded, and what comes folded with that."""
    for _ in range(4):
        if not page.evaluate(UNFOLD):
            return
        settle(page)
    raise AssertionError("something folds itself")


def look_at(page, size, where):
    assert page.evaluate("() => document.documentElement.scrollWidth") <= size["width"], where
    assert page.evaluate(CUT) == [], where
    assert untranslated(page) == [], where


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_every_page_is_translated_and_fits(browser, box, language):
    page = visit(browser, language)
    let_in(page.context, box.url, NAME)
    for path in PAGES:
        page.goto(NAME + path)
        if path in LOADED:
            page.wait_for_selector(LOADED[path])
        unfold(page)
        settle(page)
        unfold(page)
        for size in (DESKTOP, PHONE):
            page.set_viewport_size(size)
            look_at(page, size, path)
        assert page.evaluate("() => document.documentElement.lang") == language
        # What axe looks at is the same on a large screen.
        assert violations(page, rules=NO_COLOURS) == [], path
    assert page.complaints == []
    page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_form_refuses_is_told_in_the_language(browser, box, language):
    page = visit(browser, language)
    let_in(page.context, box.url, NAME)
    page.goto(NAME + "/config")
    page.wait_for_selector(LOADED["/config"])
    unfold(page)
    for key, value in REFUSED_BY_THE_PAGE.items():
        page.fill("#" + key, value)
    page.click("#save")
    look_at(page, PHONE, "checks of the page")
    discard(page)
    page.click("#add-car")
    refused_by_the_box(page, REFUSED_BY_THE_BOX)
    assert [key for key in REFUSED_BY_THE_BOX if not page.inner_text(f"#{key}-fault")] == []
    discard(page)
    refused_by_the_box(page, REFUSED_TOGETHER)
    assert page.locator(".fault:not(:empty)").count() >= len(REFUSED_TOGETHER)
    discard(page)
    page.click("#try-probe")
    page.wait_for_selector("#tried.good, #tried.fault")
    page.click("#try-mqtt")
    page.wait_for_selector("#tried-mqtt.fault")
    look_at(page, PHONE, "trials")
    page.context.close()


def refused_by_the_box(page, values):
    unfold(page)
    for key, value in values.items():
        page.fill("#" + key, value)
    with page.expect_response("**/api/settings") as answer:
        page.click("#save")
    assert answer.value.status == 422
    page.wait_for_selector(".fault:not(:empty)")
    look_at(page, PHONE, values)


def discard(page):
    page.click("#discard")
    page.wait_for_selector("#bar", state="hidden")
    settle(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_may_be_wrong_is_told_in_the_language(browser, box, language):
    """Every fault, a plug-in of each result, and the notes, as the box would send them."""
    from appliance.mqtt import causes
    from appliance.smartevse import listeners
    from appliance.state import faults

    page = visit(browser, language)
    let_in(page.context, box.url, NAME)
    status = page.request.get(box.url + "/api/status").json()
    rows = {**faults.TABLE, **causes.ROWS, **listeners.ROWS}
    told = [
        {"code": code, "area": area, "short": short, "text": faults.text(code), "action": faults.action(code)}
        for code, (area, short) in rows.items()
    ]
    unknown = ("ev_mac", "evccid", "soc_percent", "name", "protocol", "likely_maker", "attenuation_db", "cause", "delivery")
    plain = {**dict.fromkeys(unknown), "ago_s": 4000, "duration_s": 20}
    sent = {**plain, "soc_percent": 42, "delivery": "failed"}
    sessions = [{**plain, "cause": told[14]}, sent, {**plain, "duration_s": None}]
    status.update(stage="no_answer", headline=told[14]["short"], causes=told, sessions=sessions, reading=None, estimate=None)
    status["settings_errors"] = [
        "settings.toml line 3: HOSTNAME may have letters, digits and - between them",
        "settings.toml line 4: there is no setting WIFI_SID; did you mean WIFI_SSID?",
        "settings.toml is missing; every setting has its default",
    ]
    status["access"].update(made_up_password=True, restart_needed=True)
    status["notes"] = ["Version 9.9.9 did not run well, so it was disabled; version 0.1.0 runs instead."]
    page.route("**/api/status", lambda route: route.fulfill(json=status))
    page.goto(NAME + "/")
    page.wait_for_selector("#causes li")
    unfold(page)
    look_at(page, PHONE, "faults")
    reading = {"soc_percent": 42, "full_soc_percent": 80, "age_s": 1800, "evccid": None, "car_limits": {}}
    for charging, full, left in ((True, 80, 7800), (True, 100, 1500), (False, 80, None)):
        status.update(stage="soc", headline="About 57 % charged", reading=reading, reading_is_current=True, causes=[])
        known = {"soc_percent": 57, "full_soc_percent": full, "full_in_s": left, "fresh": True}
        status["estimate"] = {**known, "charging": charging}
        page.evaluate(LOOK)
        look_at(page, PHONE, "estimate")
    page.unroute("**/api/status")
    page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_stays_english_when_its_language_cannot_be_loaded(browser, language):
    page = visit(browser, language)
    page.route("**/lang/*.js", lambda route: route.abort())
    page.goto(NAME + "/login")
    assert page.inner_text("h1") == "Log in"
    assert page.evaluate("() => document.documentElement.lang") == "en"
    page.context.close()


def test_english_loads_no_table(browser):
    page = visit(browser, "en-GB")
    loaded = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto(NAME + "/login")
    assert [url for url in loaded if "lang/" in url or "translate" in url] == []
    page.context.close()


def test_what_does_not_change_is_left_in_peace(browser, box):
    """The status comes every two seconds; a translated page is not written anew for it, and what is open stays open."""
    page = visit(browser, "de")
    let_in(page.context, box.url, NAME)
    page.goto(NAME + "/")
    page.wait_for_selector("#sessions li")
    status = page.evaluate("() => fetch('/api/status').then((answer) => answer.json())")
    polls = []

    def answer(route):
        """As time goes by: the second may turn between the two numbers that tell when a plug-in began."""
        number = len(polls) + 1
        passed = 2 * number
        told = dict(status, uptime_s=status["uptime_s"] + passed + number % 2)
        polls.append(told["uptime_s"])
        told["sessions"] = [dict(session, ago_s=155 + passed) for session in status["sessions"]]
        route.fulfill(json=told)

    status["uptime_s"] += 1000
    page.route("**/api/status", answer)
    page.evaluate(LOOK)
    assert written(page, polls, COUNT_CHANGES) == []
    page.click("#sessions summary")
    page.wait_for_selector("#sessions dl dd")
    page.wait_for_timeout(300)
    assert written(page, polls, COUNT_CHANGES.replace("document.body", "document.getElementById('sessions')")) == []
    assert page.is_visible("#sessions dl dd"), "it would close with a new list"
    page.context.close()


def written(page, polls, count):
    """What two statuses write anew."""
    page.evaluate(count)
    before = len(polls)
    for _ in range(2):
        page.evaluate(LOOK)
    assert page.evaluate("() => latest.uptime_s") >= polls[before + 1], "the page shows them"
    return page.evaluate("() => window.written")


def test_the_page_speaks_what_the_owner_chose_whatever_the_browser_wants(browser, box):
    page = visit(browser, "fr")
    let_in(page.context, box.url)
    page.goto(box.url + "/config")

    def choose(choice, heading):
        page.wait_for_selector(LOADED["/config"])
        page.select_option("#LANGUAGE", choice)
        page.click("#save")
        # The first save makes its file, and the page is loaded anew.
        says(page, "h1", heading)

    def says(page, selector, text):
        page.locator(selector, has_text=re.compile(f"^{text}$")).first.wait_for(timeout=60_000)

    says(page, "h1", WORDS["fr"])
    choose("de", WORDS["de"])
    choose("en", "Settings")
    choose("nl", WORDS["nl"])
    # Another browser learns it with the first status.
    other = visit(browser, "de")
    let_in(other.context, box.url)
    other.goto(box.url + "/")
    says(other, "nav a[href='/config']", WORDS["nl"])
    other.context.close()
    choose("auto", WORDS["fr"])
    page.context.close()
