# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The twin's modules, in which each name of their own is one that the box has as well.

An interpreter keeps every name of a program once, in a table that it doubles when it is full. Where twin and box share an
interpreter the twin's names fill the table of the box. In these copies they do not: what only the twin calls something is
called by a word of the box that the twin has no other use for. The copies do what the originals do.
"""

import ast
import io
import keyword
import re
import token
import tokenize

_WORD = re.compile(r"[A-Za-z_]\w*")


def copy(sources, folder, box):
    """Write ``sources``, {path below ``folder``: text}, there, with the names that the texts ``box`` have."""
    names = _names_for(list(sources.values()), box)
    for path, text in sources.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_renamed(text, names))


def _names_for(texts, box):
    words = {word for text in texts for word in _WORD.findall(text)}
    known = {word for text in box for word in _names_in(text)}
    modules = {word for text in texts for word in _imported(text)}
    quoted = {word for text in texts for literal in _literals(text) for word in _WORD.findall(literal)}
    foreign = {word for text in texts for word in _of_modules(text)}
    own = set().union(*[_bound(text) for text in texts]) - known - modules - quoted - foreign
    own = sorted(word for word in own if not word.startswith("__"))
    free = sorted(word for word in known - words if not keyword.iskeyword(word) and not word.startswith("__"))
    return dict(zip(own, free, strict=False))


def _tokens(text):
    return tokenize.generate_tokens(io.StringIO(text).readline)


def _names_in(text):
    return {one.string for one in _tokens(text) if one.type == token.NAME}


def _literals(text):
    return [one.string for one in _tokens(text) if one.type == token.STRING]


def _imported(text):
    """Words in the names of modules: they are names of files."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for name in [getattr(node, "module", None) or ""] + [alias.name for alias in node.names]:
                yield from name.split(".")


def _of_modules(text):
    """What a module is asked for: ``ticks_us`` of ``time.ticks_us``."""
    tree = ast.parse(text)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    modules = {(alias.asname or alias.name).split(".")[0] for node in imports for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield node.attr


def _bound(text):
    """What a module names itself: functions, classes, their arguments, variables, attributes."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
    return found


def _renamed(text, names):
    lines = text.splitlines(keepends=True)
    for one in reversed(list(_tokens(text))):
        if one.type == token.NAME and one.string in names:
            row, start = one.start[0] - 1, one.start[1]
            lines[row] = lines[row][:start] + names[one.string] + lines[row][one.end[1] :]
    return "".join(lines)
