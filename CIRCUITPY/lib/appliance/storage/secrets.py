# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Secrets that the box generates once and keeps: the access point's password, the pages' first password, the cookie key.

They are in the saved records. NVM has a copy for the time before there are records and while a computer has the drive; each
start compares the two, repairs the copy and takes a newer cookie key from it. So a password on a label stays valid if either
place is lost, and whoever was logged out stays logged out.
"""

import binascii

from appliance.base.text import hex_text
from appliance.storage import memory

# Without letters and digits that look alike; none needs an escape in a QR code.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
# (key in a record, number of letters, alphabet). The cookie key has 16 bytes.
_ROWS = ((".access_point", 10, ALPHABET), (".pages", 8, ALPHABET), (".cookies", 32, "0123456789abcdef"))


def letters_of(random_bytes, count, alphabet):
    """``count`` letters, all equally likely."""
    result = ""
    # Bytes beyond the last multiple of the alphabet's length would make some letters more likely.
    even = 256 // len(alphabet) * len(alphabet)
    while len(result) < count:
        for number in random_bytes(count):
            if number < even and len(result) < count:
                result += alphabet[number % len(alphabet)]
    return result


def _fits(row, text):
    return text is not None and len(text) == row[1] and all(letter in row[2] for letter in text)


def _in_nvm(data):
    """The three texts of the copy in NVM; None for each that was not kept."""
    if 0 in data[:18]:
        return [None, None, None]
    letters = "".join([chr(byte) for byte in data[:18]])
    return [letters[:10], letters[10:], hex_text(data[18:])]


class Secrets:
    """``access_point``: the access point's password (49 bits); ``pages``: that of the pages until the owner sets one;
    ``cookie_key``: signs the cookies.

    ``entries``: the saved entries; ``kept``: a Survival; ``random_bytes(n)``: must be unpredictable.
    """

    def __init__(self, entries, kept, random_bytes):
        self._kept = kept
        self._random_bytes = random_bytes
        copies = _in_nvm(kept.part(memory.SECRETS, memory.SECRETS_SIZE))
        recorded = {entry[0]: entry[1] for entry in entries}
        texts = []
        # True if the records have all of them.
        self.recorded = True
        for row, copy in zip(_ROWS, copies):
            text = recorded.get(row[0])
            if not _fits(row, text):
                self.recorded = False
                text = copy if _fits(row, copy) else letters_of(random_bytes, row[1], row[2])
            texts.append(text)
        # A new cookie key gets into NVM at once and into the records later, so with equal passwords the key in NVM is the
        # newer one. The older one would admit again those who were logged out.
        if copies[:2] == texts[:2] and copies[2] != texts[2]:
            texts[2] = copies[2]
            self.recorded = False
        self.access_point, self.pages, cookies = texts
        self.cookie_key = binascii.unhexlify(cookies)
        self._keep()

    def _keep(self):
        """Write the copy to NVM."""
        memory.keep(self._kept, memory.SECRETS, (self.access_point + self.pages).encode("utf-8") + self.cookie_key)

    def renew_cookie_key(self):
        """Make a new cookie key: all cookies issued so far become invalid."""
        self.cookie_key = self._random_bytes(16)
        self.recorded = False
        self._keep()

    def entries(self):
        """The entries that every record must have: [(key, text, None), ...]."""
        texts = (self.access_point, self.pages, hex_text(self.cookie_key))
        return [(row[0], text, None) for row, text in zip(_ROWS, texts)]
