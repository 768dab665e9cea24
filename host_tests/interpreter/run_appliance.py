# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The complete appliance on MicroPython: code.py runs a plug-in in virtual time, and its heap is measured.

    run_appliance.py CODE_PY [CAR] [measure|idle|waiting|month]    CODE_PY: code.py of a drive made by ``micropython.drive``

Real are the files of CIRCUITPY and Adafruit's libraries; the firmware's C modules come from ``shims/``. Around them:
the chip model on the SPI, a power line with a virtual car, a SmartEVSE of a few lines, a browser. The scenario gets
its turn whenever the loop feeds the watchdog, so one pass of the box's own loop lies between two of its turns.

Prints "key value" lines. "measure" adds the books of bytes, which cost most of the run's time, "idle" those of idle
passes alone, "waiting" ends before a car comes; "month" adds thirty more plug-ins and as many visits to the page, and
what the interpreter tells of its heap after the first and after the last.
"""

import binascii
import gc
import json
import sys
import time as interpreter_time

import bench_state
import firmware
import micropython
import virtual_network

from host_tests.twin.clock import Clock
from host_tests.twin.powerline import CarModem, Powerline
from host_tests.twin.qca7005_model import Qca7005Model

SOC = 42
# The heap of a board after some steps of growth: py/gc.c doubles it.
SHIPPED_HEAP = 2097152
LIMIT_S = 120
PLUG_INS = 30
PLUG_IN_S = 75
CAR_STEP_US = 2000
IDLE_PASSES = 500
RESERVE = 120000
EVSE = ("192.168.1.60", 80)
BROKER = ("192.168.1.40", 1883)
AC_16A = 266

books = bench_state.books
_START_US = interpreter_time.ticks_us()


def unchunked(body):
    """The content of a body in chunks."""
    content = b""
    while True:
        length, body = body.split(b"\r\n", 1)
        size = int(str(length, "ascii"), 16)
        if not size:
            return content
        content += body[:size]
        body = body[size + 2 :]


class Evse:
    """The part of a SmartEVSE that the box and the car meet: pilot, GET /settings, POST /ev_state."""

    ANSWER_US = 20000
    FEIGNED_UNPLUG_US = 5000000

    def __init__(self, clock):
        self.clock = clock
        self.car = None
        self.state = 0
        self.posts = []
        self.asked = 0

    def plug(self, car):
        """The car's connector goes in: 5 % pilot, the charger waits for a reading."""
        self.car = car
        self.state = 12
        car.plug(self.clock.now_ms)
        car.pilot(50, self.clock.now_ms)

    def serve(self, end):
        """One HTTP connection."""
        end.on_data = self._data

    def _data(self, end):
        if end.inbox.find(b"\r\n\r\n") >= 0:
            self.clock.after(self.ANSWER_US, self._answer, end, bytes(end.take()))

    def _answer(self, end, request):
        method, path = request.split(b" ")[:2]
        status, document = "404 Not Found", {}
        if method == b"POST" and path.startswith(b"/ev_state?"):
            self.posts.append(path.decode())
            status = "200 OK"
            if self.state == 12:
                self.state = 13
                self.car.pilot(None, self.clock.now_ms)
                self.clock.after(self.FEIGNED_UNPLUG_US, self._replugged)
        elif method == b"GET" and path == b"/settings":
            self.asked += 1
            status = "200 OK"
            document = {"evse": {"state_id": self.state}, "ev_state": {"initial_soc": -1, "evccid": ""}}
        body = json.dumps(document)
        end.put(
            (
                "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                % (status, len(body), body)
            ).encode()
        )

    def _replugged(self):
        self.state = 2
        self.car.pilot(AC_16A, self.clock.now_ms)


