# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Asks the owner's time server for the time (SNTP, RFC 4330): one datagram, one second at most. Loaded only when one is set.

The time dates the entries of the diary and nothing else, so whole seconds are enough.
"""

from plc.ticks import expired, ticks_add

from appliance.base.url import Url

PORT = 123
ANSWER_S = 1
# Pauses after a failure, longer each time; after an answer, a day.
PAUSES_MS = (60000, 300000, 3600000)
AGAIN_MS = 86400000
_SIZE = 48
# Version 4, client; server.
_CLIENT, _MODE, _SERVER = 0x23, 7, 4
_NEVER_SET = 3
_FROM_1900_S = 2208988800
_ERA_S = 1 << 32


def request(token):
    """The question; ``token`` are 8 unpredictable bytes, which come back in the answer."""
    return bytes((_CLIENT,)) + bytes(_SIZE - 9) + token


def unix_time(answer, token):
    """Unix time of an answer to the question with ``token``, None for anything else."""
    if len(answer) < _SIZE or answer[0] & _MODE != _SERVER or bytes(answer[24:32]) != token:
        return None
    if answer[0] >> 6 == _NEVER_SET or not 0 < answer[1] < 16:
        # A server that does not know the time, or asks us to stop.
        return None
    seconds = int.from_bytes(bytes(answer[40:44]), "big")
    return seconds - _FROM_1900_S + (0 if seconds >> 31 else _ERA_S)


class Ntp:
    """Slow piece. ``may_ask()`` is True when there is a network and no car; ``look_up(Url)`` gives an address or None;
    ``tell_time(unix_s)`` is False for a time that cannot be; ``tell(text)`` takes lines for the log."""

    def __init__(self, host, new_socket, random_bytes, look_up, tell_time, tell):
        self.may_ask = None
        self._url = Url(host)
        self._new_socket = new_socket
        self._random_bytes = random_bytes
        self._look_up = look_up
        self._tell_time = tell_time
        self._tell = tell
        self._failures = 0
        self._next = None
        self._told = None

    def due(self, now):
        """True when it is time to ask. Allocates nothing."""
        if expired(self._next, now):
            # Noted once, because ticks differ by three days at most: later the moment would seem to be in the future again.
            self._next = None
        return self._next is None and self.may_ask()

    def run(self, now):
        """Ask once; blocks for a second at most, longer for a name."""
        try:
            learnt = self._ask()
        except (OSError, RuntimeError):
            # No route, no answer, no free socket.
            learnt = False
        if learnt:
            self._failures = 0
            self._next = ticks_add(now, AGAIN_MS)
            self._say("the time server %s told the time" % self._url.host)
            return
        self._next = ticks_add(now, PAUSES_MS[min(self._failures, len(PAUSES_MS) - 1)])
        self._failures += 1
        self._say("the time server %s does not tell the time" % self._url.host)

    def _say(self, text):
        if text != self._told:
            self._told = text
            self._tell(text)

    def _ask(self):
        address = self._look_up(self._url)
        if address is None:
            return False
        token = bytes(self._random_bytes(8))
        answer = bytearray(_SIZE)
        socket = self._new_socket()
        try:
            socket.settimeout(ANSWER_S)
            socket.sendto(request(token), (address, PORT))
            size, sender = socket.recvfrom_into(answer)
        finally:
            socket.close()
        unix_s = unix_time(answer[:size], token) if sender[0] == address else None
        return unix_s is not None and self._tell_time(unix_s)
