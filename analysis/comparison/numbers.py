"""Numbers that are computed: the same case must give the same number; what does not is compared over seeds."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from analysis.comparison.matching import POINT
from analysis.comparison.rounding import apart, is_exact, tolerances
from analysis.comparison.values import Numbers, Place
from analysis.result import Estimate
from analysis.statistics.intervals import FEWEST, centred, generator
from analysis.statistics.unpaired import Moments, difference, two_sided, welch

SPOT = ["point", "step"]
"""What names a point of a study's metric: a case without its seed, and a step."""


def compare_numbers(rows: pd.DataFrame) -> tuple[Numbers, ...]:
    """Compare every study and metric that both runs have points of.

    Parameters
    ----------
    rows
        `Matched.numbers`.

    """
    found = []
    for (study, metric, unit), part in rows.groupby(["study", "metric", "unit"], sort=True):
        values = part.groupby(["run", *SPOT, "seed"], sort=True)["value"].mean()
        if set(values.index.get_level_values("run")) != {"a", "b"}:
            continue
        a, b = (values.xs(run, level="run") for run in "ab")
        spots = a.index.droplevel("seed").unique().intersection(b.index.droplevel("seed").unique())
        if len(spots):
            found.append(_numbers(str(study), str(metric), str(unit), part, (a, b), spots))
    return tuple(found)


def _numbers(
    study: str, metric: str, unit: str, part: pd.DataFrame, sides: tuple[pd.Series, pd.Series], spots: pd.MultiIndex
) -> Numbers:
    a, b = (side.loc[side.index.droplevel("seed").isin(spots)] for side in sides)
    dtypes = part.drop_duplicates("point").set_index("point")["dtype"]
    place = _places(part)
    pairs = pd.concat([a.rename("a"), b.rename("b")], axis=1, join="inner")
    pairs["apart"] = apart(pairs["a"], pairs["b"])
    pairs["allowed"] = tolerances(
        metric, unit, pairs.index.get_level_values("point").to_series().map(dtypes), pairs["a"]
    )
    pairs["beyond"] = pairs["apart"] > pairs["allowed"]
    paired_spots = pairs.index.droplevel("seed")
    open_spots = spots.difference(paired_spots.unique()).union(paired_spots[pairs["beyond"].to_numpy()].unique())
    table = _tested(metric, unit, (a, b), pairs, open_spots, dtypes)
    largest = pairs["apart"].idxmax() if len(pairs) else None
    return Numbers(
        study=study,
        metric=metric,
        unit=unit,
        paired=len(pairs),
        beyond=int(pairs["beyond"].sum()),
        tolerance=float(pairs["allowed"].max()) if len(pairs) else 0.0,
        largest=float(pairs["apart"].max()) if len(pairs) else 0.0,
        where=() if largest is None else place(*largest),
        seeds=(int(a.groupby(SPOT).size().max()), int(b.groupby(SPOT).size().max())),
        points=len(table),
        tests=int(table["p"].notna().sum()),
        difference=_overall(table, (a, b), pairs, unit, f"{study}-{metric}"),
        furthest=_furthest(table, unit),
        furthest_at=place(*table["p"].idxmin()) if table["p"].notna().any() else (),
        p_values=tuple(table["p"].dropna()),
        table=table.assign(**_columns(table, part)).reset_index(),
    )


def _tested(
    metric: str,
    unit: str,
    sides: tuple[pd.Series, pd.Series],
    pairs: pd.DataFrame,
    spots: pd.MultiIndex,
    dtypes: pd.Series,
) -> pd.DataFrame:
    """Test points over seeds: by pairs where they have common seeds, else by Welch's t, by ranks where one is infinite.

    Returns
    -------
    DataFrame
        Index `SPOT`; columns `a`, `b` (means), `difference`, `error`, `freedom`, `paired`, `seeds_a`, `seeds_b`, and
        `p`, NaN where there are too few seeds to say.

    """
    a, b = (side.loc[side.index.droplevel("seed").isin(spots)] for side in sides)
    with np.errstate(invalid="ignore"):
        first, second = (side.groupby(SPOT).agg(["mean", "var", "count"]).reindex(spots) for side in (a, b))
    moments = tuple(Moments(of["mean"], of["var"], of["count"]) for of in (first, second))
    middle, error, freedom = welch(*moments)
    table = pd.DataFrame(
        {"a": first["mean"], "b": second["mean"], "difference": middle, "error": error, "freedom": freedom},
        index=spots,
    )
    table["seeds_a"], table["seeds_b"] = first["count"], second["count"]
    differences = (pairs["b"] - pairs["a"]).mask(pairs["apart"] == 0, 0.0)
    of_pairs = differences.groupby(SPOT).agg(["mean", "var", "count"]).reindex(spots)
    table["paired"] = of_pairs["count"].fillna(0) > 0
    for column, values in (
        ("difference", of_pairs["mean"]),
        ("error", np.sqrt(of_pairs["var"] / of_pairs["count"])),
        ("freedom", of_pairs["count"] - 1),
        ("seeds_a", of_pairs["count"]),
        ("seeds_b", of_pairs["count"]),
    ):
        table[column] = table[column].where(~table["paired"], values)
    table["p"] = _p_values(table, (a, b), is_exact(unit))
    allowed = tolerances(metric, unit, spots.get_level_values("point").to_series(index=spots).map(dtypes), table["a"])
    alike = table["difference"].abs().to_numpy() <= allowed
    table["p"] = table["p"].mask(alike & table["p"].notna(), 1.0)
    return table


