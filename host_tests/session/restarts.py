# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Scenes from the life of a box that is switched off, crashes and hangs, on the whole twin.

Each scene takes the folder of the drive's files (None: the project's own), and gives what is wrong in a sentence, or
None. `host_tests/endurance/cures.py` plays them with one cure taken out.
"""

import contextlib
import functools
import shutil
from pathlib import Path

from host_tests.twin import smartevse
from host_tests.twin.world import CIRCUITPY, SETTINGS_IN_USE, World

OLDEST, NEWEST = "10.1.4", "10.3.0"
LIB = "lib/appliance"
HEALTHY_S = 100
# The box counts as started when it takes cars and its page is up.
START_S = 60
RECOVERY = "recovery page at"


def world_of(drive=None, firmware=OLDEST, settings=None, display=None, **options):
    """A World in which pure Python takes no time, mostly without a display: these scenes last hours."""
    options = {"charge_lines": False, "firmware": firmware, **options}
    return World(seed=61, circuitpy=drive, settings=settings, display=display, device_options=options)


def said(world, text):
    return text in world.device.console_text()


def said_since(world, at, text):
    return any(text in line for _, line in world.device.console[at:])


def passwords(world):
    """(of the access point, of the pages) as the running box has them."""
    survival = world.device.modules["survival"]
    secrets = survival.kept().part(survival.SECRETS, survival.SECRETS_SIZE)
    return secrets[:10].decode(), secrets[10:18].decode()


def started(world):
    """Wait until the box takes cars; False when it does not."""
    return world.run_until(lambda: world.ready, START_S)


def reads_a_car(world, soc):
    world.plug(world.new_car(soc_percent=soc))
    read = world.run_until(lambda: world.charging, 60)
    world.unplug()
    world.run(20)
    return read and world.smartevse.posts and world.smartevse.posts[-1]["values"]["current_soc"] == soc


def write(world, path, text):
    """A file of the drive becomes another one, as if it had been copied there."""
    (world.drive_dir / path).write_text(text)


@contextlib.contextmanager
def few_events():
    """Days of an idle box: the charger's clocks are left out."""
    quiet = ("_tick_10ms", "_tick_1s")
    before = [getattr(smartevse.SmartEvse, name) for name in quiet]
    try:
        for name in quiet:
            setattr(smartevse.SmartEvse, name, lambda _self: None)
        yield
    finally:
        for name, method in zip(quiet, before, strict=True):
            setattr(smartevse.SmartEvse, name, method)


def sleepy(drive, folder):
    """A copy of the drive whose loop sleeps 20 s while nothing happens, not 10 ms, and soon."""
    copy = Path(folder) / "sleepy"
    shutil.copytree(drive or CIRCUITPY, copy, ignore=shutil.ignore_patterns("__pycache__"))
    path = copy / LIB / "loop.py"
    text = path.read_text()
    for there, instead in (("ALONE_S = 0.01\n", "ALONE_S = 20\n"), ("QUIET_PASSES = 200\n", "QUIET_PASSES = 10\n")):
        assert text.count(there) == 1
        text = text.replace(there, instead)
    path.write_text(text)
    return copy


# ---- what costs NVM


def ordinary_life(drive, folder, days=30, outages=100, day_s=86_400, firmware=OLDEST):
    """(what is wrong or None, writes of NVM after the first start, joins): a power cut each day, routers that go off.

    The longest of five outages is long enough for the access point.
    """
    with few_events(), world_of(sleepy(drive, folder), firmware) as world:
        world.run(HEALTHY_S)
        written = world.device.nvm_writes
        joins = lost = 0
        opened = False
        for day in range(days):
            begin_s = world.now_s
            today = outages // days + (1 if day < outages % days else 0)
            for number in range(today):
                world.run(max(0, begin_s + (number + 1) * day_s / (today + 1) - world.now_s))
                world.set_fault("wifi_off", True)
                world.run(60 + 60 * (lost % 5))
                opened = opened or world.device.station.ap_active
                world.set_fault("wifi_off", False)
                lost += 1
                if not world.run_until(lambda: world.device.station.address is not None, 900):
                    return "the box does not come back to its router", 0, joins
                joins += 1
            world.run(max(0, begin_s + day_s - world.now_s))
            world.power_cycle()
            joins += 1
        world.run(HEALTHY_S)
        writes = world.device.nvm_writes - written
        if outages >= 5 and not opened:
            return "no outage was long enough for the access point", writes, joins
        if world.device.starts != days + 1:
            return f"{world.device.starts} starts in {days} days", writes, joins
        return (f"{writes} writes of NVM" if writes else None), writes, joins


