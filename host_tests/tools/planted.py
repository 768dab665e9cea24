# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Every defect that is planted in the project, and the test that must notice it.

python -m host_tests.tools.planted

A test that plants defects says so in its name (`planted`, or `taken_out` where a cure is removed again), one case for each.
So the list before a change of the tests and the list after it can be compared line by line: nothing that notices a defect is
lost.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORDS = ("planted", "taken_out")


def files():
    """Test files that plant something."""
    tests = sorted((ROOT / "host_tests").rglob("test_*.py"))
    return [path.relative_to(ROOT) for path in tests if any(word in path.read_text(encoding="utf-8") for word in WORDS)]


def planted():
    """[(test, defect)], the defect "" for a test that plants just one. RuntimeError when a file cannot be read."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-k", " or ".join(WORDS), "-o", "addopts=", *files()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    rows = sorted(line for line in done.stdout.splitlines() if "::" in line)
    return [(test, defect.removesuffix("]")) for test, _, defect in (row.partition("[") for row in rows)]


def main():
    rows = planted()
    for test, defect in rows:
        print(f"{defect or '(one)'}: {test}")
    print(f"{len(rows)} planted defects, {len({test for test, _ in rows})} tests")


if __name__ == "__main__":
    main()
