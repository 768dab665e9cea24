# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Looks at every frame that reached the box and every frame it sent, and says what no box may do.

* CM_ATTEN_CHAR.IND: each group lies within what the modem reported of this car since its last CM_SLAC_PARM.CNF, the
  number of sounds is that of the reports, and MAC and RunID are those of a request.
* CM_SLAC_PARM.CNF never goes to a car that charges.
* CM_SLAC_MATCH.CNF: answers a CM_SLAC_MATCH.REQ with a RunID that this car's CM_SLAC_PARM.REQ had.
"""

from host_tests.endurance.faults import TO_BOX

_PARM_REQ, _PARM_CNF, _PROFILE, _CHARACTERISTICS, _MATCH_REQ, _MATCH_CNF = (
    0x6064,
    0x6065,
    0x6086,
    0x606E,
    0x607C,
    0x607D,
)
GROUPS = 58
CHARGES = "CM_SLAC_PARM.CNF to a car that charges"


class Oracle:
    """`frame(direction, frame)` for each; `wrong`: sentences; `leave_alone`: None or the MAC of a car that charges."""

    def __init__(self):
        self.wrong = []
        self.frames = 0
        self.leave_alone = None
        self._runs = {}
        self._reports = {}
        self._asked = {}

    def frame(self, direction, frame):
        self.frames += 1
        if frame[12:14] != b"\x88\xe1":
            return
        kind = frame[15] | frame[16] << 8
        if direction == TO_BOX:
            self._heard(kind, frame)
        elif kind == _PARM_CNF:
            self._reports[frame[0:6]] = []
            if frame[0:6] == self.leave_alone:
                self.wrong.append(CHARGES)
        elif kind == _CHARACTERISTICS:
            self._characteristics(frame)
        elif kind == _MATCH_CNF:
            self._match(frame)

    def _heard(self, kind, frame):
        mac = frame[6:12]
        if kind == _PARM_REQ:
            runs = self._runs.setdefault(mac, [])
            runs.append(frame[21:29])
            del runs[:-6]
        elif kind == _PROFILE and frame[25] == GROUPS and len(frame) >= 85:
            self._reports.setdefault(frame[19:25], []).append(frame[27:85])
        elif kind == _MATCH_REQ and len(frame) >= 77:
            asked = self._asked.setdefault(mac, [])
            asked.append(frame[69:77])
            del asked[:-6]

    def _match(self, frame):
        mac, run_id = frame[0:6], frame[69:77]
        if run_id not in self._runs.get(mac, ()):
            self.wrong.append("CM_SLAC_MATCH.CNF for a RunID that never asked for the parameters")
        if run_id not in self._asked.get(mac, ()):
            self.wrong.append("CM_SLAC_MATCH.CNF for a RunID that never asked for a match")

    def _characteristics(self, frame):
        mac = frame[0:6]
        reports = self._reports.get(mac, [])
        if frame[27:35] not in self._runs.get(mac, ()):
            self.wrong.append("CM_ATTEN_CHAR.IND for an unknown RunID")
        if not 0 < frame[69] <= len(reports):
            self.wrong.append(f"CM_ATTEN_CHAR.IND over {frame[69]} sounds, {len(reports)} were reported")
            return
        for group in range(GROUPS):
            values = [report[group] for report in reports]
            # A report of nothing but zeroes does not count as a report: the first group then says 1.
            if not min(values) <= frame[71 + group] <= max(*values, 1):
                self.wrong.append(
                    f"CM_ATTEN_CHAR.IND: group {group} is {frame[71 + group]}, reported {values}"
                )
                return
