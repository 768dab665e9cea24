# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Where the twin keeps copies of the drive: in memory if this computer has a file system there with room to spare."""

import os
import shutil

IN_MEMORY = "/dev/shm"
ROOM_BYTES = 256 * 1024 * 1024


def folder():
    """For ``dir`` of tempfile's functions; None: wherever temporary files go."""
    try:
        if os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ROOM_BYTES:
            return IN_MEMORY
    except OSError:
        pass
    return None
