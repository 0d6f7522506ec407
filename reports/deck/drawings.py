"""The figures of a deck, drawn for the room that a slide leaves them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from analysis.drawing.frame import CREDIT, HEADLINE, HEIGHT, fitted
from reports import downloads
from reports.assets import inline_svg, small_svg
from reports.deck.slides import Slide

WIDTH, HEIGHT_LEFT = 12.79, 6.55
"""Inches of a slide of 13.333 × 7.5 that are left beside its edges and above its credit."""
TITLE_SIZE, SMALLEST_TITLE, TITLE_LINE, CLAIM_LINE = 26.0, 22.0, 0.45, 0.33
"""Points of a title, at most and at least; inches of a line of it, and of a claim."""
DPI = 150


def title_of(slide: Slide) -> tuple[float, list[str]]:
    """Return the points and the lines of a slide's title."""
    return fitted(slide.title, WIDTH, TITLE_SIZE, SMALLEST_TITLE)


def room(slide: Slide) -> float:
    """Return the height in inches that a slide leaves to its drawing, below its title and its claims."""
    return HEIGHT_LEFT - TITLE_LINE * len(title_of(slide)[1]) - CLAIM_LINE * len(slide.judged)


@dataclass(frozen=True)
class Pictured:
    """A drawing for PowerPoint: as a vector and as a picture; its size in inches."""

    svg: bytes
    png: bytes
    width: float
    height: float


@dataclass(frozen=True)
class Request:
    """A figure to draw: inline where `style` is "deck", else as a picture in that style; `height` in inches."""

    order: downloads.Order
    style: str
    height: float


def drawn(request: Request) -> str | Pictured:
    """Draw a figure without title and credit, which the deck writes itself."""
    import matplotlib.pyplot as plt

    order = request.order
    words = {key: word for key, word in order.labels.items() if key not in (HEADLINE, CREDIT)}
    order = replace(order, labels=words | {HEIGHT: f"{request.height:.2f}"})
    canvas = order.draw(order.figure, request.style, order.labels)
    svg = downloads.printed(order, canvas, "svg")
    try:
        if request.style == "deck":
            return inline_svg(svg, order.figure.id, order.reference.title, order.alt)
        width, height = map(float, canvas.get_size_inches())
        return Pictured(small_svg(svg), downloads.printed(order, canvas, "png", DPI), width, height)
    finally:
        plt.close(canvas)
