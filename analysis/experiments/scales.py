"""Axes of an experiment's values, whatever they span: powers of ten, shares, times, ratios, counts."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from analysis.drawing.axes import RATIOS, power, seconds, signed, thousands

FEW_DECADES = 2.0
"""Span of decimal logarithms below which ticks stand at 1, 2 and 5 too, and are written in full."""
NICE = (1, 2, 2.5, 5, 10)
"""Between these lie ticks at even distances."""
WIDE = 20.0
"""Largest over smallest count from which on counts are compared by their ratio."""


def scale_axis(axes: Axes, scale: str, data: pd.DataFrame, values: tuple[str, str, str], *, vertical: bool) -> None:
    """Make y, or x where not `vertical`, the axis of values on a scale of `analysis.result.Layout`."""
    axis = axes.yaxis if vertical else axes.xaxis
    limits = axes.set_ylim if vertical else axes.set_xlim
    numbers = data[list(dict.fromkeys(values))].to_numpy(float).ravel()
    numbers = numbers[np.isfinite(numbers)]
    low, high = float(numbers.min()), float(numbers.max())
    if scale == "log10":
        _decades(axis, low, high)
    elif scale == "share":
        limits(-0.02, 1.02)
        axis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
        axis.set_major_formatter(FuncFormatter(signed))
    elif scale == "seconds":
        _logarithmic(axes, vertical, 10)
        axis.set_major_locator(LogLocator(subs=(1.0,) if high > 30 * low else (1.0, 2.0, 5.0), numticks=12))
        axis.set_major_formatter(FuncFormatter(seconds))
    elif scale == "ratio":
        _logarithmic(axes, vertical, 2)
        noise = data[[name for name in ("noise_low", "noise_high") if name in data.columns]].to_numpy(float).ravel()
        noise = [float(end) for end in noise if np.isfinite(end)]  # its whole band is to be seen
        ends = min(low, 1.0, *noise) / 1.1, max(high, 1.0, *noise) * 1.1
        limits(*ends)
        axis.set_major_locator(FixedLocator(_ratios(*ends)))
        axis.set_major_formatter(FuncFormatter(thousands))
        (axes.axhline if vertical else axes.axvline)(1.0, color=axes.yaxis.label.get_color(), linewidth=0.8)
    elif scale == "count" and low > 0 and high > WIDE * low:
        _logarithmic(axes, vertical, 10)
        axis.set_major_locator(LogLocator(subs=(1.0,) if high > 1000 * low else (1.0, 2.0, 5.0), numticks=12))
        axis.set_major_formatter(FuncFormatter(thousands))
    else:
        if scale == "count":
            limits(0, high * 1.06)
        elif low < 0 < high:  # the sign tells growth from decay
            (axes.axhline if vertical else axes.axvline)(0.0, color=axes.yaxis.label.get_color(), linewidth=1.4)
        axis.set_major_locator(MaxNLocator(5, steps=NICE))
        axis.set_major_formatter(FuncFormatter(thousands if scale == "count" else signed))


def _logarithmic(axes: Axes, vertical: bool, base: int) -> None:
    (axes.set_yscale if vertical else axes.set_xscale)("log", base=base)
    axis = axes.yaxis if vertical else axes.xaxis
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def _decades(axis: Axis, low: float, high: float) -> None:
    """Put ticks at powers of ten; where there are too few of them, at other numbers."""
    if high - low >= FEW_DECADES:
        axis.set_major_locator(MaxNLocator(5, integer=True))
        axis.set_major_formatter(FuncFormatter(power))
        return
    if high - low >= 0.3:
        digits = (1, 2, 5) if high - low >= 0.8 else (1, 1.5, 2, 3, 5, 7)
        decades = range(math.floor(low), math.ceil(high) + 1)
        axis.set_major_locator(FixedLocator([decade + math.log10(digit) for decade in decades for digit in digits]))
    else:
        ticks = MaxNLocator(4, steps=NICE).tick_values(10.0**low, max(10.0**high, 1.02 * 10.0**low))
        axis.set_major_locator(FixedLocator([math.log10(tick) for tick in ticks if tick > 0]))
    axis.set_major_formatter(FuncFormatter(_number))


def _number(exponent: float, _: object = None) -> str:
    """Write 10^exponent in full, or as a digit and a power where it is tiny or huge."""
    if -4 <= exponent <= 5:
        return thousands(float(f"{10.0**exponent:.3g}"))
    whole = math.floor(exponent + 1e-9)
    digit = 10.0 ** (exponent - whole)
    return power(whole) if digit < 1.005 else rf"${digit:.3g}\cdot10^{{{whole}}}$"


def _ratios(low: float, high: float) -> list[float]:
    """Return the ticks of `RATIOS` between the ends, powers of two beyond them; others where these are few or many."""
    beyond = [2.0**exponent for exponent in (*range(-40, -2), *range(5, 41))]
    ticks = sorted(tick for tick in (*RATIOS, *beyond) if low <= tick <= high)
    if len(ticks) < 3:
        return [float(tick) for tick in MaxNLocator(5, steps=NICE).tick_values(low, high) if low <= tick <= high]
    powers = [tick for tick in ticks if math.log2(tick).is_integer()]
    return ticks if len(ticks) <= 6 else powers[:: -(-len(powers) // 7)]
