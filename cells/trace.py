"""What a forward pass kept, and its backward pass: gates and states to read, gradients of a loss."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.backend import ArrayT, Backend, GradientsT_co, Run, RunGradients, RunT, WeightsT, find_backend
from cells.bidirectional import SUFFIXES, in_order, merge_outputs
from cells.row_norms import norms_of_rows
from cells.spec import CellSpec
from cells.validation import check_names

Array = NDArray[Any]


@dataclass(frozen=True)
class Gradients:
    """Gradients of a loss, under the names and in the shapes of the forward side.

    Attributes
    ----------
    parameters : dict
        dL/d parameter by PyTorch's names, in the shapes of `Layer.parameters`.
    input : (T, B, I) array
        dL/dx.
    initial : dict
        dL/d initial state by name: (B, H), or (2, B, H) for two directions.
    states : mapping
        `states["h"]` ([2,] T + 1, B, H) is the total dL/dh_t at every step, index 0 the initial state; for t >= 1 a
        state counts with all its paths, so dL/dc_t of the LSTM holds the one through h_t = o_t tanh(c_t). NumPy.

    """

    parameters: dict[str, Array]
    input: Array
    initial: dict[str, Array]
    states: Mapping[str, Array]


class _States(Mapping[str, Array]):
    """dL/d s_t by the name of s, put together on first access."""

    def __init__(self, names: tuple[str, ...], gradients: Sequence[RunGradients[Any]], merge: str | None) -> None:
        self._names = names
        self._gradients = gradients
        self._merge = merge
        self._known: dict[str, Array] = {}

    def __getitem__(self, name: str) -> Array:
        if name not in self._known:
            if name not in self._names:
                raise KeyError(name)
            index = self._names.index(name)
            parts = [gradients.state(index) for gradients in self._gradients]
            self._known[name] = stack_directions(parts, self._merge, np.stack)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __getstate__(self) -> dict[str, Any]:
        """Return all of them: a copy holds what is read, and not what kernels wrote it to."""
        return vars(self) | {"_gradients": (), "_known": dict(self)}


class Trace:
    """A forward pass that kept every gate and state, as `Layer.forward` returns it.

    It can be copied, pickled and sent to another process, where `backward` gives the same: bit for bit, where that
    process has as many CPUs of the same kind.

    Attributes
    ----------
    output : (T, B, H) array, or (T, B, 2 H) for concat
        The merged output.
    states, gates, final : mappings by name
        Every state ([2,] T + 1, B, H), index 0 the start; every gate and candidate ([2,] T, B, H); the last state
        ([2,] B, H). Read-only NumPy arrays, on whichever backend the layer ran.
    lengths : (B,) integers or None
        The steps of each row as `Layer.forward` was given them. Past a row's end output, states, gates and every
        gradient are zero; its last state is that at its own last step, also of the reverse direction, which starts
        at the row's end.
    merge : str or None
        How the two directions were merged; None for one direction.
    backend : str
        The name of the backend that ran.
    runs : list
        The pass of each direction as the backend keeps it, `cells.backend.Run`.

    """

    def __init__(self, spec: CellSpec, backend: str, merge: str | None, runs: Sequence[Run[Any]]) -> None:
        self._spec = spec
        self.backend = backend
        self.merge = merge
        self.runs = list(runs)

    def __getstate__(self) -> dict[str, Any]:
        """Return the passes without what is read from them: that is put together anew."""
        return {name: getattr(self, name) for name in ("_spec", "backend", "merge", "runs")}

    def __repr__(self) -> str:
        """Say of what it is a trace."""
        steps, batch, inputs = self.runs[0].x.shape
        hidden, dtype = self.runs[0].weights.hidden_size, self.runs[0].x.dtype.name
        return (
            f"<Trace of cell {self._spec.name!r}: T={steps}, B={batch}, I={inputs}, H={hidden}, dtype={dtype!r}, "
            f"backend={self.backend!r}, bidirectional={self.merge!r}>"
        )

    @property
    def lengths(self) -> Array | None:
        """The steps of each row, (B,); None where all have T."""
        lengths = self.runs[0].lengths
        return None if lengths is None else read_only(lengths)

    @functools.cached_property
    def output(self) -> Array:
        """The output (T, B, H), or (T, B, 2 H) for concat."""
        made = [run.state(0)[1:] for run in self.runs]
        outputs = [in_order(output, d, self.lengths) if d else output for d, output in enumerate(made)]
        return read_only(merge_outputs(outputs, self.merge))

    @functools.cached_property
    def states(self) -> Mapping[str, Array]:
        """Every state by name, ([2,] T + 1, B, H); index 0 is the start."""
        return self._collect({name: [run.state(s) for run in self.runs] for s, name in enumerate(self._spec.states)})

    @functools.cached_property
    def gates(self) -> Mapping[str, Array]:
        """Every gate and candidate by name, ([2,] T, B, H)."""
        return self._collect({gate: [run.slot(gate) for run in self.runs] for gate in self._spec.gates})

    def _collect(self, named: dict[str, list[Array]]) -> Mapping[str, Array]:
        stacked = {name: stack_directions(parts, self.merge, np.stack) for name, parts in named.items()}
        return MappingProxyType({name: read_only(array) for name, array in stacked.items()})

    @property
    def final(self) -> dict[str, Array]:
        """The last state by name, (B, H) or (2, B, H): of each row that at its own last step."""
        lengths = self.lengths
        if lengths is None:
            return {name: states[..., -1, :, :] for name, states in self.states.items()}
        rows = np.arange(len(lengths))
        return {name: read_only(states[..., lengths, rows, :]) for name, states in self.states.items()}

    def backward(self, d_output: Any = None, d_final: Mapping[str, Any] | None = None) -> Gradients:
        """Back-propagate through time over the whole sequence (Werbos 1990).

        The derivatives of gates come from their outputs, which the trace holds.

        Parameters
        ----------
        d_output : array, shaped as `output`, optional
            dL/d output; None where the loss sees the final state alone.
        d_final : mapping, optional
            dL/d final state by name, shaped as `final`; zero if None. One of the two must be given.

        Of a trace with lengths what d_output holds past a row's end is not looked at.

        Returns
        -------
        Gradients
            In device memory where `d_output` was, or without it `d_final`, else NumPy arrays.

        Raises
        ------
        TypeError, ValueError
            For a wrong dtype, name or shape, for NaN or infinity, or where neither is given.

        """
        return _backward(find_backend(self.backend), self._spec, self.merge, self.runs, d_output, d_final)

    def row_norms(self, d_output: Any = None, d_final: Mapping[str, Any] | None = None) -> dict[str, Array]:
        """Return what each row of the batch alone adds to each parameter's gradient, as its L2 (Frobenius) norm.

        One backward pass through time for all rows; then of each row the product that makes its part of the gradient.
        The parts sum up to the gradient of `backward`, their norms do not.

        Parameters and errors are those of `backward`.

        Returns
        -------
        dict
            {"weight_ih_l0": (B,), ...} in float64, by the names of `Layer.parameters`.

        """
        backend = find_backend(self.backend)
        norms: dict[str, Array] = {}
        losses = losses_by_direction(backend, self._spec, self.merge, self.runs, d_output, d_final)
        for d, (run, loss) in enumerate(zip(self.runs, losses, strict=True)):
            found = norms_of_rows(run, backend.slot_gradients(run, *loss))
            norms |= {name + SUFFIXES[d]: values for name, values in found.items()}
        return norms


def _backward(
    backend: Backend[ArrayT, WeightsT, RunT, GradientsT_co],
    spec: CellSpec,
    merge: str | None,
    runs: Sequence[RunT],
    given: object,
    given_final: Mapping[str, Any] | None,
) -> Gradients:
    like = next(iter(given_final.values()), None) if given is None and isinstance(given_final, Mapping) else given
    parameters: dict[str, Array] = {}
    d_inputs: list[ArrayT] = []
    by_direction: list[GradientsT_co] = []
    losses = losses_by_direction(backend, spec, merge, runs, given, given_final)
    for d, (run, (d_output, d_last)) in enumerate(zip(runs, losses, strict=True)):
        gradients = backend.backward(run, d_output, d_last)
        for name, value in gradients.parameters.items():
            parameters[name + SUFFIXES[d]] = backend.hand_back(value, like)
        by_direction.append(gradients)
        d_inputs.append(backend.in_order(gradients.input, d, run.lengths))
    initial: dict[str, Array] = {}
    for s, name in enumerate(spec.states):
        stacked = stack_directions([gradients.initial[s] for gradients in by_direction], merge, backend.stack)
        initial[name] = backend.hand_back(stacked, like)
    d_input = backend.hand_back(backend.total(d_inputs), like)
    return Gradients(parameters, d_input, initial, _States(spec.states, by_direction, merge))


def losses_by_direction(
    backend: Backend[ArrayT, WeightsT, RunT, GradientsT_co],
    spec: CellSpec,
    merge: str | None,
    runs: Sequence[RunT],
    given: object,
    given_final: Mapping[str, Any] | None,
) -> list[tuple[ArrayT | None, ArrayT | None]]:
    """Return dL/d output (T, B, H) in the order of each direction, and dL/d final state (S, B, H), or None for zero."""
    if given is None and given_final is None:
        raise TypeError("d_output and d_final are both None; allowed: dL/d output, dL/d final state by name, or both")
    steps, batch, _ = runs[0].x.shape
    hidden = runs[0].weights.hidden_size
    dtype = runs[0].x.dtype.name
    d_finals = states_by_direction(backend, "d_final", given_final, spec.states, merge, dtype, (batch, hidden))
    if given is None:
        return [(None, d_final) for d_final in d_finals]
    shape, legend = ((steps, batch, 2 * hidden), "T B 2H") if merge == "concat" else ((steps, batch, hidden), "T B H")
    lengths = runs[0].lengths
    parts = backend.split_gradient(backend.check("d_output", given, shape, legend, dtype, lengths), merge)
    in_order = [backend.in_order(part, d, lengths) for d, part in enumerate(parts)]
    return list(zip(in_order, d_finals, strict=True))


def states_by_direction(
    backend: Backend[ArrayT, WeightsT, RunT, GradientsT_co],
    what: str,
    given: Mapping[str, Any] | None,
    names: tuple[str, ...],
    merge: str | None,
    dtype: str,
    sizes: tuple[int, int],
) -> list[ArrayT | None]:
    """Return (S, B, H) for each direction from {"h": (B, H) or (2, B, H), ...}, or None for each; sizes: (B, H)."""
    directions = 1 if merge is None else 2
    if given is None:
        return [None] * directions
    check_names(what, given, names)
    shape, legend = (sizes, "B H") if merge is None else ((2, *sizes), "directions B H")
    arrays: list[Any] = [backend.check(f'{what}["{name}"]', given[name], shape, legend, dtype) for name in names]
    if merge is None:
        return [backend.stack(arrays)]
    return [backend.stack([array[d] for array in arrays]) for d in range(directions)]


def stack_directions(parts: Sequence[ArrayT], merge: str | None, stack: Callable[[Sequence[ArrayT]], ArrayT]) -> ArrayT:
    """Return one direction's array as it is, those of two on a new leading axis; `stack`: how this is done."""
    return parts[0] if merge is None else stack(parts)


def read_only(array: Array) -> Array:
    """Return a view of an array that refuses to be written."""
    view = array.view()
    view.flags.writeable = False
    return view
