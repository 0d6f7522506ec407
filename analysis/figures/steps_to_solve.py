"""Figure "steps-to-solve": how many training steps, and how many seconds, each cell takes until it solves a task."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from analysis.cells import known
from analysis.drawing import style
from analysis.drawing.arms import Arm, in_order
from analysis.drawing.axes import seconds, thousands
from analysis.drawing.build import make
from analysis.drawing.marks import cell_mark
from analysis.drawing.squares import arm_names, rows_down
from analysis.readings.training_arms import MEMORY, MEMORY_TASKS, table_of, tasks_of
from analysis.readings.trainings import START_ORDER, judged, trainings
from analysis.result import Fact, Figure, Number, fact_key
from analysis.statistics.intervals import exact

ID = "steps-to-solve"
STUDIES = ("memory-tasks", "time-to-solve")
LABELS = (
    "x.steps",
    "x.seconds",
    "solved",
    "median",
    "censored",
    *(f"task.{task}" for task in MEMORY_TASKS),
    *(f"start.{start}" for start in START_ORDER),
)
QUOTED = ("lstm_torch", "lstm_chrono", "gru_torch")
FACTS = (
    *(fact_key(task, "at") for task in MEMORY_TASKS),
    *(fact_key(task, arm, "steps") for task in ("delayed-xor", "temporal-order") for arm in QUOTED),
)  # fmt: skip
"""Facts of a full run: <task>_at, the length that is shown; <task>_<cell>_<start>_steps, median over all
trainings, an unsolved one counting as longer than all: absent where that is most of them. With `time-to-solve`,
<task>_<cell>_<start>_seconds, and <task>_{steps, seconds}_ratio, GRU over LSTM. There are more."""

KINDS = ("steps", "seconds")
TIMED = "time-to-solve"


def build(frame: pd.DataFrame) -> Figure | None:
    """Every judged training at the chosen learning rate, at the longest T that most arms solve; and timed ones."""
    table = judged(trainings(frame, MEMORY))
    if table.empty:
        return None
    table = table.assign(value=table["steps"].where(table["solved"] == 1))
    facts: dict[str, Fact] = {}
    parts = []
    for task in tasks_of(table):
        here = table.loc[table["task"] == task]
        at = _shown(here)
        facts[fact_key(task, "at")] = at
        parts.append(here.loc[here["seq_len"] == at].assign(kind="steps"))
    timed = trainings(frame, TIMED).merge(_seconds(frame), how="left")
    if len(timed):
        parts.append(timed.assign(kind="seconds", value=timed["seconds_to_solve"]))
    data = pd.concat(parts, ignore_index=True)
    data["solved"] = data["value"].notna()
    longest = data.groupby("kind")["value"].transform("max")
    data["value"] = data["value"].fillna(data["budget"].where(data["kind"] == "steps", longest))
    for (task, kind, name, start), part in data.groupby(["task", "kind", "name", "start"]):
        middle = float(np.median(part["value"].where(part["solved"], math.inf)))
        key = fact_key(task, name, start)
        facts[f"{key}_unsolved"] = int((~part["solved"]).sum())
        if math.isfinite(middle):
            facts[f"{key}_{kind}"] = (
                exact(middle, "steps", len(part)) if kind == "steps" else Number(middle, "s", digits=2)
            )
    facts |= _ratios(timed)
    data = data.loc[
        :, ["kind", "task", "seq_len", "name", "start", "learning_rate", "seed", "block", "solved", "value"]
    ]
    data = data.sort_values(["kind", "task", "name", "start", "seed", "block"]).astype({"solved": int})
    return make(ID, data, STUDIES, facts, seeds=table["seed"].nunique())


def _shown(table: pd.DataFrame) -> int:
    """Return the longest length that every gated cell solves at least half of the time as PyTorch draws it.

    Where there is none, the longest that at least half of the arms solve so often; else the shortest.
    """
    share = table.groupby(["seq_len", "name", "start"])["solved"].mean() >= 0.5
    plain = share[share.index.isin(known().gated, level="name") & share.index.isin(["torch"], level="start")]
    for enough in (plain.groupby("seq_len").all(), share.groupby("seq_len").mean() >= 0.5):
        if enough.any():
            return int(enough.index[enough].max())
    return int(table["seq_len"].min())


def _seconds(frame: pd.DataFrame) -> pd.DataFrame:
    """Wall time of each timed training that solved its task."""
    keys = ["task", "seq_len", "name", "start", "learning_rate", "seed", "block", "backend"]
    return table_of(frame, TIMED, ["seconds_to_solve"], keys)


def _ratios(timed: pd.DataFrame) -> dict[str, Fact]:
    """Median GRU over median LSTM of the timed trainings, in steps and in seconds."""
    facts: dict[str, Fact] = {}
    for column, word in (("steps", "steps"), ("seconds_to_solve", "seconds")):
        for task, part in timed.loc[timed["start"] == "torch"].groupby("task"):
            middle = part.groupby("name")[column].median()
            if {"gru", "lstm"} <= set(middle.index) and np.isfinite(middle[["gru", "lstm"]]).all():
                facts[fact_key(task, word, "ratio")] = Number(float(middle["gru"] / middle["lstm"]), digits=2)
    return facts


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a column per task: steps above, a row per arm; seconds below, but not on a slide.

    A point per training, open if not solved.
    """
    kinds = [kind for kind in KINDS if kind in set(data["kind"])]
    if style.look(style_name).slide:
        kinds = kinds[:1]  # with two rows of panels no arm's name could be read
    tasks = tasks_of(data)
    rows = {
        kind: rows_down(in_order(list(zip(part["name"], part["start"], strict=True))))
        for kind, part in data.groupby("kind")
    }
    heights = [max(rows[kind].values()) + 1 for kind in kinds]
    with style.canvas(style_name, len(kinds), len(tasks), ratio=19 / sum(heights), height_ratios=heights) as drawing:
        look = drawing.look
        for line, kind in zip(drawing.panels, kinds, strict=True):
            measured_in = tasks_of(data.loc[data["kind"] == kind])
            for axes in line[len(measured_in) :]:
                axes.axis("off")
            for axes, task in zip(line, measured_in, strict=False):
                here = data.loc[(data["kind"] == kind) & (data["task"] == task)]
                for (name, start), part in here.groupby(["name", "start"], sort=False):
                    _points(axes, part, (str(name), str(start)), rows[kind], f"{kind}-{task}", look)
                axes.set_ylim(max(rows[kind].values()) + 0.6, -0.4)
                axes.set_yticks([])
                axes.grid(False, axis="y")
                axes.set_xscale("log")
                axes.xaxis.set_major_locator(
                    LogLocator(subs=(1.0, 3.0) if kind == "steps" else (1.0, 2.0, 5.0), numticks=9)
                )
                axes.xaxis.set_minor_locator(NullLocator())
                axes.xaxis.set_major_formatter(FuncFormatter(thousands if kind == "steps" else seconds))
                title = f"{style.word(labels, 'task', task)}, T = {here['seq_len'].iloc[0]:g}"
                axes.set_title(title, loc="left", fontsize=look.small(0.95))
                axes.set_xlabel(labels[f"x.{kind}"])
            arm_names(line[0], rows[kind], labels)
        mark: dict[str, Any] = {"color": look.ink, "linestyle": "none"}
        bar: dict[str, Any] = {"marker": "|", "markersize": look.marker * 2.6, "markeredgewidth": look.line}
        drawing.legend(
            [
                Line2D([], [], marker="o", alpha=0.55, label=labels["solved"], **mark),
                Line2D([], [], label=labels["median"], **bar, **mark),
                Line2D([], [], marker=">", markerfacecolor="none", label=labels["censored"], **mark),
            ]
        )
    return drawing.figure


def _points(axes: Axes, part: pd.DataFrame, arm: Arm, rows: Mapping[Arm, float], where: str, look: style.Look) -> None:
    """Draw the trainings of an arm, side by side across its row, and their median where most solved."""
    color, y = cell_mark(arm[0]).color, rows[arm]
    part = part.sort_values("value")
    across = y + np.linspace(-0.24, 0.24, len(part)) if len(part) > 1 else np.array([y])
    solved = part["solved"].to_numpy() == 1
    axes.plot(
        part["value"][solved], across[solved], "o", color=color, alpha=0.55, markeredgewidth=0,
        gid=f"series-{arm[0]}--{where}-{arm[1]}",
    )  # fmt: skip
    if not solved.all():
        axes.plot(part["value"][~solved], across[~solved], ">", color=color, markerfacecolor="none", clip_on=False)
    middle = float(np.median(part["value"].where(solved, math.inf)))
    if math.isfinite(middle):
        axes.plot(middle, y, "|", color=look.ink, markersize=look.marker * 2.6, markeredgewidth=look.line)
