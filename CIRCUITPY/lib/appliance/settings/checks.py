# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Which values are allowed: each by itself, and those that depend on each other.

Every value passes through here, from the file, the form, a backup or another version's records. So a part of the box may
get a wrong value, but never an impossible one.
"""

from appliance.base.text import HEX, LETTERS, PLAIN, consists_of, is_digits
from appliance.base.url import Url, host_fault, ipv4_number, is_ipv4
from appliance.settings.schema import (
    ADDRESS,
    CHOICE,
    CHOICES,
    DEFAULT,
    HIGH,
    KEY,
    KIND,
    LOW,
    NUMBER,
    PIN,
    SCHEMA,
    TEXT,
    Mistake,
    row_of,
)
from appliance.settings.settings import STATIC_KEYS

# Longer than any setting may be; a longer text is refused without looking at its characters.
_LONGEST = 400
_KEY_LENGTH = 64
# Settings that ``changes_checked`` checks in one piece.
KEYS_A_PIECE = 8

# ---- each for itself


def is_surrogate(code):
    """True for a surrogate: half a character."""
    return 0xD800 <= code < 0xE000


# DEL, line ends, code points that are no characters; control characters and halves of one are found by their second byte.
_HIDDEN = (b"\x7f", b"\xe2\x80\xa8", b"\xe2\x80\xa9", b"\xef\xbb\xbf", b"\xef\xbf\xbe", b"\xef\xbf\xbf")
_HIDDEN_PAIRS = ((b"\xc2", 0x80, 0xA0), (b"\xed", 0xA0, 0xC0))


def is_shown(text):
    """False if ``text`` has control characters, line ends or halves of a character."""
    try:
        data = text.encode("utf-8")
    except UnicodeError:
        # CPython raises UnicodeError for half a character.
        return False
    if (data and min(data) < 0x20) or [mark for mark in _HIDDEN if mark in data]:
        return False
    for first, least, end in _HIDDEN_PAIRS:
        at = data.find(first)
        while at >= 0:
            if least <= data[at + 1] < end:
                return False
            at = data.find(first, at + 2)
    return True


def shown(text):
    """The beginning of ``text``, which may be anything, in a form that fits a message."""
    text = text[:40]
    return "".join([letter if is_shown(letter) else "?" for letter in text]) if text.strip(PLAIN) else text


def _is_whole_number(text):
    return is_digits(text[1:] if text.startswith("-") or text.startswith("+") else text)


def _number(row, text):
    is_hex = text.startswith("0x") or text.startswith("0X")
    if is_hex and 2 < len(text) < 10 and consists_of(text[2:], HEX):
        number = int(text[2:], 16)
    elif _is_whole_number(text):
        number = int(text)
    else:
        raise Mistake(row[KEY] + " must be a whole number")
    if row[CHOICES] and number not in row[CHOICES]:
        raise Mistake(row[KEY] + " must be one of " + ", ".join([str(choice) for choice in row[CHOICES]]))
    if not row[LOW] <= number <= row[HIGH]:
        raise Mistake(row[KEY] + " must be between %d and %d" % (row[LOW], row[HIGH]))
    return number


def _choice(row, text):
    if text in row[CHOICES]:
        return text
    for choice in row[CHOICES]:
        if len(text) == len(choice) and text.lower() == choice.lower():
            return choice
    raise Mistake(row[KEY] + " must be one of " + ", ".join(row[CHOICES]))


def _text(row, text):
    length = len(text.encode("utf-8"))
    if length > row[HIGH]:
        raise Mistake(row[KEY] + " is too long: %d bytes, at most %d" % (length, row[HIGH]))
    if length < row[LOW]:
        raise Mistake(row[KEY] + " is too short: at least %d characters" % row[LOW])
    return text


def _pin(row, text):
    if not consists_of(text, LETTERS + "_") or text.startswith("_"):
        raise Mistake(row[KEY] + ' must be the name of a pin, like "IO13"')
    number = bare_pin(text)
    if is_digits(number) and 26 <= int(number) <= 37:
        # See find_pin in appliance/bus.py.
        raise Mistake(row[KEY] + " must be another pin: IO26 to IO37 belong to the board's memory")
    return _text(row, text)


def _address(row, text):
    if text and not is_ipv4(text):
        raise Mistake(row[KEY] + ' must look like "192.168.1.50"')
    return text


_KINDS = {NUMBER: _number, CHOICE: _choice, TEXT: _text, PIN: _pin, ADDRESS: _address}


# ---- single settings


def _hostname(_key, text):
    if text.startswith("-") or text.endswith("-") or not consists_of(text, LETTERS + "-"):
        raise Mistake("HOSTNAME may have letters, digits and - between them")
    return text.lower()


def _wifi_password(_key, text):
    # WPA2 takes 8 to 63 characters, or the 64 hexadecimal digits of the key itself.
    if 0 < len(text.encode("utf-8")) < 8:
        raise Mistake("A WiFi password has at least 8 characters")
    if len(text.encode("utf-8")) == _KEY_LENGTH and not consists_of(text, HEX):
        raise Mistake("A WiFi password has at most 63 characters, a key 64 hexadecimal digits")
    return text


def _web_password(_key, text):
    if 0 < len(text.encode("utf-8")) < 8:
        raise Mistake("The password of the pages needs at least 8 characters")
    return text


def _url(key, text):
    if text:
        try:
            Url(text)
        except ValueError as error:
            raise Mistake("%s %s" % (key, error))
    return text


def _host(key, text):
    fault = host_fault(text) if text else None
    if fault is not None:
        raise Mistake("%s %s" % (key, fault))
    return text


def _hosts(key, text):
    for name in text.split(","):
        _host(key, name.strip())
    return text


def _mqtt_broker(key, text):
    if "://" in text or text.count(":") == 1:
        raise Mistake("MQTT_BROKER must be a name or an address alone; its port goes into MQTT_PORT")
    return _host(key, text)


def _topic(key, text):
    if not consists_of(text, LETTERS + "-_/") or "//" in text or text.startswith("/") or text.endswith("/"):
        raise Mistake(key + " may have letters, digits, -, _ and, between them, / only")
    return text


def _evse_id(_key, text):
    if not consists_of(text, LETTERS + "*+-"):
        raise Mistake("EVSE_ID may have letters, digits, *, + and - only")
    return text


def _car(_key, text):
    if text:
        # Loaded only here, as most owners name no car.
        from appliance.state import cars

        try:
            cars.parse(text)
        except ValueError as error:
            raise Mistake("a car's line %s" % error)
    return text


_EXTRA_CHECKS = {
    "CAR_1": _car,
    "CAR_2": _car,
    "CAR_3": _car,
    "CAR_4": _car,
    "HOSTNAME": _hostname,
    "WIFI_PASSWORD": _wifi_password,
    "WEB_PASSWORD": _web_password,
    "WEB_NAMES": _hosts,
    "EVSE_ID": _evse_id,
    "SMARTEVSE_URL": _url,
    "LISTENER_1": _url,
    "LISTENER_2": _url,
    "MQTT_BROKER": _mqtt_broker,
    "NTP_SERVER": _host,
    "MQTT_PREFIX": _topic,
    "MQTT_DISCOVERY": _topic,
}
# Their values may begin or end with spaces; in any other value those are an oversight.
_BLANKS_COUNT = ("WIFI_SSID", "WIFI_PASSWORD", "WEB_PASSWORD", "MQTT_USER", "MQTT_PASSWORD")


def checked(row, text, quoted=True):
    """The value of ``text`` for ``row`` of SCHEMA. Raises Mistake."""
    if len(text) > _LONGEST:
        raise Mistake(row[KEY] + " is too long")
    # A quick test first, because a form brings all settings at once, and a car may be waiting.
    if text.strip(PLAIN) and not is_shown(text):
        raise Mistake(row[KEY] + " contains an invisible character, such as a tab or a line break")
    if not quoted and row[KIND] != NUMBER and not _is_whole_number(text):
        raise Mistake(row[KEY] + ' needs "double quotes" around its value')
    if row[KEY] not in _BLANKS_COUNT:
        # Only blanks, because what else strip() removes differs between interpreters.
        text = text.strip(" ")
    value = _KINDS[row[KIND]](row, text)
    extra = _EXTRA_CHECKS.get(row[KEY])
    return extra(row[KEY], value) if extra else value


# ---- those that depend on each other: each function returns {key: what is wrong}


def _fixed_address(values):
    """The fixed address: all three parts of it or none, and of the same network."""
    address, netmask, gateway = [values[key] for key in STATIC_KEYS]
    missing = [key for key in STATIC_KEYS if not values[key]]
    if missing:
        rule = "a fixed address needs WIFI_STATIC_ADDRESS, WIFI_NETMASK and WIFI_GATEWAY"
        return dict.fromkeys(missing, rule) if len(missing) < len(STATIC_KEYS) else {}
    mask = ipv4_number(netmask)
    hosts = ~mask & 0xFFFFFFFF
    if hosts & hosts + 1 or not 1 < hosts < 1 << 24:
        return {"WIFI_NETMASK": 'WIFI_NETMASK is not a network mask; most networks have "255.255.255.0"'}
    own = ipv4_number(address) & hosts
    if own in (0, hosts) or host_fault(address) is not None:
        return {"WIFI_STATIC_ADDRESS": "WIFI_STATIC_ADDRESS is not an address that a device can have on its network"}
    if (ipv4_number(address) ^ ipv4_number(gateway)) & mask or address == gateway:
        return {"WIFI_GATEWAY": "WIFI_GATEWAY is not another address of the same network"}
    return {}


_SIZE_KEYS = ("DISPLAY_WIDTH", "DISPLAY_HEIGHT")
# driver: longer and shorter side at least, longer and shorter side at most, in pixels
_SIZES = {"ssd1306": ((32, 16), (128, 64)), "st7789": ((64, 64), (320, 240))}


def _display_size(values):
    """The display's size: width and height or neither, and possible with its controller."""
    kind = "ssd1306" if values["DISPLAY"] == "auto" else values["DISPLAY"]
    width, height = values["DISPLAY_WIDTH"], values["DISPLAY_HEIGHT"]
    if kind not in _SIZES or not (width or height):
        return {}
    if not (width and height):
        key = "DISPLAY_HEIGHT" if width else "DISPLAY_WIDTH"
        return {key: "a display's size needs DISPLAY_WIDTH and DISPLAY_HEIGHT"}
    least, most = _SIZES[kind]
    sides = (width, height) if width > height or kind == "ssd1306" else (height, width)
    if least[0] <= sides[0] <= most[0] and least[1] <= sides[1] <= most[1]:
        if kind != "ssd1306" or not (width % 8 or height % 8):
            return {}
    text = "no %s has %d x %d pixels; 0 and 0 take its usual size" % (kind.upper(), width, height)
    return {"DISPLAY_WIDTH": text, "DISPLAY_HEIGHT": text}


