# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Run by MicroPython: settings from a page to a file and back, sessions, forms. DIRECTORY is the drive's root."""

# ruff: noqa: E402 (the device's modules must be in place before what imports them)

import json
import sys

import regular
import virtual_time

# Adafruit's library wants the device's modules.
sys.modules["time"] = virtual_time
sys.modules["re"] = regular

from appliance.jobs import Jobs
from appliance.settings import copies
from appliance.settings.checks import check_changes
from appliance.settings.service import Keeper
from appliance.state.frame_ring import FrameRing
from appliance.state.log import Log, Uptime
from appliance.storage.forgetful import Forgetful
from appliance.storage.records import Store, joined_surrogates
from appliance.storage.secrets import Secrets
from appliance.web import access, bodies, documents, downloads
from appliance.web.access import Access

from host_tests.support.settings_text import taken

HARD = ' q" b\\ Ünïcode 😀'
PASSED = 0


def check(condition, what):
    global PASSED
    if not condition:
        print("failed", what)
        sys.exit(1)
    PASSED += 1


def nothing(*_arguments):
    pass


def new_keeper(root):
    return Keeper(root + "/settings.toml", Store(root, None, nothing), nothing)


def keep(root):
    keeper = new_keeper(root)
    check(keeper.settings["HOSTNAME"] == "garage", "the file is read")
    texts, faults = check_changes(keeper.after, {"WIFI_PASSWORD": HARD, "HTTP_PORT": "0x51", "EVSE_ID": "E1"})
    check(not faults, faults)
    jobs = Jobs()
    job = jobs.start(keeper.save, texts)
    check(jobs.due(0) and not job.done, "waits for its turn")
    jobs.run(0)
    check(job.done and job.error is None, job.error)
    again = new_keeper(root)
    check(again.settings["WIFI_PASSWORD"] == HARD and again.settings["HTTP_PORT"] == 81, "saved whole")
    check(again.settings.source("EVSE_ID") == "page", "and it is known where it comes from")
    again.save({"EVSE_ID": "E2", "HOSTNAME": "carport"})
    last = new_keeper(root)
    check((last.settings["EVSE_ID"], last.settings["HOSTNAME"]) == ("E2", "carport"), "saved twice")
    check("WEB_PASSWORD" in check_changes(last.after, {"WEB_PASSWORD": "x", "NONSENSE": "1"})[1], "checked")
    return last


def written_out(keeper):
    text = "".join(downloads.toml_pieces(keeper, True))
    fresh = taken([line.encode("utf-8") for line in text.split("\n")])
    check(not fresh.errors, fresh.errors)
    check(
        fresh["WIFI_PASSWORD"] == HARD and fresh["HOSTNAME"] == "carport",
        "a settings.toml that says the same",
    )
    backup = json.loads("".join(downloads.backup_pieces(keeper, True)))
    check(backup["settings"]["WIFI_PASSWORD"] == HARD, "a backup that says the same")
    check(
        "WIFI_PASSWORD" not in json.loads("".join(downloads.backup_pieces(keeper, False)))["settings"],
        "no secret",
    )
    changes, left_out = copies.changes_of_backup(keeper, {"WIFI_SSID": "other", "GONE": "1"})
    check("WIFI_SSID" not in changes and len(left_out) == 2, left_out)


def who(uptime):
    def numbers(count):
        return bytes(range(7, 7 + count))

    guard = Access(numbers, Secrets([], Forgetful(), numbers), uptime, nothing)
    guard.set_password("")
    check(guard.is_password(guard.made_up.upper()), "made-up password")
    guard.set_password("correct horse")
    cookie = guard.new_cookie().split(";")[0]
    check(guard.who({"Cookie": "a=b; " + cookie}, "a") == access.OWNER, "cookie")
    check(guard.who({"Cookie": cookie[:-1] + "x"}, "a") == access.NOBODY, "changed cookie")
    check(guard.who({"Authorization": "Basic eDpjb3JyZWN0IGhvcnNl"}, "a") == access.OWNER, "basic")
    for wrong in ("Basic ????", "Basic /w==", "Basic eA==", "Bearer wrong"):
        check(guard.who({"Authorization": wrong}, "a") == access.WRONG, wrong)


def forms():
    check(
        bodies.form_fields(b"a=%20q%22%5C%F0%9F%98%80&b=1+2&c=") == {"a": ' q"\\😀', "b": "1 2", "c": ""},
        "form",
    )
    for broken in (b"a=%", b"a=%zz", b"a=%C3", b"\xff=1"):
        try:
            bodies.form_fields(broken)
            check(False, broken)
        except ValueError:
            check(True, broken)
    check(joined_surrogates(json.loads('"\\ud83d\\ude00 \\u00fc"')) == "😀 ü", "surrogates")
    check(documents.number_of("12") == 12 and documents.number_of("-1") == 0 and documents.number_of(None) == 0, "number")


def long_answers(uptime):
    log = Log(uptime, size=30, write=nothing)
    for number in range(50):
        log.note("test", "line %d" % number)
    document = json.loads("".join(documents.log_pieces(log, 5, "abcd")))
    check((document["next"], document["dropped"], len(document["records"])) == (50, 15, 30), document)
    ring = FrameRing()
    for number in range(600):
        ring.add(0, memoryview(bytes((number % 256,)) * 60), uptime)
    capture = b"".join(downloads.pcap_pieces(ring))
    check(0 < ring.dropped < 100 and len(capture) == 24 + ring.kept * 76, len(capture))


def main(root):
    uptime = Uptime(0)
    uptime.advance(5000)
    written_out(keep(root))
    who(uptime)
    forms()
    long_answers(uptime)
    print("passed", PASSED)


main(sys.argv[1])
