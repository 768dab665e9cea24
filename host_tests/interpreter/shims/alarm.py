# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""RTC memory."""

sleep_memory = bytearray(8192)
