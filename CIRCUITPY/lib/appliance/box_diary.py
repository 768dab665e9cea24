# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box's wiring of its diary and of the time server. Loaded when the diary is first needed."""

from appliance.state.log import NTP


def new_diary(box):
    """The Diary. If a time server is set, it is added to the loop as well."""
    from appliance.diary.diary import Diary
    from appliance.diary.ring import Ring

    status = box.status
    recording = box.settings["DIARY"] == "yes"

    def nobody_there():
        return not status.in_session and status.car_present is not True

    def may_write():
        return nobody_there() and not box.smartevse.delivering and not box.drive.busy

    def tell(text):
        box.log.note("diary", text)

    ring = Ring(box.root, box.drive.remount, box.entropy.random_bytes)
    if recording and box.settings["NTP_SERVER"]:
        box.loop.add_slow_piece("ntp", _new_ntp(box, nobody_there, tell))
    return Diary(ring, status, recording, may_write, tell, lambda: box.watchdog.stretch(True))


def _new_ntp(box, nobody_there, tell):
    from appliance.network.ntp import Ntp

    def new_socket():
        pool = box.wifi.pool
        return pool.socket(pool.AF_INET, pool.SOCK_DGRAM)

    ntp = Ntp(
        box.settings["NTP_SERVER"],
        new_socket,
        box.entropy.random_bytes,
        box.smartevse.look_up,
        lambda unix_s: box.uptime.tell_time(unix_s, NTP),
        tell,
    )
    ntp.may_ask = lambda: box.wifi.connected and nobody_there()
    return ntp
