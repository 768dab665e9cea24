# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the owner may set: one table that drives reading, checking, the web form and the documentation."""

TEXT = "text"
NUMBER = "number"
CHOICE = "choice"
PIN = "pin"
ADDRESS = "address"

# Columns of a row of SCHEMA.
KEY, KIND, DEFAULT, LOW, HIGH, CHOICES, SECRET, NEEDS_RESTART, GROUP, HELP, LABEL = range(11)

# LOW and HIGH are the length in bytes for text, the value for numbers.
# One row a setting, two lines each: a table is read down its columns.
# fmt: off
SCHEMA = (
    ("WIFI_SSID", TEXT, "", 0, 32, None, False, True, "WiFi",
     "Name of your WiFi network; empty: the box opens its own network, on which you can set it up.", "Network name"),
    ("WIFI_PASSWORD", TEXT, "", 0, 64, None, True, True, "WiFi",
     "Password of your WiFi network.", "Password"),
    ("WIFI_STATIC_ADDRESS", ADDRESS, "", 0, 0, None, False, True, "WiFi",
     "Fixed IPv4 address; empty: DHCP.", "Fixed address"),
    ("WIFI_NETMASK", ADDRESS, "", 0, 0, None, False, True, "WiFi",
     "Network mask that goes with the fixed address.", "Network mask"),
    ("WIFI_GATEWAY", ADDRESS, "", 0, 0, None, False, True, "WiFi",
     "Router that goes with the fixed address; names are then looked up there.", "Router"),
    ("WIFI_TX_POWER_DBM", NUMBER, 0, 0, 20, (0, 2, 5, 7, 11, 13, 15, 18, 20), False, True, "WiFi",
     "Transmit power in dBm; 0: the board's default, lowered on a second try if joining is refused.", "Transmit power"),
    ("HOSTNAME", TEXT, "socbox", 1, 32, None, False, True, "WiFi",
     "The page is at http://HOSTNAME.local.", "Name of the box"),
    ("SMARTEVSE_URL", TEXT, "", 0, 200, None, False, False, "SmartEVSE",
     "Where the reading goes: an address alone means http://ADDRESS/ev_state; empty: nowhere.", "Address of the SmartEVSE"),
    ("ANSWER_CARS", CHOICE, "auto", 0, 0, ("auto", "modem_phase", "always", "never"), False, True, "Cars",
     "auto: once per plug-in; modem_phase: only while the SmartEVSE asks for it; always: test bench; never.", "Answer cars"),
    ("ATTENUATION_OFFSET_DB", NUMBER, 0, -40, 40, None, False, True, "Cars",
     "Subtracted from the attenuation reported to cars, in dB: what the box's own receive path adds.", "Attenuation offset"),
    ("EVSE_ID", TEXT, "", 0, 32, None, False, True, "Cars",
     "Name of this charger as cars see it; empty: unknown.", "Name of this charger"),
    ("EVSE_MAX_CURRENT_A", NUMBER, 125, 1, 1000, None, False, True, "Cars",
     "Largest DC current announced to cars, in A; none ever flows.", "Announced current"),
    ("EVSE_MAX_VOLTAGE_V", NUMBER, 500, 200, 1000, None, False, True, "Cars",
     "Highest DC voltage announced to cars, in V; 1000 for a car that refuses 500.", "Announced voltage"),
    ("EVSE_MAX_POWER_KW", NUMBER, 50, 1, 400, None, False, True, "Cars",
     "Largest DC power announced to cars, in kW; at most current times voltage.", "Announced power"),
    ("PROTOCOL", CHOICE, "din", 0, 0, ("din", "iso2", "din_only"), False, True, "Cars",
     "din: DIN 70121, else ISO 15118-2; iso2: the other way round; din_only.", "Protocol"),
    ("CONVERSATION", CHOICE, "release", 0, 0, ("release", "converse"), False, True, "Cars",
     "release: let the car go once it has been read; converse: read on for a while.", "After the reading"),
    ("CONVERSATION_UNTIL", CHOICE, "cable_check", 0, 0, ("parameters", "cable_check", "pre_charge"), False, True, "Cars",
     "How far a conversation may go; see docs/protocol.md.", "Converse until"),
    ("CONVERSATION_S", NUMBER, 20, 3, 90, None, False, True, "Cars",
     "How long a conversation lasts, in s; at most 40 with a SmartEVSE, which waits 60 s.", "Converse for"),
    ("CAR_1", TEXT, "", 0, 100, None, False, False, "Cars",
     "One of your cars: EVCCID (a * for its end); name=...; capacity_wh=...; full_soc=... for what it leaves out.", "Car 1"),
    ("CAR_2", TEXT, "", 0, 100, None, False, False, "Cars",
     "A second car, in the same way.", "Car 2"),
    ("CAR_3", TEXT, "", 0, 100, None, False, False, "Cars",
     "A third car.", "Car 3"),
    ("CAR_4", TEXT, "", 0, 100, None, False, False, "Cars",
     "A fourth car.", "Car 4"),
    ("MODEM_SCK", PIN, "IO13", 1, 16, None, False, True, "Modem",
     "SPI clock to the modem.", "Clock pin (SCK)"),
    ("MODEM_MOSI", PIN, "IO11", 1, 16, None, False, True, "Modem",
     "SPI data to the modem.", "Data to the modem (MOSI)"),
    ("MODEM_MISO", PIN, "IO12", 1, 16, None, False, True, "Modem",
     "SPI data from the modem.", "Data from the modem (MISO)"),
    ("MODEM_CS", PIN, "IO10", 1, 16, None, False, True, "Modem",
     "SPI chip select of the modem.", "Chip select (CS)"),
    ("MODEM_INT", PIN, "IO9", 0, 16, None, False, True, "Modem",
     "Interrupt of the modem; empty: not wired.", "Interrupt (INT)"),
    ("MODEM_SPI_HZ", NUMBER, 8000000, 1000000, 12000000, None, False, True, "Modem",
     "Highest SPI clock speed in Hz.", "SPI clock"),
    ("DISPLAY", CHOICE, "auto", 0, 0, ("auto", "none", "ssd1306", "st7789", "board"), False, True, "Display",
     "auto: the board's own display, or an SSD1306 if one answers.", "Type of display"),
    ("DISPLAY_SDA", PIN, "IO4", 1, 16, None, False, True, "Display",
     "I2C data of an SSD1306.", "SSD1306: data (SDA)"),
    ("DISPLAY_SCL", PIN, "IO5", 1, 16, None, False, True, "Display",
     "I2C clock of an SSD1306.", "SSD1306: clock (SCL)"),
    ("DISPLAY_ADDRESS", NUMBER, 60, 8, 119, None, False, True, "Display",
     "I2C address of an SSD1306 (60 = 0x3C).", "SSD1306: address"),
    ("DISPLAY_SCK", PIN, "IO17", 1, 16, None, False, True, "Display",
     "SPI clock of an ST7789.", "ST7789: clock (SCK)"),
    ("DISPLAY_MOSI", PIN, "IO18", 1, 16, None, False, True, "Display",
     "SPI data of an ST7789.", "ST7789: data (MOSI)"),
    ("DISPLAY_CS", PIN, "IO15", 0, 16, None, False, True, "Display",
     "Chip select of an ST7789; empty: tied low.", "ST7789: chip select (CS)"),
    ("DISPLAY_DC", PIN, "IO16", 1, 16, None, False, True, "Display",
     "Data/command of an ST7789.", "ST7789: data/command (DC)"),
    ("DISPLAY_RST", PIN, "IO7", 0, 16, None, False, True, "Display",
     "Reset of an ST7789; empty: not wired.", "ST7789: reset (RST)"),
    ("DISPLAY_BL", PIN, "IO6", 0, 16, None, False, True, "Display",
     "Backlight of an ST7789; empty: not wired.", "ST7789: backlight (BL)"),
    ("DISPLAY_WIDTH", NUMBER, 0, 0, 480, None, False, True, "Display",
     "Width in pixels; 0: the display's usual one.", "Width"),
    ("DISPLAY_HEIGHT", NUMBER, 0, 0, 480, None, False, True, "Display",
     "Height in pixels; 0: the display's usual one.", "Height"),
    ("DISPLAY_ROTATION", NUMBER, 0, 0, 270, (0, 90, 180, 270), False, True, "Display",
     "Rotation in degrees.", "Rotation"),
    ("LANGUAGE", CHOICE, "auto", 0, 0, ("auto", "en", "de", "nl", "fr"), False, False, "Display",
     "Language of the display and of these pages; auto: the pages as the browser, the display in English.", "Language"),
    ("DISPLAY_BRIGHTNESS", NUMBER, 100, 5, 100, None, False, False, "Display",
     "Brightness in per cent, where the display can change it.", "Brightness"),
    ("DISPLAY_DIM_S", NUMBER, 60, 0, 3600, None, False, False, "Display",
     "Dim after this many seconds without anything new; 0: never.", "Dim after"),
    ("DISPLAY_DARK_MIN", NUMBER, 0, 0, 1440, None, False, False, "Display",
     "Dark after this many minutes without anything new; 0: never. A car or the button wakes it.", "Dark after"),
    ("BUTTON", PIN, "IO0", 0, 16, None, False, True, "Display",
     "Button to ground that wakes the display and turns its pages; IO0 is BOOT; empty: none.", "Button"),
    ("LED", PIN, "", 0, 16, None, False, True, "Display",
     "NeoPixel that shows the same state as the display, IO48 on a DevKitC-1; empty: none.", "Status light"),
    ("LED_BRIGHTNESS", NUMBER, 20, 1, 100, None, False, False, "Display",
     "Brightness of the status light in per cent.", "Brightness of the light"),
    ("HTTP_PORT", NUMBER, 80, 1, 65535, None, False, True, "Web",
     "Port of the status page.", "Port"),
    ("WEB_PASSWORD", TEXT, "", 0, 64, None, True, False, "Web",
     "Password of these pages, at least 8 characters; empty: the box makes one up and shows it on its display.", "Password"),
    ("STATUS_PUBLIC", CHOICE, "no", 0, 0, ("no", "yes"), False, False, "Web",
     "yes: everyone on your network may see the status page; changes still need the password.", "Public status"),
    ("WEB_NAMES", TEXT, "", 0, 200, None, False, False, "Web",
     "Other names under which you open the pages, separated by commas (behind a proxy or VPN).", "More names"),
    ("MQTT_BROKER", TEXT, "", 0, 100, None, False, True, "Home",
     "Name or address of your MQTT broker; empty: MQTT stays off.", "MQTT broker"),
    ("MQTT_PORT", NUMBER, 1883, 1, 65535, None, False, True, "Home",
     "Port of the MQTT broker, one without encryption.", "MQTT port"),
    ("MQTT_USER", TEXT, "", 0, 64, None, False, True, "Home",
     "User name for the MQTT broker; empty: none is needed.", "MQTT user"),
    ("MQTT_PASSWORD", TEXT, "", 0, 128, None, True, True, "Home",
     "Password for the MQTT broker.", "MQTT password"),
    ("MQTT_PREFIX", TEXT, "", 0, 60, None, False, True, "Home",
     "What every topic begins with, different for each box; empty: socbox- and the end of the box's MAC.", "MQTT prefix"),
    ("MQTT_DISCOVERY", TEXT, "homeassistant", 0, 40, None, False, True, "Home",
     "Topic under which Home Assistant looks for devices; empty: nothing is announced.", "Home Assistant's topic"),
    ("MQTT_COMMANDS", CHOICE, "no", 0, 0, ("no", "yes"), False, True, "Home",
     "yes: anyone who can publish to the broker can restart the box and start its self-test.", "Commands by MQTT"),
    ("LISTENER_1", TEXT, "", 0, 200, None, False, True, "Home",
     "http:// address that gets every reading as JSON, after the SmartEVSE; empty: none.", "First listener"),
    ("LISTENER_2", TEXT, "", 0, 200, None, False, True, "Home",
     "A second address.", "Second listener"),
    ("DIARY", CHOICE, "yes", 0, 0, ("yes", "no"), False, True, "Diary",
     "no: plug-ins are not kept through a restart.", "Keep a diary"),
    ("NTP_SERVER", TEXT, "", 0, 100, None, False, True, "Diary",
     "Time server that dates the diary, a name or an address; empty: none is asked, a browser tells the time.",
     "Time server"),
    ("LOG_LEVEL", CHOICE, "I", 0, 0, ("D", "I", "W", "E"), False, False, "Log",
     "D everything ... E errors only.", "Log level"),
)
# fmt: on

