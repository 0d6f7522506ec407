"""From an experiment to its cases and items: every combination of its axes, each checked before it is measured."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bench.case import CASE_COLUMNS, Case, make_case
from bench.contenders.registry import PEERS, able
from bench.experiments.definition import Axes, Experiment
from bench.experiments.measures import MEASURES
from bench.run.environment import memory_gib
from bench.run.plan import blocks_of
from bench.studies.axes import FIRST_SEED, PEER_CELLS
from bench.study import Item, Study, always
from bench.tasks.registry import find_task
from cells import count_parameters, get_threads
from cells.initialisers import WITH_VALUE, find_initialiser
from cells.registry import cell_names, find_cell
from cells.spec import CellSpec

SILENT = ("zero", "start")
MOST_CASES = 100_000
MOST_MEMORY = 0.8
"""Share of the memory that a case may need: parameters, and a forward pass that keeps everything."""
BYTES = {"float32": 4, "float64": 8}
ABOUT_A_GATE: Mapping[str, Callable[[CellSpec], bool]] = {
    "torch-fb1": lambda spec: spec.forget_gate is not None,
    "forget-bias": lambda spec: spec.forget_gate is not None,
    "chrono": lambda spec: spec.keeps is not None,
}
"""Initialisers that set the bias of a gate, and which cells have it."""


def study_of(experiment: Experiment) -> Study[None]:
    """Return the experiment as a study, with the same cases in every preset."""
    return Study(
        name=experiment.study,
        question=experiment.question,
        sizes=always(None),
        cases=functools.partial(_cases, experiment),
        measure=MEASURES[experiment.measure].measure,
        timed=MEASURES[experiment.measure].timed,
        blocks=always(experiment.blocks if MEASURES[experiment.measure].timed else 1),
        rounds=always(experiment.rounds if MEASURES[experiment.measure].timed else 1),
    )


def items_of(experiment: Experiment) -> list[Item]:
    """List what is to be measured: a case each, or every case in each block where it is timed.

    Raises
    ------
    ValueError
        Where a value or a combination is not allowed; the message names it and the allowed ones.

    """
    study = study_of(experiment)
    cases = cases_of(experiment)
    if study.timed:
        return blocks_of(study, cases, experiment.blocks, experiment.rounds)
    return [Item(study, case, 0, 1) for case in cases]


def cases_of(experiment: Experiment) -> list[Case]:
    """List the cases of all grids, each once; ValueError where a value or a combination is not allowed."""
    seeds = experiment.seeds if experiment.asked.seeds else 1
    count = seeds * sum(math.prod(len(values) for values in grid.values()) for grid in experiment.grids)
    if count > MOST_CASES:
        raise ValueError(f"the experiment has {count:,} cases or more; allowed: {MOST_CASES:,}")
    found = [case for grid in experiment.grids for case in _cases_of_grid(experiment, grid)]
    return list(dict.fromkeys(found))


def _cases(experiment: Experiment, size: None) -> list[Case]:
    """List the cases for `Study.cases`, which has no sizes to be given here."""
    return cases_of(experiment)


def _cases_of_grid(experiment: Experiment, grid: Axes) -> Iterator[Case]:
    asked = experiment.asked
    axes: dict[str, tuple[Any, ...]] = {"cell": PEER_CELLS}
    if "direction" in asked.fields:
        axes["direction"] = ("inference", "training")
    if "threads" in asked.fields:
        axes["threads"] = (get_threads(),)
    axes |= {field: (value,) for field, value in asked.defaults.items()} | dict(grid)
    for values in itertools.product(*axes.values()):
        settings = dict(zip(axes, values, strict=True)) | dict(asked.fixed)
        if "initialiser" in grid:
            settings["initialiser"], settings["initialiser_value"] = _initialiser(settings["initialiser"])
        if "task" in asked.fields:
            settings |= _of_task(settings, [field for field in asked.by_task if field not in grid])
        if settings.get("inputs") in SILENT:
            if "input_scale" in grid:
                raise ValueError(f"inputs {settings['inputs']} have no input_scale; allowed with it: inputs normal")
            settings["input_scale"] = 0.0
        for backend in _backends(experiment, grid, settings):
            for seed in _seeds(experiment):
                case = make_case(experiment.study, **settings | {"backend": backend, "seed": seed})
                if seed == _seeds(experiment)[0]:
                    _check(experiment, case)
                yield case


def _of_task(settings: Mapping[str, Any], chosen: Sequence[str]) -> dict[str, Any]:
    """Return what is the task's own: its channels, and the batch where that is one of the fields that it may choose."""
    task = find_task(settings["task"])
    return {"input_size": task.inputs} | ({"batch_size": task.batch} if "batch_size" in chosen else {})


