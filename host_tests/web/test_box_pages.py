# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box's own pages in a real browser, served by the real box on the twin in real time."""

import json
import re
from pathlib import Path

import pytest

from host_tests.web.box import CHROMIUM, DESKTOP, PAGES, PASSWORD, PHONE, log_in, running_box, running_browser

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine (apt-get install chromium)"),
    pytest.mark.slow,
]
WWW = Path(__file__).parents[2] / "CIRCUITPY" / "www"
STATUS_PARTS = ("index.html", "style.css", "common.js", "status.js", "icon.svg")
PAGE_BUDGET = 30_000
HARD = ' q" b\\ Ünïcode 😀'
LOADED = {"/": "#link.live", "/config": "body[data-ready]", "/webserial": ".line"}


@pytest.fixture(scope="module")
def box():
    with running_box(WEB_PASSWORD=PASSWORD, STATUS_PUBLIC="no") as box:
        yield box


@pytest.fixture(scope="module")
def browser():
    with running_browser() as browser:
        yield browser


class Visit:
    """A page in a context of its own that remembers what a visitor would not want to see."""

    def __init__(self, browser, url, size=DESKTOP, scheme="light"):
        self.url = url
        self.context = browser.new_context(viewport=size, color_scheme=scheme, accept_downloads=True)
        self.page = self.context.new_page()
        self.complaints = []
        # While the box restarts, requests fail; the pages say so themselves.
        self.box_restarts = False
        self.bytes = {}
        page = self.page
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._console)
        page.on("request", self._request)
        page.on("response", self._response)

    def _console(self, message):
        # A 401 or 422 that a page asked for is told by the browser as an error; the pages show it in words.
        told = "the server responded with a status" in message.text
        told = told or (self.box_restarts and "net::ERR_" in message.text)
        if message.type == "error" and not told:
            self.complaints.append(message.text)

    def _request(self, request):
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.complaints.append("foreign: " + request.url)

    def _response(self, response):
        self.bytes[response.url.removeprefix(self.url)] = response

    def open(self, path):
        self.page.goto(self.url + path)
        if path in LOADED:
            self.page.wait_for_selector(LOADED[path])

    def text(self, selector):
        return self.page.inner_text(selector)

    def wait(self, selector, text, seconds=30):
        self.page.locator(selector, has_text=re.compile(text)).first.wait_for(timeout=seconds * 1000)

    def close(self):
        self.context.close()
        assert self.complaints == []


@pytest.fixture
def guest(browser, box):
    visit = Visit(browser, box.url)
    yield visit
    visit.close()


@pytest.fixture
def owner(browser, box):
    visit = Visit(browser, box.url)
    log_in(visit.page, box.url)
    yield visit
    visit.close()


# ---- who


def test_a_stranger_sees_the_login_page_only(guest, box):
    for path in PAGES[:-1]:
        guest.page.goto(box.url + path)
        assert guest.page.url.startswith(box.url + "/login"), path
        assert "Home" not in guest.page.content()


def test_wrong_passwords_are_told_then_slowed_down_and_the_right_one_is_let_in(guest, box):
    page = guest.page
    page.goto(box.url + "/login?next=/config")
    for number in range(5):
        page.fill("#password", "wrong%d" % number)
        page.press("#password", "Enter")
        guest.wait("#said", "not the password" if number < 4 else "Too many wrong passwords")
        assert page.get_attribute("#password", "aria-invalid") == "true"
        page.evaluate("() => { document.getElementById('said').textContent = ''; }")
    page.click("#show")
    assert page.get_attribute("#password", "type") == "text"
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url(box.url + "/config")


def test_login_works_without_scripts(browser, box):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(box.url + "/login")
    page.fill("#password", PASSWORD)
    page.click("button.main")
    assert page.url == box.url + "/"
    context.close()


