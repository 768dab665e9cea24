# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What a HomePlug Green PHY modem does with Ethernet frames, whatever its host is attached by.

    host --from_host()--> Modem --transmit--> Powerline --on_air()--> other Modem --to_host()--> its host

A frame to 00:B0:52:00:00:01 or to the modem's own address is a management message for the modem itself
and is never sent on the line; a broadcast request is executed here and may travel as well. Everything
else goes to the line. The medium (`powerline.Powerline`) decides what arrives elsewhere; this file
decides what an arrived frame causes.

Layouts and times are those of recordings of a QCA7005 (firmware 1.1.0.730); where no recording decides,
the choice is listed in docs/modem-model.md. Runs on CPython and on MicroPython.
"""

from host_tests.twin.parameters import CAR, CHARGER, OPERATION_US, READ_MEMORY, Parameters, word

LOCAL_MODEM = b"\x00\xb0\x52\x00\x00\x01"
BROADCAST = b"\xff\xff\xff\xff\xff\xff"
FIRMWARE = b"MAC-QCA7005-1.1.0.730-04-20140815-CS"
ETHERTYPE_HOMEPLUG = b"\x88\xe1"
OUI_QUALCOMM = b"\x00\xb0\x52"
MINIMUM_FRAME = 60

CM_SET_KEY_REQ = 0x6008
CM_SET_KEY_CNF = 0x6009
CM_GET_KEY_REQ = 0x600C
CM_MNBC_SOUND_IND = 0x6076
CM_ATTEN_PROFILE_IND = 0x6086
VS_SW_VER_REQ = 0xA000
VS_RS_DEV_REQ = 0xA01C
VS_NW_INFO_REQ = 0xA038
VS_OP_ATTRIBUTES_REQ = 0xA068
VS_FAC_DEFAULTS_REQ = 0xA07C
VS_MODULE_OPERATION_REQ = 0xA0B0
VS_LINK_STATUS_REQ = 0xA0B8
VS_HOST_ACTION_IND = 0xA062
VS_HOST_ACTION_RSP = 0xA063
VS_ATTENUATION_IND = 0xA14E

# The message blocks of SLAC travel unencrypted between stations that share no network (multi-network
# broadcast).
SLAC_TYPES = (0x6064, 0x6068, 0x606C, 0x6074, 0x6078, 0x607C, 0x6084, 0xA14C)

# Audi Q4 recording: 68 us from the sound to 0xA14E, 17 us more to the profile.
ATTENUATION_IND_AFTER_SOUND_US = 68
PROFILE_AFTER_SOUND_US = 85
# Time of a far station for a request that came over the line; the line's own delay comes on top.
REMOTE_ANSWER_US = 300
RESET_AFTER_CNF_US = 20_000


def is_homeplug(frame):
    return len(frame) >= 17 and frame[12:14] == ETHERTYPE_HOMEPLUG


def mme_type(frame):
    """MMTYPE of a HomePlug frame (little-endian on the wire), None for any other frame."""
    return frame[15] | frame[16] << 8 if is_homeplug(frame) else None


def is_slac(frame):
    """True for the management messages that pass between stations before they share a network."""
    mmtype = mme_type(frame)
    return mmtype is not None and (mmtype & 0xFFFC) in SLAC_TYPES


def pad(frame):
    """Ethernet's minimum of 60 bytes without check sequence."""
    return frame if len(frame) >= MINIMUM_FRAME else bytes(frame) + bytes(MINIMUM_FRAME - len(frame))


def build_mme(destination, source, mmv, mmtype, body):
    """A padded HomePlug frame; `body` starts at byte 17 (behind MMTYPE)."""
    head = destination + source + ETHERTYPE_HOMEPLUG + bytes((mmv, mmtype & 0xFF, mmtype >> 8))
    return pad(head + bytes(body))


