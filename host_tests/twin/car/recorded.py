# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Cars that were recorded at a charger, as data: what each did is kept apart from what is assumed of it.

Each car of `RECORDED` is a dict:

    title      for people
    file       the recording, without its folder; `span_s` (from, to) the session in it, in s of the recording
    recorded   {habit or value: (value, t_s)} or (value, t_s, file): read off the row at `t_s`
    assumed    {habit or value: (value, reason)}: not in any recording; the reason names who reported it
    endings    {habit "leave": (t_s, what the car did)}: ways of leaving whose messages a recording shows. Its
               occasion was another one each time: none was shown EVSE_Shutdown before it charged
    station    what stood at the other end; `times` {step: t_s}, numbers of requests it needed

Times in ms in the names, as in habits.DEFAULTS; `t_s` in s. Recordings do not show when the car's modem had
joined: 200 ms behind CM_SLAC_MATCH.CNF is taken for all, and times "after the link" count from there.

A MAC is the EVCCID of somebody's car. These cars keep the maker's prefix only, the rest is invented.
"""

from host_tests.twin.car import recorded_events
from host_tests.twin.car.protocols import DIN, ISO2, TESLA, offer
from host_tests.twin.car.recorded_events import PREFIX_ONLY

IONIQ_16 = "car_hyundai_ioniq_pyplc_evse_2023-04-16.jsonl"
IONIQ_24 = "car_hyundai_ioniq_pyplc_evse_2023-04-24_bulbs.jsonl"
IONIQ_TAP = "ioniq_ccm_spitap_CCM_SPI_powerOn_and_SLAC_until_contractAuth.jsonl"
AUDI = "car_audi_q4_QCA7005evse_2026-02-08.jsonl"
TESLA_Y = "car_tesla_model_y_pyplc_evse_2024-04-20.jsonl"
POLESTAR = "car_polestar2_pyplc_evse_2024-06-18.jsonl"
TAYCAN_LEFT = "car_porsche_taycan_left_slacfail_2023-05-03.jsonl"
TAYCAN_RIGHT = "car_porsche_taycan_right_slacfail_2023-05-03.jsonl"

NEVER_SHOWN = "never shown EVSE_Shutdown in a recording"
_PATIENT = "reported of this car in other recordings: asks every 210 ms, at least ten times"
_MEB_STEADY = "reported of VW's MEB cars (WARP4): 2 s of steady pilot between two tries"
_QCA7005 = "pyPLC with a QCA7005"
_ADAPTER = "pyPLC with a powerline adapter"


def inherited(car, *changes):
    """{name: (value, t_s, file)}: what another recording of the same car shows, with `changes` laid over."""
    found = {}
    for name in car["recorded"]:
        entry = car["recorded"][name]
        found[name] = (entry[0], entry[1], entry[2] if len(entry) > 2 else car["file"])
    for change in changes:
        found.update(change)
    return found


_IONIQ = {
    "title": "Hyundai Ioniq, 2023-04-16",
    "file": IONIQ_16,
    "span_s": (20, 200),
    "recorded": {
        "run_id": ("mac", 21.451),
        "start_delay_ms": (125, 21.667),
        "batch_interval_ms": (20, 21.927),
        "first_sound_gap_ms": (40, 21.747),
        "sound_filling": (b"\xff" * 16, 21.747),
        "rsp_delay_ms": (46, 22.088),
        "match_delay_ms": (20, 22.887),
        "ip_after_link": (((3021, "rs"),), 26.197),
        "sdp_delay_ms": (3921, 27.097),
        "hop_limit": (10, 27.097),
        "sdp_security": (0x10, 27.097),
        "sdp_port": (50041, 27.097),
        "tcp_port": (50103, 27.697),
        "mss": (350, 27.697),
        "syn_padding": (4, 27.697),
        "window": (1500, 27.697),
        "window_style": ("constant", 196.327),
        "ack_delay_ms": (37, 28.067),
        "first_request_ms": (221, 27.958),
        "think_ms": (268, 29.447),
        "cpd_think_ms": (264, 29.827),
        "cable_check_think_ms": (832, 30.757),
        "pre_charge_interval_ms": (98, 31.347),
        "current_demand_interval_ms": (97, 37.877),
        "app_protocols": ((offer(DIN, 1, 1),), 27.958),
        "session_id_length": (8, 28.307),
        "service_category": ("EVCharging", 28.687),
        "conditioning": ((False, False), 29.827),
        "soc_percent": (27, 29.827),
        "max_current": ((-1, "A", 2000), 29.827),
        "max_power": ((1, "W", 9800), 29.827),
        "max_voltage": ((-1, "V", 4128), 29.827),
        "energy_capacity_wh": (28000, 29.827),
        "energy_unit": ((0, "Wh"), 29.827),
        "energy_request_wh": (20440, 29.827),
        "full_soc_percent": (94, 29.827),
        "bulk_soc_percent": (83, 29.827),
        "target_voltage": ((-1, "V", 3447), 31.137),
        "target_current": ((-1, "A", 10), 31.137),
        "limits_in_current_demand": (True, 37.637),
        "bulk_complete": (False, 37.637),
        "remaining_times": (((0, "s", 1620), (0, "s", 1020)), 37.637),
        "ip_before_slac": (
            ((0, "dad"), (1000, "dad"), (2000, "rs"), (2910, "rs"), (6920, "rs")),
            0.0,
            IONIQ_TAP,
        ),
        "resolve_delay_ms": (587, 162.216, IONIQ_24),
        "tcp_delay_ms": (39, 162.256, IONIQ_24),
        "parm_twice_ms": (8, 155.949, IONIQ_24),
        "probe_ms": (35080, 197.296, IONIQ_24),
        "probe_multicast": (True, 197.296, IONIQ_24),
        "cpd_strict": (False, 30.757),
        "close_delay_ms": (108, 770.185, IONIQ_24),
        "welding_rounds": (0, 770.005, IONIQ_24),
    },
    "assumed": {
        "mac": (b"\x04\x65\x65\x10\x20\x30", PREFIX_ONLY),
        "leave": ("standard", NEVER_SHOWN),
        "parm_sends": (10, _PATIENT),
        "parm_intervals_ms": ((210,), _PATIENT),
    },
    "endings": {},
    "station": {
        "charger": _ADAPTER,
        "parm_requests": 1,
        "sdp_requests": 1,
        "times": {
            "parm_req": 21.451,
            "match_cnf": 22.976,
            "sdp_req": 27.097,
            "sdp_res": 27.113,
            "syn": 27.697,
            "soc": 29.827,
        },
    },
}

_BULBS_1 = {
    "title": "Hyundai Ioniq, 2023-04-24, first session",
    "file": IONIQ_24,
    "span_s": (20, 100),
    "recorded": inherited(
        _IONIQ,
        {
            "run_id": ("mac", 20.253),
            "parm_twice_ms": (8, 20.261),
            "start_delay_ms": (148, 20.469),
            "batch_interval_ms": (20, 20.73),
            "first_sound_gap_ms": (40, 20.549),
            "sound_filling": (b"\xff" * 16, 20.549),
            "rsp_delay_ms": (46, 20.869),
            "match_delay_ms": (20, 21.689),
            "ip_after_link": (((3040, "rs"),), 24.999),
            "sdp_delay_ms": (3920, 25.879),
            "hop_limit": (10, 25.879),
            "sdp_security": (0x10, 25.879),
            "sdp_port": (50039, 25.879),
            "resolve_delay_ms": (576, 26.519),
            "tcp_delay_ms": (39, 26.559),
            "tcp_port": (50105, 26.559),
            "mss": (350, 26.559),
            "syn_padding": (4, 26.559),
            "window": (1500, 26.559),
            "window_style": ("constant", 28.479),
            "ack_delay_ms": (41, 26.959),
            "first_request_ms": (220, 26.819),
            "think_ms": (272, 28.319),
            "cpd_think_ms": (270, 28.709),
            "app_protocols": ((offer(DIN, 1, 1),), 26.819),
            "session_id_length": (8, 27.199),
            "service_category": ("EVCharging", 27.579),
            "conditioning": ((False, False), 28.709),
            "soc_percent": (31, 28.709),
            "max_current": ((-1, "A", 2000), 28.709),
            "max_power": ((1, "W", 9800), 28.709),
            "max_voltage": ((-1, "V", 4128), 28.709),
            "energy_capacity_wh": (28000, 28.709),
            "energy_unit": ((0, "Wh"), 28.709),
            "energy_request_wh": (19320, 28.709),
            "full_soc_percent": (94, 28.709),
            "bulk_soc_percent": (83, 28.709),
        },
    ),
    "assumed": {
        "mac": (b"\x04\x65\x65\x10\x20\x30", PREFIX_ONLY),
        "leave": ("standard", NEVER_SHOWN),
        "parm_sends": (10, _PATIENT),
        "parm_intervals_ms": ((210,), _PATIENT),
    },
    "endings": {},
    "station": {
        "charger": _ADAPTER,
        "parm_requests": 2,
        "sdp_requests": 1,
        "times": {
            "parm_req": 20.253,
            "match_cnf": 21.759,
            "sdp_req": 25.879,
            "sdp_res": 25.943,
            "syn": 26.559,
            "soc": 28.709,
        },
    },
}

_BULBS_2 = {
    "title": "Hyundai Ioniq, 2023-04-24, second session",
    "file": IONIQ_24,
    "span_s": (155, 800),
    "recorded": inherited(
        _IONIQ,
        {
            "run_id": ("mac", 155.94),
            "parm_twice_ms": (8, 155.949),
            "start_delay_ms": (121, 156.156),
            "batch_interval_ms": (20, 156.416),
            "first_sound_gap_ms": (40, 156.236),
            "sound_filling": (b"\xff" * 16, 156.236),
            "rsp_delay_ms": (48, 156.516),
            "match_delay_ms": (20, 157.376),
            "ip_after_link": (((3081, "rs"),), 160.686),
            "sdp_delay_ms": (3921, 161.526),
            "hop_limit": (10, 161.526),
            "sdp_security": (0x10, 161.526),
            "sdp_port": (50035, 161.526),
            "resolve_delay_ms": (587, 162.216),
            "tcp_delay_ms": (39, 162.256),
            "probe_ms": (35080, 197.296),
            "probe_multicast": (True, 197.296),
            "tcp_port": (50106, 162.256),
            "mss": (350, 162.256),
            "syn_padding": (4, 162.256),
            "window": (1500, 162.256),
            "window_style": ("constant", 770.236),
            "ack_delay_ms": (30, 162.666),
            "first_request_ms": (220, 162.516),
            "close_with": ("fin", 770.185),
            "close_delay_ms": (108, 770.185),
            "think_ms": (260, 163.946),
            "cpd_think_ms": (261, 164.306),
            "cable_check_think_ms": (736, 165.146),
            "pre_charge_interval_ms": (90, 165.786),
            "current_demand_interval_ms": (90, 168.946),
            "welding_rounds": (0, 770.005),
            "app_protocols": ((offer(DIN, 1, 1),), 162.516),
            "session_id_length": (8, 162.906),
            "service_category": ("EVCharging", 163.276),
            "conditioning": ((False, False), 164.306),
            "soc_percent": (31, 164.306),
            "max_current": ((-1, "A", 2000), 164.306),
            "max_power": ((1, "W", 9800), 164.306),
            "max_voltage": ((-1, "V", 4128), 164.306),
            "energy_capacity_wh": (28000, 164.306),
            "energy_unit": ((0, "Wh"), 164.306),
            "energy_request_wh": (19320, 164.306),
            "full_soc_percent": (94, 164.306),
            "bulk_soc_percent": (83, 164.306),
            "target_voltage": ((-1, "V", 3467), 165.526),
            "target_current": ((-1, "A", 10), 165.526),
            "limits_in_current_demand": (True, 168.726),
            "bulk_complete": (False, 168.726),
            "remaining_times": (((0, "s", 1440), (0, "s", 900)), 168.726),
            "cpd_strict": (False, 165.146),
        },
    ),
    "assumed": {
        "mac": (b"\x04\x65\x65\x10\x20\x30", PREFIX_ONLY),
        "leave": ("standard", NEVER_SHOWN),
        "parm_sends": (10, _PATIENT),
        "parm_intervals_ms": ((210,), _PATIENT),
    },
    "endings": {
        "power_delivery_first": (769.875, "PowerDelivery(not ready), SessionStop, FIN, after charging"),
    },
    "station": {
        "charger": _ADAPTER,
        "parm_requests": 2,
        "sdp_requests": 1,
        "times": {
            "parm_req": 155.94,
            "match_cnf": 157.405,
            "sdp_req": 161.526,
            "sdp_res": 161.629,
            "syn": 162.256,
            "soc": 164.306,
        },
    },
}

_BULBS_3 = {
    "title": "Hyundai Ioniq, 2023-04-24, third session",
    "file": IONIQ_24,
    "span_s": (823, 1500),
    "recorded": inherited(
        _IONIQ,
        {
            "run_id": ("mac", 823.94),
            "parm_twice_ms": (8, 823.948),
            "start_delay_ms": (160, 824.156),
            "batch_interval_ms": (20, 824.416),
            "first_sound_gap_ms": (40, 824.236),
            "sound_filling": (b"\xff" * 16, 824.236),
            "rsp_delay_ms": (49, 824.516),
            "match_delay_ms": (23, 825.379),
            "ip_after_link": (((3085, "rs"),), 828.686),
            "ip_before_slac": (((1036, "rs"),), 824.676),
            "sdp_delay_ms": (3915, 829.516),
            "hop_limit": (10, 829.516),
            "sdp_security": (0x10, 829.516),
            "sdp_port": (50034, 829.516),
            "resolve_delay_ms": (583, 830.136),
            "tcp_delay_ms": (40, 830.176),
            "probe_ms": (35070, 865.206),
            "probe_multicast": (True, 865.206),
            "tcp_port": (50098, 830.176),
            "mss": (350, 830.176),
            "syn_padding": (4, 830.176),
            "window": (1500, 830.176),
            "window_style": ("constant", 1438.367),
            "ack_delay_ms": (30, 830.566),
            "first_request_ms": (220, 830.436),
            "close_with": ("fin", 1438.317),
            "close_delay_ms": (113, 1438.317),
            "think_ms": (258, 831.856),
            "cpd_think_ms": (264, 832.186),
            "cable_check_think_ms": (674, 832.946),
            "pre_charge_interval_ms": (91, 833.826),
            "current_demand_interval_ms": (90, 836.916),
            "welding_rounds": (0, 1438.097),
            "app_protocols": ((offer(DIN, 1, 1),), 830.436),
            "session_id_length": (8, 830.806),
            "service_category": ("EVCharging", 831.126),
            "conditioning": ((False, False), 832.186),
            "soc_percent": (31, 832.186),
            "max_current": ((-1, "A", 2000), 832.186),
            "max_power": ((1, "W", 9800), 832.186),
            "max_voltage": ((-1, "V", 4128), 832.186),
            "energy_capacity_wh": (28000, 832.186),
            "energy_unit": ((0, "Wh"), 832.186),
            "energy_request_wh": (19320, 832.186),
            "full_soc_percent": (94, 832.186),
            "bulk_soc_percent": (83, 832.186),
            "target_voltage": ((-1, "V", 3465), 833.316),
            "target_current": ((-1, "A", 10), 833.316),
            "limits_in_current_demand": (True, 836.726),
            "bulk_complete": (False, 836.726),
            "remaining_times": (((0, "s", 1440), (0, "s", 900)), 836.726),
            "cpd_strict": (False, 832.946),
        },
    ),
    "assumed": {
        "mac": (b"\x04\x65\x65\x10\x20\x30", PREFIX_ONLY),
        "leave": ("standard", NEVER_SHOWN),
        "parm_sends": (10, _PATIENT),
        "parm_intervals_ms": ((210,), _PATIENT),
    },
    "endings": {
        "power_delivery_first": (1437.917, "PowerDelivery(not ready), SessionStop, FIN, after charging"),
    },
    "station": {
        "charger": _ADAPTER,
        "parm_requests": 2,
        "sdp_requests": 1,
        "times": {
            "parm_req": 823.94,
            "match_cnf": 825.401,
            "sdp_req": 829.516,
            "sdp_res": 829.553,
            "syn": 830.176,
            "soc": 832.186,
        },
    },
}

_AUDI_1 = {
    "title": "Audi Q4 e-tron, first run",
    "file": AUDI,
    "span_s": (2028, 2116),
    "recorded": {
        "run_id": ("random", 2028.067),
        "start_delay_ms": (59, 2028.306),
        "batch_interval_ms": (40, 2028.784),
        "first_sound_gap_ms": (39, 2028.424),
        "rsp_delay_ms": (12, 2028.81),
        "match_at_once": (True, 2028.816),
        "match_delay_ms": (6, 2028.816),
        "ip_after_link": (
            ((2003, "dad"), (2005, "rs_unspecified"), (2022, "rs_unspecified"), (2042, "rs_unspecified")),
            2031.225,
        ),
        "sdp_delay_ms": (6955, 2036.139),
        "hop_limit": (64, 2036.139),
        "sdp_security": (0x00, 2036.139),
        "sdp_port": (49152, 2036.139),
        "sdp_sends": (50, 2048.385),
        "sdp_interval_ms": (250, 2048.385),
        "sdp_fallback": (0x10, 2048.916),
        "sdp_fallback_pause_ms": (281, 2048.916),
        "resolve_delay_ms": (50, 2048.976),
        "tcp_delay_ms": (21, 2048.998),
        "probe_ms": (5060, 2054.036),
        "tcp_port": (49152, 2048.998),
        "mss": (1440, 2048.998),
        "window": (4000, 2048.998),
        "window_style": ("double", 2051.555),
        "ack_delay_ms": (21, 2049.156),
        "first_request_ms": (52, 2049.074),
        "timeout_close_with": ("rst", 2113.199),
        "message_timeout_ms": (2104, 2113.199),
        "think_ms": (82, 2049.647),
        "cpd_think_ms": (129, 2049.924),
        "cable_check_think_ms": (712, 2050.966),
        "cable_check_interval_ms": (130, 2051.186),
        "app_protocols": (
            (
                offer(DIN, 1, 1),
                offer(ISO2, 0, 2),
            ),
            2049.074,
        ),
        "session_id_length": (1, 2049.199),
        "conditioning": ((None, None), 2049.924),
        "soc_percent": (67, 2049.924),
        "max_current": ((-1, "A", 5000), 2049.924),
        "max_voltage": ((-1, "V", 4130), 2049.924),
        "energy_request_wh": (5300, 2049.924),
        "energy_unit": ((0, "Wh"), 2049.924),
        "again_after_ms": (9815, 2123.014),
        "later_sessions": (
            (("sdp_security", 0x10), ("sdp_fallback", None), ("sdp_delay_ms", 2940), ("start_delay_ms", 157)),
            2127.143,
        ),
    },
    "assumed": {
        "mac": (b"\x00\x7d\xfa\x0a\x0b\x0c", PREFIX_ONLY),
        "leave": ("standard", NEVER_SHOWN),
        "steady_ms": (2000, _MEB_STEADY),
        "close_with": ("rst", "the only way this car was seen to close: RST after 2.1 s without an answer"),
    },
    "endings": {
        "power_delivery_first": (
            2111.095,
            "PowerDelivery(not ready), EVReady false; no answer came, RST after 2.1 s",
        ),
        "falls_silent": (2051.555, "said nothing for a minute behind CableCheckRes Finished, TCP open"),
    },
    "station": {
        "charger": _QCA7005,
        "parm_requests": 1,
        "sdp_requests": 51,
        "times": {
            "parm_req": 2028.067,
            "match_cnf": 2028.983,
            "sdp_req": 2036.139,
            "sdp_res": 2048.927,
            "syn": 2048.998,
            "soc": 2049.924,
        },
    },
}

_AUDI_2 = {
    "title": "Audi Q4 e-tron, second run",
    "file": AUDI,
    "span_s": (2123, 2195),
    "recorded": {
        "run_id": ("random", 2123.014),
        "start_delay_ms": (157, 2123.253),
        "batch_interval_ms": (40, 2123.734),
        "first_sound_gap_ms": (42, 2123.375),
        "rsp_delay_ms": (19, 2123.933),
        "match_at_once": (True, 2123.937),
        "match_delay_ms": (3, 2123.937),
        "ip_after_link": (
            ((1931, "dad"), (1934, "rs_unspecified"), (1950, "rs_unspecified"), (1971, "rs_unspecified")),
            2126.174,
        ),
        "sdp_delay_ms": (2940, 2127.143),
        "hop_limit": (64, 2127.143),
        "sdp_security": (0x10, 2127.143),
        "sdp_port": (49152, 2127.143),
        "resolve_delay_ms": (44, 2127.324),
        "tcp_delay_ms": (11, 2127.336),
        "probe_ms": (5050, 2132.374),
        "tcp_port": (49153, 2127.336),
        "mss": (1440, 2127.336),
        "window": (4000, 2127.336),
        "window_style": ("double", 2130.044),
        "ack_delay_ms": (19, 2127.505),
        "first_request_ms": (59, 2127.413),
        "timeout_close_with": ("rst", 2191.463),
        "message_timeout_ms": (2099, 2191.463),
        "think_ms": (95, 2128.105),
        "cpd_think_ms": (156, 2128.47),
        "cable_check_think_ms": (733, 2129.275),
        "cable_check_interval_ms": (134, 2129.526),
        "app_protocols": (
            (
                offer(DIN, 1, 1),
                offer(ISO2, 0, 2),
            ),
            2127.413,
        ),
        "session_id_length": (1, 2127.566),
        "conditioning": ((None, None), 2128.47),
        "soc_percent": (67, 2128.47),
        "max_current": ((-1, "A", 5000), 2128.47),
        "max_voltage": ((-1, "V", 4130), 2128.47),
        "energy_request_wh": (5300, 2128.47),
        "energy_unit": ((0, "Wh"), 2128.47),
        "again_after_ms": (9820, 2201.283),
    },
    "assumed": {
        "mac": (b"\x00\x7d\xfa\x0a\x0b\x0c", PREFIX_ONLY),
        "leave": ("standard", NEVER_SHOWN),
        "steady_ms": (2000, _MEB_STEADY),
        "close_with": ("rst", "the only way this car was seen to close: RST after 2.1 s without an answer"),
    },
    "endings": {
        "power_delivery_first": (
            2189.364,
            "PowerDelivery(not ready), EVReady true; no answer came, RST after 2.1 s",
        ),
        "falls_silent": (2130.044, "said nothing for a minute behind CableCheckRes Finished, TCP open"),
    },
    "station": {
        "charger": _QCA7005,
        "parm_requests": 1,
        "sdp_requests": 1,
        "times": {
            "parm_req": 2123.014,
            "match_cnf": 2124.003,
            "sdp_req": 2127.143,
            "sdp_res": 2127.28,
            "syn": 2127.336,
            "soc": 2128.47,
        },
    },
}

_AUDI_3 = {
    "title": "Audi Q4 e-tron, third run",
    "file": AUDI,
    "span_s": (2201, 2300),
    "recorded": {
        "run_id": ("random", 2201.283),
        "start_delay_ms": (198, 2201.522),
        "batch_interval_ms": (40, 2202.001),
        "first_sound_gap_ms": (39, 2201.641),
        "rsp_delay_ms": (14, 2202.064),
        "match_at_once": (True, 2202.073),
        "match_delay_ms": (9, 2202.073),
        "ip_after_link": (
            ((2064, "dad"), (2064, "rs_unspecified"), (2091, "rs_unspecified"), (2105, "rs_unspecified")),
            2204.442,
        ),
        "sdp_delay_ms": (3075, 2205.412),
        "hop_limit": (64, 2205.412),
        "sdp_security": (0x10, 2205.412),
        "sdp_port": (49152, 2205.412),
        "resolve_delay_ms": (50, 2205.582),
        "tcp_delay_ms": (22, 2205.604),
        "probe_ms": (5074, 2210.656),
        "tcp_port": (49154, 2205.604),
        "mss": (1440, 2205.604),
        "window": (4000, 2205.604),
        "window_style": ("double", 2208.383),
        "ack_delay_ms": (19, 2205.832),
        "first_request_ms": (37, 2205.66),
        "timeout_close_with": ("rst", 2269.941),
        "message_timeout_ms": (2092, 2269.941),
        "think_ms": (95, 2206.561),
        "cpd_think_ms": (116, 2206.853),
        "cable_check_think_ms": (726, 2207.754),
        "cable_check_interval_ms": (126, 2208.084),
        "app_protocols": (
            (
                offer(DIN, 1, 1),
                offer(ISO2, 0, 2),
            ),
            2205.66,
        ),
        "session_id_length": (1, 2205.893),
        "conditioning": ((None, None), 2206.853),
        "soc_percent": (67, 2206.853),
        "max_current": ((-1, "A", 5000), 2206.853),
        "max_voltage": ((-1, "V", 4130), 2206.853),
        "energy_request_wh": (5300, 2206.853),
        "energy_unit": ((0, "Wh"), 2206.853),
        "again_after_ms": (9820, 2201.283),
    },
    "assumed": {
        "mac": (b"\x00\x7d\xfa\x0a\x0b\x0c", PREFIX_ONLY),
        "leave": ("standard", NEVER_SHOWN),
        "steady_ms": (2000, _MEB_STEADY),
        "close_with": ("rst", "the only way this car was seen to close: RST after 2.1 s without an answer"),
    },
    "endings": {
        "power_delivery_first": (
            2267.849,
            "PowerDelivery(not ready), EVReady true; no answer came, RST after 2.1 s",
        ),
        "falls_silent": (2208.383, "said nothing for a minute behind CableCheckRes Finished, TCP open"),
    },
    "station": {
        "charger": _QCA7005,
        "parm_requests": 1,
        "sdp_requests": 1,
        "times": {
            "parm_req": 2201.283,
            "match_cnf": 2202.137,
            "sdp_req": 2205.412,
            "sdp_res": 2205.533,
            "syn": 2205.604,
            "soc": 2206.853,
        },
    },
}

_TESLA = {
    "title": "Tesla Model Y",
    "file": TESLA_Y,
    "span_s": (60, 80),
    "recorded": {
        "run_id": ("tesla", 61.784),
        "start_delay_ms": (113, 62.013),
        "batch_interval_ms": (24, 62.301),
        "first_sound_gap_ms": (24, 62.085),
        "rsp_delay_ms": (7, 62.405),
        "match_delay_ms": (7, 63.22),
        "sdp_delay_ms": (231, 63.678),
        "hop_limit": (255, 63.678),
        "sdp_security": (0x10, 63.678),
        "sdp_port": (49153, 63.678),
        "resolve_delay_ms": (45, 63.781),
        "tcp_delay_ms": (12, 63.793),
        "tcp_port": (49153, 63.793),
        "mss": (1440, 63.793),
        "window": (2920, 63.793),
        "window_style": ("creeping", 78.001),
        "ack_delay_ms": (13, 64.181),
        "first_request_ms": (3, 63.804),
        "close_with": ("fin", 77.978),
        "close_delay_ms": (11, 77.978),
        "think_ms": (16, 64.259),
        "cpd_think_ms": (388, 64.717),
        "cable_check_think_ms": (21, 64.82),
        "cable_check_interval_ms": (15, 64.901),
        "pre_charge_interval_ms": (18, 65.928),
        "pre_charge_timeout_ms": (12046, 77.901),
        "app_protocols": (
            (
                offer(DIN, 1, 2),
                offer(TESLA, 2, 1),
            ),
            63.804,
        ),
        "session_id_length": (8, 63.997),
        "service_category": ("EVCharging", 64.092),
        "surplus_byte": (True, 64.259),
        "conditioning": ((None, None), 64.717),
        "ready_in_cpd": (True, 64.717),
        "soc_percent": (55, 64.717),
        "max_current": ((-1, "A", 5490), 64.717),
        "max_power": ((2, "W", 2300), 64.717),
        "max_voltage": ((-1, "V", 4180), 64.717),
        "target_voltage": ((-1, "V", 3440), 65.856),
        "target_current": ((-1, "A", 0), 65.856),
        "ip_after_link": ((), 63.678),
        "probe_ms": (0, 77.978),
        "believes_voltage": (False, 77.901),
    },
    "assumed": {
        "mac": (b"\x98\xed\x5c\x40\x50\x60", PREFIX_ONLY),
        "sound_filling": (
            b"\x00\x10\x20\x00\x00\x00\x00\x01\x01\x98\xed\x5c\x40\x50\x60\xff",
            "constant as recorded, its MAC and bytes 1 and 2 replaced",
        ),
        "sleeps_after_ms": (60000, "reported of Tesla (WARP4, PR 506): needs a wake-up through the pilot"),
        "leave": ("ignores_shutdown", NEVER_SHOWN + "; WARP4 reports that Tesla ignores it"),
    },
    "endings": {
        "ignores_shutdown": (
            77.901,
            "CableCheck, PreCharge for 12 s although told 347 V, then SessionStop, FIN",
        ),
    },
    "station": {
        "charger": _ADAPTER,
        "parm_requests": 1,
        "sdp_requests": 1,
        "times": {
            "parm_req": 61.784,
            "match_cnf": 63.247,
            "sdp_req": 63.678,
            "sdp_res": 63.736,
            "syn": 63.793,
            "soc": 64.717,
        },
    },
}

_POLESTAR = {
    "title": "Polestar 2",
    "file": POLESTAR,
    "span_s": (8, 40),
    "recorded": {
        "run_id": ("random", 8.07),
        "start_delay_ms": (215, 8.305),
        "batch_interval_ms": (40, 8.785),
        "first_sound_gap_ms": (40, 8.425),
        "rsp_delay_ms": (7, 8.903),
        "match_delay_ms": (320, 9.825),
        "ip_after_link": (((10, "dad"), (70, "rs_bare"), (4074, "rs")), 14.2),
        "sdp_delay_ms": (340, 10.465),
        "hop_limit": (64, 10.465),
        "sdp_security": (0x10, 10.465),
        "sdp_port": (49160, 10.465),
        "resolve_delay_ms": (646, 11.14),
        "tcp_delay_ms": (9, 11.149),
        "tcp_port": (49160, 11.149),
        "mss": (1440, 11.149),
        "sack": (True, 11.149),
        "window": (4000, 11.149),
        "window_style": ("double", 32.823),
        "ack_delay_ms": (11, 11.682),
        "first_request_ms": (5, 11.165),
        "close_with": ("fin", 32.767),
        "close_delay_ms": (17, 32.767),
        "think_ms": (18, 12.029),
        "cpd_think_ms": (35, 12.185),
        "cable_check_think_ms": (283, 12.569),
        "cable_check_interval_ms": (225, 12.869),
        "pre_charge_interval_ms": (224, 14.465),
        "current_demand_interval_ms": (124, 16.914),
        "welding_interval_ms": (220, 32.542),
        "welding_rounds": (2, 32.642),
        "app_protocols": (
            (
                offer(DIN, 1, 1),
                offer(ISO2, 0, 2),
            ),
            11.165,
        ),
        "session_id_length": (1, 11.69),
        "conditioning": ((None, None), 12.185),
        "soc_percent": (75, 12.185),
        "max_current": ((-1, "A", 3750), 12.185),
        "max_voltage": ((0, "V", 470), 12.185),
        "energy_capacity_wh": (78500, 12.185),
        "energy_unit": ((1, "Wh"), 12.185),
        "energy_request_wh": (23600, 12.185),
        "full_soc_percent": (100, 12.185),
        "bulk_soc_percent": (80, 12.185),
        "target_voltage": ((0, "V", 418), 14.084),
        "target_current": ((-1, "A", 0), 14.084),
        "limits_in_current_demand": (True, 16.749),
        "bulk_complete": (False, 16.749),
        "remaining_times": (((0, "s", 18000),), 16.749),
        "probe_ms": (0, 32.767),
    },
    "assumed": {
        "mac": (b"\x48\xc5\x8d\x70\x80\x90", PREFIX_ONLY),
        "leave": ("power_delivery_first", NEVER_SHOWN + "; this is how it ended its charging"),
    },
    "endings": {
        "power_delivery_first": (
            32.247,
            "PowerDelivery(not ready), WeldingDetection twice, SessionStop, FIN, after charging",
        ),
    },
    "station": {
        "charger": _ADAPTER,
        "parm_requests": 1,
        "sdp_requests": 1,
        "times": {
            "parm_req": 8.07,
            "match_cnf": 9.925,
            "sdp_req": 10.465,
            "sdp_res": 10.494,
            "syn": 11.149,
            "soc": 12.185,
        },
    },
}

_TAYCAN_L = {
    "title": "Porsche Taycan, left port",
    "file": TAYCAN_LEFT,
    "span_s": (0, 60),
    "recorded": {
        "run_id": ("random", 11.916),
        "parm_sends": (3, 12.341),
        "parm_intervals_ms": ((205, 220), 12.121),
        "slac_pauses_ms": ((40872,), 53.418),
    },
    "assumed": {
        "mac": (b"\x00\x18\x87\x11\x12\x13", PREFIX_ONLY),
        "app_protocols": (
            (offer(ISO2, 0, 1), offer(DIN, 1, 2)),
            "the recording ends in SLAC; ISO 15118-2 first is reported of this maker",
        ),
        "soc_percent": (61, "the recording ends in SLAC: no state of charge was told"),
        "leave": ("standard", NEVER_SHOWN),
    },
    "endings": {},
    "station": {"charger": _ADAPTER, "parm_requests": 6, "sdp_requests": 0, "times": {"parm_req": 11.916}},
}

_TAYCAN_R = {
    "title": "Porsche Taycan, right port",
    "file": TAYCAN_RIGHT,
    "span_s": (52, 200),
    "recorded": {
        "run_id": ("random", 52.837),
        "parm_sends": (3, 53.263),
        "parm_intervals_ms": ((206, 220), 53.043),
        "slac_pauses_ms": ((8429, 45271, 78373), 61.898),
    },
    "assumed": {
        "mac": (b"\x00\x18\x87\x11\x12\x13", PREFIX_ONLY),
        "app_protocols": (
            (offer(ISO2, 0, 1), offer(DIN, 1, 2)),
            "the recording ends in SLAC; ISO 15118-2 first is reported of this maker",
        ),
        "soc_percent": (61, "the recording ends in SLAC: no state of charge was told"),
        "leave": ("standard", NEVER_SHOWN),
    },
    "endings": {},
    "station": {"charger": _ADAPTER, "parm_requests": 12, "sdp_requests": 0, "times": {"parm_req": 52.837}},
}

RECORDED = {
    "ioniq": _IONIQ,
    "ioniq_bulbs_1": _BULBS_1,
    "ioniq_bulbs_2": _BULBS_2,
    "ioniq_bulbs_3": _BULBS_3,
    "audi_q4": _AUDI_1,
    "audi_q4_run_2": _AUDI_2,
    "audi_q4_run_3": _AUDI_3,
    "tesla_y": _TESLA,
    "polestar2": _POLESTAR,
    "taycan_left": _TAYCAN_L,
    "taycan_right": _TAYCAN_R,
}

RECORDED.update(recorded_events.RECORDED)

# Arguments of VirtualCar; all else of a car is a habit.
VALUES = (
    "mac",
    "soc_percent",
    "energy_capacity_wh",
    "energy_request_wh",
    "full_soc_percent",
    "bulk_soc_percent",
)


def values_and_habits(car):
    """(values, habits) of an entry of RECORDED, in the form of habits.CARS."""
    values = {}
    habits = {}
    for group in ("recorded", "assumed"):
        for name in car[group]:
            (values if name in VALUES else habits)[name] = car[group][name][0]
    return values, habits
