# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What an owner tries out before he saves it: an address of a SmartEVSE, a broker. Loaded with the first of them."""

from appliance.settings.checks import checked
from appliance.settings.schema import Mistake, row_of
from appliance.web import responses
from appliance.web.actions import answer_of
from appliance.web.bodies import fields_of, text_of

URL_KEYS = ("SMARTEVSE_URL",)
BROKER_KEYS = ("MQTT_BROKER", "MQTT_PORT", "MQTT_USER", "MQTT_PASSWORD")


class Trials:
    """Handlers that try a SmartEVSE or a broker. ``try_delivery``, ``try_probe`` and ``try_broker`` are called with
    {key of a setting: value}, block and give a document."""

    def __init__(self, jobs, keeper, try_delivery, try_probe, try_broker):
        self._jobs = jobs
        self._keeper = keeper
        self._try_delivery = try_delivery
        self._try_probe = try_probe
        self._try_broker = try_broker

    def delivery(self, request):
        """POST /api/test/delivery: {"url": ...}, by default the one in force."""
        return self._try_url(request, self._try_delivery)

    def probe(self, request):
        """POST /api/test/smartevse: {"url": ...}, by default the one in force."""
        return self._try_url(request, self._try_probe)

    def broker(self, request):
        """POST /api/test/mqtt: {"MQTT_BROKER": ..., ...}, what is left out as it is after the next restart."""
        return self._attempt(request, self._try_broker, fields_of(request), BROKER_KEYS)

    def _try_url(self, request, attempt):
        return self._attempt(request, attempt, {URL_KEYS[0]: fields_of(request).get("url")}, URL_KEYS)

    def _attempt(self, request, attempt, fields, keys):
        """Have ``attempt({key: value})`` done. The first of the keys must not be empty."""
        values = {}
        try:
            for key in keys:
                text = text_of(fields.get(key))
                values[key] = self._keeper.after[key] if text is None else checked(row_of(key), text)
        except Mistake as mistake:
            return responses.document(request, {"error": str(mistake)}, 422)
        if not values[keys[0]]:
            error = {"error": "There is no address to try."}
            return responses.document(request, error, 422)
        return answer_of(request, self._jobs, self._jobs.start(attempt, values), 500)
