# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
