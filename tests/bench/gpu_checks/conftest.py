"""An invented machine, which tells of itself what a test wants, and where its worker says what it has done."""

from __future__ import annotations

import json

import pytest

from bench.gpu_checks import process
from tests.bench.conftest import FACTS
from tests.bench.gpu_checks.commands import CHIP, GPU


@pytest.fixture
def told(monkeypatch, tmp_path):
    """What the invented machine says of itself."""
    facts = {
        "missing": None, "simulated": False, "chip": CHIP | {"gpcs": [18] * 7}, "compiler": None, "packages": [],
        "torch": True, "sanitizer": None, "environment": FACTS | {"gpu": GPU}, "machine_code": None,
    }  # fmt: skip
    monkeypatch.setenv("FAULTY_LOG", str(tmp_path / "log"))

    def tell(**changed):
        monkeypatch.setenv("FAULTY_FACTS", json.dumps(facts | changed))

    tell()
    return tell


@pytest.fixture
def log(tmp_path, monkeypatch):
    """Where the worker says which checks it has done."""
    monkeypatch.setattr(process, "ENDING_S", 0.5)
    monkeypatch.setenv("FAULTY_LOG", str(tmp_path / "log"))
    return tmp_path / "log"
