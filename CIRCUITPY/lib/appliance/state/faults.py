# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Why something does not work, in words an owner can act on: one row per cause, shown the same everywhere.

``short`` has at most 21 letters, one line of the smallest display. Nobody who charges a car should have to know
what SLAC is; the code is for a forum post.
"""

# The areas, the most important first: what keeps the next car from being read.
MODEM, CAR, SMARTEVSE, WIFI, BOX, HOME = AREAS = ("modem", "car", "smartevse", "wifi", "box", "home")

# code: (area, short text for the display). The sentence for the page and what to do about it are in faults.txt, which is
# read only when something is wrong, because it is long. A part that is loaded on demand adds its own rows.
TABLE = {  # type: dict
    "modem_absent_low": (MODEM, "Modem missing"),
    "modem_absent_high": (MODEM, "Modem missing"),
    "modem_bad_signature": (MODEM, "Modem wiring wrong"),
    "modem_shifted": (MODEM, "Modem bits shifted"),
    "modem_no_start": (MODEM, "Modem does not start"),
    "modem_pins": (MODEM, "Modem pins wrong"),
    "modem_rebooted": (MODEM, "Modem restarted"),
    "modem_reset": (MODEM, "Modem was reset"),
    "modem_silent": (MODEM, "Modem not answering"),
    "modem_blocked": (MODEM, "Modem buffer full"),
    "key_refused": (MODEM, "Modem refuses key"),
    "no_profiles": (MODEM, "Modem set up for car"),
    "modem_of_car": (MODEM, "Modem set up for car"),
    "modem_of_nobody": (MODEM, "Modem not set up"),
    "match_timeout": (CAR, "Car stopped searching"),
    "not_chosen": (CAR, "Not chosen by the car"),
    "no_join": (CAR, "Car did not connect"),
    "link_lost": (CAR, "Connection lost"),
    "no_sdp": (CAR, "Car stays silent"),
    "no_tcp": (CAR, "Car stays silent"),
    "no_din": (CAR, "Unknown car protocol"),
    "no_soc": (CAR, "No battery level"),
    "ac_charging": (CAR, "Car asked for AC"),
    "not_offered": (CAR, "Service not offered"),
    "answer_refused": (CAR, "Car hung up"),
    "not_understood": (CAR, "Car not understood"),
    "car_ended": (CAR, "Car ended early"),
    "soc_doubtful": (CAR, "Charge uncertain"),
    "car_silent": (CAR, "Car does not answer"),
    "smartevse_off": (SMARTEVSE, "SmartEVSE off?"),
    "smartevse_slow": (SMARTEVSE, "SmartEVSE: no answer"),
    "smartevse_404": (SMARTEVSE, "SmartEVSE: no modem"),
    "smartevse_500": (SMARTEVSE, "SmartEVSE error"),
    "smartevse_refused": (SMARTEVSE, "SmartEVSE refused"),
    "smartevse_no_modem": (SMARTEVSE, "SmartEVSE: no modem"),
    "smartevse_name": (SMARTEVSE, "SmartEVSE name?"),
    "smartevse_no_wifi": (SMARTEVSE, "Not sent: no WiFi"),
    "smartevse_late": (SMARTEVSE, "Not sent: too late"),
    "wifi_no_ssid": (WIFI, "WiFi not found"),
    "wifi_auth": (WIFI, "WiFi password?"),
    "wifi_dhcp": (WIFI, "WiFi: no address"),
    "wifi_security": (WIFI, "WiFi: security?"),
    "wifi_down": (WIFI, "WiFi lost"),
    "settings_error": (BOX, "settings.toml: error"),
    "display_missing": (BOX, "Display missing"),
    "wifi_missing": (BOX, "WiFi does not start"),
    "web_missing": (BOX, "Page does not start"),
    "smartevse_missing": (BOX, "Cannot send readings"),
    "update_missing": (BOX, "Updates do not start"),
    "extra_missing": (BOX, "Button/light missing"),
    "diary_missing": (BOX, "Diary does not start"),
    "mqtt_missing": (HOME, "MQTT does not start"),
    "crash": (BOX, "Internal error"),
    "settings_aside": (BOX, "Saved settings off"),
    "rolled_back": (BOX, "Old version runs"),
    "files_differ": (BOX, "Files incomplete"),
}


def area(code):
    """Which part of the box a cause belongs to; unknown codes count as the car's."""
    return TABLE[code][0] if code in TABLE else CAR


