# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The bench page: the twin on one page of a browser, live.

Two threads. The world runs in its own; there `Bench.step()` is called every few hundredths of a second: it
does what the page asked for and hands out what is to be seen. The web server (aiohttp) has another thread and
touches nothing of the world: it knows JSON text only. Browsers listen to server-sent events:

    state    everything but the timeline, as shown        lines    new entries of the timeline
    display  the panel's image                            begin    forget the lines, all of them follow

A command is a POST of JSON to /api/command. Only pages of this server can send one: JSON is not a type a foreign
page may post without the server's consent, which it never gets.
"""

import asyncio
import base64
import errno
import io
import json
import queue
import re
import socket
import threading
import time
from pathlib import Path

from aiohttp import web

from host_tests.twin import cars, story
from host_tests.twin.smartevse import STATES
from host_tests.twin.world import FAULTS

PAGE = Path(__file__).parent / "bench_page"
MOST_LINES = 1500
PUBLISH_EVERY_S = 0.1

_RESULT_LABELS = (
    ("current_soc", "State of charge", "{} %"),
    ("full_soc", "Full at", "{} %"),
    ("energy_capacity", "Battery", "{:.1f} kWh"),
    ("energy_request", "Energy wanted", "{:.1f} kWh"),
)

_BUTTONS = {
    "SmartEVSE": (("restart_charger", "Restart SmartEVSE"),),
    "Modem in the box": (("modem_reboot", "Let the modem restart now"),),
    "The box": (("power_cycle", "Power off and on"),),
}


def free_port(wanted, host="127.0.0.1", tries=20):
    """`wanted`, or the next port that is free. OSError when none of `tries` is."""
    for port in range(wanted, wanted + tries):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                    raise
                continue
        return port
    raise OSError(errno.EADDRINUSE, f"no free port from {wanted} to {wanted + tries - 1}")


class BenchServer:
    """Serves the page on 127.0.0.1 from a thread of its own.

    `publish(state, lines, display)` from any thread: state a JSON text or None (unchanged), lines a list of
    entries for JSON, display a JSON text or None. `commands`: a queue of dicts that pages sent.
    """

    def __init__(self, port):
        self.port = port
        self.commands = queue.Queue()
        self._loop = None
        self._thread = None
        self._started = threading.Event()
        self._failure = None
        self._clients = set()
        self._state = "{}"
        self._display = "null"
        self._lines = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def start(self):
        """OSError when the port cannot be had."""
        self._thread = threading.Thread(target=self._run, name="bench page", daemon=True)
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self):
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)

    def publish(self, state, lines, display):
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._spread, state, lines, display)

    # ---- in the server's thread

    def _run(self):
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_get("/", self._page)
        app.router.add_get("/events", self._events)
        app.router.add_post("/api/command", self._command)
        app.router.add_get("/api/state", self._get_state)
        for name in ("bench.css", "bench.js", "icon.svg"):
            app.router.add_get(f"/{name}", self._page)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        try:
            self._loop.run_until_complete(runner.setup())
            self._loop.run_until_complete(web.TCPSite(runner, "127.0.0.1", self.port).start())
        except OSError as error:
            self._failure = error
            self._started.set()
            return
        self._started.set()
        self._loop.run_forever()
        for client in self._clients:
            while client.full():
                client.get_nowait()
            client.put_nowait(None)
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _page(self, request):
        name = request.path.lstrip("/") or "index.html"
        return web.FileResponse(PAGE / name, headers={"Cache-Control": "no-cache"})

    async def _get_state(self, request):
        return web.Response(text=self._state, content_type="application/json")

    async def _command(self, request):
        if request.content_type != "application/json":
            return web.json_response({"error": "JSON expected"}, status=415)
        try:
            command = await request.json()
        except ValueError:
            return web.json_response({"error": "not JSON"}, status=400)
        if not isinstance(command, dict) or not isinstance(command.get("do"), str):
            return web.json_response({"error": 'an object with "do" expected'}, status=400)
        self.commands.put(command)
        return web.json_response({"ok": True})

    async def _events(self, request):
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        mine = asyncio.Queue(maxsize=200)
        for name, data in (
            ("begin", "1"),
            ("lines", json.dumps(self._lines)),
            ("display", self._display),
            ("state", self._state),
        ):
            mine.put_nowait((name, data))
        self._clients.add(mine)
        try:
            while (event := await mine.get()) is not None:
                await response.write(f"event: {event[0]}\ndata: {event[1]}\n\n".encode())
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._clients.discard(mine)
        return response

    def _spread(self, state, lines, display):
        events = []
        if lines:
            self._lines = (self._lines + lines)[-MOST_LINES:]
            events.append(("lines", json.dumps(lines)))
        if display is not None:
            self._display = display
            events.append(("display", display))
        if state is not None:
            self._state = state
            events.append(("state", state))
        for client in list(self._clients):
            for event in events:
                try:
                    client.put_nowait(event)
                except asyncio.QueueFull:  # a browser that sleeps: it asks anew when it wakes
                    self._clients.discard(client)
                    break


class Bench:
    """The world's end of the bench page. Call `step()` often, in the world's thread."""

    def __init__(self, world, port):
        self.world = world
        self.server = BenchServer(free_port(port))
        self.plugins = story.Plugins()
        self._told = None
        self._fresh = []
        self._modem_trouble = None
        self._display_version = None
        self._state = None
        self._next_publish = 0.0
        for entry in world.timeline:
            self._heard(entry)
        world.listeners.append(self._heard)

    def start(self):
        self.server.start()
        self.step(True)

    def stop(self):
        self.step(True)
        self.server.stop()

    def _heard(self, entry):
        self.plugins.feed(entry)
        if entry["source"] == "box" and entry.get("tag") == "modem":
            if entry["kind"] in ("warning", "error"):
                self._modem_trouble = entry["text"]
            elif entry.get("checkpoint") in (0, 1):
                self._modem_trouble = None
        self._fresh.append({key: entry[key] for key in ("t_s", "source", "kind", "text")})

    def step(self, now=False):
        """Do what the page asked for; publish what changed, ten times a second at most."""
        while not self.server.commands.empty():
            self._do(self.server.commands.get())
            now = True
        if not now and time.monotonic() < self._next_publish:
            return
        self._next_publish = time.monotonic() + PUBLISH_EVERY_S
        text = json.dumps(self.state())
        state = None if text == self._state else text
        self._state = text
        lines, self._fresh = self._fresh, []
        display = self._display()
        if state is not None or lines or display is not None:
            self.server.publish(state, lines, display)

    def _display(self):
        """The panel's image as JSON when it may have changed, else None."""
        panel = self.world.display
        if panel is None:
            return None
        # The switch of the panel itself does not count as a write to its memory.
        version = (panel.generation, panel.on)
        if version == self._display_version:
            return None
        self._display_version = version
        image = panel.image()
        file = io.BytesIO()
        image.save(file, "PNG")
        data = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
        return json.dumps({"png": data, "width": image.width, "height": image.height})

    # ---- commands

    def _do(self, command):
        handler = {
            "plug": self._do_plug,
            "unplug": lambda _: self.world.unplug(),
            "fault": self._do_fault,
            "pace": self._do_pace,
            "restart_charger": lambda _: self.world.smartevse.restart(),
            "modem_reboot": lambda _: self.world.modem.spontaneous_reboot(),
            "power_cycle": lambda _: self.world.power_cycle(),
        }.get(command["do"])
        if handler is None:
            return
        try:
            handler(command)
        except (ValueError, TypeError, KeyError) as error:
            self.world.note("world", "warning", f"the bench page asked for something impossible: {error}")

    def _do_plug(self, command):
        if self.world.at_cable is not None:
            return
        options = {}
        for key, least, most in (
            ("soc_percent", 0, 100),
            ("full_soc_percent", 0, 100),
            ("energy_capacity_wh", 1, 1_000_000),
            ("energy_request_wh", 1, 1_000_000),
        ):
            value = command.get(key)
            options[key] = None if value is None else min(max(int(value), least), most)
        name = command.get("car") or "virtual"
        car = self.world.new_car(name, leaving=command.get("leaving") or None, **options)
        self.world.plug(car, name=name)

    def _do_fault(self, command):
        self.world.set_fault(command["name"], command.get("on", command.get("value")))

    def _do_pace(self, command):
        self.world.pace = "fast" if command["pace"] == "fast" else "realtime"

    # ---- what is shown

    def _password(self):
        """The password that the box made up and told on its console, None while it has not."""
        if self._told is None and self.world.box_url:
            told = re.search(r"password of the page: (\S+)", self.world.device.console_text())
            self._told = None if told is None else told[1]
        return self._told

    def state(self):
        """Everything but the timeline and the display's image, as a dict for JSON."""
        world = self.world
        plugin = self.plugins.current
        active = plugin if plugin is not None and plugin.ended_s is None else None
        return {
            "t_s": round(world.clock.now_us / 1e6, 1),
            "pace": world.pace,
            "car": self._car(active),
            "cars": [[name, car.title, car.tells] for name, car in cars.CARS.items()],
            "leavings": [[name, title] for name, title in cars.LEAVING.items()],
            "box": {"url": world.box_url, "says": self._box_says(active), "password": self._password()},
            "charger": self._charger(),
            "journey": self._journey(plugin),
            "journey_is_past": active is None,
            "verdict": self._verdict(active),
            "flow": self._flow(active),
            "handover": self._handover(active),
            "handed_over": self._handed_over(active),
            "faults": self._faults(),
        }

    def _car(self, plugin):
        car = self.world.at_cable
        says = "Not plugged in"
        if car is not None:
            says = "Plugged in"
            pilot = self.world.smartevse.pilot_permille
            if car.verdict == "charging":
                says = "Charging on AC"
            elif car.verdict:
                says = car.verdict[0].upper() + car.verdict[1:]
            elif car.name == "wire":
                says = f"Software on {car.interface}"
            elif plugin is not None and "tcp" in plugin.steps and "released" not in plugin.steps:
                says = "Talking to the box"
            elif pilot == 50:
                says = "Looking for a charger to talk to"
            elif pilot is None:
                says = "Feels unplugged for a moment"
        return {
            "plugged": car is not None,
            "says": says,
            "name": None if car is None else car.name,
            "number": self.world.plug_ins,
            "tells": None if car is None or car.tells is None else {key: car.tells[key] for key in cars.TOLD},
            "cell_percent": self._cell_percent(car),
            "fixed": car is not None and car.name == "wire",
        }

    def _cell_percent(self, car):
        """How full the car is: what it told, and what was charged since."""
        evse = self.world.smartevse
        if car is None or car.soc_percent is None:
            return None
        capacity = car.tells["energy_capacity_wh"]
        charged = evse.energy_charged_wh if self.world.charging and capacity else 0
        return min(100, round(car.soc_percent + 100 * charged / (capacity or 1), 2))

    def _box_says(self, plugin):
        if not self.world.powered:
            return "Off"
        if self._modem_trouble:
            return self._modem_trouble
        if plugin is None:
            return "Waiting for a car" if self.world.ready else "Starting"
        if plugin.soc_read_percent is not None:
            return f"{plugin.soc_read_percent} % read"
        if plugin.failure:
            return plugin.failure
        steps = plugin.steps
        if "tcp" in steps:
            return "Reading"
        return "Car found" if "matched" in steps else "Finding the car"

    def _charger(self):
        evse = self.world.smartevse
        cp = evse.cp_state
        meaning = STATES[evse.state][1]
        track = []
        for state, name, pilot in (
            (0, "Ready", "no car"),
            (11, "Modem Setup", "pilot off"),
            (12, "Modem Request", "5 %"),
            (13, "Modem Done", "pilot off"),
            (1, "Connected", "AC offered"),
            (2, "Charging", "AC on"),
        ):
            track.append({"id": state, "name": name, "pilot": pilot, "meaning": STATES[state][1]})
        if evse.state == 14:
            track.append({"id": 14, "name": "Modem Denied", "pilot": "pilot off", "meaning": STATES[14][1]})
        return {
            "state": evse.state,
            "says": meaning[0].upper() + meaning[1:],
            "pilot_permille": evse.pilot_permille,
            "volts": {"A": 12, "B": 9, "C": 6}[cp],
            "left": evse.share_left,
            "track": track,
            "energy": self._energy(),
            "received": self._received(),
        }

    def _energy(self):
        evse = self.world.smartevse
        if not evse.contactor_closed:
            return None
        known = 0 <= evse.computed_soc <= 100
        return {
            "power_w": evse.power_w,
            "charged_wh": round(evse.energy_charged_wh, 1),
            "soc_percent": evse.computed_soc if known else None,
            "start_percent": evse.initial_soc if known else None,
            "full_in_s": evse.time_until_full if evse.time_until_full > 0 else None,
            "note": self._leftover(),
        }

    def _leftover(self):
        """SmartEVSE v3 keeps the larger values of an earlier car; unsaid, its estimate looks wrong."""
        evse = self.world.smartevse
        values = evse.posts[-1]["values"] if evse.posts else None
        if values is None or evse.computed_soc < 0:
            return ""
        kept = []
        if evse.energy_capacity > values["energy_capacity"]:
            kept.append(f"a battery of {evse.energy_capacity / 1000:.0f} kWh")
        if evse.full_soc > values["full_soc"]:
            kept.append(f"full at {evse.full_soc} %")
        if evse.energy_request > values["energy_request"]:
            kept.append(f"{evse.energy_request / 1000:.0f} kWh wanted")
        if not kept:
            return ""
        return f"SmartEVSE still counts with values of an earlier car: {', '.join(kept)}."

    def _received(self):
        posts = self.world.smartevse.posts
        if not posts:
            return None
        post = posts[-1]
        values = []
        for name, label, form in _RESULT_LABELS:
            number = (post["values"] or {}).get(name, -1)
            shown = number / 1000 if "kWh" in form else number
            values.append([label, form.format(shown) if number >= 0 else None])
        values.append(["Car's identity", post["parameters"].get("evccid") or None])
        when = f"at {post['t_s']:.1f} s, answered {post['status']}"
        if not post["answered"]:
            when = f"at {post['t_s']:.1f} s, not answered yet"
        if len(posts) > 1:
            when += f" · {len(posts)} since the start"
        return {"values": values, "note": when, "good": post["acted"] or post["status"] == 200}

    def _journey(self, plugin):
        steps = []
        reached = {} if plugin is None else plugin.steps
        waiting = plugin is not None and plugin.ended_s is None
        last = max((number for number, step in enumerate(story.STEPS) if step[0] in reached), default=-1)
        for number, (key, title, _, _) in enumerate(story.STEPS):
            state = "done" if key in reached or number < last else ""
            if number == last + 1 and waiting:
                state = "next"
                if plugin.verdict not in (None, "charging") and key == "charging":
                    state = "stuck"
            value = None
            if key == "soc" and plugin is not None and plugin.soc_read_percent is not None:
                value = f"{plugin.soc_read_percent} %"
            since = None if plugin is None else plugin.since(key)
            steps.append(
                {
                    "title": title,
                    "state": state,
                    "since_s": None if since is None else round(since, 1),
                    "value": value,
                }
            )
        return steps

    def _verdict(self, plugin):
        if plugin is None or plugin.verdict is None:
            return {"text": "", "tone": ""}
        if plugin.verdict != "charging":
            stuck = plugin.verdict.startswith("stuck")
            text = f"The car is {plugin.verdict}." if stuck else f"The car {plugin.verdict}."
            return {"text": text, "tone": "bad" if stuck else "wait"}
        if plugin.success:
            return {"text": f"{plugin.soc_read_percent} % delivered, and the car charges.", "tone": "good"}
        if plugin.read:
            return {"text": "Read, but not delivered. The car charges.", "tone": "wait"}
        return {"text": "The car charges; its state of charge was not read.", "tone": "wait"}

    def _flow(self, plugin):
        if plugin is None:
            return "none"
        if self.world.charging:
            return "ac"
        return "data" if self.world.smartevse.pilot_permille == 50 else "none"

    def _handover(self, plugin):
        if plugin is None:
            return "none"
        if "delivered" in plugin.steps:
            return "ok"
        return "failed" if plugin.delivery_failed else "none"

    @staticmethod
    def _handed_over(plugin):
        if plugin is None or "delivered" not in plugin.steps or not plugin.posted:
            return ""
        return f"{plugin.posted[-1]} %"

    def _faults(self):
        on = self.world.faults_set()
        groups = []
        for title in ("SmartEVSE", "Modem in the box", "Powerline", "WiFi", "The box"):
            switches = [
                {"name": name, "title": text, "on": bool(on.get(name))}
                for name, (part, text) in FAULTS.items()
                if part == title
            ]
            dial = None
            if title == "Powerline":
                dial = {
                    "name": "loss_percent",
                    "title": "Frames lost",
                    "unit": "%",
                    "most": 40,
                    "value": on["loss_percent"],
                }
            buttons = [list(button) for button in _BUTTONS.get(title, ())]
            if switches or dial or buttons:
                groups.append({"title": title, "switches": switches, "dial": dial, "buttons": buttons})
        return groups
