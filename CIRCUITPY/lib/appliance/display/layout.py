# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Where things stand on the glass: two arrangements, computed from the display's size and the fonts' own heights.

    charge                     message
    ---------------------      ---------------------
     name of the car            pictogram
         81%                    Heading, at most
     [==========|====  ]        two lines
     sent to SmartEVSE          [====      ]
     read 5 min ago             words, as many as fit

What does not fit is left out in this order: second line below, name, bar. Words that do not fit together take turns.
A plan is a list of small changes; the panel makes one of them in each pass and sends only its pixels.
"""

from appliance.display import typeset

# Smallest width and height each set is for: digits, headings, text, pictograms, and where that is another font, text beside
# a QR code. The last row fits every display.
COLOUR_FONTS = (
    (320, 170, "digits_92", "head_34", "text_21", "signs_54"),
    (240, 135, "digits_70", "head_24", "text_17", "signs_40"),
    (1, 1, "digits_44", "head_18", "text_12", "signs_24"),
)
MONO_FONTS = (
    (128, 64, "digits_mono_50", "head_mono_15", "text_mono_12", "signs_mono_20", "small_mono_8"),
    (1, 1, "digits_mono_18", "head_mono_15", "text_mono_12", "signs_mono_20", "small_mono_8"),
)
# How far, in pixels, the picture of an OLED wanders, so that its pixels age evenly.
WANDER = 2
MOST_HEADING_LINES = 2


def font_names(width, height, colour):
    """The row of fonts for a display of this size, without the size."""
    for row in COLOUR_FONTS if colour else MONO_FONTS:
        if row[0] <= width and row[1] <= height:
            return row[2:]
    return None


class Fonts:
    """The fonts of a display."""

    def __init__(self, width, height, colour):
        names = font_names(width, height, colour)
        self.digits = typeset.Font(names[0])
        self.head = typeset.Font(names[1])
        self.text = typeset.Font(names[2])
        self.signs = typeset.Font(names[3])
        self.small = typeset.Font(names[4]) if len(names) > 4 else self.text
        self.gap = max(1, self.text.height // 5)


def spread(heights, room, gap):
    """Tops of parts of these heights, evenly over ``room`` pixels, at most two lines' gap between them.

    Where pixels are few they are between the parts, none above and below.
    """
    spare = max(0, room - sum(heights))
    between = min(spare // (len(heights) + 1), 4 * gap) or spare // max(1, len(heights) - 1)
    top = (spare - between * (len(heights) - 1)) // 2
    tops = []
    for height in heights:
        tops.append(top)
        top += height + between
    return tops


def charge_layout(height, fonts):
    """Tops for a display of ``height``: (name or None, digits, bar or None, bar's height, [lines below])."""
    text, gap = fonts.text.height, fonts.gap
    bar_height = max(4, fonts.digits.height // 7)
    room = height - fonts.digits.height
    below = above = bar = 0
    if room >= text + 1:
        below, room = 1, room - text - 1
    if room >= bar_height + 2:
        bar, room = 1, room - bar_height - 2
    if room >= text + gap:
        above, room = 1, room - text - gap
    if room >= text + gap:
        below = 2
    heights = [text] * above + [fonts.digits.height] + [bar_height] * bar + [text] * below
    tops = spread(heights, height, gap)
    return (
        tops[0] if above else None,
        tops[above],
        tops[above + 1] if bar else None,
        bar_height,
        tops[len(tops) - below :],
    )


def pages_of(lines, rows):
    """How many turns ``lines`` take when ``rows`` of them fit."""
    return max(1, (len(lines) + rows - 1) // rows)


class ChargeScene:
    """The state of charge in big digits."""

    def __init__(self, width, height, fonts):
        import displayio

        self.group = displayio.Group()
        self.pages = 1
        self._width = width
        self._fonts = fonts
        self._tops = name_y, _, bar_y, bar_height, below = charge_layout(height, fonts)
        self._name = None
        if name_y is not None:
            self._name = typeset.Line(self.group, fonts.text, width)
        self._digits = typeset.Line(self.group, fonts.digits, width)
        self._bar = None
        if bar_y is not None:
            self._bar = typeset.Bar(fonts.gap, width - 2 * fonts.gap, bar_height)
            self.group.append(self._bar.group)
        self._below = [typeset.Line(self.group, fonts.text, width) for _ in below]

    def plan(self, view, colour, turn):
        """The changes towards ``view`` as (part, arguments of its ``put``)."""
        name_y, digits_y, bar_y, _, below = self._tops
        texts = list(view.texts)
        if self._name is None and view.name:
            texts.append(view.name)
        rows = max(1, len(below))
        self.pages = pages_of(texts, rows)
        first = turn % self.pages * rows
        changes = []  # type: list
        changes.append((self._digits, (view.big, colour, digits_y)))
        if self._bar is not None:
            changes.append((self._bar, (view.bar_percent, view.mark_percent, colour, bar_y)))
        for at, line in enumerate(self._below):
            text = texts[first + at] if first + at < len(texts) else ""
            text = self._fonts.text.shortened(text, self._width)
            changes.append((line, (text, view.text_colour(colour), below[at])))
        if self._name is not None:
            name = self._fonts.text.shortened(view.name, self._width)
            changes.append((self._name, (name, view.text_colour(colour), name_y)))
        return changes


class MessageScene:
    """A pictogram, a heading, a bar for steps, and words."""

    def __init__(self, width, height, fonts):
        import displayio

        self.group = displayio.Group()
        self.pages = 1
        self._width, self._height = width, height
        self._fonts = fonts
        self._sign = typeset.Line(self.group, fonts.signs, width)
        self._head = [typeset.Line(self.group, fonts.head, width) for _ in range(MOST_HEADING_LINES)]
        self._bar_height = max(4, fonts.text.height // 2)
        inset = width // 8
        self._bar = typeset.Bar(inset, width - 2 * inset, self._bar_height)
        self.group.append(self._bar.group)
        rows = max(1, height // fonts.text.height)
        self._words = [typeset.Line(self.group, fonts.text, width) for _ in range(rows)]

    def plan(self, view, colour, turn):
        """The changes towards ``view`` as (part, arguments of its ``put``)."""
        fonts = self._fonts
        heads = fonts.head.wrapped(view.heading, self._width)[:MOST_HEADING_LINES]
        words = []
        for text in view.texts:
            words.extend(fonts.text.wrapped(text, self._width))
        bar = [] if view.bar_percent is None else [self._bar_height]
        rows = self._rows(heads, bar)
        # On a small display a heading of two lines leaves little room: there it becomes one of the words, which take turns.
        if rows < min(2, len(words)):
            if len(heads) > 1:
                heads = []
                words = fonts.text.wrapped(view.heading, self._width) + words
            rows = max(1, self._rows(heads, bar))
        self.pages = pages_of(words, rows)
        first = turn % self.pages * rows
        words = words[first : first + rows]
        heights = [fonts.head.height] * len(heads) + bar
        heights += [fonts.text.height] * (len(words) if self.pages == 1 else rows)
        sign = view.sign if sum(heights) + fonts.signs.height + 2 * fonts.gap <= self._height else ""
        if sign:
            heights.insert(0, fonts.signs.height)
        tops = spread(heights, self._height, fonts.gap)
        return self._changes(view, colour, sign, heads, words, tops)

    def _rows(self, heads, bar):
        """How many lines of words fit below."""
        room = self._height - len(heads) * self._fonts.head.height - sum(bar) - len(bar) * self._fonts.gap
        return min(len(self._words), max(0, room // self._fonts.text.height))

    def _changes(self, view, colour, sign, heads, words, tops):
        """Parts that show nothing have no top of their own."""
        tops = list(reversed(tops))
        changes = []  # type: list
        changes.append((self._sign, (sign, colour, tops.pop() if sign else 0)))
        for number, line in enumerate(self._head):
            shown = (heads[number], colour, tops.pop()) if number < len(heads) else ("", colour, 0)
            changes.append((line, shown))
        bar_y = 0 if view.bar_percent is None else tops.pop()
        changes.append((self._bar, (view.bar_percent, None, colour, bar_y)))
        for number, line in enumerate(self._words):
            shown = (words[number], view.text_colour(colour), tops.pop()) if number < len(words) else ("", colour, 0)
            changes.append((line, shown))
        return changes
