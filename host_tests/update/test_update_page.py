# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The page /update in a real browser: the whole way to another version, with a lost connection on the way."""

import http.server
import json
import re
import subprocess
import threading
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from host_tests.tools import bundle, publisher_key, update_box
from host_tests.update.boxes import NEW, made
from host_tests.web.box import CHROMIUM, PASSWORD, PHONE, log_in, running_box, running_browser

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine (apt-get install chromium-headless-shell)"),
    pytest.mark.slow,
    pytest.mark.real_time,
]

# While so much is sent the box may live faster than beside other pages, and still wait long enough for a browser.
SENDING_RATE = 8


@pytest.fixture(scope="module")
def key():
    """The publisher's."""
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def box(key):
    with running_box(WEB_PASSWORD=PASSWORD) as box:
        box.ask("put", name="publisher.pem", text=publisher_key.public_half(key).decode())
        yield box


@pytest.fixture(scope="module")
def browser():
    with running_browser() as browser:
        yield browser


@pytest.fixture
def page(browser, box):
    """On a phone, logged in, with the page open."""
    page = browser.new_context(viewport=PHONE).new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    log_in(page, box.url)
    page.goto(box.url + "/update")
    page.wait_for_selector("body[data-ready]")
    yield page
    fits = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()
    assert fits and errors == []


def said(page, text, seconds=60, where="#said"):
    page.locator(where, has_text=text).wait_for(timeout=seconds * 1000)


def progress_beyond(page, percent):
    for _ in range(1800):
        value = page.evaluate("document.getElementById('progress').value")
        if value > percent:
            return value
        page.wait_for_timeout(100)
    raise TimeoutError("no progress")


def whose(page, path, words):
    """Choose a file and wait for what is said of its publisher; gives how that looks."""
    page.set_input_files("#file", path)
    said(page, words, where="#publisher")
    page.wait_for_selector("#send:enabled")
    return page.get_attribute("#publisher", "class")


@pytest.mark.timeout(240)
def test_the_page_says_who_published_a_file_before_it_is_installed(page, key, tmp_path):
    """Before any was: the first one makes room."""
    other = rsa.generate_private_key(65537, 2048)
    files = {"own": made(NEW, key=key), "other": made(NEW, key=other), "unsigned": made(NEW)}
    toaster = dict(bundle.manifest_of(files["own"]), product="toaster")
    files["toaster"] = bundle.head_page(json.dumps(toaster).encode()) + files["own"][bundle.PAGE :]
    for name, data in files.items():
        (tmp_path / f"{name}.update").write_bytes(data)
    page.set_input_files("#file", tmp_path / "toaster.update")
    said(page, "for another product")
    assert page.is_disabled("#send") and not page.is_visible("#again"), "a refusal that stays offers no second try"
    for name, words in (("other", "someone other"), ("unsigned", "Not signed: anybody")):
        assert whose(page, tmp_path / f"{name}.update", words) == "weak"
        page.click("#send")
        page.wait_for_selector("dialog[open]")
        assert words in page.inner_text("#question") and "Install it?" in page.inner_text("#question")
        page.click("dialog button[value=no]")
        said(page, "Nothing was installed")
    assert whose(page, tmp_path / "own.update", "Signed by the publisher of this box's software") == "said good"
    page.click("#send")
    page.wait_for_selector("dialog[open]")
    assert "makes room" in page.inner_text("#question"), "the first update's question, and no other"
    page.click("dialog button[value=no]")
    said(page, "Nothing was installed")


