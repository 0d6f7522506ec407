"""What is said of a name that nobody knows: which are known, and which of them was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

ELSEWHERE = {
    "gpu": "cuda",
    "ave": "mean",
    "avg": "mean",
    "average": "mean",
    "add": "sum",
    "cat": "concat",
    "elman": "rnn",
    "simplernn": "rnn",
    "simple-rnn": "rnn",
    "default": "torch",
    "pytorch": "torch",
    "glorot": "keras",
    "xavier": "keras",
}
"""Names that other libraries have for what is meant here, and that do not look like it."""


def unknown(what: str, given: Any, known: Iterable[Any], more: str = "") -> str:
    """Return the message: the given, the known (and `more`), and the known name that is nearest to it, if one is."""
    names = [str(name) for name in known]
    near = nearest(given, names)
    hint = "" if near is None else f"; did you mean {near!r}?"
    return f"unknown {what} {given!r}; known: {', '.join(names)}{more}{hint}"


def nearest(given: Any, known: Iterable[str]) -> str | None:
    """Return the known name that was probably meant, whatever its case; None where none is near."""
    if not isinstance(given, str):
        return None
    by_lower = {name.lower().replace("_", "-"): name for name in known}
    word = given.lower().replace("_", "-").replace(" ", "-")
    elsewhere = ELSEWHERE.get(word)
    if elsewhere in by_lower:
        return by_lower[elsewhere]
    near = difflib.get_close_matches(word, list(by_lower), n=1)
    return by_lower[near[0]] if near else None
