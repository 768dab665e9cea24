# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Python source without what only people read, line for line: a slot has little room, and a board reports lines.

Comments and docstrings become empty lines; the first comments of a file, its licence, stay.
"""

import ast
import functools
import io
import marshal
import tokenize

# Of which objects are one and the same, a later format tells as well, and that is chance.
_WITHOUT_REFERENCES = 2


@functools.cache
def bare(source):
    """``source`` (bytes) without comments and docstrings. Every other statement stays on its line. ValueError if that
    would change the program."""
    text = source.decode("utf-8")
    tree = ast.parse(text)
    lines = text.splitlines(keepends=True)
    for first, last in _docstrings(tree):
        lines[first - 1 : last] = ["\n"] * (last - first + 1)
    for row, column in _comments(text):
        lines[row - 1] = lines[row - 1][:column].rstrip() + "\n"
    result = "".join(lines)
    if _program(result) != _program(tree):
        raise ValueError("comments cannot be taken out without a change")
    return result.encode("utf-8")


def _program(source):
    """What the compiler makes of it, with the line and column of everything."""
    return marshal.dumps(compile(source, "", "exec", dont_inherit=True), _WITHOUT_REFERENCES)


def _docstrings(tree):
    """(first line, last line) of each, which leaves ``tree``. One that is all there is of a body stays."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) or len(node.body) < 2:
            continue
        if ast.get_docstring(node, clean=False) is not None:
            text = node.body.pop(0)
            found.append((text.lineno, text.end_lineno))
    return found


def _comments(text):
    """(line, column) of each, below the licence."""
    licence = True
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        licence = licence and token.type in (tokenize.COMMENT, tokenize.NL)
        if token.type == tokenize.COMMENT and not licence:
            yield token.start