class Broker:
    """The part of an MQTT broker that the box meets. ``told``: {topic: payload} of what it was told to keep."""

    # What a packet is answered with, by the first four bits of it.
    ANSWERS = {0x10: b"\x20\x02\x00\x00", 0x80: b"\x90\x03\x00\x01\x00", 0xC0: b"\xd0\x00"}

    def __init__(self):
        self.told = {}
        self.pings = 0

    def serve(self, end):
        """One connection."""
        end.on_data = self._data

    def _data(self, end):
        data = bytes(end.take())
        while len(data) > 1:
            size, at, shift = 0, 1, 0
            while True:
                size |= (data[at] & 0x7F) << shift
                at += 1
                shift += 7
                if not data[at - 1] & 0x80:
                    break
            self._packet(end, data[0], data[at : at + size])
            data = data[at + size :]

    def _packet(self, end, kind, content):
        if kind & 0xF0 == 0x30:
            length = content[0] << 8 | content[1]
            self.told[str(content[2 : 2 + length], "utf-8")] = content[2 + length :]
        elif kind & 0xF0 in self.ANSWERS:
            self.pings += kind & 0xF0 == 0xC0
            end.put(self.ANSWERS[kind & 0xF0])


class World:
    """Power line, chip, car and network; the car gets its turn from a timer."""

    def __init__(self):
        self.clock = bench_state.clock = Clock()
        line = Powerline(self.clock, seed=5)
        self.chip = bench_state.chip = Qca7005Model(self.clock, line)
        # A modem's parameters are made when they are asked for, 8 kB for each of two copies: here, or they would seem to be
        # the box's.
        parameters = self.chip.modem.parameters
        parameters.flash = parameters.memory
        parameters.set_key(bytes(16), bytes(7))
        self.car = None
        self.modem = CarModem(line, b"\x00\xb0\x52\x00\x00\x78", self._to_car)
        self.linked = False
        self.network = bench_state.network = virtual_network.Network()
        self.evse = Evse(self.clock)
        self.network.hosts[EVSE] = self.evse.serve
        self.broker = Broker()
        self.network.hosts[BROKER] = self.broker.serve

    def bring_car(self, name):
        """A car drives up. Its program is loaded only now: no box has it beside its own, and 800 of its names would stand
        in the interpreter's table with those of the box."""
        from host_tests.interpreter.run_car import Lcg
        from host_tests.twin.car.car import named

        self.car = named(name, Lcg(7), soc_percent=SOC)
        self.clock.after(CAR_STEP_US, self._drive_car)

    def _to_car(self, frame):
        if self.car is not None:
            self.car.receive(bytes(frame), self.clock.now_ms)

    def _drive_car(self):
        self.clock.after(CAR_STEP_US, self._drive_car)
        now = self.clock.now_ms
        if self.modem.link_up != self.linked:
            self.linked = self.modem.link_up
            self.car.link(self.linked, now)
        self.car.poll(now)
        for frame in self.car.take_frames():
            self.modem.send(frame)
        self.car.take_events()

    def browser(self, path, body=None, host="192.168.1.50", address="192.168.1.20"):
        """A connection to the box that asks for one page, or sends one text."""
        end = self.network.to_box(80, address)
        method = "GET" if body is None else "POST"
        header = "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: browser\r\nAccept: */*\r\n" % (method, path, host)
        if bench_state.page_password:
            credentials = binascii.b2a_base64(b"owner:" + bench_state.page_password.encode()).decode().strip()
            header += "Authorization: Basic %s\r\n" % credentials
        if body is not None:
            header += "Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
        end.put((header + "\r\n" + (body or "")).encode())
        return end


class Passes:
    """Bytes and time of the box between two of the scenario's turns."""

    def __init__(self):
        self.bytes = self.worst_bytes = self.count = self.us = 0
        self._bytes_at = self._us_at = 0
        self._sleeps_before = -1
        self._idle_only = True
        self._heap_bytes = gc.mem_alloc() + gc.mem_free()

    def start(self, count_bytes, idle_only=True):
        self._idle_only = idle_only
        self._sleeps_before = -1
        books.count_bytes = count_bytes
        books.count_us = not count_bytes
        self.bytes = self.worst_bytes = self.count = self.us = 0
        self._bytes_at = -1
        self._us_at = -1

    def stop(self):
        books.count_bytes = books.count_us = False

    def turn_begins(self):
        """A pass is over; only those that ended with a sleep are idle ones."""
        slept = bench_state.sleeps != self._sleeps_before
        self._sleeps_before = bench_state.sleeps
        if books.count_bytes and self._bytes_at >= 0 and (slept or not self._idle_only):
            used = books.seen - self._bytes_at - books.bytes
            self.bytes += used
            self.worst_bytes = max(self.worst_bytes, used)
            self.count += 1
        if books.count_us and self._us_at >= 0 and slept:
            took = interpreter_time.ticks_diff(interpreter_time.ticks_us(), self._us_at) - books.us
            self.us += took
            self.count += 1

    def turn_ends(self):
        """The next pass begins. Gives the bytes in use, None while they are not counted."""
        books.bytes = books.us = 0
        if books.count_bytes:
            used = gc.mem_alloc()
            if self._heap_bytes - used < RESERVE:
                gc.collect()
                used = gc.mem_alloc()
            self._bytes_at = used
        if books.count_us:
            if gc.mem_free() < RESERVE:
                gc.collect()
            self._us_at = interpreter_time.ticks_us()
        return self._bytes_at if books.count_bytes else None


