# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A client of the library ``adafruit_minimqtt`` for one connection; opening and closing it never block without limit."""

import adafruit_connection_manager
import adafruit_minimqtt.adafruit_minimqtt as minimqtt

from appliance.base.url import is_ipv4
from appliance.mqtt import line as lines

# Longer than a session of a car and the delivery after it, in which nothing is sent to the broker.
KEEP_ALIVE_S = 180
ANSWER_MS = 1000

# Return codes of a CONNACK that mean user name and password, MQTT 3.1.1 table 3.1.
_LOGIN = (4, 5)
_FAULTS = {
    lines.OFF: "mqtt_off",
    lines.REFUSED: "mqtt_refused",
    lines.SILENT: "mqtt_silent",
    lines.CLOSED: "mqtt_closed",
    lines.STRANGE: "mqtt_strange",
}


class Account:
    """Where the broker is and who the box is there: ``host``, ``port``, ``user`` and ``password``, ``client_id``."""

    def __init__(self, host, port, user, password, client_id):
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.client_id = client_id

    def numeric(self):
        """True when the host is an IPv4 address, so that no name has to be looked up."""
        return is_ipv4(self.host)


def connect(line, account, will=None):
    """A connected client. ``will``: (topic, text) that the broker publishes if the box vanishes. Blocks 1.5 s at most.
    Raises what the library raises; ``cause_of`` gives the cause."""
    client = minimqtt.MQTT(
        broker=account.host,
        port=account.port,
        username=account.user or None,
        password=account.password,
        client_id=account.client_id,
        keep_alive=KEEP_ALIVE_S,
        recv_timeout=1,
        socket_pool=line,
        use_binary_mode=True,
        socket_timeout=0,
        connect_retries=1,
    )
    if will is not None:
        client.will_set(will[0], will[1], retain=True)
    line.wait(lines.CONNECT_MS + ANSWER_MS)
    try:
        client.connect()
    finally:
        line.hurry()
    return client


def drop(line):
    """Hang up without a word, whatever state the library is in."""
    try:
        adafruit_connection_manager.connection_manager_close_all(line)
    except (RuntimeError, OSError):
        # Nothing was registered, or the socket is gone already.
        pass
    line.close()


def cause_of(line):
    """The code of why a connection ended or could not be opened."""
    if line.answer:
        return "mqtt_login" if line.answer in _LOGIN else "mqtt_denied"
    return _FAULTS.get(line.fault, "mqtt_strange")
