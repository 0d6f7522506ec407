"""Figure "learning-curves": what a cell makes of a training set, over its size, at equal size and equal parameters."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from analysis.cells import cell_order
from analysis.drawing import legend, marks, style
from analysis.drawing.axes import size_axis
from analysis.drawing.build import interval_over_seeds, make
from analysis.drawing.lines import banded_line
from analysis.readings.training_arms import rows_of, tasks_of
from analysis.result import Estimate, Fact, Figure, fact_key
from analysis.select import ordered
from analysis.statistics.intervals import generator

ID = "learning-curves"
STUDIES = ("learning-curves",)
TASKS = ("digits-rows", "japanese-vowels", "sunspots")
ARMS = ("hidden", "parameters")
METRICS = ("best_accuracy", "best_mse")
LABELS = (
    "x", *(f"y.{metric}" for metric in METRICS), *(f"arm.{arm}" for arm in ARMS), *(f"task.{task}" for task in TASKS),
)  # fmt: skip
FACTS = (
    "seeds",
    *(fact_key(task, part) for task in TASKS for part in ("least", "most")),
    *(fact_key(task, name, arm, size) for task in TASKS for name in ("rnn", "lstm", "gru")
      for arm in ARMS for size in ("least", "most")),
)  # fmt: skip
"""Facts of a full run: <task>_<cell>_<arm>_<least or most>, score at the smallest and the largest training set:
accuracy in percent, or mean squared error."""

DASHED = (0, (4, 2))


def build(frame: pd.DataFrame) -> Figure | None:
    """Mean over seeds with its interval of the score on the test set, per task, cell, arm and training-set size."""
    rows = rows_of(frame, "learning-curves", METRICS)
    if rows.empty:
        return None
    rows = _with_arms(rows)
    groups = ["task", "metric", "arm", "name", "hidden_size", "train_size"]
    data = interval_over_seeds(rows.sort_values([*groups, "seed"]), groups, "value", generator(ID))
    facts: dict[str, Fact] = {"seeds": rows["seed"].nunique()}
    for task, part in data.groupby("task"):
        ends = {"least": part["train_size"].min(), "most": part["train_size"].max()}
        facts |= {fact_key(task, word): int(size) for word, size in ends.items()}
        for word, size in ends.items():
            for row in part.loc[part["train_size"] == size].itertuples():
                scale = 100.0 if row.metric == "best_accuracy" else 1.0
                found = Estimate(row.value * scale, row.low * scale, row.high * scale, "1", row.n)
                facts[fact_key(task, row.name, row.arm, word)] = found
    return make(ID, data, STUDIES, facts, seeds=rows["seed"].nunique())


def _with_arms(rows: pd.DataFrame) -> pd.DataFrame:
    """Give each row its arm: the LSTM's hidden size, or as many parameters as the LSTM, which itself is in both."""
    size = rows.loc[rows["name"] == "lstm"].groupby("task")["hidden_size"].min()
    own = rows["hidden_size"] == rows["task"].map(size)
    rows = rows.assign(arm=pd.Series("parameters", index=rows.index).mask(own, "hidden"))
    both = rows.loc[own & (rows["name"] == "lstm")].assign(arm="parameters")
    return pd.concat([rows, both], ignore_index=True)


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a panel per data set and a line per cell; dashed and open where parameters are equal."""
    tasks = tasks_of(data)
    names = ordered(data["name"], cell_order())
    with style.canvas(style_name, 1, len(tasks), ratio=2.0) as drawing:
        look = drawing.look
        for axes, task in zip(drawing.flat, tasks, strict=True):
            here = data.loc[data["task"] == task]
            metric = str(here["metric"].iloc[0])
            for name in names:
                for arm in ARMS:
                    part = here.loc[(here["name"] == name) & (here["arm"] == arm)].sort_values("train_size")
                    if part.empty or (name == "lstm" and arm == "parameters"):
                        continue
                    of = marks.cell_mark(name)
                    mark = marks.Mark(of.color, of.marker, "-" if arm == "hidden" else DASHED)
                    banded_line(
                        axes, part, "train_size", mark, f"series-{name}--{task}-{arm}", y=("value", "low", "high"),
                        shade=0.16, markerfacecolor=of.color if arm == "hidden" else "none",
                    )  # fmt: skip
            sizes = sorted(set(here["train_size"]))
            size_axis(axes, sizes if len(sizes) <= 4 else sizes[::2])
            axes.yaxis.set_major_locator(MaxNLocator(5))
            axes.set_title(style.word(labels, "task", task), loc="left")
            axes.set_ylabel(labels[f"y.{metric}"])
        drawing.figure.supxlabel(labels["x"], fontsize=look.type_size)
        handles = [
            *legend.cell_handles(names, labels, look),
            *(
                legend.entry(marks.Mark(look.ink, "o", line), style.word(labels, "arm", arm))
                for arm, line in zip(ARMS, ("-", DASHED), strict=True)
            ),
        ]
        for handle in handles[: len(names)]:
            handle.set_linestyle("-")
        handles[-1].set_markerfacecolor("none")
        drawing.legend(handles)
    return drawing.figure
