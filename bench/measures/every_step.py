"""The gradient of h with a loss at the last step only, beside that with a loss at every step."""

from __future__ import annotations

import numpy as np

from bench.case import Case
from bench.draw import draw
from bench.measures.gradient_flow import lag_grid, log_row
from bench.rows import Measurement
from cells.flow.profile import trace_profile


def measure_every_step(case: Case, block: int) -> list[Measurement]:
    """Measure ||dL/dh_{T-k}|| for the same network twice: loss at the last step, and loss at every step.

    The second loss gives every output a gradient of its own, N(0, 1) and independent of the others, whose norm is near
    sqrt(H) at every lag; that at the last step is the gradient of the first loss. Lags end at T - 1, since the initial
    state is no output. Norms of a batch are averaged in log scale.
    """
    layer, x, start, rng = draw(case)
    trace = layer.forward(x, start)
    d_output = rng.standard_normal(trace.output.shape)
    of_h = layer.spec.states[0]
    losses = {
        "log10_norm_h": trace_profile(trace, d_output[-1])[of_h],
        "log10_norm_every_h": np.log10(np.linalg.norm(trace.backward(d_output).states[of_h][1:], axis=2)),
    }
    return [
        log_row(case, metric, float(norms[::-1][lag].mean()), block, float(lag))
        for metric, norms in losses.items()
        for lag in lag_grid(case.seq_len - 1)
    ]
