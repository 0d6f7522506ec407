"""What a study is: a question, the cases that answer it, and the measure that turns a case into rows."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from bench.case import SHAPE, Case
from bench.names import unknown
from bench.rows import Measurement
from bench.run.code import code_version

T = TypeVar("T")
S = TypeVar("S")

Measure = Callable[[Case, int, int], list[Measurement]]
"""(case, block, rounds) to all rows of one item; `rounds` is the number of samples of a timed item."""


@dataclass(frozen=True)
class PerPreset(Generic[T]):
    """A value for each preset: a first look (quick), the committed reference (course), a long night (full).

    A study that leaves one out does not import, and a new preset is a new field here.
    """

    quick: T
    course: T
    full: T

    def __getitem__(self, preset: str) -> T:
        check_preset(preset)
        value: T = getattr(self, preset)
        return value


PRESETS = tuple(field.name for field in fields(PerPreset))


def check_preset(preset: str) -> None:
    """Raise ValueError for a name that is no preset's."""
    if preset not in PRESETS:
        raise ValueError(unknown("preset", preset, PRESETS))


def nothing_lacking() -> str | None:
    """Say that every machine can measure it."""
    return None


def always(value: T) -> PerPreset[T]:
    """Give every preset the same value."""
    return PerPreset(value, value, value)


@dataclass(frozen=True)
class Computed:
    """A measure without a clock: its rows are computed, and are the same for any number of rounds."""

    rows: Callable[[Case, int], list[Measurement]]

    def __call__(self, case: Case, block: int, rounds: int) -> list[Measurement]:
        """Compute the rows of one item."""
        return self.rows(case, block)


@dataclass(frozen=True, kw_only=True)
class Study(Generic[S]):
    """A question with everything that answers it.

    Parameters
    ----------
    name
        Name of the study in the store, in `--study` and in every case.
    question
        What the study answers, as a sentence that ends with a question mark.
    sizes
        What `cases` is given in each preset: how far the axes reach.
    cases
        Every case of the study at these sizes, each once.
    measure
        (case, block, rounds) to the rows of one item.
    timed
        Whether the rows depend on the clock. Timed studies run alone, in shuffled blocks, in the main process; the
        others may run in any process and order, and have one block.
    blocks
        How often the cases are measured.
    rounds
        Samples that a timed measure takes of one item.
    meets
        Fields of a case that rivals have in common: those are measured one after another in each block.
    lacking
        What this machine lacks to have any case, and how to get it; None where it lacks nothing.

    """

    name: str
    question: str
    sizes: PerPreset[S]
    cases: Callable[[S], Sequence[Case]]
    measure: Measure
    timed: bool = False
    blocks: PerPreset[int] = always(1)  # noqa: RUF009  frozen
    rounds: PerPreset[int] = always(1)  # noqa: RUF009  frozen
    meets: tuple[str, ...] = SHAPE
    lacking: Callable[[], str | None] = nothing_lacking

    def __post_init__(self) -> None:
        for preset in PRESETS:
            for name in ("blocks", "rounds"):
                count = getattr(self, name)[preset]
                if count < 1:
                    raise ValueError(f"study {self.name}: {name} of {preset} is {count}; allowed: 1 or more")
        if not self.timed and self.blocks != always(1):
            raise ValueError(f"study {self.name}: {self.blocks} of a study that is not timed; allowed: 1 block")

    def cases_in(self, preset: str) -> list[Case]:
        """List the cases of a preset; ValueError for an unknown preset or a case of another study."""
        cases = list(self.cases(self.sizes[preset]))
        for case in cases:
            if case.study != self.name:
                raise ValueError(f"study {self.name} has a case of study {case.study!r}; allowed: {self.name!r}")
        return cases

    def why_empty(self, preset: str) -> str | None:
        """Say why the study has no case in a preset on this machine; None where it has some."""
        if self.cases_in(preset):
            return None
        others = [name for name in PRESETS if self.cases_in(name)]
        return self.lacking() or f"preset {preset} leaves it out; allowed: {', '.join(others)}"


@dataclass(frozen=True)
class Item:
    """One case in one block: what is measured at once and stored at once."""

    study: Study[Any]
    case: Case
    block: int
    rounds: int

    @functools.cached_property
    def version(self) -> str:
        """The version of the code that measures it."""
        return code_version(self.study.measure, self.case)

    @property
    def key(self) -> tuple[str, int, str]:
        """What the store knows it by, on one machine: case key, block, code version."""
        return self.case.key, self.block, self.version

    def measure(self) -> list[Measurement]:
        """Measure the item: the one call that every front door makes."""
        return self.study.measure(self.case, self.block, self.rounds)
