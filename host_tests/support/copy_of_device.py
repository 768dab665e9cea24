# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A pytest plugin: the twin runs the copy of the device's files that SOCBOX_DEVICE names."""

import os
from pathlib import Path

from host_tests.twin import world

world.CIRCUITPY = Path(os.environ["SOCBOX_DEVICE"])
