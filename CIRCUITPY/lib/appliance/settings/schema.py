# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the owner may set: one table that drives reading, checking, the web form and the documentation."""

TEXT = "text"
NUMBER = "number"
CHOICE = "choice"
PIN = "pin"
ADDRESS = "address"

# Columns of a row of SCHEMA.
KEY, KIND, DEFAULT, LOW, HIGH, CHOICES, SECRET, NEEDS_RESTART, GROUP = range(9)

# LOW and HIGH limit the length in bytes of text, the value of numbers. Names and explanations are in schema.txt, because
# only a page shows them.
# One line for each setting, to be read down its columns.
# fmt: off
SCHEMA = (
    ("WIFI_SSID", TEXT, "", 0, 32, None, False, True, "WiFi"),
    ("WIFI_PASSWORD", TEXT, "", 0, 64, None, True, True, "WiFi"),
    ("WIFI_STATIC_ADDRESS", ADDRESS, "", 0, 0, None, False, True, "WiFi"),
    ("WIFI_NETMASK", ADDRESS, "", 0, 0, None, False, True, "WiFi"),
    ("WIFI_GATEWAY", ADDRESS, "", 0, 0, None, False, True, "WiFi"),
    ("WIFI_TX_POWER_DBM", NUMBER, 0, 0, 20, (0, 2, 5, 7, 11, 13, 15, 18, 20), False, True, "WiFi"),
    ("HOSTNAME", TEXT, "socbox", 1, 32, None, False, True, "WiFi"),
    ("SMARTEVSE_URL", TEXT, "", 0, 200, None, False, False, "SmartEVSE"),
    ("ANSWER_CARS", CHOICE, "auto", 0, 0, ("auto", "modem_phase", "always", "never"), False, True, "Cars"),
    ("ATTENUATION_OFFSET_DB", NUMBER, 0, -40, 40, None, False, True, "Cars"),
    ("EVSE_ID", TEXT, "", 0, 32, None, False, True, "Cars"),
    ("EVSE_MAX_CURRENT_A", NUMBER, 125, 1, 1000, None, False, True, "Cars"),
    ("EVSE_MAX_VOLTAGE_V", NUMBER, 500, 200, 1000, None, False, True, "Cars"),
    ("EVSE_MAX_POWER_KW", NUMBER, 50, 1, 400, None, False, True, "Cars"),
    ("PROTOCOL", CHOICE, "din", 0, 0, ("din", "iso2", "din_only"), False, True, "Cars"),
    ("CONVERSATION", CHOICE, "release", 0, 0, ("release", "converse"), False, True, "Cars"),
    ("CONVERSATION_UNTIL", CHOICE, "cable_check", 0, 0, ("parameters", "cable_check", "pre_charge"), False, True, "Cars"),
    ("CONVERSATION_S", NUMBER, 20, 3, 90, None, False, True, "Cars"),
    ("CAR_1", TEXT, "", 0, 100, None, False, False, "Cars"),
    ("CAR_2", TEXT, "", 0, 100, None, False, False, "Cars"),
    ("CAR_3", TEXT, "", 0, 100, None, False, False, "Cars"),
    ("CAR_4", TEXT, "", 0, 100, None, False, False, "Cars"),
    ("MODEM_SCK", PIN, "IO13", 1, 16, None, False, True, "Modem"),
    ("MODEM_MOSI", PIN, "IO11", 1, 16, None, False, True, "Modem"),
    ("MODEM_MISO", PIN, "IO12", 1, 16, None, False, True, "Modem"),
    ("MODEM_CS", PIN, "IO10", 1, 16, None, False, True, "Modem"),
    ("MODEM_INT", PIN, "IO9", 0, 16, None, False, True, "Modem"),
    ("MODEM_SPI_HZ", NUMBER, 8000000, 1000000, 12000000, None, False, True, "Modem"),
    ("DISPLAY", CHOICE, "auto", 0, 0, ("auto", "none", "ssd1306", "st7789", "board"), False, True, "Display"),
    ("DISPLAY_SDA", PIN, "IO4", 1, 16, None, False, True, "Display"),
    ("DISPLAY_SCL", PIN, "IO5", 1, 16, None, False, True, "Display"),
    ("DISPLAY_ADDRESS", NUMBER, 60, 8, 119, None, False, True, "Display"),
    ("DISPLAY_SCK", PIN, "IO17", 1, 16, None, False, True, "Display"),
    ("DISPLAY_MOSI", PIN, "IO18", 1, 16, None, False, True, "Display"),
    ("DISPLAY_CS", PIN, "IO15", 0, 16, None, False, True, "Display"),
    ("DISPLAY_DC", PIN, "IO16", 1, 16, None, False, True, "Display"),
    ("DISPLAY_RST", PIN, "IO7", 0, 16, None, False, True, "Display"),
    ("DISPLAY_BL", PIN, "IO6", 0, 16, None, False, True, "Display"),
    ("DISPLAY_WIDTH", NUMBER, 0, 0, 480, None, False, True, "Display"),
    ("DISPLAY_HEIGHT", NUMBER, 0, 0, 480, None, False, True, "Display"),
    ("DISPLAY_ROTATION", NUMBER, 0, 0, 270, (0, 90, 180, 270), False, True, "Display"),
    ("LANGUAGE", CHOICE, "auto", 0, 0, ("auto", "en", "de", "nl", "fr"), False, False, "Display"),
    ("DISPLAY_BRIGHTNESS", NUMBER, 100, 5, 100, None, False, False, "Display"),
    ("DISPLAY_DIM_S", NUMBER, 60, 0, 3600, None, False, False, "Display"),
    ("DISPLAY_DARK_MIN", NUMBER, 0, 0, 1440, None, False, False, "Display"),
    ("BUTTON", PIN, "IO0", 0, 16, None, False, True, "Display"),
    ("LED", PIN, "", 0, 16, None, False, True, "Display"),
    ("LED_BRIGHTNESS", NUMBER, 20, 1, 100, None, False, False, "Display"),
    ("HTTP_PORT", NUMBER, 80, 1, 65535, None, False, True, "Web"),
    ("WEB_PASSWORD", TEXT, "", 0, 64, None, True, False, "Web"),
    ("STATUS_PUBLIC", CHOICE, "no", 0, 0, ("no", "yes"), False, False, "Web"),
    ("WEB_NAMES", TEXT, "", 0, 200, None, False, False, "Web"),
    ("MQTT_BROKER", TEXT, "", 0, 100, None, False, True, "Home"),
    ("MQTT_PORT", NUMBER, 1883, 1, 65535, None, False, True, "Home"),
    ("MQTT_USER", TEXT, "", 0, 64, None, False, True, "Home"),
    ("MQTT_PASSWORD", TEXT, "", 0, 128, None, True, True, "Home"),
    ("MQTT_PREFIX", TEXT, "", 0, 60, None, False, True, "Home"),
    ("MQTT_DISCOVERY", TEXT, "homeassistant", 0, 40, None, False, True, "Home"),
    ("MQTT_COMMANDS", CHOICE, "no", 0, 0, ("no", "yes"), False, True, "Home"),
    ("LISTENER_1", TEXT, "", 0, 200, None, False, True, "Home"),
    ("LISTENER_2", TEXT, "", 0, 200, None, False, True, "Home"),
    ("DIARY", CHOICE, "yes", 0, 0, ("yes", "no"), False, True, "Diary"),
    ("NTP_SERVER", TEXT, "", 0, 100, None, False, True, "Diary"),
    ("LOG_LEVEL", CHOICE, "I", 0, 0, ("D", "I", "W", "E"), False, False, "Log"),
)
# fmt: on

WORDS_A_PIECE = 16

_ROWS = {row[KEY]: row for row in SCHEMA}


class Mistake(Exception):
    """A value that cannot be used; the text tells the owner why."""


def row_of(key):
    """The row of SCHEMA for ``key``, or None."""
    return _ROWS.get(key)


def words():
    """Generator that reads schema.txt and yields every few lines; returns {key: (name, explanation)}. Without the file a
    key is its own name."""
    found = {row[KEY]: (row[KEY], "") for row in SCHEMA}
    try:
        with open(__file__.rsplit("/", 1)[0] + "/schema.txt") as file:
            for number, line in enumerate(file):
                if not number % WORDS_A_PIECE:
                    yield None
                key, label, meaning = line.rstrip("\n").split("\t")
                found[key] = (label, meaning)
    except (OSError, ValueError):
        # The drive was copied in part.
        pass
    return found