class Stage:
    """The scenario: a generator that is resumed once in each pass."""

    def __init__(self, world, car_name, heap_before, measure):
        self.world = world
        self.car_name = car_name
        self.heap_before = heap_before
        self.measure = measure == "measure"
        self.idle = measure in ("measure", "idle", "waiting")
        self.waiting = measure == "waiting"
        self.month = measure == "month"
        self.limit_s = LIMIT_S + (PLUG_INS * PLUG_IN_S * 2 if self.month else 0)
        self.passes = Passes()
        self.steps = self._steps()
        self.doing = ""

    def turn(self):
        """Called once a pass; the books are with the world here."""
        depth = books._depth
        books._depth = 1
        books.leave()
        self.passes.turn_begins()
        if self.world.clock.now_us > self.limit_s * 1000000:
            self.fail("still at: " + self.doing)
        try:
            next(self.steps)
        except StopIteration:
            raise SystemExit(0) from None
        except Exception as error:
            # Not into the box, which would take it for its own.
            sys.print_exception(error)
            self.fail("in the scenario: " + self.doing)
        books.enter(self.passes.turn_ends())
        books._depth = depth

    def fail(self, text):
        print("failed", text)
        raise SystemExit(1)

    def heap(self):
        """Bytes that live now, beyond the world's."""
        gc.collect()
        return gc.mem_alloc() - self.heap_before

    def until(self, doing, condition):
        self.doing = doing
        while not condition():
            yield

    def rest(self, ms):
        end = self.world.clock.now_us + ms * 1000
        while self.world.clock.now_us < end:
            yield

    def fetch(self, path, into, body=None, **browser):
        end = self.world.browser(path, body, **browser)
        answer = bytearray()
        self.doing = "answer to " + path
        while not (end.peer_closed and not end.inbox):
            answer.extend(end.take())
            yield
        end.close()
        head, body = bytes(answer).split(b"\r\n\r\n", 1)
        if b"chunked" in head:
            body = unchunked(body)
        into.append((head.split(b"\r\n", 1)[0].decode(), body))

    def _steps(self):
        world, evse = self.world, self.world.evse
        yield
        print("heap_before_wifi", self.heap())
        yield from self.until("web server", lambda: 80 in world.network.listeners)
        yield from self.until("first question", lambda: evse.asked > 0)
        yield from self.until("modem", lambda: world.chip.counts["from_host"] > 0)
        if "mqtt" in sys.argv:
            yield from self.until("broker", lambda: world.broker.pings > 0)
        yield from self.rest(3000)
        box = self.heap()
        print("heap_after_start", box)
        micropython.qstr_info()
        world.bring_car(self.car_name)
        self.heap_before += self.heap() - box
        if self.idle:
            yield from self._idle("waiting")
        if self.waiting:
            return
        pages = []
        yield from self.fetch("/", pages)
        yield from self.fetch("/api/status", pages)
        print("page_before", pages[0][0], len(pages[0][1]))
        before = json.loads(pages[1][1])
        print("stage_before", before["stage"])
        print("modem", before["modem"]["status"])
        # Only bytes: the session's garbage must fit into the free heap, no collection falls into it.
        waiting = self.heap()
        collections = bench_state.collections
        if self.measure:
            self.passes.start(True, False)
        evse.plug(world.car)
        yield from self.until("delivery", lambda: len(evse.posts) > 0)
        if self.measure:
            self.passes.stop()
            print("session_passes", self.passes.count)
            print("session_bytes", self.passes.bytes)
            print("session_collections", bench_state.collections - collections)
            # Nothing is collected while a car is there: its garbage needs room beside what lives.
            print("free_low_water", SHIPPED_HEAP - waiting - self.passes.bytes)
        print("delivered_ms", world.clock.now_ms)
        print("heap_after_delivery", self.heap())
        yield from self.until("charging", lambda: world.car.verdict is not None)
        print("charging_ms", world.clock.now_ms)
        # Long enough for a second delivery or a second reading to show.
        yield from self.rest(15000)
        pages = []
        yield from self.fetch("/api/status", pages)
        self._report(pages[0][0], json.loads(pages[0][1]))
        if self.idle:
            yield from self._idle("after")
        if self.month:
            yield from self._month()
        print("heap_at_end", self.heap())
        print("heap_size", gc.mem_alloc() + gc.mem_free())

    def _month(self):
        world, evse = self.world, self.world.evse
        self._map("first")
        for number in range(PLUG_INS):
            world.car.unplug(world.clock.now_ms)
            evse.state = 0
            yield from self.rest(20000)
            # What the world remembers is none of the box's.
            evse.posts.clear()
            del bench_state.displays[0].screens[:-1]
            evse.plug(world.car)
            yield from self.until("delivery %d" % number, lambda: len(evse.posts) > 0)
            yield from self.rest(20000)
            pages = []
            yield from self.fetch("/", pages)
            yield from self.fetch("/api/status", pages)
            if number == PLUG_INS // 2:
                self._map("half")
        self._map("last")

    def _map(self, name):
        """The interpreter's own words, between two lines: used, free and the longest run of free blocks."""
        self.heap()
        print("heap_map", name)
        micropython.mem_info()
        print("heap_map_end", name)

    def _idle(self, name):
        """Passes in which nothing happens, in blocks: bytes, then time."""
        yield from self.rest(1000)
        passes = self.passes
        passes.start(True)
        while passes.count < IDLE_PASSES:
            yield
        passes.stop()
        print("idle_bytes_" + name, passes.bytes)
        print("idle_worst_bytes_" + name, passes.worst_bytes)
        passes.start(False)
        while passes.count < IDLE_PASSES:
            yield
        passes.stop()
        print("idle_us_per_pass_" + name, passes.us // passes.count)

    def _report(self, page, status):
        world, car, evse = self.world, self.world.car, self.world.evse
        print("page", page)
        print("page_soc", status["reading"]["soc_percent"])
        print("page_stage", status["stage"])
        print("page_delivery", status["smartevse"]["last_delivery"])
        told = world.broker.told
        prefix = [topic.split("/")[0] for topic in told if topic.endswith("/availability")]
        print("mqtt_soc", str(told.get(prefix[0] + "/soc_percent"), "utf-8") if prefix else None)
        print("mqtt_entities", len([topic for topic in told if topic.endswith("/config")]))
        print("page_failures", status["loop"]["failures"])
        print("page_settings_errors", len(status["settings_errors"]))
        print("timeline", " ".join([str(row["checkpoint"]) for row in status["timeline"]]))
        print("posts", len(evse.posts))
        print("post", evse.posts[0])
        print("verdict", car.verdict)
        print("complaints", len(car.complaints), car.complaints[:3])
        print("unsafe", len(car.unsafe))
        print("violations", len(world.chip.violations), world.chip.violations[:3])
        screens = bench_state.displays[0].screens
        print("screens", len(screens))
        print("soc_shown", ["%d%%" % SOC] in [texts[:1] for texts in screens])
        print("last_screen", screens[-1])
        print("resets", bench_state.resets)


def _compiled(path):
    """A file as a program. Its text is given back: a board compiles from the file."""
    with open(path) as file:
        return compile(file.read(), path, "exec")


def main(code_path, car_name="generic", measure="", _broker="", stage_class=Stage):
    firmware.install()
    world = World()
    micropython.qstr_info()
    gc.collect()
    stage = stage_class(world, car_name, gc.mem_alloc(), measure)
    bench_state.on_pass = stage.turn
    try:
        exec(_compiled(code_path), {"__name__": "__main__"})
    except SystemExit as ending:
        print("host_ms", interpreter_time.ticks_diff(interpreter_time.ticks_us(), _START_US) // 1000)
        sys.exit(ending.args[0] if ending.args else 1)
    print("failed code.py came to its end")
    sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
