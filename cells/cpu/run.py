"""A pass of one direction of a layer on the CPU: allocate, share the work among threads, call the kernels."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from cells.bidirectional import past_end
from cells.cpu.arguments import Sequences, Units
from cells.cpu.kernels import profile as log_scale
from cells.cpu.kernels import sequence
from cells.cpu.kernels.profile import LogScale
from cells.cpu.layout import Array, Blocking, Groups, PlainBlocking, group_count, whole_vectors
from cells.cpu.memory import aligned, fresh
from cells.cpu.parameter_gradients import parameter_gradients
from cells.cpu.threads.pool import Shares, alone, call_kernel, split
from cells.cpu.weights import Weights

PlainEnds: TypeAlias = tuple[Array, Array]
_NO_ROOM = np.empty(0, np.int64)  # for a task that is done at once and not kept


@dataclass(frozen=True)
class Run:
    """A finished forward pass of one direction: everything the backward pass needs.

    lengths: (B,) int64, the steps of each row; None where all have T. Past a row's end units are zero.
    """

    weights: Weights
    x: Array
    units: Units
    groups: Groups
    lengths: Array | None = None

    def __reduce__(self) -> Any:
        """Travel as plain arrays, without padding: how rows are grouped and padded is of this machine and process."""
        steps = self.x.shape[0]
        slots = self.groups.unpadded(self.units.slots, steps)
        states = self.groups.unpadded(self.units.states, steps + 1)
        plain = (np.ascontiguousarray(slots), np.ascontiguousarray(states))
        return _from_plain, (self.weights, self.x, *plain, self.lengths)

    def state(self, index: int) -> Array:
        """Return one state (T + 1, B, H), without padding."""
        values: Array = self.groups.unpadded(self.units.states[index : index + 1], self.x.shape[0] + 1)[0]
        return values

    def slot(self, name: str) -> Array:
        """Return one slot (T, B, H), without padding."""
        index = self.weights.spec.slots.index(name)
        values: Array = self.groups.unpadded(self.units.slots[index : index + 1], self.x.shape[0])[0]
        return values


def _from_plain(weights: Weights, x: Array, slots: Array, states: Array, lengths: Array | None) -> Run:
    """Return the run of slots (P, T, B, H) and states (S, T + 1, B, H), as this process groups and pads them.

    x is copied: what comes out of a pickle may be read-only, or lie in a file that others read too.
    """
    x = np.array(x, order="C")
    groups = weights.plan(x).training.groups
    units = _make_units(weights, groups, x.dtype)
    groups.set_all(units.slots, slots)
    groups.set_all(units.states, states)
    return Run(weights, x, units, groups, None if lengths is None else np.array(lengths))


@dataclass(frozen=True)
class RunGradients:
    """Gradients of one direction, unpadded: parameters by name, input (T, B, I), initial states (S, B, H)."""

    parameters: dict[str, Array]
    input: Array
    initial: Array
    _d_states: Array
    _groups: Groups

    def state(self, index: int) -> Array:
        """Return the total dL/d s_t of one state at every step, (T + 1, B, H)."""
        values: Array = self._groups.unpadded(self._d_states[index : index + 1], self._groups.steps + 1)[0]
        return values


def infer(weights: Weights, x: Array, initial: Array | None, lengths: Array | None = None) -> tuple[Array, Array]:
    """Return output (T, B, H) and final states (S, B, H); memory does not grow with T beyond the output.

    lengths as in `Run`: then x must be finite past a row's end, the output is zero there, and the final state that at
    the row's own last step.
    """
    steps, batch, _ = x.shape
    prepared = weights.prepare(x)
    blocking = prepared.plan.inference
    output = fresh((steps, batch, weights.hidden_size), x.dtype)
    try:
        window = prepared.idle.pop()
    except IndexError:
        window = _make_units(weights, blocking.groups, x.dtype)
    blocking.groups.set_step(window.states, 0, initial)
    ends = _no_ends(x.dtype)
    if lengths is not None:
        ends = (lengths, np.empty((len(weights.spec.states), batch, weights.hidden_size), x.dtype))
    _forward(weights, prepared.plan.shares, blocking, prepared.plan.plain_inference, (x, output), window, ends)
    if lengths is not None:
        output[past_end(lengths, steps)] = 0
        final = ends[1]
    else:
        steps_of_last_block = (steps - 1) % blocking.block + 1
        final = blocking.groups.step(window.states, steps_of_last_block)
    prepared.idle.append(window)
    return output, final


def forward(weights: Weights, x: Array, initial: Array | None, lengths: Array | None = None) -> Run:
    """Run the whole sequence and keep every slot and state; lengths as in `Run`, x must be finite past a row's end."""
    plan = weights.plan(x)
    nothing = np.empty((0, x.shape[1], weights.hidden_size), x.dtype)
    units = _make_units(weights, plan.training.groups, x.dtype)
    plan.training.groups.set_step(units.states, 0, initial)
    _forward(weights, plan.shares, plan.training, plan.plain_training, (x, nothing), units, _no_ends(x.dtype))
    if lengths is not None:
        plan.training.groups.clear_from(units.slots, lengths)
        plan.training.groups.clear_from(units.states, lengths + 1)
    return Run(weights, x, units, plan.training.groups, lengths)


