"""From a case to its layer and its input: everything comes from the case's seed, or the input from one of its own."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.case import Case
from cells import Layer
from cells.initialisers import find_initialiser, with_keep_bias, with_write_bias
from cells.registry import find_cell

Array = NDArray[np.floating[Any]]


INPUTS = 1
"""Tells the stream of numbers of an input's own seed from that of a case's seed, which may be the same number."""


class Drawn(NamedTuple):
    """A layer, its input (T, B, I), the state to start from (None: zero), and the generator, for what else is drawn."""

    layer: Layer
    x: Array
    initial: dict[str, Array] | None
    rng: np.random.Generator


def draw_parameters(case: Case, rng: np.random.Generator) -> dict[str, Array]:
    """Return the parameters of a layer of one direction, by name: those that `draw` has with the same generator."""
    initialiser = find_initialiser(case.initialiser, case.initialiser_value)
    parameters = initialiser(find_cell(case.cell), case.input_size, case.hidden_size, rng)
    return {name: value.astype(case.dtype) for name, value in parameters.items()}


def draw(case: Case) -> Drawn:
    """Return the case's layer and input. Parameters are drawn first, then x, then the start: none shifts another.

    With an `input_seed` x has numbers of its own, and what follows it is the same whatever the input.
    """
    rng = np.random.default_rng(case.seed)
    initialiser = find_initialiser(case.initialiser, case.initialiser_value)
    for condition, moved in (("gate_bias", with_keep_bias), ("write_bias", with_write_bias)):
        if case.number(condition):
            initialiser = moved(initialiser, case.number(condition))
    layer = Layer(
        case.cell,
        case.input_size,
        case.hidden_size,
        dtype=case.dtype,
        initialiser=initialiser,
        bidirectional=None if case.merge == "none" else case.merge,
        rng=rng,
    )
    shape = (case.seq_len, case.batch_size, case.input_size)
    x = np.zeros(shape)
    if case.word("inputs") == "normal":
        x = _input_numbers(case, rng).standard_normal(shape) * case.number("input_scale")
    start: dict[str, Array] | None = None
    if case.word("inputs") == "start":
        start = {name: rng.standard_normal((case.batch_size, case.hidden_size)) for name in layer.spec.states}
    return Drawn(layer, x, start, rng)


def _input_numbers(case: Case, rng: np.random.Generator) -> np.random.Generator:
    """Return the numbers that the input is drawn from; ValueError for a seed that is neither -1 nor a whole number."""
    seed = case.number("input_seed")
    if seed == -1:
        return rng
    if seed < 0 or seed != int(seed):
        raise ValueError(f"input_seed is {seed:g}; allowed: -1, or a whole number from 0 on")
    return np.random.default_rng([int(seed), INPUTS])
