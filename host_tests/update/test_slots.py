# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Which version starts, how starts are counted, and what of a damaged bundle ever gets a seal."""

import io
import itertools

import pytest
from appliance import access_point, retained, store, update
from appliance.update import Refused, Update, numbers_of

from host_tests.tools import bundle
from host_tests.update import device_files

TEXT = b"print('x')\n"


def bundle_of(version="0.2.0"):
    files = bundle.drive_files(version=version)
    return bundle.update(
        {"lib/appliance/version.py": files["lib/appliance/version.py"], "lib/x.py": TEXT * 99}
    )


class Drive:
    """A folder as the drive; `install` brings a bundle into a slot the way the device does."""

    def __init__(self, folder):
        self.root = str(folder)
        self.slots = device_files.module("slots")
        self.rtc = bytearray(4096)
        self.nvm = bytearray(8192)
        for name in bundle.libraries():
            (folder / "lib").mkdir(exist_ok=True)
            (folder / "lib" / f"{name}.py").write_text("")

    def counts(self):
        return self.slots.Counts(self.rtc, self.nvm)

    def pick(self):
        picked = self.slots.started = self.slots.pick(self.counts(), self.root)
        return picked

    def start(self):
        """A start that does not last; gives the version, "lib" for what was copied there."""
        picked = self.pick()
        picked.counts.count(picked.place, picked.seal)
        return "lib" if picked.seal is None else picked.seal.version

    def updating(self):
        return Update(self.slots, self.root, None, "10.1.0", lambda: 3, lambda text: None)

    def send(self, data):
        updating = self.updating()
        for offset in range(0, len(data), update.SLICE):
            updating.take(offset, data[offset : offset + update.SLICE], ("room", "older"))
        updating.install(None)
        return updating

    def prove(self):
        started = self.slots.started
        started.counts.prove(started.place, started.seal)

    def cut_power(self):
        self.rtc[:] = bytes(len(self.rtc))


@pytest.fixture
def drive(tmp_path, monkeypatch):
    # FatFs writes whole sectors at once; CPython would keep them until the file is closed.
    monkeypatch.setattr(
        update, "open", lambda path, mode: io.FileIO(path, mode.replace("b", "")), raising=False
    )
    return Drive(tmp_path)


def test_layout_is_the_one_the_bundle_and_the_other_files_know():
    slots = device_files.module("slots")
    assert bundle.MOST_IMAGE == slots.MOST_IMAGE
    assert slots.RTC_AT >= retained.WEB + retained.WEB_SIZE
    assert slots.NVM_FROM_END - slots._NVM_SIZE >= access_point._PLACE
    text = (device_files.DRIVE / "recovery.py").read_text()
    for place in store.PLACES:
        assert f'"{store.DIRECTORY}/{place}/{store.NAME}"' in text
    assert f"_RECORD_AT = {store._RECORD_AT}" in text and store._MAGIC.decode() in text


def test_the_last_installation_starts_wherever_it_was_made(drive, tmp_path):
    assert drive.start() == "lib"
    drive.prove()
    drive.send(bundle_of("0.2.0"))
    assert drive.start() == "0.2.0"
    drive.prove()
    drive.send(bundle_of("0.1.5"))
    assert drive.start() == "0.1.5"
    drive.prove()
    (tmp_path / "lib" / "appliance").mkdir()
    (tmp_path / "lib" / "appliance" / "version.py").write_text('VERSION = "0.3.0"')
    assert drive.start() == "lib"
    drive.prove()
    drive.send(bundle_of("0.2.0"))
    assert drive.start() == "0.2.0"


def test_a_new_version_has_three_starts_then_the_one_before_it_for_good(drive):
    drive.start()
    drive.prove()
    drive.send(bundle_of())
    assert [drive.start() for _ in range(5)] == ["0.2.0"] * 3 + ["lib"] * 2
    drive.prove()
    drive.cut_power()
    assert drive.start() == "lib"
    assert [skipped[2] for skipped in drive.slots.started.skipped] == ["failed"]


def test_power_cuts_do_not_give_an_unproved_version_starts_without_end(drive):
    drive.send(bundle_of())
    versions = []
    for _ in range(10):
        versions.append(drive.start())
        drive.cut_power()
    assert versions == ["0.2.0"] * drive.slots.MOST_UNPROVED + ["lib"] * 4


def test_a_proved_version_has_five_starts_and_new_ones_after_a_power_cut(drive):
    drive.send(bundle_of())
    drive.start()
    drive.prove()
    assert [drive.start() for _ in range(7)] == ["0.2.0"] * 5 + ["lib"] * 2
    drive.cut_power()
    assert drive.start() == "0.2.0"


def test_when_everything_falls_only_the_recovery_page_is_left_until_it_forgets(drive):
    drive.send(bundle_of("0.2.0"))
    drive.start()
    drive.send(bundle_of("0.2.1"))
    versions = []
    with pytest.raises(drive.slots.NothingStarts):
        while True:
            versions.append(drive.start())
    assert set(versions) == {"0.2.0", "0.2.1", "lib"} and len(versions) <= 3 + 3 + 5
    drive.counts().forget()
    assert drive.start() == "lib", "what never proved itself stays put aside"


def test_a_board_without_either_memory_starts_the_newest(drive):
    drive.send(bundle_of())
    slots = drive.slots
    for _ in range(20):
        picked = slots.pick(slots.Counts(None, None), drive.root)
        picked.counts.count(picked.place, picked.seal)
        assert picked.seal.version == "0.2.0"


