"""Which files a module is made of: itself and whatever of this project it imports, directly or not.

Machine code on disk and measured rows are named by a hash of such files, so that they are found and valid as long as
nothing that made them has changed, on whichever machine and under whichever Python.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

PACKAGES = ("cells", "bench")
ROOT = Path(__file__).resolve().parents[1]


@functools.cache
def closure(module: str, without: tuple[str, ...] = ()) -> frozenset[Path]:
    """Return the files of a module and of all that it imports, found by reading them: nothing is imported.

    Imports inside of functions count, and modules that are named by a string: `"bench.contenders.pytorch"`;
    `"cells.cuda.kernels"`, a package, for all of its modules; `f"cells.equations.{file}"` for all of that pattern.

    Parameters
    ----------
    module
        Its dotted name, in `cells` or `bench`.
    without
        Packages to leave out, with all that only they import.

    Raises
    ------
    FileNotFoundError
        Where the module has no file.

    """
    start = _file(module)
    if start is None:
        raise FileNotFoundError(f"module {module!r} has no file in {ROOT}; allowed: modules of {', '.join(PACKAGES)}")
    return closure_of_file(start, without)


def closure_of_file(start: Path, without: tuple[str, ...] = ()) -> frozenset[Path]:
    """Return a file, which may be anybody's, and the files of this project that it imports; as `closure`."""
    excluded = tuple(f"{name}." for name in without)
    seen: set[Path] = set()
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in _imported(path):
            file = _file(name)
            if file is not None and not f"{name}.".startswith(excluded):
                waiting.append(file)
    return frozenset(seen)


def digest(files: Iterable[Path]) -> str:
    """Return 16 hex digits over names and contents."""
    made = hashlib.sha256()
    for path in sorted(files):
        made.update(_name(path).encode() + b"\0" + path.read_bytes() + b"\0")
    return made.hexdigest()[:16]


def digest_of_meaning(files: Iterable[Path]) -> str:
    """Return 12 hex digits over names and contents, without what changes nothing: comments, docstrings, layout."""
    made = hashlib.sha256()
    for path in sorted(files):
        made.update(_name(path).encode() + b"\0" + _meaning(path) + b"\0")
    return made.hexdigest()[:12]


@functools.lru_cache(maxsize=512)
def _meaning(path: Path) -> bytes:
    if path.suffix != ".py":
        return path.read_bytes()
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            # A string that is a statement does nothing, be it a docstring or one behind a constant.
            node.body = [
                statement
                for statement in node.body
                if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
            ]
    return ast.unparse(tree).encode()


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


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
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_module_name(node.value):
            yield from (node.value, *_modules_of(node.value))
        elif isinstance(node, ast.JoinedStr):
            yield from _modules_like(node)


def _is_module_name(text: str) -> bool:
    return re.fullmatch(rf"(?:{'|'.join(PACKAGES)})(?:\.\w+)+", text) is not None


def _modules_of(package: str) -> Iterator[str]:
    """Yield the modules of a package, none for what is a module itself: who names a package takes any of it."""
    for path in sorted(ROOT.joinpath(*package.split(".")).glob("[a-z]*.py")):
        yield f"{package}.{path.stem}"


def _modules_like(text: ast.JoinedStr) -> Iterator[str]:
    """Yield the modules that an f-string may name."""
    first = text.values[0] if text.values else None
    if not (isinstance(first, ast.Constant) and str(first.value).startswith(tuple(f"{name}." for name in PACKAGES))):
        return
    pattern = "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in text.values)
    if re.fullmatch(r"[\w.*]+", pattern):
        for path in sorted(ROOT.glob(pattern.replace(".", "/") + ".py")):
            if path.stem != "__init__":
                yield ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _file(module: str) -> Path | None:
    if module.split(".")[0] not in PACKAGES:
        return None
    path = ROOT.joinpath(*module.split("."))
    if path.with_suffix(".py").is_file():
        return path.with_suffix(".py")
    return path / "__init__.py" if (path / "__init__.py").is_file() else None
