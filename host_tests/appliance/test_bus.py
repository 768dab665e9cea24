# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Pins by name, the box's MAC, and a bus that gives its pins back."""

import importlib.util
import sys
import types
from types import SimpleNamespace

import pytest

UID = bytes.fromhex("ff0102030405060708")


def on_this_board():
    """A copy of the module that is bound to the board of this test and is nobody else's."""
    path = importlib.util.find_spec("appliance.bus").origin
    spec = importlib.util.spec_from_file_location("bus_of_a_test", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def board(monkeypatch):
    """The firmware's modules of a board that calls its pins IO1 ... and a chip that knows GPIO45; gives what was opened."""
    opened = []

    class Part:
        def __init__(self, *arguments, **named):
            self.wires = [*arguments, *named.values()]
            if "broken" in self.wires:
                raise ValueError("broken is in use")
            self.direction = None
            opened.append(self)

        def deinit(self):
            opened.remove(self)

    modules = {
        "board": {"IO1": "one", "IO2": "two", "IO3": "three", "IO4": "four", "IO5": "five", "IO6": "broken", "SCK": "clock"},
        "microcontroller": {"pin": SimpleNamespace(GPIO45="forty-five"), "cpu": SimpleNamespace(uid=UID)},
        "busio": {"SPI": Part},
        "digitalio": {"DigitalInOut": Part, "Direction": SimpleNamespace(INPUT="in")},
        "adafruit_bus_device.spi_device": {"SPIDevice": SimpleNamespace},
    }
    for name, names in modules.items():
        module = types.ModuleType(name)
        module.__dict__.update(names)
        monkeypatch.setitem(sys.modules, name, module)
    bus = on_this_board()
    monkeypatch.setattr(bus, "SpiLines", lambda _bus, _make, _first: SimpleNamespace(open=lambda first: first))
    monkeypatch.setattr(bus, "Qca7005", lambda spi, interrupt, lines: SimpleNamespace(spi=spi, interrupt=interrupt))
    return SimpleNamespace(bus=bus, opened=opened)


@pytest.mark.parametrize("name", ("IO1", "GPIO1", "1", "gpio1", "io1"))
def test_a_pin_has_three_spellings(board, name):
    assert board.bus.find_pin(name) == "one"


@pytest.mark.parametrize(("name", "pin"), [("", None), ("SCK", "clock"), ("IO45", "forty-five")])
def test_a_pin_may_be_absent_have_the_boards_own_name_or_be_known_to_the_chip_only(board, name, pin):
    assert board.bus.find_pin(name) == pin


def test_a_pin_that_the_board_has_not_is_named(board):
    with pytest.raises(ValueError, match="no pin IO99"):
        board.bus.find_pin("IO99")


@pytest.mark.parametrize("name", ("IO26", "GPIO26", "26", "IO32", "io33", "IO37"))
def test_a_pin_of_the_boards_memory_is_never_given_away(board, monkeypatch, name):
    for number in range(22, 49):
        monkeypatch.setattr(sys.modules["board"], "IO%d" % number, number, raising=False)
    with pytest.raises(ValueError, match="memory is on pin " + name):
        board.bus.find_pin(name)
    assert board.bus.find_pin("IO38") == 38


@pytest.mark.parametrize("display", [None, object()], ids=["given back", "e-paper"])
def test_a_display_that_cannot_be_kept_quiet_does_not_cost_the_modem(board, monkeypatch, display):
    board.bus.quiet_display()
    monkeypatch.setattr(sys.modules["board"], "DISPLAY", display, raising=False)
    board.bus.quiet_display()


def test_a_boards_own_display_is_kept_quiet(board, monkeypatch):
    display = SimpleNamespace(auto_refresh=True)
    monkeypatch.setattr(sys.modules["board"], "DISPLAY", display, raising=False)
    board.bus.quiet_display()
    assert display.auto_refresh is False


FIRST = (3, 8000000)


def test_a_bus_is_the_same_only_on_the_same_pins_and_setting(board):
    names = ["IO1", "IO2", "IO3", "IO4", ""]
    bus = board.bus.ModemBus(names, FIRST)
    assert bus.same(["GPIO1", "2", "IO3", "IO4", ""], FIRST), "another spelling is no other pin"
    assert not bus.same(["IO5", *names[1:]], FIRST) and not bus.same(names, (0, 8000000))
    assert bus.modem.interrupt is None


def test_closing_gives_every_pin_back(board):
    bus = board.bus.ModemBus(["IO1", "IO2", "IO3", "IO4", "IO5"], FIRST)
    assert len(board.opened) == 3 and bus.modem.interrupt.direction == "in"
    bus.close()
    assert board.opened == []


@pytest.mark.parametrize("place", range(5))
def test_a_bus_that_cannot_be_opened_keeps_no_pin(board, place):
    names = ["IO1", "IO2", "IO3", "IO4", "IO5"]
    names[place] = "IO6"
    with pytest.raises(ValueError, match="in use"):
        board.bus.ModemBus(names, FIRST)
    assert board.opened == []


class RadioOf:
    """Finds the module wifi, and fails while it is executed, as on a chip whose radio does not start."""

    def __init__(self, error):
        self.error = error
        self.asked = 0

    def find_spec(self, name, _path=None, _target=None):
        if name == "wifi":
            self.asked += 1
            raise self.error


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("Failed to allocate Wifi memory"),
        OSError("WiFi driver"),
        RuntimeError("no"),
        ImportError("no module named 'wifi'"),
    ],
)
def test_a_radio_that_does_not_start_is_none_and_is_asked_once(board, monkeypatch, capsys, error):
    finder = RadioOf(error)
    monkeypatch.delitem(sys.modules, "wifi", raising=False)
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    assert board.bus.open_radio() is None and finder.asked == 1
    assert capsys.readouterr().out == f"no radio: {error}\n"


def test_without_a_radio_the_mac_is_made_from_the_chips_number_and_is_a_local_unicast_one(board):
    mac = board.bus.own_mac(None)
    assert len(mac) == 6 and mac[1:] == UID[-5:] and mac[0] & 3 == 2
    assert board.bus.own_mac(SimpleNamespace(mac_address=b"\x02\x00\x00\x00\x00\x51")) == b"\x02\x00\x00\x00\x00\x51"
