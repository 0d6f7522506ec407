"""What stands around a drawing on a slide: the finding above it, and below it the line that says whose it is.

The words come with those of the drawing, as `slide.headline` and `slide.credit`; a slide without them is the drawing
alone. A deck writes them itself: it asks for the drawing alone, as high as the room that it has, by `slide.height`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.font_manager import FontProperties

HEADLINE, CREDIT, HEIGHT = "slide.headline", "slide.credit", "slide.height"
"""Keys of the words, and of the height in inches."""

SIDE = 0.16
"""Inches between the drawing, or its words, and the edge of the slide."""
LARGEST, SMALLEST = 25.0, 19.0
"""Points of the headline: as large as two lines allow."""
LINES = 2
ONE_LINE = 0.84
"""How small a headline may become, against its largest size, to stand in one line."""
GLUED = re.compile(r"(?<!×)\s+(?![%×])")
"""Where a line may end."""
CREDIT_SIZE = 17.0
"""Points of the credit line, which a long address makes smaller."""
LEADING = 1.24
"""Distance of two lines, in their type's size."""
MUTED = 0.72
"""Opacity of the credit line."""

Box = tuple[float, float, float, float]
"""Left, bottom, width and height, as shares of the slide."""


@dataclass(frozen=True)
class Frame:
    """The words around a drawing, as plain text, and the height of it all in inches, where it is not the slide's."""

    headline: str
    credit: str
    height: str


_CURRENT: ContextVar[Frame | None] = ContextVar("frame", default=None)


@contextmanager
def around(labels: Mapping[str, str]) -> Iterator[None]:
    """Put these words around the slides that are drawn inside this block; nothing where the labels have none."""
    token = _CURRENT.set(Frame(*(labels[key] if key in labels else "" for key in (HEADLINE, CREDIT, HEIGHT))))
    try:
        yield
    finally:
        _CURRENT.reset(token)


def height_of(usual: float) -> float:
    """Return how high a slide is drawn, in inches."""
    words = _CURRENT.get()
    return float(words.height) if words is not None and words.height else usual


def placed(figure: Canvas) -> Box:
    """Write the words of the frame on a slide, and return the room that they leave for the drawing."""
    words = _CURRENT.get()
    width, height = figure.get_size_inches()
    left, top, bottom = SIDE / width, height - SIDE, SIDE
    if words is not None and words.headline:
        size, lines = fitted(words.headline, width - 2 * SIDE)
        figure.text(
            left, top / height, "\n".join(lines), ha="left", va="top", fontsize=size, fontweight="bold",
            linespacing=LEADING, parse_math=False, in_layout=False, gid="slide-headline",
        )  # fmt: skip
        top -= len(lines) * size * LEADING / 72 + SIDE
    if words is not None and words.credit:
        size = CREDIT_SIZE * min(1.0, (width - 2 * SIDE) / length(words.credit, CREDIT_SIZE, "normal"))
        figure.text(
            left, bottom / height, words.credit, ha="left", va="bottom", fontsize=size, alpha=MUTED,
            parse_math=False, in_layout=False, gid="slide-credit",
        )  # fmt: skip
        bottom += size * LEADING / 72 + SIDE / 2
    return left, bottom / height, 1 - 2 * left, (top - bottom) / height


def fitted(text: str, width: float, largest: float = LARGEST, smallest: float = SMALLEST) -> tuple[float, list[str]]:
    """Return the size in points at which a text fits into this width in inches, and its lines.

    One line, where it is hardly smaller for it; else two, as large as can be. A text too long for that has more lines,
    of the smallest size.
    """
    for most, least in ((1, max(smallest, largest * ONE_LINE)), (LINES, smallest)):
        size = largest
        while size >= least:
            lines = wrapped(text, size, width)
            if len(lines) <= most:
                return size, lines
            size -= 1.0
    return smallest, wrapped(text, smallest, width)


def wrapped(text: str, size: float, width: float) -> list[str]:
    """Break a text between its words into lines of at most this width, in inches, as few and as even as can be.

    A number stays with its sign of per cent and with its power of ten; a longer word is cut.
    """
    words = GLUED.split(text.strip())
    lines = _filled(words, size, width)
    narrower = width
    while len(lines) > 1 and (narrower := narrower * 0.97) > width / 2:  # even lines: as narrow as they stay few
        trial = _filled(words, size, narrower)
        if len(trial) > len(lines) or any(length(line, size, "bold") > narrower for line in trial):
            break
        lines = trial
    return lines


def _filled(words: list[str], size: float, width: float) -> list[str]:
    """Fill line after line."""
    lines: list[str] = []
    pieces = [piece for word in words for piece in _pieces(word, size, width)]
    for word in pieces:
        if lines and length(f"{lines[-1]} {word}", size, "bold") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _pieces(word: str, size: float, width: float) -> list[str]:
    """Cut a word that is longer than a line."""
    whole = length(word, size, "bold")
    if whole <= width:
        return [word]
    letters = max(1, int(len(word) * width / whole * 0.9))
    return [word[start : start + letters] for start in range(0, len(word), letters)]


@lru_cache(maxsize=4096)
def length(text: str, size: float, weight: str) -> float:
    """Return how long a text is, in inches."""
    renderer = FigureCanvasAgg(Canvas(dpi=72)).get_renderer()  # type: ignore[no-untyped-call]
    font = FontProperties(family=["DejaVu Sans"], size=size, weight=weight)
    wide, _, _ = renderer.get_text_width_height_descent(text, font, ismath=False)
    return float(wide) / 72


def moved_into(figure: Canvas, box: Box) -> None:
    """Put legends and the names of common axes, which matplotlib places along the slide's edges, into the room."""
    left, bottom, width, height = box
    for legend in figure.legends:
        legend.set_bbox_to_anchor(box, transform=figure.transFigure)
    if figure._supxlabel is not None:  # type: ignore[attr-defined]
        label = figure._supxlabel  # type: ignore[attr-defined]
        label.set_position((left + width / 2, bottom + label.get_position()[1]))
    if figure._supylabel is not None:  # type: ignore[attr-defined]
        figure._supylabel.set_position((left, bottom + height / 2))  # type: ignore[attr-defined]
