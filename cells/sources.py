"""Which files a module is made of: itself and whatever of `cells` it imports, directly or not.

Machine code on disk is named by a hash of them, so that it is found as long as nothing that made it has changed, on
whichever machine and under whichever Python.
"""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

PACKAGE = "cells"
ROOT = Path(__file__).resolve().parents[1]


@functools.cache
def closure(module: str) -> frozenset[Path]:
    """The files of a module and of all that it imports from `cells`, found by reading them: nothing is imported.

    Imports inside of functions count. Raises FileNotFoundError for a module that has no file there.
    """
    found: set[Path] = set()
    waiting = [_file(module)]
    if waiting[0] is None:
        raise FileNotFoundError(f"module {module!r} has no file in {ROOT}; allowed: modules of {PACKAGE}")
    while waiting:
        path = waiting.pop()
        if path is None or path in found:
            continue
        found.add(path)
        waiting += [_file(name) for name in _imported(path)]
    return frozenset(found)


def digest(files: Iterable[Path]) -> str:
    """16 hex digits over names and contents."""
    made = hashlib.sha256()
    for path in sorted(files):
        name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
        made.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return made.hexdigest()[:16]


@functools.lru_cache(maxsize=512)
def _imported(path: Path) -> tuple[str, ...]:
    return tuple(_names(ast.parse(path.read_bytes())))


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                # A module of a package, or a name inside of a module. What else the package offers is of no account.
                yield inner if _file(inner) else node.module


def _file(module: str) -> Path | None:
    if module.split(".")[0] != PACKAGE:
        return None
    path = ROOT.joinpath(*module.split("."))
    if path.with_suffix(".py").is_file():
        return path.with_suffix(".py")
    return path / "__init__.py" if (path / "__init__.py").is_file() else None
