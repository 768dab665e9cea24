# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What somebody may type, paste, restore or write into settings.toml: hundreds of odd values for every setting, seeded.

    odd_values("HTTP_PORT", 500)  -> texts: known traps, values that are nearly right, and noise
    file_lines({"HTTP_PORT": "8O"}, 3)  -> the bytes of a settings.toml that says so, in one of five ways
"""

import random

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
    row_of,
)

_CONTROL = [chr(code) for code in (*range(0x20), 0x7F, 0x80, 0x85, 0x9F)]
_STRANGE = list("\u00a0\u200b\u2028\u202e\ufeff\ufffe\ud800\udfff\U0010ffff\u0660\u00b2\u212a")
_PLAIN = list("abzAZ019 .,:;/\\?#@[]{}()<>\"'`~!$%^&*-_=+|äß€😀")
_NOISE = _PLAIN + _STRANGE + _CONTROL

# Traps for any kind of setting.
_FOR_ALL = [
    *["", " ", "  ", "\t", "\n", "\r\n", "\x00", "\x1b[2J", "\"", "'", "\\", "\\n", "\\u0000", "#", "# x", "a # b", "a=b"],
    *"0 -0 +0 00 -1 1 1.0 1e3 1_0 0x1F 0x 0b1 nan NaN inf -inf None null true False yes".split(),
    *"[] {} () %s %d%n {0} {key}".split(),
    *["$HOME", "../../etc", "<script>", "&amp;", "a\nb", "a\r\nSet-Cookie: x", "\u202egp.exe", "Ünïcode", "٣", "²"],
    *["x" * 63, "x" * 64, "x" * 65, "x" * 400, "x" * 401, "x" * 5000, "9" * 5000, "ä" * 200, "😀" * 100],
    *["e" + "\u0301" * 50, "\ud83d\ude00", "a\ud800b", *_STRANGE, *_CONTROL],
]
_URLS = """
    192.168.1.60 192.168.1.60:8O 192.168.1.60:80 192.168.1.60: 192.168.1.60:0 192.168.1.60:65535 192.168.1.60:65536
    192.168.1.60:-1 http://admin:pw@192.168.1.60/ev_state [fe80::1] http://[fe80::1]/ fe80::1 ::1 http://
    https://192.168.1.60 ftp://x //x http:x http:/x HTTP://192.168.1.60 http://192.168.1.60/ev_state?a=b&c=d#e
    http://%31 0.0.0.0 255.255.255.255 127.0.0.1 192.168.1 1.2.3.4.5 192.168.1.256 3232235836 0xC0A8013C localhost
    smartevse.local smartevse.local. .local a..b -a.local a-.local http://x:80:80/ javascript:alert(1)
    file:///etc/passwd http://http://x http://x?y http://x/?y=http://z x:/y ? / http:///ev_state :80 @ a@b
    192.168.1.60/ev_state/ 192.168.1.60//ev_state 192.168.1.60/%00 192.168.1.60/\\ http://192.168.1.60:80/ev_state?
""".split()
_CARS = """
    98ed5c* 98ed5c*;name=Model_Y;capacity_wh=75000;full_soc=80 * ** 98:ed:5c:00:11:22 98-ed-5c* 0123456789abcdef0
    0123456789ab; ; ;; 98ed5c*;name= 98ed5c*;name=xxxxxxxxxxxxxxxxxxxxxxxxx 98ed5c*;capacity_wh=0
    98ed5c*;capacity_wh=999999 98ed5c*;capacity_wh=-1 98ed5c*;capacity_wh=1_000 98ed5c*;full_soc=101
    98ed5c*;full_soc=nan 98ed5c*;name=a;name=b 98ed5c*;overrule=yes 98ed5c*;=;== g*
