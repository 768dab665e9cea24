# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A box for tens of thousands of plug-ins: the real loop, protocol stack, status, SmartEVSE client and event
handlers of the appliance, without the parts that cost a test its time (interpreter of a device, display, web).

    virtual car -- CarModem -- Powerline -- modem at frame level --[faults]-- Loop -- Secc
    Charger (pilot, POST, /settings) <-- SmartEvse client <-------------------'

`Rig(driver=True)` puts the driver and the chip's model with its SPI wires in place of the modem at frame level.
Virtual time, one seed: the same call gives the same run.
"""

import json
import types

from appliance.jobs import Collector, StateQuestion
from appliance.loop import Loop
from appliance.smartevse.delivery import Deliveries
from appliance.smartevse.estimate import Estimate
from appliance.smartevse.exchange import Answer
from appliance.smartevse.question import SmartEvse
from appliance.state import faults
from appliance.state.cars import Garage
from appliance.state.frame_ring import FrameRing
from appliance.state.log import Log, Uptime
from appliance.story import Story
from plc.qca7005 import Qca7005
from v2g.secc import Secc

from host_tests.endurance.faults import TO_BOX, Faults
from host_tests.endurance.oracle import Oracle
from host_tests.twin.clock import Clock
from host_tests.twin.plug import CarPlug
from host_tests.twin.powerline import CarModem, Powerline, Rng
from host_tests.twin.qca7005_model import CAUSE_RDBUF_ERR, Qca7005Model

BOX_MAC = b"\x02\x00\x5e\x00\x00\x01"
MODEM_MAC = b"\x00\xb0\x52\x00\x00\x77"
TICKS = 1 << 29
STEP_US = 10_000
IDLE_STEP_US = 50_000
PASS_US = 2_000
REBOOT_US = 950_000
MAC_UP_US = 180_000

# States of a SmartEVSE by its numbers.
FREE, STATE_B, STATE_C, MODEM_WAIT, MODEM_DONE = 0, 1, 2, 12, 13
MODEM_WAIT_US = 60_000_000
MODEM_DONE_US = 5_000_000


class FrameModem:
    """A modem at frame level behind the driver's face. What passes between it and the box may be damaged."""

    setting_text = "none"

    def __init__(self, rig):
        self._clock = rig.clock
        self._faults = rig.faults
        self._queue = []
        self.modem = CarModem(rig.line, MODEM_MAC, self._from_modem, evse=True)
        self.ready = False
        self.generation = 0
        self.was_reset = False
        self.status = "BOOTING"
        self.setting_text = "none: frames"
        self.counts = {}
        self._timer = None
        self._full_until_us = 0
        self._faults.late = self._late
        self.modem.stop()
        self.reboot()

    @property
    def waiting(self):
        return bool(self._queue)

    def reboot(self):
        """Dead for a second, then up with its key but without a network."""
        if self._timer is not None:
            self._timer.cancel()
        self.ready = False
        self.status = "BOOTING"
        self._queue.clear()
        self.modem.stop()
        self._timer = self._clock.after(REBOOT_US, self._booted)

    def restart(self, _now):
        """The box takes it for hanging."""
        self.reboot()
        self.status = "RESETTING"

    def _booted(self):
        self.modem.mac_up_us = MAC_UP_US
        self.modem.start()
        self.was_reset = self.status == "RESETTING"
        self.status = "READY"
        self.ready = True
        self.generation += 1

    def overrun(self):
        """The read buffer is full for a while: what comes is gone."""
        self._full_until_us = self._clock.now_us + 150_000

    def _from_modem(self, frame):
        if self._clock.now_us < self._full_until_us:
            self._faults.hit("overrun")
            return
        for delay_us, one in self._faults.to_box(bytes(frame)):
            if delay_us:
                self._clock.after(delay_us, self._queue.append, one)
            else:
                self._queue.append(one)

    def _late(self, direction, frame):
        if direction == TO_BOX:
            self._queue.append(frame)
        else:
            self.modem.send(frame)

    def poll(self, _now):
        """Nothing to move."""

    def receive(self):
        if not self.ready or not self._queue:
            return None
        return memoryview(self._queue.pop(0))

    def send(self, frame):
        if not self.ready or self._faults.blocked():
            return False
        for delay_us, one in self._faults.from_box(bytes(frame)):
            if delay_us:
                self._clock.after(delay_us, self.modem.send, one)
            else:
                self.modem.send(one)
        return True


class SpiDevice:
    """An SPIDevice whose wires end in the model; an access takes its bytes at 8 MHz and 60 us."""

    def __init__(self, model):
        self._model = model
        self._bytes = 0
        self.reads = 0
        self.hits = 0
        self.bent = None  # (number of a read of the data port, bit) that comes in wrong
        model.configure(8_000_000, 1, 1)

    def __enter__(self):
        self._bytes = 60
        self._model.select()
        return self

    def __exit__(self, *exception):
        self._model.deselect()
        self._model.clock.advance(self._bytes)
        return False

    def write(self, buffer, *, start=0, end=None):
        data = bytes(buffer[start : len(buffer) if end is None else end])
        self._bytes += len(data)
        self._model.exchange(data)

    def readinto(self, buffer, *, start=0, end=None, write_value=0):
        end = len(buffer) if end is None else end
        self._bytes += end - start
        data = self._model.exchange(bytes([write_value]) * (end - start))
        if self.bent is not None and self.bent[0] == self.reads and self.bent[1] < 8 * len(data):
            data = bytearray(data)
            data[self.bent[1] >> 3] ^= 0x80 >> (self.bent[1] & 7)
            self.hits += 1
        self.reads += 1
        buffer[start:end] = data

    def write_readinto(self, out, into):
        self._bytes += len(out)
        into[:] = self._model.exchange(bytes(out))


