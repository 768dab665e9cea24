#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
# Puts what the project needs on this machine.
#   setup.sh venv      Python packages into .venv (no root needed)
#   setup.sh system    Debian packages that tests and benchmarks use (root or sudo; says what is skipped without)
set -eu
cd "$(dirname "$0")/.."

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif sudo -n true 2>/dev/null; then sudo "$@"; else return 9; fi
}

apt_install() {
    command -v apt-get >/dev/null || return 9
    as_root true || return 9
    as_root apt-get update -qq
    # Older systems have Chromium in one piece only.
    if ! apt-cache show chromium-headless-shell >/dev/null 2>&1; then
        # shellcheck disable=SC2046
        set -- $(echo "$@" | sed s/chromium-headless-shell/chromium/)
    fi
    # Asked by tshark's package; the tests read files and capture nothing.
    echo "wireshark-common wireshark-common/install-setuid boolean false" | as_root debconf-set-selections
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

venv() {
    if [ -e .venv/.ready ] && [ .venv/.ready -nt requirements.txt ] && [ .venv/.ready -nt host_tests/requirements.txt ] \
        && .venv/bin/python -c "" 2>/dev/null; then
        return
    fi
    echo "setting up .venv (once, about a minute) ..."
    if ! python3 -c "import ensurepip, venv" 2>/dev/null; then
        apt_install python3-venv || { echo "python3-venv is missing and cannot be installed without root or sudo." >&2; exit 1; }
    fi
    [ -x .venv/bin/python ] || python3 -m venv .venv
    .venv/bin/python -m pip install -q --disable-pip-version-check -r requirements.txt -r host_tests/requirements.txt
    touch .venv/.ready
}

# command that proves it : Debian package : what is not tested without it
PACKAGES="
chromium-headless-shell:chromium-headless-shell:the web pages in a real browser
java:default-jre-headless:the Josev car and the comparison with its EXI codec
pev:plc-utils-extra:SLAC against Qualcomm's own car program
plctool:plc-utils:the modem's parameters against Qualcomm's own tools
setpib:plc-utils-extra:the modem's parameters against Qualcomm's own tools
ip:iproute2:everything over the kernel's network stack
unshare:util-linux:everything over the kernel's network stack
mosquitto:mosquitto:MQTT and Home Assistant's discovery at a real broker
mosquitto_sub:mosquitto-clients:MQTT and Home Assistant's discovery at a real broker
tshark:tshark:Wireshark's opinion of whole sessions
valgrind:valgrind:the instructions behind the cost of a line
"
# With a C compiler the twin counts lines in C (host_tests/twin/line_meter.c) and takes half the time; without, in Python. The EXI
# codec is judged by one in C (host_tests/generators/exi_c); without a compiler that is left out.
COMPILER="
cc:gcc
python3-config:python3-dev
"

# A Chromium with windows serves as well, at twice the time for a page.
has() {
    command -v "$1" >/dev/null || { [ "$1" = chromium-headless-shell ] && command -v chromium >/dev/null; }
}

system() {
    missing=""
    for row in $(echo "$PACKAGES$COMPILER" | cut -d: -f1,2); do
        has "${row%%:*}" || missing="$missing ${row#*:}"
    done
    [ -n "$missing" ] || return 0
    echo "installing Debian packages:$missing ..."
    # shellcheck disable=SC2086
    if apt_install $missing; then return 0; fi
    if [ "${CI:-}" = true ]; then echo "these packages could not be installed:$missing" >&2; exit 1; fi
    echo "$PACKAGES" | while IFS=: read -r command package what; do
        [ -n "$command" ] && ! has "$command" && echo "not tested without root or sudo: $what ($package)"
    done
    return 0
}

case "${1:-venv}" in
    venv) venv ;;
    system) system ;;
    *) echo "usage: setup.sh venv|system" >&2; exit 2 ;;
esac
