# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""An update beside a computer: the drive is taken once, held, given back, and waited for when the computer has it."""

import pytest

from host_tests.update.boxes import NEW, UpdatedBox, made

SLICE = 8192


@pytest.fixture
def box():
    """A box on a computer that has ejected the drive, but takes it again whenever it is given back."""
    with UpdatedBox(device_options={"charge_lines": False, "usb_host": True}) as box:
        box.device.drive.eject_on_pc()
        yield box


@pytest.fixture(scope="module")
def data():
    return made(NEW)


def slice_of(box, data, number):
    offset = number * SLICE
    return box.ask("POST", f"/api/update?offset={offset}&agreed=room", data[offset : offset + SLICE])


def test_an_update_beside_a_computer_arrives_and_the_drive_is_given_back(box, data):
    drive = box.device.drive
    seen = []
    box.world.clock.hooks.append(lambda: seen.append(drive.pc_has_drive) if not drive.readonly else None)
    assert box.send(data)["state"] == "written"
    assert not drive.readonly and seen and not any(seen), "held all the while"
    status, document = box.ask("POST", "/api/update/install", b"{}")
    assert (status, document["state"]) == (200, "ready")
    assert drive.readonly
    box.world.run(3)
    assert drive.pc_has_drive
    box.device.power_cycle(1)
    box.wait_for_page()
    assert box.runs() == NEW


def test_a_save_in_the_middle_of_an_update_does_not_give_the_drive_away(box, data):
    box.send(data[: 10 * SLICE])
    status, document = box.ask("POST", "/api/settings", b'{"values": {"LOG_LEVEL": "D"}}')
    assert status == 200, document
    assert not box.device.drive.readonly
    box.world.run(3)
    assert slice_of(box, data, 10)[0] == 200


def test_thirty_seconds_after_the_last_slice_the_computer_has_its_drive_again(box, data):
    drive = box.device.drive
    box.send(data[: 10 * SLICE])
    box.world.run(28)
    assert not drive.readonly
    box.world.run(4)
    assert drive.readonly
    box.world.run(3)
    assert drive.pc_has_drive
    status, document = slice_of(box, data, 10)
    assert (status, document["code"]) == (503, "taken")
    assert "A computer has taken the CIRCUITPY drive. Eject it there" in document["error"]
    drive.eject_on_pc()
    assert box.send(data, start=box.state()["next"])["state"] == "written"
    box.install()
    box.wait_for_page()
    assert box.runs() == NEW


def test_a_version_that_waits_for_its_installation_waits_for_the_computer_too(box, data):
    drive = box.device.drive
    assert box.send(data)["state"] == "written"
    box.world.run(40)
    assert drive.pc_has_drive
    status, document = box.ask("POST", "/api/update/install", b'{"restart": true}')
    assert (status, document["code"]) == (503, "taken")
    drive.eject_on_pc()
    box.install()
    box.wait_for_page()
    assert box.runs() == NEW


def test_a_cancelled_update_gives_the_drive_back_at_once(box, data):
    box.send(data[: 10 * SLICE])
    status, document = box.ask("POST", "/api/update/cancel", b"{}")
    assert (status, document["state"], document["next"]) == (200, "idle", 0)
    assert box.device.drive.readonly
    assert box.ask("POST", "/api/update/cancel", b"{}")[0] == 200
    assert slice_of(box, data, 10)[1]["code"] == "offset"


def test_an_error_gives_the_drive_back_at_once(box, data):
    box.send(data[: 10 * SLICE])
    status, document = box.ask("POST", f"/api/update?offset={10 * SLICE}", data[: SLICE - 1])
    assert (status, document["code"]) == (409, "damaged")
    assert box.device.drive.readonly


def test_a_slot_that_the_computer_changed_meanwhile_is_not_written(box, data):
    drive = box.device.drive
    box.send(data[: 10 * SLICE])
    box.world.run(35)
    for image in drive.host_path("/updates").rglob("image.bin"):
        image.unlink()
    drive.eject_on_pc()
    status, document = slice_of(box, data, 10)
    assert (status, document["code"]) == (409, "drive")
    assert "Send the file again" in document["error"]
    assert box.send(data)["state"] == "written"
