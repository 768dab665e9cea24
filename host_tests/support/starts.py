# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Waits for a box that starts by what it has done, not by a time, which changes with every line of its program."""

from host_tests.twin import loader

PROGRAM = " I box socbox "
PAGE = " I web page at "
SELF_TEST = " I box self-test: "


def _since_power_on(world):
    return [(now_us / 1e6, line) for now_us, line in world.device.console if now_us / 1e6 >= world.power_on_s]


def program_s(world):
    """When this start's program said its first word, None before. What comes before is CircuitPython and the compiler."""
    return next((now_s for now_s, line in _since_power_on(world) if PROGRAM in line), None)


def page_is_up(world):
    return any(PAGE in line for _, line in _since_power_on(world))


def started(world, more_s=4, limit_s=60):
    """Run until the page is up and `more_s` longer, so that the SmartEVSE was asked; a box without network: `limit_s`."""
    world.run_until(lambda: page_is_up(world), limit_s, 100_000)
    world.run(more_s)


def self_tested(world, limit_s=90):
    """Run until the box has tested itself, which it does last."""
    assert world.run_until(lambda: any(SELF_TEST in line for _, line in _since_power_on(world)), limit_s, 100_000)


def note_compiled(monkeypatch):
    """[(lines, file)] of what devices compile from now on, in its order; the list grows."""
    files = []
    execute = loader.Loader._execute_device

    def counted(one, module, source, filename):
        files.append((source.count("\n"), filename))
        return execute(one, module, source, filename)

    monkeypatch.setattr(loader.Loader, "_execute_device", counted)
    return files