class CutNvm(bytearray):
    """NVM whose every write is cut after the erase: all zeros."""

    def __setitem__(self, index, value):
        super().__setitem__(slice(0, len(self)), bytes(len(self)))


def test_nvm_that_was_lost_costs_new_tries_and_nothing_else(drive):
    drive.send(bundle_of())
    drive.nvm = CutNvm(8192)
    assert [drive.start() for _ in range(6)] == ["0.2.0"] * 3 + ["lib"] * 3
    drive.cut_power()
    assert [drive.start() for _ in range(4)] == ["0.2.0"] * 3 + ["lib"]


def test_the_number_of_a_slot_is_never_used_twice(drive):
    seen = []
    for version in ("0.2.0", "0.2.1", "0.2.2", "0.2.3"):
        drive.pick()
        drive.send(bundle_of(version))
        for _ in range(3):
            drive.start()
        drive.pick()
        seen.append(max(seal.number for seal in drive.updating().seals() if seal))
        assert drive.start() == "lib"
        drive.prove()
    assert seen == sorted(set(seen))


def test_a_slot_that_was_damaged_later_is_passed_over(drive, tmp_path):
    drive.send(bundle_of())
    assert drive.pick().seal.version == "0.2.0"
    path = tmp_path / "updates" / "a" / "image.bin"
    data = bytearray(path.read_bytes())
    data[drive.slots.IMAGE_AT + 5000] ^= 1
    path.write_bytes(data)
    picked = drive.pick()
    assert picked.place == drive.slots.LIB and picked.skipped[0][2] == "damaged"


def places_of(data):
    """A byte of every kind in a bundle: name -> offset."""
    head = data[: bundle.PAGE]
    image = bundle.PAGE
    places = {f"manifest, {word}": head.index(word.encode()) + len(word) + 4 for word in (
        "kind", "product", "version", "circuitpython", "libraries", "size", "crc32", "sha256", "files", "changes",
    )}  # fmt: skip
    places |= {
        "first byte": 0,
        "fill": bundle.PAGE - 30,
        "check sum": bundle.PAGE - 5,
        "end of the page": bundle.PAGE - 1,
    }
    places |= {
        "boot sector": image + 3,
        "signature": image + 510,
        "FAT": image + 512 + 4,
        "root": image + 512 * 3 + 40,
    }
    places |= {"file": data.index(TEXT) + 3, "slack of a file": data.index(TEXT * 99) + len(TEXT) * 99 + 4}
    places |= {"last byte": len(data) - 1}
    return places


@pytest.mark.parametrize("bit", [0, 7])
def test_a_bundle_with_any_kind_of_byte_damaged_is_refused(drive, bit, figures):
    data = bundle_of()
    places = places_of(data)
    for name, at in places.items():
        broken = bytearray(data)
        broken[at] ^= 1 << bit
        with pytest.raises(Refused) as refusal:
            drive.send(bytes(broken))
        assert refusal.value.code in ("damaged", "kind"), name
        assert drive.pick().place == drive.slots.LIB, name
    step = 997
    for at in range(0, len(data), step):
        broken = bytearray(data)
        broken[at] ^= 1 << bit
        with pytest.raises(Refused):
            drive.send(bytes(broken))
    figures(
        f"damaged bundles refused: {len(places) + len(range(0, len(data), step))} with bit {bit} of a byte flipped"
    )


@pytest.mark.parametrize("change", ["cut to whole pages", "cut", "longer", "pages swapped", "a page twice"])
def test_a_bundle_of_other_length_or_order_is_refused(drive, change):
    data = bundle_of()
    page = bundle.PAGE
    broken = {
        "cut to whole pages": data[:-page],
        "cut": data[:-100],
        "longer": data + bytes(page),
        "pages swapped": data[: 2 * page]
        + data[3 * page : 4 * page]
        + data[2 * page : 3 * page]
        + data[4 * page :],
        "a page twice": data[: 3 * page] + data[2 * page : -page],
    }[change]
    assert broken != data
    with pytest.raises(Refused) as refusal:
        drive.send(broken)
    assert refusal.value.code in ("damaged", "incomplete", "offset")
    assert drive.pick().place == drive.slots.LIB


def test_versions_are_compared_as_numbers():
    texts = ["0.9.9", "0.10.0", "0.10.1", "1.0.0", "10.0.0-beta.1", "10.1.0"]
    assert all(numbers_of(low) < numbers_of(high) for low, high in itertools.pairwise(texts))
    assert numbers_of("1") == (1, 0, 0) and numbers_of("x.y") == (0, 0, 0)


def test_a_drive_without_room_says_how_much_is_missing(drive, monkeypatch):
    class Facts(tuple):
        pass

    monkeypatch.setattr("os.statvfs", lambda path: Facts((2048, 2048, 7000, 500, 500, 0, 0, 0, 0, 255)))
    with pytest.raises(Refused) as refusal:
        drive.send(bundle_of())
    assert refusal.value.code == "full" and "kB more are needed" in refusal.value.text


def test_while_a_computer_has_the_drive_nothing_is_written(drive, tmp_path):
    def refuse(path, readonly):
        if not readonly:
            raise RuntimeError("Cannot remount path when visible via USB.")

    updating = Update(drive.slots, drive.root, refuse, "10.1.0", lambda: 3, lambda text: None)
    with pytest.raises(Refused) as refusal:
        updating.take(0, bundle_of()[:8192], ("room",))
    assert refusal.value.code == "computer" and not (tmp_path / "updates").exists()
