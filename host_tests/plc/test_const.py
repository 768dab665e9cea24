# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""plc.const: the value everywhere, and on the device no name that takes memory."""

from plc.const import const

from host_tests.interpreter.micropython import run

SCRIPT = """
from plc import framing, tcp_segment
print("_FRAME_MIN" in dir(framing), tcp_segment.MSS)
"""


def test_other_pythons_take_the_value():
    assert const(0x1A00) == 0x1A00


def test_a_private_constant_is_no_name_on_the_device_and_a_public_one_is(tmp_path):
    script = tmp_path / "names.py"
    script.write_text(SCRIPT)
    done = run(script)
    assert done.stdout.split() == ["False", "1440"], done.stderr
