"""The public face: a layer of recurrent units.

Shapes: x (T, B, I), output (T, B, H), or (T, B, 2 H) where two directions are concatenated. A bidirectional
layer's states, gates, initial and final states have a leading axis of two directions, forward first, each in the
order in which that direction runs: index 0 of `states` is its start.

Where the rows of a batch are sequences of several lengths, `lengths` says how many steps of each are its own: every
number is then that of the row alone, and what x holds past a row's end has no influence.

On the GPU everything stays on the device between forward and backward. NumPy arrays are answered with NumPy arrays;
arrays in device memory (any with `__cuda_array_interface__`) with such arrays, by `Layer(x)` and `backward`. A trace is
read as NumPy either way, copied on first access.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.arrays import shape_of
from cells.backend import BACKENDS, SomeBackend, Weights, find_backend
from cells.bidirectional import SUFFIXES
from cells.initialisers import Initialiser, find_initialiser
from cells.keywords import saying_how_it_is_done_here
from cells.registry import find_cell
from cells.trace import Trace, read_only, stack_directions, states_by_direction
from cells.validation import (
    check_array,
    check_dtype,
    check_lengths,
    check_merge,
    check_names,
    check_shape,
    check_sharing,
    check_size,
    one_of,
)

Array = NDArray[Any]


class Layer:
    """One layer of recurrent units with its parameters.

    Parameters
    ----------
    cell
        A name of `cell_names()`.
    input_size, hidden_size
        I and H, each at least 1.
    dtype
        "float32" or "float64"; on the GPU also "bfloat16": arrays are float32, operands of products are rounded to
        bfloat16, their sums are float32.
    backend
        "cpu" or "cuda".
    initialiser
        A name or a value of `cells.initialisers`.
    bidirectional
        None, or how the outputs of two directions are merged: "mean" (the lecture's), "concat" (the default of PyTorch
        and Keras) or "sum".
    sharing
        On the GPU, how the units of a batch row are partitioned: "block", "cluster", "grid" or "launch" (see
        `cells.cuda.plan.config`). None: the cheapest by the rule of `cells.cuda.plan.rule`.
    rng
        The generator that parameters are drawn from; a fresh unseeded one if None.

    Raises
    ------
    ValueError, TypeError
        With the given and the allowed.
    CudaUnavailable
        On backend "cuda" where no kernel can run; says what is missing.

    Notes
    -----
    A layer can be copied, pickled and sent to another process: its settings and parameters travel, on the host, and the
    forms that kernels read are made anew where it arrives. A copy shares no memory with the layer.

    """

    @saying_how_it_is_done_here
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
        self.sharing = check_sharing(sharing)
        self.bidirectional = check_merge(bidirectional)
        if rng is not None and not isinstance(rng, np.random.Generator):
            raise TypeError(f"rng is {type(rng).__name__}; allowed: numpy.random.Generator or None")
        draw = find_initialiser(initialiser)
        generator = np.random.default_rng() if rng is None else rng
        self._shapes = self.spec.parameter_shapes(self.input_size, self.hidden_size)
        self._suffixes = SUFFIXES if bidirectional else SUFFIXES[:1]
        drawn = {
            name + suffix: value
            for suffix in self._suffixes
            for name, value in draw(self.spec, self.input_size, self.hidden_size, generator).items()
        }
        self.load_parameters(drawn)

    @property
    def array_dtype(self) -> str:
        """The dtype of arrays: parameters, inputs, outputs."""
        return find_backend(self.backend).array_dtype(self.dtype)

    def to(self, backend: str) -> Layer:
        """Return the same layer with the same parameters on another backend, or this one if it is there already.

        Raises ValueError for an unknown backend or a dtype it does not have, `CudaUnavailable` without a GPU.
        """
        if one_of("backend", backend, BACKENDS) == self.backend:
            return self
        check_dtype(self.dtype, backend)
        moved = type(self).__new__(type(self))
        moved.__setstate__(self.__getstate__() | {"backend": backend, "sharing": None})
        return moved

    def __getstate__(self) -> dict[str, Any]:
        """Return settings and parameters: all that a copy is made of. Packed forms are the business of each process."""
        state = {name: value for name, value in vars(self).items() if name != "directions"}
        return state | {"parameters": dict(self.parameters)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Become the layer of that state, with parameters of its own; `CudaUnavailable` if a GPU is missing."""
        settings = dict(state)
        parameters = settings.pop("parameters")
        vars(self).update(settings)
        self.load_parameters(parameters)

    def __repr__(self) -> str:
        """Say what the layer is, as the call that makes such a one."""
        settings = {"dtype": self.dtype, "backend": self.backend, "bidirectional": self.bidirectional}
        settings |= {"sharing": self.sharing} if self.sharing else {}
        named = ", ".join(f"{name}={value!r}" for name, value in settings.items())
        return f"Layer({self.spec.name!r}, input_size={self.input_size}, hidden_size={self.hidden_size}, {named})"

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
        self.hold(loaded)

    def hold(self, arrays: Mapping[str, Array]) -> None:
        """Take these arrays themselves as parameters, every one by name, of the right shape and dtype already.

        `parameters` shows what is written into them; after that `forget_packed()` of every direction is due.
        """
        self.parameters: Mapping[str, Array] = MappingProxyType({n: read_only(a) for n, a in arrays.items()})
        self.directions: list[Weights] = [
            find_backend(self.backend).weights(
                self.spec,
                {name: arrays[name + suffix] for name in self._shapes},
                self.hidden_size,
                self.dtype,
                self.sharing,
            )
            for suffix in self._suffixes
        ]

    def __call__(
        self, x: Any, initial: Mapping[str, Any] | None = None, lengths: Any = None
    ) -> tuple[Any, dict[str, Any]]:
        """Run through a sequence and keep nothing but the output: inference.

        Parameters
        ----------
        x : (T, B, I) array
            The input: a NumPy array, or what becomes one as it stands. A masked array must have no masked entry.
        initial : mapping, optional
            The state to start from, {"h": (B, H) or (2, B, H), ...}; zero if None.
        lengths : (B,) integers, optional
            The steps of each row, 1 to T; all have T if None. What x holds past a row's end, be it NaN, is not looked
            at. The reverse direction starts at the row's own end.

        Returns
        -------
        output, final
            (T, B, H) or (T, B, 2 H), and the final state, shaped as `initial`. With lengths the output is zero past a
            row's end, and the final state is that at its own last step.

        Raises
        ------
        TypeError, ValueError
            For a wrong dtype, name or shape, for NaN or infinity, or for a length that is no integer from 1 to T.

        """
        return self._infer(find_backend(self.backend), x, initial, lengths)

    def forward(self, x: Any, initial: Mapping[str, Any] | None = None, lengths: Any = None) -> Trace:
        """Run through a sequence and keep every gate and state, for inspection and the backward pass.

        Parameters and errors are those of a call of the layer. With lengths states and gates are zero past a row's end.
        """
        return self._forward(find_backend(self.backend), x, initial, lengths)

    def _infer(
        self, backend: SomeBackend, given: Any, given_initial: Mapping[str, Any] | None, given_lengths: Any
    ) -> tuple[Any, dict[str, Any]]:
        x, initials, lengths = self._check(backend, given, given_initial, given_lengths)
        results = [
            backend.infer(weights, backend.in_order(x, d, lengths), initials[d], lengths)
            for d, weights in enumerate(self.directions)
        ]
        outputs = [backend.in_order(output, d, lengths) for d, (output, _) in enumerate(results)]
        final: dict[str, Any] = {}
        for s, name in enumerate(self.spec.states):
            parts = [states[s] for _, states in results]
            final[name] = backend.hand_back(stack_directions(parts, self.bidirectional, backend.stack), given)
        return backend.hand_back(backend.merge_outputs(outputs, self.bidirectional), given), final

    def _forward(
        self, backend: SomeBackend, given: Any, given_initial: Mapping[str, Any] | None, given_lengths: Any
    ) -> Trace:
        checked, initials, lengths = self._check(backend, given, given_initial, given_lengths)
        x = backend.keep(checked, given)  # a trace must not change when the caller reuses its buffer
        runs = [
            backend.forward(weights, backend.in_order(x, d, lengths), initials[d], lengths)
            for d, weights in enumerate(self.directions)
        ]
        return Trace(self.spec, self.backend, self.bidirectional, runs)

    def _check(
        self, backend: SomeBackend, given: Any, initial: Mapping[str, Any] | None, given_lengths: Any
    ) -> tuple[Any, list[Any], Array | None]:
        dtype = self.array_dtype
        allowed = (None, None, self.input_size)
        lengths = None
        if given_lengths is not None:
            shape = shape_of("x", given)
            check_shape("x", shape, allowed, "T B I")
            lengths = check_lengths(given_lengths, *shape[:2])
        x = backend.check("x", given, allowed, "T B I", dtype, lengths)
        sizes = (x.shape[1], self.hidden_size)
        initials = states_by_direction(backend, "initial", initial, self.spec.states, self.bidirectional, dtype, sizes)
        return x, initials, lengths
