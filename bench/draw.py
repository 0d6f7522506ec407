"""From a case to its layer and its input: everything comes from the case's seed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.case import Case
from cells import Layer
from cells.initialisers import find_initialiser, with_keep_bias, with_write_bias
from cells.registry import find_cell

Array = NDArray[np.floating[Any]]


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
    """Return the case's layer and input. Parameters are drawn first, then x, then the start: none shifts another."""
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
    x = rng.standard_normal(shape) * case.number("input_scale") if case.word("inputs") == "normal" else np.zeros(shape)
    start: dict[str, Array] | None = None
    if case.word("inputs") == "start":
        start = {name: rng.standard_normal((case.batch_size, case.hidden_size)) for name in layer.spec.states}
    return Drawn(layer, x, start, rng)
