"""Statistic of the claim about parallel steps: what longer sequences cost at the same amount of work."""

from __future__ import annotations

import pandas as pd

from analysis.claims.claim import Statistic
from analysis.claims.samples import Samples
from analysis.readings.stretched_times import CONTROL, stretch
from analysis.result import Fact
from analysis.statistics.intervals import generator
from analysis.statistics.paired import ratio_of_levels


def stretch_ratio(name: str, longest_alone: bool = False) -> Statistic:
    """How much longer sequences slow a cell down over how much they slow a convolution down, per implementation.

    At every length, or at the longest alone.
    """

    def statistic(frame: pd.DataFrame) -> Samples | None:
        found = stretch(frame)
        if found.empty:
            return None
        longer = found.loc[found["seq_len"] > found["shortest"]].rename(columns={"block": "sample"})
        table = ratio_of_levels(longer, "name", name, CONTROL)
        if table.empty:
            return None
        longest = longer["seq_len"].max()
        if longest_alone:
            table = table.loc[table["seq_len"] == longest]
        samples = Samples(table, ("backend", "seq_len"), "ratio", scale="ratio", centre="mean")
        facts: dict[str, Fact] = {"shortest": float(found["shortest"].iloc[0]), "longest": float(longest)}
        for other in sorted(set(longer["name"]) - {CONTROL}):
            ratios = ratio_of_levels(longer.loc[longer["seq_len"] == longest], "name", other, CONTROL)
            own = ratios.loc[ratios["backend"] == "cpu"]
            if len(own):
                facts[f"{other}_longest"] = samples.estimate(generator(other), own)
        return Samples(table, samples.variables, samples.unit, scale="ratio", centre="mean", facts=facts)

    return statistic
