"""Tables: derived against measured, running times, scaling exponents, worked values, parameters, CUDA.

Cells are strings: numbers written by `analysis.show`, or names of levels (`lstm`, `torch`, `training`) that the
catalogue has words for.
"""

from __future__ import annotations

import math

import pandas as pd

from analysis.claims.statistics.counted import counts
from analysis.claims.statistics.flow import state_curves
from analysis.claims.statistics.squashed import EXACT, LECTURE_X, activation_values
from analysis.claims.statistics.timed import elapsed
from analysis.result import Estimate, Table
from analysis.select import AGAIN, BACKEND_ORDER, CELL_ORDER, DIRECTION_ORDER, INITIALISER_ORDER, SIZES, ordered, sweep
from analysis.show import show, show_number
from analysis.statistics.fits import exponents, factor, slopes
from analysis.statistics.intervals import bca, generator, quartiles
from analysis.statistics.paired import block_ratios, paired_ratio
from analysis.tables.anchors import SIMULATED, anchor_table
from analysis.tables.cuda import cuda_table, published_table
from analysis.tables.gates import gate_table
from analysis.tables.grid import grid_table
from analysis.tables.horizons import horizon_table
from analysis.tables.kernels import kernel_table
from analysis.tables.sharings import sharing_table
from analysis.theory.closed_forms import AFFINE_MAPS, factor_per_step, parameters

NOTHING = "–"


def tables(frame: pd.DataFrame) -> tuple[Table, ...]:
    """Return every table that the rows suffice for."""
    makers = (
        anchor_table, horizon_table, factors, gate_table, runtime, grid_table, scaling, activations, parameter_counts,
        cuda_table, published_table, sharing_table, kernel_table,
    )  # fmt: skip
    found = [maker(frame) for maker in makers]
    return tuple(table for table in found if table is not None)


def factors(frame: pd.DataFrame) -> Table | None:
    """Factor per step: derived at zero input, reference, and measured here (mean over seeds)."""
    found = slopes(state_curves(frame))
    rng, rows = generator("factors"), []
    parts = dict(list(found.groupby(["name", "initialiser", "hidden_size"])))
    keys = [
        (name, initialiser, int(size))
        for name in ordered({key[0] for key in parts}, CELL_ORDER)
        for initialiser in ordered({key[1] for key in parts}, INITIALISER_ORDER)
        for size in sorted({key[2] for key in parts})
        if (name, initialiser, size) in parts
    ]
    for name, initialiser, size in keys:
        slope = bca(parts[name, initialiser, size]["slope10"].to_numpy(), rng, centre="mean")
        low, high = (factor(end) if math.isfinite(end) else end for end in (slope.low, slope.high))
        measured = Estimate(factor(slope.value), low, high, "1", slope.n)
        derived = factor_per_step(name, initialiser)
        reference = SIMULATED.get((name, initialiser, size))
        if derived is None and reference is None:
            continue
        numbers = (NOTHING if number is None else show_number(number, digits=3) for number in (derived, reference))
        rows.append((name, initialiser, show_number(size), *numbers, show(measured)))
    if not rows:
        return None
    columns = ("cell", "initialiser", "hidden_size", "derived", "reference", "measured")
    return Table("factors", columns, tuple(rows), {"rows": show_number(len(rows))})


def runtime(frame: pd.DataFrame) -> Table | None:
    """Median time with quartiles, and the paired ratio to this suite, along the sweep over the hidden size."""
    times = elapsed(frame)
    times = sweep(times.loc[times["backend"] != AGAIN], "hidden_size")
    if times.empty:
        return None
    rng, rows = generator("runtime-table"), []
    parts = dict(list(times.groupby(["direction", "name", "hidden_size", "backend"])))
    for direction in ordered(set(times["direction"]), DIRECTION_ORDER):
        for name in ordered(set(times["name"]), CELL_ORDER):
            for size in sorted(set(times["hidden_size"])):
                own = parts.get((direction, name, size, "cpu"))
                for backend in ordered(set(times["backend"]), BACKEND_ORDER):
                    part = parts.get((direction, name, size, backend))
                    if part is None:
                        continue
                    low, median, high = quartiles(part["value"])
                    paired = own is not None and backend != "cpu" and not block_ratios(part, own).empty
                    ratio = show(paired_ratio(part, own, rng)) if paired and own is not None else NOTHING
                    time = show(Estimate(median, low, high, "s", len(part)))
                    rows.append((direction, name, show_number(size), backend, time, ratio))
    first = times.iloc[0]
    facts = {size: show_number(float(first[size])) for size in ("seq_len", "batch_size", "input_size", "threads")}
    columns = ("direction", "cell", "hidden_size", "backend", "time", "ratio")
    return Table("runtime", columns, tuple(rows), facts | {"dtype": str(first["dtype"])})


