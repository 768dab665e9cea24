# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""usb_cdc: the console only; enabling anything is for boot.py. A chip whose USB is no device has no such module.

Follows shared-bindings/usb_cdc/Serial.c and shared-module/usb_cdc/Serial.c.
"""

from twin_device import device

if not device.native_usb:
    raise ImportError("no module named 'usb_cdc'")


class Serial:
    """A byte stream: text is refused. Times in seconds, None for ever."""

    timeout = None
    write_timeout = None

    @property
    def connected(self):
        return device.serial.connected

    @property
    def out_waiting(self):
        return device.serial.waiting

    def write(self, data):
        if isinstance(data, str):
            raise ValueError("string not supported; use bytes or bytearray")
        limit_us = None if self.write_timeout is None else round(self.write_timeout * 1_000_000)
        taken = device.write_serial(len(data), limit_us)
        text = bytes(data[:taken]).decode(errors="replace").replace("\r\n", "\n")
        device.tell_console(text)
        return taken


data = None
console = Serial()


def enable(*, console=True, data=False):
    if device.vm_stage != "boot":
        raise RuntimeError("Cannot change USB devices now")


def disable():
    enable()
