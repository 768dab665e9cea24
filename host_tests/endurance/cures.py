# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Cures taken out again, one by one, each of which a named test must miss.

    python -m host_tests.endurance.cures [NAME]

Each row changes one place of a copy of the device's files and runs a test on it, in a process of its own.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONGEST_S = 240

# name: (file below CIRCUITPY, what stands there, what takes its place, the test that must fail)
CURES = {
    "no byte for nobody before the first access": (
        "lib/plc/spi_port.py",
        'self._bus.write(b"\\xff")',
        "pass",
        "host_tests/plc/test_spi_search.py::test_the_clock_never_changes_its_idle_level_under_chip_select",
    ),
    "a shifted signature is like any other": (
        "lib/plc/spi_port.py",
        '0xD52A: "SHIFTED"',
        '0xD52B: "SHIFTED"',
        "host_tests/plc/test_spi_search.py::"
        "test_a_modem_that_no_setting_reads_is_told_as_shifted_and_looked_for_further",
    ),
    "no other setting is tried": (
        "lib/plc/qca7005.py",
        "        self._try_other_setting()\n",
        "",
        "host_tests/plc/test_spi_search.py::test_a_box_whose_mode_3_is_shifted_reads_a_car",
    ),
    "only lower clocks are tried": (
        "lib/plc/spi_search.py",
        "hz > clock_hz",
        "hz < 0",
        "host_tests/plc/test_spi_search.py::"
        "test_a_lower_or_a_higher_clock_is_found_when_mode_0_does_not_work[faulty_hz1-10000000]",
    ),
    "the modem is not asked for its role": (
        "lib/appliance/modem/role.py",
        "self._wanted = (0, _HEADER_READ)",
        "self._wanted = None",
        "host_tests/session/test_role.py::test_the_modems_role_is_told_before_any_car_comes[1-car-modem_of_car]",
    ),
    "answers about the parameters are recorded": (
        "lib/appliance/loop.py",
        "if self.parameters is not None and self.parameters.receive(frame, now):\n                continue",
        "if self.parameters is not None:\n                self.parameters.receive(frame, now)",
        "host_tests/session/test_role.py::"
        "test_the_parameters_reach_neither_log_nor_report_nor_the_recorded_frames",
    ),
    "the role is asked for in the middle of a session": (
        "lib/appliance/modem/role.py",
        "if self._wanted is None or not self._may_ask():",
        "if self._wanted is None:",
        "host_tests/appliance/modem/test_role.py::test_nothing_is_asked_while_a_car_is_in_a_session",
    ),
    "the report keeps to itself which SPI setting was found": (
        "lib/appliance/selftest.py",
        'search = getattr(modem, "search", None)',
        "search = None",
        "host_tests/session/test_bring_up.py::"
        "test_the_setting_of_the_spi_that_was_found_is_told_with_what_the_others_gave",
    ),
    "a found SPI setting is forgotten": (
        "lib/appliance/modem/keeping.py",
        "    memory.keep(kept, memory.SPI, packed)\n",
        "",
        "host_tests/appliance/modem/test_setting.py::"
        "test_the_second_start_of_a_box_asks_the_modem_as_the_first_one_found",
    ),
    "a modem is written before its parameters were kept": (
        "lib/appliance/modem/service.py",
        "if not self._kept:",
        "if False:",
        "host_tests/session/test_modem_page.py::test_nothing_is_written_before_the_file_was_kept",
    ),
    "a modem is written beside a car": (
        "lib/appliance/modem/service.py",
        "if self._loop.has_car():",
        "if False:",
        "host_tests/session/test_modem_page.py::test_nothing_begins_while_a_car_is_in_a_session",
    ),
    "cars are answered while the modem is written": (
        "lib/appliance/modem/service.py",
        "        self._loop.hold()\n",
        "",
        "host_tests/session/test_modem_page.py::"
        "test_no_car_is_answered_while_the_modem_is_written_and_the_next_one_is_read",
    ),
    "a commit without an answer counts as a failure": (
        "lib/appliance/modem/transfer.py",
        "if self.state == COMMITTING:\n            self._enter(RESETTING)",
        "if False:\n            self._enter(RESETTING)",
        "host_tests/appliance/modem/test_transfer.py::test_an_answer_lost[8]",
    ),
    "what was written is not compared": (
        "lib/appliance/modem/transfer.py",
        "if self.state == READING or self._same(self.module, self._new):",
        "if self.module:",
        "host_tests/appliance/modem/test_transfer.py::test_another_block_than_the_written_one_is_told",
    ),
    "a restart of the modem in the middle is not noticed": (
        "lib/appliance/modem/transfer.py",
        "self._enter(OPENING if self.state == WRITING else self.state)",
        "self._due = None",
        "host_tests/appliance/modem/test_transfer.py::test_a_request_cut_by[restart-4]",
    ),
    "the check sum is not mended": (
        "lib/appliance/modem/block.py",
        "_put(header, _IMAGE_CHECKSUM_AT, checksum(block))",
        "pass",
        "host_tests/appliance/modem/test_block.py::test_a_chargers_block_is_byte_for_byte_what_setpib_makes[1-chain]",
    ),
    "a clock is used that 80 MHz does not make": (
        "lib/appliance/modem/setting.py",
        "spi_port.clock_at_most(clock_hz)",
        "clock_hz",
        "host_tests/plc/test_spi_search.py::"
        "test_a_clock_of_the_settings_that_80_mhz_does_not_make_costs_no_new_device_at_each_access",
    ),
    "the drive is held for good": (
        "lib/appliance/update/receiver.py",
        "HOLD_MS = 30000",
        "HOLD_MS = 3000000",
        "host_tests/update/test_drive_held.py::"
        "test_thirty_seconds_after_the_last_slice_the_computer_has_its_drive_again",
    ),
    "the drive is given back after each slice": (
        "lib/appliance/update/receiver.py",
        "        self._hash.update(data)\n",
        "        self._hash.update(data)\n        self.give_back()\n",
        "host_tests/update/test_drive_held.py::"
        "test_an_update_beside_a_computer_arrives_and_the_drive_is_given_back",
    ),
    "writers of the drive are not counted": (
        "lib/appliance/storage/drive.py",
        "            if self._writers:\n                return\n        elif",
        "        elif",
        "host_tests/update/test_drive_held.py::"
        "test_a_save_in_the_middle_of_an_update_does_not_give_the_drive_away",
    ),
    "a drive that a computer took meanwhile ends the update": (
        "lib/appliance/update/receiver.py",
        "if self.state in (RECEIVING, WRITTEN):\n                    raise",
        "if False:\n                    raise",
        "host_tests/update/test_drive_held.py::"
        "test_a_version_that_waits_for_its_installation_waits_for_the_computer_too",
    ),
    "nobody is told what the SmartEVSE waits for": (
        "lib/appliance/smartevse/target.py",
        "_WAITING_FOR = {STATE_B1: POWER, STATE_C1: ASKED_ALREADY}",
        "_WAITING_FOR = {}",
        "host_tests/session/test_box_on_twin.py::test_without_sun_no_car_is_read_and_the_page_says_why",
    ),
    "a board's own display shows each line of the console until it is taken over": (
        "lib/appliance/early.py",
        "        bus.quiet_display()\n",
        "",
        "host_tests/session/test_display.py::"
        "test_a_board_with_a_display_of_its_own_answers_a_car_as_fast_before_that_is_taken_over",
    ),
    "Bluetooth is left to whoever pairs": (
        "boot.py",
        "supervisor.runtime.ble_workflow = False",
        "pass",
        "host_tests/session/test_start.py::test_boot_pressed_at_any_moment_of_a_start_opens_the_drive_to_nobody_near[True]",
    ),
    "the SmartEVSE is not asked while no car speaks": (
        "lib/appliance/jobs.py",
        "return status.uptime.seconds - self._asked_s >= period_s and",
        "return False and",
        "host_tests/session/test_box_on_twin.py::test_without_sun_no_car_is_read_and_the_page_says_why",
    ),
    "a name server that failed later stays on the chip": (
        "lib/appliance/network/link.py",
        "            self._mdns.deinit()\n",
        "            pass\n",
        "host_tests/appliance/network/test_station.py::"
        "test_an_mdns_server_that_fails_later_is_given_up_and_costs_no_join[fault0]",
    ),
    "a name that is refused is asked for at each join": (
        "lib/appliance/network/link.py",
        " or self._servers == _MOST_SERVERS:",
        ":",
        "host_tests/appliance/network/test_station.py::"
        "test_a_name_that_is_refused_at_each_join_is_asked_for_three_times",
    ),
    "the log waits for a terminal that was closed": (
        "lib/appliance/state/log.py",
        "        usb_cdc.console.write_timeout = 0\n",
        "",
        "host_tests/session/test_serial_console.py::test_a_terminal_that_was_closed_again_costs_no_car",
    ),
    "the bar is taken out at each step": (
        "lib/appliance/display/typeset.py",
        "            if not len(self.group):\n",
        "            if len(self.group):\n                self.group.pop()\n            if True:\n",
        "host_tests/appliance/display/test_typeset.py::test_a_bar_that_grows_sends_no_more_than_a_bar",
    ),
    "the first setting that answers is kept": (
        "lib/plc/spi_search.py",
        "if self.place == 0:",
        "if self.place >= 0:",
        "host_tests/plc/test_spi_search.py::"
        "test_a_modem_that_comes_late_is_read_as_asked_for_although_others_would_do",
    ),
    "a failed start waits for no computer": (
        "code.py",
        "        supervisor.runtime.autoreload = True\n",
        "",
        "host_tests/update/test_by_usb.py::test_a_drive_that_is_mended_while_the_box_waits_after_a_failure_starts_by_itself[0.5]",
    ),
    "beside a computer the wait is as short as ever": (
        "code.py",
        "if supervisor.runtime.usb_connected:\n    # It may pause while it copies.\n    wait_s = _LONGEST_WAIT_S\n",
        "",
        "host_tests/update/test_by_usb.py::test_a_drive_that_is_mended_while_the_box_waits_after_a_failure_starts_by_itself[0.5]",
    ),
    "a computer that writes restarts a box that runs": (
        "code.py",
        "            supervisor.runtime.autoreload = False\n",
        "",
        "host_tests/update/test_by_usb.py::test_a_file_that_is_saved_over_usb_does_not_restart_a_box_that_runs",
    ),
    "what a computer wrote gets no new chance": (
        "survival.py",
        "== supervisor.RunReason.AUTO_RELOAD",
        "is None",
        "host_tests/update/test_by_usb.py::test_a_drive_that_is_mended_beside_the_recovery_page_starts_by_itself",
    ),
}


