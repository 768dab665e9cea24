# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The button: bounces, long presses and a pin that is tied low."""

from host_tests.support.fake_pins import fake_pins


def test_a_press_counts_once_and_a_pin_that_is_tied_low_never(monkeypatch):
    pins, _ = fake_pins(monkeypatch)
    from appliance.display.button import LOOK_MS
    from appliance.display.button import Button as Real

    button = Real("IO0")
    (pin,) = pins
    assert (pin.direction, pin.pull) == ("in", "up")
    pin.value = False
    now = (1 << 29) - 60
    assert [button.pressed((now + at) % (1 << 29)) for at in range(0, 400, 10)] == [False] * 40
    pin.value = True
    assert not button.pressed(1000)
    pin.value = False
    presses = [button.pressed(1000 + LOOK_MS + at) for at in range(0, 400, 10)]
    assert presses.count(True) == 1 and presses[0]
