"""Jacobians of the joint state: how a typical and the worst direction fade, forward and backward."""

from __future__ import annotations

import numpy as np

from bench.case import Case
from bench.draw import draw
from bench.measures.gradient_flow import lag_grid, log_row
from bench.rows import Measurement
from cells import jacobian_norms, perturbation, step_jacobians


def measure(case: Case, block: int) -> list[Measurement]:
    """Norms of ds_T/ds_{T-k}, Pascanu's bound on them, and a perturbation of the start, carried forward.

    step: the lag k; for the perturbation the time t. `cell_from_hidden` is the rms of dc_t/dh_{t-1}, over steps.
    """
    layer, x, start, rng = draw(case)
    trace = layer.forward(x, start)
    lags = lag_grid(case.seq_len)
    rows = [
        log_row(case, f"log10_jacobian_{name}", float(value), block, float(lag))
        for name, values in jacobian_norms(trace, lags).items()
        for lag, value in zip(lags, values, strict=True)
    ]
    if layer.spec.simple:  # one product and a slope of at most 1: the bound of Pascanu et al. 2013 holds
        largest = np.log10(np.linalg.norm(layer.parameters["weight_hh_l0"], 2))
        rows += [log_row(case, "log10_pascanu_bound", float(lag * largest), block, float(lag)) for lag in lags]
    direction = rng.standard_normal((1, len(trace.states) * case.hidden_size))
    moved = perturbation(trace, direction)[:, 0]
    rows += [log_row(case, "log10_perturbation", float(moved[t]), block, float(t)) for t in lags]
    if layer.spec.cell_state is not None:
        c = layer.spec.states.index(layer.spec.cell_state) * case.hidden_size
        block_of_c = step_jacobians(trace)[:, 0, c : c + case.hidden_size, : case.hidden_size]
        rms = float(np.sqrt(np.mean(np.sum(np.square(block_of_c), axis=(1, 2)) / case.hidden_size)))
        rows.append(Measurement(case, "cell_from_hidden", rms, "1", block))
    return rows
