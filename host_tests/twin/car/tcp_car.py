# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""TCP client of a car: one connection, small and strict (RFC 9293).

What the station sends is checked for checksum (in ip.py), ports, flags, sequence and acknowledgement
numbers, options that were not agreed on, segment size and repeated bytes that differ. The own side has
the habits of real cars: MSS 350 or 1440, SACK permitted, small windows, single-byte segments, FIN or RST
at the end. `now` is a plain count of milliseconds.
"""

from host_tests.twin.car.ledger import earlier

FIN = 0x01
SYN = 0x02
RST = 0x04
PSH = 0x08
ACK = 0x10
URG = 0x20

DEFAULT_MSS = 1220  # RFC 9293 3.7.1 for IPv6 when the peer names none
SYN_RTO_MS = 1000
MOST_TRIES = 6
FIN_LIMIT_MS = 3000
_HISTORY = 2048


def sequence_diff(one, other):
    """one - other as a signed 32-bit sequence distance."""
    return ((one - other + 0x80000000) & 0xFFFFFFFF) - 0x80000000


class TcpCar:
    """`state`: CLOSED, SYN_SENT, ESTABLISHED, CLOSE_WAIT, FIN_WAIT; `ended` says how the connection went."""

    def __init__(self, ip, habits, book):
        self.ip = ip
        self.habits = habits
        self.book = book
        self.old_ports = []
        self.peer_isns = []
        self.port = None
        self.peer = b""
        self.peer_port = 0
        self._clear()

    def _clear(self):
        self.state = "CLOSED"
        self.ended = None
        self.queue = b""
        self.flight = []  # [seq, flags, payload, tries]
        self.due = None
        self.ack_due = None
        self.window_due = None
        self.close_due = None
        self.incoming = b""
        self.history = b""
        self.fin_sent = False
        self.fin_wanted = False
        self.peer_fin = False
        self.split_at = 0
        self.unread_window = 0
        self.ack_at = 0
        self.offered_mss = self.peer_mss = DEFAULT_MSS
        self.rto = SYN_RTO_MS
        self.snd_nxt = self.snd_una = self.snd_wnd = 0
        self.rcv_nxt = self.irs = 0
        self.window = self.habits["window"]

    # ---- the car's wishes

    def connect(self, address, peer_port, port, isn, now):
        if self.port is not None:
            self.old_ports.append(self.port)
        self._clear()
        self.peer = address
        self.peer_port = peer_port
        self.port = port
        self.snd_nxt = isn & 0xFFFFFFFF
        self.snd_una = self.snd_nxt
        self.state = "SYN_SENT"
        self._send(SYN, b"", now)

    def write(self, data, now):
        self.queue += data
        self._push(now)

    def read(self):
        """Bytes received in order and not yet read."""
        data = self.incoming
        self.incoming = b""
        return data

    def close(self, now):
        """FIN behind what is still to be sent."""
        if self.state in ("ESTABLISHED", "CLOSE_WAIT"):
            self.fin_wanted = True
            self.close_due = now + FIN_LIMIT_MS
            self._push(now)
        elif self.state != "CLOSED":
            self.abort(now)

    def abort(self, now):
        """RST as Audi sends it: without ACK, window 0."""
        if self.state not in ("CLOSED", "SYN_SENT"):
            self._emit(RST, self.snd_nxt, b"")
        self._end("rst")

    def drop(self):
        """The powerline is gone: forget the connection without a word."""
        if self.state != "CLOSED":
            self._end("lost")

    def _end(self, how):
        if self.ended is None:
            self.ended = how
            self.book.event("tcp_closed", how)
        self.state = "CLOSED"
        self.flight = []
        self.due = self.ack_due = self.window_due = self.close_due = None

    # ---- sending

    def _options(self):
        options = b""
        if self.habits["mss"] is not None:
            options = b"\x02\x04" + self.habits["mss"].to_bytes(2, "big")
        if self.habits["sack"]:
            options += b"\x04\x02\x01\x01"
        if self.habits["syn_padding"]:
            options += bytes(self.habits["syn_padding"])
        return options

    def _emit(self, flags, seq, payload, window=None):
        options = self._options() if flags & SYN else b""
        size = self.window if window is None else window
        ack = self.rcv_nxt if flags & ACK else 0
        if flags & RST:
            size = 0
        head = self.port.to_bytes(2, "big") + self.peer_port.to_bytes(2, "big")
        head += seq.to_bytes(4, "big") + ack.to_bytes(4, "big")
        head += bytes([(20 + len(options)) << 2, flags]) + size.to_bytes(2, "big") + bytes(4)
        mac = self.ip.mac_of(self.peer)
        if mac:
            self.book.send(self.ip.tcp(mac, self.peer, head + options + payload))
        if flags & ACK:
            self.ack_due = None
            if window is None:
                self.window_due = None  # the whole window is announced: a later update would be a duplicate ACK

    def _send(self, flags, payload, now):
        """A segment that takes sequence space: kept until acknowledged."""
        self.flight.append([self.snd_nxt, flags, payload, 1])
        self._emit(flags, self.snd_nxt, payload)
        length = len(payload) + (1 if flags & (SYN | FIN) else 0)
        self.snd_nxt = (self.snd_nxt + length) & 0xFFFFFFFF
        if self.due is None:
            self.due = now + self.rto

    def _push(self, now):
        """Send what MSS, the station's window and the splitting habit allow."""
        if self.state not in ("ESTABLISHED", "CLOSE_WAIT"):
            return
        splits = self.habits["tcp_split"]
        while self.queue:
            room = self.snd_wnd - sequence_diff(self.snd_nxt, self.snd_una)
            size = min(len(self.queue), self.peer_mss, room)
            if splits:
                size = min(size, splits[self.split_at % len(splits)])
            if size <= 0:
                if self.due is None:
                    self.due = now + self.rto
                break
            self.split_at += 1
            payload = self.queue[0:size]
            self.queue = self.queue[size:]
            self._send(ACK | (0 if self.queue else PSH), payload, now)
        if self.fin_wanted and not self.queue and not self.fin_sent:
            self.fin_sent = True
            self.state = "FIN_WAIT"
            self._send(FIN | ACK, b"", now)

    # ---- time

    def next_due(self):
        return earlier(earlier(self.due, self.ack_due), earlier(self.window_due, self.close_due))

    def poll(self, now):
        if self.state == "CLOSED":
            return
        if self.ack_due is not None and now >= self.ack_due:
            self._acknowledge()
        if self.window_due is not None and now >= self.window_due:
            self.window_due = None
            self._emit(ACK, self.snd_nxt, b"")
        if self.close_due is not None and now >= self.close_due:
            self.book.complain("TCP: the station does not close its side")
            self.abort(now)
        elif self.due is not None and now >= self.due:
            self._repeat(now)

    def _acknowledge(self):
        if self.habits["window_style"] == "double" and self.unread_window:
            # Audi, Polestar: first the window without the bytes just taken, 3..10 ms later the full one
            self._emit(ACK, self.snd_nxt, b"", self.window - self.unread_window)
            self.window_due = self.ack_at + 4
            self.unread_window = 0
        else:
            self._emit(ACK, self.snd_nxt, b"")

    def _repeat(self, now):
        if not self.flight:
            self.due = None
            if self.queue:  # zero window: one byte as a probe
                payload = self.queue[0:1]
                self.queue = self.queue[1:]
                self._send(ACK | PSH, payload, now)
            return
        first = self.flight[0]
        if first[3] >= MOST_TRIES:
            self.book.complain(f"TCP: no acknowledgement after {first[3]} tries")
            self._end("timeout")
            return
        first[3] += 1
        self._emit(first[1], first[0], first[2])
        self.rto = min(self.rto * 2, 8000)
        self.due = now + self.rto

    # ---- receiving

    def receive(self, packet, now):
        """A TCP packet whose checksum is right."""
        segment = packet.payload
        to_port = int.from_bytes(segment[2:4], "big")
        flags = segment[13]
        if to_port != self.port or self.state == "CLOSED":
            self._stray(packet, segment, to_port, flags)
            return
        problem = self._header_problem(packet, segment, flags)
        if problem:
            self.book.complain("TCP: " + problem)
            return
        seq = int.from_bytes(segment[4:8], "big")
        ack = int.from_bytes(segment[8:12], "big")
        payload = segment[(segment[12] >> 4) * 4 :]
        if self.state == "SYN_SENT":
            self._syn_answered(segment, flags, seq, ack, now)
        elif flags & RST:
            self._reset(seq)
        elif flags & SYN:
            if seq == self.irs:
                self._emit(ACK, self.snd_nxt, b"")
            else:
                self.book.complain("TCP: SYN inside the connection")
        elif not flags & ACK:
            self.book.complain("TCP: segment without ACK")
        elif sequence_diff(ack, self.snd_nxt) > 0:
            self.book.complain(
                f"TCP: acknowledges {sequence_diff(ack, self.snd_nxt)} bytes that were not sent"
            )
        else:
            self._acked(ack, int.from_bytes(segment[14:16], "big"), now)
            self._data(seq, payload, flags, now)

    def _stray(self, packet, segment, to_port, flags):
        """A segment for a connection that is over: a last ACK again in TIME-WAIT, else RST."""
        if to_port != self.port:
            if to_port not in self.old_ports:
                self.book.complain(f"TCP: segment to port {to_port}, which was never opened")
        elif packet.source == self.peer and not flags & RST:
            if self.ended == "fin" and flags & FIN:
                self._emit(ACK, self.snd_nxt, b"")
            elif self.ended not in (None, "lost", "fin") and flags & ACK:
                self._emit(RST, int.from_bytes(segment[8:12], "big"), b"")

    def _header_problem(self, packet, segment, flags):
        if packet.source != self.peer or packet.source_mac != self.ip.mac_of(self.peer):
            return "segment from another address than the connection's"
        if int.from_bytes(segment[0:2], "big") != self.peer_port:
            return f"segment from port {int.from_bytes(segment[0:2], 'big')}"
        offset = (segment[12] >> 4) * 4
        if offset < 20 or offset > len(segment):
            return f"data offset {offset}"
        if segment[12] & 0x0F or flags & 0xC0:
            return "reserved or ECN bits set"
        if flags & URG:
            return "urgent data"
        if flags & SYN and flags & (FIN | RST):
            return "SYN together with FIN or RST"
        return self._options_problem(segment[20:offset], flags)

    def _options_problem(self, options, flags):
        index = 0
        while index < len(options):
            kind = options[index]
            if kind == 0:
                return "option bytes behind the end of the list" if any(options[index:]) else None
            if kind == 1:
                index += 1
                continue
            if (
                index + 1 >= len(options)
                or options[index + 1] < 2
                or index + options[index + 1] > len(options)
            ):
                return f"malformed option {kind}"
            if kind == 2:
                if not flags & SYN or options[index + 1] != 4:
                    return "misplaced MSS option"
                self.offered_mss = int.from_bytes(options[index + 2 : index + 4], "big")
            elif not (kind in (4, 5) and self.habits["sack"]):
                return f"option {kind}, which the car did not offer"
            index += options[index + 1]
        return None

    def _syn_answered(self, segment, flags, seq, ack, now):
        if flags & RST:
            if flags & ACK and ack == self.snd_nxt:
                self._end("refused")
            else:
                self.book.complain("TCP: RST that does not answer the SYN")
            return
        if flags != SYN | ACK or ack != self.snd_nxt:
            self.book.complain(
                f"TCP: SYN answered with flags {flags:02x}, off by {sequence_diff(ack, self.snd_nxt)}"
            )
            return
        if len(segment) != (segment[12] >> 4) * 4:
            self.book.complain("TCP: data in the SYN-ACK")
            return
        self.peer_mss = self.offered_mss
        if self.peer_mss < 48:
            self.book.complain(f"TCP: MSS {self.peer_mss}")
        self.irs = seq
        self.peer_isns.append(seq)
        self.rcv_nxt = (seq + 1) & 0xFFFFFFFF
        self.rto = self.habits["rto_ms"]
        self.state = "ESTABLISHED"
        self._acked(ack, int.from_bytes(segment[14:16], "big"), now)
        self._emit(ACK, self.snd_nxt, b"")
        self.book.event("tcp_connected")

    def _reset(self, seq):
        if seq == self.rcv_nxt:
            self._end("peer rst")
        elif 0 < sequence_diff(seq, self.rcv_nxt) < self.window:
            self._emit(ACK, self.snd_nxt, b"")  # RFC 5961: the peer may be ahead of what got here

    def _acked(self, ack, window, now):
        self.snd_wnd = window
        if sequence_diff(ack, self.snd_una) > 0:
            self.snd_una = ack
            while self.flight:
                seq, flags, payload, _ = self.flight[0]
                end = seq + len(payload) + (1 if flags & (SYN | FIN) else 0)
                if sequence_diff(ack, end & 0xFFFFFFFF) < 0:
                    break
                self.flight.pop(0)
            self.rto = self.habits["rto_ms"] if self.irs else self.rto
            self.due = now + self.rto if self.flight else None
        self._push(now)
        self._finished()

    def _data(self, seq, payload, flags, now):
        most = self.habits["mss"] or DEFAULT_MSS
        if len(payload) > most:
            self.book.complain(f"TCP: segment of {len(payload)} bytes, the MSS is {most}")
            return
        behind = sequence_diff(self.rcv_nxt, seq)
        if behind < 0:
            if payload or flags & FIN:
                self._emit(ACK, self.snd_nxt, b"")  # a gap: duplicate acknowledgement
            return
        if behind > 0:
            self._check_repeated(payload, behind)
            fin_again = flags & FIN and behind == len(payload) + 1
            if fin_again or (behind >= len(payload) and not (flags & FIN and behind == len(payload))):
                if payload or behind == 1 or fin_again:
                    self._emit(ACK, self.snd_nxt, b"")
                return
            payload = payload[behind:]
        if len(payload) > self.window:
            self.book.complain(f"TCP: {len(payload) - self.window} bytes beyond the window")
            return
        if payload:
            self._take(payload, now)
        if flags & FIN:
            self._peer_fin()

    def _check_repeated(self, payload, behind):
        """Bytes sent again must be the same bytes."""
        behind -= 1 if self.peer_fin else 0
        known = self.history[max(0, len(self.history) - behind) :]
        start = behind - len(known)
        again = payload[start : start + len(known)] if start < len(payload) else b""
        if again != known[0 : len(again)]:
            self.book.complain("TCP: repeated bytes differ from those sent before")

    def _take(self, payload, now):
        if self.peer_fin:
            self.book.complain("TCP: data behind the FIN")
            return
        self.rcv_nxt = (self.rcv_nxt + len(payload)) & 0xFFFFFFFF
        self.incoming += payload
        self.history = (self.history + payload)[-_HISTORY:]
        full = self.habits["window"]
        if self.habits["window_style"] == "creeping":
            # lwIP in the Model Y: the window shrinks with every message and jumps back below one half
            self.window -= len(payload)
            if self.window * 100 < full * 51:
                self.window = full
        self.unread_window = len(payload)
        self.ack_at = now + self.habits["ack_delay_ms"]
        if self.ack_due is None:
            self.ack_due = self.ack_at

    def _peer_fin(self):
        self.rcv_nxt = (self.rcv_nxt + 1) & 0xFFFFFFFF
        self.peer_fin = True
        self._emit(ACK, self.snd_nxt, b"")
        if self.state == "ESTABLISHED":
            self.state = "CLOSE_WAIT"
            self.book.event("tcp_peer_fin")
        self._finished()

    def _finished(self):
        if self.fin_sent and self.peer_fin and not self.flight:
            self._end("fin")
