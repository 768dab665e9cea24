# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A box that is switched off, crashes, hangs and loses what it remembered, on the oldest CircuitPython and the newest."""

import pytest

from host_tests.session import restarts
from host_tests.session.restarts import NEWEST, OLDEST

BOTH = pytest.mark.parametrize("firmware", [OLDEST, NEWEST])


@BOTH
def test_twenty_quick_switch_ons_change_nothing(firmware):
    assert restarts.switched_on_twenty_times(None, firmware) is None


def test_ten_power_cuts_and_thirty_router_outages_write_nothing_to_nvm(tmp_path, figures):
    """Ten days of half an hour; `make soak` has thirty in full length."""
    wrong, writes, joins = restarts.ordinary_life(None, tmp_path, days=10, outages=30, day_s=1800)
    assert wrong is None
    figures(f"10 power cuts, 30 router outages, {joins} joins: {writes} writes of NVM")


@pytest.mark.soak
@pytest.mark.timeout(5400)  # eight minutes of a processor, on a machine that may have many other things to do
@BOTH
def test_thirty_days_write_nothing_to_nvm(tmp_path, firmware, figures):
    wrong, writes, joins = restarts.ordinary_life(None, tmp_path, firmware=firmware)
    assert wrong is None
    figures(f"30 days, CircuitPython {firmware}: a power cut a day, {joins} joins, {writes} writes of NVM")


@BOTH
def test_cars_are_read_although_no_dhcp_server_answers(firmware, figures):
    wrong, read = restarts.silent_dhcp(None, firmware, times=5, least=4)
    assert wrong is None
    figures(f"silent DHCP server, CircuitPython {firmware}: {read} of 5 plug-ins read, access point on the air")


@BOTH
@pytest.mark.parametrize("program", ["broken", "crashing", "hanging"])
def test_a_program_that_does_not_start_leads_to_the_recovery_page_in_time(firmware, program, figures):
    scene = {
        "broken": restarts.recovery_of_a_broken_program,
        "crashing": restarts.recovery_of_a_crashing_program,
        "hanging": restarts.recovery_of_a_hanging_program,
    }
    wrong, seconds = scene[program](None, firmware)
    assert wrong is None
    figures(f"a {program} program, CircuitPython {firmware}: recovery page after {seconds:.0f} s")


def test_a_hang_at_the_start_is_not_taken_for_a_join_that_stood_still():
    assert restarts.hangs_at_start() is None


def test_what_nvm_did_not_take_is_written_with_what_comes_next():
    assert restarts.nvm_that_fails() is None


def test_a_saved_setting_that_kills_the_box_is_left_out_at_the_fourth_start():
    assert restarts.saved_setting_that_kills() is None


@BOTH
def test_a_saved_setting_that_crashes_the_chip_is_left_out_at_the_fourth_start(firmware):
    assert restarts.saved_setting_that_kills(None, firmware, restarts.CRASH) is None


@BOTH
def test_a_supply_that_sags_fails_no_version_and_the_firmwares_own_watchdog_accuses_no_join(firmware):
    assert restarts.sagging_supply(None, firmware) is None


def test_the_recovery_page_starts_the_box_once_without_the_saved_settings():
    assert restarts.started_once_without() is None


@pytest.mark.parametrize(
    "cut_us", [0, 46_000, 119_000], ids=["before the erase", "between", "before the end"]
)
@pytest.mark.parametrize("moment", ["first", "failure", "safe mode", "join"])
def test_a_cut_in_a_write_of_nvm_costs_counters_and_never_the_box(moment, cut_us):
    assert restarts.cut_in_nvm(None, moment, cut_us) is None
