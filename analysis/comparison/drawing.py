"""The factors of a study's times: a dot and an interval each, on a logarithmic axis, with the noise of one point."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from analysis.comparison.values import Factor, Times
from analysis.drawing import marks, style
from analysis.result import Estimate
from analysis.statistics.intervals import known_ends

PANELS = ("overall", "over")
TICKS = (
    0.1,
    0.125,
    0.16,
    0.2,
    0.25,
    0.33,
    0.4,
    0.5,
    0.6,
    0.7,
    0.8,
    0.9,
    1,
    1.1,
    1.25,
    1.5,
    1.75,
    2,
    2.5,
    3,
    4,
    5,
    6,
    8,
    10,
)
LEAST = 0.03
"""Of the logarithm: no axis is narrower on either side of 1."""
FEWEST = 3
"""Fewer factors are told, not drawn."""
MOST_TICKS = 9


def is_drawn(times: Times) -> bool:
    """Say whether there are enough factors to draw."""
    return len(shown(times)) >= FEWEST


def shown(times: Times) -> list[Factor]:
    """Return the factors that are drawn, as they stand from top to bottom: sorted inside of their kind."""
    kinds = ("overall", "peers", "again", "cell")
    found = [factor for factor in times.factors if math.isfinite(factor.estimate.value)]
    return sorted(found, key=lambda factor: (kinds.index(factor.kind), factor.estimate.value))


def draw(times: Times, style_name: str, labels: Mapping[str, str], names: Mapping[Factor, str]) -> Canvas:
    """Draw the overall factors above; below them what is told apart from them.

    Parameters
    ----------
    times
        What `compare_times` gives, decided.
    style_name
        One of `analysis.drawing.style.STYLES`.
    labels
        `overall` and `over`: the names of the two axes.
    names
        Of each factor, as it stands beside its dot.

    """
    factors = shown(times)
    panels = [[f for f in factors if f.kind == "overall"], [f for f in factors if f.kind != "overall"]]
    titles = [title for title, part in zip(PANELS, panels, strict=True) if part]
    panels = [part for part in panels if part]
    rows = [len(part) for part in panels]
    height = 0.75 * len(panels) + 0.26 * sum(rows)
    shape = {"gridspec_kw": {"height_ratios": [count + 0.6 for count in rows]}}
    with style.canvas(style_name, len(panels), 1, ratio=style.look("page").width / height, **shape) as drawing:
        for axes, part, title in zip(drawing.flat, panels, titles, strict=True):
            if title == "over" and times.noise.source != "none":
                reach = 1.96 * times.noise.total
                axes.axvspan(math.exp(-reach), math.exp(reach), color=marks.GREY, alpha=0.18, lw=0)
            axes.axvline(1, color=drawing.look.ink, lw=drawing.look.line * 0.5)
            for place, factor in enumerate(part):
                _dot(axes, place, factor, drawing.look)
            axes.set_yticks(range(len(part)), [names[factor] for factor in part])
            axes.set_ylim(len(part) - 0.4, -0.6)
            axes.grid(False, axis="y")
            _ratio_axis(axes, [factor.estimate for factor in part], times.noise.total if title == "over" else 0.0)
            axes.set_xlabel(labels[title])
    return drawing.figure


def _dot(axes: Axes, place: int, factor: Factor, look: style.Look) -> None:
    """Draw one factor; what differs beyond the noise is filled and has a colour of its own."""
    low, high = known_ends(factor.estimate)
    color = marks.OKABE_ITO["vermillion"] if factor.differs else look.ink
    axes.plot([low, high], [place, place], color=color, lw=look.line, solid_capstyle="butt")
    marker = "D" if factor.differs else "o"
    face = color if factor.differs or factor.kind == "overall" else "white" if look.name == "paper" else "none"
    axes.plot(factor.estimate.value, place, marker, color=color, mfc=face, ms=look.marker * 1.25)


def _ratio_axis(axes: Axes, estimates: list[Estimate], noise: float) -> None:
    ends = [end for estimate in estimates for end in (*known_ends(estimate), estimate.value) if not math.isnan(end)]
    logs = np.log([*ends, math.exp(-2.1 * noise), math.exp(2.1 * noise), math.exp(-LEAST), math.exp(LEAST)])
    low, high = (float(np.exp(end)) for end in (logs.min() * 1.06, logs.max() * 1.06))
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    ticks = [tick for tick in TICKS if low <= tick <= high]
    while len(ticks) > MOST_TICKS:
        ticks = [tick for place, tick in enumerate(ticks) if (place - ticks.index(1)) % 2 == 0]
    if len(ticks) < 3:
        ticks = [round(tick, 2) for tick in (low * 1.02, 1.0, high * 0.98)]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
