# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Pictures for the README, from a run of the twin: `python -m host_tests.tools.screenshots`.

docs/images/bench.png is the bench page in a browser while a car charges after its state of charge was delivered,
docs/images/display.png the box's display at the same moment, one pixel of the glass as six by six. The box's own pages,
as a phone and a computer show them, are docs/images/page_*.png. docs/images/setup.png is the first run: the display,
the set-up page on a phone, the result on both.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from PIL import Image

from host_tests.support.starts import started
from host_tests.tools import bundle, publisher_key
from host_tests.twin.world import World
from host_tests.web.box import CHROMIUM, PASSWORD, first_run, log_in, running_box, running_browser

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SOC = "42"
SIZE = {"width": 1240, "height": 900}


def start_of(story, limit_s=30):
    """The first event a twin wrote into the file `story`. TimeoutError."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        lines = story.read_text().splitlines(keepends=True)
        for line in lines:
            if line.endswith("\n") and json.loads(line)["kind"] == "start":
                return json.loads(line)
        time.sleep(0.05)
    raise TimeoutError("the twin did not start")


def take_bench(url, path):
    """Plug a car in on the bench page, wait until it charges, and take the picture."""
    if CHROMIUM is None:
        sys.exit("no chromium on this machine: apt-get install chromium-headless-shell")
    with running_browser() as browser:
        page = browser.new_page(viewport=SIZE, device_scale_factor=1.5, reduced_motion="reduce")
        page.goto(url)
        page.wait_for_function("document.getElementById('box-says').textContent === 'Waiting for a car'")
        page.fill("#soc", SOC)
        page.click("#plug")
        page.wait_for_selector(".verdict.good", timeout=60_000)
        page.wait_for_timeout(1500)
        bottom = page.evaluate("document.getElementById('scene').getBoundingClientRect().bottom")
        clip = {"x": 0, "y": 0, "width": SIZE["width"], "height": round(bottom) + 18}
        page.screenshot(path=path, full_page=True, clip=clip)


PHONE = {"width": 390, "height": 844}
COMPUTER = {"width": 1100, "height": 860}
# name: (path, size, scheme, what is waited for, the whole page)
PAGES = {
    "page_login": ("/login", PHONE, "light", "#password", False),
    "page_status": ("/", PHONE, "light", "#delivery.ok", False),
    "page_status_dark": ("/", PHONE, "dark", "#delivery.ok", False),
    "page_status_wide": ("/", COMPUTER, "light", "#delivery.ok", True),
    "page_settings": ("/config", COMPUTER, "light", "body[data-ready]", False),
    "page_settings_phone": ("/config", PHONE, "dark", "body[data-ready]", False),
    "page_diary": ("/diary", PHONE, "light", "#graph i", False),
    "page_console": ("/webserial", COMPUTER, "dark", ".line", False),
}
# Charges on arrival, or why there was none, and whose car it was.
DIARY = [
    (48, "Ioniq"), (71, "Zoe"), (35, "Ioniq"), (62, "Ioniq"), (80, "Zoe"), (22, "Ioniq"), ("car_ended", None), (57, "Zoe"),
    (44, "Ioniq"), (39, None), (66, "Zoe"), (29, "Ioniq"), (53, "Ioniq"), (75, "Zoe"), (41, "Ioniq"), (18, "Ioniq"),
]  # fmt: skip


def take_pages(folder):
    """The box's own pages after a car was read."""
    with running_box(WEB_PASSWORD=PASSWORD, STATUS_PUBLIC="no") as box, running_browser() as browser:
        box.ask("diary", readings=DIARY)
        box.ask("plug", soc=int(SOC))
        for name, (path, size, scheme, there, whole) in PAGES.items():
            context = browser.new_context(viewport=size, color_scheme=scheme, device_scale_factor=1.5)
            page = context.new_page()
            log_in(page, box.url)
            page.goto(box.url + path)
            page.wait_for_selector(there, timeout=60_000)
            page.wait_for_timeout(1200)
            page.screenshot(path=folder / f"{name}.png", full_page=whole)
            print(folder / f"{name}.png")
            context.close()


