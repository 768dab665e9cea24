# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Looks for SmartEVSEs in the network: they announce their page by mDNS under names like SmartEVSE-1234.

SmartEVSE-3.5, src/network_common.cpp: ``MDNS.begin(APhostname)`` and ``addService("http", "tcp", 80)``.
"""

SECONDS = 2
MOST = 8
_NAME = "smartevse"


def smartevses(server):
    """[(name, address)] of what answers ``server`` (a ``mdns.Server``, None: there is none); blocks for SECONDS."""
    if server is None:
        return []
    found = []
    browse = server.find  # which takes its arguments by name only, unlike find() of a text
    for service in browse(service_type="_http", protocol="_tcp", timeout=SECONDS):
        address = service.ipv4_address
        if address is None:
            # Its name may not have come either, and CircuitPython 10.1 takes the length of no text (Server.c, 0882cbf823).
            continue
        row = (service.hostname, "%s" % address)
        if row[0].lower().startswith(_NAME) and row not in found and len(found) < MOST:
            found.append(row)
    return found
