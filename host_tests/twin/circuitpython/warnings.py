# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""warnings: printed, never raised."""

from twin_device import device


def warn(message, category=None):
    device.console_print("Warning:", message)


def simplefilter(action, category=None, lineno=0, append=False):
    pass
