# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the site needs beside MkDocs: sequence diagrams drawn at build time.

Material draws them in the reader's browser with a program from the internet. These diagrams are simple enough to be
pictures, and pictures work without.
"""

import re
from html import escape
from pathlib import Path

_BLOCK = re.compile(r"^```mermaid\nsequenceDiagram\n(.*?)^```\n", re.M | re.S)
_MESSAGE = re.compile(r"(\w+)-?->>(\w+): (.*)")
WIDTH, TOP, STEP, EDGE = 760, 44, 26, 90


class Drawing:
    """Lines of life from left to right, messages from top to bottom, frames around what is repeated."""

    def __init__(self, text):
        self.names = re.findall(r"participant (\w+)", text)
        self.parts = []
        self._open = []
        self.y = TOP
        for line in text.splitlines():
            self._take(line.strip())

    def _x(self, name):
        spaces = max(1, len(self.names) - 1)
        return EDGE + self.names.index(name) * (WIDTH - 2 * EDGE) // spaces

    def _take(self, line):
        message = _MESSAGE.fullmatch(line)
        if message:
            self._message(*message.groups())
        elif line.startswith("loop "):
            self._open.append((self.y + 4, line[5:]))
            self.y += STEP // 2
        elif line == "end" and self._open:
            top, label = self._open.pop()
            self.y += 10
            self.parts.append(
                f'<rect class="again" x="8" y="{top}" width="{WIDTH - 16}" height="{self.y - top}" rx="4"/>'
                f'<text class="label" x="16" y="{top + 14}">{escape(label)}</text>'
            )
        elif line and not line.startswith("participant"):
            raise ValueError(f"the site cannot draw this line of a diagram: {line}")

    def _message(self, sender, receiver, text):
        self.y += STEP
        start, end = self._x(sender), self._x(receiver)
        head = end - 7 if end > start else end + 7
        self.parts.append(
            f'<line x1="{start}" y1="{self.y}" x2="{head}" y2="{self.y}"/>'
            f'<path d="M{end} {self.y} L{head} {self.y - 4} L{head} {self.y + 4} Z"/>'
            f'<text x="{(start + end) // 2}" y="{self.y - 6}">{escape(text)}</text>'
        )

    def svg(self):
        """The picture; its colours are the page's."""
        height = self.y + 24
        lives = "".join(
            f'<line class="life" x1="{self._x(name)}" y1="34" x2="{self._x(name)}" y2="{height - 8}"/>'
            f'<rect class="name" x="{self._x(name) - 52}" y="8" width="104" height="26" rx="5"/>'
            f'<text class="who" x="{self._x(name)}" y="26">{escape(name)}</text>'
            for name in self.names
        )
        return (
            f'<svg class="sequence" viewBox="0 0 {WIDTH} {height}" role="img" '
            f'aria-label="Sequence of messages between {escape(", ".join(self.names))}">'
            f"{lives}{''.join(self.parts)}</svg>\n"
        )


def drawn(markdown):
    """`markdown` with its sequence diagrams as pictures."""
    return _BLOCK.sub(lambda found: "\n" + Drawing(found.group(1)).svg() + "\n", markdown)


# Pages that mkdocs.yml does not name yet stand in this part of the navigation, behind the quick start.
_PART = "Build"


def on_config(config):
    """MkDocs calls this once: no page of docs/ is ever out of reach."""
    named = set(re.findall(r"[\w-]+\.md", str(config.nav)))
    forgotten = [path for path in sorted(Path(config.docs_dir).glob("*.md")) if path.name not in named]
    (part,) = [entry[_PART] for entry in config.nav if _PART in entry]
    for path in reversed(forgotten):
        part.insert(1, {path.stem.replace("-", " ").capitalize(): path.name})
    return config


def on_page_markdown(markdown, **_others):
    """MkDocs calls this for every page."""
    return drawn(markdown)
