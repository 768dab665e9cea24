# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the firmware's C code refuses, orders or waits for, and a kinder twin would not. Sources: docs/conformance.md."""

import hashlib

import pytest

from host_tests.support.boards import GLASS, CountedST7789, board, run_code, said
from host_tests.twin.clock import Clock
from host_tests.twin.device import Services
from host_tests.twin.network import AccessPoint
from host_tests.twin.panels import SSD1306, ST7789

REFUSED = """
def refused(what, *arguments, **keywords):
    try:
        what(*arguments, **keywords)
    except Exception as error:
        return type(error).__name__
    return "taken"
"""


@pytest.fixture
def services():
    return Services(Clock())


def answers(tmp_path, code, **options):
    """What device code printed, with `refused()` at hand."""
    return said(run_code(tmp_path, REFUSED + code, **options))


# --- buses -------------------------------------------------------------------------------------------------------------

CLOCK = """
import board, busio, digitalio, time
from adafruit_bus_device.spi_device import SPIDevice
spi = busio.SPI(board.GPIO12, board.GPIO11, board.GPIO13)
cs = digitalio.DigitalInOut(board.GPIO10)
device = SPIDevice(spi, cs, baudrate=%d, polarity=1, phase=1)
took = []
for _ in range(3):
    before = time.monotonic_ns()
    with device as bus:
        bus.write(b"\\x00")
    took.append((time.monotonic_ns() - before) // 1000)
# A line of code may take a fraction of a microsecond.
print(spi.frequency, abs(took[1] - took[2]) < 2, took[0] - took[1] > 150)
"""


@pytest.mark.parametrize("hertz", [1_000_000, 2_000_000, 4_000_000, 5_000_000, 8_000_000, 10_000_000])
def test_a_clock_that_divides_80_mhz_is_set_once(tmp_path, hertz):
    assert said(run_code(tmp_path, CLOCK % hertz)) == [f"{hertz} True True"]


@pytest.mark.parametrize(
    "hertz,real",
    [(3_000_000, 2962962), (6_000_000, 6153846), (7_000_000, 7272727), (9_000_000, 8888888), (12_000_000, 11428571)],
)
def test_a_clock_in_between_is_set_anew_at_each_transaction(tmp_path, hertz, real):
    assert said(run_code(tmp_path / "old", CLOCK % hertz)) == [f"{real} True False"]
    assert said(run_code(tmp_path / "new", CLOCK % hertz, firmware="10.3.0")) == [f"{real} True True"]


def test_a_light_is_written_for_as_long_as_its_bits_take(tmp_path, services):
    device = run_code(
        tmp_path,
        """
        import board, digitalio, neopixel_write, time
        pin = digitalio.DigitalInOut(board.GPIO48)
        pin.direction = digitalio.Direction.OUTPUT
        took = []
        for _ in range(2):
            before = time.monotonic_ns()
            neopixel_write.neopixel_write(pin, b"\\x01\\x02\\x03")
            took.append((time.monotonic_ns() - before) // 1000)
        print(50 < took[0] < 200, 2000 < took[1] < 2400)
        """,
        services=services,
    )
    assert said(device) == ["True True"]
    assert device.hardware.pixels[48] == b"\x01\x02\x03"


# --- display -----------------------------------------------------------------------------------------------------------


def test_bitmap_regions_outside_are_refused(tmp_path):
    lines = answers(
        tmp_path,
        """
import bitmaptools, displayio, io
big, small, coloured = displayio.Bitmap(20, 8, 2), displayio.Bitmap(4, 4, 2), displayio.Bitmap(4, 4, 256)
blit, fill = bitmaptools.blit, bitmaptools.fill_region
print(refused(blit, big, small, 18, 0), refused(blit, big, small, 20, 8))
print(refused(blit, big, small, 21, 0), refused(blit, big, small, -1, 0), refused(blit, big, small, 0, 9))
print(refused(blit, big, small, 0, 0, x1=0, y1=0, x2=5, y2=4), refused(blit, big, small, 0, 0, x1=3, y1=0, x2=2, y2=4))
print(refused(blit, big, coloured, 0, 0))
print(refused(fill, big, 0, 0, 20, 8, 1), refused(fill, big, 0, 0, 21, 8, 1), refused(fill, big, 0, 0, 20, 8, 2))
print(refused(bitmaptools.readinto, small, io.BytesIO(bytes(4)), bits_per_pixel=3))
""",
    )
    value = "ValueError"
    assert lines == ["taken taken", f"{value} {value} {value}", f"{value} {value}", value, f"taken {value} {value}", value]


