# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Run the twin from a terminal: `python -m host_tests.twin --help`, or `make demo`."""

import argparse
import json
import signal
import sys

from host_tests.twin import cars, story
from host_tests.twin.bench import Bench, free_port
from host_tests.twin.device import FIRMWARE, FIRMWARES
from host_tests.twin.wire import Wire
from host_tests.twin.world import SETTINGS_IN_USE, World

NO_CAR = "none"
LIST_CARS = "list"
HTTP_PORT = 8080
BENCH_PORT = 8090
# The first car plugs in when everything is loaded, or after this many virtual seconds.
START_LIMIT_S = 60.0
# A plug-in is over for --once when the car charges, is stuck, or after this long.
ONCE_LIMIT_S = 150.0
# The charger's modem phase lasts 66 s: by then the car has been judged.
_STEP_S = 0.05


def parser():
    """The command line. Options of DESIGN 2 first, then those of the bench."""
    options = argparse.ArgumentParser(
        prog="python -m host_tests.twin",
        description="The box, its modem, a car and a SmartEVSE, all virtual. "
        "The files of CIRCUITPY run unmodified.",
    )
    add = options.add_argument
    add(
        "--ev",
        default="virtual",
        metavar="virtual|IFACE",
        help="the car: built in (virtual), or whatever speaks on a network interface (needs root)",
    )
    add(
        "--car",
        default="virtual",
        metavar="NAME",
        help=f"which virtual car: {', '.join(cars.CARS)}; {LIST_CARS}: tell one line of each; "
        f"{NO_CAR}: none yet, the bench page plugs one in",
    )
    add(
        "--matched",
        action="store_true",
        help="skip SLAC: the twin does the matching for the car, for software that begins with IPv6",
    )
    add("--soc", type=percent, metavar="N", help="state of charge of the virtual car, 0 to 100")
    add(
        "--http-port",
        type=port,
        default=HTTP_PORT,
        metavar="P",
        help=f"port of the box's own web page on this computer (default {HTTP_PORT}, 0: none)",
    )
    add("--circuitpy", metavar="DIR", help="run the files of this directory instead of CIRCUITPY")
    add(
        "--setting",
        action="append",
        type=setting,
        default=[],
        metavar="KEY=VALUE",
        help="a line of settings.toml laid over those of a box in use; may be given again",
    )
    add("--pcap", metavar="FILE", help="record the powerline for Wireshark")
    add("--screenshot", metavar="FILE.png", help="write the display as a picture when leaving")
    add("--json", action="store_true", help="one event a line on stdout (docs/twin.md)")
    add(
        "--once",
        action="store_true",
        help="leave after the first plug-in; status 0 only when the car's SoC was read and delivered",
    )
    add(
        "--bench-port",
        type=port,
        default=BENCH_PORT,
        metavar="P",
        help=f"port of the bench page (default {BENCH_PORT}, 0: no bench page)",
    )
    add(
        "--speed",
        choices=("realtime", "fast"),
        help="pace of virtual time (default: realtime, the box's start fast; fast with --once)",
    )
    add(
        "--early",
        action="store_true",
        help="plug the first car in as soon as the box can answer it, while display and page are still being loaded",
    )
    add("--seed", type=int, default=0, metavar="N", help="of everything random in the world (default 0)")
    add(
        "--firmware",
        choices=sorted(FIRMWARES),
        default=FIRMWARE,
        help=f"which CircuitPython the board has (default {FIRMWARE})",
    )
    add("--verbose", action="store_true", help="tell also what is in the box's log")
    return options


def setting(text):
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError("KEY=VALUE")
    return key, value


def percent(text):
    number = int(text)
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError("0 to 100")
    return number


def port(text):
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError("0 to 65535")
    return number


class Stop(Exception):
    """The twin cannot start; the text is for the user."""


