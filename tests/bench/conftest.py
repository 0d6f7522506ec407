import pytest

from bench.case import Case
from bench.rows import Measurement
from bench.run.environment import Environment
from bench.run.store import Store

FACTS = {
    "cpu": "a CPU",
    "cores": 2,
    "architecture": "x86_64",
    "os": "Linux",
    "python": "3.11.0",
    "versions": {"numpy": "2.0"},
    "load_average": 0.1,
}
# An invented answer in the form of nvidia-smi's: it tests the parser and stands for no GPU.
LINE = "NVIDIA Invented 9000, 999.88.77, 1755, 2619, 1980, 412.34, 700.00, 61, 0x0000000000000004"


@pytest.fixture
def environment():
    return Environment(FACTS)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "folder" / "store.sqlite")


@pytest.fixture
def case():
    return Case(study="gradients", cell="lstm", direction="profile", hidden_size=4, seq_len=3, dtype="float64")


@pytest.fixture
def rows(case):
    return [Measurement(case, "log10_norm_h", -0.5 * lag, "log10", step=float(lag)) for lag in range(4)]
