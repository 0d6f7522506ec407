"""Times of a step of training: the samples of every implementation, and how often the other one fits into its time."""

from __future__ import annotations

import pandas as pd

from analysis.readings.call_times import OWN
from analysis.select import AGAIN, measured
from analysis.statistics.intervals import generator, known_ends
from analysis.statistics.paired import block_ratios, noise, paired_ratio, with_noise

STUDY = "training-speed"
PEERS = ("torch", "torch-compile")
PLACE = ("direction", "seq_len", "hidden_size", "batch_size", "input_size", "dtype", "threads")
"""Columns that tell the times of one cell and implementation apart."""


def step_times(frame: pd.DataFrame) -> pd.DataFrame:
    """Select the rows of train_step_s, with the column `name`."""
    return measured(frame, STUDY, "train_step_s")


def speed_ratios(rows: pd.DataFrame, seed: str) -> pd.DataFrame:
    """Divide the time of each peer by that of this suite, in blocks: steps per second of this suite over the peer's.

    Returns
    -------
    DataFrame
        Columns `name`, `PLACE`, `backend`, `ratio`, `low`, `high`, `blocks`, `own_s`, `peer_s` (medians), and the ends
        of the A/A interval, `noise_low` and `noise_high`, where it is known.

    """
    rng = generator(seed)
    found = []
    for key, part in rows.groupby(["name", *PLACE], sort=True):
        own = part.loc[part["backend"] == OWN]
        for peer in PEERS:
            there = part.loc[part["backend"] == peer]
            if not block_ratios(there, own).empty:
                ratio = paired_ratio(there, own, rng)
                medians = own["value"].median(), there["value"].median()
                found.append((*key, peer, ratio.value, *known_ends(ratio), ratio.n, *medians))
    names = ["name", *PLACE, "backend", "ratio", "low", "high", "blocks", "own_s", "peer_s"]
    return with_noise(pd.DataFrame(found, columns=names), noise(rows, PLACE, OWN, AGAIN), PLACE)


def at_best_threads(rows: pd.DataFrame, backend: str) -> pd.DataFrame:
    """Keep the rows of an implementation, of one cell at one size, with the threads at which its median is least."""
    own = rows.loc[rows["backend"] == backend]
    if own.empty:
        return own
    return own.loc[own["threads"] == own.groupby("threads")["value"].median().idxmin()]
