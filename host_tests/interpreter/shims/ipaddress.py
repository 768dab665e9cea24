# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Addresses are their texts here."""


def ip_address(text):
    return text
