# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Addresses as people type them: an IPv4 address, the name of a host, an ``http://`` address.

A fault is told as the end of a sentence that begins with the name of what was typed: "... must start with http://".
"""

from appliance.base.text import DIGITS, LETTERS, VISIBLE, consists_of, is_digits

_ADDRESS_LETTERS = DIGITS + "."
_IPV6 = "must not be an IPv6 address: use one like 192.168.1.60, or a name"


def is_ipv4(text):
    """True for four numbers from 0 to 255 with dots in between, without leading zeros: some programs read those as octal."""
    if text.count(".") != 3 or text.strip(_ADDRESS_LETTERS):
        return False
    for part in text.split("."):
        if not 0 < len(part) < 4 or int(part) > 255 or (len(part) > 1 and part.startswith("0")):
            return False
    return True


def ipv4_number(text):
    """The 32 bits of an IPv4 address."""
    number = 0
    for part in text.split("."):
        number = number << 8 | int(part)
    return number


def host_fault(host):
    """What is wrong with the name or IPv4 address of a host, or None. IPv6 is not supported."""
    if not host:
        return "has no address in it"
    if consists_of(host, _ADDRESS_LETTERS):
        if not is_ipv4(host):
            return "must have four numbers from 0 to 255 in its address, like 192.168.1.60"
        return None if 0 < int(host.split(".", 1)[0]) < 224 else "has an address that no device can have"
    if "://" in host or host.count(":") == 1:
        return "must be a name or an address alone, without http:// and without a port"
    if ":" in host or "[" in host:
        return _IPV6
    name = host[:-1] if host.endswith(".") else host
    # 63 letters from dot to dot, 253 in all (RFC 1035, 2.3.4).
    for label in name.split("."):
        if not 0 < len(label) <= 63 or label.startswith("-") or label.endswith("-"):
            return "has a name in it that no device can have"
        if not consists_of(label, LETTERS + "-_"):
            return "may have only letters, digits, - and dots in the name of the device"
    return None if len(name) <= 253 else "has a name in it that is too long"


class Url:
    """``host``, ``port`` and ``path`` (with its query, "" when there is none) of an address with or without
    ``http://``. Raises ValueError with the end of a sentence."""

    def __init__(self, text):
        authority, self.path = _split(text)
        if "@" in authority:
            raise ValueError("must not have a user name or a password in it")
        if authority.startswith("[") or authority.count(":") > 1:
            raise ValueError(_IPV6)
        self.host, colon, port = authority.partition(":")
        fault = host_fault(self.host)
        if fault is not None:
            raise ValueError(fault)
        if colon and not (is_digits(port) and 0 < int(port) < 65536):
            raise ValueError("needs a number from 1 to 65535 after the colon")
        self.port = int(port) if colon else 80

    def url(self, path):
        """The complete URL of ``path`` on this host."""
        return "http://%s:%d%s" % (self.host, self.port, path)

    def numeric(self):
        """True when the host is an IPv4 address, so that no name has to be looked up."""
        return is_ipv4(self.host)


def _split(text):
    """``text`` as (authority, path with query), without scheme. Raises ValueError."""
    strange = text.strip(VISIBLE)
    if strange:
        raise ValueError(
            "must not contain spaces"
            if strange.startswith(" ")
            else "may have only plain letters, digits and signs in it"
        )
    scheme, mark, rest = text.partition("://")
    if mark and scheme.lower() == "https":
        raise ValueError("must start with http:// (https is not supported)")
    if mark and "/" not in scheme and "?" not in scheme and scheme.lower() != "http":
        raise ValueError("must start with http://")
    if not mark or scheme.lower() != "http":
        rest = text
        if text[:5].lower() in ("http:", "http/"):
            raise ValueError("must start with http://")
    if "#" in rest:
        raise ValueError("must not contain #")
    end = len(rest)
    for mark in "/?":
        at = rest.find(mark)
        if at >= 0:
            end = min(end, at)
    path = rest[end:]
    return rest[:end], "/" + path if path.startswith("?") else path
