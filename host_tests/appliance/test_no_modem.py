# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What stands in for a modem that cannot be opened."""

from appliance.no_modem import NoModem


def test_frames_for_a_modem_that_is_not_there_are_taken_so_that_they_do_not_pile_up():
    modem = NoModem()
    assert modem.send(b"frame") is True and modem.receive() is None and not modem.ready
    assert modem.status == "NOT_OPENED", "status.py has a cause for this word"
