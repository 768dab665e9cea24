# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""QR codes made in one go."""

from appliance.display.qr_encoder import Code


def modules(text):
    """The rows of the code of ``text``."""
    code = Code(text)
    while not code.go_on():
        pass
    return code.rows
