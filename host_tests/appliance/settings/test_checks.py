# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What a value may be, and which values go together."""

import pytest
from appliance.settings import checks
from appliance.settings.checks import checked
from appliance.settings.schema import CHOICES, KEY, NUMBER, SCHEMA, Mistake, row_of

from host_tests.support.settings_text import read


def fault_of(key, text):
    """What is wrong with a value, None when nothing is."""
    try:
        checked(row_of(key), text)
    except Mistake as mistake:
        return str(mistake)
    return None


@pytest.mark.parametrize(
    "letter", ["\n", "\r", "\t", "\x00", "\x1b", "\x7f", "\x85", "\u2028", "\ufeff", "\ud800", "\udfff"]
)
def test_no_setting_takes_a_character_that_cannot_be_seen(letter):
    for row in SCHEMA:
        for text in (letter, "socbox" + letter, letter + "12345678", "12" + letter + "34"):
            with pytest.raises(Mistake, match="invisible character"):
                checked(row, text)


def test_of_all_characters_the_same_cannot_be_seen_wherever_they_stand():
    hidden = [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0xD800, 0xE000), 0xFEFF, 0xFFFE, 0xFFFF]
    found = [code for code in range(0x11000) if not checks.is_shown("a" + chr(code) + "\u00e9")]
    assert found == hidden
    assert checks.is_shown("") and checks.is_shown("\u00a7\u00b0\ud55c\U0010ffff")
    assert not checks.is_shown("\u00a7\u00b0\x85")


def test_many_settings_are_checked_in_pieces_with_the_same_result():
    base = read("")
    changes = {row[KEY]: "192.168.1.1" for row in SCHEMA}
    pieces = list(checks.checking(base, changes))
    assert len(pieces) > len(SCHEMA) // checks.KEYS_A_PIECE and set(pieces[:-1]) == {None}
    assert pieces[-1] == checks.check_changes(base, changes) and len(pieces[-1][1]) > 20


def test_no_setting_takes_a_very_long_value():
    for row in SCHEMA:
        for text in ("1" * 500, "x" * 100000, "\u00e4" * 401):
            with pytest.raises(Mistake):
                checked(row, text)


@pytest.mark.parametrize(
    "text",
    ["", "nan", "inf", "-inf", "1e3", "1_0", "0x", "0x_1", "0x 1", "0xg", "0x123456789", "--1", "+-1", "1.0",
     "\u0661\u0662", "\u00b2", "99999999999999999999", "0b1", "1,0", "0o7", "True"],
)  # fmt: skip
def test_what_is_no_whole_number(text):
    for row in SCHEMA:
        if row[1] == NUMBER:
            with pytest.raises(Mistake):
                checked(row, text)


def test_numbers_end_where_the_table_says():
    for row in SCHEMA:
        if row[1] == NUMBER and not row[CHOICES]:
            assert checked(row, str(row[3])) == row[3] and checked(row, hex(row[4])) == row[4]
            for beyond in (row[3] - 1, row[4] + 1):
                assert "between" in fault_of(row[KEY], str(beyond))


