# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box's wiring of MQTT and of further addresses for readings. Loaded when one of them is set."""

from appliance.base.parts import LoadedPiece
from appliance.state import faults

# What the broker keeps of the box stays valid while these settings are unchanged.
_PLACE = ("MQTT_BROKER", "MQTT_PORT", "MQTT_PREFIX", "MQTT_DISCOVERY")
# How long MQTT and listeners wait for a page that does not come up.
PAGE_FIRST_S = 60
# In this order each import compiles one file, so that a car never waits for more than that.
MQTT_PARTS = (
    "adafruit_minimqtt.adafruit_minimqtt appliance.mqtt.line appliance.mqtt.client appliance.mqtt.session "
    "appliance.mqtt.topics appliance.mqtt.discovery appliance.mqtt.causes appliance.mqtt.parts"
).split()
LISTENER_PARTS = ("appliance.smartevse.listeners",)


def add(box):
    """Give the box what its settings ask for."""

    def page_first():
        # So that nobody who opens the page waits for this.
        return box.wifi.connected and (box.launch.web is not None or box.uptime.seconds >= PAGE_FIRST_S)

    if box.settings["MQTT_BROKER"]:
        box.mqtt = LoadedPiece(MQTT_PARTS, page_first, lambda: new_mqtt(box), box.fails_as("mqtt_missing"))
        box.loop.add_slow_piece("mqtt", box.mqtt)
    if box.settings["LISTENER_1"] or box.settings["LISTENER_2"]:
        unheard = box.fails_as("smartevse_missing")
        box.listeners = LoadedPiece(LISTENER_PARTS, page_first, lambda: new_listeners(box), unheard)
        box.loop.add_slow_piece("listeners", box.listeners)


def new_mqtt(box):
    from appliance.mqtt import parts

    commands = {"restart": lambda: _restart(box), "self_test": lambda: _self_test(box)}
    publisher = parts.new_publisher(
        box.settings, box.mac, box.status, box.summary, commands, lambda: _page(box)
    )
    session = parts.new_session(
        box.settings, box.mac, box.ticks, publisher, (box.wifi, box.smartevse.look_up), _report(box)
    )
    session.busy = lambda: box.smartevse.delivering
    return session


def new_listeners(box):
    from appliance.smartevse.listeners import ROWS, Listeners

    faults.TABLE.update(ROWS)
    urls = [box.settings["LISTENER_1"], box.settings["LISTENER_2"]]
    return Listeners(urls, box.smartevse, box.status, box.summary, _report(box))


def leave(box):
    """Log out before a restart; for good if the box will be at another broker then, or at none."""
    if box.mqtt.piece is not None:
        moved = [key for key in _PLACE if box.keeper.after[key] != box.settings[key]]
        box.mqtt.piece.leave(bool(moved))


def trial_of(box, values):
    """(module ``mqtt.trial``, Account at the broker in ``values``, None), or (None, None, {"ok", "text"}) if a file for it
    is missing."""
    try:
        from appliance.mqtt import parts, trial
    except ImportError as error:
        return None, None, {"ok": False, "text": "%s (%s)" % (faults.advice("mqtt_missing"), error)}
    # Under another name, because a broker drops a client when another one of the same name logs in.
    return trial, parts.account_of(values, parts.own_name(box.mac) + "-test"), None


def _report(box):
    return lambda text, before, cause: box.story.tell(("home", text, before, cause))


def _page(box):
    address = box.wifi.address
    return None if address is None else "http://%s%s/" % (address, box.wifi.port_text())


def _restart(box):
    box.log.note("home", "restart, as asked for by MQTT")
    box.restart.ask()


def _self_test(box):
    box.self_test.asked = True
