# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Makes the parts of MQTT from the settings."""

from appliance.base.text import hex_text
from appliance.mqtt.causes import ROWS
from appliance.mqtt.client import Account
from appliance.mqtt.discovery import Announcer
from appliance.mqtt.line import Line
from appliance.mqtt.session import Session
from appliance.mqtt.topics import Publisher
from appliance.state import faults


def own_name(mac):
    """What the box is called where every name is taken once: the last three bytes of its MAC are its own."""
    return "socbox-" + hex_text(mac)[-6:]


def account_of(settings, client_id):
    """The Account that ``settings`` (or anything with their keys) tell."""
    host, port = settings["MQTT_BROKER"], settings["MQTT_PORT"]
    return Account(host, port, settings["MQTT_USER"], settings["MQTT_PASSWORD"], client_id)


def new_publisher(settings, mac, status, summarise, commands, address):
    """A Publisher; ``commands`` {word: function}, taken only when the settings say so."""
    name = own_name(mac)
    prefix = settings["MQTT_PREFIX"] or name
    taken = commands if settings["MQTT_COMMANDS"] == "yes" else {}
    announcer = Announcer(
        settings["MQTT_DISCOVERY"], prefix, name.replace("-", "_"), settings["HOSTNAME"], address, bool(taken)
    )
    return Publisher(prefix, status, summarise, taken, announcer)


def new_session(settings, mac, ticks, publisher, ways, report):
    """A Session; ``ways`` is (network, look_up)."""
    faults.TABLE.update(ROWS)
    network, look_up = ways
    line = Line(network, ticks)
    return Session(account_of(settings, own_name(mac)), line, publisher, network, look_up, report)
