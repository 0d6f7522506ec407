"""Figure "same-work-longer": time against sequence length at the same number of steps in all, beside a convolution."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from analysis.cells import known
from analysis.drawing import legend, marks, style
from analysis.drawing.axes import ratio_axis, size_axis
from analysis.drawing.build import make
from analysis.drawing.lines import banded_line
from analysis.readings.stretched_times import CONTROL, stretch
from analysis.result import Estimate, Fact, Figure, fact_key
from analysis.select import BACKEND_ORDER, ordered
from analysis.statistics.intervals import centred, exponential, generator

ID = "same-work-longer"
STUDIES = ("parallel",)
LABELS = ("x", "y", f"cell.{CONTROL}", *(f"backend.{name}" for name in BACKEND_ORDER))
FACTS = ("samples", "shortest", "longest", "cpu_rnn", "cpu_lstm", "cpu_gru", "cpu_convolution")
"""Facts of a full run; <backend>_<name> is the time at the longest over that at the shortest."""

TICKS = (0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128)


def build(frame: pd.DataFrame) -> Figure | None:
    """Geometric mean over blocks of the paired ratio to the shortest length, with its interval."""
    found = stretch(frame)
    if found.empty:
        return None
    rng = generator(ID)
    rows = []
    for key, part in found.groupby(["backend", "name", "seq_len"], sort=True):
        ratio = exponential(centred(np.log(part["value"].to_numpy()), rng, centre="mean", unit="ratio"))
        is_base = key[2] == part["shortest"].iloc[0]
        low, high = (1.0, 1.0) if is_base else (ratio.low, ratio.high)
        rows.append((*key, ratio.value, low, high, len(part)))
    data = pd.DataFrame(rows, columns=["backend", "name", "seq_len", "ratio", "low", "high", "blocks"])
    return make(ID, data, STUDIES, _facts(frame, found, data))


def _facts(frame: pd.DataFrame, found: pd.DataFrame, data: pd.DataFrame) -> dict[str, Fact]:
    rows = frame.loc[frame["study"] == "parallel"].iloc[0]
    facts: dict[str, Fact] = {
        "samples": float(rows["seq_len"] * rows["batch_size"]),
        "shortest": float(data["seq_len"].min()),
        "longest": float(data["seq_len"].max()),
    }
    for row in data.loc[data["seq_len"] == data["seq_len"].max()].itertuples():
        facts[fact_key(row.backend, row.name)] = Estimate(row.ratio, row.low, row.high, unit="ratio", n=row.blocks)
    return facts


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """One panel per implementation, one line per cell; 1 means that length costs nothing."""
    backends, names = ordered(data["backend"], BACKEND_ORDER), ordered(data["name"], (*known().main, CONTROL))
    with style.canvas(style_name, 1, len(backends), ratio=0.95 * len(backends), sharex=True, sharey=True) as drawing:
        look = drawing.look
        for axes, backend in zip(drawing.flat, backends, strict=True):
            axes.axhline(1, color=look.ink, linewidth=look.line * 0.5)
            for name in names:
                part = data.loc[(data["backend"] == backend) & (data["name"] == name)].sort_values("seq_len")
                mark = marks.cell_mark(name)
                gid = f"series-{name}--{backend}"
                banded_line(axes, part, "seq_len", mark, gid, y=("ratio", "low", "high"), shade=0.18)
            axes.set_title(style.word(labels, "backend", backend), loc="left")
            size_axis(axes, sorted(set(data["seq_len"])))
            ratio_axis(axes, min(data["ratio"].min(), 1) / 1.2, data["ratio"].max() * 1.2, TICKS)
            axes.set_xlabel(labels["x"])
        drawing.flat[0].set_ylabel(labels["y"])
        drawing.legend(legend.cell_handles(names, labels, look))
    return drawing.figure