def test_blanks_around_a_value_are_an_oversight_but_for_names_and_passwords():
    assert checked(row_of("HTTP_PORT"), " 81 ") == 81
    assert checked(row_of("SMARTEVSE_URL"), " 192.168.1.60 ") == "192.168.1.60"
    assert checked(row_of("DISPLAY"), " board") == "board"
    assert checked(row_of("WIFI_SSID"), " home ") == " home "
    assert checked(row_of("WIFI_PASSWORD"), " 1234567 ") == " 1234567 "


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("WIFI_PASSWORD", ["", "12345678", "x" * 63, "0123456789abcdef" * 4], ["1234567", "x" * 64, "x" * 65]),
        ("WEB_PASSWORD", ["", "correct horse", "\u00e4" * 4], ["short", "x" * 65]),
        ("WIFI_STATIC_ADDRESS", ["", "192.168.1.5"], ["192.168.1", "+1.2.3.4", "1.2.3.04", "::1", "box"]),
        ("HOSTNAME", ["box", "My-Box", "1"], ["", "-box", "box-", "my box", "box.local", "b\u00f6x", "\u212aey"]),
        ("SMARTEVSE_URL", ["", "192.168.1.60", "http://evcc.local:7070/x?y=1"],
         ["192.168.1.60:8O", "http://admin:pw@192.168.1.60/ev_state", "[fe80::1]", "https://x", "a b"]),
        ("WEB_NAMES", ["", "box.example.org", "a, b ,c", "10.0.0.1,"], ["a b", "http://x", "10.0.0", "b\u00f6x"]),
        ("EVSE_ID", ["", "DE*123*E1", "+49*810*000*438"], ["E 1", "\u00c4", "E;1", "x" * 33]),
        ("LED", ["IO25", "IO38", "D26"], ["IO26", "GPIO26", "26", "io32", "IO33", "037"]),
        ("MODEM_CS", ["IO10", "10", "D5", "SPI_CS"], ["", "__name__", "IO 10", "board.IO10", "IO1\u0660", "x" * 17]),
        ("MODEM_INT", [""], ["-"]),
        ("CAR_1", ["", "98ed5c*; name=Model Y", "0123456789ab; full_soc=80"],
         ["*; x=1", "98ed5c*; capacity_wh=1_0", "98ed5c*; full_soc=nan", "98ed5c*; name=", "zz*", ";"]),
        ("DISPLAY", ["BOARD", "auto"], ["", "oled", "none,"]),
        ("DISPLAY_ROTATION", ["0", "270"], ["45", "360", "-90"]),
    ],
)  # fmt: skip
def test_each_for_itself(key, good, bad):
    assert [text for text in good if fault_of(key, text) is not None] == []
    assert [text for text in bad if fault_of(key, text) is None] == []


def test_what_is_wrong_is_a_sentence_without_the_secret():
    for key in ("WIFI_PASSWORD", "WEB_PASSWORD"):
        for text in ("secret", "secret" * 20, "secret\n12345678", "secretsecretsecre" * 4):
            assert fault_of(key, text) is None or "secret" not in fault_of(key, text)


def test_what_is_shown_of_a_foreign_text_is_short_and_can_be_seen():
    assert checks.shown("a\x1b[31mb\ud800" + "x" * 100) == "a?[31mb?" + "x" * 32


# ---- together


def faults_of(text="", **changes):
    return checks.check_changes(read(text), changes)[1]


STATIC = {"WIFI_STATIC_ADDRESS": "192.168.1.5", "WIFI_NETMASK": "255.255.255.0", "WIFI_GATEWAY": "192.168.1.1"}


def test_changes_are_checked_as_a_whole():
    base = read('WIFI_SSID = "home"\n')
    good, faults = checks.check_changes(
        base, {"HTTP_PORT": "0x50", "DISPLAY": "SSD1306", "WIFI_SSID": None}
    )
    assert faults == {} and good == {"HTTP_PORT": "80", "DISPLAY": "ssd1306", "WIFI_SSID": None}
    bad = {"HTTP_PORT": "0", "NONSENSE": "1", "WEB_PASSWORD": "short", "WIFI_GATEWAY": "192.168.1.1"}
    assert set(checks.check_changes(base, bad)[1]) == {"HTTP_PORT", "NONSENSE", "WEB_PASSWORD"}
    alone = checks.check_changes(base, {"WIFI_GATEWAY": "192.168.1.1"})[1]
    assert set(alone) == {"WIFI_STATIC_ADDRESS", "WIFI_NETMASK"}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({}, None),
        ({"WIFI_NETMASK": "255.0.255.0"}, "WIFI_NETMASK"),
        ({"WIFI_NETMASK": "0.0.0.0"}, "WIFI_NETMASK"),
        ({"WIFI_NETMASK": "255.255.255.255"}, "WIFI_NETMASK"),
        ({"WIFI_STATIC_ADDRESS": "192.168.1.0"}, "WIFI_STATIC_ADDRESS"),
        ({"WIFI_STATIC_ADDRESS": "192.168.1.255"}, "WIFI_STATIC_ADDRESS"),
        ({"WIFI_STATIC_ADDRESS": "224.0.0.5", "WIFI_GATEWAY": "224.0.0.1"}, "WIFI_STATIC_ADDRESS"),
        ({"WIFI_GATEWAY": "192.168.2.1"}, "WIFI_GATEWAY"),
        ({"WIFI_GATEWAY": "192.168.1.5"}, "WIFI_GATEWAY"),
    ],
)
def test_a_fixed_address_is_one_of_its_network(changes, key):
    assert list(faults_of(**{**STATIC, **changes})) == ([key] if key else [])


