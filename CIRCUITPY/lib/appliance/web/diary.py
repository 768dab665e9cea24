# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The page *Diary*: the list, the table for a spreadsheet, and the button that deletes all of it. Loaded when it is first
asked for.

GET  /api/diary                       all entries as JSON, the newest first
GET  /diary.csv                       the same for a spreadsheet
POST /api/diary/delete                {}
"""

from appliance.storage.records import PC_HAS_THE_DRIVE
from appliance.web import responses
from appliance.web.actions import answer_of

CSV_TYPE = "text/csv; charset=utf-8"


class DiaryPages:
    """Handlers. ``diary`` is a diary.diary.Diary, ``listing`` makes pieces of it."""

    def __init__(self, diary, listing, uptime, jobs):
        self._diary = diary
        self._listing = listing
        self._uptime = uptime
        self._jobs = jobs

    def list(self, request):
        """GET /api/diary"""
        return responses.streamed(request, self._listing.json_pieces(self._diary, self._uptime))

    def table(self, request):
        """GET /diary.csv"""
        pieces = self._listing.csv_pieces(self._diary, self._uptime)
        return responses.streamed(request, pieces, CSV_TYPE, "socbox-diary.csv")

    def delete(self, request):
        """POST /api/diary/delete"""
        return answer_of(request, self._jobs, self._jobs.start(self._delete, None), 409)

    def _delete(self, _argument):
        try:
            self._diary.delete()
            return {"ok": True}
        except RuntimeError:
            raise RuntimeError(PC_HAS_THE_DRIVE.replace("save", "delete"))
