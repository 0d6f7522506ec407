"""Statistics of claims about the gradient: horizons, what is left of it, which of two states keeps more."""

from __future__ import annotations

import math

import pandas as pd

from analysis.claims.rule import Statistic
from analysis.claims.samples import Samples
from analysis.readings.gradient_curves import gradient_curves, state_curves
from analysis.readings.horizons import median_horizon
from analysis.result import LOGARITHM, Fact, Number, fact_key
from analysis.select import INITIALISER_ORDER
from analysis.statistics.fits import CURVE, factor, horizons, slopes

EPSILON = 1e-3
"""A gradient below this share of its start is called lost."""

LONGER = 2.0
"""Mitigation, or a longer memory, worth the name: the gradient lasts at least twice as long."""

GATE_INITIALISERS = ("torch-fb1", "chrono")
"""Initialisers that differ from `torch` in a gate's bias only: a cell without gates is the same under both."""


def horizon_ratio(name: str, other: str, epsilon: float = EPSILON) -> Statistic:
    """Horizon of one cell over that of another on the same seed, per initialiser and hidden size.

    A horizon beyond the sequence is known from below only, and so is its ratio. Where the other cell has no rows
    under an initialiser that sets gate biases alone, its rows under `torch` stand for it: it has no gates.
    """

    def statistic(frame: pd.DataFrame) -> Samples | None:
        found = horizons(state_curves(frame), epsilon)
        a, b = found.loc[found["name"] == name], found.loc[found["name"] == other]
        if a.empty or b.empty:
            return None
        plain = b.loc[b["initialiser"] == "torch"]
        for level in GATE_INITIALISERS:
            if level not in set(b["initialiser"]):
                b = pd.concat([b, plain.assign(initialiser=level)])
        keys = ["initialiser", "hidden_size", "seed"]
        columns = [*keys, "horizon", "censored"]
        pair = a.loc[:, columns].merge(b.loc[:, columns], on=keys, suffixes=("", "_other"))
        if pair.empty:
            return None
        table = _ratios(pair, "_other")
        facts: dict[str, Fact] = {"epsilon": epsilon}
        for level, part in pair.groupby("initialiser"):
            key = fact_key(level)
            facts[f"horizon_{key}"] = median_horizon(part)
            facts[f"horizon_other_{key}"] = median_horizon(part, "_other")
        return Samples(in_order(table), ("initialiser", "hidden_size"), "ratio", scale="ratio", facts=facts)

    return statistic


def left_of_cell_state(study: str, variable: str, paths: bool = False) -> Statistic:
    """log10 of what is left of dL/dc at the longest lag; with `paths` also of the path through the forget gates alone.

    Parameters
    ----------
    study, variable
        Where the rows are, and the axis of that study: initialiser, initialiser_value (the forget bias) or gain.
    paths
        Whether the forget path stands beside the total.

    """

    def statistic(frame: pd.DataFrame) -> Samples | None:
        parts = []
        for metric, path in (("log10_norm_c", "total"), ("log10_forget_path", "forget-path")):
            if metric == "log10_forget_path" and not paths:
                continue
            curves = gradient_curves(frame, study, metric)
            curves = curves.loc[curves["name"] == "lstm"]
            parts.append(_last(curves).assign(path=path))
        ends = pd.concat(parts)
        ends["gain"] = ends["initialiser_value"]  # what the value is in a study of gains
        if ends.empty:
            return None
        variables = (variable, "path", "hidden_size") if paths else (variable, "hidden_size")
        table = ends.rename(columns={"seed": "sample", "log10_g": "value"})
        table = table.loc[:, [*variables, "sample", "value"]]
        facts: dict[str, Fact] = {"lag": float(ends["lag"].max())}
        for (level, path), part in ends.groupby([variable, "path"]):
            facts[fact_key("left", path, level)] = Number(float(part["log10_g"].median()), LOGARITHM)
        table = in_order(table) if variable == "initialiser" else table.sort_values(list(variables))
        return Samples(table, variables, "decades", facts=facts)

    return statistic


def horizon_ratio_of_states(name: str = "lstm", epsilon: float = EPSILON) -> Statistic:
    """Horizon of dL/dc over that of dL/dh on the same seed, each relative to its own start.

    In the long run both fade at one rate, as parts of one state; what differs is how much of each is left by then.
    """

    def statistic(frame: pd.DataFrame) -> Samples | None:
        curves = {state: gradient_curves(frame, "gradients", f"log10_norm_{state}") for state in ("c", "h")}
        curves = {state: part.loc[part["name"] == name] for state, part in curves.items()}
        if any(part.empty for part in curves.values()):
            return None
        found = {state: horizons(part, epsilon) for state, part in curves.items()}
        pair = found["c"].merge(found["h"], on=list(CURVE), suffixes=("", "_h"))
        table = _ratios(pair, "_h")
        facts: dict[str, Fact] = {"epsilon": epsilon}
        for level, part in pair.groupby("initialiser"):
            facts[fact_key("c", level)] = median_horizon(part)
            facts[fact_key("h", level)] = median_horizon(part, "_h")
        for state, part in curves.items():
            for level, slope in slopes(part).groupby("initialiser")["slope10"].median().items():
                facts[fact_key("factor", state, level)] = Number(factor(float(slope)), digits=3)
        return Samples(in_order(table), ("initialiser", "hidden_size"), "ratio", scale="ratio", facts=facts)

    return statistic


def _ratios(pair: pd.DataFrame, other: str) -> pd.DataFrame:
    """Ratio of two horizons of a seed, between bounds where one lies beyond the sequence; none where both do."""
    ratio = pair["horizon"] / pair[f"horizon{other}"]
    table = pair.loc[:, ["initialiser", "hidden_size"]].assign(
        sample=pair["seed"],
        value=ratio,
        low=ratio.where(~pair[f"censored{other}"], 0.0),
        high=ratio.where(~pair["censored"], math.inf),
    )
    return table.loc[~(pair["censored"] & pair[f"censored{other}"])]


def _last(curves: pd.DataFrame) -> pd.DataFrame:
    """Last point of each curve that reaches the longest lag of all."""
    return curves.loc[curves["lag"] == curves["lag"].max()]


def in_order(table: pd.DataFrame, after: list[str] | None = None) -> pd.DataFrame:
    """Sort by initialiser in the house's order, then by the columns of `after` (hidden_size) and by sample."""
    after = ["hidden_size"] if after is None else after
    order = {name: position for position, name in enumerate(INITIALISER_ORDER)}
    rank = table["initialiser"].map(lambda name: (order.get(name, len(order)), name))
    return table.assign(rank=rank).sort_values(["rank", *after, "sample"], ignore_index=True).drop(columns="rank")
