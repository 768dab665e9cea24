# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The page *Modem*: its parameters, and how it heard the last car. Loaded when it is first asked for.

GET  /api/modem                       what is there, what is under way
POST /api/modem/read                  {}
GET  /modem.pib                       the parameters as a file
POST /api/modem/change                {"check": "..."} of the block that was shown
POST /api/modem/file?offset=0         a kept file, 4 kB at a time
POST /api/modem/restore               {"check": "...", "other": false}
"""

from appliance.base.refused import Refused
from appliance.web import responses
from appliance.web.bodies import fields_of, is_on, offset_of

PIECE_BYTES = 1024
FILE_TYPE = "application/octet-stream"


class ModemPages:
    """Handlers. ``service`` is modem.service.Service; ``loop`` has the protocol stack that measured the last car;
    ``diary_db()`` is the mean of the diary, or None."""

    def __init__(self, service, status, loop, attenuation_document, diary_db):
        self._service = service
        self._status = status
        self._loop = loop
        self._attenuation_document = attenuation_document
        self._diary_db = diary_db

    def state(self, request):
        """GET /api/modem"""
        status = self._status
        document = self._service.document(status.firmware)
        document["firmware"] = status.firmware
        document["role"] = status.modem_role
        document["modem"] = status.modem_status
        document["attenuation"] = self._attenuation_document(self._loop.secc.slac.attenuation)
        document["diary_db"] = self._diary_db()
        document["last_db"] = [session.attenuation_db for session in status.sessions]
        return responses.document(request, document)

    def read(self, request):
        """POST /api/modem/read"""
        return self._do(request, self._service.read)

    def file(self, request):
        """GET /modem.pib"""
        block = self._service.block
        if block is None:
            return responses.Answer(request, self._service.not_read, 404)
        name = self._service.file_name(self._status.firmware)
        return responses.streamed(request, self._pieces(block), FILE_TYPE, name)

    def change(self, request):
        """POST /api/modem/change"""
        return self._do(request, self._service.change, fields_of(request).get("check"))

    def take(self, request):
        """POST /api/modem/file"""
        offset = offset_of(request)
        return self._do(request, self._service.take, offset, request.body or b"")

    def restore(self, request):
        """POST /api/modem/restore"""
        fields = fields_of(request)
        return self._do(request, self._service.restore, fields.get("check"), is_on(fields, "other"))

    def _pieces(self, block):
        for start in range(0, len(block.module), PIECE_BYTES):
            yield block.module[start : start + PIECE_BYTES]
        if block is self._service.block:
            self._service.kept()

    @staticmethod
    def _do(request, work, *arguments):
        try:
            return responses.document(request, {"done": work(*arguments)})
        except Refused as error:
            return responses.document(request, {"error": str(error), "code": error.code}, 409)