def test_letters_are_read_as_they_are_pixel_by_pixel(tmp_path):
    lines = answers(
        tmp_path,
        """
import bitmaptools, displayio, io
for bits, width in ((1, 1), (1, 31), (1, 37), (2, 16), (2, 19), (4, 8), (4, 33)):
    size = (width * bits + 7) // 8
    data = bytes([(n * 73 + width) & 255 for n in range(size * 3)])
    read, made = displayio.Bitmap(width, 3, 1 << bits), displayio.Bitmap(width, 3, 1 << bits)
    read.fill(1)
    bitmaptools.readinto(read, io.BytesIO(data), bits_per_pixel=bits, reverse_pixels_in_element=True)
    for y in range(3):
        for x in range(width):
            made[x, y] = data[y * size + x * bits // 8] >> 8 - bits - x * bits % 8 & (1 << bits) - 1
    print([read[n] for n in range(3 * width)] == [made[n] for n in range(3 * width)])
    short = io.BytesIO(data[:-1])
    print(refused(bitmaptools.readinto, read, short, bits_per_pixel=bits, reverse_pixels_in_element=True))
""",
    )
    assert lines == ["True", "EOFError"] * 7


def test_displayio_refuses_what_the_board_refuses(tmp_path):
    lines = answers(
        tmp_path,
        """
import displayio
bitmap, palette = displayio.Bitmap(4, 4, 2), displayio.Palette(2)
print(refused(bitmap.__setitem__, (4, 0), 1), refused(bitmap.__setitem__, (0, 0), 2), refused(bitmap.fill, 2))
print(refused(palette.__setitem__, 2, 0), refused(displayio.Bitmap, 4, 4, 0))
print(refused(displayio.TileGrid, bitmap, pixel_shader=palette, tile_width=3))
tile, group = displayio.TileGrid(bitmap, pixel_shader=palette), displayio.Group()
group.append(tile)
print(refused(displayio.Group().append, tile), refused(group.append, "text"))
group.pop()
print(refused(displayio.Group().append, tile), refused(group.pop), refused(displayio.Group, scale=0))
""",
    )
    assert lines == [
        "IndexError ValueError ValueError",
        "IndexError ValueError",
        "ValueError",
        "ValueError ValueError",
        "taken IndexError ValueError",
    ]


def test_a_rectangle_moves_hides_and_changes_its_width(tmp_path):
    lines = answers(
        tmp_path,
        """
import displayio, vectorio
palette = displayio.Palette(1)
bar = vectorio.Rectangle(pixel_shader=palette, width=1, height=5, x=0, y=0)
bar.width, bar.x, bar.hidden = 7, 3, True
print(bar.width, bar.x, bar.hidden)
""",
    )
    assert lines == ["7 3 True"]


def test_a_group_with_shapes_that_is_taken_out_may_send_the_whole_display(tmp_path, services):
    panel = CountedST7789.attached(services)
    code = """
inner = displayio.Group()
inner.append(vectorio.Rectangle(pixel_shader=displayio.Palette(1), width=10, height=5, x=0, y=0))
root.append(inner)
display.refresh()
inner[0].width = 9
display.refresh()
time.sleep(1)
root.pop()
root.append(inner)
display.refresh()
"""
    with board(tmp_path, GLASS + code, services=services) as device:
        assert device.run_until(lambda: panel.came > 240 * 240, 10)
        device.run(0.5)
        assert panel.count() == 240 * 240 + 10 * 5
        assert device.run_until(lambda: device.state == "DONE", 10)
    assert panel.count() >= 240 * 240


