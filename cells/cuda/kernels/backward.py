"""The time loop on the GPU, backward. Arrays, blocks, threads and phases as in `cells.cuda.kernels.forward`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import int32, uint32

from cells.cuda.kernels.forward import held
from cells.cuda.kernels.instructions import cuda, pointer
from cells.cuda.kernels.synchronise import make_meeting, make_pull, make_push, make_total
from cells.cuda.kernels.tile import REALS
from cells.cuda.plan.config import KernelConfig
from cells.formula import formula


def make_backward(config: KernelConfig) -> Callable[..., None]:
    """Make the backward kernel: phases [begin, end), counted from the end of the sequence.

    After T steps there is one more, whose product gives the gradient of the initial state.

    d_states: index T is dL/d final state on entry; on exit the total dL/d state at every step. d_slots: on exit dL/d
    pre-activations, all of them.
    """
    real, spec, hidden, units, batch_rows = config.real, config.spec, config.hidden, config.units, config.rows
    layout = spec.layout
    P, S = layout.slots, layout.states
    recurrent_first, recurrents, masked_first, maskeds = (
        layout.recurrent_first,
        layout.recurrent,
        layout.masked_first,
        layout.masked,
    )
    mask_slot, phases, threads, pushes = layout.mask_slot, config.phases, config.threads, config.pushes
    stride, sums_at = config.stride, config.vectors
    hold, product, registers = held(config.recurrent, real)
    hold_masked, product_masked, masked_registers = held(config.masked, real)
    total, total_masked = make_total(config.recurrent, real), make_total(config.masked, real)
    pull, pull_masked = make_pull(config, config.recurrent), make_pull(config, config.masked)
    done, meet = make_meeting(config)
    push = make_push(config)
    shared_at, masked_shared_at = config.weights_at
    kind, zero, own_set = REALS[real], np.dtype(real).type(0), config.rows * config.stride
    word, clustered = uint32 if config.on_tensor_cores else kind, config.sharing == "cluster"
    clearing = -(-2 * own_set // threads)
    nothing: Any = lambda cell, k, slots, previous, d_slots, d_previous: None  # noqa: E731
    unit_backward, unit_mask_backward = formula(spec.backward), formula(spec.mask_backward or nothing)

    def backward(
        slots, states, d_output, d_slots, d_states, weights, masked_weights, counters, batch, steps, rows, begin, end
    ):
        thread, part, group = int32(cuda.threadIdx.x), int32(cuda.blockIdx.x), int32(cuda.blockIdx.y)
        first = int32(group * rows)
        last = int32(first + rows if first + rows < batch else batch)
        u, b = int32(thread % units), int32(thread // units)
        unit = int32(part * units + u)
        working = b < batch_rows and unit < hidden
        shared = pointer(cuda.shared.array(0, kind, alignment=16))
        own, own_masked = cuda.local.array(registers, word), cuda.local.array(masked_registers, word)
        hold(weights, part, own, shared, shared_at, thread)
        hold_masked(masked_weights, part, own_masked, shared, masked_shared_at, thread)
        slot, d_slot = cuda.local.array((P, 1), kind), cuda.local.array((P, 1), kind)
        previous, state = cuda.local.array((S, 1), kind), cuda.local.array((S, 1), kind)
        d_state, d_previous = cuda.local.array((S, 1), kind), cuda.local.array((S, 1), kind)
        of_state = int32((steps + 1) * batch * hidden)

        if pushes:
            for turn in range(clearing):
                i = int32(thread + turn * threads)
                if i < 2 * own_set:
                    shared[i] = zero
            if working and first + b < last:
                for s in range(S):
                    d_previous[s, 0] = d_states[int32(s * of_state + (steps * batch + first + b) * hidden + unit)]
            if clustered:
                done(counters, group, thread)
                meet(counters, group, 0, thread)
            cuda.syncthreads()

        for n in range(begin, end):
            t, phase = int32(steps - 1 - n // phases), int32(n % phases)
            for base in range(first, last, batch_rows):
                row = int32(base + b)
                mine = working and row < last
                at = int32(((t * batch + row) * P) * hidden + unit)
                before = int32((t * batch + row) * hidden + unit)
                after = int32(before + batch * hidden)
                if mine and t >= 0:
                    for p in range(P):
                        slot[p, 0] = slots[int32(at + p * hidden)]
                        if phase > 0:
                            d_slot[p, 0] = d_slots[int32(at + p * hidden)]
                    for s in range(S):
                        previous[s, 0] = states[int32(s * of_state + before)]
                        state[s, 0] = states[int32(s * of_state + after)]
                if mine and not pushes:
                    for s in range(S):
                        d_previous[s, 0] = d_states[int32(s * of_state + (after if phase == 0 else before))]
                if n > begin and base == first:
                    meet(counters, group, n - begin, thread)
                vectors_at = int32(n % 2 * own_set if pushes else 0)
                here = int32(last - base if last - base < batch_rows else batch_rows)
                place = int32((n + 1) % 2 * own_set + b * stride + unit)
                if phases == 1 or phase == 0:
                    if n > 0:
                        if not pushes:
                            source = int32((((t + 1) * batch + base) * P + recurrent_first) * hidden)
                            pull(d_slots, source, P * hidden, here, shared, thread)
                            cuda.syncthreads()
                        product(own, shared, shared_at, weights, part, vectors_at, stride, sums_at, thread)
                        cuda.syncthreads()
                        if mine:
                            d_previous[0, 0] += total(shared, sums_at, b, u)
                    if mine:
                        for s in range(S):
                            d_state[s, 0] = d_previous[s, 0]
                        if t >= 0:
                            d_state[0, 0] += d_output[before]
                            unit_backward(0, 0, slot, previous, state, d_slot, d_state, d_previous)
                            if pushes:
                                for p in range(maskeds if phases == 2 else recurrents):
                                    which = masked_first + p if phases == 2 else recurrent_first + p
                                    push(shared, int32(place + p * hidden), d_slot[which, 0])
                else:
                    if not pushes:
                        source = int32(((t * batch + base) * P + masked_first) * hidden)
                        pull_masked(d_slots, source, P * hidden, here, shared, thread)
                        cuda.syncthreads()
                    product_masked(
                        own_masked, shared, masked_shared_at, masked_weights, part, vectors_at, stride, sums_at, thread
                    )
                    cuda.syncthreads()
                    if mine:
                        d_slot[mask_slot, 0] = total_masked(shared, sums_at, b, u)
                        unit_mask_backward(0, 0, slot, previous, d_slot, d_previous)
                        if pushes:
                            for p in range(recurrents):
                                push(shared, int32(place + p * hidden), d_slot[recurrent_first + p, 0])
                # What nobody waits for is stored after the others have been told to go on.
                if pushes and n + 1 < end:
                    done(counters, group, thread)
                if mine:
                    if phase == 0:
                        for s in range(S):
                            d_states[int32(s * of_state + after)] = d_state[s, 0]
                    if t >= 0:
                        for p in range(P):
                            # In the second phase others may still read those of the masked product.
                            if phase == 0 or p < masked_first or p >= masked_first + maskeds:
                                d_slots[int32(at + p * hidden)] = d_slot[p, 0]
                        if not pushes:
                            for s in range(S):
                                d_states[int32(s * of_state + before)] = d_previous[s, 0]
            if n + 1 < end and not pushes:
                done(counters, group, thread)

    return backward
