# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Which display is opened: what the settings name, or what answers by itself; without one the box goes on."""

import sys
import types
from pathlib import Path
from types import SimpleNamespace

import pytest
from appliance.display import drivers

from host_tests.support.boards import run_code, said

GLASS = SimpleNamespace(width=128, height=64)


class Log(list):
    def _take(self, kind):
        return lambda _tag, text: self.append((kind, text))

    note = property(lambda self: self._take("note"))
    detail = property(lambda self: self._take("detail"))
    caution = property(lambda self: self._take("caution"))


def opened(monkeypatch, chosen, **there):
    """(display, log, kinds that were tried); `there` {kind: display}, all others fail."""
    log, tried = Log(), []

    def opener(kind):
        def open_it(_settings, _pin):
            tried.append(kind)
            if kind not in there:
                raise ValueError("nobody there")
            return there[kind]

        return open_it

    monkeypatch.setattr(drivers, "_OPENERS", {kind: opener(kind) for kind in ("ssd1306", "st7789", "board")})
    return drivers.open_display({"DISPLAY": chosen}, None, log), log, tried


def test_by_itself_the_boards_own_comes_first_and_a_part_that_cannot_answer_is_never_tried(monkeypatch):
    assert opened(monkeypatch, "auto", board=GLASS)[2] == ["board"]
    display, log, tried = opened(monkeypatch, "auto", ssd1306=GLASS)
    assert (display, tried) == (GLASS, ["board", "ssd1306"])
    assert log[-1] == ("note", "ssd1306, 128 x 64")


def test_a_box_without_a_display_is_no_fault_unless_the_settings_name_one(monkeypatch):
    display, log, _ = opened(monkeypatch, "auto")
    assert display is None and {kind for kind, _ in log} == {"detail"}
    display, log, tried = opened(monkeypatch, "st7789")
    assert (display, tried, log) == (None, ["st7789"], [("caution", "no st7789 display: nobody there")])


def test_with_none_there_is_no_display_even_where_the_board_has_one(monkeypatch):
    assert opened(monkeypatch, "none", board=GLASS) == (None, [], [])


@pytest.mark.parametrize(("own", "wanted", "shown"), [(270, 0, 270), (270, 180, 90), (0, 90, 90)])
def test_a_display_of_the_board_is_turned_from_how_it_is_mounted(monkeypatch, own, wanted, shown):
    board = types.ModuleType("board")
    board.DISPLAY = SimpleNamespace(auto_refresh=True, rotation=own)
    monkeypatch.setitem(sys.modules, "board", board)
    supervisor = SimpleNamespace(
        runtime=SimpleNamespace(run_reason="startup"), RunReason=SimpleNamespace(STARTUP="startup")
    )
    monkeypatch.setitem(sys.modules, "supervisor", supervisor)
    display = drivers._open_board({"DISPLAY_ROTATION": wanted}, None)
    assert (display.rotation, display.auto_refresh) == (shown, False)


TURNED_TWICE = """
import alarm, supervisor
from appliance.display import drivers
class Log:
    note = detail = caution = print
display = drivers.open_display({"DISPLAY": "board", "DISPLAY_ROTATION": 180}, None, Log)
print(display.rotation)
alarm.sleep_memory[0] += 1
if alarm.sleep_memory[0] < 2:
    supervisor.reload()
"""


def test_a_program_that_is_started_again_does_not_turn_the_boards_display_back(tmp_path):
    files = {"lib/appliance/__init__.py": "", "lib/appliance/display/__init__.py": ""}
    files["lib/appliance/display/drivers.py"] = Path(drivers.__file__).read_text()
    device = run_code(tmp_path, TURNED_TWICE, files=files, board_id="lilygo_tdisplay_s3")
    assert said(device) == ["display board, 320 x 170", "180"] * 2
