"""A pass of one direction of a layer on the CPU: allocate, share the work among threads, call the kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.cpu import sequence
from cells.cpu.gradient import parameter_gradients
from cells.cpu.memory import aligned, fresh
from cells.cpu.pack import stride, width
from cells.cpu.plan import Plan
from cells.cpu.threads import run
from cells.cpu.weights import Weights

Array = NDArray[Any]


@dataclass(frozen=True)
class Run:
    """A finished forward pass of one direction: everything the backward pass needs. Shapes as in `sequence`."""

    weights: Weights
    x: Array
    slots: Array
    states: Array

    def state(self, index: int) -> Array:
        """(T + 1, B, H) of one state, without padding."""
        values: Array = self.rows(self.states)[index]
        return values

    def slot(self, name: str) -> Array:
        """(T, B, H) of one slot, without padding."""
        values: Array = self.rows(self.slots)[self.weights.spec.slots.index(name)]
        return values

    def rows(self, array: Array) -> Array:
        """(., ., B, H) view of an array whose last axis holds all padded rows of a step."""
        return array.reshape(*array.shape[:2], self.x.shape[1], -1)[..., : self.weights.hidden_size]


@dataclass(frozen=True)
class RunGradients:
    """Gradients of one direction, unpadded: parameters by name, input (T, B, I), states (S, T + 1, B, H)."""

    parameters: dict[str, Array]
    input: Array
    states: Array


def infer(weights: Weights, x: Array, initial: Array | None) -> tuple[Array, Array]:
    """Output (T, B, H) and final states (S, B, H); memory does not grow with T beyond the output."""
    steps, batch, _ = x.shape
    plan = weights.plan(x)
    output = fresh((steps, batch, weights.hidden_size), x.dtype)
    try:
        window = plan.idle.pop()
    except IndexError:
        window = _units(weights, x, plan.block)
    done = _forward(weights, plan, x, initial, window, output)
    last = steps - (steps - 1) // plan.block * plan.block
    final = done.rows(done.states)[:, last].copy()
    plan.idle.append(window)
    return output, final


def forward(weights: Weights, x: Array, initial: Array | None) -> Run:
    """Run the whole sequence and keep every slot and state."""
    plan = weights.plan(x)
    nothing = np.empty((0, x.shape[1], weights.hidden_size), x.dtype)
    return _forward(weights, plan, x, initial, _units(weights, x, x.shape[0]), nothing)


def _forward(
    weights: Weights,
    plan: Plan,
    x: Array,
    initial: Array | None,
    window: tuple[Array, Array],
    output: Array,
) -> Run:
    slots, states = window
    done = Run(weights, x, slots, states)
    states[:, 0] = 0
    if initial is not None:
        done.rows(states)[:, 0] = initial

    given = (x, *weights.packed(plan.panels), slots, states, output, plan.block)
    panels = (plan.panels.tall, plan.panels.recurrent, plan.panels.masked, plan.panels.beside)
    run(sequence.forward, plan.shares, weights.layout, *given, panels)
    return done


def _units(weights: Weights, x: Array, steps: int) -> tuple[Array, Array]:
    """Slots (P, steps, B * H) and states (S, steps + 1, B * H), H padded; what no product writes is zero."""
    distance, written = stride(weights.hidden_size, x.itemsize), width(weights.hidden_size, x.itemsize)
    units = x.shape[1] * distance
    slots = aligned((len(weights.spec.slots), steps, units), x.dtype)
    states = aligned((len(weights.spec.states), steps + 1, units), x.dtype)
    if distance > written:
        for array in (slots, states):
            array.reshape(*array.shape[:2], -1, distance)[..., written:] = 0
    return slots, states


def backward(done: Run, d_output: Array, d_final: Array | None) -> RunGradients:
    """Gradients of a loss with dL/d output (T, B, H) and dL/d final state (S, B, H)."""
    weights, x = done.weights, done.x
    steps, batch, inputs = x.shape
    plan = weights.plan(x)
    d_slots, d_states = aligned(done.slots.shape, x.dtype), aligned(done.states.shape, x.dtype)
    d_x = aligned((steps, batch, width(inputs, x.itemsize)), x.dtype)
    d_states[:, steps] = 0
    if d_final is not None:
        done.rows(d_states)[:, steps] = d_final
    packed, slots, states = weights.packed_back(plan.panels), done.slots, done.states
    given = (*packed, slots, states, d_output, d_slots, d_states, d_x, plan.block)
    panels = (plan.panels.back, plan.panels.beside)
    run(sequence.backward, plan.shares, weights.layout, *given, panels)
    return RunGradients(
        parameter_gradients(weights, x, slots, states, d_slots, plan.work),
        np.ascontiguousarray(d_x[..., :inputs]),
        done.rows(d_states),
    )
