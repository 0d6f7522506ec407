"""What a caller gives as an array, as a NumPy array of floating-point numbers, or a refusal.

`numpy.asarray` takes nearly anything, and of some things it silently drops what matters: the mask of a masked array,
also of one in a list. Others it turns into objects or refuses in words of its own: sparse matrices, lists of lists of
unequal length, tensors that are part of a graph or in another memory. Here each is either what it looks like, or an
error that names what was given, what is allowed and how to get there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def as_array(what: str, given: Any) -> Array:
    """Return what was given as an array of whatever elements, sharing memory where it can.

    Raises ValueError for masked entries and for lists of unequal length, TypeError for what is no dense array in the
    memory of the CPU.
    """
    if type(given) is np.ndarray:
        return given
    _refuse_masked(what, given)
    if hasattr(given, "toarray") and not isinstance(given, np.ndarray):
        raise TypeError(f"{what} is a sparse {type(given).__name__}; allowed: a dense array, such as {what}.toarray()")
    try:
        array = np.asarray(given)
    except Exception as error:  # whatever another library's array says of itself
        if isinstance(given, list | tuple) and isinstance(error, ValueError):
            raise ValueError(
                f"{what} is a {type(given).__name__} whose parts are of different lengths; allowed: parts of one "
                "length: give each sequence by itself, or those of one length together"
            ) from error
        raise TypeError(
            f"{what} is a {type(given).__name__} that is no NumPy array and does not become one ({error}); allowed: "
            f"dense arrays in the memory of the CPU, of PyTorch {what}.detach().cpu().numpy()"
        ) from error
    if array.dtype == object and not isinstance(given, np.ndarray | list | tuple) and not hasattr(given, "__array__"):
        raise TypeError(f"{what} is {_named(given)}; allowed: an array of numbers")
    return array


def shape_of(what: str, given: Any) -> tuple[int, ...]:
    """Return the shape of what was given as an array, in the memory of the CPU or of a GPU; errors as `as_array`."""
    on_device = getattr(given, "__cuda_array_interface__", None)
    return tuple(on_device["shape"]) if on_device is not None else as_array(what, given).shape


def as_floats(what: str, given: Any, dtype: str = "float32") -> Array:
    """Return `as_array`, if its elements are floating-point; TypeError, which names `dtype` as an example, if not."""
    array = as_array(what, given)
    if array.dtype.kind != "f":
        how = f", as of {what}.astype({dtype!r})" if array.dtype.kind in "iub" else ""
        raise TypeError(f"{what} has dtype {array.dtype}; allowed: a floating-point dtype, for example {dtype}{how}")
    return array


def _named(given: Any) -> str:
    return repr(given) if given is None else f"of type {type(given).__name__}"


def _refuse_masked(what: str, given: Any) -> None:
    """Raise ValueError for a masked array with a masked entry, also for one inside of lists or tuples."""
    if isinstance(given, np.ma.MaskedArray):
        masked = int(np.ma.getmaskarray(given).sum())
        if masked:
            raise ValueError(
                f"{what} is a masked array with {masked} masked entries, and nothing here skips an entry; allowed: "
                f"arrays without them: fill them, as by {what}.filled(0.0), or cut the sequences to what is there"
            )
    elif isinstance(given, list | tuple):
        for part in given:
            if isinstance(part, np.ma.MaskedArray | list | tuple):
                _refuse_masked(what, part)
