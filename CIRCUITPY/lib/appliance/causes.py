# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Why something did not work, in words its owner can act on: one row per cause, shown everywhere the same.

``short`` must fit 21 letters, one line of the smallest display. Nobody who charges a car should have to know
what SLAC is; the code is there for a forum post.
"""

# Which rows a cause belongs to decides when it goes away, see status.Status.
MODEM, CAR, SMARTEVSE, WIFI, BOX = "modem", "car", "smartevse", "wifi", "box"

# code: (area, short text for the display, sentence for the page, what to do)
TABLE = {
    "modem_absent_low": (
        MODEM,
        "Modem missing",
        "The powerline modem does not answer: its data line is always low.",
        "Check the modem's 3.3 V supply and ground, then the MISO wire. Is MODEM_MISO in settings.toml the "
        "pin you wired?",
    ),
    "modem_absent_high": (
        MODEM,
        "Modem missing",
        "The powerline modem does not answer: its data line is always high.",
        "Check the wires of chip select (MODEM_CS), clock (MODEM_SCK) and MISO, and that the modem is not "
        "held in reset.",
    ),
    "modem_bad_signature": (
        MODEM,
        "Modem wiring wrong",
        "Something answers on the modem's wires, but not with the signature of a QCA7005.",
        "Shorten the wires, swap MOSI and MISO if they are crossed, or lower MODEM_SPI_HZ in settings.toml, "
        "for example to 1000000.",
    ),
    "modem_no_start": (
        MODEM,
        "Modem does not start",
        "The modem is wired correctly but its firmware does not start.",
        "Switch the modem's supply off and on. If it stays like this, its flash memory is empty or damaged.",
    ),
    "modem_pins": (
        MODEM,
        "Modem pins wrong",
        "The modem's pins in settings.toml cannot be used on this board.",
        "Check MODEM_SCK, MODEM_MOSI, MODEM_MISO, MODEM_CS and MODEM_INT; no pin may be used twice.",
    ),
    "modem_rebooted": (
        MODEM,
        "Modem restarted",
        "The modem restarted by itself.",
        "Once is harmless. If it happens again, the modem's 3.3 V supply is too weak: it needs up to 500 mA "
        "at times.",
    ),
    "modem_silent": (
        MODEM,
        "Modem not answering",
        "The modem is there but does not accept a network key.",
        "Switch the modem's supply off and on. If it stays like this, its firmware may be for a PC adapter "
        "and not a charger.",
    ),
    "modem_blocked": (
        MODEM,
        "Modem buffer full",
        "The modem takes frames and does not send them on: its write buffer does not empty.",
        "Switch the modem's supply off and on. The box resets the modem by itself when this lasts.",
    ),
    "key_refused": (
        MODEM,
        "Modem refuses key",
        "The modem refuses the network key of this session.",
        "Switch the modem's supply off and on. The box goes on trying by itself.",
    ),
    "no_profiles": (
        MODEM,
        "Modem set up for car",
        "The car sent its sounds, but the modem reports no signal levels: it is set up for a car, not for a "
        "charger.",
        "Load a charger (EVSE) configuration (PIB) into the modem.",
    ),
    "match_timeout": (
        CAR,
        "Car stopped search",
        "The car began to look for the charger and stopped half way.",
        "Plug in again. If it happens often, check the wires from the modem to CP and PE.",
    ),
    "no_join": (
        CAR,
        "Car did not connect",
        "The car agreed on a connection but its modem did not join it.",
        "Plug in again. If it happens often, the signal is weak: check the wires from the modem to CP and "
        "PE.",
    ),
    "link_lost": (
        CAR,
        "Connection lost",
        "The connection to the car broke off before the charge was read.",
        "Was the plug pulled? If not, check the wires from the modem to CP and PE.",
    ),
    "no_sdp": (
        CAR,
        "Car stays silent",
        "The car connected but did not ask for the charging service.",
        "Plug in again; some cars must be awake (doors unlocked, key near).",
    ),
    "no_tcp": (
        CAR,
        "Car stays silent",
        "The car found the charging service but did not open a conversation.",
        "Plug in again; some cars must be awake (doors unlocked, key near).",
    ),
    "no_din": (
        CAR,
        "Unknown car protocol",
        "The car speaks neither DIN 70121 nor ISO 15118-2, with which the box reads the charge.",
        "Charging works normally. PROTOCOL = din_only shuts ISO 15118-2 out; else please report car and log.",
    ),
    "no_soc": (
        CAR,
        "Car gave no charge",
        "The car talked to the box but ended before it told its state of charge.",
        "Plug in again. Charging works normally.",
    ),
    "car_silent": (
        CAR,
        "Car does not answer",
        "No car answered. Charging works normally.",
        "Is a car plugged in, and does the charger offer 5 % pilot (the SmartEVSE's modem phase)? Is the "
        "modem wired to CP and PE?",
    ),
    "smartevse_off": (
        SMARTEVSE,
        "SmartEVSE off?",
        "The SmartEVSE does not answer.",
        "Is it switched on and on the same network? Compare its address with SMARTEVSE_URL in settings.toml.",
    ),
    "smartevse_slow": (
        SMARTEVSE,
        "SmartEVSE too slow",
        "The SmartEVSE took the connection but gave no answer in time.",
        "Check its WiFi signal. The box tried again for a minute.",
    ),
    "smartevse_404": (
        SMARTEVSE,
        "SmartEVSE: no modem",
        "The SmartEVSE does not know this address (404): its firmware is built without modem support.",
        "Build its version 3 firmware with -DMODEM=1, or correct SMARTEVSE_URL in settings.toml.",
    ),
    "smartevse_500": (
        SMARTEVSE,
        "SmartEVSE error",
        "The SmartEVSE answered with an error of its own (5xx).",
        "Restart the SmartEVSE. The reading was not sent again, because the answer was clear.",
    ),
    "smartevse_refused": (
        SMARTEVSE,
        "SmartEVSE refused",
        "The receiver refused the reading.",
        "Check SMARTEVSE_URL in settings.toml: address, path, and whether it asks for a password.",
    ),
    "smartevse_no_modem": (
        SMARTEVSE,
        "SmartEVSE: no modem",
        "The SmartEVSE runs a firmware without modem support, so it cannot take the state of charge.",
        "Build its version 3 firmware with -DMODEM=1. The charge is still shown here.",
    ),
    "smartevse_name": (
        SMARTEVSE,
        "SmartEVSE name?",
        "The name in SMARTEVSE_URL could not be found on the network.",
        'Use the address as a number instead, for example "192.168.1.60".',
    ),
    "smartevse_no_wifi": (
        SMARTEVSE,
        "Not sent: no WiFi",
        "The reading could not be sent because WiFi was not connected.",
        "See WiFi below; the charge is still shown here.",
    ),
    "smartevse_late": (
        SMARTEVSE,
        "Not sent: too late",
        "The reading could not be sent before the car was unplugged or another one came.",
        "Plug in again to have it read and sent.",
    ),
    "wifi_no_ssid": (
        WIFI,
        "WiFi not found",
        "The WiFi network is not in reach.",
        "Check its name (capitals count; 2.4 GHz only) and that the router is on. The box goes on trying.",
    ),
    "wifi_auth": (
        WIFI,
        "WiFi password?",
        "The WiFi network refused the password. It may be wrong; a weak signal looks the same.",
        "Check the password (capitals count) or move box and router closer. The box goes on trying.",
    ),
    "wifi_dhcp": (
        WIFI,
        "WiFi: no address",
        "The WiFi network took the box, but its router gave it no address.",
        "Restart the router, or give the box a fixed address. It tries again later, and reads cars meanwhile.",
    ),
    "wifi_security": (
        WIFI,
        "WiFi: wrong kind",
        "The WiFi network has a kind of protection that the box does not speak.",
        "Set the router to WPA2, or to WPA2 and WPA3 together.",
    ),
    "wifi_down": (
        WIFI,
        "WiFi lost",
        "WiFi is not connected.",
        "The box goes on trying by itself. Cars are read without WiFi as well.",
    ),
    "settings_error": (
        BOX,
        "settings.toml: error",
        "settings.toml has a mistake; the default is used instead.",
        "The line and the reason stand below. Correct the file and press RESET.",
    ),
    "display_missing": (
        BOX,
        "Display missing",
        "settings.toml names a display, but none answers.",
        "Check its wires and the DISPLAY settings. Cars are read without a display as well.",
    ),
    "crash": (
        BOX,
        "Internal error",
        "Something in the box's program went wrong; it recovered by itself.",
        "Please report the lines marked E of the log.",
    ),
    "rolled_back": (
        BOX,
        "Old version runs",
        "The newest version did not run well, so the one before it runs.",
        "Everything works as before. The page Update tells which version was put aside; install a newer one there.",
    ),
    "files_differ": (
        BOX,
        "Files incomplete",
        "The files on the drive do not belong together: they were copied only in part.",
        "Copy all files of one version onto the drive again. The names stand below.",
    ),
}


def area(code):
    """Which part of the box a cause belongs to; unknown codes count as the car's."""
    return TABLE[code][0] if code in TABLE else CAR


def short(code):
    """At most 21 letters for a display."""
    return TABLE[code][1] if code in TABLE else code[:21]


def text(code):
    """One sentence."""
    return TABLE[code][2] if code in TABLE else "Code " + code


def action(code):
    """What the owner can do."""
    return TABLE[code][3] if code in TABLE else "Please report this code with the log."
