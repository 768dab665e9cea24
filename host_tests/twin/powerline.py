# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The control-pilot line as a shared medium: who hears what, when, how loud, and what goes wrong on the way.

Stations are `modem_firmware.Modem` objects (a car's, the box's, a neighbour's). A frame one of them
transmits is offered to every other station and delivered when

* the pair is within range of each other (`set_attenuation`, None cuts the path),
* both belong to the same network (`joined`: same NMK and NID, both set for `join_delay_us`), or the
  frame is one of the SLAC messages, which need no network,
* it is a broadcast or multicast, or addressed to the receiver's host or the receiver itself.

Faults come from `faults`, each kind with its own seeded generator: the same seed gives the same losses,
and raising one rate does not move the others. `pcap` is a list of taps `(now_us, frame)` called once for
each transmission.

Runs on CPython and on MicroPython.
"""

from host_tests.twin.modem_firmware import Modem, is_slac, pad

ATTENUATION_GROUPS = 58
ATTENUATION_LOWEST_DB = 0x0E
ATTENUATION_HIGHEST_DB = 0x31
DEFAULT_ATTENUATION_DB = 24


class Rng:
    """Small seeded generator (xorshift32), the same on every interpreter; `random` is not."""

    def __init__(self, seed):
        self._state = (seed * 2654435761 + 0x9E3779B9) & 0xFFFFFFFF or 1
        for _ in range(8):
            self.bits()

    def bits(self):
        """32 bits."""
        state = self._state
        state ^= (state << 13) & 0xFFFFFFFF
        state ^= state >> 17
        state ^= (state << 5) & 0xFFFFFFFF
        self._state = state
        return state

    def below(self, limit):
        """0..limit-1; always draws once."""
        return (self.bits() * limit) >> 32

    def hits(self, percent):
        """True in `percent` of 100 draws (fractions allowed); always draws once."""
        return self.below(1_000_000) < percent * 10_000

    def bytes(self, count):
        return bytes([self.below(256) for _ in range(count)])


class Faults:
    """What the line does to single deliveries; all rates 0 by default.

    `loss_percent`, `duplicate_percent`, `reorder_percent` (held back by `reorder_us`, so that later
    frames overtake), `corrupt_percent` (one to three bytes behind the addresses changed),
    `profile_loss_percent` (an EVSE modem that hears a sound but does not measure it), `delay_us` plus
    0..`jitter_us`. `filter`: None or callable `(frame, sender, receiver)` that returns the frame to
    deliver (perhaps changed) or None to drop it. `counts` says what happened.
    """

    def __init__(self, seed):
        self.loss_percent = 0
        self.duplicate_percent = 0
        self.reorder_percent = 0
        self.corrupt_percent = 0
        self.profile_loss_percent = 0
        self.delay_us = 1500
        self.jitter_us = 300
        self.reorder_us = 30_000
        self.filter = None
        names = ("lost", "duplicated", "reordered", "corrupted", "filtered", "profiles_lost")
        self.counts = dict.fromkeys(names, 0)
        self._rngs = [Rng(seed * 16 + number) for number in range(7)]

    def _hit(self, number, percent, name):
        hit = self._rngs[number].hits(percent)
        if hit:
            self.counts[name] += 1
        return hit

    def lost(self):
        return self._hit(0, self.loss_percent, "lost")

    def duplicated(self):
        return self._hit(1, self.duplicate_percent, "duplicated")

    def reordered(self):
        return self._hit(2, self.reorder_percent, "reordered")

    def profile_lost(self):
        return self._hit(6, self.profile_loss_percent, "profiles_lost")

    def transit_us(self):
        return self.delay_us + self._rngs[4].below(self.jitter_us + 1)

    def corrupted(self, frame):
        """The frame, or a damaged copy of it."""
        if not self._hit(3, self.corrupt_percent, "corrupted"):
            return frame
        damaged = bytearray(frame)
        for _ in range(1 + self._rngs[5].below(3)):
            damaged[12 + self._rngs[5].below(len(damaged) - 12)] ^= 1 + self._rngs[5].below(255)
        return bytes(damaged)


def attenuation_shape(rng, mean_db, lowest=ATTENUATION_LOWEST_DB, highest=ATTENUATION_HIGHEST_DB):
    """58 group values in dB as a cable gives them: slow hills, a few notches, the mean where asked if
    limits allow."""
    knots = [rng.below(140) - 70 for _ in range(12)]  # tenths of a dB around the mean
    tenths = []
    for group in range(ATTENUATION_GROUPS):
        position = group * 11 * 16 // ATTENUATION_GROUPS
        left = position // 16
        tenths.append((knots[left] * (16 - position % 16) + knots[left + 1] * (position % 16)) // 16)
    for _ in range(3):
        centre = rng.below(ATTENUATION_GROUPS)
        depth = 40 + rng.below(60)
        for group, share in ((centre - 1, 2), (centre, 1), (centre + 1, 2)):
            if 0 <= group < ATTENUATION_GROUPS:
                tenths[group] += depth // share
    return _fit(tenths, mean_db, lowest, highest)


def _fit(tenths, mean_db, lowest, highest):
    """Shift until the clipped values have the wanted mean; clipping pulls it away, hence the rounds."""
    shift = mean_db * 10 - sum(tenths) // ATTENUATION_GROUPS
    values = []
    for _ in range(12):
        values = [min(max((value + shift + 5) // 10, lowest), highest) for value in tenths]
        missing = mean_db * ATTENUATION_GROUPS - sum(values)
        if -ATTENUATION_GROUPS // 4 <= missing <= ATTENUATION_GROUPS // 4:
            break
        shift += missing * 10 // ATTENUATION_GROUPS
    return bytes(values)


class Powerline:
    """The medium. `seed` fixes faults, jitter, attenuation shapes and nonces."""

    def __init__(self, clock, seed=0, join_delay_us=200_000, ageing_us=5_000_000):
        self.clock = clock
        self.join_delay_us = join_delay_us
        self.ageing_us = ageing_us
        self.stations = []
        self.pcap = []
        self.faults = Faults(seed)
        self.rng_modems = Rng(seed * 16 + 8)
        self.counts = {"sent": 0, "delivered": 0, "out_of_range": 0, "not_joined": 0, "not_addressed": 0}
        self._seed = seed
        self._attenuation_db = {}
        self._shapes = {}
        self._rng_sounds = Rng(seed * 16 + 9)
        self._last_due_us = {}

    def random_bytes(self, count):
        return self.rng_modems.bytes(count)

    # ---- who is there

    def attach(self, station):
        """Connect a station to the line (plug in); harmless when it is connected."""
        if station not in self.stations:
            self.stations.append(station)
            station.key_since_us = max(station.key_since_us, self.clock.now_us)
            self.network_changed()

    def detach(self, station):
        """Take a station off the line (unplug); its peers notice after `ageing_us`."""
        if station in self.stations:
            self.leave(station)
            self.stations.remove(station)

    def set_attenuation(self, a, b, mean_db):
        """Mean attenuation between two stations, both ways; None: they do not hear each other."""
        key = self._pair(a, b)
        self._attenuation_db[key] = mean_db
        self._shapes[key] = None

    def attenuation(self, a, b):
        """Mean in dB, None when out of range."""
        return self._attenuation_db.get(self._pair(a, b), DEFAULT_ATTENUATION_DB)

    def attenuation_profile(self, a, b):
        """The pair's 58 group values before the noise of single sounds."""
        key = self._pair(a, b)
        if self._shapes.get(key) is None:
            seed = self._seed
            for octet in key:
                seed = (seed * 31 + octet) & 0xFFFFFF
            self._shapes[key] = attenuation_shape(Rng(seed), self.attenuation(a, b))
        return self._shapes[key]

    def _pair(self, a, b):
        return min(a.modem_mac, b.modem_mac) + max(a.modem_mac, b.modem_mac)

    def heard_attenuation(self, sender, receiver):
        """One sound's profile: the shape, all of it up to 1 dB off, each group up to 1 dB more."""
        rng = self._rng_sounds
        common = rng.below(3) - 1
        values = [value + common + rng.below(3) - 1 for value in self.attenuation_profile(sender, receiver)]
        return bytes([min(max(value, ATTENUATION_LOWEST_DB), ATTENUATION_HIGHEST_DB) for value in values])

    # ---- networks

    def joined(self, a, b):
        """True when both are in one network: same key and NID, both for `join_delay_us`, in range,
        running."""
        if a is b or a.nmk is None or a.nmk != b.nmk or a.nid != b.nid:
            return False
        if not (a.running and b.running and a in self.stations and b in self.stations):
            return False
        if self._attenuation_db and self.attenuation(a, b) is None:
            return False
        return self.clock.now_us - max(a.key_since_us, b.key_since_us) >= self.join_delay_us

    def peers(self, station):
        """Stations this one believes to be in its network: those joined, and those lost within
        `ageing_us`."""
        found = [other for other in self.stations if self.joined(station, other)]
        if not station.ghosts:
            return found
        now_us = self.clock.now_us
        station.ghosts = [(ghost, until_us) for ghost, until_us in station.ghosts if until_us > now_us]
        for ghost, _ in station.ghosts:
            if ghost not in found:
                found.append(ghost)
        return found

    def leave(self, station):
        """The station drops out of its network now; the others keep counting it until it has aged."""
        until_us = self.clock.now_us + self.ageing_us
        for other in self.stations:
            if self.joined(station, other):
                other.ghosts.append((station, until_us))
                self.clock.at(until_us, self._tell_links)
        station.ghosts = []
        self.clock.after(0, self._tell_links)

    def network_changed(self):
        """A key, a start or a plug: links may come up one join delay later."""
        self.clock.after(0, self._tell_links)
        self.clock.after(self.join_delay_us, self._tell_links)
        # A MAC that is still starting joins later than that.
        for station in self.stations:
            if station.key_since_us > self.clock.now_us:
                self.clock.at(station.key_since_us + self.join_delay_us, self._tell_links)

    def _tell_links(self):
        for station in list(self.stations):
            up = station.running and station.link_up
            if up != station.link_up_told:
                station.link_up_told = up
                if station.on_link is not None:
                    station.on_link(up)

    # ---- frames

    def transmit(self, frame, sender):
        """Put a frame on the line. Only a station that is attached is heard."""
        if sender not in self.stations:
            return
        frame = bytes(pad(frame))
        self.counts["sent"] += 1
        for tap in self.pcap:
            tap(self.clock.now_us, frame)
        for receiver in self.stations:
            if receiver is not sender and self._passes(frame, sender, receiver):
                self._send_to(frame, sender, receiver)

    def _passes(self, frame, sender, receiver):
        if self.attenuation(sender, receiver) is None:
            return self._refused("out_of_range")
        if not is_slac(frame) and not self.joined(sender, receiver):
            return self._refused("not_joined")
        destination = frame[0:6]
        ours = destination == receiver.modem_mac or destination in receiver.host_macs
        if not ours and not destination[0] & 1:
            return self._refused("not_addressed")
        return True

    def _refused(self, reason):
        self.counts[reason] += 1
        return False

    def _send_to(self, frame, sender, receiver):
        faults = self.faults
        if faults.filter is not None:
            frame = faults.filter(frame, sender, receiver)
            if frame is None:
                faults.counts["filtered"] += 1
                return
        # Each generator draws once for each delivery, hit or not: that keeps the kinds independent of
        # each other.
        lost = faults.lost()
        duplicated = faults.duplicated()
        reordered = faults.reordered()
        frame = faults.corrupted(frame)
        due_us = self.clock.now_us + faults.transit_us()
        if lost:
            return
        key = sender.modem_mac + receiver.modem_mac
        if reordered:
            due_us += faults.reorder_us
        else:
            # Jitter alone never lets a frame overtake another of the same sender.
            due_us = max(due_us, self._last_due_us.get(key, 0))
            self._last_due_us[key] = due_us
        self.clock.at(due_us, self._deliver, frame, sender, receiver)
        if duplicated:
            self.clock.at(due_us + 100, self._deliver, frame, sender, receiver)

    def _deliver(self, frame, sender, receiver):
        # What is on its way when the path is cut is lost as well.
        if receiver in self.stations and self.attenuation(sender, receiver) is not None:
            self.counts["delivered"] += 1
            receiver.on_air(frame, sender)


class CarModem(Modem):
    """A car's own modem at frame level, and any other modem whose host bus does not matter.

    `on_frame(frame)` is called for each frame it gives its host; `send(frame)` takes one from the host.
    Requests to 00:B0:52:00:00:01 (SET_KEY, GET_SW, ...) are answered by the modem itself. It is running
    and plugged in from the start unless `connected` is False; `connect` and `disconnect` are the cable.
    `evse=True` makes it a neighbour's charger.
    """

    def __init__(self, powerline, modem_mac, on_frame, evse=False, connected=True):
        super().__init__(powerline, modem_mac, on_frame, evse=evse)
        if connected:
            self.connect()
        self.start()

    def send(self, frame):
        """A frame from the host; nothing is said about its fate (as on a real host interface)."""
        self.from_host(frame)

    def connect(self):
        self.powerline.attach(self)

    def disconnect(self):
        self.powerline.detach(self)
