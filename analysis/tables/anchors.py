"""Anchors: numbers that are published or follow from a derivation, each beside the same number measured in this run.

A tolerance follows from the size and number of networks behind the rows; a difference beyond it is shown as such. Those
that were revised after rows had been seen stand in DECISIONS.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.cells import known
from analysis.readings.gradient_curves import state_curves
from analysis.result import Estimate, Fact, Number, Table
from analysis.select import measured
from analysis.statistics.fits import BURN_IN, factor_of, profiles, slopes
from analysis.statistics.intervals import exact, generator, mean_over_seeds
from analysis.theory import closed_forms as theory
from analysis.theory import published

LN10 = math.log(10.0)


class Anchor(NamedTuple):
    """One anchor. `kind` is a word of the catalogue; `relative` says that difference and tolerance are shares."""

    kind: str
    setting: str
    expected: float
    measured: Estimate
    tolerance: float
    relative: bool = False

    @property
    def difference(self) -> float:
        """Measured minus expected, or their ratio minus 1."""
        value = self.measured.value
        return value / self.expected - 1 if self.relative else value - self.expected

    @property
    def within(self) -> bool:
        """Whether the difference is inside the tolerance."""
        return abs(self.difference) <= self.tolerance


def mean(values: pd.Series) -> Estimate:
    """Mean over seeds, with its interval where there are enough of them."""
    return mean_over_seeds(values.to_numpy(float), generator("anchors"))


def anchors(frame: pd.DataFrame) -> list[Anchor]:
    """Every anchor that the rows suffice for."""
    groups: tuple[Callable[[pd.DataFrame], Iterator[Anchor]], ...] = (
        _linear, _fixed_matrix, _matrix_products, _radii, _mean_field, _full_spectrum, _critical_gains, _memories,
        _factors, _bound, _lost,
    )  # fmt: skip
    return [anchor for group in groups for anchor in group(frame)]


def anchor_table(frame: pd.DataFrame) -> Table | None:
    """Return the anchors as a table of the page."""
    found = anchors(frame)
    if not found:
        return None
    rows = tuple(
        (
            anchor.kind,
            anchor.setting,
            Number(anchor.expected, digits=9 if anchor.tolerance <= 1e-4 else 4),
            Number(anchor.measured.value, digits=9) if anchor.tolerance <= 1e-4 else anchor.measured,
            Number(anchor.difference, "share", decimals=1) if anchor.relative else Number(anchor.difference, digits=2),
            Number(anchor.tolerance, "share" if anchor.relative else "1"),
            anchor.within,
        )
        for anchor in found
    )
    beyond = [anchor for anchor in found if not anchor.within]
    facts: dict[str, Fact] = {"rows": len(rows), "within": len(rows) - len(beyond)}
    columns = ("anchor", "setting", "expected", "measured", "difference", "tolerance", "within")
    return Table("anchors", columns, rows, facts)


def _linear(frame: pd.DataFrame) -> Iterator[Anchor]:
    """Gain times an orthogonal matrix: log10 of the norm is T log10 g, however far below every float."""
    found = _simple(frame, "linear", "log10_norm_h", "scaled-orthogonal")
    for (level, dtype), rows in found.groupby(["initialiser_value", "dtype"]):
        gain = float(str(level))
        curves = profiles(rows)
        last = curves.loc[curves["lag"] == curves["lag"].max()]
        if last.empty:
            continue
        steps = float(last["lag"].iloc[0])
        tolerance = 1e-12 if gain == 1 else (1e-5 if dtype == "float64" else 1e-4)
        setting = f"g = {gain:g}, T = {steps:g}, {dtype}"
        yield Anchor("orthogonal", setting, steps * math.log10(gain), mean(last["log10_g"]), tolerance)


def _fixed_matrix(frame: pd.DataFrame) -> Iterator[Anchor]:
    """One fixed matrix: the slope tends to ln of its spectral radius (largest error over matrices)."""
    found = slopes(profiles(_simple(frame, "linear", "log10_norm_h", "gaussian")), first_lag=500)
    radius = measured(frame, "linear", "log10_spectral_radius")
    pair = found.merge(radius.loc[:, ["initialiser", "initialiser_value", "seed", "value"]])
    if len(pair):
        error = (pair["slope10"] - pair["value"]).abs() * LN10
        setting = f"{len(pair)} × N = {pair['hidden_size'].iloc[0]}, k > 500"
        yield Anchor("fixed-matrix", setting, 0.0, exact(float(error.max()), "1", len(pair)), 1e-5)


def _matrix_products(frame: pd.DataFrame) -> Iterator[Anchor]:
    """Products of fresh Gaussian matrices: largest z-score over the spectrum, and the growth of the norm."""
    rows = measured(frame, "matrices")
    for (gain, size), part in rows.groupby(["initialiser_value", "hidden_size"]):
        exponents = part.loc[part["metric"] == "lyapunov"].groupby("step")["value"].mean().to_numpy()
        nets = part["seed"].nunique()
        steps = int(part["seq_len"].iloc[0])
        if len(exponents) == size and gain > 0:  # theory is about whole spectra
            error = exponents - theory.gaussian_product_exponents(int(size), float(gain))
            z = np.abs(error) / (theory.gaussian_product_deviations(int(size)) / math.sqrt(steps * nets))
            setting = f"g = {gain:g}, N = {size}, T = {steps} × {nets}"
            yield Anchor("gaussian-products", setting, 0.0, exact(float(z.max()), "1", nets), 4.5)
        # Given what stands so far, another factor multiplies the squared norm by g^2 on average: g^k for k of them.
        norms = part.loc[part["metric"] == "log10_product_norm"].sort_values(["seed", "step"])
        if norms.empty or gain <= 0:
            continue
        before = norms.groupby("seed")["value"].shift(1).fillna(0.0)
        growth = math.sqrt(float((10.0 ** (2 * (norms["value"] - before))).mean()))
        expected = theory.gaussian_product_norm(float(str(gain)), 1)
        setting = f"g = {gain:g}, N = {size}, {len(norms)} ×"
        yield Anchor("gaussian-norm", setting, expected, exact(growth, "1", nets), 0.03, True)


def _radii(frame: pd.DataFrame) -> Iterator[Anchor]:
    for size, part in measured(frame, "radius", "spectral_radius").groupby("hidden_size"):
        if size in published.UNIFORM_RADIUS:
            yield Anchor("radius", f"H = {size}", published.UNIFORM_RADIUS[int(str(size))], mean(part["value"]), 0.01)


def _mean_field(frame: pd.DataFrame) -> Iterator[Anchor]:
    """Return the tanh RNN at the largest size: finite-size theory; where it dies, ln of its own matrices' radii."""
    curves = profiles(_simple(frame, "mean-field", "log10_norm_h", "gaussian"))
    if curves.empty:
        return
    size = int(curves["hidden_size"].max())
    curves = curves.loc[(curves["hidden_size"] == size) & (curves["lag"] <= curves["seq_len"] - BURN_IN)]
    found = slopes(curves)
    radii = measured(frame, "mean-field", "log10_spectral_radius")
    for (gain, scale), part in found.groupby(["initialiser_value", "input_scale"]):
        g = float(str(gain))
        variance = float(str(scale)) ** 2
        exponent = mean(part["slope10"] * LN10)
        setting = f"g = {g:.3g}, s² = {variance:g}, N = {size}"
        if g < 1 and variance == 0:
            own = part.merge(radii.loc[:, ["initialiser_value", "input_scale", "hidden_size", "seed", "value"]])
            if len(own):
                yield Anchor("dead-network", setting, float(own["value"].mean()) * LN10, exponent, 0.01)
        else:
            expected = theory.finite_size_exponent(g, variance, size)
            yield Anchor("mean-field", setting, expected, exponent, 0.01)


