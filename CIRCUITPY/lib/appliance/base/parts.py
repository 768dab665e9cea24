# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Modules that are loaded one a step, because a car need not wait for more than one."""


class Parts:
    """``names`` of modules, in the order in which each brings one file only."""

    def __init__(self, names):
        self._left = list(names)

    def load(self):
        """Load the next; False when all are there. Raises what its import raises, and tries it again the next time."""
        if not self._left:
            return False
        __import__(self._left[0])
        self._left.pop(0)
        return True
