# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Who may do what on the pages: one password, a cookie for browsers, Basic or Bearer for scripts.

Until the owner sets a password the box uses a random one and shows it only to somebody beside it, on display and console.
It and the key that signs the cookies are kept (storage/secrets.py), so that neither a restart nor a power cut logs anybody
out. A cookie is a random number and its signature; nothing is stored for it.

Guesses are slowed down for each address separately, so that a neighbour who tries cannot lock the owner out. All this
protects against other people and other pages in the same network. Plain HTTP hides nothing from somebody who can read
the network's traffic, and no page claims that it does.
"""

import binascii

from plc.const import const
from plc.digest import sha256

from appliance.base.text import hex_text

COOKIE = "socbox"
_COOKIE_S = const(30 * 24 * 3600)

# Number of wrong passwords without a pause; after each further one the pause is longer.
_FREE_TRIES = const(5)
PAUSES_S = (10, 60, 300, 1800)
_FORGET_S = const(3600)
_MOST_ADDRESSES = const(16)

NOBODY, OWNER, WRONG = "nobody", "owner", "wrong"


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
    """Counts the wrong passwords of each address; ``seconds``: uptime.

    While an address has to wait, no password from it is looked at, not even the right one, or guessing would not become
    slower. Who is logged in has a cookie and notices nothing.
    """

    def __init__(self):
        self._rows = {}  # address: [wrong ones in a row, when it may go on, when the last one came]

    def wait_s(self, address, seconds):
        """Seconds until a password from ``address`` is looked at again; 0: now."""
        row = self._rows.get(address)
        return 0 if row is None else max(0, row[1] - seconds)

    def count(self, address, seconds):
        """Count a wrong password. Returns how many in a row."""
        rows = self._rows
        row = rows.get(address)
        if row is None or seconds - row[2] > _FORGET_S:
            if row is None and len(rows) >= _MOST_ADDRESSES:
                rows.pop(min(rows, key=lambda known: rows[known][2]))
            row = rows[address] = [0, 0, 0]
        row[0] += 1
        row[2] = seconds
        step = row[0] - _FREE_TRIES
        if step >= 0:
            row[1] = seconds + PAUSES_S[min(step, len(PAUSES_S) - 1)]
        return row[0]

    def forgive(self, address):
        """The right password came."""
        self._rows.pop(address, None)


class Access:
    """The password and the sessions. ``secrets`` is a storage.secrets.Secrets, ``random_bytes(n)`` unpredictable.

    ``tell(text)`` gets a line for the log about wrong passwords.
    """

    def __init__(self, random_bytes, secrets, uptime, tell):
        self.throttle = Throttle()
        self.made_up = None
        self.password = ""
        self._random_bytes = random_bytes
        self._secrets = secrets
        self._uptime = uptime
        self._tell = tell
        self._digest = b""

    def set_password(self, password):
        """Take over WEB_PASSWORD; "": the generated one. Cookies from before a change become invalid."""
        if password:
            self.made_up = None
            self.password = password
        else:
            letters = self._secrets.pages
            self.made_up = letters[:4] + "-" + letters[4:]
            self.password = letters
        self._digest = sha256(self.password.encode("utf-8"))

    def end_sessions(self):
        """Make all cookies invalid. Returns the value of Set-Cookie that deletes the browser's."""
        self._secrets.renew_cookie_key()
        return COOKIE + "=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"

    # ---- cookies

    def new_cookie(self):
        """Value of Set-Cookie for somebody who gave the password."""
        nonce = hex_text(self._random_bytes(8))
        return "%s=%s%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict" % (
            COOKIE,
            nonce,
            self._signature(nonce),
            _COOKIE_S,
        )

    def _signature(self, nonce):
        return hex_text(sha256(self._secrets.cookie_key + self._digest + nonce.encode("utf-8"))[:16])

    def _same(self, one, other):
        """Compare keyed hashes: how long a plain comparison takes would tell something about the secret."""
        key = self._secrets.cookie_key
        return sha256(key + one.encode("utf-8")) == sha256(key + other.encode("utf-8"))

    # ---- who is it

    def is_password(self, text):
        """True for the password in force; the generated one may be typed without its dash or in capitals."""
        if self.made_up is not None:
            text = text.replace("-", "").replace(" ", "").lower()
        return self._same(text, self.password)

    def admits(self, password, address):
        """True for the right password from an address that need not wait."""
        if self.throttle.wait_s(address, self._uptime.seconds) or not self.is_password(password):
            return False
        self.throttle.forgive(address)
        return True

    def who(self, headers, address):
        """NOBODY, OWNER or WRONG (a password that is not ours, or one too many) for the headers of a request."""
        cookie = cookie_value(headers.get("Cookie", ""), COOKIE)
        if cookie is not None and self._same(self._signature(cookie[:16]), cookie[16:]):
            return OWNER
        scheme, _, rest = headers.get("Authorization", "").partition(" ")
        scheme = scheme.lower()
        if scheme == "basic":
            password = decoded_basic(rest)
        elif scheme == "bearer":
            password = rest.strip()
        else:
            return NOBODY
        return OWNER if password is not None and self.admits(password, address) else WRONG

    def wrong_password(self, address):
        """Count a wrong password; gives the seconds to wait before the next is looked at, 0: none."""
        seconds = self._uptime.seconds
        wait_s = self.throttle.wait_s(address, seconds)
        if wait_s == 0:
            wrong = self.throttle.count(address, seconds)
            wait_s = self.throttle.wait_s(address, seconds)
            if wait_s or wrong == 1:
                self._tell("wrong password from %s (%d in a row)" % (address, wrong))
        return wait_s
