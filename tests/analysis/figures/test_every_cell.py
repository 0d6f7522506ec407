"""Every distinct cell of the registry, however many there are, is in each figure and table that is about all cells.

`tests/test_worked_example.py` runs this file with one cell more.
"""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.figure import Figure as Canvas
from matplotlib.text import Text

from analysis.figures import REGISTRY, draw
from analysis.result import Table
from analysis.tables import BUILDERS, build_tables
from bench.contenders.registry import PEERS
from bench.contenders.torch_gpu import MODULES as CUDNN_CELLS
from bench.studies.axes import GATED_CELLS, SIMPLE_CELL, has_gain
from cells.registry import cell_names, distinct_cells, find_cell, main_cells
from tests.support.rows import synthetic

WITH_VARIANTS = {"gradient-profile", "decay-rate", "time-per-parameter"}
"""Figures that have room for the variants of a cell too."""

OF_SOME = {
    "gates-along-sequence": [name for name in main_cells() if find_cell(name).sigmoid_gates],
    "truncated": [name for name in main_cells() if find_cell(name).hidden_gates],
    "phase-diagram": [SIMPLE_CELL, *filter(has_gain, GATED_CELLS)],
    "peer-ratio": [name for name in main_cells() if any(name in peer.cells for peer in PEERS.values())],
    "training-speed": ["rnn", "lstm", "gru"],
    "cuda-ratio": [name for name in main_cells() if name in CUDNN_CELLS],
}
"""Figures whose question only some cells have an answer to: those with gates, recurrent weights, a gain, a rival."""

OF_NAMED = {
    "activations": "two functions and no cell",
    "forget-bias": "the forget gate of the LSTM, which the lecture is about, and its variants",
    "input-reach": "one direction and two, of the layer that the lecture shows",
    "jacobian-profile": "the bound of Pascanu et al. for the RNN, and the LSTM's paths through c and around it",
    "clipping": "the RNN at gains around its boundary, and an LSTM that explodes beside it",
    "memory-curse": "the LSTM with its input gate free, tied or coupled, and the GRU, tied by its equation",
    "mean-field": "the theory of the tanh RNN",
    "time-ratio": "the lecture's claim about the GRU and the LSTM",
    "remembers": "the gates and the cell state of one LSTM",
    "future-context": "one direction and two, of the layer that the lecture shows",
    "clipped-training": "the RNN and the LSTM from high recurrent gains",
    "gradient-while-learning": "cells and initialisations that learn to add, one by one",
    "profile-after-training": "the same",
    "solved-share": "cells and initialisations that are trained, which cost too much to be all",
    "learning-rate": "the same",
    "learning-curves": "the same",
    "random-search": "the same, and a feedforward network",
    "steps-to-solve": "the same",
}
"""Figures that by their question are about named cells only, each with what it is about."""

TABLES_OF_SOME = {
    "parameters": cell_names(),
    "gates": [name for name in distinct_cells() if find_cell(name).sigmoid_gates],
    "grid": main_cells(),
    "call-costs": main_cells(),
    "cuda": [name for name in main_cells() if name in CUDNN_CELLS],
    "cuda-sharings": main_cells(),
    "kernels": GATED_CELLS,
}
"""Tables whose study takes all cells, or only some: without variants, or with gates, or with a rival."""

TABLES_OF_NAMED = {
    "anchors": "cells that there are published or derived numbers of",
    "activations": "two functions and no cell",
    "trained": "cells that were trained elsewhere too",
    "more-tasks": "cells and initialisations that are trained, which cost too much to be all",
    "cuda-published": "shapes that others have published, each with the cell that it was published of",
}


@pytest.fixture(scope="module")
def few() -> pd.DataFrame:
    return synthetic.frame(synthetic.with_truth(seeds=2, blocks=2))


@pytest.fixture(scope="module")
def tables(few: pd.DataFrame) -> dict[str, Table]:
    return {table.id: table for table in build_tables(few)}


def words(canvas: Canvas) -> set[str]:
    """All that is written in a drawing whose own words are all "w"; a cell may stand beside one of them."""
    return {text.get_text().removesuffix(", w") for text in canvas.findobj(Text)}


def labels_of(names: list[str] | tuple[str, ...]) -> set[str]:
    return {find_cell(name).label for name in names}


@pytest.mark.parametrize("figure_id", sorted(set(REGISTRY) - set(OF_NAMED)))
def test_a_figure_shows_every_cell_that_it_is_about(figure_id: str, few: pd.DataFrame) -> None:
    module = REGISTRY[figure_id]
    figure = module.build(few)
    assert figure is not None
    shown = words(draw(figure, "paper", dict.fromkeys(module.LABELS, "w")))
    about = distinct_cells() if figure_id in WITH_VARIANTS else OF_SOME.get(figure_id, main_cells())
    assert about
    assert labels_of(about) - shown == set()


def test_a_table_has_every_cell_that_it_is_about(tables: dict[str, Table]) -> None:
    assert list(tables) == list(BUILDERS)
    for table_id in set(tables) - set(TABLES_OF_NAMED):
        table = tables[table_id]
        shown = {cell for row in table.rows for cell in row if isinstance(cell, str)} | set(table.columns)
        about = TABLES_OF_SOME.get(table_id, distinct_cells())
        assert about
        assert set(about) - shown == set(), table_id


def test_what_is_said_of_figures_and_tables_is_said_of_some_that_exist(tables: dict[str, Table]) -> None:
    assert {*WITH_VARIANTS, *OF_SOME, *OF_NAMED} <= set(REGISTRY)
    assert {*TABLES_OF_SOME, *TABLES_OF_NAMED} <= set(tables)


def test_a_line_of_theory_stands_beside_every_cell(few: pd.DataFrame) -> None:
    data = REGISTRY["decay-rate"].build(few).data  # type: ignore[union-attr]
    with_theory = set(data.loc[data["theory"].notna(), "name"])
    assert set(distinct_cells()) == with_theory
