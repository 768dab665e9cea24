# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The site builds without a complaint and asks the internet for nothing; every command in README and quick start works."""

import ast
import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
from appliance.settings.checks import checked
from appliance.settings.schema import row_of

from host_tests.tools import bundle, deploy, site_hooks

ROOT = Path(__file__).parents[2]
PAGES_WITH_COMMANDS = (ROOT / "README.md", ROOT / "docs" / "quick-start.md", ROOT / "docs" / "developing.md")


# ---- the site


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class Requests(HTMLParser):
    """Addresses that a browser fetches by itself: everything but links to click."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        names = ("src", "srcset", "data", "poster") if tag != "link" else ("href",)
        if tag == "link" and attributes.get("rel") in ("canonical", "prev", "next"):
            return
        self.found += [attributes[name] for name in names if attributes.get(name)]


def requests_of(html):
    parser = Requests()
    parser.feed(html)
    return [address for address in parser.found if re.match(r"(https?:)?//", address)]


@pytest.mark.slow
def test_the_site_asks_the_internet_for_nothing(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) >= 20
    assert {page.name: requests_of(page.read_text()) for page in pages if requests_of(page.read_text())} == {}
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import )[\"']?(https?:)?//", sheet.read_text()), sheet.name


def test_a_request_to_the_internet_would_be_noticed():
    assert requests_of('<script src="https://a.example/x.js"></script><link rel="stylesheet" href="//b.example">')
    assert requests_of('<a href="https://c.example">') == []


def test_every_page_is_reached_from_the_first(site):
    index = (site / "index.html").read_text()
    pages = {page.stem for page in (ROOT / "docs").glob("*.md")}
    assert {page for page in pages if f'href="{page}.html"' not in index and page != "index"} == set()


def test_a_page_that_the_navigation_forgot_is_put_in(tmp_path):
    for name in ("index", "wiring", "two-words"):
        (tmp_path / f"{name}.md").write_text("# A page")
    nav = [{"socbox": "index.md"}, {"Build": [{"Quick start": "quick-start.md"}, {"Safety": "safety.md"}]}]
    config = SimpleNamespace(nav=nav, docs_dir=str(tmp_path))
    site_hooks.on_config(config)
    assert [next(iter(entry)) for entry in nav[1]["Build"]] == ["Quick start", "Two words", "Wiring", "Safety"]


def test_diagrams_are_pictures(site):
    page = (site / "protocol.html").read_text()
    assert "sequenceDiagram" not in page
    assert page.count('<svg class="sequence"') == (ROOT / "docs" / "protocol.md").read_text().count("```mermaid")
    assert "CM_SLAC_PARM_REQ" in page


def test_a_line_that_cannot_be_drawn_is_not_lost():
    with pytest.raises(ValueError, match="alt something"):
        site_hooks.drawn("```mermaid\nsequenceDiagram\n    participant A\n    alt something\n```\n")


# ---- commands


def blocks(page):
    """(language, text) of the code blocks of a page."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(), re.M | re.S)


def commands(page):
    """The shell lines of a page, without their comments."""
    found = []
    for language, text in blocks(page):
        lines = [line.split("  #")[0].split(" # ")[0].strip() for line in text.splitlines()]
        known = ("make ", "pipx ", "circup ", "esptool ", "git ", "cd ", "python", "PLATFORMIO_")
        if language == "" and lines and all(line.startswith(known) for line in lines if line):
            found += [line for line in lines if line]
    return found


COMMANDS = sorted({line for page in PAGES_WITH_COMMANDS for line in commands(page)})
# Typed on the owner's computer, with his board or the internet: their form is checked.
FORMS = (
    r"pipx install (circup|esptool|platformio)",
    r"circup install -r requirements\.txt",
    r"esptool --chip esp32s3 --port /dev/ttyACM0 erase-flash",
    r"esptool --chip esp32s3 --port /dev/ttyACM0 write-flash 0x0 "
    r"adafruit-circuitpython-(?P<board>\w+)-en_US-10\.\d+\.\d+\.bin",
    r"git clone https://github\.com/dingo35/SmartEVSE-3\.5",
    r"cd SmartEVSE-3\.5/SmartEVSE-3",
    r'PLATFORMIO_BUILD_FLAGS="-DMODEM=1" pio run -e release',
)


