# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Hands a reading to the SmartEVSE, and asks it whether a car was plugged in again.

    released --> POST /ev_state?current_soc=..&full_soc=..&energy_capacity=..&energy_request=..&evccid=..
                   answered (any status) --> done, never repeated
                   no connection         --> again after a pause
                   sent, no answer       --> GET /settings: does it have the value already? else again
                   60 s after the release --> given up
    a repeat, or WiFi came late --> GET /settings first: is it still this car's plug-in? In the modem phase another car
                                    would speak within 10 s: wait for that

A POST ends the SmartEVSE's modem phase at once, so it leaves only after the car was let go, and a second
answered one would restart a timer there: exactly one per plug-in. A missing parameter reads as 0 on the other
side, hence all five always, with -1 for unknown. ``adafruit_requests`` does the talking, but through a socket
of our own, because the library tries every request twice, sends a request in a dozen pieces and has no
deadline for the whole exchange.

Everything here blocks, 5 s at most, name look-ups longer: it runs only while no car session is active.
"""

import binascii
import errno

from plc.ticks import expired, ticks_add, ticks_diff

from appliance import cars, causes

# An answer that comes 3 s late still counts; a connection on a home network takes 20 ms.
EXCHANGE_MS = 5000
CONNECT_S = 1.0
# The SmartEVSE keeps its 5 % phase for 60 s: a later reading cannot be used.
GIVE_UP_MS = 60000
# A POST that leaves later than this after the release may meet the next car.
PROMPT_MS = 2000
# TP_EV_SLAC_init of ISO 15118-3: so long after 5 % another car has begun, and was heard.
EV_BEGINS_MS = 10000
PAUSES_MS = (4000, 8000, 12000)
NAME_VALID_MS = 600000
_MOST_RECEIVED = 16384
_SETTINGS_SIZE = 8192
# Pauses in the /settings answer are in the network, not in the content: read it in a few pieces.
_PIECE = 512

_ENDPOINT = "/ev_state"


class Target:
    """Where a reading goes, taken apart from the owner's SMARTEVSE_URL."""

    def __init__(self, url):
        rest = url[7:] if url.startswith("http://") else url
        authority, slash, path = rest.partition("/")
        self.path = slash + path if path else _ENDPOINT
        self.host, colon, port = authority.partition(":")
        self.port = int(port) if colon and port else 80
        bare_path = self.path.split("?", 1)[0]
        # Only the SmartEVSE's own endpoint has a /settings beside it.
        self.is_smartevse = bare_path.endswith(_ENDPOINT)
        self.settings_path = bare_path[: -len(_ENDPOINT)] + "/settings"

    def url(self, path):
        """Complete URL of ``path`` on this host."""
        return "http://%s:%d%s" % (self.host, self.port, path)

    def numeric(self):
        """True when the host is an IPv4 address, so that no name has to be looked up."""
        return all("0" <= letter <= "9" or letter == "." for letter in self.host)


def evccid_text(evccid):
    """The low six bytes as 12 lower-case hexadecimal digits, as SmartEVSE compares them; -1 for unknown."""
    if evccid is None:
        return "-1"
    return str(binascii.hexlify(cars.low_six(evccid)), "ascii")


def _unknown_as_minus_one(value):
    return "-1" if value is None else str(value)


def delivery_path(path, reading):
    """``path`` with the five parameters of the SmartEVSE's contract added to its query."""
    parameters = (
        ("current_soc", _unknown_as_minus_one(reading.soc_percent)),
        # SmartEVSE's estimate never moves without these two, which a Tesla leaves out.
        ("full_soc", _unknown_as_minus_one(cars.filled(reading, "full_soc_percent"))),
        ("energy_capacity", _unknown_as_minus_one(cars.filled(reading, "energy_capacity_wh"))),
        ("energy_request", _unknown_as_minus_one(reading.energy_request_wh)),
        ("evccid", evccid_text(reading.evccid)),
    )
    query = "&".join([name + "=" + value for name, value in parameters])
    return path + ("&" if "?" in path else "?") + query


def test_path(path):
    """``path`` with -1 in every number: a SmartEVSE echoes it and does nothing.

    No EVCCID: whatever is sent as one would be kept and compared.
    """
    query = "current_soc=-1&full_soc=-1&energy_capacity=-1&energy_request=-1"
    return path + ("&" if "?" in path else "?") + query


