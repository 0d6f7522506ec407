"""The figure that CONTRIBUTING.md adds, added as it says: one file, one line, and its words."""

import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FILE = "analysis/figures/throughput.py"
WAY_TO_THE_PAGE = """
    from pathlib import Path
    import pytest
    from analysis import analyse
    from analysis.figures import REGISTRY
    from cells.registry import cell_meanings
    from reports.build import write
    from reports.catalogue import load_catalogue
    from reports.check import check
    from tests.support.rows import synthetic

    rows = synthetic.frame(synthetic.with_truth(seeds=2, blocks=3), ("runtime",))
    rows = rows.loc[(rows["seq_len"] == 100) & (rows["hidden_size"] == 64)]
    analysis = analyse(rows, ({"id": "synthetic", "cpu": "Example", "cells": cell_meanings()},))
    (figure,) = (figure for figure in analysis.figures if figure.id == "throughput")
    assert set(REGISTRY["throughput"].FACTS) <= set(figure.facts)
    own = rows.loc[(rows["metric"] == "elapsed_s") & (rows["backend"] == "cpu") & (rows["cell"] == "lstm")]
    own = own.loc[(own["merge"] == "none") & (own["direction"] == "training") & (own["batch_size"] == 128)]
    assert figure.facts["lstm_training"].value == pytest.approx(100 * 128 / own["value"].median() / 1e6)
    assert figure.facts["lstm_training_gain"].value > 1
    assert ((figure.data["low"] <= figure.data["median"]) & (figure.data["median"] <= figure.data["high"])).all()
    assert set(figure.data["name"]) == set(analysis.cells.main)

    page = write(analysis, Path("page"), load_catalogue("en"))
    assert check(page) == [], check(page)
    html = page.read_text(encoding="utf-8")
    assert "What a larger batch buys" in html
    assert 'data-series="series-lstm--training"' in html
    for ending in ("svg", "pdf", "png", "csv", "json", "bib"):
        assert (page.parent / "figures" / f"throughput.{ending}").stat().st_size > 0
    assert REGISTRY["throughput"].build(rows.iloc[:0]) is None
    empty = write(analyse(rows.iloc[:0], analysis.environments), Path("empty"), load_catalogue("en"))
    assert check(empty) == [], check(empty)
    assert '<div class="absent" id="throughput">' in empty.read_text(encoding="utf-8")
    print("worked")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The packages and the tests with the figure of CONTRIBUTING.md."""
    folder = tmp_path_factory.mktemp("with-the-figure")
    skipped = shutil.ignore_patterns("__pycache__", "reference")
    for package in ("cells", "bench", "analysis", "reports", "recurbench", "tests"):
        shutil.copytree(ROOT / package, folder / package, ignore=skipped)
    for file in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / file, folder / file)
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (source,) = re.findall(rf"`{FILE}`:\n\n```python\n(.*?)```", text, re.S)
    (line,) = re.findall(r"in `reports/content\.py` the line `(.*?)`", text)
    (words,) = re.findall(r"```toml\n(\[figures\..*?)```", text, re.S)
    (folder / FILE).write_text(source, encoding="utf-8")
    content = folder / "reports" / "content.py"
    before = '                FigureBlock("peer-ratio"),\n'
    changed = content.read_text().replace(before, f"                {line}\n{before}")
    assert changed.count("throughput") == 1
    content.write_text(changed)
    (folder / "reports" / "text" / "en" / "figures-throughput.toml").write_text(words, encoding="utf-8")
    return folder


def call(folder, *words):
    """Run Python in the folder; return what it prints."""
    done = subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_goes_from_rows_to_the_page(folder):
    assert call(folder, "-c", textwrap.dedent(WAY_TO_THE_PAGE)) == "worked\n"


@pytest.mark.slow
def test_the_tests_of_all_figures_take_it_as_one_of_them(folder):
    files = ("tests/analysis/figures/test_figures.py", "tests/reports", "tests/test_structure.py")
    said = call(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow", *files)
    assert "passed" in said


def test_it_is_formatted(folder):
    pytest.importorskip("ruff")
    call(folder, "-m", "ruff", "check", "--no-cache", FILE)
    call(folder, "-m", "ruff", "format", "--no-cache", "--check", FILE)