@pytest.mark.parametrize(
    ("kind", "width", "height", "fine"),
    [
        ("ssd1306", 128, 64, True), ("ssd1306", 128, 32, True), ("ssd1306", 72, 40, True), ("auto", 64, 48, True),
        ("ssd1306", 64, 128, False), ("ssd1306", 480, 480, False), ("ssd1306", 127, 63, False), ("auto", 320, 170, False),
        ("ssd1306", 1, 1, False), ("ssd1306", 128, 0, False), ("st7789", 0, 240, False),
        ("st7789", 320, 170, True), ("st7789", 170, 320, True), ("st7789", 240, 240, True), ("st7789", 240, 320, True),
        ("st7789", 320, 320, False), ("st7789", 480, 320, False), ("st7789", 240, 8, False),
        ("board", 7, 480, True), ("none", 7, 480, True), ("st7789", 0, 0, True),
    ],
)  # fmt: skip
def test_a_display_has_a_size_that_its_controller_can_have(kind, width, height, fine):
    faults = faults_of(DISPLAY=kind, DISPLAY_WIDTH=str(width), DISPLAY_HEIGHT=str(height))
    assert (faults == {}) == fine, faults


def test_no_pin_is_used_twice():
    assert list(faults_of(MODEM_CS="GPIO11")) == ["MODEM_CS"]
    assert "MODEM_MOSI and MODEM_CS are both pin 11" in faults_of(MODEM_CS="11")["MODEM_CS"]
    assert list(faults_of(BUTTON="io13")) == ["BUTTON"] and list(faults_of(LED="IO0")) == ["LED"]
    assert list(faults_of(MODEM_CS="d5", LED="D5")) == ["LED"]


def test_only_the_pins_of_the_display_that_was_chosen_count():
    assert faults_of(LED="IO17") == {} and faults_of(LED="IO4") == {}
    assert list(faults_of(LED="IO17", DISPLAY="st7789")) == ["LED"]
    assert list(faults_of(LED="IO4", DISPLAY="ssd1306")) == ["LED"]
    assert list(faults_of('LED = "IO17"\n', DISPLAY="st7789")) == ["LED"]
    assert faults_of('LED = "IO17"\nDISPLAY = "st7789"\n', LOG_LEVEL="W") == {}, "nothing that is changed takes part"


def test_power_is_at_most_current_times_voltage():
    assert faults_of(EVSE_MAX_CURRENT_A="10") == {}, "the default follows in silence"
    assert "at most 62" in faults_of(EVSE_MAX_POWER_KW="63")["EVSE_MAX_POWER_KW"]
    assert faults_of(EVSE_MAX_CURRENT_A="200", EVSE_MAX_POWER_KW="100") == {}
    assert faults_of(EVSE_MAX_CURRENT_A="10", EVSE_MAX_POWER_KW=None) == {}, "a restored file may leave it out"


@pytest.mark.parametrize(
    ("text", "said", "after"),
    [
        ('WIFI_STATIC_ADDRESS = "192.168.1.5"\n', "DHCP is used", ("WIFI_STATIC_ADDRESS", "")),
        ("DISPLAY_WIDTH = 100\nDISPLAY_HEIGHT = 10\n", "no SSD1306 has 100 x 10", ("DISPLAY_WIDTH", 0)),
        ("EVSE_MAX_POWER_KW = 400\n", "at most 62", ("EVSE_MAX_POWER_KW", 62)),
        ("EVSE_MAX_CURRENT_A = 10\n", None, ("EVSE_MAX_POWER_KW", 5)),
        ("EVSE_MAX_CURRENT_A = 1\nEVSE_MAX_VOLTAGE_V = 200\n", None, ("EVSE_MAX_POWER_KW", 1)),
        ('LED = "IO13"\n', "MODEM_SCK and LED are both pin IO13", ("LED", "IO13")),
    ],
)
def test_a_file_that_breaks_a_rule_is_mended_and_told(text, said, after):
    result = read(text)
    texts = [text for _line, text in result.errors]
    assert (said is None and texts == []) or (len(texts) == 1 and said in texts[0]), texts
    assert result[after[0]] == after[1]
