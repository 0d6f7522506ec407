"""The oracle is right before anything is compared with it: against PyTorch's golden answers, and against itself."""

from __future__ import annotations

import numpy as np
import pytest

from cells.registry import find_cell
from tests.support.golden.digest import CELLS, FOLDER, load, packed_errors
from tests.support.layers import EVERY_FORMULA
from tests.support.oracle import STACK, STATES, Along, derivative, run
from tests.support.problem import Answer, Given, Problem, covering_problems

FORWARD = 1e-13  # two orders of summation in float64
EXACT_DERIVATIVE = 1e-12  # the complex step subtracts nothing; only the sums' rounding is left
PROBLEMS = [problem for cell in CELLS for problem in covering_problems(cell)]
SMALL = [p for p in PROBLEMS if p.seq_len * p.hidden_size * (p.hidden_size + p.input_size) < 100]


def oracle_values(problem: Problem, given: Given) -> Answer:
    result = run(problem.cell, given.parameters, given.x, given.start, problem.merge)
    return {
        "output": {"output": result.output},
        "final": result.final,
        "states": result.states,
        "gates": result.gates,
    }


def oracle_gradients(problem: Problem, given: Given) -> Answer:
    """Every entry by its own complex step: slow, and so for small problems."""

    def gradient(shape: tuple[int, ...], along) -> np.ndarray:
        result = np.zeros(shape)
        for index in np.ndindex(*shape):
            unit = np.zeros(shape)
            unit[index] = 1.0
            loss = (given.parameters, given.x, given.start, problem.merge, given.d_output, given.d_final)
            result[index] = derivative(problem.cell, *loss, along(unit))
        return result

    steps = (problem.seq_len + 1, problem.batch_size, problem.hidden_size)
    states = steps if problem.merge is None else (2, *steps)
    return {
        "d_input": {"input": gradient(given.x.shape, lambda unit: Along(x=unit))},
        "d_initial": {s: gradient(a.shape, lambda unit, s=s: Along(initial={s: unit})) for s, a in given.start.items()},
        "d_states": {s: gradient(states, lambda unit, s=s: Along(states={s: unit})) for s in STATES[problem.cell]},
        "d_parameters": {
            n: gradient(a.shape, lambda unit, n=n: Along(parameters={n: unit})) for n, a in given.parameters.items()
        },
    }


@EVERY_FORMULA
def test_the_oracle_has_the_states_and_gates_of_the_cell(cell):
    if cell not in STACK:
        pytest.skip(f"{cell} is not written a second time: finite differences and test_reference.py stand for it")
    spec = find_cell(cell)
    assert STATES[cell] == spec.states
    assert len(STACK[cell]) == len(spec.gates) == len(spec.hidden_gates)
    assert spec.simple or STACK[cell] == spec.gates


@pytest.mark.parametrize("cell", CELLS)
def test_golden_file_holds_exactly_the_covering_problems(cell):
    with np.load(FOLDER / f"{cell}.npz") as file:
        assert sorted(file.files) == sorted(problem.label for problem in covering_problems(cell))


def test_golden_files_stay_small():
    assert sum(path.stat().st_size for path in FOLDER.glob("*.npz")) < 1.5e6


@pytest.mark.parametrize("problem", SMALL, ids=lambda problem: problem.label)
def test_oracle_has_the_gradients_of_torch(problem):
    given = problem.draw()
    answer = oracle_values(problem, given) | oracle_gradients(problem, given)
    errors = packed_errors(answer, load(problem))
    assert max(errors.values()) < EXACT_DERIVATIVE, errors


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.label)
def test_oracle_runs_forward_as_torch_at_every_size(problem):
    errors = packed_errors(oracle_values(problem, problem.draw()), load(problem))
    assert max(errors.values()) < FORWARD, errors
