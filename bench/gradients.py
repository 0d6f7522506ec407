"""Gradient flow: how large dL/dh and dL/dc are, k steps before the loss; and what the gates did on the way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.case import Case
from bench.rows import Measurement
from cells import Layer, Trace
from cells.initialisers import find_initialiser

DENSE_LAGS = 10  # every lag up to here, then a geometric grid
LAGS_PER_DECADE = 16


def lag_grid(steps: int) -> NDArray[np.int64]:
    """Lags 0 .. T that are stored: a profile is smooth, so a geometric grid loses nothing."""
    count = max(2, int(LAGS_PER_DECADE * np.log10(max(steps / DENSE_LAGS, 1.0))) + 1)
    spread = np.geomspace(DENSE_LAGS, max(steps, DENSE_LAGS), count).round().astype(np.int64)
    lags = np.unique(np.concatenate((np.arange(DENSE_LAGS + 1), spread)))
    return lags[lags <= steps]


def draw(case: Case) -> tuple[Layer, NDArray[np.floating], np.random.Generator]:
    """The case's layer and input, from its seed; the generator goes on to draw what else is needed."""
    rng = np.random.default_rng(case.seed)
    layer = Layer(
        case.cell,
        case.input_size,
        case.hidden_size,
        dtype=case.dtype,
        initialiser=find_initialiser(case.initialiser, case.initialiser_value),
        bidirectional=None if case.merge == "none" else case.merge,
        rng=rng,
    )
    shape = (case.seq_len, case.batch_size, case.input_size)
    return layer, np.zeros(shape) if case.inputs == "zero" else rng.standard_normal(shape), rng


def measure_flow(case: Case, block: int) -> list[Measurement]:
    """log10 norms of dL/dh and dL/dc at every stored lag, loss at the last step only (SCIENCE: gradient profile).

    dL/dh_T is a standard normal vector; the norm at lag 0 is stored too, so that the profile can be normalised.
    The LSTM also gets the forget path: the product of forget gates over the last k steps.
    """
    layer, x, rng = draw(case)
    trace = layer.forward(x)
    d_output = np.zeros(trace.output.shape)
    d_output[-1] = rng.standard_normal(d_output.shape[1:])
    gradients = trace.backward(d_output)
    lags = lag_grid(case.seq_len)
    rows = []
    for state, values in gradients.states.items():
        norms = np.sqrt(np.sum(np.square(values), axis=2)).mean(axis=1)[::-1]
        rows += [_log_row(case, f"log10_norm_{state}", norms[lag], block, lag) for lag in lags]
    if "f" in trace.gates:
        log_f = np.log10(np.maximum(trace.gates["f"][::-1, 0], np.finfo(np.float64).tiny))
        path = np.concatenate((np.zeros((1, case.hidden_size)), np.cumsum(log_f, axis=0)))
        # The root mean square over units in log space: the product itself may be below every float.
        top = path.max(axis=1, keepdims=True)
        rms = top[:, 0] + 0.5 * np.log10(np.mean(10.0 ** (2 * (path - top)), axis=1))
        rows += [Measurement(case, "log10_forget_path", float(rms[k]), "log10", block, step=float(k)) for k in lags]
    return rows


def _log_row(case: Case, metric: str, norm: float, block: int, lag: int) -> Measurement:
    if not np.isfinite(norm):
        return Measurement(
            case, metric, None, "log10", block, step=float(lag), status="failed", reason=f"norm is {norm}"
        )
    if norm == 0:
        reason = f"the norm is exactly 0 in {case.dtype}"
        return Measurement(case, metric, None, "log10", block, step=float(lag), status="underflow", reason=reason)
    return Measurement(case, metric, float(np.log10(norm)), "log10", block, step=float(lag))


def measure_gates(case: Case, block: int) -> list[Measurement]:
    """Mean of every gate at every step, and its extremes over the sequence."""
    layer, x, _ = draw(case)
    return gate_rows(layer.forward(x), case, block)


def gate_rows(trace: Trace, case: Case, block: int) -> list[Measurement]:
    """Rows about the gates of a trace; the step of a mean is t = 1 .. T."""
    rows = []
    for gate, values in trace.gates.items():
        rows += [
            Measurement(case, f"gate_mean_{gate}", float(mean), "1", block, step=float(t))
            for t, mean in enumerate(values.mean(axis=(1, 2)), start=1)
        ]
        rows.append(Measurement(case, f"gate_min_{gate}", float(values.min()), "1", block))
        rows.append(Measurement(case, f"gate_max_{gate}", float(values.max()), "1", block))
    return rows
