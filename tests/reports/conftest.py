"""One page with everything measured and one with nothing, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis import analyse
from analysis.result import Analysis
from cells.registry import cell_meanings
from reports.build import write
from reports.catalogue import Catalogue, load_catalogue
from tests.support.rows import synthetic as rows
from tests.support.rows import synthetic_analysis as synthetic


@pytest.fixture(scope="session")
def text() -> Catalogue:
    return load_catalogue("en")


@pytest.fixture(scope="session")
def full_page(tmp_path_factory: pytest.TempPathFactory, text: Catalogue) -> Path:
    return write(synthetic.full(text), tmp_path_factory.mktemp("full"), text, synthetic.draw)


@pytest.fixture(scope="session")
def empty_page(tmp_path_factory: pytest.TempPathFactory, text: Catalogue) -> Path:
    return write(synthetic.empty(), tmp_path_factory.mktemp("empty"), text)


@pytest.fixture(scope="session")
def analysed() -> Analysis:
    """The rows of a full run, made up and small, really analysed."""
    return analyse(rows.frame(rows.Truth(seeds=3, blocks=4)), ({"cpu": "Example CPU", "cells": cell_meanings()},))
