# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What this is and which version: the one place that says so."""

PRODUCT = "socbox"
VERSION = "0.1.0"
# Older firmware has no SHA-256 (hashlib.new), without which there is no key for the modem.
CIRCUITPYTHON = "10.1.0"
# The API of slots.py and survival.py (CIRCUITPY/, not part of an update over the network) that this version cannot do
# without. It runs with older ones, and with none, for as long as this says 0.
ROOTS = 0
