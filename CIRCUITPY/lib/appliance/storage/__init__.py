# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What is kept on the drive, and how a power cut cannot take it."""
