"""What a machine is and has: its GPU, the packages that matter there beside the ones that this suite is pinned to."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from bench.run.environment import ROOT, this_environment

EXTRAS = ("cuda-compile", "cuda13", "cuda12", "peers")
USES = {
    "numba": "compiling kernels, and every kernel of the CPU",
    "numba-cuda": "compiling kernels for the GPU",
    "cuda-core": "launching kernels: nothing runs without it",
    "cuda-bindings": "the driver: nothing runs without it",
    "nvmath-python": "products over all steps by cuBLAS; own kernels without it",
    "torch": "cuDNN, and the truth of large shapes",
}
"""Package to what it is for."""
CHIP = ("capability", "multiprocessors", "shared_bytes", "gpcs")
"""What a line says of a chip: which kernels the rule takes, and so which machine code is needed, depends on it."""


def this_machine() -> dict[str, Any]:
    """Gather the facts of this machine, as JSON has them; `missing` says why no kernel can run here, or is None."""
    from cells.cuda.device import compile, cubins, target

    lacking = target.missing()
    torch = next(package["found"] for package in packages() if package["package"] == "torch")
    facts: dict[str, Any] = {
        "missing": lacking,
        "simulated": target.SIMULATED,
        "chip": asdict(target.facts()) if lacking is None else None,
        "compiler": compile.missing(),
        "packages": list(packages()),
        "torch": torch is not None and not torch.endswith("+cpu"),  # a build without CUDA carries no cuDNN
        "sanitizer": find_sanitizer(),
        "environment": dict(this_environment().facts),
        "machine_code": None,
    }
    folder = cubins.travelling()
    if folder is not None:
        facts["machine_code"] = travelled(folder)
    return facts


def travelled(folder: Path) -> dict[str, Any]:
    """Say how much machine code came along, what made it, and whether it is that of these sources."""
    from cells.cuda.device import cubins

    known = cubins.manifest(folder)
    sizes = [path.stat().st_size for path in folder.glob(f"*{cubins.ENDING}")]
    return {
        "folder": str(folder),
        "kernels": len(sizes),
        "bytes": sum(sizes),
        "compilers": known.get("compilers", {}),
        "manifest": known.get("damaged", "read"),
        "of_these_sources": known.get("sources") == cubins.all_sources(),
    }


def packages() -> Iterator[dict[str, Any]]:
    """Yield of each package of `USES` the version that is there, the one that is wanted, and whether they fit."""
    wanted = requirements()
    for name, use in USES.items():
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            version = None
        want = wanted[name]
        fits = version is not None and want.specifier.contains(version, prereleases=True)
        yield {"package": name, "found": version, "wanted": str(want.specifier), "fits": fits, "used_for": use}


def requirements() -> dict[str, Requirement]:
    """Return what pyproject.toml asks of each package by name; of two toolkits the newer one's."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lists = [project["dependencies"], *(project["optional-dependencies"][extra] for extra in EXTRAS)]
    by_name: dict[str, Requirement] = {}
    for text in (text for requirements in lists for text in requirements):
        requirement = Requirement(text)
        by_name.setdefault(requirement.name, requirement)
    return by_name


def find_sanitizer() -> str | None:
    """Return the path of NVIDIA's compute-sanitizer, of the search path or of a CUDA toolkit; None without one."""
    homes = ("/usr/local/cuda/bin", "/usr/local/cuda/compute-sanitizer")
    return shutil.which("compute-sanitizer") or next(
        (path for path in (shutil.which("compute-sanitizer", path=home) for home in homes) if path), None
    )


def as_lines(facts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield lines about a machine: the GPU and its driver, each package, the machine code that came along."""
    environment = facts["environment"]
    gpu = environment.get("gpu") or {}
    chip = facts["chip"] or {}
    yield {
        "kind": "machine",
        "gpu": gpu.get("name"),
        "driver": gpu.get("driver"),
        **{name: chip.get(name) for name in CHIP},
        "cpu": environment["cpu"],
        "cores": environment["cores"],
        "python": environment["python"],
        "simulated": facts["simulated"],
        "compiler": facts["compiler"] or "ready",
        "missing": facts["missing"],
    }
    for package in facts["packages"]:
        yield {"kind": "package", **package}
    if facts["machine_code"] is not None:
        yield {"kind": "machine code", **facts["machine_code"]}


def main() -> None:
    """Print the facts as JSON."""
    print(json.dumps(this_machine(), indent=2))


if __name__ == "__main__":
    main()
