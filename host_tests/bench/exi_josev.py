# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The EXI codec beside Josev's (EXIficient in a Java machine behind py4j), on the messages of a DIN session.

    python -m host_tests.bench.exi_josev [repeats]

Microseconds a message, the fastest of three rounds: ours on CPython, ours on MicroPython, Josev's as its
package ``iso15118`` calls it, from octets to its message objects and back, after a warm-up for its compiler
and with a tenth of the repeats, because it takes some 10 ms a DIN message.
``-`` where Josev cannot read or write the message; ``!`` where it writes other octets than it read.
Exit status 1 if our codec gives a message other octets than it had.
"""

import json
import logging
import sys
import time
from pathlib import Path

HOST_TESTS = Path(__file__).resolve().parents[1]
VECTORS = HOST_TESTS / "unit" / "vectors"
ROUNDS = 3

sys.path.insert(0, str(HOST_TESTS.parent / "CIRCUITPY" / "lib"))

from v2g import apphand, din_schema, exi, iso2_schema  # noqa: E402 - the path comes first

from host_tests.interpreter import micropython  # noqa: E402

SCHEMAS = {"apphand": apphand.SCHEMA, "din70121": din_schema.SCHEMA, "iso15118_2": iso2_schema.SCHEMA}


def session_messages():
    """``(schema name, message name, octets)`` of every session message of the vectors."""
    for schema in SCHEMAS:
        for vector in json.loads((VECTORS / f"{schema}.json").read_text(encoding="utf-8")):
            if vector["name"].startswith("session/"):
                yield schema, vector["name"], bytes.fromhex(vector["exi_hex"])


def fastest_us(function, repeats):
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter_ns()
        for _ in range(repeats):
            function()
        times.append(time.perf_counter_ns() - start)
    return min(times) / repeats / 1000


def ours(schema, octets, repeats):
    """``(decode us, encode us)`` on CPython; None if the octets do not come back."""
    message = exi.decode(SCHEMAS[schema], octets)
    if exi.encode(SCHEMAS[schema], message) != octets:
        return None
    return (
        fastest_us(lambda: exi.decode(SCHEMAS[schema], octets), repeats),
        fastest_us(lambda: exi.encode(SCHEMAS[schema], message), repeats),
    )


def ours_on_micropython(repeats):
    """``[(decode us, encode us), ...]`` in the order of ``session_messages``."""
    result = micropython.run(HOST_TESTS / "interpreter" / "run_exi.py", VECTORS, repeats, heap="3M")
    if result.returncode:
        raise RuntimeError(result.stdout + result.stderr)
    rows = [line.split() for line in result.stdout.splitlines() if line.startswith("session/")]
    return [(float(row[2]), float(row[3])) for row in rows]


class Josev:
    """The codec of the package ``iso15118``, started once."""

    def __init__(self):
        logging.disable(logging.CRITICAL)
        from iso15118.shared.exi_codec import EXI
        from iso15118.shared.exificient_exi_codec import ExificientEXICodec
        from iso15118.shared.messages.enums import Namespace
        from iso15118.shared.settings import SettingKey, shared_settings

        for key in (SettingKey.MESSAGE_LOG_JSON, SettingKey.MESSAGE_LOG_EXI):
            shared_settings[key] = False
        self.codec = EXI()
        self.codec.set_exi_codec(ExificientEXICodec())
        self.namespaces = {
            "apphand": Namespace.SAP,
            "din70121": Namespace.DIN_MSG_DEF,
            "iso15118_2": Namespace.ISO_V2_MSG_DEF,
        }

    def measure(self, schema, octets, repeats):
        """``(decode us, encode us, same octets)``; None for what raises."""
        namespace = self.namespaces[schema]
        try:
            message = self.codec.from_exi(octets, namespace)
        except Exception:
            return None, None, True
        decode_us = fastest_us(lambda: self.codec.from_exi(octets, namespace), repeats)
        try:
            same = bytes(self.codec.to_exi(message, namespace)) == octets
        except Exception:
            return decode_us, None, True
        return decode_us, fastest_us(lambda: self.codec.to_exi(message, namespace), repeats), same

    def close(self):
        self.codec.get_exi_codec().gateway.shutdown()


def cell(value):
    return f"{value:8.1f}" if value is not None else "       -"


def main(arguments):
    repeats = int(arguments[0]) if arguments else 50
    messages = list(session_messages())
    josev = Josev()
    for schema, _, octets in messages:
        josev.measure(schema, octets, 1)  # the Java machine compiles what runs often
    on_micropython = ours_on_micropython(repeats)
    print("us a message                             CPython          MicroPython      Josev (Java)")
    print("message                        octets    decode  encode   decode  encode   decode  encode")
    failed = False
    for (schema, name, octets), micro in zip(messages, on_micropython, strict=True):
        here = ours(schema, octets, repeats)
        failed = failed or here is None
        decode_us, encode_us, same = josev.measure(schema, octets, max(1, repeats // 10))
        cells = [cell(value) for value in (*(here or (None, None)), *micro, decode_us, encode_us)]
        print(f"{name.split('/')[1]:32}{len(octets):5}  {' '.join(cells)}{'' if same else ' !'}")
    josev.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
