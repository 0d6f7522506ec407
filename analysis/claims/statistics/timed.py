"""Statistics of claims about time: ratio of two contenders in the same block."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.claims.claim import Statistic
from analysis.claims.samples import Samples
from analysis.readings.call_times import PLACE, POINT, elapsed
from analysis.result import Fact, Number, fact_key
from analysis.select import AGAIN
from analysis.statistics.intervals import generator
from analysis.statistics.paired import block_medians, ratio_of_levels
from analysis.theory.closed_forms import flop_ratio


def _ends(shapes: pd.Series) -> tuple[tuple[str, float], tuple[str, float]]:
    """Return the smallest and the largest ratio of a shape: an average over shapes hides how far they differ."""
    return ("least", shapes.min()), ("most", shapes.max())


def time_ratio(name: str, other: str) -> Statistic:
    """Make the statistic of one cell's time over another's in the same block: per backend, direction and shape."""

    def statistic(frame: pd.DataFrame) -> Samples | None:
        rows = elapsed(frame)
        medians = block_medians(rows.loc[rows["backend"] != AGAIN], ["backend", *PLACE, "name"])
        table = ratio_of_levels(medians, "name", name, other).rename(columns={"block": "sample"})
        if table.empty:
            return None
        facts: dict[str, Fact] = {}
        samples = Samples(table, ("backend", *POINT), "ratio", scale="ratio", centre="mean")
        for (backend, direction), part in table.groupby(["backend", "direction"], sort=False):
            key = fact_key(backend, direction)
            facts[key] = samples.estimate(generator(key), part)
            shapes = np.exp(np.log(part["value"]).groupby([part[name] for name in POINT]).mean())
            facts |= {f"{key}_{end}": Number(float(value), digits=2) for end, value in _ends(shapes)}
        if "bilstm" not in (name, other):
            facts["flop_ratio"] = flop_ratio(name, other)
        return Samples(table, samples.variables, samples.unit, scale="ratio", centre="mean", facts=facts)

    return statistic