def run(name, directory):
    """Run the test of ``name`` on a copy in ``directory`` without the cure; gives (exit status, output)."""
    file, there, instead, test = CURES[name]
    copy = Path(directory) / "CIRCUITPY"
    shutil.copytree(ROOT / "CIRCUITPY", copy, ignore=shutil.ignore_patterns("__pycache__"))
    text = (copy / file).read_text()
    if text.count(there) != 1:
        raise ValueError(f"{name}: {file} has {text.count(there)} times {there!r}")
    (copy / file).write_text(text.replace(there, instead))
    command = [
        sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "pytest_timeout",
        # In a folder of its own: else it would clear away, at its end, what whole runs of the suite left in the common one.
        "-p", "host_tests.support.copy_of_device", "--basetemp", str(Path(directory) / "tmp"), test,
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_S, check=False,
        env={
            "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": directory,
            "SOCBOX_DEVICE": str(copy), "SOCBOX_CHANGED": file,
            # What was compiled before is found, and of the plugins only those that are named are loaded.
            "PYTHONPYCACHEPREFIX": str(ROOT / "build" / "pycache"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def main():
    for name in sys.argv[1:] or CURES:
        with tempfile.TemporaryDirectory() as directory:
            status, output = run(name, directory)
        print("missed" if status == 1 else f"NOT MISSED ({status})", name, "" if status == 1 else output)


if __name__ == "__main__":
    main()
