"""The noise of the timings: how far a kernel comes apart from itself, and whether intervals hold the true ratio, 1."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.readings.call_times import OWN, PLACE, elapsed
from analysis.result import Fact, Number
from analysis.select import AGAIN
from analysis.statistics.intervals import FEWEST
from analysis.statistics.paired import block_medians, noise, ratio_of_levels


def noise_facts(frame: pd.DataFrame) -> dict[str, Fact]:
    """Calibrate the intervals of times on A/A pairs, whose true ratio is 1.

    Facts: `aa_pairs`, how many of their intervals hold 1 (`aa_hold`, and `aa_share` in percent), the standard deviation
    of the logarithm of a block's ratio (`aa_block_sd`, as a share) and the fewest blocks (`aa_blocks`). None where no
    kernel met itself in enough blocks.
    """
    rows = elapsed(frame)
    intervals = noise(rows, PLACE, OWN, AGAIN)
    if intervals.empty:
        return {}
    keys = ["name", *PLACE]
    medians = block_medians(rows.loc[rows["backend"].isin([OWN, AGAIN])], [*keys, "backend"])
    logs = np.log(ratio_of_levels(medians, "backend", AGAIN, OWN).set_index(keys)["value"]).groupby(keys)
    enough = logs.size() >= FEWEST
    hold = ((intervals["noise_low"] <= 1) & (1 <= intervals["noise_high"])).sum()
    return {
        "aa_pairs": len(intervals),
        "aa_hold": int(hold),
        "aa_share": Number(100 * float(hold) / len(intervals), digits=3),
        "aa_block_sd": Number(float(np.sqrt(logs.var()[enough].mean())), digits=2),
        "aa_blocks": int(logs.size()[enough].min()),
    }
