"""Describe the GPU for `recurbench doctor`: its name and state, the tools, and which kernel each size takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bench.measures import machine_code
from bench.run import gpu_facts as gpu

SIZES = (32, 128, 256, 512, 1024)
BATCH = 16
WIDTH = 18


def describe(facts: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    """List (what, value) about the GPU and the toolkit; `facts` are the environment's, None without a GPU."""
    if facts is None:
        yield "gpu", "none: nvidia-smi is not there, or sees none"
    else:
        yield "gpu", f"{facts['name']}, driver {facts['driver']}"
        yield (
            "gpu clocks",
            f"{_of(facts['clock_hz'], 1e6, 'MHz')} now, {_of(facts['highest_clock_hz'], 1e6, 'MHz')} most",
        )
        power = f"{_of(facts['power_w'], 1, 'W')} of {_of(facts['power_limit_w'], 1, 'W')}"
        yield "gpu power", f"{power}, {_of(facts['temperature_c'], 1, 'degrees C')}"
        yield "gpu slowed by", ", ".join(facts["slowdowns"]) or "nothing"
    yield "cuda kernels", "run here" if gpu.available() else f"do not run here: {gpu.why_not()}"
    lacking = machine_code.why_not()
    yield "cuda compiler", "ready" if lacking is None else f"not ready: {lacking}"
    yield from gpu.versions().items()
    path, release = gpu.assembler()
    yield "ptxas", f"{release or 'unknown version'} at {path}" if path else "not found"
    yield "cublas bindings", _cublas()


def _cublas() -> str:
    from cells.cuda.products import cublas

    return "yes" if cublas.available() else f"no, own kernels multiply; {cublas.INSTALL}"


def _of(value: float | None, unit: float, name: str) -> str:
    return "unknown" if value is None else f"{value / unit:.0f} {name}"


def sharing_table() -> list[str]:
    """List, as lines, which sharing the rule takes, forward / backward, on this GPU or on one of the data sheet."""
    if machine_code.why_not() is not None:
        return []
    from cells import cell_names
    from cells.cuda.device.facts import H200
    from cells.cuda.device.target import facts
    from cells.cuda.plan.rule import Workload, choose

    runs_here = gpu.available()
    chip = facts() if runs_here else H200
    source = "" if runs_here else ", by its data sheet: it is not here"
    lines = [f"kernels of training in float32, B = {BATCH}, forward / backward, on {chip.name}{source}"]
    lines.append(f"{'cell':<{WIDTH}}" + "".join(f"{f'H = {hidden}':<{WIDTH}}" for hidden in SIZES).rstrip())
    for cell in cell_names():
        line = f"{cell:<{WIDTH}}"
        for hidden in SIZES:
            works = [Workload(cell, hidden, BATCH, "float32", chip, way) for way in ("forward", "backward")]
            line += f"{' / '.join(choice.config.sharing for choice in map(choose, works)):<{WIDTH}}"
        lines.append(line.rstrip())
    return lines


def concerns(facts: Mapping[str, Any] | None) -> Iterator[str]:
    """List the reasons not to trust a time taken on the GPU now."""
    if facts is not None and facts["slowdowns"]:
        yield f"the GPU is slowed down by {', '.join(facts['slowdowns'])}: let it cool, or raise its power limit"
    if facts is not None and not facts["used"]:
        yield f"there is a GPU, and it is not measured: {facts['missing']}"
