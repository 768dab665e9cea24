# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""usb_cdc: the console only; enabling anything is for boot.py."""

from twin_device import device

data = None
console = None


def enable(*, console=True, data=False):
    if device.vm_stage != "boot":
        raise RuntimeError("Cannot change USB devices now")


def disable():
    enable()
