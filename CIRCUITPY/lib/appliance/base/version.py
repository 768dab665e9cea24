# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Name and version of the product, and what they require."""

PRODUCT = "socbox"
VERSION = "0.1.0"
# Older firmware has no SHA-256 (hashlib.new), without which there is no key for the modem.
CIRCUITPYTHON = "10.1.0"
# The least API of slots.py and survival.py (in CIRCUITPY/, which an update over the network does not bring) with which this
# version runs. 0: any, or none.
ROOTS = 0
