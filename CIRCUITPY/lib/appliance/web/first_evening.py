# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the set-up page asks for after WiFi: the SmartEVSE and the password of the pages.

A guest has read the access point's password off the box, so this is open to guests until an owner has chosen a password;
after that it is done on the pages.
"""

from appliance.settings.checks import check_changes
from appliance.web import responses
from appliance.web.actions import answer_of
from appliance.web.bodies import fields_of, is_on, text_of

CHOSEN = "This box has a password already. Log in on its page to change anything."


class FirstEvening:
    """Handlers. ``find()`` gives [(name, address)] of SmartEVSEs and blocks for seconds, ``probe({key: url})`` asks
    one for its state."""

    def __init__(self, jobs, keeper, access, find, probe):
        self._jobs = jobs
        self._keeper = keeper
        self._access = access
        self._find = find
        self._probe = probe

    @property
    def open(self):
        """True until an owner has chosen a password."""
        return self._access.made_up is not None

    def password_for_guest(self, named_network):
        """The made-up password for the one who named the network, else None."""
        return self._access.made_up if named_network else None

    def find(self, request):
        """POST /api/setup/find: {"found": [{"name", "address"}]}"""
        return self._as_job(request, self._look, None)

    def _look(self, _argument):
        return {"found": [{"name": name, "address": address} for name, address in self._find()]}

    def smartevse(self, request):
        """POST /api/setup/smartevse: {"url": ..., "anyway": bool} gives {"ok", "text", "saved"}.

        Saved when a SmartEVSE that takes readings answers there, or anyway."""
        fields = fields_of(request)
        url = text_of(fields.get("url")) or ""
        texts, refusal = self._checked(request, "SMARTEVSE_URL", "The address", url)
        if refusal is not None:
            return refusal
        if is_on(fields, "anyway"):
            return self._as_job(request, self._save, texts, in_steps=True)

        # A trial uses all the stack frames there are, so saving is a separate job after it.
        def save():
            return self._jobs.start(self._save, texts, in_steps=True)

        return self._as_job(request, self._probe, texts, then=save)

    def password(self, request):
        """POST /api/setup/password: {"password": ...}"""
        password = text_of(fields_of(request).get("password")) or ""
        texts, refusal = self._checked(request, "WEB_PASSWORD", "The password", password)
        return refusal or self._as_job(request, self._save, texts, in_steps=True)

    def _save(self, texts):
        yield from self._keeper.saving(texts)
        return {"ok": True, "text": "", "saved": True}

    def _checked(self, request, key, field, text):
        """({key: text}, None), or (None, the answer that says what is wrong with what this page calls ``field``)."""
        if not text:
            return None, responses.document(
                request, {"error": "Enter something first, or skip this step."}, 422
            )
        texts, faults = check_changes(self._keeper.after, {key: text})
        if faults:
            return None, responses.document(request, {"error": faults[key].replace(key, field)}, 422)
        return texts, None

    def _as_job(self, request, work, argument, in_steps=False, then=None):
        if not self.open:
            return responses.document(request, {"error": CHOSEN}, 403)
        job = self._jobs.start(work, argument, in_steps)
        return answer_of(request, self._jobs, job, 409, then)
