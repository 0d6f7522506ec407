"""What a sentence may quote of an experiment: the highest and the lowest value, and what all of it has in common."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.result import LOGARITHM, Estimate, Fact, Levels, Number
from bench.experiments.askable import TIME
from bench.experiments.definition import Experiment

UNITS = {"seconds": "s", "ratio": "ratio"}
SMALLEST = -300.0
"""Decimal logarithm below which a number stays one."""
WIDE = 0.3
"""Decades of an interval from which on its ends have digits of their own, not those that its width allows."""


@dataclass(frozen=True)
class Item:
    """One series or point: where it is among what varies, its value, at which step, if at any, and what it is made of.

    `beside` has columns of the table of values with their numbers: both times of a ratio.
    """

    levels: Levels
    value: Estimate
    at: float | None = None
    beside: tuple[tuple[str, Number], ...] = ()


def quotes(items: Sequence[Item], scale: str) -> tuple[dict[str, Fact], dict[str, Levels]]:
    """Return the facts `only_value`, or `highest_value` and `lowest_value`, with `..._at`; and at which levels."""
    if len(items) == 1:
        chosen = {"only": items[0]}
    else:
        chosen = {
            "highest": max(items, key=lambda item: item.value.value),
            "lowest": min(items, key=lambda item: item.value.value),
        }
    facts: dict[str, Fact] = {}
    for word, item in chosen.items():
        facts[f"{word}_value"] = shown_as(item.value, scale)
        if item.at is not None:
            facts[f"{word}_at"] = item.at
    return facts, {word: item.levels for word, item in chosen.items()}


def shown_as(estimate: Estimate, scale: str) -> Estimate | Number:
    """Return a value as it is quoted: a decimal logarithm as the number it stands for, where the interval is narrow."""
    value, low, high = estimate.value, estimate.low, estimate.high
    if scale != "log10":
        return Estimate(value, low, high, UNITS.get(scale, "1"), estimate.n)
    if low == high or (math.isinf(low) and math.isinf(high)):
        return Number(value, LOGARITHM)
    if low < SMALLEST or high - low > WIDE:
        return Estimate(value, low, high, LOGARITHM, estimate.n)
    return Estimate(10.0**value, 10.0**low, 10.0**high, "1", estimate.n)


def in_common(experiment: Experiment, levels: Mapping[str, Sequence[Any]]) -> Levels:
    """Return what has one level: the cell, what an axis names, and the sizes that the measure sets by itself."""
    named = {"name", *experiment.asked.defaults, *(field for grid in experiment.grids for field in grid)}
    if experiment.asked.kind == TIME:
        named |= {"direction", "threads"}
    return tuple((field, found[0]) for field, found in levels.items() if len(found) == 1 and field in named)
