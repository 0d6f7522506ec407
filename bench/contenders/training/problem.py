"""What a training starts from, and how the first steps of it go in float64."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.case import Case
from bench.draw import draw_parameters
from bench.tasks.registry import find_task
from cells.reference import reference

Array = NDArray[Any]
WEIGHT, BIAS = "readout_weight", "readout_bias"
DRAWN = 16
"""Batches that are drawn: a step takes the next one, and after the last the first again."""
CHECKED = 5
"""Steps whose losses and gradient norms are compared, and the parameters after the last of them."""
BETAS = (0.9, 0.999)
EPSILON = 1e-8
CLIP_EPSILON = 1e-6

# Float32 against float64, T = 50, H = 32 and 128: off by 2e-6 at most. Without clipping the parameters' change is off
# by 6e-3 and more.
TOLERANCE = 1e-4
"""The largest error that a contender may have, relative to the largest loss and norm, or to the parameters' change."""


class Course(NamedTuple):
    """The first steps of a training.

    losses, norms: (`CHECKED`,), before each update; the norm is that of the gradient before clipping.
    parameters: after the last of these updates, by name.
    """

    losses: Array
    norms: Array
    parameters: Mapping[str, Array]


@dataclass(frozen=True)
class TrainingProblem:
    """What a contender is given: parameters by PyTorch's names and of the readout, and (x, targets) of some batches.

    x: (T, B, I). targets: (B, O), float32. The answer is read from the last step's output.
    """

    case: Case
    parameters: Mapping[str, Array]
    batches: Sequence[tuple[Array, Array]]


def make_problem(case: Case) -> TrainingProblem:
    """Draw parameters and batches from the case's seed: the same for every contender; ValueError for another task."""
    task = find_task(case.word("task"))
    if (task.loss, task.reads) != ("squared-error", "last"):
        raise ValueError(f"task {task.name}: {task.loss}, {task.reads}; allowed: squared-error, last")
    rng = np.random.default_rng(case.seed)
    parameters = draw_parameters(case, rng)
    bound = 1 / math.sqrt(case.hidden_size)
    parameters[WEIGHT] = rng.uniform(-bound, bound, (task.outputs, case.hidden_size)).astype(case.dtype)
    parameters[BIAS] = rng.uniform(-bound, bound, task.outputs).astype(case.dtype)
    batches = [task.draw(rng, case.seq_len, case.batch_size) for _ in range(DRAWN)]
    return TrainingProblem(
        case,
        parameters,
        [(batch.x.astype(case.dtype), batch.targets.astype(case.dtype)) for batch in batches],
    )


def largest_error(case: Case, found: Course) -> float:
    """Return the largest error of a course against float64: of losses, of norms, of the change of all parameters."""
    exact = exact_course(replace(case, backend="cpu", threads=1))
    start = make_problem(case).parameters
    errors = [
        float(np.abs(given - expected).max() / np.abs(expected).max())
        for given, expected in ((found.losses, exact.losses), (found.norms, exact.norms))
    ]
    change = math.hypot(*(np.linalg.norm(exact.parameters[name] - start[name]) for name in start))
    off = math.hypot(*(np.linalg.norm(found.parameters[name] - exact.parameters[name]) for name in start))
    return float(np.max([*errors, off / change]))  # NaN stays NaN, which no tolerance allows


@functools.lru_cache(maxsize=8)
def exact_course(case: Case) -> Course:
    """Train for `CHECKED` steps in float64, with NumPy: the equations of the cell, of clipping and of Adam."""
    problem = make_problem(case)
    parameters = {name: value.astype(np.float64) for name, value in problem.parameters.items()}
    means, squares = ({name: np.zeros_like(value) for name, value in parameters.items()} for _ in range(2))
    losses, norms = [], []
    for step, (x, targets) in enumerate(problem.batches[:CHECKED], start=1):
        loss, gradients = _gradients(case, parameters, x, targets)
        norm = math.hypot(*(np.linalg.norm(gradient) for gradient in gradients.values()))
        factor = min(1.0, case.number("clip") / (norm + CLIP_EPSILON))
        for name, gradient in gradients.items():
            clipped = gradient * factor
            means[name] = BETAS[0] * means[name] + (1 - BETAS[0]) * clipped
            squares[name] = BETAS[1] * squares[name] + (1 - BETAS[1]) * clipped**2
            root = np.sqrt(squares[name] / (1 - BETAS[1] ** step)) + EPSILON
            parameters[name] -= case.number("learning_rate") * means[name] / (1 - BETAS[0] ** step) / root
        losses.append(loss)
        norms.append(norm)
    return Course(np.array(losses), np.array(norms), parameters)


def _gradients(case: Case, parameters: Mapping[str, Array], x: Array, targets: Array) -> tuple[float, dict[str, Array]]:
    layer = {name: value for name, value in parameters.items() if name not in (WEIGHT, BIAS)}
    last = reference(case.cell, layer, x).output[-1]
    error = last @ parameters[WEIGHT].T + parameters[BIAS] - targets
    d_answer = 2 * error / error.size
    d_output = np.zeros((*x.shape[:2], case.hidden_size))
    d_output[-1] = d_answer @ parameters[WEIGHT]
    gradients = dict(reference(case.cell, layer, x, d_output).parameters)
    gradients |= {WEIGHT: d_answer.T @ last, BIAS: d_answer.sum(0)}
    return float(np.mean(error**2)), gradients
