# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Prints the tables in docs/ from the tables in the code: `make docs`.

A page marks the place with two comments, ``<!-- table NAME -->`` and ``<!-- end -->``; what stands between
them is replaced. ``--check`` writes nothing and fails when a page is stale.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
sys.path.insert(0, str(ROOT / "CIRCUITPY" / "lib"))

from appliance.mqtt.causes import ROWS  # noqa: E402
from appliance.settings import schema  # noqa: E402
from appliance.smartevse import listeners  # noqa: E402
from appliance.state import faults  # noqa: E402
from plc import mme_slac, network_key, slac  # noqa: E402
from v2g import admission, din, handshake, iso2, session  # noqa: E402
from v2g.plug_in import LIMITS_MS  # noqa: E402

from host_tests.cars import estimates, sources  # noqa: E402
from host_tests.cars import tables as car_tables  # noqa: E402
from host_tests.checks import conformance, house, libraries  # noqa: E402
from host_tests.interpreter import differences  # noqa: E402
from host_tests.support import number_rows  # noqa: E402
from host_tests.support.steps import to_the_end  # noqa: E402
from host_tests.tools import leaving, sequences, wiring  # noqa: E402

_PLACE = re.compile(r"(<!-- table (\S+) -->\n).*?(<!-- end -->)", re.S)


