"""Figure "lyapunov-spectrum": all Lyapunov exponents, of chaotic networks without input and of cells under one."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from analysis.cells import cell_order, known
from analysis.drawing import legend, marks, style
from analysis.drawing.axes import signed
from analysis.drawing.build import make, over_seeds
from analysis.drawing.lines import banded_line
from analysis.result import Fact, Figure, Number, fact_key
from analysis.select import INITIALISER_ORDER, main_level, measured, ordered
from analysis.statistics.intervals import centred, generator
from analysis.theory.closed_forms import entropy_rate, kaplan_yorke
from analysis.theory.published import CLARK

ID = "lyapunov-spectrum"
STUDIES = ("spectrum",)
LABELS = (
    "x",
    "y",
    "panel.start",
    "panel.normal",
    "gain",
    "entropy",
    "dimension",
    *(f"initialiser.{name}" for name in INITIALISER_ORDER),
)
FACTS = (
    "chaotic_size",
    "chaotic_seeds",
    "gain_2_exponent",
    "gain_2_dimension",
    "gain_2_entropy",
    "published_2_exponent",
    "published_2_dimension",
    "published_2_entropy",
    "driven_size",
    "driven_seeds",
    "driven_count",
    "driven_positive",
    "largest_driven",
    "rnn_torch_exponent",
    "lstm_torch_exponent",
    "gru_torch_exponent",
    "lstm_torch_steps",
)
"""Facts of a full run. There are more: {gain, published}_<gain>_..., <cell>_<initialiser>_{exponent, steps, ...}."""

GAINS = (
    marks.Mark(marks.OKABE_ITO["orange"], "v", "-"),
    marks.Mark(marks.OKABE_ITO["vermillion"], "s", (0, (5, 1.5))),
    marks.Mark(marks.OKABE_ITO["purple"], "^", (0, (1.2, 1.2))),
)
"""Marks of the gains of the chaotic RNN, from the smallest on."""

FLOOR = -2.0
"""Nats per step at which the axis of the chaotic networks ends: their last exponents are six times as low."""
TICKS = (0.0, -0.01, -0.1, -1.0, -10.0)
"""Of the driven cells, in nats per step; linear above the first decade, so that a positive one would be seen."""


def build(frame: pd.DataFrame) -> Figure | None:
    """Median over seeds of each exponent at its place over the number of directions."""
    rows = measured(frame, "spectrum", "lyapunov")
    rows = rows.loc[rows["name"].isin(known().main)]
    parts = {"start": _chaotic(rows), "normal": _driven(rows)}
    found = [part.assign(inputs=inputs) for inputs, part in parts.items() if not part.empty]
    if not found:
        return None
    keys = ["inputs", "name", "initialiser", "initialiser_value", "hidden_size", "place"]
    data = over_seeds(pd.concat(found), keys, "value").drop(columns="hidden_size")
    chaotic = data["inputs"] == "start"
    facts, dimensions = _chaos_facts(parts["start"])
    data["gain"] = data.pop("initialiser_value").where(chaotic)
    data["dimension"] = data["gain"].map(dimensions).astype(float)
    seeds = max(part["seed"].nunique() for part in found)
    return make(ID, data, STUDIES, facts | _driven_facts(parts["normal"]), seeds=seeds)


def _chaotic(rows: pd.DataFrame) -> pd.DataFrame:
    """Spectra of the RNN without input, at the largest size; place: i/N."""
    rows = rows.loc[(rows["name"] == "rnn") & (rows["initialiser"] == "gaussian") & (rows["inputs"] == "start")]
    rows = rows.loc[rows["hidden_size"] == rows["hidden_size"].max()]
    rows = rows.sort_values(["initialiser_value", "step", "seed"])
    return rows.assign(place=rows["step"] / rows["hidden_size"])


def _driven(rows: pd.DataFrame) -> pd.DataFrame:
    """Spectra of the cells under their input; place: i/(S·H), with S states of H units."""
    rows = rows.loc[(rows["inputs"] == "normal") & (rows["initialiser"] != "gaussian")]
    if rows.empty:
        return rows.assign(place=rows["step"])
    rows = rows.loc[rows["hidden_size"] == main_level(rows, "hidden_size", ("name", "initialiser", "seed"))]
    rows = rows.sort_values(["name", "initialiser", "step", "seed"])
    states = rows["name"].map(lambda name: len(known().find(name).states))
    return rows.assign(place=rows["step"] / (states * rows["hidden_size"]))


def _chaos_facts(rows: pd.DataFrame) -> tuple[dict[str, Fact], dict[float, float]]:
    """Largest exponent, dimension/N, entropy/N as means over seeds, beside the published; and dimension/N by gain."""
    if rows.empty:
        return {}, {}
    size = int(rows["hidden_size"].iloc[0])
    rng = generator(ID)
    facts: dict[str, Fact] = {"chaotic_size": size, "chaotic_seeds": rows["seed"].nunique()}
    dimensions = {}
    for gain in sorted(set(rows["initialiser_value"])):
        part = rows.loc[rows["initialiser_value"] == gain]
        spectra = [_whole(each["value"], size) for _, each in part.groupby("seed")]
        numbers = {
            "exponent": [spectrum.iloc[0] for spectrum in spectra],
            "dimension": [kaplan_yorke(spectrum) / size for spectrum in spectra],
            "entropy": [entropy_rate(spectrum) / size for spectrum in spectra],
            "positive": [float((spectrum > 0).mean()) for spectrum in spectra],
        }
        key = fact_key(gain)
        for name, values in numbers.items():
            facts[f"gain_{key}_{name}"] = centred(pd.Series(values).to_numpy(), rng, centre="mean")
        facts[f"gain_{key}_last"] = Number(float(part["value"].min()), digits=2)
        dimensions[gain] = sum(numbers["dimension"]) / len(spectra)
        for name, value in zip(("exponent", "dimension", "entropy"), CLARK.get(gain, ()), strict=False):
            facts[f"published_{key}_{name}"] = Number(value, digits=5)
    return facts, dimensions


def _whole(values: pd.Series, size: int) -> pd.Series:
    """Return a spectrum of `size` exponents: those that have no value are lost in one step, minus infinity."""
    found = values.sort_values(ascending=False).reset_index(drop=True)
    return found.reindex(range(size), fill_value=-math.inf)


def _driven_facts(rows: pd.DataFrame) -> dict[str, Fact]:
    """Largest exponent of each cell, mean over seeds with its interval, and the steps in which it takes a factor e."""
    if rows.empty:
        return {}
    rng = generator(f"{ID}-driven")
    first = rows.loc[rows["step"] == 1]
    facts: dict[str, Fact] = {
        "driven_size": float(rows["hidden_size"].iloc[0]),
        "driven_seeds": rows["seed"].nunique(),
        "driven_count": len(rows),
        "driven_positive": int((rows["value"] > 0).sum()),
        "largest_driven": Number(float(rows["value"].max()), digits=2),
    }
    for (name, initialiser), part in first.groupby(["name", "initialiser"]):
        key = fact_key(name, initialiser)
        exponent = centred(part["value"].to_numpy(), rng, centre="mean", unit="nats per step")
        facts[f"{key}_exponent"] = exponent
        if exponent.value < 0:
            facts[f"{key}_steps"] = Number(-1 / exponent.value, digits=2)
        second = rows.loc[
            (rows["name"] == name) & (rows["initialiser"] == initialiser) & (rows["place"] > 0.5), "value"
        ]
        facts[f"{key}_second_half"] = Number(math.exp(second.max()), digits=2)
    return facts


def draw(data: pd.DataFrame, style_name: str, labels: Mapping[str, str]) -> Canvas:
    """Draw chaos at the left, its axis cut below, and the driven cells at the right, on a logarithmic axis."""
    shown = [inputs for inputs in PANELS if inputs in set(data["inputs"])]
    with style.canvas(style_name, 1, len(shown), ratio=1.15 * len(shown)) as drawing:
        for axes, inputs in zip(drawing.flat, shown, strict=True):
            axes.axhline(0, color=drawing.look.ink, linewidth=drawing.look.line * 0.5, zorder=1)
            PANELS[inputs](axes, data.loc[data["inputs"] == inputs], drawing.look, labels)
            axes.set_title(labels[f"panel.{inputs}"], loc="left")
            axes.set_xlabel(labels["x"])
            axes.set_xlim(0, 1)
            axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "¼", "½", "¾", "1"])
        drawing.flat[0].set_ylabel(labels["y"])
    return drawing.figure


def _draw_chaos(axes: Axes, data: pd.DataFrame, look: style.Look, labels: Mapping[str, str]) -> None:
    """One line per gain; the area above zero is the entropy, the diamond on the zero line the dimension."""
    handles = []
    for position, (gain, part) in enumerate(data.groupby("gain")):
        mark = GAINS[position % len(GAINS)]
        _line(axes, part, mark, f"series-gain{gain:g}", (len(part) // 6, len(part) // 6))
        axes.fill_between(
            part["place"], part["median"], 0, where=part["median"] > 0, color=mark.color, alpha=0.35, linewidth=0
        )
        axes.plot(
            part["dimension"].iloc[:1], [0], color=mark.color, marker="D", markeredgecolor=look.ink, linestyle="none",
            markersize=look.marker * 1.3, clip_on=False, zorder=3,
        )  # fmt: skip
        handles.append(legend.entry(mark, f"{labels['gain']} {gain:g}"))
    top = float(data["high"].max())
    axes.text(data["dimension"].max() + 0.04, 0.03, labels["dimension"], va="bottom")
    axes.text(0.1, max(0.32, top), labels["entropy"], va="center")
    axes.legend(handles=handles, loc="lower left")
    axes.set_ylim(FLOOR, max(0.5, top + 0.1))
    axes.yaxis.set_major_formatter(FuncFormatter(signed))


def _draw_driven(axes: Axes, data: pd.DataFrame, look: style.Look, labels: Mapping[str, str]) -> None:
    """One line per cell and initialiser; beside PyTorch's default the markers are hollow."""
    handles = []
    for name in ordered(data["name"], cell_order()):
        cell = data.loc[data["name"] == name]
        for position, initialiser in enumerate(ordered(cell["initialiser"], INITIALISER_ORDER)):
            part = cell.loc[cell["initialiser"] == initialiser]
            mark = marks.cell_mark(name)
            start = len(part) // 8 + known().main.index(name) * len(part) // 12
            line = _line(axes, part, mark, f"series-{name}--{initialiser}", (start, len(part) // 3))
            words = (style.word(labels, "cell", name), style.word(labels, "initialiser", initialiser))
            handles.append(legend.entry(mark, ", ".join(words)))
            if position:
                line.set_markerfacecolor("none")
                handles[-1].set_markerfacecolor("none")
    axes.set_yscale("symlog", linthresh=-TICKS[1], linscale=0.4)
    axes.set_ylim(min(TICKS[-1], float(data["low"].min()) * 1.2), -TICKS[1])
    axes.yaxis.set_major_locator(FixedLocator(TICKS))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(signed))
    legend.beside(axes, handles)


PANELS = {"start": _draw_chaos, "normal": _draw_driven}
"""Input of a case to what draws its panel, from left to right."""


def _line(axes: Axes, part: pd.DataFrame, mark: marks.Mark, gid: str, places: tuple[int, int]) -> Line2D:
    """Median with its band."""
    return banded_line(axes, part, "place", mark, gid, markevery=(places[0], max(1, places[1])))
