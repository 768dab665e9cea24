# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""select.poll over the fake sockets. Asking when nothing happened allocates nothing, as on the device."""

import bench_state

POLLIN = 1
POLLOUT = 4


class _Poll:
    def __init__(self):
        self._sockets = []

    def register(self, socket, events=POLLIN):
        if socket not in self._sockets:
            self._sockets.append(socket)

    def unregister(self, socket):
        if socket not in self._sockets:
            raise KeyError(socket)
        self._sockets.remove(socket)

    def ipoll(self, timeout=-1):
        while True:
            for socket in self._sockets:
                if socket.readable():
                    return [(one, POLLIN) for one in self._sockets if one.readable()]
            if timeout == 0:
                return ()
            bench_state.pass_time(1000)
            timeout -= 1


def poll():
    return _Poll()
