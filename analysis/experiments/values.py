"""Values of an experiment that was computed: curves with the band of their seeds, or points with their intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.experiments.curves import Reading, along_field, band, counted, curve, metric_rows
from analysis.experiments.levels import fields_of, levels_of
from analysis.experiments.parts import Answer
from analysis.experiments.placing import Places, along, places
from analysis.experiments.quoting import Item, in_common, quotes
from analysis.result import Estimate, Fact, Layout, Levels
from analysis.statistics.intervals import centred, exact, generator
from analysis.statistics.shares import share
from bench.experiments.askable import CURVE
from bench.experiments.definition import STEP, Experiment

FIRST_PLACE = "lyapunov-spectrum"
"""The curves of this measure are compared by their first value, all others by their last."""


ALL_LENGTHS = ("training_step",)
"""What stands along curves that are compared whatever the length of their sequences is."""
SHARES = ("solved",)
"""Metrics that are 1 or 0: their mean is a share, with an interval that has a width also where all did it or none."""


def answer(rows: pd.DataFrame, experiment: Experiment) -> Answer | None:
    """Return what is drawn and quoted of an experiment along steps or fields; None where no row has a value."""
    asked = experiment.asked
    if asked.kind == CURVE and experiment.x in ("", STEP):
        return _curves(curve(rows, experiment), experiment)
    if asked.kind == CURVE:
        return _points(along_field(rows, experiment), experiment)
    scale = "log10" if asked.metric.startswith("log10_") else "share" if asked.metric in SHARES else "count"
    return _points(Reading(asked.name, scale, "", counted(metric_rows(rows, (asked.metric,)))), experiment)


def _curves(reading: Reading, experiment: Experiment) -> Answer | None:
    """Median over seeds at each step with the band of 95 % of them; quoted is the end of each curve, or its start."""
    found, x = reading.values, reading.x
    if not np.isfinite(found["value"]).any():
        return None
    levels = levels_of(found, fields_of(experiment))
    placed = places(experiment, levels, STEP)
    groups = _groups(levels, placed)
    lines = found.groupby([*groups, x], sort=True)["value"]
    data = pd.DataFrame(
        [(*key, *band(part), len(part)) for key, part in lines], columns=[*groups, x, "median", "low", "high", "seeds"]
    )
    rng = generator(experiment.name)
    items = []
    for key, part in found.groupby(groups, sort=True):
        at = part[x].min() if reading.name == FIRST_PLACE else part[x].max()
        value = centred(part.loc[part[x] == at, "value"].to_numpy(float), rng)
        items.append(Item(_varied(groups, key, levels), value, float(at)))
    facts, quoted = quotes(items if reading.x in ALL_LENGTHS else _longest(items), reading.scale)
    layout = Layout(
        experiment,
        reading.name, reading.scale, x, placed.colour, placed.line, placed.panels, ("median", "low", "high"),
        quoted | {"common": in_common(experiment, levels)},
    )  # fmt: skip
    return Answer(data, layout, facts | _seeds(found, experiment), items)


def _points(reading: Reading, experiment: Experiment) -> Answer | None:
    """Mean over seeds at each point with its interval; a number that nothing draws is exact."""
    found = reading.values.loc[np.isfinite(reading.values["value"].astype(float))]
    if found.empty:
        return None
    levels = levels_of(found, fields_of(experiment))
    placed = places(experiment, levels, along(levels))
    groups = _groups(levels, placed)
    rng = generator(experiment.name)
    items, rows = [], []
    for key, part in found.groupby(groups, sort=True):
        numbers = part["value"].to_numpy(float)
        value = _middle(numbers, experiment, rng)
        items.append(Item(_varied(groups, key, levels), value))
        rows.append((*key, value.value, *ends(value), value.n))
    data = pd.DataFrame(rows, columns=[*groups, "value", "low", "high", "n"])
    values = ("value", "low", "high")
    if not experiment.asked.seeds:
        data, values = data.drop(columns=["low", "high", "n"]), ("value", "value", "value")
    facts, quoted = quotes(items, reading.scale)
    layout = Layout(
        experiment,
        reading.name, reading.scale, placed.x, placed.colour, placed.line, placed.panels, values,
        quoted | {"common": in_common(experiment, levels)},
    )  # fmt: skip
    return Answer(data, layout, facts | _seeds(found, experiment), items)


def _middle(numbers: NDArray[np.float64], experiment: Experiment, rng: np.random.Generator) -> Estimate:
    if not experiment.asked.seeds:
        return exact(float(numbers[0]), "1")
    return share(numbers) if experiment.asked.metric in SHARES else centred(numbers, rng, centre="mean")


def _longest(items: Sequence[Item]) -> list[Item]:
    """Keep the curves of the longest sequences, so that what is compared comes after equally many steps."""
    most = max(dict(item.levels).get("seq_len", 0) for item in items)
    return [item for item in items if dict(item.levels).get("seq_len", 0) == most]


def ends(value: Estimate) -> tuple[float, float]:
    """Return the ends of an interval to be drawn: NaN where there are too few units to know it."""
    return tuple(end if math.isfinite(end) else math.nan for end in (value.low, value.high))  # type: ignore[return-value]


def _groups(levels: Mapping[str, list[Any]], placed: Places) -> list[str]:
    """Return the columns of the data that tell series and points apart: the cell, what varies, and what has a place."""
    return list(dict.fromkeys(["name", *(field for field, found in levels.items() if len(found) > 1), *placed.columns]))


def _varied(groups: Sequence[str], key: tuple[Any, ...], levels: Mapping[str, list[Any]]) -> Levels:
    """Pair each column that varies with its level; one point alone is told by its cell."""
    pairs = list(zip(groups, key, strict=True))
    return tuple(pair for pair in pairs if len(levels.get(pair[0], ())) > 1) or tuple(pairs[:1])


def _seeds(found: pd.DataFrame, experiment: Experiment) -> dict[str, Fact]:
    return {"seeds": int(found["seed"].nunique())} if experiment.asked.seeds else {}
