# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the box sends, for second opinions on its octets: the twin's sessions with cars of five makers, every car of the
registry with every way of leaving against ``Secc``, every request in every state of a DIN ``Session`` with the right and a
wrong session.
"""

import functools

from v2g import din
from v2g.secc import Secc
from v2g.session import Session, Station

from host_tests.cars.plug_in import WAITING_MS, step_ms
from host_tests.interpreter.run_car import Lcg
from host_tests.interpreter.run_session import Bench
from host_tests.peers import sessions
from host_tests.support.din_car import BODIES, TO_PARAMETERS, Car, amount, charge_parameters
from host_tests.twin import cars
from host_tests.twin.car.session import LEAVING

BOX = bytes.fromhex("02005e000001")
REQUESTS = tuple(BODIES)
WRONG_SESSION = b"\x99" * 8
BODIES_OF_WRONG_SELECTIONS = (
    ("ServiceDetailReq", {"ServiceID": 2}),
    ("ServiceDetailReq", {"ServiceID": 65535}),
    (
        "ServicePaymentSelectionReq",
        {
            "SelectedPaymentOption": "Contract",
            "SelectedServiceList": {"SelectedService": [{"ServiceID": 1}]},
        },
    ),
    ("ChargeParameterDiscoveryReq", charge_parameters(kind="AC_three_phase_core")),
    ("ChargeParameterDiscoveryReq", {"EVRequestedEnergyTransferType": "DC_core"}),
    ("ChargeParameterDiscoveryReq", charge_parameters(EVEnergyCapacity=amount(2800, "Wh", 1))),
)


@functools.cache
def frames_of_cars():
    """Every frame of the box, as a tuple, for every car with every way of leaving."""
    found = []
    seed = 0
    for name in cars.CARS:
        for leaving in (None, *LEAVING):
            seed += 1
            bench = Bench(cars.CARS[name].build(Lcg(seed), leaving))
            # Others' session numbers and ports in every car, the same in all its ways of leaving.
            bench.secc = Secc(
                BOX, Lcg(1000 + len(name) * 37 + name.encode()[-1]), {"evse_id": _evse_id(seed)}
            )
            bench.step()
            bench.step()
            bench.car.plug(bench.clock.now_ms)
            bench.car.pilot(50, bench.clock.now_ms)
            while bench.clock.now_ms < 60000 and not bench.kinds("session_end"):
                bench.step(step_ms(bench, WAITING_MS))
            found += bench.sent
    return tuple(found)


def _evse_id(seed):
    """Of 1 to 7 octets; DIN allows up to 32."""
    return bytes(range(seed % 7 + 1)) if seed % 40 else bytes(range(32))


def sessions_that_go_wrong():
    """Every request at every point of a session, with its own and with a wrong session, and wrong selections."""
    ways = [()]
    ways += [TO_PARAMETERS[:count] for count in range(1, len(TO_PARAMETERS) + 1)]
    first = (*TO_PARAMETERS, "ChargeParameterDiscoveryReq")
    ways += [first, first + ("ChargeParameterDiscoveryReq",) * 2]
    finished = first + ("ChargeParameterDiscoveryReq",) * 12
    ways += [finished, (*finished, "CableCheckReq"), (*finished, "CableCheckReq", "PreChargeReq")]
    ways += [(*first, "SessionStopReq")]
    number = 0
    for way in ways:
        for session_id in (None, WRONG_SESSION):
            for name, body in [(name, None) for name in REQUESTS] + list(BODIES_OF_WRONG_SELECTIONS):
                number += 1
                car = Car()
                car.session = Session(din, Lcg(number % 5), Station({"evse_id": _evse_id(number)}))
                for step in way:
                    car.sends(step)
                    if step == "ChargeParameterDiscoveryReq":
                        car.wait(400)
                car.sends(name, body, session_id)


def all_of_it():
    """Have every session; `overheard` listens."""
    for name in sessions.CARS:
        sessions.recording(name)
    frames_of_cars()
    sessions_that_go_wrong()
