"""How far a gradient reaches: decay rate, half-life, horizons, and the steps after which a number format loses it."""

from __future__ import annotations

import math

import pandas as pd

from analysis.cells import cell_order
from analysis.readings.gradient_curves import common_size, state_curves
from analysis.readings.horizons import median_horizon
from analysis.result import LOGARITHM, Cell, Estimate, Fact, Number, Table
from analysis.select import INITIALISER_ORDER, main_level, ordered_keys
from analysis.statistics.fits import EPSILONS, factor, half_life, horizons, slopes
from analysis.statistics.intervals import beyond, centred, generator
from analysis.theory.closed_forms import underflow_steps

FORMATS = ("float16", "float32", "float64")
SLOWING = ("chrono",)
"""Initialisers that give every unit a rate of its own: the decay slows down, so steps from its slope are too few."""
COLUMNS = (
    "cell", "initialiser", "slope10", "half_life", "horizon_thousandth", "horizon_ten_millionth", "lost_float16",
    "lost_float32", "lost_float64", "seen_float32",
)  # fmt: skip


def horizon_table(frame: pd.DataFrame) -> Table | None:
    """One row per cell and initialiser, at the hidden size that most cases share.

    slope10: mean over seeds, with its interval. Half-life and lost_<format> follow from it: ln 2/|λ1|, and the steps k
    after which factor^k is below the smallest normal number. Horizons are medians over seeds, "> T" where the median
    seed's gradient outlives the sequence. seen_float32: median over seeds of the steps after which a plain pass in
    float32 had no normal number left, in the study "underflow" and at that study's hidden size.
    """
    curves = state_curves(frame)
    if curves.empty:
        return None
    size = common_size(frame)
    curves = curves.loc[curves["hidden_size"] == size]
    rates = dict(list(slopes(curves).groupby(["name", "initialiser"])["slope10"]))
    reached = [dict(list(horizons(curves, epsilon).groupby(["name", "initialiser"]))) for epsilon in EPSILONS]
    seen, facts = _seen(frame)
    rng = generator("horizons")
    rows = []
    for name, initialiser in ordered_keys(rates, cell_order(), INITIALISER_ORDER):
        slope = centred(rates[name, initialiser].to_numpy(), rng, centre="mean", unit="decades per step")
        rows.append(
            (
                name,
                initialiser,
                slope,
                Number(half_life(slope.value) if slope.value < 0 else math.inf, digits=3),
                *(median_horizon(part[name, initialiser]) for part in reached),
                *(_lost(slope.value, kind, initialiser) for kind in FORMATS),
                seen.get((name, initialiser)),
            )
        )
    if not rows:
        return None
    facts |= {
        "hidden_size": size,
        "seq_len": float(curves["seq_len"].max()),
        "seeds": curves["seed"].nunique(),
        "thousandth": Number(math.log10(EPSILONS[0]), LOGARITHM),
        "ten_millionth": Number(math.log10(EPSILONS[1]), LOGARITHM),
    }
    return Table("horizons", COLUMNS, tuple(rows), facts)


def _lost(slope10: float, kind: str, initialiser: str) -> Cell:
    """Return the steps until factor^k leaves the normal numbers of a format; a bound where the decay slows down."""
    steps, _ = underflow_steps(factor(slope10), kind)
    if math.isinf(steps):
        return steps
    return beyond(round(steps), "steps") if initialiser in SLOWING else round(steps)


def _seen(frame: pd.DataFrame) -> tuple[dict[tuple[str, str], Estimate], dict[str, Fact]]:
    """Median over seeds of the steps seen in float32, "> T" where the median seed kept its gradient; and the size."""
    keep = (frame["study"] == "underflow") & (frame["metric"] == "lost_seen_normal") & (frame["dtype"] == "float32")
    rows = frame.loc[keep & (frame["merge"] == "none")]
    if rows.empty:
        return {}, {}
    size = main_level(rows, "hidden_size", ("cell", "initialiser", "seed"))
    rows = rows.loc[rows["hidden_size"] == size]
    kept = rows["status"] != "ok"
    steps = rows.assign(horizon=rows["value"].where(~kept, rows["seq_len"]), censored=kept)
    found = {key: median_horizon(part) for key, part in steps.groupby(["cell", "initialiser"])}
    return found, {"seen_hidden_size": size}
