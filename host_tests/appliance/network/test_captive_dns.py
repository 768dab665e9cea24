# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The name server of the access point: right answers to queries, silence to everything else, whatever comes."""

import errno

import pytest
from appliance.network.captive_dns import LARGEST_QUERY, CaptiveDns, answer, question_end
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.dns import DNS, DNSQR, DNSRROPT

ADDRESS = bytes((192, 168, 4, 1))
labels = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=20)
names = st.lists(labels, min_size=1, max_size=6).map(".".join)


def ask(data):
    return answer(bytes(data), len(data), ADDRESS)


def plain(name="connectivitycheck.gstatic.com", kind="A", **options):
    return bytes(DNS(id=0x1234, rd=1, qd=DNSQR(qname=name, qtype=kind), **options))


@given(name=names, number=st.integers(0, 0xFFFF), recursion=st.booleans())
def test_any_name_is_here(name, number, recursion):
    query = bytes(DNS(id=number, rd=int(recursion), qd=DNSQR(qname=name)))
    reply = DNS(ask(query))
    assert (reply.id, reply.qr, reply.aa, reply.ra, reply.rd, reply.rcode) == (number, 1, 1, 1, recursion, 0)
    assert (reply.qdcount, reply.ancount, reply.nscount, reply.arcount) == (1, 1, 0, 0)
    assert reply.qd[0].qname.decode() == name + "."
    record = reply.an[0]
    assert (record.type, record.rclass, record.rdata, record.ttl) == (1, 1, "192.168.4.1", 5)
    assert record.rrname.decode() == name + "."


@pytest.mark.parametrize("kind", ["AAAA", "HTTPS", "SRV", "TXT", "PTR"])
def test_other_kinds_exist_but_are_empty(kind):
    reply = DNS(ask(plain(kind=kind)))
    assert (reply.qr, reply.rcode, reply.ancount) == (1, 0, 0)
    assert len(ask(plain(kind=kind))) == len(plain(kind=kind))


def test_another_class_has_no_address():
    assert DNS(ask(bytes(DNS(qd=DNSQR(qname="version.bind", qclass=3))))).ancount == 0


def test_extensions_of_the_query_are_left_out():
    query = plain(ar=DNSRROPT(rclass=4096))
    reply = DNS(ask(query))
    assert (reply.ancount, reply.arcount) == (1, 0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(11),
        bytes(12),
        plain()[:-1],
        plain()[:20],
        bytes(DNS(id=1, qr=1, qd=DNSQR(qname="a.b"))),
        bytes(DNS(id=1, opcode=5, qd=DNSQR(qname="a.b"))),
        bytes(DNS(id=1, qd=[DNSQR(qname="a.b"), DNSQR(qname="c.d")])),
        # A pointer where a name begins, a label that is too long, a name that is too long.
        b"\0\1\1\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1",
        b"\0\1\1\0\0\1\0\0\0\0\0\0\x40" + b"a" * 64 + b"\0\0\1\0\1",
        b"\0\1\1\0\0\1\0\0\0\0\0\0" + (b"\x3f" + b"a" * 63) * 4 + b"\0\0\1\0\1",
    ],
)
def test_what_is_no_query_gets_no_answer(data):
    assert ask(data) is None


def test_the_longest_name():
    # Three labels of 63 and one of 61 letters: 255 bytes with the lengths and the end (RFC 1035, 3.1).
    name = b"".join(bytes((size,)) + b"a" * size for size in (63, 63, 63, 61)) + b"\0"
    assert len(name) == 255
    head = b"\0\1\1\0\0\1\0\0\0\0\0\0"
    assert len(ask(head + name + b"\0\1\0\1")) == 12 + 255 + 4 + 16


@given(st.binary(max_size=LARGEST_QUERY + 40))
def test_noise_never_raises_and_never_grows(data):
    reply = ask(data)
    assert reply is None or len(reply) <= len(data) + 16


@given(name=names, at=st.integers(0, 200), value=st.integers(0, 255), cut=st.integers(0, 200))
def test_damaged_queries(name, at, value, cut):
    query = bytearray(bytes(DNS(qd=DNSQR(qname=name))))
    query[at % len(query)] = value
    query = query[: max(len(query) - cut, 0)]
    end = question_end(bytes(query), len(query))
    assert 0 <= end <= len(query)
    ask(query)


@given(st.binary(min_size=12, max_size=300), st.integers(0, 300))
def test_only_the_bytes_that_came_count(data, length):
    """The buffer holds the rest of the datagram before."""
    length = min(length, len(data))
    assert answer(data, length, ADDRESS) == answer(data[:length] + b"\xff" * 50, length, ADDRESS)


# ---- the server


class Pool:
    AF_INET, SOCK_DGRAM = 2, 2

    def __init__(self, bound=True):
        self.incoming = []
        self.sent = []
        self.closed = False
        self.error = None
        self.may_bind = bound

    def socket(self, _family, _kind):
        return self

    def bind(self, _address):
        if not self.may_bind:
            raise OSError(errno.EADDRINUSE)

    def settimeout(self, value):
        assert value == 0

    def recvfrom_into(self, buffer):
        if not self.incoming:
            raise OSError(errno.EAGAIN)
        data, sender = self.incoming.pop(0)
        size = min(len(data), len(buffer))
        buffer[:size] = data[:size]
        return size, sender

    def sendto(self, data, address):
        if self.error:
            raise OSError(self.error)
        self.sent.append((data, address))

    def close(self):
        self.closed = True

    # A poller in the same breath.
    def register(self, _socket, _mask):
        return None

    def unregister(self, _socket):
        raise KeyError

    def ipoll(self, _timeout):
        return iter([(self, 1)] if self.incoming else [])


def serve(pool):
    seen = []
    server = CaptiveDns(pool, pool, "192.168.4.1", "192.168.4.", lambda: seen.append(1))
    return server, seen


def test_one_datagram_a_step_and_only_for_guests():
    pool = Pool()
    server, seen = serve(pool)
    assert not server.poll()
    guest, stranger = ("192.168.4.2", 5000), ("192.168.1.9", 5000)
    pool.incoming = [(plain(), guest), (plain(), stranger), (b"noise", guest), (bytes(2000), guest)]
    assert [server.poll() for _ in range(5)] == [True, True, True, True, False]
    assert [address for _, address in pool.sent] == [guest]
    assert server.counts == {"answered": 1, "refused": 3}
    assert len(seen) == 3


def test_a_phone_that_is_gone_costs_nothing():
    pool = Pool()
    server, _seen = serve(pool)
    pool.error = errno.EHOSTUNREACH
    pool.incoming = [(plain(), ("192.168.4.2", 5000))]
    assert server.poll()
    assert server.counts == {"answered": 0, "refused": 1}
    server.close()
    assert pool.closed


def test_a_port_in_use_leaves_no_socket_behind():
    pool = Pool(bound=False)
    with pytest.raises(OSError):
        serve(pool)
    assert pool.closed
