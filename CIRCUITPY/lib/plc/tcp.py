# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""One TCP connection, server side, by RFC 9293, over ``plc.ipv6``.

::

    car                       box
     | SYN (MSS 350)           |  LISTEN
     |------------------------>|  SYN_RECEIVED   random initial sequence number, our MSS 1440
     |<------------ SYN, ACK --|
     | ACK ------------------->|  ESTABLISHED    event "connected"
     | data ------------------>|  read()
     |<----------- ACK, data --|  write(): the answer carries the acknowledgement
     | FIN ------------------->|  CLOSE_WAIT     event "peer_closed"; we may still send, then close(now)
     |<------------ FIN, ACK --|  LAST_ACK
     | ACK ------------------->|  LISTEN         event "closed"

Supported: options (skipped, except MSS), MSS both ways, duplicates, overlaps, a few segments out of order, the peer's
window, zero-window probes, retransmission with back-off, keep-alive probes both ways, the checks of RST and SYN of
RFC 5961, a car that opens a new connection before the old one is gone.

Left out on purpose: window scaling, SACK and timestamps (requests of 100 bytes need none; they are off because the
SYN-ACK does not offer them), measured round-trip times (one hop of power line: the first time-out is always 500 ms), fast
retransmission, urgent data (treated as ordinary data), data in a SYN (the peer sends it again).

