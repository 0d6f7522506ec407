"""Figure "learning-rate": share of trainings that solve their task at every learning rate, per cell and start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.drawing import marks, squares, style
from analysis.drawing.arms import in_order
from analysis.drawing.build import make
from analysis.readings.training_arms import MEMORY, MEMORY_TASKS, rows_of, shares_by_rate, tasks_of
from analysis.readings.trainings import START_ORDER
from analysis.result import Fact, Figure, Number, fact_key

ID = "learning-rate"
STUDIES = ("memory-tasks",)
LABELS = (
    "x",
    "bar",
    "chosen",
    *(f"task.{task}" for task in MEMORY_TASKS),
    *(f"start.{start}" for start in START_ORDER),
)
ARMS = ("rnn_torch", "rnn_orthogonal", "lstm_torch", "lstm_torch_fb1", "lstm_chrono", "gru_torch", "gru_chrono")
FACTS = (
    "fewest", "tuning_seeds", "smallest", "largest", "rates",
    *(f"{arm}_usable" for arm in ARMS),
)  # fmt: skip
"""Facts of a full run: <cell>_<start>_usable, percent of the learning rates, over all tasks and lengths that some arm
solves at some rate, at which at least half of the trainings solve the task."""


def build(frame: pd.DataFrame) -> Figure | None:
    """Share of the judging seeds that solve a task at each learning rate; which one the tuning seeds chose."""
    data = shares_by_rate(frame)
    if data.empty:
        return None
    rates = sorted(set(data["learning_rate"]))
    facts: dict[str, Fact] = {
        "fewest": int(data["runs"].min()),
        "tuning_seeds": rows_of(frame, MEMORY, "solved").query("role == 'tuning'")["seed"].nunique(),
        "rates": len(rates),
        "smallest": Number(rates[0], digits=2),
        "largest": Number(rates[-1], digits=2),
    }
    works = data.assign(works=data["share"] >= 0.5)
    solvable = works.loc[works.groupby(["task", "seq_len"])["works"].transform("any")]
    for (name, start), part in solvable.groupby(["name", "start"]):
        facts[fact_key(name, start, "usable")] = Number(100 * float(part["works"].mean()), digits=2)
    data = data.drop(columns=["steps", "stuck", "diverged"]).astype({"chosen": int})
    return make(ID, data, STUDIES, facts, seeds=int(data["runs"].max()))


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a panel per task: a row per arm, a column per length, in each square a bar per learning rate."""
    tasks = tasks_of(data)
    rates = sorted(set(data["learning_rate"]))
    width = squares.SIDE / len(rates)
    rows = squares.rows_down(in_order(list(zip(data["name"], data["start"], strict=True))))
    widths = squares.panel_widths([data.loc[data["task"] == task, "seq_len"] for task in tasks])
    with style.canvas(style_name, 1, len(tasks), ratio=1.6, width_ratios=widths) as drawing:
        look = drawing.look
        for axes, task in zip(drawing.flat, tasks, strict=True):
            here = data.loc[data["task"] == task]
            lengths = sorted(set(here["seq_len"]))
            squares.table_axes(axes, rows, lengths)
            for name, part in here.groupby("name", sort=False):
                for (start, length), one in part.groupby(["start", "seq_len"], sort=False):
                    x, y = lengths.index(length), rows[str(name), str(start)]
                    square = squares.frame_of(axes, x, y, look)
                    square.set_gid(f"series-{name}--{task}-{start}-{length:g}")
                    for row in one.itertuples():
                        left = x - squares.SIDE / 2 + (rates.index(row.learning_rate) + 0.5) * width
                        squares.filled(axes, left, y, row.share, str(name), width=width * 0.8)
                        squares.ground(axes, left, y, str(name), width * 0.8, look)
                        if row.chosen:
                            axes.plot(
                                left, y + squares.SIDE / 2 + 0.07, marker="^", color=look.ink, markeredgewidth=0,
                                markersize=look.marker * 0.6, linestyle="none", clip_on=False,
                            )  # fmt: skip
            axes.set_title(style.word(labels, "task", task), loc="left")
        squares.arm_names(drawing.flat[0], rows, labels)
        drawing.figure.supxlabel(labels["x"], fontsize=look.type_size)
        text = labels["bar"].format(rates=", ".join(_written(rate) for rate in rates))
        handles: list[Any] = [
            Patch(facecolor=marks.GREY, edgecolor="none", alpha=0.75, label=text),
            Line2D(
                [], [], color=look.ink, marker="^", linestyle="none", markersize=look.marker, label=labels["chosen"]
            ),
        ]
        drawing.legend(handles)
    return drawing.figure


def _written(rate: float) -> str:
    """Write a learning rate as its reader would: 0.0003."""
    return f"{rate:.10f}".rstrip("0")
