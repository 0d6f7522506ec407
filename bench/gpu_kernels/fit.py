"""The constants of the rule that chooses CUDA kernels, fitted to measured steps.

`python -m bench.gpu_kernels --fit ROWS` reads rows of the study "sharings", where every sharing that fits was forced,
and prints what the estimate says of each step before and after the fit, and what the rule loses by its choices.

The rows must come from the rule as it is: which configuration was measured is not in them, only its sharing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.case import CASE_COLUMNS
from bench.former import renewed
from bench.names import unknown
from bench.rows import COLUMNS
from bench.run.store import Store
from cells.cuda.device.facts import A100, H200, Facts
from cells.cuda.plan import costs as costs_file
from cells.cuda.plan.costs import NAMES, Costs, Terms
from cells.cuda.plan.rule import Choice, Workload, choose, terms

if TYPE_CHECKING:
    import pandas as pd

STUDY = "sharings"
BACKEND = "cuda"
WAYS = {"kernel_forward_s": "forward", "kernel_backward_s": "backward"}  # metric to the way of its kernel
EXPORTS = ("measurements.csv", "measurements.csv.gz")
ENVIRONMENT = "environment.json"
SHEETS = {"H100": H200, "H200": H200, "A100": A100}
OTHERS = ("H100 PCIe",)  # a part of a name in SHEETS, and fewer multiprocessors
HELD = ("clock",)  # every other constant is in cycles of it, so that no row tells it from them
FITTED = tuple(name for name in NAMES if name not in HELD)
# How far a residual of log time is taken at its word: of a row, as the formula is simple; of a constant from its value
# before, which is all there is where rows tell a sum of constants and not each.
ROW_WIDTH = np.log(1.05)
CONSTANT_WIDTH = np.log(10)
INFORMED = 1e-3  # change of log time, in any row, by that of a constant's logarithm
SIGMAS = 1.4826  # standard deviations of a normal distribution in its median absolute deviation
DIGITS = 4  # of a fitted value


@dataclass(frozen=True)
class Point:
    """A measured step of one kernel, with the configuration that ran. variant: the forced sharing, or "-"."""

    cell: str
    hidden: int
    batch: int
    dtype: str
    direction: str
    way: str
    variant: str
    seq_len: int
    measured_s: float
    choice: Choice
    terms: Terms

    def predicted_s(self, costs: Costs) -> float:
        """Return the seconds of a step by the estimate."""
        return self.terms.cycles(costs) / costs.clock

    @property
    def kernel(self) -> tuple[str, int, int, str, str, str, int]:
        """What the rule is asked: all but the sharing."""
        return self.cell, self.hidden, self.batch, self.dtype, self.direction, self.way, self.seq_len


@dataclass(frozen=True)
class Fit:
    """What a fit found. factors: of each constant that rows inform, one standard deviation as a factor."""

    before: Costs
    after: Costs
    factors: Mapping[str, float]
    points: tuple[Point, ...]
    facts: Facts
    day: str

    @property
    def origin(self) -> str:
        """What the file says of a fitted constant."""
        return f"fitted: {self.facts.name}, {self.day}, {len(self.points)} steps"

    @property
    def values(self) -> dict[str, float]:
        """The constants that rows inform, fitted."""
        return {name: getattr(self.after, name) for name in self.factors}


def fit(frame: pd.DataFrame, facts: Facts, costs: Costs) -> Fit:
    """Constants that explain the measured steps of a tidy frame, all on one GPU, best in log time.

    Residuals are robust, and every constant stays near its value as far as rows do not say otherwise. One that changes
    no row's time is left alone.
    """
    from scipy.optimize import least_squares

    frame = measured(frame)
    points = _points(frame, facts, costs)
    start = np.log([getattr(costs, name) for name in FITTED])
    target = np.log([point.measured_s for point in points])

    def at(logs: Any) -> Costs:
        return replace(costs, **dict(zip(FITTED, map(float, np.exp(logs)), strict=True)))

    def residuals(logs: Any) -> Any:
        now = at(logs)
        rows = np.log([point.predicted_s(now) for point in points]) - target
        return np.concatenate([rows / ROW_WIDTH, (logs - start) / CONSTANT_WIDTH])

    found = least_squares(residuals, start, loss="soft_l1", x_scale=1.0)
    slopes = [_slopes(points, at, logs) for logs in (start, found.x)]
    told = (np.abs(np.stack(slopes)) > INFORMED).any(axis=(0, 1))
    values = {name: _rounded(np.exp(log)) for name, log, tells in zip(FITTED, found.x, told, strict=True) if tells}
    off = float(np.median(np.abs(residuals(found.x)[: len(points)]))) * ROW_WIDTH
    spread = max(SIGMAS * off, ROW_WIDTH)  # a fit better than that is the rows' luck
    inverse = np.linalg.inv(slopes[1].T @ slopes[1] / spread**2 + np.eye(len(FITTED)) / CONSTANT_WIDTH**2)
    factors = {
        name: float(np.exp(np.sqrt(variance)))
        for name, variance in zip(FITTED, np.diag(inverse), strict=True)
        if name in values
    }
    return Fit(costs, replace(costs, **values), factors, points, facts, str(frame["measured_at"].max())[:10])


def _slopes(points: tuple[Point, ...], at: Any, logs: Any, width: float = 1e-4) -> Any:
    """(points, constants): change of log time by that of each constant's logarithm, to both sides: there are kinks."""
    columns = []
    for place in np.eye(len(logs)) * width:
        sides = [np.log([point.predicted_s(at(logs + side)) for point in points]) for side in (place, -place)]
        columns.append((sides[0] - sides[1]) / (2 * width))
    return np.stack(columns, axis=1)


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def measured(frame: pd.DataFrame) -> pd.DataFrame:
    """Select the rows that a fit uses, of the code that measured each case last; ValueError where there are none."""
    frame = renewed(frame)
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise ValueError(f"rows lack the columns {', '.join(missing)}; allowed: a tidy frame with {', '.join(COLUMNS)}")
    used = frame[
        (frame["study"] == STUDY)
        & (frame["backend"] == BACKEND)
        & (frame["merge"] == "none")
        & frame["metric"].isin(list(WAYS))
        & (frame["status"] == "ok")
    ]
    if used.empty:
        raise ValueError(
            f"no row to fit among {len(frame)}, of the studies {_told(frame['study'])} with the metrics"
            f" {_told(frame['metric'])}; needed: study {STUDY}, backend {BACKEND}, metric {' or '.join(WAYS)},"
            " status ok"
        )
    if not (used["value"] > 0).all():
        raise ValueError(f"a kernel took {used['value'].min()} s; allowed: more than 0")
    case = [*CASE_COLUMNS, "environment"]
    newest = used.sort_values("measured_at", kind="stable").drop_duplicates(case, keep="last")
    return used.merge(newest[[*case, "code_version"]], on=[*case, "code_version"])


