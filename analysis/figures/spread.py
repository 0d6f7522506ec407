"""Figure "spread": what another network and what another input do to the slope of a gradient profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from analysis.cells import cell_order
from analysis.drawing import marks, style
from analysis.drawing.axes import signed, thousands
from analysis.drawing.build import make
from analysis.readings.gradient_curves import handed_on
from analysis.result import Fact, Figure, Number, fact_key
from analysis.select import INITIALISER_ORDER, measured, ordered
from analysis.statistics.components import standard_deviations
from analysis.statistics.fits import slopes

ID = "spread"
STUDIES = ("spread",)
INITIALISERS = ("torch", "keras", "orthogonal")
SOURCES = ("network", "input")
LABELS = (
    "x.slope",
    "y.slope",
    "y.spread",
    *(f"kind.{source}" for source in SOURCES),
    *(f"initialiser.{name}" for name in INITIALISERS),
)
SHOWN = "rnn"
"""The cell whose every slope is drawn."""
QUOTED = (("rnn", "torch"), ("rnn", "keras"), ("rnn", "orthogonal"), ("lstm", "torch"), ("gru", "torch"))
FACTS = (
    "seeds",
    "inputs",
    "hidden_size",
    "seq_len",
    *(fact_key(*pair, source) for pair in QUOTED for source in SOURCES),
    *(fact_key(*pair, "ratio") for pair in QUOTED),
)
"""Facts of a full run: <cell>_<initialiser>_<network or input>, standard deviation of the slope from that source alone,
in decades per step; <...>_ratio, the first over the second."""

UNIT = "decades per step"
GROUP = ["name", "initialiser"]


def build(frame: pd.DataFrame) -> Figure | None:
    """Compute the slopes of each network and input of one cell, and both standard deviations of all cells."""
    rows = measured(frame, "spread", ["log10_norm_h", "log10_norm_joint"])
    if rows.empty:
        return None
    found = slopes(handed_on(rows))
    parts, facts = [], _sizes(found)
    for (name, initialiser), part in found.groupby(GROUP, sort=False):
        table = _table(part)
        if table is None:
            continue
        estimates = dict(zip(SOURCES, standard_deviations(table, UNIT), strict=True))
        facts |= {fact_key(name, initialiser, source): estimate for source, estimate in estimates.items()}
        network, within = (estimates[source].value for source in SOURCES)
        facts[fact_key(name, initialiser, "ratio")] = Number(network / within, digits=2)
        label = {"name": name, "initialiser": initialiser}
        parts += [
            pd.DataFrame([label | {"kind": source, "value": e.value, "low": e.low, "high": e.high, "n": e.n}])
            for source, e in estimates.items()
        ]
        if name == SHOWN:
            place, network_place = np.meshgrid(np.arange(table.shape[1]), np.arange(len(table)))
            points = {"kind": "slope", "network": network_place.ravel() + 1, "input": place.ravel() + 1}
            parts.append(pd.DataFrame(points | {"value": table.ravel()}).assign(**label))
    if not parts:
        return None
    data = pd.concat(parts, ignore_index=True)
    data = data.reindex(columns=["kind", *GROUP, "network", "input", "value", "low", "high", "n"])
    return make(ID, data, STUDIES, facts, seeds=found["seed"].nunique())


def _sizes(found: pd.DataFrame) -> dict[str, Fact]:
    return {
        "seeds": found["seed"].nunique(),
        "inputs": int(found.groupby([*GROUP, "seed"]).size().max()),
        "hidden_size": float(found["hidden_size"].max()),
        "seq_len": float(found["seq_len"].max()),
    }


def _table(part: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    """Slopes as (networks, inputs), networks by their mean; None where that is no table of two by two."""
    groups = [group["slope10"].to_numpy() for _, group in part.groupby("seed")]
    if len(groups) < 2 or len({group.size for group in groups}) != 1 or groups[0].size < 2:
        return None
    return np.array(sorted(groups, key=np.mean))


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw a column per initialiser: every slope of one cell, network by network; both spreads of every cell."""
    initialisers = ordered(data["initialiser"], INITIALISER_ORDER)
    names = ordered(data["name"], cell_order())
    spreads = data.loc[data["kind"].isin(SOURCES)]
    bottom = float(spreads.loc[spreads["value"] > 0, "value"].min()) / 2
    with style.canvas(style_name, 2, len(initialisers), ratio=1.3) as drawing:
        look = drawing.look
        for above, below, initialiser in zip(*drawing.panels, initialisers, strict=True):
            here = data.loc[data["initialiser"] == initialiser]
            _draw_slopes(above, here.loc[here["kind"] == "slope"], initialiser, look)
            above.set_title(style.word(labels, "initialiser", initialiser), loc="left")
            above.set_xlabel(labels["x.slope"])
            _draw_spreads(below, here, initialiser, names, bottom, look)
            below.set_xticks(range(len(names)), [style.word(labels, "cell", name) for name in names])
            below.set_ylim(bottom, float(spreads["high"].max()) * 1.3)
        first, second = (row[0] for row in drawing.panels)
        first.set_ylabel(labels["y.slope"])
        second.set_ylabel(labels["y.spread"])
        for axes in drawing.panels[1][1:]:
            axes.tick_params(labelleft=False)
        drawing.legend([_handle(source, labels[f"kind.{source}"], look) for source in SOURCES])
    return drawing.figure