``plc.tcp_segment`` parses and builds segments and compares sequence numbers, ``plc.tcp_window`` keeps what was received.
"""

from struct import pack_into

from plc.const import const
from plc.ipv6 import UNSPECIFIED
from plc.tcp_segment import (
    ACK,
    FIN,
    HEADER_BYTES,
    MSS,
    MSS_DEFAULT,
    PSH,
    RST,
    SEQUENCE_MASK,
    SYN,
    Segment,
    distance,
    refusal,
    syn_ack,
)
from plc.tcp_window import RECEIVE_BUFFER, ReceiveWindow
from plc.ticks import expired, ticks_add, ticks_diff

SEND_BUFFER = const(4096)
_FRAMES_MAX = const(16)

# RFC 9293 allows minutes, but a DIN 70121 car waits 2 s for an answer and 20 s for the whole set-up.
RTO_START_MS = const(500)
RTO_MAX_MS = const(2000)  # one hop, one peer: no congestion that longer pauses would relieve
RETRIES_MAX = const(15)  # the connection is given up 29.5 s after the first transmission
KEEPALIVE_MS = const(10000)
KEEPALIVE_EVERY_MS = const(5000)
SILENCE_LIMIT_MS = const(30000)
CLOSE_LIMIT_MS = const(10000)  # from close(), or the last progress after it, until the peer has closed as well
TIME_WAIT_MS = const(4000)  # long enough to answer a repeated FIN; a new SYN ends it at once
REPLACE_IDLE_MS = const(500)  # a connection quiet for this long gives way to a SYN from another port
_CHALLENGE_MS = const(100)

_ON_CLOSE = {"ESTABLISHED": "FIN_WAIT_1", "CLOSE_WAIT": "LAST_ACK"}
_ON_PEER_FIN = {"ESTABLISHED": "CLOSE_WAIT", "FIN_WAIT_1": "CLOSING", "FIN_WAIT_2": "TIME_WAIT"}
_ON_FIN_ACKNOWLEDGED = {"FIN_WAIT_1": "FIN_WAIT_2", "CLOSING": "TIME_WAIT", "LAST_ACK": "LISTEN"}
_COUNTS = (
    "rx tx malformed duplicate out_of_order out_of_window retransmit probe refused syn_ignored replaced timeout"
    " not_sent"
).split()
_NOTHING = ()


class TcpServer:
    """Listens on ``port`` and serves one connection at a time. ``random_bytes(n)``: source of initial sequence numbers.

    ``state``: as in RFC 9293, but LISTEN also where that has CLOSED for a moment. ``peer`` (IPv6 address, 16 bytes) and
    ``peer_port`` are None while there is no connection. ``fin_is_open``: True from our FIN until the peer acknowledges it.
    """

    def __init__(self, ipv6, port, random_bytes):
        self.port = port
        self.counts = {}
        for name in _COUNTS:
            self.counts[name] = 0
        self._ipv6 = ipv6
        self._random_bytes = random_bytes
        self._segment = Segment()
        self._received = ReceiveWindow()
        self._events = []
        self._frames = []
        self._header = bytearray(HEADER_BYTES)
        self._now = 0
        self._forget()

    def _forget(self):
        self.state = "LISTEN"
        self.peer = self.peer_port = self._peer_mac = None
        # Sending: the oldest unacknowledged sequence number (SND.UNA); the others are offsets from it.
        self._unacknowledged = 0
        self._out = b""  # data from there on, sent or not
        self._next = 0  # offset of the next byte to send; back to 0 after a time-out
        self._sent = 0  # highest offset sent so far, FIN included
        self.fin_is_open = False
        self._window = 0
        self._mss = MSS_DEFAULT
        self._flight_limit = SEND_BUFFER  # shrinks to one segment after a time-out (RFC 5681 in small)
        # Receiving
        self._received.begin(0)
        self._advertised = RECEIVE_BUFFER
        self._ack_due = False
        # Timers
        self._deadline = None  # retransmission, zero-window probe or end of TIME_WAIT
        self._close_deadline = None
        self._rto_ms = RTO_START_MS
        self._retries = 0
        self._heard = 0
        self._keepalive_ms = KEEPALIVE_MS
        self._challenged = None

    # --- the user's side ---

    def take_frames(self):
        """The Ethernet frames (bytes) to send now, in order; an empty tuple if there are none.

        Adds the acknowledgement that no data segment has carried: call it after ``write``.
        """
        if self._ack_due:
            self._emit(ACK, self._sent, 0)
        if not self._frames:
            return _NOTHING
        frames = self._frames
        self._frames = []
        return frames

    def take_event(self):
        """The oldest unread event ("connected", "peer_closed", "closed", "reset", "timeout") or None."""
        return self._events.pop(0) if self._events else None

    def read(self):
        """All bytes received in order since the last call; b"" if there are none."""
        if self._received.room == RECEIVE_BUFFER:
            return b""
        data = self._received.read()
        if self._advertised < MSS:
            self._ack_due = True  # the peer may be waiting for room
        return data

    def write(self, data):
        """Queues ``data`` and sends what may be sent. False, with nothing queued, without room or an open connection."""
        if self.state not in ("ESTABLISHED", "CLOSE_WAIT") or len(self._out) + len(data) > SEND_BUFFER:
            return False
        self._out = self._out + bytes(data)
        self._transmit()
        return True

    def close(self, now):
        """Sends FIN after everything written so far. Received data can still be read."""
        self._now = now
        state = _ON_CLOSE.get(self.state)
        if state:
            self.state = state
            self.fin_is_open = True
            self._close_deadline = ticks_add(now, CLOSE_LIMIT_MS)
            self._transmit()
        elif self.state == "SYN_RECEIVED":
            self.abort(now)

    def abort(self, now):
        """RST to the peer and back to LISTEN, without an event."""
        self._now = now
        if self.state not in ("LISTEN", "TIME_WAIT"):
            self._emit(RST | ACK, self._sent, 0)
        self._forget()

    # --- time ---

    def poll(self, now):
        """Runs the timers; allocates nothing until one expires."""
        self._now = now
        if self.state == "LISTEN":
            return
        silence = ticks_diff(now, self._heard)
        if silence >= SILENCE_LIMIT_MS or expired(self._close_deadline, now):
            self._give_up()
        elif expired(self._deadline, now):
            self._on_deadline()
        elif silence >= self._keepalive_ms and not self._sent:
            self._keepalive_ms += KEEPALIVE_EVERY_MS
            self.counts["probe"] += 1
            self._emit(ACK, -1, 0)  # an acknowledged number: the peer must answer with an ACK (RFC 9293 3.8.4)

    def _on_deadline(self):
        if self.state == "TIME_WAIT":
            self._forget()
            return
        self._retries += 1
        if self._retries > RETRIES_MAX:
            self._give_up()
            return
        self._rto_ms = min(self._rto_ms * 2, RTO_MAX_MS)
        self._flight_limit = self._mss
        self._next = 0
        self._deadline = None
        if self.state == "SYN_RECEIVED":
            self.counts["retransmit"] += 1
            self._emit_syn_ack()
        elif self._out and self._window == 0:
            self.counts["probe"] += 1
            self._sent = max(self._sent, 1)
            self._emit(ACK, 0, 1)
        else:
            self._transmit()
        self._deadline = ticks_add(self._now, self._rto_ms)

    def _give_up(self):
        if self.state != "TIME_WAIT":
            self.counts["timeout"] += 1
            self._emit(RST | ACK, self._sent, 0)
        self._end("timeout")

    def _end(self, event):
        """Back to LISTEN, with an event if the user knows of the connection and was not yet told of its end."""
        if self.state not in ("SYN_RECEIVED", "TIME_WAIT"):
            self._events.append(event)
        self._forget()

    # --- in ---

    def receive(self, packet, now):
        """Takes a packet of ``plc.ipv6`` whose next header is TCP."""
        self._now = now
        segment = self._segment
        to_us_alone = packet.destination == self._ipv6.address and packet.source != UNSPECIFIED
        if not to_us_alone or not segment.read(packet.payload):
            self.counts["malformed"] += 1
            return
        self.counts["rx"] += 1
        syn = segment.flags & (SYN | ACK | RST) == SYN
        if segment.destination_port != self.port:
            self._refuse(packet)
        elif segment.source_port != self.peer_port or packet.source != self.peer:
            if not syn:
                self._refuse(packet)
            elif self._gives_way():
                self._open(packet)
            else:
                self.counts["syn_ignored"] += 1  # the peer sends it again, after 1 s by RFC 6298
        elif syn and self.state == "SYN_RECEIVED" and distance(self._received.next, segment.sequence) == 1:
            self._peer_mac = packet.source_mac  # not covered by a checksum: the first one may have been damaged
            self._emit_syn_ack()
        elif syn and self.state in ("SYN_RECEIVED", "TIME_WAIT"):
            self._open(packet)
        elif self._received.accepts(segment):
            self._arrived(packet)
        else:
            self._not_acceptable()

    def _gives_way(self):
        # A car has one connection: if it opens another, it has lost the first. But a SYN in the middle of an exchange
        # is more likely a late copy.
        return self.state != "ESTABLISHED" or ticks_diff(self._now, self._heard) >= REPLACE_IDLE_MS

    def _open(self, packet):
        if self.state != "LISTEN":
            self.counts["replaced"] += 1
            self._end("reset")
        segment = self._segment
        self.state = "SYN_RECEIVED"
        self.peer = packet.source
        self.peer_port = segment.source_port
        self._peer_mac = packet.source_mac
        self._received.begin((segment.sequence + 1) & SEQUENCE_MASK)
        self._unacknowledged = int.from_bytes(self._random_bytes(4), "big")
        self._sent = 1  # the SYN
        self._mss = segment.mss()
        self._window = segment.window
        self._heard = self._now
        self._deadline = ticks_add(self._now, self._rto_ms)
        self._emit_syn_ack()

    def _not_acceptable(self):
        segment = self._segment
        ahead = distance(segment.sequence, self._received.next)
        duplicate = -RECEIVE_BUFFER < ahead < 0
        self.counts["duplicate" if duplicate else "out_of_window"] += 1
        if segment.flags & RST:
            return
        if duplicate:  # a repeat, or a keep-alive with an old number: the peer is alive
            self._heard_peer()
        if self.state == "TIME_WAIT" and segment.flags & FIN:
            self._deadline = ticks_add(self._now, TIME_WAIT_MS)
        if segment.length:
            self._ack_due = True
        else:
            self._challenge()

    def _challenge(self):
        """Challenge ACK (RFC 5961), which a genuine peer answers; limited, or two confused stacks would go on for ever."""
        if self._challenged is None or ticks_diff(self._now, self._challenged) >= _CHALLENGE_MS:
            self._challenged = self._now
            self._ack_due = True

    def _heard_peer(self):
        self._heard = self._now
        self._keepalive_ms = KEEPALIVE_MS

    def _arrived(self, packet):
        """Handles an acceptable segment: RST, SYN, ACK, text, FIN, in the order of RFC 9293 3.10.7.4."""
        segment = self._segment
        flags = segment.flags
        if flags & RST:
            # RFC 5961 3.2: only the exact number resets; a genuine peer answers the challenge with that one.
            if segment.sequence == self._received.next:
                self._end("reset")
            else:
                self._challenge()
        elif flags & SYN:
            self._challenge()
        elif flags & ACK:
            if self.state != "SYN_RECEIVED":
                self._heard_peer()
                if self._acknowledged():
                    self._take_text()
            elif distance(segment.acknowledgement, self._unacknowledged) == 1:
                self._connected()
                self._take_text()
            else:
                self._refuse(packet)

    def _connected(self):
        self._heard_peer()
        self._unacknowledged = self._segment.acknowledgement
        self._sent = 0
        self._window = self._segment.window
        self._restart_timer()
        self._flight_limit = SEND_BUFFER
        self.state = "ESTABLISHED"
        self._events.append("connected")

    def _acknowledged(self):
        """Handles acknowledgement and window; False if nothing more of the segment is to be processed."""
        segment = self._segment
        steps = distance(segment.acknowledgement, self._unacknowledged)
        if steps > self._sent or steps < -0xFFFF:  # never sent, or older than any window (RFC 5961 5.2)
            self._challenge()
            return False
        if steps < 0:
            return True
        opened = self._window == 0 < segment.window
        self._window = segment.window
        if steps:
            self._advance(steps)
            if self.state in ("LISTEN", "TIME_WAIT"):
                return self.state == "TIME_WAIT"
        elif opened and self._out:
            self._restart_timer()
        elif self._window == 0:
            self._retries = 0  # a peer that answers probes is alive, only full
        self._transmit()
        return True

    def _advance(self, steps):
        """The peer has acknowledged ``steps`` more bytes; FIN counts as one."""
        fin = steps > len(self._out)
        self._unacknowledged = (self._unacknowledged + steps) & SEQUENCE_MASK
        self._out = self._out[steps:]
        self._sent -= steps
        self._next = max(self._next - steps, 0)
        self._flight_limit = min(self._flight_limit + self._mss, SEND_BUFFER)
        self._restart_timer()
        if self._close_deadline is not None:
            self._close_deadline = ticks_add(self._now, CLOSE_LIMIT_MS)
        if fin:
            self.fin_is_open = False
            self._enter(_ON_FIN_ACKNOWLEDGED[self.state])

    def _restart_timer(self):
        """The peer takes data: back to the first time-out, without back-off."""
        self._rto_ms = RTO_START_MS
        self._retries = 0
        self._deadline = ticks_add(self._now, RTO_START_MS) if self._sent else None

    def _enter(self, state):
        if state == "LISTEN":
            self._end("closed")
            return
        self.state = state
        if state == "TIME_WAIT":
            self._deadline = ticks_add(self._now, TIME_WAIT_MS)
            self._close_deadline = None
            self._events.append("closed")

    def _take_text(self):
        segment = self._segment
        data = segment.data
        fin = segment.flags & FIN
        if not segment.length:
            return
        self._ack_due = True
        if self.state not in _ON_PEER_FIN:
            return  # nothing can follow the peer's FIN
        received = self._received
        ahead = distance(segment.sequence, received.next)
        if ahead < 0:
            data = data[-ahead:]
        elif ahead:
            self.counts["out_of_order"] += 1
            received.keep_early(segment)
            return
        if len(data) > received.room:
            data = data[: received.room]
            fin = 0
        received.store(data)
        if fin:
            received.skip(1)
            if self.state == "ESTABLISHED":
                self._events.append("peer_closed")
            self._enter(_ON_PEER_FIN[self.state])
        else:
            received.join_early()

    # --- out ---

    def _transmit(self):
        """Sends what window, flight limit and MSS allow, and FIN after the last byte; starts the timer."""
        pending = len(self._out)
        limit = min(self._window, self._flight_limit)
        while self._next < pending:
            size = min(pending - self._next, self._mss, limit - self._next)
            # No small segments while an acknowledgement is still to come (silly window, RFC 9293 3.8.6.2.1).
            if size <= 0 or (self._next and size < self._mss and size < pending - self._next):
                break
            if self._next + size < pending:
                self._emit(ACK, self._next, size)
            elif self.fin_is_open:
                self._emit(FIN | PSH | ACK, self._next, size)
                self._next += 1
            else:
                self._emit(PSH | ACK, self._next, size)
            self._next += size
        if self.fin_is_open and self._next == pending:
            self._emit(FIN | ACK, self._next, 0)
            self._next += 1
        self._sent = max(self._sent, self._next)
        if self._deadline is None and (pending or self._sent):
            self._deadline = ticks_add(self._now, self._rto_ms)

    def _emit(self, flags, offset, size):
        """Queues a segment with ``size`` bytes from ``offset`` past the oldest unacknowledged one."""
        header = self._header
        sequence = (self._unacknowledged + offset) & SEQUENCE_MASK
        self._advertised = self._received.room
        pack_into(
            ">HHIIBBH", header, 0, self.port, self.peer_port, sequence, self._received.next, 0x50, flags, self._advertised
        )
        if 0 <= offset < self._sent:
            self.counts["retransmit"] += 1
        self._ack_due = False
        data = self._out if size == len(self._out) else self._out[offset : offset + size]
        self._queue(self._peer_mac, self.peer, header, data)

    def _emit_syn_ack(self):
        received = self._received
        answer = syn_ack(self.port, self.peer_port, self._unacknowledged, received.next, received.room)
        self._queue(self._peer_mac, self.peer, answer)

    def _refuse(self, packet):
        """Answers with RST, but never to an RST."""
        if not self._segment.flags & RST:
            self.counts["refused"] += 1
            self._queue(packet.source_mac, packet.source, refusal(self._segment))

    def _queue(self, mac, address, segment, data=b""):
        if len(self._frames) >= _FRAMES_MAX:
            self.counts["not_sent"] += 1  # as if lost on the line: retransmission repeats it
            return
        self.counts["tx"] += 1
        self._frames.append(self._ipv6.build_tcp(mac, address, segment, data))
