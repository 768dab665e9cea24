# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The EXI codec beside Josev's (EXIficient in a Java machine behind py4j) and one in C, on the messages of the test vectors.

    python -m host_tests.bench.exi_josev [repeats]

Microseconds a message, the fastest of three rounds: ours on CPython, ours on MicroPython, a codec in C that is generated
from the same tables (``host_tests/generators/exi_c``), from octets to structs and back, Josev's codec alone, from octets to
the text of its JSON and back, and as its package ``iso15118`` calls it, to its message objects and back. Josev's after a
warm-up for the compiler of the Java machine, and with a tenth of the repeats, because it takes some 10 ms a message. C is
compiled with -O2, loops by itself, and has thirty rounds, because another program on its core would spoil a short one.
``-`` where Josev cannot read or write the message; ``!`` where its package writes other octets than it read.
Exit status 1 if our codec gives a message other octets than it had.
"""

import json
import logging
import statistics
import sys
import time
from pathlib import Path

HOST_TESTS = Path(__file__).resolve().parents[1]
VECTORS = HOST_TESTS / "v2g" / "vectors"
ROUNDS = 3

sys.path.insert(0, str(HOST_TESTS.parent / "CIRCUITPY" / "lib"))

from v2g import apphand, din, exi, iso2  # noqa: E402 - the path comes first

from host_tests.generators.exi_c import codec  # noqa: E402
from host_tests.interpreter import micropython  # noqa: E402

SCHEMAS = {"apphand": apphand.SCHEMA, "din70121": din.SCHEMA, "iso15118_2": iso2.SCHEMA}


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


def in_c(schema, octets, repeats):
    """``[decode us, encode us]``; None where there is no C compiler."""
    compiled = codec.load(schema, "-O2")
    if compiled is None:
        return [None, None]
    return [
        min(compiled.ns(octets, 10 * repeats, writes) for _ in range(10 * ROUNDS)) / 1000
        for writes in (False, True)
    ]


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
        """``([codec's decode us, encode us, package's decode us, encode us], same octets)``; None for what raises."""
        namespace = self.namespaces[schema]
        alone = self.codec.get_exi_codec()
        text, decode_us = timed(lambda: alone.decode(octets, namespace), repeats)
        _, encode_us = timed(lambda: alone.encode(text, namespace), repeats)
        message, from_us = timed(lambda: self.codec.from_exi(octets, namespace), repeats)
        written, to_us = timed(lambda: self.codec.to_exi(message, namespace), repeats)
        return [decode_us, encode_us, from_us, to_us], written is None or bytes(written) == octets

    def close(self):
        self.codec.get_exi_codec().gateway.shutdown()


def timed(function, repeats):
    """``(result, us)``, both None when it raises."""
    try:
        return function(), fastest_us(function, repeats)
    except Exception:
        return None, None


def measure(repeats, report=print):
    """``[(schema, message, octets, ours, on MicroPython, Josev's four, in C), ...]``, each time a list of us or None."""
    josev = Josev()
    messages = list(session_messages())
    for schema, _, octets in messages:
        josev.measure(schema, octets, 1)  # the Java machine compiles what runs often
    report(f"us a message {'CPython':>39}{'MicroPython':>18}{'C':>13}{'Josev: its codec':>21}{'its package':>13}")
    report(f"message                        octets {'  decode  encode' * 5}")
    rows = []
    for (schema, name, octets), micro in zip(messages, ours_on_micropython(repeats), strict=True):
        here = ours(schema, octets, repeats)
        theirs, same = josev.measure(schema, octets, max(1, repeats // 10))
        rows.append((schema, name.split("/")[1], octets, here, micro, theirs, in_c(schema, octets, repeats)))
        cells = [cell(us) for us in (*(here or (None, None)), *micro, *rows[-1][-1], *theirs)]
        report(f"{rows[-1][1]:32}{len(octets):5} {''.join(cells)}{'' if same else ' !'}")
    josev.close()
    return rows


def cell(value):
    return f"{value:8.{1 if value >= 1 else 2}f}" if value is not None else "       -"


def times(rows, schemas, direction):
    """How many times as long Josev's codec takes, 0 to decode, 1 to encode: ``(all messages, least, its message)``.

    Only messages of these schemas that both can do.
    """
    pairs = [
        (theirs[direction], here[direction], name)
        for schema, name, _, here, _, theirs, _ in rows
        if schema in schemas and here and theirs[direction] is not None
    ]
    least, name = min((josev / own, name) for josev, own, name in pairs)
    return sum(josev for josev, _, _ in pairs) / sum(own for _, own, _ in pairs), least, name


def side_by_side(rows, schema, direction):
    """``[(what, [us on CPython, on MicroPython, by Josev's codec, in C]), ...]``: the median message of a schema for
    each of them, and the largest, of those that all can do; None in C without a compiler."""
    found = [
        (len(octets), name, [one[direction] for one in (here, micro, theirs, c)])
        for of, name, octets, here, micro, theirs, c in rows
        if of == schema and here and theirs[direction] is not None
    ]
    columns = zip(*(times for _, _, times in found), strict=True)
    medians = [None if None in column else statistics.median(column) for column in columns]
    octets, name, largest = max(found)
    return [(f"median of {len(found)}", medians), (f"{name}, {octets} octets", largest)]


def main(arguments):
    rows = measure(int(arguments[0]) if arguments else 50)
    for schema in SCHEMAS:
        for direction, word in enumerate(("decode", "encode")):
            whole, least, name = times(rows, (schema,), direction)
            print(f"{schema}, {word}: {whole:.0f} times; least {least:.0f} times, {name}")
            for what, times_us in side_by_side(rows, schema, direction):
                print(f"    {what}: {''.join(map(cell, times_us))}")
    return 0 if all(row[3] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
