"""Table "trained": what networks solved that were trained apart from this suite, beside those of this run."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.cells import cell_order
from analysis.readings.training_arms import MEMORY, TASK_ORDER
from analysis.readings.trainings import ARM, START_ORDER, judged, solved_shares, trainings
from analysis.result import Cell, Estimate, Fact, Number, Table
from analysis.statistics.shares import share_difference
from analysis.theory.published import TRAINED, TRAINED_NETWORKS, TRAINED_RATE

COLUMNS = ("task", "seq_len", "cell", "start", "given", "given_steps", "same_rate", "same_steps", "chosen_rate")
"""`given` and `given_steps` were trained apart; `same_rate` is at their learning rate, `chosen_rate` at the chosen."""
IN_BATCHES = "delayed-xor"
"""The task that was drawn in batches there, and is its four sequences here: nothing is drawn, and more solve it."""


def trained_table(frame: pd.DataFrame) -> Table | None:
    """Return a row per task, length, cell and start that there are both numbers of; shares have Wilson's intervals.

    `apart` counts the rows where the difference of both shares at the same learning rate has an interval without 0, and
    `apart_in_batches` those of them whose sequences were drawn in batches there and are all in one batch here.
    """
    runs = trainings(frame, MEMORY)
    if runs.empty:
        return None
    same, chosen = _by_arm(judged(runs, TRAINED_RATE)), _by_arm(judged(runs))
    keys = {
        (task, length, name, start)
        for (task, name, start), lengths in TRAINED.items()
        for length in lengths
        if (task, length, name, start) in same
    }
    if not keys:
        return None
    rows: list[tuple[Cell, ...]] = []
    apart: list[str] = []
    for key in sorted(keys, key=_rank):
        task, length, name, start = key
        count, steps = TRAINED[task, name, start][length]
        share, taken = same[key]
        given = _outcomes(count, TRAINED_NETWORKS)
        difference = share_difference(_outcomes(round(share.value * share.n), share.n), given)
        if not difference.low <= 0 <= difference.high:
            apart.append(task)
        best = chosen[key][0] if key in chosen else None
        rows.append(
            (task, length, name, start, Number(float(given.mean()), "share", digits=2), steps, share, taken, best)
        )
    networks = int(np.max([share.n for share, _ in same.values()]))
    facts: dict[str, Fact] = {
        "rate": TRAINED_RATE, "given_networks": TRAINED_NETWORKS, "networks": networks, "rows": len(rows),
        "apart": len(apart), "alike": len(rows) - len(apart), "apart_in_batches": apart.count(IN_BATCHES),
    }  # fmt: skip
    return Table("trained", COLUMNS, tuple(rows), facts)


def _outcomes(solved: int, networks: int) -> NDArray[np.float64]:
    """Return a 1 for each network that solved its task, then a 0 for each other."""
    return (np.arange(networks) < solved).astype(float)


def _rank(key: tuple[str, int, str, str]) -> tuple[int, int, int, int]:
    """Return the place of a row: by task, length, cell and start in the house's order."""
    task, length, name, start = key
    return TASK_ORDER.index(task), length, cell_order().index(name), START_ORDER.index(start)


def _by_arm(runs: pd.DataFrame) -> dict[tuple[str, int, str, str], tuple[Estimate, float | None]]:
    """Share that is solved and the median steps of each arm at each length; None where fewer than half solved it."""
    found: dict[tuple[str, int, str, str], tuple[Estimate, float | None]] = {}
    for row in solved_shares(runs, ARM).itertuples():
        steps = float(row.steps) if math.isfinite(row.steps) else None
        key = (str(row.task), int(row.seq_len), str(row.name), str(row.start))
        found[key] = Estimate(row.share, row.low, row.high, "share", int(row.runs)), steps
    return found
