"""Threads: results do not depend on them, callers do not disturb each other, and a child process has its own."""

from __future__ import annotations

import os
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import cells
from tests.support.layers import EVERY_CELL, EVERY_DTYPE, assert_same, layer_of, sequence, there_and_back

# (T, B, I, H): units of a single row shared; rows shared, the last group short; more threads than groups
SHAPES = [(9, 1, 16, 256), (5, 21, 8, 96), (3, 4, 200, 200)]


@EVERY_CELL
@EVERY_DTYPE
@pytest.mark.parametrize("shape", SHAPES)
def test_shares_of_a_task_add_up_to_the_same_bits(cell, dtype, shape):
    T, B, inputs, H = shape
    layer, x = layer_of(cell, inputs=inputs, hidden=H, dtype=dtype), sequence(T, B, inputs, dtype)
    with cells.using_threads(1):
        expected, output = there_and_back(layer, x), layer(x)[0]
    for threads in (2, 4):
        with cells.using_threads(threads):
            assert_same(expected, there_and_back(layer, x))
            np.testing.assert_array_equal(layer(x)[0], output)


def test_callers_that_share_units_and_callers_that_share_rows_take_turns():
    layers = [layer_of("lstm", inputs=64, hidden=128, dtype="float32", seed=seed) for seed in range(3)]
    inputs = [sequence(40, batch, 64, "float32") for batch in (1, 4, 16)]
    with cells.using_threads(2):
        expected = [there_and_back(layer, x) for layer, x in zip(layers, inputs, strict=True)]
        with ThreadPoolExecutor(3) as pool:
            for _ in range(10):
                found = pool.map(there_and_back, layers, inputs)
                for one, other in zip(expected, found, strict=True):
                    assert_same(one, other)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_computes_with_threads_of_its_own():
    layer, x = layer_of("gru", inputs=64, hidden=128, dtype="float32"), sequence(40, 16, 64, "float32")
    with cells.using_threads(2):
        expected = layer(x)[0].copy()
        child = os.fork()
        if child == 0:
            os._exit(0 if np.array_equal(layer(x)[0], expected) else 1)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


@EVERY_CELL
def test_inference_allocates_nothing_per_step(cell):
    layer, peaks = layer_of(cell, inputs=4, hidden=32, dtype="float32"), []
    for steps in (2_000, 16_000):
        x = sequence(steps, 2, 4, "float32")
        layer(x)  # the window is made at the first call of a shape
        tracemalloc.start()
        output, _ = layer(x)
        peaks.append(tracemalloc.get_traced_memory()[1] - output.nbytes)
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 4096, peaks
