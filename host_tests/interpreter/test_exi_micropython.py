# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The EXI codec on the interpreter family of the device: small ints, its own json, its own str and bytes."""

from pathlib import Path

from host_tests.interpreter import micropython

HERE = Path(__file__).parent
VECTORS = HERE.parent / "v2g" / "vectors"


def test_every_vector_on_micropython():
    result = micropython.run(HERE / "run_exi.py", VECTORS, 0, heap="3M")
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1] == "vectors 306 of 306"


def test_a_wrong_vector_is_noticed(tmp_path):
    for name in ("apphand", "din70121", "iso15118_2", "edge", "negative"):
        text = (VECTORS / f"{name}.json").read_text(encoding="utf-8")
        (tmp_path / f"{name}.json").write_text(text.replace("EVCharging", "Internet"), encoding="utf-8")
    result = micropython.run(HERE / "run_exi.py", tmp_path, 0, heap="3M")
    assert result.returncode == 1
    assert "wrong din70121" in result.stdout


# Heap octets of all session messages of the vectors, what is read and what it takes on the way, on a 64-bit heap.
MOST_TO_DECODE = 153 * 1000
MOST_TO_ENCODE = 77.5 * 1000


def test_a_message_takes_no_more_heap_than_its_tree_and_its_octets():
    result = micropython.run(HERE / "run_exi.py", VECTORS, 1, heap="3M")
    rows = [line.split() for line in result.stdout.splitlines() if line.startswith("session/")]
    assert len(rows) == 81
    assert sum(int(row[4]) for row in rows) <= MOST_TO_DECODE
    assert sum(int(row[5]) for row in rows) <= MOST_TO_ENCODE


LONG_TEXT = """
import gc
from v2g import din, exi

reference = {"DigestMethod": {"Algorithm": ""}, "DigestValue": b""}
signed = {
    "CanonicalizationMethod": {"Algorithm": "\u00e9" * 2000},
    "SignatureMethod": {"Algorithm": ""},
    "Reference": [reference],
}
header = {"SessionID": b"", "Signature": {"SignedInfo": signed, "SignatureValue": {"value": b""}}}
octets = exi.encode(din.SCHEMA, {"V2G_Message": {"Header": header, "Body": {"SessionStopReq": {}}}})
gc.collect()
gc.disable()
before = gc.mem_alloc()
message = exi.decode(din.SCHEMA, octets)
taken = gc.mem_alloc() - before
print(len(octets), taken, message["V2G_Message"]["Header"] == header)
"""


def test_text_beyond_ascii_takes_some_ten_octets_of_heap_for_each_of_its_own(tmp_path):
    """As long as V2GTP lets it be. With a slice and a long number for each octet it was 665 kB, and 2 s on the device."""
    script = tmp_path / "text.py"
    script.write_text(LONG_TEXT)
    result = micropython.run(script, heap="2M")
    assert result.returncode == 0, result.stdout
    octets, taken, same = result.stdout.split()
    assert (int(octets), same) == (4015, "True")
    assert int(taken) < 12 * int(octets)


LOAD = """
import gc
from v2g import schema

def load(name):
    gc.collect()
    before = gc.mem_alloc()
    loaded = schema.load(name)
    gc.collect()
    print(name, gc.mem_alloc() - before)
    return loaded

load("apphand")
din, iso2 = load("din"), load("iso2")
print("shared", din[4][0] == "V2G_Message" and din[4][0] is iso2[4][0])
"""
# On a 64-bit heap, where a number and a pointer are twice as wide as on the board, with what schemas share while they are
# loaded. The program of a box has half of the names itself.
MOST_BYTES = {"apphand": 3 * 1024, "din": 37 * 1024, "iso2": 14 * 1024}


def test_the_tables_load_into_a_small_heap_and_share_their_names(tmp_path):
    script = tmp_path / "load.py"
    script.write_text(LOAD)
    result = micropython.run(script, heap="256K")
    assert result.returncode == 0, result.stdout
    found = dict(line.split() for line in result.stdout.splitlines())
    assert found.pop("shared") == "True"
    assert found.keys() == MOST_BYTES.keys()
    assert all(int(found[name]) < most for name, most in MOST_BYTES.items()), found
