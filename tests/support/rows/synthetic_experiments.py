"""Experiments that nobody measured: rows for any definition, whose values follow from the case alone."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from bench.case import Case, make_case
from bench.columns import unit_of
from bench.experiments.askable import TIME
from bench.experiments.definition import Experiment, from_json
from bench.rows import COLUMNS, Measurement
from bench.studies.axes import FIRST_SEED
from cells.registry import find_cell
from tests.support.rows.synthetic import row

LAGS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 300)
FACTOR = {"rnn": 0.6, "lstm": 0.9, "gru": 0.8}
COST = {"cpu": 1.0, "cpu-again": 1.0, "torch": 1.5, "onnxruntime": 0.8}


def experiment(name: str, measure: str, *axes: dict[str, Any], **parts: Any) -> Experiment:
    """A definition as a user writes it."""
    return from_json({"name": name, "measure": measure, "axes": list(axes), "seeds": 3, **parts})


def frame(*experiments: Experiment, status: str = "ok") -> pd.DataFrame:
    """Rows of experiments; with another status than "ok" no row has a value."""
    found = [row(each) for asked in experiments for each in measurements(asked, status)]
    return pd.DataFrame(found, columns=list(COLUMNS))


def cases(asked: Experiment) -> Iterator[Case]:
    """Each combination of the axes, with each seed."""
    for grid in asked.grids:
        axes = {"cell": ("rnn", "lstm", "gru")} | {field: (value,) for field, value in asked.asked.defaults.items()}
        if asked.asked.kind == TIME:
            axes["backend"] = ("cpu", "cpu-again")
        axes |= grid
        for values in itertools.product(*axes.values()):
            settings = dict(zip(axes, values, strict=True)) | dict(asked.asked.fixed)
            name, _, value = str(settings.get("initialiser", "torch")).partition(":")
            settings |= {"initialiser": name, "initialiser_value": float(value or 0)}
            for seed in range(FIRST_SEED, FIRST_SEED + asked.seeds) if asked.asked.seeds else (0,):
                yield make_case(asked.study, **settings, seed=seed)


def measurements(asked: Experiment, status: str = "ok") -> Iterator[Measurement]:
    """What a measure gives of every case."""
    for case in cases(asked):
        for metric, step, value, block in _values(asked, case):
            known = value if status == "ok" else None
            yield Measurement(
                case, metric, known, unit_of(metric) or "", block=block, step=step, status=status, reason="made up"
            )


def _values(asked: Experiment, case: Case) -> Iterator[tuple[str, float, float, int]]:
    noise = np.random.default_rng(case.seed).normal(0, 0.01)
    rate = math.log10(FACTOR.get(case.cell, 0.7)) * (1 + noise) * math.exp(-0.3 * case.number("gate_bias"))
    kind = asked.asked.name
    if kind in ("gradient-flow", "every-step", "step-jacobians"):
        metrics = [asked.asked.metric]
        if kind == "gradient-flow" and len(find_cell(case.cell).states) > 1:
            metrics.append("log10_norm_joint")
        for metric, lag in itertools.product(metrics, (lag for lag in LAGS if lag <= case.seq_len)):
            yield metric, lag, 0.3 + rate * lag, 0
    elif kind == "truncated":
        for window in (5, 10, 20, 50):
            yield asked.asked.metric, window, rate * window, 0
    elif kind == "lyapunov-spectrum":
        for place in range(1, case.hidden_size + 1):
            yield asked.asked.metric, place, 2 * rate - 0.05 * place, 0
    elif kind == "gates":
        for place, gate in enumerate(find_cell(case.cell).sigmoid_gates):
            for step in range(1, case.seq_len + 1):
                bias = case.number("gate_bias") + place + noise
                yield f"gate_mean_{gate}", step, 1 / (1 + math.exp(-bias * (1 - math.exp(-step / 5)))), 0
    elif kind == "memory":
        yield asked.asked.metric, case.seq_len, 1 + rate + case.number("gate_bias") / 3, 0
    elif kind == "training":
        metric = "test_mse" if case.word("task") == "adding" else "test_accuracy"
        ends = 600 if case.cell == "gru" else 1500  # it has ended: no more tests
        for step in (0, 100, 200, 600, 1500):
            if step <= ends:
                yield metric, step, min(1.0, 0.4 + noise + FACTOR.get(case.cell, 0.7) * step / 1000), 0
    elif kind == "solving":
        yield asked.asked.metric, 0, float(case.cell != "rnn" or case.seed % 2), 0
    elif kind == "parameters":
        gates = len(find_cell(case.cell).gates)
        yield asked.asked.metric, 0, gates * case.hidden_size * (case.hidden_size + case.input_size + 2), 0
    else:
        work = case.seq_len * case.hidden_size**2 * case.batch_size * len(find_cell(case.cell).gates) * 1e-10
        for block in range(asked.blocks):
            drift = np.random.default_rng([block, case.hidden_size]).normal(0, 0.1)
            own = np.random.default_rng([block, len(case.backend), case.seq_len]).normal(0, 0.02)
            yield asked.asked.metric, 0, COST[case.backend] * work * math.exp(drift + own), block
