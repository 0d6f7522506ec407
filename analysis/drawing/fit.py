"""Names of panels and axes that would run into their neighbours are broken into lines, in every language."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.text import Text
from matplotlib.transforms import BboxBase

GAP = 0.6
"""Room between two names, in their type's size."""


def break_long_names(figure: Canvas, room: BboxBase) -> bool:
    """Break titles and names of axes that are longer than their room; say whether the layout has to be made again.

    Names of the same words are broken alike.

    figure: laid out once. room: where the panels are, in pixels.
    """
    names = list(_names(figure, room))
    long = set()
    for name, allowed, upright in names:
        gap = GAP * float(name.get_fontsize()) * figure.dpi / 72
        extent = name.get_window_extent()
        if (extent.height if upright else extent.width) > allowed - gap:
            long.add((name.get_text(), upright))
    broken = False
    for name, _, upright in names:
        text = name.get_text()
        if (text, upright) in long:
            name.set_text(one_line_more(text) if upright or "\n" not in text else text)
            broken |= name.get_text() != text
    return broken


def one_line_more(text: str) -> str:
    """Break a text at spaces into one line more, its longest line as short as can be; a formula stays as it is."""
    words = text.split()
    breaks = text.count("\n") + 1
    if "$" in text or len(words) <= breaks:
        return text
    found = []
    for places in combinations(range(1, len(words)), breaks):
        edges = (0, *places, len(words))
        found.append([" ".join(words[start:end]) for start, end in pairwise(edges)])
    return "\n".join(min(found, key=lambda lines: max(map(len, lines))))


def _names(figure: Canvas, room: BboxBase) -> Iterator[tuple[Text, float, bool]]:
    """Yield each name, the length that it may have in pixels, and whether it stands upright."""
    panels = [axes for axes in figure.axes if axes.axison]
    for axes in panels:
        here = axes.bbox
        for title in (axes._left_title, axes.title):  # type: ignore[attr-defined]
            if title.get_text():
                left = title is not axes.title
                yield title, _rightwards(axes, panels, room) if left else _around(axes, panels, room, "x"), False
        if axes.get_xlabel() and axes.xaxis.label.get_horizontalalignment() == "center":
            yield axes.xaxis.label, _around(axes, panels, room, "x"), False
        if axes.get_ylabel() and axes.yaxis.label.get_rotation() == 90:
            around = 0.0  # a colour bar's name, at its right, must not run into the bar's title
            if str(axes.yaxis.get_label_position()) == "left":
                around = _around(axes, panels, room, "y")
            yield axes.yaxis.label, max(around, here.height), True
    for label, allowed, upright in (
        (figure._supxlabel, room.width, False),  # type: ignore[attr-defined]
        (figure._supylabel, room.height, True),  # type: ignore[attr-defined]
    ):
        if label is not None:
            yield label, allowed, upright


def _rightwards(axes: Axes, panels: list[Axes], room: BboxBase) -> float:
    """Return the way from a panel's left edge to that of the next one in its row, else to the end of the room."""
    here = axes.bbox
    starts = [other.bbox.x0 for other in panels if other.bbox.x0 > here.x0 and _beside(here, other.bbox, "y")]
    return float(min(starts, default=room.x1) - here.x0)


def _around(axes: Axes, panels: list[Axes], room: BboxBase, along: str) -> float:
    """Return the way from the middle of a panel to that of its nearest neighbour; twice that to the end of the room."""
    here = axes.bbox
    across = "y" if along == "x" else "x"
    middle = _middle(here, along)
    ways = [
        abs(_middle(other.bbox, along) - middle)
        for other in panels
        if other is not axes and _beside(here, other.bbox, across) and not _beside(here, other.bbox, along)
    ]
    low, high = (room.x0, room.x1) if along == "x" else (room.y0, room.y1)
    return float(min([*ways, 2 * (middle - low), 2 * (high - middle)]))


def _middle(box: BboxBase, along: str) -> float:
    return float(box.x0 + box.x1 if along == "x" else box.y0 + box.y1) / 2


def _beside(here: BboxBase, other: BboxBase, across: str) -> bool:
    """Whether two panels share part of an axis."""
    if across == "y":
        return bool(here.y0 < other.y1 and other.y0 < here.y1)
    return bool(here.x0 < other.x1 and other.x0 < here.x1)
