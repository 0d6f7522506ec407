"""What a place in a drawing means: each panel's frame, axes and names, from which the page's script reads values.

The script finds a point in the drawing itself and turns its place into numbers, so that no data stand there twice.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure as Canvas

POINTS = 72  # of a drawing's units in an inch
FRACTIONS = {"¼": 0.25, "½": 0.5, "¾": 0.75}
SECONDS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}
POWER = re.compile(r"\$?\\?(?:mathdefault\{)?10\^\{(?P<power>[-−\d.]+)\}\}?\$?")
MATHS = re.compile(r"\$|\\mathdefault|\\[a-z]+(?![a-z])|[{}_^]")
KINDS = ("linear", "log", "power", "seconds", "log seconds", "names")
"""What an axis holds: numbers, numbers in log scale, decimal logarithms, times in seconds, levels at its ticks."""


def panels(canvas: Canvas) -> str:
    """Return the panels of a drawing that was drawn before, as JSON.

    One list a panel: left, top, right and bottom edge (points, from the drawing's upper left corner), its title, and
    for x and y the name, the kind (see `KINDS`), the values at the two edges, and the levels where its kind is names.
    A panel with an axis of which neither kind nor ticks are known is left out.
    """
    width, height = (float(length) * POINTS for length in canvas.get_size_inches())
    found = []
    for axes in canvas.axes:
        x, y = _axis(axes, canvas, "x"), _axis(axes, canvas, "y")
        if x is None or y is None or not any(artist.get_gid() for artist in axes.get_children()):
            continue
        box = axes.get_position()
        edges = [box.x0 * width, (1 - box.y1) * height, box.x1 * width, (1 - box.y0) * height]
        title = " · ".join(dict.fromkeys(text for text in (_title(axes, canvas), _row(axes, canvas)) if text))
        found.append([*(round(edge, 2) for edge in edges), title, x, y])
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def _axis(axes: Axes, canvas: Canvas, which: str) -> list[object] | None:
    """Return name, kind, the values at the edges and the levels of an axis; None where they cannot be told."""
    axis: Axis = getattr(axes, f"{which}axis")
    low, high = (float(end) for end in axis.get_view_interval())
    if getattr(axes, f"{which}axis_inverted")():
        low, high = max(low, high), min(low, high)
    scale = axis.get_scale()
    places = [float(place) for place in axis.get_majorticklocs()]
    labels = [str(label) for label in axis.get_major_formatter().format_ticks(places)]
    ticks = [(place, label) for place, label in zip(places, labels, strict=True) if label.strip()]
    if scale not in ("linear", "log"):
        return None
    name = _name(axes, canvas, which)
    if scale == "log" and _levels(axes, places, which):  # sizes, at which points may stand side by side
        ticks = [(math.log10(place), label) for place, label in ticks]
        low, high, scale = math.log10(low), math.log10(high), "names"
    bars = which == "x" and name and not ticks  # its numbers are written beside the bars
    kind = scale if bars or scale == "names" else _kind(ticks, scale)
    if kind == "names" and name and not ticks:  # rows of a map, which has its values in colours
        return None
    ends = [float(f"{end:.7g}") for end in (low, high)]
    if kind == "names":
        inside = [(place, label) for place, label in ticks if min(low, high) <= place <= max(low, high)]
        return [name, kind, *ends, [[float(f"{place:.5g}"), plain(label)] for place, label in inside]]
    return [name, kind, *ends]


def _levels(axes: Axes, places: list[float], which: str) -> bool:
    """Say whether each series has at most one point at every tick, and none elsewhere: within a sixth beside it."""
    lines = [line for line in axes.get_lines() if str(line.get_gid()).startswith("series-")]
    for line in lines:
        values = [float(value) for value in getattr(line, f"get_{which}data")(orig=False)]
        nearest = [min(places, key=lambda place: abs(math.log(place / value)), default=0) for value in values]
        apart = any(not 6 / 7 < place / value < 7 / 6 for place, value in zip(nearest, values, strict=True))
        if apart or len(set(nearest)) < len(nearest):
            return False
    return bool(lines)


def _kind(ticks: list[tuple[float, str]], scale: str) -> str:
    numbers = [(place, number(label)) for place, label in ticks]
    prefix = "log " if scale == "log" else ""
    if any(label.rpartition(" ")[2] in SECONDS for _, label in ticks):
        return f"{prefix}seconds"
    if scale == "linear" and any(POWER.fullmatch(label) for _, label in ticks):
        return "power"
    if not ticks or any(
        value is None or not math.isclose(value, at, rel_tol=0.02, abs_tol=1e-9) for at, value in numbers
    ):
        return "names" if scale == "linear" else scale
    return scale


def number(label: str) -> float | None:
    """Return the number that a tick's label writes; None where it writes none."""
    power = POWER.fullmatch(label)
    if power:
        return float(10.0 ** float(power["power"].replace("−", "-")))
    text = label.replace("−", "-").replace(",", "")
    if text in FRACTIONS:
        return FRACTIONS[text]
    try:
        return float(text)
    except ValueError:
        return None


def _name(axes: Axes, canvas: Canvas, which: str) -> str:
    """Return the name of an axis: the figure's for all panels, its own, or that of the panel at the edge."""
    common = getattr(canvas, f"get_sup{which}label")()
    if common:
        return plain(common)
    sides = ("x", "y") if which == "x" else ("y",)  # a row may name its x once, in the middle
    same = [other for side in sides for other in canvas.axes if _aligned(axes, other, side)]
    labels = (getattr(other, f"get_{which}label")() for other in (axes, *same))
    return next((plain(label) for label in labels if label), "")


def _aligned(axes: Axes, other: Axes, which: str) -> bool:
    """Say whether another panel stands in the same column (for x) or row (for y)."""
    one, two = axes.get_position(), other.get_position()
    ends = ((one.x0, two.x0), (one.x1, two.x1)) if which == "x" else ((one.y0, two.y0), (one.y1, two.y1))
    return all(abs(a - b) < 0.01 for a, b in ends)


def _title(axes: Axes, canvas: Canvas) -> str:
    above = [axes, *(other for other in canvas.axes if _aligned(axes, other, "x"))]
    titles = (other.get_title(loc=place) for other in above for place in ("left", "center"))
    return next((plain(text) for text in titles if text.strip()), "")


def _row(axes: Axes, canvas: Canvas) -> str:
    """Return the name of the panel's row, where the figure has one name for y and rows have their own."""
    if not canvas.get_supylabel():
        return ""
    row = [axes, *(other for other in canvas.axes if _aligned(axes, other, "y"))]
    return next((plain(text) for text in (other.get_ylabel() for other in row) if text), "")


def plain(label: str) -> str:
    """Return a label without its mathematical markup, in one line."""
    return " ".join(MATHS.sub("", label).split())
