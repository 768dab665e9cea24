# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A phone that joins the box's own access point, with what matters of Android, iOS and Windows there.

    phone = Phone(world.network, "android")
    assert phone.join("socbox-1234", "password") == "joined"
    portal = phone.open_portal()        # what the system's probe found: URL of the page it would open, or None
    answer = phone.get(portal)

It gets its address and its name server (the box) by DHCP, asks for names with DNS queries of its own making, and
finds the access point again by itself when that moved to another channel or was away. All calls wait in virtual
time with the network's `run_until`.
"""

from urllib.parse import urljoin, urlsplit

from host_tests.twin.network import Response, _is_whole
from host_tests.twin.station import AP_ADDRESS, AP_SUBNET

ASSOCIATE_US = 900_000
DHCP_US = 400_000
WRONG_PASSWORD_US = 2_500_000
# After a move to another channel, or when the access point is back after a break.
REJOIN_US = 2_000_000
LOOK_US = 1_000_000
DNS_TRIES_US = (2_000_000, 3_000_000, 5_000_000)

# platform: (URL of the probe, what it wants: status, body)
PROBES = {
    "android": ("http://connectivitycheck.gstatic.com/generate_204", 204, b""),
    "ios": (
        "http://captive.apple.com/hotspot-detect.html",
        200,
        b"<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>",
    ),
    "windows": ("http://www.msftconnecttest.com/connecttest.txt", 200, b"Microsoft Connect Test"),
}
AGENTS = {
    "android": "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/130 Mobile Safari/537.36",
    "ios": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130 Safari/537.36",
}


class NameAnswer:
    """Answer to a DNS query: `code` (0: no error), `addresses` as text, `ttl_s` of the first; `raw`."""

    def __init__(self, raw, name, kind):
        self.raw = raw
        number, flags, questions, answers, authorities, additional = _shorts(raw[:12])
        assert flags & 0x8000, "no answer but a query"
        assert (questions, authorities, additional) == (1, 0, 0), raw
        self.number = number
        self.code = flags & 15
        question = _encoded_name(name) + kind.to_bytes(2, "big") + b"\0\x01"
        assert raw[12 : 12 + len(question)] == question, "the answer belongs to another question"
        at = 12 + len(question)
        self.addresses, self.ttl_s = [], None
        for _ in range(answers):
            assert raw[at : at + 2] == b"\xc0\x0c", "the answer names the question"
            kind_, class_, size = (
                int.from_bytes(raw[at + start : at + start + 2], "big") for start in (2, 4, 10)
            )
            assert (kind_, class_, size) == (1, 1, 4)
            self.ttl_s = int.from_bytes(raw[at + 6 : at + 10], "big")
            self.addresses.append(".".join(str(byte) for byte in raw[at + 12 : at + 16]))
            at += 16
        assert at == len(raw), "nothing follows the answers"


def _shorts(data):
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


def _encoded_name(name):
    labels = name.rstrip(".").split(".")
    return b"".join(bytes((len(label),)) + label.encode() for label in labels) + b"\0"


def query(name, number=0x1234, kind=1):
    """A DNS query as bytes; `kind` 1 is A, 28 AAAA, 65 HTTPS."""
    head = number.to_bytes(2, "big") + b"\x01\0\0\x01\0\0\0\0\0\0"
    return head + _encoded_name(name) + kind.to_bytes(2, "big") + b"\0\x01"


class Phone:
    """See the module. `platform`: "android", "ios" or "windows"; `associated`, `address` (None before DHCP)."""

    def __init__(self, network, platform="android", mac=None):
        self.network = network
        self.clock = network.clock
        self.platform = platform
        self.associated = False
        self.address = None
        self.name_server = None
        self.losses = 0
        self._number = len(network.phones)
        self.mac = mac or bytes((0x5A, 0, 0, 0, 0, self._number + 1))
        self._known = None
        self._port = 50000
        self._received = {}
        self._looking = False
        network.phones.append(self)

    def _wait(self, condition, limit_s):
        return self.network.run_until(condition, limit_s)

    def _spend(self, us):
        end_us = self.clock.now_us + us
        self._wait(lambda: self.clock.now_us >= end_us, us / 1e6 + 1)

    @property
    def _station(self):
        return self.network.stack.station

    # ---- WiFi

    def sees(self, ssid):
        """True while the access point is on the air under that name."""
        station = self._station
        return station is not None and station.ap_active and station.ap_ssid == ssid

    def join(self, ssid, password):
        """ "joined", "no such network", "wrong password" or "full"."""
        self._spend(ASSOCIATE_US)
        if not self.sees(ssid):
            return "no such network"
        if self._station.ap_password != password:
            self._spend(WRONG_PASSWORD_US)
            return "wrong password"
        if len(self._station.guests()) >= self._station.ap_max_connections:
            return "full"
        self._spend(DHCP_US)
        if not self.sees(ssid):
            return "no such network"
        self._known = (ssid, password)
        self._associate()
        return "joined"

    def _associate(self):
        self.associated = True
        self.address = AP_SUBNET + str(self._number + 2)
        self.name_server = AP_ADDRESS

    def leave(self):
        """The owner picks another network."""
        self.associated = False
        self._known = None

    def point_lost(self):
        """The access point is gone; a phone looks out for it."""
        if self.associated:
            self.associated = False
            self.losses += 1
            self._look_out(LOOK_US)

    def point_moved(self):
        """It is on another channel now."""
        if self.associated:
            self.associated = False
            self.losses += 1
            self._look_out(REJOIN_US)

    def _look_out(self, us):
        if not self._looking:
            self._looking = True
            self.clock.after(us, self._look)

    def _look(self):
        self._looking = False
        if self.associated or self._known is None:
            return
        ssid, password = self._known
        if self.sees(ssid) and self._station.ap_password == password:
            self._associate()
        else:
            self._look_out(LOOK_US)

    # ---- names

    def datagram_arrived(self, port, data, address):
        """The network brings a datagram."""
        self._received.setdefault(port, []).append((data, address))

    def ask(self, data, limit_s):
        """Send a datagram to the name server's port 53; gives the answer's bytes or None."""
        self._port += 1
        port = self._port
        self.network.stack.datagram(53, data, (self.address, port))
        if not self._wait(lambda: port in self._received, limit_s):
            return None
        data, address = self._received[port][0]
        assert address == (AP_ADDRESS, 53), "the answer comes from elsewhere"
        return data

    def resolve(self, name, kind=1):
        """A `NameAnswer`, or None when the name server stays silent."""
        if not self.associated or self.name_server is None:
            return None
        for tried, wait_us in enumerate(DNS_TRIES_US):
            raw = self.ask(query(name, 0x4000 + tried, kind), wait_us / 1e6)
            if raw is not None:
                answer = NameAnswer(raw, name, kind)
                assert answer.number == 0x4000 + tried
                return answer
        return None

    # ---- HTTP

    def connect(self, port=80, **options):
        """A raw connection to the box, for clients that do not behave."""
        return self.network.connect_to_box(port, address=self.address, **options)

    def request(self, method, url, headers=None, body=b"", timeout_s=10.0):
        """One request; the host is looked up first. Gives a Response (status None: none came) or None: no address."""
        parts = urlsplit(url)
        host = parts.hostname
        if not host.replace(".", "").isdigit():
            answer = self.resolve(host)
            if answer is None or not answer.addresses:
                return None
            assert answer.addresses == [AP_ADDRESS], "every name leads to the box"
        if isinstance(body, str):
            body = body.encode()
        fields = {
            "Host": parts.netloc,
            "User-Agent": AGENTS[self.platform],
            "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
            "Connection": "close",
        }
        if body or method == "POST":
            fields["Content-Length"] = str(len(body))
        fields.update(headers or {})
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {fields[name]}\r\n" for name in fields)
        started_us = self.clock.now_us
        client = self.connect(parts.port or 80)
        client.send(head.encode() + b"\r\n" + body)
        complete = self._wait(lambda: client.finished or _is_whole(client.received, method), timeout_s)
        response = Response(client.received, self.clock.now_us - started_us, complete and not client.refused)
        client.close()
        return response

    def get(self, url, redirects=5, **options):
        """GET, following redirects; `response.url` is where it ended."""
        for _ in range(redirects):
            response = self.request("GET", url, **options)
            if response is None or response.status not in (301, 302, 303, 307, 308):
                break
            url = urljoin(url, response.headers["location"])
        if response is not None:
            response.url = url
        return response

    def post(self, url, content, timeout_s=10.0):
        """POST of JSON from a page of the same origin."""
        import json

        parts = urlsplit(url)
        headers = {
            "Content-Type": "application/json",
            "Origin": f"{parts.scheme}://{parts.netloc}",
            "Sec-Fetch-Site": "same-origin",
            "Sec-Fetch-Mode": "cors",
        }
        return self.request("POST", url, headers, json.dumps(content), timeout_s)

    # ---- what the system does by itself

    def probe(self):
        """ "online", "portal" or "none" (no answer): what the system thinks of this network."""
        url, status, body = PROBES[self.platform]
        response = self.request("GET", url, {"Connection": "close"})
        if response is None or response.status is None:
            return "none"
        if response.status == status and response.body.strip() == body:
            return "online"
        if self.platform == "ios" and response.status == status and b"Success" in response.body:
            return "online"
        return "portal"

    def open_portal(self):
        """The page the system opens by itself after joining, as URL; None when it finds no portal."""
        if self.probe() != "portal":
            return None
        url = PROBES[self.platform][0]
        if self.platform == "windows":
            # Windows opens the browser at this address whatever the probe said.
            url = "http://www.msftconnecttest.com/redirect"
        response = self.get(url)
        return None if response is None or response.status != 200 else response.url
