# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""microcontroller: processor, pins, reset, nvm and watchdog.

Follows shared-bindings/microcontroller/__init__.c; for the reasons of a reset
ports/espressif/common-hal/microcontroller/Processor.c, for NVM ports/espressif/common-hal/nvm/ByteArray.c and
shared-bindings/nvm/ByteArray.c.
"""

import array
import types

from twin_device import device

from host_tests.twin.circuitpython._names import names
from host_tests.twin.device import HardReset
from host_tests.twin.hardware import PINS


class ResetReason:
    pass


class RunMode:
    pass


names(
    ResetReason,
    "microcontroller",
    "POWER_ON BROWNOUT SOFTWARE DEEP_SLEEP_ALARM RESET_PIN WATCHDOG UNKNOWN RESCUE_DEBUG",
)
names(RunMode, "microcontroller", "NORMAL SAFE_MODE UF2 BOOTLOADER")


class Pin:
    """A GPIO; `number` is the twin's own."""

    def __init__(self, number):
        self.number = number

    def __repr__(self):
        return f"microcontroller.pin.GPIO{self.number}"

    def __hash__(self):
        return hash(self.number)

    def __eq__(self, other):
        return getattr(other, "number", None) == self.number


pin = types.ModuleType("microcontroller.pin")
for _number in PINS:
    setattr(pin, f"GPIO{_number}", Pin(_number))


class Processor:
    frequency = 240_000_000
    voltage = None
    temperature = 41.5

    @property
    def reset_reason(self):
        return getattr(ResetReason, device.reset_reason or "UNKNOWN")

    @property
    def uid(self):
        return bytearray(device.uid)


cpu = Processor()
cpus = (cpu, cpu)


class NvmArray:
    """8192 bytes in one NVS blob: every read reads all of it, every write erases it and writes it anew (nvs_erase_all,
    nvs_set_blob), so a power cut in between leaves zeros, whatever was to be changed."""

    def __len__(self):
        return len(device.nvm)

    def __bool__(self):
        return True

    @staticmethod
    def _check(index):
        if isinstance(index, slice) and index.step not in (None, 1):
            raise NotImplementedError("only slices with step=1 (aka None) are supported")

    def __getitem__(self, index):
        self._check(index)
        device.spend(device.costs.nvm_read_us)
        value = device.nvm[index]
        return value if isinstance(value, int) else bytearray(value)

    def __setitem__(self, index, value):
        content = bytearray(device.nvm)
        self._check(index)
        if isinstance(index, slice):
            positions = range(*index.indices(len(content)))
            if not isinstance(value, (bytes, bytearray, memoryview, array.array)):
                raise NotImplementedError("array/bytes required on right side")
            if memoryview(value).itemsize != 1:
                raise ValueError("Array values should be single bytes.")
            value = bytes(value)
            if len(value) != len(positions):
                raise ValueError("Slice and value different lengths.")
            content[positions.start : positions.start + len(value)] = value
        else:
            content[index] = value
        # A program that was ended by a reset writes nothing any more.
        device.spend(device.costs.nvm_read_us)
        device.nvm_writes += 1
        device.nvm[:] = bytes(len(device.nvm))
        if device.nvm_faults:
            device.nvm_faults -= 1
            device.spend(device.costs.nvm_erase_us)
            from espidf import IDFError

            raise IDFError("Generic Failure")
        device.spend(device.costs.nvm_erase_us + device.costs.nvm_write_us)
        device.nvm[:] = content


nvm = NvmArray()


def __getattr__(name):
    if name == "watchdog":
        from watchdog import WatchDogTimer

        value = globals()["watchdog"] = WatchDogTimer()
        return value
    raise AttributeError(f"'module' object has no attribute '{name}'")


def on_next_reset(run_mode):
    if run_mode is RunMode.NORMAL:
        device.saved_word = None
    elif run_mode is RunMode.SAFE_MODE:
        device.saved_word = "PROGRAMMATIC"


def reset():
    device.end_program(HardReset("SOFTWARE"))


def delay_us(delay):
    device.spend(delay)


def disable_interrupts():
    pass


def enable_interrupts():
    pass
