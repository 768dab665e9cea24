# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box's wiring of pages that are loaded when their owner first opens them: in a job, so that no car waits for it."""

from appliance import box_documents


class Opened:
    """Its methods are called by the pages directly, with no function in between, because some need many stack frames."""

    def __init__(self, box):
        self._box = box

    def new_settings_pages(self):
        """Handlers of the page Settings."""
        from appliance.web.settings import SettingsPages

        box = self._box
        return SettingsPages(box.keeper, box.jobs, box.status, box.restart, box.access, box.log)

    def new_downloads(self):
        """Handlers of backup, settings.toml and the frames for Wireshark."""
        from appliance.web.downloads import Downloads

        box = self._box
        return Downloads(box.frames, box.keeper, box.access)

    def new_report(self):
        from appliance.web import diagnostics

        box = self._box
        rows = box_documents.report_rows(box, diagnostics)
        return diagnostics.Diagnostics(rows, box.self_test, box.status, box.settings, box.access, box.log)

    def new_update_pages(self):
        from appliance.web.update import UpdateActions

        box = self._box
        return UpdateActions(box.updates, box.loop.has_car, box.jobs, box.restart, box.watchdog, box.log)

    def new_modem_pages(self):
        from appliance.modem import attenuation, service
        from appliance.web.modem import ModemPages

        box = self._box
        loop = box.loop
        parameters = service.Service(
            loop, box.role, box.mac, box.entropy.random_bytes, lambda text: box.log.note("modem", text)
        )
        loop.parameters = parameters
        loop.add_piece("parameters", parameters)
        return ModemPages(parameters, box.status, loop, attenuation.attenuation_document, box.diary.mean_db)

    def new_diary_pages(self):
        diary = self._box.diary.get()
        from appliance.diary import listing
        from appliance.web.diary import DiaryPages

        return DiaryPages(diary, listing, self._box.uptime, self._box.jobs)

    def try_delivery(self, values):
        """Try a delivery that changes nothing to the SmartEVSE in ``values`` ({key of a setting: value})."""
        from appliance.smartevse import trial

        return trial.try_delivery(self._box.smartevse, values["SMARTEVSE_URL"])

    def try_probe(self, values):
        """Ask the SmartEVSE in ``values`` ({key of a setting: value}) for its state."""
        from appliance.smartevse import trial

        return trial.try_probe(self._box.smartevse, values["SMARTEVSE_URL"])

    def try_broker(self, values):
        """Try to log in at the broker in ``values`` ({key of a setting: value}). Returns {"ok", "text"}."""
        from appliance import box_home

        box = self._box
        trial, account, refusal = box_home.trial_of(box, values)
        return refusal or trial.try_broker(account, box.wifi, box.smartevse.look_up, box.ticks)
