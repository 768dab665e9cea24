# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Nothing wedges the box: faults in every mixture, hostile bytes, a month of uptime, what the device can bear."""

import sys
from pathlib import Path

_LIBRARY = str(Path(__file__).parents[2] / "CIRCUITPY" / "lib")
if _LIBRARY not in sys.path:
    sys.path.insert(0, _LIBRARY)
