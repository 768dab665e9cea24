# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box's wiring of its self-test. Loaded for each self-test and freed after it: 6 kB."""

from appliance import hardware, selftest


def look(box):
    """A Report on all parts."""
    modem = box.loop.modem
    found = (
        (None, selftest.check_board),
        (None, selftest.check_memory),
        (None, selftest.check_spi, modem),
        (None, selftest.check_modem, modem),
        (selftest.MODEM, selftest.check_firmware, box.status),
        (selftest.MODEM, selftest.check_role, box.status),
        (selftest.MODEM, selftest.check_key, box.loop, box.status),
        (selftest.MODEM, selftest.check_write_space, modem),
        (None, selftest.check_drive, box.root),
        (None, selftest.check_nvm, box.kept),
        (None, selftest.check_display, box.display, box.settings["DISPLAY"]),
        (None, selftest.check_wifi, box.wifi),
        (None, selftest.check_smartevse, box.smartevse, box.wifi),
        (None, selftest.check_boot, box.started, box.status),
    )
    # The name is used again, because the deepest chain of calls begins here and one more would take pystack.
    found = selftest.run(found, box.log, box.uptime.seconds)
    hardware.forget("appliance.selftest")
    hardware.forget("appliance.box_test")
    return found
