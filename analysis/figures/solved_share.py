"""Figure "solved-share": which cells learn what, over the length of a sequence and how parameters are drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Patch

from analysis.drawing import legend, marks, squares, style
from analysis.drawing.arms import in_order
from analysis.drawing.build import make
from analysis.readings.gradient_curves import lasting_curves
from analysis.readings.horizons import median_horizon
from analysis.readings.training_arms import MEMORY, MEMORY_TASKS, chosen_shares, tasks_of
from analysis.readings.trainings import START_ORDER, judged, trainings
from analysis.result import Fact, Figure, fact_key
from analysis.statistics.fits import horizons
from analysis.statistics.halves import halving
from analysis.statistics.intervals import beyond, exact

ID = "solved-share"
STUDIES = ("memory-tasks", "gradients")
KNOWS = "chrono-oracle"
"""The start that knows the length: not one of those that are compared."""
LABELS = (
    "x",
    "solved",
    "plateau",
    "horizon",
    *(f"task.{task}" for task in MEMORY_TASKS),
    *(f"start.{start}" for start in START_ORDER),
)
FACTS = (
    "fewest", "delayed_xor_at_runs", "adding_short_runs", "epsilon",
    "adding_horizon_rnn_orthogonal", "adding_horizon_lstm_torch",
    *(f"{task}_{part}" for task in ("delayed_xor", "temporal_order", "adding") for part in ("short", "long", "at")),
    *(f"{task}_{arm}_solved" for task in ("delayed_xor", "temporal_order", "adding")
      for arm in ("rnn_torch", "rnn_orthogonal", "lstm_torch", "lstm_torch_fb1", "lstm_chrono", "gru_torch")),
    "adding_rnn_orthogonal_short_solved", "adding_rnn_torch_short_solved",
)  # fmt: skip
"""Facts of a full run: <task>_at, the length at which the arms differ most; <task>_<arm>_solved, trainings of
<task>_at_runs that solved it there, and at the shortest length with `short`; fewest, trainings of a square;
<task>_horizon_<arm>, steps until less than `epsilon` of the gradient is left before training. There are more."""

EPSILON = 1e-3


def build(frame: pd.DataFrame) -> Figure | None:
    """Share of the judging seeds that solve a task, at the learning rate that the tuning seeds chose."""
    found = chosen_shares(frame)
    if found.empty:
        return None
    before = _untrained(frame, found)
    data = found.drop(columns=["steps", "diverged"]).merge(before, on=["name", "start", "hidden_size"], how="left")
    data["beyond"] = data["beyond"].eq(True).astype(int)
    facts: dict[str, Fact] = {"fewest": int(data["runs"].min()), "epsilon": EPSILON}
    for row in data.dropna(subset=["horizon"]).drop_duplicates(["task", "name", "start"]).itertuples():
        middle = beyond(row.horizon, "steps") if row.beyond else exact(row.horizon, "steps")
        facts[fact_key(row.task, "horizon", row.name, row.start)] = middle
    facts |= _halves(frame)
    for task in tasks_of(data):
        part = data.loc[data["task"] == task]
        spread = part.loc[part["start"] != KNOWS].groupby("seq_len")["share"].std(ddof=0)
        at = spread.index[int(np.argmax(spread.to_numpy()))]
        places = {"at": at, "short": part["seq_len"].min(), "long": part["seq_len"].max()}
        for word, length in places.items():
            here = part.loc[part["seq_len"] == length]
            facts[fact_key(task, word)] = int(length)
            facts[fact_key(task, word, "runs")] = int(here["runs"].min())
            for row in here.itertuples():
                key = (task, row.name, row.start, *([] if word == "at" else [word]))
                facts[fact_key(*key, "solved")] = int(row.solved)
                facts[fact_key(*key, "stuck")] = int(row.stuck)
    return make(ID, data, STUDIES, facts, seeds=int(data["runs"].max()))


def _halves(frame: pd.DataFrame) -> dict[str, Fact]:
    """Longest length that half of the networks solve, per task and arm."""
    told = judged(trainings(frame, MEMORY))
    return {
        fact_key(task, name, start, "half"): halving(part["seq_len"], part["solved"]).estimate()
        for (task, name, start), part in told.groupby(["task", "name", "start"])
    }


def _untrained(frame: pd.DataFrame, data: pd.DataFrame) -> pd.DataFrame:
    """Median horizon before training of each arm at its hidden size; `beyond`, where it is longer than that."""
    curves = lasting_curves(frame, EPSILON)
    found = horizons(curves, EPSILON)
    found = found.loc[found["hidden_size"].isin(set(data.get("hidden_size", ())))]
    rows = []
    for key, part in found.groupby(["name", "initialiser", "hidden_size"]):
        middle = median_horizon(part)
        known = math.isfinite(middle.value)
        rows.append((*key, middle.value if known else middle.low, not known))
    return pd.DataFrame(rows, columns=["name", "start", "hidden_size", "horizon", "beyond"])


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a panel per task: a row per arm, a column per length, each square filled to the share that solved."""
    tasks = tasks_of(data)
    rows = squares.rows_down(in_order(list(zip(data["name"], data["start"], strict=True))))
    widths = squares.panel_widths([data.loc[data["task"] == task, "seq_len"] for task in tasks])
    with style.canvas(style_name, 1, len(tasks), ratio=1.6, sharey=False, width_ratios=widths) as drawing:
        look = drawing.look
        for axes, task in zip(drawing.flat, tasks, strict=True):
            here = data.loc[data["task"] == task]
            lengths = sorted(set(here["seq_len"]))
            squares.table_axes(axes, rows, lengths)
            for name, part in here.groupby("name", sort=False):
                group = [_square(axes, lengths.index(row.seq_len), rows[row.name, row.start], row, look)
                         for row in part.itertuples()]  # fmt: skip
                group[0].set_gid(f"series-{name}--{task}")
            _horizons(axes, here, rows, lengths, look)
            axes.set_title(style.word(labels, "task", task), loc="left")
        squares.arm_names(drawing.flat[0], rows, labels)
        drawing.figure.supxlabel(labels["x"], fontsize=look.type_size)
        handles: list[Any] = [
            Patch(facecolor=marks.GREY, edgecolor="none", alpha=0.75, label=labels["solved"]),
            Patch(facecolor="none", edgecolor=marks.GREY, hatch="////", linewidth=0, label=labels["plateau"]),
            legend.rule(look, labels["horizon"], dash="-", width=1.6),
        ]
        drawing.legend(handles)
    return drawing.figure