def test_logging_out_ends_every_session(browser, box):
    visits = [Visit(browser, box.url) for _ in range(2)]
    for visit in visits:
        log_in(visit.page, box.url)
    visits[0].page.click("#logout")
    visits[0].page.wait_for_url(box.url + "/login*")
    visits[1].page.goto(box.url + "/config")
    assert "/login" in visits[1].page.url
    for visit in visits:
        visit.close()


def test_a_page_of_another_site_can_change_nothing(owner, box):
    """The other site is the same box under another name: same cookie jar, another origin."""
    foreign = box.url.replace("127.0.0.1", "localhost")
    page = owner.context.new_page()
    page.goto(foreign + "/login")
    answer = page.evaluate(
        """(url) => fetch(url, { method: "POST", mode: "no-cors", credentials: "include", body: "{}" })
            .then((answer) => answer.type, (error) => "refused")""",
        box.url + "/api/reboot",
    )
    assert answer in ("opaque", "refused")
    page.close()
    starts = box.ask("state")["starts"]
    owner.page.wait_for_timeout(3000)
    assert box.ask("state")["starts"] == starts
    owner.complaints = [
        text for text in owner.complaints if "Content Security Policy" not in text and foreign not in text
    ]


# ---- every page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_every_page_fits_and_is_accessible(browser, box, size, scheme):
    from axe_playwright_python.sync_playwright import Axe

    visit = Visit(browser, box.url, size, scheme)
    log_in(visit.page, box.url)
    for path in PAGES:
        visit.open(path)
        width = visit.page.evaluate("() => document.documentElement.scrollWidth")
        assert width <= size["width"], path
        visit.page.evaluate(
            "() => document.querySelectorAll('details').forEach((part) => { part.open = true; })"
        )
        found = Axe().run(visit.page).response["violations"]
        serious = [(rule["id"], [node["html"] for node in rule["nodes"]][:3]) for rule in found
                   if rule["impact"] in ("serious", "critical")]  # fmt: skip
        assert serious == [], path
        assert visit.page.evaluate("() => document.documentElement.scrollWidth") <= size["width"], path
    visit.close()


def test_the_status_page_weighs_little(owner, figures):
    owner.bytes.clear()
    owner.context.clear_cookies()
    log_in(owner.page, owner.url)
    owner.page.wait_for_timeout(500)
    files = sum((WWW / name).stat().st_size for name in STATUS_PARTS)
    document = len(owner.bytes["/api/status"].body())
    asked = {path for path in owner.bytes if not path.startswith(("/login", "/api/login"))}
    assert asked <= {"/", "/style.css", "/common.js", "/status.js", "/icon.svg", "/api/status"}
    figures(f"status page: {files} bytes of files and {document} of JSON, budget {PAGE_BUDGET}")
    assert files + document <= PAGE_BUDGET


def test_the_keyboard_reaches_everything(owner):
    owner.open("/")
    for _ in range(40):
        owner.page.keyboard.press("Tab")
        if owner.page.evaluate("() => document.activeElement.id") == "reboot":
            break
    assert owner.page.evaluate("() => document.activeElement.id") == "reboot"
    owner.page.keyboard.press("Enter")
    owner.page.wait_for_selector("dialog[open]")
    owner.page.keyboard.press("Escape")
    owner.page.wait_for_selector("dialog[open]", state="hidden")


# ---- settings


def test_wrong_inputs_are_told_beside_the_field_and_not_sent(owner):
    owner.open("/config")
    page = owner.page
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    for key, value, reason in (
        ("WIFI_SSID", "x" * 33, "at most 32 bytes"),
        ("WIFI_PASSWORD", "short", "At least 8"),
        ("WIFI_STATIC_ADDRESS", "192.168.1", "Like 192.168.1.50"),
        ("HOSTNAME", "my box", "Letters, digits"),
        ("ATTENUATION_OFFSET_DB", "99", "From -40 to 40"),
        ("HTTP_PORT", "eighty", "whole number"),
        ("SMARTEVSE_URL", "https://evse", "http://"),
    ):
        page.fill("#" + key, value)
        owner.wait(f"#{key}-fault", reason)
        assert page.get_attribute("#" + key, "aria-invalid") == "true"
    page.click("#save")
    owner.wait("#said", "correct what is marked")
    assert page.evaluate("() => document.activeElement.id") == "WIFI_SSID"
    assert sent == []
    page.click("#discard")
    page.wait_for_selector("#bar", state="hidden")


