"""An experiment of a run, answered: the figure, the table and the facts that its rows suffice for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from analysis.drawing.build import make
from analysis.experiments import times, values
from analysis.experiments.chosen import rows_of
from analysis.experiments.curves import METRICS
from analysis.experiments.parts import Answer
from analysis.experiments.quoting import shown_as
from analysis.result import EXPERIMENT_FIGURE, Asked, Figure, Table
from bench.columns import FAILURE
from bench.experiments.askable import TIME
from bench.experiments.definition import Experiment, from_json
from bench.names import EXPERIMENT
from bench.rows import STATUSES


def definitions(kept: Mapping[str, Mapping[str, Any]]) -> tuple[Experiment, ...]:
    """Return the experiments whose definitions a run keeps (`analysis.load.load_about`), sorted by name.

    Raises ValueError where this version cannot read one; the message names it.
    """
    return tuple(_definition(name, kept[name]) for name in sorted(kept))


def _definition(name: str, told: Mapping[str, Any]) -> Experiment:
    try:
        return from_json(told)
    except ValueError as error:
        raise ValueError(f"experiment {name!r} of this run: {error}") from error


def is_asked(studies: pd.Series) -> pd.Series:
    """Say of each study whether it is an experiment's."""
    return studies.astype(str).str.startswith(EXPERIMENT)


def answered(frame: pd.DataFrame, experiments: Iterable[Experiment]) -> tuple[Asked, ...]:
    """Answer every experiment that has rows."""
    found = (answer(frame, experiment) for experiment in experiments)
    return tuple(asked for asked in found if asked.rows)


def answer(frame: pd.DataFrame, experiment: Experiment) -> Asked:
    """Answer one experiment from the tidy rows of its run.

    Parameters
    ----------
    frame
        Tidy rows of any studies.
    experiment
        Its definition.

    Returns
    -------
    Asked
        Without a figure where no row has a value that can be drawn.

    """
    rows = rows_of(frame, experiment)
    kind = times if experiment.asked.kind == TIME else values
    answer = kind.answer(rows, experiment) if len(rows) else None
    read = _read_from(rows, experiment)
    missing = read["status"].value_counts()
    without = {status: int(missing[status]) for status in STATUSES[1:] if missing.get(status, 0)}
    if answer is None:
        return Asked(experiment, None, None, len(read), without)
    return Asked(experiment, _figure(answer, experiment), _table(answer, experiment), len(read), without)


def _read_from(rows: pd.DataFrame, experiment: Experiment) -> pd.DataFrame:
    """Return the rows that the answer is read from, and those of items that failed as a whole."""
    asked = experiment.asked
    mine = rows["metric"].isin((*METRICS.get(asked.name, (asked.metric,)), FAILURE))
    if asked.part:
        mine |= rows["metric"].str.startswith(f"{asked.metric}_")
    return rows.loc[mine]


def _figure(answer: Answer, experiment: Experiment) -> Figure:
    seeds = answer.facts.get("seeds", 0)
    figure = make(
        EXPERIMENT_FIGURE + experiment.name, answer.data, (experiment.study,), answer.facts,
        seeds=seeds if isinstance(seeds, int) else 0,
    )  # fmt: skip
    return replace(figure, layout=answer.layout)


def _table(answer: Answer, experiment: Experiment) -> Table:
    """One row for each series or point: where it is, its value, and at which step, if at any."""
    columns = list(dict.fromkeys(field for item in answer.items for field, _ in item.levels))
    at = [answer.layout.x] if answer.items[0].at is not None else []
    beside = [name for name, _ in answer.items[0].beside]
    scale = answer.layout.scale
    drawn = experiment.asked.seeds or experiment.asked.kind == TIME  # what is counted has no n
    rows = tuple(
        (
            *(dict(item.levels).get(field) for field in columns),
            *([item.at] if at else []),
            shown_as(item.value, scale),
            *(number for _, number in item.beside),
            *([item.value.n] if drawn else []),
        )
        for item in answer.items
    )
    return Table(
        EXPERIMENT_FIGURE + experiment.name, (*columns, *at, "value", *beside, *(["n"] if drawn else [])), rows
    )
