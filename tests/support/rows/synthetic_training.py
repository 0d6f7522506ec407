"""Rows of trainings that never happened: who solves what, at which learning rate and how far back, is known."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bench.case import Case, make_case
from bench.rows import Measurement

STUDIES = (
    "memory-tasks", "more-tasks", "learning-curves", "random-search", "future-context", "during-training",
    "one-network", "clipped-training", "time-to-solve",
)  # fmt: skip
FIXED_T_MAX = 100.0
"""T_max of chrono that knows nothing of the task; 1.5 T is the oracle's."""
RATES = (3e-4, 1e-3, 3e-3, 1e-2)
BUDGET = 4000.0
STARTS: Mapping[str, tuple[str, ...]] = {
    "rnn": ("torch", "orthogonal"),
    "lstm": ("torch", "torch-fb1", "chrono", "oracle"),
    "gru": ("torch", "chrono", "oracle"),
}
REACH = {
    ("rnn", "torch"): 28.0, ("rnn", "orthogonal"): 30.0,
    ("lstm", "torch"): 28.0, ("lstm", "torch-fb1"): 45.0, ("lstm", "chrono"): 400.0, ("lstm", "oracle"): 600.0,
    ("gru", "torch"): 30.0, ("gru", "chrono"): 400.0, ("gru", "oracle"): 600.0,
}  # fmt: skip
"""Steps at which half of the networks solve delayed XOR, at the best learning rate; `FARTHER` for other tasks."""
FARTHER = {"delayed-xor": 1.0, "temporal-order": 1.0, "adding": 2.5}
LENGTHS = {"delayed-xor": (10, 20, 40, 100), "temporal-order": (20, 40, 80), "adding": (25, 50, 100)}
STEEPNESS = 12.0
"""Of the share that is solved, per unit of ln T."""
BEST_RATE = {"rnn": 1e-3, "lstm": 3e-3, "gru": 1e-2}
TUNING = 3
"""Seeds that choose a learning rate; those that judge are others."""
FIRST_TUNING_SEED = 500
STEPS_TO_SOLVE = {"rnn": 600.0, "lstm": 800.0, "gru": 400.0}
STEP_S = {"rnn": 1e-3, "lstm": 2e-3, "gru": 1.8e-3}
WORKS = {("rnn", "steps"): 0.35, ("lstm", "steps"): 0.4, ("gru", "steps"): 0.6, ("rnn", "flat"): 0.9}
DRAWS = 40
CHANCE = {"delayed-xor": 0.5, "temporal-order": 0.25}
VARIANCE = 0.038
"""Of the answers of adding in sequences of several lengths: what a guess has as error."""
PLATEAU = 0.75
"""Accuracy of delayed XOR that networks get stuck at: three of its four sequences."""


@dataclass(frozen=True)
class Learned:
    """What trainings come to: reach in steps, steps to solve, share of settings that work, errors by data and merge."""

    reach: Mapping[tuple[str, str], float] = field(default_factory=lambda: dict(REACH))
    steps_to_solve: Mapping[str, float] = field(default_factory=lambda: dict(STEPS_TO_SOLVE))
    works: Mapping[tuple[str, str], float] = field(default_factory=lambda: dict(WORKS))
    behind: Mapping[str, tuple[float, float]] = field(
        default_factory=lambda: {"digits-rows": (0.12, 0.01), "japanese-vowels": (-0.06, 0.0), "sunspots": (0.3, 0.0)}
    )
    """How far an LSTM is behind an RNN at the smallest and at the largest training set: accuracy, or share of error."""
    future_error: Mapping[str, float] = field(default_factory=lambda: {"one": 1.0, "two": 0.02})
    left_after: Mapping[str, float] = field(default_factory=lambda: {"rnn": -8.0, "lstm": -1.0, "gru": -0.5})


def training(study: str, cell: str, start: str, seed: int, *, seq_len: int, task: str, **settings: Any) -> Case:
    """Return a case of a training; the start "oracle" is chrono with 1.5 T."""
    initialiser = "chrono" if start == "oracle" else start
    value = {"oracle": 1.5 * seq_len, "chrono": FIXED_T_MAX}.get(start, 0.0)
    usual: dict[str, Any] = {
        "hidden_size": 64 if task == "adding" else 32,
        "input_size": 2,
        "batch_size": 4 if task == "delayed-xor" else 32,
        "clip": 1.0,
        "budget": BUDGET,
        "optimiser": "adam",
        "inputs": "-",
        "role": "judging",
        "learning_rate": 3e-3,
    }
    told = usual | {"initialiser": initialiser, "initialiser_value": value, "seed": seed, "seq_len": seq_len} | settings
    return make_case(study, cell, direction="training", task=task, **told)


def solves(learned: Learned, case: Case, start: str) -> float:
    """Return the probability that a training solves its task: logistic in ln T, less away from the best rate."""
    task = case.word("task")
    decades = abs(math.log10(case.number("learning_rate") / BEST_RATE[case.cell]))
    reach = learned.reach[case.cell, start] * FARTHER.get(task, 1.0) / (1 + decades)
    if task == "adding" and case.cell == "rnn":
        reach = 5.0
    return 1 / (1 + math.exp(-STEEPNESS * math.log(reach / case.seq_len)))


