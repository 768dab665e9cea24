# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Who uses which pin. A pin in use raises ValueError, as on the board, until it is released."""

from host_tests.twin.device import HardReset

# USB, and flash and PSRAM on eight lines, as all boards of the twin have them: in use from the start
# (pin_mask_reset_forbidden of ports/espressif/common-hal/microcontroller/Pin.c). The chip select of the PSRAM is
# missing there, for its line stands under names of the configuration that are no more: who takes it takes the heap away.
TAKEN = (19, 20, *range(27, 38))
PSRAM_CHIP_SELECT = 26


class Claim:
    def __init__(self, owner, kept=False):
        self.owner = owner
        self.kept = kept


def claim(device, pin, owner, kept=False):
    """Take a pin for `owner`; gives its number, None for None."""
    if pin is None:
        return None
    number = getattr(pin, "number", None)
    if number is None:
        raise TypeError("pin must be of type Pin, not " + type(pin).__name__)
    if number in device.claims or number in TAKEN:
        raise ValueError(f"IO{number} in use")
    if number == PSRAM_CHIP_SELECT:
        device.end_program(HardReset("PANIC"))
    device.claims[number] = Claim(owner, kept)
    return number


def release(device, *numbers):
    for number in numbers:
        if number is not None:
            device.claims.pop(number, None)


def keep(device, *numbers):
    """Displays and their buses outlive the virtual machine."""
    for number in numbers:
        if number is not None and number in device.claims:
            device.claims[number].kept = True