def _forward(
    weights: Weights,
    shares: Shares,
    blocking: Blocking,
    plain: PlainBlocking,
    sequences: tuple[Array, Array],
    units: Units,
    ends: PlainEnds,
) -> None:
    """Run the kernel; plain, sequences, ends: as the plain tuples that it is called with."""
    packed = weights.forward(blocking.panels)
    call_kernel(sequence.forward, shares, weights.cell, plain, tuple(packed), sequences, tuple(units), ends, _NO_ROOM)


@functools.cache
def _no_ends(dtype: np.dtype[Any]) -> PlainEnds:
    """Return the plain `Ends` of a batch whose rows all end with the sequence."""
    return np.empty(0, np.int64), np.empty((0, 0, 0), dtype)


def _make_units(weights: Weights, groups: Groups, dtype: np.dtype[Any]) -> Units:
    spec = weights.spec
    return Units(groups.make_slots(len(spec.slots), dtype), groups.make_states(len(spec.states), dtype))


def backward(done: Run, d_output: Array | None, d_final: Array | None) -> RunGradients:
    """Return the gradients of a loss with dL/d output (T, B, H) and dL/d final state (S, B, H), zero where None.

    Of a run with lengths d_output must be zero past a row's end.
    """
    weights, x, groups = done.weights, done.x, done.groups
    steps, batch, inputs = x.shape
    d_x = aligned((steps, batch, whole_vectors(inputs, x.itemsize)), x.dtype)
    d_units = _back(done, d_output, d_final, d_x)
    parameters = parameter_gradients(weights, groups, x, done.units, d_units.slots, weights.plan(x).work)
    d_input = np.ascontiguousarray(d_x[..., :inputs])
    return RunGradients(parameters, d_input, groups.step(d_units.states, 0), d_units.states, groups)


def slot_gradients(done: Run, d_output: Array | None, d_final: Array | None) -> Array:
    """Return dL/d slots (P, T, B, H), from which all gradients are made; arguments as of `backward`."""
    _, batch, inputs = done.x.shape
    nothing = np.empty((0, batch, inputs), done.x.dtype)
    d_slots = _back(done, d_output, d_final, nothing).slots
    return done.groups.unpadded(d_slots, done.groups.steps)


def _back(done: Run, d_output: Array | None, d_final: Array | None, d_x: Array) -> Units:
    """Return dL/d units, and write dL/d input to d_x unless it has no steps."""
    weights, x, groups = done.weights, done.x, done.groups
    plan = weights.plan(x)  # anew: another number of threads changes the shares and never the groups
    d_units = _make_units(weights, groups, x.dtype)
    if d_output is None:
        d_output = np.empty((0, x.shape[1], weights.hidden_size), x.dtype)
    ends = _give_final(done, d_units, d_final)
    transposed = weights.backward(plan.training.panels)
    arrays = (tuple(transposed), tuple(done.units), tuple(Sequences(d_x, d_output)), tuple(d_units), ends, _NO_ROOM)
    call_kernel(sequence.backward, plan.shares, weights.cell, plan.plain_training, *arrays)
    return d_units


def _give_final(done: Run, d_units: Units, d_final: Array | None) -> PlainEnds:
    """Set dL/d state at T, and return plain `Ends` with what enters before."""
    if done.lengths is None or d_final is None:
        done.groups.set_step(d_units.states, done.groups.steps, d_final)
        return _no_ends(done.x.dtype)
    done.groups.set_step(d_units.states, done.groups.steps, None)
    return done.lengths, d_final


def profile(done: Run, d_last: Array) -> Array:
    """Return log10 of the L2 norm over units of dL/d s_t, (S + 1, T + 1, B) float64, where dL/dh_T = d_last (B, H).

    Of a run with lengths T is a row's own last step, and -inf stands past it.
    The last one is that of the joint state, where dL/dc_t has no path through h_t: h_t is a coordinate beside it.
    """
    weights, groups = done.weights, done.groups
    steps, batch = done.x.shape[:2]
    states = len(weights.spec.states)
    plan = weights.plan(done.x)
    d_units = _make_units(weights, groups, done.x.dtype)
    d_final = np.zeros((states, *d_last.shape), d_last.dtype)
    d_final[0] = d_last
    ends = _give_final(done, d_units, d_final)
    scale = LogScale(np.empty((states + 1, steps + 1, batch)), np.zeros((steps + 1, batch), np.int64))
    shares = alone(split(group_count(groups), plan.work))  # whole rows: nobody waits for anybody
    transposed = weights.backward(plan.training.panels)
    arrays = (tuple(transposed), tuple(done.units), tuple(d_units), tuple(scale), ends)
    call_kernel(log_scale.profile, shares, weights.cell, plan.plain_training, *arrays)
    with np.errstate(divide="ignore"):
        in_decades: Array = np.log10(scale.norms) + scale.exponents * np.log10(2.0)
    return in_decades