class _OneSocket:
    """What adafruit_requests takes for a socket: one send for the whole request, one deadline for the whole
    answer."""

    def __init__(self, socket, pool):
        self._socket = socket
        self._pool = pool
        self._request = bytearray()
        self._ends = 0

    def settimeout(self, _seconds):
        """The deadline of the exchange rules; the library's per-call timeout does not."""

    def connect(self, address):
        self._socket.settimeout(CONNECT_S)
        self._socket.connect(address)
        self._pool.connected = True

    def send(self, data):
        # The library writes about ten pieces; sent one by one they stall on Nagle and delayed
        # acknowledgements.
        self._request.extend(data)
        if self._request[-4:] == b"\r\n\r\n":
            self._send_all()
        return len(data)

    def _send_all(self):
        view = memoryview(self._request)
        at = 0
        while at < len(view):
            self._socket.settimeout(self._pool.seconds_left())
            try:
                at += self._socket.send(view[at:])
            except OSError as error:
                if error.errno != errno.EAGAIN:
                    raise
        self._pool.sent = True

    def recv_into(self, buffer, size=0):
        self._socket.settimeout(self._pool.seconds_left())
        count = self._socket.recv_into(buffer, size or len(buffer))
        # adafruit_requests waits for ever on a peer that closed in the middle of a chunk.
        self._ends = self._ends + 1 if count == 0 else 0
        self._pool.received += count
        if self._ends > 2 or self._pool.received > _MOST_RECEIVED:
            raise OSError(errno.ECONNRESET)
        self._pool.keep_start(buffer, count)
        return count

    def close(self):
        self._socket.close()


class _OneSocketPool:
    """What adafruit_requests takes for a socket pool: gives out exactly one socket for each exchange."""

    def __init__(self, pool, ticks):
        self._pool = pool
        self._ticks = ticks
        self.AF_INET = pool.AF_INET
        self.SOCK_STREAM = pool.SOCK_STREAM
        self.arm(None, 0)
        self._left = 0

    def arm(self, address, deadline):
        """Get ready for one exchange with numeric ``address`` that ends at tick ``deadline``."""
        self._address = address
        self._deadline = deadline
        self._left = 1
        self.connected = False
        self.sent = False
        self.received = 0
        self._start = b""

    def seconds_left(self):
        left = ticks_diff(self._deadline, self._ticks())
        if left <= 0:
            raise OSError(errno.ETIMEDOUT)
        return left / 1000

    def keep_start(self, buffer, count):
        """Keep the first bytes of the answer: the status counts even when the rest never comes."""
        if len(self._start) < 12:
            self._start += bytes(buffer[:count])

    def status(self):
        """Status of an answer that the library could not finish reading, else None."""
        parts = self._start.split(b" ")
        if len(parts) < 2 or not parts[0].startswith(b"HTTP/") or len(parts[1]) < 3:
            return None
        try:
            return int(parts[1][:3])
        except ValueError:
            return None

    def getaddrinfo(self, _host, port, _family=0, _type=0):
        return [(self.AF_INET, self.SOCK_STREAM, 0, "", (self._address, port))]

    def socket(self, family, kind):
        if not self._left:
            # The library's own second attempt: the first request may have been acted on already.
            raise OSError(errno.ECONNABORTED)
        self._left = 0
        return _OneSocket(self._pool.socket(family, kind), self)


class _Answer:
    """Outcome of one exchange: ``status`` (None: no usable answer), ``body``, and how far it came."""

    def __init__(self, status, body, connected, sent, received):
        self.status = status
        self.body = body
        self.connected = connected
        self.sent = sent
        self.received = received


class Client:
    """One HTTP exchange at a time with bounded duration and exactly one request on the wire."""

    def __init__(self, pool, ticks, requests=None, connection_manager=None):
        if requests is None:
            import adafruit_connection_manager as connection_manager
            import adafruit_requests as requests
        self._requests = requests
        self._manager = connection_manager
        self._ticks = ticks
        self._pool = _OneSocketPool(pool, ticks)

    def exchange(self, method, url, address, read_body=False):
        """Send one request to ``url`` at numeric ``address``; never raises, blocks EXCHANGE_MS at most."""
        pool = self._pool
        pool.arm(address, ticks_add(self._ticks(), EXCHANGE_MS))
        status, body, response = None, b"", None
        try:
            session = self._requests.Session(pool)
            headers = {"Connection": "close"}
            if method == "POST":
                # Left out by the library for an empty body; Mongoose waits for a body without it.
                headers["Content-Length"] = "0"
            response = session.request(method, url, headers=headers, timeout=CONNECT_S, allow_redirects=False)
            status = response.status_code
            if read_body:
                body = _bounded_body(response)
        except Exception:
            # OutOfRetries, OSError, RuntimeError, ValueError, MemoryError: all mean the answer is incomplete.
            if status is None:
                status = pool.status()
        finally:
            self._release(response)
        return _Answer(status, body, pool.connected, pool.sent, pool.received)

    def _release(self, response):
        """Close everything: a socket that stays registered locks this host out for ever (issue 62)."""
        for close in (self._close_response, self._close_all):
            try:
                close(response)
            except (RuntimeError, OSError):
                # Nothing was registered, or the socket is gone already; the next step must still run.
                continue

    def _close_response(self, response):
        if response is not None:
            response.close()

    def _close_all(self, _response):
        self._manager.connection_manager_close_all(self._pool)


