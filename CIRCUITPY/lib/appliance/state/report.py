# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the self-test found. It stays, and what tested is given back (``box_test``)."""

from appliance.state.status import cause_document


class Check:
    """One part: ``ok`` True, False or None (not there on purpose), ``text``, and ``cause``, a key of the table."""

    def __init__(self, name, ok, text, cause=None):
        self.name = name
        self.ok = ok
        self.text = text
        self.cause = None if ok is not False else cause


class Report:
    """What a test found, and when (seconds of uptime)."""

    def __init__(self, checks, at_s):
        self.checks = checks
        self.at_s = at_s

    @property
    def failed(self):
        """Names of the parts that are not as they should be."""
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
