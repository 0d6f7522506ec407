"""Times on a GPU: those of cuDNN over those of this suite, shape by shape, beside the noise of the measurement.

All of a shape is timed in the same block, by events on the device; a ratio is taken inside a block.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.result import Estimate, Fact, Number, fact_key
from analysis.select import measured
from analysis.statistics.intervals import centred, exponential, generator, geometric_mean, known_ends
from analysis.statistics.paired import block_medians

STUDY = "gpu"
OWN, AGAIN = "cuda", "cuda-again"
PEERS = {"float32": "cudnn", "bfloat16": "cudnn-fp16"}
"""Beside bfloat16 stands cuDNN's float16, which has as many bits."""

SHAPE = ["seq_len", "batch_size", "input_size", "hidden_size"]
PLACE = ["direction", "dtype", *SHAPE]
POINT = ["direction", "name", "dtype", *SHAPE]
REGIMES = ("small", "wide", "large")
SMALL_HIDDEN, SMALL_BATCH = 128, 64
LARGE_HIDDEN = (192, 1024)
"""Above the first and up to the second; cuDNN takes its standard path there."""


def events(frame: pd.DataFrame) -> pd.DataFrame:
    """Select the rows of event_s; a peer's `dtype` becomes that of the kernel it is compared with."""
    rows = measured(frame, STUDY, "event_s")
    for dtype, peer in PEERS.items():
        rows.loc[rows["backend"] == peer, "dtype"] = dtype
    return rows


def paired(rows: pd.DataFrame) -> pd.DataFrame:
    """Divide cuDNN's time by this suite's in each block: columns `POINT`, `block`, `ratio`.

    Parameters
    ----------
    rows
        What `events` gives.

    """
    peers = rows.loc[rows["backend"] == rows["dtype"].map(PEERS)]
    return _over_own(rows, peers)


def _over_own(rows: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    own = block_medians(rows.loc[rows["backend"] == OWN], POINT)
    pair = block_medians(others, POINT).merge(own, on=[*POINT, "block"], suffixes=("", "_own"))
    pair["ratio"] = pair["value"] / pair["value_own"]
    return pair.loc[:, [*POINT, "block", "ratio"]]


def by_shape(ratios: pd.DataFrame, name: str) -> pd.DataFrame:
    """Average the ratio at each point geometrically over blocks: columns `POINT`, `ratio`, `low`, `high`, `blocks`.

    An end that is not known (too few blocks) is NaN. `name` seeds the bootstrap.
    """
    rng = generator(name)
    found = []
    for key, part in ratios.groupby(POINT, sort=True):
        ratio = exponential(centred(np.log(part["ratio"].to_numpy()), rng, centre="mean", unit="ratio"))
        found.append((*key, ratio.value, *known_ends(ratio), ratio.n))
    return pd.DataFrame(found, columns=[*POINT, "ratio", "low", "high", "blocks"])


def together(ratios: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    """Average over points in each block (geometric mean), then over blocks; no interval where blocks lack points."""
    logs = ratios.assign(log=np.log(ratios["ratio"])).pivot_table(index="block", columns=POINT, values="log")
    whole = logs.dropna()
    if whole.empty:
        value = geometric_mean(np.exp(logs.median().to_numpy()))
        return Estimate(value, 0.0, math.inf, "ratio", 0)
    return exponential(centred(whole.mean(axis="columns").to_numpy(), rng, centre="mean", unit="ratio"))


def on_grid(rows: pd.DataFrame) -> pd.Series:
    """Mark the rows of the grid: at their length and batch a cell was measured at several hidden sizes."""
    keys = ["name", "direction", "dtype", "seq_len", "batch_size"]
    return rows.groupby(keys)["hidden_size"].transform("nunique") > 1


def regime(rows: pd.DataFrame) -> pd.Series:
    """Name the one of `REGIMES` that the hidden and batch sizes of a row fall into; "" for none of them."""
    hidden, batch = rows["hidden_size"], rows["batch_size"]
    found = pd.Series("", index=rows.index)
    found[(hidden <= SMALL_HIDDEN) & (batch <= SMALL_BATCH)] = "small"
    found[(hidden <= SMALL_HIDDEN) & (batch > SMALL_BATCH)] = "wide"
    found[(hidden > LARGE_HIDDEN[0]) & (hidden <= LARGE_HIDDEN[1])] = "large"
    return found


def limits() -> dict[str, Fact]:
    """Return the facts about the sizes that the regimes are cut at."""
    return {
        "small_hidden": SMALL_HIDDEN,
        "small_batch": SMALL_BATCH,
        "large_from": LARGE_HIDDEN[0],
        "large_to": LARGE_HIDDEN[1],
    }


def conditions(frame: pd.DataFrame) -> dict[str, Fact]:
    """Return the facts of the run on a GPU: clocks, throttled blocks, launch, cold caches, memory, largest error."""
    facts: dict[str, Fact] = {}
    clocks = measured(frame, STUDY, "gpu_clock_hz")
    clocks = clocks.loc[clocks["replicate"] > 0, "value"]  # the first reading is of a GPU that may still be idle
    if len(clocks):
        facts["gpu_clock_low"] = Number(float(clocks.min()), "Hz", digits=3)
        facts["gpu_clock_high"] = Number(float(clocks.max()), "Hz", digits=3)
    throttled = measured(frame, STUDY, "gpu_throttled")["value"]
    if len(throttled):
        facts["gpu_throttled"] = int((throttled > 0).sum())
        facts["gpu_samples"] = len(throttled)
    launches = measured(frame, STUDY, "launch_overhead_s")
    for backend, part in launches.groupby("backend"):
        facts[fact_key("gpu_launch", backend)] = Number(float(part["value"].median()), "s", digits=2)
    cold = measured(frame, STUDY, "event_cold_s")
    case = [*POINT, "backend"]
    warm = measured(frame, STUDY, "event_s").groupby(case)["value"].median()
    ratios = (cold.groupby(case)["value"].median() / warm).dropna()
    own = ratios.loc[ratios.index.get_level_values("backend") == OWN]
    if len(own):
        facts["gpu_cold"] = Number(geometric_mean(own.to_numpy()), digits=3)
    memory = measured(frame, STUDY, "peak_device_bytes")
    peaks = memory.groupby([*POINT, "backend"])["value"].max().unstack("backend")
    if {OWN, PEERS["float32"]} <= set(peaks.columns):
        both = peaks.loc[:, [OWN, PEERS["float32"]]].dropna()
        if len(both):
            facts["gpu_memory"] = Number(geometric_mean((both[OWN] / both[PEERS["float32"]]).to_numpy()), digits=3)
    errors = measured(frame, STUDY, "validation_error")
    errors = errors.loc[errors["backend"].isin([OWN, AGAIN])]
    for dtype, part in errors.groupby("dtype"):
        facts[f"gpu_error_{dtype}"] = Number(float(part["value"].max()), digits=2)
    return facts
