"""Statistics of claims about the gradient: horizons, what is left of it, which of two states keeps more."""

from __future__ import annotations

import math

import pandas as pd

from analysis.claims.claim import Statistic
from analysis.claims.samples import Samples
from analysis.readings.gradient_curves import common_size, gradient_curves, lasting_curves
from analysis.readings.horizons import median_horizon
from analysis.result import LOGARITHM, Fact, Number, fact_key
from analysis.select import INITIALISER_ORDER
from analysis.statistics.fits import CURVE, FIRST_LAG, factor, horizons, slopes
from bench.names import unknown

EPSILON = 1e-3
"""A gradient below this share of its start is called lost."""

LONGER = 2.0
"""Mitigation, or a longer memory, worth the name: the gradient lasts at least twice as long."""

UNGATED = "lstm-1997"
"""The LSTM without a forget gate: its cell state multiplies itself by exactly 1."""

GATE_INITIALISERS = ("torch-fb1", "chrono")
"""Initialisers that differ from `torch` in a gate's bias only: a cell without gates is the same under both."""


def horizon_ratio(name: str, other: str, epsilon: float = EPSILON) -> Statistic:
    """Horizon of one cell over that of another on the same seed, per initialiser and hidden size.

    Where the gradient outlasts the sequence that most cases share, the longest that were measured count. A horizon
    beyond them is known from below only, and so is its ratio. Where the other cell has no rows under an initialiser
    that sets gate biases alone, its rows under `torch` stand for it: it has no gates.
    """

    def statistic(frame: pd.DataFrame) -> Samples | None:
        found = horizons(lasting_curves(frame, epsilon), epsilon)
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
        common = pair.loc[pair["hidden_size"] == common_size(frame)]
        if common.empty:
            common = pair
        facts["hidden_size"] = float(common["hidden_size"].iloc[0])
        for level, part in common.groupby("initialiser"):
            key = fact_key(level)
            facts[f"horizon_{key}"] = median_horizon(part)
            facts[f"horizon_other_{key}"] = median_horizon(part, "_other")
        return Samples(in_order(table), ("initialiser", "hidden_size"), "ratio", scale="ratio", facts=facts)

    return statistic


def left_of_cell_state(study: str, variable: str, paths: bool = False) -> Statistic:
    """log10 of what is left of dL/dc at the longest lag; with `paths` also of the path through the forget gates alone.

    The start of the sequence is left out: c_0 is given, and no path runs from h_0 to it. A gradient that is exactly 0
    counts, as minus infinity. Facts: the same of the LSTM without a forget gate, where it was measured.

    Parameters
    ----------
    study, variable
        Where the rows are, and the axis of that study: initialiser, initialiser_value (the forget bias) or gain.
    paths
        Whether the forget path stands beside the total.

    """

    def statistic(frame: pd.DataFrame) -> Samples | None:
        ends = _ends(frame, study, paths)
        lstm = ends.loc[ends["name"] == "lstm"]
        if lstm.empty:
            return None
        variables = (variable, "path", "hidden_size") if paths else (variable, "hidden_size")
        table = lstm.rename(columns={"seed": "sample", "log10_g": "value"}).loc[:, [*variables, "sample", "value"]]
        facts: dict[str, Fact] = {"lag": float(lstm["lag"].max())}
        for (level, path), part in lstm.groupby([variable, "path"]):
            facts[fact_key("left", path, level)] = Number(float(part["log10_g"].median()), LOGARITHM)
        for (level, path), part in ends.loc[ends["name"] == UNGATED].groupby([variable, "path"]):
            facts[fact_key("ungated", path, level)] = Number(float(part["log10_g"].median()), LOGARITHM)
        table = in_order(table) if variable == "initialiser" else table.sort_values(list(variables))
        return Samples(table, variables, "decades", facts=facts)

    return statistic


def _ends(frame: pd.DataFrame, study: str, paths: bool) -> pd.DataFrame:
    """Last point but the start of each curve of the cell state, in total and along the forget gates."""
    parts = []
    for metric, path in (("log10_norm_c", "total"), ("log10_forget_path", "forget-path")):
        if path == "total" or paths:
            curves = gradient_curves(frame, study, metric, zeros=True)
            curves = curves.loc[curves["lag"] < curves["seq_len"]]
            parts.append(curves.loc[curves["lag"] == curves["lag"].max()].assign(path=path))
    ends = pd.concat(parts)
    ends["gain"] = ends["initialiser_value"]  # what the value is in a study of gains
    return ends