def switched_on_twenty_times(drive=None, firmware=OLDEST, room_for_updates=False):
    """Switching on is not crashing: nothing is counted, written, forgotten or told."""
    with world_of(drive, firmware) as world:
        if room_for_updates:
            (world.drive_dir / "updates").mkdir()
        world.run(HEALTHY_S)
        before = bytes(world.device.nvm), world.device.nvm_writes, passwords(world)
        for number in range(20):
            if number % 2:
                world.power_cycle(1)
            else:
                world.device.reset("RESET_PIN")
            world.run(2 + number % 9)
        world.power_cycle(1)
        if not started(world):
            return "it does not start any more"
        if (bytes(world.device.nvm), world.device.nvm_writes, passwords(world)) != before:
            return "NVM is another one after twenty switch-ons"
        if said(world, "failed") or said(world, "without the saved settings"):
            return "switching on was taken for crashing"
        return None if reads_a_car(world, 42) else "no car is read after twenty switch-ons"


# ---- hangs


def silent_dhcp(drive=None, firmware=OLDEST, every_s=150, times=10, least=7):
    """(what is wrong or None, plug-ins read): the router takes the box and gives it no address, from switching on."""
    # Nobody can be asked whether the car was plugged in anew: the bench's setting reads it each time.
    with world_of(drive, firmware, dict(SETTINGS_IN_USE, ANSWER_CARS="always")) as world:
        world.wifi.dhcp = False
        read = 0
        for number in range(times):
            world.run(max(0, every_s * number + 15 - world.now_s))
            seen = world.checkpoints.get(540, 0)
            world.plug(world.new_car(soc_percent=30 + number))
            world.run_until(lambda seen=seen: world.checkpoints.get(540, 0) > seen, 60)
            read += world.checkpoints.get(540, 0) > seen
            world.run(10)
            world.unplug()
        on_air = world.run_until(lambda: world.device.station.ap_active, 120)
        told = said(world, "(wifi_dhcp)")
        if said(world, RECOVERY):
            return "joins that stood still were taken for failed starts", read
        if read < least:
            return f"only {read} of {times} plug-ins read", read
        return (None if on_air and told else "no access point, or not told why"), read


def hangs_at_start(drive=None, firmware=OLDEST):
    """A program that stands still while it is loaded ends on the recovery page, though joins stood still before."""
    with world_of(drive, firmware) as world:
        world.wifi.dhcp = False
        if not world.run_until(lambda: said(world, "(wifi_dhcp)"), 200):
            return "the silent DHCP server is not told"
        write(world, f"{LIB}/loop.py", HANGING)
        world.device.reset("RESET_PIN")
        world.wifi.dhcp = True
        return None if world.run_until(lambda: said(world, RECOVERY), 500) else "no recovery page"


def recovery_page(drive, firmware, broken, limit_s):
    """(what is wrong or None, seconds): a box whose program is broken shows the page in time, keeps its password,
    and runs again when the program is whole."""
    with world_of(drive, firmware, settings={}) as world:
        if not started(world):
            return "it does not start", 0
        world.run(HEALTHY_S)
        before = passwords(world)
        whole = (world.drive_dir / LIB / "box.py").read_text()
        write(world, f"{LIB}/box.py", broken)
        begun_s = world.now_s
        world.device.reset("RESET_PIN")
        if not world.run_until(lambda: said(world, RECOVERY), limit_s):
            return f"no recovery page after {limit_s} s", 0
        took_s = world.now_s - begun_s
        world.run(2)
        if world.device.station.ap_password != before[0]:
            return "the recovery page is behind another password", took_s
        page = world.network.http("GET", "/").text
        if "Start once without" not in page or not any(word in page for word in ("ValueError", "hung", "chip")):
            return "the page does not tell the last error", took_s
        write(world, f"{LIB}/box.py", whole)
        world.network.http("POST", "/again")
        world.run_until(lambda: not world.ready, 20)
        if not started(world):
            return "it does not start again", took_s
        return (None if passwords(world) == before else "another password after the restart"), took_s


BROKEN = "raise ValueError('planted')\n"
HANGING = "import time\n\ntime.sleep(100_000)\n"


def sagging_supply(drive=None, firmware=OLDEST, times=8):
    """A supply that sags at each start, and a watchdog of the firmware's own: neither is the program's failure."""
    with world_of(drive, firmware, settings={}, watchdog_to_safe_mode=True) as world:
        if not started(world):
            return "it does not start"
        world.run(HEALTHY_S)
        for _ in range(times):
            world.device.reset("BROWNOUT")
            world.run(1.5)
            if not world.run_until(lambda: world.device.state == "RUNNING", 20):
                return "safe mode lasts"
        if not started(world) or said(world, "without the saved settings"):
            return "a supply that sags fails the version"
        world.run(HEALTHY_S)
        world.device.reset("WATCHDOG")
        world.run(1.5)
        if not started(world):
            return "it does not start after the firmware's watchdog"
        survival = world.device.modules["survival"]
        return "a join is accused" if survival.kept().byte(survival.HANGS) else None