STATIC_KEYS = ("WIFI_STATIC_ADDRESS", "WIFI_NETMASK", "WIFI_GATEWAY")
REST_KEYS = ("DISPLAY_BRIGHTNESS", "DISPLAY_DIM_S", "DISPLAY_DARK_MIN", "LANGUAGE")
CAR_KEYS = ("CAR_1", "CAR_2", "CAR_3", "CAR_4")

_ROWS = {row[KEY]: row for row in SCHEMA}


class Mistake(Exception):
    """A value that cannot be used; the text tells its owner why."""


def row_of(key):
    """The row of SCHEMA for ``key``, or None."""
    return _ROWS.get(key)


def _distance(one, other):
    """Edit distance of two words, so that a mistyped key can be told from a foreign one."""
    previous = list(range(len(other) + 1))
    for at, letter in enumerate(one):
        current = [at + 1]
        for column in range(len(other)):
            change = previous[column] + (0 if other[column] == letter else 1)
            current.append(min(change, previous[column + 1] + 1, current[column] + 1))
        previous = current
    return previous[-1]


def closest_key(key):
    """The key that a mistyped one was probably meant to be, or None."""
    best, best_distance = None, 4
    for row in SCHEMA:
        if abs(len(key) - len(str(row[KEY]))) >= best_distance:
            continue  # 0.2 s of the device's time for each key, and a file may be full of mistakes
        distance = _distance(key.upper(), row[KEY])
        if distance < best_distance:
            best, best_distance = row[KEY], distance
    return best
