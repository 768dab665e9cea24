# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box looks at its own parts and reports each in one line: once after the start, and when somebody asks.

The lines are in the order of docs/hardware-checklist.md: what may fail first on a new board comes first. It talks to the
modem, so it is run by a slow piece (``jobs.SelfTest``), never while a car is in a session.
"""

import gc
import os

import microcontroller

from appliance.state import faults
from appliance.state import status as status_module
from appliance.state.report import Check, Report

# Bytes free in the modem's write buffer when it is empty.
WRITE_BUFFER_EMPTY = 0x0C5B
# Bytes of free heap below which the board has no PSRAM, or its firmware does not use it.
LITTLE_MEMORY = 250000
# supervisor.ticks_ms at the reset of the chip (CircuitPython, shared-bindings/supervisor/__init__.c).
TICKS_AT_RESET = 0x1FFF0000
_TICKS_MASK = (1 << 29) - 1
# A program that starts later after the reset was started by hand.
_LONGEST_START_MS = 60000

# The check without which the others of the modem are not made.
MODEM = "modem"


def check_board():
    """The board by its firmware's name, its CircuitPython, and why it started."""
    try:
        system = os.uname()
        reason = str(microcontroller.cpu.reset_reason).split(".")[-1].lower().replace("_", " ")
        text = "%s, CircuitPython %s, started by: %s" % (system.machine, system.release, reason)
        return Check("board", True, text)
    except (AttributeError, NotImplementedError):
        return Check("board", None, "does not say what it is")


