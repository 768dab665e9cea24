# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Web server that no client can stop.

``adafruit_httpserver`` parses requests and builds responses, but its receive and send wait for the client: one that
opens a connection and closes it again would stop the modem for ever. So they and ``Server.poll`` are not used, nor its
table of routes, which tries a pattern for every path (``router`` has ours). Each accepted socket has a small state
machine (``connection``); there are at most two.
"""

import select

from plc.const import const
from plc.ticks import expired, ticks_add, ticks_diff

from appliance.web.connection import CROWDED_MS, FREE, Connection

_MOST_CONNECTIONS = const(2)
_BACKLOG = const(4)
# A longer time between two polls is a pause of the server itself (a car is matched, a delivery) and extends deadlines.
_PAUSE_MS = const(200)
# A client that sends nothing keeps its place for CROWDED_MS while another waits; for less if several in turn sent nothing
# and kept others waiting, because a request follows its connection at once, or was lost and is later than this anyway. One
# alone does not count: a browser opens a connection ahead. Nor does one that was silent while nobody waited.
_CROWD = const(2)
_CROWD_MS = const(1500)
_SILENT_MS = const(100)
_FRESH_MS = const(300)


class Web:
    """Listener and connections. ``respond(request)`` gives an ``Answer`` or a ``Later``.

    ``poller`` is a ``select.poll()``; ``log(text)`` gets what is worth a line.
    """

    def __init__(self, pool, poller, respond, log):
        self.respond = respond
        self.counts = {"accepted": 0, "answered": 0, "refused": 0, "timed_out": 0, "crowded_out": 0, "failed": 0}
        self._pool = pool
        self._log = log
        self._listener = None
        self._poller = poller
        self._waiting = False
        self._connections = [Connection(self) for _ in range(_MOST_CONNECTIONS)]
        self._turn = 0
        self._last_poll = None
        self._silent_ones = 0
        self._silent_until = None

    def start(self, port):
        """Listen on ``port`` of every address; raises OSError or RuntimeError when that cannot be."""
        pool = self._pool
        listener = pool.socket(pool.AF_INET, pool.SOCK_STREAM)
        try:
            listener.setsockopt(pool.SOL_SOCKET, pool.SO_REUSEADDR, 1)
            listener.bind(("0.0.0.0", port))
            listener.listen(_BACKLOG)
            listener.settimeout(0)
        except Exception as error:
            listener.close()
            raise error
        self._listener = listener
        self._poller.register(listener, select.POLLIN)

    def handler_failed(self, error, request):
        """A handler raised, which is a defect of ours: log it."""
        self.counts["failed"] += 1
        self._log("%s %s: %s: %s" % (request.method, request.path, type(error).__name__, error))

    def answer_failed(self, error):
        """An answer could not be made or finished, which is a defect of ours as well: log it."""
        self.counts["failed"] += 1
        self._log("answer cut: %s: %s" % (type(error).__name__, error))

    def unwatch(self, socket):
        """Take ``socket`` out of the poller."""
        try:
            self._poller.unregister(socket)
        except (KeyError, OSError, ValueError):
            # It was not registered, or is closed already.
            return

    def poll(self, now):
        """One bounded piece of work; True when there was any. Allocates nothing while nobody is there."""
        if self._listener is None:
            return False
        self._forgive_pause(now)
        if expired(self._silent_until, now):
            self._silent_ones, self._silent_until = 0, None
        for item in self._poller.ipoll(0):
            self._mark(item[0])
        if self._waiting:
            self._accept(now)
        # The next open connection in turn. Not in a function of its own, because handlers need the stack frames.
        for _ in range(_MOST_CONNECTIONS):
            self._turn = (self._turn + 1) % _MOST_CONNECTIONS
            connection = self._connections[self._turn]
            if connection.state != FREE:
                try:
                    worked = connection.step(now)
                except Exception as error:
                    # Only this client's request is lost, and it is not handled twice.
                    connection.close()
                    self.answer_failed(error)
                    return True
                connection.readable = False
                if worked:
                    return True
        return False

    def _forgive_pause(self, now):
        if self._last_poll is not None:
            pause = ticks_diff(now, self._last_poll)
            if pause > _PAUSE_MS:
                for connection in self._connections:
                    connection.shift(pause)
        self._last_poll = now

    def _mark(self, socket):
        if socket is self._listener:
            self._waiting = True
            return
        for connection in self._connections:
            if connection.socket is socket:
                connection.readable = True

    def _free_place(self, now):
        for connection in self._connections:
            if connection.state == FREE:
                return connection
        silent_ms = CROWDED_MS if self._silent_ones < _CROWD else _SILENT_MS
        for connection in self._connections:
            if connection.is_silent(now, silent_ms):
                if ticks_diff(now, connection.opened) < silent_ms + _FRESH_MS:
                    self._silent_ones += 1
                    self._silent_until = ticks_add(now, _CROWD_MS)
                return self._drop(connection)
        # Only then one in the middle of something, and not if another one closes or sends in this very pass.
        for connection in self._connections:
            if connection.readable and connection.is_idle():
                return None
        for connection in self._connections:
            if connection.is_slow(now):
                return self._drop(connection)
        return None

    def _drop(self, connection):
        self.counts["crowded_out"] += 1
        connection.close()
        return connection

    def _accept(self, now):
        place = self._free_place(now)
        if place is None:
            return
        self._waiting = False
        try:
            socket, address = self._listener.accept()
        except (OSError, RuntimeError):
            # The client has closed since the poll, or no socket is free (CircuitPython: RuntimeError "Out of sockets").
            return
        self.counts["accepted"] += 1
        place.open(socket, address, now)
        self._poller.register(socket, select.POLLIN)
