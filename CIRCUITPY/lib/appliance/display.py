# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The display: found or set up from the settings, then redrawn in small pieces when nothing else is urgent.

A refresh is synchronous and cannot be cut short: 25 ms for a 128x64 OLED, 50 to 100 ms for a colour TFT. So
``auto_refresh`` is off, one label is changed a pass, and a refresh happens only in the stages that REFRESH
allows. Without a display everything else works.
"""

from plc.ticks import expired, ticks_add, ticks_diff

from appliance import screens, setup_screens

# secc.stage: (a short refresh may run, a longer one may run). Nothing is drawn between SLAC_PARM.REQ and
# SLAC_MATCH.CNF; while the car is read it waits 2 s for an answer, but a long refresh must not meet a timer
# there.
REFRESH = {
    "NO_KEY": (True, True),
    "WAITING": (True, True),
    "MATCHING": (False, False),
    "JOINING": (True, True),
    "READING": (True, False),
    "LEAVING": (True, True),
}
SHORT, LONG = 0, 1
SHORT_MS = 50

LOOK_MS = 250
# The age of a reading changes by itself; address and password of the page take turns.
RENEW_MS = 30000
TURNS_MS = screens.TURN_S * 1000

# Usual size of a display whose settings say 0 x 0.
_USUAL_SIZE = {"ssd1306": (128, 64), "st7789": (320, 170)}
# ST7789 panels in landscape, width and height: (rotation, rowstart, colstart). The glass sits inside a
# controller memory of 240 x 320, and every maker wires it differently.
_ST7789_PANELS = {
    (320, 240): (90, 0, 0),
    (320, 170): (270, 0, 35),
    (240, 240): (180, 80, 0),
    (240, 135): (270, 40, 53),
    (280, 240): (90, 20, 0),
}
_I2C_HZ = 400000
_SPI_HZ = 40000000


def _size(settings, kind):
    usual = _USUAL_SIZE[kind]
    return settings["DISPLAY_WIDTH"] or usual[0], settings["DISPLAY_HEIGHT"] or usual[1]


def _open_ssd1306(settings, pin):
    import adafruit_displayio_ssd1306
    import busio
    import displayio
    import i2cdisplaybus

    displayio.release_displays()
    bus = busio.I2C(pin(settings["DISPLAY_SCL"]), pin(settings["DISPLAY_SDA"]), frequency=_I2C_HZ)
    try:
        display_bus = i2cdisplaybus.I2CDisplayBus(bus, device_address=settings["DISPLAY_ADDRESS"])
        width, height = _size(settings, "ssd1306")
        return adafruit_displayio_ssd1306.SSD1306(
            display_bus, width=width, height=height, rotation=settings["DISPLAY_ROTATION"], auto_refresh=False
        )
    except Exception as error:
        bus.deinit()
        raise error


def _open_st7789(settings, pin):
    import adafruit_st7789
    import busio
    import displayio
    import fourwire

    displayio.release_displays()
    bus = busio.SPI(pin(settings["DISPLAY_SCK"]), pin(settings["DISPLAY_MOSI"]))
    display_bus = fourwire.FourWire(
        bus,
        command=pin(settings["DISPLAY_DC"]),
        chip_select=pin(settings["DISPLAY_CS"]),
        reset=pin(settings["DISPLAY_RST"]),
        baudrate=_SPI_HZ,
    )
    width, height = _size(settings, "st7789")
    rotation, rowstart, colstart = _ST7789_PANELS.get((width, height), (0, 0, 0))
    turned = settings["DISPLAY_ROTATION"]
    if turned in (90, 270):
        width, height = height, width
    return adafruit_st7789.ST7789(
        display_bus,
        width=width,
        height=height,
        rotation=(rotation + turned) % 360,
        rowstart=rowstart,
        colstart=colstart,
        backlight_pin=pin(settings["DISPLAY_BL"]),
        auto_refresh=False,
    )


def _open_board(settings, _pin):
    import board

    display = getattr(board, "DISPLAY", None)
    if display is None:
        raise ValueError("this board has no display of its own")
    display.auto_refresh = False
    if settings["DISPLAY_ROTATION"]:
        display.rotation = (display.rotation + settings["DISPLAY_ROTATION"]) % 360
    return display


_OPENERS = {"ssd1306": _open_ssd1306, "st7789": _open_st7789, "board": _open_board}
# "auto": an ST7789 cannot be asked whether it is there.
_AUTO = ("board", "ssd1306")


def open_display(settings, pin, log):
    """The display that the settings ask for, or None. ``pin(name)`` gives a pin object or None for ""."""
    chosen = settings["DISPLAY"]
    if chosen == "none":
        _silence_board()
        return None
    for kind in _AUTO if chosen == "auto" else (chosen,):
        try:
            display = _OPENERS[kind](settings, pin)
            log.note("display", "%s, %d x %d" % (kind, display.width, display.height))
            return display
        except Exception as error:
            # ValueError: no such pin or nobody at that address; RuntimeError: no pull-ups; ImportError: no
            # library.
            text = "no %s display: %s" % (kind, error)
            if chosen == "auto":
                log.detail("display", text)
            else:
                log.caution("display", text)
    return None


def _silence_board():
    """Keep the console off a built-in display: every print would cost a refresh."""
    import board

    display = getattr(board, "DISPLAY", None)
    if display is not None:
        display.auto_refresh = False


class Panel:
    """The four things of ``screens`` on one display, changed and refreshed a piece a pass; a CodeView of
    ``setup_screens`` takes their place, with ``codes`` for its QR code."""

    def __init__(self, display, ticks, codes=None):
        import displayio
        import terminalio
        from adafruit_display_text import bitmap_label

        self._display = display
        self._ticks = ticks
        self.layout = screens.layout_for(display.width, display.height)
        self._colour = display_has_colour(display)
        self._group = displayio.Group()
        self._labels = []
        for place in (screens.HEADING, screens.BIG, screens.FOOT):
            x, y, scale = self.layout[place]
            label = bitmap_label.Label(
                terminalio.FONT,
                text=" ",
                scale=scale,
                anchor_point=(0.5, 0.5),
                anchored_position=(x, y),
                line_spacing=1.0,
            )
            self._labels.append(label)
            self._group.append(label)
        self._bar = Bar(self.layout[screens.BAR])
        self._group.append(self._bar.group)
        display.root_group = self._group
        self._shown = ["", "", ""]
        self._wanted = None
        self._codes = codes
        self._code_panel = None
        self.dirty = True
        self.worst_refresh_ms = 0

    def show(self, view):
        """Take over the screen that should be shown; drawn by ``step``."""
        self._wanted = view

    def step(self, stage):
        """One piece: refresh if ``stage`` allows it, else change one label. True when something was done.

        Each change is shown by itself: labels overlap, and areas that overlap are sent twice in one refresh.
        """
        if self.dirty and REFRESH[stage][LONG if self.worst_refresh_ms > SHORT_MS else SHORT]:
            self._refresh()
            return True
        if self._wanted is not None:
            if isinstance(self._wanted, setup_screens.CodeView):
                self._change_code()
            else:
                self._change_one()
            return True
        return False

    @property
    def size(self):
        """Width and height in pixels."""
        return self._display.width, self._display.height

    def _bring_up(self, group):
        """Let the display show ``group``."""
        if self._display.root_group is not group:
            self._display.root_group = group
            self.dirty = True

    def _change_code(self):
        if not self._codes.ready():
            # The status changes when it is, and the view is asked for again.
            self._wanted = None
            return
        from appliance import code_panel

        panel = self._code_panel
        if panel is None:
            width, height = self.size
            self._code_panel = code_panel.CodePanel(width, height, self._codes)
            return
        done = panel.step(self._wanted, self._wanted.colour if self._colour else screens.WHITE)
        if done == code_panel.CHANGED:
            self.dirty = self._display.root_group is panel.group
        elif done != code_panel.DRAWING:
            # When the code is made, the status changes and the view is asked for again.
            self._wanted = None
            self._bring_up(panel.group)

    def _change_one(self):
        view = self._wanted
        texts = (view.heading, view.big, view.foot)
        colour = view.colour if self._colour else screens.WHITE
        for at in range(3):
            text = self._fitting(at, texts[at])
            if text != self._shown[at]:
                self._shown[at] = text
                self._labels[at].color = colour
                self._labels[at].text = text or " "
                self.dirty = True
                return
        if self._bar.show(view.bar_percent, colour):
            self.dirty = True
        for label in self._labels:
            if label.color != colour:
                label.color = colour
                self.dirty = True
        self._wanted = None
        self._bring_up(self._group)

    def _fitting(self, at, text):
        if at != 2:
            return text
        return screens.shortened(text, screens.letters(self._display.width, self.layout[screens.FOOT][2]))

    def _refresh(self):
        start = self._ticks()
        self._display.refresh()
        self.worst_refresh_ms = max(self.worst_refresh_ms, ticks_diff(self._ticks(), start))
        self.dirty = False


def display_has_colour(display):
    """False for one-bit displays; told by the driver's class, displayio has no question for it."""
    return "SSD1306" not in type(display).__name__