def check_memory():
    """The free heap, after a collection."""
    gc.collect()
    if not hasattr(gc, "mem_free"):
        return Check("memory", None, "not known")
    free = gc.mem_free()
    text = "%d kB free" % (free // 1024)
    if free < LITTLE_MEMORY:
        return Check("memory", False, text + ": is this firmware the one for your board, with its PSRAM?")
    return Check("memory", True, text)


def _modem_fault(modem):
    return None if modem.ready else status_module.MODEM_CAUSES.get(modem.status) or "modem_no_start"


def check_spi(modem):
    """The SPI setting in use, and the signatures read with the others if they were tried."""
    text = "SPI " + modem.setting_text
    search = getattr(modem, "search", None)
    if search is None:
        return Check("spi", modem.ready, text + (", as set" if modem.ready else ""), _modem_fault(modem))
    heard = []
    for place, signature in enumerate(search.heard):
        if signature >= 0:
            mode, clock_hz = search.settings[place]
            heard.append("mode %d, %d MHz: %04x" % (mode, clock_hz // 1000000, signature))
    return Check("spi", modem.ready, "%s; heard: %s" % (text, "; ".join(heard)), _modem_fault(modem))


def check_modem(modem):
    """The signature, which the driver reads twice a second."""
    cause = _modem_fault(modem)
    if cause is None:
        return Check(MODEM, True, "answers with the signature of a QCA7005")
    return Check(MODEM, False, faults.text(cause), cause)


def check_firmware(status):
    """The version of the modem's firmware."""
    if status.firmware:
        return Check("firmware", True, status.firmware)
    return Check("firmware", False, "The modem has not reported its firmware.", "modem_silent")


def check_role(status):
    """Whether the modem's parameters are a charger's."""
    role = status.modem_role
    if role == "charger":
        return Check("role", True, "set up for a charger")
    if role is None:
        return Check("role", None, "The modem has not reported what it is set up for.")
    code = status_module.ROLE_CAUSES[role]
    return Check("role", False, faults.text(code), code)


def check_key(loop, status):
    """Whether the modem has the network key of the protocol stack."""
    if loop.secc.slac.key_confirmed:
        return Check("key", True, "set")
    return Check(
        "key", False, "The modem has no key from the box.", status.faults.of(faults.MODEM) or "modem_silent"
    )


def check_write_space(modem):
    """Whether the modem's write buffer is empty."""
    room = modem.room()
    if room == WRITE_BUFFER_EMPTY:
        return Check("write_space", True, "empty")
    return Check(
        "write_space", False, "%d of %d bytes free in the modem" % (room, WRITE_BUFFER_EMPTY), "modem_blocked"
    )


def check_drive(root):
    """Room on the drive that ``root`` is on."""
    try:
        facts = os.statvfs(root or "/")
    except (AttributeError, OSError):
        return Check("drive", None, "not known")
    kilobytes = [facts[1] * blocks // 1024 for blocks in (facts[3], facts[2])]
    return Check("drive", True, "%d kB free of %d kB" % tuple(kilobytes))


def check_nvm(kept):
    """NVM, which outlives a power cut, and whether what the box keeps there was lost."""
    size = len(getattr(microcontroller, "nvm", None) or b"")
    text = "%d bytes" % size if size else "This board has none: counters start from zero each time."
    if kept.lost:
        text += "; what the box kept there was lost in a power cut and starts afresh"
    return Check("nvm", bool(size), text)


def check_display(display, wanted):
    """``display`` is None without one; ``wanted`` is the setting DISPLAY."""
    if display is not None and not display.panel.stuck:
        return Check("display", True, "there")
    if display is None and wanted in ("auto", "none"):
        return Check("display", None, "none")
    return Check("display", False, faults.text("display_missing"), "display_missing")


def check_wifi(wifi):
    """Whether the box is in the owner's network."""
    if wifi.connected:
        rssi = wifi.rssi()
        return Check("wifi", True, "connected" + (", %d dBm" % rssi if rssi else ""))
    if wifi.state == "off":
        return Check("wifi", None, "not set up")
    cause = wifi.cause or "wifi_down"
    return Check("wifi", False, faults.text(cause), cause)


def check_smartevse(smartevse, wifi):
    """The SmartEVSE, as it answered when it was last asked."""
    if smartevse.target is None:
        return Check("smartevse", None, "not set up")
    if not smartevse.can_ask:
        return Check("smartevse", None, "an address that accepts readings but cannot be queried")
    if not wifi.connected:
        return Check("smartevse", False, faults.text("smartevse_no_wifi"), "smartevse_no_wifi")
    if smartevse.cause is None and smartevse.state == "unknown":
        return Check("smartevse", None, smartevse.text)
    if smartevse.cause is None:
        return Check("smartevse", True, smartevse.text)
    return Check("smartevse", False, faults.text(smartevse.cause), smartevse.cause)


def check_boot(started, status):
    """Seconds from the reset of the chip until each part was there; ``started`` are the ticks of program start."""
    before_ms = (started - TICKS_AT_RESET) & _TICKS_MASK
    since = "the reset"
    if before_ms > _LONGEST_START_MS:
        before_ms, since = 0, "program start"
    rows = list(status.marks.items()) + ([("program", 0)] if before_ms else [])
    # After a start by hand the times of what was there before are of no interest.
    rows = [row for row in rows if row[1] + before_ms >= 0]
    rows.sort(key=lambda row: row[1])
    times = ["%s %.1f" % (name, (before_ms + ms) / 1000) for name, ms in rows]
    return Check("boot", True, "seconds after %s: %s" % (since, ", ".join(times)))


def run(rows, log, seconds):
    """Makes the checks, logs them and returns a Report. ``rows``: (name of a check that must pass first or None, function,
    its arguments ...); ``seconds``: uptime."""
    checks, passed = [], []
    for row in rows:
        if row[0] is None or row[0] in passed:
            check = row[1](*row[2:])
            checks.append(check)
            if check.ok:
                passed.append(check.name)
    report = Report(checks, seconds)
    for check in checks:
        tell = log.caution if check.ok is False else log.note
        tell("box", "bring-up: %s: %s" % (check.name.replace("_", " "), check.text))
    log.note("box", "self-test: " + (", ".join(report.failed) or "all parts work"))
    return report
