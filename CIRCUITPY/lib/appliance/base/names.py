# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Makes the compiler know the names that stand in the code as text, in more than one place: 30 kB. Loading it does it.

MicroPython keeps a name that was looked up as an attribute in a table, and finds it there when it compiles the next module.
Any other text of more than ten letters is made anew wherever it stands.
"""


def know(path):
    """Look up every name in the file ``path``; a drive to which only some files were copied has none."""
    try:
        with open(path) as file:
            for name in file.read().split():
                hasattr(know, name)
    except OSError:
        return


know(__file__.rsplit("/", 1)[0] + "/names.txt")