@pytest.mark.timeout(600)
def test_another_version_is_installed_while_a_browser_watches(page, box, key, tmp_path):
    new = made(NEW, key=key)
    files = {"new": new, "old": made("0.0.9", key=key), "cut": new[:-4096], "zip": b"PK\x03\x04" * 3000}
    for name, data in files.items():
        (tmp_path / f"{name}.update").write_bytes(data)
    assert page.inner_text("#runs") == "0.1.0 (copied to the drive)"
    page.set_input_files("#file", tmp_path / "zip.update")
    said(page, "not a socbox update file")
    page.set_input_files("#file", tmp_path / "cut.update")
    said(page, "not complete")
    assert page.is_disabled("#send")
    page.set_input_files("#file", tmp_path / "old.update")
    said(page, "0.0.9", where="#chosen")
    said(page, "Signed by the publisher", where="#publisher")
    page.click("#send")
    page.wait_for_selector("dialog[open]")
    assert "0.0.9 is older than 0.1.0" in page.inner_text("#question")
    page.click("dialog button[value=no]")
    said(page, "Nothing was installed")
    page.set_input_files("#file", tmp_path / "new.update")
    said(page, NEW, where="#chosen")
    page.click("#send")
    page.wait_for_selector("dialog[open]")
    assert "leave the power on" in page.inner_text("#question")
    page.click("dialog button[value=yes]")
    progress_beyond(page, 20)
    page.context.set_offline(True)
    # Whichever of the two stands there: the page tries again after a second and a half, and tells that it does.
    said(page, re.compile("connection was lost|does not answer"), 40)
    half = progress_beyond(page, 0)
    page.context.set_offline(False)
    box.ask("rate", rate=SENDING_RATE)
    progress_beyond(page, half)
    said(page, f"Updated from 0.1.0 to {NEW}", 300)
    box.ask("rate")
    assert page.inner_text("#runs").startswith(f"{NEW} (slot A, signed by the publisher)")
    assert "copied to the drive" in page.inner_text("#kept")
    page.goto(box.url + "/")
    page.wait_for_selector("#link.live")
    page.click("details:has(#box) summary")
    said(page, NEW, where="#box")


@pytest.mark.timeout(240)
def test_the_script_for_many_boxes(key, tmp_path, capsys):
    (tmp_path / "new.update").write_bytes(made(NEW))
    with running_box(WEB_PASSWORD=PASSWORD) as box:
        box.ask("put", name="publisher.pem", text=publisher_key.public_half(key).decode())
        assert update_box.main([str(tmp_path / "new.update"), box.url, "--password", PASSWORD]) == 1
        assert "Not signed" in capsys.readouterr().err
        (tmp_path / "old.update").write_bytes(made("0.0.9", key=key))
        assert update_box.main([str(tmp_path / "old.update"), box.url, "--password", PASSWORD]) == 1
        assert "0.0.9 is older than 0.1.0" in capsys.readouterr().err
        assert update_box.main([str(tmp_path / "new.update"), box.url, "--password", "wrong"]) == 1
        box.ask("rate", rate=SENDING_RATE)
        arguments = [str(tmp_path / "new.update"), box.url, "--password", PASSWORD, "--any-publisher"]
        assert update_box.main(arguments) == 0
        assert f"0.1.0 -> {NEW}" in capsys.readouterr().out


def run_shell_lines(folder, url):
    """What the documentation has for a shell, run in `folder` against the box at `url`."""
    text = (Path(__file__).parents[2] / "docs" / "updates.md").read_text()
    lines = next(block for block in re.findall(r"^```\n(.*?)^```$", text, re.M | re.S) if "curl" in block)
    lines = lines.replace("http://192.168.1.50", url)
    return subprocess.run(["bash", "-eu", "-c", lines], cwd=folder, capture_output=True, text=True, check=False, timeout=200)


class Busy(http.server.BaseHTTPRequestHandler):
    """A box that is busy with a car whenever it is asked for something the first time, and refuses what `refused` is in."""

    asked = []
    refused = "nothing"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        first = self.path not in self.asked
        self.asked.append(self.path)
        status = 409 if self.refused in self.path else 503 if first else 200
        document = json.dumps({"restarting": b"restart" in body}).encode()
        self.send_response(status)
        for name, value in (("Retry-After", "1"), ("Content-Length", str(len(document)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(document)

    def log_message(self, *_arguments):
        return


@pytest.mark.parametrize(("refused", "asked"), (("nothing", 6), ("offset=8192", 5)))
def test_the_shell_lines_wait_for_a_car_and_end_with_a_refusal(tmp_path, refused, asked):
    (tmp_path / "socbox-0.2.0.update").write_bytes(bytes(9000))
    handler = type("Handler", (Busy,), {"asked": [], "refused": refused})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = run_shell_lines(tmp_path, "http://127.0.0.1:%d" % server.server_port)
        server.shutdown()
    assert len(handler.asked) == asked, handler.asked
    assert done.returncode == 0 and '"restarting": true' in done.stdout, done.stderr


@pytest.mark.soak
@pytest.mark.timeout(240)
def test_the_shell_lines_of_the_documentation(tmp_path):
    (tmp_path / "socbox-0.2.0.update").write_bytes(made("0.2.0"))
    with running_box(WEB_PASSWORD="your password") as box:
        done = run_shell_lines(tmp_path, box.url)
        assert done.returncode == 0 and '"restarting": true' in done.stdout, done.stderr
        for _ in range(60):
            if "starting a 0.2.0" in box.ask("console"):
                return
            time.sleep(1)
    raise AssertionError("it did not start")
