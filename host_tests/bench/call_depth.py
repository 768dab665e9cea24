# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The deepest chains of Python calls on the device, over whole plug-ins: `python -m host_tests.bench.call_depth`.

All Python frames of the device share the pystack: 2048 bytes when settings.toml is lost, 4096 as shipped. The meter
that charges for lines sees every call of device code, Adafruit's libraries included; here it also keeps, for each
function, the deepest chain that led to it. Bytes are what MicroPython's compiler gives a call (`pystack`); which chains are
looked at, and what the twin enforces, goes by the estimate of `cost.pystack_bytes`.
"""

import sys

from host_tests.bench import pystack
from host_tests.support.starts import started
from host_tests.twin import line_marks
from host_tests.twin.cost import DRIVE, FROZEN, LineCosts, Meter, pystack_bytes
from host_tests.twin.world import SETTINGS_IN_USE, World

FRAMES_BUDGET = 20
BYTES_BUDGET = 1536
PASSWORD = "correct horse"
IN_USE = dict(SETTINGS_IN_USE, WEB_PASSWORD=PASSWORD)
ST7789 = dict(IN_USE, DISPLAY="st7789")
DEVICE = (DRIVE, FROZEN)


class Chain:
    """One chain of calls, outermost first: `places` like "lib/appliance/loop.py turn", `frames`, `bytes`."""

    def __init__(self, code, line, frame):
        """`frame`: from where the code was called."""
        self.places = []
        self.bytes = 0
        self._inner = None
        self._add(code, line)
        while frame is not None:
            self._add(frame.f_code, frame.f_lineno)
            frame = frame.f_back
        self.places.reverse()

    def _add(self, code, line):
        if code.co_filename.startswith(DEVICE):
            name = code.co_filename.removeprefix(DRIVE).removeprefix(FROZEN).removeprefix("lib/")
            self.places.append(f"{name.removesuffix('.py')}:{line} {code.co_name}")
            code = line_marks.plain(code)
            size = pystack.call_bytes(code)
            self.bytes += pystack_bytes(code) if size is None else size
            if self._inner is not None:
                self.bytes += pystack.copied_bytes(self._inner, code, line)
            self._inner = code

    @property
    def frames(self):
        return len(self.places)

    def __str__(self):
        return f"{self.frames} frames, {self.bytes} bytes: " + " > ".join(self.places)


class Chains(dict):
    """The deepest chain to each function: {(code, "frames" or "bytes"): Chain}."""

    def note(self, code, line, caller):
        chain = Chain(code, line, caller)
        for key in ((code, "frames"), (code, "bytes")):
            known = self.get(key)
            if known is None or getattr(chain, key[1]) > getattr(known, key[1]):
                self[key] = chain


def chains_of(device):
    """The chains of all that the device runs from now on."""
    if not hasattr(type(device.meter), "watch"):
        device.meter = DepthMeter(LineCosts(), device._flush_lines)
        return device.meter.chains
    chains = Chains()
    device.meter.watch = chains.note
    return chains


class DepthMeter(Meter):
    """Charges like its parent and keeps `chains`."""

    def __init__(self, line_costs, flush):
        super().__init__(line_costs, flush)
        self.chains = Chains()
        charge = self.global_trace
        stack = self._stack
        deepest = {}

        def global_trace(frame, event, argument):
            local = charge(frame, event, argument)
            if local is not None:
                frames, size = deepest.get(frame.f_code, (0, 0))
                if stack[0] > frames or stack[1] > size:
                    # The counters are only a hint: what counts is the chain as it is.
                    deepest[frame.f_code] = max(frames, stack[0]), max(size, stack[1])
                    self.chains.note(frame.f_code, frame.f_lineno, frame.f_back)
            return local

        self.global_trace = global_trace


class Depths:
    """What all sessions together showed."""

    def __init__(self):
        self.by_frames = {}
        self.by_bytes = {}
        self.delivered = []
        self.console = ""

    def add(self, world, chains):
        for (code, kind), chain in chains.items():
            kept = self.by_frames if kind == "frames" else self.by_bytes
            key = (code.co_filename, code.co_name)
            if key not in kept or getattr(chain, kind) > getattr(kept[key], kind):
                kept[key] = chain
        # Test readings, which the page sends, have no EVCCID.
        posts = [post for post in world.smartevse.posts if "evccid" in post["parameters"]]
        self.delivered.append([post["values"] and post["values"]["current_soc"] for post in posts])
        self.console += world.device.console_text()

    def most_frames(self, count=1):
        return sorted(self.by_frames.values(), key=lambda chain: -chain.frames)[:count]

    def most_bytes(self, count=1):
        return sorted(self.by_bytes.values(), key=lambda chain: -chain.bytes)[:count]

    def reached(self, module):
        """True when some function of `module` ("appliance.web.server", "adafruit_requests") was measured."""
        path = module.replace(".", "/")
        return any(path in file for file, _ in self.by_frames)


BODY = '{"password": "%s", "values": {"EVSE_ID": "DE*1", "WEB_PASSWORD": "%s"}}' % (PASSWORD, PASSWORD)


def _browse(world, requests):
    for method, path in requests:
        headers = {"Authorization": "Bearer " + PASSWORD}
        world.network.http(method, path, headers, BODY if method == "POST" else b"", timeout_s=3)


PAGES = (
    ("GET", "/api/status"),
    ("GET", "/"),
    ("GET", "/status.js"),
    ("GET", "/no-such-page"),
    ("POST", "/api/status"),
    ("GET", "/api/log"),
    ("GET", "/api/settings"),
    ("GET", "/api/backup"),
    ("GET", "/settings.toml"),
    ("GET", "/capture.pcap"),
    ("GET", "/diagnostics.txt"),
    ("POST", "/api/login"),
    ("POST", "/api/restore"),
    ("POST", "/api/settings"),
    ("POST", "/api/test/delivery"),
    ("POST", "/api/selftest"),
)


def session(depths, car="virtual", faults=(), limit_s=90, **world_options):
    """One plug-in with a browser that never stops; `faults` are names of world.smartevse.faults to set."""
    if "settings_text" not in world_options:
        world_options = {"settings": IN_USE, **world_options}
    with World(seed=3, **world_options) as world:
        chains = chains_of(world.device)
        for name, value in faults:
            setattr(world.smartevse.faults, name, value)
        started(world)
        _browse(world, PAGES)
        world.plug(world.new_car(car, soc_percent=42))
        end_s = world.now_s + limit_s
        while not world.charging and world.now_s < end_s:
            _browse(world, PAGES[:2])
            world.run(0.2)
        world.run(2)
        _browse(world, PAGES)
        depths.add(world, chains)


# A settings.toml that lost its last lines: the default pystack, enforced by its estimate.
CUT_SETTINGS = (
    'WIFI_SSID = "Home"\nWIFI_PASSWORD = "correct horse"\nSMARTEVSE_URL = "192.168.1.60"\nLOG_LEVL = "I"\n'
    'WEB_PASSWORD = "correct horse"\n'
)
SESSIONS = (
    {},
    {"car": "tesla_y", "display": "st7789", "settings": ST7789},
    {"faults": (("status", 500),), "limit_s": 40},
    {"settings_text": CUT_SETTINGS, "device_options": {"enforce_pystack": True}},
)


def measure(sessions=SESSIONS):
    depths = Depths()
    for options in sessions:
        session(depths, **options)
    return depths


def main(count=5):
    depths = measure()
    if not all(depths.delivered):
        raise SystemExit(f"a session did not come to its end: {depths.delivered}\n{depths.console}")
    worst_frames, worst_bytes = depths.most_frames()[0], depths.most_bytes()[0]
    for what, figure, budget in (
        ("frames", worst_frames.frames, FRAMES_BUDGET),
        ("bytes", worst_bytes.bytes, BYTES_BUDGET),
    ):
        print(f"deepest chain: {figure} {what}, budget {budget}: {'kept' if figure <= budget else 'MISSED'}")
    for title, chains in (("frames", depths.most_frames(count)), ("bytes", depths.most_bytes(count))):
        print(f"\nmost {title}:")
        for chain in chains:
            print(f"  {chain}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
