"""Times: per point the ratio B / A; the factors that all points share; what stands out from them beyond the noise."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from analysis.comparison.matching import POINT
from analysis.comparison.noise import GROUP, OWN, between_runs
from analysis.comparison.values import Factor, Machines, Noise, Times
from analysis.result import Estimate
from analysis.statistics.intervals import CONFIDENCE, FEWEST, exponential
from analysis.statistics.unpaired import two_sided

KEY = ["point", "metric", "step"]
TWIN = [name for name in POINT if name != "backend"]
"""What implementations that do the same work have in common."""
SHARED = [name for name in POINT if name not in ("cell", "merge")]
"""What cells that are compared with each other have in common."""


def compare_times(rows: pd.DataFrame, machines: Machines) -> tuple[Times, ...]:
    """Compare the times of every study that both runs have points of.

    Parameters
    ----------
    rows
        `Matched.times`.
    machines
        Says whose code is the same on both sides.

    """
    found = []
    for (study, unit), part in rows.groupby(["study", "unit"], sort=True):
        points = point_ratios(part)
        if not points.empty:
            found.append(_times(str(study), str(unit), points, machines))
    return tuple(found)


def point_ratios(rows: pd.DataFrame) -> pd.DataFrame:
    """Divide the times of two runs point by point: medians of blocks, averaged geometrically over the blocks.

    Returns
    -------
    DataFrame
        A row per case, metric and step of both runs: the columns of a case without its seed, `name` (the cell, of two
        directions "bi" and the cell), `twin`, `log` of the ratio B over A, `within`, its variance by the blocks after
        what all points of a block have in common is taken out, and `value_a`, `value_b`: the geometric means.

    """
    blocks = rows.groupby(["run", *KEY, "block"], sort=True)["value"].median().map(math.log).reset_index()
    keys = ["run", *KEY]
    left = blocks["value"] - blocks.groupby(keys)["value"].transform("mean")
    blocks["left"] = left - left.groupby([blocks["run"], blocks["block"]]).transform("mean")
    blocks["squared"] = blocks["left"] ** 2
    sums = blocks.groupby(keys).agg(log=("value", "mean"), squares=("squared", "sum"), n=("value", "size"))
    with np.errstate(invalid="ignore", divide="ignore"):
        sums["within"] = (sums["squares"] / (sums["n"] - 1) / sums["n"]).where(sums["n"] > 1)
    present = set(sums.index.get_level_values("run"))
    if present != {"a", "b"}:
        return pd.DataFrame()
    a, b = (sums.xs(run, level="run") for run in "ab")
    both = a.merge(b, left_index=True, right_index=True, suffixes=("_a", "_b")).reset_index()
    cases = rows.drop_duplicates("point").set_index("point")[POINT]
    found = both[KEY].join(cases, on="point")
    found["log"] = both["log_b"] - both["log_a"]
    within = both["within_a"] + both["within_b"]
    found["within"] = within.fillna(within.mean() if within.notna().any() else 0.0)
    found["value_a"], found["value_b"] = np.exp(both["log_a"]), np.exp(both["log_b"])
    found["blocks_a"], found["blocks_b"] = both["n_a"], both["n_b"]
    found["name"] = found["cell"].where(found["merge"] == "none", "bi" + found["cell"])
    found["twin"] = found.groupby([*TWIN, "metric", "step"], sort=False).ngroup()
    return found


def _times(study: str, unit: str, points: pd.DataFrame, machines: Machines) -> Times:
    noise, freedom = between_runs(points, machines.peers)
    variance = noise.between**2 + np.maximum(points["within"].to_numpy(), noise.within**2)
    groups = points.groupby(GROUP)["log"]
    middle, size = groups.transform("median"), groups.transform("size")
    over = points["log"] - middle
    judged = points["backend"].isin(OWN) & (noise.source != "none") & (size >= FEWEST)
    error = np.sqrt(variance)
    # Of few blocks the tails are heavy, as where a core is slow for a whole block: no more freedom than they have.
    free = np.clip(points["blocks_a"] + points["blocks_b"] - 2, 1, max(freedom, 1))
    p = pd.Series(two_sided(over / (error * np.sqrt(_from_median(size))), free), index=points.index)
    reach = special.stdtrit(free, 0.5 + CONFIDENCE / 2) * error
    reach = np.where(judged, reach, math.inf)
    with np.errstate(over="ignore"):
        table = points.drop(columns=["log", "within", "point", "twin"]).assign(
            ratio=np.exp(points["log"]),
            low=np.exp(points["log"] - reach),
            high=np.exp(points["log"] + reach),
            over=np.exp(over),
            p=p.where(judged),
            differs=False,
        )
    factors = [*_overall(points), *_cells(points, noise, freedom), *_against(points, machines)]
    return Times(study, unit, noise, tuple(factors), table)


def _from_median(size: pd.Series) -> pd.Series:
    """Return the variance of a normal value about the median of that many others, as a share of its own.

    The value is among them, which would make it smaller: what is left is the room for one cell or point that did change
    and moves the median a little.
    """
    return 1 + math.pi / 2 / size


def _quantile(freedom: float) -> float:
    return float(special.stdtrit(max(freedom, 1), 0.5 + CONFIDENCE / 2))


def _ratio(value: float, error: float, freedom: float, n: int) -> Estimate:
    """Return a ratio from the logarithm of it and its error; the whole line where there are too few points."""
    reach = _quantile(freedom) * error if n >= FEWEST else math.inf
    return exponential(Estimate(value, value - reach, value + reach, "ratio", n))


def _overall(points: pd.DataFrame) -> list[Factor]:
    """Average over the points of a backend and direction, with the interval over the points."""
    found = []
    for (backend, direction), part in points.groupby(GROUP, sort=True):
        log, n = part["log"].to_numpy(), len(part)
        error = float(log.std(ddof=1)) / math.sqrt(n) if n > 1 else math.inf
        found.append(Factor("overall", backend, direction, "", _ratio(float(log.mean()), error, n - 1, n)))
    return found


def _cells(points: pd.DataFrame, noise: Noise, freedom: int) -> list[Factor]:
    """Compare each cell with the others at the same shapes: over their median, which one cell hardly moves."""
    if noise.source == "none":
        return []
    own = points.loc[points["backend"].isin(OWN)]
    shape = [own[name] for name in (*SHARED, "metric", "step")]
    logs = own["log"].groupby(shape)
    names = own["name"].groupby(shape).transform("nunique")
    own = own.assign(over=own["log"] - logs.transform("median"), names=names).loc[names >= FEWEST]
    found = []
    for (backend, direction, name), part in own.groupby([*GROUP, "name"], sort=True):
        n = len(part)
        value = float(part["over"].mean())
        error = noise.total * math.sqrt(float(_from_median(part["names"]).mean()) / n)
        p = float(two_sided(value / error, freedom)) if error > 0 else float(value == 0)
        found.append(Factor("cell", backend, direction, str(name), _ratio(value, error, freedom, max(n, FEWEST)), p))
    return found


def _against(points: pd.DataFrame, machines: Machines) -> list[Factor]:
    """Compare this suite's kernels with each peer whose code is the same, and with themselves measured again.

    A day on which everything is slower leaves the ratio to a peer as it is. What it does to one implementation and not
    to another is estimated from pairs that both did not change, two implementations or two passes of one, and enters
    the error.
    """
    contrasts = {
        (a, b, direction): _contrast(points, a, b, direction)
        for direction in sorted(set(points["direction"]))
        for a, b in _pairs(points, machines)
    }
    known = {key: value for key, value in contrasts.items() if value is not None}
    unchanged = [value for (a, b, _), value in known.items() if _same_code(a, b, machines)]
    unchanged += [value for peer in machines.peers for value in _passes(points, peer)]
    extra = float(np.mean([max(0.0, mean**2 - error**2) for mean, error, _ in unchanged])) if unchanged else 0.0
    found = []
    for (a, b, direction), (mean, error, n) in known.items():
        if _same_code(a, b, machines):
            if OWN.get(b) == a:
                found.append(Factor("again", b, direction, a, _ratio(mean, error, n - 1, n)))
            continue
        total = math.sqrt(error**2 + extra)
        # Welch and Satterthwaite: an error that rests on two or three pairs is not known well
        free = total**4 / (error**4 / (n - 1) + extra**2 / max(len(unchanged), 1)) if total > 0 else n - 1
        p = float(two_sided(mean / total, free)) if total > 0 else float(mean == 0)
        found.append(Factor("peers", a, direction, b, _ratio(mean, total, free, n), p))
    return found


def _pairs(points: pd.DataFrame, machines: Machines) -> list[tuple[str, str]]:
    there = set(points["backend"])
    peers = sorted(set(machines.peers) & there)
    own = sorted(set(OWN) & there)
    again = [(OWN[name], name) for name in own if OWN[name] in there]
    return [(a, b) for a in own for b in peers] + again + [(a, b) for i, a in enumerate(peers) for b in peers[i + 1 :]]


def _same_code(a: str, b: str, machines: Machines) -> bool:
    """Say whether the ratio of two implementations cannot have changed: both are peers, or the same kernels."""
    return OWN.get(b) == a or (a in machines.peers and b in machines.peers)


def _passes(points: pd.DataFrame, peer: str) -> list[tuple[float, float, int]]:
    """Return mean and error of log (one pass / another) of a peer at the same shapes, for each two of its passes."""
    rows = points.loc[points["backend"] == peer]
    shape = [name for name in (*POINT, "metric", "step") if name != "direction"]
    found = []
    for one, other in itertools.combinations(sorted(set(rows["direction"])), 2):
        pair = rows.loc[rows["direction"] == one, [*shape, "log"]].merge(
            rows.loc[rows["direction"] == other, [*shape, "log"]], on=shape, suffixes=("_a", "_b")
        )
        if len(pair) >= FEWEST:
            found.append(_mean_and_error(pair))
    return found


def _contrast(points: pd.DataFrame, a: str, b: str, direction: str) -> tuple[float, float, int] | None:
    """Return mean and error of log (a / b), and how many points; None where too few points have both."""
    rows = points.loc[points["direction"] == direction]
    pair = rows.loc[rows["backend"] == a, ["twin", "log"]].merge(
        rows.loc[rows["backend"] == b, ["twin", "log"]], on="twin", suffixes=("_a", "_b")
    )
    if len(pair) < FEWEST:
        return None
    return _mean_and_error(pair)


def _mean_and_error(pair: pd.DataFrame) -> tuple[float, float, int]:
    apart: NDArray[np.float64] = (pair["log_a"] - pair["log_b"]).to_numpy()
    return float(apart.mean()), float(apart.std(ddof=1)) / math.sqrt(apart.size), apart.size
