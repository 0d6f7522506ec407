"""A pass of one direction of a layer on the GPU: choose configurations, allocate, launch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.cuda import kernel
from cells.cuda.device import target
from cells.cuda.device.launch import launch, launch_each
from cells.cuda.device.memory import DeviceArray, clear, copy, empty, to_device, zeros
from cells.cuda.plan.rule import Choice, Workload, choose, profile_config
from cells.cuda.products.gradient import input_gradient, input_product, parameter_gradients
from cells.cuda.weights import Weights

Array = NDArray[Any]
MOST_ELEMENTS = 1 << 31  # kernels count in 32 bits
MOST_ROWS = 65535  # blocks along the second axis of a grid
WINDOW_BYTES = 1 << 30  # of slots that inference holds at once: more steps go through in turns


@dataclass(frozen=True)
class Run:
    """A finished forward pass of one direction, on the device.

    x (T, B, I), slots (T, B, P, H), states (S, T + 1, B, H).
    """

    weights: Weights
    x: DeviceArray
    slots: DeviceArray
    states: DeviceArray

    @property
    def lengths(self) -> None:
        """None: all rows have T steps."""

    def state(self, index: int) -> Array:
        """(T + 1, B, H) of one state, on the host."""
        return self.states[index].numpy()

    def slot(self, name: str) -> Array:
        """(T, B, H) of one slot, on the host."""
        return np.ascontiguousarray(self.slots.numpy()[:, :, self.weights.spec.slots.index(name)])


@dataclass(frozen=True)
class RunGradients:
    """Gradients of one direction on the device: parameters by name, input (T, B, I), states (S, T + 1, B, H)."""

    parameters: dict[str, DeviceArray]
    input: DeviceArray
    d_states: DeviceArray

    @property
    def initial(self) -> list[DeviceArray]:
        """(B, H) of each state."""
        return [self.d_states[s][0] for s in range(self.d_states.shape[0])]

    def state(self, index: int) -> Array:
        """(T + 1, B, H): the total dL/d s_t of one state at every step, on the host."""
        return self.d_states[index].numpy()


def whole_rows(lengths: Array | None) -> None:
    """Raise ValueError for lengths: time loops on the GPU run through all T steps of every row."""
    if lengths is not None:
        raise ValueError(
            'lengths are given on backend "cuda"; allowed: lengths=None, or backend "cpu": layer.to("cpu")'
        )


def infer(
    weights: Weights, x: DeviceArray, initial: DeviceArray | None, lengths: Array | None = None
) -> tuple[DeviceArray, DeviceArray]:
    """Output (T, B, H) and final states (S, B, H); beyond the output, memory does not grow with T for long."""
    whole_rows(lengths)
    steps, batch, _ = x.shape
    spec, hidden = weights.spec, weights.hidden_size
    window = max(1, WINDOW_BYTES // (len(spec.slots) * batch * hidden * x.dtype.itemsize))
    if window >= steps:
        run = _forward(weights, x, initial, keep=False)
        return run.states[0][1:], _step(run.states, steps)
    output = empty((steps, batch, hidden), x.dtype)
    state = initial
    for begin in range(0, steps, window):
        run = _forward(weights, x[begin : begin + window], state, keep=False)
        count = run.x.shape[0]
        copy(run.states[0][1:], output[begin : begin + count])
        state = _step(run.states, count)
    assert state is not None, "a sequence has at least one step"
    return output, state


def forward(weights: Weights, x: DeviceArray, initial: DeviceArray | None, lengths: Array | None = None) -> Run:
    """Run the whole sequence and keep every slot and state."""
    whole_rows(lengths)
    return _forward(weights, x, initial, keep=True)


def choice(weights: Weights, batch: int, way: str, keep: bool = True) -> Choice:
    """Return the configuration that a pass takes here, and its grid."""
    work = Workload(weights.spec.name, weights.hidden_size, batch, weights.dtype, target.facts(), way, keep)
    return choose(work, sharing=weights.sharing)


def _forward(weights: Weights, x: DeviceArray, initial: DeviceArray | None, *, keep: bool) -> Run:
    steps, batch, _ = x.shape
    spec, hidden = weights.spec, weights.hidden_size
    if batch > MOST_ROWS:
        raise ValueError(f"a batch of {batch} rows; allowed on the GPU: up to {MOST_ROWS}")
    largest = max(len(spec.slots) * steps, len(spec.states) * (steps + 1)) * batch * hidden
    if largest >= MOST_ELEMENTS:
        raise ValueError(f"T, B, H = {steps}, {batch}, {hidden} make arrays of {largest} elements; allowed: below 2^31")
    slots = empty((steps, batch, len(spec.slots), hidden), x.dtype)
    states = empty((len(spec.states), steps + 1, batch, hidden), x.dtype)
    _set_step(states, 0, initial)
    input_product(weights, x, slots)
    taken = choice(weights, batch, "forward", keep)
    arrays = (slots, states, weights.bias, *weights.packed(taken.config))
    _run_phases(taken, "forward", arrays, (batch, steps, taken.rows), steps * taken.config.phases)
    return Run(weights, x, slots, states)


def backward(done: Run, d_output: DeviceArray | None, d_final: DeviceArray | None) -> RunGradients:
    """Gradients of a loss with dL/d output (T, B, H) and dL/d final state (S, B, H), zero where None."""
    d_slots, d_states = _back(done, d_output, d_final)
    d_x = input_gradient(done.weights, d_slots, done.x.shape)
    return RunGradients(parameter_gradients(done.weights, done.x, done.slots, done.states, d_slots), d_x, d_states)


def slot_gradients(done: Run, d_output: DeviceArray | None, d_final: DeviceArray | None) -> Array:
    """dL/d slots (P, T, B, H) on the host, from which all gradients are made; arguments as of `backward`."""
    d_slots, _ = _back(done, d_output, d_final)
    return np.ascontiguousarray(d_slots.numpy().transpose(2, 0, 1, 3))


def _back(done: Run, d_output: DeviceArray | None, d_final: DeviceArray | None) -> tuple[DeviceArray, DeviceArray]:
    """dL/d slots (T, B, P, H) and dL/d states (S, T + 1, B, H)."""
    weights, (steps, batch, _) = done.weights, done.x.shape
    if d_output is None:
        d_output = zeros((steps, batch, weights.hidden_size), done.x.dtype)
    d_slots, d_states = empty(done.slots.shape, done.x.dtype), empty(done.states.shape, done.x.dtype)
    _set_step(d_states, steps, d_final)
    taken = choice(weights, batch, "backward")
    arrays = (done.slots, done.states, d_output, d_slots, d_states, *weights.packed_back(taken.config))
    _run_phases(taken, "backward", arrays, (batch, steps, taken.rows), steps * taken.config.phases + 1)
    return d_slots, d_states


def loop_alone(weights: Weights, x: DeviceArray, d_output: DeviceArray | None) -> dict[str, Callable[[], None]]:
    """Return the time loops of a pass by way, each ready to be launched again and again: what a step costs by itself.

    Without dL/d output the forward loop of inference, else those of training.
    """
    steps, batch, _ = x.shape
    run = _forward(weights, x, None, keep=d_output is not None)
    taken = choice(weights, batch, "forward", keep=d_output is not None)
    arrays = (run.slots, run.states, weights.bias, *weights.packed(taken.config))
    sizes = (batch, steps, taken.rows)
    loops: dict[str, Callable[[], None]] = {}
    loops["forward"] = partial(_run_phases, taken, "forward", arrays, sizes, steps * taken.config.phases)
    if d_output is not None:
        back = choice(weights, batch, "backward")
        d_slots = empty(run.slots.shape, x.dtype)
        d_states = zeros(run.states.shape, x.dtype)
        of_back = (run.slots, run.states, d_output, d_slots, d_states, *weights.packed_back(back.config))
        phases = steps * back.config.phases + 1
        loops["backward"] = partial(_run_phases, back, "backward", of_back, (batch, steps, back.rows), phases)
    return loops


def profile(done: Run, d_last: Array) -> Array:
    """log10 of the L2 norm over units of dL/d s_t, (S + 1, T + 1, B) float64, for a loss with dL/dh_T = d_last (B, H).

    The last one is that of the joint state; see `cells.cpu.run.profile`.
    """
    weights, (steps, batch, _) = done.weights, done.x.shape
    count = len(weights.spec.states)
    hidden = weights.hidden_size
    dtype = done.x.dtype
    config = profile_config(weights.spec.name, hidden, weights.dtype, target.facts())
    needed = kernel.profile_shared_bytes(config)
    allowed = target.facts().shared_bytes
    if needed > allowed:
        raise ValueError(
            f"the gradient profile of {hidden} units in {weights.dtype} needs {needed} bytes of shared memory; "
            f'allowed for a block on {target.facts().name}: {allowed}; backend "cpu" has no such bound'
        )
    totals, carried = empty(done.states.shape, dtype), empty(done.states.shape, dtype)
    _set_step(totals, steps, None)
    copy(to_device(d_last.astype(dtype)), totals[0][steps])
    exponents, norms = empty((steps + 1, batch), np.int32), empty((count + 1, steps + 1, batch), dtype)
    arrays = (done.slots, done.states, totals, carried, exponents, *weights.packed_back(config))
    launch(kernel.profile(config), (1, batch), kernel.profile_shared_bytes(config), (*arrays, batch, steps))
    rows, of_state = (steps + 1) * batch, (steps + 1) * batch * hidden
    measure = kernel.norms(dtype.name)
    launch(measure, (count * rows, 1), 0, (totals, norms, count * rows, hidden, 1, 0, 0))
    launch(measure, (rows, 1), 0, (carried, norms, rows, hidden, count, of_state, count * rows))
    with np.errstate(divide="ignore"):
        in_decades: Array = np.log10(norms.numpy().astype(np.float64)) + exponents.numpy() * np.log10(2.0)
    return in_decades


def _step(array: DeviceArray, step: int) -> DeviceArray:
    """(S, B, H) of one step, a copy."""
    out = empty((array.shape[0], *array.shape[2:]), array.dtype)
    for s in range(array.shape[0]):
        copy(array[s][step], out[s])
    return out


def _set_step(array: DeviceArray, step: int, values: DeviceArray | None) -> None:
    """One step of an array (S, T + 1, B, H) to values (S, B, H), or to zero."""
    for s in range(array.shape[0]):
        if values is None:
            clear(array[s][step])
        else:
            copy(values[s], array[s][step])


def _run_phases(taken: Choice, way: str, arrays: tuple[Any, ...], sizes: tuple[int, ...], phases: int) -> None:
    config = taken.config
    loop = kernel.time_loop(config, way)
    if config.sharing == "launch":
        given = (*arrays, arrays[0], *sizes)  # nobody counts: a launch ends when all blocks have
        each = [(*given, begin, begin + 1) for begin in range(phases)]
        launch_each(loop, taken.grid, config.shared_bytes, each)
        return
    counters = zeros((taken.groups,), np.int32) if config.sharing == "grid" else arrays[0]
    launch(
        loop,
        taken.grid,
        config.shared_bytes,
        (*arrays, counters, *sizes, 0, phases),
        cluster=config.parts if config.sharing == "cluster" else 1,
        together=config.sharing == "grid",
    )
