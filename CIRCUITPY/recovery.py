# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The page that is left when no version starts. Needs nothing else; ``slots.py`` and ``survival.py`` if they are there.

Joins the network of settings.toml or of the settings saved on the page, whichever was edited last, else opens the access
point; tells the last error, and which files of the drive are missing or are not those of their version. Everything is tried
again after a quarter of an hour, because what kept it from starting may be gone by then.
"""

import binascii
import json
import os
import time

import microcontroller

AGAIN_S = 900
_JOIN_S = 15
# As in lib/appliance/network/link.py: a board with a poor antenna is understood at little power only, its access point too.
_LOW_DBM = 7
_MOST_REQUEST = 8192
_REQUEST_S = 4
_LINGER_S = 0.5
_MOST_NAMED = 5
_PIECE = 2048
# Where the settings saved on the page are: see lib/appliance/storage/records.py.
_SAVED = ("/saved/1/settings.bin", "/saved/2/settings.bin", "/saved/3/settings.bin", "/saved/4/settings.bin")
_RECORD_AT = 4096
_RECORD_SIZE = 8192
_HEAD_SIZE = 16
# The access point's password: lib/appliance/storage/secrets.py.
_PASSWORD_KEY = ".access_point"
_PASSWORD_SIZE = 10

HEAD = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>socbox</title>
<body style="font:1rem sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem">"""
PAGE = (
    HEAD
    + """<h1>The box cannot start</h1>
%s
<form method="post" action="/again"><button>Try again</button></form>
<p>It tries again by itself every 15 minutes.</p>
%s
"""
)
HELP = """<form method="post" action="/bare"><button>Start once without the saved settings</button></form>
<p>Then nothing that was saved on the box's page is used, except for the network and the password. It stays saved.</p>
<p>If that does not help: connect the box to a computer, copy all files of a version onto its drive CIRCUITPY, eject the
drive and press RESET. Settings stay.</p>
"""
# The page stops trying after a minute and says so.
WAITING = (
    HEAD
    + """<h1>The box is starting again</h1><p id="t">This page asks every three seconds whether it is back.</p>
<script>
var n=0,t=document.getElementById("t");
function ask(){
if(++n>20){t.textContent="The box did not come back within a minute. Look at its display. Is this device on the same "+
"network? Open the box's address again, or switch the box off and on.";return}
fetch("/",{cache:"no-store"}).then(function(r){if(r.status>499)throw 0;location.href="/"})
.catch(function(){setTimeout(ask,3000)})}
setTimeout(ask,6000)
</script>
"""
)
NO_VERSION = "No version of its program ran for longer than a minute."
# The end of a traceback in words; the first row that fits counts.
WORDS = (
    ("MemoryError", "The board ran out of memory."),
    ("ImportError", "A file of the program is missing on the drive, or one of its libraries."),
    ("SyntaxError", "A file of the program is damaged."),
    ("OSError", "The drive or a part of the board refused something."),
    ("ValueError", "The program came across a value that it cannot use, perhaps one of the settings."),
    ("", "The program came across something unexpected."),
)


def check_sum_of(path):
    """CRC-32 of a file."""
    piece = bytearray(_PIECE)
    check_sum = 0
    with open(path, "rb") as file:
        while True:
            count = file.readinto(piece)
            if not count:
                return check_sum & 0xFFFFFFFF
            check_sum = binascii.crc32(memoryview(piece)[:count], check_sum)


def faulty_files(root=""):
    """Names of files that are missing on the drive or differ from files.json in length or CRC-32."""
    try:
        with open(root + "/files.json") as file:
            rows = json.load(file)["files"]
    except (OSError, ValueError, KeyError):
        return ["files.json"]
    faulty = []
    for row in rows:
        feed()
        path = root + "/" + row[0]
        try:
            if os.stat(path)[6] == row[1] and check_sum_of(path) == row[2]:
                continue
        except (OSError, IndexError):
            pass
        faulty.append(row[0])
    return faulty


# ---- what was saved on the page


def _entries_in(record):
    """(number, [[key, text, text in settings.toml then], ...]) of a record that is whole, else (-1, [])."""
    number, length = int.from_bytes(record[4:8], "little"), int.from_bytes(record[8:12], "little")
    content = record[_HEAD_SIZE : _HEAD_SIZE + length]
    check_sum = binascii.crc32(content, binascii.crc32(record[4:12])) & 0xFFFFFFFF
    if record[0:4] != b"SBX1" or len(content) < length or check_sum.to_bytes(4, "little") != record[12:16]:
        return -1, []
    entries = json.loads(str(content, "utf-8"))
    return number, [entry for entry in entries if len(entry) > 2 and isinstance(entry[1], str)]