def _draw_slopes(axes: Axes, points: pd.DataFrame, initialiser: str, look: style.Look) -> None:
    """Draw a bar at each network's mean, and its inputs with the marker that an input has below."""
    mark = marks.cell_mark(SHOWN)
    means = points.groupby("network")["value"].mean()
    axes.plot(
        means.index, means, color=look.ink, linestyle="none", marker="_", markersize=look.marker * 1.4,
        markeredgewidth=look.line * 0.8,
    )  # fmt: skip
    axes.plot(
        points["network"], points["value"], color=mark.color, linestyle="none", marker=MARKERS["input"], alpha=0.8,
        markersize=look.marker * 0.65, markerfacecolor="none", markeredgewidth=look.line * 0.35,
        gid=f"series-{SHOWN}--{initialiser}-slope",
    )  # fmt: skip
    axes.set_xticks([])
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(signed))


def _draw_spreads(
    axes: Axes, here: pd.DataFrame, initialiser: str, names: Sequence[str], bottom: float, look: style.Look
) -> None:
    """Draw what is 0, or an end that is, at the bottom: its axis is logarithmic."""
    for side, source in zip((-0.14, 0.14), SOURCES, strict=True):
        for place, name in enumerate(names):
            row = here.loc[(here["kind"] == source) & (here["name"] == name)]
            if row.empty:
                continue
            low, middle, high = row[["low", "value", "high"]].iloc[0].clip(lower=bottom)
            color = marks.cell_mark(name).color
            axes.vlines(place + side, low, high, color=color, linewidth=look.line * 0.9)
            axes.plot(
                [place + side], [middle], color=color, linestyle="none", marker=MARKERS[source],
                markersize=look.marker * 1.4, markerfacecolor=color if source == SOURCES[0] else look.background,
                gid=f"series-{name}--{initialiser}-{source}",
            )  # fmt: skip
    axes.set_yscale("log")
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.grid(False, axis="x")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 3.0), numticks=9))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(FuncFormatter(thousands))


MARKERS = {"network": "o", "input": "D"}


def _handle(source: str, label: str, look: style.Look) -> Line2D:
    return Line2D(
        [], [], color=look.ink, linestyle="none", marker=MARKERS[source], markersize=look.marker * 1.4, label=label,
        markerfacecolor=look.ink if source == SOURCES[0] else "none",
    )  # fmt: skip
