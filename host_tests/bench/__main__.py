# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""`make bench`: every figure beside its budget, measured now; `--write` also puts them into docs/performance.md.

Times on a shared machine are noisy: medians are shown, and what matters are bytes, counts and virtual device time,
which are the same in every run.
"""

import functools
import gzip
import platform
import re
import sys
import tempfile
from pathlib import Path

from host_tests.bench import call_depth, device_time, mqtt
from host_tests.interpreter import micropython
from host_tests.tools import print_tables

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "performance.md"
INTERPRETER = ROOT / "host_tests" / "interpreter"

KB = 1024
SLAC_ANSWER_US = 30
V2G_ANSWER_US = 200
READ_US = 1_000_000
THIRD_ROUND_BYTES = 64 * KB
FURTHER_ROUND_BYTES = 6 * KB
PAGE_BYTES = 30 * KB
HEAP_BYTES = 600 * KB
MQTT_BYTES = 100 * KB
# Half a second to connect and one for an answer, and only while no car is in a session.
MQTT_PIECE_S = 1.7
FREE_BYTES = 1024 * KB
JOSEV_TIMES = 100
BLOCK_BYTES = 32  # of MicroPython on 64 bit; 16 on the board


def row(what, measured, budget=None, unit="", place=""):
    """(what, figure, budget, verdict) as text; `measured` and `budget` are numbers of the same unit."""
    if budget is None:
        return what, f"{measured:g} {unit}".strip(), "", "", place
    verdict = "kept" if measured <= budget else "MISSED"
    return what, f"{measured:g} {unit}".strip(), f"{budget:g} {unit}".strip(), verdict, place


def run_micropython(script, *arguments, heap="8M"):
    done = micropython.run(INTERPRETER / script, *arguments, heap=heap, timeout_s=600)
    if done.returncode != 0:
        raise SystemExit(f"{script} failed:\n{done.stdout}{done.stderr}")
    return [line.split() for line in done.stdout.splitlines()]


def _medians():
    """{kind of message: the least of three runs' medians, in us}: what else a shared machine does only ever adds."""
    found = {}
    for car in ("generic", "tesla_y"):
        for _ in range(3):
            for kind, _, _, median in run_micropython("run_answers.py", car, 2):
                found[kind] = min(int(median), found.get(kind, int(median)))
    return found


def answers():
    """Host time from a frame to its answer, worst kind of message by its median."""
    medians = _medians()
    sounds = max(medians["SLAC_6076"], medians["SLAC_6086"])
    yield row("SLAC sound or profile, worst median", sounds / 1000, SLAC_ANSWER_US / 1000, "ms")
    for name, what, budget in (("SLAC", "SLAC", SLAC_ANSWER_US), ("V2G", "V2G message to", V2G_ANSWER_US)):
        median, kind = max((medians[kind], kind) for kind in medians if kind.startswith(name))
        yield row(f"{what} answer, worst median", median / 1000, budget / 1000, "ms", kind)


def allocations():
    """Bytes on a 64-bit MicroPython; with the device's words of 32 bits it is 69 % of that."""
    found = {line[0]: line[1] for line in run_micropython("run_session.py", "tesla_y")}
    yield row("`Secc`, up to the third round", int(found["third_round_bytes"]), THIRD_ROUND_BYTES, "bytes")
    yield row("`Secc`, each further round", int(found["further_round_bytes"]), FURTHER_ROUND_BYTES, "bytes")
    yield row("`Secc`, 1000 idle passes", int(found["idle_pass_bytes"]), 0, "bytes")
    polite = {line[0]: line[1] for line in run_micropython("run_session.py", "generic")}
    yield row(
        "`Secc`, whole session of a car that leaves when asked", int(polite["session_bytes"]), None, "bytes"
    )


def appliance():
    """The complete appliance on MicroPython, and its chains of calls on the twin."""
    with tempfile.TemporaryDirectory() as folder:
        code, paths = micropython.drive(folder, micropython.SETTINGS_IN_USE, compiled=True)
        script = INTERPRETER / "run_appliance.py"
        done = micropython.run(script, code, "generic", "measure", heap="4M", timeout_s=180, paths=paths)
    if done.returncode != 0:
        raise SystemExit(f"run_appliance.py failed:\n{done.stdout}{done.stderr}")
    found = dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)
    yield row("heap after start, full appliance", int(found["heap_after_start"]), HEAP_BYTES, "bytes")
    before, after = (int(names) for names in re.findall(r"n_qstr=(\d+)", done.stdout))
    yield row("names that it brings into the interpreter's table", after - before, None, "", f"{before} were there")
    idle = int(found["idle_bytes_waiting"]) + int(found["idle_bytes_after"])
    yield row("idle pass of the complete loop, 500 before and 500 after a session", idle, 0, "bytes")
    yield row("idle pass of the complete loop, time", int(found["idle_us_per_pass_waiting"]), None, "us")
    yield row("whole appliance, one session", int(found["session_bytes"]), None, "bytes")
    free = int(found["free_low_water"])
    verdict = "kept" if free >= FREE_BYTES else "MISSED"
    yield (
        "free heap at the end of a session",
        f"{free} bytes",
        f"at least {FREE_BYTES} bytes",
        verdict,
        "of the shipped 2 MB",
    )
    depths = call_depth.measure()
    frames, size = depths.most_frames()[0], depths.most_bytes()[0]
    yield row("deepest chain of calls", frames.frames, call_depth.FRAMES_BUDGET, "frames", frames.places[-1])
    yield row(
        "largest chain of calls", size.bytes, call_depth.BYTES_BUDGET, "bytes of pystack", size.places[-1]
    )


