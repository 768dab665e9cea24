# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""errno with newlib's numbers, which are not Linux's."""

from host_tests.twin import errors as _errors

for _name in _errors.MODULE_NAMES:
    globals()[_name] = getattr(_errors, _name)
errorcode = {getattr(_errors, _name): _name for _name in _errors.MODULE_NAMES}
