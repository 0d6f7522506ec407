"""Figure "runtime-vs-hidden": time of a call against the hidden size, per cell, implementation and direction."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure as Canvas

from analysis.drawing.sweep import LABELS as SWEEP_LABELS
from analysis.drawing.sweep import build_sweep, draw_sweep
from analysis.result import Figure

ID = "runtime-vs-hidden"
STUDIES = ("runtime",)
ALSO_READS = ("peak",)
LABELS = SWEEP_LABELS
FACTS = (
    "seq_len",
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
    """Median and quartiles of elapsed_s over the sweep in which only the hidden size varies."""
    return build_sweep(frame, ID, "hidden_size")


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a row per direction, a column per cell, a line per implementation; the band is the quartiles."""
    return draw_sweep(data, "hidden_size", style_name, labels)
