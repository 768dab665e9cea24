# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Loads the box: first what the modem needs, then the rest; the modem is served in between.

``code.py`` calls ``load``. If the box cannot run on this board or this CircuitPython, console, display and recovery page
say so in a sentence, instead of a MemoryError or an ImportError later.
"""

import sys

from appliance.base import version

# 2 MB, less what the firmware may use itself. Without PSRAM some 200 kB are left, and the program takes 450.
LEAST_PSRAM = 1900000
# Bytes taken while loading. py/gc.c doubles the heap, from 8 kB on, each time it is full, after a collection. With so much
# in use the next step is as large; the program is loaded there, and this block is freed. A large heap could also be set
# (CIRCUITPY_HEAP_START_SIZE), but then a board without that much memory would not even start.
ROOM = 1000000


# In this order: what a car's session needs comes first, and each import compiles at most a second's worth of source.
SESSION = (
    "appliance.base.names plc.slac plc.ipv6 plc.tcp_window plc.tcp v2g.exi v2g.admission v2g.session v2g.din "
    "v2g.iso2 v2g.connection v2g.plug_in v2g.secc appliance.loop appliance.door"
).split()
# After SESSION cars are let in, if the SmartEVSE need not be asked first and the last run kept what the settings want.
# From then on nothing is loaded while a car is in a session. If it was not kept, the settings are read next:
SETTINGS = "appliance.settings.checks appliance.settings.reading appliance.storage.records".split()
# After SETTINGS cars are let in, if the SmartEVSE need not be asked first. If it must:
ASKING = (
    "appliance.network.link appliance.network.first_join appliance.smartevse.exchange "
    "appliance.smartevse.question appliance.uplink appliance.asking"
).split()
# After ASKING the SmartEVSE was asked, once.
REST = (
    "appliance.state.cars appliance.smartevse.delivery appliance.network.station appliance.settings.service "
    "appliance.state.faults appliance.state.status appliance.story appliance.pieces appliance.jobs "
    "appliance.modem.role appliance.storage.secrets appliance.web.access appliance.web.launch appliance.box"
).split()
# True while a module is imported, and for good if that failed: code.py looks at it, as every start would fail that way.
importing = False

# Modules without which the box runs. v2g.iso2: only cars that need this standard are not read, and then the log says why.
OPTIONAL = ("v2g.iso2",)


def load():
    """Load ``appliance.box``. Returns None, or a sentence that says why it cannot run here."""
    found = problem()
    if found is not None:
        print(found[1])
        show(found[0])
        return found[1]
    room = _room()
    from appliance.early import Early

    early = Early()
    early.give_key()
    for name in SESSION:
        _import(name)
        early.serve()
    from appliance.door import Door

    door = Door(early)
    if door.needs_settings:
        _import_beside(SETTINGS, door)
        door.attempt(door.open_as_set)
    _import_beside(ASKING, door)
    door.attempt(door.open_if_asked)
    _import_beside(SETTINGS + REST, door)
    door.serve()
    from v2g import schema

    from appliance import box, hardware

    schema.NAMES.clear()
    box.go_on(early, door)
    for name in ("asking", "door", "start"):
        hardware.forget("appliance." + name)
    del room
    return None


def show(text):
    """Why the box cannot start, on the display, if all that this needs is there. ``code.py`` calls it as well."""
    try:
        from appliance import refusal

        refusal.show(text)
    except Exception as error:
        print("not on the display:", error)


def _import_beside(names, door):
    for name in names:
        door.serve()
        _import(name)


def _import(name):
    global importing
    importing = True
    try:
        __import__(name)
    except Exception as error:
        if name not in OPTIONAL:
            raise error
        print("not loaded:", name, error)
    importing = False


def _room():
    try:
        return bytearray(ROOM)
    except MemoryError:
        # The heap grows in smaller steps then.
        return None


def problem():
    """What is wrong with this CircuitPython or this board: (words for a small display, sentences), or None."""
    implementation = sys.implementation
    if implementation.name != "circuitpython":
        return None
    has = tuple(implementation.version[:3])
    if has < tuple([int(number) for number in version.CIRCUITPYTHON.split(".")]):
        needed, found = version.CIRCUITPYTHON, "%d.%d.%d" % has
        return (
            "Needs CircuitPython %s, has %s" % (needed, found),
            "The box needs CircuitPython %s or newer, and this is %s. Install a newer one." % (needed, found),
        )
    try:
        import espidf

        psram = espidf.get_total_psram()
    except (ImportError, AttributeError):
        # Another chip, which cannot be asked.
        return None
    if psram < LEAST_PSRAM:
        return (
            "CircuitPython of another board? It finds no PSRAM.",
            "CircuitPython finds no extra memory (PSRAM). Either this board has none, or its CircuitPython is the one for "
            "another board: install the one that is made for this board.",
        )
    return None
