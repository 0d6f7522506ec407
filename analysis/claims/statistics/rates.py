"""Statistics of claims about what sets a rate: the recurrence, tanh, the hidden state, gates that move."""

from __future__ import annotations

import math

import pandas as pd

from analysis.claims.claim import Statistic
from analysis.claims.samples import Samples
from analysis.claims.statistics.flow import EPSILON, in_order
from analysis.readings.gradient_curves import common_size, lasting_curves
from analysis.readings.horizons import median_horizon
from analysis.result import Fact, Number, fact_key
from analysis.select import measured
from analysis.statistics.fits import BURN_IN, CURVE, factor, horizons, profiles, slopes
from analysis.theory.closed_forms import finite_size_exponent


def rate_beyond_recurrence() -> Statistic:
    """slope10 of a gradient that vanishes minus the slope that the recurrence alone predicts, per arm and gain.

    Linear arms: a simple cell without input stays at zero, where tanh has the slope 1, and log10 of the spectral radius
    of its matrix is predicted; orthogonal matrices have one rate in all directions. The tanh arm has an input, and what
    is predicted is the mean-field rate of the product of its Jacobians, at its size.
    """

    def statistic(frame: pd.DataFrame) -> Samples | None:
        linear = _simple(frame, "gain", "zero")
        radius = measured(frame, "gain", "log10_spectral_radius")
        keys = ["initialiser", "initialiser_value", "inputs", "hidden_size", "seed"]
        linear = linear.merge(radius.loc[:, [*keys, "value"]], on=keys).rename(columns={"value": "predicted"})
        if linear.empty:
            return None
        linear["arm"] = linear["initialiser"].map({"scaled-orthogonal": "orthogonal"}).fillna("linear")
        driven = _simple(frame, "mean-field", "normal")
        driven = driven.loc[driven["hidden_size"] == driven["hidden_size"].max()].assign(arm="tanh")
        driven["predicted"] = [
            finite_size_exponent(row.initialiser_value, row.input_scale**2, int(row.hidden_size)) / math.log(10)
            for row in driven.itertuples()
        ]
        both = pd.concat([linear, driven], ignore_index=True)
        facts: dict[str, Fact] = {
            fact_key("factor", gain): Number(factor(float(part["slope10"].mean())), digits=3)
            for gain, part in linear.loc[linear["arm"] == "orthogonal"].groupby("initialiser_value")
        }
        # A linear network at gain 1 is the edge itself: what rounding makes of its sign decides nothing.
        both = both.loc[(both["predicted"] < 0) & ((both["arm"] == "tanh") | (both["initialiser_value"] < 1))]
        table = both.loc[:, ["arm"]].assign(
            gain=both["initialiser_value"], sample=both["seed"], value=both["slope10"] - both["predicted"]
        )
        return Samples(table, ("arm", "gain"), "decades per step", centre="mean", facts=facts)

    return statistic


def rate_under_tanh() -> Statistic:
    """slope10 of a tanh RNN under an N(0, 1) input, per gain; zero: the gradient neither vanishes nor explodes."""

    def statistic(frame: pd.DataFrame) -> Samples | None:
        driven = _tanh(frame)
        if driven.empty:
            return None
        table = driven.loc[:, ["slope10"]].rename(columns={"slope10": "value"})
        table = table.assign(gain=driven["initialiser_value"], sample=driven["seed"])
        return Samples(table, ("gain",), "decades per step", centre="mean")

    return statistic


def slope_saved_by_tanh() -> Statistic:
    """|slope10| of a tanh RNN under input minus |slope10| with the identity in place of tanh, per gain, same matrix.

    Below zero: with tanh the gradient keeps its size better. Facts: the factor per step of both.
    """

    def statistic(frame: pd.DataFrame) -> Samples | None:
        tanh, identity = _tanh(frame), _identity(frame)
        keys = ["initialiser_value", "hidden_size", "seed"]
        pair = tanh.merge(identity.loc[:, [*keys, "slope10"]], on=keys, suffixes=("", "_identity"))
        if pair.empty:
            return None
        table = pd.DataFrame(
            {
                "gain": pair["initialiser_value"],
                "sample": pair["seed"],
                "value": pair["slope10"].abs() - pair["slope10_identity"].abs(),
            }
        )
        facts: dict[str, Fact] = {}
        for kind, part in (("tanh", tanh), ("identity", identity)):
            for gain, slope in part.groupby("initialiser_value")["slope10"].mean().items():
                facts[fact_key(kind, float(str(gain)))] = Number(factor(float(slope)), digits=3)
        return Samples(table, ("gain",), "decades per step", centre="mean", facts=facts)

    return statistic


def steps_until_lost(epsilon: float = EPSILON) -> Statistic:
    """Horizon of the joint state at the common hidden size, in sequences that outlast it where there are any.

    Beyond the sequence it is known from below only. Facts: the same rate forward, from a perturbation of the start.
    """

    def statistic(frame: pd.DataFrame) -> Samples | None:
        curves = lasting_curves(frame, epsilon)
        if curves.empty:
            return None
        curves = curves.loc[curves["hidden_size"] == common_size(frame)]
        found = horizons(curves, epsilon)
        table = found.loc[:, ["name", "initialiser"]].assign(
            sample=found["seed"], value=found["horizon"], low=found["horizon"],
            high=found["horizon"].where(~found["censored"], math.inf),
        )  # fmt: skip
        facts: dict[str, Fact] = {
            "epsilon": epsilon,
            "longest": float(curves["seq_len"].max()),
            "at_hidden_size": float(curves["hidden_size"].iloc[0]),
        }
        for (name, initialiser), part in found.groupby(["name", "initialiser"]):
            facts[fact_key("horizon", name, initialiser)] = median_horizon(part)
        moved = slopes(profiles(measured(frame, "jacobians", "log10_perturbation")))
        back = slopes(profiles(measured(frame, "jacobians", "log10_jacobian_joint_rms")))
        for way, part in (("forward", moved), ("backward", back)):
            for (name, initialiser), slope in part.groupby(["name", "initialiser"])["slope10"].mean().items():
                facts[fact_key(way, name, initialiser)] = Number(factor(float(slope)), digits=3)
        return Samples(in_order(table, ["name"]), ("name", "initialiser"), "steps", facts=facts)

    return statistic


