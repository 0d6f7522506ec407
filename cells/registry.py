"""All cells: one line each. Their order here is their order in every study, figure and table."""

import copyreg
from importlib import import_module
from typing import Any

from cells.spec import CellSpec
from cells.unknown import unknown

FILES = (
    "rnn",
    "lstm",
    "lstm_1997",
    "lstm_coupled",
    "gru",
    "gru_reset_before",
)

_SPECS: tuple[CellSpec, ...] = tuple(import_module(f"cells.equations.{file}").SPEC for file in FILES)
CELLS: dict[str, CellSpec] = {spec.name: spec for spec in _SPECS}


def cell_names() -> tuple[str, ...]:
    """Return the names of all cells, in the order of the registry."""
    return tuple(CELLS)


def main_cells() -> tuple[str, ...]:
    """Return the names of the cells that are no variant of another one, in the order of the registry."""
    return tuple(name for name, spec in CELLS.items() if spec.variant_of is None)


def distinct_cells() -> tuple[str, ...]:
    """Return the names of all cells but those variants that take every step as the cell does that they vary.

    A variant of the same states and the same kinds of products differs from its cell in formulas alone: what is said of
    a cell's time, of its kernels and of its way through them is said of the variant too.
    """
    return tuple(name for name, spec in CELLS.items() if spec.variant_of is None or _way(name) != _way(spec.variant_of))


def _way(name: str) -> tuple[Any, ...]:
    """Return what a step of a cell is to the drivers, whatever its formulas are: its states, its kinds of products."""
    spec = CELLS[name]
    return spec.states, tuple(product.source for product in spec.products if product.gates)


def find_cell(name: str) -> CellSpec:
    """Return the cell of that name; ValueError names the known ones."""
    try:
        return CELLS[name]
    except (KeyError, TypeError):
        raise ValueError(unknown("cell", name, sorted(CELLS))) from None


def _by_name(spec: CellSpec) -> Any:
    """Return how a cell is pickled and copied: by its name, so that it stays the one of the registry."""
    known = CELLS.get(spec.name) is spec
    return (find_cell, (spec.name,)) if known else object.__reduce_ex__(spec, 2)


copyreg.pickle(CellSpec, _by_name)


def cell_meanings() -> dict[str, dict[str, Any]]:
    """Return what a reader of rows must know of each cell, by name, in types that JSON has.

    Rows travel with it, so that whoever draws them needs no `cells`: see `analysis.cells`.
    """
    return {
        name: {
            "order": order,
            "label": spec.label,
            "color_slot": spec.color_slot,
            "variant_of": spec.variant_of,
            "equation": [list(line) for line in spec.equation],
            "states": list(spec.states),
            "sigmoid_gates": list(spec.sigmoid_gates),
            "maps": len(spec.gates),
            "recurrent_maps": len(spec.hidden_gates),
            "candidate_sees_state": spec.candidate in spec.hidden_gates,
            "keeps": None
            if spec.keeps is None
            else {"gate": spec.keeps.gate, "when": spec.keeps.when, "state": spec.keeps.state},
            "carries": spec.carries,
            "writes": spec.writes,
            "shows": spec.shows,
            "resets": spec.resets,
        }
        for order, (name, spec) in enumerate(CELLS.items())
    }
