"""Every gradient is the derivative of the forward pass: by central differences, and by the oracle's complex step."""

from __future__ import annotations

import numpy as np
import pytest

from cells import Layer
from cells.registry import find_cell
from tests.support.layers import EVERY_CELL, EVERY_FORMULA, each_of
from tests.support.oracle import STACK, STATES, Along, derivative, run
from tests.support.problem import MERGES, Problem, Stream, layer_for

DIFFERENCE = 2.0**-17  # cube root of 2**-52: where truncation (step**2) and rounding (eps/step) meet, near 1e-10
RTOL_DIFFERENCES = 1e-6  # relative to the largest gradient; the differences themselves are good to about 1e-9
RTOL_COMPLEX_STEP = 1e-10  # the complex step is exact to rounding, so this is the float64 tolerance of the parity
SAMPLED = 6  # entries per array; the random direction sees all the others
SHAPES = {"one step": (1, 3, 5, 7), "two steps": (2, 1, 1, 1), "sequence": (11, 2, 5, 3), "odd": (4, 17, 33, 2)}


class Setting:
    """A layer, its inputs and a scalar loss, for any cell of the registry: nothing is known but the public names."""

    def __init__(self, cell: str, merge: str | None, shape: tuple[int, int, int, int]):
        self.T, self.B, self.H, inputs = shape
        self.stream = Stream(f"{cell} {merge} {shape}")
        rng = np.random.default_rng(1)
        self.layer = Layer(cell, input_size=inputs, hidden_size=self.H, dtype="float64", bidirectional=merge, rng=rng)
        self.parameters = {n: np.array(a) for n, a in self.layer.parameters.items()}
        self.x = self.stream.uniform(1.0, self.T, self.B, inputs)
        zero = self.layer.forward(self.x)
        self.initial = {n: self.stream.uniform(0.8, *self.start_shape(a)) for n, a in zero.states.items()}
        self.d_output = self.stream.uniform(1.0, *zero.output.shape)
        self.d_final = {n: self.stream.uniform(1.0, *a.shape) for n, a in self.initial.items()}

    def start_shape(self, states: np.ndarray) -> tuple[int, ...]:
        return (*states.shape[:-3], *states.shape[-2:])

    def loss(self) -> float:
        self.layer.load_parameters(self.parameters)
        trace = self.layer.forward(self.x, initial=self.initial)
        last = {n: a[..., -1, :, :] for n, a in trace.states.items()}
        return float(np.sum(self.d_output * trace.output) + sum(np.sum(d * last[n]) for n, d in self.d_final.items()))

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything the loss depends on; changed in place by the differences."""
        starts = {f"initial.{n}": a for n, a in self.initial.items()}
        return {"input": self.x} | starts | self.parameters

    def gradients(self) -> dict[str, np.ndarray]:
        self.layer.load_parameters(self.parameters)
        grads = self.layer.forward(self.x, initial=self.initial).backward(self.d_output, d_final=self.d_final)
        starts = {f"initial.{n}": a for n, a in grads.initial.items()}
        return {n: np.array(a) for n, a in ({"input": grads.input} | starts | dict(grads.parameters)).items()}

    def central_difference(self, array: np.ndarray, along: np.ndarray) -> float:
        kept = array.copy()
        array[...] = kept + DIFFERENCE * along
        above = self.loss()
        array[...] = kept - DIFFERENCE * along
        below = self.loss()
        array[...] = kept
        return (above - below) / (2.0 * DIFFERENCE)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("merge", MERGES)
@EVERY_FORMULA
def test_backward_matches_central_differences(cell, merge, shape):
    setting = Setting(cell, merge, shape)
    gradients = setting.gradients()
    assert set(gradients) == set(setting.arrays())
    for name, array in setting.arrays().items():
        gradient = gradients[name]
        assert gradient.shape == array.shape, name
        largest = np.max(np.abs(gradient))
        for flat in setting.stream.integers(array.size, min(SAMPLED, array.size)):
            unit = np.zeros(array.shape)
            unit.ravel()[flat] = 1.0
            error = abs(setting.central_difference(array, unit) - gradient.ravel()[flat])
            assert error <= RTOL_DIFFERENCES * largest, (name, flat)
        every = np.where(setting.stream.uniform(1.0, *array.shape) < 0.0, -1.0, 1.0) / array.size**0.5
        error = abs(setting.central_difference(array, every) - np.sum(every * gradient))
        assert error <= RTOL_DIFFERENCES * largest * array.size**0.5, name


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("merge", MERGES)
@pytest.mark.parametrize("cell", STACK)
def test_gradients_of_states_are_total_derivatives(cell, merge, shape):
    """dL/dh_t and dL/dc_t is what the loss gains when that state is moved just after it has been computed."""
    seq_len, batch_size, hidden_size, input_size = shape
    problem = Problem(cell, seq_len, batch_size, hidden_size, input_size, merge)
    given, stream = problem.draw(), Stream(problem.label + " states")
    trace = layer_for(problem, given, "float64").forward(given.x, initial=given.start)
    grads = trace.backward(given.d_output, d_final=given.d_final)
    for name in STATES[cell]:
        gradient = grads.states[name]
        assert gradient.shape == trace.states[name].shape
        steps = range(seq_len + 1) if hidden_size < 33 else (0, seq_len)
        for t in steps:
            along = np.zeros(gradient.shape)
            along[..., t, :, :] = stream.uniform(1.0, *along[..., t, :, :].shape)
            loss = (given.parameters, given.x, given.start, merge, given.d_output, given.d_final)
            expected = derivative(cell, *loss, Along(states={name: along}))
            largest = np.max(np.abs(gradient)) * batch_size * hidden_size
            assert abs(np.sum(along * gradient) - expected) <= RTOL_COMPLEX_STEP * largest, (name, t)


@pytest.mark.parametrize("shape", [(2, 40, 260, 130), (2, 5, 513, 1), (200, 1, 8, 2), (2, 150, 24, 300)])
@pytest.mark.parametrize("merge", [None, "concat"])
@each_of(STACK)
def test_layers_beyond_the_grid_agree_with_the_oracle(cell, merge, shape):
    """Sizes at which kernels work in blocks: the whole forward pass, and every gradient along two directions."""
    seq_len, batch_size, hidden_size, input_size = shape
    problem = Problem(cell, seq_len, batch_size, hidden_size, input_size, merge)
    given, stream = problem.draw(), Stream(problem.label + " beyond")
    trace = layer_for(problem, given, "float64").forward(given.x, initial=given.start)
    grads = trace.backward(given.d_output, d_final=given.d_final)
    expected = run(cell, given.parameters, given.x, given.start, merge)
    np.testing.assert_allclose(trace.output, expected.output, rtol=0, atol=RTOL_COMPLEX_STEP)
    arrays = {name: (a, grads.parameters[name]) for name, a in given.parameters.items()}
    arrays |= {"x": (given.x, grads.input), "start": (given.start["h"], grads.initial["h"])}
    loss = (given.parameters, given.x, given.start, merge, given.d_output, given.d_final)
    for name, (array, gradient) in arrays.items():
        for _ in range(2):
            v = stream.uniform(1.0, *array.shape)
            along = {"x": Along(x=v), "start": Along(initial={"h": v})}.get(name, Along(parameters={name: v}))
            scale = np.max(np.abs(gradient)) * array.size**0.5
            assert abs(np.sum(v * gradient) - derivative(cell, *loss, along)) <= RTOL_COMPLEX_STEP * scale, name


@EVERY_CELL
@pytest.mark.parametrize("merge", MERGES)
def test_gradient_of_the_start_is_that_of_state_zero(cell, merge):
    setting = Setting(cell, merge, (5, 3, 5, 2))
    trace = setting.layer.forward(setting.x, initial=setting.initial)
    grads = trace.backward(setting.d_output, d_final=setting.d_final)
    for name, gradient in grads.initial.items():
        np.testing.assert_array_equal(gradient, grads.states[name][..., 0, :, :])


@EVERY_CELL
def test_gradient_of_an_output_is_that_of_the_start_of_what_follows(cell):
    setting, output = Setting(cell, None, (5, 3, 5, 2)), find_cell(cell).states[0]
    trace = setting.layer.forward(setting.x, initial=setting.initial)
    states = {name: np.array(values) for name, values in trace.states.items()}
    whole = np.array(trace.backward(setting.d_output, d_final=setting.d_final).states[output])
    for t in range(1, setting.T):
        rest = setting.layer.forward(setting.x[t:], initial={name: values[t] for name, values in states.items()})
        start = rest.backward(setting.d_output[t:], d_final=setting.d_final).initial[output]
        np.testing.assert_allclose(setting.d_output[t - 1] + start, whole[t], rtol=0, atol=1e-13)


@EVERY_CELL
@pytest.mark.parametrize("merge", MERGES)
def test_no_gradient_for_the_final_state_means_zeros(cell, merge):
    setting = Setting(cell, merge, (5, 3, 5, 2))
    trace = setting.layer.forward(setting.x)
    without = trace.backward(setting.d_output)
    zeros = trace.backward(setting.d_output, d_final={n: np.zeros_like(a) for n, a in setting.d_final.items()})
    for name, gradient in without.parameters.items():
        np.testing.assert_array_equal(gradient, zeros.parameters[name])
    np.testing.assert_array_equal(without.input, zeros.input)


@EVERY_CELL
@pytest.mark.parametrize("merge", MERGES)
def test_no_gradient_for_the_output_means_zeros(cell, merge):
    setting = Setting(cell, merge, (5, 3, 5, 2))
    trace = setting.layer.forward(setting.x)
    without = trace.backward(d_final=setting.d_final)
    zeros = trace.backward(np.zeros_like(setting.d_output), setting.d_final)
    for name, gradient in without.parameters.items():
        np.testing.assert_array_equal(gradient, zeros.parameters[name])
    np.testing.assert_array_equal(without.input, zeros.input)
    with pytest.raises(TypeError, match="both None; allowed: dL/d output, dL/d final state"):
        trace.backward()


@EVERY_CELL
@pytest.mark.parametrize("merge", MERGES)
def test_backward_is_linear_in_what_it_is_given(cell, merge):
    setting = Setting(cell, merge, (5, 3, 5, 2))
    trace = setting.layer.forward(setting.x, initial=setting.initial)
    other = setting.stream.uniform(1.0, *setting.d_output.shape)
    one, two = trace.backward(setting.d_output), trace.backward(other)
    both = trace.backward(2.0 * setting.d_output - other)
    for name, gradient in both.parameters.items():
        expected = 2.0 * one.parameters[name] - two.parameters[name]
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-13 * max(1.0, np.max(np.abs(expected))))
    np.testing.assert_allclose(both.input, 2.0 * one.input - two.input, rtol=0, atol=1e-13)
