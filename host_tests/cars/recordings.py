# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the recordings of real cars show, measured: the check of `host_tests/twin/car/recorded.py`.

The recordings lie beside the repository (shared/captures) and are not part of it; `present()` tells.

    session = Recording("car_audi_q4_QCA7005evse_2026-02-08.jsonl", 2028, 2114)
    session.measured()["rsp_delay_ms"]      -> (12, 2028.810)      value and time of its row
"""

import json
from itertools import pairwise
from pathlib import Path
from statistics import median

from v2g import apphand, din, exi, iso2

from host_tests.twin.car import frames
from host_tests.twin.car.ip import Packet

CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "captures"
# Why a test is skipped without them.
ABSENT = "recordings of real cars are not part of the repository; docs/recordings.md tells how to get them"
# Recordings without a DC session: `test_replayed` plays them frame by frame.
NOT_DC = (
    "car_vw_id3_iso2_ac_2023-04-14.jsonl",
    "car_mercedes_eqe_iso2_ac_beside_byd_2023-10-04.jsonl",
    "car_fiat_scudo_never_joins_2024-02-20.jsonl",
)
# From CM_SLAC_MATCH.CNF to the car's modem being joined: no recording tells. Taken for all cars.
JOIN_MS = 200
WAKE_MS = 300  # habit wake_ms: from 5 % on the pilot, which no recording shows, to the first CM_SLAC_PARM.REQ
# The second byte of a message tells its standard; any other one belongs to the handshake.
_STANDARDS = {0x9A: din, 0x98: iso2}
_AS_IN_DIN = {"PaymentServiceSelection": "ServicePaymentSelection", "Authorization": "ContractAuthentication"}
_FIN, _SYN, _RST = 1, 2, 4
_NOP, _MSS, _SACK = 1, 2, 4
_TOLD_PORT = 32  # in an SDP response: behind the headers of UDP and V2GTP and an address
_ICMP = {133: "rs", 135: "ns", 136: "na", 143: "mld"}


def present():
    return CAPTURES.is_dir()


def ms(later, earlier):
    return round((later - earlier) * 1000)


class Row:
    """One frame: `t` seconds, `car` whether the car sent it, `kind`, and what a TCP segment carries."""

    def __init__(self, t, car, frame):
        self.t = t
        self.car = car
        self.frame = frame
        self.kind = ""
        if frame[12:14] == b"\x88\xe1":
            self.kind = frames.mmtype_of(frame)
            return
        if frame[12:14] != b"\x86\xdd" or frame[20] not in (6, 17, 58):
            return
        self.packet = packet = Packet(frame)
        if frame[20] == 58:
            self.kind = _ICMP.get(packet.payload[0], "icmp")
        elif frame[20] == 17:
            self.kind = "sdp" if packet.payload[8:10] == b"\x01\xfe" else "udp"
        else:
            self.kind = "tcp"
            self.flags = packet.payload[13]
            header = (packet.payload[12] >> 4) * 4
            self.options = packet.payload[20:header]
            self.data = packet.payload[header:]
            self.window = int.from_bytes(packet.payload[14:16], "big")
            self.port = int.from_bytes(packet.payload[0:2], "big")


class Message:
    """One V2GTP message: `name` such as "ChargeParameterDiscoveryReq" (as in DIN 70121), its EXI, the decoded body."""

    def __init__(self, t, car, payload, note=""):
        self.t = t
        self.car = car
        self.payload = payload[8:]
        self.session_id = None
        standard = _STANDARDS.get(self.payload[1])
        if standard is None:
            ((self.name, self.body),) = exi.decode(apphand.SCHEMA, self.payload).items()
            return
        try:
            tree = exi.decode(standard.SCHEMA, self.payload)["V2G_Message"]
        except exi.ExiError:
            # pyPLC's answer to an Ioniq, with a power limit in hours: what it is only the recording's note tells.
            self.name, self.body = note.split()[1], {}
            return
        self.session_id = tree["Header"]["SessionID"]
        ((name, self.body),) = tree["Body"].items()
        self.name = _AS_IN_DIN.get(name[:-3], name[:-3]) + name[-3:]

    @property
    def status(self):
        """Its DC_EVStatus, or None."""
        for element in ("DC_EVChargeParameter", "DC_EVPowerDeliveryParameter"):
            if element in self.body:
                return self.body[element].get("DC_EVStatus")
        return self.body.get("DC_EVStatus")


class Recording:
    """The part of a recording from `start_s` to `end_s` that holds one session."""

    def __init__(self, file, start_s=0, end_s=1e9):
        self.rows = []
        self.messages = []
        self.times = set()
        for line in (CAPTURES / file).read_text().splitlines():
            row = json.loads(line)
            if not start_s <= row["t"] <= end_s:
                continue
            self.times.add(round(row["t"], 3))
            if row["dir"] not in ("ev->evse", "evse->ev"):
                continue
            data = bytes.fromhex(row["hex"])
            if row["layer"] == "eth":
                self.rows.append(Row(row["t"], row["dir"] == "ev->evse", data))
            elif row["layer"] == "v2gtp" and data[2:4] == b"\x80\x01":
                self.messages.append(Message(row["t"], row["dir"] == "ev->evse", data, row.get("note", "")))

    def of(self, kind, car=True):
        return [row for row in self.rows if row.kind == kind and row.car == car]

    def message(self, name):
        return next((m for m in self.messages if m.name == name), None)

    def pauses(self, answer, request):
        """[(ms from `answer` to the `request` directly behind it, time of the request)]"""
        found = []
        for before, after in pairwise(self.messages):
            if before.name == answer and after.name == request:
                found.append((ms(after.t, before.t), after.t))
        return found

    # ---- measuring

    def measured(self):
        """{habit or value: (value, time in s of the row that shows it)}"""
        found = {}
        self._slac(found)
        self._ip(found)
        self._tcp(found)
        self._dialogue(found)
        self._contents(found)
        return found

    def _slac(self, found):
        requests = self.of(frames.SLAC_PARM_REQ)
        if not requests:
            return
        first = requests[0]
        run_id = first.frame[21:29]
        kind = "tesla" if run_id == b"TESLA EV" else "random"
        if run_id == first.frame[6:12] + bytes(2):
            kind = "mac"
        if not any(run_id):
            kind = bytes(8)
        found["run_id"] = (kind, first.t)
        rounds = [[first]]
        for row in requests[1:]:
            if row.t - rounds[-1][-1].t < 2:
                rounds[-1].append(row)
            else:
                rounds.append([row])
        found["parm_sends"] = (len(rounds[0]), rounds[0][-1].t)
        gaps = [ms(b.t, a.t) for a, b in pairwise(rounds[0])]
        if gaps and gaps[0] < 50:
            found["parm_twice_ms"] = (gaps[0], rounds[0][1].t)
        elif gaps:
            found["parm_intervals_ms"] = (tuple(gaps), rounds[0][1].t)
        if len(rounds) > 1:
            # The car waits one more interval for an answer before it gives up.
            pauses = [ms(b[0].t, a[-1].t) - gaps[0] for a, b in pairwise(rounds)]
            found["slac_pauses_ms"] = (tuple(pauses), rounds[1][0].t)
        starts, sounds = self.of(frames.START_ATTEN_CHAR_IND), self.of(frames.MNBC_SOUND_IND)
        if not starts:
            return
        starts, sounds = starts[:3], sounds[:10]
        found["start_delay_ms"] = (ms(starts[0].t, self.of(frames.SLAC_PARM_CNF, False)[0].t), starts[0].t)
        found["batch_interval_ms"] = (round(ms(sounds[-1].t, sounds[0].t) / 9), sounds[-1].t)
        found["first_sound_gap_ms"] = (ms(sounds[0].t, starts[-1].t), sounds[0].t)
        found["sounds"] = (len(sounds), sounds[-1].t)
        if len({row.frame[55:71] for row in sounds}) == 1:
            filling = sounds[0].frame[55:71]
            found["sound_filling"] = (filling, sounds[0].t)
        answer, asked = self.of(frames.ATTEN_CHAR_RSP)[0], self.of(frames.SLAC_MATCH_REQ)[0]
        found["rsp_delay_ms"] = (ms(answer.t, self.of(frames.ATTEN_CHAR_IND, False)[0].t), answer.t)
        at_once = asked.t < starts[0].t + 1.2
        found["match_at_once"] = (at_once, asked.t)
        found["match_delay_ms"] = (ms(asked.t, answer.t if at_once else starts[0].t + 1.2), asked.t)

    @property
    def linked_s(self):
        return self.of(frames.SLAC_MATCH_CNF, False)[0].t + JOIN_MS / 1000

    def _ip(self, found):
        if not self.of("sdp"):
            return
        linked = self.linked_s
        plan = []
        for row in self.rows:
            if row.car and row.kind in ("ns", "rs") and linked <= row.t < linked + 6:
                kind = "dad" if row.kind == "ns" else "rs"
                if row.kind == "ns" and any(row.packet.source):
                    continue
                if row.kind == "rs" and not any(row.packet.source):
                    kind = "rs_unspecified"
                elif row.kind == "rs" and len(row.packet.payload) == 8:
                    kind = "rs_bare"
                plan.append((ms(row.t, linked), kind))
                found["ip_after_link"] = (tuple(plan), row.t)
        early = [row for row in self.rows if row.car and row.kind == "rs" and row.t < linked - JOIN_MS / 1000]
        if early:
            start = self.of(frames.SLAC_PARM_REQ)[0].t
            found["ip_before_slac"] = (
                tuple((ms(row.t, start) + WAKE_MS, "rs") for row in early),
                early[0].t,
            )
        asked, answered = self.of("sdp"), self.of("sdp", False)[0]
        first = asked[0]
        found.setdefault("ip_after_link", ((), first.t))
        found["sdp_delay_ms"] = (ms(first.t, linked), first.t)
        found["hop_limit"] = (first.frame[21], first.t)
        found["sdp_security"] = (first.packet.payload[16], first.t)
        found["sdp_port"] = (int.from_bytes(first.packet.payload[0:2], "big"), first.t)
        same = [row for row in asked if row.packet.payload[16] == first.packet.payload[16]]
        other = [row for row in asked if row not in same]
        if len(same) > 1:
            found["sdp_sends"] = (len(same), same[-1].t)
            gaps = [ms(b.t, a.t) for a, b in pairwise(same)]
            found["sdp_interval_ms"] = (round(median(gaps)), same[-1].t)
        if other:
            found["sdp_fallback"] = (other[0].packet.payload[16], other[0].t)
            found["sdp_fallback_pause_ms"] = (ms(other[0].t, same[-1].t) - 250, other[0].t)
        asked_for = [row for row in self.of("ns") if any(row.packet.source) and row.t > answered.t]
        syn = self.syn
        if syn is None:
            return
        if asked_for and asked_for[0].t < syn.t:
            found["resolve_delay_ms"] = (ms(asked_for[0].t, answered.t), asked_for[0].t)
            heard = next(row for row in self.of("na", False) if row.t >= asked_for[0].t)
            found["tcp_delay_ms"] = (ms(syn.t, heard.t), syn.t)
        probes = [row for row in asked_for if row.t > syn.t]
        if probes:
            before = asked_for[0].t if asked_for[0].t < syn.t else [*self.of("rs"), syn][0].t
            found["probe_ms"] = (ms(probes[0].t, before), probes[0].t)
            found["probe_multicast"] = (probes[0].packet.destination[0] == 0xFF, probes[0].t)

    @property
    def syn(self):
        """The car's SYN to the port that it was told, None without any: a VW knocks at another one beside its session."""
        told = {row.packet.payload[_TOLD_PORT:][:2] for row in self.of("sdp", False)}
        asked = [row for row in self.of("tcp") if row.flags & _SYN]
        return next((row for row in asked if row.packet.payload[2:4] in told), asked[0] if asked else None)

    def _tcp(self, found):
        mine = self.of("tcp")
        syn = self.syn
        if syn is None:
            return
        offered, padding = options_of(syn)
        found["tcp_port"] = (syn.port, syn.t)
        found["mss"] = (int.from_bytes(offered[_MSS], "big") if _MSS in offered else None, syn.t)
        found["sack"] = (_SACK in offered, syn.t)
        found["syn_padding"] = (padding, syn.t)
        found["window"] = (syn.window, syn.t)
        bare = [row for row in mine if row.flags == 0x10 and not row.data]
        windows = [row.window for row in bare[:20]]
        style = "creeping"
        if all(window == syn.window for window in windows):
            style = "constant"
        elif windows.count(syn.window) > 3:
            style = "double"
        found["window_style"] = (style, bare[-1].t)
        delays = []
        for before, after in pairwise(self.rows):
            if before.kind == "tcp" and not before.car and before.data and after in bare:
                delays.append(ms(after.t, before.t))
        found["ack_delay_ms"] = (round(median(delays or [0])), bare[1].t)
        first = next(row for row in mine if row.data)
        found["first_request_ms"] = (ms(first.t, bare[0].t), first.t)
        ends = [row for row in mine if row.flags & (_FIN | _RST)]
        if ends:
            # A reset answered two seconds of silence; it is not a way of closing after SessionStopRes.
            what = "timeout_close_with" if ends[0].flags & _RST else "close_with"
            found[what] = ("rst" if ends[0].flags & _RST else "fin", ends[0].t)
        stop = self.message("SessionStopRes")
        if ends and stop:
            found["close_delay_ms"] = (ms(ends[0].t, stop.t), ends[0].t)
        elif ends:
            last = next(m for m in reversed(self.messages) if m.car)
            found["message_timeout_ms"] = (ms(ends[0].t, last.t), ends[0].t)

    def _dialogue(self, found):
        thinks = []
        for answer, request in (
            ("supportedAppProtocolRes", "SessionSetupReq"),
            ("SessionSetupRes", "ServiceDiscoveryReq"),
            ("ServiceDiscoveryRes", "ServicePaymentSelectionReq"),
            ("ServicePaymentSelectionRes", "ContractAuthenticationReq"),
        ):
            thinks += self.pauses(answer, request)
        if thinks:
            found["think_ms"] = (round(median([pause for pause, _ in thinks])), thinks[-1][1])
        for habit, answer, request in (
            ("cpd_think_ms", "ContractAuthenticationRes", "ChargeParameterDiscoveryReq"),
            ("cable_check_think_ms", "ChargeParameterDiscoveryRes", "CableCheckReq"),
            ("cable_check_interval_ms", "CableCheckRes", "CableCheckReq"),
            ("pre_charge_interval_ms", "PreChargeRes", "PreChargeReq"),
            ("current_demand_interval_ms", "CurrentDemandRes", "CurrentDemandReq"),
            ("welding_interval_ms", "WeldingDetectionRes", "WeldingDetectionReq"),
        ):
            seen = self.pauses(answer, request)
            if seen:
                found[habit] = (round(median([pause for pause, _ in seen])), seen[0][1])
        names = [m.name for m in self.messages if m.car]
        stop = self.message("SessionStopReq")
        if stop and "PowerDeliveryReq" in names:
            found["welding_rounds"] = (names.count("WeldingDetectionReq"), stop.t)
        pre_charge = [m for m in self.messages if m.name == "PreChargeReq"]
        if stop and pre_charge and names[names.index("SessionStopReq") - 1] == "PreChargeReq":
            found["pre_charge_timeout_ms"] = (ms(stop.t, pre_charge[0].t), stop.t)

    def _contents(self, found):
        message = self.message("supportedAppProtocolReq")
        if message:
            offers = []
            for entry in message.body["AppProtocol"]:
                version = (entry["VersionNumberMajor"], entry["VersionNumberMinor"])
                offers.append((entry["ProtocolNamespace"], *version, entry["SchemaID"], entry["Priority"]))
            found["app_protocols"] = (tuple(offers), message.t)
        message = self.message("SessionSetupReq")
        if message:
            found["session_id_length"] = (len(message.session_id), message.t)
            found["evccid_length"] = (len(message.body["EVCCID"]), message.t)
        message = self.message("ServiceDiscoveryReq")
        if message:
            found["service_category"] = (message.body.get("ServiceCategory"), message.t)
        message = self.message("ContractAuthenticationReq")
        if message:
            found["surplus_byte"] = (len(message.payload) == 14, message.t)
        self._parameters(found)
        message = next((m for m in self.messages if milli_volts(m)), self.message("PreChargeReq"))
        if message:
            found["target_voltage"] = (value_of(message.body["EVTargetVoltage"]), message.t)
            found["target_current"] = (value_of(message.body["EVTargetCurrent"]), message.t)
        message = self.message("CurrentDemandReq")
        if message:
            found["limits_in_current_demand"] = ("EVMaximumVoltageLimit" in message.body, message.t)
            found["bulk_complete"] = (message.body.get("BulkChargingComplete"), message.t)
            times = [message.body.get(name) for name in ("RemainingTimeToFullSoC", "RemainingTimeToBulkSoC")]
            found["remaining_times"] = (tuple(value_of(item) for item in times if item), message.t)

    def _parameters(self, found):
        message = self.message("ChargeParameterDiscoveryReq")
        if not message:
            return
        body = message.body["DC_EVChargeParameter"]
        status = body["DC_EVStatus"]
        found["conditioning"] = (
            (status.get("EVCabinConditioning"), status.get("EVRESSConditioning")),
            message.t,
        )
        found["ready_in_cpd"] = (status["EVReady"], message.t)
        found["soc_percent"] = (status["EVRESSSOC"], message.t)
        if status["EVRESSSOC"] == 0:
            self._late_soc(found)
        for habit, element in (
            ("max_current", "EVMaximumCurrentLimit"),
            ("max_power", "EVMaximumPowerLimit"),
            ("max_voltage", "EVMaximumVoltageLimit"),
        ):
            found[habit] = (value_of(body.get(element)), message.t)
        for name, element in (
            ("energy_capacity_wh", "EVEnergyCapacity"),
            ("energy_request_wh", "EVEnergyRequest"),
        ):
            energy = value_of(body.get(element))
            found[name] = (energy and energy[2] * 10 ** energy[0], message.t)
            if energy:
                found["energy_unit"] = (energy[0:2], message.t)
        found["full_soc_percent"] = (body.get("FullSOC"), message.t)
        found["bulk_soc_percent"] = (body.get("BulkSOC"), message.t)

    def _late_soc(self, found):
        """A car that tells 0 before it knows: its first other number, and the request that brought it."""
        counts = {}
        for message in self.messages:
            counts[message.name] = counts.get(message.name, 0) + 1
            status = message.status if message.car else None
            if status and status["EVRESSSOC"]:
                found["soc_percent"] = (status["EVRESSSOC"], message.t)
                found["soc_told_from"] = ((message.name[:-3], counts[message.name]), message.t)
                return

    def station(self):
        """When the recorded station got how far, {step: s}; steps it did not reach are left out."""
        points = {
            "parm_req": [r.t for r in self.of(frames.SLAC_PARM_REQ)],
            "match_cnf": [r.t for r in self.of(frames.SLAC_MATCH_CNF, False)],
            "sdp_req": [r.t for r in self.of("sdp")],
            "sdp_res": [r.t for r in self.of("sdp", False)],
            "syn": [r.t for r in self.of("tcp") if r.flags & _SYN],
            "soc": [m.t for m in self.messages if m.name == "ChargeParameterDiscoveryReq"],
        }
        return {name: round(times[0], 3) for name, times in points.items() if times}


def options_of(syn):
    """({kind: value} of a SYN's TCP options, in whatever order they stand, octets behind their end) (RFC 9293 3.2)."""
    options, found = syn.options, {}
    while options and options[0]:
        size = 1 if options[0] == _NOP else options[1] if len(options) > 1 else 0
        if not size or size > len(options):
            break
        found[options[0]] = options[2:size]
        options = options[size:]
    return found, len(options)


def milli_volts(message):
    """EVTargetVoltage of a PreChargeReq as a whole number, 0 for any other message."""
    if message.name != "PreChargeReq":
        return 0
    return message.body["EVTargetVoltage"]["Value"]


def value_of(physical):
    """(multiplier, unit, value) of a decoded PhysicalValue, None for none."""
    if not physical:
        return None
    return (physical["Multiplier"], physical.get("Unit"), physical["Value"])
