"""Figure "time-per-parameter": what one parameter costs at one step of one sequence, against the hidden size."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter

from analysis.cells import cell_order, known
from analysis.drawing import legend, marks, style
from analysis.drawing.axes import size_axis, thousands
from analysis.drawing.build import make
from analysis.drawing.lines import banded_line
from analysis.readings.call_times import elapsed, timed
from analysis.result import Fact, Figure, Number, fact_key
from analysis.select import DIRECTION_ORDER, ordered, sweep
from analysis.theory.closed_forms import has_counts, parameters

ID = "time-per-parameter"
STUDIES = ("runtime",)
LABELS = (
    "x",
    "y",
    *(f"direction.{name}" for name in DIRECTION_ORDER),
)
FACTS = ("seq_len", "batch_size", "input_size", "largest", "lstm_inference", "gru_inference", "rnn_inference")
"""Facts of a full run: <cell>_<direction>, picoseconds per parameter, step and sequence at the largest hidden size."""

PICO = 1e12


def build(frame: pd.DataFrame) -> Figure | None:
    """elapsed_s / (P · T · B) in picoseconds, for this suite's kernels; P counts one bias vector per affine map."""
    rows = elapsed(frame)
    counted = [name for name in known().names if has_counts(name)]
    rows = rows.loc[(rows["backend"] == "cpu") & rows["name"].isin(counted)]
    rows = sweep(rows, "hidden_size")
    if rows.empty:
        return None
    data = timed(rows, ["direction", "name", "hidden_size", "seq_len", "batch_size", "input_size"])
    count = [
        parameters(row.name, row.input_size, row.hidden_size)
        for row in data.loc[:, ["name", "input_size", "hidden_size"]].itertuples(index=False)
    ]
    data["parameters"] = count
    work = data["parameters"] * data["seq_len"] * data["batch_size"] / PICO
    for name in ("median", "low", "high"):
        data[f"{name}_ps"] = data.pop(f"{name}_s") / work
    facts: dict[str, Fact] = {name: float(data[name].iloc[0]) for name in ("seq_len", "batch_size", "input_size")}
    facts["smallest"] = float(data["hidden_size"].min())
    facts["largest"] = float(data["hidden_size"].max())
    for row in data.loc[data["hidden_size"] == data["hidden_size"].max()].itertuples():
        facts[fact_key(row.name, row.direction)] = Number(row.median_ps, digits=3)
    return make(ID, data, STUDIES, facts)


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """One panel per direction, one line per cell, the band is the quartiles."""
    directions = ordered(data["direction"], DIRECTION_ORDER)
    names = ordered(data["name"], cell_order())
    with style.canvas(style_name, 1, len(directions), ratio=1.05 * len(directions), sharex=True) as drawing:
        for axes, direction in zip(drawing.flat, directions, strict=True):
            for name in names:
                part = data.loc[(data["direction"] == direction) & (data["name"] == name)]
                if part.empty:
                    continue
                mark = marks.cell_mark(name)
                gid = f"series-{name}--{direction}"
                banded_line(axes, part, "hidden_size", mark, gid, y=("median_ps", "low_ps", "high_ps"))
            axes.set_title(style.word(labels, "direction", direction), loc="left")
            size_axis(axes, sorted(set(data["hidden_size"])))
            axes.yaxis.set_major_formatter(FuncFormatter(thousands))
            axes.set_ylim(bottom=0)
            axes.set_xlabel(labels["x"])
        drawing.flat[0].set_ylabel(labels["y"])
        drawing.legend(legend.cell_handles(names, labels, drawing.look))
    return drawing.figure