def outcome(learned: Learned, case: Case, solved: bool, rng: np.random.Generator) -> Iterator[Measurement]:
    """Yield what one training leaves behind: solved or not, when, the last tests, how much was clipped."""
    task = case.word("task")
    steps = min(learned.steps_to_solve[case.cell] * math.exp(rng.normal(0, 0.2)) * case.seq_len / 20, BUDGET)
    steps = max(100.0, round(steps, -2))
    yield Measurement(case, "solved", float(solved), "1")
    if solved:
        yield Measurement(case, "steps_to_solve", steps, "steps")
    elif rng.random() < 0.05:
        yield Measurement(
            case, "steps_to_solve", None, "steps", step=1200, status="diverged", reason="the loss is not finite"
        )
    else:
        yield Measurement(case, "steps_to_solve", BUDGET, "steps", status="censored", reason="not within the budget")
    last = steps + 100 if solved else BUDGET
    yield Measurement(case, *_score(task, solved, rng), step=last)
    if case.word("role") == "tuning":
        return
    yield Measurement(case, *_score(task, False, rng, untrained=True), step=0.0)
    clipped = 0.4 if task == "temporal-order" else 0.02
    yield Measurement(case, "share_clipped", clipped if case.number("clip") else 0.0, "1")
    yield Measurement(case, "gradient_norm_median", 0.3 * math.exp(rng.normal(0, 0.1)), "1")
    yield Measurement(case, "gradient_norm_max", 3.0 * math.exp(abs(rng.normal(0, 0.3))), "1")


def _score(task: str, solved: bool, rng: np.random.Generator, untrained: bool = False) -> tuple[str, float, str]:
    if task.startswith("adding"):
        return "test_mse", 0.005 if solved else 0.17, "1"
    chance = CHANCE.get(task, 0.5)
    stuck = PLATEAU if task == "delayed-xor" and not untrained and rng.random() < 0.7 else chance
    return "test_accuracy", 1.0 if solved else stuck, "1"


def roles(truth: Any) -> Iterator[tuple[str, int]]:
    """Yield role and seed of each network: a few that choose, others that judge."""
    yield from (("tuning", FIRST_TUNING_SEED + n) for n in range(TUNING))
    yield from (("judging", 1000 + n) for n in range(truth.seeds))


def memory_tasks(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    for task, lengths in LENGTHS.items():
        for steps, (cell, starts) in itertools.product(lengths, STARTS.items()):
            for start, rate, (role, seed) in itertools.product(starts, RATES, roles(truth)):
                case = training(
                    "memory-tasks", cell, start, seed, seq_len=steps, task=task, role=role, learning_rate=rate
                )
                solved = bool(rng.random() < solves(truth.learned, case, start))
                yield from outcome(truth.learned, case, solved, rng)
                yield Measurement(case, "parameters", {"rnn": 1, "gru": 3, "lstm": 4}[cell] * 1200.0, "count")
                yield Measurement(case, "baseline_loss", 1 / 6 if task == "adding" else math.log(4), "1")


def more_tasks(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """All but an RNN solve all but parity; the loss of a guess is told of adding, where it is an error too."""
    lengths = {"temporal-order-3": 30, "adding-variable": 30, "copy-memory": 40, "counting": 21, "parity": 20}
    for task, steps in lengths.items():
        guess = VARIANCE if task == "adding-variable" else math.log(2)
        for cell, starts in STARTS.items():
            for start in (name for name in starts if name not in ("orthogonal", "oracle")):
                for rate, (role, seed) in itertools.product((1e-3, 3e-3), roles(truth)):
                    case = training(
                        "more-tasks", cell, start, seed, seq_len=steps, task=task, role=role, learning_rate=rate
                    )
                    yield from outcome(truth.learned, case, task != "parity" and cell != "rnn", rng)
                    yield Measurement(case, "baseline_loss", guess, "1")


def random_search(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """The same settings for all; which of them work is drawn, by model."""
    settings = [
        (float(10 ** rng.uniform(-4, -1)), float(rng.choice([0.1, 1.0, 10.0])), int(rng.choice([16, 32, 64])))
        for _ in range(DRAWS)
    ]
    for task, ((cell, layout), share) in itertools.product(("temporal-order", "adding"), truth.learned.works.items()):
        for draw, (rate, clip, size) in enumerate(settings):
            case = training(
                "random-search", cell, "torch", 1000 + draw, seq_len=20, task=task, layout=layout,
                learning_rate=rate, clip=clip, hidden_size=size,
            )  # fmt: skip
            yield from outcome(truth.learned, case, bool(rng.random() < share), rng)


def clipped_training(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """Clipping saves half of the trainings that start with a high recurrent gain."""
    for optimiser, cell, gain, clip in itertools.product(("adam", "sgd"), ("rnn", "lstm"), (1.0, 3.0), (0.0, 1.0)):
        for n in range(truth.seeds):
            case = training(
                "clipped-training", cell, "gaussian", 1000 + n, seq_len=50, task="temporal-order", clip=clip,
                initialiser_value=gain, optimiser=optimiser,
            )  # fmt: skip
            share = 0.9 if gain == 1 else 0.6 if clip else 0.1
            yield from outcome(truth.learned, case, bool(rng.random() < share), rng)


def time_to_solve(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """A GRU needs half the steps of an LSTM, and nine tenths of its time a step."""
    for task, steps in (("temporal-order", 20), ("adding", 50)):
        for block in range(truth.blocks):
            drift = math.exp(rng.normal(0, 0.1))
            for cell in ("gru", "lstm"):
                case = training("time-to-solve", cell, "torch", 1000 + block, seq_len=steps, task=task)
                taken = round(truth.learned.steps_to_solve[cell] * math.exp(rng.normal(0, 0.1)), -2)
                yield Measurement(case, "solved", 1.0, "1", block)
                yield Measurement(case, "steps_to_solve", taken, "steps", block)
                yield Measurement(case, "seconds_to_solve", taken * STEP_S[cell] * drift, "s", block)
