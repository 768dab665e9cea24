# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""traceback by what MicroPython offers."""

import io
import sys


def print_exception(*arguments):
    sys.print_exception(arguments[1] if len(arguments) > 1 else arguments[0])


def format_exception(error):
    text = io.StringIO()
    sys.print_exception(error, text)
    return [text.getvalue()]