def test_the_boards_own_display_keeps_its_rotation_over_a_reload_and_not_over_a_reset(tmp_path):
    code = """
import board, microcontroller, supervisor
microcontroller.nvm[0] += 1
count, display = microcontroller.nvm[0], board.DISPLAY
print(display.rotation, display.width, display.auto_refresh)
display.auto_refresh = False
display.rotation = 90
if count < 3:
    (supervisor.reload if count == 1 else microcontroller.reset)()
"""
    lines = answers(tmp_path, code, board_id="lilygo_tdisplay_s3")
    assert lines == ["0 320 True", "90 170 True", "0 320 True"]


def test_an_i2c_display_is_reset_before_it_is_asked_for(tmp_path, services):
    hardware = services.hardware
    hardware.attach_i2c(SSD1306(), sda=9, scl=8, address=0x3C)
    levels = []
    hardware.pins[7].watchers.append(levels.append)
    lines = answers(
        tmp_path,
        """
import board, busio, displayio, i2cdisplaybus
bus = busio.I2C(board.GPIO8, board.GPIO9)
print(refused(i2cdisplaybus.I2CDisplayBus, bus, device_address=0x3D, reset=board.GPIO7))
i2cdisplaybus.I2CDisplayBus(bus, device_address=0x3C, reset=board.GPIO7)
print(refused(i2cdisplaybus.I2CDisplayBus, bus, device_address=0x3C))
""",
        services=services,
    )
    assert lines == ["ValueError", "RuntimeError"]
    assert levels[:2] == [0, 1], "also the display that was not found was reset"


def test_a_display_dims_its_light(tmp_path, services):
    services.hardware.attach_spi(ST7789.square_240(), sck=4, mosi=5, miso=None, cs=6, dc=7)
    lines = answers(
        tmp_path,
        """
import adafruit_st7789, board, busio, displayio, fourwire, microcontroller
pin = microcontroller.pin
spi = busio.SPI(pin.GPIO4, pin.GPIO5)
bus = fourwire.FourWire(spi, command=pin.GPIO7, chip_select=pin.GPIO6)
display = adafruit_st7789.ST7789(bus, width=240, height=240, rowstart=80, backlight_pin=pin.GPIO8, auto_refresh=False)
display.brightness = 0.25
def dim(value):
    display.brightness = value
print(display.brightness, refused(dim, 2))
""",
        services=services,
    )
    assert lines == ["0.25 ValueError"]
    assert services.hardware.pins[8].duty_cycle == 0xFFFF // 4


# --- network -----------------------------------------------------------------------------------------------------------


def test_a_scan_begins_in_the_middle_of_the_band(tmp_path, services):
    for channel in range(1, 14):
        services.network.other_access_points.append(AccessPoint(f"net {channel}", channel=channel))
    lines = answers(
        tmp_path,
        """
import wifi
print([network.channel for network in wifi.radio.start_scanning_networks(stop_channel=13) if network.ssid != "Home"])
""",
        services=services,
    )
    assert lines == ["[6, 1, 11, 3, 9, 13, 2, 4, 8, 12, 5, 7, 10]"]


def test_stopping_a_scan_waits_for_its_channel(tmp_path, services):
    lines = answers(
        tmp_path,
        """
import time, wifi
first = next(iter(wifi.radio.start_scanning_networks()))
before = time.monotonic_ns()
wifi.radio.stop_scanning_networks()
print(first.ssid, (time.monotonic_ns() - before) // 1000000)
before = time.monotonic_ns()
wifi.radio.stop_scanning_networks()
print((time.monotonic_ns() - before) // 1000000)
""",
        services=services,
    )
    assert lines == ["Home 120", "0"]


def test_an_access_point_takes_these_kinds_of_protection_only(tmp_path):
    lines = answers(
        tmp_path,
        """
import wifi
mode = wifi.AuthMode
def opened(password, *modes):
    return refused(wifi.radio.start_ap, "socbox", password, authmode=modes)
print(opened("12345678", mode.WPA2, mode.PSK), opened("12345678"), opened(""), opened("", mode.OPEN))
print(opened("12345678", mode.WPA, mode.WPA2, mode.PSK), opened("12345678", mode.WPA2), opened("12345678", mode.PSK))
print(opened("12345678", mode.OPEN), opened("", mode.WPA2, mode.PSK), opened("1234567"))
print(opened("a" * 63), opened("a" * 64), opened("z" * 64))
""",
    )
    assert lines == [
        "taken taken taken taken",
        "taken ValueError ValueError",
        "ValueError ValueError ValueError",
        "taken taken ValueError",
    ]


