"""The time loop on the GPU, forward through a whole sequence, or through some of its phases.

Arrays are flat; their shapes: slots (T, B, P, H), states (S, T + 1, B, H), and on the way back
(`cells.cuda.kernels.backward`) d_output (T, B, H), d_slots and d_states as what they belong to.
A block has `units` units of the rows [group * rows, ...) of the batch; thread u + units * b makes unit u of row b.
A phase is a product and the formulas that wait for it: one for each step, two in a cell that masks its state.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import int32, uint32

from cells.cuda.kernels.instructions import cuda, pointer
from cells.cuda.kernels.synchronise import make_meeting, make_pull, make_push, make_rounding, make_total
from cells.cuda.kernels.tile import REALS, make_hold, make_product
from cells.cuda.plan.config import KernelConfig
from cells.cuda.plan.tile import Tile
from cells.formula import formula


def held(tile: Tile | None, real: str) -> tuple[Callable[..., None], Callable[..., None], int]:
    """How to hold a tile's weights, how to multiply with them, and how many words a thread has in registers."""
    if tile is None:
        nothing = formula(lambda weights, part, own, shared, shared_at, thread: None)
        product = formula(lambda own, shared, shared_at, weights, part, vectors_at, stride, sums_at, thread: None)
        return nothing, product, 1
    return make_hold(tile), make_product(tile, real), max(tile.registers, 1)


def make_forward(config: KernelConfig) -> Callable[..., None]:
    """Make the forward kernel: phases [begin, end) of `phases` a step.

    slots: products of the input with biases where the cell has input gates, on entry; activations on exit if the config
    keeps them. states: index 0 is set on entry. bias (P, H): what slots without a product of the input start from.
    """
    real, spec, hidden, units, batch_rows = config.real, config.spec, config.hidden, config.units, config.rows
    layout = spec.layout
    P, S, inputs = layout.slots, layout.states, layout.inputs
    recurrent_first, recurrents, masked_first, maskeds = (
        layout.recurrent_first,
        layout.recurrent,
        layout.masked_first,
        layout.masked,
    )
    mask_slot, phases, threads, pushes = layout.mask_slot, config.phases, config.threads, config.pushes
    keep, stride, sums_at = config.keep, config.stride, config.vectors
    hold, product, registers = held(config.recurrent, real)
    hold_masked, product_masked, masked_registers = held(config.masked, real)
    total, total_masked = make_total(config.recurrent, real), make_total(config.masked, real)
    pull, pull_masked = make_pull(config, config.recurrent), make_pull(config, config.masked)
    done, meet = make_meeting(config)
    push, rounding = make_push(config), make_rounding(config)
    shared_at, masked_shared_at = config.weights_at
    kind, zero, own_set = REALS[real], np.dtype(real).type(0), config.rows * config.stride
    word, clustered = uint32 if config.on_tensor_cores else kind, config.sharing == "cluster"
    # Loops over threads have a constant number of turns: the compiler spends far fewer registers on them.
    clearing, filling = -(-2 * own_set // threads), -(-batch_rows * hidden // threads) if config.tiles else 0
    unit_forward, unit_mask = formula(spec.forward), formula(spec.mask or (lambda cell, k, slots, previous: None))

    def forward(slots, states, bias, weights, masked_weights, counters, batch, steps, rows, begin, end):
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
        slot, previous = cuda.local.array((P, 1), kind), cuda.local.array((S, 1), kind)
        of_state = int32((steps + 1) * batch * hidden)
        state = cuda.local.array((S, 1), kind)

        if pushes:
            for turn in range(clearing):
                i = int32(thread + turn * threads)
                if i < 2 * own_set:
                    shared[i] = zero
            cuda.syncthreads()
            for turn in range(filling):
                i = int32(thread + turn * threads)
                if i < (last - first) * hidden:
                    shared[int32(i // hidden * stride + i % hidden)] = rounding(states[int32(first * hidden + i)])
            if working and first + b < last:
                for s in range(S):
                    state[s, 0] = states[int32(s * of_state + (first + b) * hidden + unit)]
            if clustered:
                done(counters, group, thread)
                meet(counters, group, 0, thread)
            cuda.syncthreads()

        for n in range(begin, end):
            t, phase = int32(n // phases), int32(n % phases)
            for base in range(first, last, batch_rows):
                row = int32(base + b)
                mine = working and row < last
                at = int32(((t * batch + row) * P) * hidden + unit)
                before = int32((t * batch + row) * hidden + unit)
                after = int32(before + batch * hidden)
                if mine:
                    for p in range(P):
                        slot[p, 0] = (
                            slots[int32(at + p * hidden)] if p < inputs or phase > 0 else bias[int32(p * hidden + unit)]
                        )
                    for s in range(S):
                        if pushes:
                            if phase == 0:
                                previous[s, 0] = state[s, 0]
                        else:
                            previous[s, 0] = states[int32(s * of_state + before)]
                if n > begin and base == first:
                    meet(counters, group, n - begin, thread)
                vectors_at = int32(n % 2 * own_set if pushes else 0)
                here = int32(last - base if last - base < batch_rows else batch_rows)
                if phases == 1 or phase == 0:
                    if not pushes:
                        pull(states, int32((t * batch + base) * hidden), hidden, here, shared, thread)
                        cuda.syncthreads()
                    product(own, shared, shared_at, weights, part, vectors_at, stride, sums_at, thread)
                    cuda.syncthreads()
                    if mine:
                        for p in range(recurrents):
                            slot[recurrent_first + p, 0] += total(shared, sums_at, b, int32(p * units + u))
                else:
                    if not pushes:
                        source = int32(((t * batch + base) * P + mask_slot) * hidden)
                        pull_masked(slots, source, P * hidden, here, shared, thread)
                        cuda.syncthreads()
                    product_masked(
                        own_masked, shared, masked_shared_at, masked_weights, part, vectors_at, stride, sums_at, thread
                    )
                    cuda.syncthreads()
                    if mine:
                        for p in range(maskeds):
                            slot[masked_first + p, 0] += total_masked(shared, sums_at, b, int32(p * units + u))
                place = int32((n + 1) % 2 * own_set + b * stride + unit)
                masks = phases == 2 and phase == 0
                if mine:
                    if masks:
                        unit_mask(0, 0, slot, previous)
                    else:
                        unit_forward(0, 0, slot, previous, state)
                    if pushes and n + 1 < end:
                        push(shared, place, slot[mask_slot, 0] if masks else state[0, 0])
                # What nobody waits for is stored after the others have been told to go on.
                if pushes and n + 1 < end:
                    done(counters, group, thread)
                if mine:
                    if not masks:
                        for s in range(S):
                            states[int32(s * of_state + after)] = state[s, 0]
                    for p in range(P):
                        # In the second phase others may still read the masked state.
                        if masks or (keep and (phases == 1 or p != mask_slot)):
                            slots[int32(at + p * hidden)] = slot[p, 0]
            if n + 1 < end and not pushes:
                done(counters, group, thread)

    return forward
