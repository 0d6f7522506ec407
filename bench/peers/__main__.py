"""`python -m bench.peers`: this suite against PyTorch and ONNX Runtime over a grid of shapes, as a table.

Every implementation is validated against float64, then timed in shuffled blocks. The rows go to the store, where the
page finds them; the table is made from what the store holds for this machine and this code.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from bench.case import Case, case_from
from bench.cli import STORE
from bench.contenders.registry import installed_peers
from bench.run.environment import code_version, this_environment
from bench.run.plan import blocks_of
from bench.run.progress import progress_bar
from bench.run.runner import run
from bench.run.store import Store
from bench.studies.registry import find_studies
from bench.studies.timed import GRID, GRID_CELLS, grid_of, peak_of, thread_counts
from bench.study import Item

Times = dict[Case, dict[int, float]]
"""Case to block to the median of its samples, in seconds."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what the store does not have, print the table; 0 done, 1 something failed, 2 wrong use."""
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description="This suite and its peers on a grid.")
    parser.add_argument("--blocks", type=int, default=7, help="blocks; every block measures the whole grid (default 7)")
    parser.add_argument("--threads", type=int, nargs="+", default=list(thread_counts()), help="default: all, and one")
    parser.add_argument("--cell", nargs="+", choices=GRID_CELLS, default=list(GRID_CELLS), help="default: all three")
    parser.add_argument("--store", type=Path, default=STORE, help=f"the store (default {STORE})")
    arguments = parser.parse_args(argv)
    if arguments.blocks < 1 or min(arguments.threads) < 1:
        parser.error("--blocks and --threads are at least 1")
    if not installed_peers():
        print("no peer is installed; `make peers` or `pip install -e .[peers]` gets them", file=sys.stderr)
        return 2
    (grid,), (peak,) = find_studies(["grid"]), find_studies(["peak"])
    cases, peaks = grid_of(arguments.threads, arguments.cell), peak_of(arguments.threads)
    items: list[Item] = blocks_of(peak, peaks, arguments.blocks) + blocks_of(grid, cases, arguments.blocks)
    store = Store(arguments.store)
    outcome = run(items, store, None, progress_bar)
    for label, reason in outcome.failed:
        print(f"failed: {label}: {reason}", file=sys.stderr)
    times, flops, rates = _read(store, {item.case for item in items})
    print("\n".join(table(times, flops, rates)))
    return 1 if outcome.failed else 0


def _read(store: Store, wanted: set[Case]) -> tuple[Times, dict[Case, float], dict[tuple[str, int], float]]:
    environment, version = this_environment().id, code_version()
    samples: dict[Case, dict[int, list[float]]] = {}
    flops: dict[Case, float] = {}
    rates: dict[tuple[str, int], list[float]] = {}
    frame = store.frame()
    here = (frame["environment"] == environment) & (frame["code_version"] == version) & (frame["status"] == "ok")
    for row in frame.loc[here & frame["study"].isin(["grid", "peak"])].to_dict("records"):
        case = case_from(row)
        if case not in wanted:
            continue
        if row["metric"] == "elapsed_s":
            samples.setdefault(case, {}).setdefault(row["block"], []).append(row["value"])
        elif row["metric"].startswith("flops_"):
            flops[case] = row["value"]
        elif row["metric"] == "multiply_add_rate":
            rates.setdefault((case.dtype, case.threads), []).append(row["value"])
    times = {
        case: {block: statistics.median(values) for block, values in blocks.items()} for case, blocks in samples.items()
    }
    return times, flops, {key: max(values) for key, values in rates.items()}


def _quartiles(values: Iterable[float]) -> tuple[float, float, float]:
    low, middle, high = np.percentile(list(values), (25, 50, 75))
    return float(low), float(middle), float(high)


def _ratio(one: dict[int, float], other: dict[int, float]) -> float:
    """Median over blocks of the paired ratio of times."""
    return statistics.median([one[block] / other[block] for block in one.keys() & other.keys()])


def table(times: Times, flops: dict[Case, float], rates: dict[tuple[str, int], float]) -> list[str]:
    """Lines: each point of the grid with times, quartiles, ratio and share of the peak; then means and worst points."""
    head = f"{'T, B, I, H':<19}{'cell':<6}{'threads':>7}  {'direction':<10}{'own ms [quartiles]':>28}{'A/A':>7}"
    lines = [head + f"{'PyTorch ms':>12}{'ONNX Runtime ms':>17}{'ratio':>8}{'peak':>7}"]
    ratios: dict[tuple[str, int], list[tuple[float, str]]] = {}
    for case in sorted(times, key=_grid_order):
        own = times[case]
        if case.backend != "cpu":
            continue
        peers = {
            name: times[other]
            for other in times
            if (name := other.backend) in ("torch", "onnxruntime")
            and _same_work(case, other)
            and own.keys() & times[other].keys()
        }
        again = next((times[other] for other in times if other.backend == "cpu-again" and _same_work(case, other)), {})
        low, middle, high = _quartiles(own.values())
        text = f"{case.seq_len}, {case.batch_size}, {case.input_size}, {case.hidden_size}"
        line = f"{text:<19}{case.cell:<6}{case.threads:>7}  {case.direction:<10}"
        line += f"{f'{middle * 1e3:.3f} [{low * 1e3:.3f}, {high * 1e3:.3f}]':>28}"
        line += f"{_ratio(again, own):>7.2f}" if again else " " * 7
        for name, width in (("torch", 12), ("onnxruntime", 17)):
            there = f"{statistics.median(peers[name].values()) * 1e3:.3f}" if name in peers else "-"
            line += f"{there:>{width}}"
        if peers:
            ratio = min(_ratio(peer, own) for peer in peers.values())
            where = f"{case.cell} {text} with {case.threads} threads, {case.direction}"
            ratios.setdefault((case.direction, case.threads), []).append((ratio, where))
            line += f"{ratio:>8.2f}"
        rate = rates.get((case.dtype, case.threads))
        line += f"{flops[case] / middle / rate:>7.0%}" if rate and case in flops else ""
        lines.append(line)
    lines.append("peak: " + "; ".join(f"{d}, {n} threads {r / 1e9:.1f} GFLOP/s" for (d, n), r in sorted(rates.items())))
    summary = []
    for (direction, threads), found in sorted(ratios.items()):
        mean = math.exp(statistics.fmean(math.log(ratio) for ratio, _ in found))
        worst, where = min(found)
        summary.append(f"{direction}, {threads} threads: geometric mean {mean:.2f}, worst {worst:.2f} ({where})")
    return [*lines, "time of the fastest peer over ours: " + "; ".join(summary)]


def _grid_order(case: Case) -> tuple[int, int, str, str]:
    point = (case.seq_len, case.batch_size, case.input_size, case.hidden_size)
    return -case.threads, GRID.index(point), case.cell, case.direction


def _same_work(one: Case, other: Case) -> bool:
    names = ("cell", "direction", "seq_len", "batch_size", "input_size", "hidden_size", "dtype", "threads", "merge")
    return all(getattr(one, name) == getattr(other, name) for name in names)


if __name__ == "__main__":
    sys.exit(main())
