"""`python -m bench.kernels`: what the kernels promise besides their speed, measured as a table.

How time grows with the length of the sequence; what keeping every state and gate costs over inference; float32 over
float64; one thread over all; a whole gradient profile over a pass forward and back, and a whole Lyapunov spectrum; and
what a user waits for in a fresh process, before and after the kernels are on disk.
Ratios are medians over blocks in which both sides are timed one after the other.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from bench.case import Case
from bench.measures import first_call as compiling
from bench.studies.axes import PEER_CELLS as GRID_CELLS
from bench.studies.grid import POINTS as GRID
from cells import Layer, cell_names, get_threads, gradient_profile, lyapunov_spectrum, using_threads

LENGTHS = (64, 256, 1024, 4096, 16384)
SAMPLE_S = 5e-3


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; 0, or 2 for wrong use."""
    parser = argparse.ArgumentParser(prog="python -m bench.kernels", description="What the kernels promise, measured.")
    parser.add_argument("--blocks", type=int, default=9, help="blocks of every ratio (default 9)")
    parser.add_argument(
        "--only", choices=("growth", "ratios", "gradients", "first-calls"), help="one part of the table"
    )
    blocks = parser.parse_args(argv).blocks
    if blocks < 2:
        parser.error("--blocks is at least 2")
    wanted = parser.parse_args(argv).only
    sections = {"growth": growth, "ratios": ratios, "gradients": gradients, "first-calls": first_calls}
    for name, section in sections.items():
        for line in section(blocks) if wanted in (None, name) else ():
            print(line, flush=True)
    return 0


def growth(blocks: int) -> Iterator[str]:
    """Exponent of time in T: least squares of log time on log T, for each block of lengths in turn."""
    yield f"exponent of time in T, {LENGTHS[0]} to {LENGTHS[-1]}, B = 4, H = 64, one thread: median [smallest, largest]"
    for cell in GRID_CELLS:
        with using_threads(1):
            layer = Layer(cell, 64, 64, rng=np.random.default_rng(0))
            found: dict[str, list[float]] = {"inference": [], "training": []}
            for _ in range(blocks):
                for direction, exponents in found.items():
                    times = [_sample(_call(layer, steps, 4, direction)) for steps in LENGTHS]
                    exponents.append(float(np.polyfit(np.log(LENGTHS), np.log(times), 1)[0]))
        text = ", ".join(f"{name} {_spread(values)}" for name, values in found.items())
        yield f"  {cell:<6}{text}"


def ratios(blocks: int) -> Iterator[str]:
    """Measure the grid, ratios of times: forward over inference, float32 over float64, one thread over all."""
    most = get_threads()
    yield f"ratios of times over the grid, median [smallest, largest] of {blocks} blocks"
    heads = (
        "forward / inference",
        "float32 / float64",
        f"1 / {most} threads, inference",
        f"1 / {most} threads, training",
    )
    yield f"{'T, B, I, H':<20}{'cell':<6}" + "".join(f"{head:>27}" for head in heads)
    for (steps, batch, inputs, hidden), cell in itertools.product(GRID, GRID_CELLS):
        single, double = (
            Layer(cell, inputs, hidden, dtype=dtype, rng=np.random.default_rng(0)) for dtype in ("float32", "float64")
        )
        infer, train = _call(single, steps, batch, "inference"), _call(single, steps, batch, "training")
        found = [
            _paired(_call(single, steps, batch, "forward"), infer, blocks),
            _paired(infer, _call(double, steps, batch, "inference"), blocks),
            *(_paired(_with_one_thread(call), call, blocks) for call in (infer, train)),
        ]
        point = f"{steps}, {batch}, {inputs}, {hidden}"
        yield f"{point:<20}{cell:<6}" + "".join(f"{_spread(values):>27}" for values in found)


def gradients(blocks: int) -> Iterator[str]:
    """Time a gradient profile (all lags, all states, log scale) over a plain pass, and a full Lyapunov spectrum."""
    yield "a gradient profile over forward and backward, T, B, I, H = 500, 16, 128, 128"
    rng = np.random.default_rng(1)
    for cell in GRID_CELLS:
        layer = Layer(cell, 128, 128, rng=rng)
        x = rng.standard_normal((500, 16, 128)).astype(layer.dtype)
        d_last = rng.standard_normal((16, 128)).astype(layer.dtype)
        found = _paired(
            functools.partial(gradient_profile, layer, x, d_last), _call(layer, 500, 16, "training"), blocks
        )
        yield f"  {cell:<6}{_spread(found):>27}"
    yield "a Lyapunov spectrum, H = 256, 1000 steps after a burn-in of 300, float64, seconds"
    for cell in GRID_CELLS:
        layer, x = Layer(cell, 32, 256, dtype="float64", rng=rng), rng.standard_normal((1300, 1, 32))
        layer.forward(x[:2])  # compiled before the clock starts
        times = []
        for _ in range(min(blocks, 3)):
            start = time.perf_counter()
            lyapunov_spectrum(layer, x)
            times.append(time.perf_counter() - start)
        yield f"  {cell:<6}{_spread(times):>27}"


def first_calls(blocks: int) -> Iterator[str]:
    """Seconds until the first training step of a fresh process: nothing on disk, then everything."""
    yield "first training step of a fresh process, seconds with imports: kernels compiled / found on disk"
    for cell in cell_names():
        for dtype in ("float32", "float64"):
            case = Case(study="compile", cell=cell, direction="training", dtype=dtype, hidden_size=16, input_size=8)
            cold, warm = (row.value for row in compiling.measure(case, 0, 1))
            yield f"  {cell:<18}{dtype:<9}{cold:>7.1f} /{warm:>6.2f}"


def _call(layer: Layer, steps: int, batch: int, direction: str) -> Callable[[], object]:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((steps, batch, layer.input_size)).astype(layer.dtype)
    if direction == "inference":
        return lambda: layer(x)
    if direction == "forward":
        return lambda: layer.forward(x)
    d_output = rng.standard_normal((steps, batch, layer.hidden_size)).astype(layer.dtype)
    return lambda: layer.forward(x).backward(d_output)


def _with_one_thread(call: Callable[[], object]) -> Callable[[], object]:
    def alone() -> object:
        with using_threads(1):
            return call()

    return alone


def _sample(call: Callable[[], object]) -> float:
    """Seconds of one call, the mean of as many as fill `SAMPLE_S`, after one that is not counted."""
    call()
    start, calls, elapsed = time.perf_counter(), 0, 0.0
    while elapsed < SAMPLE_S:
        call()
        calls, elapsed = calls + 1, time.perf_counter() - start
    return elapsed / calls


def _paired(one: Callable[[], object], other: Callable[[], object], blocks: int) -> list[float]:
    return [_sample(one) / _sample(other) for _ in range(blocks)]


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.3f} [{min(values):.3f}, {max(values):.3f}]"


if __name__ == "__main__":
    sys.exit(main())
