# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Which version starts, how starts are counted, and what of a damaged bundle ever gets a seal."""

import io

import pytest
from appliance.base.refused import Refused
from appliance.storage import memory, records, secrets
from appliance.update import receiver
from appliance.update.receiver import Update

from host_tests.tools import bundle
from host_tests.update import device_files

TEXT = b"print('x')\n"


def bundle_of(version="0.2.0"):
    files = bundle.drive_files(version=version)
    return bundle.update(
        {"lib/appliance/base/version.py": files["lib/appliance/base/version.py"], "lib/x.py": TEXT * 99}
    )


class Nvm(bytearray):
    """NVM that counts its writes."""

    writes = 0

    def __setitem__(self, index, value):
        self.writes += 1
        super().__setitem__(index, value)


class CutNvm(Nvm):
    """Every write is cut after the erase: all zeros."""

    def __setitem__(self, index, value):
        super().__setitem__(slice(0, len(self)), bytes(len(self)))


class Drive:
    """A folder as the drive; `send` brings a bundle into a slot the way the device does."""

    def __init__(self, folder):
        self.root = str(folder)
        self.survival = device_files.module("survival")
        self.slots = device_files.module("slots", survival=self.survival)
        self.nvm = Nvm(8192)
        for name in bundle.libraries(bundle.drive_files()):
            (folder / "lib").mkdir(exist_ok=True)
            (folder / "lib" / f"{name}.py").write_text("")

    def start(self, reason="other"):
        """A start; gives the version, "lib" for what was copied there."""
        self.survival._kept = self.survival.Survival(self.nvm, None, reason)
        picked = self.slots.choose(self.root)
        return "lib" if picked.seal is None else picked.seal.version

    def picked(self):
        """What a start picks."""
        self.start()
        return self.slots.started

    def crash(self):
        """A start that ends in an exception."""
        version = self.start()
        self.slots.failed("Traceback\nValueError: planted")
        return version + (", bare" if self.slots.started.without_settings else "")

    def updating(self):
        return Update(self.slots, self.root, lambda *_: None, "10.1.0", lambda: 3, lambda text: None)

    def send(self, data):
        updating = self.updating()
        for offset in range(0, len(data), receiver.SLICE):
            updating.take(offset, data[offset : offset + receiver.SLICE], ("room", "older"))
        updating.install(None)
        return updating

    def prove(self):
        started = self.slots.started
        started.counts.prove(started.place, started.seal)


@pytest.fixture
def drive(tmp_path, monkeypatch):
    # FatFs writes whole sectors at once; CPython would keep them until the file is closed.
    monkeypatch.setattr(
        receiver, "open", lambda path, mode: io.FileIO(path, mode.replace("b", "")), raising=False
    )
    return Drive(tmp_path)


def test_layout_is_the_one_the_bundle_and_the_other_files_know():
    slots = device_files.module("slots")
    assert bundle.MOST_IMAGE == slots.MOST_IMAGE
    text = (device_files.DRIVE / "recovery.py").read_text()
    for place in records.PLACES:
        assert f'"{records.DIRECTORY}/{place}/{records.NAME}"' in text
    assert f'"{secrets._ROWS[0][0]}"' in text
    survival = device_files.module("survival")
    assert (memory.SECRETS, memory.SECRETS_SIZE) == (survival.SECRETS, survival.SECRETS_SIZE)
    assert memory.SPI == survival.SPI >= survival.SECRETS + survival.SECRETS_SIZE
    assert f"_RECORD_AT = {records.RECORD_AT}" in text and records.MAGIC.decode() in text


def test_the_last_installation_starts_wherever_it_was_made(drive, tmp_path):
    assert drive.start() == "lib"
    drive.prove()
    drive.send(bundle_of("0.2.0"))
    assert drive.start() == "0.2.0"
    drive.prove()
    drive.send(bundle_of("0.1.5"))
    assert drive.start() == "0.1.5"
    drive.prove()
    (tmp_path / "lib" / "appliance" / "base").mkdir(parents=True)
    (tmp_path / "lib" / "appliance" / "base" / "version.py").write_text('VERSION = "0.3.0"')
    assert drive.start() == "lib"
    drive.prove()
    drive.send(bundle_of("0.2.0"))
    assert drive.start() == "0.2.0"


