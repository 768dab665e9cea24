# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What is kept beside the settings, in memory only."""

from appliance.storage.forgetful import Forgetful


class Memory(Forgetful):
    """Counts its ``saves``."""

    def __init__(self):
        super().__init__()
        self.saves = 0

    def save(self):
        self.saves += 1
