# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""SECC discovery protocol: how a car finds the station's address (DIN SPEC 70121 clause 8.8).

Whatever security the car asks for, the answer is "no TLS" (0x10). Audi would repeat its TLS request for 12.5 s before
it asks for plain TCP, Tesla Model X and Kia EV3 never ask for that; all of them accept "no TLS" in the answer.
"""

from struct import pack

from plc.errors import PeerError

from v2g import v2gtp

PORT = 15118
NO_TLS = 0x10
TCP = 0x00


def wants_tls(datagram):
    """True if the SDP request asks for TLS. Raises PeerError if ``datagram`` is not an SDP request."""
    if len(datagram) < v2gtp.HEADER_BYTES + 2:
        raise PeerError("SDP request too short")
    kind, length = v2gtp.header(datagram)
    if kind != v2gtp.SDP_REQUEST or length != 2:
        raise PeerError("not an SDP request")
    if datagram[9] != TCP:
        raise PeerError("SDP asks for another transport than TCP")
    return datagram[8] != NO_TLS


def response(address, port):
    """The answer: our IPv6 ``address`` (16 bytes), TCP ``port``, no TLS."""
    return v2gtp.message(v2gtp.SDP_RESPONSE, pack(">16sHBB", address, port, NO_TLS, TCP))
