# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the box tells an MQTT broker, and Home Assistant through it. Loaded only when a broker is set."""
