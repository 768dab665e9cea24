# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Takes the place of ``gc`` for the box: what a collection frees is booked as the world's."""

import gc as interpreter

import bench_state


def collect():
    books = bench_state.books
    books.enter()
    interpreter.collect()
    bench_state.collections += 1
    books.leave()


def __getattr__(name):
    return getattr(interpreter, name)
