# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What can be wrong with the broker, in words its owner can act on; known to state.faults once MQTT is used."""

from appliance.state.faults import HOME

ROWS = {
    "mqtt_name": (HOME, "MQTT: name unknown"),
    "mqtt_off": (HOME, "MQTT: no answer"),
    "mqtt_refused": (HOME, "MQTT: refused"),
    "mqtt_login": (HOME, "MQTT: wrong login"),
    "mqtt_denied": (HOME, "MQTT: turned away"),
    "mqtt_silent": (HOME, "MQTT: silent"),
    "mqtt_closed": (HOME, "MQTT: hung up"),
    "mqtt_strange": (HOME, "MQTT: not a broker"),
}
