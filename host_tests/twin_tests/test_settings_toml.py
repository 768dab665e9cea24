# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""settings.toml as shared-module/os/getenv.c and supervisor/shared/settings.c read it, never as kindly as CPython would."""

import pytest

from host_tests.support.boards import board, run_code, said
from host_tests.twin import settings_toml

OLD, NEW = "10.1.4", "10.2.1"
VERSIONS = {OLD: (10, 1, 4), NEW: (10, 2, 1)}
REFUSED = "ValueError"


def answer(data, version, key="KEY"):
    try:
        return settings_toml.as_getenv(settings_toml.find(data, key, VERSIONS[version]), VERSIONS[version], "absent")
    except UnicodeError:
        return "UnicodeError"
    except ValueError:
        return REFUSED


@pytest.mark.parametrize(
    ("data", "old", "new"),
    [
        (b'KEY = "a" # b\r\n', "a", "a"),
        (b'KEY="a"', "a", "a"),
        (b"KEY = 1234 # pin\r\n", 1234, "1234"),
        (b"KEY = 0010", 10, "0010"),
        (b"KEY = 0x10", 16, "0x10"),
        (b"KEY = IO4 \t\r\n", REFUSED, "IO4"),
        (b"KEY = 'a'", REFUSED, "'a'"),
        # Nothing behind the =, and nothing but a remark.
        (b"KEY =\nNEXT = 1", REFUSED, "absent"),
        (b"KEY = # none", REFUSED, ""),
        # A line ends at a line feed only: here all of it is a remark, or the value.
        (b'# a\rKEY = "a"\r', "absent", "absent"),
        (b'KEY = "a"\rNEXT = "b"\r', REFUSED, "absent"),
        # To CPython these are lines, too.
        (b'KEY = "a\x0bb\x1cc\xc2\x85d"\n', "a\x0bb\x1cc\x85d", "a\x0bb\x1cc\x85d"),
        # The key alone takes the next line along.
        (b'KEY\nKEY = "a"\nNEXT = 1', "absent", "absent"),
        (b'KEY\r\nKEY = "a"', "a", "a"),
        (b'KEY\n= "a"', "a", "a"),
        # A zero ends a line, and at its beginning the file, as in a file of UTF-16.
        (b'x\0KEY = "a"\n', "a", "a"),
        (b'\0\nKEY = "a"\n', "absent", "absent"),
        ('KEY = "a"'.encode("utf-16"), "absent", "absent"),
        # A mark of the byte order belongs to the first key.
        (b'\xef\xbb\xbfKEY = "a"\n', "absent", "absent"),
        (b'\xef\xbb\xbf# mine\nKEY = "a"\n', "a", "a"),
        # Latin-1, and half a character, which passes.
        (b'KEY = "H\xf6me"', "UnicodeError", "UnicodeError"),
        (b'KEY = "\\ud800"', "\ud800", "\ud800"),
        (b'KEY = "\\u00f6 \\U0001F600 \\q\\n"', "ö \U0001f600 q\n", "ö \U0001f600 q\n"),
        (b'KEY = "\\U00110000"', REFUSED, "absent"),
        (b'KEY = "\\u12g4"', REFUSED, "absent"),
        (b'KEY = "a\nNEXT = 1', REFUSED, "absent"),
        (b'KEY = "a" b\n', REFUSED, "absent"),
        (b"[x]\nKEY = 1", "absent", "absent"),
        (b"KEYS = 1\nKEY = 2\nKEY = 3", 2, "2"),
        (b"  \tKEY\t=\t7", 7, "7"),
    ],
)
def test_a_key_is_read_byte_by_byte(data, old, new):
    assert answer(data, OLD) == old and answer(data, NEW) == new


@pytest.mark.parametrize(
    ("line", "number", "flag", "text"),
    [
        (b"KEY = 4096", 4096, None, None),
        (b"KEY = 4096 # bytes", 4096, None, None),
        (b"KEY = 010", 8, None, None),
        (b"KEY = -1", -1, None, None),
        (b'KEY = "4096"', None, None, "4096"),
        (b"KEY = 4 kB", None, None, None),
        (b"KEY = 1234567890123456", None, None, None),
        (b"KEY = false", None, False, None),
        (b'KEY = "false"', None, None, "false"),
        (b"KEY = False", None, None, None),
        (b"", None, None, None),
    ],
)
def test_the_firmware_takes_for_itself_a_number_or_a_flag_without_quotes_and_a_text_with_them(line, number, flag, text):
    found = settings_toml.find(line, "KEY", VERSIONS[NEW])
    assert settings_toml.own_number(found) == number
    assert settings_toml.own_flag(found) is flag and settings_toml.own_text(found) == text


def test_blanks_before_a_remark_fill_the_small_buffer_of_older_versions():
    line = b"KEY = 4096             # bytes"
    assert settings_toml.own_number(settings_toml.find(line, "KEY", VERSIONS[OLD])) is None
    assert settings_toml.own_number(settings_toml.find(line, "KEY", VERSIONS[NEW])) == 4096


DEEP = """
def nest(depth):
    return 1 + nest(depth - 1) if depth else 0
try:
    for _ in range(50):
        nest(60)
    print("enough")
except RuntimeError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("stage", "size", "outcome"),
    [
        ("code.py", "8192", "enough"),
        ("code.py", "", "pystack exhausted"),
        ("code.py", '"8192"', "pystack exhausted"),
        # In safe mode the firmware has no file tell it anything.
        ("safemode.py", "8192", "pystack exhausted"),
    ],
)
def test_the_room_for_calls_is_a_number_without_quotes_and_the_usual_one_in_safe_mode(tmp_path, stage, size, outcome):
    settings = "CIRCUITPY_PYSTACK_SIZE = " + size if size else ""
    files = {"settings.toml": settings, stage: DEEP}
    device = board(tmp_path, "", files=files, enforce_pystack=True, start=False)
    with device:
        device.start()
        if stage == "safemode.py":
            device.run(3)
            device.crash()
        device.run(5)
        assert outcome in device.console_text().split("\n")


@pytest.mark.parametrize(("value", "said_no"), [("false", True), ('"false"', False), ("no", False)])
def test_a_word_in_quotes_leaves_bluetooth_on(tmp_path, value, said_no):
    files = {"settings.toml": "CIRCUITPY_BLE_WORKFLOW = " + value}
    code = "import time\nprint(time.monotonic_ns() // 100_000_000)"
    first = int(said(run_code(tmp_path / "a", code, files=files, firmware="10.3.0"))[0])
    usual = int(said(run_code(tmp_path / "b", code, firmware="10.3.0"))[0])
    assert usual - first == (10 if said_no else 0)


def test_a_typed_setting_is_text_a_flag_or_an_integer(tmp_path):
    code = """
        import supervisor
        for key in ("A", "B", "C", "D", "E"):
            try:
                print(repr(supervisor.get_setting(key, "default")))
            except ValueError:
                print("ValueError")
    """
    files = {"settings.toml": 'A = "1"\nB = true\nC = 12\nD = 1.5\n'}
    device = run_code(tmp_path, code, files=files, firmware="10.2.1")
    assert said(device) == ["'1'", "True", "12", "ValueError", "'default'"]