def _seeds(experiment: Experiment) -> range:
    return range(FIRST_SEED, FIRST_SEED + experiment.seeds) if experiment.asked.seeds else range(1)


def _backends(experiment: Experiment, grid: Axes, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Give who computes: as asked, else recurbench, twice where it is timed, and every peer that is able."""
    if "backend" in grid:
        return (settings["backend"],)
    if not MEASURES[experiment.measure].timed:
        return ("cpu",)
    case = make_case(experiment.study, **{name: settings[name] for name in settings if name in CASE_COLUMNS})
    return tuple(able(case, ("cpu", "cpu-again", *PEERS)))


def _check(experiment: Experiment, case: Case) -> None:
    """Raise ValueError for a case that could not be measured, or would measure something else than was asked."""
    spec = find_cell(case.cell)
    _check_initialiser(case)
    for condition, gate, what in (
        ("gate_bias", spec.keeps, "gate that keeps a state"),
        ("write_bias", spec.writes, "gate that writes"),
    ):
        if case.number(condition) and gate is None:
            raise ValueError(
                f"cell {case.cell} has no {what}, and {condition} is {case.number(condition):g}; allowed: 0, or another"
                " cell; several tables of axes ask both in one experiment"
            )
    if case.threads > get_threads():
        raise ValueError(f"threads is {case.threads}; allowed: 1 to {get_threads()}, those of this machine")
    needed, memory = gibibytes(case), memory_gib()
    if case.direction != "count" and memory is not None and needed > MOST_MEMORY * memory:
        raise ValueError(
            f"{case.label} needs about {needed:.0f} GiB; allowed: up to {MOST_MEMORY * memory:.0f} GiB on this machine"
        )
    reason = MEASURES[experiment.measure].why_not(case)
    if reason is not None:
        raise ValueError(f"{experiment.measure}: {reason}")


def _initialiser(text: str) -> tuple[str, float]:
    """Return name and value of "name" or "name:value"; ValueError for a value that is missing, too many or wrong."""
    name, colon, value = text.partition(":")
    if bool(colon) != (name in WITH_VALUE):
        raise ValueError(f"initialiser is {text}; allowed: {name + ':VALUE' if name in WITH_VALUE else name}")
    number = float(value or 0)
    find_initialiser(name, number)
    return name, number


def _check_initialiser(case: Case) -> None:
    """Raise ValueError where the initialiser is about a gate that the cell lacks: it would change nothing."""
    about = ABOUT_A_GATE.get(case.initialiser)
    if about is not None and not about(find_cell(case.cell)):
        able = [cell for cell in cell_names() if about(find_cell(cell))]
        raise ValueError(
            f"initialiser {case.initialiser} is about a gate that cell {case.cell} lacks; allowed: {', '.join(able)}"
        )


def gibibytes(case: Case) -> float:
    """Estimate the memory that a case needs: its parameters, and every slot and state of a forward pass."""
    spec = find_cell(case.cell)
    parameters = count_parameters(case.cell, input_size=case.input_size, hidden_size=case.hidden_size)
    rows = (len(spec.slots) + len(spec.states)) * case.hidden_size + case.input_size
    return (2 * parameters + case.seq_len * case.batch_size * rows) * BYTES.get(case.dtype, 8) / 2**30
