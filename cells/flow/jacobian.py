"""Jacobians of the joint state: of each step, analytic from a trace, and of their products in log scale.

A step's formulas act on each unit alone and its products on all, so every block of ds_t/ds_{t-1} is

    E + sum over slots p of diag(D_p) W_p

with D_p the derivative of the new state by the pre-activation in slot p, and E the path past the products. Both come
from the cell's own `backward` formula, given 1 as the gradient of one state at a time: no equation is written twice.
The product over the last k steps is ds_T/ds_{T-k}, whose norms bound and explain the gradient profile (Pascanu,
Mikolov & Bengio 2013, equations 3 to 7).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.arrays import as_array
from cells.backend import Run
from cells.flow.profile import whole_run
from cells.spec import CellSpec
from cells.trace import Trace

Array = NDArray[np.float64]
ALL = slice(None)


@dataclass(frozen=True)
class Linearisation:
    """The parts that the Jacobian of any step is put together from.

    past (S new, S old, T, B, H): E. slots (S new, P, T, B, H): D. within (S, S, T, B, H): how a state acts on another
    one of the same step, [to, from], and 1 on itself. inside (P, T, B, H) and inside_past (T, B, H): the derivatives of
    the masked state by each slot and by h, in cells that have one. weight: weight_hh.
    """

    spec: CellSpec
    weight: Array
    past: Array
    slots: Array
    within: Array
    inside: Array
    inside_past: Array

    @property
    def steps(self) -> int:
        """T."""
        return int(self.past.shape[2])

    @property
    def size(self) -> int:
        """S H, the length of the joint state."""
        return int(self.past.shape[0] * self.past.shape[4])

    def jacobian(self, t: int) -> Array:
        """(B, S H, S H): ds_{t+1}/ds_t for t = 0 .. T - 1, rows the new state, columns the old one."""
        states, _, _, batch, hidden = self.past.shape
        out = np.zeros((batch, states, hidden, states, hidden))
        units = np.arange(hidden)
        first = self.spec.recurrent_first
        # Row k of every block is a combination of row k of the gates' weights: one small product for each unit.
        out[:, :, :, 0] = self._combined(self.slots[:, first : first + len(self.recurrent), t], self.recurrent)
        if len(self.masked):
            inside = self.inside[first : first + len(self.recurrent), t]
            through_mask = self._combined(inside[None], self.recurrent)[:, 0]
            through_mask[:, units, units] += self.inside_past[t]
            first = self.spec.masked_first
            combined = self._combined(self.slots[:, first : first + len(self.masked), t], self.masked)
            out[:, :, :, 0] += combined @ through_mask[:, None]
        for new in range(states):
            for old in range(states):
                out[:, new, units, old, units] += self.past[new, old, t]
        return out.reshape(batch, states * hidden, states * hidden)

    def _combined(self, slots: Array, weights: Array) -> Array:
        """(B, N, H, H): sum over p of diag(slots[n, p, b]) W_p from slots (N, P, B, H) and weights (P, H, H)."""
        by_unit: Array = slots.transpose(2, 3, 0, 1) @ weights.transpose(1, 0, 2)
        return by_unit.transpose(0, 2, 1, 3)

    @functools.cached_property
    def recurrent(self) -> Array:
        """(P, H, H): the weights of the recurrent product, stored unit by unit."""
        return self._stored(self.spec.recurrent_gates)

    @functools.cached_property
    def masked(self) -> Array:
        """The same of the masked product."""
        return self._stored(self.spec.masked_gates)

    def _stored(self, gates: tuple[str, ...]) -> Array:
        hidden = self.weight.shape[1]
        by_unit = np.empty((hidden, len(gates), hidden))
        for p, gate in enumerate(gates):
            by_unit[:, p] = self.spec.gate_block(self.weight, gate, hidden)
        return by_unit.transpose(1, 0, 2)


def linearise(what: str, trace: Trace) -> Linearisation:
    """Return the parts of every Jacobian of a trace; ValueError and FloatingPointError as `cells.gradient_profile`."""
    run = whole_run(what, trace)
    spec, hidden = run.weights.spec, run.weights.hidden_size
    slots, states = _numbers(run)
    parts = [_of_state(spec, slots, states, new) for new in range(len(states))]
    past, d_slots, within = (np.stack(part) for part in zip(*parts, strict=True))
    inside, inside_past = np.zeros(slots.shape), np.zeros((1, *slots.shape[1:]))
    if spec.mask_backward is not None:
        inside[spec.mask_slot] = 1
        spec.mask_backward(None, ALL, slots, states[:, :-1], inside, inside_past)
    none = np.empty((0, hidden))  # cells whose gates see the input alone
    weight = run.weights.parameters.get("weight_hh_l0", none).astype(np.float64)
    return Linearisation(spec, weight, past, d_slots, within, inside, inside_past[0])


def _numbers(run: Run[Any]) -> tuple[Array, Array]:
    """Return the slots (P, T, B, H) and the states (S, T + 1, B, H) of a run, in float64."""
    spec = run.weights.spec
    slots = np.stack([run.slot(name) for name in spec.slots]).astype(np.float64)
    states = np.stack([run.state(s) for s in range(len(spec.states))]).astype(np.float64)
    return slots, states


def _of_state(spec: CellSpec, slots: Array, states: Array, new: int) -> tuple[Array, Array, Array]:
    """Return the derivatives of one new state: `Linearisation.past`, `slots` and `within` at [new].

    They are what the cell's `backward` makes of a gradient of 1 of that state and 0 of the others.
    """
    past = np.zeros((len(states), *slots.shape[1:]))
    d_slots, within = np.zeros(slots.shape), np.zeros(past.shape)
    within[new] = 1
    spec.backward(None, ALL, slots, states[:, :-1], states[:, 1:], d_slots, within, past)
    return past, d_slots, within


def kept_share(trace: Trace) -> Array:
    """Share of the cell state that each step keeps: dc_t/dc_{t-1} by the path past every product.

    That is f of an LSTM, and 1 in the LSTM of 1997, whose cell state no gate multiplies.

    Parameters
    ----------
    trace
        A forward pass of a layer of one direction whose cell has a cell state (`CellSpec.cell_state`).

    Returns
    -------
    (T, B, H) array
        float64, from the cell's own `backward` formula.

    Raises
    ------
    ValueError
        For a layer of two directions, or a cell without a cell state.
    FloatingPointError
        Where a state or slot of the trace is NaN or infinite.

    """
    run = whole_run("kept_share", trace)
    spec = run.weights.spec
    if spec.cell_state is None:
        raise ValueError(f"kept_share: cell {spec.name!r} has no cell state; allowed: a cell with one, as lstm")
    c = spec.states.index(spec.cell_state)
    past, _, _ = _of_state(spec, *_numbers(run), c)
    kept: Array = past[c]
    return kept


def step_jacobians(trace: Trace) -> Array:
    """Jacobians ds_t/ds_{t-1} of the joint state, one per step and batch row.

    Parameters
    ----------
    trace
        A forward pass of a layer of one direction.

    Returns
    -------
    (T, B, S H, S H) array
        float64; [t - 1, b, i, j] is the derivative of component i of s_t by component j of s_{t-1}. The joint state
        holds the states in the order of `trace.states`, H components each: h, or h and then c.

    Raises
    ------
    ValueError
        For a layer of two directions.
    FloatingPointError
        Where a state or slot of the trace is NaN or infinite.

    """
    parts = linearise("step_jacobians", trace)
    out = np.empty((parts.steps, parts.past.shape[3], parts.size, parts.size))
    for t in range(parts.steps):
        out[t] = parts.jacobian(t)
    return out


def jacobian_norms(trace: Trace, lags: Any) -> dict[str, Array]:
    """log10 norms of the Jacobian ds_T/ds_{T-k} at the given lags k, for a batch of one row.

    The product is carried as (M, e) with M 2^e. rms = ||J||_F / sqrt(dim) is what a typical direction keeps, the
    spectral norm ||J||_2 the worst. lags: integers in 0 .. T, in any order.

    Returns
    -------
    dict
        "joint_rms", "joint_spectral": the whole joint state. In cells with a cell state c, kept apart from the output,
        also "cell_rms" and "cell_spectral": the total dc_T/dc_{T-k}, with the path through h of the step it starts
        from (the start, lag T, has none); and "cell_path": the rms over units of the product of what each step keeps,
        f of an LSTM and 1 without a forget gate: the path past every product. Each (len(lags),).

    Raises
    ------
    ValueError, TypeError
        For a layer of two directions, more than one row, lags that are no integers or lie outside 0 .. T.
    FloatingPointError
        Where a state or slot of the trace is NaN or infinite.

    """
    parts = linearise("jacobian_norms", trace)
    wanted = None if lags is None else as_array("lags", lags)
    if parts.past.shape[3] != 1:
        raise ValueError(f"jacobian_norms: the trace has {parts.past.shape[3]} rows; allowed: 1")
    if wanted is None or wanted.ndim != 1 or (wanted.size and wanted.dtype.kind not in "iu"):
        raise TypeError(f"lags are {lags!r}; allowed: a sequence of integers, 0 .. {parts.steps}")
    if wanted.size and not (wanted.min() >= 0 and wanted.max() <= parts.steps):
        raise ValueError(f"lags are {wanted.min()} .. {wanted.max()}; allowed: 0 .. {parts.steps}")
    names: tuple[str, ...] = ("joint_rms", "joint_spectral")
    cell_state = parts.spec.cell_state
    c = None if cell_state is None else parts.spec.states.index(cell_state)
    names += () if c is None else ("cell_rms", "cell_spectral", "cell_path")
    out = {name: np.empty(len(wanted)) for name in names}
    product = np.eye(parts.size)
    exponent = 0
    path = np.zeros(parts.past.shape[4])
    for lag in range(int(wanted.max(initial=0)) + 1):
        t = parts.steps - lag  # s_t is what the product now starts from
        for place in np.flatnonzero(wanted == lag).tolist():
            _norms(out, "joint", place, product, exponent)
            if c is not None:
                _norms(out, "cell", place, _cell_by_cell(product, parts, c, t), exponent)
                out["cell_path"][place] = _log10_rms(path)
        if lag < parts.steps:
            product, taken = _scaled(product @ parts.jacobian(t - 1)[0])
            exponent += taken
            if c is not None:
                with np.errstate(divide="ignore"):
                    path = path + np.log10(parts.past[c, c, t - 1, 0])
    return out


def _cell_by_cell(product: Array, parts: Linearisation, c: int, t: int) -> Array:
    """Return the total dc_T/dc_t, (H, H), from ds_T/ds_t: with the path from c_t to the output h_t inside step t."""
    hidden = parts.weight.shape[1]
    rows = product[c * hidden : (c + 1) * hidden]
    block: Array = rows[:, c * hidden : (c + 1) * hidden]
    if t == 0:  # the start has no such path: h_0 and c_0 are given
        return block
    through_h: Array = rows[:, :hidden] * parts.within[0, c, t - 1, 0]
    return block + through_h


def _norms(out: dict[str, Array], kind: str, place: int, matrix: Array, exponent: int) -> None:
    shift = exponent * np.log10(2.0)
    with np.errstate(divide="ignore"):
        out[kind + "_rms"][place] = np.log10(np.linalg.norm(matrix) / np.sqrt(len(matrix))) + shift
        out[kind + "_spectral"][place] = np.log10(np.linalg.norm(matrix, 2)) + shift


def _scaled(matrix: Array) -> tuple[Array, int]:
    """Return a matrix divided by a power of two, and its exponent."""
    exponent = int(np.frexp(np.abs(matrix).max())[1])
    return np.ldexp(matrix, -exponent), exponent


def _log10_rms(log10_values: Array) -> float:
    """log10 of the root mean square of numbers that are given as log10: they may be below every float."""
    top = log10_values.max()
    if not np.isfinite(top):
        return float(top)
    return float(top + 0.5 * np.log10(np.mean(10.0 ** (2 * (log10_values - top)))))
