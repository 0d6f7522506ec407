"""Figure "clipped-training": the same trainings with their gradient clipped and not."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from analysis.cells import cell_order
from analysis.drawing import legend, marks, style
from analysis.drawing.axes import thousands
from analysis.drawing.build import make
from analysis.readings.training_arms import table_of
from analysis.result import Fact, Figure, Number, fact_key
from analysis.select import ordered, ordered_keys
from analysis.statistics.shares import share

ID = "clipped-training"
STUDIES = ("clipped-training",)
OPTIMISERS = ("adam", "sgd")
WAYS = ("free", "clipped")
"""As they stand side by side: not clipped, clipped."""
LABELS = ("x", "y.norm", "y.solved", "limit", "median", "largest", *WAYS, *(f"optimiser.{name}" for name in OPTIMISERS))
FACTS = (
    "seeds", "limit", "seq_len", "high_gain",
    *(fact_key("adam", name, gain, way, "solved")
      for name in ("rnn", "lstm") for gain in ("low", "high") for way in WAYS),
    *(fact_key("adam", name, "high", part) for name in ("rnn", "lstm") for part in ("free_largest", "clipped_share")),
)  # fmt: skip
"""Facts of a full run: <optimiser>_<cell>_<low or high>_<free or clipped>_solved, trainings of `seeds` that solved the
task, at the smallest and the largest gain, and with `helped` at that where clipping changes most; <...>_largest,
largest norm of a gradient, median over seeds; <...>_share, percent of the steps that were clipped. There are more."""

METRICS = ("solved", "gradient_norm_median", "gradient_norm_max", "share_clipped")
ARM = ["optimiser", "name", "gain", "way"]


def build(frame: pd.DataFrame) -> Figure | None:
    """Median over seeds of the middle and the largest norm, and the share solved, per optimiser, cell, gain and way."""
    keys = ["optimiser", "name", "initialiser_value", "seq_len", "clip", "seed"]
    table = table_of(frame, "clipped-training", METRICS, keys).rename(columns={"initialiser_value": "gain"})
    if table.empty:
        return None
    table["way"] = (table["clip"] > 0).map({True: "clipped", False: "free"})
    facts: dict[str, Fact] = {
        "seeds": table["seed"].nunique(),
        "limit": float(table["clip"].max()),
        "seq_len": int(table["seq_len"].max()),
        "low_gain": float(table["gain"].min()),
        "high_gain": float(table["gain"].max()),
    }
    words = {table["gain"].min(): "low", table["gain"].max(): "high"}
    helped = _most_helped(table)
    rows = []
    for (optimiser, name, gain, way), part in table.groupby(ARM):
        found = share(part["solved"])
        middle, largest = float(part["gradient_norm_median"].median()), float(part["gradient_norm_max"].median())
        cut = float(part["share_clipped"].median())
        solved = int(part["solved"].sum())
        rows.append(
            (optimiser, name, gain, way, solved, len(part), found.value, found.low, found.high, middle, largest)
        )
        if (optimiser, name) in helped and gain == helped[optimiser, name]:
            facts |= {
                fact_key(optimiser, name, "helped", "gain"): float(gain),
                fact_key(optimiser, name, "helped", way, "solved"): solved,
            }
        if gain in words:
            key = fact_key(optimiser, name, words[gain], way)
            facts |= {f"{key}_solved": solved, f"{key}_share": Number(100 * cut, digits=2)}
            facts |= {f"{key}_median": Number(middle, digits=2), f"{key}_largest": Number(largest, digits=2)}
    columns = [*ARM, "solved", "runs", "share", "low", "high", "norm_median", "norm_largest"]
    return make(ID, pd.DataFrame(rows, columns=columns), STUDIES, facts, seeds=table["seed"].nunique())


def _most_helped(table: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Find the gain at which clipping changes most how many solve the task, by optimiser and cell."""
    shares = table.pivot_table(index=["optimiser", "name", "gain"], columns="way", values="solved", aggfunc="mean")
    if not set(WAYS) <= set(shares.columns):
        return {}
    change = (shares["clipped"] - shares["free"]).abs().dropna()  # a run in progress may have a gain in one way alone
    return {(optimiser, name): float(part.idxmax()[2]) for (optimiser, name), part in change.groupby(level=[0, 1])}


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw the norms, from the middle to the largest, above the share that solved; both ways side by side."""
    optimisers = ordered(data["optimiser"], OPTIMISERS)
    arms = ordered_keys(set(zip(data["name"], data["gain"], strict=True)), cell_order(), ())
    names = list(dict.fromkeys(name for name, _ in arms))
    places = {arm: place + 0.6 * names.index(arm[0]) for place, arm in enumerate(arms)}
    with style.canvas(style_name, 2, len(optimisers), ratio=1.75, sharex=True, sharey="row") as drawing:
        look = drawing.look
        for (norms, shares), optimiser in zip(zip(*drawing.panels, strict=True), optimisers, strict=True):
            for row in data.loc[data["optimiser"] == optimiser].itertuples():
                x = places[row.name, row.gain] + (0.2 if row.way == "clipped" else -0.2)
                _norms(norms, row, x, look, f"series-{row.name}--{optimiser}-{row.gain:g}-{row.way}")
                _share(shares, row, x, look)
            norms.axhline(1.0, color=look.ink, linewidth=look.line * 0.6, linestyle=marks.DOTS, zorder=1)
            norms.set_yscale("log")
            norms.yaxis.set_major_locator(LogLocator(numticks=7))
            norms.yaxis.set_minor_locator(NullLocator())
            norms.yaxis.set_major_formatter(FuncFormatter(thousands))
            norms.set_title(style.word(labels, "optimiser", optimiser), loc="left")
            shares.set_ylim(0, 1)
            shares.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
            shares.set_xticks(list(places.values()), [f"{gain:g}" for _, gain in arms])
            for name in names:
                middle = sum(x for arm, x in places.items() if arm[0] == name) / sum(arm[0] == name for arm in arms)
                shares.text(
                    middle, -0.2, style.word(labels, "cell", name), transform=shares.get_xaxis_transform(),
                    ha="center", va="top", fontweight="bold",
                )  # fmt: skip
            for axes in (norms, shares):
                axes.grid(False, axis="x")
                axes.tick_params(axis="x", length=0)
        for row, quantity in zip(drawing.panels, ("norm", "solved"), strict=True):
            row[0].set_ylabel(labels[f"y.{quantity}"])
        drawing.figure.supxlabel(labels["x"], fontsize=look.type_size)
        ink = [marks.Mark(look.ink, marker, "none") for marker in ("s", "s", "o", "^")]
        handles = [
            legend.entry(mark, labels[word]) for mark, word in zip(ink, (*WAYS, "median", "largest"), strict=True)
        ]
        handles[0].set_markerfacecolor("none")
        drawing.legend([*handles, legend.rule(look, labels["limit"])])
    return drawing.figure


def _norms(axes: Axes, row, x: float, look: style.Look, gid: str) -> None:  # type: ignore[no-untyped-def]
    """Draw a line from the median norm to the largest; open and dashed where nothing was clipped."""
    color = marks.cell_mark(row.name).color
    clipped = row.way == "clipped"
    face = color if clipped else "none"
    ends = [row.norm_median, row.norm_largest]
    axes.plot(
        [x, x], ends, color=color, linewidth=look.line * 0.8, linestyle="-" if clipped else (0, (3, 1.5)), gid=gid
    )
    for end, marker in zip(ends, "o^", strict=True):
        axes.plot(x, end, marker, color=color, markerfacecolor=face, markersize=look.marker * 1.15)


def _share(axes: Axes, row, x: float, look: style.Look) -> None:  # type: ignore[no-untyped-def]
    """Draw a bar, hatched where nothing was clipped, with its interval."""
    color = marks.cell_mark(row.name).color
    clipped = row.way == "clipped"
    axes.bar(
        x, row.share, width=0.34, facecolor=color if clipped else "none", edgecolor=color, linewidth=look.line * 0.7,
        alpha=0.75 if clipped else 1.0, hatch="" if clipped else "////",
    )  # fmt: skip
    axes.vlines(x, row.low, row.high, color=look.ink, linewidth=look.line * 0.5)
