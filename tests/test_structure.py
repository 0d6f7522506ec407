"""The arrows between the folders: cells → bench → analysis → reports, and what each may import."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = {
    "cells": {"cells"},
    "bench": {"cells", "bench", "reports"},  # reports: the command line builds the page
    "analysis": {"analysis", "bench"},
    "reports": {"analysis", "reports", "bench"},
}
FROM_BENCH = {"bench.case", "bench.rows", "bench.run.store"}
OURS = set(ALLOWED)


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


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


def test_only_the_command_line_reaches_the_reports():
    assert [path.name for path in files("bench") if any(name.startswith("reports") for name in imports(path))] == [
        "cli.py"
    ]


@pytest.mark.parametrize("folder", ALLOWED)
def test_what_a_folder_needs_from_bench_needs_no_numba(folder):
    for module in FROM_BENCH:
        path = ROOT / (module.replace(".", "/") + ".py")
        assert not any(name.split(".")[0] in ("numba", "cells") for name in imports(path))
