"""The public face: a layer of recurrent units, its forward trace and its gradients.

Shapes: x (T, B, I), output (T, B, H), or (T, B, 2 H) where two directions are concatenated. A bidirectional
layer's states, gates, initial and final states have a leading axis of two directions, forward first, each in the
order in which that direction runs: index 0 of `states` is its start.

On the GPU everything stays on the device between forward and backward. Who gives NumPy arrays gets NumPy arrays; who
gives arrays in device memory (any with `__cuda_array_interface__`) gets such arrays from `Layer(x)` and `backward`. A
trace is read as NumPy either way, copied when somebody asks.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells import bidirectional as two
from cells.backend import BACKENDS, engine
from cells.initialisers import Initialiser, find_initialiser
from cells.registry import find_cell
from cells.validation import check_array, check_dtype, check_names, check_sharing, check_size, one_of

Array = NDArray[Any]


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

    def __init__(self, names: tuple[str, ...], passes: list[Any], merge: str | None) -> None:
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

    def __init__(self, layer: Layer, runs: list[Any]) -> None:
        self.merge = layer.bidirectional
        self._spec = layer.spec
        self.backend = layer.backend
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
        hidden, dtype, given = self.runs[0].weights.hidden_size, self.runs[0].x.dtype.name, d_output
        shape = (steps, batch, 2 * hidden if self.merge == "concat" else hidden)
        own, names = engine(self.backend), self._spec.states
        d_output = own.check("d_output", d_output, shape, legend, dtype)
        d_finals = _per_direction(own, "d_final", d_final, names, len(self.runs), self.merge, dtype, (batch, hidden))
        parameters: dict[str, Array] = {}
        d_inputs, passes = [], []
        for d, (run, d_each) in enumerate(zip(self.runs, own.split_gradient(d_output, self.merge), strict=True)):
            gradients = own.backward(run, own.in_order(d_each, d), d_finals[d])
            for name, value in gradients.parameters.items():
                parameters[name + two.SUFFIXES[d]] = own.hand_back(value, given)
            passes.append(gradients)
            d_inputs.append(own.in_order(gradients.input, d))
        initial = {
            name: _stack([own.hand_back(each.initial[s], given) for each in passes], self.merge, own)
            for s, name in enumerate(names)
        }
        d_input = own.hand_back(own.total(d_inputs), given)
        return Gradients(parameters, d_input, initial, _States(names, passes, self.merge))


class Layer:
    """One layer of recurrent units with its parameters.

    cell: a name of `cell_names()`. input_size I, hidden_size H: at least 1. dtype: "float32" or "float64"; on the GPU
    also "bfloat16": arrays are float32, operands of products are rounded to bfloat16, their sums are float32.
    backend: "cpu" or "cuda". sharing: on the GPU, who shares the units of a batch row (see `cells.cuda.plan.config`);
    the rule of `cells.cuda.plan.rule` if None.
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
        sharing: str | None = None,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.spec = find_cell(cell)
        self.input_size = check_size("input_size", input_size)
        self.hidden_size = check_size("hidden_size", hidden_size)
        self.backend = one_of("backend", backend, BACKENDS)
        self.dtype = check_dtype(dtype, backend)
        self.sharing = check_sharing(sharing, backend)
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

    @property
    def array_dtype(self) -> str:
        """The dtype of arrays: parameters, inputs, outputs."""
        return "float32" if self.dtype == "bfloat16" else self.dtype

    def to(self, backend: str) -> Layer:
        """The same layer with the same parameters on another backend, or this one if it is there already.

        Raises ValueError for an unknown backend or a dtype it does not have, `CudaUnavailable` without a GPU.
        """
        if one_of("backend", backend, BACKENDS) == self.backend:
            return self
        check_dtype(self.dtype, backend)
        moved = copy.copy(self)
        moved.backend, moved.sharing = backend, None
        moved.load_parameters(self.parameters)  # which asks the engine
        return moved

    def load_parameters(self, mapping: Mapping[str, Any]) -> None:
        """Set every parameter, cast to the layer's dtype. Names, shapes and gate order are PyTorch's.

        Raises ValueError naming missing and unknown names, a wrong shape, or NaN or infinity; nothing is changed.
        """
        check_names("parameters", mapping, [name + suffix for suffix in self._suffixes for name in self._shapes])
        loaded = {}
        for suffix in self._suffixes:
            for name, shape in self._shapes.items():
                legend = "rows columns" if len(shape) == 2 else "rows"
                given = check_array(name + suffix, mapping[name + suffix], shape, legend, self.array_dtype)
                loaded[name + suffix] = given.copy()
        self.parameters: Mapping[str, Array] = MappingProxyType({n: _read_only(a) for n, a in loaded.items()})
        self.directions = [
            engine(self.backend).weights(
                self.spec,
                {name: loaded[name + suffix] for name in self._shapes},
                self.hidden_size,
                self.dtype,
                self.sharing,
            )
            for suffix in self._suffixes
        ]

    def __call__(self, x: Any, initial: Mapping[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Inference: output and final state ({"h": (B, H), ...}), keeping nothing else."""
        own, given = engine(self.backend), x
        x, initials = self._check(x, initial)
        results = [own.infer(weights, own.in_order(x, d), initials[d]) for d, weights in enumerate(self.directions)]
        outputs = [own.in_order(output, d) for d, (output, _) in enumerate(results)]
        final = {
            name: _stack([own.hand_back(states[s], given) for _, states in results], self.bidirectional, own)
            for s, name in enumerate(self.spec.states)
        }
        return own.hand_back(own.merge_outputs(outputs, self.bidirectional), given), final

    def forward(self, x: Any, initial: Mapping[str, Any] | None = None) -> Trace:
        """The same, keeping every gate and state, for inspection and the backward pass."""
        own, given = engine(self.backend), x
        x, initials = self._check(x, initial)
        x = own.keep(x, given)  # a trace must not change when the caller reuses its buffer
        runs = [own.forward(weights, own.in_order(x, d), initials[d]) for d, weights in enumerate(self.directions)]
        return Trace(self, runs)

    def _check(self, x: Any, initial: Mapping[str, Any] | None) -> tuple[Any, list[Any]]:
        own = engine(self.backend)
        x = own.check("x", x, (None, None, self.input_size), "T B I", self.array_dtype)
        given = ("initial", initial, self.spec.states, len(self._suffixes), self.bidirectional, self.array_dtype)
        return x, _per_direction(own, *given, (x.shape[1], self.hidden_size))


def _stack(parts: list[Any], merge: str | None, own: Any = np) -> Any:
    """One direction's array as it is, those of two on a new leading axis; `own` stacks arrays that are not NumPy's."""
    return parts[0] if merge is None else (np if isinstance(parts[0], np.ndarray) else own).stack(parts)


def _read_only(array: Array) -> Array:
    view = array.view()
    view.flags.writeable = False
    return view


def _per_direction(
    own: Any,
    what: str,
    given: Mapping[str, Any] | None,
    names: tuple[str, ...],
    directions: int,
    merge: str | None,
    dtype: str,
    shape: tuple[int, int],
) -> list[Any]:
    """(S, B, H) for each direction from {"h": (B, H) or (2, B, H), ...}, or None for each."""
    if given is None:
        return [None] * directions
    check_names(what, given, names)
    batch, hidden = shape
    full, legend = ((batch, hidden), "B H") if merge is None else ((2, batch, hidden), "directions B H")
    arrays = [own.check(f'{what}["{name}"]', given[name], full, legend, dtype) for name in names]
    if merge is None:
        return [own.stack(arrays)]
    return [own.stack([array[d] for array in arrays]) for d in range(2)]
