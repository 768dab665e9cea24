# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Coverage-guided fuzzing of one target (libFuzzer through atheris), and a share of it without any tool.

    python -m host_tests.endurance.fuzz NAME [-runs=N] [-max_total_time=S]     new inputs go to build/fuzz/NAME
    python -m host_tests.endurance.fuzz keep                                    the stored corpus anew: seeds and finds

`share` replays the stored corpus and mutates it with a seeded generator: the part that every run of the tests has.
"""

import random
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).parent / "corpus"
FOUND = ROOT / "build" / "fuzz"
# Seconds that one input may take, megabytes that all may.
TIMEOUT_S = 5
MEMORY_MB = 1024
LONGEST = 8192
# Kept in the repository for each target.
MOST_KEPT = 24
MOST_KEPT_BYTES = 6000


def corpus(name):
    """The stored inputs of a target, in a fixed order."""
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]


def mutated(data, rng, others):
    """A neighbour of an input: bits, bytes, pieces of others."""
    out = bytearray(data)
    for _ in range(1 + rng.randrange(4)):
        kind = rng.randrange(6)
        at = rng.randrange(len(out) + 1)
        if kind == 0 and at < len(out):
            out[at] ^= 1 << rng.randrange(8)
        elif kind == 1 and at < len(out):
            out[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        elif kind == 2:
            del out[at : at + 1 + rng.randrange(16)]
        elif kind == 3:
            out[at:at] = rng.randbytes(1 + rng.randrange(8))
        elif kind == 4:
            other = rng.choice(others)
            start = rng.randrange(len(other) + 1)
            out[at:at] = other[start : start + rng.randrange(64)]
        elif at < len(out):
            out[at:] = out[at:] + out[at : at + rng.randrange(128)]
    return bytes(out[:LONGEST])


def share(name, executions, seed=1):
    """Runs so many inputs of a target: the slowest in seconds."""
    from host_tests.endurance.targets import TARGETS

    target = TARGETS[name]
    inputs = corpus(name)
    rng = random.Random(f"{name} {seed}")
    slowest = 0.0
    for number in range(executions):
        data = inputs[number] if number < len(inputs) else mutated(rng.choice(inputs), rng, inputs)
        begin = time.process_time()
        try:
            target(data)
        except Exception as error:
            raise AssertionError(f"{name}: {data.hex()}") from error
        slowest = max(slowest, time.process_time() - begin)
    return slowest


def campaign(name, runs, seconds, seed=1):
    """libFuzzer on a target in a process of its own: (executions, seconds that they took). AssertionError on a find."""
    found = FOUND / name
    found.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "host_tests.endurance.fuzz",
        name,
        f"-runs={runs}",
        f"-max_total_time={seconds}",
        f"-seed={seed}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    lines = done.stderr.splitlines() + done.stdout.splitlines()
    if done.returncode:
        raise AssertionError("\n".join([name, *lines[-40:]]))
    for line in lines:
        words = line.split()
        if words[:1] == ["Done"]:
            return int(words[1]), int(words[4])
    raise AssertionError("\n".join([f"{name}: no count", *lines[-20:]]))


def keep():
    """Writes the corpus anew: the seeds, and from what was found the smallest inputs that libFuzzer kept."""
    import hashlib

    from host_tests.endurance import seeds

    for name, inputs in seeds.seeds().items():
        folder = CORPUS / name
        folder.mkdir(parents=True, exist_ok=True)
        kept = {data for data in inputs if len(data) <= LONGEST}
        found = FOUND / name
        if found.exists():
            small = sorted(
                (path.read_bytes() for path in found.iterdir()), key=lambda data: (len(data), data)
            )
            step = max(1, len(small) // MOST_KEPT)
            kept.update(data for data in small[::step] if len(data) <= MOST_KEPT_BYTES // 8)
        for path in folder.iterdir():
            path.unlink()
        for data in kept:
            (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def main():
    name = sys.argv[1]
    if name == "keep":
        keep()
        return
    import atheris

    with atheris.instrument_imports(include=["plc", "v2g", "appliance"]):
        from host_tests.endurance.targets import TARGETS
    target = TARGETS[name]
    found = FOUND / name
    found.mkdir(parents=True, exist_ok=True)
    options = [
        f"-timeout={TIMEOUT_S}",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-max_len={LONGEST}",
        f"-artifact_prefix={found}-",
    ]
    atheris.Setup(
        [sys.argv[0], *options, *sys.argv[2:], str(found), str(CORPUS / name)],
        lambda data: target(bytes(data)),
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