def test_a_new_version_has_three_starts_then_the_one_before_it_for_good(drive):
    drive.start()
    drive.prove()
    drive.send(bundle_of())
    assert [drive.crash() for _ in range(3)] == ["0.2.0"] * 3
    assert drive.start() == "lib"
    drive.prove()
    for reason in ("power", "watchdog", "other"):
        assert drive.start(reason) == "lib"
    assert [skipped[2] for skipped in drive.slots.started.skipped] == ["failed"]


@pytest.mark.parametrize("reason", ["watchdog", "other"])
def test_a_reset_that_nobody_asked_for_fails_an_unproved_version(drive, reason):
    """A hang, a crash of the firmware, a supply that the new version asks too much of."""
    drive.send(bundle_of())
    assert [drive.start(reason) for _ in range(5)] == ["0.2.0"] * 3 + ["lib"] * 2


def test_a_crash_of_the_chip_is_one_failed_start_of_what_ran(drive):
    """safemode.py counts it, and the restart after it looks as if it had been asked for."""
    started = []
    drive.start()
    drive.prove()
    drive.send(bundle_of())
    for _ in range(7):
        started.append(drive.start() + (", bare" if drive.slots.started.without_settings else ""))
        drive.slots.crashed(drive.root)
        drive.survival._kept.count_safe_mode()
    assert started == ["0.2.0"] * 3 + ["lib"] * 3 + ["lib, bare"]
    with pytest.raises(drive.slots.NothingStarts):
        drive.start()
    assert drive.survival._kept.error() == drive.slots.RESTARTED


def test_a_restart_that_was_asked_for_fails_no_version(drive):
    drive.send(bundle_of())
    for _ in range(10):
        assert drive.start() == "0.2.0"
        drive.slots.started.counts.leave()


def test_switching_on_is_not_crashing(drive):
    """Twenty quick switch-ons, of a version that has proved itself and of one that has not."""
    drive.send(bundle_of())
    for proved in (False, True):
        before = None
        for _ in range(20):
            assert drive.start("power") == "0.2.0"
            before = before or (bytes(drive.nvm), drive.nvm.writes)
        assert (bytes(drive.nvm), drive.nvm.writes) == before
        if not proved:
            drive.prove()


def test_a_proved_version_has_three_starts_then_one_without_the_saved_settings(drive):
    drive.send(bundle_of())
    drive.start()
    drive.prove()
    versions = [drive.crash() for _ in range(6)]
    assert versions == ["0.2.0"] * 3 + ["0.2.0, bare"] + ["lib"] * 2
    assert drive.survival._kept.error() == "Traceback\nValueError: planted"
    # Somebody switches it off and on: once with everything, once without the settings.
    assert drive.start("power") == "0.2.0" and not drive.slots.started.without_settings
    drive.slots.failed("again")
    assert drive.crash() == "0.2.0, bare"
    assert drive.start() == "lib"


def test_a_run_without_the_settings_that_lasts_gives_them_one_more_try(drive):
    drive.start()
    drive.prove()
    assert [drive.crash() for _ in range(3)] == ["lib"] * 3
    drive.start()
    assert drive.slots.started.without_settings and drive.survival._kept.without_settings
    drive.prove()
    assert [drive.crash() for _ in range(2)] == ["lib", "lib, bare"]


def test_only_the_watchdog_and_exceptions_fail_what_has_proved_itself(drive):
    drive.start()
    drive.prove()
    for _ in range(20):
        assert drive.start() == "lib"
    assert drive.slots.started.counts.starts(0) == 0
    for count in (1, 2, 3):
        drive.start("watchdog")
        assert drive.slots.started.counts.starts(0) == count
    assert drive.slots.started.without_settings
    assert drive.survival._kept.error() == drive.slots.HUNG


