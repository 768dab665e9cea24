# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""adafruit_bus_device: C code on the S3 builds, so its lines cost nothing and its calls a fixed time."""
