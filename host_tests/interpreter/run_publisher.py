# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Run by MicroPython: whose updates these are. DIRECTORY is the drive's root; CASES.json is {name: manifest}.

Prints the verdict of each, what the modules take of the heap, and the most that a verdict takes beside them.
"""

import gc
import json
import sys

directory, cases = sys.argv[1:3]
with open(cases) as file:
    manifests = json.load(file)
from plc import digest  # noqa: E402 (loaded long before, so it is not counted)

digest.sha256(b"")
gc.collect()
before = gc.mem_alloc()
from appliance.update import publisher, rsa  # noqa: E402

gc.collect()
loaded = gc.mem_alloc() - before
rsa.power_65537(2, 3)
most = 0
for name in sorted(manifests):
    gc.collect()
    at_rest = gc.mem_alloc()
    steps = publisher.judged(manifests[name], directory)
    count = 1
    while True:
        try:
            next(steps)
        except StopIteration as end:
            code = end.args[0]
            break
        count += 1
        if count == 10:
            gc.collect()
            most = max(most, gc.mem_alloc() - at_rest)
    print("verdict", name, code, count)
print("heap", loaded, most)
