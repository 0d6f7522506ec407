"""Figure "runtime-vs-length": time of a call against the sequence length, per cell, implementation and direction."""

from __future__ import annotations

import pandas as pd

from analysis.drawing import sweep as runtime_grid
from analysis.result import Figure

ID = "runtime-vs-length"
STUDIES = ("runtime",)
LABELS = runtime_grid.LABELS
FACTS = (
    "hidden_size",
    "batch_size",
    "input_size",
    "smallest",
    "largest",
    "lstm_cpu_training_time",
    "gru_cpu_training_time",
    "lstm_cpu_training_exponent",
)
"""Facts of a full run. There are more: <cell>_<backend>_<direction>_{time, exponent, ratio}; time at the largest size
with its quartiles, ratio of a peer's time to this suite's there."""


def build(frame: pd.DataFrame) -> Figure | None:
    """Median and quartiles of elapsed_s over the sweep in which only the sequence length varies."""
    return runtime_grid.build_sweep(frame, ID, "seq_len")
