"""The description of a cell that came with rows: checked to be one that figures, tables and theory can be made from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any


def meanings_in(fact: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the cells that an environment describes: name and description.

    Raises
    ------
    ValueError
        Where a description lacks something or says something that cannot be; the message names what is allowed.

    """
    if not isinstance(fact, Mapping):
        raise ValueError(f"cells are described by {fact!r}; allowed: a mapping from names to descriptions")
    for name, meaning in fact.items():
        yield name, _checked(name, meaning)


def _checked(name: str, meaning: object) -> Mapping[str, Any]:
    """Return the description of a cell, or say what is wrong with it."""
    if not isinstance(meaning, Mapping):
        raise ValueError(f"cell {name!r} is described by {meaning!r}; allowed: a mapping with {', '.join(MEANING)}")
    for key, (fits, allowed) in MEANING.items():
        if key not in meaning:
            raise ValueError(f"the description of cell {name!r} lacks {key}; allowed: {allowed}")
        if not fits(meaning[key]):
            raise ValueError(f"the description of cell {name!r}: {key} is {meaning[key]!r}; allowed: {allowed}")
    return meaning


def _is_words(value: object) -> bool:
    return isinstance(value, Sequence) and all(isinstance(word, str) for word in value) and not isinstance(value, str)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_count_or_null(value: object) -> bool:
    return value is None or _is_count(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_name(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_keeps(value: object) -> bool:
    return value is None or (
        isinstance(value, Mapping)
        and isinstance(value.get("gate"), str)
        and isinstance(value.get("state"), str)
        and value.get("when") in ("open", "closed")
    )


MEANING: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "order": (_is_count, "a whole number, 0 or more"),
    "label": (_is_text, "a text"),
    "color_slot": (_is_count, "a whole number, 0 or more"),
    "variant_of": (_is_name, "a cell's name or null"),
    "equation": (
        lambda value: isinstance(value, Sequence) and all(_is_words(line) and len(line) == 2 for line in value),
        "a list of pairs: name and LaTeX",
    ),
    "states": (lambda value: _is_words(value) and len(value) > 0, "a list of names, one at least"),
    "sigmoid_gates": (_is_words, "a list of names"),
    "maps": (_is_count_or_null, "a whole number or null"),
    "recurrent_maps": (_is_count_or_null, "a whole number or null"),
    "candidate_sees_state": (lambda value: isinstance(value, bool), "true or false"),
    "keeps": (_is_keeps, "null, or gate, when (open or closed) and state"),
    "writes": (_is_name, "a gate's name or null"),
    "shows": (_is_name, "a gate's name or null"),
    "resets": (_is_name, "a gate's name or null"),
}
"""What a description of a cell must have: what may stand there, and the same in words."""
