# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What an owner asked for and does not get."""


class Refused(Exception):
    """The text tells the owner why; ``code`` tells the page what to ask."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code
        self.text = text
