"""Kernels touch their arrays and nothing else: every array stands between poisoned bands, and starts as NaN."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cells.cpu import layout, parameter_gradients, run, weights
from tests.support.layers import EVERY_CELL, EVERY_DTYPE, assert_same, layer_of, sequence, there_and_back

BAND = 4096  # bytes before and after; wider than any vector
POISON = 0xFF  # as bytes of a float: NaN


class Bands:
    """Hands out arrays between bands, and says whether the bands still are what they were."""

    def __init__(self):
        self.raw = []

    def array(self, shape, dtype):
        size = math.prod(shape) * dtype.itemsize
        raw = np.full(size + 2 * BAND + 64, POISON, np.uint8)
        start = BAND + -(raw.__array_interface__["data"][0] + BAND) % 64
        self.raw.append((raw, start, start + size))
        return raw[start : start + size].view(dtype).reshape(shape)

    def around(self, array):
        """The same numbers, an element off the alignment that vectors like."""
        flat = self.array((array.size + 1,), array.dtype)[1:]
        flat[:] = array.ravel()
        return flat.reshape(array.shape)

    def assert_intact(self):
        for raw, first, last in self.raw:
            assert (raw[:first] == POISON).all()
            assert (raw[last:] == POISON).all()


@EVERY_CELL
@EVERY_DTYPE
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (4, 1, 33, 7), (37, 3, 5, 1), (3, 17, 16, 8), (2, 5, 64, 33)])
def test_nothing_outside_an_array_is_touched_or_matters(cell, dtype, shape, monkeypatch):
    T, B, H, inputs = shape
    layer, x = layer_of(cell, inputs=inputs, hidden=H, dtype=dtype), sequence(T, B, inputs, dtype)
    output, final = layer(x)
    expected = there_and_back(layer, x)

    bands = Bands()
    for module in (run, layout, parameter_gradients, weights):
        monkeypatch.setattr(module, "aligned", bands.array)
    monkeypatch.setattr(run, "fresh", bands.array)
    layer = layer_of(cell, inputs=inputs, hidden=H, dtype=dtype)  # packs its weights anew
    assert_same(expected, there_and_back(layer, bands.around(x)))
    banded_output, banded_final = layer(bands.around(x))
    np.testing.assert_array_equal(banded_output, output)
    assert_same(final, banded_final)
    assert bands.raw
    bands.assert_intact()


def test_memory_is_used_again_only_when_nobody_sees_it():
    layer, x = layer_of("lstm", hidden=64, dtype="float32"), sequence(50, 16, dtype="float32")
    trace = layer.forward(x)
    seen = trace.states["h"][3]
    before = seen.copy()
    del trace
    for _ in range(5):
        layer.forward(2 * x).backward(np.ones((50, 16, 64)))
    np.testing.assert_array_equal(seen, before)
