"""What may import what inside of `cells.cuda`: the packages of the driver stay in one folder, apart from the CPU."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

from cells.sources import ROOT

CUDA = ROOT / "cells" / "cuda"
FOREIGN = {"cuda", "numba_cuda", "_numba_cuda_redirector"}
INSTRUCTIONS = CUDA / "kernels" / "ptx.py"


def imports(path: Path) -> set[str]:
    """Return the modules that a file imports, inside of functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def is_of_the_driver(name: str) -> bool:
    return name.split(".")[0] in FOREIGN or name == "numba.cuda" or name.startswith("numba.cuda.")


def test_only_the_device_and_the_instructions_import_the_packages_of_the_driver():
    using = {path for path in CUDA.rglob("*.py") if any(map(is_of_the_driver, imports(path)))}
    assert using
    for path in using:
        assert path == INSTRUCTIONS or path.parent == CUDA / "device", path


def test_the_kind_of_device_is_asked_in_one_place():
    asking = [
        path.relative_to(CUDA).as_posix()
        for path in sorted(CUDA.rglob("*.py"))
        if any(name.endswith(".SIMULATED") for name in imports(path)) or "target.SIMULATED" in path.read_text()
    ]
    assert asking == ["kernels/instructions.py"]


def test_cuda_needs_nothing_of_the_cpu():
    for path in CUDA.rglob("*.py"):
        assert not [name for name in imports(path) if name.split(".")[:2] == ["cells", "cpu"]], path


def module_level(tree: ast.Module):
    """Yield the import statements that run when the module is imported."""
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.Try):
            yield from module_level(ast.Module(node.body, []))
        elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            yield from module_level(ast.Module(node.body + node.orelse, []))


def test_no_modules_of_cells_import_each_other_in_a_circle():
    files = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in (ROOT / "cells").rglob("*.py")}
    arrows = {}
    for module, path in files.items():
        names: set[str] = set()
        for node in module_level(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif node.module:
                names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        arrows[module] = {name for name in names if name in files and name != module}
    order = list(TopologicalSorter(arrows).static_order())  # CycleError names the circle
    assert order.index("cells.spec") < order.index("cells.layer")
