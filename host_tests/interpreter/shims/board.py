# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A board without a display of its own; its pins are their names."""

board_id = "host_micropython"


def __getattr__(name):
    if name.startswith("IO") and name[2:].isdigit():
        return name
    raise AttributeError(name)
