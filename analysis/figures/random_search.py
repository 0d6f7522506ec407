"""Figure "random-search": the same random settings for every cell and for a feedforward network."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from analysis.cells import cell_order
from analysis.drawing import legend, marks, style
from analysis.drawing.build import make
from analysis.readings.training_arms import MEMORY_TASKS, tasks_of
from analysis.readings.trainings import trainings
from analysis.result import Estimate, Fact, Figure, Number, fact_key
from analysis.select import ordered
from analysis.statistics.shares import share

ID = "random-search"
STUDIES = ("random-search",)
FLAT = "feedforward"
"""Stands for a cell: the network that is fed the whole sequence at once."""
TASKS = MEMORY_TASKS
LABELS = ("x.rate", "x.tried", "y.found", "solved", "unsolved", f"cell.{FLAT}", *(f"task.{task}" for task in TASKS))
FACTS = ("draws", "smallest", "largest", *(f"{name}_share" for name in ("rnn", "lstm", "gru", FLAT)))
"""Facts of a full run: <name>_share, percent of the settings that solve their task, over all tasks, with its interval;
<task>_<name>_solved of `draws`. There are more."""

CHANCE = 0.9
"""Of having found a setting that solves the task: <task>_<name>_needed tries it takes."""


def build(frame: pd.DataFrame) -> Figure | None:
    """Every setting, and whether it solved; from it, the chance that one of so many tries does."""
    table = trainings(frame, "random-search")
    if table.empty:
        return None
    table = table.assign(name=table["name"].mask(table["layout"] == "flat", FLAT))
    draws = int(table.groupby(["task", "name"]).size().max())
    facts: dict[str, Fact] = {
        "draws": draws,
        "smallest": Number(float(table["learning_rate"].min()), digits=2),
        "largest": Number(float(table["learning_rate"].max()), digits=2),
        "chance": Number(100 * CHANCE, digits=2),
    }
    for name, part in table.groupby("name"):
        found = share(part["solved"])
        percent = Estimate(100 * found.value, 100 * found.low, 100 * found.high, "1", found.n)
        facts[fact_key(name, "share")] = percent
    parts = []
    for (task, name), part in table.groupby(["task", "name"]):
        solved = int(part["solved"].sum())
        facts[fact_key(task, name, "solved")] = solved
        chances = found_after(solved, len(part))
        needed = np.flatnonzero(chances >= CHANCE)
        if needed.size:
            facts[fact_key(task, name, "needed")] = int(needed[0] + 1)
        settings = part.sort_values("seed").loc[:, ["task", "name", "learning_rate", "clip", "hidden_size", "solved"]]
        parts.append(settings.assign(tried=range(1, len(part) + 1), found=chances))
    return make(ID, pd.concat(parts, ignore_index=True).astype({"solved": int}), STUDIES, facts)


def found_after(solved: int, total: int) -> NDArray[np.float64]:
    """Return the chance that n of the settings, drawn without return, hold one that solves: (total,), n from 1 on."""
    missed = np.ones(total)
    for tried in range(total):
        before = missed[tried - 1] if tried else 1.0
        missed[tried] = before * max(total - solved - tried, 0) / (total - tried)
    return 1 - missed


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a column per task: the settings that solved along the learning rate, and how many tries it takes."""
    tasks = tasks_of(data)
    names = [*ordered(set(data["name"]) - {FLAT}, cell_order()), *([FLAT] if FLAT in set(data["name"]) else [])]
    heights = [0.95 if style.look(style_name).slide else 0.55, 1]  # a line of type for each kind of network
    with style.canvas(style_name, 2, len(tasks), ratio=1.45, height_ratios=heights, sharey="row") as drawing:
        look = drawing.look
        for (above, below), task in zip(zip(*drawing.panels, strict=True), tasks, strict=True):
            here = data.loc[data["task"] == task]
            for place, name in enumerate(names):
                part = here.loc[here["name"] == name].sort_values("tried")
                mark = _mark(name)
                _settings(above, part, place, mark, f"series-{name}--{task}-settings")
                below.plot(
                    part["tried"], part["found"], color=mark.color, linestyle=mark.line, marker=mark.marker,
                    markevery=(place, 5), gid=f"series-{name}--{task}-found",
                )  # fmt: skip
            above.set_ylim(len(names) - 0.4, -0.6)
            above.set_yticks(range(len(names)), [style.word(labels, "cell", name) for name in names])
            above.set_xscale("log")
            above.xaxis.set_major_locator(LogLocator())
            above.xaxis.set_minor_locator(NullLocator())
            above.tick_params(axis="y", length=0)
            above.grid(False, axis="y")
            above.set_xlabel(labels["x.rate"])
            above.set_title(style.word(labels, "task", task), loc="left")
            below.set_ylim(0, 1.03)
            below.set_xlim(0.5, data["tried"].max() + 0.5)
            below.xaxis.set_major_locator(MaxNLocator(5, integer=True))
            below.set_xlabel(labels["x.tried"])
        drawing.panels[1][0].set_ylabel(labels["y.found"])
        dot = marks.Mark(look.ink, "o", "none")
        handles = [legend.entry(_mark(name), style.word(labels, "cell", name)) for name in names]
        handles += [legend.entry(dot, labels["solved"]), legend.entry(dot, labels["unsolved"])]
        handles[-1].set(markerfacecolor="none", alpha=0.5)
        drawing.legend(handles, columns=min(len(handles), 6))
    return drawing.figure


def _mark(name: str) -> marks.Mark:
    return marks.OTHER if name == FLAT else marks.cell_mark(name)


def _settings(axes: Axes, part: pd.DataFrame, place: int, mark: marks.Mark, gid: str) -> None:
    """Draw each setting at its learning rate: filled where it solved."""
    solved = part["solved"].to_numpy() == 1
    row = np.full(len(part), place)
    axes.plot(
        part["learning_rate"][~solved], row[~solved], "o", color=mark.color, markerfacecolor="none", alpha=0.5,
    )  # fmt: skip
    axes.plot(part["learning_rate"][solved], row[solved], "o", color=mark.color, markeredgewidth=0, gid=gid)