def test_what_the_browser_cannot_know_is_told_by_the_box(owner):
    owner.open("/config")
    owner.page.fill("#WIFI_GATEWAY", "192.168.1.1")
    owner.page.click("#save")
    owner.wait("#WIFI_NETMASK-fault", "a fixed address needs")
    owner.page.click("#discard")


def test_values_are_saved_whole_and_live_through_the_restart(owner, box):
    before = box.ask("drive")["settings.toml"]
    starts = box.ask("state")["starts"]
    owner.open("/config")
    page = owner.page
    page.fill("#EVSE_ID", HARD)
    page.select_option("#ANSWER_CARS", "always")
    page.fill("#ATTENUATION_OFFSET_DB", "-3")
    assert owner.text("#count") == "3 changes"
    owner.box_restarts = True
    page.click("#save-restart")
    owner.wait("#said", "Saved, and the box is back", 60)
    assert box.ask("state")["starts"] == starts + 1
    owner.open("/config")
    assert page.input_value("#EVSE_ID") == HARD
    assert page.input_value("#ANSWER_CARS") == "always" and page.input_value("#ATTENUATION_OFFSET_DB") == "-3"
    assert owner.text(".setting:has(#EVSE_ID) .chip") == "saved here"
    assert owner.text(".setting:has(#WIFI_SSID) .chip") == "settings.toml"
    files = box.ask("drive")
    assert files["settings.toml"] == before and "saved/1/settings.bin" in files
    page.click(".setting:has(#EVSE_ID) button:has-text('Undo')")
    page.click(".setting:has(#ANSWER_CARS) button:has-text('Undo')")
    page.click(".setting:has(#ATTENUATION_OFFSET_DB) button:has-text('Undo')")
    page.click("#save")
    owner.wait("#said", "Saved")
    assert page.input_value("#EVSE_ID") == ""


def test_secrets_never_come_back(owner, box):
    owner.open("/config")
    content = owner.page.content() + json.dumps(
        owner.page.evaluate("() => fetch('/api/settings').then((a) => a.json())")
    )
    for path in ("/api/status", "/api/log", "/api/backup", "/settings.toml", "/diagnostics.txt"):
        content += owner.page.evaluate("(path) => fetch(path).then((answer) => answer.text())", path)
    assert PASSWORD not in content
    assert owner.page.input_value("#WIFI_PASSWORD") == ""


def test_a_password_that_is_left_alone_stays_and_a_new_one_counts_at_once(owner, box, browser):
    owner.open("/config")
    owner.page.fill("#WEB_PASSWORD", "another password")
    owner.page.click("#save")
    owner.wait("#said", "^Saved")
    owner.open("/")
    visit = Visit(browser, box.url)
    log_in(visit.page, box.url, "another password")
    visit.open("/config")
    visit.page.fill("#WEB_PASSWORD", PASSWORD)
    visit.page.click("#save")
    visit.wait("#said", "^Saved")
    visit.close()


def test_a_pc_that_holds_the_drive_is_told(owner, box):
    box.ask("pc", on=True)
    owner.open("/config")
    owner.page.fill("#EVSE_ID", "E1")
    owner.page.click("#save")
    owner.wait("#said", "Eject it there")
    assert owner.page.input_value("#EVSE_ID") == "E1", "what was typed is still there"
    box.ask("pc", on=False)
    owner.page.click("#save")
    owner.wait("#said", "^Saved")
    owner.page.click(".setting:has(#EVSE_ID) button:has-text('Undo')")
    owner.page.click("#save")
    owner.wait("#said", "^Saved")


