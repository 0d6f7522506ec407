"""What float64 makes of a gradient profile and of a Lyapunov spectrum, by the formulas of `cells.reference` alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.reference import reference

Array = NDArray[np.float64]
BURN_IN = 300
"""Steps before a spectrum is measured."""
PIECE = 50
"""Steps in which no gradient that is measured here shrinks by more than float64 holds."""


def exact_profile(cell: str, parameters: Mapping[str, Any], x: Any, d_last: Any) -> Array:
    """Return log10 of the norm of dL/ds at every step, (S, T + 1, B), the loss at the last one; d_last (B, H).

    The gradient is brought back to the size of 1 every `PIECE` steps, so that float64 does not lose it.
    """
    pieces = [x[begin : begin + PIECE] for begin in range(0, len(x), PIECE)]
    starts = [reference(cell, parameters, x[:1]).final]
    starts[0] = {name: np.zeros_like(values) for name, values in starts[0].items()}
    for piece in pieces[:-1]:
        starts.append(reference(cell, parameters, piece, initial=starts[-1]).final)
    gradient = {name: np.zeros_like(values) for name, values in starts[0].items()} | {"h": np.asarray(d_last, float)}
    norms: list[Array] = []
    exponent = 0.0
    for piece, start in zip(reversed(pieces), reversed(starts), strict=True):
        no_loss = np.zeros((len(piece), *np.shape(d_last)))
        result = reference(cell, parameters, piece, no_loss, initial=start, d_final=gradient)
        each = np.stack([np.linalg.norm(values, axis=2) for values in result.states.values()])
        norms.insert(0, np.log10(each[:, 1:]) + exponent)  # at its end a piece has all paths of c, also that through h
        first = np.log10(each[:, :1]) + exponent
        scale = max(float(np.abs(values).max()) for values in result.initial.values())
        gradient = {name: values / scale for name, values in result.initial.items()}
        exponent += float(np.log10(scale))
    return np.concatenate([first, *norms], axis=1)


def exact_spectrum(cell: str, parameters: Mapping[str, Any], x: Any) -> Array:
    """Return the sum of all Lyapunov exponents, (1,), nats per step: the mean of ln |det J| over the measured steps.

    x: (T, 1, I). It is the sum for any directions, so that it needs none; J comes from a backward pass through one step
    for each unit of the state.
    """
    state = reference(cell, parameters, x[:BURN_IN]).final
    size = sum(values.shape[1] for values in state.values())
    units = np.split(np.eye(size), len(state), axis=1)
    d_final = dict(zip(state, units, strict=True))
    total = 0.0
    for now in x[BURN_IN:]:
        start = {name: np.repeat(values, size, axis=0) for name, values in state.items()}
        each = np.repeat(now[None], size, axis=1)
        no_loss = np.zeros((1, size, units[0].shape[1]))
        step = reference(cell, parameters, each, no_loss, initial=start, d_final=d_final)
        total += float(np.linalg.slogdet(np.concatenate(list(step.initial.values()), axis=1))[1])
        state = {name: values[:1] for name, values in step.final.items()}
    return np.array([total / (len(x) - BURN_IN)])