def _bounded_body(response):
    """The first _SETTINGS_SIZE bytes of the body; ends early when the peer stops in the middle."""
    buffer = bytearray(_SETTINGS_SIZE)
    used = 0
    try:
        for piece in response.iter_content(_PIECE):
            room = min(len(piece), _SETTINGS_SIZE - used)
            buffer[used : used + room] = piece[:room]
            used += room
            if used == _SETTINGS_SIZE:
                break
    except Exception as error:
        if not used:
            raise error
    return bytes(memoryview(buffer)[:used])


def find_value(body, name):
    """Text of the JSON value that follows "name": in ``body`` (numbers and strings), or None.

    The SmartEVSE's /settings is 4 kB of JSON of which three values are wanted: no need to build it all.
    """
    at = body.find(b'"' + name + b'"')
    if at < 0:
        return None
    at = body.find(b":", at)
    if at < 0:
        return None
    value = body[at + 1 : at + 60].strip()
    if value[:1] == b'"':
        end = value.find(b'"', 1)
        return str(value[1:end], "utf-8") if end > 0 else None
    end = 0
    while end < len(value) and value[end] in b"-0123456789":
        end += 1
    return str(value[:end], "ascii") if end else None


class EvseState:
    """What GET /settings told: ``state_id`` (int or None), ``has_modem``, ``initial_soc`` and ``evccid``
    (text)."""

    def __init__(self, body):
        state = find_value(body, b"state_id")
        self.state_id = int(state) if state and state != "-" else None
        self.has_modem = body.find(b'"ev_state"') >= 0
        self.initial_soc = find_value(body, b"initial_soc")
        self.evccid = find_value(body, b"evccid")


# Phases in which the SmartEVSE still waits for a reading: it has not taken one.
_WAITING_STATES = (11, 12)


