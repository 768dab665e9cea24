# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Why a join failed, by what ``wifi.radio.connect`` raised. Loaded when the first one does."""

# Numbers are the ESP-IDF's reasons (wifi_err_reason_t) in "Unknown failure N".
REASONS = {
    2: "wifi_auth",  # AUTH_EXPIRE
    14: "wifi_auth",  # MIC_FAILURE
    15: "wifi_auth",  # 4WAY_HANDSHAKE_TIMEOUT: what a wrong password usually leads to
    201: "wifi_no_ssid",  # NO_AP_FOUND
    202: "wifi_auth",  # AUTH_FAIL
    204: "wifi_auth",  # HANDSHAKE_TIMEOUT
    210: "wifi_security",  # NO_AP_FOUND_W_COMPATIBLE_SECURITY
    211: "wifi_security",  # NO_AP_FOUND_IN_AUTHMODE_THRESHOLD
}
# ASSOC_FAIL and CONNECTION_FAIL: like a refused password they may come from too much transmit power.
_NOT_UNDERSTOOD = (203, 205)


def cause_of(error):
    """Cause code for what ``wifi.radio.connect`` raised, by its text, the only difference.

    The text is in the firmware's language. Of the three texts only "Unknown failure N" has a number, and of the two others
    only "No network with that ssid" has the word ssid, which translators keep.
    """
    if not isinstance(error, ConnectionError):
        return "wifi_down"
    text = str(error)
    number = _number_of(text)
    if number:
        return REASONS.get(number, "wifi_down")
    return "wifi_no_ssid" if "ssid" in text.lower() else "wifi_auth"


def _number_of(text):
    """The number in a text wherever its language puts it, 0 without one."""
    return int("0" + "".join([letter for letter in text if "0" <= letter <= "9"]))


def may_be_power(error):
    """True for errors of ``wifi.radio.connect`` that a board with a poor antenna gets from too much transmit power."""
    return cause_of(error) == "wifi_auth" or _number_of(str(error)) in _NOT_UNDERSTOOD
