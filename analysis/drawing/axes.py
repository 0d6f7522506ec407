"""Axes that many figures have: ratios, sizes, times, powers of ten; and how numbers are written along them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

RATIOS = (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24)
"""Ticks of an axis of ratios."""


def ratio_axis(axes: Axes, low: float, high: float, ticks: Sequence[float] = RATIOS) -> None:
    """Make y an axis of ratios from `low` to `high`, logarithmic, with those of the ticks that lie there."""
    axes.set_yscale("log", base=2)
    axes.set_ylim(low, high)
    axes.set_yticks([tick for tick in ticks if low <= tick <= high])
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(FuncFormatter(thousands))


def size_axis(axes: Axes, sizes: Sequence[float], *, grid: bool = False) -> None:
    """Make x a logarithmic axis of sizes, each of which has a tick; grid lines along it only where asked for."""
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(thousands))
    if not grid:
        axes.grid(False, axis="x")


def powers_of_two(sizes: Sequence[int]) -> list[int]:
    """Return the powers of two among the sizes, as fewer ticks; all sizes where none is one."""
    return [size for size in sizes if np.log2(size) == round(np.log2(size))] or list(sizes)


def time_axis(axes: Axes, subs: Sequence[float] = (1.0,)) -> None:
    """Make y a logarithmic axis of times in seconds, with ticks at these multiples of the powers of ten."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=subs, numticks=12))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(seconds))


def power_axis(axes: Axes) -> None:
    """Make y, whose values are decimal logarithms, an axis of powers of ten."""
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(power))


def thousands(value: float, _: object = None) -> str:
    """Write an axis number in full: 1, 16, 1,024; 0.5 where it is no integer."""
    return f"{value:,.0f}" if value == round(value) else f"{value:g}"


def signed(value: float, _: object = None) -> str:
    """Write a number that may be negative, with a minus sign: −0.5."""
    return f"{value:g}".replace("-", "−")


def power(value: float, _: object = None) -> str:
    """Write a decimal logarithm as the power it stands for: −3 is 10⁻³."""
    if value == 0:
        return "1"
    return rf"$10^{{{value:g}}}$"


def seconds(value: float, _: object = None) -> str:
    """Write a time with its unit: 1 ms, 100 µs."""
    for scale, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")):
        if value >= scale * 0.9999:
            return f"{value / scale:g} {unit}"
    return f"{value:g} s"
