"""Figure "jacobian-profile": norms of ds_T/ds_{T-k} against the lag k, beside Pascanu's bound on them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from analysis.drawing import legend, marks, style
from analysis.drawing.axes import power_axis
from analysis.drawing.build import make, over_seeds
from analysis.drawing.lines import banded_line
from analysis.result import LOGARITHM, Fact, Figure, Number, fact_key
from analysis.select import INITIALISER_ORDER, main_level, measured
from analysis.statistics.fits import FIRST_LAG, profiles, slopes
from analysis.statistics.intervals import centred, generator

ID = "jacobian-profile"
STUDIES = ("jacobians",)
NORMS = {
    "bound": "log10_pascanu_bound",
    "joint-spectral": "log10_jacobian_joint_spectral",
    "joint-rms": "log10_jacobian_joint_rms",
    "cell-rms": "log10_jacobian_cell_rms",
    "cell-path": "log10_jacobian_cell_path",
}
"""Norm to its metric; a later one is drawn over an earlier one."""
SHOWN = {"rnn": ("bound", "joint-spectral", "joint-rms"), "lstm": ("joint-rms", "cell-rms", "cell-path")}
PANELS = (("rnn", ("torch", "orthogonal")), ("lstm", ("torch", "torch-fb1", "chrono")))
"""A row of panels per cell."""
LABELS = (
    "x",
    "y",
    *(f"initialiser.{name}" for name in INITIALISER_ORDER),
    *(f"norm.{name}" for name in NORMS),
)
FACTS = (
    "hidden_size",
    "lag",
    "seeds",
    "held",
    "points",
    "rnn_torch_excess",
    "rnn_torch_largest_singular_value",
    "rnn_torch_bound_left",
    "rnn_torch_joint_spectral_left",
    "rnn_torch_joint_spectral_slope",
    "lstm_torch_cell_path_left",
    "lstm_torch_cell_rms_left",
    "lstm_chrono_cell_rms_left",
)
"""Facts of a full run. There are more: <cell>_<initialiser>_<norm>_{left, slope}, <cell>_<initialiser>_excess."""

FIRST_LAGS = {"joint-spectral": 20.0}
"""The largest of many directions starts above its exponential by √(e(k + 1)) or so, and is fitted later."""
DECIMALS = 9
"""Decimals of a decade beyond which a norm is rounding: an orthogonal matrix has a bound of 1, not of 1 - 1e-16."""
MARKS = {
    "bound": marks.Mark(style.INK, "v", (0, (5, 1.5))),
    "joint-spectral": marks.Mark(marks.OKABE_ITO["vermillion"], "s", (0, (7, 1.5, 1, 1.5))),
    "joint-rms": marks.Mark(marks.OKABE_ITO["blue"], "o", "-"),
    "cell-rms": marks.Mark(marks.OKABE_ITO["orange"], "P", (0, (4, 2))),
    "cell-path": marks.Mark(marks.OKABE_ITO["purple"], "D", (0, (1.2, 1.2))),
}


def build(frame: pd.DataFrame) -> Figure | None:
    """Median over seeds of each norm, as log10, with the band of 95 % of them; slopes and gaps as facts."""
    rows = measured(frame, "jacobians", NORMS.values())
    chosen = [(name, initialiser) for name, initialisers in PANELS for initialiser in initialisers]
    rows = rows.loc[[pair in chosen for pair in zip(rows["name"], rows["initialiser"], strict=True)]]
    for size in ("hidden_size", "seq_len"):
        if rows.empty:
            return None
        rows = rows.loc[rows[size] == main_level(rows, size, ("name", "initialiser", "seed"))]
    parts = []
    for norm, metric in NORMS.items():
        curves = profiles(rows.loc[rows["metric"] == metric], relative=False)
        parts.append(curves.loc[[norm in SHOWN[name] for name in curves["name"]]].assign(norm=norm))
    curves = pd.concat(parts, ignore_index=True)
    curves["log10_g"] = curves["log10_g"].round(DECIMALS) + 0.0  # without the sign of a zero
    data = over_seeds(curves, ["name", "initialiser", "norm", "lag"], "log10_g")
    facts: dict[str, Fact] = {
        "hidden_size": float(rows["hidden_size"].iloc[0]),
        "lag": float(data["lag"].max()),
        "seeds": curves["seed"].nunique(),
    }
    return make(ID, data, STUDIES, facts | _rates(curves) | _gaps(curves), seeds=curves["seed"].nunique())


def _rates(curves: pd.DataFrame) -> dict[str, Fact]:
    """Slope of each norm, mean over seeds with its interval, and the median of what is left at the longest lag."""
    facts: dict[str, Fact] = {}
    rng = generator(ID)
    for norm, part in curves.groupby("norm", sort=False):
        found = slopes(part, FIRST_LAGS.get(norm, FIRST_LAG))
        for (name, initialiser), each in found.groupby(["name", "initialiser"]):
            key = fact_key(name, initialiser, norm)
            slope = centred(each["slope10"].to_numpy(), rng, centre="mean", unit="decades per step")
            facts[f"{key}_slope"] = slope
            if norm == "bound":  # a straight line: its slope is log10 of the largest singular value
                facts[f"{name}_{initialiser}_largest_singular_value"] = Number(10.0**slope.value, digits=3)
        last = part.loc[part["lag"] == part["lag"].max()]
        for (name, initialiser), each in last.groupby(["name", "initialiser"]):
            key = fact_key(name, initialiser, norm)
            facts[f"{key}_left"] = Number(float(each["log10_g"].median()), LOGARITHM)
    return facts


def _gaps(curves: pd.DataFrame) -> dict[str, Fact]:
    """Points at which the bound holds, and how many decades it lies above the spectral norm at the longest lag."""
    wide = curves.loc[curves["norm"].isin(["bound", "joint-spectral"])].pivot_table(
        index=["name", "initialiser", "seed", "lag"], columns="norm", values="log10_g"
    )
    if not {"bound", "joint-spectral"} <= set(wide.columns):
        return {}
    gap = (wide["bound"] - wide["joint-spectral"]).dropna().rename("gap").reset_index()
    facts: dict[str, Fact] = {"points": len(gap), "held": int((gap["gap"] >= 0).sum())}
    rng = generator(f"{ID}-gaps")
    for (name, initialiser), part in gap.loc[gap["lag"] == gap["lag"].max()].groupby(["name", "initialiser"]):
        excess = centred(part["gap"].to_numpy(), rng, unit="decades")
        facts[fact_key(name, initialiser, "excess")] = excess
    return facts


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a row of panels per cell, one panel per initialiser; the legend stands at the end of the first row."""
    found = set(zip(data["name"], data["initialiser"], strict=True))
    grid = [[(name, level) for level in levels if (name, level) in found] for name, levels in PANELS]
    grid = [row for row in grid if row]
    columns = max(len(row) + (position == 0) for position, row in enumerate(grid))
    norms = [norm for norm in NORMS if norm in set(data["norm"])]
    with style.canvas(style_name, len(grid), columns, ratio=columns * 1.12 / len(grid), sharex=True, sharey=True) as (
        drawing
    ):
        look = drawing.look
        for panels, row in zip(drawing.panels, grid, strict=True):
            for axes in panels[len(row) :]:
                axes.axis("off")
            for axes, (name, initialiser) in zip(panels, row, strict=False):
                axes.axhline(0, color=look.ink, linewidth=look.line * 0.4, zorder=1)
                for norm in (norm for norm in norms if norm in SHOWN[name]):
                    part = data.loc[
                        (data["name"] == name) & (data["initialiser"] == initialiser) & (data["norm"] == norm)
                    ]
                    mark = marks.in_style(MARKS[norm], look)
                    places = _places(len(part), norms.index(norm))
                    banded_line(axes, part, "lag", mark, f"series-{norm}--{name}-{initialiser}", markevery=places)
                axes.set_title(
                    f"{style.word(labels, 'cell', name)}, {style.word(labels, 'initialiser', initialiser)}", loc="left"
                )
                axes.set_xlim(0, data["lag"].max())
                axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
                power_axis(axes)
                axes.tick_params(labelbottom=True)
        drawing.figure.supxlabel(labels["x"], fontsize=look.type_size)
        drawing.figure.supylabel(labels["y"], fontsize=look.type_size)
        handles = [legend.entry(marks.in_style(MARKS[norm], look), style.word(labels, "norm", norm)) for norm in norms]
        drawing.legend_in(drawing.panels[0][len(grid[0])], handles)
    return drawing.figure


def _places(count: int, series: int) -> list[int]:
    """Few markers on a line, late, where lags are far apart, none at its end, and at other places on each line."""
    return list(range(count * 3 // 5 + series, count - 1, max(3, count // 5)))