def test_a_password_of_64_octets_is_the_key_itself(tmp_path):
    lines = answers(
        tmp_path,
        """
import wifi
for password in ("z" * 63, "a" * 64, "z" * 64, "a" * 65, "short", "\u00e4" * 4, "\u00e4" * 33):
    print(refused(wifi.radio.connect, "Elsewhere", password, channel=1))
for call in (wifi.radio.connect, wifi.radio.start_ap):
    print(refused(call, "\u00e4" * 17, "correct horse"))
""",
    )
    connection, value = "ConnectionError", "ValueError"
    assert lines == [connection, connection, value, value, value, connection, value, value, value]


def test_importing_wifi_calibrates_the_radio_anew_in_each_run(tmp_path, services):
    program = """
import supervisor, time
def ms(do):
    began = supervisor.ticks_ms()
    do()
    return supervisor.ticks_ms() - began
def load():
    import wifi
print([100 < ms(load) < 300, ms(load) < 2])
if supervisor.runtime.run_reason == supervisor.RunReason.STARTUP:
    supervisor.reload()
"""
    assert answers(tmp_path, program, services=services)[-2:] == ["[True, True]"] * 2


def test_the_radio_tells_its_addresses_and_its_name(tmp_path, services):
    lines = answers(
        tmp_path,
        """
import microcontroller, wifi
radio = wifi.radio
print(len(microcontroller.cpu.uid), len(radio.mac_address), radio.ap_info, radio.ipv4_address)
def name(text):
    radio.hostname = text
print(refused(name, "socbox"), refused(name, ""), refused(name, "x" * 254), radio.hostname)
print([refused(name, text) for text in ("my_box", "-box", "a..b", "box-", "a.b.", "b" * 33)], radio.hostname)
def save(mode):
    radio.power_management = mode
print(refused(save, wifi.PowerManagement.UNKNOWN), str(radio.power_management))
print(refused(radio.set_ipv4_address, ipv4="192.168.1.9", netmask="255.255.255.0", gateway="192.168.1.1", ipv4_dns=None))
import ipaddress, socketpool
address = ipaddress.ip_address("192.168.1.9")
print(refused(radio.set_ipv4_address, ipv4=address, netmask=address, gateway=address))
print(refused(socketpool.SocketPool, None))
radio.connect("Home", "correct horse", channel=6)
point = radio.ap_info
print(point.ssid, point.channel, len(point.bssid), point.rssi < 0, str(point.authmode[-1]), radio.ipv4_address)
""",
        services=services,
    )
    assert lines == [
        "6 6 None None",
        "taken ValueError ValueError socbox",
        "['ValueError', 'ValueError', 'ValueError', 'taken', 'taken', 'taken'] a.b.",
        "ValueError wifi.PowerManagement.MIN",
        "ValueError",
        "SystemError",
        "ValueError",
        "Home 6 6 True wifi.AuthMode.PSK 192.168.1.50",
    ]


def test_the_chip_has_one_mdns_server(tmp_path, services):
    lines = answers(
        tmp_path,
        """
import mdns, wifi
wifi.radio.connect("Home", "correct horse", channel=6)
print(refused(mdns.Server, "radio"))
server = mdns.Server(wifi.radio)
print(refused(mdns.Server, wifi.radio))
server.deinit()
print(refused(setattr, server, "hostname", "socbox"), refused(server.advertise_service,
    service_type="_http", protocol="_tcp", port=80))
server = mdns.Server(wifi.radio)
server.hostname = "socbox"
server.advertise_service(service_type="_http", protocol="_tcp", port=80)
print(server.hostname)
print(refused(server.find, "_http", "_tcp"))
print([(one.hostname, one.ipv4_address) for one in server.find(service_type="_http", protocol="_tcp", timeout=2)])
""",
        services=services,
    )
    assert lines == [
        "ValueError",
        "RuntimeError",
        "ValueError ValueError",
        "socbox",
        "TypeError",
        "[('fritz-box', '192.168.1.1')]",
    ]
    assert services.network.mdns == {"services": [("_http", "_tcp", 80)], "hostname": "socbox"}


