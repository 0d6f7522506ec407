"""The GPU as its driver describes it: who it is, how fast its clocks run, what slows it down, which tools stand by."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

FIELDS = (
    "name",
    "driver_version",
    "clocks.sm",
    "clocks.mem",
    "clocks.max.sm",
    "power.draw",
    "power.limit",
    "temperature.gpu",
)
REASONS = ("clocks_event_reasons.active", "clocks_throttle_reasons.active")  # the older name second
# nvml.h, nvmlClocksEventReasons. Not idleness (1) and clocks that somebody asked for (2, 0x100): both are no slowdown.
SLOWDOWNS = {
    0x4: "power cap",
    0x8: "hardware slowdown",
    0x10: "sync boost",
    0x20: "temperature, by software",
    0x40: "temperature, by hardware",
    0x80: "power brake",
}
PACKAGES = (
    "numba-cuda",
    "cuda-core",
    "cuda-bindings",
    "nvmath-python",
    "nvidia-cublas",
    "nvidia-cublas-cu12",
    "nvidia-cudnn-cu13",
    "nvidia-cudnn-cu12",
)
IDENTITY = ("name", "driver", "versions")
"""What makes two GPUs two environments, where kernels can run on them."""


@dataclass(frozen=True)
class Reading:
    """One answer of nvidia-smi; None for what this GPU does not tell. Clocks in Hz, power in W."""

    name: str
    driver: str
    clock_hz: float | None
    memory_clock_hz: float | None
    highest_clock_hz: float | None
    power_w: float | None
    power_limit_w: float | None
    temperature_c: float | None
    reasons: int | None

    @property
    def slowdowns(self) -> tuple[str, ...]:
        """What slows it down at this moment."""
        return tuple(text for bit, text in SLOWDOWNS.items() if (self.reasons or 0) & bit)


def parse(line: str) -> Reading:
    """A reading from one line of `nvidia-smi --query-gpu=... --format=csv,noheader,nounits`.

    Raises ValueError for another number of fields.
    """
    given = [field.strip() for field in line.split(",")]
    if len(given) != len(FIELDS) + 1:
        raise ValueError(f"nvidia-smi answered {line!r}; allowed: {len(FIELDS) + 1} fields, {', '.join(FIELDS)}, mask")
    clock, memory, highest, power, limit, temperature = map(_number, given[2:8])
    mask = int(given[8], 16) if re.fullmatch(r"0x[0-9a-fA-F]+", given[8]) else None
    return Reading(given[0], given[1], _hertz(clock), _hertz(memory), _hertz(highest), power, limit, temperature, mask)


def _number(text: str) -> float | None:
    """None for [N/A], [Not Supported] and the like."""
    try:
        return float(text)
    except ValueError:
        return None


def _hertz(megahertz: float | None) -> float | None:
    return None if megahertz is None else megahertz * 1e6


def read() -> Reading | None:
    """The first visible GPU now, or None where nvidia-smi is not there or sees none."""
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0].strip()
    which = [f"--id={first}"] if first else []
    for reasons in REASONS:
        query = ",".join((*FIELDS, reasons))
        answer = output("nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader,nounits", *which)
        if answer:
            return parse(answer.splitlines()[0])
    return None


def output(*command: str) -> str:
    """What a command prints; nothing where it is not there or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def available() -> bool:
    """Whether kernels run on a GPU here; the simulator is none."""
    return _visible() and why_not() is None


@functools.cache
def _visible() -> bool:
    """Whether nvidia-smi sees a GPU: where it does not, nothing heavy is imported to find out more."""
    return read() is not None


def why_not() -> str | None:
    """What is missing to run kernels on a GPU, with how to get it; None where nothing is."""
    from cells.cuda.device import target

    return "this is the simulator" if target.SIMULATED else target.missing()


def facts() -> dict[str, Any] | None:
    """The environment's facts about the GPU; None without one.

    `used` says whether kernels can run on it: a GPU that nothing is measured on makes no other environment.
    """
    found = read()
    if found is None:
        return None
    reason = why_not()
    told = asdict(found) | {"used": reason is None, "missing": reason, "slowdowns": list(found.slowdowns)}
    return told | {"tf32": "off", "versions": versions(), "ptxas": assembler()[1]}


def identity(told: Any) -> dict[str, Any] | None:
    """What of those facts enters the id of an environment; None where no GPU is used."""
    if not isinstance(told, Mapping) or not told.get("used"):
        return None
    return {name: told[name] for name in IDENTITY}


def versions() -> dict[str, str]:
    """Version of each package that a number from the GPU depends on; of compilers, those that made what came along."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    from cells.cuda.device import cubins

    folder = cubins.travelling()
    return found | cubins.manifest(folder).get("compilers", {}) if folder else found


def assembler() -> tuple[str | None, str | None]:
    """Path and version of ptxas, or None."""
    try:
        from cells.cuda.device.compile import find_assembler

        path = find_assembler()
    except ImportError:
        return None, None
    if path is None:
        return None, None
    release = re.search(r"V(\d+\.\d+\.\d+)", output(path, "--version"))
    return path, release[1] if release else None


def main() -> int:
    """Say which GPU kernels run on, or what is missing; 0 there is one, 2 there is none."""
    if available():
        found = read()
        print(f"GPU: {found.name}, driver {found.driver}" if found else "GPU")
        return 0
    print(f"no GPU to run on: {why_not() or 'nvidia-smi sees none'}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