class DrivenModem:
    """The driver on the model of the chip, with what the rig asks of a modem."""

    def __init__(self, rig):
        self._faults = rig.faults
        self.model = Qca7005Model(rig.clock, rig.line, MODEM_MAC, seed=rig.seed)
        self.modem = self.model.modem
        self.device = SpiDevice(self.model)
        self.driver = Qca7005(self.device)
        # What the loop calls, without a detour.
        self.poll = self.driver.poll
        self.receive = self.driver.receive
        self.send = self.driver.send
        self.restart = self.driver.restart
        self.counts = self.driver.counts

    @property
    def setting_text(self):
        return self.driver.setting_text

    @property
    def waiting(self):
        return bool(self.model._read_buffer)

    @property
    def ready(self):
        return self.driver.ready

    @property
    def generation(self):
        return self.driver.generation

    @property
    def was_reset(self):
        return self.driver.was_reset

    @property
    def status(self):
        return self.driver.status

    def reboot(self):
        self.model.spontaneous_reboot()

    def overrun(self):
        """The host asked for more than there was: the chip says so until it is reset."""
        self._faults.hit("overrun")
        self.model._cause |= CAUSE_RDBUF_ERR


class Charger:
    """A SmartEVSE: feigns 5 % pilot for 60 s, takes one POST, lets the car charge. `mood`: "ok", "off" (no
    connection), "deaf" (acts, answers too late), "error" (500)."""

    def __init__(self, rig):
        self._rig = rig
        self.mood = "ok"
        self.state = FREE
        self.plug_ins = []  # the POSTs of each plug-in of a session
        self.posts = []
        self.questions = 0
        self.told_waiting_ms = None
        self._timer = None
        self._plug = None

    def plug(self, plug):
        self._plug = plug
        self.posts = []
        self.plug_ins.append(self.posts)
        self._go(MODEM_WAIT, 50, MODEM_WAIT_US, self._done)

    def unplug(self):
        self._plug = None
        self._cancel()
        self.state = FREE

    def _cancel(self):
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _go(self, state, duty, limit_us=None, then=None):
        self._cancel()
        self.state = state
        self._plug.pilot(duty, self._rig.clock.now_ms)
        if limit_us is not None:
            self._timer = self._rig.clock.after(limit_us, then)

    def _done(self):
        self._go(MODEM_DONE, None, MODEM_DONE_US, self._offer_ac)

    def _offer_ac(self):
        self._go(STATE_B, 160, 3_000_000, self._charging)

    def _charging(self):
        self._timer = None
        self.state = STATE_C

    # ---- the appliance's HTTP client

    def exchange(self, method, url, address, read_body=False, body=None):
        """What `appliance.smartevse.exchange.Client.exchange` gives, after the time that it takes."""
        if not self._rig.network.connected or self.mood == "off":
            self._rig.block(1000)
            return Answer(None, b"", False, 0)
        self._rig.block(20)
        body = self._act(method, url)
        if self.mood == "deaf":
            self._rig.block(5000)
            return Answer(None, b"", True, 0)
        if self.mood == "error":
            return Answer(500, b"", True, 60)
        return Answer(200, body, True, 60)

    def _act(self, method, url):
        if method != "POST":
            self.questions += 1
            if self.state == MODEM_WAIT:
                self.told_waiting_ms = self._rig.clock.now_ms
            soc = self.posts[-1]["current_soc"] if self.posts else -1
            evccid = self.posts[-1]["evccid"] if self.posts else ""
            return json.dumps(
                {"evse": {"state_id": self.state}, "ev_state": {"initial_soc": soc, "evccid": evccid}}
            ).encode()
        values = dict(pair.split("=") for pair in url.split("?", 1)[1].split("&"))
        values = {name: value if name == "evccid" else int(value) for name, value in values.items()}
        if self.mood == "error":
            return b""
        self.posts.append(values)
        if self.state == MODEM_WAIT and 0 <= values["current_soc"] <= 100:
            self._done()
        return b"{}"


class Network:
    """The WiFi as the SmartEVSE client sees it."""

    pool = None
    state = "on"

    def __init__(self):
        self.connected = True
        self.tell = None

    def switch(self, connected):
        self.connected = connected
        self.tell(faults.WIFI, None if connected else "wifi_down")


