# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The display, redrawn in small pieces when nothing else is urgent.

A refresh is synchronous and cannot be interrupted: 25 ms for a 128x64 OLED, 50 to 100 ms for a colour TFT. So
``auto_refresh`` is off, one line is changed in a pass, and a refresh happens only in the stages that REFRESH
allows. Without a display everything else works.

When nothing happens the display becomes dim and later dark, and the picture of an OLED wanders a little, because lit pixels
age. A car, an error, a phone at the set-up page or the button wakes it.
"""

from plc.ticks import expired, ticks_add, ticks_diff

from appliance.display import layout, setup_stage, views, words

# secc.stage: (a short refresh may run, a longer one may run). Nothing is drawn between SLAC_PARM.REQ and
# SLAC_MATCH.CNF. While the car is read it waits 2 s for an answer, but a long refresh could coincide with a timer.
REFRESH = {
    "NO_KEY": (True, True),
    "WAITING": (True, True),
    "MATCHING": (False, False),
    "JOINING": (True, True),
    "READING": (True, False),
    "LEAVING": (True, True),
}
SHORT_MS = 50
# First guess of the time for a pixel, computed and sent; each large refresh gives a better one.
NS_PER_PIXEL = 3000
_TELLING_PIXELS = 4000
# If a line of the I2C bus is held low CircuitPython waits 2 s for each write, some four for an area, without an error. A car
# waits 2 s for an answer, so after such a refresh nothing more is sent to that display until the next start.
STUCK_MS = 1000

LOOK_MS = 250
# The age of a reading changes by itself.
RENEW_S = 30
# How long a screen chosen with the button stays.
PAGE_S = 20
# The usual screen, and those of button_pages.
MOST_PAGES = 4
# How long the screen of an update stays after its last progress.
HELD_S = 30
DIM_PERCENT = 15
WANDER_S = 60
BRIGHT, DIM, DARK = 0, 1, 2


class Panel:
    """Views on one display, changed and refreshed a piece a pass. ``codes`` is the ``qr.Codes`` that makes the code of a
    CodeView, None while it is not loaded."""

    def __init__(self, display, ticks, codes=None):
        import displayio

        self.codes = codes
        self.wants_codes = False
        self._display = display
        self._ticks = ticks
        # By the driver's class, because displayio does not tell it.
        self._has_colour = "SSD1306" not in type(display).__name__
        # An OLED keeps a margin in which its picture wanders.
        self._width = display.width - (0 if self._has_colour else layout.WANDER)
        self._height = display.height
        self.fonts = layout.Fonts(display.width, display.height, self._has_colour)
        self._code_layout = None
        self._blank = displayio.Group()
        self._scenes = {_MESSAGE: layout.MessageScene(self._width, self._height, self.fonts)}
        self._scene = None
        self._wanted = None
        self._turn = 0
        self._changes = ()
        self._at = 0
        self._ns_per_pixel = NS_PER_PIXEL
        self._pixels = display.width * display.height
        self._offset = 0
        self._brightness = None
        self.dark = False
        self.stuck = False
        display.root_group = self._blank

    @property
    def pages(self):
        """How many turns the words of the screen take."""
        return 1 if self._scene is None else self._scene.pages

    def has_codes(self):
        """True when what shows codes is loaded; asks for it when it is not."""
        self.wants_codes = True
        return self.codes is not None

    @property
    def code_layout(self):
        """Where a code and its words are."""
        if self._code_layout is None:
            from appliance.display import setup_views

            self._code_layout = setup_views.Layout(self._width, self._height, self.fonts.small)
        return self._code_layout

    def show(self, view, turn=0):
        """Take over the screen that should be shown; drawn by ``step``."""
        self._wanted = view
        self._turn = turn
        self._changes = ()

    def step(self, stage):
        """One piece: refresh if ``stage`` allows it, else change one thing. True when something was done.

        Each change is sent by itself, so that no refresh is larger than it need be.
        """
        short_may, long_may = REFRESH[stage]
        if not short_may:
            return False
        if self._pixels and (long_may or self._pixels * self._ns_per_pixel // 1000000 <= SHORT_MS):
            self._refresh()
            return True
        if self._wanted is None or self.dark:
            return False
        if not self._changes:
            self._plan()
        else:
            self._change()
        return True

    def _plan(self):
        view = self._wanted
        scene = self._scene_for(view)
        colour = view.colour if self._has_colour else views.WHITE
        self._scene = scene
        self._changes = scene.plan(view, colour, self._turn)
        self._at = 0
        for part, values in self._changes:
            if part.moves(*values):
                # What moves is sent at its old place and at its new one, and again where these overlap. So the
                # glass keeps what it shows until all is in place.
                self._display.root_group = self._blank
                self._pixels = 0
                return

    def _scene_for(self, view):
        kind = _kind(view)
        scene = self._scenes.get(kind)
        if scene is None and kind == _CHARGE:
            scene = self._scenes[kind] = layout.ChargeScene(self._width, self._height, self.fonts)
        elif scene is None:
            from appliance.display import code_panel

            scene = self._scenes[kind] = code_panel.CodeScene(self._height, self.code_layout, self.codes)
        return scene

    def _change(self):
        """Up to the next change that can be seen; behind the last one the scene comes up."""
        shown = self._display.root_group is self._scene.group
        while self._at < len(self._changes):
            part, values = self._changes[self._at]
            pixels = part.put(*values)
            if pixels < 0:
                return
            self._at += 1
            if pixels:
                self._pixels += pixels if shown else 0
                return
        self._wanted = None
        self._changes = ()
        if not shown:
            self._bring_up(self._scene.group)

    def _bring_up(self, group):
        group.x = self._offset
        self._display.root_group = group
        self._pixels = self._display.width * self._display.height

    def _refresh(self):
        start = self._ticks()
        self._display.refresh()
        took_ms = self._took(start)
        if self._pixels >= _TELLING_PIXELS:
            self._ns_per_pixel = max(took_ms * 1000 // (self._pixels // 1000), 1)
        self._pixels = 0

    def _took(self, start):
        """Milliseconds since ``start``, when a refresh began."""
        took_ms = ticks_diff(self._ticks(), start)
        self.stuck = self.stuck or took_ms > STUCK_MS
        return took_ms

    def light(self, percent):
        """Brightness of backlight or OLED, where it can be set."""
        if percent != self._brightness:
            self._brightness = percent
            start = self._ticks()
            try:
                self._display.brightness = percent / 100
                self._took(start)
            except (AttributeError, RuntimeError, ValueError):
                # The backlight is tied to the supply.
                return

    def go_dark(self, dark):
        """Show nothing, or again what comes next."""
        if dark == self.dark:
            return
        self.dark = dark
        self._wanted = None
        self._changes = ()
        if dark:
            self._bring_up(self._blank)

    def wander(self, step):
        """Move the picture of an OLED, one place a ``step``."""
        if self._has_colour or self.dark or self._scene is None:
            return
        places = 2 * layout.WANDER
        step %= places
        self._offset = step if step <= layout.WANDER else places - step
        if self._scene.group.x != self._offset and self._display.root_group is self._scene.group:
            self._bring_up(self._scene.group)

    def show_now(self, view):
        """Draw ``view`` to its end, however long that takes: for a program that does nothing else meanwhile."""
        self.go_dark(False)
        self.show(view)
        while self._wanted is not None:
            self._plan() if not self._changes else self._change()
        self._refresh()


_CHARGE, _MESSAGE, _CODE = "charge", "message", "code"


def _kind(view):
    if hasattr(view, "code"):
        return _CODE
    return _CHARGE if view.big else _MESSAGE


class CodesOnDemand:
    """Slow piece that loads what makes and shows the codes of ``panel``, once it wants them: half a second, and at once,
    because somebody waits for a code at the first start. ``make()`` gives the ``qr.Codes``, ``tell(text)`` gets why not."""

    def __init__(self, panel, make, tell):
        self._panel = panel
        self._make = make
        self._tell = tell
        self._begun = False

    def due(self, _now):
        """True when they are to be loaded, which is not tried twice."""
        return self._panel.wants_codes and not self._begun

    def run(self, _now):
        """Load them."""
        self._begun = True
        try:
            for name in ("setup_views", "code_panel"):
                __import__("appliance.display." + name)
            self._panel.codes = self._make()
        except ImportError as error:
            self._tell("no QR code: %s" % error)


class Display:
    """Keeps a Panel up to date with the status; a box without a display has none of these.

    ``told`` is what is shown, as ``views.view`` takes it: (status, smartevse, wifi, access). ``button`` has
    ``pressed(now)`` or is None; ``rest`` is (brightness in per cent, seconds until dim, minutes until dark, language),
    0 for never; ``progress()`` gives how many per cent of an update have come, or None.
    """

    def __init__(self, panel, told, button=None, rest=(100, 0, 0, "en"), progress=None):
        self.panel = panel
        self._status, self._smartevse, self._wifi, self._access = told
        self._button = button
        self._level = None
        self.rest(*rest)
        self._look_at = None
        self._renew_s = 0
        self._revision = -1
        self._setup = None
        self._page = 0
        self._page_until_s = 0
        self._held_until_s = 0
        self._progress = progress
        self._percent_done = None
        self._turn = 0
        self._active_s = 0
        self._stage = None
        self._cause = None
        self._minute = 0

    def poll(self, now):
        """One piece of drawing; True when there was any. Allocates nothing while nothing changes."""
        if self.panel.stuck:
            if not self._status.faults.has("display_missing"):
                self._status.set_cause("display_missing")
            return False
        if self._button is not None and self._button.pressed(now):
            self._pressed()
            return True
        if self._look_at is None or expired(self._look_at, now):
            self._look_at = ticks_add(now, LOOK_MS)
            seconds = self._status.uptime.seconds
            self._rest(seconds, now)
            if self._progress is not None and self._progress() != self._percent_done:
                self._show_progress(seconds)
                return True
            if self._level != DARK and seconds >= self._held_until_s and self._is_due(seconds, now):
                self.panel.show(self._view(), self._turn)
                return True
        return self.panel.step(self._status.secc_stage)

    @property
    def updating(self):
        """True while an update comes in."""
        return self._status.uptime.seconds < self._held_until_s

    def _show_progress(self, seconds):
        """Show how far an update is, and keep that for a while."""
        self._percent_done = self._progress()
        if self._percent_done is None:
            self._held_until_s = seconds
            return
        self._wake(seconds)
        self._held_until_s = seconds + HELD_S
        self._revision = -1
        self.panel.show(views.updating(self._percent_done, words.say("receiving an update")))

    def _pressed(self):
        seconds = self._status.uptime.seconds
        if self._level != BRIGHT:
            self._wake(seconds)
        elif self._status.in_session:
            # Nothing is loaded while a car is there, and then the display shows only the car.
            return
        else:
            self._page = (self._page + 1) % MOST_PAGES
            self._page_until_s = seconds + PAGE_S
            self._active_s = seconds
        self._revision = -1
        self._turn = 0
        self._look_at = None

    def _is_due(self, seconds, now):
        """True when another screen is due, or the same one with other words."""
        if self._page and (seconds >= self._page_until_s or self._status.in_session):
            self._page = 0
            self._revision = -1
        setup = setup_stage.kind(self._status, self._wifi, now)
        turn = seconds // views.TURN_S if self.panel.pages > 1 else 0
        if setup is self._setup and self._status.revision == self._revision:
            if seconds < self._renew_s and turn == self._turn:
                return False
        self._setup = setup
        self._revision = self._status.revision
        self._renew_s = seconds + RENEW_S
        self._turn = turn
        return True

    def _view(self):
        if self._page:
            from appliance.display import button_views

            return button_views.view(button_views.PAGES[self._page], self._status, self._wifi, self._access)
        # While codes cannot be shown it is the usual screen: the status changes when they can.
        if self._setup is None or not self.panel.has_codes():
            return views.view(self._status, self._smartevse, self._wifi, self._access)
        from appliance.display import setup_views

        return setup_views.view(self._setup, self._wifi, self.panel.code_layout, self._access.made_up)

    # ---- rest

    def rest(self, percent, dim_s, dark_min, language="en"):
        """Brightness in per cent, seconds until dim, minutes until dark (0: never), and the language, from now on."""
        if words.choose(language):
            self._revision = -1
        self._percent = percent
        self._dim_s = dim_s
        self._dark_s = 60 * dark_min
        if self._level is not None:
            self._set_level(self._level)

    def _rest(self, seconds, now):
        """Bright, dim or dark; and the OLED's picture a little aside."""
        if self._is_busy(now):
            self._wake(seconds)
        idle_s = seconds - self._active_s
        level = BRIGHT
        if self._dark_s and idle_s >= self._dark_s:
            level = DARK
        elif self._dim_s and idle_s >= self._dim_s:
            level = DIM
        if level != self._level:
            self._set_level(level)
        if seconds // WANDER_S != self._minute:
            self._minute = seconds // WANDER_S
            if not self._status.in_session:
                self.panel.wander(self._minute)

    def _is_busy(self, now):
        """True when there is something new to be seen."""
        status = self._status
        stage, cause = status.stage(), status.cause()
        new = stage != self._stage or cause != self._cause
        self._stage, self._cause = stage, cause
        return new or status.in_session or setup_stage.kind(status, self._wifi, now) is not None

    def _wake(self, seconds):
        self._active_s = seconds
        if self._level != BRIGHT:
            self._set_level(BRIGHT)

    def _set_level(self, level):
        was_dark = self._level == DARK
        self._level = level
        self.panel.go_dark(level == DARK)
        if level != DARK:
            self.panel.light(self._percent if level == BRIGHT else min(self._percent, DIM_PERCENT))
        if was_dark:
            self._revision = -1
