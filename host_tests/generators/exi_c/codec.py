# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The codecs in C, compiled when they are first wanted and kept in ``build/exi_c``."""

import ctypes
import functools
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from host_tests.generators.exi_c import make_source
from host_tests.generators.exi_tables import make_tables

HEADERS = Path(__file__).parent
BUILT = Path(__file__).parents[3] / "build" / "exi_c"
# For the JSON of the longest message: 4096 names, and six letters for each of its 16384 octets.
_ROOM = 1 << 20
_NOT_READ = -1


class Refused(Exception):
    """The octets are no message of the schema, or their message is not written."""


class Codec:
    """The codec of one schema."""

    def __init__(self, library):
        self._library = ctypes.CDLL(str(library))
        self._library.exi_to_json.restype = self._library.exi_to_exi.restype = ctypes.c_long
        self._library.exi_time_ns.restype = ctypes.c_double
        self._out = ctypes.create_string_buffer(_ROOM)

    def read(self, octets):
        """The message as JSON has it; octets are ``{"hex": "..."}``."""
        return json.loads(self._call(self._library.exi_to_json, octets))

    def rewritten(self, octets):
        """The message read and written again."""
        return self._call(self._library.exi_to_exi, octets)

    def ns(self, octets, repeats, writes):
        """Nanoseconds to read a message, or to write it; nothing of Python is in them."""
        arguments = bytes(octets), ctypes.c_size_t(len(octets)), repeats, int(writes), self._out, ctypes.c_size_t(_ROOM)
        return self._library.exi_time_ns(*arguments) / repeats

    def _call(self, function, octets):
        length = function(bytes(octets), ctypes.c_size_t(len(octets)), self._out, ctypes.c_size_t(_ROOM))
        if length < 0:
            raise Refused("not read" if length == _NOT_READ else "not written")
        return ctypes.string_at(self._out, length)


@functools.cache
def load(schema, *options):
    """The codec of one of the schemas of ``make_tables.SHIPPED``, compiled with these options; None without a compiler."""
    return compiled(make_source.source(make_tables.Tables(make_tables.load(schema))), *options)


def compiled(source, *options):
    """The codec of a source, None where there is no C compiler."""
    compiler = os.environ.get("CC", "cc")
    known = [compiler, *options, source, *(path.read_text() for path in sorted(HEADERS.glob("*.h")))]
    path = BUILT / f"{hashlib.sha256('|'.join(known).encode()).hexdigest()[:16]}.so"
    if not path.exists() and not _build([compiler, *options], source, path):
        return None
    return Codec(path)


def _build(compiler, source, path):
    """Whether there is a compiler. Several processes may try at once."""
    if not shutil.which(compiler[0]):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder) / path.name
        command = [*compiler, "-fPIC", "-shared", f"-I{HEADERS}", "-o", made, "-xc", "-"]
        subprocess.run(command, input=source.encode(), stdout=subprocess.DEVNULL, check=True)
        made.replace(path)
    return True
