"""Few invented rows, and the constants before any fit."""

from dataclasses import asdict

import pytest

from cells.cuda.plan import costs
from tests.bench.gpu_kernels.invented import FEW, NAME, frame_of, invented, stored
from tests.cells.cuda.test_costs import UNFITTED


@pytest.fixture(scope="module")
def few():
    return frame_of(invented(**FEW))


@pytest.fixture
def constants(tmp_path):
    """A file with the constants before any fit."""
    path = tmp_path / "costs.toml"
    path.write_bytes(costs.FILE.read_bytes())
    costs.write(asdict(UNFITTED), "estimate", path)
    return path


@pytest.fixture
def rows(tmp_path):
    """A store with few rows."""
    return stored(tmp_path / "rows.sqlite", NAME)
