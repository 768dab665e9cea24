# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The messages of the application protocol handshake (ISO 15118-2 8.2, urn:iso:15118:2:2010:AppProtocol)."""

from v2g.schema import load

SCHEMA = load("apphand")