def scaling(frame: pd.DataFrame) -> Table | None:
    """Exponent p of time ~ size^p along each sweep, median over blocks with its interval."""
    times = elapsed(frame)
    times = times.loc[times["backend"] != AGAIN]
    rng = generator("scaling")
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    for size in SIZES:
        swept = sweep(times, size)
        for key, part in swept.groupby(["direction", "name", "backend"], sort=True):
            slope = exponents(part, size)["exponent"]
            if len(slope):
                found.setdefault(key, {})[size] = show(bca(slope.to_numpy(), rng))
    if not found:
        return None
    keys = [
        (direction, name, backend)
        for direction in ordered({key[0] for key in found}, DIRECTION_ORDER)
        for name in ordered({key[1] for key in found}, CELL_ORDER)
        for backend in ordered({key[2] for key in found}, BACKEND_ORDER)
        if (direction, name, backend) in found
    ]
    rows = tuple((*key, *(found[key].get(size, NOTHING) for size in SIZES)) for key in keys)
    facts = {f"{name}_{backend}_{direction}_{size}".replace("-", "_"): text
             for (direction, name, backend), sizes in found.items() for size, text in sizes.items()}  # fmt: skip
    return Table("scaling", ("direction", "cell", "backend", *SIZES), rows, facts)


def activations(frame: pd.DataFrame) -> Table | None:
    """Tabulate the lecture's worked values: the formula, and the kernels in float64 and float32, to nine decimals."""
    rows = []
    for metric, formula in EXACT.items():
        values = {dtype: activation_values(frame, metric, dtype) for dtype in ("float64", "float32")}
        for x in LECTURE_X:
            kernels = (_nine(float(part[x])) if x in part.index else NOTHING for part in values.values())
            row = (metric, show_number(x), _nine(formula(x)), *kernels)
            if row[3] != NOTHING:
                rows.append(row)
    columns = ("activation", "x", "derived", "float64", "float32")
    return Table("activations", columns, tuple(rows)) if rows else None


def parameter_counts(frame: pd.DataFrame) -> Table | None:
    """Parameters at each size with one and two bias vectors, the formula's value, FLOPs of one step, bytes."""
    found = counts(frame)
    if "parameters_single" not in found.columns:
        return None
    found = found.loc[found["name"].isin(CELL_ORDER)].dropna(subset=["parameters_single"])
    order = {name: position for position, name in enumerate(CELL_ORDER)}
    found = found.assign(rank=found["name"].map(order))
    found = found.sort_values(["hidden_size", "input_size", "rank", "name"])
    rows = []
    for row in found.to_dict("records"):
        directions = 2 if row["name"].startswith("bi") else 1
        cell = row["name"].removeprefix("bi")
        sizes = int(row["input_size"]), int(row["hidden_size"])
        derived = parameters(cell, *sizes, directions=directions) if cell in AFFINE_MAPS else math.nan
        numbers = (derived, row["parameters_single"], row.get("parameters_double", math.nan))
        rows.append(
            (
                row["name"],
                *(show_number(size) for size in sizes),
                *(show_number(float(number)) for number in numbers),
                show_number(float(row.get("bytes_parameters", math.nan)), "B", digits=3),
            )
        )
    columns = ("cell", "input_size", "hidden_size", "derived", "parameters_single", "parameters_double", "bytes")
    return Table("parameters", columns, tuple(rows))


def _nine(value: float) -> str:
    return f"{value:.9f}".replace("-", "−")
