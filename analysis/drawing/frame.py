"""What stands around a drawing on a slide: the finding above it, and below it the line that says whose it is.

The words come with those of the drawing, as `slide.headline` and `slide.credit`; a slide without them is the drawing
alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.font_manager import FontProperties

HEADLINE, CREDIT = "slide.headline", "slide.credit"
"""Keys of the words."""

SIDE = 0.16
"""Inches between the drawing, or its words, and the edge of the slide."""
LARGEST, SMALLEST = 25.0, 19.0
"""Points of the headline: as large as two lines allow."""
LINES = 2
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
    """The words around a drawing, as plain text."""

    headline: str
    credit: str


_CURRENT: ContextVar[Frame | None] = ContextVar("frame", default=None)


@contextmanager
def around(labels: Mapping[str, str]) -> Iterator[None]:
    """Put these words around the slides that are drawn inside this block; nothing where the labels have none."""
    words = Frame(*(labels[key] if key in labels else "" for key in (HEADLINE, CREDIT)))
    token = _CURRENT.set(words if words.headline or words.credit else None)
    try:
        yield
    finally:
        _CURRENT.reset(token)


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


def fitted(text: str, width: float) -> tuple[float, list[str]]:
    """Return the largest size in points at which a text fits into two lines of this width in inches, and its lines.

    A text too long for that has more lines, of the smallest size.
    """
    size = LARGEST
    while True:
        lines = wrapped(text, size, width)
        if len(lines) <= LINES or size <= SMALLEST:
            return size, lines
        size -= 1.0


def wrapped(text: str, size: float, width: float) -> list[str]:
    """Break a text between its words into lines of at most this width, in inches; a longer word has its own line."""
    lines: list[str] = []
    for word in text.split():
        if lines and length(f"{lines[-1]} {word}", size, "bold") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


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
