# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What this is and which version: the one place that says so."""

PRODUCT = "socbox"
VERSION = "0.1.0"
# Older firmware lacks something that this version uses.
CIRCUITPYTHON = "10.0.0"
