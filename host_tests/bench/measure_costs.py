# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What a line of each device module costs: measured on MicroPython, counted on CPython, kept in twin/costs.json.

    python -m host_tests.bench.measure_costs [--dry-run]

Every piece below runs on the MicroPython unix interpreter, which gives its time, and on CPython under a tracer, which
gives its lines by module. A module's figure is the mean of the pieces that touch it, weighted by its lines in each.
A mix of basic operations is timed beside each piece and the figures are scaled by it, so that a slow or busy computer
writes the same table: a method call, struct.pack_into, a memoryview slice, a raised and caught exception and 16 rounds
of a CRC loop take 20 + 40 + 12 + 50 + 90 us on the board, so `REFERENCE_NS` on the computer for which the device
factor of 150 holds.

A new module gets its figure by a new entry in `PIECES`; until then it has `default_ns`.
"""

import json
import sys
import tempfile
from pathlib import Path
from textwrap import dedent, indent

from host_tests.interpreter import micropython
from host_tests.twin.cost import COSTS_PATH

LIBRARY = micropython.LIBRARY
VECTORS = Path(__file__).resolve().parents[1] / "v2g" / "vectors"
DEVICE_FACTOR = 150
DEFAULT_NS = 60
REFERENCE_NS = 1413
# A computer at work stretches single runs; the fastest of several is the program's own time.
ROUNDS = 40
# Below this many lines a module's share of a piece says nothing about it.
LEAST_LINES = 40

_RUNNER = """
import gc, struct, time

class Thing:
    def method(self):
        return None

def calibrate():
    thing = Thing()
    buffer = bytearray(64)
    view = memoryview(buffer)
    data = bytes(range(16))
    table = [number * 7919 & 0xFFFF for number in range(256)]
    count = 1000
    start = time.ticks_us()
    for _ in range(count):
        thing.method()
        struct.pack_into("<HH", buffer, 4, 1, 2)
        view[2:10]
        try:
            raise ValueError
        except ValueError:
            pass
        crc = 0xFFFF
        for byte in data:
            crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return time.ticks_diff(time.ticks_us(), start) * 1000 / count

{setup}

def piece():
{body}

def timed(count):
    gc.collect()
    start = time.ticks_us()
    for _ in range(count):
        piece()
    return time.ticks_diff(time.ticks_us(), start)

piece()
count = 1
while timed(count) < 3000:
    count *= 2
best = 1e12
loop = 1e12
for _ in range({rounds}):
    loop = min(loop, calibrate())
    best = min(best, timed(count) * 1000 / count)
    loop = min(loop, calibrate())
