# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""All EXI vectors on MicroPython, and what a message costs there.

    run(".../run_exi.py", "host_tests/v2g/vectors", repeats)      see micropython.py

Prints per session message the octets, the microseconds and the heap octets of decoding and encoding (a 64-bit
heap: the device needs 69 % of that), then one line ``vectors <right> of <all>``. Exit status 1 if one is wrong.
"""

import binascii
import gc
import json
import sys
import time

from v2g import apphand, din, exi, iso2

SCHEMAS = {"apphand": apphand.SCHEMA, "din70121": din.SCHEMA, "iso15118_2": iso2.SCHEMA}


def same(found, expected):
    """Whether a decoded message is the one of a vector, where binary is hex or base64 text."""
    if isinstance(expected, dict):
        if not isinstance(found, dict) or len(found) != len(expected):
            return False
        return all(name in found and same(found[name], expected[name]) for name in expected)
    if isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            return False
        return all(same(found[i], expected[i]) for i in range(len(expected)))
    if isinstance(found, bytes):
        text = binascii.hexlify(found).decode().upper()
        return text == expected or binascii.b2a_base64(found).decode().strip() == expected
    if isinstance(expected, str):
        expected = joined(expected)
    return type(found) is type(expected) and found == expected


def joined(text):
    """Text whose characters beyond 0xFFFF are one again: MicroPython's json leaves their two halves."""
    characters = []
    high = 0
    for character in text:
        number = ord(character)
        if 0xD800 <= number < 0xDC00:
            high = (number - 0xD800 << 10) + 0x10000
        else:
            characters.append(chr(high + number - 0xDC00) if high else character)
            high = 0
    return "".join(characters)


def read(folder, name):
    with open(folder + "/" + name + ".json") as file:
        return [vector for vector in json.load(file) if vector["schema"] in SCHEMAS]


def check(vector, encodes):
    schema = SCHEMAS[vector["schema"]]
    data = binascii.unhexlify(vector["exi_hex"])
    message = exi.decode(schema, data)
    return same(message, vector["message"]) and (not encodes or exi.encode(schema, message) == data)


def refused(vector):
    try:
        exi.decode(SCHEMAS[vector["schema"]], binascii.unhexlify(vector["exi_hex"]))
    except exi.ExiError:
        return True
    return False


def cost(function, schema, argument, repeats):
    """``(microseconds, heap octets)`` of one call: the fastest of several rounds, garbage collection off."""
    fastest = None
    for _ in range(5):
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        function(schema, argument)
        allocated = gc.mem_alloc() - before
        start = time.ticks_us()
        for _ in range(repeats):
            function(schema, argument)
        elapsed = time.ticks_diff(time.ticks_us(), start)
        gc.enable()
        fastest = elapsed if fastest is None or elapsed < fastest else fastest
    return fastest / repeats, allocated


def main():
    folder = sys.argv[1]
    repeats = int(sys.argv[2])
    vectors = read(folder, "apphand") + read(folder, "din70121") + read(folder, "iso15118_2")
    results = [(check(vector, True), vector) for vector in vectors]
    results += [(check(vector, False), vector) for vector in read(folder, "edge")]
    results += [(refused(vector), vector) for vector in read(folder, "negative")]
    for right, vector in results:
        if not right:
            print("wrong", vector["schema"], vector["name"])
    if repeats:
        print("message                                octets  decode us  encode us  decode heap  encode heap")
        for vector in vectors:
            if vector["name"].startswith("session/"):
                schema = SCHEMAS[vector["schema"]]
                data = binascii.unhexlify(vector["exi_hex"])
                message = exi.decode(schema, data)
                decode_us, decode_heap = cost(exi.decode, schema, data, repeats)
                encode_us, encode_heap = cost(exi.encode, schema, message, repeats)
                figures = (
                    f"{len(data):6} {decode_us:10.1f} {encode_us:10.1f} {decode_heap:12} {encode_heap:12}"
                )
                print(f"{vector['name']:38} {figures}")
    right = len([1 for right, _ in results if right])
    print(f"vectors {right} of {len(results)}")
    sys.exit(0 if right == len(results) else 1)


main()
