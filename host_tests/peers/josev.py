# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The Josev car and charger of the package ``iso15118``, each as a process that lives for many sessions.

    python -m host_tests.peers.josev ev                  one JSON order a line on stdin, one JSON answer a line
    python -m host_tests.peers.josev secc INTERFACE      says "ready", then serves whoever comes

Both run Josev's code as it is, over the kernel's sockets. What is ours: the state of charge, the moments that
are noted, and, unless told otherwise, that Josev does not sleep 5 s before it closes a connection and that its codec is
asked once about the same message.

An order: interface, soc, tls (ask for TLS in SDP), mss (largest TCP segment, or null), protocols, patient (it takes the time
that Josev takes, for sleep and codec), forgetful (for the codec alone), limit_s.
An answer: soc, soc_ms (first SDP request sent -> answer to the first message with the SoC understood), sdp (requests sent),
end (Josev's words for why the session ended, null if it never did), total_ms.
"""

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
import time
import types

# Josev waits 2 s, then 3 s, in `stop` of its sessions.
HURRY = 50
PACE = types.SimpleNamespace(hurry=HURRY)  # 1 while a patient car is in its session
# A Java machine that lives for a few hundred messages spends its time compiling: quick code at once suits it better.
KNOWN_S = 0.01  # what a message takes that the codec was asked about before
SHORT_LIFE = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData"


def hurried(module):
    """Let Josev's waits in ``module`` be short; time-outs are not touched."""

    async def sleep(delay, result=None):
        return await asyncio.sleep(delay / PACE.hurry if delay >= 1 else delay, result)

    module.asyncio = types.SimpleNamespace(**{**vars(asyncio), "sleep": sleep})


def prepare():
    logging.disable(logging.CRITICAL)
    from iso15118.shared import comm_session
    from iso15118.shared.settings import load_shared_settings

    load_shared_settings()
    from iso15118.shared.settings import SettingKey, shared_settings

    shared_settings[SettingKey.MESSAGE_LOG_JSON] = False
    hurried(comm_session)


def for_a_short_life():
    """Java machines that this process starts from here on are made for a short life."""
    os.environ.setdefault("JDK_JAVA_OPTIONS", SHORT_LIFE)


def codec():
    """EXIficient in a Java machine of its own, which takes 20 ms of a processor for a message: two thirds of a session."""
    for_a_short_life()
    from iso15118.shared.exificient_exi_codec import ExificientEXICodec

    class Codec(ExificientEXICodec):
        """`forgetful`: asks about each message, as Josev does. Else what is known takes a moment as well, or the car
        would ask some thousand times for what the box puts off."""

        forgetful = True

        def __init__(self):
            super().__init__()
            self._known = {}

        def _once(self, ask, *what):
            if self.forgetful:
                return ask(*what)
            if (ask.__name__, *what) in self._known:
                time.sleep(KNOWN_S)
            else:
                self._known[ask.__name__, *what] = ask(*what)
            return self._known[ask.__name__, *what]

        def encode(self, message, namespace):
            return self._once(super().encode, message, namespace)

        def decode(self, stream, namespace):
            return self._once(super().decode, stream, namespace)

    return Codec()


class Moments:
    """When things happened in one session, in s of the monotonic clock."""

    def __init__(self):
        self.sdp_sent = []
        self.asked_for_soc = []


def one_car(order, exi, moments):
    """A Josev car: ``(handler, controller)``. The classes are made here because the package loads for 2 s."""
    from iso15118.evcc.comm_session_handler import CommunicationSessionHandler
    from iso15118.evcc.controller.simulator import SimEVController
    from iso15118.evcc.evcc_config import EVCCConfig
    from iso15118.shared.messages.enums import EnergyTransferModeEnum

    class Controller(SimEVController):
        async def get_dc_ev_status_dinspec(self):
            moments.asked_for_soc.append(time.monotonic())
            return await super().get_dc_ev_status_dinspec()

    class Handler(CommunicationSessionHandler):
        cycles = 0
        why = None

        async def send_sdp(self):
            while not self.udp_client.started:
                await asyncio.sleep(0.005)
            moments.sdp_sent.append(time.monotonic())
            await super().send_sdp()

        async def start_comm_session(self, host, port, is_tls):
            await super().start_comm_session(host, port, is_tls)
            self.session = self.comm_session[0]

        async def restart_sdp(self, new_sdp_cycle):
            if new_sdp_cycle and self.cycles:
                return  # the session is over; the task that waits for it sees that it has a reason
            self.cycles += 1
            await super().restart_sdp(new_sdp_cycle)

    config = EVCCConfig(
        supportedProtocols=order["protocols"],
        useTls=order["tls"],
        enforceTls=False,
        energyTransferMode=EnergyTransferModeEnum.DC_EXTENDED,
        chargeLoopCycle=3,
    )
    config.load_raw_values()
    controller = Controller(config)
    controller._soc = order["soc"]
    return Handler(config, order["interface"], exi, controller)


async def one_session(order, exi):
    moments = Moments()
    handler = one_car(order, exi, moments)
    started = time.monotonic()
    small_segments(order.get("mss"))
    PACE.hurry = 1 if order["patient"] else HURRY
    exi.forgetful = order["patient"] or order.get("forgetful", False)
    main = asyncio.create_task(handler.start_session_handler())
    end = None
    while end is None and time.monotonic() - started < order.get("limit_s", 60):
        await asyncio.sleep(0.005)
        session = getattr(handler, "session", None)
        task = handler.comm_session[1] if hasattr(handler, "comm_session") else None
        if session is not None and (task is None or task.done()):
            end = session.stop_reason.reason if session.stop_reason else "closed by the other side"
    main.cancel()
    await asyncio.gather(main, return_exceptions=True)
    if handler.udp_client is not None and handler.udp_client._transport is not None:
        handler.udp_client._transport.close()
    soc_ms = None
    # Once to ask, once more after the answer, whatever the answer was.
    if len(moments.asked_for_soc) > 1:
        soc_ms = (moments.asked_for_soc[1] - moments.sdp_sent[0]) * 1000
    return {
        "soc": order["soc"],
        "soc_ms": soc_ms,
        "sdp": len(moments.sdp_sent),
        "end": end,
        "total_ms": (time.monotonic() - started) * 1000,
    }


def small_segments(mss, _open=asyncio.open_connection):
    """Let the kernel cut Josev's messages into segments of at most ``mss`` bytes, and announce as much."""
    from iso15118.evcc.transport import tcp_client

    async def open_connection(host, port, family, ssl):
        assert ssl is None
        client = socket.socket(family, socket.SOCK_STREAM)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, mss)
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        address = (await loop.getaddrinfo(host, port, family=family))[0][4]
        await loop.sock_connect(client, address)
        return await _open(sock=client)

    tcp_client.asyncio = asyncio
    if mss:
        tcp_client.asyncio = types.SimpleNamespace(**{**vars(asyncio), "open_connection": open_connection})


