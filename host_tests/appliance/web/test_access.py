# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Headers, credentials and guesses, before anybody is let in; test_router.py has the whole gate."""

import base64

import pytest
from appliance.web.access import (
    _FORGET_S,
    _FREE_TRIES,
    _MOST_ADDRESSES,
    PAUSES_S,
    Throttle,
    cookie_value,
    decoded_basic,
    host_name,
)


@pytest.mark.parametrize(
    ("header", "name"),
    (
        ("socbox.local", "socbox.local"),
        ("SOCBOX.local:8080", "socbox.local"),
        (" socbox.local. ", "socbox.local"),
        ("192.168.1.50:80", "192.168.1.50"),
        ("[fe80::1]:80", "[fe80::1]"),
        ("", ""),
    ),
)
def test_the_name_in_a_host_header(header, name):
    assert host_name(header) == name


@pytest.mark.parametrize(
    ("credentials", "password"),
    (
        (b"user:secret", "secret"),
        (b":secret", "secret"),
        (b"user:with:colons", "with:colons"),
        (b"nocolon", None),
        ("user:größe".encode(), "größe"),
        (b"user:\xff\xfe", None),
    ),
)
def test_the_password_in_basic_credentials(credentials, password):
    assert decoded_basic(base64.b64encode(credentials).decode()) == password


@pytest.mark.parametrize("text", ("", "not base64!", "===="))
def test_credentials_that_cannot_be_read_hold_no_password(text):
    assert decoded_basic(text) is None


@pytest.mark.parametrize(
    ("header", "value"),
    (
        ("socbox=abc", "abc"),
        ("other=1; socbox=abc; more=2", "abc"),
        ('socbox="abc"', "abc"),
        ("xsocbox=abc", None),
        ("", None),
        ("socbox", ""),
    ),
)
def test_one_cookie_of_many(header, value):
    assert cookie_value(header, "socbox") == value


def test_some_wrong_passwords_are_free_and_then_each_wait_is_longer():
    throttle, seconds, waits = Throttle(), 0, []
    for _ in range(_FREE_TRIES + len(PAUSES_S) + 1):
        throttle.count("a", seconds)
        waits.append(throttle.wait_s("a", seconds))
        seconds += waits[-1]
    assert waits[: _FREE_TRIES - 1] == [0] * (_FREE_TRIES - 1)
    assert waits[_FREE_TRIES - 1 :] == [*PAUSES_S, PAUSES_S[-1], PAUSES_S[-1]]


def test_the_right_password_and_an_hour_without_a_wrong_one_forgive():
    throttle = Throttle()
    for _ in range(_FREE_TRIES):
        throttle.count("a", 0)
    throttle.forgive("a")
    assert throttle.wait_s("a", 0) == 0 and throttle.count("a", 0) == 1
    assert throttle.count("a", _FORGET_S + 1) == 1


def test_many_addresses_cost_bounded_memory_and_the_oldest_goes_first():
    throttle = Throttle()
    for number in range(_MOST_ADDRESSES + 1):
        throttle.count(number, number)
    assert throttle.count(0, _MOST_ADDRESSES) == 1, "forgotten"
    assert throttle.count(_MOST_ADDRESSES, _MOST_ADDRESSES) == 2, "remembered"
