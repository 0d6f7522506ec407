"""What a network is to answer, how much each answer counts and how long each row is: checks, and what errors say."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cells.arrays import as_array
from cells.cpu import engine
from cells.cpu.kernels.losses import BAD_LABEL, BAD_WEIGHT, NO_WEIGHT, Wanted
from cells.validation import check_lengths, check_shape

LOSSES = ("cross-entropy", "squared-error")
READS = ("last", "every")
NO_LABELS = np.empty(0, np.int64)
NO_WEIGHTS = np.empty(0)
_NO_VALUES = {name: np.empty((0, 1), name) for name in ("float32", "float64")}


def check_wanted(
    loss: str, targets: Any, weights: Any, shape: tuple[int, ...], legend: str, outputs: int, dtype: str
) -> Wanted:
    """Return targets and weights as kernels read them; the values of labels and weights are checked there.

    shape: (B,) or (T, B), as `legend` names it.
    """
    if loss == "cross-entropy":
        labels, values = check_labels(targets, shape, legend).reshape(-1), _NO_VALUES[dtype]
    else:
        checked = engine.check("targets", targets, (*shape, outputs), f"{legend} O", dtype)
        labels, values = NO_LABELS, checked.reshape(-1, outputs)
    return Wanted(labels, values, check_weights(weights, shape, legend))


def check_labels(given: Any, shape: tuple[int, ...], legend: str) -> NDArray[np.int64]:
    """Return labels as int64, not yet looked at; TypeError unless they are integers, ValueError for another shape."""
    labels = as_array("targets", given)
    if labels.dtype.kind not in "iu":
        raise TypeError(
            f"targets have dtype {labels.dtype} with the loss 'cross-entropy'; allowed: integers, the number of each "
            "right class from 0; or loss='squared-error'"
        )
    check_shape("targets", labels.shape, shape, legend)
    return np.ascontiguousarray(labels, np.int64)


def check_weights(given: Any, shape: tuple[int, ...], legend: str) -> NDArray[np.float64]:
    """Return weights as float64, flat and not yet looked at, none for None; TypeError or ValueError as for labels."""
    if given is None:
        return NO_WEIGHTS
    weights = as_array("weights", given)
    if weights.dtype.kind not in "fiub":
        raise TypeError(f"weights have dtype {weights.dtype}; allowed: numbers of at least 0, or None")
    check_shape("weights", weights.shape, shape, legend)
    flat = np.ascontiguousarray(weights, np.float64).reshape(-1)
    with np.errstate(over="ignore", invalid="ignore"):
        total = flat.sum()
    if np.isinf(total) and np.isfinite(flat).all():
        raise ValueError(f"weights have an infinite sum; allowed: a sum of at most {np.finfo(np.float64).max:.1e}")
    return flat


def own_lengths(given: Any, steps: int, batch: int) -> NDArray[np.int64] | None:
    """Return `check_lengths` of what is given, or None where every row has all T steps."""
    if given is None:
        return None
    lengths = check_lengths(given, steps, batch)
    return None if (lengths == steps).all() else lengths


def refuse(found: int, wanted: Wanted, given: NDArray[np.bool_], classes: int) -> None:
    """Raise ValueError for what a kernel found; given: (R,), which reads are real steps of their rows."""
    if found == BAD_LABEL:
        labels = wanted.labels[given & ((wanted.labels < 0) | (wanted.labels >= classes))]
        raise ValueError(f"targets hold the label {labels[0]}; allowed: integers from 0 to {classes - 1}")
    if found == BAD_WEIGHT:
        wrong = wanted.weights[given & ~((wanted.weights >= 0) & np.isfinite(wanted.weights))]
        raise ValueError(f"weights hold {wrong[0]}; allowed: finite numbers of at least 0")
    if found == NO_WEIGHT:
        raise ValueError("weights are 0 at every real step; allowed: at least one above 0")
