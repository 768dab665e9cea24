# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Names of the watchdog's modes."""


class WatchDogMode:
    RESET = "RESET"
    RAISE = "RAISE"