def test_the_smartevse_can_be_tried_before_the_first_car(owner, box):
    owner.open("/config")
    before = len(box.ask("posts"))
    owner.page.click("#try-delivery")
    owner.wait("#tried", "The address takes readings")
    assert '"current_soc":-1' in owner.text(".try pre").replace(" ", "")
    (post,) = box.ask("posts")[before:]
    assert post == {"current_soc": "-1", "full_soc": "-1", "energy_capacity": "-1", "energy_request": "-1"}
    owner.page.click("#try-probe")
    owner.wait("#tried", "firmware has modem support")
    box.ask("fault", name="evse_no_modem", value=True)
    owner.page.click("#try-probe")
    owner.wait("#tried", "without modem support.*-DMODEM=1")
    box.ask("fault", name="evse_no_modem", value=False)
    owner.page.fill("#SMARTEVSE_URL", "192.168.1.99")
    owner.page.click("#try-delivery")
    owner.wait("#tried", "does not answer")
    owner.page.click("#discard")


def test_backup_and_restore(owner, box, tmp_path):
    owner.open("/config")
    page = owner.page
    with page.expect_download() as download:
        page.click("a[href='/api/backup']")
    path = tmp_path / "backup.json"
    download.value.save_as(path)
    backup = json.loads(path.read_text())
    assert backup["settings"]["WIFI_SSID"] == "Home" and "WIFI_PASSWORD" not in backup["settings"]
    page.click("summary:has-text('With passwords')")
    page.fill("#again", PASSWORD)
    with page.expect_download() as download:
        page.click("#secrets button[value=toml]")
    download.value.save_as(tmp_path / "settings.toml")
    text = (tmp_path / "settings.toml").read_text()
    assert f'WEB_PASSWORD = "{PASSWORD}"' in text and text.startswith("# SPDX")
    backup["settings"]["EVSE_ID"] = HARD
    backup["settings"]["SOMETHING_NEW"] = 1
    path.write_text(json.dumps(backup))
    page.set_input_files("#file", path)
    owner.wait("#said", "Restored.*SOMETHING_NEW")
    assert page.input_value("#EVSE_ID") == HARD, "escaped in the file, whole in the box"
    page.click(".setting:has(#EVSE_ID) button:has-text('Undo')")
    page.click("#save")
    owner.wait("#said", "^Saved")
    path.write_text("{}")
    page.set_input_files("#file", path)
    owner.wait("#said", "no backup of a socbox")


# ---- console


def test_the_console_is_live_and_can_be_filtered_paused_and_kept(owner, box, tmp_path):
    owner.open("/webserial")
    page = owner.page
    owner.wait(".line", "socbox 0.1")
    owner.wait("#state", "live, .* lines")
    page.fill("#filter", "wifi")
    assert page.locator(".line").count() < box.ask("console").count("\n")
    assert all("wifi" in text for text in page.locator(".line").all_inner_texts())
    page.fill("#filter", "")
    page.select_option("#level", "W")
    assert page.locator(".line.I").count() == 0
    page.select_option("#level", "I")
    page.click("#pause")
    owner.wait("#state", "paused")
    page.evaluate("() => fetch('/api/login', { method: 'POST', body: '{\"password\": \"wrong\"}' })")
    page.wait_for_timeout(1500)
    shown = page.locator(".line").count()
    page.click("#pause")
    owner.wait(".line", "wrong password from")
    assert page.locator(".line").count() > shown
    with page.expect_download() as download:
        page.click("#download")
    download.value.save_as(tmp_path / "log.txt")
    text = (tmp_path / "log.txt").read_text()
    assert "I box socbox 0.1" in text and "wrong password from" in text


# ---- the box