def _full_spectrum(frame: pd.DataFrame) -> Iterator[Anchor]:
    """Chaos without input, x' = W tanh x, beside D. G. Clark's public data; and the mean of the whole spectrum."""
    rows = measured(frame, "spectrum", "lyapunov")
    rows = rows.loc[(rows["initialiser"] == "gaussian") & (rows["hidden_size"] == rows["hidden_size"].max())]
    for gain, part in rows.groupby("initialiser_value"):
        if gain not in published.CLARK:
            continue
        size = int(part["hidden_size"].iloc[0])
        exponent, dimension, entropy = published.CLARK[float(str(gain))]
        spectra = [net.sort_values("step")["value"].to_numpy() for _, net in part.groupby("seed")]
        setting = f"g = {gain:g}, N = {size}"
        numbers = {
            "clark-exponent": ([values[0] for values in spectra], exponent, 0.02, False),
            "clark-dimension": ([theory.kaplan_yorke(values) / size for values in spectra], dimension, 0.02, False),
            "clark-entropy": ([theory.entropy_rate(values) / size for values in spectra], entropy, 0.12, True),
            "mean-exponent": (
                [float(values.mean()) for values in spectra],
                theory.mean_field(float(str(gain)), 0.0).mean_exponent, 0.02, False,
            ),
        }  # fmt: skip
        for kind, (values, expected, tolerance, relative) in numbers.items():
            yield Anchor(kind, setting, expected, mean(pd.Series(values)), tolerance, relative)


