# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Bytes on the SPI bus, frames on the power line, streams over IPv6. Pure but for ``qca7005``."""
