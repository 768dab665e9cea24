# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""ssl: importable, as on the device; the twin speaks no TLS."""

from host_tests.twin.errors import DeviceOSError


class SSLContext:
    check_hostname = True

    def load_verify_locations(self, cafile=None, cadata=None):
        pass

    def wrap_socket(self, sock, *, server_side=False, server_hostname=None):
        raise DeviceOSError(-0x7780)


def create_default_context():
    return SSLContext()