def test_when_everything_falls_only_the_recovery_page_is_left_until_it_forgets(drive):
    drive.send(bundle_of("0.2.0"))
    drive.start()
    drive.send(bundle_of("0.2.1"))
    drive.slots.started.counts.leave()
    versions = []
    with pytest.raises(drive.slots.NothingStarts):
        while True:
            versions.append(drive.crash())
    assert versions == ["0.2.1"] * 3 + ["0.2.0"] * 3 + ["lib"] * 3 + ["lib, bare"]
    with pytest.raises(drive.slots.NothingStarts):
        drive.start("watchdog")
    assert drive.survival._kept.error() == "Traceback\nValueError: planted", (
        "the recovery page hung, not a version"
    )
    drive.slots.new_counts().forget()
    assert drive.crash() == "lib", "what never proved itself stays put aside"
    assert drive.crash() == "lib, bare"


def test_once_without_the_saved_settings(drive):
    drive.start()
    drive.survival._kept.set_byte(drive.survival.ONCE, 1)
    drive.survival._kept.save()
    drive.start()
    assert drive.slots.started.without_settings
    drive.start()
    assert not drive.slots.started.without_settings


def test_a_board_without_memory_starts_the_newest(drive):
    drive.send(bundle_of())
    drive.nvm = None
    for _ in range(20):
        assert drive.crash() == "0.2.0"


def test_a_drive_without_survival_py_starts_the_newest(drive):
    drive.send(bundle_of())
    slots = device_files.module("slots", survival=None)
    for _ in range(20):
        assert slots.choose(drive.root).seal.version == "0.2.0"
        slots.started.counts.prove(slots.started.place, slots.started.seal)
        assert slots.failed("planted") == slots.MOST_FAILED


def test_nvm_that_was_lost_costs_new_tries_and_nothing_else(drive):
    drive.send(bundle_of())
    drive.nvm = CutNvm(8192)
    assert [drive.crash() for _ in range(6)] == ["0.2.0"] * 6
    drive.nvm = Nvm(8192)
    assert [drive.crash() for _ in range(4)] == ["0.2.0"] * 3 + ["lib"]


def test_ordinary_starts_write_nothing_to_nvm(drive):
    """A new box does not write at all; one that was updated remembers where it runs, once."""
    for _ in range(30):
        drive.start("power")
        drive.prove()
        drive.slots.started.counts.leave()
    assert drive.nvm.writes == 0
    drive.send(bundle_of())
    drive.start()
    drive.prove()
    written = drive.nvm.writes
    assert written <= 3
    for _ in range(30):
        drive.start("power")
        drive.prove()
    assert drive.nvm.writes == written


def test_the_number_of_a_slot_is_never_used_twice(drive):
    seen = []
    for version in ("0.2.0", "0.2.1", "0.2.2", "0.2.3"):
        drive.start()
        drive.send(bundle_of(version))
        for _ in range(3):
            drive.crash()
        drive.start()
        seen.append(max(seal.number for seal in drive.updating().seals() if seal))
        assert drive.start() == "lib"
        drive.prove()
    assert seen == sorted(set(seen))


def test_a_slot_that_was_damaged_later_is_passed_over(drive, tmp_path):
    drive.send(bundle_of())
    assert drive.picked().seal.version == "0.2.0"
    path = tmp_path / "updates" / "a" / "image.bin"
    data = bytearray(path.read_bytes())
    data[drive.slots.IMAGE_AT + 5000] ^= 1
    path.write_bytes(data)
    picked = drive.picked()
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
        assert drive.picked().place == drive.slots.LIB, name
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
        "pages swapped": data[:page] + data[2 * page : 3 * page] + data[page : 2 * page] + data[3 * page :],
        "a page twice": data[: 2 * page] + data[page:-page],
    }[change]
    assert broken != data
    with pytest.raises(Refused) as refusal:
        drive.send(broken)
    assert refusal.value.code in ("damaged", "incomplete", "offset")
    assert drive.picked().place == drive.slots.LIB


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
