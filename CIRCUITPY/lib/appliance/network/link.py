# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What ``wifi.radio`` is set to around a join: name, address, and what is switched on once it has succeeded."""

# In dBm, one of the radio's eleven steps. Boards with a poor antenna can join only with little power: 8.5 and 13 are
# reported to help (CircuitPython issues 9235 and 9657). It is also enough for a phone next to the box.
LOW_TX_POWER_DBM = 7
# How often a failed mDNS server is made again, after later joins.
_MOST_SERVERS = 3
# Which access point to join: (channel, BSSID or None for any). This leaves the choice to the firmware.
ANYWHERE = (0, None)
# Told once the box is in a network: its name, the address.
CONNECTED_TO = "connected to %s, http://%s"
# The radio's address after it was associated and before DHCP has answered.
_NO_LEASE = "0.0.0.0"


class Link:
    """``radio`` is ``wifi.radio``, None on a board without. ``new_pool(radio)`` makes the socket pool,
    ``new_mdns(radio)`` the server for HOSTNAME.local (None: there is none); ``tell(kind, text)`` gets what went wrong
    and does not matter.
    """

    def __init__(self, settings, radio, new_pool, new_mdns, tell):
        self.hostname = settings["HOSTNAME"]
        self.pool = None
        self._settings = settings
        self._radio = radio
        self._new_pool = new_pool
        self._new_mdns = new_mdns
        self._tell = tell
        self._address = None
        self._text = None
        self._mdns = None
        self._servers = 0
        self._announced = False
        self._has_static = False
        # None before the radio was asked; 0 where its power cannot be set.
        self._usual_dbm = None
        self._dbm = None
        self._needs_low_power = False

    @property
    def exists(self):
        """False on a board without a radio."""
        return self._radio is not None

    def enable(self):
        """Switch the radio on."""
        self._radio.enabled = True

    def is_joined(self):
        """True while the radio is associated with an access point; DHCP may not have answered yet."""
        return self._radio.connected

    def address(self):
        """Its IPv4 address as text, None without one. Asked once a second, so text is made of a new one only."""
        address = self._radio.ipv4_address
        if address != self._address:
            self._address = address
            text = str(address)
            self._text = None if address is None or text == _NO_LEASE else text
        return self._text

    def place(self):
        """(channel, BSSID) of the access point it is associated with, or None."""
        info = self._radio.ap_info
        return None if info is None else (info.channel, bytes(info.bssid))

    def rssi(self):
        """Signal strength in dBm or None."""
        info = self._radio.ap_info
        return None if info is None else info.rssi

    def open_pool(self):
        """Make the socket pool, once."""
        if self.pool is None:
            self.pool = self._new_pool(self._radio)

    # ---- transmit power

    def has_less_power(self):
        """True if the power can be lowered for another try."""
        return not self._needs_low_power and bool(self._usual_dbm) and self._usual_dbm > LOW_TX_POWER_DBM

    def use_power(self, low):
        """The power of the settings, else the board's own; ``low``: LOW_TX_POWER_DBM at most. Only while it is on."""
        try:
            if self._usual_dbm is None:
                self._dbm = self._radio.tx_power
                self._usual_dbm = self._settings["WIFI_TX_POWER_DBM"] or self._dbm
            low = low or self._needs_low_power
            wanted = min(LOW_TX_POWER_DBM, self._usual_dbm) if low else self._usual_dbm
            if wanted != self._dbm:
                self._radio.tx_power = self._dbm = wanted
        except (AttributeError, NotImplementedError):
            # No such switch on this chip.
            self._usual_dbm = self._dbm = 0

    def keep_low_power(self, needed):
        """Whether joins use low power from now on: because it helped, or no longer because it did not."""
        self._needs_low_power = needed

    # ---- joining

    def join(self, ssid, password, place, low_power=False):
        """Blocks for seconds; for ever if no DHCP server answers. Raises ConnectionError, RuntimeError, ValueError."""
        self.enable()
        self.use_power(low_power)
        self._take_name()
        self._take_address(ssid)
        channel, bssid = place
        if not channel:
            self._radio.connect(ssid, password)
        elif bssid is None:
            # A search of one channel takes a tenth of a full one.
            self._radio.connect(ssid, password, channel=channel)
        else:
            # With a BSSID Radio.c ignores the channel, so this searches all channels from 1 on.
            self._radio.connect(ssid, password, channel=channel, bssid=bssid)

    def _take_name(self):
        try:
            self._radio.hostname = self.hostname
        except (ValueError, RuntimeError, AttributeError, NotImplementedError) as error:
            self._tell("info", "host name not taken: %s" % error)

    def _take_address(self, ssid):
        """The fixed address belongs to the network of the settings; any other gets DHCP."""
        settings = self._settings
        if not settings["WIFI_STATIC_ADDRESS"] or ssid != settings["WIFI_SSID"]:
            if self._has_static:
                self._has_static = False
                self._radio.start_dhcp()
            return
        import ipaddress

        gateway = ipaddress.ip_address(settings["WIFI_GATEWAY"])
        self._radio.set_ipv4_address(
            ipv4=ipaddress.ip_address(settings["WIFI_STATIC_ADDRESS"]),
            netmask=ipaddress.ip_address(settings["WIFI_NETMASK"]),
            gateway=gateway,
            ipv4_dns=gateway,
        )
        self._has_static = True
        try:
            # Not ``ipv4_dns`` alone: Radio.c does not set the type of that address, and such a server is never asked.
            self._radio.dns = (settings["WIFI_GATEWAY"],)
        except (AttributeError, OSError) as error:
            self._tell("info", "name server not taken: %s" % error)

    # ---- once it is in a network

    def stay_awake(self):
        """Switch modem sleep off: it holds incoming packets back for up to 300 ms."""
        try:
            import wifi

            self._radio.power_management = wifi.PowerManagement.NONE
        except (ImportError, AttributeError):
            # CircuitPython before 10.0 has no such switch.
            return

    def find_smartevses(self):
        """[(name, address)] of those that announce themselves; blocks for two seconds. RuntimeError."""
        from appliance.network import browse

        return browse.smartevses(self._mdns)

    def announce(self):
        """Have the page found under the box's name."""
        if self._announced or self._new_mdns is None or self._servers == _MOST_SERVERS:
            return
        self._servers += 1
        try:
            self._mdns = self._new_mdns(self._radio)
            self._mdns.hostname = self.hostname
            self._mdns.advertise_service(
                service_type="_http", protocol="_tcp", port=self._settings["HTTP_PORT"]
            )
            self._announced = True
        except Exception as error:
            # Whatever it is, the page stays reachable by its number.
            self._tell("info", "name %s.local not announced: %s" % (self.hostname, error))
            self._give_up_server()

    def _give_up_server(self):
        """The chip has one server, and refuses the next while this one lives (common-hal/mdns/Server.c)."""
        if self._mdns is None:
            return
        try:
            self._mdns.deinit()
        except Exception as error:
            self._tell("info", "mDNS not given up: %s" % error)
        self._mdns = None
