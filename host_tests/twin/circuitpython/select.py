# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""select.poll on sockets: one select() with no waiting per look; errors count as ready."""

from twin_device import device

POLLIN = 1
POLLOUT = 4
POLLERR = 8
POLLHUP = 16


class Poll:
    def __init__(self):
        self._objects = []

    def register(self, obj, eventmask=POLLIN | POLLOUT):
        for entry in self._objects:
            if entry[0] is obj:
                entry[1] = eventmask
                return
        self._objects.append([obj, eventmask])

    def unregister(self, obj):
        self._objects = [entry for entry in self._objects if entry[0] is not obj]

    def modify(self, obj, eventmask):
        for entry in self._objects:
            if entry[0] is obj:
                entry[1] = eventmask
                return
        from host_tests.twin.errors import ENOENT, DeviceOSError

        raise DeviceOSError(ENOENT)

    def _look(self):
        found = []
        for obj, mask in self._objects:
            events = 0
            if not obj.is_open:
                events = POLLHUP | POLLERR
            else:
                if mask & POLLIN and obj.readable():
                    events |= POLLIN
                if mask & POLLOUT and obj.writable():
                    events |= POLLOUT
            if events:
                found.append((obj, events))
        return found

    def poll(self, timeout=-1):
        device.spend(device.costs.poll_us)
        found = self._look()
        if found or timeout == 0:
            return found
        device.wait_until(self._look, None if timeout < 0 else round(timeout * 1000))
        return self._look()

    def ipoll(self, timeout=-1, flags=0):
        return iter(self.poll(timeout))


def poll():
    return Poll()


def select(rlist, wlist, xlist, timeout=None):
    def look():
        ready = [obj for obj in rlist if obj.readable()], [obj for obj in wlist if obj.writable()], []
        return ready if ready[0] or ready[1] else None

    device.spend(device.costs.poll_us)
    device.wait_until(look, None if timeout is None else round(timeout * 1_000_000))
    return look() or ([], [], [])
