# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The page that is left when no version starts. Needs nothing but ``slots.py``, and that only to try again.

Joins the network of settings.toml or of the settings saved on the page, else opens the access point, and tells which
files of the drive are missing or are not those of their version. Everything is tried again after a quarter
of an hour, because what kept it from starting may be gone by then.
"""

import json
import os
import time

import microcontroller

AGAIN_S = 900
_JOIN_S = 15
_MOST_REQUEST = 1024
_MOST_NAMED = 5
# Where the page's settings lie: lib/appliance/store.py.
_SAVED = ("/saved/1/settings.bin", "/saved/2/settings.bin", "/saved/3/settings.bin", "/saved/4/settings.bin")
_RECORD_AT = 4096
_RECORD_SIZE = 8192
# What the access point's password looks like in NVM: lib/appliance/access_point.py.
_PASSWORD_FROM_END = 32
_PASSWORD_MAGIC = b"AP1:"
_PASSWORD_LENGTH = 10

PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>socbox</title><body style="font:1rem sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem">
<h1>The box cannot start</h1>
<p>No version of its program ran for longer than a minute.</p>
%s
<form method="post" action="/again"><button>Try again</button></form>
<p>It tries again by itself every 15 minutes. If that does not help: connect it to a computer, copy all files of a
version onto its drive CIRCUITPY, eject the drive and press RESET. Settings stay.</p>
"""


def faulty_files(root=""):
    """Names of files that are missing on the drive or have another length than files.json says."""
    try:
        with open(root + "/files.json") as file:
            rows = json.load(file)["files"]
    except (OSError, ValueError, KeyError):
        return ["files.json"]
    faulty = []
    for row in rows:
        try:
            if os.stat(root + "/" + row[0])[6] == row[1]:
                continue
        except OSError:
            pass
        faulty.append(row[0])
    return faulty


def saved_network(root=""):
    """{"WIFI_SSID": ..., "WIFI_PASSWORD": ...} as last saved on the page; {} without."""
    best, number = {}, -1
    for path in _SAVED:
        try:
            with open(root + path, "rb") as file:
                file.seek(_RECORD_AT)
                record = file.read(_RECORD_SIZE)
            length = int.from_bytes(record[8:12], "little")
            if record[:4] != b"SBX1" or int.from_bytes(record[4:8], "little") <= number:
                continue
            entries = json.loads(str(record[16 : 16 + length], "utf-8"))
            best, number = {entry[0]: entry[1] for entry in entries}, int.from_bytes(record[4:8], "little")
        except (OSError, ValueError):
            continue
    return best


def own_password(nvm):
    """The access point's password, or None."""
    if nvm is None:
        return None
    start = len(nvm) - _PASSWORD_FROM_END
    kept = bytes(nvm[start : start + len(_PASSWORD_MAGIC) + _PASSWORD_LENGTH])
    return str(kept[4:], "ascii") if kept[:4] == _PASSWORD_MAGIC else None


def open_network():
    """Join or open a network; gives the radio, None when there is no way."""
    import wifi

    saved = saved_network()
    ssid = saved.get("WIFI_SSID") or os.getenv("WIFI_SSID")
    password = saved.get("WIFI_PASSWORD") or os.getenv("WIFI_PASSWORD") or ""
    if ssid:
        try:
            wifi.radio.connect(ssid, password, timeout=_JOIN_S)
            print("recovery page at", wifi.radio.ipv4_address)
            return wifi.radio
        except Exception as error:
            print("no network:", error)
    own = own_password(microcontroller.nvm)
    if own is not None:
        wifi.radio.start_ap("socbox-rescue", own)
    else:
        wifi.radio.start_ap("socbox-rescue")
    print("recovery page at 192.168.4.1, network socbox-rescue")
    return wifi.radio


def page(root=""):
    """The page as text."""
    faulty = faulty_files(root)
    if not faulty:
        return PAGE % "<p>All files of the drive are there in their full length.</p>"
    names = "".join(["<li>%s</li>" % name for name in faulty[:_MOST_NAMED]])
    more = "<p>and %d more</p>" % (len(faulty) - _MOST_NAMED) if len(faulty) > _MOST_NAMED else ""
    return PAGE % ("<p>Missing on the drive, or copied only in part:</p><ul>%s</ul>%s" % (names, more))


def answer(request, text):
    """(what is sent, True when everything shall be tried again)."""
    again = request.startswith(b"POST /again")
    body = "<p>It tries again now." if again else text
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n"
    body = body.encode("utf-8")
    return (head % len(body) + "Connection: close\r\n\r\n").encode() + body, again


def serve(radio, until, feed):
    """Answer requests until somebody wants to try again or the time is up."""
    import socketpool

    pool = socketpool.SocketPool(radio)
    listener = pool.socket(pool.AF_INET, pool.SOCK_STREAM)
    listener.bind(("0.0.0.0", 80))
    listener.listen(2)
    listener.settimeout(1)
    text = page()
    buffer = bytearray(_MOST_REQUEST)
    while time.monotonic() < until:
        feed()
        try:
            client, _ = listener.accept()
        except OSError:
            continue
        try:
            client.settimeout(2)
            count = client.recv_into(buffer, len(buffer))
            data, again = answer(bytes(buffer[:count]), text)
            view = memoryview(data)
            sent = 0
            while sent < len(data):
                sent += client.send(view[sent : sent + 1024])
            if again:
                # The answer leaves before the restart ends the connection.
                time.sleep(1)
                return
        except OSError as error:
            print("client lost:", error)
        finally:
            client.close()


def main():
    """Serve the page, then give everything new chances and restart."""
    print("no version starts: recovery page")
    for name in faulty_files()[:_MOST_NAMED]:
        print("missing or cut short:", name)
    dog = getattr(microcontroller, "watchdog", None)

    def feed():
        if dog is not None:
            try:
                dog.feed()
            except Exception:
                # It was never armed.
                return

    until = time.monotonic() + AGAIN_S
    try:
        serve(open_network(), until, feed)
    except Exception as error:
        print("no recovery page:", error)
        while time.monotonic() < until:
            feed()
            time.sleep(1)
    import slots

    slots.new_counts().forget()
    microcontroller.reset()