def saved_entries(root=""):
    """What was saved last: [[key, text, what settings.toml said then or None], ...]."""
    best, highest = [], -1
    for path in _SAVED:
        try:
            with open(root + path, "rb") as file:
                file.seek(_RECORD_AT)
                number, entries = _entries_in(file.read(_RECORD_SIZE))
        except (OSError, ValueError, TypeError):
            continue
        if number > highest:
            best, highest = entries, number
    return best


def _as_it_stands(key, path):
    """What stands behind the = of the first line with this key, b"" without one."""
    try:
        with open(path, "rb") as file:
            for line in file:
                name, _, text = line.strip().partition(b"=")
                if name.startswith(b"["):
                    break
                if name.strip() == key.encode():
                    return text.strip()
    except OSError:
        # There is none, or a part of the drive cannot be read.
        pass
    return b""


def _in_file(key, getenv, path):
    """What settings.toml says. The box takes a text in single quotes as well, and remembers what stood there without any:
    ``os.getenv`` gives the one with its quotes or not at all, and the other up to CircuitPython 10.1 if it is a number."""
    text = _as_it_stands(key, path)
    try:
        if text and not text.startswith(b'"'):
            end = text.find(b"'", 1) if text.startswith(b"'") else -1
            return str(text.split(b"#")[0].strip() if end < 0 else text[1:end], "utf-8")
        value = getenv(key)
    except Exception:
        # A line that CircuitPython cannot read.
        return None
    return None if value is None else str(value)


def setting(key, entries, getenv=os.getenv, path="/settings.toml"):
    """A setting's text, or None: what was saved, unless settings.toml was edited since."""
    in_file = text = _in_file(key, getenv, path)
    for entry in entries:
        if entry[0] == key and entry[2] == in_file:
            text = entry[1]
    return text


def own_password(kept, entries):
    """The access point's password, or None."""
    for entry in entries:
        if entry[0] == _PASSWORD_KEY and len(entry[1]) == _PASSWORD_SIZE:
            return entry[1]
    secret = b"\0" if kept is None else kept.part(kept_module().SECRETS, _PASSWORD_SIZE)
    return None if 0 in secret else str(secret, "ascii")


def kept_module():
    """The module survival, or None where it is missing."""
    try:
        import survival

        return survival
    except Exception as error:
        print("no survival:", error)
        return None


# ---- the page


def escaped(text):
    """Text for HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def error_parts(text, secrets=()):
    """HTML about the last error: what it means, and the traceback without secrets."""
    if not text:
        return ""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    if "Traceback" not in text and "\n" not in text.strip():
        return "<p>%s</p>" % escaped(text)
    last = text.strip().split("\n")[-1]
    for row in WORDS:
        if last.startswith(row[0]):
            break
    return "<p>%s</p><details><summary>Where</summary><pre>%s</pre></details>" % (row[1], escaped(text))


def file_parts(faulty):
    """HTML of what is wrong with the files."""
    if not faulty:
        return "<p>All files are on the drive, complete.</p>"
    names = "".join(["<li>%s</li>" % escaped(name) for name in faulty[:_MOST_NAMED]])
    more = "<p>and %d more</p>" % (len(faulty) - _MOST_NAMED) if len(faulty) > _MOST_NAMED else ""
    return "<p>Missing on the drive, damaged, or copied only in part:</p><ul>%s</ul>%s" % (names, more)


def page(reason="", error="", secrets=(), root=""):
    """The page as text. ``reason``: why the box cannot run here, when that is known."""
    if reason:
        return PAGE % ("<p>%s</p>" % escaped(reason), "")
    parts = error_parts(error, secrets) + file_parts(faulty_files(root))
    return PAGE % ("<p>%s</p>%s" % (NO_VERSION, parts), HELP)


def answer(request, text):
    """(what is sent, "again", "bare" or None)."""
    wish = None
    for name in ("again", "bare"):
        if request.startswith(b"POST /" + name.encode()):
            wish = name
    body = (WAITING if wish else text).encode("utf-8")
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n" % len(body)
    return (head + "Cache-Control: no-store\r\nConnection: close\r\n\r\n").encode() + body, wish


# ---- the network


def take_address(radio, entries):
    """The fixed address of the settings, if there is one that can be used; else the router gives one."""
    wanted = [setting(key, entries) for key in ("WIFI_STATIC_ADDRESS", "WIFI_NETMASK", "WIFI_GATEWAY")]
    if not wanted[0]:
        return
    try:
        import ipaddress

        address, netmask, gateway = [ipaddress.ip_address(text) for text in wanted]
        radio.set_ipv4_address(ipv4=address, netmask=netmask, gateway=gateway, ipv4_dns=gateway)
    except Exception as error:
        print("no fixed address:", error)


def use_power(radio, dbm):
    """Transmit power from now on, where that can be set."""
    try:
        radio.tx_power = dbm
    except Exception as error:
        print("no other power:", error)


def try_to_join(radio, ssid, password):
    """Join, again and again while there is time. ConnectionError when all of that failed. The firmware itself does not try
    again where one search did not find the network (common-hal/wifi/__init__.c).
    """
    usual = getattr(radio, "tx_power", _LOW_DBM)
    until = time.monotonic() + _JOIN_S
    low = False
    while True:
        try:
            feed()
            radio.connect(ssid, password)
            return
        except ConnectionError as error:
            if time.monotonic() > until:
                raise error
            low = not low
            use_power(radio, min(_LOW_DBM, usual) if low else usual)


def join(entries, kept):
    """True if the owner's network was joined. A join may hang for ever: after that the next start leaves it out."""
    import wifi

    ssid = setting("WIFI_SSID", entries)
    if not ssid or (kept is not None and kept.byte(kept_module().HANGS)):
        return False
    if kept is not None:
        kept.begin_join()
    try:
        take_address(wifi.radio, entries)
        try_to_join(wifi.radio, ssid, setting("WIFI_PASSWORD", entries) or "")
        print("recovery page at", wifi.radio.ipv4_address)
        return True
    except Exception as error:
        print("no network:", error)
        return False
    finally:
        if kept is not None:
            kept.end_join()