def cell_from_hidden() -> Statistic:
    """Typical gain from h_{t-1} to C_t: the Frobenius norm of dc_t/dh_{t-1} over sqrt(H); zero without dependence."""

    def statistic(frame: pd.DataFrame) -> Samples | None:
        rows = measured(frame, "jacobians", "cell_from_hidden")
        if rows.empty:
            return None
        table = rows.loc[:, ["initialiser", "hidden_size", "value"]].assign(sample=rows["seed"])
        return Samples(in_order(table), ("initialiser", "hidden_size"), "1", centre="mean")

    return statistic


def gain_of_moving_gates() -> Statistic:
    """slope10 of dL/dh with gates that move minus slope10 with each gate held at its mean, on the same seed."""

    def statistic(frame: pd.DataFrame) -> Samples | None:
        moving = slopes(profiles(measured(frame, "clamped", "log10_norm_h")))
        held = slopes(profiles(measured(frame, "clamped", "log10_clamped_h")))
        pair = moving.merge(held, on=list(CURVE), suffixes=("", "_held"))
        if pair.empty:
            return None
        table = pair.loc[:, ["name", "initialiser", "input_size"]].assign(
            sample=pair["seed"], value=pair["slope10"] - pair["slope10_held"]
        )
        facts: dict[str, Fact] = {}
        for name, part in pair.loc[pair["initialiser"] == "torch"].groupby("name"):
            for which in ("slope10", "slope10_held"):
                kind = "held" if which.endswith("held") else "moving"
                facts[f"{name}_{kind}"] = Number(factor(float(part[which].mean())), digits=3)
        return Samples(
            in_order(table, ["name", "input_size"]), ("name", "initialiser", "input_size"), "decades per step",
            centre="mean", facts=facts,
        )  # fmt: skip

    return statistic


def horizon_by_update_bias(epsilon: float = EPSILON) -> Statistic:
    """Horizon of a GRU over that of an RNN with the same gain, input and seed, per bias of the update gate and gain.

    Nothing but z moves along the biases. Gains at which the median RNN does not lose its gradient are left out: there
    is nothing to avoid.
    """

    def statistic(frame: pd.DataFrame) -> Samples | None:
        rows = measured(frame, "gain", "log10_norm_h", zeros=True)
        rows = rows.loc[
            (rows["initialiser"] == "gaussian") & (rows["inputs"] == "normal") & (rows["input_scale"] == 1.0)
        ]
        found = horizons(profiles(rows), epsilon).rename(columns={"initialiser_value": "gain"})
        keys = ["gain", "hidden_size", "seed"]
        plain = found.loc[found["name"] == "rnn", [*keys, "horizon", "censored"]]
        vanishes = plain.groupby("gain")["censored"].transform("mean") < 0.5
        pair = found.loc[found["name"] == "gru"].merge(plain.loc[vanishes], on=keys, suffixes=("", "_rnn"))
        if pair.empty:
            return None
        ratio = pair["horizon"] / pair["horizon_rnn"]
        table = pair.loc[:, ["gate_bias", "gain"]].assign(
            sample=pair["seed"], value=ratio,
            low=ratio.where(~pair["censored_rnn"], 0.0), high=ratio.where(~pair["censored"], math.inf),
        )  # fmt: skip
        usual = pair.loc[pair["gain"] == 1.0]
        facts: dict[str, Fact] = {"epsilon": epsilon, "at_hidden_size": float(pair["hidden_size"].iloc[0])}
        if len(usual):
            facts["rnn"] = median_horizon(usual, "_rnn")
        for bias, part in usual.groupby("gate_bias"):
            facts[fact_key("gru", bias)] = median_horizon(part)
        return Samples(table, ("gate_bias", "gain"), "ratio", scale="ratio", facts=facts)

    return statistic


def _tanh(frame: pd.DataFrame) -> pd.DataFrame:
    """slope10 of tanh RNNs under an N(0, 1) input."""
    driven = _simple(frame, "gain", "normal")
    return driven.loc[driven["input_scale"] == 1.0]


def _identity(frame: pd.DataFrame) -> pd.DataFrame:
    """slope10 of simple cells that stay at zero, where the slope of tanh is 1, with Gaussian matrices."""
    linear = _simple(frame, "gain", "zero")
    return linear.loc[linear["initialiser"] == "gaussian"]


def _simple(frame: pd.DataFrame, study: str, inputs: str) -> pd.DataFrame:
    """slope10 of every simple cell of a study under this kind of input, after its burn-in."""
    rows = measured(frame, study, "log10_norm_h")
    rows = rows.loc[(rows["name"] == "rnn") & (rows["inputs"] == inputs)]
    if study == "mean-field":
        rows = rows.loc[rows["step"] <= rows["seq_len"] - BURN_IN]
    return slopes(profiles(rows))