def test_the_pages_have_the_commands_that_they_should():
    assert {"make demo", "make test"} <= set(commands(ROOT / "README.md"))
    quick = commands(ROOT / "docs" / "quick-start.md")
    assert {"make demo", "make deploy", "circup install -r requirements.txt"} <= set(quick)
    assert len(COMMANDS) >= 12


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_works_or_has_the_form_of_one(command):
    words = shlex.split(command)
    if words[0] == "make":
        done = subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "host_tests" in done.stdout or "mkdocs" in done.stdout
        return
    assert any(re.fullmatch(form, command) for form in FORMS), command


@pytest.mark.slow
def test_the_demo_of_the_pages_reads_a_car():
    (line,) = [line for line in COMMANDS if "--once" in line]
    arguments = shlex.split(shlex.split(line)[2].removeprefix("ARGS="))
    command = [sys.executable, "-m", "host_tests.twin", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["kind"], result["soc_read_percent"], result["delivered"]) == ("result", 42, True)


def test_deploy_puts_a_complete_box_on_a_drive(tmp_path):
    drive = tmp_path / "CIRCUITPY"
    drive.mkdir()
    command = [sys.executable, "-m", "host_tests.tools.deploy", str(drive), "--no-circup"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    there = {path.relative_to(drive).as_posix() for path in drive.rglob("*") if path.is_file()}
    assert {"code.py", "settings.toml", "lib/appliance/box.py", "www/index.html"} <= there
    fonts = (ROOT / "CIRCUITPY" / "lib" / "appliance" / "display" / "fonts").glob("*")
    assert {f"lib/appliance/display/fonts/{path.name}" for path in fonts} <= there


FILES = {bundle.VERSION_FILE: (bundle.DRIVE / bundle.VERSION_FILE).read_bytes()}
SHIPPED = (ROOT / "CIRCUITPY" / "settings.toml").read_bytes()
INSTALLERS = b'''CIRCUITPY_WIFI_SSID = "H\xc3\xb6me \\"2\\""
CIRCUITPY_WIFI_PASSWORD = "back\\\\slash"
CIRCUITPY_WEB_API_PASSWORD = "passw0rd"
CIRCUITPY_WEB_API_PORT = 80
'''


@pytest.mark.parametrize("made", [None, b"", b"\r\n# nothing\r\n"], ids=["no file", "empty", "remarks"])
def test_deploy_gives_a_drive_that_circuitpython_has_just_made_the_settings_of_a_new_box(tmp_path, made):
    if made is not None:
        (tmp_path / "settings.toml").write_bytes(made)
    deploy.copy(tmp_path, FILES)
    assert (tmp_path / "settings.toml").read_bytes() == SHIPPED


def test_deploy_takes_over_the_network_that_circuitpythons_installer_wrote_and_nothing_else(tmp_path):
    (tmp_path / "settings.toml").write_bytes(INSTALLERS)
    deploy.copy(tmp_path, FILES)
    found, shipped = (tomllib.loads(text.decode()) for text in ((tmp_path / "settings.toml").read_bytes(), SHIPPED))
    assert found == {**shipped, "WIFI_SSID": 'H\xf6me "2"', "WIFI_PASSWORD": "back\\slash"}


@pytest.mark.parametrize("owners", [INSTALLERS + b'LED = "IO48"\n', b'LED = "IO48"\n', b'WIFI_SSID = "unclosed\n', b"\xff"])
def test_deploy_leaves_an_owners_settings_alone(tmp_path, owners):
    (tmp_path / "settings.toml").write_bytes(owners)
    deploy.copy(tmp_path, FILES)
    assert (tmp_path / "settings.toml").read_bytes() == owners


def test_deploy_does_not_overrule_what_was_saved_on_the_page(tmp_path):
    (tmp_path / "settings.toml").touch()
    (tmp_path / "saved").mkdir()
    deploy.copy(tmp_path, FILES)
    assert (tmp_path / "settings.toml").read_bytes() == b""


def test_boards_of_the_quick_start_are_boards_of_circuitpython():
    text = (ROOT / "docs" / "quick-start.md").read_text()
    named = set(re.findall(r"circuitpython\.org/board/(\w+)/", text))
    named |= set(re.findall(r"adafruit-circuitpython-(\w+)-en_US", text))
    assert named == {"yd_esp32_s3_n16r8", "lilygo_tdisplay_s3"}
    definitions = Path(importlib.util.find_spec("board_definitions").submodule_search_locations[0])
    assert {board for board in named if not (definitions / board).is_dir()} == set()


@pytest.mark.parametrize("page", ["quick-start.md", "user-guide.md"])
def test_settings_in_the_guides_are_settings(page):
    examples = [text for language, text in blocks(ROOT / "docs" / page) if language == "toml"]
    assert examples
    for text in examples:
        for key, value in tomllib.loads(text).items():
            assert row_of(key) is not None, key
            checked(row_of(key), str(value))


def test_headings_that_display_and_guides_share_are_the_displays_words():
    from appliance.display import views
    from appliance.state import faults

    guide = (ROOT / "docs" / "user-guide.md").read_text()
    words = [row[0] for row in views.STAGES.values() if row[0]] + [row[1] for row in faults.TABLE.values()]
    table = guide[guide.index("| display | try first |") :].split("\n\n")[0]
    for line in table.splitlines()[2:]:
        assert line.split("|")[1].strip() in words, line


# ---- where to change what


def places():
    """(what, path from the project's root, names) of each row of the table in the developer guide."""
    text = (ROOT / "docs" / "developing.md").read_text()
    table = text[text.index("## Where would I change") :].split("\n## ")[0]
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if len(cells) == 3 and cells[1].startswith("`"):
            path = cells[1].strip("`")
            folder = ROOT if path.split("/")[0] in ("CIRCUITPY", "host_tests", "hardware") else ROOT / "CIRCUITPY" / "lib"
            yield cells[0], folder / path, re.findall(r"`([^`]+)`", cells[2])


PLACES = list(places())


def defined_in(path):
    """Names that a file defines; of a page its elements."""
    if path.suffix == ".html":
        return set(re.findall(r"<(\w+)", path.read_text()))
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize(("path", "names"), [row[1:] for row in PLACES], ids=[row[0] for row in PLACES])
def test_where_to_change_something_is_where_the_guide_says(path, names):
    assert path.is_file(), path
    assert names and set(names) <= defined_in(path)


def test_the_guide_answers_forty_questions():
    assert len(PLACES) >= 40


def test_every_library_the_board_imports_is_in_the_architecture():
    text = (ROOT / "docs" / "architecture.md").read_text()
    table = text[text.index("## Libraries") :].split("\n**Not used")[0]
    used = {*bundle.libraries(bundle.drive_files()), *bundle.IN_THE_FIRMWARE, "circup", "pytest"}
    assert {name for name in used if not re.search(rf"\| .*`?{name}`?.* \|", table)} == set()


TEXTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: page.name)
def test_tests_that_a_page_names_exist(page):
    files = {}
    for path in (ROOT / "host_tests").rglob("test_*.py"):
        # Several may have one name: plc/test_x.py and appliance/test_x.py.
        files[path.name] = files.get(path.name, "") + path.read_text()
    for file, test in re.findall(r"(test_\w+\.py)(?:::(test_\w+))?", page.read_text()):
        assert file in files, file
        assert not test or f"def {test}(" in files[file], f"{file}::{test}"


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: page.name)
def test_files_that_a_page_names_exist(page):
    for place in re.findall(r"`((?:host_tests|CIRCUITPY|hardware|docs|enclosure)/[\w./-]+)`", page.read_text()):
        assert (ROOT / place).exists(), place
