# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What happens on the twin, told in plain words as it happens, or as one JSON event a line.

Everything starts from the World's timeline: entries `{"n", "t_s", "source", "kind", "text", ...}`. `Plugin`
follows one plug-in through STEPS, for the terminal, for the bench page and for the verdict of `--once`.
"""

import json
import os
import sys

# The way of one plug-in: key, title, and what takes it there: checkpoints of the box or fields of an entry.
STEPS = (
    ("plugged", "Plugged in", (), {"kind": "plugged"}),
    ("asked", "Charger lets it talk", (), {"kind": "state", "state": 12}),
    ("matched", "Car found", (150, 155, 190), None),
    ("sdp", "Address told", (202, 203), None),
    ("tcp", "Connected", (303,), None),
    ("schema", "Language agreed", (401, 403), None),
    ("soc", "State of charge read", (540,), None),
    ("released", "Car released", (910,), None),
    ("delivered", "SmartEVSE told", (920,), None),
    ("charging", "Charging on AC", (), {"kind": "charging"}),
)
STEP_TITLES = {key: title for key, title, _, _ in STEPS}

# Checkpoints that stand out in the story, by the words a reader looks for.
MILESTONES = {
    0: "modem found",
    1: "key set",
    155: "SLAC matched",
    202: "SDP answered",
    303: "TCP connected",
    403: "schema negotiated",
    540: "SoC read",
    910: "car released",
    920: "delivered",
}

_COLOURS = {"box": "36", "car": "33", "smartevse": "35", "world": "1"}
_NAMES = {"box": "box", "car": "car", "smartevse": "SmartEVSE", "world": ""}
QUIET_KINDS = ("log", "console")


class Plugin:
    """One plug-in of a car: which of STEPS was reached when.

    `steps`: {key: t_s}; `soc_sent_percent`: what the car was set to tell; `soc_read_percent`: what the box
    said it read; `posted`: the POSTs of this plug-in that SmartEVSE acted on; `verdict`: None, "charging" or
    the car's own words ("stuck until re-plugged"); `ended_s`: when the plug was pulled.
    """

    def __init__(self, entry):
        self.started_s = entry["t_s"]
        self.car = entry.get("car", "")
        self.soc_sent_percent = entry.get("soc_percent")
        self.soc_read_percent = None
        self.steps = {}
        self.posted = []
        self.verdict = None
        self.failure = None
        self.delivery_failed = False
        self.ended_s = None

    def feed(self, entry):
        """Take one entry of the timeline."""
        key = _step_of(entry)
        if key is not None and key not in self.steps:
            self.steps[key] = entry["t_s"]
        if entry.get("soc_percent") is not None and entry["source"] == "box":
            self.soc_read_percent = entry["soc_percent"]
        if entry["kind"] == "post" and entry["post"]["acted"]:
            self.posted.append(entry["post"]["values"]["current_soc"])
        if entry["kind"] in ("charging", "stuck"):
            self.verdict = entry["verdict"]
        if entry["source"] == "box" and entry["kind"] in ("warning", "error"):
            if entry.get("tag") == "smartevse":
                self.delivery_failed = True
            elif entry["kind"] == "error":
                self.failure = entry["text"]
        if entry["kind"] == "unplugged":
            self.ended_s = entry["t_s"]

    @property
    def read(self):
        """True when the box read exactly what the car sent."""
        return self.soc_sent_percent is not None and self.soc_read_percent == self.soc_sent_percent

    @property
    def delivered(self):
        """True when SmartEVSE got exactly what the car sent, and the box knows it."""
        return self.posted == [self.soc_sent_percent] and "delivered" in self.steps

    @property
    def success(self):
        return self.read and self.delivered

    def since(self, key):
        """Seconds from the plug to a step, None when it was not reached."""
        return None if key not in self.steps else self.steps[key] - self.started_s

    def as_json(self):
        """A dict for `--json` and the bench page."""
        return {
            "car": self.car,
            "plugged_s": round(self.started_s, 3),
            "steps": {key: round(t_s - self.started_s, 3) for key, t_s in self.steps.items()},
            "soc_sent_percent": self.soc_sent_percent,
            "soc_read_percent": self.soc_read_percent,
            "posted_percent": self.posted,
            "read": self.read,
            "delivered": self.delivered,
            "verdict": self.verdict,
            "failure": self.failure,
            "ended": self.ended_s is not None,
        }


def _step_of(entry):
    for key, _, checkpoints, fields in STEPS:
        if entry["source"] == "box" and entry.get("checkpoint") in checkpoints:
            return key
        if fields is not None and all(entry.get(name) == value for name, value in fields.items()):
            return key
    return None


class Plugins:
    """Follows the timeline and keeps the plug-ins, the current one last."""

    def __init__(self):
        self.all = []

    @property
    def current(self):
        return self.all[-1] if self.all else None

    def feed(self, entry):
        if entry["kind"] == "plugged":
            self.all.append(Plugin(entry))
        if self.all:
            self.all[-1].feed(entry)


class Story:
    """Tells the timeline on a stream. Use as a listener of a World: `world.listeners.append(story)`."""

    def __init__(self, stream=None, as_json=False, colour=None, verbose=False):
        self.stream = stream or sys.stdout
        self.as_json = as_json
        self.verbose = verbose
        self.plugins = Plugins()
        tty = hasattr(self.stream, "isatty") and self.stream.isatty()
        self._colour = (tty and "NO_COLOR" not in os.environ) if colour is None else colour
        try:
            "✓─·".encode(getattr(self.stream, "encoding", None) or "ascii")
            self._unicode = True
        except (UnicodeEncodeError, LookupError):
            self._unicode = False

    def __call__(self, entry):
        self.plugins.feed(entry)
        if self.as_json:
            if self.verbose or entry["kind"] not in QUIET_KINDS:
                self._line(json.dumps(_jsonable(entry), separators=(",", ":"), ensure_ascii=False))
            return
        if entry["kind"] == "plugged":
            self._line("")
        if entry["kind"] not in QUIET_KINDS or self.verbose:
            self._line(self._sentence(entry))
        if entry["kind"] in ("charging", "stuck"):
            self._summary()

    def start(self, **facts):
        """The head: what runs and where to look. `facts`: box_url, bench_url, seed, speed, car."""
        if self.as_json:
            document = {"t_s": 0.0, "source": "world", "kind": "start", "text": "twin started", **facts}
            self._line(json.dumps(document, separators=(",", ":"), ensure_ascii=False))
            return
        self._line(self._paint("1", "socbox on its digital twin"))
        for title, key in (("the box's own web page", "box_url"), ("the bench page", "bench_url")):
            if facts.get(key):
                self._line(f"  {title:<24}{facts[key]}")
        self._line("")

    def note(self, text):
        """A sentence from the twin's command line itself."""
        if self.as_json:
            document = {"source": "world", "kind": "note", "text": text}
            self._line(json.dumps(document, separators=(",", ":"), ensure_ascii=False))
        else:
            self._line(text)

    def result(self, plugin, text):
        """The last line of `--once`."""
        if self.as_json:
            facts = plugin.as_json() if plugin else {"read": False, "delivered": False}
            document = {"source": "world", "kind": "result", "text": text, **facts}
            self._line(json.dumps(document, separators=(",", ":"), ensure_ascii=False))
        else:
            good = plugin is not None and plugin.success
            self._line("")
            self._line(self._paint("32" if good else "31", text))

    def _sentence(self, entry):
        source = entry["source"]
        number = entry.get("checkpoint")
        milestone = number in MILESTONES or entry["kind"] in ("plugged", "charging", "unplugged")
        mark = ("✓" if self._unicode else "*") if milestone else " "
        text = self._plain(entry["text"])
        if entry["kind"] in ("error", "stuck"):
            mark, text = "!", self._paint("31", text)
        elif entry["kind"] == "warning":
            mark, text = "!", self._paint("33", text)
        elif number in MILESTONES:
            title = MILESTONES[number]
            if title not in text:
                text = f"{title}  {text}"
            head, _, tail = text.partition(title)
            text = head + self._paint("1", title) + (self._paint("2", tail) if tail else "")
        elif milestone:
            text = self._paint("1", text)
        elif entry["kind"] in QUIET_KINDS:
            text = self._paint("2", text)
        who = self._paint(_COLOURS.get(source, "0"), f"{_NAMES.get(source, source):<9}")
        label = "" if number is None else str(number)
        return f"{entry['t_s']:9.3f} s  {who}  {mark} {label:>3}  {text}"

    def _summary(self):
        plugin = self.plugins.current
        if plugin is None or not plugin.steps:
            return
        times = []
        for key, words in (("matched", "matched"), ("soc", "read"), ("delivered", "delivered")):
            if plugin.since(key) is not None:
                times.append(f"{words} after {plugin.since(key):.1f} s")
        last = plugin.since("charging")
        if last is not None:
            times.append(f"AC charging after {last:.1f} s")
        soc = "no SoC" if plugin.soc_read_percent is None else f"{plugin.soc_read_percent} %"
        self._line(self._paint("1", f"{'':13}{soc}: " + ", ".join(times)))

    def _plain(self, text):
        if self._unicode:
            return text
        return text.encode("ascii", "replace").decode()

    def _paint(self, code, text):
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text

    def _line(self, text):
        self.stream.write(text + "\n")
        self.stream.flush()


def _jsonable(entry):
    """The entry without bytes: they become hex, a raw request becomes text."""
    out = {}
    for key, value in entry.items():
        if isinstance(value, (bytes, bytearray)):
            try:
                out[key] = bytes(value).decode("ascii") if key == "raw" else bytes(value).hex()
            except UnicodeDecodeError:
                out[key] = bytes(value).hex()
        elif isinstance(value, dict):
            out[key] = _jsonable(value)
        elif isinstance(value, float):
            out[key] = round(value, 6)
        else:
            out[key] = value
    return out
