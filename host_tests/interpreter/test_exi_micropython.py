# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The EXI codec on the interpreter family of the device: small ints, its own json, its own str and bytes."""

from pathlib import Path

from host_tests.interpreter import micropython

HERE = Path(__file__).parent
VECTORS = HERE.parent / "unit" / "vectors"


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


def test_the_tables_load_into_a_small_heap(tmp_path):
    script = tmp_path / "load.py"
    script.write_text(
        "import gc\n"
        "gc.collect()\n"
        "before = gc.mem_alloc()\n"
        "from v2g import apphand, din_schema, exi\n"
        "gc.collect()\n"
        "print(gc.mem_alloc() - before)\n"
    )
    result = micropython.run(script, heap="512K")
    assert result.returncode == 0, result.stdout
    assert int(result.stdout) < 96 * 1024
