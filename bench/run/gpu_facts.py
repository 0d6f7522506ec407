"""Ask the driver about the GPU: its name, how fast its clocks run, what slows it down, which tools are installed."""

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
    """One answer of nvidia-smi; None for what this GPU does not report. Clocks in Hz, power in W."""

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
        """Name what slows the GPU down at this moment."""
        return tuple(text for bit, text in SLOWDOWNS.items() if (self.reasons or 0) & bit)


def parse(line: str) -> Reading:
    """Parse one line of `nvidia-smi --query-gpu=... --format=csv,noheader,nounits`.

    Raises ValueError for another number of fields.
    """
    values = [field.strip() for field in line.split(",")]
    if len(values) != len(FIELDS) + 1:
        raise ValueError(f"nvidia-smi answered {line!r}; allowed: {len(FIELDS) + 1} fields, {', '.join(FIELDS)}, mask")
    clock, memory, highest, power, limit, temperature = map(_number, values[2:8])
    mask = int(values[8], 16) if re.fullmatch(r"0x[0-9a-fA-F]+", values[8]) else None
    return Reading(
        values[0], values[1], _hertz(clock), _hertz(memory), _hertz(highest), power, limit, temperature, mask
    )


def _number(text: str) -> float | None:
    """Parse a number; None for [N/A], [Not Supported] and the like."""
    try:
        return float(text)
    except ValueError:
        return None


def _hertz(megahertz: float | None) -> float | None:
    return None if megahertz is None else megahertz * 1e6


def read() -> Reading | None:
    """Read the first visible GPU now; None where nvidia-smi is not installed or sees none."""
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0].strip()
    which = [f"--id={first}"] if first else []
    for reasons in REASONS:
        query = ",".join((*FIELDS, reasons))
        answer = output("nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader,nounits", *which)
        if answer:
            return parse(answer.splitlines()[0])
    return None


def output(*command: str) -> str:
    """Return what a command prints; the empty text where it is not installed or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def available() -> bool:
    """Say whether kernels run on a GPU of this machine; the simulator is none."""
    return _visible() and why_not() is None


@functools.cache
def _visible() -> bool:
    """Say whether nvidia-smi sees a GPU: where it does not, nothing heavy is imported to find out more."""
    return read() is not None


def why_not() -> str | None:
    """Say what is missing to run kernels on a GPU, with how to get it; None where nothing is."""
    from cells.cuda.device import target

    return "this is the simulator" if target.SIMULATED else target.missing()


def lacking() -> str | None:
    """Say what this machine lacks to have something measured on its GPU; None where it lacks nothing."""
    return None if available() else why_not() or "nvidia-smi sees no GPU"


def facts() -> dict[str, Any] | None:
    """Collect the environment's facts about the GPU; None without one.

    `used` says whether kernels can run on it: a GPU that nothing is measured on makes no other environment.
    """
    reading = read()
    if reading is None:
        return None
    reason = why_not()
    described = asdict(reading) | {"used": reason is None, "missing": reason, "slowdowns": list(reading.slowdowns)}
    return described | {"tf32": "off", "versions": versions(), "ptxas": assembler()[1]}


def identity(facts: Any) -> dict[str, Any] | None:
    """Select the facts that enter the id of an environment; None where no GPU is used."""
    if not isinstance(facts, Mapping) or not facts.get("used"):
        return None
    return {name: facts[name] for name in IDENTITY}


def versions() -> dict[str, str]:
    """List the version of each package that a number from the GPU depends on.

    Where machine code came along, its manifest has the versions of the compilers.
    """
    installed = {}
    for package in PACKAGES:
        try:
            installed[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    from cells.cuda.device import cubins

    folder = cubins.travelling()
    return installed | cubins.manifest(folder).get("compilers", {}) if folder else installed


def assembler() -> tuple[str | None, str | None]:
    """Find ptxas: its path and version, each None where it is not known."""
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
        reading = read()
        print(f"GPU: {reading.name}, driver {reading.driver}" if reading else "GPU")
        return 0
    print(f"no GPU to run on: {lacking()}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
