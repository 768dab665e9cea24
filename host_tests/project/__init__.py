# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Tests of what the project says of itself: documents, drawings, rules, lists of libraries."""
