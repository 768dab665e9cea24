# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Why something did not work, in words its owner can act on: one row per cause, shown everywhere the same.

``short`` must fit 21 letters, one line of the smallest display. Nobody who charges a car should have to know
what SLAC is; the code is there for a forum post.
"""

# The areas, by weight: what keeps the next car from being read comes first.
MODEM, CAR, SMARTEVSE, WIFI, BOX, HOME = AREAS = ("modem", "car", "smartevse", "wifi", "box", "home")

# code: (area, short text for the display). The sentence for the page and what to do are in faults.txt beside this file: they
# are most of the letters, and are read only when something is wrong. A part that is loaded when it is used brings its rows.
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
    """Both, for a place where they stand in one paragraph."""
    return " ".join(sentences(code))


_UNKNOWN_ACTION = "Please report this code with the log."
# The last one that was read: page and display ask again and again for what is wrong now.
_read = ("", "", "")


def sentences(code):
    """(what it means, what to do). Reads a file of the drive, 2 to 10 ms, unless it is the code of the last time."""
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
        # A drive to which only some files were copied still says what its display has room for.
        pass
    return short(code) + "." if code in TABLE else "Code " + code, _UNKNOWN_ACTION


# ---- what is wrong now

# Moments at which faults go away.
MODEM_CHANGED, KEY_SET, MEASURED, READ, NEXT_CAR, PASSED = range(6)
# The rule of an area. Any other part that has its own fault says itself what it is now (``put``); one of the box's stays
# until a restart, unless the part that it is about is there after all (``drop``).
_UNTIL_OF_AREA = {MODEM: (MODEM_CHANGED,), CAR: (NEXT_CAR, READ, PASSED)}
# Those with a rule of their own.
_UNTIL = {
    "modem_rebooted": (READ, PASSED),
    "modem_reset": (READ, PASSED),
    # The box restarts such a modem again and again; only a key shows that it helped.
    "modem_silent": (KEY_SET,),
    "key_refused": (KEY_SET,),
    "no_profiles": (MODEM_CHANGED, READ),
    "modem_of_car": (MODEM_CHANGED, MEASURED),
    "modem_of_nobody": (MODEM_CHANGED, MEASURED),
}
# Comes last, whatever else there is: nothing needs to be done.
_HARMLESS = ("modem_rebooted", "modem_reset")
# With these of the modem's a car may be read all the same.
_NOT_IN_THE_WAY = ("modem_rebooted", "modem_reset", "no_profiles")


def until(code):
    """The moments at which a fault goes away."""
    return _UNTIL.get(code) or _UNTIL_OF_AREA.get(area(code), ())


def _weight(code):
    return len(AREAS) if code in _HARMLESS else AREAS.index(area(code))


class Faults:
    """Everything that is wrong now: ``codes``, the most important first, and in an area the newest. ``began(code)`` is
    called for what was not there before, ``changed()`` whenever there is a difference."""

    def __init__(self, began, changed):
        self.codes = []
        self._began = began
        self._changed = changed

    def add(self, code):
        """One fault more. Of a car there is one at a time: what it ended with."""
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
        """It is no longer there."""
        if code in self.codes:
            self.codes.remove(code)
            self._changed()

    def put(self, name, code):
        """What a part has now: ``code``, or None, and nothing else in its area."""
        for other in list(self.codes):
            if area(other) == name and other != code:
                self.drop(other)
        if code is not None:
            self.add(code)

    def happened(self, moment):
        """A moment at which faults go away."""
        for code in list(self.codes):
            if moment in until(code):
                self.drop(code)

    def of(self, name):
        """The most important of an area, or None."""
        for code in self.codes:
            if area(code) == name:
                return code
        return None

    def has(self, code):
        """True when this is wrong."""
        return code in self.codes

    def stop_reading(self):
        """True when no car can be read, because of the modem. Allocates nothing."""
        for code in self.codes:
            if area(code) == MODEM and code not in _NOT_IN_THE_WAY:
                return True
        return False
