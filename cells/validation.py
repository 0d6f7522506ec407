"""The input that is allowed. Every message names what was given and what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.arrays import as_array, as_floats
from cells.bidirectional import MERGES, cut
from cells.unknown import unknown

DTYPES = ("float32", "float64")
CUDA_DTYPES = (*DTYPES, "bfloat16")
SHARINGS = ("block", "cluster", "grid", "launch")
Array = NDArray[Any]
_NUMPY = {name: np.dtype(name) for name in DTYPES}


def one_of(what: str, given: Any, known: Iterable[Any]) -> Any:
    """Return `given` if it is among `known`, else raise ValueError."""
    known = tuple(known)
    if not isinstance(given, str | None) or given not in known:
        raise ValueError(unknown(what, given, known))
    return given


def check_size(what: str, given: Any) -> int:
    """Return a size as int: an integer of at least 1."""
    if isinstance(given, bool) or not isinstance(given, Integral):
        raise TypeError(f"{what} is {given!r} of type {type(given).__name__}; allowed: an integer of at least 1")
    if given < 1:
        raise ValueError(f"{what} is {given}; allowed: an integer of at least 1")
    return int(given)


def check_dtype(given: Any, backend: str = "cpu") -> str:
    """Return the name of a dtype that the backend has, from its name or from a NumPy dtype or scalar type."""
    known = CUDA_DTYPES if backend == "cuda" else DTYPES
    try:
        name = given if given in ("bfloat16",) else "" if given is None else str(np.dtype(given).name)
    except TypeError:
        name = ""
    if not name:
        raise ValueError(unknown("dtype", given, known))
    if name not in known:
        hint = ' (bfloat16: backend "cuda" only)' if name == "bfloat16" else ""
        raise ValueError(f"no kernels of dtype {given!r}; known: {', '.join(known)}{hint}")
    return name


def check_merge(given: Any) -> str | None:
    """Return how two directions are merged, or None for one direction; True and False say nothing of it."""
    if isinstance(given, bool):
        how = "True of PyTorch and Keras is 'concat', the lecture's is 'mean'" if given else "one direction is None"
        raise ValueError(f"bidirectional is {given}; known: {', '.join(map(str, (None, *MERGES)))}; {how}")
    name: str | None = one_of("merge", given, (None, *MERGES))
    return name


def check_sharing(given: Any) -> str | None:
    """Return the name of a partition of a row's units (see `cells.cuda.plan.config`), or None for the rule's choice."""
    name: str | None = one_of("sharing", given, (None, *SHARINGS))
    return name


def check_shape(what: str, given: tuple[int, ...], shape: tuple[int | None, ...], legend: str) -> None:
    """Raise ValueError unless a shape is the allowed one; None in `shape` allows any size of at least 1."""
    fits = len(given) == len(shape) and 0 not in given
    for size, wanted in zip(given, shape, strict=False):
        fits = fits and (wanted is None or size == wanted)
    if not fits:
        allowed = ", ".join(
            f"{name} >= 1" if wanted is None else f"{name} = {wanted}"
            for name, wanted in zip(legend.split(), shape, strict=True)
        )
        raise ValueError(f"{what} has shape {given}; allowed: ({allowed})")


def all_finite(array: Array) -> bool:
    """Say whether an array holds neither NaN nor infinity."""
    return bool(np.isfinite(array).all())


def check_array(
    what: str,
    given: Any,
    shape: tuple[int | None, ...],
    legend: str,
    dtype: str,
    is_finite: Callable[[Array], bool] = all_finite,
    lengths: Array | None = None,
) -> Array:
    """Return `given` as a C-contiguous array of `dtype`; None in `shape` allows any size of at least 1.

    `is_finite` looks for NaN and infinity; a backend may have a faster way than NumPy's. lengths (B,): what stands past
    the end of a row of (T, B, ...) is not looked at, whatever it is, and zero in what is returned.

    Raises TypeError unless the elements are floating-point (and the rest of `cells.arrays.as_array`), ValueError for
    masked entries, for another rank or shape, or for NaN or infinity (also one that only appears by rounding to
    `dtype`).
    """
    array = as_floats(what, given, dtype)
    check_shape(what, array.shape, shape, legend)
    if lengths is not None:
        array = cut(array, lengths)
    if array.dtype != _NUMPY[dtype]:
        with np.errstate(over="ignore"):  # the check below names what overflows
            array = array.astype(dtype)
    if not array.flags.carray:  # of another kind: kernels would be compiled anew for it
        array = np.require(array, requirements=("C", "A", "W"))
    if not is_finite(array):
        _refuse(what, array)
    return array


def check_lengths(given: Any, steps: int, batch: int) -> NDArray[np.int64]:
    """Return a copy of the numbers of steps of each row: integers (B,) from 1 to T.

    Raises TypeError for other types (floats and bools among them), ValueError for a wrong shape or number.
    """
    allowed = f"integers from 1 to T = {steps}, one for each of the B = {batch} rows"
    array = as_array("lengths", given)
    if array.dtype.kind not in "iu":
        raise TypeError(f"lengths has dtype {array.dtype}; allowed: {allowed}")
    if array.shape != (batch,):
        raise ValueError(f"lengths has shape {array.shape}; allowed: {allowed}")
    bad = np.flatnonzero((array < 1) | (array > steps))
    if bad.size:
        raise ValueError(f"lengths holds {array[bad[0]]} at [{bad[0]}] ({bad.size} such values); allowed: {allowed}")
    return array.astype(np.int64)


def _refuse(what: str, array: Array) -> None:
    """Raise ValueError with the first number that is not finite."""
    bad = ~np.isfinite(array)
    place = tuple(int(i) for i in np.argwhere(bad)[0])
    raise ValueError(
        f"{what} holds {array[place]} at {list(place)} ({int(bad.sum())} such values); allowed: finite numbers"
    )


def check_names(what: str, given: Mapping[str, Any], allowed: Iterable[str]) -> None:
    """Raise ValueError that says which names are missing and which are unknown."""
    allowed = tuple(allowed)
    if not isinstance(given, Mapping):
        raise TypeError(f"{what} is {type(given).__name__}; allowed: a mapping with the names {', '.join(allowed)}")
    missing = [name for name in allowed if name not in given]
    unknown = [str(name) for name in given if name not in allowed]
    if missing or unknown:
        parts = [f"missing {', '.join(missing)}"] * bool(missing) + [f"unknown {', '.join(unknown)}"] * bool(unknown)
        raise ValueError(f"{what}: {'; '.join(parts)}; allowed: {', '.join(allowed)}")
