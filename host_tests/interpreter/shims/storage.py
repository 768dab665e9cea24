# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A drive that belongs to the box."""


class _Mount:
    readonly = False


def getmount(_path):
    return _Mount()


def remount(_path, readonly=False):
    """Nothing to remount."""