class Bar:
    """A battery bar: frame, hollow and filling as three rectangles."""

    def __init__(self, place):
        import displayio
        import vectorio

        self._x, self._y, self._width, self._height = place
        self._palette = displayio.Palette(1)
        self._palette[0] = screens.WHITE
        dark = displayio.Palette(1)
        dark[0] = 0
        self.group = displayio.Group()
        self.group.hidden = True
        self.group.append(
            vectorio.Rectangle(
                pixel_shader=self._palette, width=self._width, height=self._height, x=self._x, y=self._y
            )
        )
        self.group.append(
            vectorio.Rectangle(
                pixel_shader=dark,
                width=self._width - 2,
                height=self._height - 2,
                x=self._x + 1,
                y=self._y + 1,
            )
        )
        self._filling = vectorio.Rectangle(
            pixel_shader=self._palette, width=1, height=self._height, x=self._x, y=self._y
        )
        self.group.append(self._filling)
        self._shown = None
        self._colour = screens.WHITE

    def show(self, percent, colour):
        """Show ``percent``, or nothing for None; True when that changed something."""
        if percent == self._shown and colour == self._colour:
            return False
        self._shown = percent
        self._colour = colour
        self.group.hidden = percent is None
        if percent is not None:
            self._palette[0] = colour
            self._filling.width = max(1, self._width * percent // 100)
        return True


class Display:
    """Keeps a Panel up to date with the status; a box without a display has none of these."""

    def __init__(self, panel, status, smartevse, wifi, access=None):
        self.panel = panel
        self._access = access
        self._status = status
        self._smartevse = smartevse
        self._wifi = wifi
        self._look_at = None
        self._renew_at = None
        self._revision = -1
        self._setup = None

    def poll(self, now):
        """One piece of drawing; True when there was any. Allocates nothing while nothing changes."""
        if self._look_at is None or expired(self._look_at, now):
            self._look_at = ticks_add(now, LOOK_MS)
            setup = setup_screens.kind(self._status, self._wifi, now)
            changed = setup is not self._setup or self._status.revision != self._revision
            if changed or expired(self._renew_at, now):
                self._setup = setup
                self._revision = self._status.revision
                turns = self._access is not None and self._access.made_up is not None
                self._renew_at = ticks_add(now, TURNS_MS if turns else RENEW_MS)
                self.panel.show(self._view(setup))
                return True
        return self.panel.step(self._status.secc_stage)

    def _view(self, setup):
        if setup is None:
            return screens.view(self._status, self._smartevse, self._wifi, self._access)
        width, height = self.panel.size
        return setup_screens.view(setup, self._wifi, width, height)
