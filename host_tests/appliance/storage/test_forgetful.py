# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The stand-in for survival.py has everything that the box uses of the real one."""

import re

from appliance.storage import memory
from appliance.storage.forgetful import Forgetful

from host_tests.update import device_files

survival = device_files.module("survival")


def public(thing):
    return {name for name in dir(thing) if not name.startswith("_")}


def test_it_has_nothing_that_the_real_one_lacks():
    kept_in_self = re.findall(r"self\.(\w+) = ", (device_files.DRIVE / "survival.py").read_text())
    real = public(survival.Survival) | set(kept_in_self)
    assert public(Forgetful()) - real == set()


def test_bytes_and_parts_are_kept_as_long_as_the_program_runs():
    kept = Forgetful()
    kept.set_byte(memory.SPI, 7)
    kept.set_part(memory.SECRETS, b"secret")
    kept.save()
    assert kept.byte(memory.SPI) == 7
    assert kept.part(memory.SECRETS, 6) == b"secret"
    assert Forgetful().part(memory.SECRETS, 6) == bytes(6)


def test_it_has_room_for_every_place_that_the_box_uses():
    places = [value for name, value in vars(memory).items() if name.isupper()]
    kept = Forgetful()
    kept.set_part(memory.SECRETS, bytes(memory.SECRETS_SIZE))
    assert all(kept.byte(place) == 0 for place in places)
    assert len(kept.part(memory.SECRETS, memory.SECRETS_SIZE)) == memory.SECRETS_SIZE


def test_it_remembers_no_trouble():
    kept = Forgetful()
    kept.begin_join(True)
    kept.end_join()
    assert (kept.hangs(), kept.error(), kept.hung_join, kept.without_settings, kept.lost) == (0, "", False, False, False)
