"""Rows of what trained networks do: from how little data, with the future, where their gradient and gates went."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from bench.case import Case
from bench.rows import Measurement
from cells.registry import find_cell
from tests.support.rows.synthetic_training import training

SIZES = (30, 100, 300, 1000)
DATA_SETS = {"digits-rows": (8, 8, 10), "japanese-vowels": (29, 12, 9), "sunspots": (24, 1, 1)}
"""Data set to steps, inputs and outputs."""
EQUAL = {"rnn": (32, 68), "lstm": (32,), "gru": (32, 38)}
"""Hidden sizes: equal for all, and that at which a cell has as many parameters as the LSTM."""
VARIANCE = 0.25
"""Of the sunspots: mean squared error of the best guess that does not look."""
SHIFT = 10
PHASES = ("before", "during", "after")
TRAINED = (("rnn", "torch"), ("rnn", "orthogonal"), ("lstm", "torch"), ("lstm", "torch-fb1"), ("gru", "torch"))
TRAINING_STEPS = (0, 200, 400, 800, 1600)
LAGS = (0, 1, 5, 10, 20, 35, 50)
LEFT_BEFORE = -10.0


def parameters(cell: str, inputs: int, size: int, outputs: int, directions: int = 1) -> float:
    """Layer with two biases, and readout."""
    layer = directions * len(find_cell(cell).gates) * size * (inputs + size + 2)
    return float(layer + outputs * (directions * size + 1))


def learning_curves(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """More data helps all; how far an LSTM is behind the others goes from its first to its last value in ln n."""
    ends = math.log(SIZES[0]), math.log(SIZES[-1])
    for (task, (steps, inputs, outputs)), size in itertools.product(DATA_SETS.items(), SIZES):
        way = (math.log(size) - ends[0]) / (ends[1] - ends[0])
        first, last = truth.learned.behind[task]
        for cell, hidden in ((cell, hidden) for cell, sizes in EQUAL.items() for hidden in sizes):
            gap = (first + way * (last - first)) if cell == "lstm" else 0.0
            for n in range(truth.seeds):
                case = training(
                    "learning-curves", cell, "torch", 1000 + n, seq_len=steps, task=task,
                    hidden_size=hidden, input_size=inputs, train_size=size,
                )  # fmt: skip
                noise = rng.normal(0, 0.01)
                if task == "sunspots":
                    value = (0.02 + 0.2 / math.sqrt(size)) * (1 + gap) * math.exp(noise)
                    yield Measurement(case, "best_mse", value, "1")
                    yield Measurement(case, "baseline_loss", VARIANCE, "1")
                else:
                    value = 0.95 - 1.5 / math.sqrt(size) - gap + noise
                    yield Measurement(case, "best_accuracy", min(max(value, 0.0), 1.0), "1")
                yield Measurement(case, "parameters", parameters(cell, inputs, hidden, outputs), "count")


def future_context(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """Only with two directions is the future known; the past is for all."""
    for offset, (merge, size) in itertools.product((SHIFT, -SHIFT), (("none", 32), ("none", 46), ("concat", 32))):
        error = truth.learned.future_error["two" if merge == "concat" else "one"] if offset > 0 else 0.02
        for n in range(truth.seeds):
            case = training(
                "future-context", "lstm", "torch", 1000 + n, seq_len=40, task="shifted-input",
                merge=merge, hidden_size=size, input_size=1, offset=offset,
            )  # fmt: skip
            for step, factor in ((0.0, 1.1), (4000.0, 1.0)):
                value = (error if step else 1.0) * factor * math.exp(rng.normal(0, 0.1))
                yield Measurement(case, "test_mse", value, "1", step=step)
            directions = 2 if merge == "concat" else 1
            yield Measurement(case, "parameters", parameters("lstm", 1, size, 1, directions), "count")
            yield Measurement(case, "baseline_loss", 1.0, "1")


def during_training(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """The gradient arrives, and the error falls with it; the gate that keeps opens."""
    for (cell, start), n in itertools.product(TRAINED, range(truth.seeds)):
        case = training("during-training", cell, start, 1000 + n, seq_len=50, task="adding")
        after = truth.learned.left_after[cell] * math.exp(rng.normal(0, 0.1))
        for step in TRAINING_STEPS:
            way = 1 / (1 + math.exp(-(step - 500) / 100))
            left = LEFT_BEFORE + (after - LEFT_BEFORE) * way
            yield Measurement(case, "log10_left_at", left, "log10", step=step)
            yield Measurement(case, "test_mse", 0.17 - 0.165 * way * (cell != "rnn"), "1", step=step)
        for phase, left in zip(PHASES, (LEFT_BEFORE, (LEFT_BEFORE + after) / 2, after), strict=True):
            for lag in LAGS:
                yield Measurement(case, f"log10_profile_{phase}", left * lag / 50, "log10", step=lag)
            if find_cell(cell).keeps is not None:
                level = {"before": 0.5, "during": 0.75, "after": 0.95}[phase]
                for t in range(1, 51, 7):
                    yield Measurement(case, f"keep_{phase}", level + rng.normal(0, 0.01), "1", step=t)


def one_network(truth: Any, rng: np.random.Generator) -> Iterator[Measurement]:
    """Symbols at steps 4 and 20; a unit of the cell state takes each and keeps it."""
    steps, units, channels = 40, 8, 6
    case = training(
        "one-network", "lstm", "torch-fb1", 1000, seq_len=steps, task="temporal-order",
        hidden_size=units, input_size=channels,
    )  # fmt: skip
    marks = {4: 0, 20: 1}
    for t in range(1, steps + 1):
        channel = marks.get(t, 2 + t % 4)
        for place in range(channels):
            yield Measurement(case, "trained_input", float(place == channel), "1", replicate=place, step=t)
        yield from _units(case, t, [t >= mark for mark in marks], units, rng)
        answer = (t >= 4) + 2 * (t >= 20)
        for place in range(4):
            yield Measurement(case, "trained_answer", 4.0 * (place == answer) - 2, "1", replicate=place, step=t)


def _units(case: Case, t: int, seen: list[bool], units: int, rng: np.random.Generator) -> Iterator[Measurement]:
    for unit in range(units):
        kept = float(seen[unit % 2])
        for gate, level in (("i", 0.1), ("f", 0.9), ("g", kept), ("o", 0.6)):
            drawn = min(max(level + rng.normal(0, 0.03), -1.0), 1.0)
            yield Measurement(case, f"trained_gate_{gate}", drawn, "1", replicate=unit, step=t)
        for state, value in (("c", 2 * kept), ("h", kept)):
            yield Measurement(case, f"trained_state_{state}", value + rng.normal(0, 0.05), "1", replicate=unit, step=t)
