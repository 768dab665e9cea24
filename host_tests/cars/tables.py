# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The tables of docs/cars.md that need no run: what is recorded of each car, what is assumed, how it left."""

from host_tests.twin.car.protocols import DIN, ISO2, TESLA
from host_tests.twin.car.recorded import RECORDED
from host_tests.twin.car.session import LEAVING

_SHORT = {DIN[0]: "DIN", ISO2[0]: "ISO-2", TESLA[0]: "Tesla"}


def table(head, rows):
    """A Markdown table; cells are text."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines
    )


def shown(name, value):
    """A habit's value in a few characters."""
    if value is None:
        return "left out"
    if name == "mac":
        return value[0:3].hex(":") + ":.."
    if name == "app_protocols":
        return ", ".join(f"{_SHORT[offer[0]]} SchemaID {offer[3]} priority {offer[4]}" for offer in value)
    if isinstance(value, bytes):
        return value.hex(" ")
    if name in ("sdp_security", "sdp_fallback"):
        return f"0x{value:02x}"
    if name == "later_sessions":
        return ", ".join(f"{habit} {shown(habit, own)}" for habit, own in value if own is not None)
    if name in ("max_current", "max_power", "max_voltage", "target_voltage", "target_current"):
        return f"{value[2]} e{value[0]} {value[1]}"
    if name in ("ip_after_link", "ip_before_slac"):
        return ", ".join(f"{kind} {at_ms}" for at_ms, kind in value) or "nothing"
    if name == "remaining_times":
        return ", ".join(f"{item[2]} {item[1]}" for item in value)
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    return str(value)


def between(times, first, last):
    if first not in times or last not in times:
        return "-"
    return f"{times[last] - times[first]:.1f} s"


def needed(name):
    """What the recorded station needed: (matched, SDP answered, state of charge) behind the first request."""
    times = RECORDED[name]["station"]["times"]
    return tuple(between(times, "parm_req", step) for step in ("match_cnf", "sdp_res", "soc"))


def stations():
    rows = []
    for name, car in RECORDED.items():
        station = car["station"]
        soc = car["recorded"].get("soc_percent")
        rows.append(
            [
                f"`{name}`",
                car["title"],
                f"`{car['file']}` {station['times']['parm_req']} s",
                f"{soc[0]} %" if soc else "none",
                station["charger"],
                station["parm_requests"],
                *needed(name)[:2],
                station["sdp_requests"] or "-",
                needed(name)[2],
            ]
        )
    head = ["car", "what it is", "recording, from", "SoC", "station"]
    head += ["SLAC requests", "matched", "SDP answered", "SDP requests", "SoC told"]
    return table(head, rows)


def leaving():
    rows = []
    for name, car in RECORDED.items():
        own = car["assumed"]["leave"][0]
        cells = []
        for habit in LEAVING:
            mark = "recorded" if habit in car["endings"] else "assumed"
            cells.append(f"**{mark}**" if habit == own else mark)
        rows.append([f"`{name}`", *cells])
    return table(["car", *(f"`{habit}`" for habit in LEAVING)], rows)


def endings():
    rows = []
    for name, car in RECORDED.items():
        for habit, (t_s, text) in car["endings"].items():
            rows.append([f"`{name}`", f"`{habit}`", f"{t_s} s", text])
    return table(["car", "way of leaving", "at", "what the recording shows"], rows)


def habits():
    text = ""
    for name, car in RECORDED.items():
        rows = []
        for habit, entry in sorted(car["recorded"].items()):
            where = f"{entry[1]} s"
            if len(entry) > 2 and entry[2] != car["file"]:
                where += f" of `{entry[2]}`"
            rows.append([f"`{habit}`", shown(habit, entry[0]), where])
        for habit, (value, reason) in sorted(car["assumed"].items()):
            rows.append([f"`{habit}`", shown(habit, value), f"**assumed**: {reason}"])
        text += f"<details><summary>{name}: {car['title']}</summary>\n\n`{car['file']}`\n\n"
        text += table(["habit", "value", "recorded at"], rows) + "\n</details>\n\n"
    return text


TABLES = {
    "cars-stations": stations,
    "cars-leaving": leaving,
    "cars-endings": endings,
    "cars-habits": habits,
}