def test_a_poller_tells_what_is_ready(tmp_path, services):
    services.network.add_host("192.168.1.60", {80: _Greeter})
    lines = answers(
        tmp_path,
        """
import select, socketpool, time, wifi
wifi.radio.connect("Home", "correct horse", channel=6)
pool = socketpool.SocketPool(wifi.radio)
s = pool.socket()
s.settimeout(1)
poller = select.poll()
poller.register(s, select.POLLIN)
s.connect(("192.168.1.60", 80))
print(len(list(poller.ipoll(0))))
time.sleep(1)
print([(one is s, events) for one, events in poller.ipoll(0)])
poller.register(s, select.POLLOUT)
print([events for _, events in poller.ipoll(0)])
poller.unregister(s)
poller.unregister(s)
print(len(list(poller.ipoll(0))))
""",
        services=services,
    )
    assert lines == ["0", "[(True, 1)]", "[4]", "0"]


class _Greeter:
    """Says hello half a second after somebody came."""

    def __init__(self, connection):
        connection.network.clock.after(500_000, connection.send, b"hello")

    def received(self, data):
        """Nothing is asked."""

    def peer_closed(self):
        """Nothing to do."""


# --- drive -------------------------------------------------------------------------------------------------------------

REMOUNT = """
import storage, time
while True:
    line = input()
    if line == "take":
        print(refused(storage.remount, "/", False))
    elif line == "give":
        print(refused(storage.remount, "/", True))
"""


class Remounting:
    """A board that remounts when it is told to."""

    def __init__(self, folder):
        self.device = board(folder, REFUSED + REMOUNT, usb_host=True)
        self.device.run(3)

    def __call__(self, word):
        lines = len(self.device.console)
        self.device.type_on_console(word + "\n")
        assert self.device.run_until(lambda: len(self.device.console) > lines, 5)
        return said(self.device)[-1]


@pytest.fixture
def remounting(tmp_path):
    remounting = Remounting(tmp_path)
    yield remounting
    remounting.device.close()


def test_a_pc_takes_back_a_drive_that_was_given_back_within_two_seconds(remounting):
    drive = remounting.device.drive
    assert remounting("take") == "RuntimeError"
    drive.eject_on_pc()
    assert remounting("take") == "taken"
    remounting.device.run(60)
    assert not drive.pc_has_drive, "what Python may write, the PC mounts read-only"
    assert remounting("give") == "taken" and remounting("take") == "taken", "the PC has not asked yet"
    assert remounting("give") == "taken"
    remounting.device.run(2.2)
    assert drive.pc_has_drive
    assert remounting("take") == "RuntimeError" and remounting("give") == "RuntimeError"


def test_a_pc_that_mounts_nothing_by_itself_leaves_an_ejected_drive_alone(remounting):
    drive = remounting.device.drive
    drive.pc_mounts_by_itself = False
    drive.eject_on_pc()
    assert remounting("take") == "taken" and remounting("give") == "taken"
    remounting.device.run(10)
    assert remounting("take") == "taken"


def test_a_restart_gives_the_drive_to_the_pc(remounting):
    drive = remounting.device.drive
    drive.eject_on_pc()
    assert remounting("take") == "taken"
    remounting.device.reset()
    remounting.device.run(3)
    assert drive.pc_has_drive and drive.readonly


# --- system ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("firmware", "odd", "bare"), [("10.1.4", "ValueError", "ValueError"), ("10.2.1", "taken", "taken")]
)
def test_a_value_that_cannot_be_read_is_an_error_before_10_2(tmp_path, firmware, odd, bare):
    lines = answers(
        tmp_path,
        """
import os
for key in ("GOOD", "REMARK", "OPEN", "BEHIND", "BARE", "ABSENT"):
    print(refused(os.getenv, key))
""",
        files={"settings.toml": 'GOOD = "a"\nREMARK = "a" # b\nOPEN = "a\nBEHIND = "a" b\nBARE = IO4\n'},
        firmware=firmware,
    )
    assert lines == ["taken", "taken", odd, odd, bare, "taken"]