def table(head, rows):
    """A Markdown table; cells are text."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines
    )


def message_name(kind):
    names = [name for name, value in vars(mme_slac).items() if value == kind and name.startswith("CM_")]
    return names[0]


def words(action):
    return action.__name__.strip("_").replace("_", " ")


def slac_messages():
    rows = [["CM_SLAC_PARM_REQ", "any", "answer parm cnf, begin or start over", "WAIT_START"]]
    for kind, (states, action, after) in slac.MESSAGES.items():
        rows.append([message_name(kind), ", ".join(states), words(action), after or "stays"])
    return table(["message", "allowed in", "action", "next state"], rows)


def slac_timeouts():
    rows = [
        [state, timer, slac.TIMERS_MS[timer], words(action)]
        for state, (timer, action) in slac.TIMEOUTS.items()
    ]
    return table(["state", "timer", "ms", "when it runs out"], rows)


def slac_timers():
    return table(["timer", "ms"], [*slac.TIMERS_MS.items(), *network_key.TIMERS_MS.items()])


def requests(standard):
    rows = [
        [name, ", ".join(states) or "never", words(action), after or "stays"]
        for name, (states, action, after) in standard.REQUESTS.items()
    ]
    return table(["request", "allowed in", "action", "next state"], rows)


def din_requests():
    return requests(din)


def iso2_requests():
    return requests(iso2)


def ladder(standard):
    rounds, least_ms, most_ms = session.SHUTDOWN
    lasts = {1: "once", 2: f"{rounds} rounds and {least_ms} ms at least, {most_ms} ms at most"}
    rows = [
        [rung, name, code, processing or "", status, lasts.get(rung, "every time"), leaving.LEAVE_THERE[rung]]
        for rung, name, code, processing, status, _ in standard.LADDER
    ]
    head = ["rung", "request", "ResponseCode", "EVSEProcessing", "EVSEStatusCode", "how often", "leave here"]
    return table(head, rows)


def din_ladder():
    return ladder(din)


def iso2_ladder():
    return ladder(iso2)


def diagram(car):
    return "```mermaid\n" + sequences.of(car) + "\n```\n"


def din_sequence():
    return diagram("tesla_y")


def iso2_sequence():
    return diagram("iso_only")


def behaviours():
    return table(["the car", "the box", "known of"], leaving.BEHAVIOURS)


def phases():
    return table(["state", "CONVERSATION_UNTIL", "ms at most"], [phase[:3] for phase in session.PHASES])


def station_limits():
    limits = session.limits(session.Station({}))
    rows = [[name, f"{value * 10**multiplier} {unit}"] for name, multiplier, unit, value in limits]
    return table(["element", "value"], rows)


def session_limits():
    return table(["limit", "ms"], LIMITS_MS.items())


def protocols():
    rows = [
        [name, namespace, f"{major}.{minor}"] for namespace, (name, major, minor) in handshake.SPOKEN.items()
    ]
    return table(["protocol", "namespace", "version"], rows)


def plug_in():
    names = ("QUIET_MS", "NEW_MS", "ASK_NEW_MS", "ASK_AGAIN_MS", "ASK_IDLE_MS", "PHASE_MS")
    names += ("SILENCE_MS", "READINGS_PER_HOUR", "READ_NOW_MS", "START_ASK_MS")
    return table(["constant", "value"], [[name, getattr(admission, name)] for name in names])


def recordings():
    """Where each recording comes from."""
    rows = []
    for file, repository, commit, path, digest in sources.SOURCES:
        origin = f"[{repository}](https://github.com/{repository})" + (f" at {commit}" if commit else "")
        rows.append([f"`{file}`", origin, f"`{path}`", f"`{digest[:16]}`"])
    return table(["file", "repository", "original", "SHA-256 of the file, first 16 digits"], rows)


def numbers():
    """What a car tells and what the SmartEVSE gets, rule by rule."""
    head = ["case", "SoC told", "full", "capacity", "request", "profile", "SoC posted", "full", "capacity", "request"]
    rows = []
    for name, told, profile, sent in number_rows.ROWS:
        rows.append([name, *number_rows.shown(told), f"`{profile}`" if profile else "", *number_rows.shown(sent)])
    return table(head, rows)


def car_estimates():
    return table(estimates.HEAD, estimates.table_rows())


def settings_table():
    rows, words = [], to_the_end(schema.words())[0]
    for row in schema.SCHEMA:
        default = "`%s`" % row[schema.DEFAULT] if row[schema.DEFAULT] != "" else "empty"
        rows.append(["`%s`" % row[schema.KEY], row[schema.GROUP], default, words[row[schema.KEY]][1]])
    return table(["key", "group", "default", "meaning"], rows)


def pins(group, prefix):
    """Signals and pins as the settings have them."""
    rows, words = [], to_the_end(schema.words())[0]
    for row in schema.SCHEMA:
        if row[schema.KIND] == schema.PIN and row[schema.KEY].startswith(prefix):
            rows.append([words[row[schema.KEY]][0], "`%s`" % (row[schema.DEFAULT] or "none"), "`%s`" % row[schema.KEY]])
    return table([group, "pin of the ESP32-S3", "setting"], rows)


def modem_pins():
    return pins("modem", "MODEM_")


def display_pins():
    return pins("display, button, light", ("DISPLAY_", "BUTTON", "LED"))


def causes_table():
    rows = []
    for code, row in (faults.TABLE | ROWS | listeners.ROWS).items():
        rows.append(["`%s`" % code, row[1], *faults.sentences(code)])
    return table(["code", "display", "what it means", "what to do"], rows)


def interpreter_differences(group):
    rows = [
        [
            row[differences.WHAT],
            "`%s`" % row[differences.CPYTHON],
            "`%s`" % row[differences.MICROPYTHON],
            *row[5:],
        ]
        for row in differences.DIFFERENCES
        if row[differences.GROUP] == group
    ]
    return table(["difference", "CPython", "MicroPython", "CircuitPython", "how the code copes"], rows)


def allocations():
    rows = [[what, "yes" if takes else "no", how] for what, _, _, takes, how in differences.ALLOCATIONS]
    return table(["what", "takes heap", "in an idle pass"], rows)


def house_rooms():
    """What each room is for, and which rooms it uses."""
    found = house.rooms(house.modules(ROOT / "CIRCUITPY"))
    rows = [[f"`{room}`", what, " ".join(f"`{other}`" for other in others)] for room, (what, others) in found.items()]
    return table(["room", "what it is", "uses"], rows)


def house_exceptions():
    """What may break a limit of the house."""
    rows = [[f"`{where}`", rule, reason] for (rule, where), reason in sorted(house.EXCEPTIONS.items())]
    return table(["where", "limit", "why"], rows)


def private_uses():
    """Private names of libraries that the box uses."""
    rows = [[f"`{file}`", f"`{name}`", reason] for (file, name), reason in libraries.PRIVATE_USES.items()]
    return table(["file", "name", "why"], rows)


TABLES = {
    "house": lambda: "```\n" + house.picture(ROOT / "CIRCUITPY") + "```\n",
    "house-rooms": house_rooms,
    "house-exceptions": house_exceptions,
    "private-uses": private_uses,
    "modem-pins": modem_pins,
    "display-pins": display_pins,
    **{name: lambda rows=rows: table(*rows()) for name, rows in wiring.TABLES.items()},
    "slac-messages": slac_messages,
    "slac-timeouts": slac_timeouts,
    "slac-timers": slac_timers,
    "din-requests": din_requests,
    "iso2-requests": iso2_requests,
    "din-ladder": din_ladder,
    "iso2-ladder": iso2_ladder,
    "din-sequence": din_sequence,
    "iso2-sequence": iso2_sequence,
    "behaviours": behaviours,
    "phases": phases,
    "station-limits": station_limits,
    "session-limits": session_limits,
    "protocols": protocols,
    "plug-in": plug_in,
    "numbers": numbers,
    "cars-estimates": car_estimates,
    "recordings": recordings,
    "settings": settings_table,
    "causes": causes_table,
    **car_tables.TABLES,
    "differences-silent": lambda: interpreter_differences("silent"),
    "differences-absent": lambda: interpreter_differences("absent"),
    "differences-syntax": lambda: interpreter_differences("syntax"),
    "differences-shim": lambda: interpreter_differences("shim"),
    "allocations": allocations,
    "conformance": conformance.printed,
}


def printed(text):
    """``text`` with every marked table as the code has it now."""
    return _PLACE.sub(lambda place: place[1] + "\n" + TABLES[place[2]]() + "\n" + place[3], text)


def stale_pages():
    """Pages of docs/ whose tables are not those of the code, as [(path, text as it should be)]."""
    pages = []
    for path in sorted(DOCS.glob("*.md")):
        text = path.read_text()
        if printed(text) != text:
            pages.append((path, printed(text)))
    return pages


def main(arguments):
    pages = stale_pages()
    for path, text in pages:
        print(("stale: " if "--check" in arguments else "printed: ") + str(path.relative_to(ROOT)))
        if "--check" not in arguments:
            path.write_text(text)
    return 1 if pages and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
