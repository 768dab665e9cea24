# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The update is made when somebody asks for it, and gives the drive back when it stands still."""

from types import SimpleNamespace

import pytest
from appliance.storage.records import StoreError
from appliance.update.on_demand import LOOK_AFTER_S, OnDemand


class Update:
    def __init__(self):
        self.manifest = None
        self.next = 0
        self.still = False
        self.given_back = 0

    def due(self, _now):
        return self.still

    def give_back(self):
        self.given_back += 1


def new_update(_slots):
    return Update()


def on_demand(make, slots="slots", look=None, seconds=0):
    return OnDemand(SimpleNamespace(seconds=seconds), lambda: slots, make, look)


def test_it_is_made_once_and_not_before_it_is_wanted():
    made = []
    updates = on_demand(lambda slots: made.append((slots, Update())) or made[-1][1])
    assert updates.percent() is None and not updates.due(0) and made == []
    assert updates.get() is updates.get() and [slots for slots, _ in made] == ["slots"]


def test_without_slots_the_owner_is_told_what_to_copy():
    with pytest.raises(StoreError, match=r"slots\.py is missing"):
        on_demand(new_update, None).get()


def test_one_that_could_not_be_made_is_tried_again():
    def make(_slots):
        if not tries:
            tries.append(1)
            raise MemoryError
        return Update()

    tries = []
    updates = on_demand(make)
    with pytest.raises(MemoryError):
        updates.get()
    assert isinstance(updates.get(), Update)


def test_how_far_it_is_never_exceeds_a_hundred():
    updates = on_demand(new_update)
    update = updates.get()
    assert updates.percent() is None, "no file has begun to come"
    update.manifest = {"size": 1000}
    for taken, percent in ((0, 0), (250, 25), (999, 99), (1000, 100), (4096 + 1000, 100)):
        update.next = taken
        assert updates.percent() == percent


def test_one_that_stands_still_gives_the_drive_back():
    updates = on_demand(new_update)
    update = updates.get()
    assert not updates.due(0)
    update.still = True
    assert updates.due(0)
    updates.run(0)
    assert update.given_back == 1


def test_it_is_looked_for_once_and_late_and_is_in_use_where_somebody_asked_before():
    for asked in (False, True):
        looks = []
        updates = on_demand(new_update, look=looks.append)
        if asked:
            updates.get()
        updates._uptime.seconds = LOOK_AFTER_S - 1
        assert not updates.due(0)
        updates._uptime.seconds = LOOK_AFTER_S
        assert updates.due(0)
        updates.run(0)
        assert looks == [not asked] and not updates.due(0)
