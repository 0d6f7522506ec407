"""What a training does inside a network: how much of the gradient is left on the way, how gates and states end up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.case import Case
from bench.measures.gradient_flow import lag_grid, log_row
from bench.measures.training import training_rows
from bench.rows import Measurement
from bench.training import Training, prepare
from cells import using_threads
from cells.flow.profile import trace_profile

Array = NDArray[np.floating[Any]]
LOOKED_AT = 32
"""Sequences of the test set whose gradients and gates are followed."""
LOSS = 3
"""The stream of the gradient at the last step: neither parameters nor data shift it."""
PHASES = ("before", "during", "after")


@dataclass(frozen=True)
class Look:
    """A network after so many training steps.

    `profile` is the log10 norm of its gradient by lag 0 .. T; `keep` the share of the state that is kept at t = 1 .. T,
    None for a cell without a gate that keeps it.
    """

    step: int
    profile: Array
    keep: Array | None


def measure_during(case: Case, block: int) -> list[Measurement]:
    """Train once, and look at the gradient before the first step and at every test.

    The gradient is that of all states together (`trace_profile`), on the same sequences and for the same random dL/dh_T
    at each look; sequences are averaged in log scale. `log10_left_at` is what of it is left at the initial state. Whole
    profiles, and the share that the gate keeps (mean over units and sequences), stand for three looks: before the first
    step, half way to the last look, and the last.
    """
    with using_threads(case.threads):
        training = prepare(case)
        x = training.test_set.x[:, :LOOKED_AT]
        d_last = np.random.default_rng([case.seed, LOSS]).standard_normal((x.shape[1], case.hidden_size))
        looks = [_look(training, x, d_last)]

        def look_and_test() -> float:
            if training.taken > looks[-1].step:
                looks.append(_look(training, x, d_last))
            return training.test()

        history = training.run(look_and_test)
    rows = training_rows(training, history, block)
    for look in looks:
        left = float(look.profile[-1] - look.profile[0])
        rows.append(log_row(case, "log10_left_at", left, block, float(look.step)))
    for phase, look in zip(PHASES, (looks[0], _half_way(looks), looks[-1]), strict=True):
        rows += _phase_rows(case, block, phase, look)
    return rows


def _half_way(looks: list[Look]) -> Look:
    return min(looks, key=lambda look: abs(2 * look.step - looks[-1].step))


def _look(training: Training, x: Array, d_last: Array) -> Look:
    layer = training.model.layer
    trace = layer.forward(x)
    keeps = layer.spec.keeps
    keep = None if keeps is None else keeps.share(trace.gates[keeps.gate]).mean(axis=(1, 2))
    return Look(training.taken, trace_profile(trace, d_last)["joint"].mean(axis=1)[::-1], keep)


def _phase_rows(case: Case, block: int, phase: str, look: Look) -> list[Measurement]:
    rows = [
        log_row(case, f"log10_profile_{phase}", float(look.profile[lag]), block, float(lag))
        for lag in lag_grid(case.seq_len)
    ]
    if look.keep is not None:
        rows += [
            Measurement(case, f"keep_{phase}", float(share), "1", block, step=float(t + 1))
            for t, share in enumerate(look.keep)
        ]
    return rows


def measure_one_network(case: Case, block: int) -> list[Measurement]:
    """Train once, then write down all that happens in the network while it reads the first sequence of the test set.

    Step: t = 1 .. T. `trained_answer` is what the readout would say if the sequence ended there: one number a class,
    before softmax.
    """
    with using_threads(case.threads):
        training = prepare(case)
        history = training.run()
        x = training.test_set.x[:, :1]
        trace = training.model.layer.forward(x)
    parameters = training.model.parameters
    answers = trace.output[:, 0] @ parameters["readout_weight"].T + parameters["readout_bias"]
    rows = training_rows(training, history, block)
    rows += _along(case, block, "trained_input", x[:, 0])
    for gate, values in trace.gates.items():
        rows += _along(case, block, f"trained_gate_{gate}", values[:, 0])
    for state, values in trace.states.items():
        rows += _along(case, block, f"trained_state_{state}", values[1:, 0])
    return rows + _along(case, block, "trained_answer", answers)


def _along(case: Case, block: int, metric: str, values: Array) -> list[Measurement]:
    """Return a row for each of (T, places)."""
    return [
        Measurement(case, metric, float(value), "1", block, replicate=place, step=float(t + 1))
        for t, at_step in enumerate(values)
        for place, value in enumerate(at_step)
    ]
