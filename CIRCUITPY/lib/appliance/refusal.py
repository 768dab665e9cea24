# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Shows on the display why the box cannot start; loaded only then."""


def show(text):
    """Put a text on the display, if there is one; raises whatever keeps it from that."""
    import supervisor

    from appliance import bus
    from appliance.display import drivers, panel, views
    from appliance.settings import reading

    display = drivers.open_display(reading.load("/settings.toml"), bus.find_pin, _Silent())
    if display is not None:
        view = views.View(views.FAULT, [text], "Cannot start", views.WARNING)
        panel.Panel(display, supervisor.ticks_ms).show_now(view)


class _Silent:
    """Stands in for the log, which is not loaded."""

    def note(self, tag, text):
        """Drop the line."""

    detail = caution = note
