"""The machine and the versions: what a measured number cannot be read without."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.run import gpu_facts as gpu

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("numba", "llvmlite", "numpy", "pandas", "scipy", "pytest-benchmark", "torch", "onnxruntime")
IDENTITY = ("cpu", "cores", "architecture", "os", "python", "versions")


@dataclass(frozen=True)
class Environment:
    """Facts about where a run happened. `id` names machine and versions; load and time do not enter it.

    A GPU and its driver enter it only where kernels can run on it.
    """

    facts: Mapping[str, Any]

    @property
    def id(self) -> str:
        """12 hex digits over the facts in IDENTITY: rows of two machines or two versions never mix."""
        stable = {name: self.facts[name] for name in IDENTITY}
        used = gpu.identity(self.facts.get("gpu"))
        text = json.dumps(stable if used is None else stable | {"gpu": used}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def this_environment() -> Environment:
    """Describe the environment of this process, now, and what its cells are, for readers without `cells`."""
    from cells.registry import cell_meanings

    return Environment(
        {
            "cpu": cpu_name(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "architecture": platform.machine(),
            "os": f"{platform.system()} {platform.release().split('-')[0]}",
            "memory_gib": memory_gib(),
            "governor": governor(),
            "load_average": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
            "python": platform.python_version(),
            "versions": versions(),
            "commit": git_commit(),
            "gpu": gpu.facts(),
            "cells": cell_meanings(),
        }
    )


def versions() -> dict[str, str]:
    """Installed version of each package that a number depends on; a peer that is not installed has none."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def cpu_name() -> str:
    """Model name of the CPU."""
    info = Path("/proc/cpuinfo")
    text = info.read_text() if info.exists() else ""
    found = dict(re.findall(r"^(model name|cpu family|model)\s*:\s*(.+?)\s*$", text, re.M))
    if "model name" in found:
        family = f" (family {found['cpu family']} model {found['model']})" if "cpu family" in found else ""
        return str(found["model name"]) + family
    if sys.platform == "darwin":
        return _output("sysctl", "-n", "machdep.cpu.brand_string") or platform.processor()
    return platform.processor() or platform.machine()


def memory_gib() -> float | None:
    """Physical memory in GiB."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)


def governor() -> str | None:
    """CPU frequency governor, where the system tells."""
    path = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    return path.read_text().strip() if path.exists() else None


def git_commit() -> str | None:
    """Commit of the checkout, with "+" where files differ from it; None outside a checkout."""
    commit = _output("git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD")
    if not commit:
        return None
    return commit + ("+" if _output("git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no") else "")


def _output(*command: str) -> str:
    lines = gpu.output(*command).splitlines()
    return lines[0] if lines else ""
