# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A name server that is content."""


class Server:
    def __init__(self, radio):
        self.hostname = ""

    def advertise_service(self, *, service_type, protocol, port):
        """Nobody asks."""
