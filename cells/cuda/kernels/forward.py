"""The time loop on the GPU, forward through a whole sequence, or through some of its phases.

Arrays are flat; their shapes: slots (T, B, P, H), states (S, T + 1, B, H), and on the way back
(`cells.cuda.kernels.backward`) d_output (T, B, H), d_slots and d_states as what they belong to.
A block has `units` units of the rows [group * rows, ...) of the batch; thread u + units * b makes unit u of row b.
A phase is a product and the formulas that wait for it: one for each step, two in a cell that masks its state.
"""

from __future__ import annotations

from collections.abc import Callable

from numba import int32

from cells.cuda.kernels.frame import make_frame
from cells.cuda.kernels.instructions import cuda, pointer
from cells.cuda.kernels.synchronise import make_rounding
from cells.cuda.plan.config import KernelConfig
from cells.formula import formula


def make_forward(config: KernelConfig) -> Callable[..., None]:
    """Make the forward kernel: phases [begin, end) of `phases` a step.

    slots: products of the input with biases where the cell has input gates, on entry; activations on exit if they are
    kept. states: index 0 is set on entry. bias (P, H): what slots without a product of the input start from.
    """
    spec = config.spec
    numbers = config.spec.numbers
    frame = make_frame(config, config.threads)
    P = numbers.slots
    S = numbers.states
    inputs = numbers.input_slots
    mask_slot = numbers.mask_slot
    hidden = config.hidden
    units = config.units
    rows_at_once = config.rows
    threads = config.threads
    phases = config.phases
    pushes = config.pushes
    keep = config.keep
    stride = config.stride
    number = frame.number
    word = frame.word
    set_size = frame.set_size
    clustered = frame.clustered
    registers, hold, pull, product, total = frame.recurrent
    masked_registers, hold_masked, pull_masked, product_masked, total_masked = frame.masked
    recurrent_first, recurrents = numbers.recurrent_first, numbers.recurrent_slots
    masked_first, maskeds = numbers.masked_first, numbers.masked_slots
    clear = frame.clear
    push = frame.push
    done = frame.done
    meet = frame.meet
    load_states, store_states, copy_states = frame.load_states, frame.store_states, frame.copy_states
    filling = -(-rows_at_once * hidden // threads) if config.tiles else 0
    rounding = make_rounding(config)
    unit_forward, unit_mask = formula(spec.forward), formula(spec.mask or (lambda cell, k, slots, previous: None))

    @formula
    def fill(shared, states, first, last, thread):
        """Put the first set of vectors, the state that is given, into shared memory."""
        for turn in range(filling):
            i = int32(thread + turn * threads)
            if i < (last - first) * hidden:
                shared[int32(i // hidden * stride + i % hidden)] = rounding(states[int32(first * hidden + i)])

    @formula
    def load_slots(slots, bias, at, unit, phase, slot):
        """Start each slot from what the input, or the phase before, has made of it, or else from its bias."""
        for p in range(P):
            slot[p, 0] = slots[int32(at + p * hidden)] if p < inputs or phase > 0 else bias[int32(p * hidden + unit)]

    @formula
    def store_slots(slot, slots, at, masks):
        """Store what others will read; not the masked state again, which others may still be reading."""
        for p in range(P):
            if masks or (keep and (phases == 1 or p != mask_slot)):
                slots[int32(at + p * hidden)] = slot[p, 0]

    def forward(slots, states, bias, weights, masked_weights, counters, batch, steps, rows, begin, end):
        thread, part, group = int32(cuda.threadIdx.x), int32(cuda.blockIdx.x), int32(cuda.blockIdx.y)
        first = int32(group * rows)
        last = int32(first + rows if first + rows < batch else batch)
        u, b = int32(thread % units), int32(thread // units)
        unit = int32(part * units + u)
        working = b < rows_at_once and unit < hidden
        shared = pointer(cuda.shared.array(0, number, alignment=16))
        own, own_masked = cuda.local.array(registers, word), cuda.local.array(masked_registers, word)
        slot, previous = cuda.local.array((P, 1), number), cuda.local.array((S, 1), number)
        state = cuda.local.array((S, 1), number)
        hold(weights, part, own, shared, thread)
        hold_masked(masked_weights, part, own_masked, shared, thread)
        of_state = int32((steps + 1) * batch * hidden)

        if pushes:
            clear(shared, thread)
            cuda.syncthreads()
            fill(shared, states, first, last, thread)
            if working and first + b < last:
                load_states(states, int32((first + b) * hidden + unit), of_state, state)
            if clustered:
                done(counters, group, thread)
                meet(counters, group, 0, thread)
            cuda.syncthreads()

        for n in range(begin, end):
            t, phase = int32(n // phases), int32(n % phases)
            for base in range(first, last, rows_at_once):
                row = int32(base + b)
                mine = working and row < last
                at = int32(((t * batch + row) * P) * hidden + unit)
                before = int32((t * batch + row) * hidden + unit)
                after = int32(before + batch * hidden)
                if mine:
                    load_slots(slots, bias, at, unit, phase, slot)
                    if not pushes:
                        load_states(states, before, of_state, previous)
                    elif phase == 0:
                        copy_states(state, previous)

                if n > begin and base == first:
                    meet(counters, group, n - begin, thread)
                vectors_at = int32(n % 2 * set_size if pushes else 0)
                here = int32(last - base if last - base < rows_at_once else rows_at_once)
                if phases == 1 or phase == 0:
                    if not pushes:
                        pull(states, int32((t * batch + base) * hidden), hidden, here, shared, thread)
                        cuda.syncthreads()
                    product(own, shared, weights, part, vectors_at, thread)
                    cuda.syncthreads()
                    if mine:
                        for p in range(recurrents):
                            slot[recurrent_first + p, 0] += total(shared, b, int32(p * units + u))
                else:
                    if not pushes:
                        source = int32(((t * batch + base) * P + mask_slot) * hidden)
                        pull_masked(slots, source, P * hidden, here, shared, thread)
                        cuda.syncthreads()
                    product_masked(own_masked, shared, masked_weights, part, vectors_at, thread)
                    cuda.syncthreads()
                    if mine:
                        for p in range(maskeds):
                            slot[masked_first + p, 0] += total_masked(shared, b, int32(p * units + u))

                masks = phases == 2 and phase == 0
                if mine:
                    if masks:
                        unit_mask(0, 0, slot, previous)
                    else:
                        unit_forward(0, 0, slot, previous, state)
                    if pushes and n + 1 < end:
                        place = int32((n + 1) % 2 * set_size + b * stride + unit)
                        push(shared, place, slot[mask_slot, 0] if masks else state[0, 0])
                # What nobody waits for is stored after the others have been told to go on.
                if pushes and n + 1 < end:
                    done(counters, group, thread)
                if mine:
                    if not masks:
                        store_states(state, states, after, of_state)
                    store_slots(slot, slots, at, masks)
            if n + 1 < end and not pushes:
                done(counters, group, thread)

    return forward