def be_cars():
    prepare()
    exi = codec()
    print(json.dumps("ready"), flush=True)

    async def serve():
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            print(json.dumps(await one_session(json.loads(line), exi)), flush=True)

    asyncio.run(serve())
    exi.gateway.shutdown()


def be_a_charger(interface):
    prepare()
    from iso15118.secc import SECCHandler
    from iso15118.secc.controller.interface import ServiceStatus
    from iso15118.secc.controller.simulator import SimEVSEController
    from iso15118.secc.secc_settings import Config
    from iso15118.shared.messages.enums import AuthEnum, Protocol

    config = Config()
    config.iface = interface
    config.supported_protocols = [Protocol.DIN_SPEC_70121]
    config.supported_auth_options = [AuthEnum.EIM_V2]
    exi = codec()

    async def serve():
        controller = SimEVSEController()
        await controller.set_status(ServiceStatus.STARTING)
        asyncio.get_running_loop().call_later(1, lambda: print(json.dumps("ready"), flush=True))
        await SECCHandler(exi_codec=exi, evse_controller=controller, config=config).start(interface)

    asyncio.run(serve())


class Process:
    """One of the two as a child process: ``told()`` gives the next thing it said, None if there is nothing yet."""

    def __init__(self, *arguments, prefix=()):
        command = (*prefix, sys.executable, "-m", "host_tests.peers.josev", *arguments)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def fileno(self):
        return self.process.stdout.fileno()

    def told(self):
        """Blocks until the process says something; ask select first."""
        line = self.process.stdout.readline()
        assert line, "the Josev process ended"
        return json.loads(line)

    def order(self, **order):
        order = {"tls": False, "mss": None, "protocols": ["DIN_SPEC_70121"], "patient": False, **order}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def close(self):
        self.process.kill()
        self.process.wait()


if __name__ == "__main__":
    if sys.argv[1] == "ev":
        be_cars()
    else:
        be_a_charger(sys.argv[2])
