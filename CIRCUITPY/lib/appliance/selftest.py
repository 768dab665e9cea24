# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box looks at its own parts: once after the start, and when somebody asks. Never while a car is in a session.

A slow piece's work (``errands.SelfTest``), for it talks to the modem's chip and may follow a question to the SmartEVSE.
"""

from appliance import causes, status

# What the modem's write buffer holds when nothing waits in it.
WRITE_BUFFER_EMPTY = 0x0C5B

MODEM, FIRMWARE, KEY, ROOM, DISPLAY, WIFI, SMARTEVSE = (
    "modem",
    "firmware",
    "key",
    "write_space",
    "display",
    "wifi",
    "smartevse",
)


class Check:
    """One part: ``ok`` True, False or None (not there on purpose), ``text``, and ``cause``, a key of the table."""

    def __init__(self, name, ok, text, cause=None):
        self.name = name
        self.ok = ok
        self.text = text
        self.cause = None if ok is not False else cause


class Report:
    """What a test found, and when (seconds of uptime)."""

    def __init__(self, checks, at_s):
        self.checks = checks
        self.at_s = at_s

    @property
    def failed(self):
        """Names of the parts that are not as they should be."""
        return [check.name for check in self.checks if check.ok is False]

    def document(self, now_s):
        """As JSON has it."""
        rows = [
            {
                "name": check.name,
                "ok": check.ok,
                "text": check.text,
                "cause": status.cause_document(check.cause),
            }
            for check in self.checks
        ]
        return {"ago_s": now_s - self.at_s, "ok": not self.failed, "checks": rows}


def _modem(modem):
    """The signature that the driver reads twice a second."""
    if modem.ready:
        return Check(MODEM, True, "answers with the signature of a QCA7005")
    cause = status.cause_of_modem(modem.status) or "modem_no_start"
    return Check(MODEM, False, causes.text(cause), cause)


def _firmware(box):
    if box.firmware:
        return Check(FIRMWARE, True, box.firmware)
    return Check(FIRMWARE, False, "The modem has not told its firmware.", "modem_silent")


def _key(box):
    if box.loop.secc.slac.key_confirmed:
        return Check(KEY, True, "set")
    cause = box.status.cause_of(causes.MODEM)
    return Check(KEY, False, "The modem holds no key of ours.", cause or "modem_silent")


def _room(modem):
    room = modem.room()
    if room == WRITE_BUFFER_EMPTY:
        return Check(ROOM, True, "empty")
    return Check(
        ROOM, False, "%d of %d bytes free in the modem" % (room, WRITE_BUFFER_EMPTY), "modem_blocked"
    )


def _display(box):
    if box.display is not None:
        return Check(DISPLAY, True, "there")
    if box.settings["DISPLAY"] in ("auto", "none"):
        return Check(DISPLAY, None, "none")
    return Check(DISPLAY, False, causes.text("display_missing"), "display_missing")


def _wifi(wifi):
    if wifi.connected:
        return Check(WIFI, True, "connected")
    if wifi.state == "off":
        return Check(WIFI, None, "not set up")
    cause = wifi.cause or "wifi_down"
    return Check(WIFI, False, causes.text(cause), cause)


def _smartevse(box):
    evse = box.smartevse
    if evse.target is None:
        return Check(SMARTEVSE, None, "not set up")
    if not evse.can_ask:
        return Check(SMARTEVSE, None, "an address that takes readings and cannot be asked")
    if not box.wifi.connected:
        return Check(SMARTEVSE, False, causes.text("smartevse_no_wifi"), "smartevse_no_wifi")
    if evse.cause is None and evse.state == "unknown":
        return Check(SMARTEVSE, None, evse.text)
    if evse.cause is None:
        return Check(SMARTEVSE, True, evse.text)
    return Check(SMARTEVSE, False, causes.text(evse.cause), evse.cause)


def run(box):
    """A Report. Only for a slow piece, which has no car in a session; the SmartEVSE counts as it was last."""
    modem = box.loop.modem
    checks = [_modem(modem)]
    if checks[0].ok:
        checks.extend((_firmware(box), _key(box), _room(modem)))
    checks += [_display(box), _wifi(box.wifi), _smartevse(box)]
    report = Report(checks, box.status.uptime.seconds)
    for check in checks:
        if check.ok is False:
            box.log.caution("box", "self-test: %s: %s" % (check.name, check.text))
    if not report.failed:
        box.log.note("box", "self-test: all parts are well")
    return report
