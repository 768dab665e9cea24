# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the self-test found. Apart from the tests themselves, which are freed after each run (``box_test``)."""

from appliance.state.status import cause_document


class Check:
    """One part. ``ok``: True, False, or None (not set up, or cannot be told); ``cause``: a code of ``faults``, or None."""

    def __init__(self, name, ok, text, cause=None):
        self.name = name
        self.ok = ok
        self.text = text
        self.cause = None if ok is not False else cause


class Report:
    """The checks of one self-test, and when it was made (seconds of uptime)."""

    def __init__(self, checks, at_s):
        self.checks = checks
        self.at_s = at_s

    @property
    def failed(self):
        """Names of the checks that failed."""
        return [check.name for check in self.checks if check.ok is False]

    def document(self, now_s):
        """As JSON has it."""
        rows = [
            {
                "name": check.name,
                "ok": check.ok,
                "text": check.text,
                "cause": cause_document(check.cause),
            }
            for check in self.checks
        ]
        return {"ago_s": now_s - self.at_s, "ok": not self.failed, "checks": rows}