""".split()
_PINS = """
    IO0 IO1 IO4 IO9 IO10 IO11 IO12 IO13 IO19 IO20 IO22 IO26 IO33 IO45 IO46 IO48 IO49 IO99 IO-1 io13 GPIO13 gpio13 13
    013 0x0D D5 A0 TX SPI I2C DISPLAY board_id __name__ __dict__ BOARD.IO13 IO13.value IO IO1O IO13, GPIO GPIOIO13
    IO13IO13 NEOPIXEL VOLTAGE_MONITOR
""".split()
_ADDRESSES = """
    192.168.1.50 192.168.1.0 192.168.1.255 255.255.255.0 255.255.255.255 255.0.255.0 0.0.0.0 127.0.0.1 224.0.0.1
    1.2.3 1.2.3.4.5 1.2.3.256 01.2.3.4 +1.2.3.4 -1.2.3.4 1.2.3.4/24 ::1 1.2.3. .1.2.3 1..2.3 a.b.c.d 1,2,3,4
    0x1.2.3.4
""".split()


def _numbers(row):
    edges = {row[LOW], row[HIGH], row[DEFAULT], 0, 255, 65535, 2**31, 2**32, 2**63, 10**9, 10**30}
    values = [number + step for number in edges for step in (-1, 0, 1)]
    return [form for value in values for form in (str(value), hex(abs(value)), f"{value}.0")]


def _of_kind(row):
    """Values of the row's own kind, right ones and nearly right ones."""
    if row[KIND] == NUMBER:
        return _numbers(row) + [str(choice) for choice in row[CHOICES] or ()]
    if row[KIND] == CHOICE:
        words = [form for word in row[CHOICES] for form in (word, word.upper(), word + " ", word[:-1], word + "x")]
        return [*words, "", ",".join(row[CHOICES])]
    if row[KIND] == PIN:
        return list(_PINS)
    if row[KIND] == ADDRESS:
        return list(_ADDRESSES)
    if row[KEY].startswith("CAR_"):
        return list(_CARS)
    most = row[HIGH]
    return [*_URLS, "correct horse", "0123456789abcdef" * 4, "x" * most, "x" * (most + 1), "ä" * (most // 2 + 1)]


def _damaged(text, rng):
    """`text` with one to three letters put in, taken out or changed."""
    letters = list(text)
    for _ in range(rng.randint(1, 3)):
        at = rng.randint(0, len(letters))
        action = rng.randrange(4)
        if action == 0 or not letters:
            letters.insert(at, rng.choice(_NOISE))
        elif action == 1:
            letters[at % len(letters)] = rng.choice(_NOISE)
        elif action == 2:
            del letters[at % len(letters)]
        else:
            letters[at:at] = letters[: rng.randint(1, 8)] * rng.choice((1, 1, 2, 40))
    return "".join(letters)[:6000]


def odd_values(key, count, seed=0):
    """`count` different texts for the setting `key`."""
    row = row_of(key)
    rng = random.Random(f"{seed} {key}")
    kind = _of_kind(row)
    found = dict.fromkeys(kind + _FOR_ALL)
    while len(found) < count:
        if rng.random() < 0.75:
            found[_damaged(rng.choice(kind), rng)] = None
        else:
            found["".join(rng.choices(_NOISE, k=rng.randint(1, 40)))] = None
    values = list(found)
    rng.shuffle(values)
    return values[:count]


def file_lines(values, way):
    """The bytes of a settings.toml with `values` {key: text}, written as they should be, in raw bytes or bare."""
    lines = []
    for key, text in values.items():
        raw = text.encode("utf-8", "surrogatepass")
        escaped = "".join(
            letter if " " <= letter <= "~" and letter not in '"\\' else f"\\U{ord(letter):08x}" for letter in text
        )
        forms = (
            f'"{escaped}"'.encode(),
            b'"' + raw + b'"',
            b"'" + raw + b"'",
            raw,
            b'"' + text.encode("utf-16", "surrogatepass") + b'"',
        )
        lines.append(key.encode() + b" = " + forms[way % len(forms)])
    return b"\n".join(lines) + b"\n"
