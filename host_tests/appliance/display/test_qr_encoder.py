# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""QR codes: small ones only, right to the last module, in pieces that a car never waits for."""

import sys

import pytest
import zxingcpp
from appliance.display import qr_encoder
from PIL import Image

from host_tests.support.qr_codes import modules
from host_tests.twin.cost import LineCosts

MATCHING_US = 10_000



@pytest.mark.parametrize(("length", "version"), [(1, 1), (17, 1), (18, 2), (32, 2), (33, 3), (53, 3)])
def test_the_smallest_version_that_fits(length, version):
    text = "x" * length
    assert qr_encoder.version_for(text) == version
    assert len(modules(text)) == 17 + 4 * version


def test_nothing_larger_is_made():
    with pytest.raises(ValueError):
        qr_encoder.version_for("x" * 54)


def device_us(piece):
    """What the lines of ``piece()`` in the encoder cost on the board, as the twin charges them."""
    costs = LineCosts()
    us = costs.modules.get("appliance.display.qr_encoder", costs.default_ns) * costs.device_factor / 1000
    lines = 0

    def count(frame, event, _argument):
        nonlocal lines
        if frame.f_code.co_filename != qr_encoder.__file__:
            return None
        lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        piece()
    finally:
        sys.settrace(before)
    return lines * us


def test_no_piece_of_a_code_takes_longer_than_a_piece_may_while_a_car_is_matched():
    code = qr_encoder.Code("x" * 53)
    took = []
    while code.rows is None:
        took.append(device_us(code.go_on))
    assert 1000 < max(took) < MATCHING_US
    assert sum(took) > 30_000, "in one piece it would be over"


def picture_of(rows):
    """A code with its margin, four pixels a module."""
    image = Image.new("L", (4 * (len(rows) + 8),) * 2, 255)
    for row, modules_of_row in enumerate(rows):
        for column, module in enumerate(modules_of_row):
            if module == "1":
                image.paste(0, (4 * column + 16, 4 * row + 16, 4 * column + 20, 4 * row + 20))
    return image


@pytest.mark.parametrize(("length", "damaged"), [(17, 3), (32, 5), (53, 7)])
def test_a_code_is_read_with_as_many_damaged_codewords_as_its_correction_can_mend(length, damaged):
    """So nothing else may be wrong in it."""
    text = "https://192.168.178.205:8080/page/with/a/long/name/and/more"[:length]
    rows = [list(row) for row in modules(text)]
    size = len(rows)
    # A module of each: four rows of two columns are a codeword, upwards from the lower right corner, then down again.
    places = [(row, size - 1) for row in range(size - 1, 9, -4)] + [(9, size - 3), (13, size - 3)]
    for row, column in places[:damaged]:
        rows[row][column] = "1" if rows[row][column] == "0" else "0"
    (found,) = zxingcpp.read_barcodes(picture_of(rows))
    assert found.text == text
