"""The page as data: sections of blocks that name what stands there by id, and hold no prose and no HTML."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Prose:
    """The paragraphs `chapters.<chapter>.<part>` of the catalogue."""

    chapter: str
    part: str


@dataclass(frozen=True)
class Verdicts:
    """The lecture's claims as cards, with the tally, the filter and the order."""


@dataclass(frozen=True)
class FigureBlock:
    """A figure with caption, data, provenance, downloads and citations; a note where it was not measured."""

    figure_id: str


@dataclass(frozen=True)
class TableBlock:
    """A small table of the analysis; nothing where the analysis has none of this id."""

    table_id: str


@dataclass(frozen=True)
class Equations:
    """The equations of every cell that the rows describe, each line explained where the catalogue has words for it."""


@dataclass(frozen=True)
class ForgetDial:
    """The explorable: a forget gate to turn, and a memory that fades with it."""


@dataclass(frozen=True)
class GradientLaboratory:
    """The explorable: a network to draw, and its gradient beside what was measured."""


@dataclass(frozen=True)
class CellLaboratory:
    """The explorable: a sequence to step through a cell, before its training and after it."""


@dataclass(frozen=True)
class Experiments:
    """Questions of one's own, each with its figure; a chapter that has them is left out where a run has none."""


@dataclass(frozen=True)
class Definitions:
    """The quantities of the methods chapter, as formula and words."""


@dataclass(frozen=True)
class Initialisations:
    """The ways in which parameters are drawn before training, one line each."""


@dataclass(frozen=True)
class Decisions:
    """What each verdict means."""


@dataclass(frozen=True)
class Alternatives:
    """Other ways to judge each claim, and what the verdict would be."""


@dataclass(frozen=True)
class Notation:
    """Slips of notation on the slides, and how the report writes them."""


@dataclass(frozen=True)
class Machine:
    """The environment of the run."""


@dataclass(frozen=True)
class CiteSuite:
    """How to cite the report as a whole."""


@dataclass(frozen=True)
class References:
    """The works that the page cites."""


Block = (
    Prose
    | Verdicts
    | Alternatives
    | FigureBlock
    | TableBlock
    | Equations
    | Experiments
    | ForgetDial
    | GradientLaboratory
    | CellLaboratory
    | Definitions
    | Initialisations
    | Decisions
    | Notation
    | Machine
    | CiteSuite
    | References
)


@dataclass(frozen=True)
class Section:
    """A chapter: `id` is its anchor and its name in the catalogue.

    `whole`: where none of its figures was measured, one note (`chapters.<id>.absent`) stands for all of its blocks.
    """

    id: str
    blocks: tuple[Block, ...]
    whole: bool = False

    def figure_ids(self) -> tuple[str, ...]:
        """Return the figures of the chapter, in the order in which they stand."""
        return tuple(block.figure_id for block in self.blocks if isinstance(block, FigureBlock))


@dataclass(frozen=True)
class Page:
    """The whole report."""

    sections: tuple[Section, ...]

    def figure_ids(self) -> tuple[str, ...]:
        """Return the figures of the page, in the order in which they stand."""
        return tuple(figure_id for section in self.sections for figure_id in section.figure_ids())

    def table_ids(self) -> tuple[str, ...]:
        """Return the tables of the page, in the order in which they stand."""
        return tuple(
            block.table_id for section in self.sections for block in section.blocks if isinstance(block, TableBlock)
        )
