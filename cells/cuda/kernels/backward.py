"""The time loop on the GPU, backward. Arrays, blocks, threads and phases as in `cells.cuda.kernels.forward`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import int32

from cells.cuda.kernels.frame import make_frame
from cells.cuda.kernels.instructions import cuda, pointer
from cells.cuda.plan.config import KernelConfig
from cells.formula import formula


def make_backward(config: KernelConfig) -> Callable[..., None]:
    """Make the backward kernel: phases [begin, end), counted from the end of the sequence.

    After T steps there is one more, whose product gives the gradient of the initial state.

    d_states: index T is dL/d final state on entry; on exit the total dL/d state at every step. d_slots: on exit dL/d
    pre-activations, all of them.
    """
    spec = config.spec
    numbers = config.spec.numbers
    frame = make_frame(config, config.threads)
    P, S, mask_slot = numbers.slots, numbers.states, numbers.mask_slot
    recurrent_first, recurrents = numbers.recurrent_first, numbers.recurrent_slots
    masked_first, maskeds = numbers.masked_first, numbers.masked_slots
    hidden = config.hidden
    units = config.units
    rows_at_once = config.rows
    stride = config.stride
    phases, pushes = config.phases, config.pushes
    number = frame.number
    word = frame.word
    set_size = frame.set_size
    clustered = frame.clustered
    registers, hold, pull, product, total = frame.recurrent
    masked_registers, hold_masked, pull_masked, product_masked, total_masked = frame.masked
    clear = frame.clear
    push_slots = frame.push_slots
    done = frame.done
    meet = frame.meet
    load_slots, load_states = frame.load_slots, frame.load_states
    store_states, copy_states = frame.store_states, frame.copy_states
    nothing: Any = lambda cell, k, slots, previous, d_slots, d_previous: None  # noqa: E731
    unit_backward, unit_mask_backward = formula(spec.backward), formula(spec.mask_backward or nothing)
    # What the product of the next phase reads of this step's first one.
    pushed_first, pushed = (masked_first, maskeds) if phases == 2 else (recurrent_first, recurrents)

    @formula
    def store_slots(d_slot, d_slots, at, phase):
        """Store the gradients; in the second phase others may still read those of the masked product."""
        for p in range(P):
            if phase == 0 or p < masked_first or p >= masked_first + maskeds:
                d_slots[int32(at + p * hidden)] = d_slot[p, 0]

    def backward(
        slots, states, d_output, d_slots, d_states, weights, masked_weights, counters, batch, steps, rows, begin, end
    ):
        thread, part, group = int32(cuda.threadIdx.x), int32(cuda.blockIdx.x), int32(cuda.blockIdx.y)
        first = int32(group * rows)
        last = int32(first + rows if first + rows < batch else batch)
        u, b = int32(thread % units), int32(thread // units)
        unit = int32(part * units + u)
        working = b < rows_at_once and unit < hidden
        shared = pointer(cuda.shared.array(0, number, alignment=16))
        own, own_masked = cuda.local.array(registers, word), cuda.local.array(masked_registers, word)
        slot, d_slot = cuda.local.array((P, 1), number), cuda.local.array((P, 1), number)
        previous, state = cuda.local.array((S, 1), number), cuda.local.array((S, 1), number)
        d_state, d_previous = cuda.local.array((S, 1), number), cuda.local.array((S, 1), number)
        hold(weights, part, own, shared, thread)
        hold_masked(masked_weights, part, own_masked, shared, thread)
        of_state = int32((steps + 1) * batch * hidden)

        if pushes:
            clear(shared, thread)
            if working and first + b < last:
                load_states(d_states, int32((steps * batch + first + b) * hidden + unit), of_state, d_previous)
            if clustered:
                done(counters, group, thread)
                meet(counters, group, 0, thread)
            cuda.syncthreads()

        for n in range(begin, end):
            t, phase = int32(steps - 1 - n // phases), int32(n % phases)
            for base in range(first, last, rows_at_once):
                row = int32(base + b)
                mine = working and row < last
                at = int32(((t * batch + row) * P) * hidden + unit)
                before = int32((t * batch + row) * hidden + unit)
                after = int32(before + batch * hidden)
                if mine and t >= 0:
                    load_slots(slots, at, slot)
                    if phase > 0:
                        load_slots(d_slots, at, d_slot)
                    load_states(states, before, of_state, previous)
                    load_states(states, after, of_state, state)
                if mine and not pushes:
                    load_states(d_states, after if phase == 0 else before, of_state, d_previous)

                if n > begin and base == first:
                    meet(counters, group, n - begin, thread)
                vectors_at = int32(n % 2 * set_size if pushes else 0)
                here = int32(last - base if last - base < rows_at_once else rows_at_once)
                place = int32((n + 1) % 2 * set_size + b * stride + unit)
                if phases == 1 or phase == 0:
                    if n > 0:
                        if not pushes:
                            source = int32((((t + 1) * batch + base) * P + recurrent_first) * hidden)
                            pull(d_slots, source, P * hidden, here, shared, thread)
                            cuda.syncthreads()
                        product(own, shared, weights, part, vectors_at, thread)
                        cuda.syncthreads()
                        if mine:
                            d_previous[0, 0] += total(shared, b, u)
                    if mine:
                        copy_states(d_previous, d_state)
                        if t >= 0:
                            d_state[0, 0] += d_output[before]
                            unit_backward(0, 0, slot, previous, state, d_slot, d_state, d_previous)
                            if pushes:
                                push_slots(shared, place, d_slot, pushed_first, pushed)
                else:
                    if not pushes:
                        source = int32(((t * batch + base) * P + masked_first) * hidden)
                        pull_masked(d_slots, source, P * hidden, here, shared, thread)
                        cuda.syncthreads()
                    product_masked(own_masked, shared, masked_weights, part, vectors_at, thread)
                    cuda.syncthreads()
                    if mine:
                        d_slot[mask_slot, 0] = total_masked(shared, b, u)
                        unit_mask_backward(0, 0, slot, previous, d_slot, d_previous)
                        if pushes:
                            push_slots(shared, place, d_slot, recurrent_first, recurrents)

                # What nobody waits for is stored after the others have been told to go on.
                if pushes and n + 1 < end:
                    done(counters, group, thread)
                if mine:
                    if phase == 0:
                        store_states(d_state, d_states, after, of_state)
                    if t >= 0:
                        store_slots(d_slot, d_slots, at, phase)
                        if not pushes:
                            store_states(d_previous, d_states, before, of_state)
            if n + 1 < end and not pushes:
                done(counters, group, thread)

    return backward
