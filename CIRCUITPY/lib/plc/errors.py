# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The two families of errors that are not our own bugs.

Anything else that escapes a layer is a defect of the box: the loop logs it, resets the session and goes on.
"""


class PeerError(Exception):
    """The car did something that ends or spoils the exchange; answer, count, go on."""


class ModemError(Exception):
    """The modem did something that only a reset of the modem cures."""
