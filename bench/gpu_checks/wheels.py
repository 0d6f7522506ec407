"""Wheels that have to travel to a machine which nothing reaches: fetched into a folder, listed with their sizes."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

PACKAGES = ("cuda-core", "cuda-bindings", "cuda-pathfinder", "nvmath-python")
"""What launches kernels, and cuBLAS for products over all steps. No compiler: machine code that travels needs none."""
PYTHON = "3.12"
GLIBC = (39, 35, 34, 31, 28, 27, 24, 17)  # pip takes a platform by its very number
PLATFORMS = (*(f"manylinux_2_{minor}_x86_64" for minor in GLIBC), "manylinux2014_x86_64")


class Wheel(NamedTuple):
    """A file and its size."""

    name: str
    size: int


def pins() -> list[str]:
    """Return `NAME==VERSION` of what is installed of each package; one that is not is left to its newest version."""
    pinned = []
    for name in PACKAGES:
        try:
            pinned.append(f"{name}=={metadata.version(name)}")
        except metadata.PackageNotFoundError:
            pinned.append(name)
    return pinned


def fetch(folder: Path, python: str = PYTHON) -> list[Wheel]:
    """Fetch the wheels for that Python on 64-bit Linux; RuntimeError with pip's words where one is not to be had."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", "--implementation", "cp", "--python-version", python, "--dest", str(folder)]
    for platform in PLATFORMS:
        command += ["--platform", platform]
    done = subprocess.run([*command, *pins()], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"pip could not fetch {', '.join(pins())}: {done.stderr.strip()}")
    return sorted(Wheel(path.name, path.stat().st_size) for path in folder.glob("*.whl"))


def listing(wheels: list[Wheel]) -> list[str]:
    """Return a line for each wheel, and one for their sum."""
    lines = [f"{wheel.size / 2**20:8.2f} MiB  {wheel.name}" for wheel in wheels]
    return [*lines, f"{sum(wheel.size for wheel in wheels) / 2**20:8.2f} MiB  together"]
