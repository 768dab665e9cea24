# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The settings that a text makes."""

from appliance.settings import reading, toml
from appliance.settings.settings import Settings


def take(settings, lines):
    """Have ``settings`` take over an iterable of lines (bytes)."""
    for _ in toml.read(lines, reading.take_line, settings):
        pass


def taken(lines, entries=()):
    """Settings of an iterable of lines (bytes), the rules that join several keys applied."""
    result = Settings()
    take(result, lines)
    reading.lay_over(result, entries)
    return result


def read(text):
    data = text if isinstance(text, bytes) else text.encode()
    return taken(data.splitlines(True))
