"""What the time loops and the profile have in common, made once from the configuration of a kernel.

A kernel closes over plain numbers and functions, for the compiler sees no attributes: each maker unpacks what it needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import int32, uint32

from cells.cuda.kernels.synchronise import make_meeting, make_pull, make_push, make_total
from cells.cuda.kernels.tile import REALS, make_hold, make_product
from cells.cuda.plan.config import KernelConfig
from cells.cuda.plan.tile import Tile
from cells.formula import formula


class StepProduct(NamedTuple):
    """A product of a step as a block's threads do it; all of it does nothing where the cell has no such product.

    registers: words of a thread for its weights, `own` below.
    hold(weights, part, own, shared, thread): its weights to registers and shared memory, before the first step.
    pull(source, at, of_row, rows, shared, thread): the vectors from global memory, see `make_pull`.
    product(own, shared, weights, part, vectors_at, thread): weights times the vectors at `vectors_at` of shared memory.
    total(shared, b, row): what the product is for vector b and a row of the weights, behind the next barrier.
    """

    registers: int
    hold: Callable[..., None]
    pull: Callable[..., None]
    product: Callable[..., None]
    total: Callable[..., Any]


@dataclass(frozen=True)
class Frame:
    """Types, products and small functions of a kernel. P slots and S states of a thread stand in arrays (P or S, 1).

    number, word, zero: the type of a number, that of a word of weights, and a typed 0.
    set_size: elements of shared memory for a set of vectors; two sets take turns where vectors are pushed.
    clear(shared, thread): zeros for both sets of vectors.
    load_slots(source, at, slot), load_states(source, at, of_state, state): a unit's numbers from global memory.
    store_states(state, target, at, of_state): and back. copy_states(source, target): between the thread's own.
    push(shared, at, value): a number to every block that needs it. push_slots(shared, at, slot, first, count): some
    slots, a vector's `hidden` apart.
    done, meet: the halves of a meeting of blocks, see `make_meeting`. clustered: whether one precedes the first push.
    """

    number: Any
    word: Any
    zero: Any
    set_size: int
    recurrent: StepProduct
    masked: StepProduct
    clear: Callable[..., None]
    load_slots: Callable[..., None]
    load_states: Callable[..., None]
    store_states: Callable[..., None]
    copy_states: Callable[..., None]
    push: Callable[..., None]
    push_slots: Callable[..., None]
    done: Callable[..., None]
    meet: Callable[..., None]
    clustered: bool


def make_frame(config: KernelConfig, threads: int) -> Frame:
    """Return the frame of a kernel whose blocks have so many threads."""
    P, S, hidden = config.spec.numbers.slots, config.spec.numbers.states, config.hidden
    number = REALS[config.real]
    zero = np.dtype(config.real).type(0)
    set_size = config.rows * config.stride
    # Loops over threads have a constant number of turns: the compiler spends far fewer registers on them.
    clearing = -(-2 * set_size // threads)
    push, (done, meet) = make_push(config), make_meeting(config)
    weights_at, masked_weights_at = config.weights_at

    @formula
    def clear(shared, thread):
        for turn in range(clearing):
            i = int32(thread + turn * threads)
            if i < 2 * set_size:
                shared[i] = zero

    @formula
    def load_slots(source, at, slot):
        for p in range(P):
            slot[p, 0] = source[int32(at + p * hidden)]

    @formula
    def load_states(source, at, of_state, state):
        for s in range(S):
            state[s, 0] = source[int32(s * of_state + at)]

    @formula
    def store_states(state, target, at, of_state):
        for s in range(S):
            target[int32(s * of_state + at)] = state[s, 0]

    @formula
    def copy_states(source, target):
        for s in range(S):
            target[s, 0] = source[s, 0]

    @formula
    def push_slots(shared, at, slot, first, count):
        for p in range(count):
            push(shared, int32(at + p * hidden), slot[first + p, 0])

    return Frame(
        number=number,
        word=uint32 if config.on_tensor_cores else number,
        zero=zero,
        set_size=set_size,
        recurrent=_make_step_product(config, config.recurrent, weights_at),
        masked=_make_step_product(config, config.masked, masked_weights_at),
        clear=clear,
        load_slots=load_slots,
        load_states=load_states,
        store_states=store_states,
        copy_states=copy_states,
        push=push,
        push_slots=push_slots,
        done=done,
        meet=meet,
        clustered=config.sharing == "cluster",
    )


def _make_step_product(config: KernelConfig, tile: Tile | None, weights_at: int) -> StepProduct:
    pull = make_pull(config, tile)
    total = make_total(tile, config.real, config.vectors)
    if tile is None:
        hold = formula(lambda weights, part, own, shared, thread: None)
        product = formula(lambda own, shared, weights, part, vectors_at, thread: None)
        return StepProduct(1, hold, pull, product, total)
    product = make_product(tile, config.real, weights_at=weights_at, stride=config.stride, sums_at=config.vectors)
    return StepProduct(max(tile.registers, 1), make_hold(tile, weights_at), pull, product, total)
