# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A box on the twin beside a browser, for tests and pictures of its pages."""

import contextlib
import json
import shutil
import subprocess
import sys

# Without windows of its own it needs half the time for a page.
CHROMIUM = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))), None)
# A process ready for the page after the next is started for each page, and most tests have none.
NOT_WANTED = ("SpareRendererForSitePerProcess", "HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-features=" + ",".join(NOT_WANTED)
]  # fmt: skip
PASSWORD = "correct horse"
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}
# What an owner types. A browser tells less about a request there, and does less for a page, than at 127.0.0.1.
NAME = "http://socbox.local"
PAGES = ("/", "/config", "/webserial", "/modem", "/update", "/resetwifi", "/report", "/diary", "/login")
# What a page has once all of it is there.
LOADED = {"/": "#link.live", "/config": "body[data-ready]", "/webserial": ".line", "/report": "body[data-ready]",
          "/diary": "body[data-ready]", "/update": "body[data-ready]"}  # fmt: skip

# What the status page does every two seconds, done now and to its end.
LOOK = """async () => {
    while (asking) await new Promise((done) => setTimeout(done, 20));
    await ask();
}"""
# What is written anew on the page from now on, in `window.written`.
COUNT_CHANGES = """() => {
    window.written = [];
    if (window.watcher) watcher.disconnect();
    window.watcher = new MutationObserver(
        (all) => all.forEach((one) => written.push(one.target.id || one.target.textContent)));
    watcher.observe(document.body, { subtree: true, childList: true, characterData: true, attributeFilter: ["title"] });
}"""


class Box:
    """`url`, and `ask("plug", soc=42)` for the commands of `run_box`."""

    def __init__(self, process):
        self._process = process
        self.url = self._read().rstrip("/")

    def _read(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the box's process ended")
        return json.loads(line)

    def ask(self, command, **options):
        self._process.stdin.write(json.dumps({"do": command, **options}) + "\n")
        self._process.stdin.flush()
        return self._read()


@contextlib.contextmanager
def running_box(port=0, **settings):
    """A Box of its own, ready for a browser; `settings` are laid over those of a box in use.

    `port` 0 is any that is free: the box's process takes it, so that nobody else can in between.
    """
    command = [sys.executable, "-m", "host_tests.web.run_box", str(port)]
    command += [f"{key}={value}" for key, value in settings.items()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Box(process)
        finally:
            process.stdin.close()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


@contextlib.contextmanager
def running_browser(*arguments, beside=None):
    """A Chromium; `beside` is one that runs already, as Playwright itself runs but once in a process."""
    from playwright.sync_api import sync_playwright

    with contextlib.ExitStack() as stack:
        kind = stack.enter_context(sync_playwright()).chromium if beside is None else beside.browser_type
        browser = kind.launch(executable_path=CHROMIUM, args=ARGUMENTS + list(arguments))
        stack.callback(browser.close)
        yield browser


def by_name(box):
    """Argument of a browser that finds the box at NAME."""
    return "--host-resolver-rules=MAP socbox.local " + box.url.removeprefix("http://")


@contextlib.contextmanager
def first_run(beside=None):
    """(Box, browser): a box that knows no network, and a browser on a phone on its access point.

    Whatever host the browser asks for, it reaches the box, as the phone would by the box's name server.
    """
    with running_box(WIFI_SSID="", WIFI_PASSWORD="", SMARTEVSE_URL="") as box:
        port = box.ask("phone")
        if port is None:
            raise RuntimeError("the phone did not join")
        rules = f"--host-resolver-rules=MAP * 127.0.0.1:{port}"
        with running_browser(rules, beside=beside) as browser:
            yield box, browser


def let_in(context, box_url, seen_at=None):
    """The cookie of the owner, for those who need not see the login page; `seen_at`: what the browser calls the box."""
    answer = context.request.post(box_url + "/api/login", data={"password": PASSWORD})
    assert answer.ok, answer.text()
    if seen_at is not None:
        context.add_cookies([{"name": one["name"], "value": one["value"], "url": seen_at} for one in context.cookies()])


# The colours of a page are not another's in another language, and are what axe takes longest for.
NO_COLOURS = {"color-contrast": {"enabled": False}}
VIOLATIONS = """(options) => axe.run(options).then((told) => told.violations
    .filter((rule) => rule.impact !== "minor")
    .map((rule) => [rule.id, rule.nodes.slice(0, 3).map((node) => node.html)]))"""


def violations(page, **options):
    """What axe finds on the page as it stands, told with `options`: [[rule, the first elements]]."""
    from axe_playwright_python.base import AXE_SCRIPT

    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return page.evaluate(VIOLATIONS, {"resultTypes": ["violations"], **options})


def log_in(page, url, password=PASSWORD):
    """From the login page to the status page."""
    page.goto(url + "/login")
    page.fill("#password", password)
    page.press("#password", "Enter")
    page.wait_for_url(url + "/")
    page.wait_for_selector("#link.live")
