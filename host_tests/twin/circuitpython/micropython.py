# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""micropython: `const` and nothing that the device lacks."""


def const(value):
    return value


def opt_level(level=None):
    return 0
