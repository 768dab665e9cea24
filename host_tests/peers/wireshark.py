# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""tshark reads a pcap: its values, and everything it objects to.

tshark takes a quarter of a second to start, a file of ours next to nothing. So it reads a file once, for all who ask: the
fields that anybody asks for are in `FIELDS`.
"""

import functools
import shutil
import subprocess

# Checksums are not looked at unless asked for.
OPTIONS = ("tcp.check_checksum:TRUE", "udp.check_checksum:TRUE", "ip.check_checksum:TRUE")
GOOD = "1"
WARNING, ERROR = 6291456, 8388608
# Objections of tshark's TCP analysis; a window update is none.
ANALYSIS = (
    "retransmission",
    "fast_retransmission",
    "spurious_retransmission",
    "rto",
    "out_of_order",
    "duplicate_ack",
    "lost_segment",
    "ack_lost_segment",
    "zero_window",
    "zero_window_probe",
    "zero_window_probe_ack",
    "window_full",
    "keep_alive",
    "reused_ports",
)
CHECKSUMS = ("tcp", "udp", "icmpv6")
PROTOCOLS = "frame.protocols"
FLAGS = [f"tcp.analysis.{name}" for name in ANALYSIS]
OBJECTIONS = ["frame.number", PROTOCOLS, "eth.src", "_ws.expert.severity", "_ws.expert.message", "_ws.malformed"]
OBJECTIONS += [f"{name}.checksum.status" for name in CHECKSUMS] + FLAGS
FIELDS = dict.fromkeys(OBJECTIONS)
_SEPARATOR, _AGGREGATOR = "\x1f", "\x1e"


def missing():
    """Why tshark cannot be asked, or None."""
    return None if shutil.which("tshark") else "Wireshark's opinion of whole sessions (needs tshark, Debian)"


def version():
    text = subprocess.run(["tshark", "--version"], capture_output=True, text=True, check=True).stdout
    return text.split("(Wireshark) ")[1].split()[0].rstrip(".")


def run(path, *arguments):
    """tshark's output; RuntimeError if it fails."""
    command = ["tshark", "-n", "-r", str(path)]
    for option in OPTIONS:
        command += ["-o", option]
    result = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False, timeout=60)
    if result.returncode:
        raise RuntimeError(result.stderr)
    return result.stdout


def ask_for(*fields):
    """These fields will be asked for."""
    FIELDS.update(dict.fromkeys(fields))


def _read(path):
    about = path.stat()
    return _read_once(path, about.st_size, about.st_mtime_ns)


@functools.cache
def _read_once(path, _size, _mtime_ns):
    arguments = ["-T", "fields", "-E", f"separator={_SEPARATOR}", "-E", f"aggregator={_AGGREGATOR}"]
    for field in FIELDS:
        arguments += ["-e", field]
    found = []
    for line in run(path, *arguments).split("\n")[:-1]:
        cells = [cell.split(_AGGREGATOR) if cell else [] for cell in line.split(_SEPARATOR)]
        found.append(dict(zip(FIELDS, cells, strict=True)))
    return found


def rows(path, fields, protocol=None):
    """One dict a frame, {field: [text, ...]}; ``protocol``: only frames that have it. A file is read once, and again when
    it was written anew.
    """
    read = _read(path)
    if protocol:
        read = [row for row in read if protocol in row[PROTOCOLS][0].split(":")]
    return [{field: row[field] for field in fields} for row in read]


def objections(path):
    """Everything tshark holds against the frames of a file: a list of (source MAC, text)."""
    found = []
    for row in rows(path, OBJECTIONS):

        def object_to(text, row=row):
            found.append((row["eth.src"][0], f"frame {row['frame.number'][0]}: {text}"))

        for severity, message in zip(row["_ws.expert.severity"], row["_ws.expert.message"], strict=True):
            if int(severity) >= WARNING:
                object_to(message)
        if row["_ws.malformed"]:
            object_to("malformed")
        for name in CHECKSUMS:
            # An ICMPv6 error would quote a header; this box and these cars send none.
            if name in row[PROTOCOLS][0].split(":") and row[f"{name}.checksum.status"] != [GOOD]:
                object_to(f"{name} checksum {row[f'{name}.checksum.status']}")
        for flag in FLAGS:
            if row[flag]:
                object_to(flag)
    return found
