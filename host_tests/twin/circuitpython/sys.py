# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""sys of the device."""

import types

from twin_device import device, loader

path = ["", "/", ".frozen", "/lib"]
modules = loader.modules
argv = []
byteorder = "little"
maxsize = 0x7FFFFFFF
platform = "Espressif"
version = "3.4.0; Adafruit CircuitPython " + ".".join(map(str, device.version))
version_info = (3, 4, 0)
implementation = types.SimpleNamespace(
    name="circuitpython", version=(*device.version, ""), _machine="", _mpy=518
)


class _Console:
    is_console = True

    def write(self, text):
        device.console_print(text, end="")
        return len(text)

    def flush(self):
        pass

    def read(self, count=1):
        device.wait_until(lambda: len(device.console_input_text) >= count)
        text = device.console_input_text[:count]
        device.console_input_text = device.console_input_text[count:]
        return text

    def readline(self):
        return device.console_input() + "\n"


stdout = stderr = stdin = _Console()


def exit(status=0):
    raise SystemExit(status)


def print_exception(error, file=None):
    device.console_print(device.format_exception(error), end="", file=file)
