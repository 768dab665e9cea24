# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Who may do what on the pages: one password, a cookie for browsers, Basic or Bearer for scripts.

Until the owner sets a password the box makes one up and tells it where only somebody beside it can read it: on
display and console. It and the key that signs the cookies lie in RTC memory, so that a restart logs nobody out;
a power cut makes new ones. A cookie is a random number and its signature, nothing is kept for it.

Wrong passwords are slowed down, right ones never: a neighbour who tries must not lock the owner out. All of
this guards against other people and other pages on the same network; plain HTTP hides nothing from somebody who
reads the network's traffic, and no page claims that it does.
"""

import binascii

from appliance import retained
from appliance.entropy import sha256

COOKIE = "socbox"
COOKIE_S = 30 * 24 * 3600

_MAGIC = b"WEB1"
_KEY_SIZE = 16
_PASSWORD_SIZE = 8
# Without letters and digits that are taken for each other.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"

# So many wrong passwords are free; each further one is answered after a longer and longer pause.
FREE_TRIES = 5
PAUSES_S = (10, 60, 300, 1800)
FORGET_S = 3600

NOBODY, OWNER, WRONG = "nobody", "owner", "wrong"


def hex_text(data):
    """Bytes as text of hexadecimal digits."""
    return str(binascii.hexlify(data), "ascii")


def host_name(host):
    """The name in a Host header, without port and the dot of a complete name, in lower case."""
    host = host.strip().lower()
    if host.startswith("["):
        return host.split("]", 1)[0] + "]"
    host = host.rsplit(":", 1)[0]
    return host[:-1] if host.endswith(".") else host


def decoded_basic(text):
    """The password in ``Basic`` credentials, or None when they cannot be read."""
    try:
        credentials = str(binascii.a2b_base64(text.strip()), "utf-8")
    except ValueError:
        # binascii.Error and UnicodeError are ValueErrors as well.
        return None
    return credentials.split(":", 1)[1] if ":" in credentials else None


def cookie_value(header, name):
    """Value of one cookie in a Cookie header, or None."""
    for cookie in header.split(";"):
        found, _, value = cookie.strip().partition("=")
        if found == name:
            return value.strip('"')
    return None


class Throttle:
    """Counts wrong passwords; ``seconds`` is the time since start."""

    def __init__(self):
        self.wrong = 0
        self._until_s = 0
        self._last_s = 0

    def wait_s(self, seconds):
        """How long wrong passwords are refused without being counted; 0: they are not."""
        return max(0, self._until_s - seconds)

    def count(self, seconds):
        """One more wrong password; True when a pause begins."""
        if seconds - self._last_s > FORGET_S:
            self.wrong = 0
        self._last_s = seconds
        self.wrong += 1
        step = self.wrong - FREE_TRIES
        if step < 0:
            return False
        self._until_s = seconds + PAUSES_S[min(step, len(PAUSES_S) - 1)]
        return True

    def forgive(self):
        """The right password came."""
        self.wrong = 0
        self._until_s = 0


class Access:
    """The password and the sessions. ``memory`` is the RTC memory, ``random_bytes(n)`` unpredictable.

    ``tell(text)`` gets a line for the log about wrong passwords.
    """

    def __init__(self, random_bytes, memory, uptime, tell):
        self.throttle = Throttle()
        self.made_up = None
        self.password = ""
        self._random_bytes = random_bytes
        self._memory = memory
        self._uptime = uptime
        self._tell = tell
        self._digest = b""
        self._key = self._recall()[:_KEY_SIZE]

    def _recall(self):
        """Key and made-up password from before the restart, or new ones."""
        memory = self._memory
        end = retained.WEB + len(_MAGIC) + _KEY_SIZE + _PASSWORD_SIZE
        kept = bytes(memory[retained.WEB : end])
        content = kept[len(_MAGIC) :]
        letters = content[_KEY_SIZE:]
        if not kept.startswith(_MAGIC) or not all(chr(letter) in _ALPHABET for letter in letters):
            content = self._random_bytes(_KEY_SIZE) + self._new_letters()
            memory[retained.WEB : end] = _MAGIC + content
        return content

    def _new_letters(self):
        result = b""
        while len(result) < _PASSWORD_SIZE:
            for number in self._random_bytes(_PASSWORD_SIZE):
                # What is left of 256 beyond a multiple of 31 would make some letters likelier.
                if number < 248 and len(result) < _PASSWORD_SIZE:
                    result += _ALPHABET[number % 31].encode()
        return result

    def set_password(self, password):
        """Take over WEB_PASSWORD; empty: the made-up one. Cookies of another password end here."""
        if password:
            self.made_up = None
            self.password = password
        else:
            letters = str(self._recall()[_KEY_SIZE:], "ascii")
            self.made_up = letters[:4] + "-" + letters[4:]
            self.password = letters
        self._digest = sha256(self.password.encode("utf-8"))

    def end_sessions(self):
        """Every cookie given out so far ends."""
        start = retained.WEB + len(_MAGIC)
        self._key = self._random_bytes(_KEY_SIZE)
        self._memory[start : start + _KEY_SIZE] = self._key

    # ---- cookies

    def new_cookie(self):
        """Value of Set-Cookie for somebody who gave the password."""
        nonce = hex_text(self._random_bytes(8))
        return "%s=%s%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict" % (
            COOKIE,
            nonce,
            self._signature(nonce),
            COOKIE_S,
        )

    def no_cookie(self):
        """Value of Set-Cookie that takes the cookie back."""
        return COOKIE + "=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"

    def _signature(self, nonce):
        return hex_text(sha256(self._key + self._digest + nonce.encode("utf-8"))[:16])

    def _good_cookie(self, value):
        return self._same(self._signature(value[:16]), value[16:])

    def _same(self, one, other):
        """Compare through a hash with the key: where a plain comparison stops tells nothing about either."""
        key = self._key
        return sha256(key + one.encode("utf-8")) == sha256(key + other.encode("utf-8"))

    # ---- who is it

    def is_password(self, text):
        """True for the password in force; a made-up one may be typed without its dash or in capitals."""
        if self.made_up is not None:
            text = text.replace("-", "").replace(" ", "").lower()
        return self._same(text, self.password)

    def who(self, headers):
        """NOBODY, OWNER or WRONG (a password that is not ours) for the headers of a request."""
        cookie = cookie_value(headers.get("Cookie", ""), COOKIE)
        if cookie is not None and self._good_cookie(cookie):
            return OWNER
        scheme, _, rest = headers.get("Authorization", "").partition(" ")
        scheme = scheme.lower()
        if scheme == "basic":
            password = decoded_basic(rest)
        elif scheme == "bearer":
            password = rest.strip()
        else:
            return NOBODY
        return OWNER if password is not None and self.is_password(password) else WRONG

    def wrong_password(self, address):
        """Count a wrong password; gives the seconds to wait before the next is looked at, 0: none."""
        seconds = self._uptime.seconds
        wait_s = self.throttle.wait_s(seconds)
        if wait_s == 0:
            pause = self.throttle.count(seconds)
            if pause or self.throttle.wrong == 1:
                self._tell("wrong password from %s (%d in a row)" % (address, self.throttle.wrong))
            wait_s = self.throttle.wait_s(seconds)
        return wait_s
