"""Results that are kept from one page to the next: each under the hash of all that it was made from.

A result is found again while its rows, its other ingredients, the code of `analysis`, `bench` and `reports` and the
versions of the libraries are what they were. The folder is the user's alone: what it holds is read as Python objects,
so that a folder in which others may write is refused.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import pickle
import platform
import stat
import sys
import tempfile
import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

FOLDER = "RECURBENCH_KEPT"
"""Environment variable: the folder where results are kept, or "off" for none."""
ADVICE = f"{FOLDER} names another folder, or off for none"
LIMIT = 600_000_000
"""Bytes that the folder may hold; what was not used for longest goes first."""
LIBRARIES = ("numpy", "pandas", "scipy", "matplotlib", "seaborn", "fonttools", "pillow", "jinja2", "latex2mathml")
"""What the results depend on, beside the code of this suite."""
ROOT = Path(__file__).parents[1]
CODE = ("analysis", "bench", "reports")
ENDINGS = (".py", ".toml", ".html", ".css", ".js", ".txt")
HASH_BYTES = 32


class Kept:
    """A folder of results.

    Parameters
    ----------
    folder
        Made where it does not exist, for its user alone.
    limit
        Bytes that it may hold.

    Raises
    ------
    PermissionError
        Where the folder is not the user's own, or others may write in it.

    """

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        refuse_shared(folder)
        self.folder = folder
        self.limit = limit

    def key(self, *made_from: object) -> str:
        """Return the name of a result: the hash of what it is made from, which `repr` has to tell whole."""
        return hashlib.sha256(f"{code_hash()}\n{made_from!r}".encode()).hexdigest()

    def has(self, key: str) -> bool:
        """Say whether a result is kept, whole; one that is damaged is thrown away."""
        return self._content(key) is not None

    def get(self, key: str) -> Any:
        """Return a result. Raises KeyError where none is kept, or it is damaged."""
        content = self._content(key)
        if content is None:
            raise KeyError(key)
        return pickle.loads(content)

    def put(self, key: str, result: Any) -> None:
        """Keep a result. No other process ever sees half of it; where the disk takes no more, a warning says so."""
        content = pickle.dumps(result, protocol=5)
        try:
            self._write(key, content)
        except OSError as error:
            warnings.warn(f"{self.folder} keeps nothing more: {error} ({ADVICE})", RuntimeWarning, stacklevel=2)

    def _write(self, key: str, content: bytes) -> None:
        handle, name = tempfile.mkstemp(dir=self.folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(content).digest() + content)
            Path(name).replace(self.folder / key)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def tidy(self) -> None:
        """Throw away what was not used for longest, until the folder is within its limit."""
        found = [(path.stat(), path) for path in self.folder.iterdir() if path.is_file()]
        found.sort(key=lambda entry: entry[0].st_mtime, reverse=True)
        size = 0
        for facts, path in found:
            size += facts.st_size
            if size > self.limit:
                with contextlib.suppress(OSError):  # it stays, and is tried again by the next page
                    path.unlink(missing_ok=True)

    def _content(self, key: str) -> bytes | None:
        path = self.folder / key
        try:
            whole = path.read_bytes()
        except FileNotFoundError:
            return None
        readable = contextlib.suppress(OSError)  # a folder that can only be read still gives what it has
        if hashlib.sha256(whole[HASH_BYTES:]).digest() != whole[:HASH_BYTES]:
            with readable:
                path.unlink(missing_ok=True)
            return None
        with readable:
            os.utime(path)
        return whole[HASH_BYTES:]


def refuse_shared(folder: Path) -> None:
    """Raise PermissionError for a folder that is another user's, or that others may write in."""
    if os.name == "nt":
        return  # a user's own folders are closed to others there
    facts = folder.stat()
    if facts.st_uid != os.getuid() or facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(
            f"{folder} belongs to another user, or others may write in it; allowed: a folder of one's own with mode "
            f"700 (set {FOLDER}=off to keep nothing)"
        )


def kept_here() -> Kept | None:
    """Return the folder that `RECURBENCH_KEPT` names, else that of the user's caches; None where it is "off".

    A folder that the user named and that cannot be used is an error. Where the one of the caches cannot be used (a
    home that cannot be written to, for example), nothing is kept, and a warning says so.
    """
    named = os.environ.get(FOLDER, "")
    if named == "off":
        return None
    if named:
        return Kept(Path(named))
    try:
        return Kept(user_caches() / "recurbench" / "kept")
    except (OSError, RuntimeError) as error:  # RuntimeError: nobody knows the home of this user
        warnings.warn(f"nothing is kept for the next page: {error} ({ADVICE})", RuntimeWarning, stacklevel=2)
        return None


def user_caches() -> Path:
    """Return where programs of this system keep what can be made again."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


@functools.cache
def code_hash() -> str:
    """Return the hash of all code and words that results are made with, and of the versions of the libraries."""
    found = hashlib.sha256(f"{platform.python_version()} {platform.machine()}".encode())
    for library in LIBRARIES:
        try:
            found.update(f"{library} {version(library)}\n".encode())
        except PackageNotFoundError:
            found.update(f"{library} absent\n".encode())
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in ENDINGS and path.is_file():
                found.update(f"{path.relative_to(ROOT)}\n".encode())
                found.update(path.read_bytes())
    return found.hexdigest()
