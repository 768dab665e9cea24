# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A box on the twin is updated over its web server: the whole way, refusals, interruptions."""

import json

import pytest

from host_tests.tools import bundle
from host_tests.twin.device import FIRMWARE
from host_tests.update.boxes import NEW, UpdatedBox, made


@pytest.fixture
def box():
    with UpdatedBox() as box:
        yield box


def test_a_version_arrives_in_time(box, figures):
    started_s = box.now_s
    document = box.send(made(NEW))
    took_s = box.now_s - started_s
    assert document["state"] == "written"
    assert box.install()["new_version"] == NEW
    figures(f"update of {document['size'] // 1024} kB over the network: {took_s:.0f} s of device time")


def test_from_the_drive_to_slot_a_to_slot_b():
    with UpdatedBox(device_options={"charge_lines": False}) as box:
        from_slot_to_slot(box)


def from_slot_to_slot(box):
    assert box.send(made(NEW))["state"] == "written"
    box.install()
    box.wait_for_page()
    assert (box.runs(), box.state()["runs_from"], box.state()["proved"]) == (NEW, "a", False)
    assert box.world.run_until(lambda: "runs well" in box.device.console_text(), 90)
    assert box.state()["proved"]
    assert box.send(made("0.2.1"))["state"] == "written"
    box.install()
    box.wait_for_page()
    assert (box.runs(), box.state()["runs_from"]) == ("0.2.1", "b")
    slots = {slot["slot"]: slot["version"] for slot in box.state()["slots"]}
    assert slots == {"a": NEW, "b": "0.2.1"}


def refused(box, data, **options):
    document = box.send(data, **options)
    assert document["error"], document
    assert box.state()["version"] == "0.1.0"
    return document["code"], document["error"]


def with_manifest(data, **changes):
    manifest = dict(bundle.manifest_of(data), **changes)
    return bundle.head_page(json.dumps(manifest).encode()) + data[bundle.PAGE :]


def test_what_does_not_fit_is_refused_in_plain_words(box):
    data = made(NEW)
    assert refused(box, b"PK\x03\x04" * 4096)[0] == "kind"
    assert refused(box, with_manifest(data, product="toaster"))[0] == "product"
    assert refused(box, with_manifest(data, size=2048 * 1024))[0] == "large"
    for name in ("0.2.0\r\nfaults: none", "0.2\x00", "0.2\x1b[2J", "", "0" * 20):
        assert refused(box, with_manifest(data, version=name))[0] == "damaged"
    code, text = refused(box, with_manifest(data, circuitpython="11.2.0"))
    assert code == "circuitpython" and "11.2.0" in text and FIRMWARE in text
    code, text = refused(box, with_manifest(data, libraries=["adafruit_nonesuch"]))
    assert code == "library" and "adafruit_nonesuch" in text
    code, text = refused(box, made("0.0.9"))
    assert code == "older" and "0.0.9" in text
    code, text = refused(box, data, agreed="")
    assert code == "room" and "leave the power on" in text
    box.device.drive.usb_host = True
    code, text = refused(box, data)
    assert code == "computer" and "Eject" in text
    assert box.ask("POST", "/api/update/install")[1]["code"] == "incomplete"
    status, _ = box.ask("POST", "/api/update?offset=0", data[:8192], Authorization="Basic eDp5")
    assert status == 401
    status, _ = box.ask("POST", "/api/update?offset=0", data[:8192], Origin="http://elsewhere")
    assert status == 403


def test_an_older_version_is_installed_when_the_owner_says_so(box):
    assert box.send(made("0.0.9"), agreed="room,older")["state"] == "written"
    box.install()
    box.wait_for_page()
    assert box.runs() == "0.0.9"


def test_a_lost_connection_goes_on_where_it_was(box):
    data = made(NEW)
    box.send(data[: 40 * 8192])
    client = box.world.network.connect_to_box(80)
    client.send(
        b"POST /api/update?offset=%d HTTP/1.1\r\nHost: box\r\nContent-Length: 8192\r\n\r\nhalf" % (40 * 8192)
    )
    box.world.run(2)
    client.close()
    state = box.state()
    assert (state["state"], state["next"]) == ("receiving", 40 * 8192)
    assert box.ask("POST", "/api/update?offset=0000", b"")[1]["code"] == "kind"
    assert box.ask("POST", f"/api/update?offset={8192}", data[8192:16384])[1]["code"] == "offset"
    assert box.send(data, start=state["next"])["state"] == "written"


def test_nothing_is_written_while_a_car_is_read(box):
    data = made(NEW)
    box.send(data[: 20 * 8192])
    cycles = box.device.drive.flash_cycles
    box.world.plug(box.world.new_car(soc_percent=55))
    assert box.world.run_until(lambda: box.device.modules["__main__"] and box.world.checkpoints, 30)
    assert box.world.run_until(lambda: 104 in box.world.checkpoints or 120 in box.world.checkpoints, 30)
    while not box.world.smartevse.posts and box.world.car is not None:
        status, document = box.ask("POST", f"/api/update?offset={20 * 8192}", data[20 * 8192 : 21 * 8192])
        if status != 503:
            break
        assert document["code"] == "car"
        assert box.device.drive.flash_cycles == cycles
        box.world.run(0.5)
    box.world.run_until(lambda: box.world.smartevse.posts, 60)
    assert box.world.smartevse.posts
    box.world.run(3)
    state = box.state()
    assert box.send(data, start=state["next"])["state"] == "written"