def test_a_malformed_setting_of_the_firmwares_own_is_passed_over(tmp_path):
    assert answers(tmp_path, 'print("up")', files={"settings.toml": 'CIRCUITPY_WIFI_SSID = "Home\n'}) == ["up"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("", ["taken", "8"]),
        ('CIRCUITPY_WEB_API_PASSWORD = "passw0rd"', ["OSError", "7"]),
        ('CIRCUITPY_WEB_API_PASSWORD = ""', ["OSError", "7"]),
        ('CIRCUITPY_WEB_API_PASSWORD = "passw0rd"\nCIRCUITPY_WEB_API_PORT = 8080', ["taken", "7"]),
    ],
)
def test_the_firmwares_own_web_server_keeps_its_port_and_a_socket(tmp_path, more, told):
    lines = answers(
        tmp_path,
        """
import socketpool, wifi
pool = socketpool.SocketPool(wifi.radio)
first = pool.socket()
first.setsockopt(pool.SOL_SOCKET, pool.SO_REUSEADDR, 1)
print(refused(first.bind, ("0.0.0.0", 80)))
others = []
try:
    while True:
        others.append(pool.socket())
except RuntimeError:
    print(1 + len(others))
""",
        files={
            "settings.toml": f'CIRCUITPY_WIFI_SSID = "Home"\nCIRCUITPY_WIFI_PASSWORD = "correct horse"\n{more}\n'
        },
    )
    assert lines == told


LINES = """
import board, time
%s
time.sleep(0.1)
before = time.monotonic_ns()
for number in range(20):
    print(number)
    time.sleep(0.03)
took_ms = (time.monotonic_ns() - before) // 1000000 - 600
print("took", took_ms > 1000, took_ms < 60)
"""


@pytest.mark.parametrize(
    ("board_id", "first", "told"),
    [
        ("lilygo_tdisplay_s3", "", "took True False"),
        ("lilygo_tdisplay_s3", "board.DISPLAY.auto_refresh = False", "took False True"),
        ("yd_esp32_s3_n16r8", "", "took False True"),
    ],
)
def test_each_line_of_the_console_is_shown_on_the_boards_own_display_unless_the_program_keeps_it_quiet(
    tmp_path, board_id, first, told
):
    assert said(run_code(tmp_path, LINES % first, board_id=board_id))[-1] == told


def test_hashes_are_the_hosts(tmp_path):
    lines = answers(
        tmp_path,
        """
import binascii, hashlib
digest = hashlib.new("sha256", b"a")
digest.update(b"b")
print(str(binascii.hexlify(digest.digest()), "ascii"), hasattr(digest, "hexdigest"), hasattr(hashlib, "sha256"))
print(refused(hashlib.new, "md5"))
""",
        firmware="10.1.4",
    )
    assert lines == [f"{hashlib.sha256(b'ab').hexdigest()} False False", "ValueError"]


TEXTS = (
    '{"a" 1}',
    "{1: 2, null: [3 4}}",
    '{"a": 1',
    '[1, 2]x',
    '["\\u00e9\\ud83d\\ude00", "\\q"]',
    "1-2",
    "-",
    '{"a": 1}\0rest',
    "nul",
    "{[1]: 2}",
    '" ',
    "012",
    "1e3",
    " ",
)


def test_json_is_parsed_as_leniently_as_on_the_board(tmp_path):
    code = f"""
import json
for text in {TEXTS!r}:
    try:
        print(ascii_of(json.loads(text)))
    except ValueError:
        print("ValueError")
print(json.dumps("é\\n"))
"""
    ascii_of = "def ascii_of(value):\n    return repr(value).encode('ascii', 'backslashreplace').decode()\n"
    lines = said(run_code(tmp_path, ascii_of + code))
    error = "ValueError"
    assert lines[:4] == ["{'a': 1}", "{1: 2, None: [3, 4]}", error, error]
    assert lines[4:10] == [r"['\xe9\ud83d\ude00', 'q']", error, error, "{'a': 1}", error, error]
    assert lines[10:] == [error, "12", "1000.0", error, '"é\\n"']


