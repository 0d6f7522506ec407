"""What rows say about their cells: order, label, place in the palette, equation, and what the gates mean.

`cells` knows it, but whoever reads rows need not have it: the meaning of every cell travels with the rows, in the
facts of their environment (`environment.json`, fact "cells"). `analyse` reads it from there and puts it in force for
all statistics, tables and figures of the analysis, as Matplotlib does with its settings.

Exports that were made before this fact existed say nothing: then a cell's label is its name, cells are ordered by
name, have the places of the palette in that order, and no line of theory. `cells_of` is where that is decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from analysis.cell_meaning import meanings_in
from bench.names import OTHER_WORK

FACT = "cells"
TWO_DIRECTIONS = "bi"
"""What the name of a layer of two directions begins with."""
LECTURE = "bilstm"
"""The one layer of two directions that figures and tables about cells show."""


@dataclass(frozen=True)
class Cell:
    """A cell as its rows describe it; the roles of its gates as in `cells.spec.CellSpec`.

    maps, recurrent_maps: affine maps of a step, gates and candidate, and how many of them see the state; None where
    nothing is known, and then there is no theory. keeps: the gate that keeps a state; kept: that state;
    keeps_when: "open" or "closed". carries: a state that every step keeps whole, by no gate.
    """

    name: str
    label: str
    color_slot: int
    variant_of: str | None = None
    equation: tuple[tuple[str, str], ...] = ()
    states: tuple[str, ...] = ("h",)
    sigmoid_gates: tuple[str, ...] = ()
    maps: int | None = None
    recurrent_maps: int | None = None
    candidate_sees_state: bool = True
    keeps: str | None = None
    keeps_when: str = "open"
    kept: str | None = None
    carries: str | None = None
    writes: str | None = None
    shows: str | None = None
    resets: str | None = None
    directions: int = 1

    @property
    def has_forget_gate(self) -> bool:
        """Say whether a gate keeps a state that is not the output: a forget gate (Gers et al. 2000)."""
        return self.keeps is not None and self.kept != self.states[0]

    @property
    def cell_state(self) -> str | None:
        """Return the state that a step keeps apart from the output, by a forget gate or whole; None without one."""
        return self.kept if self.has_forget_gate else self.carries


@dataclass(frozen=True)
class Cells:
    """All cells that rows may be about, in their order in figures and tables."""

    known: tuple[Cell, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all cells."""
        return tuple(cell.name for cell in self.known)

    @property
    def main(self) -> tuple[str, ...]:
        """Return the names of the cells that are no variant of another one."""
        return tuple(cell.name for cell in self.known if cell.variant_of is None)

    @property
    def gated(self) -> tuple[str, ...]:
        """Return the names of the main cells with gates."""
        return tuple(name for name in self.main if self.find(name).sigmoid_gates)

    @property
    def order(self) -> tuple[str, ...]:
        """Return all names that rows may have: cells, and then layers of two directions of each."""
        return self.names + tuple(TWO_DIRECTIONS + name for name in self.names)

    def find(self, name: str) -> Cell:
        """Return the cell of that name, or the layer of two directions of one; ValueError names the known ones."""
        for cell in self.known:
            if cell.name == name:
                return cell
            if TWO_DIRECTIONS + cell.name == name:
                return replace(cell, name=name, label="Bi" + cell.label, directions=2)
        raise ValueError(f"cell {name!r} was given; allowed: {', '.join(self.names) or 'none, the rows name no cells'}")

    def __contains__(self, name: str) -> bool:
        return name in self.order


_NONE = Cells()
_in_force: ContextVar[Cells] = ContextVar("cells", default=_NONE)


def known() -> Cells:
    """Return the cells in force."""
    return _in_force.get()


def cell_order() -> tuple[str, ...]:
    """Return the order of the cells in force, for `analysis.select.ordered`."""
    return known().order


@contextmanager
def using(cells: Cells) -> Iterator[None]:
    """Put cells in force inside a `with` block."""
    token = _in_force.set(cells)
    try:
        yield
    finally:
        _in_force.reset(token)


def cells_of(environments: Iterable[Mapping[str, Any]], names: Iterable[str] = ()) -> Cells:
    """Return the cells that environments describe, then those of `names` that none does, with neutral meanings.

    Where two environments describe a cell, the first one counts. Without any description the cells in force stay.
    """
    described: dict[str, Mapping[str, Any]] = {}
    for environment in environments:
        for name, meaning in meanings_in(environment.get(FACT, {})):
            described.setdefault(name, meaning)
    cells = [_read(name, described[name]) for name in sorted(described, key=lambda name: described[name]["order"])]
    if not cells:
        cells = list(known().known)
    rest = sorted(set(names) - {cell.name for cell in cells} - set(OTHER_WORK))
    slot = 1 + max((cell.color_slot for cell in cells), default=-1)
    cells += [Cell(name, name, color_slot) for color_slot, name in enumerate(rest, slot)]
    return Cells(tuple(cells))


def _read(name: str, meaning: Mapping[str, Any]) -> Cell:
    """Return a cell from its checked description in JSON; what later versions add is passed over."""
    keeps = meaning["keeps"] or {}
    return Cell(
        name=name,
        label=meaning["label"],
        color_slot=meaning["color_slot"],
        variant_of=meaning["variant_of"],
        equation=tuple((line, latex) for line, latex in meaning["equation"]),
        states=tuple(meaning["states"]),
        sigmoid_gates=tuple(meaning["sigmoid_gates"]),
        maps=meaning["maps"],
        recurrent_maps=meaning["recurrent_maps"],
        candidate_sees_state=meaning["candidate_sees_state"],
        keeps=keeps.get("gate"),
        keeps_when=keeps.get("when", "open"),
        kept=keeps.get("state"),
        carries=meaning.get("carries"),  # exports from before cells could carry a state do not say
        writes=meaning["writes"],
        shows=meaning["shows"],
        resets=meaning["resets"],
    )
