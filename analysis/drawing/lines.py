"""Lines with their bands: a series with its interval, and the noise of a measurement."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analysis.drawing.marks import Mark
from analysis.drawing.style import Look

MIDDLE_AND_ENDS = ("median", "low", "high")


def banded_line(
    axes: Axes,
    data: pd.DataFrame,
    x: str,
    mark: Mark,
    gid: str,
    *,
    y: tuple[str, str, str] = MIDDLE_AND_ENDS,
    shade: float = 0.2,
    **line: Any,
) -> Line2D:
    """Draw a series and a band from its lower to its upper ends.

    Parameters
    ----------
    axes, data
        Where to draw, and the rows of one series, sorted by x.
    x, y
        Columns of the data: that along the axis; the middle, its lower and its upper end.
    mark, gid
        Colour, marker and line, and the name that begins with `series-`, by which the page shows and hides it.
    shade
        Opacity of the band.
    line
        What else `Axes.plot` takes.

    """
    middle, low, high = y
    axes.fill_between(data[x], data[low], data[high], color=mark.color, alpha=shade, linewidth=0)
    style: dict[str, Any] = {"color": mark.color, "linestyle": mark.line, "marker": mark.marker}
    return axes.plot(data[x], data[middle], gid=gid, **style | line)[0]


def noise_band(axes: Axes, data: pd.DataFrame, look: Look, shade: float) -> None:
    """Draw the widest A/A interval of the data as a level band; nothing where no interval is known."""
    if "noise_low" in data.columns and data["noise_low"].notna().any():
        axes.axhspan(data["noise_low"].min(), data["noise_high"].max(), color=look.ink, alpha=shade, linewidth=0)
