# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The error for what an owner asked for and the box will not do."""


class Refused(Exception):
    """``text`` tells the owner why; ``code`` tells the page which question to ask."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code
        self.text = text
