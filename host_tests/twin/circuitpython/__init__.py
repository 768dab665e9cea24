# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The CircuitPython modules as the device code sees them.

Each file here is executed anew at every start of the virtual machine, with `twin_device.device` as the board it runs
on. They are never imported by the host under these names: `loader.py` gives them to device code only.
"""
