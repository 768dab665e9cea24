# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the box makes up once and keeps: the access point's password, the pages' first password, the key of the cookies.

They lie in the saved records, beside what was saved on the page. NVM has a copy for the time until there are records and
while a computer has the drive; each start compares and mends it, and takes a newer key of the cookies from it. So name and
password on a label stay true whatever one of the two places loses, and whoever was logged out stays logged out.
"""

import binascii

from appliance.base.text import hex_text
from appliance.storage import memory

# Without letters and digits that are taken for each other; none needs an escape in a QR code.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
# Under which key in a record, how many letters of what. The key of the cookies has 16 bytes.
_ROWS = ((".access_point", 10, ALPHABET), (".pages", 8, ALPHABET), (".cookies", 32, "0123456789abcdef"))


def letters_of(random_bytes, count, alphabet):
    """``count`` letters, each as likely as any other."""
    result = ""
    # What is left of 256 beyond a multiple of the alphabet would make some letters likelier.
    even = 256 // len(alphabet) * len(alphabet)
    while len(result) < count:
        for number in random_bytes(count):
            if number < even and len(result) < count:
                result += alphabet[number % len(alphabet)]
    return result


def _fits(row, text):
    return text is not None and len(text) == row[1] and all(letter in row[2] for letter in text)


def _in_nvm(data):
    """The three texts of the copy, each None where nothing was kept."""
    if 0 in data[:18]:
        return [None, None, None]
    letters = "".join([chr(byte) for byte in data[:18]])
    return [letters[:10], letters[10:], hex_text(data[18:])]


class Secrets:
    """``access_point`` is the access point's password (49 bits), ``pages`` that of the pages while the owner has set none,
    ``cookie_key`` signs the cookies.

    ``entries`` are the saved ones, ``kept`` a Survival, ``random_bytes(n)`` unpredictable.
    """

    def __init__(self, entries, kept, random_bytes):
        self._kept = kept
        self._random_bytes = random_bytes
        copies = _in_nvm(kept.part(memory.SECRETS, memory.SECRETS_SIZE))
        recorded = {entry[0]: entry[1] for entry in entries}
        texts = []
        # True when the records have all of them.
        self.recorded = True
        for row, copy in zip(_ROWS, copies):
            text = recorded.get(row[0])
            if not _fits(row, text):
                self.recorded = False
                text = copy if _fits(row, copy) else letters_of(random_bytes, row[1], row[2])
            texts.append(text)
        # A new key for the cookies is in NVM at once and in the records later, so beside the same passwords NVM has the
        # newer one. The older one would let those back in who were logged out.
        if copies[:2] == texts[:2] and copies[2] != texts[2]:
            texts[2] = copies[2]
            self.recorded = False
        self.access_point, self.pages, cookies = texts
        self.cookie_key = binascii.unhexlify(cookies)
        self._keep()

    def _keep(self):
        """The copy in NVM."""
        memory.keep(self._kept, memory.SECRETS, (self.access_point + self.pages).encode("utf-8") + self.cookie_key)

    def renew_cookie_key(self):
        """Every cookie given out so far ends."""
        self.cookie_key = self._random_bytes(16)
        self.recorded = False
        self._keep()

    def entries(self):
        """What every record shall have: [(key, text, None), ...]."""
        texts = (self.access_point, self.pages, hex_text(self.cookie_key))
        return [(row[0], text, None) for row, text in zip(_ROWS, texts)]
