"""Evaluate sigma and tanh where they are curved and where they saturate."""

from __future__ import annotations

from bench.case import Case, make_case
from bench.measures import activations
from bench.study import Computed, Study, always


def cases(dtypes: tuple[str, ...]) -> list[Case]:
    """List both activations at once, in each dtype."""
    return [
        make_case(study="activations", cell="activation", inputs="-", initialiser="-", dtype=dtype) for dtype in dtypes
    ]


STUDY = Study(
    name="activations",
    question="What do sigma and tanh give, and where do they saturate?",
    sizes=always(("float32", "float64")),
    cases=cases,
    measure=Computed(activations.measure),
)
