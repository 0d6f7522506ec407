"""What a golden file keeps of an array: all of it if small, else some entries and signed sums that see every entry.

A file per cell holds one float64 vector per problem: the digests of its answer's arrays, groups in
the order of GROUPS and names sorted. The inputs are not stored: `Problem.draw` makes them again from the sizes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.problem import GROUPS, Answer, Problem, Stream, largest_values, yardsticks

CELLS = ("rnn", "lstm", "gru", "gru-reset-before")
"""Those with a file. Variants of the LSTM have none: they are special cases of it, and compared with it as such."""
FOLDER = Path(__file__).parent
KEPT = 48  # entries, and as many sums
WHOLE = 2 * KEPT


def digest(a: np.ndarray, key: str) -> np.ndarray:
    """Of shape (n,) with n = min(a.size, WHOLE): the entries, or KEPT of them and then KEPT signed sums.

    Sum number j is over the entries j, j + KEPT, j + 2 KEPT ... with signs drawn from `key`: one wrong entry, or two
    that are swapped, changes it.
    """
    flat = np.asarray(a, dtype=np.float64).ravel()
    if flat.size <= WHOLE:
        return flat
    stream = Stream(key)
    kept = flat[stream.integers(flat.size, KEPT)]
    signed = np.zeros(-(-flat.size // KEPT) * KEPT)
    signed[: flat.size] = flat * np.where(stream.uniform(1.0, flat.size) < 0.0, -1.0, 1.0)
    return np.concatenate([kept, signed.reshape(-1, KEPT).sum(axis=0)])


def widths(size: int) -> np.ndarray:
    """Of shape (n,): by how much rounding may grow in each number of a digest: 1, or the root of a sum's length."""
    if size <= WHOLE:
        return np.ones(size)
    return np.concatenate([np.ones(KEPT), np.full(KEPT, (size / KEPT) ** 0.5)])


def _groups(answer: Answer) -> list[tuple[str, dict[str, np.ndarray]]]:
    """Groups in the order of the file; a group of a cell that has none (an RNN's gates) is empty."""
    return [(group, dict(sorted(answer[group].items()))) for group in GROUPS if group in answer]


def pack(answer: Answer) -> np.ndarray:
    """One vector for an answer: the largest value of each of GROUPS, then the digests."""
    largest = largest_values(answer)
    heads = [largest[group] for group in GROUPS]
    parts = [digest(a, f"{group}.{name}") for group, arrays in _groups(answer) for name, a in arrays.items()]
    return np.concatenate([heads, *parts])


def packed_errors(actual: Answer, stored: np.ndarray, dtype: str = "float64") -> dict[str, float]:
    """Error of each group of an answer against a stored vector, relative to its yardstick.

    An error of a signed sum is divided by the root of its length, as rounding errors add up that way. An answer may
    stop early: only the groups that it has are compared, and these must be the first of GROUPS.
    """
    groups = _groups(actual)
    if [group for group, _ in groups] != list(GROUPS[: len(groups)]):
        raise AssertionError(f"answer has groups {[group for group, _ in groups]}; expected the first of {GROUPS}")
    scale = yardsticks(dict(zip(GROUPS, map(float, stored), strict=False)), dtype)
    errors, at = {}, len(GROUPS)
    for group, arrays in groups:
        worst = 0.0
        for name, a in arrays.items():
            mine = digest(a, f"{group}.{name}")
            expected = stored[at : at + mine.size]
            if expected.size != mine.size or not np.all(np.isfinite(a)):
                return errors | {group: float("inf")}
            worst = max(worst, float(np.max(np.abs(mine - expected) / widths(a.size))))
            at += mine.size
        if arrays:
            errors[group] = worst / scale[group]
    if len(groups) == len(GROUPS) and at != stored.size:
        raise AssertionError(f"answer has {at} numbers to compare; the golden file has {stored.size}")
    return errors


def load(problem: Problem) -> np.ndarray:
    """The stored vector of a problem."""
    with np.load(FOLDER / f"{problem.cell}.npz") as file:
        return file[problem.label]
