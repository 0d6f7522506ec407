"""The gradient profile: how large dL/ds_t is at every step, for a loss at the last step only.

Back-propagation through time in log scale: the gradient is carried as (v, e) with v 2^e, so that neither float32 nor
float64 can lose it. Source: the definition G(k) = ||dL/ds_{T-k}|| / ||dL/ds_T|| of Hochreiter 1991; Bengio, Simard &
Frasconi 1994; Pascanu, Mikolov & Bengio 2013.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.arrays import shape_of
from cells.backend import Run, find_backend
from cells.layer import Layer
from cells.trace import Trace
from cells.validation import check_array

Array = NDArray[np.float64]


def gradient_profile(
    layer: Layer, x: Any, d_last: Any, initial: Mapping[str, Any] | None = None, lengths: Any = None
) -> dict[str, Array]:
    """log10 of ||dL/ds_t||, the L2 norm over units, for every state s and step t.

    Parameters
    ----------
    layer
        A layer of one direction.
    x : (T, B, I) array
        The input.
    d_last : (B, H) array
        dL/dh_T: the loss sees the last hidden state and nothing else.
    initial
        The state to start from, {"h": (B, H), ...}; zero if None.
    lengths : (B,) integers, optional
        The steps of each row, as in a call of the layer: the loss sees a row's hidden state at its own last step.

    Returns
    -------
    dict
        {"h": (T + 1, B), "c": ...} in float64, index t as in `Trace.states`: T is the last step, 0 the initial state.
        Finite however small the gradient is; -inf only where it is exactly 0: all paths are closed, or one step alone
        takes away more than the dtype can hold. dL/dc_t counts with all its paths, as `Gradients.states` has it; that
        through h_t is not there at t = 0, where h is given: fit no rate through the start. Past a row's own last step
        stands -inf: those steps do not act on the loss.

    Raises
    ------
    ValueError, TypeError
        For a layer of two directions, and for a wrong dtype or shape, NaN or infinity in what is given.
    FloatingPointError
        Where the forward pass itself left the range of the dtype, a state or slot being NaN or infinite, or where one
        step of the gradient does.

    """
    check_layer("gradient_profile", layer)
    shape = shape_of("x", x)
    if len(shape) == 3 and shape[1] > 0:  # what else is wrong with x says the forward pass
        check_array("d_last", d_last, (shape[1], layer.hidden_size), "B H", "float64")
    profile = trace_profile(layer.forward(x, initial, lengths), d_last)
    return {name: profile[name] for name in layer.spec.states}


def trace_profile(trace: Trace, d_last: Any) -> dict[str, Array]:
    """`gradient_profile` of a forward pass that is there already, and under "joint" that of all states together.

    Of a trace with lengths the loss sees each row's hidden state at its own last step, and -inf stands past it.

    The joint gradient of (h, c)_t takes h_t and c_t as two coordinates: its dL/dc_t has no path through h_t. It is what
    a Jacobian of the joint state passes on, and one norm for cells of one state and of two.
    """
    run = finite_run("gradient_profile", trace)
    given = check_array("d_last", d_last, (run.x.shape[1], run.weights.hidden_size), "B H", "float64")
    # The profile is linear in d_last: brought to the size of 1 before the cast, none is too small or too large for it.
    exponent = int(np.frexp(np.abs(given).max())[1])
    scaled = np.ldexp(given, -exponent).astype(run.x.dtype)
    norms = find_backend(trace.backend).profile(run, scaled) + exponent * np.log10(2.0)
    bad = np.isnan(norms) | (norms == np.inf)
    if bad.any():
        step = int(np.flatnonzero(bad.any(axis=(0, 2)))[-1])
        raise FloatingPointError(
            f"gradient_profile: the gradient is NaN or infinite at step {step}; allowed: weights with which no single "
            f"step leaves the range of {run.x.dtype.name}"
        )
    return dict(zip((*run.weights.spec.states, "joint"), norms, strict=True))


def check_layer(what: str, layer: Layer) -> None:
    """TypeError for what is no layer, ValueError for a layer of two directions."""
    if not isinstance(layer, Layer):
        raise TypeError(f"{what}: layer is {type(layer).__name__}; allowed: a cells.Layer")
    check_one_direction(what, layer.bidirectional)


def check_one_direction(what: str, bidirectional: str | None) -> None:
    """ValueError for a layer of two directions."""
    if bidirectional is not None:
        raise ValueError(
            f"{what}: the layer has two directions (bidirectional={bidirectional!r}); allowed: bidirectional=None, "
            "each direction as a layer of its own"
        )


def finite_run(what: str, trace: Trace) -> Run[Any]:
    """Return the only run of a trace; FloatingPointError names the first step whose state or slot is not finite."""
    if not isinstance(trace, Trace):
        raise TypeError(f"{what}: trace is {type(trace).__name__}; allowed: a Trace, as Layer.forward gives it")
    check_one_direction(what, trace.merge)
    run = trace.runs[0]
    spec = run.weights.spec
    made = {f"state {name}": run.state(s)[1:] for s, name in enumerate(spec.states)}
    made |= {f"slot {name}": run.slot(name) for name in spec.slots}  # of the GRU, one holds a bare product
    bad = {name: ~np.isfinite(values).all(axis=(1, 2)) for name, values in made.items()}
    first = [(int(np.argmax(steps)) + 1, name) for name, steps in bad.items() if steps.any()]
    if first:
        step, name = min(first, key=lambda found: found[0])
        raise FloatingPointError(
            f"{what}: {name} is NaN or infinite at step {step}; allowed: a trace of finite numbers (the forward pass "
            f"left the range of {run.x.dtype.name})"
        )
    return run


def whole_run(what: str, trace: Trace) -> Run[Any]:
    """Return `finite_run` of a trace whose rows all have T steps; ValueError for one with lengths."""
    run = finite_run(what, trace)
    if run.lengths is not None:
        raise ValueError(
            f"{what}: the trace has lengths {run.lengths.tolist()}; allowed: a trace without, rows of one "
            "length together"
        )
    return run
