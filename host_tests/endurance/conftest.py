# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Damaged frames and planted defects are nothing to ask a second opinion on."""

import pytest

from host_tests.peers import overheard


@pytest.fixture(autouse=True)
def not_overheard():
    overheard.FOUND.deaf = True
    yield
    overheard.FOUND.deaf = False
