"""The arrows between the folders: cells → bench → analysis → reports, and what each may import."""

import ast
import graphlib
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import recurbench

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = {
    "cells": {"cells"},
    "bench": {"cells", "bench"},
    "analysis": {"analysis", "bench"},
    "reports": {"analysis", "reports", "bench"},
}
FROM_BENCH = {
    "bench.about",
    "bench.case",
    "bench.columns",
    "bench.conditions",
    "bench.experiments.askable",
    "bench.experiments.definition",
    "bench.former",
    "bench.metrics",
    "bench.names",
    "bench.rows",
    "bench.run.store",
}
OURS = set(ALLOWED)
BASIS = {"statistics", "theory"}
ROOMS = {
    "statistics": {"statistics"},
    "theory": {"theory"},
    "readings": {"readings"} | BASIS,
    "claims": {"claims", "readings"} | BASIS,
    "drawing": {"drawing", "readings"} | BASIS,
    "experiments": {"experiments", "drawing", "readings"} | BASIS,
    "figures": {"figures", "experiments", "drawing", "readings"} | BASIS,
    "tables": {"tables", "readings"} | BASIS,
    "comparison": {"comparison", "claims", "drawing", "readings"} | BASIS,
}
"""Which room of `analysis` may import which: claims, figures and tables share their readings and nothing else; a
figure that has no file is drawn by the experiments; a comparison judges the claims of two runs and draws what it
finds."""


def imports(path, names=False):
    """Yield what a file imports from; and with names, also what it imports, which may be a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if names:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files(folder):
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("folder", ALLOWED)
def test_a_folder_imports_only_what_stands_before_it(folder):
    for path in files(folder):
        for name in imports(path):
            top = name.split(".")[0]
            assert top not in OURS or top in ALLOWED[folder], f"{path} imports {name}"
            if folder in ("analysis", "reports"):
                assert top not in ("numba", "llvmlite", "cells"), f"{path} imports {name}"
                assert top != "bench" or name in FROM_BENCH, f"{path} imports {name}; allowed: {FROM_BENCH}"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_of_the_analysis_imports_only_what_stands_before_it(room):
    found = files(f"analysis/{room}")
    assert found
    for path in found:
        for name in imports(path):
            parts = name.split(".")
            assert parts != ["analysis"], f"{path} imports from all of analysis"
            if parts[0] == "analysis" and (ROOT / "analysis" / parts[1]).is_dir():
                assert parts[1] in ROOMS[room], f"{path} imports {name}"


def module(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_no_module_imports_itself_by_a_detour():
    """Imports for types alone count too: whoever reads one file of a circle has to read all."""
    paths = {module(path): path for folder in ALLOWED for path in files(folder) if path.name != "__init__.py"}
    order = graphlib.TopologicalSorter()
    for name, path in paths.items():
        order.add(name, *(found for found in imports(path, names=True) if found in paths and found != name))
    order.prepare()  # a CycleError names the circle


def test_every_room_of_the_analysis_has_its_arrows():
    assert {path.parent.name for path in (ROOT / "analysis").glob("*/__init__.py")} == set(ROOMS)


def test_a_page_is_made_without_numba_and_without_the_cells(tmp_path):
    """Every module of `analysis` and `reports`, and what they need from `bench`, imports where both are missing."""
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts) for f in ("analysis", "reports") for path in files(f)
    ]
    script = f"""
        import importlib, sys
        class Missing:
            def find_spec(self, name, path=None, target=None):
                if name.split(".")[0] in ("numba", "llvmlite", "cells"):
                    raise ModuleNotFoundError(name)
        sys.meta_path.insert(0, Missing())
        for module in {sorted({*modules, *FROM_BENCH})!r}:
            importlib.import_module(module.removesuffix(".__init__"))
        import recurbench
        recurbench.analyse, recurbench.load
        print("imported")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout == "imported\n", done.stderr


def test_the_front_door_has_what_it_promises():
    assert {name for name in recurbench.__all__ if getattr(recurbench, name) is None} == set()
    with pytest.raises(AttributeError, match=r"no attribute .nonsense.; it has .*Layer"):
        recurbench.nonsense  # noqa: B018
