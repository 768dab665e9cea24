# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Takes the place of ``time``: sleeping lets virtual time pass."""

import bench_state


def sleep(seconds):
    books = bench_state.books
    books.enter()
    bench_state.clock.advance(int(seconds * 1000000 + 0.5))
    bench_state.sleeps += 1
    books.leave()


def monotonic():
    return bench_state.clock.now_us / 1000000


def monotonic_ns():
    return bench_state.clock.now_us * 1000


def time():
    return bench_state.clock.now_us // 1000000
