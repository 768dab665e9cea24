# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""In place of a modem whose bus cannot be opened; loaded only then."""


class NoModem:
    """The cause was logged."""

    ready = False
    generation = 0
    status = "NOT_OPENED"
    setting = None
    setting_text = "not opened"
    counts = {}

    def poll(self, now):
        """Nothing to move."""

    def receive(self):
        """Nothing comes."""

    def send(self, frame):
        """Nothing leaves; taken, so that frames do not pile up."""
        return True
