# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The one family of errors that is not our own bug; what the modem does wrong its driver settles by itself.

Anything else that escapes a layer is a defect of the box: the loop logs it, resets the session and goes on.
"""


class PeerError(Exception):
    """The car did something that ends or spoils the exchange; answer, count, go on."""