def short(code):
    """At most 21 letters for a display."""
    return TABLE[code][1] if code in TABLE else code[:21]


def text(code):
    """One sentence."""
    return sentences(code)[0]


def action(code):
    """What the owner can do."""
    return sentences(code)[1]


def advice(code):
    """``text`` and ``action`` in one paragraph."""
    return " ".join(sentences(code))


_UNKNOWN_ACTION = "Please report this code with the log."
# The row of faults.txt that was read last: page and display ask for the same one again and again.
_read = ("", "", "")


def sentences(code):
    """(what it means, what to do). Reads a file for 2 to 10 ms, unless ``code`` is that of the last call."""
    global _read
    if _read[0] != code:
        _read = (code,) + _from_file(code)
    return _read[1:]


def _from_file(code):
    start = code + "\t"
    try:
        with open(__file__.rsplit("/", 1)[0] + "/faults.txt") as file:
            for line in file:
                if line.startswith(start):
                    _, meaning, cure = line.rstrip("\n").split("\t")
                    return meaning, cure
    except (OSError, ValueError):
        # On a drive copied in part the short text is left.
        pass
    return short(code) + "." if code in TABLE else "Code " + code, _UNKNOWN_ACTION


# ---- what is wrong now

# Moments at which faults go away.
MODEM_CHANGED, KEY_SET, MEASURED, READ, NEXT_CAR, PASSED = range(6)
# area: moments at which its faults go away. In the other areas a part tells its present fault by ``put``; a fault of the box
# stays until a restart, unless the part appears after all (``drop``).
_UNTIL_OF_AREA = {MODEM: (MODEM_CHANGED,), CAR: (NEXT_CAR, READ, PASSED)}
# code: the same, for those that differ from their area.
_UNTIL = {
    "modem_rebooted": (READ, PASSED),
    "modem_reset": (READ, PASSED),
    # The box restarts such a modem again and again; only a key that it takes shows that this helped.
    "modem_silent": (KEY_SET,),
    "key_refused": (KEY_SET,),
    "no_profiles": (MODEM_CHANGED, READ),
    "modem_of_car": (MODEM_CHANGED, MEASURED),
    "modem_of_nobody": (MODEM_CHANGED, MEASURED),
}
# Always the last of all: nothing needs to be done about it.
_HARMLESS = ("modem_rebooted", "modem_reset")
# Faults of the modem with which a car may be read all the same.
_NOT_IN_THE_WAY = ("modem_rebooted", "modem_reset", "no_profiles")


def until(code):
    """The moments at which the fault ``code`` goes away."""
    return _UNTIL.get(code) or _UNTIL_OF_AREA.get(area(code), ())


def _weight(code):
    return len(AREAS) if code in _HARMLESS else AREAS.index(area(code))


class Faults:
    """Everything that is wrong now: ``codes``, the most important area first, within it the newest. ``began(code)`` is
    called for a new one, ``changed()`` for any difference."""

    def __init__(self, began, changed):
        self.codes = []
        self._began = began
        self._changed = changed

    def add(self, code):
        """Add a fault. Of those of a car only the last is kept."""
        if code in self.codes:
            return
        if area(code) == CAR:
            self.codes = [other for other in self.codes if area(other) != CAR]
        weight, at = _weight(code), 0
        while at < len(self.codes) and _weight(self.codes[at]) < weight:
            at += 1
        self.codes.insert(at, code)
        self._changed()
        self._began(code)

    def drop(self, code):
        """Remove the fault ``code``, if it is there."""
        if code in self.codes:
            self.codes.remove(code)
            self._changed()

    def put(self, name, code):
        """Set the only fault of an area: ``code``, or None."""
        for other in list(self.codes):
            if area(other) == name and other != code:
                self.drop(other)
        if code is not None:
            self.add(code)

    def happened(self, moment):
        """Remove the faults that go away at this moment."""
        for code in list(self.codes):
            if moment in until(code):
                self.drop(code)

    def of(self, name):
        """The most important fault of an area, or None."""
        for code in self.codes:
            if area(code) == name:
                return code
        return None

    def has(self, code):
        """True while this fault is there."""
        return code in self.codes

    def stop_reading(self):
        """True if a fault of the modem keeps every car from being read. Allocates nothing."""
        for code in self.codes:
            if area(code) == MODEM and code not in _NOT_IN_THE_WAY:
                return True
        return False
