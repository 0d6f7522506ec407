"""The interface between a layer and what computes it, and the backends by name.

A backend is a module of functions: `cells.cpu.engine` or its twin `cells.cuda.engine`. Each says in its last lines that
it is a `Backend`, and the type checker holds it to that. A layer knows the functions, and neither the arrays that pass
between them nor who computes.

The legend of shapes is that of `cells.spec`: T steps, B batch rows, I inputs, H units, S states.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar, cast

from numpy.typing import NDArray

from cells.spec import CellSpec

BACKENDS = ("cpu", "cuda")

HostArray = NDArray[Any]
ArrayT = TypeVar("ArrayT")
"""An array as the backend has it: NumPy's on the CPU, one in device memory on the GPU."""
ArrayT_co = TypeVar("ArrayT_co", covariant=True)


class Weights(Protocol):
    """The parameters of one direction, and the forms of them that a backend's kernels read."""

    @property
    def spec(self) -> CellSpec:
        """Return the cell."""

    @property
    def parameters(self) -> Mapping[str, HostArray]:
        """Return the parameters by PyTorch's names, on the host."""

    @property
    def hidden_size(self) -> int:
        """Return H."""

    def forget_packed(self) -> None:
        """Drop the packed forms, as after an update of the parameters."""


class Run(Protocol[ArrayT_co]):
    """A finished forward pass of one direction that kept every slot and state."""

    @property
    def weights(self) -> Weights:
        """Return the parameters of the direction."""

    @property
    def x(self) -> ArrayT_co:
        """Return the input (T, B, I), in the order in which the direction runs through it."""

    @property
    def lengths(self) -> HostArray | None:
        """Return the steps of each row (B,) int64, on the host; None where all have T."""

    def state(self, index: int) -> HostArray:
        """Return one state at every step, (T + 1, B, H), on the host; index 0 of the first axis is the start.

        Past a row's end it is zero, and so is a slot.
        """

    def slot(self, name: str) -> HostArray:
        """Return one slot at every step, (T, B, H), on the host."""


class _ByState(Protocol[ArrayT_co]):
    def __getitem__(self, index: int, /) -> ArrayT_co: ...


class RunGradients(Protocol[ArrayT_co]):
    """The gradients of one direction."""

    @property
    def parameters(self) -> Mapping[str, ArrayT_co]:
        """Return the gradients of the parameters by name, in their shapes."""

    @property
    def input(self) -> ArrayT_co:
        """Return dL/dx (T, B, I), in the order of the direction."""

    @property
    def initial(self) -> _ByState[ArrayT_co]:
        """Return dL/d initial state (B, H) for the number of a state."""

    def state(self, index: int) -> HostArray:
        """Return the total dL/d s_t of one state at every step, (T + 1, B, H), on the host."""


WeightsT = TypeVar("WeightsT", bound=Weights)
RunT = TypeVar("RunT", bound="Run[Any]")
GradientsT_co = TypeVar("GradientsT_co", bound="RunGradients[Any]", covariant=True)


class Backend(Protocol[ArrayT, WeightsT, RunT, GradientsT_co]):
    """The functions that a layer asks of a backend. Arrays of type ArrayT are the backend's own."""

    def require(self) -> None:
        """Raise a RuntimeError that says what is missing where the backend cannot run."""

    def array_dtype(self, dtype: str) -> str:
        """Return the dtype of the arrays of a layer: its parameters, inputs and outputs."""

    def weights(
        self, spec: CellSpec, parameters: Mapping[str, HostArray], hidden_size: int, dtype: str, sharing: str | None
    ) -> WeightsT:
        """Take the parameters of one direction; ValueError for a sharing that the backend does not have."""

    def check(
        self,
        what: str,
        given: object,
        shape: tuple[int | None, ...],
        legend: str,
        dtype: str,
        lengths: HostArray | None = None,
    ) -> ArrayT:
        """Return what a caller gave as an array of the backend; see `cells.validation.check_array` for what is allowed.

        None in `shape` allows any size of at least 1; `legend` names the axes in messages. With lengths the array is
        (T, B, N): what it holds past a row's end is not looked at, and zero in what is returned.
        """

    def keep(self, array: ArrayT, given: object) -> ArrayT:
        """Return the array, or a copy where it shares memory with what the caller gave."""

    def hand_back(self, array: ArrayT, like: object) -> Any:
        """Return an array to the caller who gave `like`: in device memory if that was, else as NumPy."""

    def stack(self, arrays: Sequence[ArrayT]) -> ArrayT:
        """Stack N arrays (B, H) to (N, B, H)."""

    def total(self, arrays: Sequence[ArrayT]) -> ArrayT:
        """Return the sum of arrays (T, B, I); the first one may be overwritten."""

    def in_order(self, array: ArrayT, direction: int, lengths: HostArray | None = None) -> ArrayT:
        """Return a (T, B, N) array in the order in which the direction runs through it; its own inverse.

        With lengths each row is turned round inside its own.
        """

    def merge_outputs(self, outputs: Sequence[ArrayT], merge: str | None) -> ArrayT:
        """Merge outputs (T, B, H) in the order of time to (T, B, H), or to (T, B, 2 H) for concat."""

    def split_gradient(self, d_output: ArrayT, merge: str | None) -> tuple[ArrayT, ...]:
        """Return dL/d output (T, B, H) of each direction, in the order of time, from dL/d merged output."""

    def infer(
        self, weights: WeightsT, x: ArrayT, initial: ArrayT | None, lengths: HostArray | None = None
    ) -> tuple[ArrayT, ArrayT]:
        """Return output (T, B, H) and final states (S, B, H) for x (T, B, I) and initial states (S, B, H).

        lengths (B,) int64 are the steps of each row: x is finite past its end, the output is zero there, and the final
        state is that at its own last step.
        """

    def forward(self, weights: WeightsT, x: ArrayT, initial: ArrayT | None, lengths: HostArray | None = None) -> RunT:
        """Run through x (T, B, I) from initial states (S, B, H), or zero, and keep every slot and state."""

    def backward(self, run: RunT, d_output: ArrayT | None, d_final: ArrayT | None) -> GradientsT_co:
        """Return the gradients for dL/d output (T, B, H) and dL/d final states (S, B, H), or zero.

        Of a run with lengths d_output is zero past a row's end, and d_final is at the row's own last step.
        """

    def slot_gradients(self, run: RunT, d_output: ArrayT | None, d_final: ArrayT | None) -> HostArray:
        """Return dL/d slots (P, T, B, H) on the host, from which all gradients are made; arguments as of `backward`."""

    def profile(self, run: RunT, d_last: HostArray) -> HostArray:
        """Return log10 of the L2 norm over units of dL/d s_t, (S + 1, T + 1, B) float64, for dL/dh_T = d_last (B, H).

        The last one is the norm of the joint state, where dL/dc_t has no path through h_t. Of a run with lengths T is
        a row's own last step, and -inf stands past it.
        """


SomeBackend: TypeAlias = Backend[Any, Any, Any, Any]
"""A backend of which a layer knows the functions and not the types: these are the business of the backend alone."""


@functools.cache
def find_backend(name: str) -> SomeBackend:
    """Import a backend, "cpu" or "cuda"; `CudaUnavailable` says what is missing where CUDA kernels cannot run."""
    # By name: the sources of kernels are followed through import statements, and the CPU's are not made of CUDA's.
    backend = cast(SomeBackend, importlib.import_module(f"cells.{name}.engine"))
    backend.require()
    return backend
