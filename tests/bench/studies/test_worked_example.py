"""The study that CONTRIBUTING.md adds, added as it says: one file and one line."""

import re
import shutil
import subprocess
import sys

import pytest

from bench.run.environment import ROOT
from bench.run.store import Store
from bench.studies.axes import FEW_SEEDS, PEER_CELLS

ITEMS = FEW_SEEDS.quick * len(PEER_CELLS) * 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The packages with the study of CONTRIBUTING.md."""
    folder = tmp_path_factory.mktemp("with-the-study")
    for package in ("cells", "bench", "analysis", "reports", "recurbench"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "reference"))
    for file in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / file, folder / file)
    text = (ROOT / "CONTRIBUTING.md").read_text()
    (source,) = re.findall(r"`bench/studies/precision\.py`:\n\n```python\n(.*?)```", text, re.S)
    (line,) = re.findall(r"in `bench/studies/registry\.py` the line `(.*?)`", text)
    (folder / "bench" / "studies" / "precision.py").write_text(source)
    registry = folder / "bench" / "studies" / "registry.py"
    changed = registry.read_text().replace('    "gain",\n', f'    "gain",\n    {line}\n')
    assert changed.count("precision") == 1
    registry.write_text(changed)
    return folder


def call(folder, *words):
    """Run a Python module in the folder; return what it prints."""
    done = subprocess.run([sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_both_doors_plan_it(folder):
    collected = call(folder, "pytest", "--benchmark", "--collect-only", "-q", "-p", "no:cacheprovider")
    assert collected.count("::test_study[precision-") == ITEMS
    rows = [line.split() for line in call(folder, "recurbench", "status").splitlines()]
    assert ["precision", str(ITEMS), "0", str(ITEMS)] in [row[:4] for row in rows]


@pytest.mark.slow
def test_both_doors_measure_the_same_rows(folder):
    call(folder, "recurbench", "run", "--study", "precision", "--store", "run.sqlite")
    door = ("pytest", "--benchmark", "--study", "precision", "--store=pytest.sqlite", "-q", "-p", "no:cacheprovider")
    call(folder, *door)
    names = ["cell", "dtype", "seed", "metric", "step"]
    rows = [
        Store(folder / name).frame().sort_values(names)[[*names, "value"]].reset_index(drop=True)
        for name in ("run.sqlite", "pytest.sqlite")
    ]
    assert set(rows[0]["dtype"]) == {"float32", "float64"}
    assert rows[0].equals(rows[1])


def test_it_is_formatted(folder):
    file = "bench/studies/precision.py"
    pytest.importorskip("ruff")
    call(folder, "ruff", "check", "--no-cache", file)
    call(folder, "ruff", "format", "--no-cache", "--check", file)
