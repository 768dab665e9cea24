# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box in one flat document, for home automation: GET /api/reading, the POST to a listener, the topics of MQTT.

A car's numbers are given only while that car may still be here; unknown is None. Other programs rely on these keys: keys
may be added, but no meaning may change.
"""

from appliance.base import version
from appliance.base.text import hex_text
from appliance.state import cars, faults, makers

KEYS = (
    "soc_percent",  # state of charge as the car told it
    "soc_doubtful_percent",  # a number that it told and that cannot be believed
    "estimated_soc_percent",  # its present charge, computed with the SmartEVSE's meter
    "full_in_s",  # until the target, while it charges
    "target_soc_percent",  # where it stops charging
    "energy_capacity_wh",  # of its battery
    "energy_request_wh",  # what it asked for
    "age_s",  # of the reading
    "car_name",  # as its owner calls it in CAR_1 ...
    "likely_maker",
    "evccid",  # the last six bytes, as SmartEVSE and evcc compare them
    "protocol",
    "car_present",  # true, false, or unknown: the box does not see the pilot line
    "stage",
    "headline",
    "delivery",  # of the last reading to the SmartEVSE: ok, failed, pending
    "problem",  # code of what is wrong
    "problem_text",
    "problem_action",
    "version",
    "modem_firmware",
    "rssi_dbm",
    "uptime_s",
)
# Sent once a minute, not with every change.
ALWAYS_CHANGING = ("age_s", "rssi_dbm", "uptime_s")


def document(status, delivery, rssi_dbm):
    """{key of KEYS: value}. ``delivery``: what became of the last reading; ``rssi_dbm``: of the WiFi, or None."""
    result = _of_car(status.reading if status.current else None)
    code = status.cause()
    estimate = status.estimate
    result["estimated_soc_percent"] = None if estimate is None else estimate.percent
    result["full_in_s"] = None if estimate is None else estimate.full_in_s
    result["age_s"] = status.age_s() if status.current else None
    result["car_present"] = status.car_present
    result["stage"] = status.stage()
    result["headline"] = status.headline()
    result["delivery"] = delivery
    result["problem"] = code
    result["problem_text"] = None if code is None else faults.text(code)
    result["problem_action"] = None if code is None else faults.action(code)
    result["version"] = version.VERSION
    result["modem_firmware"] = status.firmware
    result["rssi_dbm"] = rssi_dbm
    result["uptime_s"] = status.uptime.seconds
    return result


def _of_car(reading):
    if reading is None:
        return dict.fromkeys(KEYS)
    return {
        "soc_percent": reading.soc_percent,
        "soc_doubtful_percent": reading.soc_doubtful_percent,
        "target_soc_percent": cars.filled(reading, "full_soc_percent"),
        "energy_capacity_wh": cars.filled(reading, "energy_capacity_wh"),
        "energy_request_wh": cars.told(reading, "energy_request_wh"),
        "car_name": cars.name_in(reading),
        "likely_maker": makers.likely_maker(reading.evccid or reading.ev_mac),
        "evccid": None if not reading.evccid else hex_text(cars.low_six(reading.evccid)),
        "protocol": reading.protocol,
    }
