"""Measure the multiply-add peak of this CPU, the floor of every time."""

from __future__ import annotations

from collections.abc import Sequence

from bench.case import Case, make_case
from bench.measures import step_parts
from bench.studies.axes import all_threads_and_one
from bench.study import Study, always


def peak_of(threads: Sequence[int], dtypes: Sequence[str] = ("float32", "float64")) -> list[Case]:
    """List the peak with each number of threads, in each dtype."""
    return [
        make_case(study="peak", cell="multiply-add", inputs="-", initialiser="-", dtype=dtype, threads=count)
        for count in threads
        for dtype in dtypes
    ]


def cases(dtypes: tuple[str, ...]) -> list[Case]:
    """List the peak with all threads and with one."""
    return peak_of(all_threads_and_one(), dtypes)


STUDY = Study(
    name="peak",
    question="How many multiply-adds can this CPU do?",
    sizes=always(("float32", "float64")),
    cases=cases,
    measure=step_parts.measure_peak,
    timed=True,
    blocks=always(5),
)