def month():
    """What thirty more plug-ins and visits to the page leave of a heap of 3 MB, in which the twin lives as well."""
    with tempfile.TemporaryDirectory() as folder:
        code, paths = micropython.drive(folder, micropython.SETTINGS_IN_USE, compiled=True)
        script = INTERPRETER / "run_appliance.py"
        done = micropython.run(script, code, "generic", "month", heap="3M", timeout_s=1200, paths=paths)
    found = re.findall(r"heap_map (\w+)\n.*?used: (\d+), free: (\d+)\n.*?max free sz: (\d+)", done.stdout, re.DOTALL)
    if done.returncode != 0 or [name for name, *_ in found] != ["first", "half", "last"]:
        raise SystemExit(f"run_appliance.py failed:\n{done.stdout[-3000:]}{done.stderr}")
    for (_name, used, free, blocks), when in zip(found, ("1 plug-in", "17 plug-ins", "31 plug-ins"), strict=True):
        yield row(f"heap in use after {when}, the twin's included", int(used) // 1000, None, "kB")
        yield row(f"free after {when}", int(free) // 1000, None, "kB", f"largest piece {int(blocks) * BLOCK_BYTES} bytes")


def device_times():
    """Virtual device time with display, WiFi and a browser that never stops asking."""
    busy = device_time.one_plug_in()
    limits = {"matching": device_time.MATCHING_PIECE_US, "session": device_time.SESSION_PIECE_US}
    for phase, piece_us in limits.items():
        gap = busy.gaps[phase]
        budget_ms = (piece_us + device_time.PASS_BESIDES_PIECE_US) / 1000
        places = [text for _, text in gap.places if "loop.py" not in text]
        yield row(
            f"worst pass while {phase}", gap.us / 1000, budget_ms, "ms", places[0] if places else "idle sleep"
        )
    for kind, budget_us in (("SLAC", device_time.TP_MATCH_RESPONSE_US), ("V2G", device_time.V2G_ANSWER_US)):
        yield row(f"worst {kind} answer", busy.answers.worst_us[kind] / 1000, budget_us / 1000, "ms")
    swift = device_time.one_plug_in(browse=False, habits=device_time.AT_ONCE)
    read_us = swift.read_us - swift.answers.first_parm_us
    yield row("SLAC_PARM.REQ to SoC, car that answers at once", read_us / 1000, READ_US / 1000, "ms")
    for pause_us in (100_000, 220_000):
        paused = device_time.one_plug_in(gc_pause_us=pause_us)
        budget = device_time.TT_MATCH_RESPONSE_US / 1000 if pause_us == 100_000 else None
        what = f"worst SLAC answer with one collection of {pause_us // 1000} ms"
        yield row(what, paused.answers.worst_us["SLAC"] / 1000, budget, "ms", f"read {paused.delivered}")


# CircuitPython, whether the update is compiled by its mpy-cross. Before 10.3 every start waits a second for Bluetooth.
STARTS = (
    ("10.3.0", False, ""),
    ("10.1.4", False, ", CircuitPython 10.1 or 10.2"),
    ("10.3.0", True, ", an update compiled by CircuitPython's mpy-cross"),
    ("10.1.4", True, ", CircuitPython 10.1 or 10.2, an update compiled by its mpy-cross"),
)


def start():
    """From power-on. Most of it compiles source: 1.2 ms a line, a tenth of that for libraries that come compiled."""
    for firmware, compiled, how in STARTS:
        found = device_time.one_start(firmware, compiled)
        for what, seconds, budget in (
            ("the modem's key", found.key_s, device_time.KEY_S),
            (
                "the first car that is answered, no SmartEVSE to ask",
                device_time.one_answer(firmware, compiled, smartevse=False),
                device_time.READY_S,
            ),
            (
                "the first car that is answered, the SmartEVSE asked before",
                device_time.one_answer(firmware, compiled),
                device_time.READY_S,
            ),
            ("the page", found.page_s, device_time.PAGE_S),
        ):
            yield row(f"power-on to {what}{how}", round(seconds, 1), budget, "s")


def at_home():
    """MQTT: what it takes while it is used and while it is not, and how long a car may have to wait for it."""
    yield row("modules loaded without a broker and a listener", len(mqtt.unused()), 0)
    yield row("heap in use with a broker, beyond that without", mqtt.heap(), MQTT_BYTES, "bytes")
    loading, well = mqtt.waits({1883: mqtt.Answers})
    yield row("longest wait of the modem while it is loaded, once", loading, None, "s")
    yield row("longest wait, a broker that answers", well, MQTT_PIECE_S, "s")
    yield row("longest wait, no device at the address", mqtt.waits(None)[1], MQTT_PIECE_S, "s")
    yield row("longest wait, a broker that is silent", mqtt.waits({1883: mqtt.Silent})[1], MQTT_PIECE_S, "s")


def planted():
    for name, defect in device_time.PLANTED.items():
        with device_time.with_defect(*defect) as drive:
            faults = device_time.one_plug_in(drive).over_budget()
        yield (
            f"planted: {name}",
            "noticed" if faults else "NOT NOTICED",
            "",
            "kept" if faults else "MISSED",
            "; ".join(faults),
        )


def page_weight():
    folder = ROOT / "CIRCUITPY" / "www"
    page = folder / "index.html"
    linked = {folder / name for name in re.findall(r'(?:src|href)="/([\w.]+)"', page.read_text())}
    files = [page, *(path for path in sorted(linked) if path.suffix in (".css", ".js", ".svg"))]
    total = sum(path.stat().st_size for path in files)
    packed = sum(len(gzip.compress(path.read_bytes())) for path in files)
    yield row(
        "status page, all its files", total, PAGE_BYTES, "bytes", f"{packed} bytes if it were compressed"
    )


@functools.cache
def exi_messages():
    from host_tests.bench import exi_josev

    return exi_josev.measure(20)


def josev():
    """The EXI codec on CPython beside Josev's codec alone, in the same run; each message is printed."""
    from host_tests.bench import exi_josev

    rows = exi_messages()
    for schema, title in (("din70121", "DIN 70121"), ("iso15118_2", "ISO 15118-2")):
        for direction, word in enumerate(("decode", "encode")):
            session, _, _ = exi_josev.times(rows, ("apphand", schema), direction)
            verdict = "kept" if session >= JOSEV_TIMES else "MISSED"
            _, least, name = exi_josev.times(rows, (schema,), direction)
            what = f"{word} handshake and {title}: Josev's time divided by ours"
            yield what, f"{session:.0f}", f"at least {JOSEV_TIMES}", verdict, f"least {least:.0f}, {name}"
    for direction, word in enumerate(("decode", "encode")):
        handshake, least, name = exi_josev.times(rows, ("apphand",), direction)
        yield f"of it {word} the handshake", f"{handshake:.0f}", "", "", f"least {least:.0f}, {name}"


def codecs():
    """The same run, codec by codec: what a message takes, and how many times as long as in C, or as ours."""
    from host_tests.bench import exi_josev

    for schema, title in (("apphand", "handshake"), ("din70121", "DIN 70121"), ("iso15118_2", "ISO 15118-2")):
        for direction, word in enumerate(("decode", "encode")):
            for what, times_us in exi_josev.side_by_side(exi_messages(), schema, direction):
                here, micro, theirs, in_c = times_us
                figures = [f"{us:.{0 if us >= 10 else 1}f}" for us in (here, micro, theirs)]
                ratios = f"Josev's is {theirs / here:.0f} times ours on CPython"
                if in_c is None:
                    figures.append("not measured, no C compiler")
                else:
                    figures.append(f"{in_c:.2g}")
                    ratios += f", ours {here / in_c:.0f} times C"
                yield f"{word} {title}, {what}", " / ".join(figures), "", "", ratios


SECTIONS = (
    ("Start, virtual device time", start),
    ("Virtual device time", device_times),
    ("Planted defects", planted),
    ("Heap, host MicroPython (64 bit)", allocations),
    ("The complete appliance, host MicroPython (64 bit) and twin", appliance),
    ("The heap over a month of plug-ins, one a day, host MicroPython (64 bit)", month),
    ("Time to answer, host MicroPython", answers),
    ("Web", page_weight),
    ("MQTT", at_home),
)
WITH_JAVA = (
    ("EXI, CPython beside Josev's codec", josev),
    ("EXI, us a message: ours on CPython / ours on MicroPython / Josev's / C that is generated from our tables", codecs),
)


def text(sections):
    """The sections as Markdown."""
    parts = [f"Measured on {platform.machine()}, two shared cores, CPython {platform.python_version()}.\n"]
    for title, section in sections:
        rows = [list(line) for line in section()]
        parts.append(
            f"\n**{title}**\n\n" + print_tables.table(["what", "figure", "budget", "", "where"], rows)
        )
        print(parts[-1], flush=True)
    return "".join(parts)


def main(arguments):
    report = text(SECTIONS if "--no-java" in arguments else SECTIONS + WITH_JAVA)
    if "--write" in arguments:
        head, _, _ = PAGE.read_text().partition("<!-- measured -->\n")
        PAGE.write_text(head + "<!-- measured -->\n\n" + report)
    return 1 if "MISSED" in report and "--strict" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
