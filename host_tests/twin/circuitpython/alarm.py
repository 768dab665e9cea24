# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""alarm: only `sleep_memory`, 4 kB. Every reset but a deep sleep clears them up to CircuitPython 10.2.1; from 10.3.0 on they
stay through a software reset, a watchdog and a panic (ports/espressif/common-hal/alarm/SleepMemory.c at the tags).
"""

from twin_device import device

wake_alarm = None


class SleepMemory:
    def __len__(self):
        return len(device.sleep_memory)

    def __bool__(self):
        return True

    def __getitem__(self, index):
        value = device.sleep_memory[index]
        return value if isinstance(value, int) else bytearray(value)

    def __setitem__(self, index, value):
        # A program that was ended by a reset writes nothing any more, whatever its finally clauses say.
        device.spend(0)
        if isinstance(index, slice):
            length = len(range(*index.indices(len(device.sleep_memory))))
            if length != len(value):
                raise ValueError("Slice and value different lengths.")
        device.sleep_memory[index] = value


sleep_memory = SleepMemory()


def exit_and_deep_sleep_until_alarms(*alarms, preserve_dios=()):
    raise NotImplementedError("deep sleep is not modelled")


def light_sleep_until_alarms(*alarms):
    raise NotImplementedError("light sleep is not modelled")