def test_reboot_asks_first_and_comes_back_logged_in(owner, box):
    starts = box.ask("state")["starts"]
    owner.open("/")
    owner.page.click("#reboot")
    owner.page.click("dialog button[value=no]")
    owner.page.wait_for_timeout(2500)
    assert box.ask("state")["starts"] == starts
    owner.box_restarts = True
    owner.page.click("#reboot")
    owner.page.click("dialog button[value=yes]")
    owner.wait("#link", "restarts")
    owner.wait("#link.live", "live", 60)
    assert box.ask("state")["starts"] == starts + 1
    assert owner.page.url == box.url + "/"


def test_a_car_session_is_watched_live(owner, box):
    owner.open("/")
    seen = []
    owner.page.expose_function("seen", lambda text: seen.extend([text]))
    owner.page.evaluate(
        """() => new MutationObserver(() => seen(document.getElementById("headline").textContent))
            .observe(document.getElementById("headline"), { childList: true, characterData: true, subtree: true })"""
    )
    owner.wait("#headline", "Waiting for a car", 40)
    box.ask("plug", soc=42)
    owner.wait("#delivery.ok", "Sent to the SmartEVSE", 60)
    assert owner.text("#percent") == "42 %"
    assert "full at 90 %" in owner.text("#age")
    steps = owner.page.locator("#timeline li").all_inner_texts()
    assert len(steps) > 12 and steps[0].startswith("+0.00 s")
    car = owner.text("#car")
    assert re.search(r"EVCCID\s+02:AB:34:CD:56:EF", car) and re.search(r"Battery\s+58.0 kWh", car)
    assert re.search(r"42 %, sent", owner.text("#sessions"))
    assert any(text in ("Car found, connecting", "Reading the car") for text in seen), seen
    files = sum((WWW / name).stat().st_size for name in STATUS_PARTS)
    assert files + len(owner.bytes["/api/status"].body()) <= PAGE_BUDGET, "with a session on it as well"
    report = owner.page.evaluate("() => fetch('/diagnostics.txt').then((answer) => answer.text())")
    assert "02ab34xxxxxx" in report and "02ab34cd56ef" not in report and "Home" not in report
    with owner.page.expect_download() as download:
        owner.page.click("a[href='/capture.pcap']")
    data = Path(download.value.path()).read_bytes()
    assert data[:4] == b"\xd4\xc3\xb2\xa1" and b"\x88\xe1" in data
    box.ask("unplug")


def test_no_socket_is_left_open(box, owner):
    owner.open("/update")
    owner.page.wait_for_timeout(1000)
    assert box.ask("state")["sockets"] <= 2, "the listener, and perhaps the delivery's"


def test_forgetting_wifi_asks_first_and_leaves_the_network(browser):
    with running_box(18380, WEB_PASSWORD=PASSWORD) as box:
        visit = Visit(browser, box.url)
        log_in(visit.page, box.url)
        visit.open("/resetwifi")
        assert visit.page.is_disabled("#forget")
        visit.page.check("#sure")
        visit.page.click("#forget")
        visit.wait("#said", "Forgotten")
        visit.page.wait_for_timeout(6000)
        assert box.ask("state")["starts"] == 2
        console = box.ask("console")
        assert "connected to Home" not in console.split("restart, as asked for")[1]
        visit.close()


def test_the_public_status_shows_no_way_to_change_anything(browser):
    with running_box(18480, STATUS_PUBLIC="yes") as box:
        visit = Visit(browser, box.url)
        visit.open("/")
        assert visit.page.is_visible("#guest") and not visit.page.is_visible("#reboot")
        password = re.search(r"password of the page: (\S+)", box.ask("console"))[1]
        log_in(visit.page, box.url, password)
        visit.wait("#notes", "password that the box made up")
        visit.page.click("#notes a")
        visit.page.wait_for_selector("#WEB_PASSWORD:focus")
        assert password not in visit.page.evaluate("() => fetch('/api/log').then((answer) => answer.text())")
        visit.close()
