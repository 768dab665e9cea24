# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The only error that is not a bug of ours. Trouble with the modem raises nothing: its driver counts it and resets the chip.

Any other exception that leaves a layer is a defect of the box: the loop logs it, resets the session and goes on.
"""


class PeerError(Exception):
    """The car sent something invalid; the caller counts it and goes on, or closes the car's connection."""
