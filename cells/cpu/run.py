"""A pass of one direction of a layer on the CPU: allocate, share the work among threads, call the kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.cpu.kernels import profile as log_scale
from cells.cpu.kernels import sequence
from cells.cpu.kernels.pack import width
from cells.cpu.kernels.weight_gradient import parameter_gradients
from cells.cpu.layout import Groups
from cells.cpu.memory import aligned, fresh
from cells.cpu.plan import Plan
from cells.cpu.threads.pool import run, split
from cells.cpu.weights import Weights

Array = NDArray[Any]


@dataclass(frozen=True)
class Run:
    """A finished forward pass of one direction: everything the backward pass needs. Shapes as in `sequence`."""

    weights: Weights
    x: Array
    slots: Array
    states: Array
    groups: Groups

    def state(self, index: int) -> Array:
        """(T + 1, B, H) of one state, without padding."""
        values: Array = self.groups.rows(self.states[index : index + 1], self.x.shape[0] + 1)[0]
        return values

    def slot(self, name: str) -> Array:
        """(T, B, H) of one slot, without padding."""
        index = self.weights.spec.slots.index(name)
        values: Array = self.groups.rows(self.slots[index : index + 1], self.x.shape[0])[0]
        return values


@dataclass(frozen=True)
class RunGradients:
    """Gradients of one direction, unpadded: parameters by name, input (T, B, I), initial states (S, B, H)."""

    parameters: dict[str, Array]
    input: Array
    initial: Array
    _d_states: Array
    _groups: Groups

    def state(self, index: int) -> Array:
        """(T + 1, B, H): the total dL/d s_t of one state at every step."""
        values: Array = self._groups.rows(self._d_states[index : index + 1], self.input.shape[0] + 1)[0]
        return values


def infer(weights: Weights, x: Array, initial: Array | None) -> tuple[Array, Array]:
    """Output (T, B, H) and final states (S, B, H); memory does not grow with T beyond the output."""
    steps, batch, _ = x.shape
    plan = weights.plan(x)
    output = fresh((steps, batch, weights.hidden_size), x.dtype)
    try:
        window = plan.idle.pop()
    except IndexError:
        window = _units(weights, plan.groups, plan.block, x.dtype)
    _forward(weights, plan, x, initial, window, plan.block, output)
    final = plan.groups.step(window[1], steps - (steps - 1) // plan.block * plan.block)
    plan.idle.append(window)
    return output, final


def forward(weights: Weights, x: Array, initial: Array | None) -> Run:
    """Run the whole sequence and keep every slot and state."""
    plan = weights.plan(x)
    nothing = np.empty((0, x.shape[1], weights.hidden_size), x.dtype)
    kept = _units(weights, plan.groups, x.shape[0], x.dtype)
    _forward(weights, plan, x, initial, kept, x.shape[0], nothing)
    return Run(weights, x, *kept, plan.groups)


def _forward(
    weights: Weights,
    plan: Plan,
    x: Array,
    initial: Array | None,
    units: tuple[Array, Array],
    held: int,
    output: Array,
) -> None:
    slots, states = units
    plan.groups.set_step(states, 0, initial)
    given = (x, *weights.packed(plan.panels), slots, states, output, plan.block, held, plan.groups.together)
    panels = (plan.panels.tall, plan.panels.recurrent, plan.panels.masked, plan.panels.beside)
    run(sequence.forward, plan.shares, weights.layout, *given, panels)


def _units(weights: Weights, groups: Groups, steps: int, dtype: Any) -> tuple[Array, Array]:
    spec = weights.spec
    return groups.make(len(spec.slots), steps, dtype), groups.make(len(spec.states), steps + 1, dtype)


def backward(done: Run, d_output: Array, d_final: Array | None) -> RunGradients:
    """Gradients of a loss with dL/d output (T, B, H) and dL/d final state (S, B, H)."""
    weights, x, groups, slots, states = done.weights, done.x, done.groups, done.slots, done.states
    steps, batch, inputs = x.shape
    plan = weights.plan(x)
    d_slots, d_states = _units(weights, groups, steps, x.dtype)
    d_x = aligned((steps, batch, width(inputs, x.itemsize)), x.dtype)
    groups.set_step(d_states, steps, d_final)
    given = (*weights.packed_back(plan.panels), slots, states, d_output, d_slots, d_states, d_x)
    panels = (plan.panels.back, plan.panels.beside)
    run(sequence.backward, plan.shares, weights.layout, *given, plan.block, groups.together, panels)
    parameters = parameter_gradients(weights, groups, x, slots, states, d_slots, plan.work)
    return RunGradients(parameters, np.ascontiguousarray(d_x[..., :inputs]), groups.step(d_states, 0), d_states, groups)


def profile(done: Run, d_last: Array) -> Array:
    """log10 of the L2 norm over units of dL/d s_t, (S + 1, T + 1, B) float64, for a loss with dL/dh_T = d_last (B, H).

    The last one is that of the joint state, where dL/dc_t has no path through h_t: h_t is a coordinate beside it.
    """
    weights, groups = done.weights, done.groups
    steps, batch = done.x.shape[:2]
    plan, states = weights.plan(done.x), len(weights.spec.states)
    d_slots, d_states = _units(weights, groups, steps, done.x.dtype)
    groups.set_step(
        d_states, steps, np.concatenate((d_last[None], np.zeros((states - 1, *d_last.shape), d_last.dtype)))
    )
    norms = np.empty((states + 1, steps + 1, batch))
    exponents = np.zeros((steps + 1, batch), np.int64)
    shares = split(groups.count, plan.work)
    shares[:, 2:] = (0, 1)  # whole rows: nobody waits for anybody
    given = (*weights.packed_back(plan.panels)[1:], done.slots, done.states, d_slots, d_states, norms, exponents)
    panels = (plan.panels.back, plan.panels.beside)
    run(log_scale.profile, shares, weights.layout, *given, groups.together, panels, groups.hidden)
    with np.errstate(divide="ignore"):
        in_decades: Array = np.log10(norms) + exponents * np.log10(2.0)
    return in_decades
