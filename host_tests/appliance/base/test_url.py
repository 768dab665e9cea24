# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Addresses as people type them: which are understood, and in which words the others are refused."""

from urllib.parse import urlsplit

import pytest
from appliance.base.url import Url, host_fault, ipv4_number, is_ipv4


@pytest.mark.parametrize(
    ("text", "host", "port", "path"),
    [
        ("192.168.1.60", "192.168.1.60", 80, ""),
        ("http://192.168.1.60", "192.168.1.60", 80, ""),
        ("HTTP://192.168.1.60/", "192.168.1.60", 80, "/"),
        ("192.168.1.60:8080/ev_state", "192.168.1.60", 8080, "/ev_state"),
        ("smartevse-1234.local", "smartevse-1234.local", 80, ""),
        ("smartevse.local.:65535", "smartevse.local.", 65535, ""),
        ("my_evse", "my_evse", 80, ""),
        ("http://evcc.local:7070/api/soc?car=1&to=http://x", "evcc.local", 7070, "/api/soc?car=1&to=http://x"),
        ("evcc.local?car=1", "evcc.local", 80, "/?car=1"),
        ("evcc.local/a?b=c:d@e", "evcc.local", 80, "/a?b=c:d@e"),
    ],
)
def test_what_is_understood(text, host, port, path):
    url = Url(text)
    assert (url.host, url.port, url.path) == (host, port, path)
    other = urlsplit(url.url(url.path))
    assert (other.hostname, other.port) == (host.lower(), port)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no address"),
        ("http://", "no address"),
        ("http:///ev_state", "no address"),
        (":8080", "no address"),
        ("https://192.168.1.60", "https is not supported"),
        ("HTTPS://192.168.1.60", "https is not supported"),
        ("ftp://192.168.1.60", "must start with http://"),
        ("http:192.168.1.60", "must start with http://"),
        ("http:/192.168.1.60", "must start with http://"),
        ("http//192.168.1.60", "must start with http://"),
        ("192.168.1.60:8O", "1 to 65535"),
        ("192.168.1.60:", "1 to 65535"),
        ("192.168.1.60:0", "1 to 65535"),
        ("192.168.1.60:65536", "1 to 65535"),
        ("192.168.1.60:+80", "1 to 65535"),
        ("192.168.1.60:8_0", "1 to 65535"),
        ("192.168.1.60:8\u0660", "plain letters"),
        ("192.168.1.60:1000000000000000000000", "1 to 65535"),
        ("http://admin:pw@192.168.1.60/ev_state", "user name or a password"),
        ("admin@192.168.1.60", "user name or a password"),
        ("[fe80::1]", "IPv6"),
        ("http://[fe80::1]:80/", "IPv6"),
        ("fe80::1", "IPv6"),
        ("192.168.1", "four numbers"),
        ("192.168.1.600", "four numbers"),
        ("192.168.1.60.1", "four numbers"),
        ("192.168.001.060", "four numbers"),
        ("3232235836", "four numbers"),
        ("...", "four numbers"),
        ("0.0.0.0", "no device can have"),
        ("255.255.255.255", "no device can have"),
        ("239.1.2.3", "no device can have"),
        ("smart evse", "spaces"),
        ("smartevse ", "spaces"),
        ("smartevse\r\nHost: x", "plain letters"),
        ("smartevse\x00", "plain letters"),
        ("smartevse\x7f", "plain letters"),
        ("sm\u00e4rtevse", "plain letters"),
        ("smartevse/\ud800", "plain letters"),
        ("-smartevse", "no device can have"),
        ("smart..evse", "no device can have"),
        (".smartevse", "no device can have"),
        ("x" * 64, "no device can have"),
        (".".join(["x" * 60] * 5), "too long"),
        ("smart!evse", "letters, digits"),
        ("smartevse\\ev_state", "letters, digits"),
        ("smartevse/#top", "must not contain #"),
    ],
)
def test_what_is_refused_and_in_which_words(text, reason):
    with pytest.raises(ValueError, match=reason):
        Url(text)


def test_only_the_usual_form_is_an_ipv4_address():
    assert is_ipv4("0.0.0.0") and is_ipv4("255.255.255.255") and ipv4_number("192.168.1.60") == 0xC0A8013C
    for text in ("1.2.3", "1.2.3.4.5", "01.2.3.4", "+1.2.3.4", "1.2.3.", "1.2.3.4 ", "a.b.c.d", "1.2.3.256"):
        assert not is_ipv4(text)


def test_a_host_alone():
    assert host_fault("box.example.org") is None and host_fault("10.0.0.1") is None
    assert host_fault("[::1]") is not None and host_fault("a b") is not None


@pytest.mark.parametrize("host", ["fritz.box:123", "192.168.1.1:123", "http://box.example.org", "https://box.example.org:8443"])
def test_a_port_or_a_scheme_beside_a_host_is_not_called_an_ipv6_address(host):
    assert "without a port" in host_fault(host)
