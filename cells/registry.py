"""The cells there are: one line each."""

from importlib import import_module

from cells.spec import CellSpec

FILES = (
    "rnn",
    "lstm",
    "gru",
    "gru_reset_before",
)

_SPECS: tuple[CellSpec, ...] = tuple(import_module(f"cells.equations.{file}").SPEC for file in FILES)
CELLS: dict[str, CellSpec] = {spec.name: spec for spec in _SPECS}


def cell_names() -> tuple[str, ...]:
    """Names of all cells, in the order of the registry."""
    return tuple(CELLS)


def find_cell(name: str) -> CellSpec:
    """The cell of that name; ValueError names the known ones."""
    try:
        return CELLS[name]
    except (KeyError, TypeError):
        raise ValueError(f"unknown cell {name!r}; known: {', '.join(sorted(CELLS))}") from None
