"""Figure "cuda-step": time of one step on the GPU against the hidden size, per batch size, beside cuDNN's."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure as Canvas

from analysis.cells import known
from analysis.drawing import legend, marks, style
from analysis.drawing.axes import powers_of_two, size_axis, time_axis
from analysis.drawing.build import make
from analysis.readings.call_times import timed
from analysis.readings.device_times import OWN, PEERS, STUDY, events, on_grid
from analysis.result import Estimate, Fact, Figure, fact_key
from analysis.select import DIRECTION_ORDER, main_level, ordered

ID = "cuda-step"
STUDIES = (STUDY,)
DTYPE = "float32"
CONTENDERS, DASHES = (OWN, PEERS[DTYPE]), (0, (4, 1.6))
LABELS = (
    "x",
    "y",
    "batch",
    *(f"direction.{name}" for name in DIRECTION_ORDER),
    *(f"backend.{name}" for name in CONTENDERS),
)
FACTS = ("seq_len", "batch_size", "smallest", "largest", "lstm_cuda_inference", "lstm_cudnn_inference")
"""Facts of a full run: <cell>_<implementation>_<direction>, at the largest hidden and the middle batch size, and
<...>_small at the smallest hidden size."""


def build(frame: pd.DataFrame) -> Figure | None:
    """Median and quartiles of event_s over the steps, at the length that most shapes of the grid share."""
    rows = events(frame)
    keep = (rows["dtype"] == DTYPE) & rows["name"].isin(known().main) & rows["backend"].isin(CONTENDERS)
    rows = rows.loc[keep]
    rows = rows.loc[on_grid(rows)] if len(rows) else rows
    if rows.empty:
        return None
    length = main_level(rows, "seq_len", ("direction", "name", "batch_size", "hidden_size"))
    rows = rows.loc[rows["seq_len"] == length]
    rows = rows.assign(value=rows["value"] / length)
    data = timed(rows, ["direction", "name", "backend", "batch_size", "hidden_size"])
    batches = sorted(set(data["batch_size"]))
    batch = batches[len(batches) // 2 - (len(batches) % 2 == 0)]
    facts: dict[str, Fact] = {
        "seq_len": length,
        "batch_size": batch,
        "smallest": int(data["hidden_size"].min()),
        "largest": int(data["hidden_size"].max()),
    }
    for (name, backend, direction), part in data.loc[data["batch_size"] == batch].groupby(
        ["name", "backend", "direction"]
    ):
        for end, row in (("", part["hidden_size"].idxmax()), ("_small", part["hidden_size"].idxmin())):
            found = part.loc[row]
            time = Estimate(found["median_s"], found["low_s"], found["high_s"], "s", found["samples"])
            facts[fact_key(name, backend, direction) + end] = time
    return make(ID, data, STUDIES, facts)


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a row per pass, a column per cell; colour is the batch size, filled and solid this suite, open cuDNN."""
    directions = ordered(data["direction"], DIRECTION_ORDER)
    names = ordered(data["name"], known().main)
    batches = sorted(set(data["batch_size"]))
    colors = marks.shades(batches)
    ratio = 0.9 * len(names) / len(directions)
    with style.canvas(style_name, len(directions), len(names), ratio=ratio, sharex=True, sharey="row") as drawing:
        look = drawing.look
        for row, direction in zip(drawing.panels, directions, strict=True):
            for axes, name in zip(row, names, strict=True):
                for place, batch in enumerate(batches):
                    for backend in CONTENDERS:
                        part = data.loc[
                            (data["direction"] == direction)
                            & (data["name"] == name)
                            & (data["backend"] == backend)
                            & (data["batch_size"] == batch)
                        ]
                        own = backend == OWN
                        axes.plot(
                            part["hidden_size"], part["median_s"], color=colors[batch], marker=marks.MARKERS[place],
                            markerfacecolor=colors[batch] if own else "none", linestyle="-" if own else DASHES,
                            linewidth=look.line * (0.9 if own else 0.6), zorder=4 if own else 3,
                            gid=f"series-batch{batch}--{name}-{direction}-{backend}",
                        )  # fmt: skip
                size_axis(axes, powers_of_two(sorted(set(data["hidden_size"]))))
                time_axis(axes, subs=(1, 2, 5))
            row[0].set_ylabel(style.word(labels, "direction", direction), fontweight="bold")
        for axes, name in zip(drawing.panels[0], names, strict=True):
            axes.set_title(style.word(labels, "cell", name), loc="left")
        drawing.figure.supxlabel(labels["x"], fontsize=look.type_size)
        drawing.figure.supylabel(labels["y"], fontsize=look.type_size)
        handles = legend.shade_entries(colors, {batch: f"{labels['batch']} {batch}" for batch in batches})
        for backend in CONTENDERS:
            own = backend == OWN
            handles.append(
                legend.rule(look, style.word(labels, "backend", backend), dash="-" if own else DASHES, width=0.8)
            )
        drawing.legend(handles)
    return drawing.figure
