"""Names are read from folders, without numba; they are those of the registries."""

from bench import names
from cells import cell_names, initialisers
from cells.registry import CELLS


def test_a_cell_s_file_has_its_name():
    assert set(names.cell_names()) == set(cell_names()) == set(CELLS)


def test_the_initialisers_are_those_there_are():
    assert set(names.INITIALISERS) - {"-"} == {*initialisers.NAMED, *initialisers.WITH_VALUE}
