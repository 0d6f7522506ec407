"""Whatever a user holds can be copied, pickled and sent to another process, and computes bit for bit the same there."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from cells import Layer, cell_names, gradient_profile, initialisers
from cells.flow.profile import trace_profile
from cells.registry import find_cell
from tests.support.layers import EVERY_CELL, EVERY_DTYPE, assert_same, every_array, layer_of, sequence, there_and_back
from tests.support.problem import Stream

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def by_buffers(value):
    """As joblib and shared memory do it: what arrives lies in read-only memory of somebody else."""
    buffers = []
    data = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    return pickle.loads(data, buffers=[memoryview(bytes(buffer.raw())) for buffer in buffers])


WAYS = {f"pickle {p}": (lambda value, p=p: pickle.loads(pickle.dumps(value, p))) for p in PROTOCOLS}
WAYS |= {"pickle by buffers": by_buffers, "deepcopy": copy.deepcopy, "copy": copy.copy}
EVERY_WAY = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


def backward(trace):
    d_output = Stream("d_output").uniform(1.0, *trace.output.shape).astype(trace.output.dtype)
    return trace.backward(d_output)


@EVERY_CELL
@pytest.mark.parametrize("merge", [None, "concat"])
@EVERY_DTYPE
def test_a_layer_that_was_pickled_computes_the_same(cell, merge, dtype):
    layer = layer_of(cell, merge, dtype=dtype)
    x = sequence(7, 19, dtype=dtype)
    again = pickle.loads(pickle.dumps(layer))
    assert repr(again) == repr(layer)
    assert_same(there_and_back(layer, x), there_and_back(again, x))


@EVERY_WAY
def test_a_copy_of_a_layer_has_memory_of_its_own_and_stays_read_only(way):
    layer = layer_of("lstm", "mean", dtype="float32")
    layer(sequence(3, 2, dtype="float32"))
    again = way(layer)
    before = {name: value.copy() for name, value in layer.parameters.items()}
    for name, value in again.parameters.items():
        np.testing.assert_array_equal(value, before[name])
        assert not value.flags.writeable
        assert value.dtype == np.float32
        assert not np.shares_memory(value, layer.parameters[name])
    with pytest.raises(TypeError):
        again.parameters["more"] = 1
    again.load_parameters({name: np.zeros_like(value) for name, value in before.items()})
    assert_same(before, dict(layer.parameters))


def test_a_pickle_holds_the_parameters_and_not_what_kernels_made_of_them():
    layer = layer_of("lstm", hidden=64)
    before = len(pickle.dumps(layer))
    layer.forward(sequence(5, 3)).backward(np.ones((5, 3, 64)))
    after = len(pickle.dumps(layer))
    assert before == after < sum(value.nbytes for value in layer.parameters.values()) + 2000


@EVERY_CELL
@pytest.mark.parametrize("merge", [None, "concat"])
def test_a_trace_and_gradients_that_were_pickled_are_the_same(cell, merge):
    trace = layer_of(cell, merge).forward(sequence(7, 19))
    gradients = backward(trace)
    again, kept = pickle.loads(pickle.dumps((trace, gradients)))
    assert repr(again) == repr(trace)
    assert_same(every_array(trace, gradients), every_array(again, backward(again)))
    assert_same(every_array(trace, gradients), every_array(trace, kept))
    assert not again.output.flags.writeable
    if merge is None:
        d_last = np.ones((19, 5))
        assert_same(trace_profile(trace, d_last), trace_profile(again, d_last))


@EVERY_WAY
def test_a_trace_goes_every_way(way):
    trace = layer_of("gru", "sum", dtype="float32").forward(sequence(4, 9, dtype="float32"))
    trace.states, trace.gates, trace.output  # noqa: B018 - what was read already travels as well as what was not
    again = way(trace)
    assert_same(every_array(trace, backward(trace)), every_array(again, backward(again)))
    assert_same(every_array(trace, backward(trace)), every_array(trace, way(backward(trace))))


@EVERY_WAY
@pytest.mark.parametrize("cell", cell_names())
def test_a_cell_stays_the_one_of_the_registry(cell, way):
    assert way(find_cell(cell)) is find_cell(cell)


@EVERY_WAY
@pytest.mark.parametrize(
    "initialiser",
    [
        *initialisers.NAMED.values(),
        *(make(3.0) for make in initialisers.WITH_VALUE.values()),
        initialisers.with_write_bias(initialisers.with_keep_bias("keras", 1.0), -1.0),
    ],
    ids=lambda initialiser: initialiser.name,
)
def test_an_initialiser_draws_the_same_afterwards(initialiser, way):
    again = way(initialiser)
    assert again == initialiser
    one, two = (draw(find_cell("lstm"), 3, 5, np.random.default_rng(0)) for draw in (initialiser, again))
    assert_same(one, two)


def profile_in_another_process(layer, trace, d_last):
    return gradient_profile(layer, trace.runs[0].x, d_last), backward(trace), trace, layer


@pytest.mark.slow
def test_a_pool_of_processes_takes_and_returns_layers_traces_and_gradients():
    layer = layer_of("lstm")
    x, d_last = sequence(9, 7), np.ones((7, 5))
    trace = layer.forward(x)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        profile, gradients, again, other = pool.submit(profile_in_another_process, layer, trace, d_last).result()
    assert_same(gradient_profile(layer, x, d_last), profile)
    assert_same(every_array(trace, backward(trace)), every_array(again, gradients))
    np.testing.assert_array_equal(other(x)[0], trace.output)


def test_a_subclass_keeps_what_it_adds():
    layer = Tagged("rnn", 3, 5)
    layer.tag = ["mine"]
    again = copy.deepcopy(layer)
    assert type(again) is Tagged
    assert again.tag == ["mine"]
    assert again.tag is not layer.tag


class Tagged(Layer):
    tag: list
