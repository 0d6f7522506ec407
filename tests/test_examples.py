"""The examples: the notebook is executed and its outputs are current, the questions can be asked."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import nbformat
import pytest

from bench.experiments.asking import read_toml
from bench.experiments.cases import items_of
from recurbench.opened.figure import OpenFigure
from recurbench.opened.results import Results
from tests.support.notebooks import NOTEBOOKS, ROOT, executed, read, tidied

QUESTIONS = sorted((ROOT / "examples").glob("*.toml"))
EVERY_NOTEBOOK = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
LARGEST = 300_000
PLACES = re.compile(r"(?<![\w.:/<])/(?:[\w.-]+/)+[\w.-]*|[A-Z]:\\\\")
"""Absolute paths; those of addresses and end tags are none."""
KINDS = {"run": Results, "own": Results, "figure": OpenFigure}
"""What the notebook's names stand for."""


def code_of(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(notebook: nbformat.NotebookNode) -> list[dict[str, str]]:
    """What each code cell shows, by media type; printed text as "text/plain"."""
    found = []
    for cell in code_of(notebook):
        told: dict[str, str] = {}
        for output in cell.outputs:
            told |= {"text/plain": output.text} if output.output_type == "stream" else output.get("data", {})
        found.append(told)
    return found


@EVERY_NOTEBOOK
def test_a_notebook_is_committed_executed(path):
    notebook = read(path)
    nbformat.validate(notebook)
    cells = code_of(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        assert cell.outputs, cell.source
        for output in cell.outputs:
            assert output.output_type in ("execute_result", "display_data", "stream")
            assert output.get("name") != "stderr", output.text
    assert tidied(read(path)) == notebook


@EVERY_NOTEBOOK
def test_a_notebook_is_small_and_names_no_place(path):
    assert path.stat().st_size < LARGEST
    found = PLACES.search(re.sub(r"base64,[A-Za-z0-9+/=]+", "", path.read_text()))
    assert found is None, found


@EVERY_NOTEBOOK
def test_a_notebook_uses_public_names_alone(path):
    for cell in code_of(read(path)):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(str(node.module))
                assert {alias.name for alias in node.names} <= set(getattr(module, "__all__", dir(module)))
            elif isinstance(node, ast.Attribute):
                assert not node.attr.startswith("_")
                if isinstance(node.value, ast.Name) and node.value.id in KINDS:
                    assert hasattr(KINDS[node.value.id], node.attr) or node.attr in ("figures", "tables", "experiments")
                if isinstance(node.value, ast.Name) and node.value.id == "recurbench":
                    assert node.attr in dir(importlib.import_module("recurbench"))


@EVERY_NOTEBOOK
@pytest.mark.slow
def test_a_notebook_runs(path, tmp_path):
    before, after = shown(read(path)), shown(tidied(executed(path, tmp_path)))
    assert [set(told) for told in after] == [set(told) for told in before]
    for was, now in zip(before, after, strict=True):
        if "<img" not in now.get("text/html", ""):  # drawings change with Matplotlib, numbers do not
            assert now == was


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)
def test_a_question_can_be_asked(path: Path):
    experiment = read_toml(path)
    assert experiment.name == path.stem
    items = items_of(experiment)
    assert len({item.case for item in items}) >= 80
    for field in (experiment.colour, experiment.column):
        assert len({value for grid in experiment.grids for value in grid[field]}) > 1


def test_every_example_is_in_their_list():
    listed = set(re.findall(r"\]\(([^)]+)\)", (ROOT / "examples" / "README.md").read_text()))
    assert listed == {path.name for path in (*NOTEBOOKS, *QUESTIONS)}
