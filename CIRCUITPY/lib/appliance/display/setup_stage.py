# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Which screen around setting up WiFi is due; what it shows is in ``setup_views``, which is loaded then."""

from appliance.state import status

OFFER, GUEST, JOINING, JOINED = "offer", "guest", "joining", "joined"

# A car that is under way, or a start, is more important.
_BUSY_STAGES = (status.STARTING, status.FINDING, status.READING)
# A charge that was just read has the display to itself; an older one and the offer take turns.
_FRESH_S = 600
_TURN_S = 10


def kind(state, wifi, now):
    """Which of the screens is due, or None: the usual ones. Allocates nothing."""
    if state.in_session:
        return None
    stage = state.stage()
    if stage in _BUSY_STAGES:
        return None
    provisioning = wifi.provisioning
    if provisioning is None:
        return None
    if provisioning.wish is not None:
        return JOINING
    if provisioning.just_joined(now):
        return JOINED
    if not provisioning.offered:
        return None
    if provisioning.has_guest(now):
        return None if wifi.connected else GUEST
    if stage == status.WAITING:
        return OFFER
    if stage == status.SOC and state.age_s() < _FRESH_S:
        return None
    return OFFER if state.uptime.seconds // _TURN_S % 2 else None