def _most_kw(values):
    return max(1, values["EVSE_MAX_CURRENT_A"] * values["EVSE_MAX_VOLTAGE_V"] // 1000)


def _power(values):
    """No more power than maximum current and voltage give: a car would not believe it."""
    if values["EVSE_MAX_POWER_KW"] <= _most_kw(values):
        return {}
    text = "EVSE_MAX_POWER_KW is more than current times voltage: at most %d" % _most_kw(values)
    return {"EVSE_MAX_POWER_KW": text}


_MODEM_PINS = ("MODEM_SCK", "MODEM_MOSI", "MODEM_MISO", "MODEM_CS", "MODEM_INT")
_DISPLAY_PINS = {
    "ssd1306": ("DISPLAY_SDA", "DISPLAY_SCL"),
    "st7789": ("DISPLAY_SCK", "DISPLAY_MOSI", "DISPLAY_CS", "DISPLAY_DC", "DISPLAY_RST", "DISPLAY_BL"),
}
_OTHER_PINS = ("BUTTON", "LED")


def bare_pin(name):
    """The number, as text, of a pin called "IO13", "GPIO13" or "13"; any other name in capitals."""
    name = name.upper()
    for prefix in ("GPIO", "IO"):
        if name.startswith(prefix) and is_digits(name[len(prefix) :]):
            name = name[len(prefix) :]
    return str(int(name)) if is_digits(name) else name


def _pins(values):
    """No pin twice. With DISPLAY "auto" those of an SSD1306 do not count, because it is tried only if they are free."""
    used, faults = {}, {}
    for key in _MODEM_PINS + _DISPLAY_PINS.get(values["DISPLAY"], ()) + _OTHER_PINS:
        if values[key]:
            pin = bare_pin(values[key])
            if pin in used:
                faults[key] = "%s and %s are both pin %s" % (used[pin], key, values[key])
            used[pin] = used.get(pin, key)
    return faults


# Keys, rule, which keys are reset if a file breaks it, to what (None: their default), and the same in words.
# For pins nothing is reset: a part that does not get its pin reports it.
TOGETHER = (  # type: tuple
    (STATIC_KEYS, _fixed_address, STATIC_KEYS, None, "; DHCP is used"),
    (("DISPLAY",) + _SIZE_KEYS, _display_size, _SIZE_KEYS, None, ""),
    (("EVSE_MAX_CURRENT_A", "EVSE_MAX_VOLTAGE_V", "EVSE_MAX_POWER_KW"), _power, ("EVSE_MAX_POWER_KW",), _most_kw, ""),
    (("DISPLAY",) + _MODEM_PINS + _DISPLAY_PINS["ssd1306"] + _DISPLAY_PINS["st7789"] + _OTHER_PINS, _pins, (), None, ""),
)


def mend(values, source):
    """Make ``values`` fit each other. Returns sentences about what was wrong. ``source(key)``: where a value comes from."""
    texts = []
    for _keys, rule, given_up, instead, words in TOGETHER:
        faults = rule(values)
        if not faults:
            continue
        for key in given_up:
            values[key] = row_of(key)[DEFAULT] if instead is None else instead(values)
        if instead is not None and source(given_up[0]) == "default":
            # If the owner set only one of them, the other one, a default, adapts to it.
            continue
        texts += [text + words for text in set(faults.values())]
    return texts


# ---- what was typed on a page


def check_changes(settings, changes):
    """Check ``changes`` ({key: text, or None for what settings.toml says}) as a whole, against ``settings``.

    Returns ({key: text in the form that is kept, or None}, {key: what is wrong}).
    """
    for found in checking(settings, changes):
        result = found
    return result


def checking(settings, changes):
    """``check_changes`` in pieces: a generator that yields None after each, and at last the result."""
    texts, faults, values = {}, {}, {}
    for count, key in enumerate(changes):
        if count % KEYS_A_PIECE == KEYS_A_PIECE - 1:
            yield None
        row = row_of(key)
        if row is None:
            faults[shown(key)] = "there is no such setting"
            continue
        try:
            if changes[key] is None:
                texts[key] = None
                value = file_value(settings, row)
                values[key] = row[DEFAULT] if value is None else value
            else:
                values[key] = checked(row, changes[key])
                texts[key] = str(values[key])
        except Mistake as mistake:
            faults[key] = str(mistake)
    if not faults:
        yield None
        faults = _faults_together(settings, changes, values)
    yield texts, faults


def _faults_together(settings, changes, values):
    """{key: what is wrong} with ``values`` together with all other settings."""
    faults, after = {}, {}
    for row in SCHEMA:
        key = row[KEY]
        after[key] = values[key] if key in values else settings[key]
    for keys, rule, given_up, instead, _words in TOGETHER:
        touched = [key for key in keys if key in changes]
        if touched and not (instead is not None and changes.get(given_up[0]) is None):
            faults.update(rule(after))
    return faults


def file_value(settings, row):
    """The value of settings.toml for ``row``; None if it has none or an unusable one."""
    text = settings.file_text(row[KEY])
    if text is None:
        return None
    try:
        return checked(row, text)
    except Mistake:
        return None
