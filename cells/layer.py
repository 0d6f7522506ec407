"""The public face: a layer of recurrent units, its forward trace and its gradients.

Shapes: x (T, B, I), output (T, B, H), or (T, B, 2 H) where two directions are concatenated. A bidirectional
layer's states, gates, initial and final states have a leading axis of two directions, forward first, each in the
order in which that direction runs: index 0 of `states` is its start.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells import bidirectional as two
from cells.cpu import run as cpu
from cells.cpu.weights import Weights
from cells.initialisers import Initialiser, find_initialiser
from cells.registry import find_cell
from cells.validation import check_array, check_dtype, check_names, check_size, one_of

Array = NDArray[Any]
BACKENDS = ("cpu",)


@dataclass(frozen=True)
class Gradients:
    """Gradients of a loss, under the names and in the shapes of the forward side.

    `states["h"]` (T + 1, B, H) is the total dL/dh_t at every step, index 0 the initial state; for t >= 1 a state
    counts with all its paths, so dL/dc_t of the LSTM holds the one through h_t = o_t tanh(c_t).
    """

    parameters: dict[str, Array]
    input: Array
    initial: dict[str, Array]
    states: Mapping[str, Array]


class _States(Mapping[str, Array]):
    """dL/d s_t by the name of s, put together when somebody asks."""

    def __init__(self, names: tuple[str, ...], passes: list[cpu.RunGradients], merge: str | None) -> None:
        self._names, self._passes, self._merge = names, passes, merge
        self._found: dict[str, Array] = {}

    def __getitem__(self, name: str) -> Array:
        if name not in self._found:
            if name not in self._names:
                raise KeyError(name)
            index = self._names.index(name)
            self._found[name] = _stack([each.state(index) for each in self._passes], self._merge)
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Trace:
    """A forward pass that kept every gate and state; views of it are read-only."""

    def __init__(self, layer: Layer, runs: list[cpu.Run]) -> None:
        self.merge = layer.bidirectional
        self._spec = layer.spec
        self.runs = runs

    @functools.cached_property
    def output(self) -> Array:
        """(T, B, H), or (T, B, 2 H) for concat."""
        outputs = [two.in_order(run.state(0)[1:], d) if d else run.state(0)[1:] for d, run in enumerate(self.runs)]
        return _read_only(two.merge_outputs(outputs, self.merge))

    @functools.cached_property
    def states(self) -> Mapping[str, Array]:
        """Every state: ([2,] T + 1, B, H), index 0 the start."""
        return self._collect({name: [run.state(s) for run in self.runs] for s, name in enumerate(self._spec.states)})

    @functools.cached_property
    def gates(self) -> Mapping[str, Array]:
        """Every gate and candidate: ([2,] T, B, H)."""
        return self._collect({gate: [run.slot(gate) for run in self.runs] for gate in self._spec.gates})

    def _collect(self, named: dict[str, list[Array]]) -> Mapping[str, Array]:
        return MappingProxyType({name: _read_only(_stack(parts, self.merge)) for name, parts in named.items()})

    @property
    def final(self) -> dict[str, Array]:
        """The last state: (B, H), or (2, B, H)."""
        return {name: states[..., -1, :, :] for name, states in self.states.items()}

    def backward(self, d_output: Any, d_final: Mapping[str, Any] | None = None) -> Gradients:
        """Back-propagate dL/d output, shaped as `output`, and dL/d final state, shaped as `final`.

        Back-propagation through time over the whole sequence (Werbos 1990); gates' derivatives come from their
        outputs. Raises TypeError or ValueError for a wrong dtype, name or shape, or for NaN or infinity.
        """
        legend, (steps, batch, _) = "T B 2H" if self.merge == "concat" else "T B H", self.runs[0].x.shape
        hidden, dtype = self.runs[0].groups.hidden, self.runs[0].x.dtype.name
        shape = (steps, batch, 2 * hidden if self.merge == "concat" else hidden)
        d_output = check_array("d_output", d_output, shape, legend, dtype)
        d_finals = _per_direction("d_final", d_final, self._spec.states, self.runs, self.merge, dtype, (batch, hidden))
        parameters: dict[str, Array] = {}
        d_inputs, passes = [], []
        for d, (run, d_each) in enumerate(zip(self.runs, two.split_gradient(d_output, self.merge), strict=True)):
            gradients = cpu.backward(run, two.in_order(d_each, d), d_finals[d])
            parameters.update({name + two.SUFFIXES[d]: value for name, value in gradients.parameters.items()})
            passes.append(gradients)
            d_inputs.append(two.in_order(gradients.input, d))
        names = self._spec.states
        initial = {name: _stack([each.initial[s] for each in passes], self.merge) for s, name in enumerate(names)}
        return Gradients(parameters, sum(d_inputs[1:], d_inputs[0]), initial, _States(names, passes, self.merge))


class Layer:
    """One layer of recurrent units with its parameters.

    cell: a name of `cell_names()`. input_size I, hidden_size H: at least 1. dtype: "float32" or "float64".
    initialiser: a name or a value of `cells.initialisers`. bidirectional: None, or how the outputs of two
    directions are merged: "mean" (the lecture's), "concat" (PyTorch's and Keras' default) or "sum".
    rng: the generator that parameters are drawn from; a fresh unseeded one if None.

    Raises ValueError or TypeError that names the given and the allowed.
    """

    def __init__(
        self,
        cell: str,
        input_size: int,
        hidden_size: int,
        *,
        dtype: Any = "float32",
        backend: str = "cpu",
        initialiser: str | Initialiser = "torch",
        bidirectional: str | None = None,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.spec = find_cell(cell)
        self.input_size = check_size("input_size", input_size)
        self.hidden_size = check_size("hidden_size", hidden_size)
        self.dtype = check_dtype(dtype)
        self.backend = one_of("backend", backend, BACKENDS)
        self.bidirectional = one_of("merge", bidirectional, (None, *two.MERGES))
        if rng is not None and not isinstance(rng, np.random.Generator):
            raise TypeError(f"rng is {type(rng).__name__}; allowed: numpy.random.Generator or None")
        draw = find_initialiser(initialiser)
        generator = np.random.default_rng() if rng is None else rng
        self._shapes = self.spec.parameter_shapes(self.input_size, self.hidden_size)
        self._suffixes = two.SUFFIXES if bidirectional else two.SUFFIXES[:1]
        drawn = {
            name + suffix: value
            for suffix in self._suffixes
            for name, value in draw(self.spec, self.input_size, self.hidden_size, generator).items()
        }
        self.load_parameters(drawn)

    def load_parameters(self, mapping: Mapping[str, Any]) -> None:
        """Set every parameter, cast to the layer's dtype. Names, shapes and gate order are PyTorch's.

        Raises ValueError naming missing and unknown names, a wrong shape, or NaN or infinity; nothing is changed.
        """
        check_names("parameters", mapping, [name + suffix for suffix in self._suffixes for name in self._shapes])
        loaded = {}
        for suffix in self._suffixes:
            for name, shape in self._shapes.items():
                legend = "rows columns" if len(shape) == 2 else "rows"
                given = check_array(name + suffix, mapping[name + suffix], shape, legend, self.dtype)
                loaded[name + suffix] = given.copy()
        self.parameters: Mapping[str, Array] = MappingProxyType({n: _read_only(a) for n, a in loaded.items()})
        self.directions = [
            Weights(self.spec, {name: loaded[name + suffix] for name in self._shapes}, self.hidden_size)
            for suffix in self._suffixes
        ]

    def __call__(self, x: Any, initial: Mapping[str, Any] | None = None) -> tuple[Array, dict[str, Array]]:
        """Inference: output and final state ({"h": (B, H), ...}), keeping nothing else."""
        x, initials = self._check(x, initial)
        results = [cpu.infer(self.directions[d], two.in_order(x, d), initials[d]) for d in range(len(self._suffixes))]
        outputs = [two.in_order(output, d) for d, (output, _) in enumerate(results)]
        final = {
            name: _stack([states[s] for _, states in results], self.bidirectional)
            for s, name in enumerate(self.spec.states)
        }
        return two.merge_outputs(outputs, self.bidirectional), final

    def forward(self, x: Any, initial: Mapping[str, Any] | None = None) -> Trace:
        """The same, keeping every gate and state, for inspection and the backward pass."""
        given = x
        x, initials = self._check(x, initial)
        if np.may_share_memory(x, given):
            x = x.copy()  # a trace must not change when the caller reuses its buffer
        runs = [cpu.forward(self.directions[d], two.in_order(x, d), initials[d]) for d in range(len(self._suffixes))]
        return Trace(self, runs)

    def _check(self, x: Any, initial: Mapping[str, Any] | None) -> tuple[Array, list[Array | None]]:
        x = check_array("x", x, (None, None, self.input_size), "T B I", self.dtype)
        directions = [None] * len(self._suffixes)
        shape = (x.shape[1], self.hidden_size)
        return x, _per_direction(
            "initial", initial, self.spec.states, directions, self.bidirectional, self.dtype, shape
        )


def _stack(parts: list[Array], merge: str | None) -> Array:
    return parts[0] if merge is None else np.stack(parts)


def _read_only(array: Array) -> Array:
    view = array.view()
    view.flags.writeable = False
    return view


def _per_direction(
    what: str,
    given: Mapping[str, Any] | None,
    names: tuple[str, ...],
    directions: list[Any],
    merge: str | None,
    dtype: str,
    shape: tuple[int, int],
) -> list[Array | None]:
    """(S, B, H) for each direction from {"h": (B, H) or (2, B, H), ...}, or None for each."""
    if given is None:
        return [None] * len(directions)
    check_names(what, given, names)
    batch, hidden = shape
    full, legend = ((batch, hidden), "B H") if merge is None else ((2, batch, hidden), "directions B H")
    arrays = [check_array(f'{what}["{name}"]', given[name], full, legend, dtype) for name in names]
    if merge is None:
        return [np.stack(arrays)]
    return [np.stack([array[d] for array in arrays]) for d in range(2)]
