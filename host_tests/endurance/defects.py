# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Defects planted in the device's code, each of which one part of the campaign must notice.

python -m host_tests.endurance.defects
"""

import contextlib
import sys

from appliance.loop import Loop
from appliance.smartevse import delivery
from plc import framing, ipv6, mme_slac, network_key, slac, spi_port, tcp, tcp_window
from v2g import admission, secc

from host_tests.endurance import campaign, states, sweep


@contextlib.contextmanager
def patched(owner, name, value):
    """`owner.name` is `value` for a while."""
    before = getattr(owner, name) if not isinstance(owner, dict) else owner[name]
    put = owner.__setitem__ if isinstance(owner, dict) else lambda key, one: setattr(owner, key, one)
    put(name, value)
    try:
        yield
    finally:
        put(name, before)


# ---- the parts of the campaign, short; each gives the first sentence about what is wrong, or None. `begin`: the number of
# the case with which it begins; those before it come last.


def _first_wrong(cases, wrong_of, begin):
    cases = list(cases)
    for number in (*range(begin, len(cases)), *range(begin)):
        wrong = wrong_of(cases[number])
        if wrong:
            return f"case {number}, {cases[number]}: {wrong}"
    return None


def one_fault_at_a_time(begin=0):
    return _first_wrong(sweep.cases("virtual", 3), lambda case: sweep.run("virtual", case).wrong, begin)


def one_bit_on_the_bus(begin=0):
    return _first_wrong(sweep.bus_cases("virtual", 58), lambda case: sweep.run_bus("virtual", case).wrong, begin)


def every_bit(begin=0):
    return _first_wrong(sweep.bit_cases("virtual", 6), lambda case: sweep.run("virtual", case).wrong, begin)


def every_state(begin=0, driver=False):
    whats = (*states.WHAT, *states.BUS) if driver else states.WHAT
    cases = [(step, what) for what in whats for step in states.STEPS[:: 4 if driver else 2]]
    return _first_wrong(cases, lambda case: states.run(*case, driver).wrong, begin)


def dying_car(begin=0):
    cases = [(step, "car's computer dies") for step in states.STEPS]
    return _first_wrong(cases, lambda case: states.run(*case, later_ms=states.LATER_MS).wrong, begin)


def returning_car():
    return (states.returning_car() or [None])[0]


def swapped_cars():
    return (states.swapped_cars() or [None])[0]


def every_state_of_the_bus(begin=0):
    return every_state(begin, driver=True)


def mixtures(begin=0):
    return _first_wrong(range(1, 13), lambda life: campaign.life(life).wrong, begin)


# ---- the defects


def _no_retransmission(self):
    self._deadline = None


def _any_run(frame, layout, ev_mac, run):
    return frame[layout[2] : layout[2] + 6] == ev_mac


_send_characteristics = slac.Slac._send_characteristics


def _sum_for_average(self, context, now):
    profiles, context.profiles = context.profiles, min(context.profiles, 1)
    _send_characteristics(self, context, now)
    context.profiles = profiles


def _no_match_repeat(self, context, frame, now):
    if self.joined is context:
        return False
    return _answer_match(self, context, frame, now)


_answer_match = slac.Slac._answer_match


def _never_wrong(data, start=0):
    """Right where a sum is made, blind where one is checked."""
    return 0 if sys._getframe(1).f_code.co_name == "_fill" else _ones_sum(data, start)


_ones_sum = ipv6.ones_sum


def _write_without_size(self, buffer, count):
    with self._device as spi:
        spi.write(buffer, start=0, end=spi_port.COMMAND_BYTES + count)


def _size_too_late(self, buffer, count):
    """The count of the access before counts for this one."""
    with self._device as spi:
        spi.write(buffer, start=0, end=spi_port.COMMAND_BYTES + count)
    self.write(0x0100, count)


def _no_resync(self):
    """Waits for good where a header is not one."""


_delivered = delivery.Delivery._delivered


def _post_twice(self, text):
    _delivered(self, text)
    if not self._sent:
        self._evse.delivering = self._sent = True
        self._next = self._evse.ticks()


def _joined_timer_runs_on(self, now):
    self.joined.state = "JOINED"
    self.events.append(("link_up",))


def _anything_is_next(self, segment):
    """Whatever number the segment has, its data is the next."""
    if segment.length:
        segment.sequence = self.next
    return _accepts(self, segment)


_accepts = tcp_window.ReceiveWindow.accepts


def _no_new_key(self, now, how=None, new_key=True):
    _finish(self, now, how, new_key=False)


_finish = secc.Secc._finish


def _blind_to_restart(self, now):
    self._generation = self.modem.generation
    self._modem_ready = True


_come = Loop._modem_came


def _first_start_only(self, now):
    if self._generation:
        _blind_to_restart(self, now)
    else:
        _come(self, now)


def _no_wait_match_end(self, context, state, now):
    _enter(self, context, state, now)
    if state == "WAIT_MATCH":
        context.deadline = None


_enter = slac.Slac._enter


def _key_asked_once(self, now):
    """Whatever becomes of the first try."""


def _no_gate(self, ev_mac, now):
    return True


def _old_late(self, now):
    return False


def _soc_of_zero(self, reading, now, *of_its_car):
    reading.soc_percent = 0
    _deliver(self, reading, now, *of_its_car)


_deliver = delivery.Deliveries.deliver


# name: (owner, attribute, what takes its place, the part that must notice, and where it can be told to begin the case that
# noticed when the defect was planted first)
DEFECTS = {
    "TCP never retransmits": (tcp.TcpServer, "_on_deadline", _no_retransmission, one_fault_at_a_time, 152),
    "RunID not compared": (mme_slac, "is_from", _any_run, mixtures, 2),
    "attenuation not divided by the profiles": (
        slac.Slac,
        "_send_characteristics",
        _sum_for_average,
        mixtures,
    ),
    "SLAC_MATCH.CNF not repeated": (
        slac.MESSAGES,
        mme_slac.CM_SLAC_MATCH_REQ,
        (*slac.MESSAGES[mme_slac.CM_SLAC_MATCH_REQ][:1], _no_match_repeat, "JOINING"),
        one_fault_at_a_time,
        136,
    ),
    "ATTEN_CHAR.IND not repeated": (slac, "C_EV_MATCH_RETRY", 0, one_fault_at_a_time, 134),
    "BFR_SIZE omitted": (spi_port.SpiPort, "write_data", _write_without_size, every_state_of_the_bus),
    "BFR_SIZE late": (spi_port.SpiPort, "write_data", _size_too_late, every_state_of_the_bus),
    "framing never finds its way back": (framing.FrameDecoder, "_skip", _no_resync, one_bit_on_the_bus),
    "checksums not verified": (ipv6, "ones_sum", _never_wrong, every_bit, 72),
    "POST twice": (delivery.Delivery, "_delivered", _post_twice, mixtures),
    "placeholder instead of the reading": (delivery.Deliveries, "deliver", _soc_of_zero, mixtures),
    "timer of the join not cancelled": (slac.Slac, "_link_up", _joined_timer_runs_on, mixtures),
    "WAIT_MATCH without an end": (slac.Slac, "_enter", _no_wait_match_end, dying_car),
    "TCP's sequence numbers not checked": (
        tcp_window.ReceiveWindow,
        "accepts",
        _anything_is_next,
        one_fault_at_a_time,
        152,
    ),
    "no new key after a session": (secc.Secc, "_finish", _no_new_key, mixtures, 1),
    "restart of the modem not noticed": (Loop, "_modem_came", _first_start_only, every_state),
    "key asked for once": (network_key.NetworkKey, "poll", _key_asked_once, mixtures, 11),
    "a car that comes back answered once": (admission, "PHASE_MS", 0, returning_car),
    "every SLAC_PARM.REQ answered": (admission.Admission, "admits", _no_gate, mixtures),
    "late reading to whoever is plugged in": (delivery.Delivery, "_is_late", _old_late, swapped_cars),
    "session without a deadline": (secc.Secc, "_watch_plug_in", lambda self, now: None, every_state, 52),
}


def caught(name):
    """What the campaign says about a planted defect, None when nothing."""
    owner, attribute, value, part, *begin = DEFECTS[name]
    with patched(owner, attribute, value):
        return part(*begin)


def main():
    import time

    for name in DEFECTS:
        begin = time.process_time()
        text = caught(name)
        sys.stdout.flush()
        print(f"{time.process_time() - begin:5.1f} s  {name}: {DEFECTS[name][3].__name__}: {str(text)[:150]}")


if __name__ == "__main__":
    main()
