# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Finds the display, or sets it up as the settings say. Needed once, at the start; the box forgets it afterwards."""

# Size of a display if the settings say 0 x 0.
_USUAL_SIZE = {"ssd1306": (128, 64), "st7789": (320, 170)}
# (width, height) of an ST7789 panel in landscape: (rotation, rowstart, colstart). The panel shows a part of the controller's
# memory of 240 x 320, and every maker wires it differently.
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
    import supervisor

    display = getattr(board, "DISPLAY", None)
    if display is None:
        raise ValueError("this board has no display of its own")
    display.auto_refresh = False
    # Set again, because it keeps its rotation when only the program restarts.
    if settings["DISPLAY_ROTATION"] and supervisor.runtime.run_reason == supervisor.RunReason.STARTUP:
        display.rotation = (display.rotation + settings["DISPLAY_ROTATION"]) % 360
    return display


_OPENERS = {"ssd1306": _open_ssd1306, "st7789": _open_st7789, "board": _open_board}
# "auto": an ST7789 cannot be asked whether it is there.
_AUTO = ("board", "ssd1306")


def open_display(settings, pin, log):
    """The display that the settings ask for, or None. ``pin(name)`` gives a pin object or None for ""."""
    chosen = settings["DISPLAY"]
    if chosen == "none":
        # A board's own stays as it was at the start: bus.quiet_display.
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