def _told(column: Any) -> str:
    return ", ".join(sorted(map(str, column.unique()))) or "none"


def _points(frame: pd.DataFrame, facts: Facts, costs: Costs) -> tuple[Point, ...]:
    """One for each kernel, sharing and length: the median over blocks and replicates."""
    keys = ["cell", "hidden_size", "batch_size", "dtype", "direction", "metric", "variant", "seq_len"]
    points = []
    for (cell, hidden, batch, dtype, direction, metric, variant, length), value in (
        frame.groupby(keys)["value"].median().items()
    ):
        sharing = None if variant == "-" else variant
        way = WAYS[metric]
        work = Workload(cell, int(hidden), int(batch), dtype, facts, way, keep=direction == "training")
        choice = choose(work, sharing=sharing, costs=costs)
        parts = terms(choice.config, int(batch), choice.groups, choice.rows, facts)
        of_case = (cell, int(hidden), int(batch), dtype, direction, way, variant, int(length))
        points.append(Point(*of_case, value / length, choice, parts))
    return tuple(points)


def read_rows(path: str | Path) -> tuple[pd.DataFrame, dict[str, dict[str, Any]]]:
    """Rows, and facts by environment: of a store (*.sqlite), or of an exported folder."""
    import pandas as pd

    path = Path(path)
    allowed = f"a store (*.sqlite), or an exported folder with {' or '.join(EXPORTS)} and {ENVIRONMENT}"
    if not path.exists():
        raise FileNotFoundError(f"no rows at {path}; allowed: {allowed}")
    if path.is_file():
        if path.suffix != ".sqlite":
            raise ValueError(f"{path} has an unknown format; allowed: {allowed}")
        store = Store(path)
        return store.frame(), store.environments()
    table = next((path / name for name in EXPORTS if (path / name).exists()), None)
    if table is None or not (path / ENVIRONMENT).exists():
        raise FileNotFoundError(f"{path} is no export; allowed: {allowed}")
    try:
        frame = pd.read_csv(table, keep_default_na=False, na_values={"value": [""]}, dtype={"code_version": str})
        return frame, json.loads((path / ENVIRONMENT).read_text(encoding="utf-8"))
    except (EOFError, OSError, ValueError) as error:  # ValueError: pandas' and json's own are kinds of it
        raise ValueError(f"{path} is damaged: {error}; export it again") from error


def of_one_gpu(
    frame: pd.DataFrame, environments: Mapping[str, Mapping[str, Any]], gpu: str | None = None
) -> tuple[pd.DataFrame, Facts]:
    """Select the rows of the one GPU there is, or of the one named `gpu`; return its data sheet, too."""
    frame = measured(frame)
    names = {id_: _gpu_name(id_, environments) for id_ in frame["environment"].unique()}
    known = sorted(set(names.values()))
    if gpu is None and len(known) > 1:
        raise ValueError(f"rows of more than one GPU: {', '.join(known)}; choose one with --gpu NAME")
    if gpu is not None and gpu not in known:
        raise ValueError(unknown("GPU", gpu, known, "the rows are of"))
    chosen = gpu or known[0]
    return frame[frame["environment"].map(names) == chosen], facts_of(chosen)


def _gpu_name(id_: str, environments: Mapping[str, Mapping[str, Any]]) -> str:
    told = environments.get(id_, {}).get("gpu")
    if not isinstance(told, Mapping) or not told.get("name"):
        raise ValueError(f"environment {id_} names no GPU; needed: its facts with gpu.name")
    return str(told["name"])


def facts_of(name: str) -> Facts:
    """Return the data sheet of a GPU by the driver's name for it; ValueError where none is known."""
    sheet = next((facts for part, facts in SHEETS.items() if part in name), None)
    if sheet is None or any(other in name for other in OTHERS):
        raise ValueError(f"no data sheet of {name!r}; known: {', '.join(SHEETS)}, except {', '.join(OTHERS)}")
    return replace(sheet, name=name)


def fit_rows(path: str | Path, gpu: str | None = None, costs_path: Path = costs_file.FILE) -> Fit:
    """Fit the rows at `path` to the constants in a file."""
    frame, facts = of_one_gpu(*read_rows(path), gpu)
    return fit(frame, facts, costs_file.load(costs_path))
