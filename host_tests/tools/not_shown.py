# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Texts in the sources that look like words and reach no page (`sentences`), and words that come from elsewhere."""

# Why a board started, as microcontroller.ResetReason names it; states of the modem and names of checks in small letters;
# a word of v2g.plug_in.RUNGS.
FROM_THE_FIRMWARE = (
    "power on", "software", "watchdog", "brownout", "reset pin", "deep sleep alarm", "rescue debug",
    "ready", "booting", "resetting", "absent low", "absent high", "bad signature", "shifted", "no cpu on", "not opened",
    "write space", "rung",
)  # fmt: skip

# By file: lines of the log, names of HTTP and of the standards, classes of a page.
NOT_SHOWN = frozenset((
    # web/bodies.py: told to programs alone
    "must be true or false.", "offset must be a whole number.",
    # web/connection.py: likewise, and lines of HTTP
    "Bad Request", "Expect", "Expectation Failed", "Internal Server Error", "Not Implemented", "Payload Too Large",
    "Request Header Fields Too Large", "Request Timeout", "URI Too Long",
    "HTTP/1.1 %d %s Content-Type: text/plain Content-Length: %d Connection: close %s",
    "No other Expect than 100-continue is known.", "Send a Content-Length: a Transfer-Encoding is not understood.",
    # web/diary.py
    "text/csv; charset=utf-8",
    # status.js
    "#links button, #readnow",
    # language.js, translate.js
    '<script src="/${path}.js"></script>', "code, pre, script, noscript, style, textarea, [translate=no]",
    # appliance/mqtt/session.py: words of the library
    "SUBACK Failure",
    # appliance/modem/service.py
    "parameters: being written",
    # appliance/mqtt/session.py
    "no good-bye: %s", "nothing is accepted any more",
    # appliance/settings/copies.py
    "socbox settings", "# %s = left out of this file", "# left out: %s",
    # appliance/web/settings.py
    "not saved: %s",
    # appliance/smartevse/question.py, delivery.py
    "readings now go to another address", "readings are no longer sent", "no answer (%s), next try in %d s",
    "answered 404",
    # appliance/storage/memory.py
    "nothing outlives a restart:",
    # appliance/storage/records.py
    "making room in %s, only this once: please leave the power on",
    # appliance/story.py
    "a car searches:", "search of %s ended: %s", "a car begins:",
    ", capacity %d Wh",
    ", requested %d Wh",
    ", full at %d %%",
    ", EVCCID %s",
    ", no EVCCID",
    "does not say whether it is set up for a charger or a car", "set up for neither charger nor car",
    "session dropped", "state of charge now %d %%", "session ended: %s", "%d starts in a row failed: %s",
    "this time the box runs without the settings saved on the page", "modem found, SPI",
    "failed and rests for 10 s", ", takes effect after a restart", "missing or of another version:",
    # appliance/update/health.py
    "version %s runs well", "version %s lost modem or network: back to the one before",
    # appliance/update/receiver.py
    "making room for two versions, only this once: please leave the power on", "receiving version %s, %d kB. %s",
    "another kind of key",
    "version %s is installed and starts next", "the slot was not closed: %s",
    # appliance/web/diagnostics.py
    "not yet, 40 s after the start", "NOT OK", "(not set)",
    "Passwords and the names of the network and of cars are left out, addresses of cars cut and numbered.",
    "The raw frames are not in here: /capture.pcap. They have the cars' whole addresses.",
    "%s %s, running for %d s", "[log] %d lines dropped",
    # appliance/web/router.py
    'Bearer realm="socbox"', "Origin", "Host", "Allow", "Accept",
    # appliance/web/server.py
    "answer cut: %s: %s",
    # appliance/web/setup.py
    "No Content", "Microsoft Connect Test", "Microsoft NCSI",
    '<meta http-equiv="refresh" content="0;url=https://support.mozilla.org/kb/captive-portal"/>',
    "text/javascript; charset=utf-8", "text/css; charset=utf-8", "Host",
    # appliance/web/update.py
    "update failed", "update refused: %s",
    # cars.js
    "Ioniq", ".car input",
    # config.js
    "#form details",
    # modem.js
    "said fault",
    # plc/qca7005.py
    "rx tx reset cpu_on rdbuf_err wrbuf_err no_space signature_retry bus_error",
    # resetwifi.js
    "said good", "said fault",
    # status.js
    "link live", "said good", "said fault",
    # v2g/session.py
    "Invalid", "Multiplier", "Unit", "Finished", "Ongoing", "Header", "Body",
    # webserial.js
    "the box was restarted",
))  # fmt: skip
