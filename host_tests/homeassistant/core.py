# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A real Home Assistant core with its MQTT integration, in an environment of its own (build/homeassistant).

    build/homeassistant/bin/python host_tests/homeassistant/core.py DIRECTORY PORT

Commands come in by lines, an answer goes out for each, as JSON:

    states                          every entity: its state, its attributes, its registry entry and device
    press ENTITY_ID                 a button
    yaml JSON                       what configuration.yaml would say; gives what "all" does
    all                             every entity, whoever it is from: its state and its attributes
    stop                            the end
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from homeassistant import bootstrap, config_entries, core, loader
from homeassistant.auth import auth_manager_from_config
from homeassistant.helpers import device_registry, entity_registry
from homeassistant.setup import async_setup_component


def configure(directory, port):
    """The broker as its page would have set it up."""
    entry = {
        "entry_id": "broker", "version": 1, "minor_version": 1, "domain": "mqtt", "title": "broker", "options": {},
        "data": {"broker": "127.0.0.1", "port": port, "discovery": True, "discovery_prefix": "homeassistant"},
        "source": "user", "unique_id": None, "disabled_by": None,
        "pref_disable_new_entities": False, "pref_disable_polling": False,
    }  # fmt: skip
    storage = Path(directory) / ".storage"
    storage.mkdir(parents=True, exist_ok=True)
    document = {"version": 1, "minor_version": 1, "key": "core.config_entries", "data": {"entries": [entry]}}
    (storage / "core.config_entries").write_text(json.dumps(document))
    (Path(directory) / "configuration.yaml").write_text("")


async def start(directory):
    """What its own bootstrap does, without what needs a network or a browser."""
    hass = core.HomeAssistant(str(directory))
    # What it needs is there; it would look for more on the internet.
    hass.config.skip_pip = True
    loader.async_setup(hass)
    hass.config_entries = config_entries.ConfigEntries(hass, {})
    await bootstrap.async_load_base_functionality(hass)
    hass.auth = await auth_manager_from_config(hass, [], [])
    if not await async_setup_component(hass, "mqtt", {}):
        raise RuntimeError("the MQTT integration did not start")
    await hass.async_start()
    return hass


def states(hass):
    """{entity_id: what an owner sees of it}."""
    entities, devices = entity_registry.async_get(hass), device_registry.async_get(hass)
    found = {}
    for state in hass.states.async_all():
        entry = entities.async_get(state.entity_id)
        if entry is None or entry.platform != "mqtt":
            continue
        device = devices.async_get(entry.device_id)
        found[state.entity_id] = {
            "state": state.state,
            "attributes": dict(state.attributes),
            "unique_id": entry.unique_id,
            "category": entry.entity_category,
            "device": {
                "name": device.name, "manufacturer": device.manufacturer, "model": device.model,
                "sw_version": device.sw_version, "configuration_url": device.configuration_url,
            },
        }  # fmt: skip
    return found


def everything(hass):
    """{entity_id: state and attributes}, also of what has no unique id."""
    found = hass.states.async_all()
    return {state.entity_id: {"state": state.state, "attributes": dict(state.attributes)} for state in found}


async def main(directory, port):
    """Answer commands until the end."""
    configure(directory, port)
    began = time.monotonic()
    hass = await start(directory)
    print(json.dumps({"ready_s": round(time.monotonic() - began, 1)}), flush=True)
    while True:
        line = await hass.async_add_executor_job(sys.stdin.readline)
        command, _, argument = line.strip().partition(" ")
        if command in ("", "stop"):
            break
        if command == "press":
            await hass.services.async_call("button", "press", {"entity_id": argument}, blocking=True)
        if command == "yaml":
            configuration = json.loads(argument)
            for name in configuration:
                await async_setup_component(hass, name, configuration)
        await hass.async_block_till_done()
        found = everything(hass) if command in ("yaml", "all") else states(hass)
        print(json.dumps(found, default=str), flush=True)
    await hass.async_stop(force=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