print("result", best, loop)
"""


def exi_messages(schema):
    """Octets of the session messages in the test vectors of a schema."""
    vectors = json.loads((VECTORS / f"{schema}.json").read_text(encoding="utf-8"))
    return [bytes.fromhex(vector["exi_hex"]) for vector in vectors if vector["name"].startswith("session/")]


def exi_decode():
    setup = f"""
        from v2g import exi
        from v2g.din import SCHEMA
        MESSAGES = {exi_messages("din70121")!r}
    """
    return setup, "for octets in MESSAGES:\n    exi.decode(SCHEMA, octets)"


def exi_encode():
    setup = f"""
        from v2g import exi
        from v2g.din import SCHEMA
        MESSAGES = [exi.decode(SCHEMA, octets) for octets in {exi_messages("din70121")!r}]
    """
    return setup, "for message in MESSAGES:\n    exi.encode(SCHEMA, message)"


def exi_load():
    return "from v2g import schema", 'schema.load("din")'


def record_session():
    """(now, frames) of the steps of one plug-in in which the box heard or said something."""
    from host_tests.interpreter.run_session import LIMIT_MS, Bench, Lcg, named

    bench = Bench(named("ioniq", Lcg(7), soc_percent=42))
    heard = []
    receive, take_frames = bench.secc.receive, bench.secc.take_frames
    said = []
    bench.secc.receive = lambda frame, now: (heard.append(bytes(frame)), receive(frame, now))

    def taken():
        frames = take_frames()
        said.extend(frames)
        return frames

    bench.secc.take_frames = taken
    steps = []

    def step():
        heard.clear()
        said.clear()
        events = len(bench.events)
        bench.step()
        if heard or said or len(bench.events) > events:
            steps.append((bench.clock.now_ms, list(heard)))

    step()
    step()
    bench.car.plug(bench.clock.now_ms)
    bench.car.pilot(50, bench.clock.now_ms)
    while bench.clock.now_ms < LIMIT_MS and not bench.kinds("session_end"):
        step()
    joined = next(
        number for number, (_, frames) in enumerate(steps) if any(is_ipv6(frame) for frame in frames)
    )
    return steps, joined


def is_ipv6(frame):
    return frame[12:14] == b"\x86\xdd"


def replay(steps):
    setup = f"""
        from host_tests.interpreter.run_car import Lcg
        from v2g.secc import Secc
        STEPS = {steps!r}
    """
    body = """
        secc = Secc(b"\\x02\\x00\\x5e\\x00\\x00\\x01", Lcg(3), {})
        for now, frames in STEPS:
            for frame in frames:
                secc.receive(frame, now)
            secc.poll(now)
            secc.take_frames()
            secc.take_events()
    """
    return setup, body


def slac():
    steps, joined = record_session()
    return replay(steps[:joined])


def session():
    return replay(record_session()[0])


def idle_polls():
    setup = """
        from host_tests.interpreter.run_car import Lcg
        from v2g.secc import Secc
        secc = Secc(b"\\x02\\x00\\x5e\\x00\\x00\\x01", Lcg(3), {})
        secc.poll(1)
        secc.take_frames()
    """
    return (
        setup,
        "for now in range(1000, 3000, 2):\n    secc.poll(now)\n    secc.take_frames()\n    secc.take_events()",
    )


def frames_in():
    setup = """
        from plc.framing import FrameDecoder
        FRAME = bytes(range(200)) * 2
        BURST = (b"\\x00\\x00\\x01\\x9a\\xaa\\xaa\\xaa\\xaa\\x90\\x01\\x00\\x00" + FRAME + b"\\x55\\x55") * 3
        decoder = FrameDecoder(3200, {})
    """
    body = """
        size = decoder.room(len(BURST))
        decoder.buffer[decoder.end : decoder.end + size] = BURST
        decoder.added(size)
        while decoder.next_frame() is not None:
            pass
    """
    return setup, body


def settings():
    shipped = (LIBRARY.parent / "settings.toml").read_bytes().splitlines()
    setup = f"""
        from appliance.settings.settings import Settings
        LINES = {shipped!r}
    """
    return setup, "Settings().read_lines(LINES)"


def log():
    setup = """
        from appliance.state.log import Log, Uptime
        log = Log(Uptime(0), write=lambda line: None)
    """
    return (
        setup,
        "for number in range(100):\n    log.note('car', '[CHECKPOINT%d] schema negotiated' % number)",
    )


def signature():
    """17 multiplications of 2048 bits; the modulus is as good as any other of that length."""
    setup = """
        from appliance.update.rsa import power_65537
        MODULUS = int("c3" + "5a7b91d3" * 63 + "a1b2c3", 16)
        SIGNATURE = int("77" + "1234567f" * 63 + "010203", 16)
    """
    return setup, "for _ in power_65537(SIGNATURE, MODULUS):\n    pass"


PIECES = {
    "EXI, reading the messages of a DIN session": exi_decode,
    "EXI, writing them": exi_encode,
    "EXI, loading the tables of DIN 70121": exi_load,
    "SLAC of one plug-in": slac,
    "a whole plug-in": session,
    "polls with nothing to do": idle_polls,
    "three frames out of the modem's byte stream": frames_in,
    "settings.toml": settings,
    "log lines": log,
    "the signature of an update": signature,
}


def time_on_micropython(setup, body):
    """(ns of one run of the piece, ns of one round of the calibration mix)."""
    script = _RUNNER.format(setup=dedent(setup), body=indent(dedent(body).strip("\n"), "    "), rounds=ROUNDS)
    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write(script)
        file.flush()
        done = micropython.run(file.name, heap="24M")
    for line in done.stdout.splitlines():
        if line.startswith("result "):
            _, piece_ns, loop_ns = line.split()
            return float(piece_ns), float(loop_ns)
    raise RuntimeError(f"the piece did not run on MicroPython:\n{done.stdout}{done.stderr}")


def count_lines(setup, body):
    """{module: lines} of device code in one run of the piece, as the twin's tracer counts them."""
    names = {}
    source = f"{dedent(setup)}\ndef piece():\n{indent(dedent(body).strip(chr(10)), '    ')}\n"
    exec(compile(source, "<piece>", "exec"), names)
    names["piece"]()
    lines = {}
    prefix = str(LIBRARY) + "/"

    def local_trace(frame, event, _argument):
        if event == "line":
            module = frame.f_code.co_filename
            lines[module] = lines.get(module, 0) + 1
        return local_trace

    def global_trace(frame, _event, _argument):
        return local_trace if frame.f_code.co_filename.startswith(prefix) else None

    before = sys.gettrace()
    sys.settrace(global_trace)
    try:
        names["piece"]()
    finally:
        sys.settrace(before)
    return {
        path.removeprefix(prefix).removesuffix(".py").replace("/", "."): count
        for path, count in lines.items()
    }


def measure(report=print):
    """The table of costs.json, measured now."""
    shares = {}
    loops = []
    for name, make in PIECES.items():
        setup, body = make()
        piece_ns, loop_ns = time_on_micropython(setup, body)
        lines = count_lines(setup, body)
        total = sum(lines.values())
        ns_per_line = piece_ns / total * REFERENCE_NS / loop_ns
        loops.append(loop_ns)
        report(
            f"{name}: {total} lines, {ns_per_line:.0f} ns a line, {piece_ns / 1e6:.3f} ms on this computer"
        )
        for module, count in lines.items():
            if count >= LEAST_LINES:
                shares.setdefault(module, []).append((count, ns_per_line))
    modules = {}
    for module in sorted(shares):
        entries = shares[module]
        modules[module] = round(sum(count * ns for count, ns in entries) / sum(count for count, _ in entries))
    loop_ns = min(loops)
    return {
        "device_factor": DEVICE_FACTOR,
        "default_ns": DEFAULT_NS,
        "modules": modules,
        "calibration": {
            "loop_ns": round(loop_ns, 1),
            "reference_ns": REFERENCE_NS,
            "how": "host MicroPython ns a line x reference_ns / loop_ns, the mix timed beside each piece; "
            "device ns a line = that x device_factor",
        },
    }


def main():
    sys.path.insert(0, str(LIBRARY))
    table = measure()
    text = json.dumps(table, indent=2) + "\n"
    print(text, end="")
    if "--dry-run" not in sys.argv[1:]:
        COSTS_PATH.write_text(text)


if __name__ == "__main__":
    main()