class Rig:
    """See the module. `box` carries the appliance's own event handlers; `told` is what the car said of itself,
    `undelivered` the causes that were told when a reading could not be delivered."""

    def __init__(self, seed=1, driver=False, answer="auto", charger=None, can_ask=True):
        """`charger`: what takes the place of `Charger`; `can_ask` False: no SmartEVSE is set up."""
        self.seed = seed
        self._can_ask = can_ask
        self.driver = driver
        self.clock = Clock()
        self.line = Powerline(self.clock, seed=seed)
        self.rng = Rng(seed * 16 + 13)
        self.faults = Faults(self)
        self.oracle = Oracle()
        self.faults.tap = self.oracle.frame
        self.network = Network()
        self.charger = (charger or Charger)(self)
        self.plug = None
        self.neighbours = []
        self.told = []
        self.undelivered = []
        self.console = []
        self._ticks_start = TICKS - 20_000 - self.rng.below(40_000)
        self.modem = DrivenModem(self) if driver else FrameModem(self)
        self._answer = answer
        self.collections = []
        self.box = self._new_box()
        self.loop = self.box.loop

    def _new_box(self):
        """The parts of a box that have to do with a car, wired as `appliance.box` does it."""
        box = types.SimpleNamespace()
        box.uptime = Uptime(self.ticks())
        box.log = Log(box.uptime, write=self._console)
        box.story = Story(box.log, box.uptime)
        box.status = box.story.status
        box.wifi = self.network
        self.network.tell = box.status.faults.put
        box.frames = FrameRing()
        box.smartevse = SmartEvse(
            "http://192.168.1.60/ev_state" if self._can_ask else "",
            self.network,
            self.ticks,
            self._smartevse_tells,
        )
        box.smartevse._client = self.charger
        self.events = []
        box.story.follow(lambda event, now: self.events.append((self.clock.now_ms, *event)))
        box.story.follow(Garage([]).follow)
        box.deliveries = Deliveries(box.smartevse)
        box.story.follow(box.deliveries.follow)
        box.loop = Loop(self.modem, self._new_secc, box.story, box.frames, self.ticks, lambda: None)
        box.loop.add_slow_piece("smartevse", box.deliveries)
        question = StateQuestion(
            box.loop, self.network, box.smartevse, box.story, self.ticks, lambda: Estimate(box.status)
        )
        box.loop.add_slow_piece("question", question)
        box.loop.add_slow_piece("collect", Collector(box.loop, self._collect))
        return box

    def _new_secc(self):
        config = {"can_ask": self._can_ask, "wait_for_modem": True, "answer": self._answer}
        return Secc(BOX_MAC, self.rng.bytes, config)

    def _collect(self):
        self.collections.append(self.loop.secc.active)

    def _smartevse_tells(self, kind, text):
        cause = self.box.smartevse.cause
        if kind == "failed":
            self.undelivered.append(cause)
        self.box.story.tell(("smartevse", kind, text, cause))

    def _console(self, line):
        self.console.append(line)
        if len(self.console) > 400:
            del self.console[:200]

    # ---- what CarPlug asks of its world

    @property
    def powerline(self):
        return self.line

    def random_bytes(self, count):
        return self.rng.bytes(count)

    def note(self, _source, kind, _text, **facts):
        self.told.append(facts.get("event", kind))

    # ---- time

    def ticks(self):
        return (self._ticks_start + self.clock.now_ms) & TICKS - 1

    def block(self, ms):
        """The box is in a call that takes so long; the world goes on."""
        self.clock.advance(ms * 1000)

    def step(self):
        """Let time pass until something happens, and give the box one pass."""
        clock = self.clock
        if self.modem.waiting:
            clock.advance(PASS_US)
        else:
            active = self.loop.secc.active
            until_us = clock.now_us + (STEP_US if active else IDLE_STEP_US)
            next_us = clock.next_us
            if next_us is not None and next_us < until_us:
                until_us = max(next_us, clock.now_us + 100)
            clock.advance_to(until_us)
        self.loop.turn()

    def run_until(self, condition, limit_ms):
        """False when `limit_ms` passed before `condition()` became true."""
        end_us = self.clock.now_us + limit_ms * 1000
        while not condition():
            if self.clock.now_us >= end_us:
                return False
            self.step()
        return True

    def run(self, ms):
        self.run_until(lambda: False, ms)

    # ---- cars

    def plug_in(self, car):
        self.plug = CarPlug(self, car)
        self.charger.plug(self.plug)

    def unplug(self):
        self.charger.unplug()
        if self.plug is not None:
            self.plug.unplug()
            self.plug = None

    def add_neighbour(self, car, attenuation_db):
        """A car at the next station, which this box hears from afar."""
        plug = CarPlug(self, car)
        self.line.set_attenuation(plug.modem, self.modem.modem, attenuation_db)
        self.neighbours.append(plug)
        plug.pilot(50, self.clock.now_ms)

    def remove_neighbours(self):
        for plug in self.neighbours:
            plug.unplug()
        self.neighbours = []

    @property
    def delivering(self):
        """A reading waits to be sent to the SmartEVSE."""
        return self.box.smartevse.last_delivery == "pending"

    @property
    def idle(self):
        """Ready for the next car."""
        secc = self.loop.secc
        return self.modem.ready and not secc.active and secc.stage == "WAITING"
