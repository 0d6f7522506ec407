"""Curves of an experiment, one for each case and seed; and what stands for a curve where a field is along x."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.cells import known
from analysis.experiments.levels import fields_of
from analysis.readings.gradient_curves import WHOLE_STATE
from analysis.readings.trainings import carried_on
from analysis.statistics.fits import slopes
from bench.experiments.definition import Experiment

COUNTED = ("ok", "zero")
LN10 = math.log(10)


@dataclass(frozen=True)
class Reading:
    """One value per case and seed, or one at each place along `x`.

    Parameters
    ----------
    name
        Of the quantity, in the catalogue.
    scale
        As in `analysis.result.Layout`.
    x
        The column along the curves; empty where there is one value for each case and seed.
    values
        The columns of the rows, and `value`: minus infinity is the logarithm of an exact 0.

    """

    name: str
    scale: str
    x: str
    values: pd.DataFrame


def metric_rows(rows: pd.DataFrame, metrics: tuple[str, ...], part: str = "") -> pd.DataFrame:
    """Select the rows of metrics, those without a number too; with `part`, of all members of the family.

    The column `part` then has what follows the name of the family: "gate_mean_f" is about the gate f.
    """
    if not part:
        return rows.loc[rows["metric"].isin(metrics)]
    (family,) = metrics
    rows = rows.loc[rows["metric"].str.startswith(f"{family}_")]
    return rows.assign(**{part: rows["metric"].str.removeprefix(f"{family}_")})


def counted(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows that have a number; that of an exact 0 is the logarithm's, minus infinity."""
    rows = rows.loc[rows["status"].isin(COUNTED)]
    return rows.assign(value=rows["value"].astype(float).mask(rows["status"] == "zero", -math.inf))


def curve(rows: pd.DataFrame, experiment: Experiment) -> Reading:
    """Return the curves of an experiment along their steps, as its measure is read.

    Gradients are those of all that a cell hands on, h or (h, c), over their value at lag 0; those of a loss at every
    step, and Jacobians, are as they are. Of truncated back-propagation the window of the whole sequence is left out,
    which cuts nothing off. A training that has ended keeps its last score, so that all are counted at every step.
    """
    asked = experiment.asked
    x, scale = STEPS[asked.name]
    found = counted(metric_rows(rows, METRICS.get(asked.name, (asked.metric,)), asked.part))
    if asked.name == "gradient-flow":
        joint = found.loc[found["metric"] == WHOLE_STATE[1]]
        found = pd.concat([found.loc[(found["metric"] == WHOLE_STATE[0]) & ~found["name"].isin(joint["name"])], joint])
        found = _over_start(found, [*fields_of(experiment), "seed"])
    if asked.part == "gate":
        found = found.loc[[_is_gate(*pair) for pair in zip(found["name"], found["gate"], strict=True)]]
    if asked.name == "truncated":
        found = found.loc[found["step"] < found["seq_len"]]
    if asked.name == TRAINING:
        return _scores(found, [*fields_of(experiment), "seed"], x)
    return Reading(asked.name, scale, x, found.rename(columns={"step": x}))


def _scores(found: pd.DataFrame, keys: list[str], x: str) -> Reading:
    """Read scores along training steps: shares of right answers, or the logarithms of errors; or both, as they are."""
    kinds = set(found["metric"])
    found = carried_on(found, keys).rename(columns={"step": x})
    if kinds == {ERROR}:
        return Reading("training-error", "log10", x, found.assign(value=np.log10(found["value"])))
    return Reading(TRAINING, "plain" if ERROR in kinds else "share", x, found)


def along_field(rows: pd.DataFrame, experiment: Experiment) -> Reading:
    """Return one number for each curve, for an axis that is a field.

    Of gradients the slope in decades per step, of a spectrum the largest exponent, of gates the mean over steps, of
    everything else the last value.
    """
    found = curve(rows, experiment)
    name, scale, take = ALONG.get(found.name, (f"{found.name}-last", found.scale, _last))
    return Reading(name, scale, "", take(found.values, [*fields_of(experiment), "seed"], found.x))


def _is_gate(name: str, gate: str) -> bool:
    """Say whether it is a gate proper, σ of something, and no candidate; of an unknown cell all count."""
    gates = known().find(name).sigmoid_gates
    return gate in gates or not gates


def _over_start(curves: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    start = curves.loc[curves["step"] == 0, [*keys, "value"]].rename(columns={"value": "start"})
    curves = curves.merge(start, on=keys)
    return curves.assign(value=curves["value"] - curves.pop("start"))


def _slope(curves: pd.DataFrame, keys: list[str], x: str) -> pd.DataFrame:
    """Fit every curve; a bias of the gate that writes tells two curves apart too."""
    named = curves.rename(columns={"value": "log10_g"})
    parts = [slopes(part).assign(write_bias=bias) for bias, part in named.groupby("write_bias", sort=True)]
    if not parts:
        return curves
    return pd.concat(parts, ignore_index=True).rename(columns={"slope10": "value"})


def _first(curves: pd.DataFrame, keys: list[str], x: str) -> pd.DataFrame:
    return curves.loc[curves[x] == 1]


def _last(curves: pd.DataFrame, keys: list[str], x: str) -> pd.DataFrame:
    return curves.sort_values([*keys, x]).groupby(keys, sort=True).tail(1)


def _mean(curves: pd.DataFrame, keys: list[str], x: str) -> pd.DataFrame:
    return curves.groupby(keys, sort=True)["value"].mean().reset_index()


TRAINING = "training"
ERROR = "test_mse"
METRICS: Mapping[str, tuple[str, ...]] = {"gradient-flow": WHOLE_STATE, TRAINING: ("test_accuracy", ERROR)}
"""Metrics that are read where it is not the measure's own alone."""
STEPS: Mapping[str, tuple[str, str]] = {
    "gradient-flow": ("lag", "log10"),
    "every-step": ("lag", "log10"),
    "step-jacobians": ("lag", "log10"),
    "truncated": ("window", "log10"),
    "lyapunov-spectrum": ("place", "plain"),
    "gates": ("step", "share"),
    TRAINING: ("training_step", "share"),
}
"""Measure to what its steps are, and the scale of its values."""
ALONG: Mapping[str, tuple[str, str, Callable[[pd.DataFrame, list[str], str], pd.DataFrame]]] = {
    "gradient-flow": ("decay-rate", "plain", _slope),
    "lyapunov-spectrum": ("largest-exponent", "plain", _first),
    "gates": ("mean-opening", "share", _mean),
}


def band(values: pd.Series) -> tuple[float, float, float]:
    """Return the median of values and the ends of the band that holds 95 % of them; some may be minus infinity."""
    numbers = values.to_numpy(float)
    if np.isfinite(numbers).all():
        low, median, high = np.quantile(numbers, (0.025, 0.5, 0.975))
    else:
        low, median, high = np.quantile(numbers, (0.025, 0.5, 0.975), method="inverted_cdf")
    return float(median), float(low), float(high)
