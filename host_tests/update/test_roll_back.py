# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Versions that do not run well are taken back by the box itself, on the twin, with the time it took."""

import pytest

from host_tests.update.boxes import NEW, UpdatedBox, made

BOX = "lib/appliance/box.py"
LINK = "lib/appliance/network/link.py"
BUS = "lib/appliance/bus.py"
HEALTH = "lib/appliance/update/health.py"


def in_loop(after_s, what):
    """A version in whose loop something happens so many seconds after its start."""

    def change(text):
        return text.replace(
            "    def due(self, now):",
            f"    def due(self, now):\n        if self._uptime.seconds >= {after_s}:\n            {what}",
            1,
        )

    return {HEALTH: change}


def before(line, planted, path=BOX):
    def change(text):
        assert text.count(line) == 1
        return text.replace(line, planted + line)

    return {path: change}


def instead_of(old, new, path):
    def change(text):
        assert old in text
        return text.replace(old, new)

    return {path: change}


# A compiler that leaves annotations as they stand, as the twin's does, refuses it. What makes the bundle reads every file as
# well, refuses what Python itself does not take, and takes this.
NO_SYNTAX = "def planted():\n    nothing: (yield) = None\n"
FILL = "hoard = []\n        while len(hoard) < 80:\n            hoard.append(bytes(100000))\n        raise MemoryError"
# name: what is changed, and how long the box may take to run the version before again
FAILING = {
    "crashes at import": (before("import gc\n", "raise ValueError('planted')\n"), 70),
    "has a syntax error": (before("import gc\n", NO_SYNTAX), 70),
    "has a damaged EXI table": ({"lib/v2g/schemas/din.bin": lambda data: data[:-1] + b"!"}, 120),
    "crashes after 5 s": (in_loop(5, "import microcontroller; microcontroller.reset()"), 90),
    "crashes after 50 s": (in_loop(50, "import microcontroller; microcontroller.reset()"), 260),
    "hangs while it is loaded": (before("import gc\n", "import time\ntime.sleep(3600)\n"), 300),
    "hangs after 20 s": (in_loop(20, "import time; time.sleep(3600)"), 300),
    "fills the memory": (before('        self.log.note("box", "%s %s"', f"        {FILL}\n"), 110),
    "breaks WiFi": (instead_of("radio.connect(ssid", "radio.connect_nowhere(ssid", LINK), 420),
    "loses the modem": (before("        import busio\n        import digitalio\n", "        raise ValueError\n", BUS), 420),
}
QUICK = ("crashes at import", "crashes after 5 s", "hangs while it is loaded", "fills the memory")


def roll_back(name, figures):
    changed, limit_s = FAILING[name]
    # Minutes of an idle box: what its Python costs is measured elsewhere.
    with UpdatedBox(device_options={"charge_lines": False}) as box:
        assert box.send(made(NEW, changed))["state"] == "written"
        assert box.install()["new_version"] == NEW
        started_s = box.now_s
        lib_again = box.world.run_until(
            lambda: box.device.console and box.device.console[-1][1].strip() == "starting lib", limit_s
        )
        assert lib_again, box.device.console_text()[-2000:]
        took_s = box.now_s - started_s
        starts = box.device.console_text().count(f"starting a {NEW}")
        box.wait_for_page()
        assert box.runs() == "0.1.0"
        _, status = box.ask("GET", "/api/status")
        assert f"Version {NEW} did not run well" in " ".join(status["notes"])
        assert "rolled_back" in [cause["code"] for cause in status["causes"]]
        assert box.state()["slots"][0] == {"slot": "a", "version": NEW, "state": "failed", "publisher": "no_key"}
        # It stays put aside, whatever happens to the supply.
        box.device.power_cycle(5)
        box.wait_for_page()
        assert box.runs() == "0.1.0" and "rolled_back" in str(box.ask("GET", "/api/status")[1]["causes"])
        # A better one is taken at once.
        assert box.send(made("0.2.1"))["state"] == "written"
        box.install()
        box.wait_for_page()
        assert box.runs() == "0.2.1"
        assert "rolled_back" not in str(box.ask("GET", "/api/status")[1]["causes"])
    figures(
        f"a version that {name}: the one before it runs again {took_s:.0f} s after the restart, {starts} starts"
    )


@pytest.mark.parametrize("name", QUICK)
def test_it_is_taken_back(name, figures):
    roll_back(name, figures)


@pytest.mark.soak
@pytest.mark.parametrize("name", sorted(set(FAILING) - set(QUICK)))
def test_it_is_taken_back_too(name, figures):
    roll_back(name, figures)
