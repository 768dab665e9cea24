# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the owner may do to the modem: see whose it is, keep its parameters, change them, look at how it hears."""
