"""Variants of the LSTM: what they compute, by equations of their own, and that each is a special case of the LSTM.

The LSTM's answers are PyTorch's (test_parity.py), and so theirs are too.
"""

from __future__ import annotations

import numpy as np
import pytest

from cells import Layer
from cells.registry import distinct_cells, find_cell
from tests.support.layers import EVERY_DTYPE, layer_of, sequence, start_for, there_and_back
from tests.support.oracle import run
from tests.support.problem import TOLERANCE, Problem, cast, layer_for

EVERY_VARIANT = pytest.mark.parametrize("cell", ["lstm-1997", "lstm-coupled"])
OPEN = 1e3
"""A bias at which sigma is 1, to the last bit."""
SHAPES = ((1, 1, 1, 1, None), (2, 3, 16, 32, "mean"), (37, 17, 33, 7, "concat"))


def blocks(cell, array, hidden):
    """The rows of each gate."""
    return {gate: find_cell(cell).gate_block(array, gate, hidden) for gate in find_cell(cell).gates}


def as_lstm(cell, name, array, hidden):
    """A parameter of the LSTM that is this cell: with f at 1, or with i = sigma(-a) = 1 - sigma(a) = 1 - f."""
    rows = blocks(cell, array, hidden)
    if cell == "lstm-1997":
        rows["f"] = np.full_like(rows["i"], OPEN if name.startswith("bias_ih") else 0)
    else:
        rows["i"] = -rows["f"]
    return np.concatenate([rows[gate] for gate in find_cell("lstm").gates])


def of_the_variant(cell, gradient, hidden):
    """What a gradient of that LSTM's parameter is for the cell's own: by the chain rule of `as_lstm`."""
    rows = blocks("lstm", gradient, hidden)
    if cell == "lstm-coupled":
        rows["f"] = rows["f"] - rows["i"]
    return np.concatenate([rows[gate] for gate in find_cell(cell).gates])


@EVERY_VARIANT
@EVERY_DTYPE
@pytest.mark.parametrize("merge", [None, "concat"])
def test_a_variant_is_an_lstm_whose_gates_are_tied(cell, dtype, merge):
    layer, hidden = layer_of(cell, merge, dtype=dtype), 5
    lstm = Layer("lstm", 3, hidden, dtype=dtype, bidirectional=merge)
    lstm.load_parameters({name: as_lstm(cell, name, a, hidden) for name, a in layer.parameters.items()})
    x = sequence(9, 4, dtype=dtype)
    start = start_for(layer.forward(x))
    found, expected = there_and_back(layer, x, start), there_and_back(lstm, x, start)
    for name, a in found.items():
        right = expected[name]
        if name.startswith("d_parameters"):
            right = of_the_variant(cell, right, hidden)
        assert a.dtype == dtype
        scale = max(1.0, float(np.abs(right).max()))
        np.testing.assert_allclose(a, right, rtol=0, atol=TOLERANCE[dtype] * scale, err_msg=name)


@EVERY_VARIANT
@EVERY_DTYPE
@pytest.mark.parametrize("shape", SHAPES)
def test_a_variant_computes_what_its_equations_say(cell, dtype, shape):
    problem = Problem(cell, *shape)
    given = problem.draw()
    right = run(cell, given.parameters, given.x, given.start, problem.merge)
    trace = layer_for(problem, given, dtype).forward(given.x.astype(dtype), initial=cast(given.start, dtype))
    found = {"output": trace.output} | {**trace.states} | {**trace.gates}
    for name, expected in ({"output": right.output} | right.states | right.gates).items():
        scale = max(1.0, float(np.abs(expected).max()))
        np.testing.assert_allclose(found[name], expected, rtol=0, atol=TOLERANCE[dtype] * scale, err_msg=name)


def test_a_variant_is_distinct_if_its_step_has_another_product_and_not_by_its_formulas():
    assert {"lstm", "gru", "gru-reset-before"} <= set(distinct_cells())
    assert not {"lstm-1997", "lstm-coupled"} & set(distinct_cells())