def _critical_gains(frame: pd.DataFrame) -> Iterator[Anchor]:
    for (name, bias), part in measured(frame, "critical-gain", "critical_gain").groupby(["name", "gate_bias"]):
        expected = theory.critical_gain(str(name), float(str(bias)))
        setting = f"{_label(name)}, b = {bias:g}"
        yield Anchor("critical-gain", setting, expected, mean(part["value"]), 1e-4)


def _label(name: object) -> str:
    """Return the label of a cell."""
    return known().find(str(name)).label


def _memories(frame: pd.DataFrame) -> Iterator[Anchor]:
    """Half-lives of a constant forget gate, and what chrono leaves on average over units."""
    paths = slopes(profiles(measured(frame, "linear", "log10_forget_path"), relative=False))
    for bias, part in paths.groupby("gate_bias"):
        expected = theory.forget_half_life(float(str(bias)))
        yield Anchor("half-life", f"b = {bias:g}", expected, mean(-math.log10(2) / part["slope10"]), 5e-4)
    left = measured(frame, "chrono", "log10_forget_mean")
    for lag in (10.0, 100.0):
        part = left.loc[left["step"] == lag]
        if len(part):
            t_max = float(part["initialiser_value"].iloc[0])
            setting = f"Tmax = {t_max:g}, t = {lag:g}"
            yield Anchor("chrono", setting, theory.chrono_left(t_max, lag), mean(10.0 ** part["value"]), 0.01)


def _factors(frame: pd.DataFrame) -> Iterator[Anchor]:
    """Factors per step at the usual initialisations; the tolerance is in nats, wider where the RNN's matrix varies."""
    found = slopes(state_curves(frame))
    for (name, initialiser, size), part in found.groupby(["name", "initialiser", "hidden_size"]):
        expected = published.SIMULATED_FACTORS.get((str(name), str(initialiser), int(str(size))))
        if expected is None:
            continue
        value = factor_of(mean(part["slope10"]))
        tolerance = math.expm1(0.06 if (name, initialiser) == ("rnn", "torch") else 0.03)
        setting = f"{_label(name)}, {initialiser}, H = {size}"
        yield Anchor("factor", setting, expected, value, round(tolerance, 3), True)


def _bound(frame: pd.DataFrame) -> Iterator[Anchor]:
    """Pascanu et al. 2013: the spectral norm stays below sigma_max^k, so what it exceeds it by is at most 0."""
    keys = ["initialiser", "hidden_size", "seed", "step"]
    bound = measured(frame, "jacobians", "log10_pascanu_bound").loc[:, [*keys, "value"]]
    norm = measured(frame, "jacobians", "log10_jacobian_joint_spectral")
    pair = norm.loc[norm["name"] == "rnn", [*keys, "value"]].merge(bound, on=keys, suffixes=("", "_bound"))
    if len(pair):
        excess = (pair["value"] - pair["value_bound"]).clip(lower=0.0).max()
        setting = f"{len(pair)} × ‖J‖₂"
        yield Anchor("pascanu", setting, 0.0, exact(float(excess), "1", len(pair)), 1e-10)


def _lost(frame: pd.DataFrame) -> Iterator[Anchor]:
    """Return steps until float32 loses a gradient that falls by a known factor, as seen in a plain pass."""
    rows = _simple(frame, "underflow", ("lost_seen_normal", "lost_seen_denormal"), "scaled-orthogonal")
    for (gain, metric), part in rows.groupby(["initialiser_value", "metric"]):
        steps = dict(zip(("normal", "denormal"), theory.underflow_steps(float(str(gain)), "float32"), strict=True))
        kind = str(metric).removeprefix("lost_seen_")
        setting = f"g = {gain:.4g}, T = {part['seq_len'].iloc[0]}"
        yield Anchor(f"lost-{kind}", setting, steps[kind], mean(part["value"]), 0.02, True)


def _simple(frame: pd.DataFrame, study: str, metric: str | tuple[str, ...], initialiser: str) -> pd.DataFrame:
    rows = measured(frame, study, metric)
    return rows.loc[(rows["name"] == "rnn") & (rows["initialiser"] == initialiser)]
