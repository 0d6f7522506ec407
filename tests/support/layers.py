"""Small layers and inputs for the tests of properties, and everything a pass hands out."""

from __future__ import annotations

import numpy as np
import pytest

from cells import Layer, cell_names
from cells.registry import distinct_cells, find_cell
from tests.support.problem import MERGES, Stream

ROUNDING = 1e-12  # float64, another order of summation: a batch or a sequence may be cut elsewhere into tiles
DTYPES = ("float32", "float64")
EVERY_FORMULA = pytest.mark.parametrize("cell", cell_names())
"""For tests of what a cell's own formulas say: differences, oracle, reference."""


def each_of(cells):
    """A test for each of these cells; a variant that goes through the kernels as another cell does is for the slow run.

    Its formulas have fast tests of their own: those of `EVERY_FORMULA`, and those of test_variants.py.
    """
    distinct = distinct_cells()
    return pytest.mark.parametrize(
        "cell", [cell if cell in distinct else pytest.param(cell, marks=pytest.mark.slow) for cell in cells]
    )


EVERY_CELL = each_of(cell_names())
"""For tests of what kernels do with any cell."""
EVERY_FADING_CELL = each_of([cell for cell in cell_names() if find_cell(cell).carries is None])
"""For tests of gradients that vanish: that of a cell state which is carried whole does not."""
EVERY_MERGE = pytest.mark.parametrize("merge", MERGES)
EVERY_DTYPE = pytest.mark.parametrize("dtype", DTYPES)


def layer_of(cell, merge=None, *, inputs=3, hidden=5, dtype="float64", seed=0):
    rng = np.random.default_rng(seed)
    return Layer(cell, input_size=inputs, hidden_size=hidden, dtype=dtype, bidirectional=merge, rng=rng)


def rnn_with(weight, dtype="float64"):
    """An RNN with these recurrent weights and nothing else: at zero input its state stays zero, and tanh' is 1."""
    layer = Layer("rnn", 1, len(weight), dtype=dtype)
    layer.load_parameters({n: np.zeros_like(a) for n, a in layer.parameters.items()} | {"weight_hh_l0": weight})
    return layer


def orthogonal(size):
    return np.linalg.qr(np.random.default_rng(7).standard_normal((size, size)))[0]


def sequence(T, B, inputs=3, dtype="float64", key="x"):
    return Stream(f"{key} {T} {B} {inputs}").uniform(1.0, T, B, inputs).astype(dtype)


def start_for(trace, key="start"):
    """A start in the shapes of a trace's states: ([2,] B, H)."""
    return {
        name: Stream(f"{key} {name}").uniform(0.9, *a.shape[:-3], *a.shape[-2:]).astype(a.dtype)
        for name, a in trace.states.items()
    }


def every_array(trace, grads):
    """All that a forward and a backward pass hand out, by name."""
    named = {"output": trace.output, "d_input": grads.input}
    groups = {"states": trace.states, "gates": trace.gates, "d_initial": grads.initial}
    groups |= {"d_states": grads.states, "d_parameters": grads.parameters}
    return named | {f"{group}.{name}": a for group, arrays in groups.items() for name, a in arrays.items()}


def there_and_back(layer, x, initial=None):
    """Copies of everything, so that a later call cannot change them."""
    trace = layer.forward(x, initial=initial)
    d_output = Stream("d_output").uniform(1.0, *trace.output.shape).astype(trace.output.dtype)
    grads = trace.backward(d_output, d_final=start_for(trace, "d_final"))
    return {name: np.array(a) for name, a in every_array(trace, grads).items()}


def assert_same(one, two, *, atol=0.0):
    assert set(one) == set(two)
    for name, a in one.items():
        if atol:
            np.testing.assert_allclose(two[name], a, rtol=0, atol=atol * max(1.0, np.max(np.abs(a))), err_msg=name)
        else:
            np.testing.assert_array_equal(two[name], a, err_msg=name)
