"""Rows that every test here may read: made once."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.support.rows import synthetic

FEW = synthetic.with_truth(seeds=5, blocks=5)


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    return synthetic.frame(FEW)