class SmartEvse:
    """The delivery of one reading at a time, and the question for the charger's state.

    ``network`` needs ``pool`` and ``connected``; ``report(kind, text)`` is called with "delivered", "failed"
    or "info".
    """

    def __init__(self, url, network, ticks, report, client=None, stretch_watchdog=None):
        self.target = Target(url) if url else None
        self.cause = None
        self.state = "unknown" if url else "off"
        self.text = "not asked yet" if url else "not set up"
        self.last_delivery = None
        self.posts = 0
        self._network = network
        self._ticks = ticks
        self._report = report
        self._client = client
        self._stretch_watchdog = stretch_watchdog
        self._reading = None
        self._deadline = None
        self._next = None
        self._attempts = 0
        self._check_first = False
        self._sent = False
        self._began = None
        self._prompt_until = None
        self._quiet_since = None
        self._address = None
        self._address_at = None

    @property
    def can_ask(self):
        """True when the target is a SmartEVSE, whose state can be asked for."""
        return self.target is not None and self.target.is_smartevse

    def deliver(self, reading, now, began=None):
        """Queue one reading; nothing is queued without a state of charge, for 0 is a value there.

        ``began``: when its car began to look for a charger, ``now`` if nobody knows.
        """
        if self.target is None or reading is None or reading.soc_percent is None:
            return
        self._reading = reading
        self._deadline = ticks_add(now, GIVE_UP_MS)
        self._next = now
        self._attempts = 0
        self._check_first = False
        self._sent = False
        self._began = now if began is None else began
        self._prompt_until = ticks_add(now, PROMPT_MS)
        self._quiet_since = None
        self.last_delivery = "pending"

    def car_began(self, ev_mac):
        """Another car is plugged in: a reading still to be delivered would be taken for its."""
        if self._reading is not None and self._reading.ev_mac != ev_mac:
            self._finish("smartevse_late", "another car was plugged in before it could be sent")

    def due(self, now):
        """True when ``run`` has something to do."""
        if self._reading is None:
            return False
        return expired(self._deadline, now) or (expired(self._next, now) and self._network.connected)

    def run(self, now):
        """One step of the delivery; blocks EXCHANGE_MS at most, longer only for a name."""
        if expired(self._deadline, now):
            self._give_up()
            return
        address = self._resolve(now)
        if address is None:
            self._postpone("smartevse_name")
        elif self._check_first or (self._is_late(now) and self.can_ask):
            self._check(address, now)
        else:
            self._post(address)

    # ---- one delivery

    def _is_late(self, now):
        """True when cars may have changed since the release, or since the last look."""
        return ticks_diff(now, self._prompt_until) > 0

    def _post(self, address):
        url = self.target.url(delivery_path(self.target.path, self._reading))
        self.posts += 1
        answer = self._exchange("POST", url, address)
        if answer.status is not None:
            self._answered(answer.status)
        elif answer.received:
            self._finish("smartevse_refused", "answered with something that is not HTTP")
        elif answer.sent:
            self._check_first = self.can_ask
            self._sent = True
            self._postpone("smartevse_slow")
        else:
            self._address_at = None
            self._postpone("smartevse_off")

    def _answered(self, status):
        if 200 <= status < 300:
            self._delivered("answer %d" % status)
        elif status == 404:
            self._finish("smartevse_404", "answered 404")
        elif status >= 500:
            self._finish("smartevse_500", "answered %d" % status)
        else:
            self._finish("smartevse_refused", "answered %d" % status)

    def _check(self, address, now):
        """Did the SmartEVSE take the value although its answer never came? Has it still the same car?"""
        answer = self._exchange("GET", self.target.url(self.target.settings_path), address, True)
        if answer.status is None:
            self._postpone("smartevse_slow" if answer.sent or self._sent else "smartevse_off")
            return
        self._check_first = False
        state = EvseState(answer.body) if answer.status == 200 else None
        if state is not None and self._sent and self._taken(state):
            self._delivered("its answer was lost, but it has the value")
        elif state is not None and self._is_another_car(state, now):
            self._finish("smartevse_late", "the car was unplugged before it could be sent")
        elif state is not None and state.state_id in _WAITING_STATES and self._may_be_another_car(now):
            self._next = ticks_add(self._quiet_since, EV_BEGINS_MS)
        else:
            self._next = self._ticks()
            self._prompt_until = ticks_add(self._next, PROMPT_MS)

    def _is_another_car(self, state, now):
        """Unplugged, or in a modem phase that began after this car's was over."""
        if state.state_id in _WAITING_STATES:
            return ticks_diff(now, self._began) >= GIVE_UP_MS
        return state.state_id == 0

    def _may_be_another_car(self, now):
        """True until a car that was plugged in unseen would have been heard (``car_began``)."""
        if self._quiet_since is None:
            self._quiet_since = now
        return ticks_diff(now, self._quiet_since) < EV_BEGINS_MS

    def _taken(self, state):
        if state.initial_soc != str(self._reading.soc_percent) or state.state_id in _WAITING_STATES:
            return False
        return state.evccid is None or state.evccid == evccid_text(self._reading.evccid)

    def _postpone(self, cause):
        self._quiet_since = None  # what happens there meanwhile is not seen
        self.cause = cause
        self.state = "unreachable"
        pause = PAUSES_MS[min(self._attempts, len(PAUSES_MS) - 1)]
        self._attempts += 1
        now = self._ticks()
        self._next = ticks_add(now, pause)
        if ticks_diff(self._deadline, self._next) <= 0:
            self._give_up()
            return
        self.text = "no answer, trying again"
        self._report("info", "no answer (%s), next try in %d s" % (cause, pause // 1000))

    def _give_up(self):
        cause = self.cause
        if not self._attempts:
            cause = "smartevse_late" if self._network.connected else "smartevse_no_wifi"
        self._finish(cause, "gave up 60 s after the car was released")

    def _delivered(self, text):
        reading = self._reading
        self._reading = None
        self.cause = None
        self.state = "ok"
        self.text = "has the reading"
        self.last_delivery = "ok"
        self._report("delivered", "%d %% to %s (%s)" % (reading.soc_percent, self.target.host, text))

    def _finish(self, cause, text):
        self._reading = None
        self.cause = cause
        self.state = (
            "unreachable" if cause in ("smartevse_off", "smartevse_slow", "smartevse_name") else "error"
        )
        self.text = text
        self.last_delivery = "failed"
        self._report("failed", "reading not delivered: " + text)

    # ---- the state of the charger

    def query_state(self, now):
        """Ask once: an EvseState, or None when the SmartEVSE cannot be asked. Blocks like ``run``."""
        if not self.can_ask or not self._network.connected:
            return None
        address = self._resolve(now)
        if address is None:
            self._unreachable("smartevse_name", "its name was not found")
            return None
        answer = self._exchange("GET", self.target.url(self.target.settings_path), address, True)
        if answer.status is None:
            self._unreachable("smartevse_slow" if answer.sent else "smartevse_off", "does not answer")
            return None
        if answer.status != 200:
            self._unreachable(
                "smartevse_404" if answer.status == 404 else "smartevse_500", "error %d" % answer.status
            )
            return None
        return self._learn(EvseState(answer.body))

    def _learn(self, state):
        if not state.has_modem:
            self.state, self.cause, self.text = (
                "no_modem",
                "smartevse_no_modem",
                "firmware without modem support",
            )
        elif self.state != "error":
            self.state, self.cause = "ok", None
            self.text = "state %d" % state.state_id if state.state_id is not None else "answers"
        return state

    def _unreachable(self, cause, text):
        self.state, self.cause, self.text = "unreachable", cause, text

    def _exchange(self, method, url, address, read_body=False):
        if self._client is None:
            self._client = Client(self._network.pool, self._ticks)
        return self._client.exchange(method, url, address, read_body)

    def _resolve(self, now):
        """Numeric address of the target, or None. A name blocks for seconds, so it is kept a while."""
        if self.target.numeric():
            return self.target.host
        if self._address_at is not None and ticks_diff(now, self._address_at) < NAME_VALID_MS:
            return self._address
        self._address = self._look_up(self.target)
        self._address_at = None if self._address is None else self._ticks()
        return self._address

    def _look_up(self, target):
        """Numeric address of ``target``, or None; blocks for seconds when it has a name."""
        if target.numeric():
            return target.host
        if self._stretch_watchdog:
            self._stretch_watchdog(True)
        try:
            return self._network.pool.getaddrinfo(target.host, target.port)[0][4][0]
        except (OSError, IndexError):
            return None
        finally:
            if self._stretch_watchdog:
                self._stretch_watchdog(False)

    # ---- what the owner tries on the page

    def try_delivery(self, url):
        """Send a reading that says nothing to ``url``; gives {"ok", "text", "status", "answer"}."""
        target = Target(url)
        return self._try("POST", target, test_path(target.path), _judge_delivery)

    def try_probe(self, url):
        """Ask the SmartEVSE at ``url`` whether it can take readings; gives a dict as ``try_delivery``."""
        target = Target(url)
        if not target.is_smartevse:
            text = "This address is not a SmartEVSE's (its path does not end in /ev_state): send a test reading instead."
            return _outcome(False, text)
        return self._try("GET", target, target.settings_path, _judge_probe)

    def _try(self, method, target, path, judge):
        if not self._network.connected:
            return _outcome(False, "WiFi is not connected.")
        address = self._look_up(target)
        if address is None:
            return _outcome(False, causes.text("smartevse_name") + " " + causes.action("smartevse_name"))
        answer = self._exchange(method, target.url(path), address, True)
        if answer.status is None:
            code = "smartevse_slow" if answer.sent else "smartevse_off"
            return _outcome(False, causes.text(code) + " " + causes.action(code))
        return judge(answer)


_SHOWN_OF_AN_ANSWER = 400


def _outcome(ok, text, answer=None):
    status, body = None, ""
    if answer is not None:
        status = answer.status
        # Byte by byte: the device cannot decode text with a broken letter in it.
        letters = [chr(byte) if 0x20 <= byte < 0x7F else " " for byte in answer.body[:_SHOWN_OF_AN_ANSWER]]
        body = "".join(letters)
    return {"ok": ok, "text": text, "status": status, "answer": body}


def _judge_delivery(answer):
    if 200 <= answer.status < 300:
        return _outcome(True, "The address takes readings. This is what it answered:", answer)
    code = "smartevse_refused"
    if answer.status == 404:
        code = "smartevse_404"
    elif answer.status >= 500:
        code = "smartevse_500"
    return _outcome(False, causes.text(code) + " " + causes.action(code), answer)


def _judge_probe(answer):
    if answer.status != 200:
        text = "Something answers there, but not as a SmartEVSE does (%d). Check the address." % answer.status
        return _outcome(False, text, answer)
    state = EvseState(answer.body)
    if not state.has_modem:
        return _outcome(False, causes.text("smartevse_no_modem") + " " + causes.action("smartevse_no_modem"))
    text = "This SmartEVSE can take readings: its firmware has modem support"
    if state.state_id is not None:
        text += ", and it is in state %d" % state.state_id
    return _outcome(True, text + ".")
