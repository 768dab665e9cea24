# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the car and the charging station say to each other (DIN SPEC 70121, ISO 15118-2). Pure."""
