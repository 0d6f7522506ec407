"""Statistics of claims that one small experiment decides: gates at their ends, lengths, chunks, directions."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.claims.claim import Statistic
from analysis.claims.samples import Samples
from analysis.result import Fact, Number
from analysis.select import measured


def share_beside_limit(metric: str) -> Statistic:
    """Largest distance of a share from 1 with the gate's bias far above zero, and from 0 with it far below."""

    def statistic(frame: pd.DataFrame) -> Samples | None:
        rows = measured(frame, "ends", metric)
        rows = rows.loc[rows["name"] == "lstm"]
        if rows.empty:
            return None
        limit = (rows["step"] > 0).astype(float)
        table = pd.DataFrame(
            {"gate_bias": rows["step"], "sample": rows["seed"], "value": (rows["value"] - limit).abs()}
        )
        bias = float(rows["step"].max())
        closed = rows.loc[rows["step"] < 0, "value"]
        facts: dict[str, Fact] = {"bias": bias, "closed": Number(float(closed.max()), digits=2)}
        return Samples(table, ("gate_bias",), "1", centre="worst", facts=facts)

    return statistic


def kept_beyond_reset() -> Statistic:
    """Share of the old state that a GRU keeps minus what its reset gate says, were it a forget gate.

    The reset gate is closed where the update gate keeps everything, and open where that keeps nothing.
    """

    def statistic(frame: pd.DataFrame) -> Samples | None:
        rows = measured(frame, "ends", "share_kept")
        rows = rows.loc[rows["name"] == "gru"]
        if rows.empty:
            return None
        reset = (rows["step"] < 0).astype(float)
        names = reset.map({0.0: "reset-closed", 1.0: "reset-open"})
        table = pd.DataFrame({"reset": names, "sample": rows["seed"], "value": rows["value"] - reset})
        facts: dict[str, Fact] = {
            f"kept_{name.replace('-', '_')}": Number(float(part.mean()), digits=3)
            for name, part in rows["value"].groupby(names)
        }
        return Samples(table, ("reset",), "1", centre="mean", facts=facts)

    return statistic


def largest_difference(*metrics: str) -> Statistic:
    """Largest value of each metric of the study of sequences over cells of one direction and seeds."""

    def statistic(frame: pd.DataFrame) -> Samples | None:
        rows = measured(frame, "sequences", metrics)
        plain = rows.loc[rows["merge"] == "none"]
        if plain.empty:
            return None
        table = plain.loc[:, ["name", "metric", "value"]].rename(columns={"metric": "quantity"})
        facts: dict[str, Fact] = {"steps": float(plain["seq_len"].max()), "cells": plain["name"].nunique()}
        for metric, part in plain.groupby("metric"):
            facts[str(metric)] = Number(float(part["value"].max()), digits=2)
        both = rows.loc[(rows["merge"] != "none") & (rows["name"] == "bilstm"), "value"]
        if len(both):
            facts["both_directions"] = Number(float(both.min()), digits=2)
        return Samples(table.assign(sample=plain["seed"]), ("name", "quantity"), "1", centre="worst", facts=facts)

    return statistic


def with_facts_of(statistic: Statistic, *others: Statistic) -> Statistic:
    """Judge by one statistic, and let the card quote the facts of others too."""

    def extended(frame: pd.DataFrame) -> Samples | None:
        samples = statistic(frame)
        if samples is None:
            return None
        facts = dict(samples.facts)
        for other in others:
            found = other(frame)
            facts |= {} if found is None else found.facts
        return replace(samples, facts=facts)

    return extended


def with_squashed_twice(statistic: Statistic) -> Statistic:
    """Add what an LSTM is without its gates: f = 0 and i = o = 1 leave h = tanh(tanh a), up to this error."""

    def extended(frame: pd.DataFrame) -> Samples | None:
        samples = statistic(frame)
        rows = measured(frame, "ends", "squashed_twice")
        error = rows.loc[rows["name"] == "lstm", "value"]
        if samples is None or error.empty:
            return samples
        facts: dict[str, Fact] = dict(samples.facts) | {"squashed_twice": Number(float(error.max()), digits=2)}
        return Samples(samples.frame, samples.variables, samples.unit, samples.scale, samples.centre, facts)

    return extended
