# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A report for whoever helps: all that serves to find a fault, and no secret. It names neither the owner's network nor all
of a car's address."""

import json

from appliance.base import version
from appliance.base.text import HEX, LETTERS, consists_of
from appliance.base.url import Url
from appliance.settings.schema import KEY, SCHEMA, SECRET
from appliance.settings.settings import CAR_KEYS, error_texts
from appliance.state import cars
from appliance.state import status as status_module
from appliance.web import responses

LINES_A_PIECE = 5


def stage_list(status):
    """What people see, and the states that it is made from."""
    return [status.stage(), status.headline(), status.modem_status, status.secc_stage]


def session_counts(loop):
    """What the protocol stack counted."""
    return getattr(loop.secc, "counts", None)


def frames_document(frames):
    """How full the ring is."""
    return {"kept": frames.kept, "dropped": frames.dropped}


def bring_up_text(report):
    """What the self-test found, a line each."""
    if report is None:
        return "not yet, 40 s after the start\n"
    marks = {True: "ok", False: "NOT OK", None: "-"}
    return "".join(["%s: %s: %s\n" % (check.name, marks[check.ok], check.text) for check in report.checks])


# Digits of the address of a modem, of an EVCCID, and of one that is padded to eight bytes.
ADDRESS_DIGITS = (12, 16)
# What takes readings beside the SmartEVSE: such an address often has a key in it.
LISTENER_KEYS = ("LISTENER_1", "LISTENER_2")
_SEPARATORS = ":-"
_SMALL = LETTERS[:26]
MOST_PLAIN = 8
_OWN_WORDS = __file__.rsplit("/", 1)[0] + "/report_words.txt"


def _are_joined(before, after):
    return bool(before and after) and before in LETTERS and after in LETTERS


def _replaced(text, word, instead):
    """``text`` with ``instead`` for ``word``, but not inside a longer word and not as a key of JSON."""
    pieces = text.split(word)
    result = pieces[0]
    for piece in pieces[1:]:
        inside = _are_joined(result[-1:], word[:1]) or _are_joined(word[-1:], piece[:1])
        result += (word if inside or piece[:2] == '":' else instead) + piece
    return result


def _is_plain(text):
    return len(text) <= MOST_PLAIN and consists_of(text, _SMALL)


def _without_own(words):
    """``words`` without those that the report has of itself, or may have where the list of them is missing."""
    plain = [word for word in words if _is_plain(word)]
    if not plain:
        return words
    try:
        with open(_OWN_WORDS) as file:
            own = file.read()
    except OSError:
        # Any of them may be.
        own = "\n" + "\n".join(plain) + "\n"
    return [word for word in words if word not in plain or "\n" + word + "\n" not in own]


class Mask:
    """Removes private data from a text: secrets, names, and whatever looks like a car's address.

    The first half of an address is kept, because the maker of the car's modem helps; the rest becomes a number, the same
    for the same car in the whole report.
    """

    def __init__(self, settings, access):
        secrets = [str(settings[row[KEY]]) for row in SCHEMA if row[SECRET] and settings[row[KEY]]]
        # A word may be one of the report's own: what takes its place would give it away, and it alone does not.
        words = [(value, "(secret)") for value in _without_own(secrets)]
        made_up = access.made_up
        if made_up:
            words += [(made_up, "(secret)"), (made_up.replace("-", ""), "(secret)")]
        if len(settings["WIFI_SSID"]) > 2:
            words.append((settings["WIFI_SSID"], "(network)"))
        for key in CAR_KEYS:
            name = cars.parse(settings[key]).name if settings[key] else None
            if name and len(name) > 2:
                words.append((name, "(name)"))
        self._words = words
        self._numbers = {}

    def __call__(self, text):
        for word, instead in self._words:
            text = _replaced(text, word, instead)
        # Most words are too short to have an address in them, and each letter that is looked at takes time.
        words = text.split(" ")
        for at, word in enumerate(words):
            if len(word) >= ADDRESS_DIGITS[0]:
                words[at] = self._without_addresses(word)
        return " ".join(words)

    def _without_addresses(self, word):
        result, run = "", ""
        for letter in word + " ":
            if letter in HEX or (run and letter in _SEPARATORS):
                run += letter
                continue
            before = result[-1:]
            alone = not (before in LETTERS and before) and letter not in LETTERS
            result += (self._masked(run) if alone else run) + letter
            run = ""
        return result[:-1]

    def _masked(self, run):
        if run[:5].lower() == "fe80:":
            # It is made from the address of a car's modem.
            return "fe80:(cut)"
        digits = run.replace(":", "").replace("-", "").lower()
        if len(digits) not in ADDRESS_DIGITS:
            return run
        own = digits[-12:]
        number = self._numbers.setdefault(own, len(self._numbers) + 1)
        return "%s(car %d)" % (own[:6], number)


