# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The drawings are those of hardware/wiring.py, and that file agrees with the settings and the chips' pins."""

import tomllib
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import pytest
from appliance.settings import schema
from appliance.state import faults

from hardware import wiring as data
from host_tests.tools import wiring

ROOT = Path(__file__).parents[2]
SHIPPED = tomllib.loads((ROOT / "CIRCUITPY" / "settings.toml").read_text())
DEFAULTS = {row[0]: row[2] for row in schema.SCHEMA}
PINS = [
    *((f"MODEM_{signal}", pin) for signal, pin in data.BOARDS["devkitc"]["modem"].items()),
    *(
        (display["settings"][signal], pin)
        for display in data.DISPLAYS.values()
        for signal, pin, _ in display["wires"]
        if signal in display["settings"]
    ),
]


@pytest.mark.parametrize("name", data.DRAWINGS)
def test_no_drawing_is_stale(name):
    assert (ROOT / "docs" / "images" / (name + ".svg")).read_text() == wiring.draw(name)


def test_every_drawing_is_in_the_page_and_no_other():
    page = (ROOT / "docs" / "wiring.md").read_text()
    stored = {path.stem for path in (ROOT / "docs" / "images").glob("wiring-*.svg")}
    assert stored == set(data.DRAWINGS)
    assert all(f"images/{name}.svg" in page for name in stored)


@pytest.mark.parametrize(("setting", "pin"), PINS)
def test_the_devkit_needs_no_setting(setting, pin):
    assert SHIPPED[setting] == DEFAULTS[setting] == pin


def test_every_pin_of_the_settings_is_wired():
    of_modem_and_display = {
        row[0] for row in schema.SCHEMA if row[1] == schema.PIN and row[0].startswith(("MODEM_", "DISPLAY_"))
    }
    assert of_modem_and_display == {setting for setting, _ in PINS}


def used(board_name):
    board = data.BOARDS[board_name]
    pins = list(board["modem"].values())
    displays = data.DISPLAYS if board["display"] else {}
    for display in displays.values():
        pins += [pin for _, pin, _ in display["wires"] if pin.startswith("IO")]
    return pins


@pytest.mark.parametrize("board", data.BOARDS)
def test_no_pin_is_used_twice_or_taken(board):
    pins = used(board)
    assert len(set(pins)) == len(pins)
    assert not set(pins) & set(data.BOARDS[board]["taken"])
    free = data.BOARDS[board]["free"]
    assert free is None or set(pins) <= set(free)
    assert {"IO0", "IO3", "IO45", "IO46", "IO19", "IO20", "IO35", "IO36", "IO37"} <= set(data.BOARDS[board]["taken"])


@pytest.mark.parametrize("board", data.BOARDS)
def test_what_differs_from_the_defaults_is_said(board):
    entry = data.BOARDS[board]
    wired = {f"MODEM_{signal}": pin for signal, pin in entry["modem"].items()}
    assert {key: pin for key, pin in wired.items() if DEFAULTS[key] != pin} == entry["settings"]
    page = (ROOT / "docs" / "wiring.md").read_text()
    assert all(f'{key} = "{pin}"' in page for key, pin in entry["settings"].items())


def test_levels_and_resistors():
    assert all(signal in data.SIGNALS for signal in data.SERIES_OHM)
    assert all(10 <= ohm <= 20 for ohm in data.SERIES_OHM.values())
    spi = ("SCK", "MOSI", "MISO", "CS")
    assert all(data.SIGNALS[signal][2] == "3.3" for signal in (*spi, "INT", "VCC"))


def test_signatures_name_causes_of_the_box():
    assert all(code is None or code in faults.TABLE for _, code, _ in data.SIGNATURES)
    shown = {code for _, code, _ in data.SIGNATURES}
    assert {"modem_absent_low", "modem_absent_high", "modem_bad_signature"} <= shown


@pytest.mark.parametrize("name", data.DRAWINGS)
def test_texts_do_not_touch_and_stay_on_the_paper(name):
    """Widths as of DejaVu Sans, the widest font named: 0.65 of the size a letter, 0.72 in bold."""
    boxes = []
    for node in ET.fromstring(wiring.draw(name)).iter("{http://www.w3.org/2000/svg}text"):
        size, x, y = int(node.get("font-size")), int(node.get("x")), int(node.get("y"))
        wide = len(node.text or "") * size * (0.72 if node.get("font-weight") == "700" else 0.65)
        left = x - wide * {"start": 0, "middle": 0.5, "end": 1}[node.get("text-anchor")]
        boxes.append((left, y - 0.75 * size, left + wide, y + 0.2 * size, node.text))
    assert all(box[0] >= 0 and box[2] <= wiring.WIDTH and box[3] <= wiring.HEIGHT for box in boxes)
    for number, one in enumerate(boxes):
        for two in boxes[number + 1 :]:
            apart = one[2] <= two[0] or two[2] <= one[0] or one[3] <= two[1] or two[3] <= one[1]
            assert apart, (one[4], two[4])


def test_wires_between_board_and_modem_keep_apart():
    rows = sorted(wiring.ROWS.values())
    assert all(below - above >= 40 for above, below in pairwise(rows))
