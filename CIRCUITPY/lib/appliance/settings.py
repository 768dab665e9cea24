# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the owner may set: one table that drives reading, checking, the web form and the documentation.

``settings.toml`` is read once, at start, with a small reader of our own: ``os.getenv`` scans the file at
every call, its types differ between CircuitPython versions, and it stays silent about a typo. A line that
cannot be used costs that line only: the default is taken, and the line's number and the reason are kept for
console and status page. The file belongs to its owner and is never written.

What the owner saves on the web page is kept elsewhere (``store``) and laid over the file: entries of (key, text,
text that the file held when it was saved). While the file still holds that text, the page's value counts; once
the file's line was edited, the file's does. So the last edit wins, wherever it was made.
"""

from appliance import cars

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
     "Name of your WiFi network; empty: WiFi stays off.", "Network name"),
    ("WIFI_PASSWORD", TEXT, "", 0, 64, None, True, True, "WiFi",
     "Password of your WiFi network.", "Password"),
    ("WIFI_STATIC_ADDRESS", ADDRESS, "", 0, 0, None, False, True, "WiFi",
     "Fixed IPv4 address; empty: DHCP.", "Fixed address"),
    ("WIFI_NETMASK", ADDRESS, "", 0, 0, None, False, True, "WiFi",
     "Network mask that goes with the fixed address.", "Network mask"),
    ("WIFI_GATEWAY", ADDRESS, "", 0, 0, None, False, True, "WiFi",
     "Router that goes with the fixed address.", "Router"),
    ("HOSTNAME", TEXT, "socbox", 1, 32, None, False, True, "WiFi",
     "The page is at http://HOSTNAME.local.", "Name of the box"),
    ("SMARTEVSE_URL", TEXT, "", 0, 200, None, False, True, "SmartEVSE",
     "Where the reading goes: an address alone means http://ADDRESS/ev_state; empty: nowhere.", "Address of the SmartEVSE"),
    ("ANSWER_CARS", CHOICE, "auto", 0, 0, ("auto", "modem_phase", "always", "never"), False, True, "Cars",
     "auto: once per plug-in; modem_phase: only while the SmartEVSE asks for it; always: test bench; never.", "Answer cars"),
    ("ATTENUATION_OFFSET_DB", NUMBER, 0, -40, 40, None, False, True, "Cars",
     "Taken off the attenuation reported to the car, in dB: what the box's own receive path adds.", "Attenuation offset"),
    ("EVSE_ID", TEXT, "", 0, 32, None, False, True, "Cars",
     "Name of this charger as cars see it; empty: unknown.", "Name of this charger"),
    ("EVSE_MAX_CURRENT_A", NUMBER, 125, 1, 1000, None, False, True, "Cars",
     "Largest DC current that is announced to cars, in A; none ever flows.", "Announced current"),
    ("EVSE_MAX_VOLTAGE_V", NUMBER, 500, 200, 1000, None, False, True, "Cars",
     "Highest DC voltage that is announced to cars, in V; 1000 for a car that refuses 500.", "Announced voltage"),
    ("EVSE_MAX_POWER_KW", NUMBER, 50, 1, 400, None, False, True, "Cars",
     "Largest DC power that is announced to cars, in kW; at most current times voltage.", "Announced power"),
    ("PROTOCOL", CHOICE, "din", 0, 0, ("din", "iso2", "din_only"), False, True, "Cars",
     "din: DIN 70121, else ISO 15118-2; iso2: the other way round; din_only.", "Protocol"),
    ("CONVERSATION", CHOICE, "release", 0, 0, ("release", "converse"), False, True, "Cars",
     "release: let the car go when it was read; converse: read on for a while.", "After the reading"),
    ("CONVERSATION_UNTIL", CHOICE, "cable_check", 0, 0, ("parameters", "cable_check", "pre_charge"), False, True, "Cars",
     "How far a conversation may go; see docs/protocol.md.", "Converse until"),
    ("CONVERSATION_S", NUMBER, 20, 3, 90, None, False, True, "Cars",
     "How long a conversation lasts, in s; at most 40 with a SmartEVSE, which waits 60 s.", "Converse for"),
    ("CAR_1", TEXT, "", 0, 100, None, False, True, "Cars",
     "One of your cars: EVCCID (a * for its end); name=...; capacity_wh=...; full_soc=... for what it leaves out.", "Car 1"),
    ("CAR_2", TEXT, "", 0, 100, None, False, True, "Cars",
     "A second car, in the same way.", "Car 2"),
    ("CAR_3", TEXT, "", 0, 100, None, False, True, "Cars",
     "A third car.", "Car 3"),
    ("CAR_4", TEXT, "", 0, 100, None, False, True, "Cars",
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
     "SPI clock in Hz.", "SPI clock"),
    ("DISPLAY", CHOICE, "auto", 0, 0, ("auto", "none", "ssd1306", "st7789", "board"), False, True, "Display",
     "auto: the board's own display, else an SSD1306 when one answers.", "Kind of display"),
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
    ("DISPLAY_BRIGHTNESS", NUMBER, 100, 5, 100, None, False, True, "Display",
     "Brightness in per cent, where the display can change it.", "Brightness"),
    ("DISPLAY_DIM_S", NUMBER, 60, 0, 3600, None, False, True, "Display",
     "Dim after so many seconds without anything new; 0: never.", "Dim after"),
    ("DISPLAY_DARK_MIN", NUMBER, 0, 0, 1440, None, False, True, "Display",
     "Dark after so many minutes without anything new; 0: never. A car or the button wakes it.", "Dark after"),
    ("BUTTON", PIN, "IO0", 0, 16, None, False, True, "Display",
     "Button to ground that wakes the display and turns its pages; IO0 is BOOT; empty: none.", "Button"),
    ("LED", PIN, "", 0, 16, None, False, True, "Display",
     "NeoPixel that shows the display's mood, IO48 on a DevKitC-1; empty: none.", "Status light"),
    ("LED_BRIGHTNESS", NUMBER, 20, 1, 100, None, False, True, "Display",
     "Brightness of the status light in per cent.", "Brightness of the light"),
    ("HTTP_PORT", NUMBER, 80, 1, 65535, None, False, True, "Web",
     "Port of the status page.", "Port"),
    ("WEB_PASSWORD", TEXT, "", 0, 64, None, True, False, "Web",
     "Of these pages, at least 8 characters; empty: one that the box makes up and shows on its display.", "Password"),
    ("STATUS_PUBLIC", CHOICE, "no", 0, 0, ("no", "yes"), False, False, "Web",
     "yes: everyone on your network may see the status page; changes need the password all the same.", "Public status"),
    ("WEB_NAMES", TEXT, "", 0, 200, None, False, False, "Web",
     "Further names under which you open the pages, with commas between them (behind a proxy or VPN).", "More names"),
    ("LOG_LEVEL", CHOICE, "I", 0, 0, ("D", "I", "W", "E"), False, False, "Log",
     "D everything ... E errors only.", "Log level"),
)
# fmt: on

_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
_HEX_ESCAPES = {"u": 4, "U": 8}
_LONGEST_LINE = 400
_MOST_ERRORS = 20


class Mistake(Exception):
    """A line of settings.toml that cannot be used; the text tells its owner why."""


_ROWS = {row[KEY]: row for row in SCHEMA}


def row_of(key):
    """The row of SCHEMA for ``key``, or None."""
    return _ROWS.get(key)


def _unescape(text, at):
    """The character that the escape at ``text[at]`` (after the backslash) stands for, and where it ends."""
    letter = text[at]
    digits = _HEX_ESCAPES.get(letter)
    if digits is None:
        return _ESCAPES.get(letter, letter), at + 1
    code = text[at + 1 : at + 1 + digits]
    try:
        if len(code) != digits:
            raise ValueError
        return chr(int(code, 16)), at + 1 + digits
    except (ValueError, OverflowError):
        raise Mistake("\\" + letter + " must be followed by " + str(digits) + " hexadecimal digits")


def _quoted(text):
    """Split ``text``, which starts with a quote, into the string in it and what follows."""
    quote = text[0]
    result = ""
    at = 1
    while at < len(text):
        letter = text[at]
        if letter == quote:
            return result, text[at + 1 :]
        if letter == "\\" and quote == '"' and at + 1 < len(text):
            letter, at = _unescape(text, at + 1)
            result += letter
        else:
            result += letter
            at += 1
    raise Mistake("the closing " + quote + " is missing")


def parse_line(text):
    """One line of settings.toml as (key, value, quoted), or None for an empty line or a comment.

    ``value`` is always text; ``quoted`` tells whether it stood in quotes. Raises Mistake.
    """
    text = text.strip()
    if not text or text[0] == "#":
        return None
    if text[0] == "[":
        raise Mistake("sections are not used here; CircuitPython ignores everything below one")
    if "=" not in text:
        raise Mistake("a line reads KEY = value; the = is missing")
    key, text = text.split("=", 1)
    key = key.strip()
    text = text.strip()
    if not key:
        raise Mistake("the name before the = is missing")
    if not text or text[0] == "#":
        raise Mistake(key + " has no value")
    if text[0] in "\"'":
        value, rest = _quoted(text)
        rest = rest.strip()
        if rest and rest[0] != "#":
            raise Mistake("there is something after the closing quote of " + key)
        return key, value, True
    return key, text.split("#", 1)[0].strip(), False


def _is_whole_number(text):
    digits = text[1:] if text[:1] in ("-", "+") else text
    return bool(digits) and len(digits) < 10 and all("0" <= letter <= "9" for letter in digits)


def _is_ipv4(text):
    parts = text.split(".")
    return len(parts) == 4 and all(_is_whole_number(part) and 0 <= int(part) <= 255 for part in parts)


def _checked_number(row, text):
    if text[:2] in ("0x", "0X"):
        try:
            number = int(text[2:8], 16)
        except ValueError:
            raise Mistake(row[KEY] + " must be a whole number")
    elif _is_whole_number(text):
        number = int(text)
    else:
        raise Mistake(row[KEY] + " must be a whole number")
    if row[CHOICES] and number not in row[CHOICES]:
        raise Mistake(row[KEY] + " must be one of " + ", ".join([str(choice) for choice in row[CHOICES]]))
    if not row[LOW] <= number <= row[HIGH]:
        raise Mistake(row[KEY] + " must be between %d and %d" % (row[LOW], row[HIGH]))
    return number


def _checked_choice(row, text):
    for choice in row[CHOICES]:
        if text.lower() == choice.lower():
            return choice
    raise Mistake(row[KEY] + " must be one of " + ", ".join(row[CHOICES]))


def _checked_text(row, text):
    length = len(text.encode("utf-8"))
    if length > row[HIGH]:
        raise Mistake(row[KEY] + " is too long: %d bytes, at most %d" % (length, row[HIGH]))
    if length < row[LOW]:
        raise Mistake(row[KEY] + " is too short: at least %d characters" % row[LOW])
    return text


def _checked_address(row, text):
    if text and not _is_ipv4(text):
        raise Mistake(row[KEY] + ' must look like "192.168.1.50"')
    return text


_CHECKS = {
    NUMBER: _checked_number,
    CHOICE: _checked_choice,
    TEXT: _checked_text,
    PIN: _checked_text,
    ADDRESS: _checked_address,
}


def _checked_hostname(text):
    allowed = "abcdefghijklmnopqrstuvwxyz0123456789-"
    if text[0] == "-" or text[-1] == "-" or not all(letter in allowed for letter in text.lower()):
        raise Mistake("HOSTNAME may have letters, digits and - between them")
    return text.lower()


def _checked_password(text):
    # WPA2 takes 8 to 63 characters, or the 64 hexadecimal digits of the key itself.
    if 0 < len(text.encode("utf-8")) < 8:
        raise Mistake("WIFI_PASSWORD is too short: WiFi passwords have at least 8 characters")
    return text


def _checked_web_password(text):
    if 0 < len(text.encode("utf-8")) < 8:
        raise Mistake("WEB_PASSWORD is too short: at least 8 characters, or none at all")
    return text


def _checked_url(text):
    if text.startswith("https://"):
        raise Mistake("SMARTEVSE_URL must start with http:// (https is not supported)")
    if "://" in text and not text.startswith("http://"):
        raise Mistake("SMARTEVSE_URL must start with http://")
    if " " in text:
        raise Mistake("SMARTEVSE_URL must not contain blanks")
    return text


def _checked_car(text):
    if text:
        try:
            cars.parse(text)
        except ValueError as error:
            raise Mistake("a car's line " + str(error))
    return text


REST_KEYS = ("DISPLAY_BRIGHTNESS", "DISPLAY_DIM_S", "DISPLAY_DARK_MIN")
CAR_KEYS = ("CAR_1", "CAR_2", "CAR_3", "CAR_4")

_EXTRA_CHECKS = {
    "CAR_1": _checked_car,
    "CAR_2": _checked_car,
    "CAR_3": _checked_car,
    "CAR_4": _checked_car,
    "HOSTNAME": _checked_hostname,
    "WIFI_PASSWORD": _checked_password,
    "WEB_PASSWORD": _checked_web_password,
    "SMARTEVSE_URL": _checked_url,
}


def checked(row, text, quoted=True):
    """The value that ``text`` means for ``row`` of SCHEMA; raises Mistake."""
    if not quoted and row[KIND] in (TEXT, CHOICE, ADDRESS, PIN) and not _is_whole_number(text):
        raise Mistake(row[KEY] + ' needs "double quotes" around its value')
    value = _CHECKS[row[KIND]](row, text)
    extra = _EXTRA_CHECKS.get(row[KEY])
    return extra(value) if extra else value


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


def _closest_key(key):
    best, best_distance = None, 4
    for row in SCHEMA:
        if abs(len(key) - len(str(row[KEY]))) >= best_distance:
            continue  # 0.2 s of the device's time for each key, and a file may be full of mistakes
        distance = _distance(key.upper(), row[KEY])
        if distance < best_distance:
            best, best_distance = row[KEY], distance
    return best


class Settings:
    """The values in force. ``settings["KEY"]`` reads one; ``errors`` lists (line, text), line 0 for the whole
    file."""

    def __init__(self):
        self.errors = []
        self.errors_dropped = 0
        self._values = {}  # type: dict
        self._sources = {}
        self._file_texts = {}
        for row in SCHEMA:
            self._values[row[KEY]] = row[DEFAULT]

    def __getitem__(self, key):
        return self._values[key]

    def source(self, key):
        """Where the value comes from: "default", "settings.toml", "environment" or "page"."""
        return self._sources.get(key, "default")

    def file_text(self, key):
        """What settings.toml holds for ``key``, right or wrong, or None."""
        return self._file_texts.get(key)

    def use(self, key, value):
        """Put a value in force that was entered on a page and may still have to be saved."""
        self._values[key] = value
        self._sources[key] = "page"

    def adopt(self, key, other):
        """Take over one value from other ``Settings``, and where it comes from."""
        self._values[key] = other[key]
        self._sources[key] = other.source(key)

    def lay_over(self, entries):
        """Take over what was saved on the page; gives the entries that still count.

        An entry whose line in settings.toml was edited since is left out, as is one for a key that is gone.
        """
        counting = []
        for entry in entries:
            key, text, file_text = entry
            row = row_of(key)
            if row is None or self._file_texts.get(key) != file_text:
                continue
            try:
                self._values[key] = checked(row, text)
            except Mistake as mistake:
                self.complain(0, "saved on the page: %s" % mistake)
                continue
            self._sources[key] = "page"
            counting.append(entry)
        self._check_together()
        return counting

    def complain(self, line, text):
        """Keep a mistake for console and status page; a file full of them keeps the first ones."""
        if len(self.errors) < _MOST_ERRORS:
            self.errors.append((line, text))
        else:
            self.errors_dropped += 1

    def take(self, key, text, quoted=True, source="settings.toml"):
        """Set ``key`` to what ``text`` means; raises Mistake and changes nothing when it means nothing."""
        row = row_of(key)
        if row is None:
            if key.startswith("CIRCUITPY_"):
                return
            closest = _closest_key(key) if len(self.errors) < _MOST_ERRORS else None
            hint = "; did you mean " + closest + "?" if closest else ""
            raise Mistake("there is no setting " + key[:40] + hint)
        if key in self._sources:
            raise Mistake(key + " is set twice; the first line counts")
        self._values[key] = checked(row, text, quoted)
        self._sources[key] = source

    def read_file(self, path, together=True):
        """Take over the lines of a settings.toml; False when there is no such file."""
        try:
            with open(path, "rb") as file:
                self.read_lines(file, together)
            return True
        except OSError:
            return False

    def read_lines(self, lines, together=True):
        """Take over an iterable of lines (bytes), as settings.toml has them.

        ``together`` False leaves the rules that join several keys to ``lay_over``.
        """
        for number, line in enumerate(lines, 1):
            try:
                if not self._read_line(line, number == 1):
                    break
            except Mistake as mistake:
                self.complain(number, str(mistake))
        if together:
            self._check_together()

    def _read_line(self, line, first):
        """Take over one line; False when a section header ends what CircuitPython reads. Raises Mistake."""
        if first and line.startswith(b"\xef\xbb\xbf"):
            line = line[3:]
        if len(line) > _LONGEST_LINE:
            raise Mistake("the line is too long")
        try:
            text = line.decode("utf-8")
        except UnicodeError:
            raise Mistake("the line is not UTF-8 text; save the file as UTF-8")
        if text.strip().startswith("["):
            self.complain(
                0, "settings.toml has a [section]; CircuitPython and the box ignore everything below it"
            )
            return False
        parsed = parse_line(text)
        if parsed:
            if parsed[0] not in self._file_texts:
                self._file_texts[parsed[0]] = parsed[1]
            self.take(parsed[0], parsed[1], parsed[2])
        return True

    def read_environment(self, getenv):
        """Take what ``os.getenv`` knows, for a system whose settings are not a file we can open."""
        for row in SCHEMA:
            value = getenv(row[KEY])
            if value is not None:
                try:
                    self.take(row[KEY], str(value), True, "environment")
                except Mistake as mistake:
                    self.complain(0, str(mistake))

    def _check_together(self):
        """Rules that join several keys."""
        self._check_power()
        if not static_address_is_whole(self):
            self.complain(0, _STATIC_RULE + "; DHCP is used")
            for key in STATIC_KEYS:
                self._values[key] = ""

    def _check_power(self):
        """Nobody believes a charger of more power than its current and voltage make."""
        values = self._values
        most_kw = values["EVSE_MAX_CURRENT_A"] * values["EVSE_MAX_VOLTAGE_V"] // 1000
        if values["EVSE_MAX_POWER_KW"] > most_kw:
            if self.source("EVSE_MAX_POWER_KW") != "default":
                self.complain(0, "EVSE_MAX_POWER_KW is more than current times voltage; %d is used" % most_kw)
            values["EVSE_MAX_POWER_KW"] = max(1, most_kw)


STATIC_KEYS = ("WIFI_STATIC_ADDRESS", "WIFI_NETMASK", "WIFI_GATEWAY")
_STATIC_RULE = "a fixed address needs WIFI_STATIC_ADDRESS, WIFI_NETMASK and WIFI_GATEWAY"


def static_address_is_whole(values):
    """True when all of the fixed address is set, or nothing of it. ``values["KEY"]`` reads one."""
    return len([key for key in STATIC_KEYS if values[key]]) in (0, len(STATIC_KEYS))


def load(path, getenv=None, entries=()):
    """Read settings.toml at ``path`` and lay the page's ``entries`` over it; ``getenv`` is asked only when there
    is no such file."""
    settings = Settings()
    if not settings.read_file(path, together=False):
        if getenv:
            settings.read_environment(getenv)
        if not settings._sources and not entries:
            settings.complain(0, "settings.toml is missing; every setting has its default")
    settings.lay_over(entries)
    return settings


def error_texts(settings):
    """The mistakes as sentences with their line number."""
    texts = []
    for line, text in settings.errors:
        texts.append("settings.toml line %d: %s" % (line, text) if line else text)
    if settings.errors_dropped:
        texts.append("%d more mistakes" % settings.errors_dropped)
    return texts


def check_changes(settings, changes):
    """Check ``changes`` ({key: text, or None for what settings.toml says}) as a whole, against ``settings``.

    Gives ({key: text in the form that is kept, or None}, {key: what is wrong}).
    """
    texts, faults, after = {}, {}, {}
    for row in SCHEMA:
        after[row[KEY]] = settings[row[KEY]]
    for key in changes:
        row = row_of(key)
        if row is None:
            faults[key[:40]] = "there is no such setting"
            continue
        try:
            if changes[key] is None:
                texts[key] = None
                value = file_value(settings, row)
                after[key] = row[DEFAULT] if value is None else value
            else:
                after[key] = checked(row, changes[key])
                texts[key] = str(after[key])
        except Mistake as mistake:
            faults[key] = str(mistake)
    if not faults and not static_address_is_whole(after):
        for key in STATIC_KEYS:
            if not after[key]:
                faults[key] = _STATIC_RULE
    return texts, faults


def file_value(settings, row):
    """What settings.toml says for ``row``, or None when it says nothing or nothing of use."""
    text = settings.file_text(row[KEY])
    if text is None:
        return None
    try:
        return checked(row, text)
    except Mistake:
        return None


def merged_entries(settings, entries, texts):
    """``entries`` with the checked ``texts`` put in; ``settings`` knows what settings.toml holds now."""
    result = [entry for entry in entries if entry[0] not in texts]
    for row in SCHEMA:
        key = row[KEY]
        if texts.get(key) is not None and texts[key] != str(file_value(settings, row)):
            result.append((key, texts[key], settings.file_text(key)))
    return result


_NEEDS_ESCAPE = {"\\": "\\\\", '"': '\\"', "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def toml_line(key, value):
    """One line of a settings.toml that CircuitPython and this reader understand."""
    row = row_of(key)
    if row is not None and row[KIND] == NUMBER:
        return "%s = %s" % (key, value)
    text = ""
    for letter in str(value):
        if letter < " " and letter not in _NEEDS_ESCAPE:
            text += "\\u%04x" % ord(letter)
        else:
            text += _NEEDS_ESCAPE.get(letter, letter)
    return '%s = "%s"' % (key, text)