def open_network(entries, kept):
    """Join the owner's network, or open one. Returns the radio."""
    import wifi

    if not join(entries, kept):
        own = own_password(kept, entries)
        use_power(wifi.radio, _LOW_DBM)
        if own is not None:
            wifi.radio.start_ap("socbox-rescue", own)
        else:
            wifi.radio.start_ap("socbox-rescue")
        print("recovery page at 192.168.4.1, network socbox-rescue")
    return wifi.radio


def read_until(client, end):
    """What a client sends, up to ``end`` or its close; bounded in bytes and time. Raises OSError after a pause."""
    data, buffer = b"", bytearray(1024)
    limit = time.monotonic() + _REQUEST_S
    while (not end or end not in data) and len(data) < _MOST_REQUEST and time.monotonic() < limit:
        feed()
        count = client.recv_into(buffer, len(buffer))
        if not count:
            break
        data += bytes(buffer[:count])
    return data


def hang_up(client):
    """Close after reading everything: unread bytes would make it a reset, and the browser could lose the page."""
    try:
        client.settimeout(_LINGER_S)
        read_until(client, b"")
    except OSError:
        # The client is gone already.
        pass
    client.close()


def serve(radio, text, until):
    """Answer requests until the time is up. Returns what somebody asked for: "again" or "bare"."""
    import socketpool

    pool = socketpool.SocketPool(radio)
    listener = pool.socket(pool.AF_INET, pool.SOCK_STREAM)
    listener.bind(("0.0.0.0", 80))
    listener.listen(2)
    # With a time-out, accept loses the socket of a client that it accepts just as the time is over (Socket.c).
    listener.settimeout(0)
    while time.monotonic() < until:
        feed()
        try:
            client, _ = listener.accept()
        except OSError:
            time.sleep(0.05)
            continue
        try:
            client.settimeout(2)
            data, wish = answer(read_until(client, b"\r\n\r\n"), text)
            view = memoryview(data)
            sent = 0
            while sent < len(data):
                sent += client.send(view[sent : sent + 1024])
            if wish:
                # The answer leaves before the restart ends the connection.
                time.sleep(1)
                return wish
        except OSError as error:
            print("client lost:", error)
        finally:
            hang_up(client)
    return "again"


def feed():
    """Feed the watchdog."""
    try:
        microcontroller.watchdog.feed()
    except Exception:
        # There is none, or it does not run.
        return


def show_console():
    """On a board's own display, which a program that came so far has kept quiet."""
    try:
        import board

        getattr(board, "DISPLAY", None).auto_refresh = True
    except Exception:
        # There is none, or the program gave it back.
        return


def main(reason=""):
    """Serve the page, then give all versions new chances and restart. ``reason``: why the box cannot run here, or None."""
    print("no version starts: recovery page")
    show_console()
    survival = kept_module()
    kept = None if survival is None else survival.kept()
    until = time.monotonic() + AGAIN_S
    wish = "again"
    try:
        entries = saved_entries()
        secrets = [setting("WIFI_PASSWORD", entries), setting("WEB_PASSWORD", entries)]
        text = page(reason, "" if kept is None else kept.error(), secrets)
        wish = serve(open_network(entries, kept), text, until)
    except Exception as error:
        print("no recovery page:", error)
        while time.monotonic() < until:
            feed()
            time.sleep(1)
    if wish == "bare" and kept is not None:
        kept.set_byte(survival.ONCE, 1)
    try:
        import slots

        slots.new_counts().forget()
    except Exception as error:
        print("nothing was counted:", error)
    microcontroller.reset()
