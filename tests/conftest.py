"""What every test may rely on: the cells of the registry are in force, as in an analysis of rows that describe them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from analysis.cells import cells_of, using
from analysis.kept import FOLDER
from cells.registry import cell_meanings

os.environ[FOLDER] = "off"  # a test makes what it looks at; those of keeping have folders of their own


@pytest.fixture(scope="session", autouse=True)
def described_cells() -> Iterator[None]:
    with using(cells_of([{"cells": cell_meanings()}])):
        yield