def _car_text(value):
    """A car's line without its address and its name."""
    parts = [part.strip() for part in value.split(";")]
    parts[0] = parts[0].replace(":", "").replace("-", "")[:6] + "..."
    return "; ".join(["name=(name)" if part.startswith("name") else part for part in parts])


def _setting_line(row, settings):
    value = settings[row[KEY]]
    if row[SECRET] or row[KEY] == "WIFI_SSID":
        value = "(set)" if value else "(not set)"
    elif row[KEY] == "SMARTEVSE_URL":
        value = value.split("?", 1)[0]
    elif row[KEY] in LISTENER_KEYS and value:
        value = Url(value).url("/(cut)")
    elif row[KEY] in CAR_KEYS and value:
        value = _car_text(value)
    return "%s = %s   (%s)\n" % (row[KEY], value, settings.source(row[KEY]))


class Diagnostics:
    """Handler of the report. ``rows`` are the parts as in ``appliance.web.documents``."""

    def __init__(self, rows, self_test, status, settings, access, log):
        self._rows = rows
        self._self_test = self_test
        self._status = status
        self._settings = settings
        self._access = access
        self._log = log

    def report(self, request):
        """GET /diagnostics.txt"""
        return responses.streamed(request, self.pieces(), responses.TEXT, "socbox-diagnostics.txt")

    def pieces(self):
        """The report, a few lines a piece."""
        status = self._status
        mask = Mask(self._settings, self._access)
        yield "%s %s, running for %d s\n" % (version.PRODUCT, version.VERSION, status.uptime.seconds)
        yield "Passwords and the names of the network and of cars are left out, addresses of cars cut and numbered.\n"
        yield "The raw frames are not in here: /capture.pcap. They have the cars' whole addresses.\n"
        yield "\n[bring-up]\n" + mask(bring_up_text(self._self_test.report))
        for name, function, *parts in self._rows:
            yield "\n[%s]\n%s\n" % (name, mask(json.dumps(function(*parts))))
        yield from self._history(status, mask)
        yield "\n[settings]\n"
        for row in SCHEMA:
            yield mask(_setting_line(row, self._settings))
        for text in error_texts(self._settings):
            yield mask(text) + "\n"
        yield from self._lines(mask)

    def _history(self, status, mask):
        yield "\n[sessions]\n"
        for session in status.sessions:
            yield mask(json.dumps(status_module.session_document(session, status.uptime.seconds))) + "\n"
        yield "\n[timeline]\n"
        for seconds, millis, number, text in status.timeline:
            yield mask("%d.%03d %d %s\n" % (seconds, millis, number, text))

    def _lines(self, mask):
        log = self._log
        yield "\n[log] %d lines dropped\n" % log.dropped
        batch = ""
        for count, record in enumerate(log.records(), 1):
            batch += "%d.%03d %s %s %s\n" % record[1:]
            if count % LINES_A_PIECE == 0:
                yield mask(batch)
                batch = ""
        yield mask(batch)
