"""Statistics of claims about what sets a rate: the recurrence, tanh, the hidden state, gates that move."""

from __future__ import annotations

import pandas as pd

from analysis.claims.claim import Statistic
from analysis.claims.flow import in_order
from analysis.claims.samples import Samples
from analysis.fits import CURVE, factor, profiles, slopes
from analysis.select import measured
from analysis.show import show_number, show_power


def rate_beyond_recurrence() -> Statistic:
    """slope10 of a linear recursion minus log10 of the spectral radius of its matrix, per matrix and gain.

    Linear: a simple cell without input stays at zero, where tanh has the slope 1. The orthogonal matrices are the
    control: all their directions have the same rate, so at gain 1 nothing fades although there is a recursion.
    """

    def statistic(frame: pd.DataFrame) -> Samples | None:
        found = _simple(frame, "zero")
        radius = measured(frame, "gain", "log10_spectral_radius")
        keys = ["initialiser", "initialiser_value", "hidden_size", "seed"]
        pair = found.merge(radius.loc[:, [*keys, "value"]], on=keys)
        if pair.empty:
            return None
        table = pair.loc[:, ["initialiser"]].assign(
            gain=pair["initialiser_value"], sample=pair["seed"], value=pair["slope10"] - pair["value"]
        )
        control = pair.loc[pair["initialiser"] == "scaled-orthogonal"]
        facts = {}
        for gain, part in control.groupby("initialiser_value"):
            facts[f"factor_{_key(gain)}"] = show_number(factor(float(part["slope10"].mean())), digits=3)
        return Samples(table, ("initialiser", "gain"), "decades per step", centre="mean", facts=facts)

    return statistic


def rate_under_tanh() -> Statistic:
    """slope10 of a tanh RNN under an N(0, 1) input, per gain; zero: the gradient neither vanishes nor explodes."""

    def statistic(frame: pd.DataFrame) -> Samples | None:
        driven = _simple(frame, "normal")
        driven = driven.loc[driven["input_scale"] == 1.0]
        if driven.empty:
            return None
        table = driven.loc[:, ["slope10"]].rename(columns={"slope10": "value"})
        table = table.assign(gain=driven["initialiser_value"], sample=driven["seed"])
        facts = {}
        linear = _simple(frame, "zero")
        linear = linear.loc[linear["initialiser"] == "gaussian"]
        for kind, part in (("tanh", driven), ("identity", linear)):
            for gain, slope in part.groupby("initialiser_value")["slope10"].mean().items():
                facts[f"{kind}_{_key(float(str(gain)))}"] = show_number(factor(float(slope)), digits=3)
        return Samples(table, ("gain",), "decades per step", centre="mean", facts=facts)

    return statistic


def left_of_start() -> Statistic:
    """log10 of what is left at the last step of a perturbation of the start, per cell and initialiser."""

    def statistic(frame: pd.DataFrame) -> Samples | None:
        moved = profiles(measured(frame, "jacobians", "log10_perturbation"))
        if moved.empty:
            return None
        last = moved.loc[moved["lag"] == moved["lag"].max()]
        table = last.loc[:, ["name", "initialiser"]].assign(sample=last["seed"], value=last["log10_g"])
        facts = {"steps": show_number(float(moved["lag"].max()))}
        back = slopes(profiles(measured(frame, "jacobians", "log10_jacobian_joint_rms")))
        for way, found in (("forward", slopes(moved)), ("backward", back)):
            for (name, initialiser), slope in found.groupby(["name", "initialiser"])["slope10"].mean().items():
                key = f"{way}_{name}_{initialiser}".replace("-", "_")
                facts[key] = show_number(factor(float(slope)), digits=3)
        for (name, initialiser), part in last.groupby(["name", "initialiser"]):
            facts[f"left_{name}_{initialiser}".replace("-", "_")] = show_power(float(part["log10_g"].median()))
        return Samples(in_order(table, ["name"]), ("name", "initialiser"), "decades", facts=facts)

    return statistic


def cell_from_hidden() -> Statistic:
    """Root mean square of dc_t/dh_{t-1}, over units and steps: zero if the cell state did not depend on h."""

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
        facts = {}
        for name, part in pair.loc[pair["initialiser"] == "torch"].groupby("name"):
            for which in ("slope10", "slope10_held"):
                text = show_number(factor(float(part[which].mean())), digits=3)
                facts[f"{name}_{'held' if which.endswith('held') else 'moving'}"] = text
        return Samples(
            in_order(table, ["name", "input_size"]), ("name", "initialiser", "input_size"), "decades per step",
            centre="mean", facts=facts,
        )  # fmt: skip

    return statistic


def _simple(frame: pd.DataFrame, inputs: str) -> pd.DataFrame:
    """slope10 of every simple cell of the study of gains under this kind of input."""
    rows = measured(frame, "gain", "log10_norm_h")
    rows = rows.loc[(rows["name"] == "rnn") & (rows["inputs"] == inputs)]
    return slopes(profiles(rows))


def _key(value: object) -> str:
    return f"{value:g}".replace(".", "_")
