# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The settings that a text makes."""

from appliance.settings.settings import Settings


def read(text):
    result = Settings()
    data = text if isinstance(text, bytes) else text.encode()
    result.read_lines(data.splitlines(True))
    return result