def test_floats_have_the_bits_and_the_digits_of_the_board(tmp_path):
    lines = answers(
        tmp_path,
        """
import json
print(json.dumps({"t": [86400.123, 1234567.891, 5.0, 0]}), json.loads("16777217.0") == 16777216.0)
""",
    )
    assert lines == ['{"t": [86400.1, 1.23457e+06, 5.0, 0]} True']


def test_a_time_out_is_cut_to_whole_milliseconds_as_a_float_of_the_board(tmp_path, services):
    """1000 times a thousandth is less than one there: such a socket does not wait."""
    code = """
import time, wifi, socketpool
pool = socketpool.SocketPool(wifi.radio)
s = pool.socket(pool.AF_INET, pool.SOCK_DGRAM)
for seconds in (1 / 1000, 0.1, 2):
    s.settimeout(seconds)
    before = time.monotonic_ns()
    try:
        s.recvfrom_into(bytearray(1))
    except OSError as error:
        print(error.errno, (time.monotonic_ns() - before) // 1000000)
"""
    assert answers(tmp_path, code, services=services) == ["11 0", "116 99", "116 2000"]


def test_what_is_unpacked_is_a_bytearray_and_what_cannot_be_a_value_error(tmp_path):
    lines = answers(
        tmp_path,
        """
import zlib
print(zlib.decompress(b"x\\x9cKL\\x04\\x00\\x01%\\x00\\xc3"), refused(zlib.decompress, b"text"))
""",
    )
    assert lines == ["bytearray(b'aa') ValueError"]


def test_a_traceback_is_one_text(tmp_path):
    lines = answers(
        tmp_path,
        """
import traceback
try:
    1 // 0
except ZeroDivisionError as error:
    text = traceback.format_exception(error)
    print(len(text), text[0].split("\\n")[1:-1], refused(traceback.print_exception, "text"))
print(refused(traceback.format_exception, "text"))
""",
    )
    file = '  File "code.py", line 11, in <module>'
    assert lines == [f"1 {[file, 'ZeroDivisionError: integer division or modulo by zero']} TypeError", "TypeError"]


# --- console -----------------------------------------------------------------------------------------------------------

TALKATIVE = """
import time
for number in range(100):
    print("%3d" % number, 50 * "-")
    time.sleep(0.01)
"""


@pytest.fixture
def talkative(tmp_path):
    with board(tmp_path, TALKATIVE) as device:
        assert device.run_until(lambda: " 10 " in device.console_text(), 5)
        yield device


def test_print_stands_still_once_a_terminal_was_closed_and_the_buffer_is_full(talkative):
    talkative.serial.open()
    talkative.run(0.1)
    talkative.serial.close()
    at = len(talkative.console)
    talkative.run(1000)
    assert len(talkative.console) - at in (1024 // 56, 1024 // 56 + 1)
    talkative.serial.open()
    assert talkative.run_until(lambda: talkative.state == "DONE", 5)


def test_print_stands_still_for_no_terminal_that_was_never_open_and_none_after_a_reset(talkative):
    talkative.serial.open()
    talkative.serial.close()
    talkative.reset()
    assert talkative.run_until(lambda: talkative.state == "DONE", 10)


def test_the_console_is_written_without_a_wait_as_far_as_there_is_room(tmp_path):
    with board(
        tmp_path,
        REFUSED
        + """
import time, usb_cdc
usb, line = usb_cdc.console, 60 * b"-"
print(usb.connected, usb.write_timeout, refused(usb.write, "text"))
time.sleep(2)
usb.write_timeout = 0
taken = [usb.write(line) for _ in range(20)]
print_later = usb.connected, usb.out_waiting, taken[:17] == 17 * [60], taken[17:]
time.sleep(2)
print(*print_later, usb.write(line))
""",
    ) as device:
        assert device.run_until(lambda: "ValueError" in device.console_text(), 5)
        device.serial.open()
        device.serial.close()
        device.run(2.5)
        device.serial.open()
        assert device.run_until(lambda: device.state == "DONE", 5)
        lines = said(device)
    assert lines[0] == "False None ValueError"
    assert lines[-1].endswith("True 1024 True [4, 0, 0] 60")
