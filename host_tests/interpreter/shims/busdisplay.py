# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A display that keeps the texts it was refreshed with, and takes the 25 ms of an OLED."""

import bench_state


class BusDisplay:
    def __init__(self, bus, init_sequence, *, width, height, rotation=0, auto_refresh=True, **options):
        self.bus = bus
        self.width = width
        self.height = height
        self.rotation = rotation
        self.auto_refresh = auto_refresh
        self.root_group = None
        self.refreshes = 0
        self.screens = []
        bench_state.displays.append(self)

    def refresh(self):
        books = bench_state.books
        books.enter()
        self.refreshes += 1
        texts = [layer.text.strip() for layer in self.root_group._layers if hasattr(layer, "text")]
        if not self.screens or self.screens[-1] != texts:
            self.screens.append(texts)
        bench_state.clock.advance(25000)
        books.leave()
        return True