def take_update(folder):
    """docs/images/page_update.png: an update on its way, and after it."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        running_box(18580, WEB_PASSWORD=PASSWORD) as box,
        running_browser() as browser,
    ):
        file = Path(scratch) / "socbox-0.2.0.update"
        key = rsa.generate_private_key(publisher_key.EXPONENT, publisher_key.BITS)
        box.ask("put", name=publisher_key.PUBLIC, text=publisher_key.public_half(key).decode())
        file.write_bytes(bundle.update(bundle.drive_files(version="0.2.0"), key))
        pictures = [Path(scratch) / "during.png", Path(scratch) / "after.png"]
        page = browser.new_context(viewport=UPDATE_PHONE, device_scale_factor=1.5).new_page()
        log_in(page, box.url)
        page.goto(box.url + "/update")
        page.wait_for_selector("body[data-ready]")
        page.set_input_files("#file", file)
        page.wait_for_selector("#send:enabled")
        page.click("#send")
        page.wait_for_selector("dialog[open]")
        page.click("dialog button[value=yes]")
        while page.evaluate("document.getElementById('progress').value") < 60:
            page.wait_for_timeout(50)
        page.screenshot(path=pictures[0])
        page.locator("#said", has_text="Updated from").wait_for(timeout=120_000)
        page.screenshot(path=pictures[1])
        side_by_side(pictures, folder / "page_update.png")


UPDATE_PHONE = {"width": 400, "height": 900}
SETUP_PHONE = {"width": 360, "height": 660}
SETUP_GAP = 36
SETUP_BACK = (120, 128, 136)


def take_setup(path):
    """The first run from left to right: display, page, the SmartEVSE, the end of it, display."""
    with tempfile.TemporaryDirectory() as scratch:
        pictures = [Path(scratch) / f"{number}.png" for number in range(5)]
        with World(seed=1, settings={"WIFI_SSID": None, "WIFI_PASSWORD": None}) as world:
            started(world)
            world.screenshot(pictures[0])
        with first_run() as (box, browser):
            box.ask("neighbours")
            _set_up(box, browser, pictures)
        side_by_side(pictures, path)


def side_by_side(pictures, path):
    """One picture of several, at half their size."""
    images = [Image.open(picture).convert("RGB") for picture in pictures]
    width = sum(image.width for image in images) + SETUP_GAP * (len(images) + 1)
    height = max(image.height for image in images) + 2 * SETUP_GAP
    whole = Image.new("RGB", (width, height), SETUP_BACK)
    left = SETUP_GAP
    for image in images:
        whole.paste(image, (left, (height - image.height) // 2))
        left += image.width + SETUP_GAP
    whole.resize((width // 2, height // 2), Image.Resampling.LANCZOS).save(path)
    print(path)


def _set_up(box, browser, pictures):
    page = browser.new_context(viewport=SETUP_PHONE, device_scale_factor=1.5).new_page()
    page.goto("http://connectivitycheck.gstatic.com/generate_204")
    page.click("#search")
    page.wait_for_selector("text=4 networks found")
    page.check("text=Home")
    page.fill("#password", "correct horse")
    page.click("#show")
    page.wait_for_timeout(300)
    page.screenshot(path=pictures[1])
    page.click("#connect")
    page.locator("#evse-found", has_text="Found: SmartEVSE").wait_for(timeout=60_000)
    page.wait_for_timeout(300)
    page.screenshot(path=pictures[2])
    page.click("#evse-test")
    page.click("#secret-skip")
    page.wait_for_selector("#joined:not([hidden])")
    page.wait_for_timeout(2500)
    page.screenshot(path=pictures[3])
    box.ask("screenshot", path=str(pictures[4]))


def main():
    """Take all pictures; gives the exit status."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--out", type=Path, default=IMAGES, metavar="DIR")
    folder = options.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "host_tests.twin", "--json", "--car", "none"]
    command += ["--screenshot", str(folder / "display.png")]
    with tempfile.TemporaryDirectory() as scratch:
        story = Path(scratch) / "story.jsonl"
        with story.open("w") as output, subprocess.Popen(command, stdout=output) as twin:
            try:
                take_bench(start_of(story)["bench_url"], folder / "bench.png")
            finally:
                twin.terminate()
                status = twin.wait(20)
    print(f"{folder / 'bench.png'}\n{folder / 'display.png'}")
    take_pages(folder)
    take_update(folder)
    take_setup(folder / "setup.png")
    return status


if __name__ == "__main__":
    sys.exit(main())
