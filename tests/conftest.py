"""What every test may rely on: the cells of the registry are in force, as in an analysis of rows that describe them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from analysis.cells import cells_of, using
from cells.registry import cell_meanings


@pytest.fixture(scope="session", autouse=True)
def described_cells() -> Iterator[None]:
    with using(cells_of([{"cells": cell_meanings()}])):
        yield