def _square(axes: Axes, x: int, y: float, row: Any, look: style.Look) -> Any:
    frame = squares.frame_of(axes, x, y, look)
    squares.filled(axes, x, y, row.share, row.name)
    if row.stuck:
        squares.filled(axes, x, y, row.stuck / row.runs, row.name, base=row.share, hatch="////")
    axes.text(x, y, f"{row.solved}/{row.runs}", ha="center", va="center", fontsize=look.small(0.72))
    return frame


def _horizons(
    axes: Axes, here: pd.DataFrame, rows: Mapping[tuple[str, str], float], lengths: list[float], look: style.Look
) -> None:
    """Draw a line across each row at the horizon before training, where the logarithmic lengths have it."""
    places = np.log(np.array(lengths, dtype=float))
    for row in here.dropna(subset=["horizon"]).drop_duplicates(["name", "start"]).itertuples():
        y, at = rows[row.name, row.start], math.log(row.horizon)
        slope = (
            np.diff(places) if len(places) > 1 else np.log([2.0])
        )  # a single length has no neighbour: as if twice it
        if at < places[0]:
            x = (at - places[0]) / slope[0]
        elif at > places[-1]:
            x = len(lengths) - 1 + (at - places[-1]) / slope[-1]
        else:
            x = float(np.interp(at, places, range(len(lengths))))
        style_of: dict[str, Any] = {"color": look.ink, "linewidth": look.line * 1.5, "clip_on": False}
        if -0.5 <= x <= len(lengths) - 0.5 and not row.beyond:
            for ends in ([y - 0.5, y - 0.2], [y + 0.2, y + 0.5]):  # the number in the square stays free
                axes.plot([x, x], ends, solid_capstyle="butt", **style_of)
        else:
            edge = -0.48 if x < 0 else len(lengths) - 0.52
            axes.plot([edge], [y], marker="<" if x < 0 else ">", markersize=look.marker, **style_of)
