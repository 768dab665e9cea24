# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A program on the virtual network that takes readings by POST, as Node-RED, n8n, ioBroker or a script does."""

import json


class Listener:
    """`requests`: (virtual s, path, document) in their order. `status`: what it answers, None: nothing at all."""

    def __init__(self, network, ip, port, status=200):
        self.requests = []
        self.status = status
        self.clock = network.clock
        self.host = network.add_host(ip, {port: lambda conn: _Connection(self, conn)})


class _Connection:
    def __init__(self, listener, conn):
        self._listener = listener
        self._conn = conn
        self._data = b""

    def received(self, data):
        self._data += data
        head, end, body = self._data.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:])
        if not end or len(body) < int(fields["content-length"]):
            return
        method, path, _ = lines[0].split(" ")
        assert (method, fields["content-type"]) == ("POST", "application/json")
        listener = self._listener
        listener.requests.append((listener.clock.now_us / 1e6, path, json.loads(body)))
        if listener.status is not None:
            self._conn.send(f"HTTP/1.1 {listener.status} x\r\nContent-Length: 2\r\n\r\nok".encode())
            self._conn.close()

    def peer_closed(self):
        self._conn.close()
