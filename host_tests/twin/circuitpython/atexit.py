# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""atexit: kept for the import; a board that is reset runs no exit functions."""


def register(function, *args, **kwargs):
    return function


def unregister(function):
    pass
