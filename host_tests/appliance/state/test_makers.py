# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A likely maker by the first three bytes of a car's address."""

import pytest
from appliance.state.makers import likely_maker


@pytest.mark.parametrize(
    ("address", "maker"),
    [
        ("007dfa06bb7e", "VW group"),
        ("0000007dfa06bb7e", "VW group"),
        ("007dfa06bb7e0000", "VW group"),
        ("fca47a000001", "MG"),
        ("dc4427100001", "Tesla"),
        ("dc4427900001", None),  # another supplier of charging units, in the same block
        ("a453ee000001", "Stellantis"),
        ("141fba200001", None),
        ("02ab34cd0001", None),
        ("007d", None),
        ("dc4427", None),
    ],
)
def test_the_first_three_of_the_last_six_bytes_name_a_maker(address, maker):
    assert likely_maker(bytes.fromhex(address)) == maker


def test_without_an_address_there_is_no_maker():
    assert likely_maker(None) is None
