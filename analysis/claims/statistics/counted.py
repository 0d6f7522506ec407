"""Statistics of claims that a count decides: parameters, gates, affine maps. Exact, so no interval."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.claims.claim import Statistic
from analysis.claims.samples import Samples
from analysis.readings.parameter_counts import SHAPE, counts
from analysis.result import Fact


def _pair(frame: pd.DataFrame, name: str, other: str, metrics: tuple[str, ...]) -> pd.DataFrame:
    """Put the counts of two cells side by side at every shape that both have."""
    found = counts(frame)
    if any(metric not in found.columns for metric in metrics):
        return pd.DataFrame()
    columns = [*SHAPE, *metrics]
    a = found.loc[found["name"] == name, columns]
    b = found.loc[found["name"] == other, columns]
    return a.merge(b, on=list(SHAPE), suffixes=("", "_other")).dropna()


def count(name: str, metric: str) -> Statistic:
    """Take a count of one cell, at every shape."""

    def statistic(frame: pd.DataFrame) -> Samples | None:
        pair = _pair(frame, name, name, (metric,))
        return None if pair.empty else _exact(pair, pair[metric], "count")

    return statistic


def count_difference(name: str, other: str, metric: str) -> Statistic:
    """Count of one cell minus that of another, at every shape."""

    def statistic(frame: pd.DataFrame) -> Samples | None:
        pair = _pair(frame, name, other, (metric,))
        if pair.empty:
            return None
        facts: dict[str, Fact] = {"own": pair[metric].iloc[0], "other": pair[f"{metric}_other"].iloc[0]}
        return _exact(pair, pair[metric] - pair[f"{metric}_other"], "count", facts)

    return statistic


def states_beside(name: str, other: str) -> Statistic:
    """Count the states that one cell hands from step to step beyond those of another. Facts: the gates of both."""
    return with_gates(count_difference(name, other, "states"), name, other)


def with_gates(statistic: Statistic, name: str, other: str) -> Statistic:
    """Let the card quote what is inside: gates and affine maps of both cells."""

    def extended(frame: pd.DataFrame) -> Samples | None:
        samples = statistic(frame)
        pair = _pair(frame, name, other, ("gates", "affine_maps"))
        if samples is None or pair.empty:
            return samples
        inside: dict[str, Fact] = {
            "gates": pair["gates"].iloc[0],
            "gates_other": pair["gates_other"].iloc[0],
            "maps": pair["affine_maps"].iloc[0],
            "maps_other": pair["affine_maps_other"].iloc[0],
        }
        return replace(samples, facts=dict(samples.facts) | inside)

    return extended


def count_ratio(name: str, other: str, metric: str = "parameters_single") -> Statistic:
    """Count of one cell over that of another, at every shape."""

    def statistic(frame: pd.DataFrame) -> Samples | None:
        pair = _pair(frame, name, other, (metric,))
        if pair.empty:
            return None
        largest = pair.sort_values(["hidden_size", "input_size"]).iloc[-1]  # the size that the figure tells of
        facts: dict[str, Fact] = {
            "input_size": largest["input_size"],
            "hidden_size": largest["hidden_size"],
            "own": largest[metric],
            "other": largest[f"{metric}_other"],
        }
        return _exact(pair, pair[metric] / pair[f"{metric}_other"], "ratio", facts)

    return statistic


def biases_per_map(name: str) -> Statistic:
    """Bias vectors of length H per affine map: (P with one bias - P without) / (k·H)."""

    def statistic(frame: pd.DataFrame) -> Samples | None:
        pair = _pair(frame, name, name, ("parameters_single", "parameters_none", "parameters_double", "affine_maps"))
        if pair.empty:
            return None
        per_map = pair["affine_maps"] * pair["hidden_size"]
        library = (pair["parameters_double"] - pair["parameters_none"]) / per_map
        facts: dict[str, Fact] = {"library": library.mean(), "maps": pair["affine_maps"].iloc[0]}
        return _exact(pair, (pair["parameters_single"] - pair["parameters_none"]) / per_map, "count", facts)

    return statistic


def weights_from_cell_state(name: str = "lstm") -> Statistic:
    """Parameters beyond k·[H(I + H) + H], the maps of [h, x]: those that would read the cell state.

    Facts: how many a peephole to the output gate takes, H.
    """

    def statistic(frame: pd.DataFrame) -> Samples | None:
        pair = _pair(frame, name, name, ("parameters_single", "affine_maps"))
        if pair.empty:
            return None
        hidden, inputs = pair["hidden_size"], pair["input_size"]
        beyond = pair["parameters_single"] - pair["affine_maps"] * (hidden * (inputs + hidden) + hidden)
        facts: dict[str, Fact] = {"peephole": float(hidden.max()), "hidden_size": float(hidden.max())}
        return _exact(pair, beyond, "count", facts)

    return statistic


def _exact(pair: pd.DataFrame, values: pd.Series, unit: str, facts: dict[str, Fact] | None = None) -> Samples:
    frame = pair.loc[:, list(SHAPE)].assign(sample=0, value=values)
    return Samples(frame, SHAPE, unit, centre="exact", facts=facts or {})