class Run:
    """One run of the command line."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.wire = arguments.ev != "virtual"
        self.speed = arguments.speed or ("fast" if arguments.once and not self.wire else "realtime")
        if self.wire and self.speed == "fast":
            raise Stop("Software on a network interface lives in real time: leave out --speed fast.")
        if self.wire:
            self._check_wire()
        if arguments.car not in cars.CARS and (arguments.car != NO_CAR or arguments.once):
            raise Stop(f"No car is called {arguments.car!r}. There are: {', '.join(cars.CARS)}.")
        self.story = story.Story(as_json=arguments.json, verbose=arguments.verbose)
        self.bench = None
        self.world = World(
            seed=arguments.seed,
            circuitpy=arguments.circuitpy,
            settings=dict(SETTINGS_IN_USE, **dict(arguments.setting)),
            realtime=self.speed == "realtime",
            http_port=self._port(arguments.http_port, "the box's page"),
            pcap=arguments.pcap,
            device_options={"firmware": arguments.firmware},
        )

    def _check_wire(self):
        interface = self.arguments.ev
        try:
            Wire(interface).close()
        except PermissionError:
            text = f"Only root may read and write frames on {interface}: run this with sudo."
            raise Stop(text) from None
        except OSError as error:
            text = f"The network interface {interface} cannot be used: {error.strerror}."
            raise Stop(text) from None

    def _port(self, wanted, what):
        if not wanted:
            return None
        found = free_port(wanted)
        if found != wanted:
            self.story.note(f"Port {wanted} is taken: {what} is at port {found}.")
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        if self.bench is not None:
            self.bench.stop()
        self.world.close()

    def run(self):
        """Gives the exit status."""
        arguments = self.arguments
        bench_port = None if arguments.once else self._port(arguments.bench_port, "the bench page")
        self.story.start(
            box_url=self.world.box_url,
            bench_url=f"http://127.0.0.1:{bench_port}/" if bench_port else None,
            seed=arguments.seed,
            speed=self.speed,
        )
        self.world.listeners.append(self.story)
        for entry in self.world.timeline:
            self.story(entry)
        if bench_port:
            self.bench = Bench(self.world, bench_port)
            self.bench.start()
        try:
            status = self._once() if arguments.once else self._keep_running()
        except KeyboardInterrupt:
            self.story.note("Leaving.")
            status = 1 if arguments.once else 0
        if arguments.screenshot:
            self.world.screenshot(arguments.screenshot)
            self.story.note(f"The display is in {arguments.screenshot}.")
        return status

    def _step(self):
        self.world.run(_STEP_S)
        if self.bench is not None:
            self.bench.step()

    def _plug(self):
        arguments = self.arguments
        if self.wire:
            self.world.plug_wire(arguments.ev, arguments.matched)
            return
        options = {} if arguments.soc is None else {"soc_percent": arguments.soc}
        car = self.world.new_car(arguments.car, **options)
        self.world.plug(car, arguments.matched, arguments.car)

    def _wait_for_the_box(self):
        """Run until a user would plug in. Not in real time unless that was asked for, because nobody has to watch it, and
        nothing on a network interface is plugged in yet.
        """
        hurry = self.speed == "realtime" and (self.wire or self.arguments.speed is None)
        if hurry:
            self.world.pace = "fast"
            self.story.note("The box starts. That is run through faster; the times are those of a board.")
        end = self.world.now_s + START_LIMIT_S
        while self.world.now_s < end and not self._box_is_there():
            self._step()
        if hurry:
            self.world.pace = self.speed

    def _box_is_there(self):
        """Or somebody plugged a car in on the bench page."""
        there = self.world.ready if self.arguments.early else self.world.complete
        return there or self.world.at_cable is not None

    def _keep_running(self):
        self._wait_for_the_box()
        if self.world.at_cable is None and self.arguments.car != NO_CAR:
            self._plug()
        while True:
            self._step()

    def _once(self):
        self._wait_for_the_box()
        self._plug()
        plugin = self.story.plugins.current
        end = self.world.now_s + ONCE_LIMIT_S
        while self.world.now_s < end and plugin.verdict is None:
            if self.wire and self._wire_is_done(plugin):
                break
            self._step()
        self.story.result(plugin, self._result_text(plugin))
        good = self._wire_is_done(plugin) if self.wire else plugin.success
        return 0 if good else 1

    @staticmethod
    def _wire_is_done(plugin):
        """With somebody else's car the right number is not known, so it only has to be read and delivered."""
        read = plugin.soc_read_percent
        return read is not None and "delivered" in plugin.steps and plugin.posted == [read]

    def _result_text(self, plugin):
        read, sent = plugin.soc_read_percent, plugin.soc_sent_percent
        if self._wire_is_done(plugin) and (self.wire or read == sent):
            return f"{read} % read and delivered to the SmartEVSE."
        if read is None:
            return "The box read no state of charge."
        if not self.wire and read != sent:
            return f"The car sent {sent} %, the box read {read} %."
        return f"{read} % read, but not delivered to the SmartEVSE as one POST: {plugin.posted}."


def main():
    """The command line; gives the exit status."""
    arguments = parser().parse_args()
    if arguments.car == LIST_CARS:
        print("\n".join(car.line for car in cars.CARS.values()))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    try:
        with Run(arguments) as run:
            return run.run()
    except BrokenPipeError:
        # The reader of the story has closed the pipe; keep the interpreter from complaining at its end.
        sys.stdout = None
        return 1
    except Stop as stop:
        if arguments.json:
            print(json.dumps({"source": "world", "kind": "error", "text": str(stop)}))
        print(stop, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
