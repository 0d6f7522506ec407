"""Gradient flow: how large dL/dh and dL/dc are, k steps before the loss, and where float32 loses them."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from bench.case import Case
from bench.draw import draw
from bench.rows import Measurement
from cells import Layer, Trace
from cells.flow.jacobian import kept_share
from cells.flow.profile import trace_profile

DENSE_LAGS = 10  # every lag up to here, then a geometric grid
LAGS_PER_DECADE = 16
FORGET_PATHS = ("log10_forget_path", "log10_forget_mean")


def lag_grid(steps: int) -> NDArray[np.int64]:
    """Lags 0 .. T that are stored: a profile is smooth, so a geometric grid loses nothing.

    T - 1 is among them: at T stands the initial state, into which fewer paths lead.
    """
    count = max(2, int(LAGS_PER_DECADE * np.log10(max(steps / DENSE_LAGS, 1.0))) + 1)
    spread = np.geomspace(DENSE_LAGS, max(steps, DENSE_LAGS), count).round().astype(np.int64)
    lags = np.unique(np.concatenate((np.arange(DENSE_LAGS + 1), spread, [steps - 1])))
    return lags[lags <= steps]


def measure_flow(case: Case, block: int) -> list[Measurement]:
    """Measure log10 norms of dL/dh and dL/dc as `measure_norms` does, and the forget path of a cell with a cell state.

    That path is the product of the shares that the last k steps keep, f of an LSTM and 1 without a forget gate.
    """
    rows, layer, trace = _norms(case, block)
    if layer.spec.cell_state is not None:
        rows += _forget_path(case, block, trace)
    return rows


def measure_norms(case: Case, block: int) -> list[Measurement]:
    """Measure log10 norms of dL/dh and dL/dc at every stored lag, loss at the last step only.

    dL/dh_T is a standard normal vector; the norm at lag 0 is stored too, so that the profile can be normalised
    (`cells.gradient_profile`). Rows of a batch are averaged in log scale. A simple cell without input has a row of
    log10 of the spectral radius of W: at zero that is its rate.
    """
    return _norms(case, block)[0]


def _norms(case: Case, block: int) -> tuple[list[Measurement], Layer, Trace]:
    layer, x, start, rng = draw(case)
    trace = layer.forward(x, start)
    d_last = rng.standard_normal((case.batch_size, case.hidden_size))
    rows = profile_rows(case, block, trace, d_last)
    if layer.spec.simple and case.word("inputs") in ("zero", "start"):
        rows.append(Measurement(case, "log10_spectral_radius", math.log10(_radius(layer)), "log10", block))
    return rows, layer, trace


def profile_rows(
    case: Case, block: int, trace: Trace, d_last: NDArray[np.floating], metric: str = "log10_norm"
) -> list[Measurement]:
    """Rows `<metric>_<state>` of a gradient profile; one failed row a state where the trace itself is not finite."""
    try:
        profile = trace_profile(trace, d_last)
    except FloatingPointError as error:
        return _diverged(case, block, [f"{metric}_{state}" for state in trace.states], error)
    lags = lag_grid(case.seq_len)
    return [
        log_row(case, f"{metric}_{state}", float(values[::-1][lag].mean()), block, float(lag))
        for state, values in profile.items()
        if state != "joint" or len(profile) > 2
        for lag in lags
    ]


def log_row(case: Case, metric: str, value: float, block: int, step: float) -> Measurement:
    """Make a row of a log10; a number that is exactly 0 has none, and the row says so."""
    if value == -math.inf:
        reason = f"exactly 0 in {case.dtype}"
        return Measurement(case, metric, None, "log10", block, step=step, status="zero", reason=reason)
    return Measurement(case, metric, value, "log10", block, step=step)


def _diverged(case: Case, block: int, metrics: Iterable[str], error: FloatingPointError) -> list[Measurement]:
    """One row a metric, without a value: the forward pass left the range of its dtype."""
    return [Measurement(case, metric, None, "log10", block, status="diverged", reason=str(error)) for metric in metrics]


def _forget_path(case: Case, block: int, trace: Trace) -> list[Measurement]:
    """Rows of the root mean square and of the mean over units of the product of the shares kept, by lag."""
    try:
        kept = kept_share(trace)[::-1, 0]
    except FloatingPointError as error:
        return _diverged(case, block, FORGET_PATHS, error)
    log_f = np.log10(np.maximum(kept, np.finfo(np.float64).tiny))
    path = np.concatenate((np.zeros((1, case.hidden_size)), np.cumsum(log_f, axis=0)))
    # The root mean square over units in log space: the product itself may be below every float.
    top = path.max(axis=1, keepdims=True)
    rms = top[:, 0] + 0.5 * np.log10(np.mean(10.0 ** (2 * (path - top)), axis=1))
    mean = top[:, 0] + np.log10(np.mean(10.0 ** (path - top), axis=1))
    lags = lag_grid(case.seq_len)
    return [
        log_row(case, metric, float(values[lag]), block, float(lag))
        for metric, values in zip(FORGET_PATHS, (rms, mean), strict=True)
        for lag in lags
    ]


def _radius(layer: Layer) -> float:
    return float(np.abs(np.linalg.eigvals(layer.parameters["weight_hh_l0"].astype(np.float64))).max())


def measure_underflow(case: Case, block: int) -> list[Measurement]:
    """At which lag a plain backward pass loses dL/dh: below the normal numbers of its dtype, and to the last bit.

    The last bit counts as lost: times a gate above one half it rounds to itself and would never go. Beside the lags
    seen stand those computed from the profile in log scale, whose rows are stored too.
    """
    layer, x, start, rng = draw(case)
    trace = layer.forward(x, start)
    d_last = rng.standard_normal((case.batch_size, case.hidden_size)).astype(case.dtype)
    rows = profile_rows(case, block, trace, d_last)
    d_output = np.zeros(trace.output.shape, case.dtype)
    d_output[-1] = d_last
    # Both as root mean squares over units: one number against its like.
    plain = np.linalg.norm(trace.backward(d_output).states["h"][:, 0].astype(np.float64), axis=1)[::-1]
    plain /= math.sqrt(case.hidden_size)
    kind = np.finfo(case.dtype)
    profile = trace_profile(trace, d_last)["h"][::-1, 0] - 0.5 * math.log10(case.hidden_size)
    for name, limit in (("normal", kind.tiny), ("denormal", kind.smallest_subnormal)):
        for metric, lost in (
            ("lost_seen", plain <= limit),
            ("lost_computed", profile <= math.log10(float(limit))),
        ):
            if lost.any():
                rows.append(Measurement(case, f"{metric}_{name}", float(np.argmax(lost)), "steps", block))
            else:
                reason = f"not lost within {case.seq_len} steps"
                beyond = float(case.seq_len)
                rows.append(
                    Measurement(case, f"{metric}_{name}", beyond, "steps", block, status="censored", reason=reason)
                )
    return rows