def cell_beside_hidden(name: str = "lstm") -> Statistic:
    """Norm of dL/dc over that of dL/dh at the same lag, geometric mean over the lags that a rate is fitted to.

    Neither an epsilon nor a start enters: both gradients come from one loss, and both states have H units. Facts: the
    factor per step of each.
    """

    def statistic(frame: pd.DataFrame) -> Samples | None:
        curves = {state: gradient_curves(frame, "gradients", f"log10_norm_{state}", relative=False) for state in "ch"}
        curves = {state: part.loc[part["name"] == name] for state, part in curves.items()}
        pair = curves["c"].merge(curves["h"], on=[*CURVE, "lag"], suffixes=("", "_h"))
        pair = pair.loc[(pair["lag"] >= FIRST_LAG) & (pair["lag"] < pair["seq_len"])]
        if pair.empty:
            return None
        more = pair["log10_g"] - pair.pop("log10_g_h")
        table = pair.assign(value=more).groupby(["initialiser", "hidden_size", "seed"])["value"].mean().reset_index()
        table = table.assign(value=10 ** table["value"]).rename(columns={"seed": "sample"})
        facts: dict[str, Fact] = {"first_lag": float(FIRST_LAG)}
        for state, part in curves.items():
            for level, slope in slopes(part).groupby("initialiser")["slope10"].median().items():
                facts[fact_key("factor", state, level)] = Number(factor(float(slope)), digits=3)
        return Samples(in_order(table), ("initialiser", "hidden_size"), "ratio", scale="ratio", facts=facts)

    return statistic


STARTS = ("own", "hidden", "second")
"""Where a curve of one state begins: at its own gradient of the last step, at that of h, or one step earlier, when the
gradient of the loss has moved from h to c."""


def horizon_ratio_of_states(name: str = "lstm", epsilon: float = EPSILON, start: str = "own") -> Statistic:
    """Horizon of dL/dc over that of dL/dh on the same seed, from one of `STARTS`."""
    if start not in STARTS:
        raise ValueError(unknown("start", start, STARTS))

    def statistic(frame: pd.DataFrame) -> Samples | None:
        curves = {
            state: gradient_curves(frame, "gradients", f"log10_norm_{state}", relative=False, zeros=True)
            for state in "ch"
        }
        curves = {state: part.loc[part["name"] == name] for state, part in curves.items()}
        if any(part.empty for part in curves.values()):
            return None
        lag = 1 if start == "second" else 0
        found = {}
        for state, part in curves.items():
            begin = curves["h" if start == "hidden" else state]
            begin = begin.loc[begin["lag"] == lag, [*CURVE, "log10_g"]]
            both = part.merge(begin, on=list(CURVE), suffixes=("", "_start"))
            both["log10_g"] -= both.pop("log10_g_start")
            found[state] = horizons(both.loc[both["lag"] >= lag], epsilon)
        pair = found["c"].merge(found["h"], on=list(CURVE), suffixes=("", "_h"))
        return Samples(in_order(_ratios(pair, "_h")), ("initialiser", "hidden_size"), "ratio", scale="ratio")

    return statistic


def _ratios(pair: pd.DataFrame, other: str) -> pd.DataFrame:
    """Ratio of two horizons of a seed, between bounds where one lies beyond the sequence; anything where both do."""
    ratio = pair["horizon"] / pair[f"horizon{other}"]
    return pair.loc[:, ["initialiser", "hidden_size"]].assign(
        sample=pair["seed"],
        value=ratio,
        low=ratio.where(~pair[f"censored{other}"], 0.0),
        high=ratio.where(~pair["censored"], math.inf),
    )


def in_order(table: pd.DataFrame, after: list[str] | None = None) -> pd.DataFrame:
    """Sort by initialiser in the house's order, then by the columns of `after` (hidden_size) and by sample."""
    after = ["hidden_size"] if after is None else after
    order = {name: position for position, name in enumerate(INITIALISER_ORDER)}
    rank = table["initialiser"].map(lambda name: (order.get(name, len(order)), name))
    return table.assign(rank=rank).sort_values(["rank", *after, "sample"], ignore_index=True).drop(columns="rank")
