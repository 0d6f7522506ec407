"""The cells there are: one line each."""

from cells import gru, gru_reset_before, lstm, rnn
from cells.spec import CellSpec

CELLS: dict[str, CellSpec] = {
    module.SPEC.name: module.SPEC
    for module in (
        rnn,
        lstm,
        gru,
        gru_reset_before,
    )
}


def cell_names() -> tuple[str, ...]:
    """Names of all cells, in the order of the registry."""
    return tuple(CELLS)


def find_cell(name: str) -> CellSpec:
    """The cell of that name; ValueError names the known ones."""
    try:
        return CELLS[name]
    except (KeyError, TypeError):
        raise ValueError(f"unknown cell {name!r}; known: {', '.join(sorted(CELLS))}") from None
