# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Modules that are loaded one a step."""

import sys

import pytest
from appliance.base.parts import Parts

NAMES = ("part_of_a_test_1", "part_of_a_test_2")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in NAMES:
        sys.modules.pop(name, None)


def test_a_step_loads_one_module_until_all_are_there(folder):
    for name in NAMES:
        (folder / f"{name}.py").write_text("")
    parts = Parts(NAMES)
    assert parts.load() and NAMES[0] in sys.modules and NAMES[1] not in sys.modules
    assert parts.load() and NAMES[1] in sys.modules
    assert not parts.load()


def test_a_module_that_is_missing_is_tried_again(folder):
    parts = Parts(NAMES[:1])
    for _ in range(2):
        with pytest.raises(ImportError):
            parts.load()
    (folder / f"{NAMES[0]}.py").write_text("")
    assert parts.load() and not parts.load()
