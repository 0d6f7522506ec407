"""`python -m bench.networks FILE`: train the small networks that the page's laboratory opens, and write them down.

One network a cell, on temporal order, before its first training step and after its last one. Weights are rounded first
and tested then: the errors written beside them are those of the numbers in the file.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.case import Case
from bench.measures.trained import measure_one_network
from bench.run.code import code_version
from bench.studies import training_axes as axes
from bench.studies.axes import FIRST_SEED
from bench.task import Batch, score
from bench.tasks.registry import find_task
from bench.training import Training, prepare
from cells.training import Model

TASK = "temporal-order"
STEPS = 20
UNITS = 6
"""Few enough to be seen one by one, and enough for each of the cells to solve the task."""
ARMS = (axes.RNN, axes.FB1_LSTM, axes.GRU)
DIGITS = 5
"""Significant digits of a weight in the file."""
FRESH = 10_000
"""Sequences, neither trained on nor in the test set, on which a network's errors are counted."""
FRESH_DATA = 7
"""Tells their stream of numbers from the others of a seed (`bench.training`)."""

Parameters = dict[str, NDArray[np.floating[Any]]]


def main(argv: Sequence[str] | None = None) -> int:
    """Train and write; the exit code is 1, and nothing is written, where a network did not learn the task."""
    parser = argparse.ArgumentParser(prog="python -m bench.networks", description=main.__doc__)
    parser.add_argument("file", type=Path, help="the file to write, as reports/laboratory/networks.json")
    path = parser.parse_args(argv).file
    trained = {arm.cell: trained_network(_case(arm)) for arm in ARMS}
    unsolved = [cell for cell, network in trained.items() if network["steps"] is None]
    if unsolved:
        print(f"not solved, nothing written: {', '.join(unsolved)}")
        return 1
    head = {"task": TASK, "seq_len": STEPS, "hidden_size": UNITS, "fresh": FRESH, "made_by": "python -m bench.networks"}
    path.write_text(json.dumps(head | {"networks": trained}, separators=(",", ":")) + "\n", encoding="utf-8")
    return 0


def _case(arm: axes.Arm) -> Case:
    return axes.training("one-network", TASK, arm, STEPS, FIRST_SEED, hidden_size=UNITS, learning_rate=1e-2)


def trained_network(case: Case) -> dict[str, Any]:
    """Return a network before and after its training, with where it comes from and its share of errors.

    `steps` is the number of training steps, None where the task was not solved. Parameters stand row by row.
    """
    training = prepare(case)
    before = rounded(training.model.parameters)
    history = training.run()
    after = rounded(training.model.parameters)
    return {
        "initialiser": case.initialiser,
        "learning_rate": case.number("learning_rate"),
        "seed": case.seed,
        "steps": None if history.steps_to_solve is None else training.taken,
        "code": code_version(measure_one_network, case),
        "before": _numbers(before) | {"error": share_of_errors(training, before)},
        "after": _numbers(after) | {"error": share_of_errors(training, after)},
    }


def rounded(parameters: Mapping[str, NDArray[np.floating[Any]]]) -> Parameters:
    """Return the parameters in `DIGITS` significant digits."""
    return {
        name: np.vectorize(lambda number: float(f"{number:.{DIGITS - 1}e}"))(values).astype(values.dtype)
        for name, values in parameters.items()
    }


def fresh_sequences(seed: int) -> Batch:
    """Return the sequences on which errors are counted."""
    return find_task(TASK).draw(np.random.default_rng([seed, FRESH_DATA]), STEPS, FRESH)


def share_of_errors(training: Training, parameters: Mapping[str, Any]) -> float:
    """Return the share of wrong answers on fresh sequences; the model has these parameters from then on."""
    model: Model = training.model
    model.load_parameters(parameters)
    fresh = fresh_sequences(training.case.seed)
    return round(1.0 - score(training.task, model.predict(fresh.x), fresh), 6)


def _numbers(parameters: Parameters) -> dict[str, Any]:
    return {name: [float(f"{x:.{DIGITS - 1}e}") for x in values.reshape(-1)] for name, values in parameters.items()}


if __name__ == "__main__":
    raise SystemExit(main())
