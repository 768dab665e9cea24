# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the heap after the start is made of, module by module, on a host MicroPython (64 bit).

    python -m host_tests.bench.heap

The modules are those that a box on the twin has loaded once its page is up, in the order in which they were complete.
"""

import tempfile

from host_tests.interpreter import micropython
from host_tests.support.starts import started
from host_tests.twin import loader
from host_tests.twin.world import World

OURS = ("plc.", "v2g.", "appliance.", "adafruit_", "slots", "survival")
# Loads the web library without what nobody uses, and is given back: what that takes is in its row.
BRINGS_LIBRARY, LIBRARY = "appliance.box_library", "adafruit_httpserver"


def loaded():
    """Names of the modules of a box that has started, each behind those that it imports."""
    names = []
    execute = loader.Loader._execute

    def counted(one, module, code):
        done = execute(one, module, code)
        if module.__name__.startswith(OURS):
            names.append(module.__name__)
        return done

    loader.Loader._execute = counted
    try:
        with World(seed=3) as world:
            started(world)
            there = set(world.device.modules)
    finally:
        loader.Loader._execute = execute
    names = [name for name in dict.fromkeys(names) if name in there]
    first = [name.split(".")[0] for name in names].index(LIBRARY)
    return [*names[:first], BRINGS_LIBRARY, *names[first:]]


def by_module():
    """[(bytes, name)] of each module, in the order of ``loaded``."""
    with tempfile.TemporaryDirectory() as folder:
        _, paths = micropython.drive(folder, micropython.SETTINGS_IN_USE, compiled=True)
        script = micropython.ROOT / "host_tests" / "interpreter" / "run_heap.py"
        done = micropython.run(script, *loaded(), heap="8M", timeout_s=180, paths=paths)
    rows = [line.split() for line in done.stdout.splitlines() if line]
    failed = [row for row in rows if row[0] == "failed"]
    if failed or done.returncode:
        raise SystemExit(f"{failed}\n{done.stderr}")
    # Else it is said by a module, of what there is on a board.
    return [(int(row[1]), row[0]) for row in rows if len(row) == 2 and row[1].isdigit()]


def by_room(rows):
    """{room: bytes}: plc, v2g, each room of the appliance, the libraries."""
    rooms = {}
    for size, name in rows:
        parts = name.split(".")
        room = parts[0] if parts[0] != "appliance" or len(parts) < 2 else parts[1].partition("_")[0]
        rooms[room] = rooms.get(room, 0) + size
    return rooms


def main():
    rows = by_module()
    for size, name in sorted(rows, reverse=True):
        print(f"{size:8d} {name}")
    print()
    for room, size in sorted(by_room(rows).items(), key=lambda row: -row[1]):
        print(f"{size:8d} {room}")
    print(f"{sum(size for size, _ in rows):8d} together")


if __name__ == "__main__":
    main()
