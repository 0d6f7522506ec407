"""The backward pass in log scale: from dL/dh of the last step back to the start, carried as (v, e) with v 2^e.

One block has one row of the batch. After each step its gradient is divided by the power of two next to its largest
number, which is exact, and e grows by it. The norms are taken afterwards, over all steps at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import int32

from cells.cuda.kernel import MOST_WARPS, profile_threads
from cells.cuda.kernels.frame import make_frame
from cells.cuda.kernels.instructions import cuda, from_lane, pointer
from cells.cuda.plan.config import KernelConfig
from cells.cuda.plan.tile import WARP
from cells.formula import formula

MOST = {"float32": 120, "float64": 1000}  # power of two that one step takes out: its reciprocal is a normal number too


def make_profile(config: KernelConfig) -> Callable[..., None]:
    """Make the kernel: slots (T, B, P, H), states, totals and carried (S, T + 1, B, H), exponents (T + 1, B), all flat.

    totals: index T holds dL/d final state on entry; on exit dL/ds with the paths inside of a step. carried: on exit
    without them, as coordinates of the joint state. Both over 2^exponents.
    """
    spec = config.spec
    numbers = config.spec.numbers
    threads = profile_threads(config)
    frame = make_frame(config, threads)
    P = numbers.slots
    S = numbers.states
    mask_slot = numbers.mask_slot
    masks = config.phases == 2
    recurrent_first, recurrents = numbers.recurrent_first, numbers.recurrent_slots
    masked_first, maskeds = numbers.masked_first, numbers.masked_slots
    hidden, stride, largest_at = config.hidden, config.stride, config.shared_elements
    carry_at = largest_at + MOST_WARPS
    turns = -(-hidden // threads)
    number, zero = frame.number, frame.zero
    registers, hold, _, product, total = frame.recurrent
    masked_registers, hold_masked, _, product_masked, total_masked = frame.masked
    clear = frame.clear
    load_slots = frame.load_slots
    load_states = frame.load_states
    push_slots = frame.push_slots
    store_states = frame.store_states
    find_power = _make_find_power(config.real, largest_at, threads // WARP)
    nothing: Any = lambda cell, k, slots, previous, d_slots, d_previous: None  # noqa: E731
    unit_backward, unit_mask_backward = formula(spec.backward), formula(spec.mask_backward or nothing)

    def profile(slots, states, totals, carried, exponents, weights, masked_weights, batch, steps):
        thread, row = int32(cuda.threadIdx.x), int32(cuda.blockIdx.y)
        shared = pointer(cuda.shared.array(0, number, alignment=16))
        own, own_masked = cuda.local.array(registers, number), cuda.local.array(masked_registers, number)
        slot, d_slot = cuda.local.array((P, 1), number), cuda.local.array((P, 1), number)
        previous, state = cuda.local.array((S, 1), number), cuda.local.array((S, 1), number)
        d_state, d_previous = cuda.local.array((S, 1), number), cuda.local.array((S, 1), number)
        hold(weights, 0, own, shared, thread)
        hold_masked(masked_weights, 0, own_masked, shared, thread)
        of_state = int32((steps + 1) * batch * hidden)
        exponent = 0
        clear(shared, thread)
        for turn in range(turns):
            unit = int32(thread + turn * threads)
            if unit < hidden:
                for s in range(S):
                    last = int32(s * of_state + (steps * batch + row) * hidden + unit)
                    shared[int32(carry_at + s * hidden + unit)] = totals[last]
        cuda.syncthreads()

        for n in range(steps + 1):
            t = int32(steps - 1 - n)
            largest = zero
            for turn in range(turns):
                unit = int32(thread + turn * threads)
                if unit < hidden:
                    for s in range(S):
                        value = shared[int32(carry_at + s * hidden + unit)]
                        size = value if value > zero else -value
                        largest = size if size > largest else largest
            power = find_power(shared, largest, thread)
            scale = math.ldexp(number(1), -power)
            exponent += power
            if thread == 0:
                exponents[(t + 1) * batch + row] = exponent
            for turn in range(turns):
                unit = int32(thread + turn * threads)
                at = int32(((t * batch + row) * P) * hidden + unit)
                before = int32((t * batch + row) * hidden + unit)
                after = int32(before + batch * hidden)
                if unit < hidden:
                    for s in range(S):
                        d_previous[s, 0] = shared[int32(carry_at + s * hidden + unit)] * scale
                        d_state[s, 0] = d_previous[s, 0]
                        carried[int32(s * of_state + after)] = d_previous[s, 0]
                    if t >= 0:
                        load_slots(slots, at, slot)
                        load_states(states, before, of_state, previous)
                        load_states(states, after, of_state, state)
                        unit_backward(0, 0, slot, previous, state, d_slot, d_state, d_previous)
                        store_states(d_previous, shared, int32(carry_at + unit), hidden)
                        push_slots(shared, int32(stride + unit), d_slot, recurrent_first, recurrents)
                        push_slots(shared, unit, d_slot, masked_first, maskeds)
                    store_states(d_state, totals, after, of_state)
            cuda.syncthreads()
            if t >= 0 and masks:
                product_masked(own_masked, shared, masked_weights, 0, 0, thread)
                cuda.syncthreads()
                for turn in range(turns):
                    unit = int32(thread + turn * threads)
                    at = int32(((t * batch + row) * P) * hidden + unit)
                    if unit < hidden:
                        load_slots(slots, at, slot)
                        load_states(states, int32((t * batch + row) * hidden + unit), of_state, previous)
                        load_states(shared, int32(carry_at + unit), hidden, d_previous)
                        for p in range(recurrents):
                            d_slot[recurrent_first + p, 0] = shared[int32(stride + unit + p * hidden)]
                        d_slot[mask_slot, 0] = total_masked(shared, 0, unit)
                        unit_mask_backward(0, 0, slot, previous, d_slot, d_previous)
                        store_states(d_previous, shared, int32(carry_at + unit), hidden)
                        push_slots(shared, int32(stride + unit), d_slot, recurrent_first, recurrents)
                cuda.syncthreads()
            if t >= 0:
                product(own, shared, weights, 0, stride, thread)
                cuda.syncthreads()
                for turn in range(turns):
                    unit = int32(thread + turn * threads)
                    if unit < hidden:
                        shared[int32(carry_at + unit)] += total(shared, 0, unit)
                cuda.syncthreads()

    return profile


def _make_find_power(real: str, largest_at: int, warps: int) -> Callable[..., int]:
    """Make the search for the power of two that a step takes out; `largest_at`: a number of every warp, in shared."""
    zero = np.dtype(real).type(0)
    infinity = np.dtype(real).type(np.inf)
    most = MOST[real]

    @formula
    def find_power(shared, own, thread):
        """Return the power of two next to the largest |own| of the block: 0 where there is none, or an infinite one."""
        distance = WARP // 2
        while distance > 0:
            other = from_lane(own, distance)
            own = other if other > own else own
            distance //= 2
        if thread % WARP == 0:
            shared[largest_at + thread // WARP] = own
        cuda.syncthreads()
        found = zero
        for w in range(warps):
            value = shared[largest_at + w]
            found = value if value > found else found
        cuda.syncthreads()
        power = 0
        if found > zero and found < infinity:
            _, power = math.frexp(found)
            power = most if power > most else power
            power = -most if power < -most else power
        return power

    return find_power


def make_norms(real: str) -> Callable[..., None]:
    """out[row] = L2 norm of `segments` runs of `width` numbers, `of_segment` apart; a warp for each row.

    Squares are of numbers over the largest one: none is lost, and a norm is accurate where its numbers are tiny.
    """
    zero = np.dtype(real).type(0)

    def norms(source, out, rows, width, segments, of_segment, first):
        lane, row = int32(cuda.threadIdx.x), int32(cuda.blockIdx.x)
        if row < rows:
            largest = zero
            for s in range(segments):
                for k in range(lane, width, WARP):
                    value = source[s * of_segment + row * width + k]
                    size = value if value > zero else -value
                    largest = size if size > largest else largest
            distance = WARP // 2
            while distance > 0:
                other = from_lane(largest, distance)
                largest = other if other > largest else largest
                distance //= 2
            total = zero
            for s in range(segments):
                for k in range(lane, width, WARP):
                    value = source[s * of_segment + row * width + k]
                    # Of a row of zeros nothing is divided; NaN fails both comparisons and stays.
                    part = value / largest if largest > zero else value
                    total += part * part
            distance = WARP // 2
            while distance > 0:
                total += from_lane(total, distance)
                distance //= 2
            if lane == 0:
                out[first + row] = math.sqrt(total) * largest if largest > zero else total

    return norms