def _p_values(table: pd.DataFrame, sides: tuple[pd.Series, pd.Series], exact: bool) -> pd.Series:
    """Return the two-sided p-value of each point.

    Where no side varies and the numbers are counted, a difference is certain; where they are not counted, its p-value
    is that of the least likely of all ways to part the seeds.
    """
    few = table[["seeds_a", "seeds_b"]].min(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = pd.Series(two_sided(table["difference"] / table["error"], table["freedom"]), index=table.index)
    still = (table["error"] == 0) | ((few < 2) & exact)
    p = p.mask(still, 0.0 if exact else [_least(*row) for row in table[["seeds_a", "seeds_b", "paired"]].to_numpy()])
    p = p.where((few >= FEWEST) | exact)
    infinite = ~np.isfinite(table["difference"].to_numpy(dtype=float))
    if infinite.any():
        a, b = (dict(list(side.groupby(SPOT))) for side in sides)
        for spot in table.index[infinite]:
            enough = min(len(a[spot]), len(b[spot])) >= FEWEST
            p[spot] = stats.mannwhitneyu(a[spot], b[spot]).pvalue if enough else math.nan
    return p


def _least(seeds_a: float, seeds_b: float, paired: bool) -> float:
    """Return the p-value of the most extreme way to part seeds in two, or to give each pair a sign."""
    return 2 / (2 ** int(seeds_a) if paired else math.comb(int(seeds_a + seeds_b), int(seeds_a)))


def _overall(
    table: pd.DataFrame, sides: tuple[pd.Series, pd.Series], pairs: pd.DataFrame, unit: str, name: str
) -> Estimate | None:
    """Average the difference over all points that are tested, with its interval over seeds: their common unit.

    What a point's two means have in the middle is taken off first, so that seeds with other points count alike.
    """
    spots = table.index[table["p"].notna() & np.isfinite(table["difference"].astype(float))]
    if not len(spots):
        return None
    if table.loc[spots, "paired"].all():
        inside = pairs.loc[pairs.index.droplevel("seed").isin(spots)]
        of_seeds = (inside["b"] - inside["a"]).mask(inside["apart"] == 0, 0.0).groupby("seed").mean()
        return centred(of_seeds.to_numpy(), generator(name), centre="mean", unit=unit)
    middle = (table["a"] + table["b"]) / 2
    seeds = []
    for side in sides:
        inside = side.loc[side.index.droplevel("seed").isin(spots)]
        left = inside - middle.reindex(inside.index.droplevel("seed")).to_numpy()
        seeds.append(left.groupby("seed").mean().to_numpy())
    return difference(seeds[0], seeds[1], unit)


def _furthest(table: pd.DataFrame, unit: str) -> Estimate | None:
    """Return the difference at the point with the least p-value, with its 95 % interval; none of infinite numbers."""
    if not table["p"].notna().any():
        return None
    row = table.loc[table["p"].idxmin()]
    value = float(row["difference"])
    n = int(min(row["seeds_a"], row["seeds_b"]))
    if not math.isfinite(value):
        return None
    if not row["error"] > 0:
        return Estimate(value, value, value, unit, n)
    reach = float(stats.t.ppf(0.975, row["freedom"]) * row["error"])
    return Estimate(value, value - reach, value + reach, unit, n)


def plain(value: object) -> str | float:
    """Return a word or a number of Python's own."""
    return value if isinstance(value, str) else float(value)  # type: ignore[arg-type]


def _varying(part: pd.DataFrame) -> list[str]:
    """Return the columns of a case, beside study and seed, that vary in these rows."""
    of_points = part.drop_duplicates("point")
    return [name for name in POINT if name != "study" and of_points[name].nunique() > 1]


def _places(part: pd.DataFrame) -> Callable[..., Place]:
    """Return a function that names a point (and a seed): the columns that vary here, with their values."""
    of_points = part.drop_duplicates("point").set_index("point")
    names = _varying(part)
    steps = part["step"].nunique() > 1

    def place(point: int, step: float, seed: int | None = None) -> Place:
        found = [(name, plain(of_points.at[point, name])) for name in names]
        found += [("step", float(step))] if steps else []
        return tuple(found if seed is None else [*found, ("seed", float(seed))])

    return place


def _columns(table: pd.DataFrame, part: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the columns of the cases of a table, all of them, so that a row stands for itself."""
    of_points = part.drop_duplicates("point").set_index("point")
    points = table.index.get_level_values("point")
    return {name: pd.Series(of_points.loc[points, name].to_numpy(), index=table.index) for name in POINT}