class Modem:
    """One modem. `to_host(frame)` is called for each frame it gives its host.

    `evse`: carries an EVSE parameter block, so each MNBC sound it hears yields an attenuation profile; the
    block itself is `parameters`.
    `random_bytes(n)`: nonces. `reboot_us`: dead time after a reset message; `mac_up_us`: from the end of
    the boot until the MAC answers (first SET_KEY.CNF of a cold chip takes about 180 ms, measured from
    the end of the boot). Public state: `nmk`, `nid` (None until a key was set), `link_up`, `counts`,
    `taps` (callables `(now_us, direction, frame)`, direction "host->modem" or "modem->host"), `on_link`
    (callable `(up)`), `on_reset` (callable).
    """

    def __init__(self, powerline, modem_mac, to_host, *, evse=False, firmware=FIRMWARE, random_bytes=None,
                 reboot_us=950_000, mac_up_us=0):
        self.clock = powerline.clock
        self.powerline = powerline
        self.modem_mac = bytes(modem_mac)
        self.parameters = Parameters(modem_mac, CHARGER if evse else CAR)
        self.firmware = firmware
        self.reboot_us = reboot_us
        self.mac_up_us = mac_up_us
        self.nmk = None
        self.nid = None
        self.key_since_us = 0
        self.set_key_result = 1  # QCA chips say 1 for success, against the HomePlug text
        self.set_key_silent = False
        self.first_key_us = 0  # extra time of the first SET_KEY after each start; 0 in the recordings
        self.nw_info_versions = (0, 1)
        self.resets_silently = False
        self.running = False
        self.host_macs = []
        self.ghosts = []
        self.link_up_told = False
        self.taps = []
        self.on_link = None
        self.on_reset = None
        self.unknown = []
        self.counts = {"to_host": 0, "to_air": 0, "local": 0, "unknown": 0, "mac_not_up": 0}
        self._to_host = to_host
        self._random_bytes = random_bytes or powerline.random_bytes
        self._ready_at_us = 0
        self._key_was_asked = False
        self._local = {
            CM_SET_KEY_REQ: self._set_key,
            CM_GET_KEY_REQ: self._get_key,
            VS_SW_VER_REQ: self._sw_ver,
            VS_NW_INFO_REQ: self._nw_info,
            VS_LINK_STATUS_REQ: self._link_status,
            VS_OP_ATTRIBUTES_REQ: self._op_attributes,
            VS_RS_DEV_REQ: self._rs_dev,
            VS_FAC_DEFAULTS_REQ: self._fac_defaults,
            VS_MODULE_OPERATION_REQ: self._module_operation,
        }
        self._starts = 0

    @property
    def evse(self):
        """True while the running parameter block is a charger's."""
        return self.parameters.role == CHARGER

    @evse.setter
    def evse(self, evse):
        self.parameters.role = CHARGER if evse else CAR

    # ---- power

    def start(self):
        """The firmware runs from now on; its MAC follows after `mac_up_us`."""
        self.running = True
        self._starts += 1
        self.parameters.start()
        self._key_was_asked = False
        self._ready_at_us = self.clock.now_us + self.mac_up_us
        self.key_since_us = self._ready_at_us
        self.powerline.network_changed()

    def stop(self):
        """Power lost or reset: silent, forgets its peers. The key is in non-volatile memory and stays."""
        self.powerline.leave(self)
        self.running = False
        self.host_macs = []

    @property
    def link_up(self):
        """What VS_PL_LINK_STATUS reports: at least one other station in the network (a vanished one ages
        out)."""
        return len(self.powerline.peers(self)) > 0

    # ---- host side

    def from_host(self, frame):
        """A complete Ethernet frame without FCS from the attached host."""
        if not self.running:
            return
        frame = pad(frame)
        self._tap("host->modem", frame)
        self._learn(bytes(frame[6:12]))
        destination = bytes(frame[0:6])
        if destination in (LOCAL_MODEM, self.modem_mac):
            self._execute(frame, self._give_host)
            return
        if destination == BROADCAST and mme_type(frame) in self._local:
            self._execute(frame, self._give_host)
            if mme_type(frame) == CM_SET_KEY_REQ:
                return
        if self.clock.now_us < self._ready_at_us:
            self.counts["mac_not_up"] += 1
            return
        self.counts["to_air"] += 1
        self.powerline.transmit(frame, self)

    def _give_host(self, frame):
        if self.running:
            frame = pad(frame)
            self.counts["to_host"] += 1
            self._tap("modem->host", frame)
            self._to_host(frame)

    def _tap(self, direction, frame):
        for tap in self.taps:
            tap(self.clock.now_us, direction, frame)

    def _learn(self, mac):
        """Remember the addresses bridged to the host; unicast frames for others are not passed up."""
        if mac not in self.host_macs:
            self.host_macs.append(mac)
            if len(self.host_macs) > 8:
                self.host_macs.pop(0)

    # ---- line side

    def on_air(self, frame, sender):
        """A frame the medium delivered (addressing and joining are checked there)."""
        if not self.running or self.clock.now_us < self._ready_at_us:
            return
        mmtype = mme_type(frame)
        if mmtype in self._local:
            self._execute_remote(frame, mmtype)
            return
        if bytes(frame[0:6]) == self.modem_mac:
            return
        self._give_host(frame)
        if mmtype == CM_MNBC_SOUND_IND and self.evse and not self.powerline.faults.profile_lost():
            self._measured(bytes(frame[6:12]), self.powerline.heard_attenuation(sender, self))

    def _execute_remote(self, frame, mmtype):
        if mmtype in (CM_SET_KEY_REQ, VS_MODULE_OPERATION_REQ):
            return  # keys and parameters are only taken from the own host
        if mmtype in (VS_RS_DEV_REQ, VS_FAC_DEFAULTS_REQ) and bytes(frame[0:6]) != self.modem_mac:
            return
        self._execute(frame, self._give_air, REMOTE_ANSWER_US)

    def _give_air(self, frame):
        if self.running:
            self.powerline.transmit(pad(frame), self)

    def _measured(self, pev_mac, values):
        """The two reports of one sound, in the order and spacing of the recording."""
        vendor = build_mme(BROADCAST, self.modem_mac, 0, VS_ATTENUATION_IND,
                           bytes(3) + pev_mac + b"\x3a\x00\x10" + bytes(7) + values)
        profile = build_mme(BROADCAST, self.modem_mac, 1, CM_ATTEN_PROFILE_IND,
                            bytes(2) + pev_mac + b"\x3a\x00" + values)
        self.clock.after(ATTENUATION_IND_AFTER_SOUND_US, self._give_host, vendor)
        self.clock.after(PROFILE_AFTER_SOUND_US, self._give_host, profile)
        self.clock.after(PROFILE_AFTER_SOUND_US, self._give_air, vendor)

    # ---- messages for the modem itself

    def _execute(self, frame, answer, delay_us=None):
        mmtype = mme_type(frame)
        handler = self._local.get(mmtype) if mmtype is not None else None
        if handler is None:
            self.counts["unknown"] += 1
            self.unknown.append(mmtype)
            return
        self.counts["local"] += 1
        if delay_us is None:
            delay_us = 800 + self.powerline.rng_modems.below(200)
        if mmtype == CM_SET_KEY_REQ and not self._key_was_asked:
            self._key_was_asked = True
            delay_us += self.first_key_us
        when_us = max(self.clock.now_us + delay_us, self._ready_at_us)
        self.clock.at(when_us, self._run_local, handler, bytes(frame), answer)

    def _run_local(self, handler, frame, answer):
        if self.running:
            handler(frame, answer)

    def _confirm(self, request, body, answer, mmv=None):
        mmtype = mme_type(request) + 1
        mmv = request[14] if mmv is None else mmv
        answer(build_mme(bytes(request[6:12]), self.modem_mac, mmv, mmtype, body))

    def _set_key(self, request, answer):
        if self.set_key_silent:
            return
        result = self.set_key_result
        # @19 key type NMK, @40 new EKS 1; anything else is not a network key for this modem.
        if len(request) < 57 or request[19] != 1 or request[40] != 1:
            result = 0
        if result == 1:
            self.set_key(bytes(request[41:57]), bytes(request[33:40]))
        body = (b"\x00\x00" + bytes((result,)) + self._random_bytes(4) + bytes(request[20:24])
                + b"\x04\x00\x00\xff\x00")
        self._confirm(request, body, answer)

    def _get_key(self, request, answer):
        """Only the modem's own host gets the key, and only with the right NID; others see a modem and its network.

        REQ: @19 0 direct, @20 1 NMK, @21 NID, @28 nonce. CNF: @19 0 success, @20 key type, @21 the nonce asked with,
        @25 own nonce, @29 NID, @36 EKS, @37 PID, @41 NMK. Places and cases as pyPLC saw them (`evaluateGetKeyCnf`).
        """
        network = self._network()
        nid = bytes(7) if network is None else network[0]
        told = (
            self.nmk is not None
            and bytes(request[6:12]) in self.host_macs
            and bytes(request[19:21]) == b"\x00\x01"
            and bytes(request[21:28]) == self.nid
        )
        head = b"\x00\x00" + bytes((0 if told else 1, request[20])) + bytes(request[28:32])
        head += self._random_bytes(4) + nid + b"\x01\x04" + bytes(3)
        self._confirm(request, head + (self.nmk if told else bytes(16)), answer)

    def set_key(self, nmk, nid):
        """Enter the network of this key (16 and 7 bytes). The same key again interrupts the link too."""
        self.powerline.leave(self)
        self.nmk = bytes(nmk)
        self.nid = bytes(nid)
        self.parameters.set_key(self.nmk, self.nid)
        self.key_since_us = max(self.clock.now_us, self._ready_at_us)
        self.powerline.network_changed()

    def _sw_ver(self, request, answer):
        body = bytearray(297 - 17)
        body[0:3] = OUI_QUALCOMM
        body[4] = 0x22
        body[5] = len(self.firmware) + 1
        body[6 : 6 + len(self.firmware)] = self.firmware
        # The string field is 46 bytes, filled with 0xCC behind the terminator; trailer as recorded from
        # 1.1.0.730.
        for index in range(7 + len(self.firmware), 52):
            body[index] = 0xCC
        body[260:263] = b"\x7c\x58\x1b"
        body[268] = 0x01
        body[272] = 0x3F
        self._confirm(request, body, answer)

    def _link_status(self, request, answer):
        self._confirm(request, OUI_QUALCOMM + bytes((0, 1 if self.link_up else 0)), answer)

    def _nw_info(self, request, answer):
        version = request[14]
        if version not in self.nw_info_versions:
            self.counts["unknown"] += 1
            self.unknown.append(VS_NW_INFO_REQ)
            return
        if version == 0:
            self._confirm(request, OUI_QUALCOMM + self._nw_info_v1(), answer)
        else:
            nets = self._nw_info_v2()
            head = b"\x00\x00" + OUI_QUALCOMM + b"\x00\x00" + bytes((len(nets) & 0xFF, len(nets) >> 8))
            self._confirm(request, head + nets, answer)

    def _network(self):
        """(NID, own TEI, own role, CCo MAC, peers), None outside any network. The EVSE side is the
        coordinator."""
        if self.nid is None:
            return None
        peers = self.powerline.peers(self)
        if self.evse:
            return self.nid, 1, 2, self.modem_mac, peers
        if not peers:
            return None
        return self.nid, 2, 0, peers[0].modem_mac, peers

    def _nw_info_v1(self):
        network = self._network()
        if network is None:
            return b"\x00"
        nid, tei, role, cco, peers = network
        out = b"\x01" + nid + bytes((4, tei, role)) + cco + bytes((1, len(peers)))
        for index, peer in enumerate(peers):
            out += peer.modem_mac + bytes((self._peer_tei(index),)) + peer.bridged_mac + b"\x09\x09"
        return out

    def _nw_info_v2(self):
        network = self._network()
        if network is None:
            return b"\x00\x00"
        nid, tei, role, cco, peers = network
        out = b"\x00\x01" + nid + b"\x00\x00" + bytes((4, tei)) + bytes(4) + bytes((role,)) + cco
        out += b"\x01\x00\x00\x00" + bytes((len(peers),)) + bytes(5)
        for index, peer in enumerate(peers):
            out += peer.modem_mac + bytes((self._peer_tei(index),)) + bytes(3) + peer.bridged_mac
            out += b"\x09\x00\x00\x00\x09\x00\x00\x00"
        return out

    def _peer_tei(self, index):
        return index + 2 if self.evse else 1

    @property
    def bridged_mac(self):
        """Address of the first host behind this modem, zeroes when it never sent."""
        return self.host_macs[0] if self.host_macs else bytes(6)

    def _op_attributes(self, request, answer):
        """Platform strings: status 2, cookie 4, report type 1, length 2 and a 1024-byte record (118 used)."""
        record = bytearray(1024)
        record[0:7] = b"QCA7005"
        record[16:19] = b"MAC"
        record[32] = 1
        record[36] = 1
        record[52:60] = b"20140815"
        record[60:62] = b"CS"
        head = OUI_QUALCOMM + bytes(2) + bytes(request[20:24]) + b"\x00\x76\x00"
        self._confirm(request, head + record, answer)

    def _module_operation(self, request, answer):
        """The block is read or written when the time of the operation is over; a restart before leaves it be."""
        operation = word(request, 25, 2)
        self.clock.after(
            OPERATION_US.get(operation, OPERATION_US[READ_MEMORY]), self._operate, request, answer, self._starts
        )

    def _operate(self, request, answer, start):
        if not self.running or start != self._starts:
            return
        body, restarts = self.parameters.execute(request[20:], self.clock.now_us)
        self._confirm(request, OUI_QUALCOMM + body, answer)
        if restarts:
            self.clock.after(RESET_AFTER_CNF_US, self._reset)

    def _rs_dev(self, request, answer):
        if not self.resets_silently:
            self._confirm(request, OUI_QUALCOMM + b"\x00", answer)
        self.clock.after(RESET_AFTER_CNF_US, self._reset)

    def _fac_defaults(self, request, answer):
        self._confirm(request, OUI_QUALCOMM + b"\x00", answer)
        self.clock.after(RESET_AFTER_CNF_US, self._forget_and_reset)

    def _forget_and_reset(self):
        self.powerline.leave(self)
        self.nmk = None
        self.nid = None
        self._reset()

    def _reset(self):
        if not self.running:
            return
        if self.on_reset is not None:
            self.on_reset()
            return
        self.stop()
        self.clock.after(self.reboot_us, self.start)
