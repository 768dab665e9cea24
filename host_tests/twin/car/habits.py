# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What cars do differently: one table of defaults, one of cars.

Times in ms. Marks: (rec) read off a recording of that car, (rep) reported by others, (asm) assumed here.
"""

from host_tests.twin.car import recorded
from host_tests.twin.car.protocols import DIN, ISO2, ISO20_DC, TESLA, offer

__all__ = ("CARS", "DEFAULTS", "DIN", "ISO2", "ISO20_DC", "TESLA", "merged", "offer")

DEFAULTS = {
    # ---- pilot and AC charging
    "slac": True,  # False: the powerline is already matched, wake up straight into IPv6
    "wake_ms": 300,  # 5 % duty -> first frame; below TP_EV_SLAC_init 10 s
    "sleeps_after_ms": None,  # asleep so long after a pilot edge: 5 % alone does not wake it (Tesla rep)
    "replug_ms": 3000,  # pilot off at least this long counts as re-plugged
    "steady_ms": 0,  # 100 % or no pilot needed before PWM after 5 % was seen (MEB 2000, rep)
    "ac_start_ms": 1500,  # PWM -> state C (asm)
    "wants_ac": True,  # False: does not charge, e.g. full or timer set
    "state_c_in_cable_check": True,  # a DC car pulls the pilot to 6 V before CableCheckReq (IEC 61851-23)
    "again_when_orderly": False,  # the same after a session that ended in good order or was refused (VW MEB)
    "again_after_ms": 12000,  # lost session -> SLAC anew while 5 % lasts (Audi 10..12 s rec); None: never
    "later_sessions": (),  # ((habit, value), ...) from the second session of a plug-in on (Audi rec)
    "leave_key": True,  # after the session the own modem gets a random key (ISO 15118-3 leave)
    "leave_key_ms": 500,
    # ---- SLAC
    "run_id": "random",  # "random", "mac" (MAC + 0000), "tesla" ("TESLA EV") or 8 bytes
    "parm_sends": 3,  # CM_SLAC_PARM.REQ per round (Taycan 3 rec, Ioniq >= 10 rec)
    "parm_intervals_ms": (205, 220),  # cycled (Taycan rec)
    "parm_twice_ms": 0,  # each request again this much later (Ioniq 8 rec)
    "slac_pauses_ms": (9000, 12000),  # after round 1, 2 ..., the last one stays (Taycan 8.4 .. 78 s rec)
    "slac_rounds": None,  # give up after so many
    "start_delay_ms": 110,  # CNF -> START_ATTEN (59 .. 215 rec)
    "batch_interval_ms": 40,  # START_ATTEN and sounds (Ioniq 20, Tesla 24, Audi and Polestar 40 rec)
    "first_sound_gap_ms": 40,  # last START_ATTEN -> first sound (Ioniq 40 rec)
    "sounds": 10,
    "sounds_late": (),  # ((index, extra ms), ...)
    "sounds_lost": (),  # indexes that are not sent
    "sound_filling": None,  # 16 bytes instead of random ones (Ioniq FF, Tesla constant rec)
    "rsp_delay_ms": 7,  # ATTEN_CHAR.IND -> RSP (7 .. 54 rec)
    "match_at_once": False,  # do not wait for TT_EV_atten_results when all stations were heard (Audi rec)
    "match_delay_ms": 5,  # end of waiting -> MATCH.REQ
    "attenuation_limit_db": None,
    "validate": False,  # ask CM_VALIDATE first
    "match_sends": 3,  # 1 + C_EV_match_retry (five reported, rep)
    "match_cnfs_missed": 0,  # act as if so many CM_SLAC_MATCH.CNF got lost
    "key_delay_ms": 30,  # MATCH.CNF -> CM_SET_KEY to the own modem (Ioniq rec)
    # ---- IPv6 and SDP, after the link is up
    "ip_after_link": ((200, "dad"), (260, "rs_bare")),  # kinds: dad rs rs_bare rs_unspecified mld
    "ip_before_slac": (),  # the same before matching (Ioniq DAD, RS rec)
    "sdp_delay_ms": 500,  # link -> first SDP request
    "hop_limit": 64,  # Ioniq 10, Tesla 255, Audi and Polestar 64 rec
    "sdp_security": 0x10,  # 0x00 asks for TLS first (Audi, Model X, EV3)
    "sdp_fallback": None,  # then this (Audi 0x10 after 50 requests rec)
    "sdp_fallback_pause_ms": 280,  # on top of the interval before it asks the other way (Audi rec)
    "sdp_interval_ms": 250,
    "sdp_sends": 50,
    "sdp_port": 49152,  # first UDP source port, +1 for each session
    "probe_ms": 5000,  # solicits the station again and again (Audi unicast 5 s rec); 0 never
    "probe_multicast": False,  # with multicast (Ioniq 35 s rec)
    # ---- TCP
    "tcp_delay_ms": 20,  # address known -> SYN (Ioniq ~40, Audi 22, Polestar 9 rec)
    "resolve_delay_ms": 45,  # SDP answer -> neighbour solicitation (45 .. 570 rec)
    "tcp_port": 49152,
    "isn": None,  # None: random
    "mss": 1440,  # Ioniq 350; None: no option
    "sack": False,  # SACK permitted, NOP, NOP (Polestar rec)
    "syn_padding": 0,  # zero bytes behind the options (Ioniq 4 rec)
    "window": 2920,  # Ioniq 1500, Audi and Polestar 4000, Tesla 2920 rec
    "window_style": "constant",  # "double" (Audi, Polestar), "creeping" (Tesla)
    "ack_delay_ms": 12,
    "rto_ms": 500,
    "tcp_split": (),  # sizes of the segments, cycled; () as large as possible
    "close_with": "fin",  # "rst" (Audi rec)
    # ---- V2G
    "app_protocols": (offer(DIN, 1, 1),),
    "stalls_on_own_protocol": True,  # the maker's own namespace chosen: silence (Tesla, rep)
    "first_request_ms": 20,  # TCP established -> supportedAppProtocolReq
    "think_ms": 20,  # response -> next request (Tesla 15, Polestar 19, Audi 60..100, Ioniq 260 rec)
    "cpd_think_ms": 35,  # ContractAuthenticationRes -> ChargeParameterDiscoveryReq (Tesla 390 rec)
    "cpd_interval_ms": 260,  # ChargeParameterDiscoveryRes Ongoing -> next request
    "cable_check_think_ms": 300,  # ChargeParameterDiscoveryRes Finished -> CableCheckReq (20 .. 830 rec)
    "cable_check_interval_ms": 225,
    "pre_charge_interval_ms": 225,
    "current_demand_interval_ms": 125,
    "cpd_strict": True,  # a doubtful response ends it (iX3 rep); Ioniq took one with units "h" (rec)
    "message_timeout_ms": 2000,  # V2G_EVCC_Msg_Timeout
    "current_demand_timeout_ms": 250,
    "ongoing_timeout_ms": 60000,  # V2G_EVCC_Ongoing_Timeout: Authentication, ChargeParameterDiscovery
    "cable_check_timeout_ms": 40000,
    "pre_charge_timeout_ms": 7000,  # Model Y waited 12 s (rec)
    "timeout_close_with": "rst",  # answer missing: Audi sends RST after 2.1 s (rec)
    "close_delay_ms": 11,  # SessionStopRes -> FIN (11 .. 130 rec)
    "session_id_length": 8,  # zero bytes in SessionSetupReq: 0, 1 or 8
    "evccid_length": 6,  # 6, 7 or 8 bytes, the MAC at the low end
    "mac_rotates": False,  # last three bytes of the MAC, and so of the EVCCID, new at each search (VW MEB rec)
    "soc_told_from": None,  # (request, number of it): tells 0 before (Seres 3 rec)
    "evccid_rotates": False,  # last three bytes new in every session (VW, rep)
    "service_category": None,  # "EVCharging" (Ioniq, Tesla rec)
    "conditioning": (None, None),  # EVCabinConditioning, EVRESSConditioning (Ioniq False, False rec)
    "ready_in_cpd": False,  # EVReady in the first requests (Tesla True rec)
    "surplus_byte": False,  # a zero byte behind ContractAuthenticationReq (Tesla rec)
    "max_current": (-1, "A", 2000),
    "max_power": None,
    "max_voltage": (-1, "V", 4130),
    "energy_unit": (0, "Wh"),  # smallest multiplier and unit of capacity and request; unit None leaves it out
    "target_voltage": (0, "V", 350),
    "target_current": (0, "A", 1),
    "believes_voltage": True,  # takes EVSEPresentVoltage for its own measurement; Model Y did not (rec)
    "limits_in_current_demand": False,
    "bulk_complete": None,  # in PowerDelivery and CurrentDemand (Ioniq, Polestar False rec)
    "remaining_times": (),  # RemainingTimeToFullSoC, ToBulkSoC
    # ---- leaving
    "leave": "standard",  # see session.LEAVING
    "leave_delay_ms": 0,  # closes_tcp_at_first_cpdres: 278 (iX3 rep)
    "after_failed": "session_stop",  # FAILED answer: "session_stop" or "close"
    "welding_rounds": 1,  # WeldingDetectionReq behind PowerDelivery(not ready): Polestar 2, Ioniq 0 rec
    "welding_interval_ms": 220,  # between two of them (Polestar rec)
    "shutdown_rounds": 1,  # EVSE_Shutdown answers needed before a standard car leaves
}

# Cars by name: (values for VirtualCar, habits). The MACs keep only the maker's prefix. These are put together
# from what is reported of them; those of a recording come from `recorded.RECORDED`.
CARS = {
    "generic": ({"mac": b"\x02\xab\x34\xcd\x56\xef", "soc_percent": 42}, {}),
    "tesla_x": (
        {"mac": b"\x98\xed\x5c\x11\x22\x33", "soc_percent": 46},
        {
            "run_id": "tesla",
            "sleeps_after_ms": 60000,
            "batch_interval_ms": 24,
            "first_sound_gap_ms": 24,
            "ip_after_link": (),
            "sdp_delay_ms": 230,
            "sdp_security": 0x00,
            "hop_limit": 255,
            "probe_ms": 0,
            "window_style": "creeping",
            "ack_delay_ms": 200,
            "think_ms": 15,
            "cpd_think_ms": 389,
            "app_protocols": (offer(TESLA, 2, 1), offer(DIN, 1, 2)),
            "service_category": "EVCharging",
            "ready_in_cpd": True,
            "leave": "ignores_shutdown",
        },
    ),
    "ix3": (
        {"mac": b"\x00\x01\x87\x0f\x13\x74", "soc_percent": 74},
        {
            "app_protocols": (offer(DIN, 0, 1),),
            "leave": "closes_tcp_at_first_cpdres",
            "leave_delay_ms": 278,
        },
    ),
    "id_buzz": (
        {"mac": b"\x00\x7d\xfa\x01\x02\x03", "soc_percent": 58, "energy_capacity_wh": 77000},
        {
            "match_at_once": True,
            "session_id_length": 1,
            "evccid_rotates": True,
            "steady_ms": 2000,
            "app_protocols": (offer(ISO2, 0, 1), offer(DIN, 1, 2)),
            "leave": "ignores_shutdown",
        },
    ),
    "ev3": (
        {"mac": b"\x0c\xe9\x9a\x10\x20\x30", "soc_percent": 39, "energy_capacity_wh": 81400},
        {"sdp_security": 0x00, "run_id": "mac"},
    ),
    "tiny_segments": (
        {"mac": b"\x02\x00\x00\x00\x00\x11", "soc_percent": 33},
        {"tcp_split": (1,), "mss": 536},
    ),
    "iso_only": (
        {"mac": b"\x02\x00\x00\x00\x00\x12", "soc_percent": 34},
        {"app_protocols": (offer(ISO2, 0, 1),)},
    ),
    "silent": ({"mac": b"\x02\x00\x00\x00\x00\x13", "soc_percent": 35}, {"leave": "falls_silent"}),
}
for _name in recorded.RECORDED:
    CARS[_name] = recorded.values_and_habits(recorded.RECORDED[_name])


def merged(*changes):
    """The defaults with one or more dicts of changes laid over; an unknown habit is an error."""
    habits = {}
    habits.update(DEFAULTS)
    for change in changes:
        for name in change or {}:
            if name not in DEFAULTS:
                raise KeyError("no such habit: " + name)
        habits.update(change or {})
    return habits
