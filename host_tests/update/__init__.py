# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Updates: the bundle, the drive under power cuts, versions that fail on the twin, the page."""
