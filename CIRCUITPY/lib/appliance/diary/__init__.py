# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The plug-ins of the last months, kept on the drive through restarts."""
