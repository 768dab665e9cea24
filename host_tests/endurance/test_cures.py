# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A cure that is taken out again is missed by its test."""

import pytest

from host_tests.endurance import cures


@pytest.mark.slow
@pytest.mark.parametrize("name", cures.CURES)
def test_a_cure_that_is_taken_out_is_missed(name, tmp_path):
    status, output = cures.run(name, str(tmp_path))
    assert status == 1 and "1 failed" in output, output
