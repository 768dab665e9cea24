# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box around the protocol: loop, settings, WiFi, web pages, display, SmartEVSE, log."""
