# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the owner tries on the page: whether the broker accepts the box. Loaded when somebody asks, and not before."""

from appliance.mqtt import client as clients
from appliance.mqtt.line import DISCONNECT, Line
from appliance.state import faults


def try_broker(account, network, look_up, ticks):
    """Log in and out; gives {"ok", "text"}. Blocks for 1.5 s at most, longer for a name."""
    if not network.connected:
        return {"ok": False, "text": "WiFi is not connected."}
    address = account.host if account.numeric() else look_up(account)
    if address is None:
        return _failed("mqtt_name")
    line = Line(network, ticks)
    line.aim(address)
    try:
        clients.connect(line, account)
        line.send(DISCONNECT)
        line.drain()
        return {"ok": True, "text": "The broker accepts the box."}
    except Exception:
        # Whatever it was, the line knows what it means.
        return _failed(clients.cause_of(line))
    finally:
        clients.drop(line)


def _failed(code):
    return {"ok": False, "text": faults.advice(code)}
