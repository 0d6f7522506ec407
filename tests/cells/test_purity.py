"""A result depends on the parameters and the input alone: not on the run, the threads, the memory or other calls."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import cells
from tests.support.layers import (
    EVERY_CELL,
    EVERY_DTYPE,
    EVERY_MERGE,
    assert_same,
    every_array,
    layer_of,
    sequence,
    start_for,
    there_and_back,
)
from tests.support.problem import Stream


@EVERY_CELL
@EVERY_MERGE
@EVERY_DTYPE
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (9, 17, 33, 7)])
def test_a_second_run_gives_the_same_bits(cell, merge, dtype, shape):
    T, B, H, inputs = shape
    layer, x = layer_of(cell, merge, inputs=inputs, hidden=H, dtype=dtype), sequence(T, B, inputs, dtype)
    assert_same(there_and_back(layer, x), there_and_back(layer, x))
    again = layer_of(cell, merge, inputs=inputs, hidden=H, dtype=dtype)
    assert_same(there_and_back(layer, x), there_and_back(again, x))


@pytest.fixture
def _threads_restored():
    before = cells.get_threads()
    yield
    cells.set_threads(before)


@pytest.mark.usefixtures("_threads_restored")
@EVERY_CELL
@pytest.mark.parametrize("merge", [None, "mean"])
@EVERY_DTYPE
@pytest.mark.parametrize("shape", [(9, 1, 33), (300, 2, 64), (64, 17, 33), (20, 64, 40)])
def test_the_number_of_threads_changes_no_bit(cell, merge, dtype, shape):
    """Small and large: a thread may only be worth its start from some amount of work on."""
    T, B, H = shape
    layer, x = layer_of(cell, merge, hidden=H, dtype=dtype), sequence(T, B, dtype=dtype)
    results = []
    for threads in (1, 2, 3):
        cells.set_threads(threads)
        assert cells.get_threads() == threads
        output, final = layer(x)
        results.append(there_and_back(layer, x) | {"inference": output} | {f"final.{n}": a for n, a in final.items()})
    assert_same(results[0], results[1])
    assert_same(results[0], results[2])


@pytest.mark.usefixtures("_threads_restored")
@EVERY_CELL
def test_calls_at_the_same_time_do_not_disturb_each_other(cell):
    cells.set_threads(2)
    layers = [layer_of(cell, hidden=40, seed=seed) for seed in range(4)]
    x = sequence(20, 64)
    expected = [there_and_back(layer, x) for layer in layers]
    with ThreadPoolExecutor(4) as pool:
        for before, after in zip(expected, pool.map(lambda layer: there_and_back(layer, x), layers), strict=True):
            assert_same(before, after)


@pytest.mark.parametrize("count", [0, -1, True, 1.0, "2", None])
def test_a_number_of_threads_that_is_no_positive_whole_number_is_refused(count):
    with pytest.raises((ValueError, TypeError), match=re.escape(repr(count))):
        cells.set_threads(count)


@EVERY_CELL
@EVERY_MERGE
@EVERY_DTYPE
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (3, 2, 5, 3), (9, 17, 33, 7)])
def test_what_memory_held_before_does_not_leak_in(cell, merge, dtype, shape, monkeypatch):
    """Every `np.empty` starts as NaN: padding and buffers that are read before they are written would show it."""
    T, B, H, inputs = shape
    layer, x = layer_of(cell, merge, inputs=inputs, hidden=H, dtype=dtype), sequence(T, B, inputs, dtype)
    expected = there_and_back(layer, x) | {"inference": layer(x)[0]}
    empty = np.empty

    def dirty(*args, **kwargs):
        array = empty(*args, **kwargs)
        if array.dtype.kind == "f":
            array.fill(np.nan)
        elif array.dtype.kind in "iub" and array.dtype.itemsize == 1:
            array.fill(0xFF if array.dtype.kind == "u" else -1)  # bytes that are NaN when seen as floats
        return array

    monkeypatch.setattr(np, "empty", dirty)
    assert_same(expected, there_and_back(layer, x) | {"inference": layer(x)[0]})


@EVERY_CELL
@EVERY_MERGE
def test_nothing_that_is_handed_in_is_changed(cell, merge):
    layer, x = layer_of(cell, merge), sequence(5, 3)
    trace = layer.forward(x)
    given_arrays = {"x": x, "d_output": Stream("d").uniform(1.0, *trace.output.shape)}
    initial, d_final = start_for(trace), start_for(trace, "d_final")
    given_arrays |= {f"initial.{n}": a for n, a in initial.items()} | {f"d_final.{n}": a for n, a in d_final.items()}
    given_arrays |= {f"parameters.{n}": a for n, a in layer.parameters.items()}
    before = {n: np.array(a) for n, a in given_arrays.items()}
    layer.forward(x, initial=initial).backward(given_arrays["d_output"], d_final=d_final)
    layer(x)
    assert_same(before, given_arrays)


@EVERY_CELL
@EVERY_MERGE
def test_read_only_input_works(cell, merge):
    layer, x = layer_of(cell, merge), sequence(5, 3)
    expected = there_and_back(layer, x)
    x.flags.writeable = False
    assert_same(expected, there_and_back(layer, x))


LAYOUTS = {
    "every other step": lambda x: np.repeat(x, 2, axis=0)[::2],
    "every other feature": lambda x: np.repeat(x, 2, axis=2)[..., ::2],
    "batch first in memory": lambda x: np.ascontiguousarray(x.swapaxes(0, 1)).swapaxes(0, 1),
    "column major": np.asfortranarray,
    "backwards in memory": lambda x: np.ascontiguousarray(x[::-1, ::-1, ::-1])[::-1, ::-1, ::-1],
    "one row for the whole batch": lambda x: np.broadcast_to(x[:, :1], x.shape),
}


@EVERY_CELL
@EVERY_MERGE
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_memory_layout_does_not_matter(cell, merge, layout):
    layer = layer_of(cell, merge)
    x = layout(sequence(5, 3))
    assert not x.flags.c_contiguous
    packed = np.array(x, order="C")
    assert_same(there_and_back(layer, packed), there_and_back(layer, x))
    trace = layer.forward(packed)
    start, d_output = start_for(trace), Stream("d").uniform(1.0, *trace.output.shape)
    strided = {n: np.repeat(a, 2, axis=-1)[..., ::2] for n, a in start.items()}
    plain = layer.forward(packed, initial=start).backward(d_output, d_final=start)
    other = layer.forward(packed, initial=strided).backward(np.repeat(d_output, 2, axis=0)[::2], d_final=strided)
    assert_same(dict(plain.parameters) | {"x": plain.input}, dict(other.parameters) | {"x": other.input})


@EVERY_CELL
@EVERY_MERGE
def test_a_later_call_leaves_an_earlier_trace_alone(cell, merge):
    layer, x = layer_of(cell, merge), sequence(5, 3)
    trace = layer.forward(x)
    output, final = layer(x)
    d_output = np.ones_like(trace.output)
    grads = trace.backward(d_output)
    before = {n: np.array(a) for n, a in every_array(trace, grads).items()}
    y = np.array(output)
    other = layer.forward(sequence(5, 3, key="other"))
    other.backward(2.0 * d_output)
    layer(sequence(5, 3, key="other"))
    assert_same(before, every_array(trace, grads))
    np.testing.assert_array_equal(output, y)
    assert_same(before, every_array(trace, trace.backward(d_output)))
    assert set(final) == set(trace.states)


@EVERY_CELL
@EVERY_MERGE
def test_a_trace_keeps_the_parameters_of_its_forward_pass(cell, merge):
    layer, x = layer_of(cell, merge), sequence(5, 3)
    expected = there_and_back(layer, x)
    trace = layer.forward(x)
    layer.load_parameters({n: np.array(a) + 0.25 for n, a in layer.parameters.items()})
    d_output = Stream("d_output").uniform(1.0, *trace.output.shape)
    grads = trace.backward(d_output, d_final=start_for(trace, "d_final"))
    assert_same(expected, every_array(trace, grads))


@EVERY_CELL
@EVERY_MERGE
def test_a_trace_keeps_its_input_and_start(cell, merge):
    layer, x = layer_of(cell, merge), sequence(5, 3)
    start = start_for(layer.forward(x))
    expected = there_and_back(layer, x, start)
    buffer, state = x.copy(), {n: np.array(a) for n, a in start.items()}
    trace = layer.forward(buffer, initial=state)
    buffer += 1.0
    for a in state.values():
        a += 1.0
    d_output = Stream("d_output").uniform(1.0, *trace.output.shape)
    grads = trace.backward(d_output, d_final=start_for(trace, "d_final"))
    assert_same(expected, every_array(trace, grads))


@EVERY_CELL
@EVERY_MERGE
def test_loaded_parameters_are_copies(cell, merge):
    layer, x = layer_of(cell, merge), sequence(5, 3)
    mine = {n: np.array(a) for n, a in layer.parameters.items()}
    layer.load_parameters(mine)
    expected = np.array(layer.forward(x).output)
    for a in mine.values():
        a += 1.0
    np.testing.assert_array_equal(layer.forward(x).output, expected)


@EVERY_CELL
@EVERY_MERGE
def test_writing_into_parameters_takes_effect_or_is_refused(cell, merge):
    layer, x = layer_of(cell, merge), sequence(5, 3)
    layer.forward(x)
    changed = {n: np.array(a) + 0.25 for n, a in layer.parameters.items()}
    try:
        for a in layer.parameters.values():
            a += 0.25
    except ValueError:
        return
    other = layer_of(cell, merge)
    other.load_parameters(changed)
    np.testing.assert_array_equal(layer.forward(x).output, other.forward(x).output)


@EVERY_CELL
@EVERY_MERGE
def test_loaded_parameters_are_cast_to_the_dtype_of_the_layer(cell, merge):
    wide, narrow = layer_of(cell, merge, seed=1), layer_of(cell, merge, dtype="float32", seed=2)
    narrow.load_parameters(wide.parameters)
    for name, a in narrow.parameters.items():
        assert a.dtype == np.float32
        np.testing.assert_array_equal(a, wide.parameters[name].astype(np.float32))


@EVERY_CELL
@EVERY_MERGE
def test_no_initial_state_means_zeros(cell, merge):
    layer, x = layer_of(cell, merge), sequence(5, 3)
    zeros = {n: np.zeros_like(a) for n, a in start_for(layer.forward(x)).items()}
    assert_same(there_and_back(layer, x), there_and_back(layer, x, zeros))