def nvm_that_fails(drive=None, firmware=OLDEST):
    """The first writes of a box's life, passwords and setting of the modem, fail behind their erase: they are written when
    the version has proved itself."""
    with world_of(drive, firmware, settings={}) as world:
        world.device.nvm_faults = 2
        if not started(world) or world.device.nvm_faults:
            return "nothing failed"
        world.run(HEALTHY_S)
        lie_there = bytes(world.device.nvm[32:50]).decode()
        return None if lie_there == "".join(passwords(world)) else "the passwords are lost"


# ---- the settings that were saved


def save(world, **values):
    """Save on the page, as the owner does."""
    import json

    owner = {"Authorization": "Bearer " + passwords(world)[1], "Content-Type": "application/json"}
    body = json.dumps({"values": values}).encode()
    return world.network.http("POST", "/api/settings", body=body, headers=owner, timeout_s=60).status


CRASH = "__import__('digitalio').DigitalInOut(__import__('microcontroller').pin.GPIO26)"


def saved_setting_that_kills(drive=None, firmware=OLDEST, falls="raise ValueError('planted')"):
    """A saved setting that a later version falls over: the fourth start goes without, and says so; cars are read."""
    with world_of(drive, firmware) as world:
        if not started(world) or not world.run_until(lambda: said(world, "page at http"), 30):
            return "it does not start"
        if save(world, EVSE_ID="KILLER") != 200:
            return "not saved"
        box = (world.drive_dir / LIB / "box.py").read_text()
        line = "        self._say_hello()\n"
        assert box.count(line) == 1
        killed = f'{line}        if self.settings["EVSE_ID"] == "KILLER":\n            {falls}\n'
        write(world, f"{LIB}/box.py", box.replace(line, killed))
        at, resets = len(world.device.console), len(world.device.resets) + 1
        world.device.reset("RESET_PIN")
        if not world.run_until(lambda: said_since(world, at, "without the saved settings"), 110):
            return "the saved settings are not left out"
        failed = [reason for _, reason in world.device.resets[resets:] if falls != CRASH or reason == "PANIC"]
        if len(failed) != 3:
            return f"after {len(failed)} failed starts"
        if not started(world) or not said(world, "(settings_aside)"):
            return "nothing says so"
        return None if reads_a_car(world, 42) else "no car is read without the saved settings"


def started_once_without(drive=None, firmware=OLDEST):
    """The recovery page's second button."""
    with world_of(drive, firmware) as world:
        if not started(world) or not world.run_until(lambda: said(world, "page at http"), 30):
            return "it does not start"
        if save(world, EVSE_ID="MINE") != 200:
            return "not saved"
        whole = (world.drive_dir / LIB / "box.py").read_text()
        write(world, f"{LIB}/box.py", BROKEN)
        world.device.reset("RESET_PIN")
        if not world.run_until(lambda: said(world, RECOVERY), 150):
            return "no recovery page"
        world.run(2)
        write(world, f"{LIB}/box.py", whole)
        world.network.http("POST", "/bare")
        at = len(world.device.console)
        if not world.run_until(lambda: said_since(world, at, "without the saved settings"), 30):
            return "the wish is not granted"
        if not started(world):
            return "it does not start"
        world.run(HEALTHY_S)
        at = len(world.device.console)
        world.power_cycle()
        world.run(START_S)
        return "not only once" if said_since(world, at, "without the saved settings") else None


# ---- power cuts in NVM


def cut_in_nvm(drive, moment, cut_us):
    """The supply fails `cut_us` after a write of NVM began, at a `moment`: "first", "failure", "safe mode", "join"."""
    with world_of(drive, OLDEST) as world:
        device = world.device
        if moment != "first":
            if not started(world):
                return "it does not start"
            world.run(HEALTHY_S)
        written = device.nvm_writes
        whole = (world.drive_dir / LIB / "box.py").read_text()
        if moment == "failure":
            write(world, f"{LIB}/box.py", BROKEN)
            device.reset("RESET_PIN")
        elif moment == "safe mode":
            device.reset("BROWNOUT")
        elif moment == "join":
            world.wifi.dhcp = False
            device.reset("WATCHDOG")
        if not device.run_until(lambda: device.nvm_writes > written, 120, check_us=500):
            return "nothing was written"
        device.run(cut_us / 1e6)
        device.power_off()
        write(world, f"{LIB}/box.py", whole)
        world.wifi.dhcp = True
        device.run(1)
        device.start()
        if not started(world):
            return "it does not start after the cut"
        return None if reads_a_car(world, 42) else "no car is read after the cut"


recovery_of_a_broken_program = functools.partial(recovery_page, broken=BROKEN, limit_s=80)
recovery_of_a_crashing_program = functools.partial(recovery_page, broken=CRASH + "\n", limit_s=130)
recovery_of_a_hanging_program = functools.partial(recovery_page, broken=HANGING, limit_s=320)
